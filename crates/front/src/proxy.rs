//! Whose address a request counts for.
//!
//! Behind a reverse proxy every connection has the proxy's address. The proxy writes the client's into a header, and so
//! can anybody. So the header is read only on connections from a network that the configuration trusts, and from the
//! right, where the trusted proxy wrote: the client is the **right-most hop that is not itself trusted**. What stands
//! further left was sent by the client and is not looked at.
//!
//! One header is read, named by `proxy_header`, never both: a proxy that writes one passes the other on as a client sent
//! it. Parsing is strict. An entry that is no address (`unknown`, an obfuscated name, rubbish) ends the walk, and the last
//! hop that was known counts.
//!
//! | `proxy_header` | form |
//! |---|---|
//! | `x-forwarded-for` (default) | addresses with commas between; `a.b.c.d:port` and `[v6]:port` are read too |
//! | `forwarded` | RFC 7239 §4, its `for` parameter; a quoted string holds no comma, semicolon or backslash here |

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Most hops that are looked at: chains of proxies are short, and each costs a parse.
pub const HOPS_MAX: usize = 32;

/// The header in which trusted proxies give the client's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// A network in CIDR notation; an address alone is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no network: {rule}")]
pub struct NotANetwork {
    /// As found.
    pub text: String,
    /// The rule that it breaks.
    pub rule: &'static str,
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = |rule| NotANetwork { text: text.to_owned(), rule };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong("an IPv4 or IPv6 address, then /prefix"))?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(digits) => {
                let canonical = digits == "0" || digits.starts_with(|c: char| matches!(c, '1'..='9'));
                let prefix: Option<u8> = digits.parse().ok().filter(|prefix| canonical && *prefix <= bits);
                prefix.ok_or_else(|| wrong("the prefix is a number of bits, at most 32 for IPv4 and 128 for IPv6"))?
            }
        };
        let network = Self { address, prefix };
        if masked(address, prefix) != address {
            return Err(wrong("bits are set behind the prefix"));
        }
        Ok(network)
    }
}

impl TryFrom<String> for Network {
    type Error = NotANetwork;

    fn try_from(text: String) -> Result<Self, NotANetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Network {
    /// Whether an address lies in it. An IPv4 address in IPv6 clothes is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.prefix) == self.address
    }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

/// What limits count: an IPv4 address, or the /64 of an IPv6 address, since one host has a whole one.
#[must_use]
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        v6 @ IpAddr::V6(_) => masked(v6, 64),
    }
}

/// The entries of one line from left to right; nothing stands for one that is no address.
type Hops = Vec<Option<IpAddr>>;

/// The client of a request that came over a connection from `peer`.
#[must_use]
pub fn client_of(peer: IpAddr, headers: &HeaderMap, header: ProxyHeader, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    let (name, read): (_, fn(&str) -> Option<Hops>) = match header {
        ProxyHeader::XForwardedFor => ("x-forwarded-for", x_forwarded_for),
        ProxyHeader::Forwarded => ("forwarded", forwarded),
    };
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    let mut hops = 0;
    // Several lines are one list (RFC 9110 §5.3), so the last line is the newest.
    for line in lines.into_iter().rev() {
        let Some(entries) = line.to_str().ok().and_then(read) else { return client };
        for entry in entries.into_iter().rev() {
            hops += 1;
            let Some(address) = entry.filter(|_| hops <= HOPS_MAX) else { return client };
            client = address;
            if !is_trusted(client) {
                return client;
            }
        }
    }
    client
}

fn x_forwarded_for(line: &str) -> Option<Hops> {
    Some(line.split(',').map(|entry| node(entry.trim_matches([' ', '\t']))).collect())
}

/// The `for` parameters of a line, or nothing if any part of it is malformed: an open quote on the left could otherwise
/// swallow what the proxy wrote on the right.
fn forwarded(line: &str) -> Option<Hops> {
    line.split(',').map(forwarded_element).collect()
}

fn forwarded_element(element: &str) -> Option<Option<IpAddr>> {
    let mut found = None;
    for pair in element.split(';') {
        let (name, value) = pair.trim_matches([' ', '\t']).split_once('=')?;
        let value = match value.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"').filter(|text| !text.contains(['"', '\\']))?,
            None if is_token(value) => value,
            None => return None,
        };
        if !is_token(name) {
            return None;
        }
        if name.eq_ignore_ascii_case("for") && found.replace(node(value)).is_some() {
            return None;
        }
    }
    // An element without `for` says that a proxy was there which hides its client.
    Some(found.flatten())
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// An address, with or without a port.
fn node(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let address = text.parse().ok().or_else(bracketed);
    let address = address.or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn client(peer: &str, header: ProxyHeader, lines: &[(&'static str, &str)]) -> String {
        let trusted: Vec<Network> = ["10.0.0.0/8", "2001:db8::/32"].iter().map(|n| n.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(line).unwrap());
        }
        client_of(ip(peer), &headers, header, &trusted).to_string()
    }

    #[test]
    fn a_strangers_header_changes_nothing() {
        for (header, name, line) in [
            (ProxyHeader::XForwardedFor, "x-forwarded-for", "198.51.100.1"),
            (ProxyHeader::Forwarded, "forwarded", "for=198.51.100.1"),
        ] {
            assert_eq!(client("203.0.113.9", header, &[(name, line)]), "203.0.113.9");
        }
    }

    #[test]
    fn the_right_most_hop_that_is_not_trusted_is_the_client() {
        let x = ProxyHeader::XForwardedFor;
        for (lines, expected) in [
            (&["198.51.100.1"][..], "198.51.100.1"),
            // What the client wrote itself stands on the left.
            (&["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            (&["6.6.6.6,198.51.100.1, 10.0.0.7"], "198.51.100.1"),
            (&["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
            (&["10.0.0.8, 10.0.0.7"], "10.0.0.8"),
            (&["198.51.100.1:4711"], "198.51.100.1"),
            (&["[2001:dead::1]:4711"], "2001:dead::1"),
            (&["::ffff:198.51.100.1"], "198.51.100.1"),
            // Rubbish ends the walk at the last hop that is known.
            (&["198.51.100.1, unknown"], "10.0.0.1"),
            (&["198.51.100.1, 10.0.0.7, 010.0.0.1, 10.0.0.9"], "10.0.0.9"),
            (&["198.51.100.1,"], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
            assert_eq!(client("10.0.0.1", x, &lines), expected, "{lines:?}");
        }
        // The other header is not the configured one.
        assert_eq!(client("10.0.0.1", x, &[("forwarded", "for=6.6.6.6")]), "10.0.0.1");
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_says_and_no_quote_swallows_the_proxys_entry() {
        for (line, expected) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("For=\"198.51.100.1:80\";proto=https;by=10.0.0.1", "198.51.100.1"),
            ("for=6.6.6.6, for=\"[2001:dead::1]:4711\"", "2001:dead::1"),
            ("for=6.6.6.6;by=_hidden, for=198.51.100.1, for=10.0.0.7", "198.51.100.1"),
            ("for=6.6.6.6, proto=https", "10.0.0.1"),
            ("for=6.6.6.6, for=unknown", "10.0.0.1"),
            ("for=6.6.6.6, for=_secret", "10.0.0.1"),
            ("for=6.6.6.6;x=\", for=198.51.100.1;proto=\"https\"", "10.0.0.1"),
            ("for=6.6.6.6;for=198.51.100.1", "10.0.0.1"),
            ("for=[2001:dead::1]", "10.0.0.1"),
            ("for", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", ProxyHeader::Forwarded, &[("forwarded", line)]), expected, "{line}");
        }
    }

    #[test]
    fn a_chain_of_trusted_hops_is_walked_only_so_far() {
        let long = vec!["10.0.0.3"; HOPS_MAX + 10].join(", ");
        let line = format!("198.51.100.1, {long}");
        assert_eq!(client("10.0.0.1", ProxyHeader::XForwardedFor, &[("x-forwarded-for", &line)]), "10.0.0.3");
    }

    #[test]
    fn networks_have_one_spelling_and_hold_what_they_say() {
        for text in
            ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/", "ten", "::/129", "10.0.0/8"]
        {
            assert!(text.parse::<Network>().is_err(), "accepted {text}");
        }
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.7/32", "::ffff:192.0.2.7", "::192.0.2.7"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(ip(inside)) && !network.contains(ip(outside)), "{network}");
        }
    }

    #[test]
    fn an_ipv6_host_counts_with_its_whole_64() {
        assert_eq!(counted(ip("2001:db8:1:2:aaaa::1")), counted(ip("2001:db8:1:2:bbbb::2")));
        assert_ne!(counted(ip("2001:db8:1:2::1")), counted(ip("2001:db8:1:3::1")));
        assert_eq!(counted(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }
}
