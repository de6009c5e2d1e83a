//! What the rules are called, and how a breach is reported.

use std::fmt;

/// How binding the rule is that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The specification says MUST, or a policy of the community refuses it.
    Must,
    /// The specification says SHOULD.
    Should,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "must",
            Self::Should => "should",
        })
    }
}

/// One breach of one rule at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How binding the rule is.
    pub severity: Severity,
    /// The object's id as it stands there, where it has one (cut at 300 bytes).
    pub object_id: Option<String>,
    /// RFC 6901 pointer inside the object; empty for the object itself.
    pub pointer: String,
    /// Which rule.
    pub rule: Rule,
    /// Where the specification says so: STIX 2.1 (Errata 01), such as `§3.6`.
    pub section: &'static str,
    /// What was found and what is asked for.
    pub message: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.object_id.as_deref().unwrap_or("object without id");
        let pointer = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{id} at {pointer}: {} [{}, {} {}]", self.message, self.rule.code(), self.severity, self.section)
    }
}

impl std::error::Error for Issue {}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $code:literal $severity:ident,)*) => {
        /// Every rule that can be broken. The codes are stable and only ever added to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule { $($(#[$doc])* $name,)* }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Rule::$name => $code,)* }
            }

            /// How binding it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Rule::$name => Severity::$severity,)* }
            }

            /// The rule of a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Rule::$name),)* _ => None }
            }
        }
    };
}

rules! {
    /// A required property is absent.
    PropertyMissing "stix-property-missing" Must,
    /// A value has another JSON type than the property asks for.
    PropertyKind "stix-property-kind" Must,
    /// A property that this type of object must not have.
    PropertyForbidden "stix-property-forbidden" Must,
    /// A name that the specification reserves.
    PropertyReserved "stix-property-reserved" Must,
    /// A property name that is not 3 to 250 of `a-z0-9_`, beginning with a letter.
    PropertyName "stix-property-name" Must,
    /// A type name that is not 3 to 250 of `a-z0-9-`, beginning with a letter, without `--`.
    TypeName "stix-type-name" Must,
    /// `null` stands as a value.
    NullValue "stix-null" Must,
    /// A list without elements.
    EmptyList "stix-empty-list" Must,
    /// A dictionary or nested object without members.
    EmptyDictionary "stix-empty-dictionary" Must,
    /// `spec_version` is not 2.1.
    SpecVersion "stix-spec-version" Must,
    /// An identifier that is not `<type>--<RFC 4122 UUID>`.
    IdForm "stix-id-form" Must,
    /// The prefix of `id` differs from `type`.
    IdPrefix "stix-id-prefix" Must,
    /// A UUIDv4 is required here.
    IdUuid4 "stix-id-uuid4" Must,
    /// The UUIDv5 of an observable differs from the one its contributing properties give.
    IdDeterministic "stix-id-deterministic" Should,
    /// A UUID of another version than recommended.
    IdVersion "stix-id-version" Should,
    /// A timestamp of another form than `YYYY-MM-DDTHH:MM:SS[.s+]Z`.
    TimestampForm "stix-timestamp-form" Must,
    /// A date or time that does not exist.
    TimestampCalendar "stix-timestamp-calendar" Must,
    /// Fewer than three fraction digits in `created` or `modified`.
    TimestampPrecision "stix-timestamp-precision" Must,
    /// `modified` before `created`.
    ModifiedBeforeCreated "stix-modified-before-created" Must,
    /// An end that lies before its beginning.
    TimeOrder "stix-time-order" Must,
    /// A number outside the range that the property allows.
    NumberRange "stix-number-range" Must,
    /// A language tag that is not well-formed (RFC 5646).
    LanguageTag "stix-language-tag" Must,
    /// A reference to a type that this property does not allow.
    ReferenceType "stix-reference-type" Must,
    /// A value outside a closed enumeration.
    EnumValue "stix-enum-value" Must,
    /// A value outside an open vocabulary.
    VocabularyValue "stix-vocabulary-value" Should,
    /// A value of one's own that is not lowercase with hyphens.
    VocabularyForm "stix-vocabulary-form" Should,
    /// A dictionary key that is not 1 to 250 of `a-zA-Z0-9_-`.
    DictionaryKey "stix-dictionary-key" Must,
    /// A dictionary key with uppercase letters.
    DictionaryKeyCase "stix-dictionary-key-case" Should,
    /// A hash algorithm name that is not 3 to 250 of `a-zA-Z0-9_-`.
    HashKey "stix-hash-key" Must,
    /// A hash that is not in the format of its algorithm.
    HashValue "stix-hash-value" Must,
    /// A hash algorithm outside `hash-algorithm-ov`.
    HashAlgorithm "stix-hash-algorithm" Should,
    /// Hashes without SHA-256.
    HashSha256 "stix-hash-sha256" Should,
    /// Not an even number of hexadecimal digits.
    HexForm "stix-hex-form" Must,
    /// Not base64 (RFC 4648).
    BinaryForm "stix-binary-form" Must,
    /// A value that is not written as its standard asks: an address, a URL, a MIME type, a CPE name.
    ValueForm "stix-value-form" Must,
    /// None of several properties, of which at least one is required.
    OneRequired "stix-one-required" Must,
    /// Two properties that exclude each other.
    Exclusive "stix-exclusive" Must,
    /// A property stands without the one it belongs to.
    Dependency "stix-dependency" Must,
    /// A STIX pattern that is not in the grammar.
    PatternSyntax "stix-pattern-syntax" Must,
    /// A marking definition that does not say what it marks.
    MarkingContent "stix-marking-content" Must,
    /// A TLP marking definition that is not one of the fixed instances.
    TlpInstance "stix-tlp-instance" Must,
    /// A marking definition that marks itself.
    MarkingCircular "stix-marking-circular" Must,
    /// A selector that is not in the syntax of selectors.
    SelectorForm "stix-selector-form" Must,
    /// A selector of something that the object does not hold.
    SelectorMissing "stix-selector-missing" Must,
    /// An extension without a known `extension_type`.
    ExtensionType "stix-extension-type" Must,
    /// An extension whose key is neither an extension definition's id nor a predefined name.
    ExtensionKey "stix-extension-key" Should,
    /// An extension name of one's own that is not 3 to 250 of `a-z0-9-` with `-ext` at the end.
    ExtensionName "stix-extension-name" Must,
    /// A predefined extension on an object of another type.
    ExtensionMisplaced "stix-extension-misplaced" Must,
    /// An object of a type that the standard does not define, where the policy refuses such.
    CustomObject "stix-custom-object" Must,
    /// A property that the standard does not define, where the policy refuses such.
    CustomProperty "stix-custom-property" Must,
    /// A type of one's own whose name does not begin with `x-`.
    CustomObjectName "stix-custom-object-name" Should,
    /// A property of one's own whose name does not begin with `x_`, without an extension that defines it.
    CustomPropertyName "stix-custom-property-name" Should,
    /// A relationship between two types for which the standard does not define it.
    RelationshipKind "stix-relationship-kind" Should,
    /// Deprecated content.
    Deprecated "stix-deprecated" Should,
    /// Text that can be translated, without `lang`.
    LanguageMissing "stix-language-missing" Should,
    /// A property whose advice for good content is not followed.
    Advice "stix-advice" Should,
    /// `object_modified` is not the `modified` of the target.
    LanguageTarget "stix-language-target" Must,
    /// A translation that does not mirror the property it translates.
    LanguageMirror "stix-language-mirror" Must,
    /// Two objects of one bundle with the same id and version.
    BundleDuplicate "stix-bundle-duplicate" Should,
    /// A later version with another `created`.
    VersionCreated "stix-version-created" Must,
    /// A later version with another creator.
    VersionCreator "stix-version-creator" Must,
    /// A version after the revocation.
    VersionRevoked "stix-version-revoked" Must,
    /// The same id and version with other content.
    VersionConflict "stix-version-conflict" Must,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Longest id or value that a report repeats. A stranger chooses them.
const QUOTED_BYTES_MAX: usize = 300;

/// A text cut to what a report repeats.
pub(crate) fn shortened(text: &str) -> String {
    if text.len() <= QUOTED_BYTES_MAX {
        return text.to_owned();
    }
    let mut end = QUOTED_BYTES_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}
