//! Request ids at the edge: a client's own where it is fit, else a new one.

pub use kit::context::{RequestContext, request_id, with_request};

/// The name of the header and of the gRPC metadata.
pub const HEADER: &str = "x-request-id";

/// A client's own id where it is short and plain, else a new one.
pub fn accept_or_mint(given: Option<&str>, ambient: &kit::Ambient) -> String {
    let plain = |text: &&str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    given.filter(plain).map_or_else(|| ambient.uuid().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_request_id_is_replaced() {
        let ambient = kit::Ambient::system();
        assert_eq!(accept_or_mint(Some("abc-1"), &ambient), "abc-1");
        for odd in ["", "a b", "x\ny", &"a".repeat(65)] {
            assert_ne!(accept_or_mint(Some(odd), &ambient), odd);
        }
    }
}
