//! A strict reader of I-JSON ([RFC 7493](https://www.rfc-editor.org/rfc/rfc7493), a profile of RFC 8259).
//!
//! What TAXII and STIX exchange is I-JSON (TAXII 2.1 §1.6.7, STIX 2.1 §2). [`read`] makes a borrowed tree in one pass; every
//! node knows its bytes ([`Span`]), so what was received can be kept, hashed and served as it came. Refused are: invalid
//! UTF-8, surrogates and noncharacters, a member name that stands twice in one object, integers outside ±(2^53−1), numbers
//! that no double can hold, and all that exceeds [`Limits`]. Every refusal is a [`JsonError`] with offset, pointer and rule.
//!
//! [`split_objects`] finds the objects of a TAXII envelope or a STIX bundle without a tree of the whole body.
//!
//! *Left to the caller*: what the members mean.

mod canonical;
mod reader;
mod split;
#[cfg(test)]
mod tests;

pub use canonical::canonical;
pub(crate) use canonical::canonical_object;
pub use reader::read;
pub use split::{ObjectExtents, OuterMembers, object_extents, split_objects};

use std::borrow::Cow;
use std::fmt;

/// Greatest integer that I-JSON promises to carry exactly, 2^53−1 (RFC 7493 §2.2).
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// Longest number, in bytes of its text. A double printed in full needs 25; a longer text only costs time.
pub const NUMBER_BYTES_MAX: usize = 128;

/// What a stranger may send. The defaults leave room for the largest real reports and bound the memory of one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest body of an envelope or bundle, in bytes. Default 128 MiB: room for a bundle of 100 MB.
    pub body_bytes_max: usize,
    /// Most objects in one body. Default 1,000,000.
    pub objects_max: usize,
    /// Longest single JSON text for [`read`], in bytes. Default 16 MiB: an `artifact` with a 10 MB payload fits.
    pub bytes_max: usize,
    /// Deepest nesting of objects and arrays; a scalar has depth 0. Default 64: STIX itself needs fewer than 10.
    pub depth_max: usize,
    /// Most members in one object. Default 10,000.
    pub members_max: usize,
    /// Most elements in one array. Default 100,000: `object_refs` of a large report.
    pub items_max: usize,
    /// Most values of every kind in one text. Default 400,000. It bounds the tree to about 40 MB.
    pub values_max: usize,
    /// Longest string or member name, in bytes as it stands in the text. Default 15 MiB.
    pub string_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 128 << 20,
            objects_max: 1_000_000,
            bytes_max: 16 << 20,
            depth_max: 64,
            members_max: 10_000,
            items_max: 100_000,
            values_max: 400_000,
            string_bytes_max: 15 << 20,
        }
    }
}

/// Where a value stands in the text: byte offsets, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One after the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes of this span in the text that was read.
    #[must_use]
    pub fn of<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// One value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'a> {
    /// Its bytes, without white space around it.
    pub span: Span,
    /// What it is.
    pub value: Value<'a>,
}

/// A JSON value. Strings without escapes are borrowed.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its text. See [`Node::as_integer`] and [`Node::as_number`].
    Number(&'a str),
    /// A string, escapes resolved.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object: members in the order of the text, names unique.
    Object(Vec<Member<'a>>),
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member<'a> {
    /// Its name, escapes resolved.
    pub key: Cow<'a, str>,
    /// Its value.
    pub node: Node<'a>,
}

impl<'a> Node<'a> {
    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self.value { Some(value) } else { None }
    }

    /// The number, if it is an integer written without fraction and exponent.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Value::Number(text) = self.value { text.parse().ok() } else { None }
    }

    /// The number as a double, if it is a number.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        if let Value::Number(text) = self.value { text.parse().ok() } else { None }
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Node<'a>]> {
        if let Value::Array(items) = &self.value { Some(items) } else { None }
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[Member<'a>]> {
        if let Value::Object(members) = &self.value { Some(members) } else { None }
    }

    /// The member of this name, if it is an object that has one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.as_object().and_then(|members| members.iter().find(|member| member.key == key)).map(|member| &member.node)
    }

    /// What a person calls this kind of value.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// What was wrong with a JSON text. Codes are stable; see [`JsonRule::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonRule {
    /// Not the grammar of RFC 8259.
    Syntax,
    /// Not UTF-8 (RFC 7493 §2.1).
    Utf8,
    /// A surrogate or noncharacter in a string (RFC 7493 §2.1).
    CodePoint,
    /// A member name stands twice (RFC 7493 §2.3).
    DuplicateKey,
    /// An integer outside ±(2^53−1), or a number that no double can hold (RFC 7493 §2.2).
    NumberRange,
    /// Longer than [`NUMBER_BYTES_MAX`].
    NumberTooLong,
    /// Longer than [`Limits::bytes_max`] or [`Limits::body_bytes_max`].
    TooLong,
    /// Deeper than [`Limits::depth_max`].
    TooDeep,
    /// More members than [`Limits::members_max`].
    TooManyMembers,
    /// More elements than [`Limits::items_max`], or more objects than [`Limits::objects_max`].
    TooManyItems,
    /// More values than [`Limits::values_max`].
    TooManyValues,
    /// Longer than [`Limits::string_bytes_max`].
    StringTooLong,
    /// Something else stands where an object (or the array `objects`) must stand.
    NotAnObject,
}

impl JsonRule {
    /// The stable code of this rule.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Syntax => "json-syntax",
            Self::Utf8 => "json-utf8",
            Self::CodePoint => "json-code-point",
            Self::DuplicateKey => "json-duplicate-key",
            Self::NumberRange => "json-number-range",
            Self::NumberTooLong => "json-number-too-long",
            Self::TooLong => "json-too-long",
            Self::TooDeep => "json-too-deep",
            Self::TooManyMembers => "json-too-many-members",
            Self::TooManyItems => "json-too-many-items",
            Self::TooManyValues => "json-too-many-values",
            Self::StringTooLong => "json-string-too-long",
            Self::NotAnObject => "json-not-an-object",
        }
    }
}

/// Why bytes are not I-JSON within the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset in the text that was given.
    pub offset: usize,
    /// RFC 6901 pointer of the value it happened in, as far as known.
    pub pointer: String,
    /// Which rule.
    pub rule: JsonRule,
    /// What was found, and what was expected.
    pub message: String,
}

impl JsonError {
    pub(crate) fn new(offset: usize, rule: JsonRule, message: impl Into<String>) -> Self {
        Self { offset, pointer: String::new(), rule, message: message.into() }
    }

    /// Puts one more reference token before the pointer; done on the way out, so that success costs nothing.
    fn within(mut self, token: &str) -> Self {
        let mut pointer = String::with_capacity(self.pointer.len() + token.len() + 1);
        push_token(&mut pointer, token);
        pointer.push_str(&self.pointer);
        self.pointer = pointer;
        self
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (byte {}", self.rule.code(), self.message, self.offset)?;
        if !self.pointer.is_empty() {
            write!(f, ", at {}", self.pointer)?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for JsonError {}

/// Longest part of a member name that a pointer repeats. A stranger chooses the names.
const TOKEN_BYTES_MAX: usize = 250;

/// Appends `/token` to an RFC 6901 pointer, `~` and `/` escaped, a very long token cut.
pub(crate) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    let mut end = token.len().min(TOKEN_BYTES_MAX);
    while !token.is_char_boundary(end) {
        end -= 1;
    }
    for c in token[..end].chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    if end < token.len() {
        pointer.push('…');
    }
}
