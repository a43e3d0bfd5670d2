//! Parts of an outbox that different relays can send at the same time: all events of one subject are in one of them, so
//! that their order holds.

/// How many there are. It stands in rows that wait to be sent, so it never changes.
pub const SHARDS: u8 = 16;

/// One of the parts, 0 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard(u8);

impl Shard {
    /// `None` above 15.
    pub const fn new(number: u8) -> Option<Self> {
        if number < SHARDS { Some(Self(number)) } else { None }
    }

    pub const fn number(self) -> u8 {
        self.0
    }

    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }
}

/// The part that holds a subject's events: FNV-1a of 64 bits over its text, modulo 16
/// (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>).
pub const fn shard_of(subject: &str) -> Shard {
    let bytes = subject.as_bytes();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    Shard((hash % SHARDS as u64) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_stays_in_its_shard_for_good() {
        // The draft's test vectors: cbf29ce484222325, af63dc4c8601ec8c and 85944171f73967e8, of which the last digit counts.
        assert_eq!(["", "a", "foobar"].map(|subject| shard_of(subject).number()), [0x5, 0xc, 0x8]);
    }

    #[test]
    fn subjects_spread_over_all_shards() {
        let mut counts = [0_u32; SHARDS as usize];
        let ambient = kit::Ambient::system();
        for _ in 0..16_000 {
            counts[usize::from(shard_of(&ambient.uuid().to_string()).number())] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn there_are_sixteen() {
        assert_eq!(Shard::all().map(Shard::number).collect::<Vec<_>>(), (0..16).collect::<Vec<_>>());
        assert_eq!((Shard::new(15).map(Shard::number), Shard::new(16)), (Some(15), None));
    }
}
