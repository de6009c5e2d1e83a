//! The configuration file (TOML). Unknown keys are refused; a key that is left out has the default named here.

use crate::limits::Rate;
use monition_evidence::ExchangeName;
use monition_front::{ConnectionLimits, ListenerConfig, Network, ProxyHeader, TlsConfig};
use monition_tlog::{KeyAlgorithm, VerifierKey};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a configuration is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not the TOML that is asked for.
    #[error("the configuration is wrong: {detail}")]
    Form {
        /// What the reader said, with the line.
        detail: String,
    },
    /// A value that makes no sense.
    #[error("the configuration is wrong: {key} {rule}")]
    Value {
        /// The key.
        key: &'static str,
        /// The rule that it breaks.
        rule: String,
    },
    /// The section `[taxii]`.
    #[error("the section [taxii]: {0}")]
    Taxii(#[from] monition_taxii::ConfigError),
}

/// A witness that is asked for cosignatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Verifier key (c2sp.org/signed-note), type 0x04.
    pub vkey: String,
    /// Where it answers: `<url>/add-checkpoint` is asked.
    pub url: String,
}

/// Configuration of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the exchange: its logs are `<name>/log` and `<name>/directory`.
    pub name: ExchangeName,
    /// Address to listen on; port 0 takes a free one. Default 127.0.0.1:7600.
    #[serde(default = "default_listen")]
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
    /// Certificates (PEM) of authorities that are trusted besides the machine's own when custodians and witnesses are
    /// asked. Default: none.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Where the databases and the public files are kept.
    pub data_dir: PathBuf,
    /// Where clients reach it, without trailing slash. Default: `http://` or `https://` and the address listened on.
    #[serde(default)]
    pub public_url: Option<String>,
    /// From one publication to the next, in milliseconds, 50 to 60,000. Default 1000.
    #[serde(default = "default_publish_ms")]
    pub publish_ms: u64,
    /// Delay that is written into the directory's first entry by `init`, in seconds. Default 86,400.
    #[serde(default = "default_delay_seconds")]
    pub directory_delay_seconds: u64,
    /// Sponsors that a DNS-like name needs; written by `init`. Default 1.
    #[serde(default = "default_sponsors")]
    pub sponsors: u32,
    /// Witnesses.
    #[serde(default)]
    pub witnesses: Vec<WitnessConfig>,
    /// How many of them make a checkpoint fully cosigned. Default: all.
    #[serde(default)]
    pub quorum: Option<usize>,
    /// How long a witness may take, in milliseconds. Default 2000.
    #[serde(default = "default_witness_timeout_ms")]
    pub witness_timeout_ms: u64,
    /// From acceptance to q consignments or a logged failure, in seconds. Default 60.
    #[serde(default = "default_promise_seconds")]
    pub promise_seconds: u64,
    /// How long a custodian may take, in milliseconds. Default 10,000.
    #[serde(default = "default_custodian_timeout_ms")]
    pub custodian_timeout_ms: u64,
    /// How long a note that no statement names and no proof needs is kept, in seconds. Default 86,400.
    #[serde(default = "default_note_seconds")]
    pub note_seconds: u64,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
    /// The TAXII server at the same address, its data in `<data_dir>/taxii/`. Default: none.
    #[serde(default)]
    pub taxii: Option<monition_taxii::Config>,
}

/// Limits. Each is for one sender, so that no sender can take another's share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Submissions of one sender at one urgency. Default 20 a second, 200 at once.
    pub submissions: Rate,
    /// Other statements, and commitments, of one party. Default 100 a second, 1000 at once.
    pub statements: Rate,
    /// New directory entries from one address. Default 5 a second, 100 at once.
    pub directory: Rate,
    /// Requests from one address that fail. Default 20 a second, 400 at once.
    pub failures: Rate,
    /// Kibibytes of bodies of one sender. Default 8 MiB a second, 128 MiB at once.
    pub body_kib: Rate,
    /// Requests waiting for the sequencer, for each of urgent and other. Default 4096.
    pub queue: usize,
    /// How long one request may take, in milliseconds. Default 30,000.
    pub request_timeout_ms: u64,
    /// Deliveries to custodians at the same time. Default 64.
    pub deliveries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            submissions: Rate { per_second: 20, burst: 200 },
            statements: Rate { per_second: 100, burst: 1000 },
            directory: Rate { per_second: 5, burst: 100 },
            failures: Rate { per_second: 20, burst: 400 },
            body_kib: Rate { per_second: 8 * 1024, burst: 128 * 1024 },
            queue: 4096,
            request_timeout_ms: 30_000,
            deliveries: 64,
        }
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7600))
}
const fn default_publish_ms() -> u64 {
    1000
}
const fn default_delay_seconds() -> u64 {
    86_400
}
const fn default_sponsors() -> u32 {
    1
}
const fn default_witness_timeout_ms() -> u64 {
    2000
}
const fn default_promise_seconds() -> u64 {
    60
}
const fn default_note_seconds() -> u64 {
    86_400
}
const fn default_custodian_timeout_ms() -> u64 {
    10_000
}

impl Config {
    /// A configuration with every default.
    #[must_use]
    pub fn new(name: ExchangeName, data_dir: PathBuf) -> Self {
        Self {
            name,
            listen: default_listen(),
            tls: None,
            plain_http: false,
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            connections: ConnectionLimits::default(),
            ca_file: None,
            data_dir,
            public_url: None,
            publish_ms: default_publish_ms(),
            directory_delay_seconds: default_delay_seconds(),
            sponsors: default_sponsors(),
            witnesses: Vec::new(),
            quorum: None,
            witness_timeout_ms: default_witness_timeout_ms(),
            promise_seconds: default_promise_seconds(),
            custodian_timeout_ms: default_custodian_timeout_ms(),
            note_seconds: default_note_seconds(),
            limits: Limits::default(),
            taxii: None,
        }
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|e| ConfigError::Form { detail: e.to_string() })?;
        config.witness_keys()?;
        let range = |key, value: u64, low: u64, high: u64| {
            let rule = format!("is {value}; {low} to {high} are allowed");
            if (low..=high).contains(&value) { Ok(()) } else { Err(ConfigError::Value { key, rule }) }
        };
        range("publish_ms", config.publish_ms, 50, 60_000)?;
        range("witness_timeout_ms", config.witness_timeout_ms, 10, 60_000)?;
        range("promise_seconds", config.promise_seconds, 1, 86_400)?;
        range("note_seconds", config.note_seconds, 60, 1 << 40)?;
        range("limits.queue", config.limits.queue as u64, 1, 1 << 20)?;
        range("limits.deliveries", config.limits.deliveries as u64, 1, 4096)?;
        config.listener().check().map_err(|wrong| ConfigError::Value { key: wrong.key, rule: wrong.rule })?;
        if let Some(taxii) = &config.taxii {
            crate::taxii::check(taxii)?;
        }
        Ok(config)
    }

    /// The folder of the TAXII server.
    #[must_use]
    pub fn taxii_dir(&self) -> PathBuf {
        self.data_dir.join("taxii")
    }

    /// What the TAXII server is told: what it does is recorded, and it names itself by the address of the exchange.
    #[must_use]
    pub fn taxii_server(&self) -> Option<monition_taxii::Config> {
        let mut taxii = self.taxii.clone()?;
        taxii.events = true;
        taxii.public_url = taxii.public_url.or_else(|| self.public_url.clone());
        Some(taxii)
    }

    /// What the listener is told.
    #[must_use]
    pub fn listener(&self) -> ListenerConfig {
        ListenerConfig {
            listen: self.listen,
            plain_http: self.plain_http,
            tls: self.tls.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            proxy_header: self.proxy_header,
            connections: self.connections,
        }
    }

    /// The witnesses' keys, checked.
    ///
    /// # Errors
    /// [`ConfigError::Value`]: a key that is none, one that cannot cosign, one twice, or a quorum above their number.
    pub fn witness_keys(&self) -> Result<Vec<VerifierKey>, ConfigError> {
        let wrong = |rule: String| ConfigError::Value { key: "witnesses", rule };
        let mut keys: Vec<VerifierKey> = Vec::new();
        for witness in &self.witnesses {
            let key = VerifierKey::parse(&witness.vkey).map_err(|e| wrong(format!("has a wrong vkey: {e}")))?;
            if key.algorithm() != KeyAlgorithm::CosignatureEd25519 {
                return Err(wrong(format!("{} is no cosignature key (type 0x04)", key.name())));
            }
            if keys.iter().any(|known| known.public_key() == key.public_key()) {
                return Err(wrong(format!("{} has a key that is there already", key.name())));
            }
            keys.push(key);
        }
        if self.quorum() > keys.len() {
            let rule = format!("is {}, but there are {} witnesses", self.quorum(), keys.len());
            return Err(ConfigError::Value { key: "quorum", rule });
        }
        Ok(keys)
    }

    /// How many cosignatures make a checkpoint fully cosigned.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.quorum.unwrap_or(self.witnesses.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_file_gets_the_defaults_and_unknown_keys_are_refused() {
        let config = Config::parse("name = \"exchange.example\"\ndata_dir = \"/var/lib/monition\"\n").unwrap();
        assert_eq!(config, Config::new(config.name.clone(), config.data_dir.clone()));
        for more in [
            "colour = 1",
            "publish_ms = 1",
            "quorum = 1",
            "[limits]\nqueue = 0",
            "[limits]\nx = 0",
            "[connections]\nper_address = 0",
            "trusted_proxies = [\"10.0.0.1/8\"]",
            "proxy_header = \"x-real-ip\"",
            "[tls]\ncertificate = \"a\"",
            "[taxii]\ntitle = \"t\"\n[[taxii.api_roots]]\npath = \"log\"\ntitle = \"r\"",
            "[taxii]\ntitle = \"t\"\n[[taxii.api_roots]]\npath = \"v1/feeds\"\ntitle = \"r\"",
            "[taxii]\ntitle = \"t\"\nstatus_hours = 1",
            "[tls]\ncertificate = \"a\"\nkey = \"b\"\nclient_certificates = \"required\"",
        ] {
            let text = format!("name = \"exchange.example\"\ndata_dir = \"d\"\n{more}\n");
            assert!(Config::parse(&text).is_err(), "accepted {more}");
        }
    }
}
