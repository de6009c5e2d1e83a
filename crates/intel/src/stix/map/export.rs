//! A warning as STIX objects, and what Monition knows of it as one note.
//!
//! The same arguments give the same bytes: ids are bits of a hash of names that never change, in the form of a UUIDv4,
//! which is what STIX 2.1 §2.9 asks of such objects. Nothing is secured by that hash.

use super::{PREFIX, confidence_of};
use crate::stix::Timestamp;
use crate::stix::identifier::Uuid;
use crate::stix::tables::vocab;
use crate::warning_fields::{Field, Fields, Standing, Tlp};
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

/// Our extension definition: what a note of ours says beyond its text. The id never changes (docs/mapping.md).
pub const EXTENSION: &str = "extension-definition--e29078fb-25ee-422c-86c5-182ab2073c80";
/// The identity that defined it.
pub const DEFINER: &str = "identity--d77f74bf-3b6c-40ed-8c03-ed945a74a719";
/// `abstract` of a note of ours.
pub const NOTE_TYPE_TEXT: &str = "Monition: how this warning came";
/// When the extension and its definer were published.
const DEFINED: &str = "2026-11-24T00:00:00.000Z";

/// From whom and for whom a warning is.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The warning.
    pub wid: &'a str,
    /// SHA-256 of the submission.
    pub submission: &'a str,
    /// The exchange.
    pub exchange: &'a str,
    /// Who signed it.
    pub sender: &'a str,
    /// Who received it.
    pub recipient: &'a str,
    /// When it was composed; seconds since 1970.
    pub sent: u64,
    /// When it came; seconds since 1970.
    pub received: u64,
}

/// How a received warning stands.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The step that is reached, a word of docs/verify.md.
    pub step: &'a str,
    /// When this was written; seconds since 1970. A later step has a later time.
    pub at: u64,
    /// Axes of specificity with what the sender claims, 0 to 4.
    pub claimed: &'a [(&'a str, u8)],
    /// The same, of what is disclosed to this recipient.
    pub shown: &'a [(&'a str, u8)],
    /// The question by which a dossier and a finding are made.
    pub question: &'a str,
    /// Where people find the finding.
    pub finding: Option<&'a str>,
    /// Stable codes of what does not fit.
    pub misfits: &'a [String],
    /// Ids of the objects that came with it; at least one.
    pub objects: &'a [String],
}

/// An id of this type that stands for `name` for ever.
#[must_use]
pub fn object_id(object_type: &str, name: &str) -> String {
    let digest = Sha1::new().chain_update("monition:").chain_update(object_type).chain_update(":").chain_update(name);
    let digest = digest.finalize();
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&digest[..16]);
    uuid[6] = uuid[6] & 0x0F | 0x40;
    uuid[8] = uuid[8] & 0x3F | 0x80;
    format!("{object_type}--{}", Uuid(uuid))
}

/// Id of the identity of a party.
#[must_use]
pub fn identity_id(party: &str) -> String {
    object_id("identity", party)
}

/// Id of the note about a received warning.
#[must_use]
pub fn note_id(submission: &str) -> String {
    object_id("note", submission)
}

fn time(seconds: u64) -> String {
    let micros = i64::try_from(seconds).unwrap_or(i64::MAX / 1_000_000).saturating_mul(1_000_000);
    let text = Timestamp::from_micros(micros).to_string();
    // Milliseconds, which every tool writes: a round trip through one keeps the text.
    text.get(..23).map_or(text.clone(), |short| format!("{short}Z"))
}

fn start(object_type: &str, id: String, created: &str, modified: &str) -> Map<String, Value> {
    let mut object = Map::new();
    let pairs = [("type", object_type), ("spec_version", "2.1"), ("id", &id), ("created", created)];
    object.extend(pairs.map(|(name, text)| (name.to_owned(), text.into())));
    object.insert("modified".to_owned(), modified.into());
    object.insert("lang".to_owned(), "en".into());
    object
}

fn bytes(object: Map<String, Value>) -> Vec<u8> {
    Value::Object(object).to_string().into_bytes()
}

/// A party as an identity; always the same bytes.
#[must_use]
pub fn identity(party: &str) -> Vec<u8> {
    let mut object = start("identity", identity_id(party), DEFINED, DEFINED);
    object.insert("name".to_owned(), party.into());
    object.insert("identity_class".to_owned(), "organization".into());
    bytes(object)
}

/// The definition of our extension and the identity that defined it.
#[must_use]
pub fn extension_definition() -> [Vec<u8>; 2] {
    let mut definer = start("identity", DEFINER.to_owned(), DEFINED, DEFINED);
    definer.insert("name".to_owned(), "Monition".into());
    definer.insert("identity_class".to_owned(), "organization".into());
    let mut object = start("extension-definition", EXTENSION.to_owned(), DEFINED, DEFINED);
    let description = "What Monition knows of a received warning: its name, how far its delivery came, how specific it \
                       is, and by which question a finding is made. A property extension of note.";
    let pairs = [
        ("created_by_ref", DEFINER.into()),
        ("name", "Monition delivery".into()),
        ("description", description.into()),
        ("schema", "https://monition.example/source/docs/mapping.md".into()),
        ("version", "1.0.0".into()),
        ("extension_types", json!(["property-extension"])),
    ];
    object.remove("lang");
    object.extend(pairs.map(|(name, value)| (name.to_owned(), value)));
    [bytes(definer), bytes(object)]
}

/// The published marking definition of a label.
const fn marking(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp::Green => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp::Amber => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp::AmberStrict => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp::Red => "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
}

fn mark(object: &mut Map<String, Value>, fields: &Fields) {
    if let Some(tlp) = fields.tlp {
        object.insert("object_marking_refs".to_owned(), json!([marking(tlp)]));
    }
}

/// What is known of a received warning, as a note about its objects. A later step is a later version of the same note.
#[must_use]
pub fn note(origin: &Origin<'_>, fields: &Fields, seen: &Seen<'_>) -> Vec<u8> {
    let created = time(origin.received);
    let modified = time(seen.at.max(origin.received));
    let mut object = start("note", note_id(origin.submission), &created, &modified);
    object.insert("created_by_ref".to_owned(), identity_id(origin.recipient).into());
    mark(&mut object, fields);
    let content = format!(
        "Warning {} from {} to {} through {}. Step: {}. Question for a finding: {}",
        origin.wid, origin.sender, origin.recipient, origin.exchange, seen.step, seen.question
    );
    let axes = |axes: &[(&str, u8)]| -> Value {
        axes.iter().map(|(axis, value)| ((*axis).to_owned(), Value::from(*value))).collect::<Map<_, _>>().into()
    };
    let mut extension = Map::new();
    let mut put = |name: &str, value: Value| extension.insert(name.to_owned(), value);
    put("extension_type", "property-extension".into());
    put("wid", origin.wid.into());
    put("submission", origin.submission.into());
    put("exchange", origin.exchange.into());
    put("sender", origin.sender.into());
    put("recipient", origin.recipient.into());
    put("step", seen.step.into());
    put("specificity_claimed", axes(seen.claimed));
    put("specificity_shown", axes(seen.shown));
    put("question", seen.question.into());
    for (name, value) in [("class", fields.class.as_deref()), ("urgency", fields.urgency.map(|u| u.as_str()))] {
        if let Some(value) = value {
            put(name, value.into());
        }
    }
    if let Some(finding) = seen.finding {
        put("finding", finding.into());
    }
    if !seen.misfits.is_empty() {
        put("misfits", json!(seen.misfits));
    }
    let pairs = [
        ("abstract", NOTE_TYPE_TEXT.into()),
        ("content", content.into()),
        ("object_refs", json!(seen.objects)),
        ("extensions", json!({ EXTENSION: extension })),
    ];
    object.extend(pairs.map(|(name, value)| (name.to_owned(), value)));
    bytes(object)
}

/// A warning that came without STIX: the sender's `identity`, a `location` if a place is told, an `attack-pattern` for
/// the means, a `threat-actor` for the actor, an `identity` for the target, one `report` about them, and a
/// `language-content` for each further language. Without a summary the class names the report.
#[must_use]
pub fn export(fields: &Fields, origin: &Origin<'_>) -> Vec<Vec<u8>> {
    let (created, author) = (time(origin.sent), identity_id(origin.sender));
    let named = |object_type: &str| object_id(object_type, origin.submission);
    let about = |object_type: &str| {
        let mut object = start(object_type, named(object_type), &created, &created);
        object.insert("created_by_ref".to_owned(), author.clone().into());
        // RFC 5646: `und` where nobody said in which language the words are.
        object.insert("lang".to_owned(), fields.language.as_deref().unwrap_or("und").into());
        mark(&mut object, fields);
        object
    };
    let mut parts: Vec<_> = location(fields, about("location")).into_iter().collect();
    let place = if parts.is_empty() { places(fields).join(", ") } else { String::new() };
    parts.extend(actor(fields, about("threat-actor")));
    parts.extend(target(fields, about("identity")));
    if let Some(means) = fields.get(Field::Means) {
        let mut object = about("attack-pattern");
        object.insert("name".to_owned(), means.into());
        parts.push(object);
    }
    let mut refs = vec![Value::from(author.clone())];
    refs.extend(parts.iter().filter_map(|part| part.get("id").cloned()));
    let mut report = about("report");
    let class = fields.class.as_deref().unwrap_or("warning");
    let (name, description) = title(fields.get(Field::Summary).unwrap_or(class));
    let description = [Some(description), fields.get(Field::Advice), Some(place.as_str())]
        .into_iter()
        .flatten()
        .filter(|t| !t.is_empty());
    let description = description.collect::<Vec<_>>().join("\n\n");
    report.insert("name".to_owned(), name.into());
    if !description.is_empty() {
        report.insert("description".to_owned(), description.into());
    }
    report.insert("report_types".to_owned(), json!(["threat-report"]));
    report.insert("published".to_owned(), created.clone().into());
    report.insert("object_refs".to_owned(), refs.into());
    let mut labels: Vec<String> = fields.class.iter().map(|class| format!("{PREFIX}class={class}")).collect();
    labels.extend(fields.urgency.map(|urgency| format!("{PREFIX}urgency={}", urgency.as_str())));
    if !labels.is_empty() {
        report.insert("labels".to_owned(), json!(labels));
    }
    if let Some(confidence) = fields.get(Field::Credibility).and_then(confidence_of) {
        report.insert("confidence".to_owned(), confidence.into());
    }
    if fields.standing == Standing::Withdrawn {
        report.insert("revoked".to_owned(), true.into());
    }
    let mut objects = vec![identity(origin.sender)];
    objects.extend(parts.into_iter().map(bytes));
    objects.push(bytes(report));
    objects.extend(translations(fields, origin, about("language-content")));
    objects
}

/// The places, fine to coarse.
fn places(fields: &Fields) -> Vec<&str> {
    let rungs = [Field::PlaceSite, Field::PlaceCity, Field::PlaceRegion, Field::PlaceCountry];
    rungs.into_iter().filter_map(|rung| fields.get(rung)).collect()
}

fn location(fields: &Fields, mut object: Map<String, Value>) -> Option<Map<String, Value>> {
    let (country, region) = (fields.get(Field::PlaceCountry), fields.get(Field::PlaceRegion));
    let (city, site) = (fields.get(Field::PlaceCity), fields.get(Field::PlaceSite));
    let words = places(fields);
    if words.is_empty() {
        return None;
    }
    object.insert("name".to_owned(), words.join(", ").into());
    // STIX has one vocabulary for wide regions; ours are words, so they stand as an administrative area.
    let parts = [("administrative_area", region), ("city", city), ("street_address", site)];
    for (name, text) in parts {
        if let Some(text) = text {
            object.insert(name.to_owned(), text.into());
        }
    }
    let code = country.filter(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic()));
    match (code, region) {
        (Some(code), _) => object.insert("country".to_owned(), code.to_ascii_uppercase().into()),
        (None, Some(word)) if vocab::REGION.values.contains(&word) => object.insert("region".to_owned(), word.into()),
        // One of country, region or a point is required (§4.6): such a place is told in words, in the report.
        _ => return None,
    };
    Some(object)
}

fn actor(fields: &Fields, mut object: Map<String, Value>) -> Option<Map<String, Value>> {
    let (kind, name) = (fields.get(Field::ActorType), fields.get(Field::ActorName));
    object.insert("name".to_owned(), name.or(kind)?.into());
    let known = |word: &&str| vocab::THREAT_ACTOR_TYPE.values.contains(word);
    let mut types: Vec<&str> = kind.unwrap_or_default().split("; ").filter(known).collect();
    if types.is_empty() {
        types.push("unknown");
    }
    object.insert("threat_actor_types".to_owned(), json!(types));
    Some(object)
}

fn target(fields: &Fields, mut object: Map<String, Value>) -> Option<Map<String, Value>> {
    let (sector, name) = (fields.get(Field::TargetSector), fields.get(Field::TargetOrganisation));
    let class = if name.is_some() { "organization" } else { "class" };
    object.insert("name".to_owned(), name.or(sector)?.into());
    object.insert("identity_class".to_owned(), class.into());
    let known = |word: &&str| vocab::INDUSTRY_SECTOR.values.contains(word);
    let sectors: Vec<&str> = sector.unwrap_or_default().split("; ").filter(known).collect();
    if !sectors.is_empty() {
        object.insert("sectors".to_owned(), json!(sectors));
    }
    Some(object)
}

fn translations(fields: &Fields, origin: &Origin<'_>, mut object: Map<String, Value>) -> Option<Vec<u8>> {
    if fields.translations.is_empty() {
        return None;
    }
    let mut contents = Map::new();
    for translation in &fields.translations {
        let (name, description) = title(&translation.summary);
        let description = [Some(description), translation.advice.as_deref()];
        let description: Vec<&str> = description.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let mut part = Map::new();
        part.insert("name".to_owned(), name.into());
        if !description.is_empty() {
            part.insert("description".to_owned(), description.join("\n\n").into());
        }
        contents.insert(translation.language.clone(), part.into());
    }
    // §7.1: its language is that of each translation.
    object.remove("lang");
    object.insert("object_ref".to_owned(), object_id("report", origin.submission).into());
    object.insert("object_modified".to_owned(), time(origin.sent).into());
    object.insert("contents".to_owned(), contents.into());
    Some(bytes(object))
}

/// A short first paragraph is the name; the rest, or all of a long text, is the description.
fn title(summary: &str) -> (&str, &str) {
    const NAME_CHARS_MAX: usize = 160;
    let first = summary.split('\n').next().unwrap_or_default();
    if first.chars().count() <= NAME_CHARS_MAX {
        return (first, summary[first.len()..].trim_start());
    }
    let end = first.char_indices().nth(NAME_CHARS_MAX).map_or(first.len(), |(at, _)| at);
    (&first[..end], summary)
}
