//! Lists in pieces: how many, and where the last piece ended.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{ErrorCode, Failure};

/// A piece of a list. `next` is `None` at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Cuts one item more than asked for into a page and the cursor behind its last item.
    pub fn cut(mut items: Vec<T>, limit: u32, cursor_of: impl Fn(&T) -> Cursor) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor_of) } else { None };
        Self { items, next }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// Where a page ended: the sort key of its last item. Clients see it as opaque text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// `parts` are the values of the sort columns; none contains the unit separator.
    pub fn of(parts: &[&str]) -> Self {
        Self(parts.join("\u{1f}"))
    }

    pub fn parts(&self) -> Vec<&str> {
        self.0.split('\u{1f}').collect()
    }

    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() <= 512).then(|| String::from_utf8(bytes).ok().map(Self)).flatten()
    }
}

/// Which piece of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: u32,
    pub after: Option<Cursor>,
}

impl PageRequest {
    pub const DEFAULT_LIMIT: u32 = 50;
    pub const MAXIMUM_LIMIT: u32 = 200;

    /// Parses `limit` and `cursor` as clients give them.
    pub fn parse(limit: Option<u32>, cursor: Option<&str>) -> Result<Self, Failure> {
        let limit = limit.unwrap_or(Self::DEFAULT_LIMIT);
        if !(1..=Self::MAXIMUM_LIMIT).contains(&limit) {
            return Err(Failure::new(ErrorCode::InvalidInput, "A limit is a number from 1 to 200.").field("limit"));
        }
        let after = cursor.map(|text| {
            Cursor::decode(text).ok_or_else(|| {
                Failure::new(ErrorCode::InvalidInput, "This cursor is not one that a list gave.").field("cursor")
            })
        });
        Ok(Self { limit, after: after.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_with_a_cursor_only_when_more_follows() {
        let cursor = |n: &u32| Cursor::of(&[&n.to_string()]);
        assert_eq!(Page::cut(vec![1, 2], 2, cursor).next, None);
        assert_eq!(Page::cut(vec![1, 2, 3], 2, cursor), Page { items: vec![1, 2], next: Some(cursor(&2)) });
    }

    #[test]
    fn a_cursor_survives_its_text_and_garbage_is_refused() {
        let cursor = Cursor::of(&["2026", "a b"]);
        assert_eq!(Cursor::decode(&cursor.encode()).unwrap().parts(), ["2026", "a b"]);
        assert!(PageRequest::parse(None, Some("%%%")).is_err());
        assert!(PageRequest::parse(Some(0), None).is_err());
        assert!(PageRequest::parse(Some(201), None).is_err());
    }
}
