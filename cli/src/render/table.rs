//! Tables and blocks of text. Widths are counted as terminals show characters, before any colour.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::{Paint, Tone};

/// A short text, made safe for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    tone: Tone,
}

impl Cell {
    pub fn toned(text: &str, tone: Tone) -> Self {
        Self { text: plain(text), tone }
    }

    /// In the colour of the state that it names.
    pub fn state(word: &str) -> Self {
        Self::toned(word, Tone::of_state(word))
    }

    fn shown(&self, paint: Paint) -> String {
        paint.apply(self.tone, &self.text)
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text.as_ref(), Tone::None)
    }
}

/// What came from others must not steer the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Columns as wide as their widest cell, two spaces apart.
pub fn table(heads: &[&str], rows: &[Vec<Cell>], paint: Paint) -> String {
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            let cells = rows.iter().map(|row| row[column].text.width());
            cells.chain([heads[column].width()]).max().unwrap_or_default()
        })
        .collect();
    let heads: Vec<Cell> = heads.iter().map(|head| Cell::from(head.to_uppercase())).collect();
    let lines = std::iter::once(&heads).chain(rows).map(|row| line(row, &widths, paint));
    lines.collect::<Vec<_>>().join("\n")
}

fn line(cells: &[Cell], widths: &[usize], paint: Paint) -> String {
    let mut line = String::new();
    for (cell, wide) in cells.iter().zip(widths) {
        let _ = write!(line, "{}{}  ", cell.shown(paint), " ".repeat(wide - cell.text.width()));
    }
    line.trim_end().to_owned()
}

/// Names and values below each other; those without a value are left out.
pub fn block(rows: &[(&str, Cell)], paint: Paint) -> String {
    let shown: Vec<_> = rows.iter().filter(|(_, value)| !value.text.is_empty()).collect();
    let wide = shown.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let line = |(name, value): &&(&str, Cell)| format!("{name:wide$}  {}", value.shown(paint));
    shown.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// As many columns of the terminal as there are to give, the last for `…` where something is left out.
pub fn shortened(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if short.width() + c.to_string().width() >= most {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        let rows = [("name", Cell::from("a\x1b[2Jb\nc")), ("none", Cell::default())];
        assert_eq!(block(&rows, Paint::Plain), "name  a [2Jb c");
    }

    #[test]
    fn colours_and_wide_characters_do_not_move_columns() {
        let rows = [vec![Cell::state("running"), "x".into()], vec![Cell::state("停止"), "y".into()]];
        assert_eq!(
            table(&["state", "of"], &rows, Paint::Coloured),
            "STATE    OF\n\x1b[32mrunning\x1b[0m  x\n停止     y"
        );
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(shortened("ärmel", 4), "ärm…");
        assert_eq!(shortened("停止停止", 5), "停止…");
        assert_eq!(shortened("short", 5), "short");
    }
}
