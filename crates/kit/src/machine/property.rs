//! Properties: what a user may set on an allocation, with its type and its rules.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::LONGEST_TEXT;
use crate::Ambient;

/// One setting of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// 1 to 63 of `[a-z0-9_]`; what `{name}` in templates means.
    pub name: String,
    #[serde(rename = "type")]
    pub kind: PropertyKind,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// A regular expression that the whole text must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The least value of an integer, or the least length of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The greatest value of an integer, or the greatest length of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// What an enum can be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Made by Berth where the user gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generate: Option<Generate>,
    /// The environment variable that carries it into the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PropertyKind {
    String,
    Integer,
    Boolean,
    Enum,
    /// A string that is sealed at rest and shown only to the owner, by `connection`.
    Secret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Generate {
    /// 24 letters and digits.
    Password,
}

impl Generate {
    /// How long a generated password is.
    pub(super) const PASSWORD_LENGTH: usize = 24;
}

/// A property's value as JSON gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Value {
    Boolean(bool),
    Integer(i64),
    Text(String),
}

impl Value {
    /// The text that goes into environments and templates.
    pub fn as_text(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }
}

/// Why a value was refused, for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PropertyError {
    /// The property's name.
    pub name: String,
    pub reason: String,
}

impl PropertyError {
    fn new(name: &str, reason: impl Into<String>) -> Self {
        Self { name: name.to_owned(), reason: reason.into() }
    }
}

/// Every property's value: the given, else the default, else a generated one. Refuses unknown names and values that break a rule.
pub fn resolve(
    properties: &[Property],
    given: &BTreeMap<String, Value>,
    ambient: &Ambient,
) -> Result<BTreeMap<String, Value>, PropertyError> {
    if let Some(unknown) = given.keys().find(|name| properties.iter().all(|property| property.name != **name)) {
        return Err(PropertyError::new(unknown, format!("This machine has no property `{unknown}`")));
    }
    let mut resolved = BTreeMap::new();
    for property in properties {
        let value = match (given.get(&property.name), &property.default, property.generate) {
            (Some(value), _, _) | (None, Some(value), _) => value.clone(),
            (None, None, Some(Generate::Password)) => Value::Text(ambient.password(Generate::PASSWORD_LENGTH)),
            (None, None, None) if property.required => {
                return Err(PropertyError::new(&property.name, format!("`{}` is required", property.name)));
            }
            (None, None, None) => continue,
        };
        property.check(&value)?;
        resolved.insert(property.name.clone(), value);
    }
    Ok(resolved)
}

impl Property {
    /// Whether a value keeps this property's rules.
    pub fn check(&self, value: &Value) -> Result<(), PropertyError> {
        let refuse = |reason: String| Err(PropertyError::new(&self.name, reason));
        match (self.kind, value) {
            (PropertyKind::Boolean, Value::Boolean(_)) => Ok(()),
            (PropertyKind::Integer, Value::Integer(number)) => self.check_range(*number, "is", ""),
            (PropertyKind::Enum, Value::Text(text)) if self.values.contains(text) => Ok(()),
            (PropertyKind::Enum, _) => refuse(format!("`{}` is one of {}", self.name, self.values.join(", "))),
            (PropertyKind::String | PropertyKind::Secret, Value::Text(text)) => self.check_text(text),
            (PropertyKind::Boolean, _) => refuse(format!("`{}` is true or false", self.name)),
            (PropertyKind::Integer, _) => refuse(format!("`{}` is a whole number", self.name)),
            (PropertyKind::String | PropertyKind::Secret, _) => refuse(format!("`{}` is a text", self.name)),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), PropertyError> {
        if text.len() > LONGEST_TEXT || text.contains('\0') {
            return Err(PropertyError::new(&self.name, format!("`{}` is too long or has a NUL in it", self.name)));
        }
        self.check_range(text.chars().count() as i64, "has", " characters")?;
        match self.regex() {
            Some(Ok(regex)) if !regex.is_match(text) => {
                let pattern = self.pattern.as_deref().unwrap_or_default();
                Err(PropertyError::new(&self.name, format!("`{}` must match the pattern {pattern}", self.name)))
            }
            _ => Ok(()),
        }
    }

    /// Refuses in words such as "`password` has at least 8 characters".
    fn check_range(&self, number: i64, verb: &str, unit: &str) -> Result<(), PropertyError> {
        let refuse =
            |bound: String| Err(PropertyError::new(&self.name, format!("`{}` {verb} {bound}{unit}", self.name)));
        match (self.min, self.max) {
            (Some(min), _) if number < min => refuse(format!("at least {min}")),
            (_, Some(max)) if number > max => refuse(format!("at most {max}")),
            _ => Ok(()),
        }
    }

    /// The pattern, bound to the whole text; `None` where there is none.
    pub(super) fn regex(&self) -> Option<Result<Regex, regex::Error>> {
        let pattern = self.pattern.as_deref()?;
        Some(regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 18).build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(kind: PropertyKind) -> Property {
        Property {
            name: "p".into(),
            kind,
            description: String::new(),
            required: false,
            default: None,
            pattern: None,
            min: None,
            max: None,
            values: vec![],
            generate: None,
            env: None,
        }
    }

    fn given(value: Value) -> BTreeMap<String, Value> {
        BTreeMap::from([("p".to_owned(), value)])
    }

    #[test]
    fn a_pattern_holds_for_the_whole_text() {
        let spec = Property { pattern: Some("[a-z]+|x1".into()), ..property(PropertyKind::String) };
        assert!(spec.check(&Value::Text("abc".into())).is_ok());
        assert!(spec.check(&Value::Text("x1".into())).is_ok());
        for text in ["abc1", "abc\nrm -rf", "", "A"] {
            assert!(spec.check(&Value::Text(text.into())).is_err(), "{text}");
        }
    }

    #[test]
    fn a_wrong_type_is_refused_with_the_name() {
        let spec = [property(PropertyKind::Integer)];
        let error = resolve(&spec, &given(Value::Text("5".into())), &Ambient::system()).unwrap_err();
        assert_eq!(error.name, "p");
    }

    #[test]
    fn bounds_are_of_value_or_length() {
        let number = Property { min: Some(1), max: Some(3), ..property(PropertyKind::Integer) };
        assert!(number.check(&Value::Integer(3)).is_ok() && number.check(&Value::Integer(4)).is_err());
        let text = Property { min: Some(2), ..property(PropertyKind::Secret) };
        assert!(text.check(&Value::Text("ab".into())).is_ok() && text.check(&Value::Text("a".into())).is_err());
    }

    #[test]
    fn given_wins_over_default_and_default_over_generated() {
        let ambient = Ambient::system();
        let mut spec = property(PropertyKind::Secret);
        spec.generate = Some(Generate::Password);
        let generated = resolve(std::slice::from_ref(&spec), &BTreeMap::new(), &ambient).unwrap();
        assert_eq!(generated["p"].as_text().len(), 24);
        spec.default = Some(Value::Text("d".into()));
        let resolved = resolve(std::slice::from_ref(&spec), &BTreeMap::new(), &ambient).unwrap();
        assert_eq!(resolved["p"].as_text(), "d");
        let resolved = resolve(&[spec], &given(Value::Text("g".into())), &ambient).unwrap();
        assert_eq!(resolved["p"].as_text(), "g");
    }

    /// What becomes of a value, or of none, by each type.
    #[test]
    fn each_type_takes_its_own_values_and_no_others() {
        use PropertyKind::{Boolean, Enum, Integer, Secret, String};
        let text = |text: &str| Value::Text(text.into());
        let table = [
            (String, text("abc"), vec![Value::Integer(3), Value::Boolean(true), text("ab"), text("abcd"), text("ABC")]),
            (
                Secret,
                text("abc"),
                vec![Value::Integer(3), Value::Boolean(true), text("ab"), text("abcd"), text("a\0c")],
            ),
            (Integer, Value::Integer(3), vec![text("3"), Value::Boolean(true), Value::Integer(2), Value::Integer(4)]),
            (Boolean, Value::Boolean(false), vec![text("false"), text(""), Value::Integer(0)]),
            (Enum, text("abc"), vec![text("ABC"), text(""), Value::Integer(1), Value::Boolean(true)]),
        ];
        for (kind, good, bad) in table {
            let is_text = matches!(kind, String | Secret);
            let bounded = is_text || kind == Integer;
            let rules = Property {
                pattern: is_text.then(|| "[a-z]+".into()),
                min: bounded.then_some(3),
                max: bounded.then_some(3),
                values: if kind == Enum { vec!["abc".into(), "d".into()] } else { vec![] },
                ..property(kind)
            };
            for wrong in bad {
                let refused = resolve(std::slice::from_ref(&rules), &given(wrong.clone()), &Ambient::system());
                assert_eq!(refused.unwrap_err().name, "p", "{kind:?} {wrong:?}");
            }
            let resolved = |rules: Property, given| resolve(&[rules], &given, &Ambient::system());
            assert_eq!(resolved(rules.clone(), given(good.clone())).unwrap()["p"], good, "{kind:?}");
            assert!(resolved(rules.clone(), BTreeMap::new()).unwrap().is_empty(), "{kind:?} left out");
            let by_default = Property { default: Some(good.clone()), ..rules.clone() };
            assert_eq!(resolved(by_default, BTreeMap::new()).unwrap()["p"], good, "{kind:?} by default");
            let required = Property { required: true, ..rules };
            assert_eq!(resolved(required, BTreeMap::new()).unwrap_err().name, "p", "{kind:?} required");
        }
    }

    #[test]
    fn required_and_unknown_are_told() {
        let ambient = Ambient::system();
        let spec = [Property { required: true, ..property(PropertyKind::String) }];
        assert!(resolve(&spec, &BTreeMap::new(), &ambient).is_err());
        let unknown = BTreeMap::from([("q".to_owned(), Value::Integer(1))]);
        assert_eq!(resolve(&spec, &unknown, &ambient).unwrap_err().name, "q");
    }
}
