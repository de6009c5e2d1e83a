//! `monition desk --taxii` and `monition desk queue`: a TAXII 2.1 server on loopback for a party's own tools, and the queue of what they left incomplete.
//!
//! What tools post becomes warnings, what came is read as objects: the rules are those of `monition_desk::bridge`. Here are
//! the listener, the local account and the loop that carries events between the two.

use crate::failure::Failure;
use crate::output::{Output, print};
use crate::party::session::{DeskArgs, Keys, block_on, internal, stop_signal};
use bytes::Bytes;
use clap::Subcommand;
use monition_desk::Desk;
use monition_desk::bridge::{Bridge, Outcome, Posted, Profile, ProfileFile, Waiting};
use monition_evidence::encoding::{sha256, to_base64url};
use monition_front::{Listener, ListenerConfig};
use monition_intel::taxii::Identifier;
use monition_taxii::{
    ApiRootConfig, ClientAddress, CollectionConfig, Config, Event, EventKind, GrantConfig, Kind, Outcome as Told,
    Placed, Server,
};
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// See and complete posts that said too little to be sent
#[derive(Subcommand, Debug)]
pub(crate) enum QueueCommand {
    /// List what waits
    List {
        #[command(flatten)]
        desk: DeskArgs,
    },
    /// Show what was posted
    Show {
        /// Number, as `list` prints it.
        id: i64,
        #[command(flatten)]
        desk: DeskArgs,
    },
    /// Say what is missing; the running desk then sends it
    Complete {
        /// Number, as `list` prints it.
        id: i64,
        /// A field of a warning, `class`, `urgency` or `tlp`; repeat for more.
        #[arg(long = "field", value_name = "NAME=VALUE", required = true)]
        fields: Vec<String>,
        #[command(flatten)]
        desk: DeskArgs,
    },
    /// Never send it
    Discard {
        /// Number, as `list` prints it.
        id: i64,
        #[command(flatten)]
        desk: DeskArgs,
    },
}

/// Name of the account for the tools of this machine.
const ACCOUNT: &str = "local";
/// File with its password, in the desk's directory.
const ACCOUNT_FILE: &str = "taxii-account";
/// Longest post: it travels in the bodies of one warning, which have at most 32 MiB.
const POST_BYTES_MAX: u64 = 8 << 20;
/// How often events and arrivals are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// After how many looks what could not be sent is tried again.
const LOOKS_PER_RETRY: u32 = 10;

/// Lists, shows, completes and discards what waits.
pub(crate) fn queue(command: &QueueCommand, output: Output) -> Result<(), Failure> {
    match command {
        QueueCommand::List { desk } => {
            let waiting = Bridge::open(desk.directory()?)?.queue()?;
            let mut said = String::new();
            for post in &waiting {
                said.push_str(&format!("{}  came {}, nothing says {}\n", post.id, post.at, post.missing.join(", ")));
            }
            if said.is_empty() {
                said.push_str("Nothing waits.\n");
            }
            let list: Vec<_> = waiting
                .iter()
                .map(|post| json!({ "id": post.id, "party": post.party, "at": post.at, "missing": post.missing, "fields": post.fields }))
                .collect();
            print(output, &json!({ "queue": list }), &said)
        }
        QueueCommand::Show { id, desk } => {
            let waiting = Bridge::open(desk.directory()?)?.queue()?;
            let post = waiting.into_iter().find(|post| post.id == *id);
            let post = post.ok_or_else(|| {
                Failure::usage("usage-not-possible", format!("number {id} does not wait"), "look at `list`")
            })?;
            let text = String::from_utf8_lossy(&post.bytes).into_owned();
            print(
                output,
                &json!({ "id": id, "missing": post.missing, "fields": post.fields, "posted": text }),
                &format!("{text}\n"),
            )
        }
        QueueCommand::Complete { id, fields, desk } => {
            let pair = |text: &String| {
                let split = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
                split.ok_or_else(|| {
                    Failure::usage(
                        "usage-field",
                        format!("{text:?} is not NAME=VALUE"),
                        "for example --field class=attack.cyber",
                    )
                })
            };
            let fields = fields.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
            Bridge::open(desk.directory()?)?.complete(*id, &fields)?;
            print(output, &json!({ "completed": id }), "It is sent as soon as the desk runs with --taxii.\n")
        }
        QueueCommand::Discard { id, desk } => {
            Bridge::open(desk.directory()?)?.discard(*id)?;
            print(output, &json!({ "discarded": id }), "It is not sent.\n")
        }
    }
}

/// Serves TAXII 2.1 on loopback until SIGINT or SIGTERM. The account is made at the first start, its password written to
/// a file of the desk.
pub(crate) fn serve(
    keys: &DeskArgs,
    listen: SocketAddr,
    profile: Option<&Path>,
    output: Output,
) -> Result<(), Failure> {
    let profiles = profile.map(ProfileFile::read).transpose()?.unwrap_or_default();
    if !listen.ip().is_loopback() {
        let message = format!("{} is no loopback address", listen);
        return Err(Failure::usage("usage-desk", message, "tools of other machines reach the exchange, not the desk"));
    }
    let desk = keys.open(if profiles.warn.is_empty() { Keys::Boot } else { Keys::Human })?;
    let bridge = Bridge::open(desk.dir())?;
    block_on(async {
        let stop = stop_signal()?;
        let listener = Listener::bind(ListenerConfig::new(listen)).await;
        let listener = listener.map_err(|error| internal("internal-listen", &error))?;
        let url = listener.url();
        let collections = Collections::new(&desk, &profiles);
        let data = desk.dir().join("taxii");
        let server =
            Server::open(collections.config(&url, &desk), &data).map_err(|error| internal("internal-taxii", &error))?;
        let account = account(&server, desk.dir(), &url)?;
        let shown: Vec<_> = collections
            .warn
            .iter()
            .map(|(id, (name, _))| json!({ "name": format!("warn-{name}"), "id": id.to_string() }))
            .collect();
        let shown = json!({ "party": desk.party(), "running": true, "url": format!("{url}/taxii2/"), "api_root": format!("{url}/desk/"),
            "account_file": account, "inbox": collections.inbox.to_string(), "warn": shown });
        let said = format!(
            "TAXII 2.1 at {url}/taxii2/ for {}; account and password stand in {}.\n",
            desk.party(),
            account.display()
        );
        print(output, &shown, &said)?;
        let (stopping, stopped) = tokio::sync::watch::channel(false);
        let until = || {
            let mut stopped = stopped.clone();
            async move { drop(stopped.wait_for(|stop| *stop).await) }
        };
        let router = monition_taxii::standalone(&server).layer(axum::Extension(ClientAddress(listen.ip())));
        let carrier = Carrier {
            desk: &desk,
            bridge: &bridge,
            server: &server,
            collections: &collections,
            finding: profiles.finding.as_deref(),
        };
        let work = async {
            tokio::select! {
                () = stop => Ok(()),
                ran = desk.run(until()) => ran.map_err(Failure::from),
                ended = carrier.run() => ended,
            }
        };
        let (result, ()) = tokio::join!(
            async {
                let result = work.await;
                stopping.send_replace(true);
                result
            },
            listener.serve(router, until())
        );
        server.close();
        result
    })
}

/// The collections of a desk: ids follow from party and name, so they are the same after every start.
struct Collections {
    inbox: Identifier,
    warn: HashMap<Identifier, (String, Profile)>,
}

impl Collections {
    fn new(desk: &Desk, profiles: &ProfileFile) -> Self {
        let id = |name: &str| {
            let digest = sha256(format!("monition desk collection {} {name}", desk.party()).as_bytes());
            Identifier::from_random(std::array::from_fn(|at| digest.as_bytes()[at]))
        };
        let warn =
            profiles.warn.iter().map(|(name, profile)| (id(&format!("warn-{name}")), (name.clone(), profile.clone())));
        Self { inbox: id("inbox"), warn: warn.collect() }
    }

    fn config(&self, url: &str, desk: &Desk) -> Config {
        let collection = |id: &Identifier, alias: String, title: String, kind, write| CollectionConfig {
            id: id.to_string(),
            alias: Some(alias),
            title,
            description: None,
            kind,
            party: Some(desk.party().to_string()),
            community: Vec::new(),
            validation: monition_intel::stix::Level::Must,
            custom_objects: monition_intel::stix::Consent::Allow,
            custom_properties: monition_intel::stix::Consent::Allow,
            unmarked: monition_taxii::Tlp::Clear,
            page_limit: 1000,
            media_types: vec![monition_intel::taxii::media::STIX_2_1.to_owned()],
            grants: vec![GrantConfig {
                account: ACCOUNT.to_owned(),
                read: true,
                write,
                delete: Some(false),
                tlp: monition_taxii::Tlp::Red,
            }],
        };
        let mut collections =
            vec![collection(&self.inbox, "inbox".into(), "Warnings that came".into(), Kind::Feed, false)];
        let mut warn: Vec<_> = self.warn.iter().collect();
        warn.sort_by(|a, b| a.1.0.cmp(&b.1.0));
        for (id, (name, profile)) in warn {
            let to = profile.recipients.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            collections.push(collection(id, format!("warn-{name}"), format!("Warn {to}"), Kind::Warnings, true));
        }
        let root = ApiRootConfig {
            path: "desk".to_owned(),
            title: format!("Desk of {}", desk.party()),
            description: None,
            max_content_length: POST_BYTES_MAX,
            hidden: false,
            collections,
        };
        Config {
            title: format!("Monition desk of {}", desk.party()),
            description: None,
            contact: None,
            public_url: Some(url.to_owned()),
            default_root: None,
            anonymous: None,
            events: true,
            status_hours: 48,
            limits: monition_taxii::Limits::default(),
            api_roots: vec![root],
        }
    }
}

/// The local account, made with a random password where there is none; gives the file in which it stands.
fn account(server: &Server, dir: &Path, url: &str) -> Result<PathBuf, Failure> {
    let path = dir.join(ACCOUNT_FILE);
    let failed = |error: &dyn std::error::Error| internal("internal-taxii", error);
    let mut admin = server.admin().map_err(|error| failed(&error))?;
    let known = admin.list().map_err(|error| failed(&error))?.into_iter().any(|account| account.name == ACCOUNT);
    if !known || !path.exists() {
        let mut bytes = zeroize::Zeroizing::new([0_u8; 24]);
        getrandom::fill(&mut *bytes).map_err(|error| failed(&error))?;
        let password = zeroize::Zeroizing::new(to_base64url(&*bytes));
        if !known {
            admin.add_account(ACCOUNT).map_err(|error| failed(&error))?;
        }
        let text =
            zeroize::Zeroizing::new(format!("discovery {url}/taxii2/\nuser {ACCOUNT}\npassword {}\n", *password));
        // The file comes before the password counts: a crash between the two makes a new pair at the next start.
        write_private(&path, text.as_bytes()).map_err(|error| failed(&error))?;
        if let Err(error) = admin.set_password(ACCOUNT, &password) {
            let _ = std::fs::remove_file(&path);
            return Err(failed(&error));
        }
    }
    server.reload_accounts().map_err(|error| failed(&error))?;
    Ok(path)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let _ = std::fs::remove_file(path);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Carries posts to the bridge and arrivals to the inbox.
struct Carrier<'a> {
    desk: &'a Desk,
    bridge: &'a Bridge,
    server: &'a Server,
    collections: &'a Collections,
    finding: Option<&'a str>,
}

impl Carrier<'_> {
    async fn run(&self) -> Result<(), Failure> {
        let failed = |error: monition_taxii::ServerError| internal("internal-taxii", &error);
        // What each waiting event looked like when it was tried last.
        let mut tried: HashMap<i64, Option<Waiting>> = HashMap::new();
        let mut looks = 0_u32;
        loop {
            self.place().await?;
            let retry = looks.is_multiple_of(LOOKS_PER_RETRY);
            let mut last = 0;
            loop {
                let events = self.server.outbox().after(last, 50).await.map_err(failed)?;
                let Some(event) = events.last() else { break };
                last = event.number;
                for event in events {
                    self.event(event, retry, &mut tried).await?;
                }
            }
            looks = looks.wrapping_add(1);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn event(&self, event: Event, retry: bool, tried: &mut HashMap<i64, Option<Waiting>>) -> Result<(), Failure> {
        let failed = |error: monition_taxii::ServerError| internal("internal-taxii", &error);
        let outbox = self.server.outbox();
        let profile = self.collections.warn.get(&event.collection).map(|(_, profile)| profile);
        let (EventKind::Posted, Some(status), Some(profile)) = (event.kind, event.status, profile) else {
            return outbox
                .done(&event, Told::Failure { reason: "this desk warns nobody through it".into() })
                .await
                .map_err(failed);
        };
        let name = format!("taxii:{status}");
        let waiting = self.bridge.waiting(&name)?;
        match tried.get(&event.number) {
            // A person has not touched it since, or it is not time to try again.
            Some(Some(before)) if waiting.as_ref() == Some(before) => return Ok(()),
            Some(None) if !retry => return Ok(()),
            _ => {}
        }
        let mut objects = Vec::with_capacity(event.objects.len());
        for object in &event.objects {
            objects.extend(outbox.bytes(object.key).await.map_err(failed)?);
        }
        let outcome = self.bridge.post(&self.desk.own(), &name, &Posted::Stix(objects), profile).await?;
        let text = outcome.text();
        let told = match outcome {
            Outcome::Incomplete(_) | Outcome::Later(_) => {
                tracing::warn!(event = name, text, "a post is not sent yet");
                tried.insert(event.number, self.bridge.waiting(&name)?);
                return Ok(());
            }
            Outcome::Sent(all) if all.iter().any(|(_, result)| result.is_ok()) => Told::Success { message: Some(text) },
            Outcome::Sent(_) | Outcome::Refused(_) => Told::Failure { reason: text },
        };
        outbox.done(&event, told).await.map_err(failed)?;
        tried.remove(&event.number);
        Ok(())
    }

    async fn place(&self) -> Result<(), Failure> {
        for arrival in self.bridge.arrivals(&self.desk.own(), self.finding)? {
            let objects = arrival.objects.iter().map(|bytes| Bytes::copy_from_slice(bytes)).collect();
            let placed = self.server.put(self.collections.inbox, objects, &[]).await;
            for placed in placed.map_err(|error| internal("internal-taxii", &error))? {
                if let Placed::Refused { reason } = placed {
                    tracing::warn!(submission = %arrival.submission, reason, "an object that came is only in the attachment");
                }
            }
            self.bridge.placed(&arrival)?;
        }
        Ok(())
    }
}
