//! Which addresses a webhook may reach: those that the whole Internet can, and nothing that is behind our own walls. The
//! registries are IANA's special-purpose address registries (RFC 6890 and its successors).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not the Internet, as address and prefix length.
const CLOSED_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// IPv6 networks within the global range that are not the Internet; what is outside of `2000::/3` is none anyway.
const CLOSED_V6: [([u16; 2], u32); 4] = [
    // IETF protocols, Teredo and ORCHID among them.
    ([0x2001, 0x0000], 23),
    // Documentation.
    ([0x2001, 0x0db8], 32),
    ([0x3fff, 0x0000], 20),
    // 6to4, which wraps any IPv4 address and is not used any more.
    ([0x2002, 0x0000], 16),
];

/// Whether an address is one that everybody on the Internet may reach. What wraps an IPv4 address in IPv6 is judged by
/// the address inside, or refused where that form is obsolete.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !CLOSED_V4.iter().any(|(network, length)| (bits ^ u32::from_be_bytes(*network)) >> (32 - length) == 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let inside = || {
        let ([a, b], [c, d]) = (parts[6].to_be_bytes(), parts[7].to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    // `::ffff:0:0/96` is IPv4 itself, `64:ff9b::/96` is translated to it.
    if parts[..6] == [0, 0, 0, 0, 0, 0xffff] || parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(inside());
    }
    let bits = (u32::from(parts[0]) << 16) | u32::from(parts[1]);
    let closed = |([high, low], length): &([u16; 2], u32)| {
        (bits ^ ((u32::from(*high) << 16) | u32::from(*low))) >> (32 - length) == 0
    };
    // The interface part 0:5efe is ISATAP's, which wraps an IPv4 address too.
    let isatap = parts[4] & 0xfdff == 0 && parts[5] == 0x5efe;
    parts[0] & 0xe000 == 0x2000 && !CLOSED_V6.iter().any(closed) && !isatap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_walls_is_not_public() {
        let closed = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:db8::1",
            "2001:10::1",
            "2002:7f00:1::1",
            "2002:a00:1::",
            "3fff::1",
            "2606:4700::5efe:10.0.0.1",
            "5f00::1",
        ];
        for text in closed {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn the_rest_of_the_internet_is() {
        let open = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ];
        for text in open {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
