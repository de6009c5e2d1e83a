//! Data markings (STIX 2.1 §7.2): marking definitions, the Traffic Light Protocol in both versions, granular markings.
//!
//! TLP 1 has four fixed instances in the standard's text. TLP 2.0 (FIRST) has five, published by the OASIS technical
//! committee as instances of an extension. Nothing else may say that it is TLP: a look-alike that a tool takes for TLP:RED, or
//! worse, that a tool does not take for TLP:RED, is refused.

use super::check::{Check, Step};
use super::issue::shortened;
use super::tables::{Form, Kind, Targets};
use super::{Object, Rule};
use crate::json::{Node, Value};
use std::fmt;

/// The levels of the Traffic Light Protocol, from free to strict. TLP 1's WHITE is CLEAR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tlp {
    /// TLP:CLEAR, in TLP 1 TLP:WHITE: no limit.
    Clear,
    /// TLP:GREEN: the community.
    Green,
    /// TLP:AMBER: the organisation and its clients.
    Amber,
    /// TLP:AMBER+STRICT: the organisation.
    AmberStrict,
    /// TLP:RED: the named recipients.
    Red,
}

impl fmt::Display for Tlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        })
    }
}

/// The extension definition of TLP 2.0.
pub const TLP2_EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// One fixed instance.
#[derive(Debug)]
struct Instance {
    id: &'static str,
    name: &'static str,
    /// The word in `definition.tlp` or in the extension's `tlp_2_0`.
    word: &'static str,
    second: bool,
    level: Tlp,
}

const fn instance(id: &'static str, name: &'static str, word: &'static str, second: bool, level: Tlp) -> Instance {
    Instance { id, name, word, second, level }
}

/// The nine instances that there are.
static INSTANCES: [Instance; 9] = [
    instance("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "TLP:WHITE", "white", false, Tlp::Clear),
    instance("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "TLP:GREEN", "green", false, Tlp::Green),
    instance("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "TLP:AMBER", "amber", false, Tlp::Amber),
    instance("marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "TLP:RED", "red", false, Tlp::Red),
    instance("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "TLP:CLEAR", "clear", true, Tlp::Clear),
    instance("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "TLP:GREEN", "green", true, Tlp::Green),
    instance("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "TLP:AMBER", "amber", true, Tlp::Amber),
    instance(
        "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "TLP:AMBER+STRICT",
        "amber+strict",
        true,
        Tlp::AmberStrict,
    ),
    instance("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "TLP:RED", "red", true, Tlp::Red),
];

/// `created` of the instances of TLP 1 and of TLP 2.0.
const CREATED: [&str; 2] = ["2017-01-20T00:00:00.000Z", "2022-10-01T00:00:00.000Z"];

/// The level that a marking definition's id stands for; letter case of the UUID does not matter.
#[must_use]
pub fn tlp_of_id(id: &str) -> Option<Tlp> {
    INSTANCES.iter().find(|instance| instance.id.eq_ignore_ascii_case(id)).map(|instance| instance.level)
}

/// The strictest TLP level among some marking references; none if none of them is TLP.
#[must_use]
pub fn tlp<'r>(refs: impl IntoIterator<Item = &'r str>) -> Option<Tlp> {
    refs.into_iter().filter_map(tlp_of_id).max()
}

impl Object<'_> {
    /// The strictest TLP level that marks the object or any part of it (§7.2.2, §7.2.3).
    #[must_use]
    pub fn tlp(&self) -> Option<Tlp> {
        let refs = self.root.get("object_marking_refs").and_then(Node::as_array).unwrap_or_default();
        let parts = self.root.get("granular_markings").and_then(Node::as_array).unwrap_or_default();
        let parts = parts.iter().filter_map(|part| part.get("marking_ref"));
        tlp(refs.iter().chain(parts).filter_map(Node::as_str))
    }
}

/// Most selectors in one object. Each is a walk through the object.
pub const SELECTORS_MAX: usize = 1000;

impl<'n, 'a> Check<'n, 'a> {
    /// §7.2.1
    pub(super) fn marking_definition(&mut self) {
        let root: &'n Node<'a> = self.root;
        let text = |key| root.get(key).and_then(Node::as_str);
        let kind = text("definition_type");
        if root.get("extensions").is_none() && (kind.is_none() || root.get("definition").is_none()) {
            let message = format_args!("definition_type and definition are required where there is no extension");
            self.report(Rule::MarkingContent, "§7.2.1", message);
        }
        if kind == Some("statement")
            && let Some(definition) = root.get("definition")
            && definition.get("statement").and_then(Node::as_str).is_none()
        {
            self.report_at("definition", Rule::MarkingContent, "§7.2.1", format_args!("a statement is required"));
        }
        self.tlp_instance(kind);
        let id = text("id").unwrap_or_default();
        for (index, mark) in
            root.get("object_marking_refs").and_then(Node::as_array).unwrap_or_default().iter().enumerate()
        {
            if mark.as_str() == Some(id) {
                self.path.extend([Step::Key("object_marking_refs"), Step::Index(index)]);
                self.report(Rule::MarkingCircular, "§7.2", format_args!("a marking definition must not mark itself"));
                self.path.truncate(self.path.len() - 2);
            }
        }
    }

    /// The nine instances are exactly what was published; nothing else looks like them.
    fn tlp_instance(&mut self, kind: Option<&str>) {
        let root: &'n Node<'a> = self.root;
        let text = |key| root.get(key).and_then(Node::as_str);
        let (id, name) = (text("id").unwrap_or_default(), text("name").unwrap_or_default());
        let extension = root.get("extensions").and_then(|extensions| extensions.get(TLP2_EXTENSION));
        let word = if extension.is_some() {
            extension.and_then(|extension| extension.get("tlp_2_0")).and_then(Node::as_str)
        } else {
            root.get("definition").and_then(|definition| definition.get("tlp")).and_then(Node::as_str)
        };
        let section = "§7.2.1";
        let Some(fixed) = INSTANCES.iter().find(|instance| instance.id.eq_ignore_ascii_case(id)) else {
            let named = INSTANCES.iter().any(|instance| instance.name.eq_ignore_ascii_case(name));
            if kind == Some("tlp") || extension.is_some() || named {
                let message =
                    format_args!("only the published marking definitions may be TLP, and this id is none of them");
                self.report_at("id", Rule::TlpInstance, section, message);
            }
            return;
        };
        let created = CREATED[usize::from(fixed.second)];
        let same_instant = text("created").and_then(|text| super::Timestamp::parse_stix(text).ok())
            == super::Timestamp::parse_stix(created).ok();
        let form = if fixed.second {
            kind.is_none() && extension.is_some()
        } else {
            kind == Some("tlp") && extension.is_none()
        };
        if word != Some(fixed.word) || name != fixed.name || !same_instant || !form {
            let shown = shortened(fixed.name);
            let message = format_args!("this id stands for {shown} and must carry exactly what was published for it");
            self.report(Rule::TlpInstance, section, message);
        }
    }

    /// §7.2.3
    pub(super) fn granular_markings(&mut self) {
        let root: &'n Node<'a> = self.root;
        let Some(list) = root.get("granular_markings") else { return };
        self.path.push(Step::Key("granular_markings"));
        match &list.value {
            Value::Array(items) if items.is_empty() => {
                self.report(Rule::EmptyList, "§2.12", format_args!("an empty list: leave it out"));
            }
            Value::Array(items) => {
                let mut budget = SELECTORS_MAX;
                for (index, item) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.granular_marking(item, &mut budget);
                    self.path.pop();
                }
            }
            _ => self.kind("§7.2.3", format_args!("a list of granular markings is required")),
        }
        self.path.pop();
    }

    fn granular_marking(&mut self, item: &'n Node<'a>, budget: &mut usize) {
        let section = "§7.2.3";
        if item.as_object().is_none() {
            return self.kind(section, format_args!("a granular marking is required"));
        }
        match (item.get("lang"), item.get("marking_ref")) {
            (Some(_), Some(_)) => {
                self.report(Rule::Exclusive, section, format_args!("lang and marking_ref exclude each other"));
            }
            (None, None) => {
                self.report(Rule::OneRequired, section, format_args!("one of lang and marking_ref is required"));
            }
            (Some(lang), None) => {
                self.path.push(Step::Key("lang"));
                self.value(&LANGUAGE, lang, section);
                self.path.pop();
            }
            (None, Some(mark)) => {
                self.path.push(Step::Key("marking_ref"));
                self.value(&MARKING_REF, mark, section);
                let own = self.root.get("type").and_then(Node::as_str) == Some("marking-definition");
                if own && mark.as_str() == self.root.get("id").and_then(Node::as_str) {
                    self.report(
                        Rule::MarkingCircular,
                        "§7.2",
                        format_args!("a marking definition must not mark itself"),
                    );
                }
                self.path.pop();
            }
        }
        let Some(selectors) = item.get("selectors") else {
            return self.report(
                Rule::PropertyMissing,
                section,
                format_args!("the required property selectors is absent"),
            );
        };
        self.path.push(Step::Key("selectors"));
        self.value(&SELECTORS, selectors, section);
        for (index, selector) in selectors.as_array().unwrap_or_default().iter().enumerate() {
            let Some(text) = selector.as_str() else { continue };
            self.path.push(Step::Index(index));
            if *budget == 0 {
                let message = format_args!("more than {SELECTORS_MAX} selectors in one object");
                self.report(Rule::SelectorForm, section, message);
                self.path.pop();
                break;
            }
            *budget -= 1;
            self.selector(text);
            self.path.pop();
        }
        self.path.pop();
    }

    fn selector(&mut self, text: &str) {
        let mut node: &Node<'_> = self.root;
        for component in text.split('.') {
            let found = match component.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(digits)
                    if !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
                {
                    let index: usize = digits.parse().unwrap_or(usize::MAX);
                    node.as_array().and_then(|items| items.get(index))
                }
                None if !component.is_empty()
                    && component.len() <= 250
                    && component.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) =>
                {
                    node.get(component)
                }
                _ => {
                    let message = format_args!("{:?} is not of the form name.name.[index]", shortened(text));
                    return self.report(Rule::SelectorForm, "§7.2.3", message);
                }
            };
            match found {
                Some(found) => node = found,
                None => {
                    let message = format_args!("{:?} selects nothing in this object", shortened(text));
                    return self.report(Rule::SelectorMissing, "§7.2.3", message);
                }
            }
        }
    }
}

static LANGUAGE: Kind = Kind::Form(Form::Language);
static MARKING_REF: Kind = Kind::Ref(&Targets::Only(&["marking-definition"]));
static SELECTORS: Kind = Kind::List(&Kind::Text);
