//! Deterministic identifiers of observables (STIX 2.1 §2.9, §3.4): a UUIDv5 (RFC 4122 §4.3) of the RFC 8785 form of the
//! properties that contribute, in the namespace [`OBSERVABLE_NAMESPACE`].

use super::check::Check;
use super::identifier::Uuid;
use super::tables::{self, Class, Type};
use super::{Identifier, Level, OBSERVABLE_NAMESPACE, Rule};
use crate::json::{Node, Span, Value, canonical_object};
use sha1::{Digest, Sha1};

/// The identifier that an observable should have by its contributing properties. None if the type has none, if none of
/// them is present, or if its only hashes are of algorithms that the standard gives no order for.
#[must_use]
pub fn deterministic_id(object: &super::Object<'_>) -> Option<String> {
    let row = tables::find(object.object_type()?)?;
    expected(row, object.root()).map(|uuid| format!("{}--{}", row.name, Uuid(uuid)))
}

/// §2.9 for each observable that may use `hashes`: one of these, the first that is there.
const HASH_ORDER: [&str; 4] = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

fn expected(row: &Type, root: &Node<'_>) -> Option<[u8; 16]> {
    let chosen = root.get("hashes").and_then(|hashes| one_hash(hashes));
    let mut members: Vec<(&str, &Node<'_>)> = Vec::with_capacity(row.contributing.len());
    for name in row.contributing {
        match root.get(name) {
            Some(_) if *name == "hashes" => members.push((name, chosen.as_ref()?)),
            Some(node) => members.push((name, node)),
            None => {}
        }
    }
    if members.is_empty() {
        return None;
    }
    let text = canonical_object(&mut members);
    let digest = Sha1::new().chain_update(OBSERVABLE_NAMESPACE).chain_update(text).finalize();
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&digest[..16]);
    uuid[6] = uuid[6] & 0x0F | 0x50;
    uuid[8] = uuid[8] & 0x3F | 0x80;
    Some(uuid)
}

fn one_hash<'a>(hashes: &Node<'a>) -> Option<Node<'a>> {
    let members = hashes.as_object()?;
    let chosen = HASH_ORDER.iter().find_map(|name| members.iter().find(|member| member.key == *name))?;
    Some(Node { span: Span::default(), value: Value::Object(vec![chosen.clone()]) })
}

impl Check<'_, '_> {
    /// Which UUID an object of this class asks for (§2.9).
    pub(super) fn uuid(&mut self, id: Identifier<'_>, table: Option<&'static Type>, class: Class) {
        let version = id.uuid_version();
        let Some(row) = table.filter(|_| class == Class::Sco) else {
            // What the class of a custom type is, its creator knows; the rule for observables is theirs.
            if class != Class::Sco && version != 4 && self.level == Level::Should {
                let message = format_args!("a UUIDv4 should be used, this is version {version}");
                self.report_at("id", Rule::IdVersion, "§2.9", message);
            }
            return;
        };
        if row.contributing.iter().all(|name| self.root.get(name).is_none()) {
            if version != 4 {
                let message =
                    format_args!("no property contributes to the id: a UUIDv4 is required, this is version {version}");
                self.report_at("id", Rule::IdUuid4, "§2.9", message);
            }
        } else if self.level == Level::Should {
            if version != 5 {
                let message = format_args!("a UUIDv5 should be used, this is version {version}");
                self.report_at("id", Rule::IdVersion, "§2.9", message);
            } else if let Some(uuid) = expected(row, self.root)
                && uuid != id.uuid()
            {
                let message = format_args!("the contributing properties give {}--{}", row.name, Uuid(uuid));
                self.report_at("id", Rule::IdDeterministic, "§2.9", message);
            }
        }
    }
}
