//! Names of allocations: given by the owner, or made up.

use kit::{Ambient, ErrorCode, Failure, id::is_label};

const ADJECTIVES: [&str; 24] = [
    "amber", "brave", "brisk", "calm", "clear", "coral", "eager", "fair", "gentle", "golden", "happy", "keen",
    "lively", "lunar", "mellow", "merry", "noble", "quiet", "rapid", "silver", "steady", "sunny", "swift", "vivid",
];
const NOUNS: [&str; 24] = [
    "anchor", "bay", "beacon", "breeze", "buoy", "canoe", "cove", "current", "dock", "ferry", "harbor", "heron",
    "island", "kayak", "lagoon", "mast", "pier", "reef", "rudder", "sail", "shore", "tide", "voyage", "wave",
];

/// Refuses what is no name.
pub fn parse(name: &str) -> Result<String, Failure> {
    if is_label(name) {
        Ok(name.to_owned())
    } else {
        Err(Failure::new(ErrorCode::InvalidInput, "A name is 1 to 63 of a-z, 0-9 and -.").field("name"))
    }
}

/// A name that is easy to say and unlikely to be taken.
pub fn make_up(ambient: &Ambient) -> String {
    let pick = |words: &[&'static str]| words[ambient.below(words.len() as u32) as usize];
    format!("{}-{}-{:04}", pick(&ADJECTIVES), pick(&NOUNS), ambient.below(10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_name_is_one() {
        assert!(parse(&make_up(&Ambient::system())).is_ok());
    }

    #[test]
    fn what_is_no_name_is_refused_by_its_field() {
        for name in ["", "My Redis", "a_b", &"x".repeat(64)] {
            assert_eq!(parse(name).unwrap_err().field.as_deref(), Some("name"), "{name}");
        }
    }
}
