//! What admins send: a whole description, or the fields of one that change.

use std::collections::BTreeMap;

use kit::machine::{Connection, LimitRange, MachineSpec, Port, Probe, Property, Tmpfs, Volume};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IntoDeserializer as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::schema::beside_description;
use crate::domain::Offer;

/// A machine's whole description, and whether it is on offer.
#[derive(Debug)]
pub struct NewMachine {
    pub spec: MachineSpec,
    pub active: bool,
}

/// What stands beside the description.
#[derive(ToSchema)]
#[allow(dead_code, reason = "for the documentation; reading is done by hand below")]
struct Own {
    /// Whether new allocations can be made of it; true where absent.
    #[schema(required = false, default = true)]
    active: bool,
}

beside_description!(NewMachine, "NewMachine", Own, "A machine's whole description.");

impl From<NewMachine> for Offer {
    fn from(body: NewMachine) -> Self {
        Self { spec: body.spec, active: body.active }
    }
}

/// By hand, because serde's `flatten` cannot refuse unknown fields and does not say where a mistake is.
impl<'de> Deserialize<'de> for NewMachine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Body;
        impl<'de> Visitor<'de> for Body {
            type Value = NewMachine;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a machine's description")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NewMachine, A::Error> {
                let mut active = None;
                let rest = WithoutActive { map, active: &mut active };
                let spec = MachineSpec::deserialize(MapAccessDeserializer::new(rest))?;
                Ok(NewMachine { spec, active: active.unwrap_or(true) })
            }
        }
        deserializer.deserialize_map(Body)
    }
}

/// A map's entries but for `active`, which it puts aside.
struct WithoutActive<'a, A> {
    map: A,
    active: &'a mut Option<bool>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutActive<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            if key != "active" {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
            *self.active = Some(self.map.next_value()?);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// The fields that change, each as a whole. Null takes away what may be absent.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::option_option, reason = "a null and an absent field say different things")]
pub struct MachinePatch {
    name: Option<String>,
    description: Option<String>,
    category: Option<String>,
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    icon: Option<Option<String>>,
    image: Option<String>,
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    user: Option<Option<String>>,
    read_only: Option<bool>,
    tmpfs: Option<Vec<Tmpfs>>,
    command: Option<Vec<String>>,
    environment: Option<BTreeMap<String, String>>,
    capabilities: Option<Vec<String>>,
    ports: Option<Vec<Port>>,
    properties: Option<Vec<Property>>,
    volumes: Option<Vec<Volume>>,
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<Probe>)]
    readiness: Option<Option<Probe>>,
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<Probe>)]
    health: Option<Option<Probe>>,
    limits: Option<LimitRange>,
    connection: Option<Vec<Connection>>,
    active: Option<bool>,
}

/// Tells a null, which is `Some(None)`, from a field that is absent.
#[allow(clippy::option_option, reason = "a null and an absent field say different things")]
fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl MachinePatch {
    /// The offer with this patch's fields in place of its own.
    pub fn onto(self, mut offer: Offer) -> Offer {
        fn put<T>(place: &mut T, given: Option<T>) {
            if let Some(given) = given {
                *place = given;
            }
        }
        let spec = &mut offer.spec;
        put(&mut spec.name, self.name);
        put(&mut spec.description, self.description);
        put(&mut spec.category, self.category);
        put(&mut spec.icon, self.icon);
        put(&mut spec.image, self.image);
        put(&mut spec.user, self.user);
        put(&mut spec.read_only, self.read_only);
        put(&mut spec.tmpfs, self.tmpfs);
        put(&mut spec.command, self.command);
        put(&mut spec.environment, self.environment);
        put(&mut spec.capabilities, self.capabilities);
        put(&mut spec.ports, self.ports);
        put(&mut spec.properties, self.properties);
        put(&mut spec.volumes, self.volumes);
        put(&mut spec.readiness, self.readiness);
        put(&mut spec.health, self.health);
        put(&mut spec.limits, self.limits);
        put(&mut spec.connection, self.connection);
        put(&mut offer.active, self.active);
        offer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use serde_json::json;

    fn body(extra: &serde_json::Value) -> Vec<u8> {
        let mut body = serde_json::to_value(samples::spec("redis")).unwrap();
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::to_vec(&body).unwrap()
    }

    fn new(extra: &serde_json::Value) -> Result<NewMachine, kit::Failure> {
        wire::json::parse(&body(extra))
    }

    #[test]
    fn active_stands_beside_the_description() {
        assert!(new(&json!({})).unwrap().active);
        let inactive = new(&json!({"active": false})).unwrap();
        assert!(!inactive.active && inactive.spec == samples::spec("redis"));
    }

    #[test]
    fn a_mistake_in_a_new_machine_is_named() {
        let field = |extra| new(&extra).unwrap_err().field.unwrap();
        assert_eq!(field(json!({"privileged": true})), "privileged");
        assert_eq!(field(json!({"active": "yes"})), "active");
        assert_eq!(field(json!({"ports": [{"name": "p", "container_port": -1}]})), "ports[0].container_port");
        assert_eq!(field(json!({"limits": {"default": {}}})), "limits.default.cpu");
    }

    #[test]
    fn a_patch_takes_the_place_of_what_it_names() {
        let patch: MachinePatch = wire::json::parse(br#"{"icon": null, "active": false, "image": "redis:8"}"#).unwrap();
        let before = samples::offer("redis");
        let after = patch.onto(before.clone());
        assert_eq!((after.spec.icon.as_deref(), after.active, after.spec.image.as_str()), (None, false, "redis:8"));
        assert_eq!((after.spec.name, after.spec.ports), (before.spec.name.clone(), before.spec.ports.clone()));
        let nothing: MachinePatch = wire::json::parse(b"{}").unwrap();
        assert_eq!(nothing.onto(before.clone()), before);
        assert!(wire::json::parse::<MachinePatch>(br#"{"revision": 9}"#).is_err());
    }
}
