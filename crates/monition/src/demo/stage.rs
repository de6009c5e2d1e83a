//! The stage: exchange, observers and parties, started and enrolled.

use super::{Progress, internal};
use crate::failure::Failure;
use monition_desk::{DeclareOptions, Desk, EnrolOptions, Kind, Setup, Slot, Unlock};
use monition_evidence::statement::CustodianService;
use monition_evidence::{ExchangeName, PartyName, RoleName};
use monition_tlog::{CosignatureSigner, KeyName, NoteSigner, VerifierKey};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const EXCHANGE: &str = "exchange.example";
const OBSERVERS: [&str; 2] = ["harbour.example", "lantern.example"];
const PARTIES: [&str; 4] = ["north.example", "south.example", "east.example", "west.example"];

/// How long any single step of the demo may take before it is a failure.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Everybody who takes part.
pub(super) struct Stage {
    pub(super) north: Arc<Desk>,
    pub(super) south: Arc<Desk>,
    pub(super) east: Arc<Desk>,
    pub(super) west: Arc<Desk>,
    pub(super) policy: String,
    /// Where the exchange publishes its logs.
    pub(super) public: PathBuf,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Stage {
    pub(super) async fn build(out: &Path, progress: &Progress) -> Result<Self, Failure> {
        let data = out.join("data");
        let addresses = free_addresses(3)?;
        let url = format!("http://{}", addresses[0]);
        let exchange_desk = desk(&data, EXCHANGE, Kind::Exchange, &url, None)?;
        let observer_desks: Vec<Desk> =
            OBSERVERS.iter().map(|name| desk(&data, name, Kind::Observer, &url, None)).collect::<Result<_, _>>()?;
        let keys = PublicKeys::of(&exchange_desk, &observer_desks)?;
        let policy = keys.policy();
        let policy_path = out.join("trust.policy");
        std::fs::write(&policy_path, &policy).map_err(|e| internal("writing trust.policy", &e))?;

        let (stop, stopping) = watch::channel(false);
        let public = data.join("exchange").join("public");
        let mut tasks = Vec::new();
        tasks.push(start_exchange(&data, &exchange_desk, &keys, &addresses, stopped(&stopping)).await?);
        for (index, observer) in observer_desks.iter().enumerate() {
            tasks.push(start_observer(&data, observer, &keys, &url, addresses[index + 1], stopped(&stopping)).await?);
        }
        progress.say("an exchange and two observers (witness and custodian each) listen on loopback sockets");

        enrol_observers(&exchange_desk, &observer_desks, &addresses).await?;
        let mut parties = Vec::new();
        for name in PARTIES {
            let party = Arc::new(desk(&data, name, Kind::Party, &url, Some(policy_path.clone()))?);
            enrol_party(&party, &observer_desks).await?;
            parties.push(party);
        }
        for party in &parties {
            declare(party).await?;
        }
        progress.say("North, South, East and West are enrolled, their names vouched for by both observers");
        for party in &parties {
            let (party, stopping) = (party.clone(), stopped(&stopping));
            tasks.push(tokio::spawn(async move {
                if let Err(error) = party.run(stopping).await {
                    tracing::error!(%error, party = %party.party(), "a party's system ended");
                }
            }));
        }
        let mut parties = parties.into_iter();
        let mut next = || parties.next().ok_or_else(|| internal("the stage", &"a party is missing"));
        let (north, south, east, west) = (next()?, next()?, next()?, next()?);
        Ok(Self { north, south, east, west, policy, public, stop, tasks })
    }

    /// Stops the servers and waits until their files are closed.
    pub(super) async fn end(self) {
        // Nobody listening any more is what is wanted.
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = tokio::time::timeout(Duration::from_secs(5), task).await;
        }
    }
}

/// The public keys that a trust policy and the observers' configurations name.
struct PublicKeys {
    log: VerifierKey,
    directory: VerifierKey,
    witnesses: Vec<VerifierKey>,
}

impl PublicKeys {
    fn of(exchange: &Desk, observers: &[Desk]) -> Result<Self, Failure> {
        let log_key = |slot: Slot, origin: &str| -> Result<VerifierKey, Failure> {
            let name = KeyName::new(origin).map_err(|e| internal("a key name", &e))?;
            let seed = exchange.keys().seed(&slot)?;
            Ok(NoteSigner::from_seed(name, &seed).map_err(|e| internal("a log key", &e))?.verifier_key().clone())
        };
        let witness_key = |desk: &Desk| -> Result<VerifierKey, Failure> {
            let name = KeyName::new(&format!("{}/witness", desk.party())).map_err(|e| internal("a key name", &e))?;
            let seed = desk.keys().seed(&Slot::Witness)?;
            Ok(CosignatureSigner::from_seed(name, &seed)
                .map_err(|e| internal("a witness key", &e))?
                .verifier_key()
                .clone())
        };
        Ok(Self {
            log: log_key(Slot::Log, &format!("{EXCHANGE}/log"))?,
            directory: log_key(Slot::Directory, &format!("{EXCHANGE}/directory"))?,
            witnesses: observers.iter().map(witness_key).collect::<Result<_, _>>()?,
        })
    }

    /// Two organisations, both needed (c2sp.org/tlog-policy).
    fn policy(&self) -> String {
        let witnesses: String =
            OBSERVERS.iter().zip(&self.witnesses).map(|(name, key)| format!("witness {name} {key}\n")).collect();
        format!(
            "log {}\nlog {}\n{witnesses}group observers 2 {}\nquorum observers\n",
            self.log,
            self.directory,
            OBSERVERS.join(" ")
        )
    }
}

/// Addresses that were free a moment ago: peers must know them before anybody listens.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, Failure> {
    let bind = |_| TcpListener::bind("127.0.0.1:0");
    let listeners: Vec<TcpListener> =
        (0..count).map(bind).collect::<Result<_, _>>().map_err(|e| internal("binding a loopback socket", &e))?;
    listeners.iter().map(|l| l.local_addr().map_err(|e| internal("a loopback socket", &e))).collect()
}

fn party_name(name: &str) -> Result<PartyName, Failure> {
    PartyName::parse(name).map_err(|e| internal("a name", &e))
}

fn desk(data: &Path, name: &str, kind: Kind, url: &str, trust: Option<PathBuf>) -> Result<Desk, Failure> {
    let setup = Setup {
        party: Some(party_name(name)?),
        exchange: ExchangeName::parse(EXCHANGE).map_err(|e| internal("a name", &e))?,
        exchange_url: url.to_owned(),
        kind,
        roles: vec![RoleName::parse("duty-officer").map_err(|e| internal("a role", &e))?],
        trust,
        log_vkey: None,
        directory_vkey: None,
    };
    Ok(Desk::init(&data.join(name), &setup, Unlock::no_passphrase())?)
}

/// A future that ends when the stage does.
fn stopped(stopping: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopping = stopping.clone();
    async move {
        // An error means that the stage is gone, which is a stop as well.
        let _ = stopping.wait_for(|stop| *stop).await;
    }
}

async fn start_exchange(
    data: &Path,
    desk: &Desk,
    keys: &PublicKeys,
    addresses: &[SocketAddr],
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<JoinHandle<()>, Failure> {
    let name = ExchangeName::parse(EXCHANGE).map_err(|e| internal("a name", &e))?;
    let mut config = monition_exchange::Config::new(name, data.join("exchange"));
    config.listen = addresses[0];
    config.publish_ms = 250;
    config.directory_delay_seconds = 0;
    config.sponsors = 1;
    config.witnesses = keys
        .witnesses
        .iter()
        .zip(&addresses[1..])
        .map(|(key, address)| monition_exchange::WitnessConfig {
            vkey: key.to_string(),
            url: format!("http://{address}"),
        })
        .collect();
    let secret = || -> Result<_, Failure> {
        Ok(monition_exchange::ExchangeKeys {
            log: desk.keys().seed(&Slot::Log)?,
            directory: desk.keys().seed(&Slot::Directory)?,
            exchange: desk.keys().seed(&Slot::Exchange)?,
        })
    };
    let next = desk.keys().next_digest()?;
    monition_exchange::init(&config, &secret()?, next, &monition_exchange::SystemClock::default())
        .await
        .map_err(|e| internal("creating the logs", &e))?;
    let running =
        monition_exchange::start(config, secret()?, stop).await.map_err(|e| internal("starting the exchange", &e))?;
    Ok(tokio::spawn(running.stopped()))
}

async fn start_observer(
    data: &Path,
    desk: &Desk,
    keys: &PublicKeys,
    exchange_url: &str,
    address: SocketAddr,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<JoinHandle<()>, Failure> {
    let folder = data.join(format!("{}-observer", desk.party()));
    let text = format!(
        "exchange = '{EXCHANGE}'\nexchange_url = '{exchange_url}'\nlog_vkey = '{}'\ndirectory_vkey = '{}'\nparty = '{}'\n\
         listen = '{address}'\ndata_directory = '{}'\nperiod_seconds = 1\nfollow_milliseconds = 100\n",
        keys.log,
        keys.directory,
        desk.party(),
        folder.display()
    );
    let config = monition_observer::Config::parse(&text).map_err(|e| internal("an observer's configuration", &e))?;
    let secret = monition_observer::ObserverKeys {
        witness_seed: desk.keys().seed(&Slot::Witness)?,
        custodian_seed: desk.keys().seed(&Slot::Custodian)?,
    };
    let running = monition_observer::start(config, secret, monition_observer::system_clock(), stop)
        .await
        .map_err(|e| internal("starting an observer", &e))?;
    Ok(tokio::spawn(running.stopped()))
}

/// The exchange vouches for the observers' names.
async fn enrol_observers(exchange: &Desk, observers: &[Desk], addresses: &[SocketAddr]) -> Result<(), Failure> {
    for (observer, address) in observers.iter().zip(&addresses[1..]) {
        let service = CustodianService { url: format!("http://{address}"), period_seconds: 1 };
        let options = EnrolOptions { sponsors: vec![party_name(EXCHANGE)?], custodian: Some(service), directory: None };
        let enrolment = observer.enrolment(&options)?;
        observer.submit_entry(&exchange.sponsor(&enrolment)?).await?;
    }
    Ok(())
}

/// Both observers vouch for a party's name.
async fn enrol_party(party: &Desk, observers: &[Desk]) -> Result<(), Failure> {
    let sponsors = OBSERVERS.iter().map(|name| party_name(name)).collect::<Result<_, _>>()?;
    let mut enrolment = party.enrolment(&EnrolOptions { sponsors, custodian: None, directory: None })?;
    for observer in observers {
        observer.sync_directory().await?;
        enrolment = observer.sponsor(&enrolment)?;
    }
    party.submit_entry(&enrolment).await?;
    party.until_published(&enrolment.identity(), PATIENCE).await?;
    Ok(())
}

/// Both observers keep the party's mailbox, and both are needed.
async fn declare(party: &Desk) -> Result<(), Failure> {
    let custodians = OBSERVERS.iter().map(|name| party_name(name)).collect::<Result<_, _>>()?;
    let mut options = DeclareOptions::new(custodians, 2);
    options.poll_seconds = 1;
    let declared = party.declare(&options).await?;
    party.until_published(&declared.statement.identity(), PATIENCE).await?;
    Ok(())
}
