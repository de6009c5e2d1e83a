//! The rarer acts: decisions and their notes, disposal, revoked keys, restored records.

use super::{ends, enrol, init, runs, servers, word};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn parties(root: &Path, url: &str, names: &[&str]) {
    for name in names {
        let full = format!("{name}.example");
        init(root, name, url, &["--name", &full, "--trust", "trust.policy", "--role", "duty-officer"]);
        enrol(root, name, &[]);
        runs(root, &["declare", "--dir", name, "--custodian", "harbour.example", "--custodian", "lantern.example"]);
    }
}

fn warn(root: &Path, dir: &str, to: &str, more: &[&str]) -> Value {
    let warn = ["warn", "--dir", dir, "--to", to, "--class", "attack.physical", "--urgency", "flash"];
    runs(root, &[&warn[..], &["--summary", "An attack is being prepared."], more].concat())["sent"][0].clone()
}

fn code(refused: &Value) -> &str {
    word(&refused["error"], "code")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn content_is_deleted_after_its_time_at_the_desk_and_at_the_custodians() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (url, _running) = servers(root);
    parties(root, &url, &["north", "south"]);
    // The same desk as it was before anything came.
    runs(root, &["backup", "--dir", "south", "backup"]);
    runs(root, &["restore", "backup", "--dir", "late"]);
    let until = now() + 8;
    let sent = warn(root, "north", "south.example", &["--retain-until", &until.to_string(), "--wait", "20"]);
    let id = word(&sent, "submission");
    assert_eq!(super::collect(root, "south"), id);
    let refused = ends(root, 2, &["dispose", "--dir", "south", id]);
    assert_eq!(code(&refused), "usage-not-possible");
    runs(root, &["read", "--dir", "south", id]);
    while now() <= until {
        std::thread::sleep(Duration::from_millis(100));
    }
    let done = runs(root, &["dispose", "--dir", "south", id]);
    assert_eq!((&done["logged"], &done["failed"]), (&true.into(), &json!([])));
    assert_eq!(done["custodians"], json!(["harbour.example", "lantern.example"]));
    assert_eq!(code(&ends(root, 2, &["read", "--dir", "south", id])), "usage-not-held");
    assert_eq!(code(&ends(root, 2, &["dispose", "--dir", "south", id])), "usage-not-possible");
    assert_eq!(runs(root, &["inbox", "--dir", "south"])["inbox"][0]["disposed"], true);
    // The custodians have the item and its hashes, and no bodies.
    let late = runs(root, &["collect", "--dir", "late"]);
    assert_eq!((&late["new_items"], &late["opened"]), (&2.into(), &json!([])));
    let why = late["failed"][0]["why"].as_str().unwrap();
    assert!(why.contains("the bodies of this item were deleted"), "{why}");
    // What was told stays told: North proves it, with South's receipt and the three disposals in the log.
    runs(root, &["dossier", "--dir", "north", "told south.example by north.example", "--out", "north.json"]);
    let finding = runs(root, &["judge", "north.json", "--trust", "trust.policy"]);
    assert_eq!((&finding["answer"], &finding["step"]), (&"proven".into(), &"decrypted".into()));
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        runs(root, &["status", "--dir", "north", id]);
        runs(root, &["dossier", "--dir", "north", "timeline", "--out", "timeline.json"]);
        let finding = runs(root, &["judge", "timeline.json", "--trust", "trust.policy"]);
        let disposals =
            finding["timeline"].as_array().unwrap().iter().filter(|fact| fact["fact"] == "Disposal").count();
        if disposals == 3 {
            break;
        }
        assert!(Instant::now() < end, "{disposals} disposals are logged: {finding}");
    }
}

#[test]
fn a_decision_is_on_record_and_its_ground_is_shown_later_if_ever() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (url, _running) = servers(root);
    parties(root, &url, &["north"]);
    let decided = runs(root, &["decide", "--dir", "north", "not-warned", "--ground", "the source would be known"]);
    let id = word(&decided, "decision");
    assert_eq!(decided["decided"], "not-warned");
    runs(root, &["dossier", "--dir", "north", "timeline", "--out", "timeline.json"]);
    let text = std::fs::read_to_string(root.join("timeline.json")).unwrap();
    assert!(!text.contains("source would be known"), "the ground stays closed");
    let finding = runs(root, &["judge", "timeline.json", "--trust", "trust.policy"]);
    let facts = finding["timeline"].as_array().unwrap();
    assert!(facts.iter().any(|fact| fact["fact"] == "DecisionRecord"), "{finding}");
    let shown = runs(root, &["show-note", "--dir", "north", id]);
    assert_eq!(shown["note"], "the source would be known");
    // Anybody computes the commitment from salt and text.
    let salt = monition_evidence::Salt::parse(word(&shown, "salt")).unwrap();
    let note = monition_evidence::Text::parse(word(&shown, "note")).unwrap();
    let commitment = monition_evidence::statement::note_commitment(&salt, &note);
    assert_eq!(word(&shown, "commitment"), commitment.to_string());
    let statement = monition_evidence::Statement::parse(word(&shown, "statement").as_bytes()).unwrap();
    let monition_evidence::Body::DecisionRecord(record) = statement.body() else { panic!("no decision") };
    assert_eq!(record.note, Some(commitment));
    let bare = runs(root, &["decide", "--dir", "north", "warned"]);
    assert_eq!(code(&ends(root, 2, &["show-note", "--dir", "north", word(&bare, "decision")])), "usage-not-held");
}

#[test]
fn a_revoked_statement_key_is_replaced_with_the_sponsors() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (url, _running) = servers(root);
    parties(root, &url, &["north", "south"]);
    let keys = runs(root, &["keys", "--dir", "north"]);
    let keys = keys["keys"].as_array().unwrap();
    // The keys of people stay closed to `keys`; the enrolment named them.
    assert!(keys.iter().all(|key| key["slot"] != "statement"), "{keys:?}");
    let enrolment = std::fs::read_to_string(root.join("north.enrolment")).unwrap();
    let enrolment = monition_evidence::Statement::parse(enrolment.as_bytes()).unwrap();
    let monition_evidence::Body::Enrolment(enrolment) = enrolment.body() else { panic!("no enrolment") };
    let key = enrolment.keys.iter().find(|key| key.key_use == monition_evidence::KeyUse::Statement).unwrap();
    let kid = key.kid().to_string();
    runs(
        root,
        &["revoke", "--dir", "north", &kid, "--suspected-since", "2026-01-01T00:00:00Z", "--reason", "a laptop"],
    );
    let send = ["warn", "--dir", "north", "--to", "south.example", "--class", "test", "--urgency", "routine"];
    let refused = ends(root, 2, &send);
    assert_eq!(refused["sent"][0]["error"]["code"], "usage-key-ended");
    let refused = ends(root, 2, &["rotate", "--dir", "north"]);
    assert_eq!(code(&refused), "usage-not-possible");
    assert!(word(&refused["error"], "message").contains("rotate --out FILE"));

    runs(root, &["rotate", "--dir", "north", "--out", "rotation"]);
    assert_eq!(code(&ends(root, 1, &["rotate", "--dir", "north", "--sponsored", "rotation"])), "evidence-directory");
    runs(root, &["sponsor", "--dir", "exchange", "rotation"]);
    assert_eq!(code(&ends(root, 2, &["rotate", "--dir", "south", "--sponsored", "rotation"])), "usage-not-possible");
    let entry = runs(root, &["rotate", "--dir", "north", "--sponsored", "rotation"]);
    let again = runs(root, &["rotate", "--dir", "north"]);
    assert_ne!(entry["index"], again["index"], "an ordinary rotation follows");
    let sent = warn(root, "north", "south.example", &["--wait", "20"]);
    assert_eq!((&sent["available"], &sent["seq"]), (&true.into(), &1.into()), "nothing was signed with the dead key");
}

#[test]
fn a_restored_record_uses_no_number_twice() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (url, mut running) = servers(root);
    parties(root, &url, &["north", "south"]);
    assert_eq!(warn(root, "north", "south.example", &[])["seq"], 1);
    runs(root, &["backup", "--dir", "north", "backup"]);
    assert_eq!(warn(root, "north", "south.example", &[])["seq"], 2);
    assert_eq!(warn(root, "north", "south.example", &[])["seq"], 3);

    // Restored: it knows number 1, asks, and goes on with number 4. Then it knows.
    runs(root, &["restore", "backup", "--dir", "restored"]);
    assert_eq!(warn(root, "restored", "south.example", &[])["seq"], 4);
    assert_eq!(warn(root, "restored", "south.example", &[])["seq"], 5);

    // Put back by hand, and nobody said so: the desk notices that somebody signs whom it does not know.
    std::fs::create_dir(root.join("by-hand")).unwrap();
    for file in std::fs::read_dir(root.join("backup")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), root.join("by-hand").join(file.file_name())).unwrap();
    }
    let send = ["warn", "--dir", "by-hand", "--to", "south.example", "--class", "test", "--urgency", "routine"];
    let refused = ends(root, 1, &send);
    assert_eq!(refused["sent"][0]["error"]["code"], "evidence-unknown-submissions");
    let said = word(&refused["sent"][0]["error"], "message");
    assert!(said.contains("up to number 5") && said.contains("knows number 1"), "{said}");
    runs(root, &["restore", "--mark", "--dir", "by-hand"]);
    let sent = runs(root, &send);
    assert_eq!(sent["sent"][0]["seq"], 6);

    // Without an answer a restored desk signs nothing.
    runs(root, &["restore", "backup", "--dir", "again"]);
    runs(root, &["collect", "--dir", "again"]);
    drop(running.remove(0));
    let send = ["warn", "--dir", "again", "--to", "south.example", "--class", "test", "--urgency", "routine"];
    assert_eq!(ends(root, 75, &send)["sent"][0]["error"]["code"], "internal-unreachable");
    let desk = monition_desk::Desk::open(&root.join("again"), monition_desk::Unlock::no_passphrase()).unwrap();
    assert_eq!(desk.record().all_sent().unwrap().len(), 1, "only what the backup held");
}
