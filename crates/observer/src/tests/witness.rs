use super::world::{Log, Observer, World};
use crate::store::Store;
use monition_tlog::{
    AddCheckpoint, Hash, MemoryTree, SignedCheckpoint, TreeHead, TreeSize, WitnessState, consistency_proof, decide,
    verify_cosignature,
};
use std::sync::Arc;

async fn ask(world: &World, observer: &Observer, body: Vec<u8>) -> (u16, String, String) {
    let response = world.http.post(format!("{}/add-checkpoint", observer.url)).body(body).send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), kind, response.text().await.unwrap())
}

fn request(old: u64, tree: &MemoryTree, checkpoint: SignedCheckpoint) -> AddCheckpoint {
    let (from, to) = (TreeSize::new(old), checkpoint.head().size);
    let proof = if old == 0 || old >= to.value() { vec![] } else { consistency_proof(tree, from, to).unwrap() };
    AddCheckpoint { old: from, proof, checkpoint }
}

fn grow(log: &mut Log, to: usize) {
    while log.entries.len() < to {
        let next = log.entries.len();
        log.entries.push(format!("entry {next}").into_bytes());
    }
}

#[tokio::test]
async fn add_checkpoint_answers_with_the_exact_statuses() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    // A log that nobody else appends to while the test runs.
    let (tree, three, five, forged) = {
        let mut logs = world.logs.lock().unwrap();
        logs.taking = false;
        grow(&mut logs.log, 5);
        let forged = TreeHead { size: TreeSize::new(5), root: Hash::from_bytes([9; 32]) };
        (logs.log.tree(), logs.log.checkpoint_at(3), logs.log.checkpoint(), logs.log.sign(forged))
    };
    let stranger = {
        let mut log = Log { entries: vec![], ..world_log("other.example/log", 99) };
        grow(&mut log, 3);
        log.checkpoint()
    };
    let unsigned =
        SignedCheckpoint::parse(format!("{}\n{}\n", three.note().text(), stranger.note().signatures()[0]).as_bytes())
            .unwrap();
    let plain = "text/plain; charset=utf-8";
    let table = [
        ("first, from nothing", request(0, &tree, three.clone()).to_bytes(), 200, plain),
        ("the same again is cosigned anew", request(3, &tree, three.clone()).to_bytes(), 200, plain),
        ("counted from another size", request(0, &tree, five.clone()).to_bytes(), 409, "text/x.tlog.size"),
        (
            "growth without its proof",
            AddCheckpoint { proof: vec![], ..request(3, &tree, five.clone()) }.to_bytes(),
            422,
            plain,
        ),
        ("growth with its proof", request(3, &tree, five.clone()).to_bytes(), 200, plain),
        ("one size, two roots", request(5, &tree, forged).to_bytes(), 422, plain),
        ("old above the checkpoint", request(5, &tree, three.clone()).to_bytes(), 400, plain),
        ("not a request", b"old 5".to_vec(), 400, plain),
        ("a log that is not witnessed", request(0, &tree, stranger).to_bytes(), 404, plain),
        ("no signature of the log", request(5, &tree, unsigned).to_bytes(), 403, plain),
    ];
    for (what, body, status, kind) in table {
        let (found, found_kind, text) = ask(&world, &observer, body).await;
        assert_eq!((found, found_kind.as_str()), (status, kind), "{what}: {text}");
        if status == 200 {
            assert!(text.starts_with("— harbour.example/witness "), "{what}: {text}");
        }
        if status == 409 {
            assert_eq!(text, "3\n", "{what}");
        }
    }
    observer.stop().await;
}

fn world_log(origin: &str, seed: u8) -> Log {
    let name = monition_tlog::KeyName::new(origin).unwrap();
    Log { entries: vec![], signer: monition_tlog::NoteSigner::from_seed(name, &[seed; 32]).unwrap() }
}

#[tokio::test]
async fn the_directory_is_witnessed_beside_the_log_and_the_cosignature_verifies() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    let checkpoints = {
        let logs = world.logs.lock().unwrap();
        [(logs.log.tree(), logs.log.checkpoint()), (logs.directory.tree(), logs.directory.checkpoint())]
    };
    for (tree, checkpoint) in checkpoints {
        let (status, _, text) = ask(&world, &observer, request(0, &tree, checkpoint.clone()).to_bytes()).await;
        assert_eq!(status, 200);
        let lines = monition_tlog::SignatureLine::parse_all(&text).unwrap();
        let note = checkpoint.with_signature(&lines[0]).unwrap();
        let time = verify_cosignature(&observer.running.witness_vkey, note.note()).unwrap().unwrap();
        assert_eq!(time.value(), world.now().value());
    }
    observer.stop().await;
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_a_line_in_its_own_name_does_not_wedge_it() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    let (tree, one) = {
        let mut logs = world.logs.lock().unwrap();
        logs.taking = false;
        let one = logs.log.checkpoint();
        grow(&mut logs.log, 2);
        (logs.log.tree(), one)
    };
    // A forged line in the witness's own name (Sunlight, ANT-2026-SAPGR4D6).
    let key = observer.running.witness_vkey.clone();
    let forged = monition_tlog::SignatureLine::new(key.name().clone(), key.key_id(), vec![1; 72]).unwrap();
    let one = one.with_signature(&forged).unwrap();
    assert_eq!(ask(&world, &observer, request(0, &tree, one.clone()).to_bytes()).await.0, 200);
    observer.stop().await;
    let observer = world.observer(directory.path()).await;
    let (status, _, size) = ask(&world, &observer, request(0, &tree, one.clone()).to_bytes()).await;
    assert_eq!((status, size.as_str()), (409, "1\n"));
    let two = world.logs.lock().unwrap().log.checkpoint();
    assert_eq!(ask(&world, &observer, request(1, &tree, two).to_bytes()).await.0, 200);
    observer.stop().await;
}

#[tokio::test]
async fn a_clock_that_went_far_back_stops_the_witness() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    let (tree, one) = {
        let mut logs = world.logs.lock().unwrap();
        logs.taking = false;
        (logs.log.tree(), logs.log.checkpoint())
    };
    assert_eq!(ask(&world, &observer, request(0, &tree, one.clone()).to_bytes()).await.0, 200);
    world.set_time(super::world::START - 5);
    assert_eq!(ask(&world, &observer, request(1, &tree, one.clone()).to_bytes()).await.0, 200);
    world.set_time(super::world::START - 3_600);
    assert_eq!(ask(&world, &observer, request(1, &tree, one).to_bytes()).await.0, 500);
    observer.stop().await;
}

#[test]
fn two_requests_at_once_never_roll_the_witness_back() {
    let exchange = super::world::exchange_name();
    let here = super::world::party("harbour.example");
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(directory.path(), &exchange, &here).unwrap());
    let mut log = world_log("exchange.example/log", 3);
    grow(&mut log, 40);
    let keys = [log.signer.verifier_key().clone()];
    let tree = log.tree();
    let first = request(0, &tree, log.checkpoint_at(10));
    let decide_now = |state: &WitnessState, request: &AddCheckpoint| decide(state, &keys, request);
    store.witness("exchange.example/log", 1, |state| decide_now(state, &first)).unwrap().unwrap();
    // Both count from 10. The larger one decides first and then stalls before it stores.
    let (larger, smaller) = (request(10, &tree, log.checkpoint_at(30)), request(10, &tree, log.checkpoint_at(20)));
    let (stalled, go_on) = (std::sync::Barrier::new(2), std::time::Duration::from_millis(200));
    let answers: Vec<bool> = std::thread::scope(|scope| {
        let slow = scope.spawn(|| {
            store
                .witness("exchange.example/log", 2, |state| {
                    let decision = decide_now(state, &larger);
                    stalled.wait();
                    std::thread::sleep(go_on);
                    decision
                })
                .unwrap()
                .is_ok()
        });
        let fast = scope.spawn(|| {
            stalled.wait();
            store.witness("exchange.example/log", 2, |state| decide_now(state, &smaller)).unwrap().is_ok()
        });
        vec![slow.join().unwrap(), fast.join().unwrap()]
    });
    assert_eq!(answers, [true, false], "a second request decided on a state that was already taken");
    assert_eq!(store.witnessed("exchange.example/log").unwrap().unwrap().head.size, TreeSize::new(30));
}

#[test]
fn a_second_process_is_refused() {
    let exchange = super::world::exchange_name();
    let here = super::world::party("harbour.example");
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &exchange, &here).unwrap();
    assert!(matches!(Store::open(directory.path(), &exchange, &here), Err(crate::StoreError::Locked { .. })));
    drop(store);
    let other = super::world::party("lantern.example");
    assert!(matches!(Store::open(directory.path(), &exchange, &other), Err(crate::StoreError::OtherNode { .. })));
}
