//! The XML that a CAP message may be: a small tree with text, read in bounded memory.
//!
//! *In scope*: well-formedness, UTF-8, namespaces, the limits. No document type, no entity but the five predefined and
//! character numbers, nothing external. Instructions and comments between elements are skipped, as XML 1.0 §2.5 and
//! §2.6 allow; inside a value they are refused, because readers disagree on what the value then is.
//! An enveloped `Signature` (CAP 1.2 §3.3.4.1) is noted by its place in the bytes and not interpreted.

use super::error::{CapError, Rule};
use super::{ATTRIBUTES_MAX, BYTES_MAX, DEPTH_MAX, ELEMENTS_MAX, NAMESPACE, SIGNATURE_NAMESPACE, SIGNATURES_MAX};
use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use std::ops::Range;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Name of the node that stands for a signature; no local name has a colon.
pub(super) const SIGNATURE: &str = "ds:Signature";

/// An element of the CAP namespace.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Node>,
    /// A comment or an instruction stood in it.
    split: bool,
}

/// Whether a character may stand in XML 1.0 (§2.2).
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// The four characters that XML calls white space (§2.3).
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

/// Reads the tree of an alert and the byte ranges of its signatures.
pub(super) fn read(bytes: &[u8]) -> Result<(Node, Vec<Range<usize>>), CapError> {
    if bytes.len() > BYTES_MAX {
        return Err(CapError::new(Rule::TooLarge, format_args!("{} bytes", bytes.len()), ""));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        CapError::new(Rule::Encoding, format_args!("byte {at}"), "")
    })?;
    let (bom, text) = text.strip_prefix('\u{feff}').map_or((0, text), |rest| (3, rest));
    if let Some((at, c)) = text.char_indices().find(|&(_, c)| !is_xml_char(c)) {
        return Err(CapError::new(Rule::Character, format_args!("byte {}", at + bom), &format!("U+{:04X}", c as u32)));
    }
    Builder::new(text, bom).run()
}

/// An element that is open.
struct Open {
    node: Node,
    /// Declarations of namespaces that end with it: prefix and name.
    bindings: usize,
    /// Byte where its start tag begins, if it is a signature directly in the alert.
    signature: Option<usize>,
}

struct Builder<'a> {
    text: &'a str,
    bom: usize,
    at: usize,
    elements: usize,
    open: Vec<Open>,
    bindings: Vec<(String, String)>,
    root: Option<Node>,
    /// Number of open elements that are, or stand in, a signature.
    signed_depth: usize,
    signatures: Vec<Range<usize>>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, bom: usize) -> Self {
        Self {
            text,
            bom,
            at: 0,
            elements: 0,
            open: Vec::new(),
            bindings: vec![("xml".to_owned(), "http://www.w3.org/XML/1998/namespace".to_owned())],
            root: None,
            signed_depth: 0,
            signatures: Vec::new(),
        }
    }

    fn fail(&self, rule: Rule, found: &str) -> CapError {
        let mut path: String = self.open.iter().flat_map(|open| ["/", &open.node.name]).collect();
        if path.is_empty() {
            path = format!("byte {}", self.at + self.bom);
        }
        CapError::new(rule, path, found)
    }

    fn run(mut self) -> Result<(Node, Vec<Range<usize>>), CapError> {
        let mut reader = Reader::from_str(self.text);
        reader.config_mut().check_comments = true;
        reader.config_mut().expand_empty_elements = true;
        let mut first = true;
        loop {
            self.at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event().map_err(|e| {
                let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                CapError::new(Rule::Malformed, format_args!("byte {}", at.saturating_add(self.bom)), &e.to_string())
            })?;
            match event {
                Event::Decl(decl) if first => self.declaration(&decl)?,
                Event::Decl(_) => return Err(self.fail(Rule::Malformed, "a second XML declaration")),
                Event::DocType(_) => return Err(self.fail(Rule::Doctype, "")),
                Event::Comment(_) | Event::PI(_) => self.skipped()?,
                Event::Start(start) => self.start(&start)?,
                // Always a pair of start and end, by configuration.
                Event::Empty(start) => return Err(self.fail(Rule::Malformed, start.name().0)),
                Event::End(_) => {
                    let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
                    self.end(end)?;
                }
                Event::Text(text) => self.text(&text.xml10_content(), true)?,
                Event::CData(text) => self.text(&text.xml10_content(), false)?,
                Event::GeneralRef(name) => {
                    let c = resolve(&name).ok_or_else(|| self.fail(Rule::Entity, &format!("&{};", &*name)))?;
                    self.text(c.encode_utf8(&mut [0; 4]), false)?;
                }
                Event::Eof => break,
            }
            first = false;
        }
        if !self.open.is_empty() {
            return Err(self.fail(Rule::Malformed, "the message ends before its elements do"));
        }
        match self.root {
            Some(root) => Ok((root, self.signatures)),
            None => Err(CapError::new(Rule::Malformed, "byte 0", "there is no element")),
        }
    }

    fn declaration(&self, decl: &BytesDecl<'_>) -> Result<(), CapError> {
        let version = decl.version().map_err(|e| self.fail(Rule::Malformed, &e.to_string()))?;
        if version != "1.0" {
            return Err(self.fail(Rule::XmlVersion, &version));
        }
        match decl.encoding() {
            None => Ok(()),
            Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") => Ok(()),
            Some(Ok(name)) => Err(self.fail(Rule::Encoding, &name)),
            Some(Err(e)) => Err(self.fail(Rule::Malformed, &e.to_string())),
        }
    }

    fn count(&mut self) -> Result<(), CapError> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX { Err(self.fail(Rule::Elements, "")) } else { Ok(()) }
    }

    fn skipped(&mut self) -> Result<(), CapError> {
        self.count()?;
        if let (Some(open), 0) = (self.open.last_mut(), self.signed_depth) {
            open.node.split = true;
        }
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), CapError> {
        self.count()?;
        let name = start.name();
        let name = name.0;
        if self.open.len() >= DEPTH_MAX {
            return Err(self.fail(Rule::Depth, name));
        }
        if self.root.is_some() {
            return Err(self.fail(Rule::Malformed, "there is a second document element"));
        }
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let kept = self.bindings.len();
        let attributes = self.attributes(start)?;
        let namespace = self.namespace(prefix).map(str::to_owned).unwrap_or_default();
        // A prefix without declaration is an error of Namespaces in XML §5, in a signature too.
        if !prefix.is_empty() && namespace.is_empty() {
            return Err(self.fail(Rule::Namespace, name));
        }
        let mut signature = None;
        if self.signed_depth > 0 {
            self.signed_depth += 1;
        } else if self.open.len() == 1 && namespace == SIGNATURE_NAMESPACE && local == "Signature" {
            if self.signatures.len() >= SIGNATURES_MAX {
                return Err(self.fail(Rule::Count, name));
            }
            self.signed_depth = 1;
            signature = Some(self.at);
        } else if namespace != NAMESPACE {
            let found = if namespace.is_empty() { name } else { &namespace };
            return Err(self.fail(Rule::Namespace, found));
        } else if self.open.is_empty() && local != "alert" {
            return Err(self.fail(Rule::Root, name));
        } else {
            self.check_attributes(&attributes)?;
        }
        let node = Node { name: local.to_owned(), ..Node::default() };
        self.open.push(Open { node, bindings: kept, signature });
        Ok(())
    }

    /// Declares the namespaces of a start tag and gives its other attributes.
    fn attributes(&mut self, start: &BytesStart<'_>) -> Result<Vec<String>, CapError> {
        let mut others: Vec<String> = Vec::new();
        // Duplicates are looked for below, where their number is bounded.
        for (number, attribute) in start.attributes().with_checks(false).enumerate() {
            if number >= ATTRIBUTES_MAX {
                return Err(self.fail(Rule::Attributes, start.name().0));
            }
            let attribute = attribute.map_err(|e| self.fail(Rule::Malformed, &e.to_string()))?;
            let key = attribute.key.0;
            let raw: &str = &attribute.value;
            if raw.contains('<') {
                return Err(self.fail(Rule::Malformed, raw));
            }
            let value = quick_xml::escape::unescape(raw).map_err(|_| self.fail(Rule::Entity, raw))?;
            if let Some(prefix) = key.strip_prefix("xmlns:").or_else(|| (key == "xmlns").then_some("")) {
                let twice = others.iter().any(|seen| seen == key);
                if twice || prefix == "xmlns" || prefix == "xml" {
                    return Err(self.fail(Rule::Malformed, key));
                }
                if !prefix.is_empty() && value.is_empty() {
                    return Err(self.fail(Rule::Malformed, key));
                }
                self.bindings.push((prefix.to_owned(), value.into_owned()));
            } else if others.iter().any(|seen| seen == key) {
                return Err(self.fail(Rule::Malformed, key));
            }
            others.push(key.to_owned());
        }
        others.retain(|key| key != "xmlns" && !key.starts_with("xmlns:"));
        Ok(others)
    }

    fn check_attributes(&self, attributes: &[String]) -> Result<(), CapError> {
        for key in attributes {
            let (prefix, local) = key.split_once(':').unwrap_or(("", key));
            let schema = !prefix.is_empty() && self.namespace(prefix) == Some(XSI) && local == "schemaLocation";
            if !schema {
                return Err(self.fail(Rule::Attribute, key));
            }
        }
        Ok(())
    }

    fn namespace(&self, prefix: &str) -> Option<&str> {
        self.bindings.iter().rev().find(|(known, _)| known == prefix).map(|(_, name)| name.as_str())
    }

    fn end(&mut self, end: usize) -> Result<(), CapError> {
        let Some(closed) = self.open.pop() else {
            return Err(self.fail(Rule::Malformed, "an end tag without a start tag"));
        };
        self.bindings.truncate(closed.bindings);
        if self.signed_depth > 0 {
            self.signed_depth -= 1;
            if let Some(start) = closed.signature {
                self.signatures.push(start + self.bom..end + self.bom);
                // It holds its place among the children, so that its order is checked like theirs.
                if let Some(parent) = self.open.last_mut() {
                    parent.node.children.push(Node { name: SIGNATURE.to_owned(), ..Node::default() });
                }
            }
            return Ok(());
        }
        let blank = is_blank(&closed.node.text);
        if !closed.node.children.is_empty() && !blank {
            let found = closed.node.text.trim().to_owned();
            self.open.push(closed);
            return Err(self.fail(Rule::StrayText, &found));
        }
        if closed.node.split && !blank {
            self.open.push(closed);
            return Err(self.fail(Rule::Comment, ""));
        }
        match self.open.last_mut() {
            Some(parent) => parent.node.children.push(closed.node),
            None => self.root = Some(closed.node),
        }
        Ok(())
    }

    fn text(&mut self, text: &str, literal: bool) -> Result<(), CapError> {
        if literal && text.contains("]]>") {
            return Err(self.fail(Rule::Malformed, "]]>"));
        }
        let outside = self.open.is_empty();
        if outside && !(literal && is_blank(text)) {
            return Err(self.fail(Rule::Malformed, text));
        }
        if let (Some(open), 0) = (self.open.last_mut(), self.signed_depth) {
            open.node.text.push_str(text);
        }
        Ok(())
    }
}

/// A predefined entity or a character number.
fn resolve(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
            // `from_str_radix` alone takes a sign.
            let plain = !digits.is_empty() && digits.len() <= 8 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let code = plain.then(|| u32::from_str_radix(digits, radix).ok())??;
            char::from_u32(code).filter(|&c| is_xml_char(c))
        }
    }
}
