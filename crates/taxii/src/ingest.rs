//! From the body of a POST to objects that can be stored, and reasons for those that cannot.

use crate::config::CollectionConfig;
use crate::store::{LIST_MAX, NewObject, Origin};
use crate::tlp::Tlp;
use bytes::Bytes;
use monition_intel::json::{JsonError, Limits, Node, object_extents};
use monition_intel::stix::{Consent, Level, Object, Policy};
use monition_intel::taxii::{SpecVersion, VersionKey, media};
use sha2::{Digest as _, Sha256};

/// Most objects in one envelope. What they cost here is bounded by their number, not by the bytes of the body.
pub(crate) const OBJECTS_MAX: usize = 100_000;
/// Longest reason in a status, in bytes.
const REASON_BYTES_MAX: usize = 1000;
/// Most issues that one reason tells.
const ISSUES_MAX: usize = 8;

/// How a collection takes objects.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    level: Level,
    policy: Policy,
    unmarked: Tlp,
    /// Spec versions that its media types name.
    specs: Vec<SpecVersion>,
    limits: Limits,
}

/// An object of a body.
#[derive(Clone, Debug)]
pub(crate) enum Read {
    /// It can be stored.
    Fit(Box<NewObject>),
    /// It cannot.
    Unfit { id: String, version: Option<String>, reason: String },
}

impl Intake {
    pub(crate) fn new(config: &CollectionConfig) -> Self {
        let mut policy = Policy::default();
        policy.custom_objects = config.custom_objects;
        policy.custom_properties = config.custom_properties;
        policy.issues_max = ISSUES_MAX;
        let specs = config.media_types.iter().filter_map(|media_type| media::stix_version(media_type)).collect();
        let mut limits = Limits::default();
        limits.objects_max = OBJECTS_MAX;
        Self { level: config.validation, policy, unmarked: config.unmarked, specs, limits }
    }

    /// Reads an envelope, or a bundle, which sinks post in its place: unknown members are ignored (§7.1.1).
    pub(crate) fn envelope(&self, body: &Bytes) -> Result<Vec<Read>, JsonError> {
        let mut found = Vec::new();
        let mut unfit = 0;
        let mut extents = object_extents(body, &self.limits)?;
        while let Some(extent) = extents.next_extent()? {
            let start = extents.last_start();
            let mut read = self.object(body.slice(start..start + extent.len()), found.len());
            if let Read::Unfit { reason, .. } = &mut read {
                unfit += 1;
                // A list this long is not sent, so nobody would read the reason.
                if unfit > LIST_MAX {
                    *reason = String::new();
                }
            }
            found.push(read);
        }
        Ok(found)
    }

    /// Reads one object; `at` is its place, for where it has no id.
    pub(crate) fn object(&self, bytes: Bytes, at: usize) -> Read {
        let nameless = || format!("unidentified--{at}");
        let object = match Object::read(&bytes, &self.limits) {
            Ok(object) => object,
            Err(error) => {
                let reason = shortened(format!("not I-JSON: {error}"));
                return Read::Unfit { id: nameless(), version: None, reason };
            }
        };
        let summary = match object.summary() {
            Ok(summary) => summary,
            Err(issue) => {
                let id = object.id().map_or_else(nameless, |id| id.chars().take(300).collect());
                return Read::Unfit { id, version: None, reason: shortened(issue.to_string()) };
            }
        };
        let unfit = |reason: String| {
            let (id, version) = (summary.id.clone(), summary.version.clone());
            Read::Unfit { id, version, reason: shortened(reason) }
        };
        let Some(spec) = SpecVersion::parse(&summary.spec_version) else {
            return unfit(format!("spec_version {:?} is no version such as 2.1", summary.spec_version));
        };
        if !self.specs.contains(&spec) {
            return unfit(format!("STIX {spec} is not among the media types of this collection"));
        }
        // There are no rules here for other versions of STIX; a collection that lists them takes them as they are.
        if spec == SpecVersion::V2_1 {
            let issues = object.check(self.level, &self.policy);
            if !issues.is_empty() {
                let told: Vec<String> = issues.iter().take(ISSUES_MAX).map(ToString::to_string).collect();
                return unfit(told.join("; "));
            }
        }
        let version = match &summary.version {
            None => None,
            Some(text) => match VersionKey::parse(text) {
                Some(key) => Some((text.clone(), key)),
                None => return unfit(format!("the version {text:?} is no timestamp")),
            },
        };
        let origin = (self.level != Level::Off && version.is_some()).then(|| Origin {
            created: summary.created.clone(),
            created_by: summary.created_by_ref.clone(),
            revoked: summary.revoked,
        });
        let tlp = marking(&object, &summary.object_marking_refs).unwrap_or(self.unmarked);
        Read::Fit(Box::new(NewObject {
            id: summary.id,
            kind: summary.object_type,
            spec: spec.code(),
            version,
            tlp,
            origin,
            digest: Sha256::digest(&bytes).into(),
            bytes,
        }))
    }
}

/// The most restricted level among the object's markings. A marking of a part counts for the whole: nothing here could
/// show the object without that part.
fn marking(object: &Object<'_>, refs: &[String]) -> Option<Tlp> {
    let granular = object.root().get("granular_markings").and_then(Node::as_array).unwrap_or_default();
    let granular = granular.iter().filter_map(|marking| marking.get("marking_ref").and_then(Node::as_str));
    refs.iter().map(String::as_str).chain(granular).filter_map(Tlp::of_marking).max()
}

/// What later versions of a stored object must keep.
pub(crate) fn origin_of(bytes: &[u8]) -> Option<Origin> {
    let summary = Object::read(bytes, &Limits::default()).ok()?.summary().ok()?;
    Some(Origin { created: summary.created, created_by: summary.created_by_ref, revoked: summary.revoked })
}

fn shortened(mut reason: String) -> String {
    if reason.len() > REASON_BYTES_MAX {
        let mut end = REASON_BYTES_MAX;
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        reason.push('…');
    }
    reason
}

/// What an import takes: everything that can be stored at all.
pub(crate) fn lenient(config: &CollectionConfig) -> Intake {
    let mut intake = Intake::new(config);
    intake.level = Level::Off;
    intake.policy.custom_objects = Consent::Allow;
    intake.specs = vec![SpecVersion::V2_0, SpecVersion::V2_1];
    intake
}
