//! A warning while it is written: from the form, into the store, to a draft that the desk composes.

use crate::forms::Fields;
use crate::language::Zone;
use crate::store::{DraftFile, Store};
use monition_desk::record::SentRow;
use monition_desk::{Attachment, Draft};
use monition_evidence::encoding::sha256;
use monition_evidence::values::{RelayTerms, Tlp, Urgency};
use monition_evidence::warning::{Disclosure, Field, Specificity, Value, Warning};
use monition_evidence::{ClassName, PartyName, Salt, Text, UnixSeconds};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What stands in the form. Nothing in it is checked before it is made into a [`Draft`]: half a warning is kept as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Content {
    pub(crate) class: String,
    pub(crate) urgency: String,
    pub(crate) tlp: String,
    pub(crate) relay: String,
    pub(crate) deadline: Option<u64>,
    pub(crate) embargo_until: Option<u64>,
    pub(crate) retain_until: Option<u64>,
    pub(crate) aware_at: Option<u64>,
    pub(crate) withheld: bool,
    pub(crate) recipients: Vec<String>,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) reason: String,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            class: String::new(),
            urgency: Urgency::Priority.to_string(),
            tlp: Tlp::Amber.to_string(),
            relay: RelayTerms::Ask.to_string(),
            deadline: None,
            embargo_until: None,
            retain_until: None,
            aware_at: None,
            // Sources are closed unless somebody opens them.
            withheld: true,
            recipients: Vec::new(),
            fields: BTreeMap::new(),
            reason: String::new(),
        }
    }
}

/// Why a form is no warning yet: key of a message, and what it is about.
pub(crate) type Problem = (&'static str, String);

/// Fields of the form that hold text.
pub(crate) fn text_fields() -> impl Iterator<Item = Field> {
    let own = |field: &Field| {
        !Field::attachments().contains(field) && !matches!(field, Field::Addressee | Field::AwareAt | Field::Campaign)
    };
    Field::ALL.iter().copied().filter(own)
}

impl Content {
    /// Reads the form.
    pub(crate) fn from_form(fields: &Fields, zone: Zone) -> Self {
        let time = |name: &str| fields.filled(name).and_then(|text| zone.parse_input(text)).map(UnixSeconds::value);
        let texts = text_fields()
            .filter_map(|field| fields.filled(field.name()).map(|text| (field.name().to_owned(), text.to_owned())));
        Self {
            class: fields.get("class").trim().to_owned(),
            urgency: fields.get("urgency").to_owned(),
            tlp: fields.get("tlp").to_owned(),
            relay: fields.get("relay").to_owned(),
            deadline: time("deadline"),
            embargo_until: time("embargo_until"),
            retain_until: time("retain_until"),
            aware_at: time("aware_at"),
            withheld: fields.get("withheld") != "no",
            recipients: fields.all("recipient").map(str::to_owned).collect(),
            fields: texts.collect(),
            reason: fields.get("reason").trim().to_owned(),
        }
    }

    /// What was sent before, to be amended.
    pub(crate) fn of_sent(row: &SentRow, warning: &Warning) -> Self {
        let mut fields = BTreeMap::new();
        let mut aware_at = None;
        for disclosure in &row.disclosures {
            match &disclosure.value {
                Value::Text(text) if text_fields().any(|field| field == disclosure.field) => {
                    fields.insert(disclosure.field.name().to_owned(), text.to_string());
                }
                Value::Time(time) => aware_at = Some(time.value()),
                _ => {}
            }
        }
        let seconds = |time: Option<UnixSeconds>| time.map(UnixSeconds::value);
        Self {
            class: warning.class.to_string(),
            urgency: warning.urgency.to_string(),
            tlp: warning.tlp.to_string(),
            relay: warning.relay.to_string(),
            deadline: seconds(warning.deadline),
            embargo_until: seconds(warning.embargo_until),
            retain_until: seconds(warning.retain_until),
            aware_at,
            withheld: warning.withheld,
            recipients: vec![row.recipient.to_string()],
            fields,
            reason: String::new(),
        }
    }

    /// Makes the draft and names its recipients.
    ///
    /// # Errors
    /// What is missing or cannot be taken.
    pub(crate) fn draft(&self, files: &[DraftFile], now: UnixSeconds) -> Result<(Draft, Vec<PartyName>), Problem> {
        if self.class.is_empty() {
            return Err(("compose-needs-class", String::new()));
        }
        let class = ClassName::parse(&self.class).map_err(|error| ("compose-bad-class", error.to_string()))?;
        let urgency = Urgency::parse(&self.urgency).ok_or(("compose-needs-urgency", String::new()))?;
        let mut draft = Draft::new(class, urgency);
        draft.tlp = Tlp::parse(&self.tlp).ok_or(("compose-needs-tlp", String::new()))?;
        draft.relay = RelayTerms::parse(&self.relay).ok_or(("compose-needs-relay", String::new()))?;
        let time = |seconds: Option<u64>| seconds.map(UnixSeconds::new);
        (draft.deadline, draft.embargo_until) = (time(self.deadline), time(self.embargo_until));
        draft.retain_until = time(self.retain_until);
        if draft.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(("compose-deadline-over", String::new()));
        }
        draft.withheld = self.withheld;
        for (name, text) in &self.fields {
            let Some(field) = Field::parse(name).filter(|field| text_fields().any(|f| f == *field)) else { continue };
            let text = Text::parse(text).map_err(|rule| ("error-text", format!("{name}: {rule}")))?;
            draft.fields.insert(field, Value::Text(text));
        }
        if let Some(time) = time(self.aware_at) {
            draft.fields.insert(Field::AwareAt, Value::Time(time));
        }
        if !draft.fields.contains_key(&Field::Summary) {
            return Err(("compose-needs-summary", String::new()));
        }
        if !self.reason.is_empty() {
            let reason = Text::parse(&self.reason).map_err(|rule| ("error-text", rule.to_owned()))?;
            draft.reason = Some(reason);
        }
        for file in files {
            let media_type = Text::parse(&file.media_type).map_err(|rule| ("error-text", rule.to_owned()))?;
            draft.attachments.push(Attachment { media_type, content: file.content.clone() });
        }
        let recipients: Result<Vec<_>, _> = self.recipients.iter().map(|name| PartyName::parse(name)).collect();
        let recipients = recipients.map_err(|error| ("error-party", error.to_string()))?;
        if recipients.is_empty() {
            return Err(("compose-needs-recipient", String::new()));
        }
        Ok((draft, recipients))
    }
}

/// How specific a draft is, by the same rule as the signed warning.
pub(crate) fn specificity(draft: &Draft) -> Specificity {
    let salt = Salt::from_bytes([0; 16]);
    let disclosures: Vec<Disclosure> =
        draft.fields.iter().filter_map(|(field, value)| Disclosure::new(&salt, *field, value).ok()).collect();
    Specificity::of(&disclosures)
}

/// Fixes what a second person sees: a draft that changed afterwards is another one.
pub(crate) fn fingerprint(store: &Store, id: u64) -> Result<Option<String>, crate::error::ConsoleError> {
    let Some(draft) = store.draft(id)? else { return Ok(None) };
    let mut bytes = draft.content.into_bytes();
    bytes.extend(draft.amends.unwrap_or_default().bytes());
    for file in store.files(id)? {
        bytes.extend_from_slice(file.media_type.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(sha256(&file.content).as_bytes());
    }
    Ok(Some(sha256(&bytes).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        let mut content = Content { class: "attack.physical".to_owned(), ..Content::default() };
        content.recipients.push("south.example".to_owned());
        content.fields.insert("summary".to_owned(), "An attack is being prepared.".to_owned());
        content
    }

    #[test]
    fn sources_are_withheld_unless_somebody_opens_them() {
        let (draft, recipients) = content().draft(&[], UnixSeconds::new(5)).unwrap();
        assert!(draft.withheld);
        assert_eq!(recipients.len(), 1);
    }

    #[test]
    fn half_a_warning_is_not_a_draft_and_says_what_is_missing() {
        let now = UnixSeconds::new(100);
        let missing = |change: &dyn Fn(&mut Content)| {
            let mut content = content();
            change(&mut content);
            content.draft(&[], now).unwrap_err().0
        };
        assert_eq!(missing(&|c| c.class.clear()), "compose-needs-class");
        assert_eq!(missing(&|c| c.class = "No Class".to_owned()), "compose-bad-class");
        assert_eq!(missing(&|c| c.recipients.clear()), "compose-needs-recipient");
        assert_eq!(missing(&|c| c.fields.clear()), "compose-needs-summary");
        assert_eq!(missing(&|c| c.deadline = Some(99)), "compose-deadline-over");
        assert_eq!(missing(&|c| drop(c.fields.insert("means".to_owned(), "a\u{202e}b".to_owned()))), "error-text");
    }

    #[test]
    fn the_preview_counts_specificity_as_the_warning_will() {
        let mut content = content();
        content.fields.insert("place.city".to_owned(), "South".to_owned());
        let (draft, _) = content.draft(&[], UnixSeconds::new(5)).unwrap();
        assert_eq!(specificity(&draft), Specificity { place: 3, ..Specificity::default() });
    }
}
