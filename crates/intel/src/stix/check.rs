//! The walk over one object: every property against its table, then what holds between properties.
//!
//! Nothing is allocated on the way of a valid object but the stack of the pointer.

use super::issue::shortened;
use super::tables::{self, Class, Constraint, Form, Kind, Of, Property, Structure, Targets, Type, Vocabulary};
use super::timestamp::fraction_digits;
use super::{Consent, Identifier, Issue, Level, Policy, Rule, Severity, Timestamp, TimestampError, forms, identifier};
use crate::json::{Member, Node, Value, push_token};
use std::fmt;

pub(super) fn check(root: &Node<'_>, level: Level, policy: &Policy) -> Vec<Issue> {
    let mut check = Check::new(root, level, policy);
    check.object();
    check.issues
}

/// One step of a pointer.
#[derive(Clone, Copy)]
pub(super) enum Step<'n> {
    Key(&'n str),
    Index(usize),
}

/// The state of one walk.
pub(super) struct Check<'n, 'a> {
    pub(super) root: &'n Node<'a>,
    pub(super) level: Level,
    pub(super) policy: &'n Policy,
    pub(super) path: Vec<Step<'n>>,
    pub(super) issues: Vec<Issue>,
    /// How many issues of each severity were found.
    counts: [usize; 2],
    /// An extension of the object may define its top-level properties (§7.3).
    extended: bool,
}

impl<'n, 'a> Check<'n, 'a> {
    pub(super) fn new(root: &'n Node<'a>, level: Level, policy: &'n Policy) -> Self {
        Self { root, level, policy, path: Vec::with_capacity(8), issues: Vec::new(), counts: [0; 2], extended: false }
    }

    /// Reports a breach where the walk stands.
    pub(super) fn report(&mut self, rule: Rule, section: &'static str, message: fmt::Arguments<'_>) {
        let severity = rule.severity();
        if severity == Severity::Should && self.level != Level::Should {
            return;
        }
        let count = &mut self.counts[severity as usize];
        *count += 1;
        if *count > self.policy.issues_max {
            return;
        }
        let mut pointer = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) => push_token(&mut pointer, key),
                Step::Index(index) => push_token(&mut pointer, &index.to_string()),
            }
        }
        let object_id = self.root.get("id").and_then(Node::as_str).map(shortened);
        self.issues.push(Issue { severity, object_id, pointer, rule, section, message: message.to_string() });
    }

    /// Reports at one property below where the walk stands.
    pub(super) fn report_at(&mut self, key: &'n str, rule: Rule, section: &'static str, message: fmt::Arguments<'_>) {
        self.path.push(Step::Key(key));
        self.report(rule, section, message);
        self.path.pop();
    }

    fn object(&mut self) {
        let Some(members) = self.root.as_object() else {
            let kind = self.root.kind_name();
            return self.report(Rule::PropertyKind, "§3", format_args!("a STIX object is required, this is {kind}"));
        };
        let object_type = self.root.get("type").and_then(Node::as_str).unwrap_or_default();
        if object_type == "bundle" {
            let message = format_args!("a bundle is a container and no STIX object: give its objects");
            return self.report_at("type", Rule::TypeName, "§8", message);
        }
        let table = tables::find(object_type);
        let new = self.extension_kind();
        let class = table.map_or_else(|| custom_class(self.root, new), |table| table.class);
        self.extended = new.toplevel || new.class.is_some();
        let mut seen_common = 0_u32;
        let mut seen = 0_u64;
        for member in members {
            let key: &'n str = &member.key;
            self.path.push(Step::Key(key));
            if let Some(index) = COMMON.iter().position(|common| common.name == key) {
                seen_common |= 1 << index;
                self.common(&COMMON[index], class, &member.node);
            } else if let Some(index) = table.and_then(|table| position(table.body.properties, key)) {
                seen |= 1 << index;
                if let Some(table) = table {
                    self.value(&table.body.properties[index].kind, &member.node, table.body.section);
                }
            } else {
                self.custom_property(key, &member.node, table.is_none());
            }
            self.path.pop();
        }
        for (index, common) in COMMON.iter().enumerate() {
            if common.required & class.bit() != 0 && seen_common & (1 << index) == 0 {
                self.missing(common.name, "§3.2");
            }
        }
        match table {
            Some(table) => {
                self.required(&table.body, seen);
                self.constraints(&table.body, self.root, seen);
            }
            None if !object_type.is_empty() && new.class.is_none() => self.custom_object(object_type),
            None => {}
        }
        self.identity(object_type, table, class);
        self.order(self.root, "created", "modified", false, Rule::ModifiedBeforeCreated, "§3.6.1");
        self.extensions(table);
        self.granular_markings();
        self.rules_of_type(object_type, class);
    }

    /// A property that every object of a class has (§3.2).
    fn common(&mut self, common: &'static Common, class: Class, node: &'n Node<'a>) {
        if common.allowed & class.bit() == 0 {
            let message = format_args!("{} must not stand on an object of this type", common.name);
            self.report(Rule::PropertyForbidden, "§3.2", message);
        }
        self.value(&common.kind, node, "§3.2");
    }

    fn missing(&mut self, name: &str, section: &'static str) {
        self.report(Rule::PropertyMissing, section, format_args!("the required property {name} is absent"));
    }

    fn required(&mut self, structure: &'static Structure, seen: u64) {
        for (index, property) in structure.properties.iter().enumerate() {
            if property.required && seen & (1 << index) == 0 {
                self.missing(property.name, structure.section);
            }
        }
    }

    /// Checks one value against its kind.
    pub(super) fn value(&mut self, kind: &'static Kind, node: &'n Node<'a>, section: &'static str) {
        if matches!(node.value, Value::Null) {
            return self.report(Rule::NullValue, "§2", format_args!("null is no value: leave the property out"));
        }
        match (kind, &node.value) {
            (Kind::Text, Value::String(_)) | (Kind::Flag, Value::Bool(_)) => {}
            (Kind::Int { min, max }, Value::Number(text)) => match node.as_integer() {
                Some(value) if (*min..=*max).contains(&value) => {}
                Some(_) => {
                    self.report(Rule::NumberRange, section, format_args!("{text} is outside {min} to {max}"));
                }
                None => self.kind(section, format_args!("{text} is not written as an integer")),
            },
            (Kind::Real { min, max }, Value::Number(text)) => {
                if !node.as_number().is_some_and(|value| (*min..=*max).contains(&value)) {
                    self.report(Rule::NumberRange, section, format_args!("{text} is outside {min} to {max}"));
                }
            }
            (Kind::Time, Value::String(text)) => self.time(text, false),
            (Kind::TimeMillis, Value::String(text)) => self.time(text, true),
            (Kind::Hex, Value::String(text)) => {
                if !forms::is_hex(text) {
                    self.report(Rule::HexForm, "§2.8", format_args!("not an even number of hexadecimal digits"));
                }
            }
            (Kind::Binary, Value::String(text)) => {
                if !forms::is_base64(text) {
                    self.report(Rule::BinaryForm, "§2.1", format_args!("not base64 (RFC 4648 §4)"));
                }
            }
            (Kind::Open(vocabulary), Value::String(text)) => self.open(vocabulary, text),
            (Kind::Closed(vocabulary), Value::String(text)) => {
                if !vocabulary.values.contains(&text.as_ref()) {
                    let (name, section) = (vocabulary.name, vocabulary.section);
                    self.report(Rule::EnumValue, section, format_args!("{:?} is not in {name}", shortened(text)));
                }
            }
            (Kind::Ref(targets), Value::String(text)) => self.reference(targets, text, section),
            (Kind::Form(form), Value::String(text)) => self.form(*form, text, section),
            (Kind::Hashes, Value::Object(members)) => self.hashes(members),
            (Kind::Dictionary(of), Value::Object(members)) => self.dictionary(*of, members, section),
            (Kind::List(of), Value::Array(items)) => {
                if items.is_empty() {
                    return self.report(Rule::EmptyList, "§2.12", format_args!("an empty list: leave it out"));
                }
                for (index, item) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.value(of, item, section);
                    self.path.pop();
                }
            }
            (Kind::Struct(structure), Value::Object(members)) => self.structure(structure, node, members),
            (Kind::Container, Value::Object(members)) => self.container(members),
            (Kind::Reserved, _) => {
                self.report(Rule::PropertyReserved, section, format_args!("this name is reserved"));
            }
            (Kind::Own, _) => {}
            (kind, _) => {
                let (asked, found) = (asked(kind), node.kind_name());
                self.kind(section, format_args!("{asked} is required, this is {found}"));
            }
        }
    }

    pub(super) fn kind(&mut self, section: &'static str, message: fmt::Arguments<'_>) {
        self.report(Rule::PropertyKind, section, message);
    }

    fn time(&mut self, text: &str, millis: bool) {
        match Timestamp::parse_stix(text) {
            Ok(_) if millis && fraction_digits(text) < 3 => {
                let message = format_args!("{text:?} has fewer than three digits after the second");
                self.report(Rule::TimestampPrecision, "§3.2", message);
            }
            Ok(_) => {}
            Err(error) => {
                let rule = match error {
                    TimestampError::Calendar => Rule::TimestampCalendar,
                    _ => Rule::TimestampForm,
                };
                self.report(rule, "§2.16", format_args!("{:?}: {error}", shortened(text)));
            }
        }
    }

    fn open(&mut self, vocabulary: &Vocabulary, text: &str) {
        if self.level == Level::Should && !vocabulary.values.contains(&text) {
            let shown = shortened(text);
            let message = format_args!("{shown:?} is not in {}", vocabulary.name);
            self.report(Rule::VocabularyValue, vocabulary.section, message);
            self.lower_hyphens(text, "§2.14");
        }
    }

    /// Words of one's own are lowercase with hyphens.
    pub(super) fn lower_hyphens(&mut self, text: &str, section: &'static str) {
        if text.chars().any(|c| c.is_uppercase() || matches!(c, ' ' | '_')) {
            let message = format_args!("{:?} should be lowercase with hyphens", shortened(text));
            self.report(Rule::VocabularyForm, section, message);
        }
    }

    fn reference(&mut self, targets: &Targets, text: &str, section: &'static str) {
        match Identifier::parse(text) {
            None => {
                let message = format_args!("{:?} is not <type>--<UUID>", shortened(text));
                self.report(Rule::IdForm, "§2.9", message);
            }
            Some(id) if !allows(targets, id.object_type()) => {
                let (shown, asked) = (shortened(id.object_type()), Asked(targets));
                self.report(Rule::ReferenceType, section, format_args!("{shown:?} must not stand here: {asked}"));
            }
            Some(_) => {}
        }
    }

    pub(super) fn form(&mut self, form: Form, text: &str, section: &'static str) {
        if let Some(asked) = forms::breach(form, text) {
            let rule = match form {
                Form::Language => Rule::LanguageTag,
                Form::PropertyName => Rule::PropertyName,
                // The standard asks for a registered type only "whenever feasible" (§6.1, §6.7).
                Form::Mime => Rule::Advice,
                _ => Rule::ValueForm,
            };
            self.report(rule, section, format_args!("{:?} is not {asked}", shortened(text)));
        }
    }

    fn structure(&mut self, structure: &'static Structure, node: &'n Node<'a>, members: &'n [Member<'a>]) {
        if members.is_empty() {
            return self.report(Rule::EmptyDictionary, "§2.3", format_args!("an empty object: leave it out"));
        }
        let mut seen = 0_u64;
        for member in members {
            self.path.push(Step::Key(&member.key));
            if let Some(index) = position(structure.properties, &member.key) {
                seen |= 1 << index;
                self.value(&structure.properties[index].kind, &member.node, structure.section);
            } else {
                self.custom_property(&member.key, &member.node, false);
            }
            self.path.pop();
        }
        self.required(structure, seen);
        self.constraints(structure, node, seen);
        if std::ptr::eq(structure, &raw const tables::EXTERNAL_REFERENCE) {
            self.external_reference(node);
        }
        if structure.name == "kill-chain-phase" && self.level == Level::Should {
            for key in ["kill_chain_name", "phase_name"] {
                if let Some(text) = node.get(key).and_then(Node::as_str) {
                    self.path.push(Step::Key(key));
                    self.lower_hyphens(text, "§2.11");
                    self.path.pop();
                }
            }
        }
    }

    fn constraints(&mut self, structure: &'static Structure, node: &'n Node<'a>, seen: u64) {
        let section = structure.section;
        let has = |name: &str| position(structure.properties, name).is_some_and(|index| seen & (1 << index) != 0);
        for constraint in structure.constraints {
            match constraint {
                Constraint::OneOf(names) => {
                    if !names.iter().any(|name| has(name)) {
                        let names = names.join(", ");
                        self.report(Rule::OneRequired, section, format_args!("at least one of {names} is required"));
                    }
                }
                Constraint::Exclusive(a, b) => {
                    if has(a) && has(b) {
                        self.report_at(b, Rule::Exclusive, section, format_args!("{a} and {b} exclude each other"));
                    }
                }
                Constraint::Needs(a, b) => {
                    if has(a) && !has(b) {
                        self.report_at(a, Rule::Dependency, section, format_args!("{a} needs {b}"));
                    }
                }
                Constraint::Order { earlier, later, strict } => {
                    self.order(node, earlier, later, *strict, Rule::TimeOrder, section);
                }
                Constraint::AnyProperty => {
                    if seen == 0 && node.get("extensions").is_none() {
                        let name = structure.name;
                        let message = format_args!("at least one property of {name} is required");
                        self.report(Rule::OneRequired, section, message);
                    }
                }
                Constraint::AnyPropertyBut(but) => {
                    let but_bit = position(structure.properties, but).map_or(0, |index| 1 << index);
                    if seen & !but_bit == 0 {
                        self.report(Rule::OneRequired, section, format_args!("a property besides {but} is required"));
                    }
                }
            }
        }
    }

    fn order(
        &mut self,
        node: &'n Node<'a>,
        earlier: &'static str,
        later: &'static str,
        strict: bool,
        rule: Rule,
        section: &'static str,
    ) {
        let time = |key| node.get(key).and_then(Node::as_str).and_then(|text| Timestamp::parse_stix(text).ok());
        if let (Some(first), Some(last)) = (time(earlier), time(later))
            && (last < first || (strict && last == first))
        {
            let relation = if strict { "must be later than" } else { "must not be earlier than" };
            self.report_at(later, rule, section, format_args!("{later} {relation} {earlier}"));
        }
    }

    fn hashes(&mut self, members: &'n [Member<'a>]) {
        if members.is_empty() {
            return self.report(Rule::EmptyDictionary, "§2.7", format_args!("empty hashes: leave them out"));
        }
        for member in members {
            let key: &'n str = &member.key;
            self.path.push(Step::Key(key));
            if !is_dictionary_key(key, 3) {
                self.report(Rule::HashKey, "§2.7", format_args!("3 to 250 of a-z, A-Z, 0-9, - and _ are required"));
            } else if !tables::HASH_ALGORITHM.values.contains(&key) {
                self.report(Rule::HashAlgorithm, "§10.7", format_args!("not in {}", tables::HASH_ALGORITHM.name));
            }
            match member.node.as_str() {
                Some(text) if !super::rules::is_hash_of(key, text) => {
                    self.report(Rule::HashValue, "§2.7", format_args!("not in the format of {}", shortened(key)));
                }
                Some(_) => {}
                None => {
                    let found = member.node.kind_name();
                    self.kind("§2.7", format_args!("a string is required, this is {found}"));
                }
            }
            self.path.pop();
        }
        if !members.iter().any(|member| member.key == "SHA-256") {
            self.report(Rule::HashSha256, "§2.7", format_args!("a SHA-256 hash should be given"));
        }
    }

    fn dictionary(&mut self, of: Of, members: &'n [Member<'a>], section: &'static str) {
        if members.is_empty() {
            return self.report(Rule::EmptyDictionary, "§2.3", format_args!("an empty dictionary: leave it out"));
        }
        for member in members {
            self.path.push(Step::Key(&member.key));
            self.dictionary_key(&member.key);
            let node = &member.node;
            let fits = match of {
                Of::Any => true,
                Of::Text => node.as_str().is_some(),
                Of::Int => node.as_integer().is_some(),
                Of::TextOrInt => node.as_str().is_some() || node.as_integer().is_some(),
                Of::Texts => node.as_array().is_some_and(|items| items.iter().all(|item| item.as_str().is_some())),
            };
            if !fits {
                let asked = match of {
                    Of::Text => "a string",
                    Of::Int => "an integer",
                    Of::TextOrInt => "a string or an integer",
                    _ => "a list of strings",
                };
                let found = node.kind_name();
                self.kind(section, format_args!("{asked} is required, this is {found}"));
            }
            self.plain(node);
            self.path.pop();
        }
    }

    fn dictionary_key(&mut self, key: &str) {
        if !is_dictionary_key(key, 1) {
            self.report(Rule::DictionaryKey, "§2.3", format_args!("1 to 250 of a-z, A-Z, 0-9, - and _ are required"));
        } else if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.report(Rule::DictionaryKeyCase, "§2.3", format_args!("dictionary keys should be lowercase"));
        }
    }

    /// What holds for every value, whatever its property is: no null, nothing empty.
    pub(super) fn plain(&mut self, node: &'n Node<'a>) {
        match &node.value {
            Value::Null => self.report(Rule::NullValue, "§2", format_args!("null is no value: leave the property out")),
            Value::Array(items) => {
                if items.is_empty() {
                    self.report(Rule::EmptyList, "§2.12", format_args!("an empty list: leave it out"));
                }
                for (index, item) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.plain(item);
                    self.path.pop();
                }
            }
            Value::Object(members) => {
                if members.is_empty() {
                    self.report(Rule::EmptyDictionary, "§2.3", format_args!("an empty object: leave it out"));
                }
                for member in members {
                    self.path.push(Step::Key(&member.key));
                    self.plain(&member.node);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    /// A property that no table names (§7.3, §11.1).
    fn custom_property(&mut self, key: &'n str, node: &'n Node<'a>, custom_type: bool) {
        if RESERVED.contains(&key) {
            self.report(Rule::PropertyReserved, "§3.8", format_args!("this name is reserved"));
        } else if !identifier::is_property_name(key) {
            let message = format_args!("a property name is 3 to 250 of a-z, 0-9 and _, a letter first");
            self.report(Rule::PropertyName, "§3.1", message);
        } else if !custom_type && !self.extended {
            if self.policy.custom_properties == Consent::Refuse {
                let message = format_args!("STIX 2.1 does not define this property, and custom properties are refused");
                self.report(Rule::CustomProperty, "§11.1", message);
            } else if !key.starts_with("x_") {
                let message = format_args!("a property of one's own should begin with x_ or come with an extension");
                self.report(Rule::CustomPropertyName, "§11.1.1", message);
            }
        }
        match node.as_str() {
            Some(text) if key.ends_with("_hex") && !forms::is_hex(text) => {
                self.report(Rule::HexForm, "§2.8", format_args!("the name promises hexadecimal digits"));
            }
            Some(text) if key.ends_with("_bin") && !forms::is_base64(text) => {
                self.report(Rule::BinaryForm, "§2.1", format_args!("the name promises base64"));
            }
            _ => self.plain(node),
        }
    }

    fn custom_object(&mut self, object_type: &str) {
        if self.policy.custom_objects == Consent::Refuse {
            let message = format_args!("STIX 2.1 does not define this type, and custom objects are refused");
            self.report_at("type", Rule::CustomObject, "§11.2", message);
        } else if !object_type.starts_with("x-") {
            let message = format_args!("a type of one's own should begin with x- or come with an extension");
            self.report_at("type", Rule::CustomObjectName, "§11.2.1", message);
        }
    }

    /// The deprecated container: what is in it is only checked to be non-empty and typed.
    fn container(&mut self, members: &'n [Member<'a>]) {
        self.report(Rule::Deprecated, "§2.13", format_args!("the container of observables is deprecated"));
        if members.is_empty() {
            self.report(Rule::EmptyDictionary, "§2.13", format_args!("an empty container: leave it out"));
        }
        for member in members {
            self.path.push(Step::Key(&member.key));
            if member.node.get("type").and_then(Node::as_str).is_none() {
                self.kind("§2.13", format_args!("an observable with a type is required"));
            }
            self.plain(&member.node);
            self.path.pop();
        }
    }

    /// `type`, `spec_version` and `id`, and which UUID this class asks for.
    fn identity(&mut self, object_type: &'n str, table: Option<&'static Type>, class: Class) {
        if let Some(node) = self.root.get("type") {
            if node.as_str().is_none() {
                let found = node.kind_name();
                let message = format_args!("a string is required, this is {found}");
                self.report_at("type", Rule::PropertyKind, "§3.2", message);
            } else if table.is_none() && !identifier::is_type_name(object_type) {
                let message = format_args!("a type name is 3 to 250 of a-z, 0-9 and -, a letter first, without --");
                self.report_at("type", Rule::TypeName, "§3.1", message);
            }
        }
        if let Some(node) = self.root.get("spec_version")
            && node.as_str() != Some("2.1")
        {
            self.report_at("spec_version", Rule::SpecVersion, "§3.2", format_args!("\"2.1\" is required"));
        }
        let Some(node) = self.root.get("id") else { return };
        let Some(text) = node.as_str() else {
            let found = node.kind_name();
            return self.report_at(
                "id",
                Rule::PropertyKind,
                "§3.2",
                format_args!("a string is required, this is {found}"),
            );
        };
        let Some(id) = Identifier::parse(text) else {
            let message = format_args!("{:?} is not <type>--<UUID>", shortened(text));
            return self.report_at("id", Rule::IdForm, "§2.9", message);
        };
        if id.object_type() != object_type {
            let shown = shortened(object_type);
            let message = format_args!("the id must begin with the type, {shown:?}");
            return self.report_at("id", Rule::IdPrefix, "§2.9", message);
        }
        self.uuid(id, table, class);
    }
}

fn position(properties: &[Property], key: &str) -> Option<usize> {
    properties.iter().position(|property| property.name == key)
}

fn is_dictionary_key(key: &str, min: usize) -> bool {
    (min..=250).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn asked(kind: &Kind) -> &'static str {
    match kind {
        Kind::Flag => "a boolean",
        Kind::Int { .. } => "an integer",
        Kind::Real { .. } => "a number",
        Kind::Hashes | Kind::Dictionary(_) | Kind::Struct(_) | Kind::Container => "an object",
        Kind::List(_) => "a list",
        Kind::Time | Kind::TimeMillis => "a timestamp",
        _ => "a string",
    }
}

/// What the extensions of an object say about the object itself.
#[derive(Clone, Copy, Default)]
struct Extends {
    /// One of them makes a new type of this class.
    class: Option<Class>,
    /// One of them adds top-level properties.
    toplevel: bool,
}

impl Check<'_, '_> {
    fn extension_kind(&self) -> Extends {
        let mut extends = Extends::default();
        for member in self.root.get("extensions").and_then(Node::as_object).unwrap_or_default() {
            match member.node.get("extension_type").and_then(Node::as_str) {
                Some("new-sdo") => extends.class = Some(Class::Sdo),
                Some("new-sro") => extends.class = Some(Class::Sro),
                Some("new-sco") => extends.class = Some(Class::Sco),
                Some("toplevel-property-extension") => extends.toplevel = true,
                _ => {}
            }
        }
        extends
    }
}

/// A custom type without an extension that says so is an observable if it has neither `created` nor `modified`.
fn custom_class(root: &Node<'_>, new: Extends) -> Class {
    let versioned = || root.get("created").is_some() || root.get("modified").is_some();
    new.class.unwrap_or_else(|| if versioned() { Class::Sdo } else { Class::Sco })
}

fn allows(targets: &Targets, object_type: &str) -> bool {
    let class = || tables::find(object_type).map(|row| row.class);
    match targets {
        Targets::Only(types) => types.contains(&object_type),
        _ if object_type == "bundle" => false,
        Targets::Any => true,
        Targets::Translatable => object_type != "language-content",
        // A type that no table names may be of either family.
        Targets::Sdo => matches!(class(), None | Some(Class::Sdo)),
        Targets::Sco => matches!(class(), None | Some(Class::Sco)),
        Targets::SdoOrSco => matches!(class(), None | Some(Class::Sdo | Class::Sco)),
        Targets::ScoOrSro => matches!(class(), None | Some(Class::Sco | Class::Sro)),
    }
}

/// Says what a reference may name.
struct Asked<'t>(&'t Targets);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Targets::Any => f.write_str("a STIX object is required"),
            Targets::Only(types) => write!(f, "{} is required", types.join(" or ")),
            Targets::Sdo => f.write_str("a domain object is required"),
            Targets::SdoOrSco => f.write_str("a domain object or an observable is required"),
            Targets::Sco => f.write_str("an observable is required"),
            Targets::ScoOrSro => f.write_str("an observable or a relationship is required"),
            Targets::Translatable => f.write_str("an object that can be translated is required"),
        }
    }
}

/// One common property: where it may stand, where it must.
struct Common {
    name: &'static str,
    kind: Kind,
    allowed: u8,
    required: u8,
}

const SDO: u8 = Class::Sdo.bit() | Class::Sro.bit();
const SCO: u8 = Class::Sco.bit();
const LANGUAGE: u8 = Class::LanguageContent.bit();
const MARKING: u8 = Class::MarkingDefinition.bit();
const EXTENSION: u8 = Class::ExtensionDefinition.bit();
const ALL: u8 = SDO | SCO | LANGUAGE | MARKING | EXTENSION;

const fn common(name: &'static str, kind: Kind, allowed: u8, required: u8) -> Common {
    Common { name, kind, allowed, required }
}

/// The table of §3.2 and those of §7.1.1, §7.2.1 and §7.3.1.
static COMMON: [Common; 16] = [
    common("type", Kind::Own, ALL, ALL),
    common("id", Kind::Own, ALL, ALL),
    common("spec_version", Kind::Own, ALL, ALL & !SCO),
    common("created", Kind::TimeMillis, ALL & !SCO, ALL & !SCO),
    common("modified", Kind::TimeMillis, SDO | LANGUAGE | EXTENSION, SDO | LANGUAGE | EXTENSION),
    common("created_by_ref", Kind::Ref(&Targets::Only(&["identity"])), ALL & !SCO, EXTENSION),
    common("revoked", Kind::Flag, SDO | LANGUAGE | EXTENSION, 0),
    common("labels", Kind::List(&Kind::Text), SDO | LANGUAGE | EXTENSION, 0),
    common("confidence", Kind::Int { min: 0, max: 100 }, SDO | LANGUAGE, 0),
    common("lang", Kind::Form(Form::Language), SDO, 0),
    common("external_references", Kind::List(&Kind::Struct(&tables::EXTERNAL_REFERENCE)), ALL & !SCO, 0),
    common("object_marking_refs", Kind::List(&Kind::Ref(&Targets::Only(&["marking-definition"]))), ALL, 0),
    common("granular_markings", Kind::Own, ALL, 0),
    common("defanged", Kind::Flag, SCO, 0),
    common("extensions", Kind::Own, ALL & !EXTENSION, 0),
    // §3.8; `severity`, `username` and `phone_number` are found with the custom properties.
    common("action", Kind::Reserved, ALL, 0),
];

/// Names that no property may have (§3.8). `phone_numbers` is what the standard of 2021 said.
const RESERVED: &[&str] = &["severity", "username", "phone_number", "phone_numbers", "action"];
