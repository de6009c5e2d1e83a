//! The section `[taxii]` of the configuration file. Unknown keys are refused; a key that is left out has the default named
//! here. Accounts are not declared here: they live in the database ([`crate::Admin`]).

use crate::limits::Rate;
use crate::tlp::Tlp;
use monition_intel::stix::{Consent, Level};
use monition_intel::taxii::{Identifier, media};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Why a configuration is not used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is wrong: {key} {rule}")]
pub struct ConfigError {
    /// The key, with the value that identifies it where several share the name.
    pub key: String,
    /// The rule that it breaks.
    pub rule: String,
}

/// Configuration of a TAXII server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the server (§4.1.1).
    pub title: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whom to ask.
    #[serde(default)]
    pub contact: Option<String>,
    /// Where clients reach it, without trailing slash, such as `https://exchange.example`. Discovery then names roots by
    /// absolute URLs, which some clients need. Default: relative ones.
    #[serde(default)]
    pub public_url: Option<String>,
    /// Path of the root that discovery names as default. Default: the first.
    #[serde(default)]
    pub default_root: Option<String>,
    /// Account that requests without credentials act as. Default: none, they get a 401.
    #[serde(default)]
    pub anonymous: Option<String>,
    /// Whether what is posted, and what is served from `warnings` collections, is recorded for the owner of the server
    /// ([`crate::Outbox`]). Without somebody who takes the records away the file grows. Default false.
    #[serde(default)]
    pub events: bool,
    /// Hours that the status of a finished request is kept, 24 or more (§4.3). Default 48.
    #[serde(default = "default_status_hours")]
    pub status_hours: u32,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
    /// The roots.
    #[serde(default)]
    pub api_roots: Vec<ApiRootConfig>,
}

/// Limits, each for one account or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests of one account. Default 200 a second, 4000 at once.
    pub requests: Rate,
    /// Failed logins from one address. An account whose password was verified already is not affected. Default 1 in a
    /// second, 30 at once.
    pub failed_logins: Rate,
    /// Bodies that are being received or validated, in MiB over all requests. Default 96.
    pub bodies_mib: u32,
    /// Finished pages kept in memory, in MiB. Default 24.
    pub page_cache_mib: u32,
    /// Seconds that a whole body may take to arrive. Default 120.
    pub body_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: Rate { per_second: 200, burst: 4000 },
            failed_logins: Rate { per_second: 1, burst: 30 },
            bodies_mib: 96,
            page_cache_mib: 24,
            body_seconds: 120,
        }
    }
}

/// One API root (§4.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiRootConfig {
    /// Its path without slashes at the ends, such as `api1` or `communities/health`.
    pub path: String,
    /// Name.
    pub title: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Longest body, in bytes, 1 KiB to 96 MiB. Default 16 MiB.
    #[serde(default = "default_max_content_length")]
    pub max_content_length: u64,
    /// Whether it is a 404 to accounts that may use none of its collections. Default false.
    #[serde(default)]
    pub hidden: bool,
    /// The collections, in the order in which they are listed.
    #[serde(default)]
    pub collections: Vec<CollectionConfig>,
}

/// What a collection is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Routine indicators: objects are added at once.
    #[default]
    Feed,
    /// Each object waits for the owner of the server to say what became of it, and what is served is recorded. Only with
    /// [`Config::events`]: without an owner who listens nothing waits.
    Warnings,
}

/// One collection (§5.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionConfig {
    /// Its UUID; a new one should be version 4. It never changes.
    pub id: String,
    /// A second name in URLs, unique in the root.
    #[serde(default)]
    pub alias: Option<String>,
    /// Name.
    pub title: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// `feed` or `warnings`. Default `feed`.
    #[serde(default)]
    pub kind: Kind,
    /// The party whose mailbox this is. It says so to the owner of the server; here it changes nothing.
    #[serde(default)]
    pub party: Option<String>,
    /// The parties whose community this is. It says so to the owner of the server; here it changes nothing.
    #[serde(default)]
    pub community: Vec<String>,
    /// How strictly objects are checked on the way in: `must` refuses what breaks a MUST of STIX 2.1, `should` also what
    /// breaks a SHOULD, `off` takes all that is I-JSON with `type` and `id`. Default `must`.
    #[serde(default)]
    pub validation: Level,
    /// Objects of types that neither STIX nor an extension defines: `allow` or `refuse`. Default `allow`.
    #[serde(default)]
    pub custom_objects: Consent,
    /// Properties that neither STIX nor an extension defines: `allow` or `refuse`. Default `allow`.
    #[serde(default)]
    pub custom_properties: Consent,
    /// Level of what carries no TLP marking. Default `clear`.
    #[serde(default)]
    pub unmarked: Tlp,
    /// Most items in one answer, 1 to 10,000. Default 1000.
    #[serde(default = "default_page_limit")]
    pub page_limit: u32,
    /// What can be stored. Default: STIX 2.1 alone.
    #[serde(default = "default_media_types")]
    pub media_types: Vec<String>,
    /// Rights. Those given by command ([`crate::Admin::grant`]) win over these.
    #[serde(default)]
    pub grants: Vec<GrantConfig>,
}

/// Rights of one account in one collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantConfig {
    /// Name of the account.
    pub account: String,
    /// May read. Default false.
    #[serde(default)]
    pub read: bool,
    /// May add. Default false.
    #[serde(default)]
    pub write: bool,
    /// May remove. Default: if it may read and add, as §5.7 has it.
    #[serde(default)]
    pub delete: Option<bool>,
    /// Objects marked above this level do not exist for this account. Default `red`: all are visible.
    #[serde(default = "default_ceiling")]
    pub tlp: Tlp,
}

const fn default_status_hours() -> u32 {
    48
}
const fn default_max_content_length() -> u64 {
    16 << 20
}
const fn default_page_limit() -> u32 {
    1000
}
const fn default_ceiling() -> Tlp {
    Tlp::Red
}
fn default_media_types() -> Vec<String> {
    vec![media::STIX_2_1.to_owned()]
}

fn wrong(key: impl Into<String>, rule: impl Into<String>) -> ConfigError {
    ConfigError { key: key.into(), rule: rule.into() }
}

impl Config {
    /// Checks what the types alone cannot say.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.status_hours < 24 {
            return Err(wrong("status_hours", "is less than 24"));
        }
        if let Some(url) = &self.public_url
            && (!(url.starts_with("https://") || url.starts_with("http://")) || url.ends_with('/') || url.contains('?'))
        {
            return Err(wrong("public_url", "is not http(s)://host[:port] without a slash at the end"));
        }
        let mut paths = HashSet::new();
        let mut ids = HashSet::new();
        for root in &self.api_roots {
            root.check(&mut ids)?;
            if !paths.insert(root.path.as_str()) {
                return Err(wrong(format!("api_roots.path {:?}", root.path), "stands twice"));
            }
        }
        if self.default_root.as_ref().is_some_and(|path| !paths.contains(path.as_str())) {
            return Err(wrong("default_root", "names no path of api_roots"));
        }
        if u64::from(self.limits.bodies_mib) << 20
            < self.api_roots.iter().map(|root| root.max_content_length).max().unwrap_or(0)
        {
            return Err(wrong("limits.bodies_mib", "is less than the largest max_content_length"));
        }
        Ok(())
    }
}

impl ApiRootConfig {
    fn check(&self, ids: &mut HashSet<Identifier>) -> Result<(), ConfigError> {
        let key = format!("api_roots.path {:?}", self.path);
        let plain = |part: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            !part.is_empty() && part.len() <= 64 && part != "." && part != ".." && part.bytes().all(allowed)
        };
        let mut parts = self.path.split('/');
        if self.path == "taxii2" || parts.clone().count() > 8 || !parts.all(plain) {
            return Err(wrong(
                key,
                "is not 1 to 8 parts of A-Z a-z 0-9 - . _ ~ joined by slashes, or is taxii2 itself",
            ));
        }
        if !(1024..=96 << 20).contains(&self.max_content_length) {
            return Err(wrong(format!("max_content_length of {key}"), "is not between 1 KiB and 96 MiB"));
        }
        let mut aliases = HashSet::new();
        for collection in &self.collections {
            let key = format!("collections.id {:?}", collection.id);
            let id = Identifier::parse(&collection.id).ok_or_else(|| wrong(key.as_str(), "is no UUID"))?;
            if !ids.insert(id) {
                return Err(wrong(key, "stands twice"));
            }
            if let Some(alias) = &collection.alias
                && (!plain(alias) || Identifier::parse(alias).is_some() || !aliases.insert(alias))
            {
                return Err(wrong(format!("alias {alias:?}"), "stands twice, or is not of A-Z a-z 0-9 - . _ ~"));
            }
            if !(1..=10_000).contains(&collection.page_limit) {
                return Err(wrong(format!("page_limit of {key}"), "is not between 1 and 10,000"));
            }
            let known = |media_type: &String| media::stix_version(media_type).is_some();
            if collection.media_types.is_empty() || !collection.media_types.iter().all(known) {
                return Err(wrong(format!("media_types of {key}"), "holds something else than application/stix+json"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
        title = "Health sector exchange"
        public_url = "https://exchange.example"
        [[api_roots]]
        path = "communities/health"
        title = "Health"
        [[api_roots.collections]]
        id = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
        alias = "indicators"
        title = "Indicators"
        [[api_roots.collections.grants]]
        account = "hospital"
        read = true
        tlp = "amber+strict"
    "#;

    #[test]
    fn the_example_reads_with_its_defaults() {
        let config: Config = toml::from_str(EXAMPLE).unwrap();
        config.check().unwrap();
        let collection = &config.api_roots[0].collections[0];
        assert_eq!((collection.kind, collection.validation, collection.page_limit), (Kind::Feed, Level::Must, 1000));
        assert_eq!(collection.grants[0].tlp, Tlp::AmberStrict);
    }

    #[test]
    fn each_rule_is_named_when_broken() {
        for (from, to, key) in [
            ("communities/health", "taxii2", "api_roots.path"),
            ("communities/health", "a//b", "api_roots.path"),
            ("91a7b528-80eb-42ed-a74d-c6fbd5a26116", "91a7b528", "collections.id"),
            ("https://exchange.example", "exchange.example/", "public_url"),
            ("alias = \"indicators\"", "page_limit = 0", "page_limit"),
            ("alias = \"indicators\"", "media_types = [\"text/plain\"]", "media_types"),
        ] {
            let config: Config = toml::from_str(&EXAMPLE.replace(from, to)).unwrap();
            let error = config.check().unwrap_err();
            assert!(error.key.contains(key), "{error}");
        }
        assert!(toml::from_str::<Config>(&EXAMPLE.replace("alias", "allias")).is_err());
    }
}
