//! Random additions and removals, seen through three pairs of eyes, against a model that decides in the plainest way.
//!
//! A failure is: a list that differs from the model's in any item or in order, for any caller, filter or page size. Random
//! are ids, versions, spec versions, TLP levels, addressees and removals, from a fixed seed.
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]

mod common;

use bytes::Bytes;
use common::*;
use monition_intel::taxii::Identifier;
use monition_taxii::{Options, Placed};
use serde_json::json;
use std::collections::BTreeMap;

const LEVELS: [(&str, u8); 4] = [
    ("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", 0),
    ("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", 1),
    ("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", 2),
    ("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", 4),
];
const VIEWERS: [(&str, u8); 3] = [("alice", 4), ("bob", 1), ("carol", 2)];

#[derive(Clone, Debug)]
struct Row {
    id: usize,
    version: usize,
    spec: usize,
    level: u8,
    for_bob: bool,
}

#[derive(Default)]
struct Model {
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug)]
enum Wanted {
    Last,
    First,
    All,
    FirstAndLast,
    At(usize),
}

impl Model {
    /// Whether it is a new row.
    fn add(&mut self, row: Row) -> bool {
        let same = |there: &&Row| (there.id, there.version, there.spec) == (row.id, row.version, row.spec);
        let fits = |there: &Row| there.level == row.level && there.for_bob && !row.for_bob;
        let new = self.rows.iter().filter(same).all(fits);
        if new {
            self.rows.push(row);
        }
        new
    }

    /// Indexes of the rows that a viewer is given.
    fn view(&self, viewer: (&str, u8), specs: &[usize], wanted: Wanted) -> Vec<usize> {
        let mut by_id: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            let seen = row.level <= viewer.1 && (!row.for_bob || viewer.0 == "bob");
            if seen && (specs.is_empty() || specs.contains(&row.spec)) {
                by_id.entry(row.id).or_default().push(at);
            }
        }
        let mut given = Vec::new();
        for mut rows in by_id.into_values() {
            if specs.is_empty() {
                let newest = rows.iter().map(|at| self.rows[*at].spec).max();
                rows.retain(|at| Some(self.rows[*at].spec) == newest);
            }
            rows.sort_by_key(|at| (self.rows[*at].version, self.rows[*at].spec, *at));
            rows.dedup_by_key(|at| (self.rows[*at].version, self.rows[*at].spec));
            let end = rows.len() - 1;
            given.extend(rows.iter().enumerate().filter_map(|(place, at)| {
                let chosen = match wanted {
                    Wanted::All => true,
                    Wanted::Last => place == end,
                    Wanted::First => place == 0,
                    Wanted::FirstAndLast => place == 0 || place == end,
                    Wanted::At(version) => self.rows[*at].version == version,
                };
                chosen.then_some(*at)
            }));
        }
        given.sort_unstable();
        given
    }
}

fn id(n: usize) -> String {
    format!("indicator--00000000-0000-4000-8000-{n:012x}")
}

fn version(n: usize) -> String {
    format!("2020-01-{:02}T00:00:00.000Z", n + 1)
}

fn listed(client: &mut Client, filter: &str, limit: usize) -> Vec<(String, String, String)> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("{}?limit={limit}{filter}{next}", manifest_of(OFF));
        let json = client.get(&path).expect(200).json();
        for record in json["objects"].as_array().unwrap_or(&Vec::new()) {
            let text = |name: &str| record[name].as_str().unwrap().to_owned();
            found.push((text("id"), text("version"), text("media_type").split_once('=').unwrap().1.to_owned()));
        }
        let Some(token) = json["next"].as_str() else { return found };
        next = format!("&next={token}");
    }
}

#[test]
fn every_view_is_the_models_after_random_additions_and_removals() {
    let old = r#"media_types = ["application/stix+json;version=2.1", "application/stix+json;version=2.0"]
grants = [{ account = "alice", read = true, write = true }]"#;
    let grants = r#"media_types = ["application/stix+json;version=2.1", "application/stix+json;version=2.0"]
grants = [{ account = "alice", read = true, write = true }, { account = "bob", read = true, tlp = "green" },
          { account = "carol", read = true, write = true, tlp = "amber" }]"#;
    assert!(CONFIG.contains(old));
    let world = start_with(&CONFIG.replace(old, grants), Options::default());
    let mut clients: BTreeMap<&str, Client> = VIEWERS.iter().map(|(name, _)| (*name, world.client(name))).collect();
    let collection = Identifier::parse(OFF).unwrap();
    let mut model = Model::default();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for step in 0..400 {
        if random(8) == 0 {
            // Carol removes what she sees of one id.
            let (n, last) = (random(6), random(2) == 0);
            let path = format!("{}{}/{}", objects_of(OFF), id(n), if last { "?match[version]=last" } else { "" });
            let status = clients.get_mut("carol").unwrap().delete(&path).status;
            let seen = |row: &Row| row.id == n && row.level <= 2 && !row.for_bob;
            let gone: Vec<usize> = if last {
                let chosen = model.view(VIEWERS[2], &[], Wanted::Last);
                chosen.into_iter().filter(|at| model.rows[*at].id == n).collect()
            } else {
                (0..model.rows.len()).filter(|at| seen(&model.rows[*at])).collect()
            };
            assert_eq!(status, if gone.is_empty() { 404 } else { 200 }, "step {step}");
            for at in gone.into_iter().rev() {
                model.rows.remove(at);
            }
        } else {
            let (marking, level) = LEVELS[random(4)];
            let row = Row { id: random(6), version: random(5), spec: random(4).min(1), level, for_bob: random(4) == 0 };
            let mut object = indicator(&id(row.id), &version(row.version));
            object["object_marking_refs"] = json!([marking]);
            if row.spec == 0 {
                object.as_object_mut().unwrap().remove("spec_version");
            }
            let addressed: Vec<String> = if row.for_bob { vec!["bob".to_owned()] } else { Vec::new() };
            let put = world.server.put(collection, vec![Bytes::from(object.to_string())], &addressed);
            let placed = world.block_on(put).unwrap();
            let added = matches!(placed[..], [Placed::Added { .. }]);
            assert_eq!(added, model.add(row.clone()), "step {step}: {row:?} {placed:?}");
        }
        if step % 5 != 0 {
            continue;
        }
        for viewer in VIEWERS {
            for (specs, spec_filter) in
                [(&[][..], ""), (&[0], "&match[spec_version]=2.0"), (&[0, 1], "&match[spec_version]=2.0,2.1")]
            {
                for (wanted, version_filter) in [
                    (Wanted::Last, String::new()),
                    (Wanted::First, "&match[version]=first".to_owned()),
                    (Wanted::All, "&match[version]=all".to_owned()),
                    (Wanted::FirstAndLast, "&match[version]=first,last".to_owned()),
                    (Wanted::At(2), format!("&match[version]={}", encoded(&version(2)))),
                ] {
                    let record = |at: usize| {
                        let row = &model.rows[at];
                        (id(row.id), version(row.version), format!("2.{}", row.spec))
                    };
                    let expected: Vec<_> = model.view(viewer, specs, wanted).into_iter().map(record).collect();
                    let client = clients.get_mut(viewer.0).unwrap();
                    let ids = (0..6).map(id).collect::<Vec<_>>().join(",");
                    for other in [String::new(), "&match[type]=indicator".to_owned(), format!("&match[id]={ids}")] {
                        let filter = format!("{spec_filter}{version_filter}{other}");
                        let limit = if step % 2 == 0 { 3 } else { 1000 };
                        assert_eq!(listed(client, &filter, limit), expected, "step {step} {viewer:?} {filter}");
                    }
                }
            }
        }
    }
    assert!(model.rows.len() > 20);
}
