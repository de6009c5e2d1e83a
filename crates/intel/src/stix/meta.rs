//! Extensions (STIX 2.1 §7.3), extension definitions and language content (§7.1).

use super::check::{Check, Step};
use super::issue::shortened;
use super::tables::{self, Form, Kind, Type};
use super::{Identifier, Issue, Object, Rule, Timestamp, forms, identifier};
use crate::json::{Node, Value, push_token};

impl<'n, 'a> Check<'n, 'a> {
    /// §3.2 `extensions`, §7.3
    pub(super) fn extensions(&mut self, table: Option<&'static Type>) {
        let root: &'n Node<'a> = self.root;
        let Some(extensions) = root.get("extensions") else { return };
        self.path.push(Step::Key("extensions"));
        match &extensions.value {
            Value::Object(members) if members.is_empty() => {
                self.report(Rule::EmptyDictionary, "§2.3", format_args!("an empty dictionary: leave it out"));
            }
            Value::Object(members) => {
                for member in members {
                    self.path.push(Step::Key(&member.key));
                    self.extension(&member.key, &member.node, table);
                    self.path.pop();
                }
            }
            Value::Null => self.report(Rule::NullValue, "§2", format_args!("null is no value: leave the property out")),
            _ => self.kind("§3.2", format_args!("a dictionary of extensions is required")),
        }
        self.path.pop();
    }

    fn extension(&mut self, key: &'n str, node: &'n Node<'a>, table: Option<&'static Type>) {
        let Some(members) = node.as_object() else {
            let found = node.kind_name();
            return self.kind("§3.2", format_args!("an object is required, this is {found}"));
        };
        if let Some((_, structure)) = table.and_then(|row| row.extensions.iter().find(|(name, _)| *name == key)) {
            return self.value(predefined(structure), node, structure.section);
        }
        if members.is_empty() {
            return self.report(Rule::EmptyDictionary, "§2.3", format_args!("an empty extension: leave it out"));
        }
        if let (Some(_), Some((_, owner))) = (table, tables::PREDEFINED.iter().find(|(name, _)| *name == key)) {
            self.report(Rule::ExtensionMisplaced, "§3.10", format_args!("this extension belongs to {owner}"));
        }
        let defined = Identifier::parse(key).is_some_and(|id| id.object_type() == "extension-definition");
        let named = identifier::is_type_name(key) && key.ends_with("-ext");
        if !defined && !named {
            let message = format_args!("an extension is named by the id of its definition, or ends with -ext");
            self.report(Rule::ExtensionName, "§11.3.1", message);
        } else if !defined {
            let message = format_args!("neither the id of an extension definition nor a predefined extension");
            self.report(Rule::ExtensionKey, "§3.2", message);
        }
        match node.get("extension_type").map(Node::as_str) {
            Some(Some(kind)) if tables::EXTENSION_TYPE.values.contains(&kind) => {}
            Some(_) => {
                let message = format_args!("not in {}", tables::EXTENSION_TYPE.name);
                self.report_at("extension_type", Rule::ExtensionType, "§10.5", message);
            }
            None if defined => {
                self.report(Rule::ExtensionType, "§3.2", format_args!("extension_type is required in an extension"));
            }
            None => {}
        }
        for member in members {
            self.path.push(Step::Key(&member.key));
            if !identifier::is_property_name(&member.key) {
                self.form(Form::PropertyName, &member.key, "§7.3.2");
            }
            self.plain(&member.node);
            self.path.pop();
        }
    }

    /// §7.3.1
    pub(super) fn extension_definition(&mut self) {
        let root: &'n Node<'a> = self.root;
        let types = root.get("extension_types").and_then(Node::as_array).unwrap_or_default();
        let toplevel = types.iter().any(|kind| kind.as_str() == Some("toplevel-property-extension"));
        let names = root.get("extension_properties").is_some();
        if names && !toplevel {
            let message = format_args!("extension_properties needs the type toplevel-property-extension");
            self.report_at("extension_properties", Rule::Dependency, "§7.3", message);
        }
        if toplevel && !names {
            self.report(Rule::Advice, "§7.3", format_args!("extension_properties should name the new properties"));
        }
        if root.get("description").is_none() {
            self.report(Rule::Advice, "§7.3", format_args!("description should be given"));
        }
    }

    /// §7.1: keys are language tags; values mirror properties.
    pub(super) fn language_content(&mut self) {
        let root: &'n Node<'a> = self.root;
        let contents = root.get("contents").and_then(Node::as_object).unwrap_or_default();
        self.path.push(Step::Key("contents"));
        for member in contents {
            self.path.push(Step::Key(&member.key));
            if !forms::is_language_tag(&member.key) {
                self.report(Rule::LanguageTag, "§7.1", format_args!("not a well-formed language tag (RFC 5646)"));
            }
            match member.node.as_object() {
                Some(properties) => {
                    for property in properties {
                        self.path.push(Step::Key(&property.key));
                        if !identifier::is_property_name(&property.key) {
                            self.form(Form::PropertyName, &property.key, "§7.1");
                        }
                        self.path.pop();
                    }
                }
                None => {
                    let found = member.node.kind_name();
                    self.kind(
                        "§7.1",
                        format_args!("a dictionary of translated properties is required, this is {found}"),
                    );
                }
            }
            self.path.pop();
        }
        self.path.pop();
    }
}

/// The kind that checks a predefined extension.
fn predefined(structure: &'static tables::Structure) -> &'static Kind {
    tables::PREDEFINED_KINDS
        .iter()
        .find(|kind| matches!(kind, Kind::Struct(other) if std::ptr::eq(*other, structure)))
        .unwrap_or(&Kind::Own)
}

impl Object<'_> {
    /// Checks a `language-content` object against the object that it translates (§7.1): `object_modified` is the target's
    /// `modified`, and every translation mirrors the property: a text a text, a list a list of the same length, an object an
    /// object. Keys that the target does not have are ignored, as the standard asks. Empty for any other pair of objects.
    #[must_use]
    pub fn check_translation(&self, target: &Object<'_>) -> Vec<Issue> {
        let mut issues = Vec::new();
        let named = self.root.get("object_ref").and_then(Node::as_str);
        if self.object_type() != Some("language-content") || named.is_none() || named != target.id() {
            return issues;
        }
        let mut report = |rule: Rule, pointer: String, message: String| {
            let object_id = self.id().map(shortened);
            issues.push(Issue { severity: rule.severity(), object_id, pointer, rule, section: "§7.1", message });
        };
        let time =
            |node: Option<&Node<'_>>| node.and_then(Node::as_str).and_then(|text| Timestamp::parse_stix(text).ok());
        if let Some(stated) = time(self.root.get("object_modified"))
            && time(target.root.get("modified")) != Some(stated)
        {
            let message = "object_modified is not the modified of the target at hand".to_owned();
            report(Rule::LanguageTarget, "/object_modified".to_owned(), message);
        }
        for language in self.root.get("contents").and_then(Node::as_object).unwrap_or_default() {
            for property in language.node.as_object().unwrap_or_default() {
                if let Some(original) = target.root.get(&property.key) {
                    let mut pointer = "/contents".to_owned();
                    push_token(&mut pointer, &language.key);
                    push_token(&mut pointer, &property.key);
                    mirror(original, &property.node, &mut pointer, &mut report);
                }
            }
        }
        issues
    }
}

/// Compares shapes; the reader has bounded the depth.
fn mirror(
    original: &Node<'_>,
    translation: &Node<'_>,
    pointer: &mut String,
    report: &mut impl FnMut(Rule, String, String),
) {
    match (&original.value, &translation.value) {
        (Value::String(_), Value::String(_)) => {}
        (Value::Array(originals), Value::Array(translations)) => {
            if originals.len() != translations.len() {
                let message = format!("{} elements translate {}", translations.len(), originals.len());
                return report(Rule::LanguageMirror, pointer.clone(), message);
            }
            for (index, (original, translation)) in originals.iter().zip(translations).enumerate() {
                // An empty string says that this element is not translated.
                if translation.as_str() != Some("") {
                    let length = pointer.len();
                    push_token(pointer, &index.to_string());
                    mirror(original, translation, pointer, report);
                    pointer.truncate(length);
                }
            }
        }
        (Value::Object(_), Value::Object(members)) => {
            for member in members {
                if let Some(original) = original.get(&member.key) {
                    let length = pointer.len();
                    push_token(pointer, &member.key);
                    mirror(original, &member.node, pointer, report);
                    pointer.truncate(length);
                }
            }
        }
        // What is neither text nor holds text cannot be translated, and is ignored.
        (Value::Null | Value::Bool(_) | Value::Number(_), _) => {}
        _ => {
            let message = format!("{} translates {}", translation.kind_name(), original.kind_name());
            report(Rule::LanguageMirror, pointer.clone(), message);
        }
    }
}
