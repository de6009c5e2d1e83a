//! Languages: one Fluent file for each, numbers in the language's own digits, direction of the page.
//!
//! Every sentence is one message; no sentence is glued from pieces. Placeables are isolated (U+2068 … U+2069), so that a
//! Latin name inside a Persian sentence does not turn its order. The test of this module reads the sources: every key
//! that is used exists in all files with the same variables, and every key in a file is used.

mod dates;
mod fold;

pub(crate) use dates::Zone;
pub(crate) use fold::fold;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::OnceLock;

/// A language of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// Persian, from right to left.
    Persian,
    /// Russian.
    Russian,
}

const SOURCES: [&str; 3] =
    [include_str!("../../i18n/en.ftl"), include_str!("../../i18n/fa.ftl"), include_str!("../../i18n/ru.ftl")];

type Bundle = FluentBundle<FluentResource>;

impl Language {
    /// Every language, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::English, Self::Persian, Self::Russian];

    /// BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Persian => "fa",
            Self::Russian => "ru",
        }
    }

    /// Its own name for itself.
    pub(crate) const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Persian => "فارسی",
            Self::Russian => "Русский",
        }
    }

    /// Reads a tag.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The first language of an `Accept-Language` header that the console has.
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        header.split(',').find_map(|part| {
            let tag = part.split(';').next().unwrap_or_default().trim();
            Self::parse(tag.split('-').next().unwrap_or_default())
        })
    }

    /// `ltr` or `rtl`.
    pub(crate) const fn direction(self) -> &'static str {
        match self {
            Self::Persian => "rtl",
            Self::English | Self::Russian => "ltr",
        }
    }

    fn bundle(self) -> &'static Bundle {
        static BUNDLES: OnceLock<[Bundle; 3]> = OnceLock::new();
        let index = Self::ALL.iter().position(|language| *language == self).unwrap_or_default();
        &BUNDLES.get_or_init(|| std::array::from_fn(|index| bundle(Self::ALL[index], SOURCES[index])))[index]
    }

    /// The message of a key.
    pub(crate) fn text(self, key: &str, arguments: &[(&'static str, Argument)]) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            // The test of this module lets no such key pass; a reader still sees what was meant.
            return key.to_owned();
        };
        let mut values = FluentArgs::with_capacity(arguments.len());
        for (name, value) in arguments {
            match value {
                Argument::Text(text) => values.set(*name, FluentValue::from(text.as_str())),
                Argument::Number(number) => values.set(*name, FluentValue::from(*number)),
            }
        }
        bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned()
    }

    /// The digits of a text in the language's own shapes.
    pub(crate) fn digits(self, text: &str) -> String {
        match self {
            Self::Persian => text.chars().map(persian_digit).collect(),
            Self::English | Self::Russian => text.to_owned(),
        }
    }
}

fn persian_digit(c: char) -> char {
    match c {
        '0'..='9' => char::from_u32(u32::from(c) - u32::from('0') + 0x06f0).unwrap_or(c),
        _ => c,
    }
}

fn bundle(language: Language, source: &str) -> Bundle {
    let locale = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    if language == Language::Persian {
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) => Some(number.as_string().chars().map(persian_digit).collect()),
            _ => None,
        }));
    }
    // A damaged line would lose that message alone; the test refuses any.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
    // Keys that stand twice: the test refuses them as well.
    let _ = bundle.add_resource(resource);
    bundle
}

/// A value in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A text.
    Text(String),
    /// A number: chooses the plural form, and is written in the language's digits.
    Number(i64),
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<u64> for Argument {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Argument {
    fn from(number: usize) -> Self {
        Self::from(number as u64)
    }
}

#[cfg(test)]
mod tests;
