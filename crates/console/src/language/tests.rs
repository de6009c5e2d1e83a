//! All languages say the same things, and nothing is said that no page uses.

use super::*;
use crate::words;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::collections::{BTreeMap, BTreeSet};

type Variables = BTreeMap<String, BTreeSet<String>>;

fn messages(language: Language) -> Variables {
    let source = SOURCES[Language::ALL.iter().position(|l| *l == language).unwrap()];
    let resource =
        fluent_syntax::parser::parse(source).unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
    let mut found = Variables::new();
    for entry in resource.body {
        if let Entry::Message(message) = entry {
            let mut variables = BTreeSet::new();
            if let Some(pattern) = &message.value {
                collect(pattern, &mut variables);
            }
            assert!(message.attributes.is_empty(), "{}: attributes are not used", message.id.name);
            let twice = found.insert(message.id.name.to_owned(), variables);
            assert!(twice.is_none(), "{language:?}: {} stands twice", message.id.name);
        }
    }
    found
}

fn collect(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            match expression {
                Expression::Inline(inline) => of_inline(inline, variables),
                Expression::Select { selector, variants } => {
                    of_inline(selector, variables);
                    for variant in variants {
                        collect(&variant.value, variables);
                    }
                }
            }
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, variables: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => drop(variables.insert(id.name.to_owned())),
        InlineExpression::Placeable { expression } => {
            if let Expression::Inline(inner) = &**expression {
                of_inline(inner, variables);
            }
        }
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        other => panic!("an expression that the console does not use: {other:?}"),
    }
}

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &std::path::Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// Every string literal of the sources that has the shape of a key.
fn literals() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in sources() {
        for part in text.split('"').skip(1) {
            let shape = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !part.is_empty() && part.chars().all(shape) {
                found.insert(part.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_language_has_the_same_keys_with_the_same_variables() {
    let english = messages(Language::English);
    for language in [Language::Persian, Language::Russian] {
        let other = messages(language);
        let keys = |m: &Variables| m.keys().cloned().collect::<BTreeSet<_>>();
        let missing: Vec<_> = keys(&english).difference(&keys(&other)).cloned().collect();
        let more: Vec<_> = keys(&other).difference(&keys(&english)).cloned().collect();
        assert!(missing.is_empty() && more.is_empty(), "{language:?}: missing {missing:?}, not in English {more:?}");
        for (key, variables) in &english {
            assert_eq!(variables, &other[key], "{language:?}: {key}");
        }
    }
}

#[test]
fn every_key_is_used_and_every_used_key_exists() {
    let keys: BTreeSet<String> = messages(Language::English).into_keys().collect();
    let families: BTreeSet<String> = words::families().into_iter().collect();
    let literals = literals();
    let missing: Vec<_> = families.difference(&keys).collect();
    assert!(missing.is_empty(), "families name keys that do not exist: {missing:?}");
    let unused: Vec<_> = keys.iter().filter(|k| !families.contains(*k) && !literals.contains(*k)).collect();
    assert!(unused.is_empty(), "no page uses {unused:?}");
    for (path, text) in sources() {
        for call in [".t(\"", ".ta(\"", ".problem(\"", ".note(\""] {
            for used in text.split(call).skip(1) {
                let key = used.split('"').next().unwrap();
                assert!(keys.contains(key), "{path}: {key} does not exist");
            }
        }
    }
}

#[test]
fn every_message_can_be_written_in_every_language() {
    for language in Language::ALL {
        for (key, variables) in messages(language) {
            let bundle = language.bundle();
            let pattern = bundle.get_message(&key).unwrap().value().unwrap();
            let mut arguments = FluentArgs::new();
            for name in &variables {
                arguments.set(name.clone(), FluentValue::from(5));
            }
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
            assert!(errors.is_empty() && !text.is_empty(), "{language:?}: {key}: {errors:?}");
        }
    }
}

#[test]
fn numbers_have_the_plural_forms_and_digits_of_the_language() {
    let text = |language: Language, n: u64| {
        language.text("count-open", &[("count", n.into())]).replace(['\u{2068}', '\u{2069}'], "")
    };
    assert_eq!(text(Language::English, 1), "1 warning waits for an answer");
    assert_eq!(text(Language::English, 2), "2 warnings wait for an answer");
    assert_eq!(text(Language::Russian, 1), "1 предупреждение ждёт ответа");
    assert_eq!(text(Language::Russian, 3), "3 предупреждения ждут ответа");
    assert_eq!(text(Language::Russian, 11), "11 предупреждений ждут ответа");
    assert_eq!(text(Language::Russian, 21), "21 предупреждение ждёт ответа");
    assert_eq!(text(Language::Persian, 12), "۱۲ هشدار در انتظار پاسخ است");
}

#[test]
fn an_accept_language_header_finds_the_first_language_that_is_there() {
    assert_eq!(Language::accepted("de, fa-IR;q=0.9, en"), Some(Language::Persian));
    assert_eq!(Language::accepted("ru-RU,ru;q=0.9,en;q=0.8"), Some(Language::Russian));
    assert_eq!(Language::accepted("de"), None);
}
