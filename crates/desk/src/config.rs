//! `desk.toml`: who this desk is, and where its exchange answers. Holds no secret.

use crate::error::DeskError;
use monition_evidence::{ExchangeName, PartyName, RoleName};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The file's name.
pub const CONFIG_FILE: &str = "desk.toml";

/// What stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The own party's name.
    pub party: PartyName,
    /// The exchange's name.
    pub exchange: ExchangeName,
    /// Where it answers: http or https, without trailing slash.
    pub exchange_url: String,
    /// The log's verifier key. Absent: from the trust policy, else pinned at first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_vkey: Option<String>,
    /// The directory's verifier key. As `log_vkey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_vkey: Option<String>,
    /// The trust policy's file, relative to this directory. Absent: no quorum is asked for while collecting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<PathBuf>,
    /// Certificates (PEM) of authorities that are trusted for TLS besides the machine's own; relative to this directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The role that answers unless another is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
}

impl Config {
    /// Reads the configuration of a desk.
    ///
    /// # Errors
    /// [`DeskError::NotADesk`], [`DeskError::Config`], [`DeskError::Io`].
    pub fn read(dir: &Path) -> Result<Self, DeskError> {
        let path = dir.join(CONFIG_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(DeskError::NotADesk { path: dir.to_owned() });
            }
            Err(source) => return Err(DeskError::Io { doing: "read", path, source }),
        };
        let config: Self = toml::from_str(&text)
            .map_err(|error| DeskError::Config { path: path.clone(), detail: error.to_string() })?;
        let url_ok = config.exchange_url.starts_with("http://") || config.exchange_url.starts_with("https://");
        if !url_ok || config.exchange_url.ends_with('/') {
            let detail = "exchange_url is an http or https address without trailing slash".to_owned();
            return Err(DeskError::Config { path, detail });
        }
        Ok(config)
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// [`DeskError::Config`], [`DeskError::Io`].
    pub fn write(&self, dir: &Path) -> Result<(), DeskError> {
        let path = dir.join(CONFIG_FILE);
        let text = toml::to_string(self)
            .map_err(|error| DeskError::Config { path: path.clone(), detail: error.to_string() })?;
        crate::keystore::write_private(&path, text.as_bytes())
    }
}
