//! Whether a browser's page may use what the browser knows of its user (a cookie, a socket): only one that this very host
//! served.

/// `origin` is the header as sent, `http://host[:port]`; `host` the request's, `host[:port]`.
pub fn same_origin(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |authority: &str| authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase();
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_itself_is_the_same() {
        assert!(same_origin("http://127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(same_origin("https://berth.example", "Berth.Example:443"));
        assert!(same_origin("http://[::1]:8080", "[::1]:8080"));
        for (origin, host) in [
            ("null", "127.0.0.1"),
            ("http://evil.example", "berth.example"),
            ("http://berth.example:8081", "berth.example:8080"),
            ("https://berth.example.evil.example", "berth.example"),
            ("file://berth.example", "berth.example"),
        ] {
            assert!(!same_origin(origin, host), "{origin} {host}");
        }
    }
}
