//! The specification's property tables, written as data. [`find`] gives the table of a type.

mod charsets;
mod extensions;
pub(super) mod kinds;
mod meta;
mod objects;
mod observables;
mod relationships;
pub(super) mod vocab;

pub(super) use charsets::is_charset;
pub(super) use extensions::{PREDEFINED, PREDEFINED_KINDS};
pub(super) use kinds::{
    Class, Constraint, EXTERNAL_REFERENCE, Form, Kind, Of, Property, Structure, Targets, Type, Vocabulary,
};
pub(super) use relationships::is_defined as is_defined_relationship;
pub(super) use vocab::{EXTENSION_TYPE, HASH_ALGORITHM};

/// The table of a type that STIX 2.1 defines.
pub(super) fn find(object_type: &str) -> Option<&'static Type> {
    // The most frequent types of a feed come first.
    objects::TYPES.iter().chain(observables::TYPES).chain(meta::TYPES).find(|row| row.name == object_type).copied()
}

/// Every type that STIX 2.1 defines, the bundle not included.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Type> {
    objects::TYPES.iter().chain(observables::TYPES).chain(meta::TYPES).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_every_type_of_the_standard_once() {
        let mut names: Vec<_> = all().map(|row| row.name).collect();
        assert_eq!(names.len(), 19 + 2 + 18 + 3);
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 42);
        assert!(all().all(|row| row.body.properties.len() <= 64), "the mask of seen properties has 64 bits");
    }

    #[test]
    fn constraints_name_properties_that_exist() {
        for row in all() {
            let has = |name: &str| row.body.properties.iter().any(|property| property.name == name);
            for constraint in row.body.constraints {
                let names: Vec<&str> = match constraint {
                    Constraint::OneOf(names) => names.to_vec(),
                    Constraint::Exclusive(a, b) | Constraint::Needs(a, b) => vec![a, b],
                    Constraint::Order { earlier, later, .. } => vec![earlier, later],
                    Constraint::AnyPropertyBut(name) => vec![name],
                    Constraint::AnyProperty => vec![],
                };
                assert!(names.iter().all(|name| has(name)), "{} {names:?}", row.name);
            }
            assert!(row.contributing.iter().all(|name| has(name) || *name == "extensions"), "{}", row.name);
        }
    }
}
