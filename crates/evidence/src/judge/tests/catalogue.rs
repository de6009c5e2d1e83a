//! The dossiers of `testdata/dossiers/`: stories told in the world in memory, each with the verdict that whoever wrote the
//! story expects, and with the whole finding as the judge gives it. Other judges are held against the same files.
//!
//! `cargo test -p monition-evidence catalogue` tells the stories again and compares every byte;
//! `cargo test -p monition-evidence catalogue -- --ignored` writes the folder anew.

mod denied;
mod hostile;
mod keys;
mod liars;
mod told;

use super::world::*;
use crate::dossier::{Dossier, DossierError};
use crate::encoding::{Digest, sha256};
use crate::judge::{Believe, JudgeError, Question, judge, judge_without_witnesses};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// One story: what is judged, and what comes out.
pub(super) struct Story {
    name: &'static str,
    group: &'static str,
    story: &'static str,
    /// `answer step code …`, or the error's code: as the writer of the story expects it.
    verdict: &'static str,
    dossiers: Vec<Vec<u8>>,
    trust: Vec<u8>,
    believe: Option<String>,
    question: String,
    without_witnesses: bool,
}

#[derive(Default)]
pub(super) struct Catalogue {
    stories: Vec<Story>,
    files: BTreeMap<String, Vec<u8>>,
    group: &'static str,
}

impl Catalogue {
    fn group(&mut self, group: &'static str) {
        self.group = group;
    }

    /// Adds a story; what differs from the usual is set on what this returns.
    fn add(
        &mut self,
        name: &'static str,
        story: &'static str,
        w: &World,
        dossiers: &[Dossier],
        question: &str,
        verdict: &'static str,
    ) -> &mut Story {
        let dossiers = dossiers.iter().map(|d| self.bytes(d)).collect();
        let group = self.group;
        let trust = w.trust();
        let question = question.to_owned();
        let (believe, without_witnesses) = (None, false);
        self.stories.push(Story { name, group, story, verdict, dossiers, trust, believe, question, without_witnesses });
        self.stories.last_mut().unwrap()
    }

    /// The dossier with its directory in a file that many share. Its own question is always the same, so that one file
    /// serves several cases; the case names the question that is asked.
    fn bytes(&mut self, dossier: &Dossier) -> Vec<u8> {
        let dossier = Dossier { question: TOLD.to_owned(), ..dossier.clone() };
        let text = String::from_utf8(dossier.to_bytes().unwrap()).unwrap();
        let shared = serde_json::to_vec(&dossier.directory).unwrap();
        let sha = sha256(&shared);
        self.files.insert(format!("{sha}.directory.json"), shared);
        let old = format!("{{\"entries\":{}}}", serde_json::to_string(&dossier.directory).unwrap());
        let new = format!("{{\"sha256\":\"{sha}\"}}");
        let digest = |text: &str| format!("\"directory\":\"{}\"", sha256(text.as_bytes()));
        text.replacen(&format!("\"directory\":{old}"), &format!("\"directory\":{new}"), 1)
            .replacen(&digest(&old), &digest(&new), 1)
            .into_bytes()
    }

    /// What the command says: a finding, or the code of an error.
    fn judged(&self, story: &Story) -> serde_json::Value {
        let shared = |sha: &Digest| self.files.get(&format!("{sha}.directory.json")).cloned();
        let error = |code: &str| serde_json::json!({ "error": code });
        let mut dossiers = Vec::new();
        for bytes in &story.dossiers {
            match Dossier::parse(bytes, &shared) {
                Ok(dossier) => dossiers.push(dossier),
                Err(DossierError::Altered { .. }) => return error("evidence-altered"),
                Err(DossierError::Format { .. }) => return error("usage-newer-format"),
                Err(DossierError::DirectoryFileMissing { .. }) => return error("usage-directory-file-missing"),
                Err(_) => return error("usage-dossier-unreadable"),
            }
        }
        let believe = story.believe.as_ref().map_or(Ok(Believe::default()), |text| Believe::parse(text.as_bytes()));
        let (Ok(believe), Ok(question)) = (believe, Question::parse(&story.question)) else {
            return error("usage-question");
        };
        let by = if story.without_witnesses { judge_without_witnesses } else { judge };
        match by(&dossiers, &story.trust, &believe, &question) {
            Ok(finding) => serde_json::to_value(finding).unwrap(),
            Err(JudgeError::Evidence(_)) => error("evidence-refused"),
            Err(JudgeError::Trust(_)) => error("usage-trust"),
        }
    }

    /// Every file of the folder.
    fn folder(mut self) -> BTreeMap<String, Vec<u8>> {
        let mut table = String::new();
        let mut groups: Vec<&str> = Vec::new();
        let stories = std::mem::take(&mut self.stories);
        let mut written: BTreeMap<Digest, String> = BTreeMap::new();
        for story in &stories {
            let mut case = serde_json::Map::new();
            let trust = format!("{}.policy", &sha256(&story.trust).to_string()[..8]);
            self.files.insert(trust.clone(), story.trust.clone());
            let mut names = Vec::new();
            for (number, bytes) in story.dossiers.iter().enumerate() {
                let part = if story.dossiers.len() == 1 { String::new() } else { format!(".{}", number + 1) };
                let name = written.entry(sha256(bytes)).or_insert(format!("{}{part}.dossier.json", story.name));
                self.files.insert(name.clone(), bytes.clone());
                names.push(name.clone());
            }
            let believe = story.believe.as_ref().map(|text| {
                let name = format!("{}.believe.json", story.name);
                self.files.insert(name.clone(), text.clone().into_bytes());
                name
            });
            let expected = self.judged(story);
            case.insert("story".into(), story.story.into());
            case.insert("dossiers".into(), names.into());
            case.insert("trust".into(), trust.into());
            case.insert("believe".into(), believe.into());
            case.insert("question".into(), story.question.clone().into());
            case.insert("without_witnesses".into(), story.without_witnesses.into());
            // The finding on one line: it is for programs, and there are many.
            let text = serde_json::to_string_pretty(&case).unwrap();
            let text = format!("{},\n  \"expected\": {expected}\n}}\n", text.trim_end_matches("\n}"));
            self.files.insert(format!("{}.case.json", story.name), text.into_bytes());
            if !groups.contains(&story.group) {
                groups.push(story.group);
                table.push_str(&format!("\n## {}\n\n| case | story | verdict |\n|---|---|---|\n", story.group));
            }
            table.push_str(&format!("| `{}` | {} | {} |\n", story.name, story.story, story.verdict));
        }
        let intro = include_str!("catalogue/README.head.md").replace("{count}", &stories.len().to_string());
        self.files.insert("README.md".into(), format!("{intro}{table}").into_bytes());
        self.files
    }
}

impl Story {
    fn believing(&mut self, believe: &str) -> &mut Self {
        self.believe = Some(believe.to_owned());
        self
    }

    fn trusting(&mut self, trust: &str) -> &mut Self {
        self.trust = trust.as_bytes().to_vec();
        self
    }

    fn alone(&mut self) -> &mut Self {
        self.without_witnesses = true;
        self
    }

    /// Changes the file after it was written, as somebody else might.
    fn edited(&mut self, edit: impl Fn(String) -> String) -> &mut Self {
        let text = String::from_utf8(self.dossiers[0].clone()).unwrap();
        let changed = edit(text.clone());
        assert_ne!(changed, text, "{} changes nothing", self.name);
        self.dossiers[0] = changed.into_bytes();
        self
    }

    /// The verdict in the words of the stories.
    fn verdict_of(judged: &serde_json::Value) -> String {
        let word = |name: &str| judged[name].as_str().map(str::to_owned);
        let codes = |list: &str| -> Vec<String> {
            let list = judged[list].as_array().into_iter().flatten();
            list.filter_map(|m| m["code"].as_str().map(str::to_owned)).collect()
        };
        let mut words: Vec<String> = [word("error"), word("answer"), word("step")].into_iter().flatten().collect();
        if judged["silence"].is_object() {
            words.push("silence".to_owned());
        }
        words.extend(codes("misbehaviour").into_iter().collect::<BTreeSet<String>>());
        words.extend(codes("caveats").into_iter().collect::<BTreeSet<String>>());
        words.join(" ")
    }
}

/// The coarse fields, core and place opened: what is told is the place, the rest is only signed.
pub(super) const OPEN: Show<'_> = Show { warning: 0, fields: COARSE, open: &[0, 3] };

/// Everything is shown.
pub(super) fn all(w: &World) -> Dossier {
    w.dossier(|_| true, &[OPEN])
}

pub(super) const TOLD: &str = "told south.example by north.example";
/// T = 1,030.
pub(super) const BEFORE: &str = "told south.example by north.example before 1970-01-01T00:17:10Z";

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    told::stories(&mut catalogue);
    denied::stories(&mut catalogue);
    keys::stories(&mut catalogue);
    liars::stories(&mut catalogue);
    hostile::stories(&mut catalogue);
    catalogue
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/dossiers")
}

#[test]
fn every_story_of_the_catalogue_ends_as_its_writer_says() {
    let catalogue = catalogue();
    let wrong: Vec<String> = catalogue
        .stories
        .iter()
        .filter_map(|story| {
            let judged = catalogue.judged(story);
            let found = Story::verdict_of(&judged);
            let why = judged["sentence"].as_str().unwrap_or_default();
            (found != story.verdict)
                .then(|| format!("{}: {found}\n   expected {}\n   {why}", story.name, story.verdict))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), catalogue.stories.len(), wrong.join("\n"));
    let names: BTreeSet<&str> = catalogue.stories.iter().map(|s| s.name).collect();
    assert_eq!(names.len(), catalogue.stories.len(), "two stories have one name");
    assert!(names.len() >= 80, "{} stories", names.len());
}

#[test]
fn the_catalogue_that_is_checked_in_is_this_one() {
    let told = catalogue().folder();
    let mut kept = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        kept.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap());
    }
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&kept),
        names(&told),
        "write the folder anew: cargo test -p monition-evidence catalogue -- --ignored"
    );
    for (name, bytes) in &told {
        assert!(kept[name] == *bytes, "{name} differs from what its story gives");
    }
    let size: usize = told.values().map(Vec::len).sum();
    assert!(size < 4 * 1024 * 1024, "{size} bytes");
}

#[test]
#[ignore = "writes testdata/dossiers"]
fn write_the_catalogue() {
    let folder = folder();
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in catalogue().folder() {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
