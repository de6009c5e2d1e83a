use super::world::{MAILBOX, Observer, START, World, anchor, eid, exchange_name, key, party};
use monition_evidence::encoding::sha256;
use monition_evidence::statement::Disposal;
use monition_evidence::values::Urgency;
use monition_evidence::wire::{CONSIGNMENT_TYPE, FetchRequest, PollAnswer, PollRequest, Problem, STATEMENT_TYPE};
use monition_evidence::{Body, Digest, SecretKey, Statement};
use std::time::{Duration, Instant};

const DAY: u64 = 86_400;
/// The declaration's end with its grace.
const END: u64 = START + DAY + 60;

async fn consign(world: &World, observer: &Observer, number: u8) {
    let body = world.consignment(number, Urgency::Flash).to_bytes();
    assert_eq!(world.signed(observer, "/v1/consign", CONSIGNMENT_TYPE, body, &key(1)).await.status(), 200);
}

/// Status and code of a fetch.
async fn fetch(world: &World, observer: &Observer, n: u64) -> (u16, String) {
    let fetch = FetchRequest { declaration: world.declaration, mailbox: MAILBOX, n };
    let response = world.json(observer, "/v1/fetch", &fetch, &key(21)).await;
    let (status, bytes) = (response.status().as_u16(), response.bytes().await.unwrap());
    let code = serde_json::from_slice::<Problem>(&bytes).map(|problem| problem.code).unwrap_or_default();
    (status, code)
}

async fn posted(world: &World, count: usize) -> Vec<Disposal> {
    let until = Instant::now() + Duration::from_secs(15);
    loop {
        let found: Vec<Disposal> = {
            let logs = world.logs.lock().unwrap();
            let disposals = logs.posted.iter().filter_map(|statement| match statement.body() {
                Body::Disposal(disposal) => {
                    statement.verify(&key(11).public()).unwrap();
                    Some(disposal.clone())
                }
                _ => None,
            });
            disposals.collect()
        };
        if found.len() >= count {
            return found;
        }
        assert!(Instant::now() < until, "timed out waiting for a disposal");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn handed_over(world: &World) {
    let until = Instant::now() + Duration::from_secs(15);
    while !world.logs.lock().unwrap().posted.iter().any(|s| matches!(s.body(), Body::ContentHandover(_))) {
        assert!(Instant::now() < until, "timed out waiting for a handover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn disposal(world: &World, submission: Digest, e: Digest, iss: &str, signer: &SecretKey) -> Statement {
    let log = world.logs.lock().unwrap().log.checkpoint();
    let payload = Disposal {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: party(iss),
        iat: world.now(),
        anchor: Some(anchor(&log)),
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        submission,
        e,
    };
    Statement::sign(&payload, &[signer]).unwrap()
}

#[tokio::test]
async fn the_recipients_own_word_deletes_bodies_and_keeps_hashes_and_chain() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    consign(&world, &observer, 1).await;
    consign(&world, &observer, 2).await;
    let item = world.consignment(1, Urgency::Flash).consign.item();
    let tell = |statement: &Statement| {
        let bytes = statement.as_bytes().to_vec();
        world.post(&observer, "/v1/acks", STATEMENT_TYPE, bytes)
    };
    // A machine's key, another party, other bodies, an unknown submission: each changes nothing.
    let table = [
        (disposal(&world, item.submission, item.e, "south.example", &key(21)), 403),
        (disposal(&world, item.submission, item.e, "east.example", &key(30)), 404),
        (disposal(&world, item.submission, sha256(b"other"), "south.example", &key(20)), 422),
        (disposal(&world, sha256(b"other"), item.e, "south.example", &key(20)), 404),
    ];
    for (statement, status) in &table {
        assert_eq!(tell(statement).await.status(), *status);
    }
    assert_eq!(fetch(&world, &observer, 1).await.0, 200);

    let word = disposal(&world, item.submission, item.e, "south.example", &key(20));
    assert_eq!(tell(&word).await.status(), 200);
    assert_eq!(tell(&word).await.status(), 200, "the same word again changes nothing");
    assert_eq!(fetch(&world, &observer, 1).await, (410, "usage-disposed".to_owned()));
    assert_eq!(fetch(&world, &observer, 2).await.0, 200);
    assert_eq!(fetch(&world, &observer, 3).await, (404, "usage-not-found".to_owned()));
    let said = posted(&world, 1).await;
    assert_eq!(said.len(), 1);
    assert_eq!((said[0].submission, said[0].e, said[0].prev), (item.submission, item.e, Some(word.identity())));
    assert_eq!(said[0].iss, party("harbour.example"));

    let poll = PollRequest { declaration: world.declaration, mailbox: MAILBOX, after: 0, wait_seconds: 0 };
    let answer = world.json(&observer, "/v1/poll", &poll, &key(21)).await.bytes().await.unwrap();
    let answer: PollAnswer = serde_json::from_slice(&answer).unwrap();
    assert_eq!((answer.head.n, &answer.items[0].item), (2, &item), "the item stays where it is in the chain");
    // The same submission again is not a new item, and brings nothing back.
    consign(&world, &observer, 1).await;
    assert_eq!(fetch(&world, &observer, 1).await.0, 410);
    observer.stop().await;
}

#[tokio::test]
async fn bodies_outlive_their_declaration_and_longer_if_nobody_fetched_them() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    consign(&world, &observer, 1).await;
    consign(&world, &observer, 2).await;
    assert_eq!(fetch(&world, &observer, 1).await.0, 200);
    handed_over(&world).await;
    observer.stop().await;
    // A clock that runs ahead of what another organisation cosigns deletes nothing.
    let ahead = {
        let mut config = world.config(directory.path());
        config.period_seconds = 3_600;
        config
    };
    {
        let cosigned = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(START));
        let shared = std::mem::replace(&mut world.logs.lock().unwrap().time, cosigned);
        world.set_time(END + 400 * DAY);
        let observer = world.observer_with(ahead).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(posted(&world, 0).await.len(), 0);
        observer.stop().await;
        world.logs.lock().unwrap().time = shared;
    }
    for (time, first, second) in
        [(END + 30 * DAY, 200, 200), (END + 30 * DAY + 1, 410, 200), (END + 366 * DAY + 1, 410, 410)]
    {
        world.set_time(time);
        // Every start looks for what is over.
        let observer = world.observer(directory.path()).await;
        let deleted = usize::from(first == 410) + usize::from(second == 410);
        assert_eq!(posted(&world, deleted).await.len(), deleted);
        if first == 200 {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert_eq!(fetch(&world, &observer, 1).await.0, first, "the fetched item at {time}");
        if second == 410 {
            assert_eq!(fetch(&world, &observer, 2).await, (410, "usage-disposed".to_owned()));
        }
        observer.stop().await;
    }
    assert!(posted(&world, 2).await.iter().all(|said| said.prev.is_none()));
}
