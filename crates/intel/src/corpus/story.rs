//! A story: who, against whom, with what, seen where, told in which languages. It has every type of the standard.

use super::Object;
use super::observables::{self, Observables};
use super::rng::Rng;
use super::words::{CODENAMES, ORGANISATIONS, Phrase, SECTORS, SUBJECTS};
use serde_json::{Value, json};

/// 2026-01-05T00:00:00Z; every time lies in the year after it.
const START_MS: u64 = 1_767_571_200_000;

const TLP_2_EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// TLP 2.0 labels and the identifiers that FIRST and OASIS gave them.
const TLP_2: [(&str, &str); 5] = [
    ("clear", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"),
    ("green", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
    ("amber", "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
    ("amber+strict", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"),
    ("red", "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"),
];

/// TLP 1 colours and their identifiers (§7.2.1.4).
const TLP_1: [(&str, &str); 4] = [
    ("white", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"),
    ("green", "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"),
    ("amber", "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"),
    ("red", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"),
];

/// A time with milliseconds, as STIX writes it.
fn time(ms: u64) -> String {
    let text = crate::cap::CapTime::from_unix(ms / 1_000);
    format!("{}.{:03}Z", &text.as_str()[..19], ms % 1_000)
}

/// The nine markings that everybody shares.
pub(super) fn tlp_markings() -> Vec<Object> {
    let marking = |id: &str, created: &str, name: &str| {
        vec![
            ("type", json!("marking-definition")),
            ("spec_version", json!("2.1")),
            ("id", json!(id)),
            ("created", json!(created)),
            ("name", json!(format!("TLP:{}", name.to_uppercase()))),
        ]
    };
    let mut objects = Vec::new();
    for (name, id) in TLP_1 {
        let mut members = marking(id, "2017-01-20T00:00:00.000Z", name);
        members.extend([("definition_type", json!("tlp")), ("definition", json!({ "tlp": name }))]);
        objects.push(Object(members));
    }
    for (name, id) in TLP_2 {
        let mut members = marking(id, "2022-10-01T00:00:00.000Z", name);
        let extension = json!({ TLP_2_EXTENSION: { "extension_type": "property-extension", "tlp_2_0": name } });
        members.push(("extensions", extension));
        objects.push(Object(members));
    }
    objects
}

/// A text about something.
fn about(template: &str, what: &str) -> String {
    template.replace("{}", what)
}

struct Story<'a> {
    rng: &'a mut Rng,
    now_ms: u64,
    creator: String,
    label: &'static str,
    objects: Vec<Object>,
}

impl Story<'_> {
    /// Adds an object with the common properties; gives its identifier.
    fn add(&mut self, kind: &'static str, properties: Vec<(&'static str, Value)>) -> String {
        let id = format!("{kind}--{}", self.rng.uuid());
        self.add_as(kind, &id, properties);
        id
    }

    fn add_as(&mut self, kind: &'static str, id: &str, properties: Vec<(&'static str, Value)>) {
        self.now_ms += 1 + self.rng.below(90_000);
        let created = time(self.now_ms);
        let modified =
            if self.rng.below(4) == 0 { time(self.now_ms + 1 + self.rng.below(3_600_000)) } else { created.clone() };
        let mut members = vec![
            ("type", json!(kind)),
            ("spec_version", json!("2.1")),
            ("id", json!(id)),
            ("created_by_ref", json!(self.creator)),
            ("created", json!(created)),
        ];
        if kind != "marking-definition" {
            members.push(("modified", json!(modified)));
        }
        let spoken = properties.iter().any(|(name, _)| *name == "lang");
        members.extend(properties);
        // Texts that are not said to be in another language are English; the types of §7 have no language.
        if !spoken && !matches!(kind, "marking-definition" | "language-content" | "extension-definition") {
            members.push(("lang", json!("en")));
        }
        members.push(("object_marking_refs", json!([self.label])));
        self.objects.push(Object(members));
    }

    fn relate(&mut self, source: &str, verb: &str, target: &str) {
        let description = json!(format!("Seen in {} cases.", 1 + self.rng.below(9)));
        self.add(
            "relationship",
            vec![
                ("relationship_type", json!(verb)),
                ("description", description),
                ("source_ref", json!(source)),
                ("target_ref", json!(target)),
            ],
        );
    }
}

/// One story with all its objects, in an order in which most references point back.
pub(super) fn story(rng: &mut Rng, number: u64) -> Vec<Object> {
    let creator = format!("identity--{}", rng.uuid());
    let label = rng.pick(&TLP_2).1;
    // Ten stories in a hundred still use the older labels.
    let label = if rng.below(10) == 0 { rng.pick(&TLP_1).1 } else { label };
    let now_ms = START_MS + number % 5_000 * 6_000_000 + rng.below(3_000_000);
    let subject = &SUBJECTS[usize::try_from(number % 3).unwrap_or(0)];
    let at = usize::try_from(rng.below(subject.len() as u64)).unwrap_or(0);
    let phrase = &subject[at];
    let (first, last) = (time(now_ms.saturating_sub(86_400_000)), time(now_ms.saturating_sub(3_600_000)));
    let mut story = Story { rng, now_ms, creator, label, objects: Vec::new() };
    let title = about(phrase.name, story.rng.pick(&ORGANISATIONS));
    let seen = observables::observables(story.rng, &title, &first, &last);
    let actors = actors(&mut story, phrase, &seen);
    let indicator = sightings(&mut story, &actors, &seen, phrase, &first, &last);
    reports(&mut story, &actors, &seen, subject, at, &indicator);
    let mut objects = seen.objects;
    objects.append(&mut story.objects);
    objects
}

/// Who stands in a story.
struct Actors {
    victim: String,
    actor: String,
    campaign: String,
    malware: String,
    attack: String,
    location: String,
    vulnerability: String,
    incident: String,
}

fn actors(s: &mut Story<'_>, phrase: &Phrase, seen: &Observables) -> Actors {
    let creator = s.creator.clone();
    let names = [s.rng.pick(&ORGANISATIONS), s.rng.pick(&ORGANISATIONS)];
    s.add_as(
        "identity",
        &creator,
        vec![
            ("name", json!(names[0])),
            ("identity_class", json!("organization")),
            ("sectors", json!(["government"])),
            ("contact_information", json!("duty-desk@northland.example")),
        ],
    );
    let sector = s.rng.pick(&SECTORS);
    let victim = s.add(
        "identity",
        vec![("name", json!(names[1])), ("identity_class", json!("organization")), ("sectors", json!([sector]))],
    );
    let (latitude, longitude) = (s.rng.below(120) as f64 / 2.0 + 0.25, s.rng.below(300) as f64 / 2.0 + 0.25);
    let region = s.rng.pick(&["northern-europe", "western-asia", "eastern-europe", "southern-asia"]);
    let location = s.add(
        "location",
        vec![
            ("name", json!("Harbour district")),
            ("region", json!(region)),
            ("latitude", json!(latitude)),
            ("longitude", json!(longitude)),
            ("precision", json!(2_500.0)),
        ],
    );
    let codename = s.rng.pick(&CODENAMES);
    let first_seen = time(s.now_ms - 40 * 86_400_000);
    let actor = s.add(
        "threat-actor",
        vec![
            ("name", json!(codename)),
            ("description", json!(about(phrase.description, &seen.domain_value))),
            ("threat_actor_types", json!(["crime-syndicate"])),
            ("first_seen", json!(first_seen)),
            ("roles", json!(["agent"])),
            ("sophistication", json!("advanced")),
            ("resource_level", json!("organization")),
            ("primary_motivation", json!("personal-gain")),
            ("lang", json!(phrase.language)),
        ],
    );
    let set = s.add(
        "intrusion-set",
        vec![
            ("name", json!(format!("{codename} activity"))),
            ("first_seen", json!(first_seen)),
            ("goals", json!(["encryption for ransom"])),
            ("resource_level", json!("organization")),
            ("primary_motivation", json!("personal-gain")),
        ],
    );
    let last_seen = time(s.now_ms);
    let campaign = s.add(
        "campaign",
        vec![
            ("name", json!(format!("{codename}, winter"))),
            ("first_seen", json!(first_seen)),
            ("last_seen", json!(last_seen)),
            ("objective", json!("Access to backups before encryption.")),
        ],
    );
    let attack = s.add(
        "attack-pattern",
        vec![
            ("name", json!("Spearphishing Link")),
            (
                "external_references",
                json!([{
                    "external_id": "T1566.002", "source_name": "mitre-attack"
                }]),
            ),
            ("kill_chain_phases", json!([{ "kill_chain_name": "mitre-attack", "phase_name": "initial-access" }])),
        ],
    );
    let family = format!("{} loader", s.rng.pick(&CODENAMES));
    let malware = s.add(
        "malware",
        vec![
            ("name", json!(family)),
            ("malware_types", json!(["downloader", "ransomware"])),
            ("is_family", json!(false)),
            ("implementation_languages", json!(["c++"])),
            ("capabilities", json!(["communicates-with-c2", "escalates-privileges"])),
            ("sample_refs", json!([seen.file])),
        ],
    );
    let (started, ended) = (time(s.now_ms), time(s.now_ms + 420_000));
    let analysis = s.add(
        "malware-analysis",
        vec![
            ("product", json!("sandbox")),
            ("version", json!("7.1")),
            ("submitted", json!(started)),
            ("analysis_started", json!(started)),
            ("analysis_ended", json!(ended)),
            ("result", json!("malicious")),
            ("operating_system_ref", json!(seen.software)),
            ("sample_ref", json!(seen.file)),
        ],
    );
    let tool = s.add(
        "tool",
        vec![("name", json!("Remote Desk")), ("tool_types", json!(["remote-access"])), ("tool_version", json!("12.0"))],
    );
    let year_number = 10_000 + s.rng.below(80_000);
    let vulnerability = s.add(
        "vulnerability",
        vec![
            ("name", json!(format!("CVE-2026-{year_number}"))),
            (
                "external_references",
                json!([{ "external_id": format!("CVE-2026-{year_number}"), "source_name": "cve" }]),
            ),
        ],
    );
    let infrastructure = s.add(
        "infrastructure",
        vec![
            ("name", json!(format!("Relays behind {}", seen.domain_value))),
            ("infrastructure_types", json!(["command-and-control"])),
            ("first_seen", json!(first_seen)),
        ],
    );
    let course = s.add(
        "course-of-action",
        vec![
            ("name", json!("Isolate and restore")),
            ("description", json!(phrase.advice)),
            ("lang", json!(phrase.language)),
        ],
    );
    let incident = s.add(
        "incident",
        vec![
            ("name", json!(about(phrase.name, names[1]))),
            ("description", json!(about(phrase.description, &seen.ipv4_value))),
            ("lang", json!(phrase.language)),
        ],
    );
    for (source, verb, target) in [
        (&actor, "targets", &victim),
        (&actor, "uses", &malware),
        (&actor, "uses", &tool),
        (&actor, "located-at", &location),
        (&set, "attributed-to", &actor),
        (&campaign, "attributed-to", &set),
        (&campaign, "targets", &vulnerability),
        (&campaign, "uses", &attack),
        (&attack, "targets", &vulnerability),
        (&attack, "delivers", &malware),
        (&malware, "beacons-to", &infrastructure),
        (&malware, "communicates-with", &seen.domain),
        (&malware, "downloads", &seen.file),
        (&analysis, "characterizes", &malware),
        (&infrastructure, "consists-of", &seen.ipv4),
        (&infrastructure, "communicates-with", &seen.url),
        (&tool, "has", &vulnerability),
        (&course, "mitigates", &attack),
        (&course, "remediates", &vulnerability),
        (&victim, "located-at", &location),
        (&seen.domain, "resolves-to", &seen.ipv4),
    ] {
        s.relate(source, verb, target);
    }
    Actors { victim, actor, campaign, malware, attack, location, vulnerability, incident }
}

fn sightings(s: &mut Story<'_>, a: &Actors, seen: &Observables, phrase: &Phrase, first: &str, last: &str) -> String {
    let times = 1 + s.rng.below(400);
    let observed = s.add(
        "observed-data",
        vec![
            ("first_observed", json!(first)),
            ("last_observed", json!(last)),
            ("number_observed", json!(times)),
            ("object_refs", json!(seen.all)),
        ],
    );
    let extension = s.add(
        "extension-definition",
        vec![
            ("name", json!("Warning reference")),
            ("description", json!("Links an indicator to the warning in which it was first told.")),
            ("schema", json!("https://northland.example/schemas/warning-reference-1.json")),
            ("version", json!("1.0.0")),
            ("extension_types", json!(["property-extension"])),
        ],
    );
    let from = time(s.now_ms);
    let until = time(s.now_ms + 30 * 86_400_000);
    let pattern = format!(
        "[domain-name:value = '{}' OR ipv4-addr:value = '{}'] FOLLOWEDBY [file:hashes.'SHA-256' = '{}'] WITHIN 600 SECONDS",
        seen.domain_value, seen.ipv4_value, seen.sha256
    );
    let reference = json!({ extension: { "extension_type": "property-extension", "warning": s.rng.hex(16) } });
    let confidence = 5 * s.rng.below(20) + 1;
    let indicator = s.add(
        "indicator",
        vec![
            ("name", json!(about(phrase.name, &seen.domain_value))),
            ("description", json!(about(phrase.description, &seen.domain_value))),
            ("indicator_types", json!(["malicious-activity"])),
            ("pattern", json!(pattern)),
            ("pattern_type", json!("stix")),
            ("pattern_version", json!("2.1")),
            ("valid_from", json!(from)),
            ("valid_until", json!(until)),
            ("labels", json!(["winter", "priority"])),
            ("confidence", json!(confidence)),
            ("lang", json!(phrase.language)),
            ("extensions", reference),
        ],
    );
    s.relate(&indicator, "indicates", &a.malware);
    s.relate(&indicator, "indicates", &a.campaign);
    s.relate(&indicator, "based-on", &observed);
    s.add(
        "sighting",
        vec![
            ("description", json!("Seen by the sensors of the victim.")),
            ("first_seen", json!(first)),
            ("last_seen", json!(last)),
            ("count", json!(times % 99 + 1)),
            ("sighting_of_ref", json!(indicator)),
            ("observed_data_refs", json!([observed])),
            ("where_sighted_refs", json!([a.victim, a.location])),
            ("summary", json!(false)),
        ],
    );
    indicator
}

fn reports(s: &mut Story<'_>, a: &Actors, seen: &Observables, subject: &[Phrase; 8], at: usize, indicator: &str) {
    let phrase = &subject[at];
    let statement = s.add(
        "marking-definition",
        vec![
            ("name", json!("Handling")),
            ("definition_type", json!("statement")),
            ("definition", json!({ "statement": "For the duty desk; ask before passing it on." })),
        ],
    );
    s.add(
        "note",
        vec![
            ("abstract", json!(about(phrase.name, &seen.ipv4_value))),
            ("content", json!(format!("{}\n\n{}", about(phrase.description, &seen.ipv4_value), phrase.advice))),
            ("authors", json!(["Duty desk"])),
            ("object_refs", json!([indicator, a.incident])),
            ("lang", json!(phrase.language)),
        ],
    );
    let opinion = s.rng.pick(&["disagree", "neutral", "agree", "strongly-agree"]);
    s.add(
        "opinion",
        vec![
            ("explanation", json!("Two of three sensors agree.")),
            ("opinion", json!(opinion)),
            ("object_refs", json!([indicator])),
        ],
    );
    s.add(
        "grouping",
        vec![
            ("name", json!("What belongs to the case")),
            ("context", json!("suspicious-activity")),
            ("object_refs", json!([a.actor, a.attack, a.vulnerability])),
        ],
    );
    let published = time(s.now_ms + 3_600_000);
    let report = format!("report--{}", s.rng.uuid());
    s.add_as(
        "report",
        &report,
        vec![
            ("name", json!(about(subject[0].name, &seen.domain_value))),
            ("description", json!(about(phrase.description, &seen.domain_value))),
            ("report_types", json!(["threat-report"])),
            ("published", json!(published)),
            ("object_refs", json!([indicator, a.actor, a.malware, a.campaign, a.victim, a.incident])),
            ("lang", json!("en")),
            (
                "granular_markings",
                json!([
                    { "marking_ref": statement, "selectors": ["name", "object_refs.[4]"] },
                ]),
            ),
        ],
    );
    let modified = s.objects.last().and_then(|object| object.0.iter().find(|(name, _)| *name == "modified"));
    let modified = modified.map_or(Value::Null, |(_, value)| value.clone());
    let mut contents = serde_json::Map::new();
    let mut languages: Vec<&Phrase> = subject.iter().skip(1).collect();
    languages.sort_by_key(|phrase| phrase.language);
    for phrase in languages {
        let text = json!({
            "description": about(phrase.description, &seen.domain_value), "name": about(phrase.name, &seen.domain_value)
        });
        contents.insert(phrase.language.to_owned(), text);
    }
    s.add(
        "language-content",
        vec![("object_ref", json!(report)), ("object_modified", modified), ("contents", Value::Object(contents))],
    );
}

/// An indicator that stands alone: the line of a feed.
pub(super) fn lone_indicator(rng: &mut Rng, creator: &str, number: usize) -> Object {
    let created_ms = START_MS + number as u64 % 25_000_000 * 1_000 + rng.below(1_000);
    let (name, pattern) = match rng.below(5) {
        0 => {
            let value = observables::domain(rng);
            (value.clone(), format!("[domain-name:value = '{value}']"))
        }
        1 => {
            let value = observables::ipv4(rng);
            (value.clone(), format!("[ipv4-addr:value = '{value}']"))
        }
        2 => {
            let value = format!("https://{}/{}", observables::domain(rng), rng.hex(5));
            (value.clone(), format!("[url:value = '{value}']"))
        }
        3 => {
            let value = rng.hex(32);
            (format!("file {}", &value[..12]), format!("[file:hashes.'SHA-256' = '{value}']"))
        }
        _ => {
            let (host, address) = (observables::domain(rng), observables::ipv4(rng));
            let pattern =
                format!("[domain-name:value = '{host}' AND domain-name:resolves_to_refs[*].value = '{address}']");
            (host, pattern)
        }
    };
    let subject = &SUBJECTS[usize::try_from(rng.below(3)).unwrap_or(0)];
    // Half of a feed is in English; the rest is spread over the other languages.
    let at = if rng.below(2) == 0 { 0 } else { rng.below(8) };
    let phrase = &subject[usize::try_from(at).unwrap_or(0)];
    let kind = rng.pick(&["malicious-activity", "anomalous-activity", "compromised"]);
    let phase = rng.pick(&["initial-access", "execution", "command-and-control", "impact"]);
    let id = format!("indicator--{}", rng.uuid());
    let label = rng.pick(&TLP_2).1;
    let confidence = 5 * rng.below(20) + 1;
    Object(vec![
        ("type", json!("indicator")),
        ("spec_version", json!("2.1")),
        ("id", json!(id)),
        ("created_by_ref", json!(creator)),
        ("created", json!(time(created_ms))),
        ("modified", json!(time(created_ms))),
        ("name", json!(name)),
        ("description", json!(about(phrase.description, &name))),
        ("indicator_types", json!([kind])),
        ("pattern", json!(pattern)),
        ("pattern_type", json!("stix")),
        ("valid_from", json!(time(created_ms))),
        ("kill_chain_phases", json!([{ "kill_chain_name": "mitre-attack", "phase_name": phase }])),
        ("confidence", json!(confidence)),
        ("lang", json!(phrase.language)),
        ("object_marking_refs", json!([label])),
    ])
}
