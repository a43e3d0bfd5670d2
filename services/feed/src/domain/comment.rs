//! A comment, what its text may be, and who may change or remove it.

use kit::{Caller, CommentId, ErrorCode, Failure, MachineId, Scope, Timestamp};

use super::Author;

/// 1 to 2000 characters that begin and end with something visible. Line breaks and tabs are the only control characters;
/// whoever shows it escapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentText(String);

impl CommentText {
    pub const LONGEST: usize = 2000;

    /// Leaves away the space around the text; within it nothing is changed. `InvalidInput` on `text`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        if !(1..=Self::LONGEST).contains(&text.chars().count()) {
            return Err(Failure::invalid("text", "A comment has 1 to 2000 characters."));
        }
        if text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\t')) {
            return Err(Failure::invalid("text", "A comment has no control characters but line feeds and tabs."));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text on its way into the store: of a new comment, or in the place of the one that a comment has.
#[derive(Clone, Debug)]
pub struct Draft {
    pub id: CommentId,
    pub machine: MachineId,
    pub text: CommentText,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: CommentId,
    pub machine: MachineId,
    pub author: Author,
    pub text: String,
    pub created_at: Timestamp,
    /// `None` until its text was changed.
    pub edited_at: Option<Timestamp>,
}

/// By what right a comment is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remover {
    Author,
    Admin,
}

impl Comment {
    /// `Forbidden` for everybody but its author, admins included: nobody puts words into another's mouth.
    pub fn may_edit(&self, caller: &Caller) -> Result<(), Failure> {
        if caller.user == self.author.user {
            return Ok(());
        }
        Err(Failure::new(ErrorCode::Forbidden, "Only its author may change a comment."))
    }

    /// `Forbidden` for strangers; `ScopeMissing` for an admin's API key that does not carry the admin's right.
    pub fn remover(&self, caller: &Caller) -> Result<Remover, Failure> {
        if caller.user == self.author.user {
            return Ok(Remover::Author);
        }
        if !caller.admin {
            return Err(Failure::new(ErrorCode::Forbidden, "Only its author or an admin may remove a comment."));
        }
        if !caller.access.permits(Some(Scope::AdminWrite)) {
            let detail = format!("This API key lacks the scope {}.", Scope::AdminWrite);
            return Err(Failure::new(ErrorCode::ScopeMissing, detail));
        }
        Ok(Remover::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_around_a_text_goes_and_space_within_stays() {
        assert_eq!(CommentText::parse("  a  b\n\n\tc \n").unwrap().as_str(), "a  b\n\n\tc");
        assert_eq!(CommentText::parse("<b>&amp;</b>").unwrap().as_str(), "<b>&amp;</b>");
    }

    #[test]
    fn a_text_is_counted_in_characters() {
        assert!(CommentText::parse(&format!(" {} ", "ä".repeat(2000))).is_ok());
        for text in ["", " \n\t ", &"a".repeat(2001)] {
            assert_eq!(CommentText::parse(text).unwrap_err().field.as_deref(), Some("text"), "{text:?}");
        }
    }

    #[test]
    fn terminals_are_left_in_peace() {
        for text in ["a\u{1b}[2Jb", "a\rb", "a\u{7}b", "a\u{7f}b", "a\u{9b}b"] {
            assert_eq!(CommentText::parse(text).unwrap_err().field.as_deref(), Some("text"), "{text:?}");
        }
    }
}
