//! What an operator decides: one TOML file (`docs/operate.md`).

use monition_evidence::{ExchangeName, PartyName};
use monition_front::{ConnectionLimits, ListenerConfig, Network, ProxyHeader, TlsConfig};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Configuration of an observer. Every member that has a default may be left out; an unknown one is refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The exchange whose logs are witnessed and whose mailboxes are kept.
    pub exchange: ExchangeName,
    /// Where it answers, such as `https://exchange.example`.
    pub exchange_url: String,
    /// Verifier key of its log, type 0x01; obtain it from more than one place.
    pub log_vkey: String,
    /// Verifier key of its directory, type 0x01.
    pub directory_vkey: String,
    /// This organisation's party name.
    pub party: PartyName,
    /// Name in the witness's cosignatures. Default: `<party>/witness`.
    #[serde(default)]
    pub witness_name: Option<String>,
    /// Address and port to listen on; port 0 for any free one. Default 127.0.0.1:8710.
    #[serde(default = "listen_default")]
    pub listen: SocketAddr,
    /// TLS. Default: none, and then only loopback addresses are listened on.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
    /// Whether plain HTTP is spoken on an address that other machines can reach. Default: false.
    #[serde(default)]
    pub plain_http: bool,
    /// Networks of reverse proxies whose word about a client's address is taken. Default: none.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// The one header in which they give it: `x-forwarded-for` (default) or `forwarded`.
    #[serde(default)]
    pub proxy_header: ProxyHeader,
    /// Limits on connections.
    #[serde(default)]
    pub connections: ConnectionLimits,
    /// Certificates (PEM) of authorities that are trusted besides the machine's own when the exchange and webhooks are
    /// asked. Default: none.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Directory of `observer.db`.
    pub data_directory: PathBuf,
    /// Length of a custody period, as enrolled, in seconds. Default 60.
    #[serde(default = "period_default")]
    pub period_seconds: u64,
    /// From one look at the directory to the next, in milliseconds. Default 1,000.
    #[serde(default = "follow_default")]
    pub follow_milliseconds: u64,
    /// Most bytes that one mailbox may hold, in MiB. Default 4,096. Routine items get half of it, priority three
    /// quarters, immediate nine tenths, flash all: so a flood of one urgency leaves room for the next.
    #[serde(default = "mailbox_mebibytes_default")]
    pub mailbox_mebibytes_max: u64,
    /// Most items in one mailbox. Default 1,000,000; shared out as the bytes are.
    #[serde(default = "mailbox_items_default")]
    pub mailbox_items_max: u64,
    /// Most new items a minute in one mailbox, counted for each urgency by itself. Default 600.
    #[serde(default = "items_per_minute_default")]
    pub items_per_minute_max: u32,
    /// After how long without a poll or acknowledgement an unread item raises the alarm, in seconds. Default 900.
    #[serde(default = "silence_default")]
    pub silence_seconds: u64,
    /// How pings go out.
    #[serde(default)]
    pub notify: NotifyConfig,
}

/// How content-free pings reach the alarm contacts of recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyConfig {
    /// Host and port of this organisation's own mail relay (plain SMTP; the relay does TLS outwards). Without it,
    /// contacts of kind smtp get no ping, and the logged notification says so.
    #[serde(default)]
    pub smtp_relay: Option<String>,
    /// Sender address of the mails. Needed with `smtp_relay`.
    #[serde(default)]
    pub smtp_from: Option<String>,
    /// Whether webhooks may go to loopback, private and link-local addresses. Default false: contacts are chosen by
    /// other organisations, who must not reach into this one's network.
    #[serde(default)]
    pub private_addresses_allowed: bool,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML, or a member is missing, unknown or malformed.
    #[error("the configuration cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// A value is out of its range.
    #[error("{key} is wrong: {rule}")]
    Value {
        /// Which member.
        key: &'static str,
        /// What it must be.
        rule: String,
    },
}

impl Config {
    /// Reads a configuration file's text.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// Ranges, also for a configuration that was built by hand.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, rule: &str| Err(ConfigError::Value { key, rule: rule.to_owned() });
        if !(1..=86_400).contains(&self.period_seconds) {
            return wrong("period_seconds", "1 to 86,400");
        }
        if !(50..=3_600_000).contains(&self.follow_milliseconds) {
            return wrong("follow_milliseconds", "50 to 3,600,000");
        }
        if self.items_per_minute_max == 0 || self.mailbox_items_max == 0 || self.mailbox_mebibytes_max == 0 {
            return wrong("mailbox limits", "above 0");
        }
        if !self.exchange_url.starts_with("http://") && !self.exchange_url.starts_with("https://") {
            return wrong("exchange_url", "an http or https address");
        }
        if self.notify.smtp_relay.is_some() != self.notify.smtp_from.is_some() {
            return wrong("notify", "smtp_relay and smtp_from stand together");
        }
        self.listener().check().map_err(|error| ConfigError::Value { key: error.key, rule: error.rule })
    }

    /// What the listener is told.
    pub(crate) fn listener(&self) -> ListenerConfig {
        ListenerConfig {
            listen: self.listen,
            plain_http: self.plain_http,
            tls: self.tls.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            proxy_header: self.proxy_header,
            connections: self.connections,
        }
    }

    /// Name in the witness's cosignatures.
    pub(crate) fn witness_name(&self) -> String {
        self.witness_name.clone().unwrap_or_else(|| format!("{}/witness", self.party))
    }
}

fn listen_default() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8710))
}
fn period_default() -> u64 {
    60
}
fn follow_default() -> u64 {
    1_000
}
fn mailbox_mebibytes_default() -> u64 {
    4_096
}
fn mailbox_items_default() -> u64 {
    1_000_000
}
fn items_per_minute_default() -> u32 {
    600
}
fn silence_default() -> u64 {
    900
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        exchange = "exchange.example"
        exchange_url = "http://127.0.0.1:1"
        log_vkey = "a"
        directory_vkey = "b"
        party = "harbour.example"
        data_directory = "/var/lib/monition"
    "#;

    #[test]
    fn the_smallest_configuration_has_safe_defaults() {
        let config = Config::parse(SMALLEST).unwrap();
        assert_eq!(config.period_seconds, 60);
        assert_eq!(config.silence_seconds, 900);
        assert_eq!(config.witness_name(), "harbour.example/witness");
        assert!(!config.notify.private_addresses_allowed);
    }

    #[test]
    fn unknown_members_and_values_out_of_range_are_refused() {
        for line in [
            "colour = 1",
            "period_seconds = 0",
            "connections.per_address = 0",
            "listen = \"localhost:1\"",
            "follow_milliseconds = 1",
            "notify.smtp_relay = \"a:25\"",
        ] {
            assert!(Config::parse(&format!("{SMALLEST}\n{line}")).is_err(), "accepted {line}");
        }
    }
}
