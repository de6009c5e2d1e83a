//! Complete submissions over HTTP: verified, stored, logged, accepted under a signature, answered.
//!
//! Every submission is signed before the clock starts; its body has 4 KiB. The custodian is asleep: what is measured is
//! acceptance, and deliveries are tried one at a time beside it.

use crate::client::{drive, request};
use crate::common::{
    Client, Party, anchor_of, bodies, config, custodian, declaration, keys, party, party_with, submission,
};
use crate::{process, profile};
use monition_evidence::encoding::sha256;
use monition_evidence::framing::Bodies;
use monition_evidence::wire::{SUBMISSION_TYPE, SubmissionAnswer, SubmissionRequest};
use monition_evidence::{Anchor, Body, Digest, KeyUse, SecretKey, Statement};
use monition_exchange::limits::Rate;
use monition_exchange::{SystemClock, init, start};
use std::io::{BufRead as _, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

const SENDERS: usize = 128;

/// The exchange's process: prints its address, and ends when its input does.
pub async fn serve(folder: &Path) {
    let mut config = config(folder, &[]);
    config.publish_ms = 1000;
    let much = Rate { per_second: 1_000_000, burst: 1_000_000 };
    config.limits.submissions = much;
    config.limits.deliveries = 1;
    config.limits.directory = much;
    config.limits.body_kib = Rate { per_second: 4_000_000, burst: 4_000_000 };
    init(&config, &keys(), sha256(b"next"), &SystemClock::default()).await.unwrap();
    let running = start(config, keys(), std::future::pending()).await.unwrap();
    println!("{}", running.url);
    std::io::stdout().flush().unwrap();
    let wait = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = wait.await;
    running.stop();
    running.stopped().await;
}

struct World {
    child: Child,
    host: String,
    client: Client,
    senders: Vec<Party>,
    /// seq and last submission of each sender.
    chains: Vec<(u64, Option<Digest>)>,
    declaration: Statement,
    anchor: Anchor,
    bodies: Bodies,
    _custodian: crate::common::Custodian,
}

impl World {
    async fn new(folder: &Path) -> Self {
        // An error says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(folder).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        let client = Client { url: url.clone(), http: reqwest::Client::new() };
        let custodian = custodian(21).await;
        custodian.asleep.store(true, Ordering::Relaxed);
        let south = party(32, KeyUse::Mailbox, None);
        let senders: Vec<Party> = (0..SENDERS).map(|n| party_with([n as u8, 200], KeyUse::Mailbox, None)).collect();
        for enrolment in senders.iter().chain([&custodian.party, &south]).map(|p| &p.enrolment) {
            assert_eq!(client.statement("/v1/directory", enrolment).await.0, 200);
        }
        let declaration = declaration(&south, vec![custodian.party.name.clone()], 1);
        assert_eq!(client.statement("/v1/directory", &declaration).await.0, 200);
        let anchor = anchor_of(&client.checkpoint("log").await);
        Self {
            child,
            host: url.trim_start_matches("http://").to_owned(),
            client,
            chains: vec![(1, None); senders.len()],
            senders,
            declaration,
            anchor,
            bodies: bodies(&[5; 4096]),
            _custodian: custodian,
        }
    }

    /// Signs the next submissions of every sender.
    fn prepare(&mut self, each: usize) -> Vec<Vec<Vec<u8>>> {
        let mut work = Vec::with_capacity(self.senders.len());
        for (sender, chain) in self.senders.iter().zip(&mut self.chains) {
            let mut requests = Vec::with_capacity(each);
            for _ in 0..each {
                let submission =
                    submission(sender, &self.declaration, self.anchor.clone(), &self.bodies, *chain, |_| {});
                *chain = (chain.0 + 1, Some(submission.digest()));
                let body = SubmissionRequest { submission, bodies: self.bodies.clone() }.to_bytes();
                requests.push(request(&self.host, "/v1/submissions", SUBMISSION_TYPE, &body));
            }
            work.push(requests);
        }
        work
    }

    async fn metric(&self, name: &str) -> f64 {
        let text = String::from_utf8(self.client.get("/metrics").await.1).unwrap();
        let line = text.lines().find(|line| line.split(' ').next() == Some(name));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap()
    }
}

pub async fn measure(folder: &Path, quick: bool, warnings: usize) {
    let each = if quick { 120 } else { 250 };
    let mut world = World::new(folder).await;
    let pid = world.child.id();
    // Warm: connections, caches, the allocator.
    let work = world.prepare(8);
    drive(&world.host, work, None).await;
    let mut rates = Vec::new();
    for _ in 0..3 {
        rates.push(full_load(&mut world, each).await);
    }
    rates.sort_by(f64::total_cmp);
    let rate = rates[1];
    for share in [0.5, 0.25] {
        let work = world.prepare(each / 2);
        let (times, seconds, _) = drive(&world.host, work, Some(rate * share)).await;
        println!(
            "{{\"what\":\"submissions-part-load\",\"of_full\":{share},\"per_second\":{:.0},\"p50_ms\":{:.2},\"p99_ms\":{:.2}}}",
            (each / 2 * SENDERS) as f64 / seconds,
            times.at(0.5),
            times.at(0.99)
        );
    }
    where_the_time_goes(&mut world, each, folder).await;
    while (world.chains[0].0 as usize) * SENDERS < warnings {
        let work = world.prepare(100);
        drive(&world.host, work, None).await;
    }
    report_size(&world, pid, folder).await;
    drop(world.child.stdin.take());
    world.child.wait().unwrap();
}

async fn full_load(world: &mut World, each: usize) -> f64 {
    let (pid, own) = (world.child.id(), std::process::id());
    let work = world.prepare(each);
    let before = (process::cpu_seconds(pid), process::cpu_seconds(own));
    let names = ["monition_batches_total", "monition_leaves_total", "monition_commit_microseconds_total"];
    let mut counters = Vec::new();
    for name in names {
        counters.push(world.metric(name).await);
    }
    let accepted = world.metric("monition_submissions_accepted_total").await;
    let publications = world.metric("monition_publications_total").await;
    let (times, seconds, answers) = drive(&world.host, work, None).await;
    let after = (process::cpu_seconds(pid), process::cpu_seconds(own));
    let count = (each * SENDERS) as f64;
    check(&answers);
    assert_eq!(world.metric("monition_submissions_accepted_total").await - accepted, count);
    for (name, counter) in names.iter().zip(&mut counters) {
        *counter = world.metric(name).await - *counter;
    }
    // Of each submission two leaves: what its sender signed, and the acceptance that the exchange signed.
    let own_statements = counters[1] / count - 1.0;
    let rate = count / seconds;
    println!(
        "{{\"what\":\"submissions\",\"connections\":{SENDERS},\"per_second\":{rate:.0},\"p50_ms\":{:.2},\"p99_ms\":{:.2},\
         \"exchange_cpu_us\":{:.0},\"generator_cpu_us\":{:.0},\"mean_batch\":{:.1},\"commit_ms\":{:.2},\
         \"log_size\":{:.0}}}",
        times.at(0.5),
        times.at(0.99),
        (after.0 - before.0) * 1e6 / count,
        (after.1 - before.1) * 1e6 / count,
        count / counters[0],
        counters[2] / 1000.0 / counters[0],
        world.metric("monition_log_size").await,
    );
    println!(
        "{{\"what\":\"signatures\",\"submissions\":{count:.0},\"made_by_senders\":1,\"verified_by_the_exchange\":1,\
         \"statements_signed_by_the_exchange\":{own_statements:.3},\"checkpoints_signed_in_all\":{:.0}}}",
        world.metric("monition_publications_total").await - publications
    );
    rate
}

/// The last answer of each connection is an acceptance, and its signature stands.
fn check(answers: &[Vec<u8>]) {
    let key = SecretKey::from_seed(&keys().exchange).public();
    for answer in answers {
        let answer: SubmissionAnswer = serde_json::from_slice(answer).unwrap();
        let acceptance = Statement::parse(answer.acceptance.as_bytes()).unwrap();
        assert!(matches!(acceptance.body(), Body::SubmissionAcceptance(_)));
        acceptance.verify(&key).unwrap();
    }
}

async fn where_the_time_goes(world: &mut World, each: usize, folder: &Path) {
    let work = world.prepare(each);
    let pid = world.child.id();
    let running = profile::start(pid, folder);
    let before = process::cpu_seconds(pid);
    drive(&world.host, work, None).await;
    let micros = (process::cpu_seconds(pid) - before) * 1e6 / (each * SENDERS) as f64;
    match running.and_then(profile::Profile::stop) {
        Some(shares) => {
            for (kind, share) in shares {
                println!(
                    "{{\"what\":\"where\",\"kind\":\"{kind}\",\"share\":{share:.3},\"us\":{:.1}}}",
                    share * micros
                );
            }
        }
        None => println!("{{\"what\":\"where\",\"skipped\":\"perf is not installed, or not allowed here\"}}"),
    }
}

/// Memory and disk after all these submissions, whose bodies still wait for their custodian.
async fn report_size(world: &World, pid: u32, folder: &Path) {
    let accepted = world.metric("monition_submissions_accepted_total").await;
    let mib = |line| process::memory_kib(pid, line) as f64 / 1024.0;
    println!(
        "{{\"what\":\"memory\",\"warnings\":{accepted:.0},\"rss_mib\":{:.1},\"pss_mib\":{:.1},\"anonymous_mib\":{:.1},\
         \"peak_rss_mib\":{:.1}}}",
        mib("Rss"),
        mib("Pss"),
        mib("Pss_Anon"),
        process::peak_kib(pid) as f64 / 1024.0,
    );
    let data = folder.join("data");
    let connection = rusqlite::Connection::open(data.join("exchange.db")).unwrap();
    let size = |names: &str| -> f64 {
        let sql = format!("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN ({names})");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let waiting = size("'body','pending','delivery','delivery_next','sqlite_autoindex_delivery_1'");
    let all: f64 = connection.query_row("SELECT sum(pgsize) FROM dbstat", [], |row| row.get(0)).unwrap();
    println!(
        "{{\"what\":\"disk\",\"warnings\":{accepted:.0},\"exchange_bytes_kept\":{:.0},\"exchange_bytes_until_delivered\":{:.0},\
         \"of_it_statements\":{:.0},\"of_it_look_up\":{:.0},\"public_tiles_bytes\":{:.0}}}",
        (all - waiting) / accepted,
        waiting / accepted,
        size("'statement'") / accepted,
        size("'lookup'") / accepted,
        process::disk_bytes(&data.join("public")) as f64 / accepted,
    );
}
