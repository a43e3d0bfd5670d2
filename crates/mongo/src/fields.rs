//! Fields of documents as our types have them. A field that is missing or of another type is nobody's input but ours, so it
//! is an internal failure that names it.

use kit::Failure;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document};

/// 16 bytes of an id as BSON has UUIDs.
pub fn uuid(bytes: &[u8]) -> Bson {
    Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: bytes.to_vec() })
}

/// Bytes that mean something only to who wrote them.
pub fn bytes(bytes: &[u8]) -> Bson {
    Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() })
}

pub trait Fields {
    /// An id, by its `from_bytes`.
    fn id<T>(&self, field: &str, read: impl Fn(&[u8]) -> Option<T>) -> Result<T, Failure>;
    fn bytes(&self, field: &str) -> Result<Vec<u8>, Failure>;
    fn number(&self, field: &str) -> Result<i64, Failure>;
    fn flag(&self, field: &str) -> Result<bool, Failure>;
    fn text(&self, field: &str) -> Result<&str, Failure>;
    /// Whether the field says something.
    fn has(&self, field: &str) -> bool;
}

impl Fields for Document {
    fn id<T>(&self, field: &str, read: impl Fn(&[u8]) -> Option<T>) -> Result<T, Failure> {
        read(&binary(self, field)?.bytes).ok_or_else(|| broken(field))
    }

    fn bytes(&self, field: &str) -> Result<Vec<u8>, Failure> {
        Ok(binary(self, field)?.bytes.clone())
    }

    fn number(&self, field: &str) -> Result<i64, Failure> {
        self.get_i64(field).map_err(|_| broken(field))
    }

    fn flag(&self, field: &str) -> Result<bool, Failure> {
        self.get_bool(field).map_err(|_| broken(field))
    }

    fn text(&self, field: &str) -> Result<&str, Failure> {
        self.get_str(field).map_err(|_| broken(field))
    }

    fn has(&self, field: &str) -> bool {
        !matches!(self.get(field), None | Some(Bson::Null))
    }
}

fn binary<'d>(document: &'d Document, field: &str) -> Result<&'d Binary, Failure> {
    match document.get(field) {
        Some(Bson::Binary(binary)) => Ok(binary),
        _ => Err(broken(field)),
    }
}

fn broken(field: &str) -> Failure {
    Failure::internal(format!("a document has a broken {field}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::{Ambient, UserId};
    use mongodb::bson::doc;

    #[test]
    fn what_was_written_is_read_and_anything_else_is_named() {
        let user = UserId::mint(&Ambient::system());
        let document =
            doc! { "u": uuid(user.as_bytes()), "b": bytes(&[1]), "n": 7_i64, "f": true, "t": "x", "0": null };
        assert_eq!(document.id("u", UserId::from_bytes).unwrap(), user);
        assert_eq!((document.bytes("b").unwrap(), document.number("n").unwrap()), (vec![1], 7));
        assert!(document.flag("f").unwrap() && document.has("t") && !document.has("0") && !document.has("x"));
        assert_eq!(document.text("t").unwrap(), "x");
        let broken = document.id("b", UserId::from_bytes).unwrap_err();
        assert!(broken.to_string().contains("a document has a broken b"), "{broken}");
        assert!(document.number("missing").is_err() && document.flag("n").is_err());
    }
}
