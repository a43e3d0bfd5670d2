//! The HTML part: one column of 600 pixels, dark on white, styled in place and without a table, an image or a font of its
//! own, so that it looks the same in a webmail, on a telephone and where styles are dropped. Lines are short, so that the
//! transfer encoding never breaks a code in two.

use crate::domain::letter::{Block, Letter};
use crate::domain::text::{escape, wrap};

const WIDTH: usize = 70;

pub fn render(name: &str, letter: &Letter) -> String {
    let blocks: String = letter.blocks.iter().map(block).collect();
    let (title, greeting) = (paragraph(&letter.subject), paragraph(&format!("Hello {name},")));
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px 12px;background:#eef1f4">
<div style="max-width:536px;margin:0 auto;padding:32px;
 background:#ffffff;border-radius:8px;color:#1c2733;
 font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<p style="margin:0 0 24px;font-size:20px;font-weight:bold;color:#0b4f8a">
Berth</p>
<p style="margin:0 0 16px">
{greeting}</p>
{blocks}</div>
</body>
</html>
"#
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Text(text) => format!("<p style=\"margin:0 0 16px\">\n{}</p>\n", paragraph(text)),
        Block::Code(code) => code_box(code),
        Block::Facts(facts) => fact_list(facts),
        Block::Verbatim(lines) => verbatim(lines),
        Block::Link { label, url } => link(label, url),
        Block::Small(text) => format!(
            "<p style=\"margin:24px 0 0;padding-top:16px;\n border-top:1px solid #d9dfe5;font-size:13px;color:#54616e\">\n{}</p>\n",
            paragraph(text)
        ),
    }
}

fn paragraph(text: &str) -> String {
    escape(&wrap(text, WIDTH).join("\n"))
}

fn code_box(code: &str) -> String {
    format!(
        "<p style=\"margin:0 0 16px;padding:16px;text-align:center;\n background:#eaf3fb;border-radius:6px;color:#0b3d6b;\n \
         font:bold 36px/1.2 Menlo,Consolas,monospace;letter-spacing:8px\">\n{}\n</p>\n",
        escape(code)
    )
}

fn fact_list(facts: &[(&'static str, String)]) -> String {
    let fact = |(name, value): &(&'static str, String)| {
        format!(
            "<p style=\"margin:0 0 8px\">\n<span style=\"display:block;font-size:13px;color:#54616e\">\n{name}</span>\n\
             <span style=\"overflow-wrap:anywhere\">{}</span></p>\n",
            paragraph(value)
        )
    };
    let facts: String = facts.iter().map(fact).collect();
    format!(
        "<div style=\"margin:0 0 16px;padding:12px 16px 4px;\n background:#f5f7f9;border-left:4px solid #0b4f8a\">\n{facts}</div>\n"
    )
}

fn verbatim(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    format!(
        "<pre style=\"margin:0 0 16px;padding:12px 16px;background:#f5f7f9;\n border:1px solid #d9dfe5;border-radius:6px;\n \
         font:13px/1.5 Menlo,Consolas,monospace;\n white-space:pre-wrap;overflow-wrap:anywhere\">\n{}</pre>\n",
        lines.join("\n")
    )
}

fn link(label: &str, url: &str) -> String {
    format!(
        "<p style=\"margin:24px 0 16px\">\n<a href=\"{}\"\n style=\"display:inline-block;padding:10px 20px;background:#0b4f8a;\n \
         color:#ffffff;border-radius:6px;text-decoration:none\">{label}</a></p>\n",
        escape(url)
    )
}
