//! `console.toml` in the desk's directory: everything in it has a safe default, and the file may be missing.
//!
//! ```toml
//! four_eyes = true                    # a second releaser lets warnings, relays and dossiers out; default false
//! session_hours = 12                  # longest session; default 12
//! idle_minutes = 240                  # a session that nobody uses ends; default 240
//! utc_offset_minutes = 210            # clock of the pages; default: that of the own declaration's hours, else 0
//! hosts = ["desk.south.example"]      # further names under which a TLS proxy reaches the console; default none
//! secure_cookies = true               # the proxy speaks TLS: the cookie never travels without it; default false
//!
//! [escalation]                        # nobody answered: who is called, one after another
//! flash_seconds = 300                 # unanswered for so long: the first contact; 0 never
//! immediate_seconds = 900
//! priority_seconds = 14400
//! routine_seconds = 0
//! next_seconds = 300                  # then the next contact
//! [[escalation.contacts]]
//! kind = "mail"                       # mail, webhook or command
//! address = "duty@south.example"
//!
//! [[events]]                          # told of every warning that came and every answer, for ticket systems
//! kind = "webhook"
//! address = "https://tickets.south.example/hook"
//!
//! [mail]
//! relay = "127.0.0.1:25"              # this organisation's own relay, plain SMTP
//! from = "monition@south.example"
//!
//! [webhook]
//! secret_file = "webhook.secret"      # signs the body: X-Monition-Signature: sha256=<HMAC, hex>
//! ```

use crate::error::ConsoleError;
use monition_evidence::values::Urgency;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The file's name.
pub const CONFIG_FILE: &str = "console.toml";

/// Shortest secret of webhooks, in bytes.
const SECRET_BYTES_MIN: usize = 16;

/// What stands in `console.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleConfig {
    /// A second releaser is needed.
    pub four_eyes: bool,
    /// Longest session, in hours.
    pub session_hours: u64,
    /// A session ends after so many minutes without use.
    pub idle_minutes: u64,
    /// Offset of the clock that the pages show, in minutes; by default that of the declared service hours.
    pub utc_offset_minutes: Option<i32>,
    /// Further host names under which the console is reached.
    pub hosts: Vec<String>,
    /// Cookies only over TLS.
    pub secure_cookies: bool,
    /// Who is called when nobody answers.
    pub escalation: Escalation,
    /// Who is told of every event.
    pub events: Vec<Contact>,
    /// How mail leaves.
    pub mail: Option<Mail>,
    /// How webhooks are signed.
    pub webhook: Option<Webhook>,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self {
            four_eyes: false,
            session_hours: 12,
            idle_minutes: 240,
            utc_offset_minutes: None,
            hosts: Vec::new(),
            secure_cookies: false,
            escalation: Escalation::default(),
            events: Vec::new(),
            mail: None,
            webhook: None,
        }
    }
}

/// When contacts are called, and which.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Escalation {
    /// Unanswered flash warnings: first contact after so many seconds; 0 never.
    pub flash_seconds: u64,
    /// Immediate.
    pub immediate_seconds: u64,
    /// Priority.
    pub priority_seconds: u64,
    /// Routine.
    pub routine_seconds: u64,
    /// Then the next contact after so many seconds.
    pub next_seconds: u64,
    /// In the order in which they are called.
    pub contacts: Vec<Contact>,
}

impl Default for Escalation {
    fn default() -> Self {
        Self {
            flash_seconds: 300,
            immediate_seconds: 900,
            priority_seconds: 14_400,
            routine_seconds: 0,
            next_seconds: 300,
            contacts: Vec::new(),
        }
    }
}

impl Escalation {
    /// After how many seconds without an answer the first contact is called.
    #[must_use]
    pub fn after(&self, urgency: Urgency) -> Option<u64> {
        let seconds = match urgency {
            Urgency::Flash => self.flash_seconds,
            Urgency::Immediate => self.immediate_seconds,
            Urgency::Priority => self.priority_seconds,
            Urgency::Routine => self.routine_seconds,
        };
        (seconds > 0).then_some(seconds)
    }
}

/// How a contact is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactKind {
    /// Mail through the relay of `[mail]`.
    Mail,
    /// A POST, signed with the secret of `[webhook]`.
    Webhook,
    /// A program of this machine; the event stands in its environment.
    Command,
}

impl ContactKind {
    /// The word in the record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Command => "command",
        }
    }
}

/// Somebody who is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// How.
    pub kind: ContactKind,
    /// Mail address, web address, or the program's path.
    pub address: String,
}

/// The mail relay.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Host and port.
    pub relay: String,
    /// Sender's address.
    pub from: String,
}

/// The signature of webhooks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// File with the secret, relative to the desk's directory.
    pub secret_file: PathBuf,
}

impl ConsoleConfig {
    /// Reads the file of a desk's directory; without one, the defaults.
    ///
    /// # Errors
    /// [`ConsoleError::Config`], [`ConsoleError::Io`].
    pub fn read(dir: &Path) -> Result<Self, ConsoleError> {
        let path = dir.join(CONFIG_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ConsoleError::Io { path, source }),
        };
        let config = Self::parse(&text).map_err(|detail| ConsoleError::Config { path: path.clone(), detail })?;
        if config.webhook.is_some() {
            config.webhook_secret(dir)?;
        }
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if !(1..=168).contains(&config.session_hours) || !(1..=10_080).contains(&config.idle_minutes) {
            return Err("session_hours lies between 1 and 168, idle_minutes between 1 and 10080".to_owned());
        }
        if config.utc_offset_minutes.is_some_and(|minutes| !(-1_440..=1_440).contains(&minutes)) {
            return Err("utc_offset_minutes lies between -1440 and 1440".to_owned());
        }
        let contacts = config.escalation.contacts.iter().chain(&config.events);
        for contact in contacts {
            match contact.kind {
                ContactKind::Mail if config.mail.is_none() => {
                    return Err(format!("{} is reached by mail, and there is no [mail]", contact.address));
                }
                ContactKind::Webhook if config.webhook.is_none() => {
                    return Err(format!("{} is a webhook, and there is no [webhook]", contact.address));
                }
                _ => {}
            }
        }
        Ok(config)
    }

    /// The secret that signs webhooks.
    pub(crate) fn webhook_secret(&self, dir: &Path) -> Result<Option<Vec<u8>>, ConsoleError> {
        let Some(webhook) = &self.webhook else { return Ok(None) };
        let path = dir.join(&webhook.secret_file);
        let bytes = std::fs::read(&path).map_err(|source| ConsoleError::Io { path: path.clone(), source })?;
        let secret = bytes.trim_ascii().to_vec();
        if secret.len() < SECRET_BYTES_MIN {
            let detail = format!("a secret has at least {SECRET_BYTES_MIN} bytes");
            return Err(ConsoleError::Config { path, detail });
        }
        Ok(Some(secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_the_documentation_is_read() {
        let source = include_str!("config.rs");
        let lines = source.lines().skip_while(|l| *l != "//! ```toml").skip(1).take_while(|l| *l != "//! ```");
        let example: String = lines.map(|l| format!("{}\n", l.trim_start_matches("//!").trim_start())).collect();
        let config = ConsoleConfig::parse(&example).unwrap();
        assert!(config.four_eyes && config.escalation.contacts.len() == 1 && config.events.len() == 1);
        assert_eq!(config.escalation.after(Urgency::Flash), Some(300));
        assert_eq!(config.escalation.after(Urgency::Routine), None);
    }

    #[test]
    fn an_empty_file_is_the_default_and_a_misspelt_key_is_refused() {
        assert!(!ConsoleConfig::parse("").unwrap().four_eyes);
        for text in [
            "four_eye = true",
            "session_hours = 0",
            "[escalation]\n[[escalation.contacts]]\nkind = \"mail\"\naddress = \"a@b\"",
            "[[events]]\nkind = \"pigeon\"\naddress = \"x\"",
        ] {
            assert!(ConsoleConfig::parse(text).is_err(), "accepted {text}");
        }
    }
}
