//! Amounts of memory, disk and processor as people write them and as the engine takes them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount of memory or disk, in bytes. Read from a number of bytes or from text such as `512MiB`; shown as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(u64);

impl Bytes {
    pub const KIB: u64 = 1 << 10;
    pub const MIB: u64 = 1 << 20;
    pub const GIB: u64 = 1 << 30;

    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    pub const fn mib(mib: u64) -> Self {
        Self(mib * Self::MIB)
    }

    pub const fn gib(gib: u64) -> Self {
        Self(gib * Self::GIB)
    }

    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = [(Self::GIB, "GiB"), (Self::MIB, "MiB"), (Self::KIB, "KiB")]
            .into_iter()
            .find(|(unit, _)| self.0 != 0 && self.0.is_multiple_of(*unit));
        match unit {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

/// The text was not an amount with a known unit.
#[derive(Debug, thiserror::Error)]
#[error("a size is a number of bytes or a whole number with KiB, MiB, GiB or TiB, for example 512MiB")]
pub struct NotASize;

impl FromStr for Bytes {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, NotASize> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let number: u64 = text[..digits].parse().map_err(|_| NotASize)?;
        let unit = match text[digits..].trim_start() {
            "" | "B" => 1,
            "KiB" => Self::KIB,
            "MiB" => Self::MIB,
            "GiB" => Self::GIB,
            "TiB" => 1 << 40,
            _ => return Err(NotASize),
        };
        let bytes = number.checked_mul(unit).ok_or(NotASize)?;
        // Past this a column of the database cannot hold the sum of a few.
        if bytes > 1 << 56 { Err(NotASize) } else { Ok(Self(bytes)) }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number of bytes or a size such as 512MiB")
            }
            fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<Bytes, E> {
                bytes.to_string().parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Bytes, E> {
                bytes.to_string().parse().map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A share of processors in thousandths of a core. Read and shown as cores: `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cpu(u32);

impl Cpu {
    pub const fn millis(millis: u32) -> Self {
        Self(millis)
    }

    pub const fn cores(cores: u32) -> Self {
        Self(cores * 1000)
    }

    pub const fn as_millis(self) -> u32 {
        self.0
    }

    /// `None` unless it is a positive number of at most 1,024 cores with three decimals that count.
    pub fn from_cores(cores: f64) -> Option<Self> {
        let millis = (cores * 1000.0).round();
        (cores.is_finite() && (1.0..=1_024_000.0).contains(&millis)).then_some(Self(millis as u32))
    }

    pub fn as_cores(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_cores())
    }
}

impl Serialize for Cpu {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_cores())
    }
}

impl<'de> Deserialize<'de> for Cpu {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cores = f64::deserialize(deserializer)?;
        Self::from_cores(cores).ok_or_else(|| de::Error::custom("cpu is a number of cores above 0, for example 0.5"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_size_survives_its_text(bytes in 0_u64..=(1 << 56)) {
            let size = Bytes::new(bytes);
            prop_assert_eq!(size.to_string().parse::<Bytes>().unwrap(), size);
        }

        #[test]
        fn a_share_survives_json(millis in 1_u32..1_000_000) {
            let cpu = Cpu::millis(millis);
            let text = serde_json::to_string(&cpu).unwrap();
            prop_assert_eq!(serde_json::from_str::<Cpu>(&text).unwrap(), cpu);
        }
    }

    #[test]
    fn sizes_that_are_none_are_refused() {
        for text in ["", "-1", "1.5GiB", "12 parsecs", "99999999TiB", "MiB"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }
}
