//! The schema of what stands flat beside a machine's description. serde's `flatten` alone would make it an `allOf` of
//! two objects, of which the description allows no other fields: a schema that nothing satisfies.

use kit::machine::MachineSpec;
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, Schema};

/// One object of the description's fields and those of `own`, and no others.
pub fn whole(own: RefOr<Schema>, about: &str) -> RefOr<Schema> {
    let (mut all, own) = (object(MachineSpec::schema()), object(own));
    all.properties.extend(own.properties);
    all.required.extend(own.required);
    all.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    all.description = Some(about.to_owned());
    RefOr::T(Schema::Object(all))
}

fn object(schema: RefOr<Schema>) -> Object {
    match schema {
        RefOr::T(Schema::Object(object)) => object,
        _ => Object::new(),
    }
}

/// Documents `$type` as the description with the fields of `$own` beside it.
macro_rules! beside_description {
    ($type:ty, $name:literal, $own:ty, $about:literal) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::http::schema::whole(<$own as utoipa::PartialSchema>::schema(), $about)
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
                <kit::machine::MachineSpec as utoipa::ToSchema>::schemas(schemas);
            }
        }
    };
}
pub(crate) use beside_description;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body::NewMachine;
    use crate::http::views::MachineView;
    use crate::samples;

    fn documented<T: PartialSchema>() -> (Vec<String>, Vec<String>) {
        let object = object(T::schema());
        (object.properties.into_keys().collect(), object.required)
    }

    #[test]
    fn a_view_shows_what_is_documented_and_nothing_else() {
        let (properties, required) = documented::<MachineView>();
        let machine = samples::machine(&kit::Ambient::system(), "redis");
        let shown = serde_json::to_value(MachineView::new(machine, None)).unwrap();
        let shown: Vec<&String> = shown.as_object().unwrap().keys().collect();
        assert!(shown.iter().all(|name| properties.contains(name)), "{shown:?} in {properties:?}");
        assert!(required.iter().all(|name| shown.contains(&name)), "{required:?} in {shown:?}");
        assert!(required.contains(&"revision".to_owned()) && required.contains(&"ports".to_owned()));
    }

    #[test]
    fn a_new_machine_needs_what_its_description_needs() {
        let (properties, required) = documented::<NewMachine>();
        assert!(properties.contains(&"active".to_owned()) && !required.contains(&"active".to_owned()));
        assert!(required.contains(&"image".to_owned()));
    }
}
