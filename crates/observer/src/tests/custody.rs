use super::world::{MAILBOX, Observer, START, World, anchor, contacts_annex, eid, exchange_name, key, party, serve};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use monition_evidence::encoding::sha256;
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::mailbox::ChainHead;
use monition_evidence::statement::{ContentConsignment, CustodyHeads, KnownHead, MailboxHeadAck};
use monition_evidence::values::Urgency;
use monition_evidence::wire::{
    AnswersAnswer, AnswersRequest, CONSIGNMENT_TYPE, FetchRequest, Fetched, ListingAnswer, ListingRequest,
    ObserverAbout, OpenedHeads, PollAnswer, PollRequest, Problem, STATEMENT_TYPE,
};
use monition_evidence::{Body, Digest, PublicKey, Statement, UnixSeconds};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn custodian() -> PublicKey {
    key(11).public()
}

fn poll_request(world: &World, after: u64, wait_seconds: u64) -> PollRequest {
    PollRequest { declaration: world.declaration, mailbox: MAILBOX, after, wait_seconds }
}

async fn consign(world: &World, observer: &Observer, number: u8) -> (Statement, ContentConsignment) {
    let body = world.consignment(number, Urgency::Flash).to_bytes();
    let response = world.signed(observer, "/v1/consign", CONSIGNMENT_TYPE, body, &key(1)).await;
    let (status, bytes) = (response.status().as_u16(), response.bytes().await.unwrap());
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    let statement = Statement::parse(&bytes).unwrap();
    statement.verify(&custodian()).unwrap();
    let Body::ContentConsignment(consignment) = statement.body().clone() else { panic!("not a consignment") };
    (statement, consignment)
}

async fn poll(world: &World, observer: &Observer, after: u64, wait_seconds: u64) -> PollAnswer {
    poll_at(world, &observer.url, after, wait_seconds).await
}

async fn poll_at(world: &World, url: &str, after: u64, wait_seconds: u64) -> PollAnswer {
    let response = world.json(url, "/v1/poll", &poll_request(world, after, wait_seconds), &key(21)).await;
    assert_eq!(response.status(), 200);
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Heads that were signed, checked against their opening.
fn heads_of(world: &World, opened: &OpenedHeads) -> CustodyHeads {
    let statement = Statement::parse(opened.statement.as_bytes()).unwrap();
    statement.verify(&custodian()).unwrap();
    let Body::CustodyHeads(heads) = statement.body().clone() else { panic!("not heads") };
    opened.opening.verify(&world.chain().h0(), &heads.root, heads.mailboxes).unwrap();
    heads
}

async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut attempt: impl FnMut() -> F) -> T {
    let until = Instant::now() + Duration::from_secs(15);
    loop {
        if let Some(found) = attempt().await {
            return found;
        }
        assert!(Instant::now() < until, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn posted(world: &World, what: &str, fits: impl Fn(&Body) -> bool) -> Statement {
    eventually(what, || async { world.logs.lock().unwrap().posted.iter().find(|s| fits(s.body())).cloned() }).await
}

#[tokio::test]
async fn an_item_goes_the_whole_way_and_its_answer_is_committed_to() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    let empty = poll(&world, &observer, 0, 0).await;
    assert_eq!(empty.head, ChainHead::empty(&world.chain()), "a declared mailbox exists before its first item");

    let (statement, consignment) = consign(&world, &observer, 1).await;
    let item = world.consignment(1, Urgency::Flash).consign.item();
    assert_eq!((consignment.n, consignment.h), (1, empty.head.push(&item).h));
    assert_eq!((consignment.e, consignment.submission), (item.e, item.submission));
    let (again, _) = consign(&world, &observer, 1).await;
    assert_eq!(again.as_bytes(), statement.as_bytes(), "the same submission again gives the same statement");

    let news = poll(&world, &observer, 0, 0).await;
    assert_eq!(news.head, empty.head.push(&item));
    assert_eq!((news.items.len(), news.items[0].n, &news.items[0].item), (1, 1, &item));
    assert_eq!(news.items[0].consignment, statement.as_text());

    let fetch = FetchRequest { declaration: world.declaration, mailbox: MAILBOX, n: 1 };
    let response = world.json(&observer, "/v1/fetch", &fetch, &key(21)).await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (200, "application/monition-bodies")
    );
    let fetched = Fetched::parse(&response.bytes().await.unwrap()).unwrap();
    assert_eq!((fetched.bodies.digest(), fetched.sealed_submission), (item.e, vec![1; 100]));
    let handover = posted(&world, "a handover", |body| matches!(body, Body::ContentHandover(_))).await;
    let Body::ContentHandover(handover) = handover.body() else { unreachable!() };
    assert_eq!((handover.n, handover.session), (1, key(21).public().kid()));

    let ask = AnswersRequest { submission: item.submission, not_before: None };
    let unanswered = answers(&world, &observer, &ask).await;
    assert!(unanswered.answer.replies.is_empty() && unanswered.replies.is_empty());
    check_answer(&world, &unanswered, &item.submission);

    let reply = world.reply(item.submission, &key(22), "south.example");
    let lodge = || world.post(&observer, "/v1/replies", STATEMENT_TYPE, reply.as_bytes().to_vec());
    let response = lodge().await;
    assert_eq!(response.status(), 200);
    let lodgement = Statement::parse(&response.bytes().await.unwrap()).unwrap();
    lodgement.verify(&custodian()).unwrap();
    let Body::ReplyLodgement(lodged) = lodgement.body() else { panic!("not a lodgement") };
    assert_eq!((lodged.submission, lodged.reply), (item.submission, reply.identity()));
    assert_eq!(lodge().await.bytes().await.unwrap(), lodgement.as_bytes(), "lodging again changes nothing");
    posted(&world, "the reply", |body| matches!(body, Body::Reply(_))).await;
    posted(&world, "the lodgement", |body| matches!(body, Body::ReplyLodgement(_))).await;

    let answered = eventually("heads with the answer", || async {
        let found = answers(&world, &observer, &ask).await;
        (!found.answer.replies.is_empty()).then_some(found)
    })
    .await;
    check_answer(&world, &answered, &item.submission);
    assert_eq!(answered.answer.replies, [reply.identity()]);
    assert_eq!(answered.replies, [reply.as_text()]);
    assert_ne!(answered.answer.salt, unanswered.answer.salt, "an entry that changed has a fresh salt");

    let list = ListingRequest { declaration: world.declaration, mailbox: MAILBOX, not_before: None };
    let response = world.json(&observer, "/v1/listing", &list, &key(21)).await;
    let listing: ListingAnswer = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    heads_of(&world, &listing.heads);
    assert_eq!(empty.head.extend(&listing.items), listing.heads.opening.head);
    observer.stop().await;
}

async fn answers(world: &World, observer: &Observer, ask: &AnswersRequest) -> AnswersAnswer {
    eventually("logged heads", || async {
        let body = serde_json::to_vec(ask).unwrap();
        let response = world.post(observer, "/v1/answers", "application/json", body).await;
        if response.status() == 503 {
            assert!(response.headers().contains_key("retry-after"));
            return None;
        }
        assert_eq!(response.status(), 200);
        Some(serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    })
    .await
}

fn check_answer(world: &World, answer: &AnswersAnswer, submission: &Digest) {
    heads_of(world, &answer.heads);
    let opening = &answer.heads.opening;
    answer.answer.verify(submission, &opening.answers, opening.head.n).unwrap();
}

#[tokio::test]
async fn wrong_hands_get_one_and_the_same_refusal() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    consign(&world, &observer, 1).await;
    let good = poll_request(&world, 0, 0);
    let body = serde_json::to_vec(&good).unwrap();
    let sign = |body: &[u8], audience: &str, created: u64, key_seed: u8| {
        RequestSignature::sign("POST", "/v1/poll", body, &party(audience), UnixSeconds::new(created), &key(key_seed))
    };
    let here = "harbour.example";
    let other_mailbox =
        serde_json::to_vec(&PollRequest { mailbox: monition_evidence::MailboxId::from_bytes([8; 16]), ..good.clone() })
            .unwrap();
    let no_declaration = serde_json::to_vec(&PollRequest { declaration: sha256(b"none"), ..good.clone() }).unwrap();
    let mut tampered = body.clone();
    tampered.push(b' ');
    let table = [
        ("another party's mailbox key", body.clone(), sign(&body, here, START, 31)),
        ("the recipient's statement key", body.clone(), sign(&body, here, START, 20)),
        ("a key that nobody enrolled", body.clone(), sign(&body, here, START, 77)),
        ("the exchange", body.clone(), sign(&body, here, START, 1)),
        ("another audience: a custodian that replays", body.clone(), sign(&body, "lantern.example", START, 21)),
        ("an old request", body.clone(), sign(&body, here, START - 61, 21)),
        ("a request from the future", body.clone(), sign(&body, here, START + 61, 21)),
        ("another body than the signed one", tampered, sign(&body, here, START, 21)),
        ("another mailbox", other_mailbox.clone(), sign(&other_mailbox, here, START, 21)),
        ("a declaration that does not exist", no_declaration.clone(), sign(&no_declaration, here, START, 21)),
    ];
    let mut refusals = Vec::new();
    for (what, body, signature) in table {
        let response = world.with_signature(&observer, "/v1/poll", "application/json", body, &signature).await;
        let status = response.status().as_u16();
        refusals.push((what, status, response.bytes().await.unwrap()));
    }
    let unsigned = world.post(&observer, "/v1/poll", "application/json", body.clone()).await;
    refusals.push(("no signature", unsigned.status().as_u16(), unsigned.bytes().await.unwrap()));
    for (what, status, bytes) in &refusals {
        assert_eq!((*status, bytes), (403, &refusals[0].2), "{what}");
        assert_eq!(Problem::parse(bytes).unwrap().code, "usage-not-allowed");
    }
    // A consignment by anybody but the exchange, and a reply by anybody but the recipient.
    let consignment = world.consignment(2, Urgency::Flash).to_bytes();
    for seed in [21, 11, 20, 77] {
        let response = world.signed(&observer, "/v1/consign", CONSIGNMENT_TYPE, consignment.clone(), &key(seed)).await;
        assert_eq!(response.status(), 403, "consigned by {seed}");
    }
    for (reply, status) in [
        (world.reply(sha256(&[1]), &key(32), "east.example"), 404),
        (world.reply(sha256(&[9]), &key(22), "south.example"), 404),
        (world.reply(sha256(&[1]), &key(32), "south.example"), 403),
        (world.reply(sha256(&[1]), &key(21), "south.example"), 403),
    ] {
        let response = world.post(&observer, "/v1/replies", STATEMENT_TYPE, reply.as_bytes().to_vec()).await;
        assert_eq!(response.status().as_u16(), status);
    }
    assert_eq!(poll(&world, &observer, 0, 0).await.head.n, 1, "none of it changed anything");
    observer.stop().await;
}

#[tokio::test]
async fn a_long_poll_wakes_when_an_item_comes() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    poll(&world, &observer, 0, 0).await;
    let begun = Instant::now();
    let (news, ()) = tokio::join!(poll(&world, &observer, 0, 30), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        consign(&world, &observer, 1).await;
    });
    assert_eq!(news.items.len(), 1);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // A waiting poll does not hold up the end.
    let begun = Instant::now();
    let address = observer.url.clone();
    let waiting = poll_at(&world, &address, 1, 30);
    let (_, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        observer.stop().await;
    });
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn heads_are_shown_only_once_the_exchange_has_accepted_them() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    world.logs.lock().unwrap().taking = false;
    let observer = world.observer(directory.path()).await;
    consign(&world, &observer, 1).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(poll(&world, &observer, 0, 0).await.heads.is_none());
    let ask = serde_json::to_vec(&AnswersRequest { submission: sha256(&[1]), not_before: None }).unwrap();
    let response = world.post(&observer, "/v1/answers", "application/json", ask).await;
    assert_eq!(response.status(), 503);
    world.logs.lock().unwrap().taking = true;
    // Retries wait by the node's clock.
    world.set_time(START + 30);
    eventually("logged heads", || async { poll(&world, &observer, 0, 0).await.heads }).await;
    observer.stop().await;
}

#[tokio::test]
async fn periods_rise_across_restarts_and_clock_steps() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let mut last = 0;
    for time in [START, START - 1_000, START + 5, START - 50_000] {
        world.set_time(time);
        let observer = world.observer(directory.path()).await;
        let rising = eventually("later heads", || async {
            let heads = poll(&world, &observer, 0, 0).await.heads?;
            let period = heads_of(&world, &heads).period;
            (period > last).then_some(period)
        })
        .await;
        assert!(rising > last);
        last = rising;
        observer.stop().await;
    }
    let logs = world.logs.lock().unwrap();
    let periods: Vec<u64> = logs
        .posted
        .iter()
        .filter_map(|statement| match statement.body() {
            Body::CustodyHeads(heads) => Some(heads.period),
            _ => None,
        })
        .collect();
    let mut once = periods.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), periods.len(), "one period was signed twice: {periods:?}");
}

#[tokio::test]
async fn not_before_waits_for_heads_that_were_fixed_then() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    consign(&world, &observer, 1).await;
    let ask = |not_before| AnswersRequest { submission: sha256(&[1]), not_before: Some(UnixSeconds::new(not_before)) };
    answers(&world, &observer, &ask(START)).await;
    let early = world.post(&observer, "/v1/answers", "application/json", serde_json::to_vec(&ask(START + 10)).unwrap());
    assert_eq!(early.await.status(), 503);
    world.set_time(START + 10);
    answers(&world, &observer, &ask(START + 10)).await;
    observer.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_the_chain_and_what_was_promised() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    let (first, _) = consign(&world, &observer, 1).await;
    observer.stop().await;
    let observer = world.observer(directory.path()).await;
    let (again, _) = consign(&world, &observer, 1).await;
    assert_eq!(first.as_bytes(), again.as_bytes());
    let (_, second) = consign(&world, &observer, 2).await;
    assert_eq!(second.n, 2);
    // The note that a statement names can be had, for the dossier.
    let Body::ContentConsignment(consignment) = first.body() else { unreachable!() };
    let named = consignment.anchor.as_ref().unwrap().note;
    let note = world.http.get(format!("{}/v1/notes/{named}", observer.url)).send().await.unwrap();
    assert_eq!(sha256(&note.bytes().await.unwrap()), named);
    let about = world.http.get(format!("{}/v1/about", observer.url)).send().await.unwrap();
    let about: ObserverAbout = serde_json::from_slice(&about.bytes().await.unwrap()).unwrap();
    assert_eq!(about.party, party("harbour.example"));
    observer.stop().await;
}

#[tokio::test]
async fn a_consignment_that_does_not_fit_is_refused() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    consign(&world, &observer, 1).await;
    let mut other_item = world.consignment(1, Urgency::Routine);
    other_item.bodies = world.consignment(3, Urgency::Flash).bodies;
    other_item.consign.bodies = other_item.bodies.infos();
    let mut other_mailbox = world.consignment(4, Urgency::Flash);
    other_mailbox.consign.mailbox = monition_evidence::MailboxId::from_bytes([8; 16]);
    let mut other_bodies = world.consignment(5, Urgency::Flash);
    other_bodies.bodies = world.consignment(6, Urgency::Flash).bodies;
    let mut no_declaration = world.consignment(7, Urgency::Flash);
    no_declaration.consign.declaration = sha256(b"none");
    for (what, request, status) in [
        ("the same submission with another item", other_item, 422),
        ("a mailbox that the declaration does not name", other_mailbox, 422),
        ("bodies that are not those named", other_bodies, 400),
        ("a declaration that nobody made", no_declaration, 503),
    ] {
        let response = world.signed(&observer, "/v1/consign", CONSIGNMENT_TYPE, request.to_bytes(), &key(1)).await;
        assert_eq!(response.status().as_u16(), status, "{what}");
    }
    world.set_time(START + 86_400 + 61);
    let late = world.consignment(8, Urgency::Flash).to_bytes();
    let response = world.signed(&observer, "/v1/consign", CONSIGNMENT_TYPE, late, &key(1)).await;
    assert_eq!(response.status(), 422);
    assert_eq!(Problem::parse(&response.bytes().await.unwrap()).unwrap().code, "evidence-declaration-over");
    assert_eq!(poll(&world, &observer, 0, 0).await.head.n, 1);
    observer.stop().await;
}

#[tokio::test]
async fn a_full_mailbox_still_takes_a_flash() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = world.config(directory.path());
    config.mailbox_items_max = 4;
    let observer = world.observer_with(config).await;
    let consign = |number, urgency| {
        let body = world.consignment(number, urgency).to_bytes();
        let observer = &observer;
        let world = &world;
        async move { world.signed(observer, "/v1/consign", CONSIGNMENT_TYPE, body, &key(1)).await.status().as_u16() }
    };
    assert_eq!(consign(1, Urgency::Routine).await, 200);
    assert_eq!(consign(2, Urgency::Routine).await, 200);
    assert_eq!(consign(3, Urgency::Routine).await, 503);
    assert_eq!(consign(4, Urgency::Flash).await, 200);
    assert_eq!(consign(5, Urgency::Flash).await, 200);
    assert_eq!(consign(6, Urgency::Flash).await, 503);
    observer.stop().await;
}

#[tokio::test]
async fn a_directory_that_shrinks_or_forks_stops_custody_but_not_readers() {
    let world = World::new(None).await;
    let directory = tempfile::tempdir().unwrap();
    let observer = world.observer(directory.path()).await;
    consign(&world, &observer, 1).await;
    let try_again = |number: u8| {
        let body = world.consignment(number, Urgency::Flash).to_bytes();
        let observer = &observer;
        let world = &world;
        async move { world.signed(observer, "/v1/consign", CONSIGNMENT_TYPE, body, &key(1)).await.status().as_u16() }
    };
    world.logs.lock().unwrap().hidden = 1;
    let mut number = 10;
    eventually("custody to stop", || {
        number += 1;
        let status = try_again(number);
        async move { (status.await == 503).then_some(()) }
    })
    .await;
    assert!(poll(&world, &observer, 0, 0).await.head.n >= 1, "readers are served");
    world.logs.lock().unwrap().hidden = 0;
    let mut number = 100;
    eventually("custody to go on", || {
        number += 1;
        let status = try_again(number);
        async move { (status.await == 200).then_some(()) }
    })
    .await;
    // A fork: an entry that this node has seen is another one now. Also after a restart.
    world.logs.lock().unwrap().directory.entries[3] = b"rewritten".to_vec();
    observer.stop().await;
    let observer = world.observer(directory.path()).await;
    let body = world.consignment(200, Urgency::Flash).to_bytes();
    eventually("custody to stop after a fork", || async {
        let response = world.signed(&observer, "/v1/consign", CONSIGNMENT_TYPE, body.clone(), &key(1)).await;
        (response.status() == 503).then_some(())
    })
    .await;
    observer.stop().await;
}

#[tokio::test]
async fn contacts_are_pinged_and_a_silent_desk_raises_the_alarm() {
    let pings: Arc<Mutex<Vec<String>>> = Arc::default();
    let hook = Router::new()
        .route(
            "/hook",
            post(|State(pings): State<Arc<Mutex<Vec<String>>>>, body: String| async move {
                pings.lock().unwrap().push(body);
            }),
        )
        .with_state(pings.clone());
    let annex = contacts_annex(&format!("{}/hook", serve(hook).await));
    let mails: Arc<Mutex<String>> = Arc::default();
    let relay = smtp_sink(mails.clone()).await;
    let world = World::new(Some(&annex)).await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = world.config(directory.path());
    config.notify.smtp_relay = Some(relay);
    config.notify.smtp_from = Some("monition@harbour.example".to_owned());
    let observer = world.observer_with(config).await;
    let send = async |body: &str, seed| {
        let body = body.as_bytes().to_vec();
        world.signed(&observer, "/v1/contacts", "application/json", body, &key(seed)).await
    };
    assert_eq!(send(&annex, 21).await.status(), 200);
    assert_eq!(send(&annex, 31).await.status(), 403);
    assert_eq!(send("{\"contacts\":[]}", 21).await.status(), 403, "not the annex that the declaration names");

    consign(&world, &observer, 1).await;
    let logged = posted(&world, "a notification", |body| matches!(body, Body::ConsignmentNotification(_))).await;
    let Body::ConsignmentNotification(notification) = logged.body() else { unreachable!() };
    assert!(notification.taken && notification.n == 1);
    posted(
        &world,
        "a mail",
        |body| matches!(body, Body::ConsignmentNotification(n) if n.transport == "smtp" && n.taken),
    )
    .await;
    assert!(mails.lock().unwrap().contains("RCPT TO:<duty@south.example>"));
    let ping: serde_json::Value = serde_json::from_str(&pings.lock().unwrap()[0]).unwrap();
    assert_eq!((&ping["event"], &ping["n"], &ping["urgency"]), (&"item-waiting".into(), &1.into(), &"flash".into()));

    world.set_time(START + 901);
    let alarm =
        posted(&world, "the alarm", |body| matches!(body, Body::ConsignmentNotification(n) if n.reason.is_some()))
            .await;
    let Body::ConsignmentNotification(alarm) = alarm.body() else { unreachable!() };
    assert_eq!(alarm.reason.as_ref().unwrap().as_str(), "desk silent for 900 s");

    // A desk that acknowledges is not silent.
    let (_, second) = consign(&world, &observer, 2).await;
    let log = world.logs.lock().unwrap().log.checkpoint();
    let ack = MailboxHeadAck {
        exchange: exchange_name(),
        eid: eid(),
        wid: None,
        iss: party("south.example"),
        iat: world.now(),
        anchor: Some(anchor(&log)),
        prev: None,
        svc: None,
        pol: None,
        actor: None,
        reason: None,
        mailbox: MAILBOX,
        heads: vec![KnownHead {
            custodian: party("harbour.example"),
            declaration: world.declaration,
            n: 2,
            h: second.h,
        }],
    };
    let ack = Statement::sign(&ack, &[&key(21)]).unwrap();
    let response = world.post(&observer, "/v1/acks", STATEMENT_TYPE, ack.as_bytes().to_vec()).await;
    assert_eq!(response.status(), 200);
    world.set_time(START + 5_000);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let sent = pings.lock().unwrap().clone();
    assert_eq!(sent.iter().filter(|ping| ping.contains("desk-silent")).count(), 1, "{sent:?}");
    observer.stop().await;
}

/// A mail relay that takes everything.
async fn smtp_sink(mails: Arc<Mutex<String>>) -> String {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 sink\r\n").await.unwrap();
            let (mut line, mut data) = (String::new(), false);
            while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                mails.lock().unwrap().push_str(&line);
                let answer: &[u8] = match line.trim_end() {
                    "." => b"250 taken\r\n",
                    _ if data => b"",
                    "DATA" => b"354 go on\r\n",
                    text if text.starts_with("EHLO") => b"250-sink\r\n250 SIZE 1000\r\n",
                    _ => b"250 fine\r\n",
                };
                data = (data || line.starts_with("DATA")) && line.trim_end() != ".";
                stream.write_all(answer).await.unwrap();
                line.clear();
            }
        }
    });
    address
}

#[test]
fn old_periods_are_forgotten_but_for_one_an_hour() {
    let directory = tempfile::tempdir().unwrap();
    let store = crate::store::Store::open(directory.path(), &exchange_name(), &party("harbour.example")).unwrap();
    let h0 = sha256(b"h0");
    store.ensure_chains(&[(h0, sha256(b"d"), MAILBOX, false)], START).unwrap();
    let tree = monition_tlog::MemoryTree::new();
    let here = monition_evidence::values::Anchor {
        origin: "exchange.example/log".to_owned(),
        size: 0,
        root: tree.head().root.into(),
        note: sha256(b"note"),
    };
    // Three hours with ten periods each, all logged.
    let hour = START / 3_600 * 3_600;
    for step in 0..30_u64 {
        let fixed_at = hour + (step / 10) * 3_600 + step % 10;
        let fixed = crate::store::Fixed { anchor: here.note, note: b"note", fixed_at, wanted_period: fixed_at };
        let period = store.fix_heads(&fixed, &mut crate::node::fresh_salt, |period, tree| {
            let heads = CustodyHeads {
                exchange: exchange_name(),
                eid: eid(),
                wid: None,
                iss: party("harbour.example"),
                iat: UnixSeconds::new(fixed_at),
                anchor: Some(here.clone()),
                prev: None,
                svc: None,
                pol: None,
                actor: None,
                reason: None,
                period,
                mailboxes: tree.mailboxes(),
                root: tree.root(),
            };
            crate::node::sign_as(&key(11), &heads)
        });
        assert_eq!(period.unwrap(), fixed_at);
        let due = store.due(u64::MAX / 2, 10).unwrap();
        store.logged(due[0].id).unwrap();
    }
    store.prune_heads(5).unwrap();
    let found = |period: u64| store.custody_tree(period).unwrap().mailboxes() == 1;
    let kept: Vec<u64> = (hour..hour + 3 * 3_600).filter(|&period| found(period)).collect();
    let newest = hour + 2 * 3_600;
    assert_eq!(kept, [hour + 9, hour + 3_609, newest + 5, newest + 6, newest + 7, newest + 8, newest + 9]);
    assert!(store.logged_heads(&h0, 0, newest).unwrap().is_some());
    assert!(store.anchor_note(&here.note).unwrap().is_some());
}
