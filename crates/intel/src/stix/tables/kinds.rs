//! What a property table can say.

/// One type of object.
#[derive(Debug)]
pub(in crate::stix) struct Type {
    /// Its name, the value of `type`.
    pub(in crate::stix) name: &'static str,
    /// Which common properties it has (§3.2).
    pub(in crate::stix) class: Class,
    /// Its own properties.
    pub(in crate::stix) body: Structure,
    /// The properties that make the UUIDv5 of an observable (§2.9). Empty: a UUIDv4 is required, or it is no observable.
    pub(in crate::stix) contributing: &'static [&'static str],
    /// The predefined extensions it may carry (§3.10).
    pub(in crate::stix) extensions: &'static [(&'static str, &'static Structure)],
}

/// Families of objects; each has its set of common properties (§3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stix) enum Class {
    Sdo,
    Sro,
    Sco,
    LanguageContent,
    MarkingDefinition,
    ExtensionDefinition,
}

impl Class {
    /// A bit for the table of common properties.
    pub(in crate::stix) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Some properties and what holds between them.
#[derive(Debug)]
pub(in crate::stix) struct Structure {
    pub(in crate::stix) name: &'static str,
    pub(in crate::stix) section: &'static str,
    pub(in crate::stix) properties: &'static [Property],
    pub(in crate::stix) constraints: &'static [Constraint],
}

/// One property.
#[derive(Debug)]
pub(in crate::stix) struct Property {
    pub(in crate::stix) name: &'static str,
    pub(in crate::stix) required: bool,
    pub(in crate::stix) kind: Kind,
}

/// What a value must be.
#[derive(Debug)]
pub(in crate::stix) enum Kind {
    Text,
    Flag,
    Int {
        min: i64,
        max: i64,
    },
    Real {
        min: f64,
        max: f64,
    },
    Time,
    /// A timestamp with at least three fraction digits.
    TimeMillis,
    Hex,
    Binary,
    Hashes,
    Dictionary(Of),
    Open(&'static Vocabulary),
    Closed(&'static Vocabulary),
    Ref(&'static Targets),
    Form(Form),
    List(&'static Kind),
    Struct(&'static Structure),
    /// The deprecated container of observables (§2.13).
    Container,
    /// A name that must not be used.
    Reserved,
    /// Checked by code of its own (`extensions`, `granular_markings`, `id`, `type`, `spec_version`).
    Own,
}

/// What the values of a dictionary must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stix) enum Of {
    Any,
    Text,
    Int,
    TextOrInt,
    Texts,
}

/// Texts with a form of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stix) enum Form {
    Charset,
    Cpe,
    Domain,
    Email,
    Ipv4,
    Ipv6,
    Language,
    Mac,
    Mime,
    PropertyName,
    RegistryKey,
    RelationshipName,
    Url,
}

/// Which types a reference may name.
#[derive(Debug)]
pub(in crate::stix) enum Targets {
    /// Every STIX object; not a bundle.
    Any,
    /// These types.
    Only(&'static [&'static str]),
    /// Domain objects, custom types included.
    Sdo,
    /// Domain objects and observables.
    SdoOrSco,
    /// Observables.
    Sco,
    /// Observables and relationship objects.
    ScoOrSro,
    /// What a language-content object may translate.
    Translatable,
}

/// What holds between the properties of one structure.
#[derive(Debug)]
pub(in crate::stix) enum Constraint {
    /// At least one of these.
    OneOf(&'static [&'static str]),
    /// Not both.
    Exclusive(&'static str, &'static str),
    /// The first needs the second.
    Needs(&'static str, &'static str),
    /// Two timestamps in order; strict: not equal.
    Order { earlier: &'static str, later: &'static str, strict: bool },
    /// At least one property of the table, or an extension.
    AnyProperty,
    /// At least one property of the table besides this one.
    AnyPropertyBut(&'static str),
}

/// A vocabulary or an enumeration.
#[derive(Debug)]
pub(in crate::stix) struct Vocabulary {
    pub(in crate::stix) name: &'static str,
    pub(in crate::stix) section: &'static str,
    pub(in crate::stix) values: &'static [&'static str],
}

pub(super) const fn req(name: &'static str, kind: Kind) -> Property {
    Property { name, required: true, kind }
}

pub(super) const fn opt(name: &'static str, kind: Kind) -> Property {
    Property { name, required: false, kind }
}

pub(super) const INT: Kind = Kind::Int { min: -crate::json::INTEGER_MAX, max: crate::json::INTEGER_MAX };
/// A size, a count: not negative.
pub(super) const COUNT: Kind = Kind::Int { min: 0, max: crate::json::INTEGER_MAX };
pub(super) const TEXTS: Kind = Kind::List(&Kind::Text);
pub(super) const KILL_CHAIN_PHASES: Kind = Kind::List(&Kind::Struct(&KILL_CHAIN_PHASE));

/// §2.11
static KILL_CHAIN_PHASE: Structure = Structure {
    name: "kill-chain-phase",
    section: "§2.11",
    properties: &[req("kill_chain_name", Kind::Text), req("phase_name", Kind::Text)],
    constraints: &[],
};

/// §2.5
pub(in crate::stix) static EXTERNAL_REFERENCE: Structure = Structure {
    name: "external-reference",
    section: "§2.5",
    properties: &[
        req("source_name", Kind::Text),
        opt("description", Kind::Text),
        opt("url", Kind::Form(Form::Url)),
        opt("hashes", Kind::Hashes),
        opt("external_id", Kind::Text),
    ],
    constraints: &[Constraint::OneOf(&["description", "url", "external_id"])],
};

pub(super) static ARTIFACT: Targets = Targets::Only(&["artifact"]);
pub(super) static AUTONOMOUS_SYSTEM: Targets = Targets::Only(&["autonomous-system"]);
pub(super) static EMAIL_ADDR: Targets = Targets::Only(&["email-addr"]);
pub(super) static FILE_OR_ARTIFACT: Targets = Targets::Only(&["file", "artifact"]);
pub(super) static MAC_ADDR: Targets = Targets::Only(&["mac-addr"]);
pub(super) static NETWORK_END: Targets = Targets::Only(&["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"]);
pub(super) static NETWORK_TRAFFIC: Targets = Targets::Only(&["network-traffic"]);
pub(super) static PROCESS: Targets = Targets::Only(&["process"]);
pub(super) static SOFTWARE: Targets = Targets::Only(&["software"]);
pub(super) static USER_ACCOUNT: Targets = Targets::Only(&["user-account"]);
