//! A CAP 1.2 alert as values. Rules between fields are types, so that no combination of fields is wrong.

use super::codes::{Category, Certainty, MessageType, ResponseType, Severity, Status, Urgency};
use super::error::Rule;
use super::geo::{Circle, Elevation, Polygon};
use super::values::{CapText, CapTime, Content, Identifier, Language, Listing, MimeType, Reference, Sender, Sha1, Uri};

/// The alert (§3.2.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Identifier, unique for the sender.
    pub identifier: Identifier,
    /// Who sends it.
    pub sender: Sender,
    /// When it is sent.
    pub sent: CapTime,
    /// How it is to be handled.
    pub status: Status,
    /// What it does, and to which messages.
    pub message: Message,
    /// The operator or device it comes from.
    pub source: Option<CapText>,
    /// Who may have it.
    pub scope: Scope,
    /// Codes for special handling.
    pub codes: Vec<CapText>,
    /// Purpose or significance; with `Error`, the reason.
    pub note: Option<CapText>,
    /// Incidents that it belongs to.
    pub incidents: Listing,
    /// What is said, one for each language and audience.
    pub infos: Vec<Info>,
}

/// What a message does and the messages that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    kind: MessageType,
    references: Vec<Reference>,
}

impl Message {
    /// A message type with its references.
    ///
    /// # Errors
    /// [`Rule::ReferencesMissing`] for anything but an `Alert` without references.
    pub fn new(kind: MessageType, references: Vec<Reference>) -> Result<Self, Rule> {
        if kind != MessageType::Alert && references.is_empty() {
            return Err(Rule::ReferencesMissing);
        }
        Ok(Self { kind, references })
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> MessageType {
        self.kind
    }

    /// The messages that it is about.
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.references
    }
}

/// Who may have the message (§3.2.1: scope, restriction, addresses).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody.
    Public {
        /// Recipients, if any are named.
        addresses: Listing,
    },
    /// Those whom a rule names.
    Restricted {
        /// The rule.
        restriction: CapText,
        /// Recipients, if any are named.
        addresses: Listing,
    },
    /// The recipients alone.
    Private(Recipients),
}

/// Recipients of a private message: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipients(Listing);

impl Recipients {
    /// Recipients.
    ///
    /// # Errors
    /// [`Rule::AddressesMissing`] if there are none.
    pub fn new(addresses: Listing) -> Result<Self, Rule> {
        if addresses.is_empty() { Err(Rule::AddressesMissing) } else { Ok(Self(addresses)) }
    }

    /// Their addresses.
    #[must_use]
    pub const fn addresses(&self) -> &Listing {
        &self.0
    }
}

impl Scope {
    /// The word as it stands in messages.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Public { .. } => "Public",
            Self::Restricted { .. } => "Restricted",
            Self::Private(_) => "Private",
        }
    }

    /// The recipients that are named.
    #[must_use]
    pub const fn addresses(&self) -> &Listing {
        match self {
            Self::Public { addresses } | Self::Restricted { addresses, .. } => addresses,
            Self::Private(recipients) => recipients.addresses(),
        }
    }
}

/// Categories of an event: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Categories(Vec<Category>);

impl Categories {
    /// One category and others.
    #[must_use]
    pub fn new(first: Category, others: impl IntoIterator<Item = Category>) -> Self {
        Self(std::iter::once(first).chain(others).collect())
    }

    /// The categories, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Category] {
        &self.0
    }
}

/// A name with a value: an event code, a parameter or a geocode. Their order is kept, and names may repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// `valueName`: the domain of the code.
    pub name: CapText,
    /// `value`; the standard lets it be empty.
    pub value: Option<CapText>,
}

/// What is said in one language to one audience (§3.2.2).
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// Language of the texts.
    pub language: Language,
    /// Categories of the event.
    pub categories: Categories,
    /// Type of the event.
    pub event: CapText,
    /// What to do.
    pub responses: Vec<ResponseType>,
    /// When to act.
    pub urgency: Urgency,
    /// How bad it is.
    pub severity: Severity,
    /// How certain it is.
    pub certainty: Certainty,
    /// Whom it is for.
    pub audience: Option<CapText>,
    /// Codes of the event.
    pub event_codes: Vec<Pair>,
    /// From when the information holds; without it, from `sent`.
    pub effective: Option<CapTime>,
    /// When the event is expected to begin.
    pub onset: Option<CapTime>,
    /// Until when the information holds.
    pub expires: Option<CapTime>,
    /// Name of the authority.
    pub sender_name: Option<CapText>,
    /// A short headline.
    pub headline: Option<CapText>,
    /// The hazard in more words.
    pub description: Option<CapText>,
    /// What to do in more words.
    pub instruction: Option<CapText>,
    /// Page with more information, an absolute URI.
    pub web: Option<Uri>,
    /// Whom to ask.
    pub contact: Option<CapText>,
    /// Parameters of the sender's system.
    pub parameters: Vec<Pair>,
    /// Files.
    pub resources: Vec<Resource>,
    /// Places.
    pub areas: Vec<Area>,
}

impl Info {
    /// An info with the required elements alone.
    #[must_use]
    pub fn new(
        categories: Categories,
        event: CapText,
        urgency: Urgency,
        severity: Severity,
        certainty: Certainty,
    ) -> Self {
        Self {
            language: Language::default(),
            categories,
            event,
            responses: Vec::new(),
            urgency,
            severity,
            certainty,
            audience: None,
            event_codes: Vec::new(),
            effective: None,
            onset: None,
            expires: None,
            sender_name: None,
            headline: None,
            description: None,
            instruction: None,
            web: None,
            contact: None,
            parameters: Vec::new(),
            resources: Vec::new(),
            areas: Vec::new(),
        }
    }
}

/// A file that belongs to an info (§3.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub description: CapText,
    /// Media type.
    pub mime_type: MimeType,
    /// Approximate size in bytes.
    pub size: Option<u64>,
    /// Where it is; relative if it names the content that comes along.
    pub uri: Option<Uri>,
    /// The file itself.
    pub content: Option<Content>,
    /// SHA-1 of the file.
    pub digest: Option<Sha1>,
}

impl Resource {
    /// Whether the file inside the message has the hash that the message gives; none if one of the two is missing.
    #[must_use]
    pub fn content_agrees(&self) -> Option<bool> {
        use sha1::Digest as _;
        let hash = sha1::Sha1::digest(self.content.as_ref()?.decode());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.digest.as_ref().map(|digest| digest.as_str() == hex)
    }
}

/// A place that an info is about (§3.2.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// The place in words.
    pub description: CapText,
    /// Its outlines.
    pub polygons: Vec<Polygon>,
    /// Circles that cover it.
    pub circles: Vec<Circle>,
    /// Codes of it.
    pub geocodes: Vec<Pair>,
    /// Its height.
    pub elevation: Option<Elevation>,
}
