//! What an operator decides about a listener. Servers take these as keys of their own configuration files.

use crate::proxy::{Network, ProxyHeader};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerConfig {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether plain HTTP is spoken on an address that other machines can reach. Without TLS and without this, only
    /// loopback addresses are listened on.
    pub plain_http: bool,
    /// TLS. None: plain HTTP.
    pub tls: Option<TlsConfig>,
    /// Networks of reverse proxies whose word about the client's address is taken.
    pub trusted_proxies: Vec<Network>,
    /// The one header in which they give it.
    pub proxy_header: ProxyHeader,
    /// Limits on connections.
    pub connections: ConnectionLimits,
}

impl ListenerConfig {
    /// Plain HTTP on an address, with every default.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            plain_http: false,
            tls: None,
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            connections: ConnectionLimits::default(),
        }
    }
}

/// TLS 1.2 and 1.3 with files in PEM. Paths are relative to the working directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Certificate chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// Private key of that certificate: PKCS #8, SEC 1 or PKCS #1, not encrypted.
    pub key: PathBuf,
    /// Whether clients show certificates. Default: off.
    #[serde(default)]
    pub client_certificates: ClientCertificates,
    /// Certificates of the authorities that sign clients' certificates. Needed unless `client_certificates` is off.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
    /// How often the files are looked at for a change, in seconds, 1 to 86,400. Default 10.
    #[serde(default = "reload_default")]
    pub reload_seconds: u64,
}

const fn reload_default() -> u64 {
    10
}

/// Whether clients show certificates (mutual TLS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificates {
    /// None is asked for.
    #[default]
    Off,
    /// One is asked for; a client may come without. A wrong one is refused.
    Optional,
    /// Without one there is no connection.
    Required,
}

/// Limits on connections. None is over all addresses together: a stranger could use that to keep everybody out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectionLimits {
    /// Open connections from one address (IPv6: one /64); through a trusted proxy, open requests of one client.
    /// 1 to 1,048,576. Default 1024.
    pub per_address: usize,
    /// Time for a TLS handshake, in milliseconds, 100 to 600,000. Default 10,000.
    pub handshake_timeout_ms: u64,
    /// Time for a request's header, and between two requests of a kept connection, in milliseconds, 100 to 600,000.
    /// Default 30,000.
    pub header_timeout_ms: u64,
    /// How long nothing may move on a connection, in milliseconds, 100 to 3,600,000. It has to be longer than the
    /// longest answer takes to begin. Default 120,000.
    pub idle_timeout_ms: u64,
    /// Most bytes of a request's line and header, 8192 to 1,048,576. Default 65,536.
    pub header_bytes: usize,
    /// How long open requests get to finish after a stop, in milliseconds, 0 to 600,000. Default 10,000.
    pub drain_ms: u64,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            per_address: 1024,
            handshake_timeout_ms: 10_000,
            header_timeout_ms: 30_000,
            idle_timeout_ms: 120_000,
            header_bytes: 65_536,
            drain_ms: 10_000,
        }
    }
}

/// A value out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} {rule}")]
pub struct WrongValue {
    /// The key, as it stands in a server's configuration file.
    pub key: &'static str,
    /// The rule that it breaks.
    pub rule: String,
}

impl ListenerConfig {
    /// Ranges, and what belongs together.
    ///
    /// # Errors
    /// [`WrongValue`].
    pub fn check(&self) -> Result<(), WrongValue> {
        let limits = &self.connections;
        let ranges = [
            ("connections.per_address", limits.per_address as u64, 1, 1 << 20),
            ("connections.handshake_timeout_ms", limits.handshake_timeout_ms, 100, 600_000),
            ("connections.header_timeout_ms", limits.header_timeout_ms, 100, 600_000),
            ("connections.idle_timeout_ms", limits.idle_timeout_ms, 100, 3_600_000),
            ("connections.header_bytes", limits.header_bytes as u64, 8192, 1 << 20),
            ("connections.drain_ms", limits.drain_ms, 0, 600_000),
            ("tls.reload_seconds", self.tls.as_ref().map_or(1, |tls| tls.reload_seconds), 1, 86_400),
        ];
        for (key, value, low, high) in ranges {
            if !(low..=high).contains(&value) {
                return Err(WrongValue { key, rule: format!("is {value}; {low} to {high} are allowed") });
            }
        }
        let Some(tls) = &self.tls else { return Ok(()) };
        let rule = match (tls.client_certificates, &tls.client_ca) {
            (ClientCertificates::Off, Some(_)) => {
                "is given, but client_certificates is off: set it to optional or required"
            }
            (ClientCertificates::Optional | ClientCertificates::Required, None) => {
                "is missing: without it no client certificate can be checked"
            }
            _ => return Ok(()),
        };
        Err(WrongValue { key: "tls.client_ca", rule: rule.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ListenerConfig {
        ListenerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    #[test]
    fn values_out_of_range_and_half_a_client_authority_are_refused() {
        config().check().unwrap();
        let mut wrong = config();
        wrong.connections.header_bytes = 10;
        assert_eq!(wrong.check().unwrap_err().key, "connections.header_bytes");
        let tls = |client_certificates, client_ca: Option<&str>, reload_seconds| TlsConfig {
            certificate: "c".into(),
            key: "k".into(),
            client_certificates,
            client_ca: client_ca.map(Into::into),
            reload_seconds,
        };
        for (tls, allowed) in [
            (tls(ClientCertificates::Off, None, 1), true),
            (tls(ClientCertificates::Optional, Some("a"), 1), true),
            (tls(ClientCertificates::Off, Some("a"), 1), false),
            (tls(ClientCertificates::Required, None, 1), false),
            (tls(ClientCertificates::Off, None, 0), false),
        ] {
            let config = ListenerConfig { tls: Some(tls), ..config() };
            assert_eq!(config.check().is_ok(), allowed, "{config:?}");
        }
    }
}
