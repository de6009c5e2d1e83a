//! Why a CAP message was not accepted: one table of rules with code, section and hint.

use std::fmt;

macro_rules! rules {
    ($($variant:ident = $code:literal, $section:literal, $says:literal, $hint:literal;)+) => {
        /// A rule that a CAP message can break.
        ///
        /// The codes are stable: they are only ever added to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "each variant is what its `says` says")]
        pub enum Rule { $($variant),+ }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable code, such as `cap-polygon-open`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Where the rule comes from: a section of CAP 1.2 or of XML 1.0, or a limit of this reader.
            #[must_use]
            pub const fn section(self) -> &'static str {
                match self { $(Self::$variant => $section),+ }
            }

            /// What is wrong.
            #[must_use]
            pub const fn says(self) -> &'static str {
                match self { $(Self::$variant => $says),+ }
            }

            /// What to do.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint),+ }
            }
        }
    };
}

rules! {
    TooLarge = "cap-too-large", "limit",
        "the message is longer than 1,048,576 bytes", "send large files by `uri`, not inside the message";
    Depth = "cap-too-deep", "limit",
        "elements are nested more than 24 deep", "CAP needs five levels; remove what is not CAP";
    Elements = "cap-too-many-elements", "limit",
        "the message has more than 20,000 elements, comments and instructions", "split the message";
    Attributes = "cap-too-many-attributes", "limit",
        "an element has more than 16 attributes", "CAP needs only namespace declarations";
    TextLength = "cap-text-too-long", "limit",
        "a text is longer than 65,536 bytes", "shorten it or give it as a resource";
    Count = "cap-too-many", "limit",
        "an element stands more often than this reader takes", "split the message";
    Encoding = "cap-encoding", "XML 1.0 §4.3.3",
        "the message is not UTF-8", "encode it as UTF-8 and declare no other encoding";
    XmlVersion = "cap-xml-version", "XML 1.0 §2.8",
        "the message does not declare XML 1.0", "declare `<?xml version=\"1.0\" encoding=\"UTF-8\"?>` or nothing";
    Character = "cap-character", "XML 1.0 §2.2",
        "a character is not allowed in XML 1.0", "remove the control character";
    Malformed = "cap-malformed", "XML 1.0 §2.1",
        "the message is not well-formed XML", "correct the XML at the byte named";
    Doctype = "cap-doctype", "XML 1.0 §2.8",
        "a document type declaration is not accepted", "remove the DOCTYPE; CAP needs none";
    Entity = "cap-entity", "CAP 1.2 §3.3.3",
        "only the five predefined entities and character numbers are accepted", "write the character itself";
    Comment = "cap-comment-in-value", "limit",
        "a comment or an instruction splits a value", "move it out: readers disagree on what the value then is";
    Namespace = "cap-namespace", "CAP 1.2 §3.1",
        "the element is not in the namespace urn:oasis:names:tc:emergency:cap:1.2",
        "convert the message to CAP 1.2; 1.0 and 1.1 are not accepted";
    Root = "cap-root", "CAP 1.2 §3.2.1", "the document element is not `alert`", "send one CAP alert";
    Attribute = "cap-attribute", "CAP 1.2 §3.4",
        "CAP elements have no attributes", "remove it; only namespaces and xsi:schemaLocation are taken";
    ElementUnknown = "cap-element-unknown", "CAP 1.2 §3.4",
        "the element is not allowed here", "remove it or move it to where the schema has it";
    ElementOrder = "cap-element-order", "CAP 1.2 §3.4",
        "the element stands after one that it must precede", "order the elements as the schema does";
    ElementRepeated = "cap-element-repeated", "CAP 1.2 §3.4",
        "the element stands twice and may stand once", "keep one";
    ElementMissing = "cap-element-missing", "CAP 1.2 §3.2",
        "a required element is missing", "add the element named at the end of the path";
    StrayText = "cap-stray-text", "CAP 1.2 §3.4",
        "there is text between elements", "put it in an element";
    Empty = "cap-empty", "CAP 1.2 §3.2", "a required element is empty", "fill it in";
    Identifier = "cap-identifier", "CAP 1.2 §3.2.1",
        "an identifier has no spaces, commas, `<` or `&`", "choose another identifier";
    Sender = "cap-sender", "CAP 1.2 §3.2.1",
        "a sender has no spaces, commas, `<` or `&`", "choose another name for the sender";
    Time = "cap-time", "CAP 1.2 §3.3.2",
        "a time is YYYY-MM-DDThh:mm:ss and an offset such as -07:00; UTC is -00:00, never Z",
        "write the time with its offset, for UTC -00:00";
    Status = "cap-status", "CAP 1.2 §3.2.1",
        "status is Actual, Exercise, System, Test or Draft", "use one of them, exactly so spelt";
    MsgType = "cap-msg-type", "CAP 1.2 §3.2.1",
        "msgType is Alert, Update, Cancel, Ack or Error", "use one of them, exactly so spelt";
    Scope = "cap-scope", "CAP 1.2 §3.2.1",
        "scope is Public, Restricted or Private", "use one of them, exactly so spelt";
    RestrictionMissing = "cap-restriction-missing", "CAP 1.2 §3.2.1",
        "scope is Restricted and there is no restriction", "say in `restriction` who may have it";
    RestrictionUnused = "cap-restriction-unused", "CAP 1.2 §3.2.1",
        "restriction is used only when scope is Restricted", "set scope to Restricted or remove the restriction";
    AddressesMissing = "cap-addresses-missing", "CAP 1.2 §3.2.1",
        "scope is Private and there are no addresses", "name the recipients in `addresses`";
    Listing = "cap-listing", "CAP 1.2 §3.2.1",
        "items are separated by white space; one that includes white space stands in double quotes",
        "close the quotes and separate the items";
    Reference = "cap-reference", "CAP 1.2 §3.2.1",
        "a reference is sender,identifier,sent", "write the three parts with commas and no spaces";
    ReferencesMissing = "cap-references-missing", "CAP 1.2 §3.2.1",
        "an Update, Cancel, Ack or Error names the messages that it is about", "add `references`";
    Language = "cap-language", "CAP 1.2 §3.2.2",
        "a language is a tag of RFC 3066, such as fa or es-US", "use the tag of the language";
    Category = "cap-category", "CAP 1.2 §3.2.2",
        "category is Geo, Met, Safety, Security, Rescue, Fire, Health, Env, Transport, Infra, CBRNE or Other",
        "use one of them, exactly so spelt";
    ResponseType = "cap-response-type", "CAP 1.2 §3.2.2",
        "responseType is Shelter, Evacuate, Prepare, Execute, Avoid, Monitor, Assess, AllClear or None",
        "use one of them, exactly so spelt";
    Urgency = "cap-urgency", "CAP 1.2 §3.2.2",
        "urgency is Immediate, Expected, Future, Past or Unknown", "use one of them, exactly so spelt";
    Severity = "cap-severity", "CAP 1.2 §3.2.2",
        "severity is Extreme, Severe, Moderate, Minor or Unknown", "use one of them, exactly so spelt";
    Certainty = "cap-certainty", "CAP 1.2 §3.2.2",
        "certainty is Observed, Likely, Possible, Unlikely or Unknown",
        "use one of them, exactly so spelt; Very Likely of CAP 1.0 is Likely";
    Web = "cap-web", "CAP 1.2 §3.2.2", "web is a full, absolute URI", "write it with its scheme";
    Uri = "cap-uri", "CAP 1.2 §3.2.3", "uri is not a URI", "escape spaces and other characters";
    MimeType = "cap-mime-type", "CAP 1.2 §3.2.3", "mimeType is a type and a subtype, such as image/png",
        "name the media type (RFC 2046)";
    Size = "cap-size", "CAP 1.2 §3.2.3", "size is a number of bytes", "write digits alone";
    DerefUri = "cap-deref-uri", "CAP 1.2 §3.2.3", "derefUri is base64", "encode the file with padded base64";
    Digest = "cap-digest", "CAP 1.2 §3.2.3", "digest is a SHA-1 hash of 40 hexadecimal digits",
        "write the hash in hexadecimal";
    Coordinate = "cap-coordinate", "CAP 1.2 §3.3.1",
        "a coordinate is latitude,longitude in decimal degrees within ±90 and ±180",
        "latitude first, no space after the comma";
    PolygonShort = "cap-polygon-short", "CAP 1.2 §3.2.4", "a polygon has at least four pairs",
        "repeat the first pair at the end and give three others at least";
    PolygonOpen = "cap-polygon-open", "CAP 1.2 §3.2.4", "the first and the last pair of a polygon are the same",
        "repeat the first pair at the end";
    Circle = "cap-circle", "CAP 1.2 §3.2.4", "a circle is latitude,longitude, a space and a radius in kilometres",
        "give point and radius, not less than 0";
    Altitude = "cap-altitude", "CAP 1.2 §3.2.4", "altitude and ceiling are decimal numbers of feet",
        "write a decimal number without unit";
    CeilingAlone = "cap-ceiling-alone", "CAP 1.2 §3.2.4", "ceiling is not used without altitude",
        "add the altitude, which is then the lower limit";
    CeilingBelow = "cap-ceiling-below", "CAP 1.2 §3.2.4", "the ceiling is below the altitude",
        "altitude is the lower limit, ceiling the upper";
}

/// What was wrong, where, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapError {
    /// The rule that is broken.
    pub rule: Rule,
    /// Path of the element, such as `/alert/info[2]/area[1]/polygon[1]`; for bytes that are no XML, `byte 17`.
    pub path: String,
    /// What stood there, at most 80 characters of it; empty if there is nothing to show.
    pub found: String,
}

impl CapError {
    pub(super) fn new(rule: Rule, path: impl fmt::Display, found: &str) -> Self {
        Self { rule, path: path.to_string(), found: found.chars().take(80).collect() }
    }
}

impl fmt::Display for CapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.rule.says())?;
        if !self.found.is_empty() {
            write!(f, "; found {:?}", self.found)?;
        }
        write!(f, " ({}, {}): {}", self.rule.code(), self.rule.section(), self.rule.hint())
    }
}

impl std::error::Error for CapError {}
