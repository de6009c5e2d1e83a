//! One party acts for another: East receives, answers and sends for South, until it may no longer.

use super::{command, ends, enrol, init, runs, servers, word};
use monition_desk::{Desk, Draft, Unlock};
use monition_evidence::values::Urgency;
use monition_evidence::{ClassName, PartyName, UnixSeconds};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const LATER: &str = "2100-01-01T00:00:00Z";

fn parties(root: &Path, url: &str, names: &[&str]) {
    for name in names {
        let full = format!("{name}.example");
        init(root, name, url, &["--name", &full, "--trust", "trust.policy", "--role", "duty-officer"]);
        enrol(root, name, &[]);
        declare(root, name, &[]);
    }
}

fn declare(root: &Path, name: &str, more: &[&str]) {
    let declare = ["declare", "--dir", name, "--custodian", "harbour.example", "--custodian", "lantern.example"];
    runs(root, &[&declare[..], &["--poll-seconds", "1"], more].concat());
}

fn warn(root: &Path, dir: &str, to: &str, more: &[&str]) -> Value {
    let warn = ["warn", "--dir", dir, "--to", to, "--class", "attack.physical", "--urgency", "flash", "--wait", "20"];
    let sent = runs(root, &[&warn[..], &["--summary", "An attack is being prepared."], more].concat());
    assert_eq!(sent["sent"][0]["available"], true, "{sent}");
    sent["sent"][0].clone()
}

/// Collects until that many warnings are in the inbox of the party that is acted for.
fn collect(root: &Path, dir: &str, acting: &[&str], count: usize) -> Vec<Value> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        runs(root, &[&["collect", "--dir", dir, "--wait", "2"], acting].concat());
        let inbox = runs(root, &[&["inbox", "--dir", dir], acting].concat());
        let entries = inbox["inbox"].as_array().unwrap();
        if entries.len() >= count {
            return entries.clone();
        }
        assert!(Instant::now() < end, "only {} of {count} warnings came to {dir} {acting:?}", entries.len());
    }
}

fn code(refused: &Value) -> &str {
    word(&refused["error"], "code")
}

/// The finding that the dossier of `dir` gives, and who signed for whom in it.
fn judged(root: &Path, dir: &str, acting: &[&str], question: &str) -> (Value, Vec<String>) {
    let file = format!("{dir}-{}.json", question.replace(' ', "-"));
    runs(root, &[&["dossier", "--dir", dir, question, "--out", &file], acting].concat());
    let finding = runs(root, &["judge", &file, "--trust", "trust.policy"]);
    let caveats = finding["caveats"].as_array().unwrap().iter();
    let signed = caveats.filter(|c| c["code"] == "signed-by-delegate").map(|c| word(c, "text").to_owned());
    let signed = signed.collect();
    (finding, signed)
}

#[test]
fn a_delegate_receives_answers_and_sends_until_the_right_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (url, _running) = servers(root);
    parties(root, &url, &["north", "south", "east"]);
    let acting = ["--for", "south.example"];

    // Nothing is delegated yet: every act says which right is missing and who gives it.
    let refused = ends(root, 2, &["collect", "--dir", "east", "--for", "south.example"]);
    assert_eq!(code(&refused), "usage-not-delegated");
    let said = word(&refused["error"], "message");
    assert!(said.contains("south.example has not given east.example the right 'receive'"), "{said}");
    let delegate = ["delegate", "--dir", "south", "--to", "east.example", "--until", LATER];
    runs(root, &[&delegate[..], &["--right", "receive"]].concat());
    let send = ["warn", "--dir", "east", "--to", "north.example", "--class", "test", "--urgency", "routine"];
    let refused = ends(root, 2, &[&send[..], &acting].concat());
    assert_eq!(refused["sent"][0]["error"]["code"], "usage-not-delegated");
    let said = word(&refused["sent"][0]["error"], "message");
    assert!(said.contains("the right 'send'") && said.contains("names only receive"), "{said}");
    runs(root, &[&delegate[..], &["--right", "receive", "--right", "answer", "--right", "send"]].concat());
    runs(root, &["share-key", "--dir", "south", "--with", "east.example", "--out", "shared.key"]);
    assert_eq!(code(&ends(root, 2, &["accept-key", "--dir", "north", "shared.key"])), "usage-not-possible");
    assert_eq!(runs(root, &["accept-key", "--dir", "east", "shared.key"])["for"], "south.example");

    // North warns South; East takes it, opens it and answers for South.
    let sent = warn(root, "north", "south.example", &[]);
    let id = word(&sent, "submission");
    let came = collect(root, "east", &acting, 1);
    assert_eq!((word(&came[0], "submission"), word(&came[0], "party")), (id, "south.example"));
    assert_eq!(runs(root, &["inbox", "--dir", "east"])["inbox"], json!([]), "it came to South, not to East");
    assert_eq!(code(&ends(root, 2, &["read", "--dir", "east", id])), "usage-other-party");
    let read = runs(root, &[&["read", "--dir", "east", id], &acting[..]].concat());
    assert_eq!((&read["fields"]["summary"], &read["misfits"]), (&"An attack is being prepared.".into(), &json!([])));
    let reply = ["reply", "--dir", "east", id, "--status", "acknowledged"];
    assert_eq!(code(&ends(root, 2, &reply)), "usage-other-party");
    let replied = runs(root, &[&reply[..], &acting].concat());
    assert_eq!((&replied["logged"], replied["lodged"].as_array().unwrap().len()), (&true.into(), 2));

    // Each of the three proves it, and each finding names who signed for whom.
    let status = runs(root, &["status", "--dir", "north", id]);
    assert_eq!((&status["receipt"], &status["replies"]), (&true.into(), &json!(["acknowledged"])));
    collect(root, "south", &[], 1);
    let question = "told south.example by north.example";
    for (dir, acting) in [("north", &[][..]), ("south", &[][..]), ("east", &acting[..])] {
        let (finding, signed) = judged(root, dir, acting, question);
        assert_eq!((&finding["answer"], &finding["step"]), (&"proven".into(), &"acknowledged".into()), "{dir}");
        let reply = "the Reply of south.example was signed by east.example, its delegate by directory entry ";
        assert!(signed.iter().any(|text| text.starts_with(reply)), "{dir}: {signed:?}");
        assert_eq!(finding["misbehaviour"], json!([]), "{dir}");
    }
    // East's own record of its own name has nothing of it.
    let none = ["dossier", "--dir", "east", question, "--out", "none.json"];
    runs(root, &none);
    assert_eq!(ends(root, 5, &["judge", "none.json", "--trust", "trust.policy"])["answer"], "not-decidable");

    // Two desks send for South. Neither uses the other's number.
    let chain: Vec<Value> = [("south", &[][..]), ("east", &acting[..]), ("south", &[][..]), ("east", &acting[..])]
        .into_iter()
        .map(|(dir, acting)| warn(root, dir, "north.example", acting))
        .collect();
    assert_eq!(chain.iter().map(|sent| sent["seq"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let inbox = collect(root, "north", &[], 4);
    let second = inbox.iter().find(|entry| entry["submission"] == chain[1]["submission"]).unwrap();
    assert_eq!((&second["sender"], &second["misfits"]), (&"south.example".into(), &json!([])));
    let (finding, signed) = judged(root, "north", &[], "told north.example by south.example");
    assert_eq!((&finding["answer"], &finding["misbehaviour"]), (&"proven".into(), &json!([])));
    let id = word(second, "submission");
    let only = ["dossier", "--dir", "north", "told north.example by south.example", "--only", id, "--out", "two.json"];
    runs(root, &only);
    let finding = runs(root, &["judge", "two.json", "--trust", "trust.policy"]);
    assert_eq!((&finding["answer"], &finding["sequence"]), (&"proven".into(), &2.into()));
    let submission = "the Submission of south.example was signed by east.example, its delegate by directory entry ";
    let signed_two = finding["caveats"].as_array().unwrap().iter().any(|c| word(c, "text").starts_with(submission));
    assert!(signed_two, "{finding}\n{signed:?}");
    // At one moment, again and again: whoever is slower is refused, asks, and takes the next number.
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let send = ["--to", "north.example", "--class", "test", "--urgency", "priority"];
        let both = [("south", &[][..]), ("east", &acting[..])].map(|(dir, acting)| {
            let args = [&["warn", "--dir", dir][..], &send, acting].concat();
            command(root, &args).stdout(std::process::Stdio::piped()).spawn().unwrap()
        });
        for child in both {
            let done = child.wait_with_output().unwrap();
            let sent: Value = serde_json::from_slice(&done.stdout).unwrap();
            assert!(done.status.success(), "{sent}");
            numbers.push(sent["sent"][0]["seq"].as_u64().unwrap());
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [5, 6, 7, 8, 9, 10]);
    // What East sent for South, East amends and takes back for South, and nobody else does.
    let amend = ["amend", "--dir", "east", id, "--advice", "leave"];
    assert_eq!(code(&ends(root, 2, &amend)), "usage-other-party");
    let amended = runs(root, &[&amend[..], &acting].concat());
    assert_eq!(amended["seq"], 11);
    let withdraw = ["withdraw", "--dir", "east", word(&amended, "submission"), "--reason", "it is over"];
    assert_eq!(runs(root, &[&withdraw[..], &acting].concat())["seq"], 12);

    // South takes it back. East is refused from then on; what it signed stands.
    runs(root, &["delegate", "--dir", "south", "--to", "east.example", "--withdraw"]);
    for (args, right) in [
        (&["collect", "--dir", "east"][..], "receive"),
        (&["reply", "--dir", "east", word(&sent, "submission"), "--status", "fixed"][..], "answer"),
    ] {
        let refused = ends(root, 2, &[args, &acting].concat());
        assert_eq!(code(&refused), "usage-not-delegated");
        let said = word(&refused["error"], "message");
        assert!(said.contains(right) && said.contains("taken back"), "{said}");
    }
    let refused = ends(root, 2, &[&send[..], &acting].concat());
    assert_eq!(refused["sent"][0]["error"]["code"], "usage-not-delegated");
    let (finding, _) = judged(root, "north", &[], question);
    assert_eq!((&finding["answer"], &finding["step"]), (&"proven".into(), &"acknowledged".into()));
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A desk whose clock is behind does not see that its right is over: exchange and custodians do.
#[test]
fn a_delegation_ends_at_its_time_also_for_a_desk_that_does_not_know_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (url, _running) = servers(root);
    parties(root, &url, &["north", "south", "east"]);
    let until = now() + 6;
    let delegate = ["delegate", "--dir", "south", "--to", "east.example", "--until", &until.to_string()];
    runs(root, &[&delegate[..], &["--right", "receive", "--right", "send"]].concat());
    let acting = ["--for", "south.example"];
    runs(root, &[&["collect", "--dir", "east"], &acting[..]].concat());
    while now() <= until {
        std::thread::sleep(Duration::from_millis(100));
    }
    let refused = ends(root, 2, &[&["collect", "--dir", "east"], &acting[..]].concat());
    assert_eq!(code(&refused), "usage-not-delegated");
    assert!(word(&refused["error"], "message").contains("ended at"));

    let slow = Arc::new(|| UnixSeconds::new(now() - 30));
    let desk = Desk::open(&root.join("east"), Unlock::no_passphrase()).unwrap().with_clock(slow);
    let [south, north] = ["south.example", "north.example"].map(|name| PartyName::parse(name).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let draft = Draft::new(ClassName::parse("test").unwrap(), Urgency::Routine);
        let south = desk.acting_for(&south);
        let (_, sent) = south.warn(&draft, std::slice::from_ref(&north)).await.pop().unwrap();
        let error = sent.unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("evidence-not-authorised", 1), "{error}");
        assert_eq!(desk.record().all_sent().unwrap(), [], "nothing was numbered, so nothing was signed");
        let report = south.collect(0).await.unwrap();
        assert!(report.polled.is_empty(), "{report:?}");
        assert!(report.failed.iter().all(|(_, why)| why.contains("no key in force allows this request")), "{report:?}");
    });
}

/// A declaration may name the delegate's key alone: then the party's own desk sees that something came, and no content.
#[test]
fn a_mailbox_can_be_sealed_to_the_delegate_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (url, _running) = servers(root);
    parties(root, &url, &["north", "south", "east"]);
    let key = runs(root, &["keys", "--dir", "east"]);
    declare(root, "south", &["--encryption-key", word(&key, "age_recipient")]);
    let until = ["delegate", "--dir", "south", "--to", "east.example", "--right", "receive", "--until", LATER];
    runs(root, &until);
    warn(root, "north", "south.example", &[]);
    let acting = ["--for", "south.example"];
    let came = collect(root, "east", &acting, 1);
    let read = runs(root, &["read", "--dir", "east", word(&came[0], "submission"), "--for", "south.example"]);
    assert_eq!(read["fields"]["summary"], "An attack is being prepared.");
    let own = collect(root, "south", &[], 1);
    assert_eq!(own[0]["class"], Value::Null, "South holds what it cannot open");
    let (finding, signed) = judged(root, "east", &acting, "told south.example by north.example");
    assert_eq!((&finding["answer"], &finding["step"]), (&"proven".into(), &"decrypted".into()));
    assert!(signed.iter().any(|text| text.starts_with("the ContentAccess of south.example")), "{signed:?}");

    // A desk that serves several parties looks for all of them, and stops when it is told to.
    let mut run = command(root, &["run", "--dir", "east", "--for", "south.example"]);
    let mut child = super::Server(run.stdout(std::process::Stdio::null()).spawn().unwrap());
    std::thread::sleep(Duration::from_secs(2));
    assert!(child.0.try_wait().unwrap().is_none(), "it ended by itself");
    assert_eq!(child.stop(), Some(0));
}
