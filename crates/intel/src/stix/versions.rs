//! Versions of one object (STIX 2.1 §3.6), and whole bundles (§8).

use super::issue::shortened;
use super::{Issue, Level, Object, Policy, Rule, Summary, Timestamp};
use crate::json::{self, JsonError, Limits, Node};
use std::collections::HashMap;

/// Whether a version may be taken, knowing another version of the same object that was taken before. Both are of one id; for
/// observables and marking definitions, which have no versions, nothing is refused. `same_content` says whether the two
/// carry the same JSON value (see [`crate::json::canonical`]).
///
/// - `created` is the same, and so is `created_by_ref` (§3.2, §3.6);
/// - nothing follows a revoked version (§3.6); what is older than the revocation may still arrive late;
/// - the same `modified` with other content is a conflict: the standard leaves it open, and a log must not.
#[must_use]
pub fn successor(known: &Summary, next: &Summary, same_content: bool) -> Vec<Issue> {
    let mut issues = Vec::new();
    if known.id != next.id || (known.version.is_none() && next.version.is_none()) {
        return issues;
    }
    let mut report = |rule: Rule, pointer: &str, message: String| {
        let (object_id, pointer) = (Some(shortened(&next.id)), pointer.to_owned());
        issues.push(Issue { severity: rule.severity(), object_id, pointer, rule, section: "§3.6", message });
    };
    let instant = |text: &Option<String>| text.as_deref().and_then(|text| Timestamp::parse_stix(text).ok());
    let same_created = match (instant(&known.created), instant(&next.created)) {
        (Some(a), Some(b)) => a == b,
        _ => known.created == next.created,
    };
    if !same_created {
        let shown = shortened(known.created.as_deref().unwrap_or("absent"));
        report(Rule::VersionCreated, "/created", format!("created never changes; it was {shown}"));
    }
    if known.created_by_ref != next.created_by_ref {
        let shown = shortened(known.created_by_ref.as_deref().unwrap_or("absent"));
        report(Rule::VersionCreator, "/created_by_ref", format!("the creator never changes; it was {shown}"));
    }
    let order = match (&known.version_instant, &next.version_instant) {
        (Some(a), Some(b)) => Some(b.cmp(a)),
        _ => (known.version == next.version).then_some(std::cmp::Ordering::Equal),
    };
    match order {
        Some(std::cmp::Ordering::Equal) if !same_content => {
            let message = "this version is known with other content: a change needs a later modified".to_owned();
            report(Rule::VersionConflict, "/modified", message);
        }
        Some(std::cmp::Ordering::Greater) if known.revoked => {
            report(Rule::VersionRevoked, "/revoked", "the object is revoked: no version may follow".to_owned());
        }
        _ => {}
    }
    issues
}

/// What a check of a whole bundle found.
#[derive(Debug)]
pub struct BundleReport<'a> {
    /// What is wrong with the bundle itself, and between its objects.
    pub issues: Vec<Issue>,
    /// Each object in its place: its bytes' reading, and its issues.
    pub objects: Vec<Result<(Object<'a>, Vec<Issue>), JsonError>>,
}

/// Checks a bundle (§8) and every object in it, one object's tree in memory for each object: for bundles that fit.
/// Translations are compared with their targets where both are in the bundle.
///
/// # Errors
/// [`JsonError`] where the body is not an object within the limits.
pub fn check_bundle<'a>(
    body: &'a [u8],
    limits: &Limits,
    level: Level,
    policy: &Policy,
) -> Result<BundleReport<'a>, JsonError> {
    let mut objects = Vec::new();
    let mut extents = json::object_extents(body, limits)?;
    while let Some(bytes) = extents.next_extent()? {
        let offset = extents.last_start();
        objects.push(
            Object::read(bytes, limits)
                .map(|object| {
                    let issues = object.check(level, policy);
                    (object, issues)
                })
                .map_err(|mut error| {
                    error.offset += offset;
                    error
                }),
        );
    }
    let mut issues = Vec::new();
    if level != Level::Off {
        bundle_itself(extents.outer(), objects.is_empty(), &mut issues);
        between(&mut objects, level, &mut issues);
    }
    Ok(BundleReport { issues, objects })
}

/// `type` and `id` of the bundle; that it is not empty where it has `objects`.
fn bundle_itself(outer: &json::OuterMembers<'_>, empty: bool, issues: &mut Vec<Issue>) {
    let text = |key: &str| outer.get(key).and_then(Node::as_str);
    let mut report = |rule: Rule, pointer: &str, message: &str| {
        let (object_id, pointer) = (text("id").map(shortened), pointer.to_owned());
        let message = message.to_owned();
        issues.push(Issue { severity: rule.severity(), object_id, pointer, rule, section: "§8", message });
    };
    if text("type") != Some("bundle") {
        report(Rule::PropertyMissing, "/type", "the type \"bundle\" is required");
    }
    match text("id") {
        None => report(Rule::PropertyMissing, "/id", "the id of the bundle is required"),
        Some(id) => match super::Identifier::parse(id) {
            None => report(Rule::IdForm, "/id", "the id is not bundle--<UUID>"),
            Some(id) if id.object_type() != "bundle" => {
                report(Rule::IdPrefix, "/id", "the id must begin with bundle--")
            }
            Some(_) => {}
        },
    }
    if empty && outer.has_objects {
        report(Rule::EmptyList, "/objects", "an empty list: leave it out");
    }
}

/// Doubles, versions that contradict one another, translations that do not mirror.
fn between(objects: &mut [Result<(Object<'_>, Vec<Issue>), JsonError>], level: Level, issues: &mut Vec<Issue>) {
    let mut known: HashMap<String, Vec<(Summary, usize)>> = HashMap::new();
    for index in 0..objects.len() {
        let Ok((object, _)) = &objects[index] else { continue };
        let Ok(summary) = object.summary() else { continue };
        let versions = known.entry(summary.id.clone()).or_default();
        // A hostile bundle may repeat one id: compare with the last few versions only.
        for (other, place) in versions.iter().rev().take(VERSIONS_COMPARED_MAX) {
            let Ok((other_object, _)) = &objects[*place] else { continue };
            let same = other_object.bytes() == object.bytes()
                || json::canonical(other_object.root()) == json::canonical(object.root());
            if other.version_instant == summary.version_instant && same && level == Level::Should {
                let (rule, message) = (Rule::BundleDuplicate, "the bundle holds this version twice".to_owned());
                let (object_id, pointer) = (Some(shortened(&summary.id)), format!("/objects/{index}"));
                issues.push(Issue { severity: rule.severity(), object_id, pointer, rule, section: "§8", message });
            }
            issues.extend(successor(other, &summary, same));
        }
        versions.push((summary, index));
    }
    let mut found = Vec::new();
    for (index, entry) in objects.iter().enumerate() {
        let Ok((object, _)) = entry else { continue };
        if object.object_type() != Some("language-content") {
            continue;
        }
        let named = object.root().get("object_ref").and_then(Node::as_str).unwrap_or_default();
        let stated = object.root().get("object_modified").and_then(Node::as_str);
        let versions = known.get(named).map(Vec::as_slice).unwrap_or_default();
        // With several versions at hand only the one that is named can be compared.
        let target = versions
            .iter()
            .find(|(summary, _)| {
                stated.is_some_and(|stated| summary.version_instant == Timestamp::parse_stix(stated).ok())
            })
            .or_else(|| versions.first().filter(|_| versions.len() == 1));
        if let Some((_, place)) = target
            && let Ok((target, _)) = &objects[*place]
        {
            found.push((index, object.check_translation(target)));
        }
    }
    for (index, more) in found {
        if let Ok((_, issues)) = &mut objects[index] {
            issues.extend(more);
        }
    }
}

/// Most versions of one id that a new one is compared with.
const VERSIONS_COMPARED_MAX: usize = 8;
