//! Rules that concern one type, or one structure, beyond what a table can say.

use super::check::{Check, Step};
use super::issue::shortened;
use super::tables::{self, Class};
use super::{Identifier, Level, Rule, pattern};
use crate::json::Node;

impl<'n, 'a> Check<'n, 'a> {
    /// The rules of one type of object.
    pub(super) fn rules_of_type(&mut self, object_type: &'n str, class: Class) {
        match object_type {
            "indicator" => self.indicator(),
            "malware" => self.malware(),
            "location" => self.location(),
            "email-message" => self.email_message(),
            "network-traffic" => self.network_traffic(),
            "observed-data" => self.observed_data(),
            "relationship" => self.relationship(),
            "vulnerability" => self.named_references("CVE-", "cve", "§4.19"),
            "attack-pattern" => self.named_references("CAPEC-", "capec", "§4.1"),
            "marking-definition" => self.marking_definition(),
            "language-content" => self.language_content(),
            "extension-definition" => self.extension_definition(),
            _ => {}
        }
        if self.level == Level::Should && matches!(class, Class::Sdo | Class::Sro) {
            self.language_missing();
        }
    }

    fn text(&self, key: &str) -> Option<&'n str> {
        let root: &'n Node<'a> = self.root;
        root.get(key).and_then(Node::as_str)
    }

    /// §4.7: a STIX pattern is in the grammar of §9.
    fn indicator(&mut self) {
        if self.text("pattern_type") == Some("stix")
            && let Some(text) = self.text("pattern")
            && let Err(error) = pattern::check(text)
        {
            self.report_at("pattern", Rule::PatternSyntax, error.section, format_args!("{error}"));
        }
        for key in ["name", "description", "indicator_types"] {
            if self.root.get(key).is_none() {
                self.report(Rule::Advice, "§4.7", format_args!("{key} should be given"));
            }
        }
    }

    /// §4.11: a family has a name.
    fn malware(&mut self) {
        if self.root.get("is_family").and_then(Node::as_bool) == Some(true) && self.root.get("name").is_none() {
            self.report(Rule::PropertyMissing, "§4.11", format_args!("a malware family must have a name"));
        }
    }

    /// §4.10: a place is named by region, country or coordinates.
    fn location(&mut self) {
        let has = |key| self.root.get(key).is_some();
        let coordinates = has("latitude") && has("longitude");
        if !(has("region") || has("country") || coordinates) {
            let message = format_args!("region, country, or latitude and longitude are required");
            self.report(Rule::OneRequired, "§4.10", message);
        }
        if let Some(country) = self.text("country")
            && !(country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic()))
        {
            self.report_at(
                "country",
                Rule::Advice,
                "§4.10",
                format_args!("a code of ISO 3166-1 alpha-2 should stand here"),
            );
        }
    }

    /// §6.6: which form of the body goes with `is_multipart`.
    fn email_message(&mut self) {
        let forbidden = match self.root.get("is_multipart").and_then(Node::as_bool) {
            Some(true) => "body",
            Some(false) => "body_multipart",
            None => return,
        };
        if self.root.get(forbidden).is_some() {
            self.report_at(forbidden, Rule::Exclusive, "§6.6", format_args!("is_multipart excludes {forbidden}"));
        }
    }

    /// §6.12: what still runs has no end.
    fn network_traffic(&mut self) {
        if self.root.get("end").is_some() && self.root.get("is_active").and_then(Node::as_bool) == Some(true) {
            self.report_at("end", Rule::Exclusive, "§6.12", format_args!("is_active excludes end"));
        }
    }

    /// §4.14: among the references is at least one observable.
    fn observed_data(&mut self) {
        let Some(refs) = self.root.get("object_refs").and_then(Node::as_array) else { return };
        let types = || refs.iter().filter_map(Node::as_str).filter_map(Identifier::parse).map(|id| id.object_type());
        if types().next().is_some() && types().all(|name| matches!(name, "relationship" | "sighting")) {
            let message = format_args!("at least one observable is required among the references");
            self.report_at("object_refs", Rule::OneRequired, "§4.14", message);
        }
    }

    /// Appendix B: the relationship is defined for these two types.
    fn relationship(&mut self) {
        if self.level != Level::Should {
            return;
        }
        let type_of = |key| self.text(key).and_then(Identifier::parse).map(|id| id.object_type());
        if let (Some(name), Some(source), Some(target)) =
            (self.text("relationship_type"), type_of("source_ref"), type_of("target_ref"))
            && !tables::is_defined_relationship(source, name, target)
        {
            let (name, source, target) = (shortened(name), shortened(source), shortened(target));
            let message = format_args!("the standard does not define {source} {name} {target}");
            self.report_at("relationship_type", Rule::RelationshipKind, "Appendix B", message);
        }
    }

    /// An identifier of a public list is given with the list's name, whatever its case (§4.1, §4.19).
    fn named_references(&mut self, prefix: &str, source: &str, section: &'static str) {
        let Some(references) = self.root.get("external_references").and_then(Node::as_array) else { return };
        for (index, reference) in references.iter().enumerate() {
            let text = |key| reference.get(key).and_then(Node::as_str);
            if text("external_id").is_some_and(|id| is_listed_id(id, prefix)) && text("source_name") != Some(source) {
                self.path.extend([Step::Key("external_references"), Step::Index(index), Step::Key("source_name")]);
                self.report(
                    Rule::ValueForm,
                    section,
                    format_args!("{prefix} identifiers go with source_name {source:?}"),
                );
                self.path.truncate(self.path.len() - 3);
            }
        }
    }

    /// §2.5, and the forms of CVE and CAPEC identifiers.
    pub(super) fn external_reference(&mut self, node: &'n Node<'a>) {
        let text = |key| node.get(key).and_then(Node::as_str);
        let prefix = match text("source_name") {
            Some("cve") => "CVE-",
            Some("capec") => "CAPEC-",
            _ => "",
        };
        if let Some(id) = text("external_id")
            && !prefix.is_empty()
            && !is_listed_id(id, prefix)
        {
            let shown = shortened(id);
            self.report_at("external_id", Rule::ValueForm, "§2.5", format_args!("{shown:?} is no {prefix} identifier"));
        }
        if text("url").is_some() && node.get("hashes").is_none() {
            self.report(Rule::Advice, "§2.5", format_args!("hashes should be given with a url"));
        }
    }

    /// §3.2: text that people read says which language it is in.
    fn language_missing(&mut self) {
        const TEXTS: &[&str] = &["name", "description", "abstract", "content", "explanation", "objective", "goals"];
        if self.root.get("lang").is_none() && TEXTS.iter().any(|key| self.root.get(key).is_some()) {
            self.report(Rule::LanguageMissing, "§3.2", format_args!("lang should be given where there is text"));
        }
    }
}

/// `CVE-` and a year and at least four digits, or `CAPEC-` and digits.
fn is_listed_id(id: &str, prefix: &str) -> bool {
    let digits = |text: &str, min: usize| text.len() >= min && text.bytes().all(|byte| byte.is_ascii_digit());
    match id.strip_prefix(prefix) {
        Some(rest) if prefix == "CVE-" => {
            rest.split_once('-').is_some_and(|(year, number)| year.len() == 4 && digits(year, 4) && digits(number, 4))
        }
        Some(rest) => digits(rest, 1),
        None => false,
    }
}

/// True if a text is in the format of this hash algorithm, or the algorithm is not known (§2.7, §10.7).
pub(super) fn is_hash_of(algorithm: &str, text: &str) -> bool {
    let hex = |digits: usize| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match algorithm {
        "MD5" => hex(32),
        "SHA-1" => hex(40),
        "SHA-256" | "SHA3-256" => hex(64),
        "SHA-512" | "SHA3-512" => hex(128),
        // Block size, then two base64 signatures.
        "SSDEEP" => {
            let mut parts = text.splitn(3, ':');
            let size = parts.next().unwrap_or_default();
            let signature = |part: &str| {
                part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b':' | b'.'))
            };
            text.len() <= 300
                && !size.is_empty()
                && size.bytes().all(|byte| byte.is_ascii_digit())
                && parts.next().is_some_and(signature)
                && parts.next().is_some_and(signature)
        }
        // 35 bytes in hexadecimal, with or without the version `T1`.
        "TLSH" => {
            hex(70)
                || text
                    .strip_prefix("T1")
                    .is_some_and(|rest| rest.len() == 70 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        }
        _ => !text.is_empty(),
    }
}
