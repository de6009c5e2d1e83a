//! A warning: an SD-JWT whose digests stand at fixed positions (RFC 9901, narrowed; DESIGN §3).
//!
//! The *core* is a statement without disclosures; `_sd` is one flat array with exactly one digest for each name of
//! [`Field::ALL`], in that order. An unused name is a real disclosure of null. Nobody can therefore fill slots, choose
//! in hindsight which one to show, or hide how many there are.
//!
//! ```text
//! disclosure = base64url( ["<salt, 22 characters>","<name>",<value>] )      no white space
//! digest     = SHA-256( ASCII of the disclosure )                            RFC 9901 §4.2.3
//! ```
//!
//! *Left to the caller*: who signed the core, and whether B got it.

use crate::encoding::{Digest, EncodingError, Salt, from_base64url, sha256, to_base64url};
use crate::names::{ClassName, PartyName};
use crate::statement::payload;
use crate::values::{Mode, RelayTerms, Service, Text, Tlp, UnixSeconds, Urgency, WarningStatus};
use serde::{Deserialize, Serialize};

/// Longest disclosure in characters: one text at its limit, escaped and in base64url, with salt and name.
pub const DISCLOSURE_BYTES_MAX: usize = 24_000;

macro_rules! fields {
    ($($variant:ident = $name:literal in $group:ident),+ $(,)?) => {
        /// A closable field. The order is published and never changes within this version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each variant is the field that its name says")]
        pub enum Field { $($variant),+ }

        impl Field {
            /// Every field, in the published order of positions.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The claim name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The disclosure group in which it travels unless the sender chooses another.
            #[must_use]
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group),+ }
            }
        }
    };
}

fields! {
    Addressee = "addressee" in Address,
    Summary = "summary" in Message,
    Advice = "advice" in Message,
    PlaceCountry = "place.country" in Place,
    PlaceRegion = "place.region" in Place,
    PlaceCity = "place.city" in Place,
    PlaceSite = "place.site" in Place,
    TimeMonth = "time.month" in Time,
    TimeWindow = "time.window" in Time,
    TimeDay = "time.day" in Time,
    TimeHour = "time.hour" in Time,
    TargetSector = "target.sector" in Target,
    TargetOrganisation = "target.organisation" in Target,
    TargetSite = "target.site" in Target,
    ActorType = "actor.type" in Actor,
    ActorName = "actor.name" in Actor,
    Means = "means" in Actor,
    Reliability = "rating.reliability" in Actor,
    Credibility = "rating.credibility" in Actor,
    SourceKind = "source.kind" in Source,
    SourceMethod = "source.method" in Source,
    SourceNames = "source.names" in Source,
    AwareAt = "aware_at" in Address,
    OurRef = "our_ref" in Address,
    Campaign = "campaign" in Address,
    Attachment1 = "attachment.1" in Attachments,
    Attachment2 = "attachment.2" in Attachments,
    Attachment3 = "attachment.3" in Attachments,
    Attachment4 = "attachment.4" in Attachments,
    Attachment5 = "attachment.5" in Attachments,
    Attachment6 = "attachment.6" in Attachments,
    Attachment7 = "attachment.7" in Attachments,
    Attachment8 = "attachment.8" in Attachments,
}

/// Number of positions in `_sd`.
pub const POSITIONS: usize = Field::ALL.len();

/// Disclosure groups: each travels as one age file and can be opened alone. Sources always travel alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Whom it is for, and bookkeeping.
    Address,
    /// Summary and advice.
    Message,
    /// The place ladder.
    Place,
    /// The time ladder.
    Time,
    /// The target ladder.
    Target,
    /// Actor, means and Admiralty ratings.
    Actor,
    /// Names and digests of attachments.
    Attachments,
    /// How the sender knows.
    Source,
}

impl Group {
    /// Every group, in the order of the bodies. Sources last.
    pub const ALL: &[Self] = &[
        Self::Address,
        Self::Message,
        Self::Place,
        Self::Time,
        Self::Target,
        Self::Actor,
        Self::Attachments,
        Self::Source,
    ];

    /// The group's fields, in the published order.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        Field::ALL.iter().copied().filter(move |f| f.group() == self)
    }
}

impl Field {
    /// The field of a claim name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// Its position in `_sd`, from 0.
    #[must_use]
    pub fn position(self) -> usize {
        self as usize
    }

    /// The eight attachment slots.
    #[must_use]
    pub const fn attachments() -> &'static [Self] {
        &[
            Self::Attachment1,
            Self::Attachment2,
            Self::Attachment3,
            Self::Attachment4,
            Self::Attachment5,
            Self::Attachment6,
            Self::Attachment7,
            Self::Attachment8,
        ]
    }

    /// Where it stands on a ladder of specificity: axis and rung, 1 (category) to 4 (exact). docs/protocol.md §5.3.
    #[must_use]
    pub const fn rung(self) -> Option<(Axis, u8)> {
        Some(match self {
            Self::ActorType => (Axis::Actor, 1),
            Self::ActorName => (Axis::Actor, 3),
            Self::TargetSector => (Axis::Target, 1),
            Self::TargetOrganisation => (Axis::Target, 3),
            Self::TargetSite => (Axis::Target, 4),
            Self::PlaceCountry => (Axis::Place, 1),
            Self::PlaceRegion => (Axis::Place, 2),
            Self::PlaceCity => (Axis::Place, 3),
            Self::PlaceSite => (Axis::Place, 4),
            Self::TimeMonth => (Axis::Time, 1),
            Self::TimeWindow => (Axis::Time, 2),
            Self::TimeDay => (Axis::Time, 3),
            Self::TimeHour => (Axis::Time, 4),
            Self::Means => (Axis::Means, 2),
            Self::SourceKind => (Axis::Source, 1),
            Self::SourceMethod => (Axis::Source, 2),
            Self::SourceNames => (Axis::Source, 3),
            _ => return None,
        })
    }
}

/// An axis on which a warning is more or less specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Who will do it.
    Actor,
    /// To whom.
    Target,
    /// Where.
    Place,
    /// When.
    Time,
    /// How.
    Means,
    /// How the sender knows.
    Source,
}

/// How specific a warning is on each axis: 0 nothing, 1 a category, 2 bounded, 3 narrow, 4 exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specificity {
    /// Who will do it.
    pub actor: u8,
    /// To whom.
    pub target: u8,
    /// Where.
    pub place: u8,
    /// When.
    pub time: u8,
    /// How.
    pub means: u8,
    /// How the sender knows.
    pub source: u8,
}

impl Specificity {
    /// Of the fields that are present (not null).
    #[must_use]
    pub fn of<'a>(disclosures: impl IntoIterator<Item = &'a Disclosure>) -> Self {
        let mut found = Self::default();
        for disclosure in disclosures {
            if let (Some((axis, rung)), false) = (disclosure.field.rung(), disclosure.value == Value::Null) {
                let slot = found.slot(axis);
                *slot = (*slot).max(rung);
            }
        }
        found
    }

    fn slot(&mut self, axis: Axis) -> &mut u8 {
        match axis {
            Axis::Actor => &mut self.actor,
            Axis::Target => &mut self.target,
            Axis::Place => &mut self.place,
            Axis::Time => &mut self.time,
            Axis::Means => &mut self.means,
            Axis::Source => &mut self.source,
        }
    }

    /// Value on an axis.
    #[must_use]
    pub fn on(mut self, axis: Axis) -> u8 {
        *self.slot(axis)
    }

    /// Axis and value, in order.
    pub fn axes(self) -> impl Iterator<Item = (Axis, u8)> {
        [Axis::Actor, Axis::Target, Axis::Place, Axis::Time, Axis::Means, Axis::Source]
            .into_iter()
            .map(move |axis| (axis, self.on(axis)))
    }
}

payload! {
    /// The core of a warning: what is always shown, and one digest for each closable field.
    Warning = "monition-warning-v1+sd-jwt", by [Statement], gives Some(Service::Origin), {
        /// What kind of danger, such as `attack.cyber.ransomware`: dotted words, general to special.
        class: ClassName,
        /// How fast the recipient must act.
        urgency: Urgency,
        /// How the content is released; equal to the submission's.
        mode: Mode,
        /// How specific the sender claims to be.
        spec: Specificity,
        /// Traffic Light Protocol 2.0.
        tlp: Tlp,
        /// Whether it may be passed on.
        relay: RelayTerms,
        /// By when an answer is asked for.
        deadline: Option<UnixSeconds>,
        /// Not to be made public before.
        embargo_until: Option<UnixSeconds>,
        /// The body is to be deleted after.
        retain_until: Option<UnixSeconds>,
        /// Identity of the core that this one replaces or takes back.
        amends: Option<Digest>,
        /// Its place in the chain of amendments.
        status: WarningStatus,
        /// Whether the source fields are kept from B too.
        withheld: bool,
        /// One digest for each [`Field`], in order.
        #[serde(rename = "_sd")]
        sd: Vec<Digest>,
        /// Always `sha-256`.
        #[serde(rename = "_sd_alg")]
        sd_alg: String
    } check |this| {
        if this.wid.is_none() {
            return Err("a warning has a wid");
        }
        if this.sd.len() != POSITIONS {
            return Err("_sd has one digest for each published position");
        }
        if this.sd_alg != "sha-256" {
            return Err("_sd_alg is sha-256");
        }
        if (this.status == WarningStatus::First) != this.amends.is_none() {
            return Err("a first warning amends nothing; every other names what it amends");
        }
        if this.spec.axes().any(|(_, value)| value > 4) {
            return Err("specificity lies between 0 and 4");
        }
    }
}

/// The value of a closable field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// The field is not used.
    Null,
    /// A time, for `aware_at`.
    Time(UnixSeconds),
    /// Text, or a party name in `addressee`.
    Text(Text),
    /// An attachment.
    Attachment(AttachmentInfo),
}

/// What a warning says of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentInfo {
    /// Media type (RFC 6838).
    pub media_type: Text,
    /// SHA-256 of the content, without padding.
    pub sha256: Digest,
    /// Bytes of the content.
    pub size: u64,
}

/// Why a disclosure is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// Longer than [`DISCLOSURE_BYTES_MAX`].
    #[error("a disclosure has {found} bytes, at most {DISCLOSURE_BYTES_MAX} are allowed")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// Not canonical base64url.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Not an array of salt, name and value in its one spelling.
    #[error("a disclosure is not [salt, name, value]: {detail}")]
    Form {
        /// What the reader said.
        detail: String,
    },
    /// A name that is not published.
    #[error("{name:?} is not a closable field")]
    UnknownField {
        /// The name as found.
        name: String,
    },
    /// A value of the wrong kind for its field.
    #[error("the value of {field} is of the wrong kind")]
    WrongKind {
        /// The field.
        field: &'static str,
    },
    /// Its digest does not stand at its field's position.
    #[error("the disclosure of {field} is not the one that the sender signed")]
    NotSigned {
        /// The field.
        field: &'static str,
    },
    /// The same field twice.
    #[error("{field} is disclosed twice")]
    Twice {
        /// The field.
        field: &'static str,
    },
}

/// One disclosed field, with its exact text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    text: String,
    /// Which field.
    pub field: Field,
    /// Its value.
    pub value: Value,
}

impl Disclosure {
    /// Makes a disclosure. `salt` must be fresh for each one.
    ///
    /// # Errors
    /// [`DisclosureError::WrongKind`] or [`DisclosureError::TooLong`].
    pub fn new(salt: &Salt, field: Field, value: &Value) -> Result<Self, DisclosureError> {
        let json = serde_json::to_vec(&(salt, field.name(), value))
            .map_err(|e| DisclosureError::Form { detail: e.to_string() })?;
        Self::parse(&to_base64url(&json))
    }

    /// Reads a disclosure.
    ///
    /// # Errors
    /// [`DisclosureError`].
    pub fn parse(text: &str) -> Result<Self, DisclosureError> {
        if text.len() > DISCLOSURE_BYTES_MAX {
            return Err(DisclosureError::TooLong { found: text.len() });
        }
        let json = from_base64url("disclosure", text)?;
        let form = |e: serde_json::Error| DisclosureError::Form { detail: e.to_string() };
        // The value stays raw until the name says what it must be: an untagged guess would take "" for many things.
        let (salt, name, raw): (Salt, String, &serde_json::value::RawValue) =
            serde_json::from_slice(&json).map_err(form)?;
        let field = Field::parse(&name)
            .ok_or_else(|| DisclosureError::UnknownField { name: name.chars().take(80).collect() })?;
        let value = Self::read_value(field, raw.get())?;
        if serde_json::to_vec(&(salt, field.name(), &value)).map_err(form)? != json {
            return Err(DisclosureError::Form { detail: "it is not in its one spelling".to_owned() });
        }
        Ok(Self { text: text.to_owned(), field, value })
    }

    fn read_value(field: Field, raw: &str) -> Result<Value, DisclosureError> {
        if raw == "null" {
            return Ok(Value::Null);
        }
        let wrong = |_| DisclosureError::WrongKind { field: field.name() };
        if field.group() == Group::Attachments {
            serde_json::from_str(raw).map(Value::Attachment).map_err(wrong)
        } else if field == Field::AwareAt {
            serde_json::from_str(raw).map(Value::Time).map_err(wrong)
        } else {
            let text: Text = serde_json::from_str(raw).map_err(wrong)?;
            if field == Field::Addressee && PartyName::parse(text.as_str()).is_err() {
                return Err(DisclosureError::WrongKind { field: field.name() });
            }
            Ok(Value::Text(text))
        }
    }

    /// The exact base64url text: what was hashed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the text.
    #[must_use]
    pub fn digest(&self) -> Digest {
        sha256(self.text.as_bytes())
    }
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }
}

/// Disclosures that all fit one core, each field at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disclosed(Vec<Disclosure>);

impl Disclosed {
    /// Checks disclosures against the signed digests, each at its own position (RFC 9901 §7.1).
    ///
    /// # Errors
    /// [`DisclosureError::NotSigned`] for one that the sender did not sign there, [`DisclosureError::Twice`].
    pub fn check(core: &Warning, disclosures: Vec<Disclosure>) -> Result<Self, DisclosureError> {
        let mut seen = [false; POSITIONS];
        for disclosure in &disclosures {
            let position = disclosure.field.position();
            if core.sd.get(position) != Some(&disclosure.digest()) {
                return Err(DisclosureError::NotSigned { field: disclosure.field.name() });
            }
            if std::mem::replace(&mut seen[position], true) {
                return Err(DisclosureError::Twice { field: disclosure.field.name() });
            }
        }
        Ok(Self(disclosures))
    }

    /// The disclosures.
    pub fn iter(&self) -> std::slice::Iter<'_, Disclosure> {
        self.0.iter()
    }

    /// The disclosure of a field.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Disclosure> {
        self.0.iter().find(|d| d.field == field)
    }

    /// Number of positions that are not shown, empty ones included.
    #[must_use]
    pub fn closed(&self) -> usize {
        POSITIONS - self.0.len()
    }
}

impl<'a> IntoIterator for &'a Disclosed {
    type Item = &'a Disclosure;
    type IntoIter = std::slice::Iter<'a, Disclosure>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disclosure(field: Field, text: &str) -> Disclosure {
        Disclosure::new(&Salt::from_bytes([7; 16]), field, &Value::Text(Text::parse(text).unwrap())).unwrap()
    }

    #[test]
    fn the_published_order_is_the_position() {
        for (position, field) in Field::ALL.iter().enumerate() {
            assert_eq!(field.position(), position);
            assert_eq!(Field::parse(field.name()), Some(*field));
        }
        assert_eq!(POSITIONS, 33);
    }

    #[test]
    fn sources_travel_alone() {
        let fields: Vec<_> = Group::Source.fields().map(Field::name).collect();
        assert_eq!(fields, ["source.kind", "source.method", "source.names"]);
    }

    #[test]
    fn a_disclosure_is_literal_bytes() {
        let shown = disclosure(Field::PlaceCity, "South");
        let json = from_base64url("x", shown.as_str()).unwrap();
        assert_eq!(json, br#"["BwcHBwcHBwcHBwcHBwcHBw","place.city","South"]"#);
        assert_eq!(Disclosure::parse(shown.as_str()).unwrap(), shown);
    }

    #[test]
    fn hostile_disclosures_are_refused() {
        let encode = |json: &str| to_base64url(json.as_bytes());
        for json in [
            "[]",
            "{}",
            "[\"BwcHBwcHBwcHBwcHBwcHBw\",\"place.city\"]",
            "[\"BwcHBwcHBwcHBwcHBwcHBw\",\"place.planet\",\"x\"]",
            "[\"BwcHBwcHBwcHBwcHBwcHBw\",\"place.city\",1.5]",
            "[\"BwcHBwcHBwcHBwcHBwcHBw\",\"place.city\",{\"a\":1,\"a\":2}]",
            "[\"short\",\"place.city\",\"x\"]",
            "[\"BwcHBwcHBwcHBwcHBwcHBw\",\"addressee\",\"Not A Party\"]",
            "[\"BwcHBwcHBwcHBwcHBwcHBw\",\"place.city\",\"x\",1]",
            "[\"BwcHBwcHBwcHBwcHBwcHBw\", \"place.city\",\"x\"]",
            "[\"BwcHBwcHBwcHBwcHBwcHBw\",\"place.city\",\"\\u0078\"]",
        ] {
            assert!(Disclosure::parse(&encode(json)).is_err(), "accepted {json}");
        }
    }

    #[test]
    fn specificity_is_the_finest_rung_present() {
        let shown =
            [disclosure(Field::PlaceCountry, "x"), disclosure(Field::PlaceCity, "y"), disclosure(Field::Means, "z")];
        let spec = Specificity::of(&shown);
        assert_eq!((spec.place, spec.means, spec.time), (3, 2, 0));
    }
}
