//! Other people's words on their way into a message: one line, no controls, no links that a mail program would make
//! clickable out of a name, no markup.

use kit::Timestamp;

/// How long a piece of somebody's input may be in a message.
const LONGEST: usize = 200;

/// What somebody typed, as one line: without controls and without marks that turn the reading direction round.
pub fn line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    let kept: String = text.chars().filter(|c| !c.is_control() && !turns(*c)).collect();
    cut(kept.trim(), LONGEST)
}

/// A line of a program's log: without the escape sequences that colour it, with blanks for tabs.
pub fn log_line(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => {
                rest.by_ref().find(|c| matches!(c, '@'..='~'));
            }
            '\u{1b}' if rest.next_if_eq(&']').is_some() => {
                rest.by_ref().find(|c| matches!(c, '\u{7}' | '\u{1b}'));
            }
            '\t' => plain.push_str("    "),
            c => plain.push(c),
        }
    }
    let kept: String = plain.chars().filter(|c| !c.is_control()).collect();
    cut(kept.trim_end(), LONGEST)
}

/// A name to greet by. One that looks like a link is none: the mail may go to somebody who never signed up.
pub fn name(text: &str) -> String {
    let name = cut(&line(text), 60);
    let linked = |word: &str| {
        let parts: Vec<&str> = word.rsplitn(2, '.').collect();
        let letters = |part: &str| part.chars().filter(|c| c.is_alphanumeric()).count() >= 2;
        word.contains("://") || (parts.len() == 2 && parts.iter().all(|part| letters(part)))
    };
    if name.is_empty() || name.split_whitespace().any(linked) { "there".to_owned() } else { name }
}

/// At most so many characters; what was longer ends in three dots.
pub fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}

/// Lines of at most `width` characters, broken at blanks, and within a word only where it is longer than a line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = width;
    for word in text.split_whitespace() {
        for piece in pieces(word, width) {
            let needed = piece.chars().count();
            let line = lines.last_mut().filter(|line| line.is_empty() || needed < room);
            if let Some(line) = line {
                let blank = usize::from(!line.is_empty());
                if blank == 1 {
                    line.push(' ');
                }
                line.push_str(&piece);
                room -= needed + blank;
            } else {
                room = width - needed;
                lines.push(piece);
            }
        }
    }
    lines
}

/// A text in pieces of at most `width` characters, blanks kept.
pub fn pieces(text: &str, width: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(width).map(|piece| piece.iter().collect()).collect()
}

/// Text in HTML, also within an attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A time as people read it: to the minute, in UTC.
pub fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{date} {} UTC", time.get(..5).unwrap_or(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_log_loses_its_colours_and_controls() {
        assert_eq!(log_line("\u{1b}[31mERROR\u{1b}[0m\tdisk \u{8}full\r"), "ERROR    disk full");
        assert_eq!(log_line("\u{1b}]0;title\u{7}ready"), "ready");
        assert_eq!(log_line(&"x".repeat(500)).len(), 200);
    }

    #[test]
    fn a_name_is_one_line_and_no_link() {
        assert_eq!(name("Zoë\r\nBcc: all\u{202e}"), "ZoëBcc: all");
        assert_eq!(name("J.R.R."), "J.R.R.");
        for link in ["", "  ", "Win at evil.example", "http://evil", "www.evil.example/now"] {
            assert_eq!(name(link), "there", "{link}");
        }
    }

    #[test]
    fn lines_are_broken_at_blanks_and_long_words_within() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn a_moment_is_told_to_the_minute() {
        assert_eq!(moment(Timestamp::from_micros(1_767_225_600_000_000)), "2026-01-01 00:00 UTC");
    }
}
