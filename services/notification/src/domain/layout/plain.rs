//! The plain part: 72 columns, so that it reads well in a terminal and quoted in an answer.

use crate::domain::letter::{Block, Letter};
use crate::domain::text::{pieces, wrap};

const WIDTH: usize = 72;
const INDENT: &str = "    ";

pub fn render(name: &str, letter: &Letter) -> String {
    let mut text = format!("Hello {name},\n");
    for block in &letter.blocks {
        text.push('\n');
        for line in lines(block) {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text.push_str("\n-- \nBerth\n");
    text
}

fn lines(block: &Block) -> Vec<String> {
    let indented = |line: String| format!("{INDENT}{line}");
    let narrow = WIDTH - INDENT.len();
    match block {
        Block::Text(text) | Block::Small(text) => wrap(text, WIDTH),
        Block::Code(code) => vec![indented(code.clone())],
        Block::Facts(facts) => facts.iter().flat_map(|fact| self::fact(fact, facts)).map(indented).collect(),
        Block::Verbatim(lines) => lines.iter().flat_map(|line| pieces(line, narrow)).map(indented).collect(),
        Block::Link { label, url } => vec![format!("{label}:"), indented(url.clone())],
    }
}

/// Values stand in a column of their own, further lines of one below its first.
fn fact(fact: &(&'static str, String), all: &[(&'static str, String)]) -> Vec<String> {
    let column = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 3;
    let values = wrap(&fact.1, WIDTH - INDENT.len() - column);
    let named = |(at, value): (usize, String)| {
        let name = if at == 0 { format!("{}:", fact.0) } else { String::new() };
        format!("{name:column$}{value}")
    };
    values.into_iter().enumerate().map(named).collect()
}
