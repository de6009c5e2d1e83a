//! STIX objects and the open fields of a warning, both ways. The table stands in `docs/mapping.md`.
//!
//! [`import`] reads what a tool posted: one bundle is one warning. [`export`] writes a warning that came without STIX as
//! objects; [`note`] writes what Monition knows of a warning as one `note`, beside objects that keep their bytes.
//!
//! Keep the posted objects as an attachment: then nothing is lost, whatever [`import`] could not carry over.

use super::{Object, Timestamp, Tlp as Level};
use crate::json::Node;
use crate::warning_fields::{Field, Fields, Loss, Standing, Tlp, Translation, Urgency, clean};

mod export;
#[cfg(test)]
mod tests;

pub use export::{
    DEFINER, EXTENSION, NOTE_TYPE_TEXT, Origin, Seen, export, extension_definition, identity, identity_id, note,
    note_id, object_id,
};

/// What labels of ours begin with: `monition:class=attack.physical`, `monition:urgency=flash`.
pub const PREFIX: &str = "monition:";

/// Types of which the first one present says what the warning is about.
const MAIN: [&str; 7] = ["report", "incident", "grouping", "campaign", "note", "observed-data", "indicator"];

/// STIX 2.1 Appendix A, Admiralty Credibility: the lowest confidence of each word.
const CREDIBILITY: [(i64, &str); 5] = [(80, "1"), (60, "2"), (40, "3"), (20, "4"), (0, "5")];

/// Confidence of a credibility (STIX 2.1 Appendix A); 6 is no confidence.
#[must_use]
pub fn confidence_of(credibility: &str) -> Option<u8> {
    let known = CREDIBILITY.iter().find(|(_, word)| *word == credibility)?;
    u8::try_from(known.0 + 10).ok()
}

/// Admiralty credibility of a confidence from 0 to 100.
#[must_use]
pub fn credibility_of(confidence: i64) -> Option<&'static str> {
    let within = (0..=100).contains(&confidence);
    CREDIBILITY.iter().find(|(least, _)| within && confidence >= *least).map(|(_, word)| *word)
}

/// The same level in the words of a warning.
#[must_use]
pub const fn tlp_of(level: Level) -> Tlp {
    match level {
        Level::Clear => Tlp::Clear,
        Level::Green => Tlp::Green,
        Level::Amber => Tlp::Amber,
        Level::AmberStrict => Tlp::AmberStrict,
        Level::Red => Tlp::Red,
    }
}

/// The id of the object that says what the warning is about, if there is one: a later version of it amends the warning.
#[must_use]
pub fn main_id(objects: &[Object<'_>]) -> Option<String> {
    main_of(objects).and_then(|main| main.id().map(str::to_owned))
}

fn main_of<'o, 'a>(objects: &'o [Object<'a>]) -> Option<&'o Object<'a>> {
    MAIN.iter().find_map(|kind| of_type(objects, kind).next())
}

fn of_type<'o, 'a>(objects: &'o [Object<'a>], kind: &'o str) -> impl Iterator<Item = &'o Object<'a>> {
    objects.iter().filter(move |object| object.object_type() == Some(kind))
}

fn text<'o>(object: &'o Object<'_>, name: &str) -> Option<&'o str> {
    object.root().get(name).and_then(Node::as_str).filter(|text| !text.trim().is_empty())
}

fn texts<'o>(object: &'o Object<'_>, name: &str) -> Vec<&'o str> {
    let items = object.root().get(name).and_then(Node::as_array).unwrap_or_default();
    items.iter().filter_map(Node::as_str).collect()
}

fn instant(object: &Object<'_>, name: &str) -> Option<i64> {
    Timestamp::parse_stix(text(object, name)?).ok().map(|time| time.as_micros().div_euclid(1_000_000))
}

/// Reads the objects of one bundle or envelope as a warning. What is not carried over is named: keep the objects too.
#[must_use]
pub fn import(objects: &[Object<'_>]) -> (Fields, Vec<Loss>) {
    let mut importer = Importer { objects, fields: Fields::default(), losses: Vec::new() };
    importer.main();
    importer.levels();
    importer.people();
    importer.places();
    importer.times();
    importer.means();
    importer.class();
    importer.rest();
    (importer.fields, importer.losses)
}

struct Importer<'o, 'a> {
    objects: &'o [Object<'a>],
    fields: Fields,
    losses: Vec<Loss>,
}

impl<'o, 'a> Importer<'o, 'a> {
    fn lose(&mut self, object: &Object<'_>, property: &str, why: &'static str) {
        let id = object.id().unwrap_or("an object without id");
        let what = if property.is_empty() { id.to_owned() } else { format!("{id} {property}") };
        self.losses.push(Loss { what, why });
    }

    fn set(&mut self, field: Field, value: &str, object: &Object<'_>, property: &str) {
        if let Some(change) = self.fields.set(field, value) {
            self.lose(object, property, change);
        }
    }

    /// Adds a value to a field that may hold several.
    fn add(&mut self, field: Field, value: &str, object: &Object<'_>, property: &str) {
        let joined = match self.fields.get(field) {
            Some(before) if before.split("; ").any(|part| part == value) => return,
            Some(before) => format!("{before}; {value}"),
            None => value.to_owned(),
        };
        self.set(field, &joined, object, property);
    }

    fn of(&self, kind: &'o str) -> Vec<&'o Object<'a>> {
        of_type(self.objects, kind).collect()
    }

    fn by_id(&self, id: &str) -> Option<&'o Object<'a>> {
        self.objects.iter().find(|object| object.id() == Some(id))
    }

    /// What it is about: summary, language, name, standing, author, translations, what to do.
    fn main(&mut self) {
        let Some(main) = main_of(self.objects) else { return };
        let (summary, advice) = (summary(main), self.advice());
        self.set(Field::Summary, &summary, main, "description");
        if let Some((object, advice)) = advice {
            self.set(Field::Advice, &advice, object, "description");
        }
        self.fields.language = text(main, "lang").map(str::to_owned);
        let id = main.id().unwrap_or_default();
        self.set(Field::OurRef, id, main, "id");
        let revoked = main.root().get("revoked").and_then(Node::as_bool) == Some(true);
        let changed = match (instant_of(main, "created"), instant_of(main, "modified")) {
            (Some(created), Some(modified)) => modified > created,
            _ => false,
        };
        self.fields.standing = match (revoked, changed) {
            (true, _) => Standing::Withdrawn,
            (false, true) => Standing::Amended,
            (false, false) => Standing::First,
        };
        if self.fields.standing != Standing::First {
            self.fields.about = vec![id.to_owned()];
        }
        if let Some(author) = text(main, "created_by_ref")
            && let Some(name) = self.by_id(author).and_then(|identity| text(identity, "name"))
        {
            self.set(Field::SourceNames, name, main, "created_by_ref");
        }
        if main.root().get("external_references").is_some() {
            self.lose(main, "external_references", "no field of a warning carries it");
        }
        for other in self.of("language-content") {
            self.translation(main, other);
        }
        for other in self.objects {
            if MAIN[..5].contains(&other.object_type().unwrap_or_default())
                && other.id() != main.id()
                && other.object_type() != Some("campaign")
            {
                self.lose(other, "", "another object says what the warning is about");
            }
        }
    }

    fn advice(&self) -> Option<(&'o Object<'a>, String)> {
        let mut all = of_type(self.objects, "course-of-action").map(|object| (object, summary(object)));
        let (first, mut advice) = all.next()?;
        for (_, more) in all {
            advice = format!("{advice}\n\n{more}");
        }
        Some((first, advice))
    }

    fn translation(&mut self, main: &Object<'_>, other: &Object<'_>) {
        if text(other, "object_ref") != main.id() {
            return self.lose(other, "", "it translates another object than the one that made the summary");
        }
        let contents = other.root().get("contents").and_then(Node::as_object).unwrap_or_default();
        for language in contents {
            let part = |name: &str| language.node.get(name).and_then(Node::as_str).unwrap_or_default();
            let parts = [part("name"), part("abstract"), part("description"), part("content")];
            let (summary, change) = clean(&joined(&parts));
            if summary.is_empty() {
                self.lose(other, &language.key, "it translates neither name nor description");
                continue;
            }
            if let Some(change) = change {
                self.lose(other, &language.key, change);
            }
            self.fields.translations.push(Translation { language: language.key.to_string(), summary, advice: None });
        }
    }

    /// Confidence and markings: the main object's confidence, the strictest marking of any object.
    fn levels(&mut self) {
        self.fields.tlp = self.objects.iter().filter_map(Object::tlp).max().map(tlp_of);
        for object in self.objects {
            let marks = texts(object, "object_marking_refs");
            let known = |mark: &&str| super::tlp_of_id(mark).is_none();
            if marks.iter().any(known) {
                self.lose(object, "object_marking_refs", "a marking that is no TLP stays in the attachment");
            }
            if object.root().get("granular_markings").is_some() {
                self.lose(object, "granular_markings", "a warning has one label for all; the strictest was taken");
            }
        }
        let main = main_of(self.objects);
        let stated = main.into_iter().chain(self.objects).find_map(|object| {
            let confidence = object.root().get("confidence").and_then(Node::as_integer)?;
            Some((object, credibility_of(confidence)?))
        });
        if let Some((object, credibility)) = stated {
            self.set(Field::Credibility, credibility, object, "confidence");
        }
    }

    /// Who did it, and whom it is about.
    fn people(&mut self) {
        for kind in ["threat-actor", "intrusion-set"] {
            for actor in self.of(kind) {
                for word in texts(actor, "threat_actor_types") {
                    self.add(Field::ActorType, word, actor, "threat_actor_types");
                }
                if let Some(name) = text(actor, "name") {
                    self.add(Field::ActorName, name, actor, "name");
                }
            }
        }
        for campaign in self.of("campaign") {
            if let Some(name) = text(campaign, "name") {
                self.add(Field::Campaign, name, campaign, "name");
            }
        }
        let authors: Vec<&str> = self.objects.iter().filter_map(|object| text(object, "created_by_ref")).collect();
        let targets: Vec<&str> = of_type(self.objects, "relationship")
            .filter(|relation| matches!(text(relation, "relationship_type"), Some("targets" | "impacts")))
            .filter_map(|relation| text(relation, "target_ref"))
            .chain(of_type(self.objects, "sighting").flat_map(|sighting| texts(sighting, "where_sighted_refs")))
            .collect();
        for identity in self.of("identity") {
            let id = identity.id().unwrap_or_default();
            let target = targets.contains(&id);
            if authors.contains(&id) && !target {
                continue;
            }
            for sector in texts(identity, "sectors") {
                self.add(Field::TargetSector, sector, identity, "sectors");
            }
            let class = text(identity, "identity_class");
            match text(identity, "name") {
                Some(name) if class == Some("class") => self.add(Field::TargetSector, name, identity, "name"),
                Some(name) if target => self.add(Field::TargetOrganisation, name, identity, "name"),
                _ => self.lose(identity, "name", "nothing says that it is a target"),
            }
        }
    }

    /// Each rung that a location names; several locations stand side by side.
    fn places(&mut self) {
        for location in self.of("location") {
            let rungs = [
                ("country", Field::PlaceCountry),
                ("administrative_area", Field::PlaceRegion),
                ("city", Field::PlaceCity),
                ("street_address", Field::PlaceSite),
            ];
            let mut found = false;
            for (property, field) in rungs {
                if let Some(place) = text(location, property) {
                    found = true;
                    self.add(field, place, location, property);
                }
            }
            let wide = text(location, "region");
            match wide {
                Some(region) if !found => self.add(Field::PlaceRegion, region, location, "region"),
                Some(_) => self.lose(location, "region", "a finer place is named"),
                None => {}
            }
            match text(location, "name") {
                Some(name) if !found && wide.is_none() => self.add(Field::PlaceRegion, name, location, "name"),
                Some(_) if found || wide.is_some() => {
                    self.lose(location, "name", "the parts of the address made the place");
                }
                _ => {}
            }
            if location.root().get("latitude").is_some() {
                self.lose(location, "latitude", "a place of a warning is words, not a point");
            }
            if location.root().get("postal_code").is_some() {
                self.lose(location, "postal_code", "no rung of a warning carries it");
            }
        }
    }

    /// The event's own time fills the ladder; the time in which an indicator holds is a window and no more.
    fn times(&mut self) {
        let of = |kinds: &[&str], from: &str, until: &str| {
            let all = self.objects.iter().filter(|object| kinds.contains(&object.object_type().unwrap_or_default()));
            let mut ends = all.filter_map(|object| Some((object, instant(object, from)?, instant(object, until))));
            ends.next().filter(|(_, from, until)| until.is_none_or(|until| until >= *from))
        };
        let events = ["campaign", "incident", "sighting", "intrusion-set", "threat-actor", "malware", "infrastructure"];
        if let Some((_, from, until)) = of(&events, "first_seen", "last_seen") {
            return self.fields.set_time(from, until);
        }
        let Some((object, from, until)) = of(&["indicator"], "valid_from", "valid_until") else { return };
        match until {
            Some(until) => {
                self.fields.set_time(from, Some(until));
                for field in [Field::TimeMonth, Field::TimeDay, Field::TimeHour] {
                    self.fields.set(field, "");
                }
                self.lose(object, "valid_until", "it says how long the indicator holds: a window, no day and no hour");
            }
            None => self.lose(object, "valid_from", "without valid_until it bounds no time"),
        }
    }

    fn means(&mut self) {
        for kind in ["malware", "attack-pattern", "tool", "infrastructure", "vulnerability"] {
            for object in self.of(kind) {
                match text(object, "name") {
                    Some(name) => self.add(Field::Means, name, object, "name"),
                    None => self.lose(object, "", "it has no name"),
                }
            }
        }
    }

    /// A label of ours, else a label that is a class, else what the objects are.
    fn class(&mut self) {
        let labels: Vec<&str> = self.objects.iter().flat_map(|object| texts(object, "labels")).collect();
        let ours = |name: &str| {
            let words = labels.iter().filter_map(|label| label.strip_prefix(PREFIX)?.strip_prefix(name));
            words.filter_map(|rest| rest.strip_prefix('=')).next()
        };
        self.fields.urgency = ours("urgency").and_then(Urgency::parse);
        let word = labels.iter().copied().find(|label| is_class(label));
        let malware: Vec<&str> =
            of_type(self.objects, "malware").flat_map(|object| texts(object, "malware_types")).collect();
        let has = |kinds: &[&str]| {
            self.objects.iter().any(|object| kinds.contains(&object.object_type().unwrap_or_default()))
        };
        let by_type = if malware.contains(&"ransomware") {
            Some("attack.cyber.ransomware")
        } else if has(&["malware"]) {
            Some("attack.cyber.malware")
        } else if has(&["attack-pattern", "tool", "infrastructure", "vulnerability", "indicator", "intrusion-set"]) {
            Some("attack.cyber")
        } else {
            None
        };
        self.fields.class = ours("class").filter(|class| is_class(class)).or(word).or(by_type).map(str::to_owned);
        for object in self.objects {
            let unread = |label: &&str| !label.starts_with(PREFIX) && self.fields.class.as_deref() != Some(*label);
            if texts(object, "labels").iter().any(unread) {
                let id = object.id().unwrap_or_default();
                self.losses.push(Loss { what: format!("{id} labels"), why: "a label that is no class is not carried" });
            }
        }
    }

    /// What no rule above reads.
    fn rest(&mut self) {
        const READ: [&str; 19] = [
            "report",
            "incident",
            "grouping",
            "campaign",
            "note",
            "threat-actor",
            "intrusion-set",
            "identity",
            "location",
            "malware",
            "attack-pattern",
            "tool",
            "infrastructure",
            "vulnerability",
            "course-of-action",
            "language-content",
            "marking-definition",
            "extension-definition",
            "relationship",
        ];
        let main = main_id(self.objects);
        for object in self.objects {
            if READ.contains(&object.object_type().unwrap_or_default()) {
                continue;
            }
            let about = main.as_deref() == object.id();
            let why = if about { "only name, description and times were taken" } else { "it stays in the attachment" };
            self.lose(object, "", why);
        }
    }
}

fn instant_of(object: &Object<'_>, name: &str) -> Option<Timestamp> {
    Timestamp::parse_stix(text(object, name)?).ok()
}

/// Name, then what is said of it.
fn summary(object: &Object<'_>) -> String {
    let part = |name| text(object, name).unwrap_or_default();
    joined(&[part("name"), part("abstract"), part("description"), part("content")])
}

fn joined(parts: &[&str]) -> String {
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

/// Two or more dotted words, of which the first is a root of docs/protocol.md §5: other dotted labels mean other things.
fn is_class(label: &str) -> bool {
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let root = matches!(label.split('.').next(), Some("attack" | "hazard"));
    root && label.len() <= 128 && label.contains('.') && label.split('.').all(plain)
}
