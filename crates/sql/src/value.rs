//! What goes into a statement: the four kinds of value that SQLite and MySQL both keep.

/// A value on its way into a statement. Booleans are integers, as in the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What can be bound to a `?`.
pub trait Bind {
    fn value(self) -> Value;
}

macro_rules! binds {
    ($($type:ty => $value:expr;)*) => {
        $(impl Bind for $type {
            fn value(self) -> Value {
                let make: fn($type) -> Value = $value;
                make(self)
            }
        })*
    };
}

binds! {
    Value => |value| value;
    bool => |flag| Value::Integer(flag.into());
    u8 => |number| Value::Integer(number.into());
    u16 => |number| Value::Integer(number.into());
    u32 => |number| Value::Integer(number.into());
    i32 => |number| Value::Integer(number.into());
    i64 => Value::Integer;
    &i64 => |number| Value::Integer(*number);
    String => Value::Text;
    Vec<u8> => Value::Bytes;
    &str => |text| Value::Text(text.to_owned());
    &String => |text| Value::Text(text.clone());
    &[u8] => |bytes| Value::Bytes(bytes.to_vec());
    &Vec<u8> => |bytes| Value::Bytes(bytes.clone());
}

impl<const N: usize> Bind for &[u8; N] {
    fn value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl<const N: usize> Bind for [u8; N] {
    fn value(self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl<T: Bind> Bind for Option<T> {
    fn value(self) -> Value {
        self.map_or(Value::Null, Bind::value)
    }
}

impl<'a, T> Bind for &'a Option<T>
where
    &'a T: Bind,
{
    fn value(self) -> Value {
        self.as_ref().map_or(Value::Null, Bind::value)
    }
}
