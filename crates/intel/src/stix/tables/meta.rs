//! Meta objects (STIX 2.1 §7) that have tables of their own, property by property.

use super::kinds::*;
use super::vocab;

/// All of them.
pub(super) static TYPES: &[&Type] = &[&LANGUAGE_CONTENT_TYPE, &MARKING_DEFINITION_TYPE, &EXTENSION_DEFINITION_TYPE];

static LANGUAGE_CONTENT_TYPE: Type = Type {
    name: "language-content",
    class: Class::LanguageContent,
    body: Structure {
        name: "language-content",
        section: "§7.1",
        properties: &[
            req("object_ref", Kind::Ref(&Targets::Translatable)),
            opt("object_modified", Kind::Time),
            req("contents", Kind::Dictionary(Of::Any)),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static MARKING_DEFINITION_TYPE: Type = Type {
    name: "marking-definition",
    class: Class::MarkingDefinition,
    body: Structure {
        name: "marking-definition",
        section: "§7.2.1",
        properties: &[
            opt("name", Kind::Text),
            opt("definition_type", Kind::Open(&vocab::MARKING_TYPE)),
            opt("definition", Kind::Dictionary(Of::Any)),
        ],
        constraints: &[
            Constraint::Needs("definition", "definition_type"),
            Constraint::Needs("definition_type", "definition"),
        ],
    },
    contributing: &[],
    extensions: &[],
};

static EXTENSION_DEFINITION_TYPE: Type = Type {
    name: "extension-definition",
    class: Class::ExtensionDefinition,
    body: Structure {
        name: "extension-definition",
        section: "§7.3",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            req("schema", Kind::Text),
            req("version", Kind::Text),
            req("extension_types", Kind::List(&Kind::Closed(&vocab::EXTENSION_TYPE))),
            opt("extension_properties", Kind::List(&Kind::Form(Form::PropertyName))),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};
