//! A whole exchange in memory: both logs, witnesses, custodians with real chains, parties with keys, and a clock that
//! the test sets. Everything is real but the storage: signatures, seals, trees and notes. The same calls give the same
//! bytes, because randomness is a counter under SHA-256.
//! Over 800 lines, for it is one cast that acts on one state; the tests that use it stand in the files beside it.

use crate::age::{Identity, Recipient, SealRandomness, seal};
use crate::custody::{AnswerEntry, AnswersTree, CustodyTree, MailboxState};
use crate::dossier::{AnswerPart, BodiesPart, Bytes, CorePart, Dossier, ListingPart, OpenedBody, Proof};
use crate::encoding::{Digest, Eid, MailboxId, Salt, Wid, sha256};
use crate::framing::{Bodies, pad};
use crate::judge::{Answer, Believe, Finding, JudgeError, Question, judge};
use crate::keys::{Algorithm, EnrolledKey, KeyId, KeyUse, SecretKey, key_set_digest};
use crate::mailbox::{ChainHead, ChainName, Item};
use crate::names::{ClassName, ExchangeName, PartyName, RoleName};
use crate::statement::*;
use crate::values::*;
use crate::warning::{Disclosure, Field, Group, Specificity, Value, Warning};
use monition_tlog::{
    Checkpoint, CosignatureSigner, KeyName, LeafIndex, MemoryTree, NoteSigner, Origin, SignedCheckpoint, Timestamp,
    TreeSize, inclusion_proof, leaf_hash,
};
use std::collections::BTreeMap;

/// The clock when a world begins.
pub(super) const START: u64 = 1_000;

pub(super) fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds)
}

pub(super) fn name(short: &str) -> PartyName {
    PartyName::parse(&format!("{short}.example")).unwrap()
}

/// Writes a payload with its common members filled in: `say!(world, "north", Denial { … })`.
macro_rules! say {
    ($world:expr, $iss:expr, $name:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        let (exchange, eid, iat) = ($world.exchange.clone(), $world.eid(), $world.clock());
        let anchor = $world.anchor();
        $name {
            exchange, eid, wid: None, iss: crate::judge::tests::world::name($iss), iat, anchor, prev: None, svc: None, pol: None,
            actor: None, reason: None, $($field: $value),*
        }
    }};
}
pub(super) use say;

pub(super) struct Log {
    pub(super) origin: String,
    signer: NoteSigner,
    pub(super) tree: MemoryTree,
    pub(super) notes: Vec<Note>,
}

#[derive(Clone)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) size: u64,
}

impl Log {
    fn new(origin: String, rng: &mut Rng) -> Self {
        let signer = NoteSigner::from_seed(KeyName::new(&origin).unwrap(), &rng.bytes()).unwrap();
        Self { origin, signer, tree: MemoryTree::new(), notes: Vec::new() }
    }

    pub(super) fn sign(&self, head: monition_tlog::TreeHead) -> SignedCheckpoint {
        let checkpoint = Checkpoint::new(Origin::new(&self.origin).unwrap(), head);
        SignedCheckpoint::sign(&checkpoint, &self.signer).unwrap()
    }
}

pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        self.0 += 1;
        let digest = sha256(format!("world {}", self.0).as_bytes());
        digest.as_bytes()[..N].try_into().unwrap()
    }
}

pub(super) struct Witness {
    pub(super) name: String,
    pub(super) signer: CosignatureSigner,
    /// What it adds to the clock: an honest one 0, a liar what it likes.
    pub(super) offset: i64,
    pub(super) silent: bool,
}

pub(super) struct Party {
    pub(super) keys: BTreeMap<KeyUse, SecretKey>,
    next: BTreeMap<KeyUse, SecretKey>,
    pub(super) identity: Identity,
    pub(super) seq: u64,
    pub(super) last: Digest,
    /// SHA-256 of its newest declaration's bytes, and the declaration.
    pub(super) declared: Option<(Digest, MailboxDeclaration)>,
    pub(super) sent: BTreeMap<PartyName, (u64, Digest)>,
}

/// A custodian's chain of one mailbox under one declaration.
pub(super) struct Chain {
    pub(super) name: ChainName,
    pub(super) items: Vec<Item>,
    pub(super) answers: Vec<AnswerEntry>,
}

impl Chain {
    pub(super) fn head(&self) -> ChainHead {
        ChainHead::empty(&self.name).extend(&self.items)
    }
}

/// What a sender keeps of one warning.
pub(super) struct Sent {
    pub(super) to: PartyName,
    pub(super) core: Statement,
    pub(super) disclosures: Vec<Disclosure>,
    pub(super) bodies: Vec<Vec<u8>>,
    pub(super) seals: Vec<SealRandomness>,
    pub(super) submission: Statement,
    pub(super) declaration: Digest,
}

impl Sent {
    pub(super) fn digest(&self) -> Digest {
        self.submission.digest()
    }

    pub(super) fn body(&self) -> &Submission {
        match self.submission.body() {
            Body::Submission(s) => s,
            _ => unreachable!(),
        }
    }

    pub(super) fn digest_of(&self, field: Field) -> Digest {
        self.disclosures[field.position()].digest()
    }
}

/// What a warning is to say, and how its sender deviates from the protocol.
pub(super) struct Draft<'a> {
    pub(super) deadline: Option<u64>,
    pub(super) urgency: Urgency,
    pub(super) fields: &'a [(Field, &'a str)],
    pub(super) withheld: bool,
    pub(super) amends: Option<&'a Statement>,
    pub(super) wid: Option<Wid>,
    /// Sealed to this one instead of the recipient.
    pub(super) seal_to: Option<Recipient>,
    pub(super) addressee: Option<&'a str>,
    pub(super) core: &'a dyn Fn(&mut Warning),
    pub(super) submission: &'a dyn Fn(&mut Submission),
    /// Changes a body's content before it is sealed.
    pub(super) content: &'a dyn Fn(usize, Vec<u8>) -> Vec<u8>,
    pub(super) signed_by: Option<&'a str>,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Self {
            deadline: None,
            urgency: Urgency::Immediate,
            fields: &[
                (Field::Summary, "an attack is being prepared"),
                (Field::PlaceCountry, "South"),
                (Field::PlaceCity, "Saltmarsh"),
                (Field::SourceKind, "a person"),
                (Field::SourceNames, "never to be shown"),
            ],
            withheld: false,
            amends: None,
            wid: None,
            seal_to: None,
            addressee: None,
            core: &|_| {},
            submission: &|_| {},
            content: &|_, content| content,
            signed_by: None,
        }
    }
}

/// What a dossier shows of one warning.
#[derive(Clone, Copy)]
pub(super) struct Show<'a> {
    pub(super) warning: usize,
    pub(super) fields: &'a [Field],
    /// Numbers of the bodies that are opened by file key and seed.
    pub(super) open: &'a [usize],
}

pub(super) struct World {
    pub(super) rng: Rng,
    pub(super) now: u64,
    pub(super) exchange: ExchangeName,
    pub(super) log: Log,
    pub(super) directory: Log,
    pub(super) entries: Vec<Statement>,
    pub(super) logged: Vec<Statement>,
    pub(super) witnesses: Vec<Witness>,
    pub(super) k: usize,
    pub(super) parties: BTreeMap<PartyName, Party>,
    pub(super) chains: Vec<Chain>,
    pub(super) sent: Vec<Sent>,
    pub(super) listings: Vec<ListingPart>,
    period: u64,
    /// Directory delay in seconds.
    pub(super) delay: u64,
}

pub(super) const COARSE: &[Field] = &[Field::Addressee, Field::Summary, Field::PlaceCountry, Field::PlaceCity];

impl World {
    /// Two observers, harbour and meridian, trusted 2 of 2; the parties north, south, east and west.
    pub(super) fn new() -> Self {
        Self::with(&["harbour", "meridian"], 2, 0)
    }

    pub(super) fn with(observers: &[&str], k: usize, delay: u64) -> Self {
        let mut rng = Rng(0);
        let exchange = ExchangeName::parse("exchange.example").unwrap();
        let log = Log::new(exchange.log_origin(), &mut rng);
        let directory = Log::new(exchange.directory_origin(), &mut rng);
        let witness = |n: &&str, rng: &mut Rng| Witness {
            name: (*n).to_owned(),
            signer: CosignatureSigner::from_seed(KeyName::new(&format!("{n}.example/witness")).unwrap(), &rng.bytes())
                .unwrap(),
            offset: 0,
            silent: false,
        };
        let witnesses = observers.iter().map(|n| witness(n, &mut rng)).collect();
        let mut world = Self {
            rng,
            now: START,
            exchange,
            log,
            directory,
            entries: Vec::new(),
            logged: Vec::new(),
            witnesses,
            k,
            parties: BTreeMap::new(),
            chains: Vec::new(),
            sent: Vec::new(),
            listings: Vec::new(),
            period: 0,
            delay,
        };
        world.enrol("exchange", &[KeyUse::Statement, KeyUse::Exchange]);
        for observer in observers {
            world.enrol(observer, &[KeyUse::Statement, KeyUse::Custodian]);
        }
        for party in ["north", "south", "east", "west"] {
            world.enrol(party, &[KeyUse::Statement, KeyUse::Mailbox, KeyUse::Role]);
        }
        world.publish();
        world
    }

    pub(super) fn eid(&mut self) -> Eid {
        Eid::from_bytes(self.rng.bytes())
    }

    pub(super) fn clock(&self) -> UnixSeconds {
        at(self.now)
    }

    /// The newest cosigned note of the log: none before the first.
    pub(super) fn anchor(&self) -> Option<Anchor> {
        let note = self.log.notes.last()?;
        let head = self.log.tree.head_at(TreeSize::new(note.size)).unwrap();
        Some(Anchor {
            origin: self.log.origin.clone(),
            size: note.size,
            root: head.root.into(),
            note: sha256(note.text.as_bytes()),
        })
    }

    pub(super) fn key(&self, party: &str, key_use: KeyUse) -> &SecretKey {
        &self.parties[&name(party)].keys[&key_use]
    }

    pub(super) fn kid(&self, party: &str, key_use: KeyUse) -> KeyId {
        self.key(party, key_use).public().kid()
    }

    pub(super) fn sign<P: Payload>(&self, party: &str, payload: &P) -> Statement {
        let keys = &self.parties[&name(party)].keys;
        let key = P::USES.iter().find_map(|u| keys.get(u)).unwrap();
        Statement::sign(payload, &[key]).unwrap()
    }

    /// Signs and logs.
    pub(super) fn issue<P: Payload>(&mut self, party: &str, payload: &P) -> Statement {
        let statement = self.sign(party, payload);
        self.append(&statement);
        statement
    }

    /// Signs with the exchange's own key, and logs.
    pub(super) fn issue_as_exchange<P: Payload>(&mut self, payload: &P) -> Statement {
        let statement = Statement::sign(payload, &[self.key("exchange", KeyUse::Exchange)]).unwrap();
        self.append(&statement);
        statement
    }

    pub(super) fn append(&mut self, statement: &Statement) {
        let entry = statement.leaf(&self.log.origin);
        self.log.tree.push(leaf_hash(entry.as_bytes()));
        self.logged.push(statement.clone());
    }

    /// Has both logs cosigned, the directory after the log.
    pub(super) fn publish(&mut self) {
        for log in [&mut self.log, &mut self.directory] {
            let mut signed = log.sign(log.tree.head());
            for witness in self.witnesses.iter().filter(|w| !w.silent) {
                let time = self.now.checked_add_signed(witness.offset).unwrap();
                let line = witness.signer.sign(signed.note().text(), Timestamp::new(time)).unwrap();
                signed = signed.with_signature(&line).unwrap();
            }
            let text = signed.note().as_str().to_owned();
            log.notes.push(Note { text, size: log.tree.size().value() });
        }
    }

    pub(super) fn publish_at(&mut self, now: u64) {
        assert!(now >= self.now);
        self.now = now;
        self.publish();
    }

    /// A note over any head of a log, cosigned by whom the test says, when it says.
    pub(super) fn note(&self, log: &Log, head: monition_tlog::TreeHead, by: &[(&str, u64)]) -> String {
        let mut signed = log.sign(head);
        for (who, time) in by {
            let witness = self.witnesses.iter().find(|w| w.name == *who).unwrap();
            let line = witness.signer.sign(signed.note().text(), Timestamp::new(*time)).unwrap();
            signed = signed.with_signature(&line).unwrap();
        }
        signed.note().as_str().to_owned()
    }

    /// The trust policy: every witness an organisation of its own.
    pub(super) fn trust(&self) -> Vec<u8> {
        let mut text = String::new();
        for log in [&self.log, &self.directory] {
            text.push_str(&format!("log {}\n", log.signer.verifier_key()));
        }
        for witness in &self.witnesses {
            text.push_str(&format!("witness {} {}\n", witness.name, witness.signer.verifier_key()));
        }
        let names: Vec<&str> = self.witnesses.iter().map(|w| w.name.as_str()).collect();
        text.push_str(&format!("group trust {} {}\nquorum trust\n", self.k, names.join(" ")));
        text.into_bytes()
    }

    // ---- the directory ------------------------------------------------------------------------

    pub(super) fn enter(&mut self, statement: &Statement) {
        self.directory.tree.push(leaf_hash(statement.as_bytes()));
        self.entries.push(statement.clone());
    }

    fn fresh_keys(&mut self, uses: &[KeyUse]) -> BTreeMap<KeyUse, SecretKey> {
        uses.iter().map(|u| (*u, SecretKey::from_seed(&self.rng.bytes()))).collect()
    }

    /// Enrols a party; the exchange vouches for every name but its own.
    pub(super) fn enrol(&mut self, party: &str, uses: &[KeyUse]) {
        let (keys, next) = (self.fresh_keys(uses), self.fresh_keys(uses));
        let first = self.entries.is_empty();
        let custodian = uses.contains(&KeyUse::Custodian);
        let payload = Enrolment {
            anchor: None,
            ..say!(
                self,
                party,
                Enrolment {
                    seq: 0,
                    keys: enrolled(&keys),
                    next: next_digest(&next),
                    sponsors: if first { vec![] } else { vec![name("exchange")] },
                    custodian: custodian
                        .then(|| CustodianService { url: format!("https://{party}.example"), period_seconds: 1 }),
                    directory: first.then_some(DirectoryRules { delay_seconds: self.delay, sponsors: 1 }),
                }
            )
        };
        let mut signers: Vec<&SecretKey> = keys.values().collect();
        let sponsor = self.parties.get(&name("exchange")).map(|p| &p.keys[&KeyUse::Statement]);
        signers.extend(sponsor);
        let statement = Statement::sign(&payload, &signers).unwrap();
        self.enter(&statement);
        let party_state = Party {
            keys,
            next,
            identity: Identity::from_bytes(self.rng.bytes()),
            seq: 0,
            last: statement.identity(),
            declared: None,
            sent: BTreeMap::new(),
        };
        self.parties.insert(name(party), party_state);
    }

    pub(super) fn party(&mut self, party: &str) -> &mut Party {
        self.parties.get_mut(&name(party)).unwrap()
    }

    fn chained(&mut self, party: &str, statement: &Statement) {
        self.enter(statement);
        let party = self.party(party);
        (party.seq, party.last) = (party.seq + 1, statement.identity());
    }

    pub(super) fn declare(&mut self, party: &str, custodians: &[&str], quorum: u32) {
        self.declare_as(party, custodians, quorum, |_| {});
    }

    pub(super) fn declare_as(
        &mut self,
        party: &str,
        custodians: &[&str],
        quorum: u32,
        change: impl Fn(&mut MailboxDeclaration),
    ) {
        let recipient = self.parties[&name(party)].identity.recipient().to_string();
        let (seq, previous) = (self.parties[&name(party)].seq + 1, self.parties[&name(party)].last);
        let mut payload = MailboxDeclaration {
            anchor: None,
            ..say!(
                self,
                party,
                MailboxDeclaration {
                    seq: seq,
                    previous: previous,
                    mailbox: MailboxId::from_bytes(self.rng.bytes()),
                    custodians: custodians.iter().map(|c| name(c)).collect(),
                    quorum: quorum,
                    encryption: vec![EncryptionKey { stanza: "X25519".to_owned(), recipient }],
                    valid_from: at(0),
                    valid_until: at(1_000_000),
                    grace_seconds: 0,
                    poll_seconds: 1,
                    contacts: None,
                    hours: ServiceHours { utc_offset_minutes: 0, weekly: vec![], closed_days: vec![] },
                    languages: vec!["en".to_owned()],
                    answer_seconds: AnswerTimes { flash: 60, immediate: 60, priority: 60, routine: 60 },
                    terms: None,
                }
            )
        };
        change(&mut payload);
        let statement = self.sign(party, &payload);
        self.chained(party, &statement);
        for custodian in custodians {
            let name = ChainName {
                exchange: self.exchange.clone(),
                mailbox: payload.mailbox,
                declaration: statement.digest(),
                custodian: name(custodian),
            };
            self.chains.push(Chain { name, items: vec![], answers: vec![] });
        }
        self.party(party).declared = Some((statement.digest(), payload));
    }

    pub(super) fn delegate(&mut self, party: &str, to: &str, rights: &[DelegatedRight], until: u64) {
        let (seq, previous) = (self.parties[&name(party)].seq + 1, self.parties[&name(party)].last);
        let payload = Delegation {
            anchor: None,
            ..say!(
                self,
                party,
                Delegation {
                    seq: seq,
                    previous: previous,
                    delegate: name(to),
                    rights: rights.to_vec(),
                    until: at(until),
                }
            )
        };
        let statement = self.sign(party, &payload);
        self.chained(party, &statement);
    }

    pub(super) fn revoke(&mut self, party: &str, key_use: KeyUse, suspected_since: Option<u64>) {
        let (seq, previous) = (self.parties[&name(party)].seq + 1, self.parties[&name(party)].last);
        let kid = self.kid(party, key_use);
        let payload = Revocation {
            anchor: None,
            ..say!(
                self,
                party,
                Revocation {
                    party: name(party),
                    seq: seq,
                    previous: previous,
                    kid: kid,
                    suspected_since: suspected_since.map(at),
                }
            )
        };
        let statement = self.sign(party, &payload);
        self.chained(party, &statement);
    }

    /// The party loses the keys that it announced, and makes others.
    pub(super) fn forget_announced(&mut self, party: &str) {
        let uses: Vec<KeyUse> = self.parties[&name(party)].keys.keys().copied().collect();
        self.party(party).next = self.fresh_keys(&uses);
    }

    /// Replaces all keys by those that were announced; hands the old ones out.
    pub(super) fn rotate(&mut self, party: &str) -> BTreeMap<KeyUse, SecretKey> {
        let uses: Vec<KeyUse> = self.parties[&name(party)].keys.keys().copied().collect();
        let after = self.fresh_keys(&uses);
        let (seq, previous) = (self.parties[&name(party)].seq + 1, self.parties[&name(party)].last);
        let new = std::mem::take(&mut self.party(party).next);
        let payload = KeyRotation {
            anchor: None,
            ..say!(
                self,
                party,
                KeyRotation { seq: seq, previous: previous, keys: enrolled(&new), next: next_digest(&after) }
            )
        };
        let mut signers = vec![self.key(party, KeyUse::Statement)];
        signers.extend(new.values());
        let statement = Statement::sign(&payload, &signers).unwrap();
        self.chained(party, &statement);
        let party = self.party(party);
        party.next = after;
        std::mem::replace(&mut party.keys, new)
    }

    // ---- the way of a warning -----------------------------------------------------------------

    /// Composes and logs a warning; nobody has accepted it yet. Returns its number.
    pub(super) fn warn(&mut self, from: &str, to: &str, draft: &Draft<'_>) -> usize {
        let (declaration, mailbox) = {
            let (digest, declaration) = self.parties[&name(to)].declared.as_ref().unwrap();
            (*digest, declaration.mailbox)
        };
        let recipient = draft.seal_to.unwrap_or(self.parties[&name(to)].identity.recipient());
        let addressee = draft.addressee.map_or(name(to).to_string(), str::to_owned);
        let mut disclosures = Vec::new();
        for field in Field::ALL {
            let text = draft.fields.iter().find(|(f, _)| f == field).map(|(_, text)| (*text).to_owned());
            let text = if *field == Field::Addressee { Some(addressee.clone()) } else { text };
            let value = text.map_or(Value::Null, |t| Value::Text(Text::parse(&t).unwrap()));
            disclosures.push(Disclosure::new(&Salt::from_bytes(self.rng.bytes()), *field, &value).unwrap());
        }
        let wid = draft.wid.unwrap_or(Wid::from_bytes(self.rng.bytes()));
        let mut warning = Warning {
            wid: Some(wid),
            ..say!(
                self,
                from,
                Warning {
                    class: ClassName::parse("attack").unwrap(),
                    urgency: draft.urgency,
                    mode: Mode::Open,
                    spec: Specificity::of(&disclosures),
                    tlp: Tlp::Amber,
                    relay: RelayTerms::Ask,
                    deadline: draft.deadline.map(at),
                    embargo_until: None,
                    retain_until: None,
                    amends: draft.amends.map(Statement::identity),
                    status: if draft.amends.is_some() { WarningStatus::Amended } else { WarningStatus::First },
                    withheld: draft.withheld,
                    sd: disclosures.iter().map(Disclosure::digest).collect(),
                    sd_alg: "sha-256".to_owned(),
                }
            )
        };
        (draft.core)(&mut warning);
        let signer = draft.signed_by.unwrap_or(from);
        let core = self.sign(signer, &warning);
        let mut contents = vec![core.as_bytes().to_vec()];
        for group in Group::ALL.iter().filter(|g| !(draft.withheld && **g == Group::Source)) {
            let texts: Vec<&str> =
                disclosures.iter().filter(|d| d.field.group() == *group).map(Disclosure::as_str).collect();
            contents.push(texts.join("\n").into_bytes());
        }
        let (mut bodies, mut seals) = (Vec::new(), Vec::new());
        for (number, content) in contents.into_iter().enumerate() {
            let randomness =
                SealRandomness { file_key: self.rng.bytes(), seed: self.rng.bytes(), nonce: self.rng.bytes() };
            bodies.push(seal(&pad(&(draft.content)(number, content)), &recipient, &randomness));
            seals.push(randomness);
        }
        let last = self.parties[&name(from)].sent.get(&name(to)).copied();
        let mut submission = Submission {
            wid: Some(wid),
            ..say!(
                self,
                from,
                Submission {
                    core: core.identity(),
                    e: Bodies::new(bodies.clone()).unwrap().digest(),
                    mailbox: mailbox,
                    declaration: declaration,
                    urgency: draft.urgency,
                    size_class: SizeClass::of(4096),
                    deadline: draft.deadline.map(at),
                    expiry: at(self.now + 3_600),
                    mode: Mode::Open,
                    seq: last.map_or(1, |(seq, _)| seq + 1),
                    prev_sub: last.map(|(_, digest)| digest),
                }
            )
        };
        (draft.submission)(&mut submission);
        let statement = self.sign(signer, &submission);
        self.append(&statement);
        self.party(from).sent.insert(name(to), (submission.seq, statement.digest()));
        let to = name(to);
        self.sent.push(Sent { to, core, disclosures, bodies, seals, submission: statement, declaration });
        self.sent.len() - 1
    }

    pub(super) fn accept(&mut self, warning: usize) {
        let (submission, by) = (self.sent[warning].digest(), at(self.now + 60));
        let payload = say!(self, "exchange", SubmissionAcceptance { submission: submission, by: by });
        let key = self.key("exchange", KeyUse::Exchange);
        let statement = Statement::sign(&payload, &[key]).unwrap();
        self.append(&statement);
    }

    pub(super) fn chain(&mut self, custodian: &str, declaration: Digest) -> &mut Chain {
        let custodian = name(custodian);
        self.chains.iter_mut().find(|c| c.name.custodian == custodian && c.name.declaration == declaration).unwrap()
    }

    /// The custodian takes it as the next item, and says so.
    pub(super) fn consign(&mut self, warning: usize, custodian: &str) -> Statement {
        let salt = Salt::from_bytes(self.rng.bytes());
        let sent = &self.sent[warning];
        let (declaration, submission, body) = (sent.declaration, sent.digest(), sent.body().clone());
        let chain = self.chain(custodian, declaration);
        chain.items.push(Item {
            e: body.e,
            submission,
            urgency: body.urgency,
            size_class: body.size_class,
            mode: body.mode,
        });
        chain.answers.push(AnswerEntry { salt, submission, replies: vec![] });
        let head = chain.head();
        let payload = say!(
            self,
            custodian,
            ContentConsignment {
                mailbox: body.mailbox,
                declaration: declaration,
                n: head.n,
                h: head.h,
                e: body.e,
                submission: submission,
            }
        );
        let payload = ContentConsignment { svc: Some(Service::Transport), ..payload };
        let key = self.key(custodian, KeyUse::Custodian);
        let statement = Statement::sign(&payload, &[key]).unwrap();
        self.append(&statement);
        statement
    }

    /// B's system signs the heads of these custodians.
    pub(super) fn ack(&mut self, party: &str, custodians: &[&str]) -> Statement {
        let (declaration, mailbox) =
            self.parties[&name(party)].declared.as_ref().map(|(d, p)| (*d, p.mailbox)).unwrap();
        let mut heads = Vec::new();
        for custodian in custodians {
            let head = self.chain(custodian, declaration).head();
            heads.push(KnownHead { custodian: name(custodian), declaration, n: head.n, h: head.h });
        }
        let payload = say!(self, party, MailboxHeadAck { mailbox: mailbox, heads: heads });
        self.issue(party, &payload)
    }

    pub(super) fn handover(&mut self, warning: usize, custodian: &str, session: KeyId) -> Statement {
        let (submission, e) = (self.sent[warning].digest(), self.sent[warning].body().e);
        let payload = say!(self, custodian, ContentHandover { submission: submission, e: e, n: 1, session: session });
        self.issue(custodian, &payload)
    }

    /// B's system says that it decrypted, and found every disclosure valid that `valid` lets through.
    pub(super) fn access(&mut self, warning: usize, valid: impl Fn(Field) -> bool) -> Statement {
        let to = self.sent[warning].to.as_str().trim_end_matches(".example").to_owned();
        let payload = self.access_payload(warning, &to, valid);
        self.issue(&to, &payload)
    }

    pub(super) fn access_payload(&mut self, warning: usize, iss: &str, valid: impl Fn(Field) -> bool) -> ContentAccess {
        let sent = &self.sent[warning];
        let (submission, core) = (sent.digest(), Some(sent.core.identity()));
        let (valid, missing): (Vec<_>, Vec<_>) = sent.disclosures.iter().partition(|d| valid(d.field));
        let of = |found: Vec<&Disclosure>| found.into_iter().map(Disclosure::digest).collect();
        let (valid, missing) = (of(valid), of(missing));
        say!(
            self,
            iss,
            ContentAccess { submission: submission, core: core, valid: valid, missing: missing, undecryptable: vec![] }
        )
    }

    pub(super) fn reply_payload(&mut self, warning: usize, iss: &str, status: ReplyStatus) -> Reply {
        let sent = &self.sent[warning];
        let (submission, core, wid) = (sent.digest(), sent.core.identity(), sent.body().wid);
        Reply {
            wid,
            ..say!(
                self,
                iss,
                Reply { submission: submission, core: core, status: status, note: None, received: vec![] }
            )
        }
    }

    /// A person answers; the reply goes to the exchange and to these custodians.
    pub(super) fn reply(&mut self, warning: usize, status: ReplyStatus, custodians: &[&str]) -> Statement {
        let to = self.sent[warning].to.as_str().trim_end_matches(".example").to_owned();
        let payload = self.reply_payload(warning, &to, status);
        let statement = self.issue(&to, &payload);
        for custodian in custodians {
            self.lodge(warning, custodian, &statement);
        }
        statement
    }

    pub(super) fn lodge(&mut self, warning: usize, custodian: &str, reply: &Statement) -> Statement {
        let (submission, declaration) = (self.sent[warning].digest(), self.sent[warning].declaration);
        let salt = Salt::from_bytes(self.rng.bytes());
        let chain = self.chain(custodian, declaration);
        if let Some(entry) = chain.answers.iter_mut().find(|a| a.submission == submission) {
            entry.replies.push(reply.identity());
            entry.salt = salt;
        }
        let payload = say!(self, custodian, ReplyLodgement { submission: submission, reply: reply.identity() });
        let key = self.key(custodian, KeyUse::Custodian);
        let statement = Statement::sign(&payload, &[key]).unwrap();
        self.append(&statement);
        statement
    }

    /// One period: every custodian commits to all its mailboxes, after an anchor that was cosigned before.
    pub(super) fn heads(&mut self) {
        self.period += 1;
        let mut custodians: Vec<PartyName> = self.chains.iter().map(|c| c.name.custodian.clone()).collect();
        custodians.sort();
        custodians.dedup();
        for custodian in custodians {
            self.heads_of(custodian.as_str().trim_end_matches(".example"), |_| true);
        }
    }

    /// One custodian's heads over those of its chains that it admits to.
    pub(super) fn heads_of(&mut self, custodian: &str, admits: impl Fn(&Chain) -> bool) -> Statement {
        let own = name(custodian);
        let salts: Vec<Salt> = self.chains.iter().map(|_| Salt::from_bytes(self.rng.bytes())).collect();
        let mine: Vec<(&Chain, Salt)> =
            self.chains.iter().zip(salts).filter(|(c, _)| c.name.custodian == own).collect();
        let mine: Vec<_> = mine.into_iter().filter(|(c, _)| admits(c)).collect();
        let states = mine.iter().map(|(chain, r)| MailboxState {
            r: *r,
            h0: chain.name.h0(),
            head: chain.head(),
            answers: AnswersTree::new(&chain.answers).root(),
        });
        let tree = CustodyTree::new(states.collect());
        let mut listings: Vec<ListingPart> = mine
            .iter()
            .map(|(chain, _)| {
                let answers = AnswersTree::new(&chain.answers);
                let open = |(n, entry): (usize, &AnswerEntry)| AnswerPart {
                    submission: entry.submission,
                    opening: answers.open(n as u64 + 1, entry).unwrap(),
                };
                ListingPart {
                    heads: sha256(b"set below"),
                    mailbox: chain.name.mailbox,
                    declaration: chain.name.declaration,
                    opening: tree.open(&chain.name.h0()).unwrap(),
                    items: Some(chain.items.clone()),
                    answers: chain.answers.iter().enumerate().map(open).collect(),
                }
            })
            .collect();
        let period = self.period;
        let payload =
            say!(self, custodian, CustodyHeads { period: period, mailboxes: tree.mailboxes(), root: tree.root() });
        let key = self.key(custodian, KeyUse::Custodian);
        let statement = Statement::sign(&payload, &[key]).unwrap();
        self.append(&statement);
        listings.iter_mut().for_each(|l| l.heads = statement.digest());
        self.listings.extend(listings);
        statement
    }

    pub(super) fn deny(&mut self, party: &str, question: &str, before: u64) -> Statement {
        let payload =
            say!(self, party, Denial { question: Text::parse(question).unwrap(), before: at(before), heads: vec![] });
        self.issue(party, &payload)
    }

    // ---- dossiers and findings ----------------------------------------------------------------

    /// A dossier with the statements that `keep` lets through and the newest listing of every chain that has one of them.
    pub(super) fn dossier(&self, keep: impl Fn(&Statement) -> bool, shows: &[Show<'_>]) -> Dossier {
        let mut dossier = Dossier::new(self.exchange.clone(), "timeline".to_owned());
        dossier.directory = self.entries.iter().map(|e| e.as_text().into_owned()).collect();
        dossier.notes = self.log.notes.iter().chain(&self.directory.notes).map(|n| n.text.clone()).collect();
        dossier.notes.sort();
        dossier.notes.dedup();
        for (index, statement) in self.logged.iter().enumerate().filter(|(_, s)| keep(s)) {
            dossier.statements.push(statement.as_text().into_owned());
            dossier.proofs.extend(self.proof(index as u64, statement));
        }
        let kept = |l: &&ListingPart| self.logged.iter().any(|s| s.digest() == l.heads && keep(s));
        dossier.listings = self.listings.iter().filter(kept).cloned().collect();
        for show in shows {
            self.show(&mut dossier, show);
        }
        dossier
    }

    pub(super) fn show(&self, dossier: &mut Dossier, show: &Show<'_>) {
        let sent = &self.sent[show.warning];
        let shown = show.fields.iter().map(|f| sent.disclosures[f.position()].as_str().to_owned());
        dossier.cores.push(CorePart { core: sent.core.as_text().into_owned(), disclosures: shown.collect() });
        let opened = show.open.iter().map(|&index| OpenedBody {
            index: u32::try_from(index).unwrap(),
            file: Bytes(sent.bodies[index].clone()),
            file_key: Bytes(sent.seals[index].file_key.to_vec()),
            seed: Bytes(sent.seals[index].seed.to_vec()),
        });
        let opened: Vec<_> = opened.collect();
        if !opened.is_empty() {
            let bodies = Bodies::new(sent.bodies.clone()).unwrap().infos();
            dossier.bodies.push(BodiesPart { submission: sent.digest(), bodies, opened });
        }
    }

    /// The proof under the first note that covers the leaf, if it was published.
    fn proof(&self, index: u64, statement: &Statement) -> Option<Proof> {
        let note = self.log.notes.iter().find(|n| n.size > index)?;
        let hashes = inclusion_proof(&self.log.tree, LeafIndex::new(index), TreeSize::new(note.size)).unwrap();
        Some(Proof {
            statement: statement.digest(),
            note: sha256(note.text.as_bytes()),
            index,
            hashes: hashes.into_iter().map(Digest::from).collect(),
        })
    }

    pub(super) fn judge(&self, dossiers: &[Dossier], question: &str) -> Finding {
        self.try_judge(dossiers, question).unwrap()
    }

    pub(super) fn try_judge(&self, dossiers: &[Dossier], question: &str) -> Result<Finding, JudgeError> {
        let judged = judge(dossiers, &self.trust(), &Believe::default(), &Question::parse(question).unwrap());
        super::record::record(dossiers, &self.trust(), None, question, &judged);
        judged
    }

    pub(super) fn answer(&self, dossiers: &[Dossier], question: &str) -> Answer {
        self.judge(dossiers, question).answer
    }

    pub(super) fn judge_believing(&self, dossiers: &[Dossier], question: &str, believe: &str) -> Finding {
        let text = believe;
        let believe = Believe::parse(text.as_bytes()).unwrap();
        let judged = judge(dossiers, &self.trust(), &believe, &Question::parse(question).unwrap());
        super::record::record(dossiers, &self.trust(), Some(text), question, &judged);
        judged.unwrap()
    }
}

fn enrolled(keys: &BTreeMap<KeyUse, SecretKey>) -> Vec<EnrolledKey> {
    let role = |u: KeyUse| (u == KeyUse::Role).then(|| RoleName::parse("duty-officer").unwrap());
    keys.iter()
        .map(|(u, key)| EnrolledKey { alg: Algorithm::Ed25519, public: key.public(), key_use: *u, role: role(*u) })
        .collect()
}

fn next_digest(keys: &BTreeMap<KeyUse, SecretKey>) -> Digest {
    key_set_digest(&keys.values().map(|k| k.public().kid()).collect::<Vec<_>>())
}

/// South declares harbour and meridian (q = 2), North warns it, and both consign: available at 1,020.
pub(super) fn available() -> (World, usize) {
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    let warning = w.warn("north", "south", &Draft { deadline: Some(1_050), ..Draft::default() });
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    (w, warning)
}

/// Everything of the first warning: coarse fields, core and all groups opened.
pub(super) const OPEN: Show<'_> = Show { warning: 0, fields: COARSE, open: &[0, 1, 2, 3] };

/// The codes of the caveats of a finding.
pub(super) fn caveats(finding: &Finding) -> Vec<&'static str> {
    finding.caveats.iter().map(|c| c.code).collect()
}

/// Who is convicted of what.
pub(super) fn convictions(finding: &Finding) -> Vec<(String, &'static str)> {
    finding.misbehaviour.iter().map(|m| (m.party.to_string(), m.code)).collect()
}
