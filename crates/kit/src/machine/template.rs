//! `{name}` in connection templates, commands and environments, replaced by values; nothing else is special.

/// A text with places for values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<'a>(Vec<Part<'a>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Why a template is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("a `{{` is not closed")]
    Unclosed,
    #[error("there is nothing called `{0}` to put in")]
    Unknown(String),
}

impl<'a> Template<'a> {
    pub fn parse(text: &'a str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let close = rest[open..].find('}').ok_or(TemplateError::Unclosed)? + open;
            parts.push(Part::Text(&rest[..open]));
            parts.push(Part::Name(&rest[open + 1..close]));
            rest = &rest[close + 1..];
        }
        parts.push(Part::Text(rest));
        Ok(Self(parts))
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(*name),
            Part::Text(_) => None,
        })
    }

    /// The text with every place filled. Values are put in as they are and not looked into again.
    pub fn fill(&self, value_of: impl Fn(&str) -> Option<String>) -> Result<String, TemplateError> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Name(name) => {
                    filled.push_str(&value_of(name).ok_or_else(|| TemplateError::Unknown((*name).to_owned()))?);
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        let template = Template::parse("redis://:{password}@{host}:{port.redis}/0").unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), ["password", "host", "port.redis"]);
        let filled = template.fill(|name| Some(if name == "password" { "{host}".into() } else { name.to_owned() }));
        assert_eq!(filled.unwrap(), "redis://:{host}@host:port.redis/0");
    }

    #[test]
    fn what_is_not_closed_or_not_known_is_told() {
        assert_eq!(Template::parse("a {b").unwrap_err(), TemplateError::Unclosed);
        let missing = Template::parse("{b}").unwrap().fill(|_| None).unwrap_err();
        assert_eq!(missing, TemplateError::Unknown("b".into()));
    }
}
