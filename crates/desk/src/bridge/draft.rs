//! What was posted as a draft. Pure.

use super::{Incomplete, Profile, after};
use crate::compose::{Attachment, Draft};
use crate::error::DeskError;
use monition_evidence::values::{Tlp, Urgency};
use monition_evidence::warning::{Field, Value};
use monition_evidence::{ClassName, Text, UnixSeconds};
use monition_intel::cap::{Received, map as cap};
use monition_intel::json::Limits;
use monition_intel::stix::{Object, map as stix};
use monition_intel::warning_fields::{Field as Known, Fields};
use std::fmt;

/// Media type of the attachment that holds posted STIX objects: a bundle in which each keeps its bytes.
pub const STIX_MEDIA_TYPE: &str = "application/stix+json;version=2.1";
/// Media type of the attachment that holds a posted CAP alert.
pub const CAP_MEDIA_TYPE: &str = "application/cap+xml";

/// What a tool posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// STIX objects, each as it was received.
    Stix(Vec<Vec<u8>>),
    /// One CAP alert as it was received.
    Cap(Vec<u8>),
}

/// What was posted, read.
pub(super) struct Read {
    pub(super) fields: Fields,
    /// The object whose later version amends the warning.
    pub(super) main: Option<String>,
}

impl Posted {
    /// The bytes that travel: the alert, or a bundle of the objects.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Cap(alert) => alert.clone(),
            Self::Stix(objects) => {
                let list = objects.join(&b","[..]);
                let id = stix::object_id("bundle", &monition_evidence::encoding::sha256(&list).to_string());
                let head = format!("{{\"type\":\"bundle\",\"id\":\"{id}\",\"objects\":[");
                [head.as_bytes(), &list, b"]}"].concat()
            }
        }
    }

    pub(super) fn attachment(&self) -> Attachment {
        let media_type = match self {
            Self::Stix(_) => STIX_MEDIA_TYPE,
            Self::Cap(_) => CAP_MEDIA_TYPE,
        };
        // Both names are plain ASCII, which every text may be.
        let media_type = Text::parse(media_type).unwrap_or_else(|_| unreachable!("a plain media type is a text"));
        Attachment { media_type, content: self.bytes() }
    }

    pub(super) fn read(&self) -> Result<Read, String> {
        match self {
            Self::Stix(objects) => {
                let limits = Limits::default();
                let read = objects.iter().map(|bytes| Object::read(bytes, &limits));
                let objects: Vec<Object<'_>> = read.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
                let (fields, losses) = stix::import(&objects);
                tracing::debug!(losses = losses.len(), "properties that no field carries travel in the attachment");
                Ok(Read { fields, main: stix::main_id(&objects) })
            }
            Self::Cap(alert) => {
                let received = Received::read(alert).map_err(|error| error.to_string())?;
                let imported = cap::import(received.alert(), "en").map_err(|error| error.to_string())?;
                let main = imported.fields.about.first().cloned();
                let main = main.unwrap_or_else(|| cap::name_of(received.alert()).to_string());
                Ok(Read { fields: imported.fields, main: Some(main) })
            }
        }
    }
}

/// What a warning cannot be without and nobody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Names: `summary`, `class`, `urgency`.
    pub names: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing says {}", self.names.join(", "))
    }
}

/// A draft of what the fields say, and of the profile where they are silent. Attachments are the caller's.
///
/// # Errors
/// [`Missing`] with every name that neither gives.
pub fn draft_of(fields: &Fields, profile: &Profile, now: UnixSeconds) -> Result<Draft, Missing> {
    let class =
        fields.class.as_deref().and_then(|class| ClassName::parse(class).ok()).or_else(|| profile.class.clone());
    let urgency = fields.urgency.and_then(|urgency| Urgency::parse(urgency.as_str())).or(profile.urgency);
    let summary = fields.get(Known::Summary).is_some() || profile.fields.contains_key(Field::Summary.name());
    let (Some(class), Some(urgency), true) = (class.clone(), urgency, summary) else {
        let said = [("summary", summary), ("class", class.is_some()), ("urgency", urgency.is_some())];
        let names = said.into_iter().filter(|(_, said)| !said).map(|(name, _)| name.to_owned()).collect();
        return Err(Missing { names });
    };
    let mut draft = Draft::new(class, urgency);
    let said = fields.tlp.and_then(|tlp| Tlp::parse(tlp.as_str()));
    draft.tlp = said.or(profile.tlp).unwrap_or(draft.tlp);
    draft.relay = profile.relay.unwrap_or(draft.relay);
    draft.deadline = after(now, profile.deadline_seconds);
    draft.retain_until = after(now, profile.retain_seconds);
    draft.embargo_until = fields.embargo_until.map(UnixSeconds::new);
    draft.withheld = profile.withhold_sources;
    let defaults = profile.fields.iter().filter_map(|(name, text)| Some((Field::parse(name)?, text.clone())));
    draft.fields.extend(defaults.map(|(field, text)| (field, Value::Text(text))));
    let told = fields.texts().filter_map(|(field, text)| Some((Field::parse(field.name())?, Text::parse(text).ok()?)));
    draft.fields.extend(told.map(|(field, text)| (field, Value::Text(text))));
    if let Some(aware) = fields.aware_at {
        draft.fields.insert(Field::AwareAt, Value::Time(UnixSeconds::new(aware)));
    }
    Ok(draft)
}

/// The draft with what a person completed, which wins over everything.
pub(super) fn complete(
    fields: &Fields,
    profile: &Profile,
    completed: &[(String, String)],
    now: UnixSeconds,
) -> Result<Draft, Missing> {
    let mut fields = fields.clone();
    for (name, value) in completed {
        match name.as_str() {
            "class" => fields.class = Some(value.clone()),
            "urgency" => fields.urgency = monition_intel::warning_fields::Urgency::parse(value),
            "tlp" => fields.tlp = monition_intel::warning_fields::Tlp::parse(value),
            name => {
                if let Some(field) = Known::parse(name) {
                    fields.set(field, value);
                }
            }
        }
    }
    draft_of(&fields, profile, now)
}

/// Whether a name and a value can complete a warning.
pub(super) fn check_completion(name: &str, value: &str) -> Result<(), DeskError> {
    let wrong = |rule: String| Err(DeskError::NotPossible { rule });
    match name {
        "class" => ClassName::parse(value).map(drop).map_err(DeskError::from),
        "urgency" => value.parse::<Urgency>().map(drop).or_else(wrong),
        "tlp" => value.parse::<Tlp>().map(drop).or_else(wrong),
        _ if Known::parse(name).is_none() => wrong(format!("{name:?} is no field; `monition warn --help` lists them")),
        _ => Text::parse(value).map(drop).or_else(|rule| wrong(format!("{name}: {rule}"))),
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            recipients: Vec::new(),
            class: None,
            urgency: None,
            tlp: None,
            relay: None,
            deadline_seconds: None,
            retain_seconds: None,
            withhold_sources: false,
            incomplete: Incomplete::Queue,
            fields: std::collections::BTreeMap::new(),
        }
    }
}
