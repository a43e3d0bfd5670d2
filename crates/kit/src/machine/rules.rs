//! Which rules a property can have: those that its type has a use for, that a value can keep, and that what Berth makes up
//! keeps always.

use std::collections::BTreeSet;

use super::{Generate, Property, PropertyKind, Value};

/// How long a text may be, in bytes.
pub(super) const LONGEST_TEXT: usize = 4096;
/// How many values an enum may have, and how long each may be in characters.
const MOST_VALUES: usize = 64;
const LONGEST_VALUE: usize = 256;

/// A rule that makes no sense.
#[derive(Debug)]
pub(super) struct Objection {
    pub field: &'static str,
    /// What should hold, with the property's name.
    pub sentence: String,
}

impl Property {
    /// The first rule that makes no sense.
    pub(super) fn validate(&self) -> Result<(), Objection> {
        self.validate_name()?;
        self.validate_kind()?;
        self.validate_bounds()?;
        self.validate_pattern()?;
        self.validate_presence()?;
        self.validate_default()?;
        self.validate_generated()
    }

    fn require(&self, holds: bool, field: &'static str, sentence: &str) -> Result<(), Objection> {
        if holds { Ok(()) } else { Err(Objection { field, sentence: format!("`{}`: {sentence}", self.name) }) }
    }

    fn validate_name(&self) -> Result<(), Objection> {
        let plain = self.name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        let named = plain && (1..=63).contains(&self.name.len()) && !matches!(self.name.as_str(), "host" | "port");
        let sentence = "a property's name is 1 to 63 of a-z, 0-9 and _, and not host or port";
        self.require(named, "properties.name", sentence)?;
        let described = self.description.chars().count() <= 500;
        self.require(described, "properties.description", "a property's description has at most 500 characters")
    }

    /// Each type has rules of its own.
    fn validate_kind(&self) -> Result<(), Objection> {
        let is_enum = self.kind == PropertyKind::Enum;
        let unbounded = self.min.is_none() && self.max.is_none();
        let takes_bounds = self.is_text() || self.kind == PropertyKind::Integer;
        let field = if self.min.is_some() { "properties.min" } else { "properties.max" };
        self.require(takes_bounds || unbounded, field, "only an integer, a string and a secret have a min and a max")?;
        let patterned = self.is_text() || self.pattern.is_none();
        self.require(patterned, "properties.pattern", "only a string and a secret have a pattern")?;
        let has_values = is_enum != self.values.is_empty();
        self.require(has_values, "properties.values", "an enum has values, and nothing else has")?;
        let distinct = self.values.iter().collect::<BTreeSet<_>>().len() == self.values.len();
        let short = |value: &String| (1..=LONGEST_VALUE).contains(&value.chars().count()) && !value.contains('\0');
        let values = self.values.len() <= MOST_VALUES && distinct && self.values.iter().all(short);
        self.require(values, "properties.values", "an enum has up to 64 different values of 1 to 256 characters")?;
        let generates = self.generate.is_none() || self.kind == PropertyKind::Secret;
        self.require(generates, "properties.generate", "only a secret can be generated")
    }

    fn validate_bounds(&self) -> Result<(), Objection> {
        let ordered = !matches!((self.min, self.max), (Some(min), Some(max)) if min > max);
        self.require(ordered, "properties.min", "min is not above max")?;
        let length =
            |bound: Option<i64>| !self.is_text() || bound.is_none_or(|it| (0..=LONGEST_TEXT as i64).contains(&it));
        self.require(length(self.min), "properties.min", "a text's least length is from 0 to 4096")?;
        self.require(length(self.max), "properties.max", "a text's greatest length is from 0 to 4096")
    }

    /// The pattern is taken alone first: `a)|(b` is one only inside of what binds it to the whole text.
    fn validate_pattern(&self) -> Result<(), Objection> {
        let alone = self.pattern.as_deref().is_none_or(compiles);
        let bound = self.regex().is_none_or(|regex| regex.is_ok());
        self.require(alone && bound, "properties.pattern", "the pattern is a regular expression, and not a huge one")
    }

    /// Whoever must say it has nothing to fall back on.
    fn validate_presence(&self) -> Result<(), Objection> {
        let sentence = "a property with a default or a generated value is not required";
        let fallback = self.default.is_some() || self.generate.is_some();
        self.require(!(self.required && fallback), "properties.required", sentence)?;
        let one = self.default.is_none() || self.generate.is_none();
        self.require(one, "properties.generate", "a value is either a default or generated")
    }

    fn validate_default(&self) -> Result<(), Objection> {
        let Some(default) = &self.default else { return Ok(()) };
        self.check(default).map_err(|error| Objection {
            field: "properties.default",
            sentence: format!("a default keeps the rules, and {error}"),
        })
    }

    /// What is made up must keep the rules whichever way chance falls, so each letter and digit is tried in all places.
    fn validate_generated(&self) -> Result<(), Objection> {
        let Some(Generate::Password) = self.generate else { return Ok(()) };
        let length = Generate::PASSWORD_LENGTH;
        let all = ('a'..='z').chain('A'..='Z').chain('0'..='9');
        let fits =
            all.map(|letter| letter.to_string().repeat(length)).all(|text| self.check(&Value::Text(text)).is_ok());
        let sentence = "min, max and pattern leave room for every password of 24 letters and digits";
        self.require(fits, "properties.generate", sentence)
    }

    const fn is_text(&self) -> bool {
        matches!(self.kind, PropertyKind::String | PropertyKind::Secret)
    }
}

fn compiles(pattern: &str) -> bool {
    regex::RegexBuilder::new(pattern).size_limit(1 << 18).build().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    /// The field that is refused, of a property written down as JSON; `None` where it is taken.
    fn refused(rules: Json) -> Option<&'static str> {
        let mut property = json!({"name": "p"});
        property.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
        let property: Property = serde_json::from_value(property).unwrap();
        property.validate().err().map(|objection| {
            assert!(objection.sentence.contains("`p`"), "{objection:?}");
            objection.field
        })
    }

    const KINDS: [&str; 5] = ["string", "integer", "boolean", "enum", "secret"];

    /// The least that makes a property of a type.
    fn plain(kind: &str) -> Json {
        if kind == "enum" { json!({"type": kind, "values": ["a", "b"]}) } else { json!({"type": kind}) }
    }

    fn with(kind: &str, rule: &str, value: Json) -> Json {
        let mut rules = plain(kind);
        rules[rule] = value;
        rules
    }

    #[test]
    fn every_type_stands_alone_or_required() {
        for kind in KINDS {
            assert_eq!(refused(plain(kind)), None, "{kind}");
            assert_eq!(refused(with(kind, "required", true.into())), None, "{kind}");
        }
    }

    #[test]
    fn a_rule_is_for_the_types_that_have_a_use_for_it() {
        let table: [(&str, Json, [bool; 5]); 5] = [
            ("pattern", json!("[a-zA-Z0-9]+"), [true, false, false, false, true]),
            ("min", json!(2), [true, true, false, false, true]),
            ("max", json!(24), [true, true, false, false, true]),
            ("values", json!(["x", "y"]), [false, false, false, true, false]),
            ("generate", json!("password"), [false, false, false, false, true]),
        ];
        for (rule, value, takes) in table {
            for (kind, taken) in KINDS.into_iter().zip(takes) {
                let expected = (!taken).then(|| format!("properties.{rule}"));
                let found = refused(with(kind, rule, value.clone()));
                assert_eq!(found, expected.as_deref(), "{kind} {rule}");
            }
        }
    }

    #[test]
    fn a_default_is_of_the_type_and_keeps_its_rules() {
        let good = [json!("a"), json!(3), json!(true), json!("a"), json!("a")];
        let bad = [json!(3), json!("a"), json!("true"), json!("c"), json!(true)];
        for ((kind, good), bad) in KINDS.into_iter().zip(good).zip(bad) {
            assert_eq!(refused(with(kind, "default", good)), None, "{kind}");
            assert_eq!(refused(with(kind, "default", bad)), Some("properties.default"), "{kind}");
        }
        let breaks = [
            json!({"type": "string", "default": "A", "pattern": "[a-z]"}),
            json!({"type": "string", "default": "", "min": 1}),
            json!({"type": "secret", "default": "abc", "max": 2}),
            json!({"type": "integer", "default": 4, "max": 3}),
            json!({"type": "integer", "default": -1, "min": 0}),
        ];
        for rules in breaks {
            assert_eq!(refused(rules.clone()), Some("properties.default"), "{rules}");
        }
    }

    #[test]
    fn a_value_comes_from_one_place() {
        for (kind, default) in KINDS.into_iter().zip([json!("a"), json!(3), json!(true), json!("a"), json!("a")]) {
            let mut rules = with(kind, "default", default);
            rules["required"] = true.into();
            assert_eq!(refused(rules), Some("properties.required"), "{kind}");
        }
        let generated = json!({"type": "secret", "generate": "password", "required": true});
        assert_eq!(refused(generated), Some("properties.required"));
        let both = json!({"type": "secret", "generate": "password", "default": "a"});
        assert_eq!(refused(both), Some("properties.generate"));
    }

    #[test]
    fn bounds_are_in_order_and_of_lengths_that_there_are() {
        assert_eq!(refused(json!({"type": "integer", "min": 3, "max": 2})), Some("properties.min"));
        assert_eq!(refused(json!({"type": "integer", "min": i64::MIN, "max": i64::MAX})), None);
        assert_eq!(refused(json!({"type": "string", "min": -1})), Some("properties.min"));
        assert_eq!(refused(json!({"type": "secret", "max": 4097})), Some("properties.max"));
    }

    #[test]
    fn a_pattern_is_one_by_itself() {
        for pattern in ["[", "a)|(?:b", "(", "a{1000}{1000}"] {
            assert_eq!(refused(json!({"type": "string", "pattern": pattern})), Some("properties.pattern"), "{pattern}");
        }
    }

    #[test]
    fn values_of_an_enum_differ_and_say_something() {
        for values in [json!([]), json!(["a", "a"]), json!([""]), json!(["x".repeat(257)])] {
            assert_eq!(refused(json!({"type": "enum", "values": values})), Some("properties.values"), "{values}");
        }
    }

    #[test]
    fn a_generated_password_keeps_the_rules_in_every_case() {
        let table = [
            (json!({"min": 8, "max": 64, "pattern": "[A-Za-z0-9][A-Za-z0-9._-]*"}), true),
            (json!({"min": 24, "max": 24}), true),
            (json!({"min": 25}), false),
            (json!({"max": 23}), false),
            (json!({"pattern": "[a-z0-9]+"}), false),
            (json!({"pattern": "[A-Za-z][A-Za-z0-9]*"}), false),
            (json!({"pattern": ".*[0-9].*"}), false),
        ];
        for (mut rules, taken) in table {
            rules["type"] = "secret".into();
            rules["generate"] = "password".into();
            assert_eq!(refused(rules.clone()), (!taken).then_some("properties.generate"), "{rules}");
        }
    }

    #[test]
    fn a_name_is_plain_and_not_one_that_templates_use() {
        for name in ["", "host", "port", "Password", "a-b", "port.http"] {
            let property: Property = serde_json::from_value(json!({"name": name, "type": "string"})).unwrap();
            assert_eq!(property.validate().unwrap_err().field, "properties.name", "{name}");
        }
    }
}
