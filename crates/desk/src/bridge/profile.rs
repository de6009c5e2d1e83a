//! What a writable collection says where the posted objects are silent.

use crate::error::DeskError;
use monition_evidence::values::{RelayTerms, Tlp, Urgency};
use monition_evidence::{ClassName, PartyName, Text};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What happens to a post that says too little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Incomplete {
    /// It waits until a person completes it.
    #[default]
    Queue,
    /// It fails, and the failure names what is missing. A scheduled push then comes again and again.
    Refuse,
}

/// One writable collection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Who is warned.
    pub recipients: Vec<PartyName>,
    /// Kind of danger where the objects do not tell. Default: none, it is missing then.
    pub class: Option<ClassName>,
    /// Urgency where the objects do not tell. Default: none, it is missing then.
    pub urgency: Option<Urgency>,
    /// Label where nothing is marked. Default AMBER.
    pub tlp: Option<Tlp>,
    /// Whether it may be passed on. Default ask.
    pub relay: Option<RelayTerms>,
    /// By when an answer is asked for, in seconds from the post. Default: no deadline.
    pub deadline_seconds: Option<u64>,
    /// To be deleted after, in seconds from the post. Default: no such time.
    pub retain_seconds: Option<u64>,
    /// Whether the source fields stay with the sender. Default false.
    #[serde(default)]
    pub withhold_sources: bool,
    /// What happens to a post that says too little. Default queue.
    #[serde(default)]
    pub incomplete: Incomplete,
    /// Values of closable fields, by name, where the objects do not tell.
    #[serde(default)]
    pub fields: BTreeMap<String, Text>,
}

/// The file of `monition desk --taxii --profile`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileFile {
    /// Where people find the finding of a warning; `{submission}` and `{wid}` are replaced. Default: not said.
    pub finding: Option<String>,
    /// Writable collections by name: `[warn.south]` is the collection `warn-south`.
    #[serde(default)]
    pub warn: BTreeMap<String, Profile>,
}

impl ProfileFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`DeskError::Config`] with the line or the rule.
    pub fn read(path: &Path) -> Result<Self, DeskError> {
        let wrong = |detail: String| DeskError::Config { path: path.to_owned(), detail };
        let text = std::fs::read_to_string(path).map_err(|source| DeskError::Io {
            doing: "read",
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(wrong)
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, profile) in &file.warn {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if name.is_empty() || name.len() > 50 || !name.bytes().all(plain) {
                return Err(format!("[warn.{name}]: a name has 1 to 50 of A-Z a-z 0-9 -"));
            }
            if profile.recipients.is_empty() {
                return Err(format!("[warn.{name}]: recipients names nobody"));
            }
            for (field, value) in &profile.fields {
                super::draft::check_completion(field, value.as_str())
                    .map_err(|error| format!("[warn.{name}.fields]: {error}"))?;
            }
        }
        Ok(file)
    }
}
