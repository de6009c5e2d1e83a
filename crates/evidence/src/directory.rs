//! The directory: who is a party, with which keys, and where it can be told (DESIGN §3, §4 "Keys in force").
//!
//! The second log of an exchange, in plain text. Its state is a pure function of its entries, replayed from the first;
//! an entry that breaks a rule changes nothing, for everybody alike. *Left to the caller*: that the entries are those of a witnessed checkpoint, and times: here everything is ordered by index alone.

use crate::encoding::{Digest, Eid};
use crate::keys::{EnrolledKey, KeyError, KeyId, KeyUse, key_set_digest};
use crate::names::{ExchangeName, PartyName, RoleName};
use crate::statement::{
    Body, CustodianService, DelegatedRight, Delegation, DirectoryRules, Enrolment, KeyRotation, MailboxDeclaration,
    Revocation, Statement, StatementError,
};
use crate::values::UnixSeconds;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Why an entry is not accepted into the directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The bytes are not a statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A statement that does not belong in the directory.
    #[error("a {found} is not a directory entry")]
    NotAnEntry {
        /// Its type.
        found: &'static str,
    },
    /// Meant for another exchange.
    #[error("the entry is meant for the exchange {found}, this is {here}")]
    OtherExchange {
        /// As found.
        found: ExchangeName,
        /// This one.
        here: ExchangeName,
    },
    /// The first entry must be the exchange's own enrolment with the directory's rules, and only that one.
    #[error("the first entry, and only it, is the exchange's own enrolment with the rules of the directory")]
    FirstEntry,
    /// The same (iss, eid) was used before.
    #[error("{iss} used this eid before: a replay, or two statements that contradict each other")]
    EidUsed {
        /// The party.
        iss: PartyName,
    },
    /// The name is taken.
    #[error("{party} is enrolled already")]
    NameTaken {
        /// The name.
        party: PartyName,
    },
    /// Nobody of that name is enrolled.
    #[error("{party} is not enrolled")]
    UnknownParty {
        /// The name.
        party: PartyName,
    },
    /// The key belongs to somebody already.
    #[error("key {kid} is enrolled already")]
    KeyTaken {
        /// The key.
        kid: KeyId,
    },
    /// A grade I0 name must be the identifier of the first statement key.
    #[error("the name {party} is not the identifier of the party's first statement key")]
    NotItsFingerprint {
        /// The name.
        party: PartyName,
    },
    /// Too few sponsors for a DNS-like name.
    #[error("{found} sponsors signed, the directory asks for {needed}")]
    Sponsors {
        /// Valid sponsor signatures.
        found: usize,
        /// Needed.
        needed: usize,
    },
    /// Somebody signed whom the rules do not ask for.
    #[error("the signature by key {kid} has no place in this entry")]
    StraySignature {
        /// The key.
        kid: KeyId,
    },
    /// A needed signature is missing or does not fit.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key may not sign this, or counts no longer.
    #[error("key {kid} may not sign this: {rule}")]
    NotAuthorised {
        /// The key.
        kid: KeyId,
        /// The rule.
        rule: &'static str,
    },
    /// seq and previous do not continue the party's chain of entries.
    #[error(
        "entry {found} of {party} does not follow its last one; expected seq {expected} with the identity of that one as previous"
    )]
    Chain {
        /// The party.
        party: PartyName,
        /// seq as found.
        found: u64,
        /// seq expected.
        expected: u64,
    },
    /// The new keys are not those that were announced.
    #[error("the new keys of {party} are not the ones that it announced (pre-rotation)")]
    PreRotation {
        /// The party.
        party: PartyName,
    },
    /// A custodian in a declaration does not offer that service.
    #[error("{party} is not enrolled as a custodian")]
    NotACustodian {
        /// The party.
        party: PartyName,
    },
    /// A declared encryption key cannot be used.
    #[error("an encryption key of the declaration is not usable: {detail}")]
    EncryptionKey {
        /// Why.
        detail: String,
    },
}

/// What made a key end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEnd {
    /// Index of the directory entry that ended it.
    pub index: u64,
    /// Whether it was revoked (else rotated out).
    pub revoked: bool,
    /// Since when the party suspects misuse.
    pub suspected_since: Option<UnixSeconds>,
}

/// A key that is or was enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Whose it is.
    pub party: PartyName,
    /// The key.
    pub key: EnrolledKey,
    /// Index of the entry that enrolled it.
    pub from: u64,
    /// What ended it, if anything has.
    pub end: Option<KeyEnd>,
}

impl KeyRecord {
    /// Whether the key counts in the directory of that many entries.
    #[must_use]
    pub fn in_force_at_size(&self, size: u64) -> bool {
        self.from < size && self.end.as_ref().is_none_or(|end| end.index >= size)
    }
}

/// How a name is vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grade {
    /// The name is a key.
    I0,
    /// The exchange of this directory, whose log key the trust names.
    Exchange,
    /// Named sponsors vouch for it.
    I2 {
        /// The sponsors.
        sponsors: Vec<PartyName>,
    },
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::I0 => f.write_str("I0"),
            Self::Exchange => f.write_str("exchange"),
            Self::I2 { .. } => f.write_str("I2"),
        }
    }
}

/// A declaration in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarationRecord {
    /// Index of its entry.
    pub index: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// What it says.
    pub declaration: MailboxDeclaration,
    /// Index of the declaration that superseded it.
    pub superseded: Option<u64>,
}

/// A delegation in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationRecord {
    /// Index of its entry.
    pub index: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// What it says.
    pub delegation: Delegation,
}

/// A party as the directory knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its name.
    pub name: PartyName,
    /// How the name is vouched for.
    pub grade: Grade,
    /// Index of its enrolment.
    pub enrolled: u64,
    /// Keeps mailboxes.
    pub custodian: Option<CustodianService>,
    /// Its declarations, oldest first.
    pub declarations: Vec<DeclarationRecord>,
    /// Its delegations, oldest first.
    pub delegations: Vec<DelegationRecord>,
    /// Indexes of objections to its entries.
    pub contested: Vec<u64>,
    /// Whether its keys were ever replaced by sponsors instead of by an old key.
    pub recovered: bool,
    seq: u64,
    last: Digest,
    next: Digest,
    sponsors: Vec<PartyName>,
}

impl Party {
    /// seq that its next entry must have.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.seq + 1
    }

    /// Identity of its last entry: the `previous` of its next one.
    #[must_use]
    pub fn last_entry(&self) -> Digest {
        self.last
    }

    /// The declaration that is newest in the directory.
    #[must_use]
    pub fn declaration(&self) -> Option<&DeclarationRecord> {
        self.declarations.last()
    }
}

/// Who signed in another's name, and what allowed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegate {
    /// The party that holds the key.
    pub party: PartyName,
    /// Index of the delegation's entry.
    pub index: u64,
    /// SHA-256 of the delegation's bytes.
    pub digest: Digest,
}

/// Who signed a statement, and from and until which index of the directory that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The key.
    pub kid: KeyId,
    /// In whose name: the statement's `iss`.
    pub party: PartyName,
    /// Who holds the key and by which entry of the directory, where that is a delegate.
    pub delegate: Option<Delegate>,
    /// What the key is for.
    pub key_use: KeyUse,
    /// The role, of a role key.
    pub role: Option<RoleName>,
    /// The signature counts in directories of more than this many entries.
    pub from: u64,
    /// What ended the key.
    pub end: Option<KeyEnd>,
    /// When the delegation ends.
    pub delegated_until: Option<UnixSeconds>,
}

/// Every way in which a statement may have been signed: one for an own key, one for each delegation that allowed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signers {
    /// By an own key, or under the newest delegation that allows it.
    pub newest: Signer,
    /// Under older delegations, newest first.
    pub older: Vec<Signer>,
    /// Whether no later delegation takes the place of the newest one.
    delegated_now: bool,
}

impl Signers {
    /// All of them, newest first.
    #[must_use]
    pub fn into_vec(self) -> Vec<Signer> {
        std::iter::once(self.newest).chain(self.older).collect()
    }
}

const NOT_DELEGATED: &str = "the key is another party's, and no delegation allows it";

impl Signer {
    /// The same key, used by a delegate under a delegation that ends at the directory entry `next`.
    fn under(&self, given: &DelegationRecord, next: Option<u64>) -> Self {
        let replaced = next.map(|index| KeyEnd { index, revoked: false, suspected_since: None });
        let end = match (self.end.clone(), replaced) {
            (Some(key), Some(delegation)) if delegation.index < key.index => Some(delegation),
            (key, delegation) => key.or(delegation),
        };
        let given_until = Some(given.delegation.until);
        let party = given.delegation.delegate.clone();
        let delegate = Some(Delegate { party, index: given.index, digest: given.digest });
        Self { delegate, from: self.from.max(given.index), end, delegated_until: given_until, ..self.clone() }
    }

    /// Whether the signature counts in the directory of that many entries.
    #[must_use]
    pub fn in_force_at_size(&self, size: u64) -> bool {
        self.from < size && self.end.as_ref().is_none_or(|end| end.index >= size)
    }
}

/// The state of a directory after some number of entries.
#[derive(Clone, Debug)]
pub struct Directory {
    exchange: ExchangeName,
    size: u64,
    rules: Option<DirectoryRules>,
    parties: BTreeMap<PartyName, Party>,
    keys: HashMap<KeyId, KeyRecord>,
    declared: HashMap<Digest, (PartyName, usize)>,
    entries: HashMap<Digest, (u64, PartyName)>,
    eids: HashSet<(PartyName, Eid)>,
}

impl Directory {
    /// The empty directory of an exchange.
    #[must_use]
    pub fn new(exchange: ExchangeName) -> Self {
        Self {
            exchange,
            size: 0,
            rules: None,
            parties: BTreeMap::new(),
            keys: HashMap::new(),
            declared: HashMap::new(),
            entries: HashMap::new(),
            eids: HashSet::new(),
        }
    }

    /// Whose directory it is.
    #[must_use]
    pub fn exchange(&self) -> &ExchangeName {
        &self.exchange
    }

    /// Number of entries, those that were refused included.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The rules in its first entry.
    #[must_use]
    pub fn rules(&self) -> Option<&DirectoryRules> {
        self.rules.as_ref()
    }

    /// A party.
    #[must_use]
    pub fn party(&self, name: &PartyName) -> Option<&Party> {
        self.parties.get(name)
    }

    /// Every party, by name.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        self.parties.values()
    }

    /// A key, in force or ended.
    #[must_use]
    pub fn key(&self, kid: &KeyId) -> Option<&KeyRecord> {
        self.keys.get(kid)
    }

    /// The keys of a party, in force or ended, in no particular order.
    pub fn keys_of<'a>(&'a self, party: &'a PartyName) -> impl Iterator<Item = &'a KeyRecord> {
        self.keys.values().filter(move |k| k.party == *party)
    }

    /// A declaration by the SHA-256 of its bytes, and whose it is.
    #[must_use]
    pub fn declaration(&self, digest: &Digest) -> Option<(&Party, &DeclarationRecord)> {
        let (party, position) = self.declared.get(digest)?;
        let party = self.parties.get(party)?;
        Some((party, party.declarations.get(*position)?))
    }

    /// Index of the entry with that identity.
    #[must_use]
    pub fn index_of(&self, identity: &Digest) -> Option<u64> {
        self.entries.get(identity).map(|(index, _)| *index)
    }

    /// Takes the next entry of the log. The size grows in any case; the rest changes only if the entry is accepted.
    ///
    /// # Errors
    /// [`DirectoryError`]: the entry then counts for nothing.
    pub fn apply(&mut self, bytes: &[u8]) -> Result<Statement, DirectoryError> {
        let index = self.size;
        let checked = self.check(bytes);
        self.size += 1;
        let statement = checked?;
        let identity = statement.identity();
        let common = statement.common();
        let iss = common.iss.clone();
        self.eids.insert((iss.clone(), *common.eid));
        self.entries.insert(identity, (index, iss.clone()));
        match statement.body() {
            Body::Enrolment(e) => self.enrol(index, identity, e),
            Body::KeyRotation(e) => self.rotate(index, identity, e, &statement),
            Body::Revocation(e) => self.revoke(index, identity, e),
            Body::MailboxDeclaration(e) => self.declare(index, identity, statement.digest(), e),
            Body::Delegation(e) => {
                if let Some(party) = self.parties.get_mut(&iss) {
                    let digest = statement.digest();
                    party.delegations.push(DelegationRecord { index, digest, delegation: e.clone() });
                    (party.seq, party.last) = (e.seq, identity);
                }
            }
            Body::Contest(e) => {
                let contested = self.entries.get(&e.contested).map(|(_, party)| party.clone());
                if let Some(party) = contested.and_then(|name| self.parties.get_mut(&name)) {
                    party.contested.push(index);
                }
            }
            _ => {}
        }
        Ok(statement)
    }

    /// Whether the next entry would be accepted.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn check(&self, bytes: &[u8]) -> Result<Statement, DirectoryError> {
        let statement = Statement::parse(bytes)?;
        let common = statement.common();
        if *common.exchange != self.exchange {
            return Err(DirectoryError::OtherExchange { found: common.exchange.clone(), here: self.exchange.clone() });
        }
        if self.eids.contains(&(common.iss.clone(), *common.eid)) {
            return Err(DirectoryError::EidUsed { iss: common.iss.clone() });
        }
        let first = matches!(statement.body(), Body::Enrolment(e) if e.directory.is_some());
        if first != self.rules.is_none() {
            return Err(DirectoryError::FirstEntry);
        }
        match statement.body() {
            Body::Enrolment(e) => self.check_enrolment(&statement, e)?,
            Body::KeyRotation(e) => self.check_rotation(&statement, e)?,
            Body::Revocation(e) => self.check_revocation(&statement, e)?,
            Body::MailboxDeclaration(e) => self.check_declaration(&statement, e)?,
            Body::Delegation(e) => {
                self.check_chain(&e.iss, e.seq, &e.previous)?;
                self.check_own_signature(&statement)?;
                self.known(&e.delegate)?;
            }
            Body::Contest(_) => self.check_own_signature(&statement)?,
            other => return Err(DirectoryError::NotAnEntry { found: other.name() }),
        }
        Ok(statement)
    }

    /// Finds who signed a statement of the log, as the directory stands now, and checks the signature and the use of the key.
    ///
    /// # Errors
    /// [`DirectoryError::NotAuthorised`], [`DirectoryError::Key`], [`DirectoryError::StraySignature`].
    pub fn signer(&self, statement: &Statement) -> Result<Signer, DirectoryError> {
        let signers = self.signers(statement)?;
        if signers.newest.delegate.is_some() && !signers.delegated_now {
            return Err(DirectoryError::NotAuthorised { kid: signers.newest.kid, rule: NOT_DELEGATED });
        }
        Ok(signers.newest)
    }

    /// As [`Self::signer`], but with every delegation that allows it or once did. A delegation ends where a later one to
    /// the same delegate takes its place; that is not retroactive, so whoever asks about the past needs them all.
    ///
    /// # Errors
    /// As [`Self::signer`].
    pub fn signers(&self, statement: &Statement) -> Result<Signers, DirectoryError> {
        let mut kids = statement.jws().kids();
        let Some(kid) = kids.next() else { return Err(DirectoryError::FirstEntry) };
        if let Some(stray) = kids.next() {
            return Err(DirectoryError::StraySignature { kid: stray });
        }
        let refuse = |rule| DirectoryError::NotAuthorised { kid, rule };
        let record = self.keys.get(&kid).ok_or_else(|| refuse("the key is not enrolled"))?;
        statement.verify(&record.key.public)?;
        if !statement.body().uses().contains(&record.key.key_use) {
            return Err(refuse("a key of this use does not sign statements of this type"));
        }
        let iss = statement.common().iss;
        let own = Signer {
            kid,
            party: iss.clone(),
            delegate: None,
            key_use: record.key.key_use,
            role: record.key.role.clone(),
            from: record.from,
            end: record.end.clone(),
            delegated_until: None,
        };
        if record.party == *iss {
            return Ok(Signers { newest: own, older: Vec::new(), delegated_now: false });
        }
        let right = delegated_right(statement.body()).ok_or_else(|| refuse("the key is another party's"))?;
        let given = self.parties.get(iss).map(|p| p.delegations.as_slice()).unwrap_or_default();
        let mut next: Option<u64> = None;
        let mut delegated_now = false;
        let mut ways = Vec::new();
        for delegation in given.iter().rev().filter(|d| d.delegation.delegate == record.party) {
            if delegation.delegation.rights.contains(&right) {
                delegated_now |= next.is_none();
                ways.push(own.under(delegation, next));
            }
            next = Some(delegation.index);
        }
        let mut ways = ways.into_iter();
        let newest = ways.next().ok_or_else(|| refuse(NOT_DELEGATED))?;
        Ok(Signers { newest, older: ways.collect(), delegated_now })
    }

    fn known(&self, party: &PartyName) -> Result<&Party, DirectoryError> {
        self.parties.get(party).ok_or_else(|| DirectoryError::UnknownParty { party: party.clone() })
    }

    fn check_chain(&self, party: &PartyName, seq: u64, previous: &Digest) -> Result<&Party, DirectoryError> {
        let known = self.known(party)?;
        if seq != known.seq + 1 || *previous != known.last {
            return Err(DirectoryError::Chain { party: party.clone(), found: seq, expected: known.seq + 1 });
        }
        Ok(known)
    }

    /// Exactly one signature, by a key of the issuer that is in force and may sign this type.
    fn check_own_signature(&self, statement: &Statement) -> Result<(), DirectoryError> {
        let signer = self.signer(statement)?;
        if signer.end.is_some() || signer.delegate.is_some() {
            return Err(DirectoryError::NotAuthorised {
                kid: signer.kid,
                rule: "the key is not in force for this party",
            });
        }
        Ok(())
    }

    fn check_enrolment(&self, statement: &Statement, e: &Enrolment) -> Result<(), DirectoryError> {
        if self.parties.contains_key(&e.iss) {
            return Err(DirectoryError::NameTaken { party: e.iss.clone() });
        }
        self.check_new_keys(statement, &e.keys)?;
        if e.directory.is_some() {
            let is_exchange = e.iss == self.exchange.as_party() && e.keys.iter().any(|k| k.key_use == KeyUse::Exchange);
            return if is_exchange {
                self.check_signers(statement, &e.keys, &[]).map(|_| ())
            } else {
                Err(DirectoryError::FirstEntry)
            };
        }
        if e.custodian.is_some() != e.keys.iter().any(|k| k.key_use == KeyUse::Custodian) {
            return Err(DirectoryError::NotACustodian { party: e.iss.clone() });
        }
        let found = self.check_signers(statement, &e.keys, &e.sponsors)?;
        if e.iss.is_key_fingerprint() {
            let first = e.keys.iter().find(|k| k.key_use == KeyUse::Statement).map(|k| format!("key:{}", k.kid()));
            if first.as_deref() != Some(e.iss.as_str()) {
                return Err(DirectoryError::NotItsFingerprint { party: e.iss.clone() });
            }
        } else {
            let needed = self.rules.as_ref().map_or(1, |r| r.sponsors.max(1)) as usize;
            if found < needed {
                return Err(DirectoryError::Sponsors { found, needed });
            }
        }
        Ok(())
    }

    fn check_new_keys(&self, statement: &Statement, keys: &[EnrolledKey]) -> Result<(), DirectoryError> {
        for (position, key) in keys.iter().enumerate() {
            let kid = key.kid();
            if self.keys.contains_key(&kid) || keys[..position].iter().any(|k| k.kid() == kid) {
                return Err(DirectoryError::KeyTaken { kid });
            }
            // Possession of every key: nobody enrols the key of another.
            statement.verify(&key.public)?;
        }
        Ok(())
    }

    /// Every signature is by a new key or by a sponsor's statement key in force; returns the number of sponsors that signed.
    fn check_signers(
        &self,
        statement: &Statement,
        keys: &[EnrolledKey],
        sponsors: &[PartyName],
    ) -> Result<usize, DirectoryError> {
        let mut signed = HashSet::new();
        for kid in statement.jws().kids() {
            if keys.iter().any(|k| k.kid() == kid) {
                continue;
            }
            let sponsor = self.keys.get(&kid).filter(|r| sponsors.contains(&r.party) && vouches(r));
            let sponsor = sponsor.ok_or(DirectoryError::StraySignature { kid })?;
            statement.verify(&sponsor.key.public)?;
            signed.insert(sponsor.party.clone());
        }
        if signed.len() < sponsors.len() {
            return Err(DirectoryError::Sponsors { found: signed.len(), needed: sponsors.len() });
        }
        Ok(signed.len())
    }

    fn check_rotation(&self, statement: &Statement, e: &KeyRotation) -> Result<(), DirectoryError> {
        let party = self.check_chain(&e.iss, e.seq, &e.previous)?;
        self.check_new_keys(statement, &e.keys)?;
        let kids: Vec<KeyId> = e.keys.iter().map(EnrolledKey::kid).collect();
        if key_set_digest(&kids) != party.next {
            return Err(DirectoryError::PreRotation { party: e.iss.clone() });
        }
        if self.signed_by_old_key(statement, &e.iss) {
            for kid in statement.jws().kids().filter(|kid| !kids.contains(kid)) {
                let own = self.keys.get(&kid).filter(|r| r.party == e.iss && r.end.is_none());
                statement.verify(&own.ok_or(DirectoryError::StraySignature { kid })?.key.public)?;
            }
            return Ok(());
        }
        // The old keys are lost: the sponsors of the enrolment stand in for them, all of them.
        if party.sponsors.is_empty() {
            return Err(DirectoryError::Sponsors { found: 0, needed: 1 });
        }
        self.check_signers(statement, &e.keys, &party.sponsors).map(|_| ())
    }

    fn signed_by_old_key(&self, statement: &Statement, party: &PartyName) -> bool {
        statement.jws().kids().any(|kid| {
            self.keys
                .get(&kid)
                .is_some_and(|r| r.party == *party && vouches(r) && statement.verify(&r.key.public).is_ok())
        })
    }

    fn check_revocation(&self, statement: &Statement, e: &Revocation) -> Result<(), DirectoryError> {
        let party = self.check_chain(&e.party, e.seq, &e.previous)?;
        let refuse = |rule| DirectoryError::NotAuthorised { kid: e.kid, rule };
        let revoked = self
            .keys
            .get(&e.kid)
            .filter(|r| r.party == e.party)
            .ok_or_else(|| refuse("it is not a key of that party"))?;
        if revoked.end.is_some() {
            return Err(refuse("the key has ended already"));
        }
        let mut kids = statement.jws().kids();
        let (Some(kid), None) = (kids.next(), kids.next()) else {
            return Err(DirectoryError::StraySignature { kid: e.kid });
        };
        let record = self.keys.get(&kid).filter(|r| r.end.is_none() && r.party == e.iss);
        let record = record.ok_or(DirectoryError::StraySignature { kid })?;
        let own = e.iss == e.party;
        let sponsor = party.sponsors.contains(&e.iss) && vouches(record);
        if !own && !sponsor {
            return Err(DirectoryError::NotAuthorised {
                kid,
                rule: "only the party or one of its sponsors revokes a key",
            });
        }
        Ok(statement.verify(&record.key.public)?)
    }

    fn check_declaration(&self, statement: &Statement, e: &MailboxDeclaration) -> Result<(), DirectoryError> {
        self.check_chain(&e.iss, e.seq, &e.previous)?;
        self.check_own_signature(statement)?;
        for custodian in &e.custodians {
            let known = self.known(custodian)?;
            if known.custodian.is_none() {
                return Err(DirectoryError::NotACustodian { party: custodian.clone() });
            }
        }
        for key in &e.encryption {
            if key.stanza != crate::age::STANZA_X25519 {
                return Err(DirectoryError::EncryptionKey {
                    detail: format!("stanza type {:?} is not known", key.stanza),
                });
            }
            crate::age::Recipient::parse(&key.recipient)
                .map_err(|error| DirectoryError::EncryptionKey { detail: error.to_string() })?;
        }
        Ok(())
    }

    fn add_keys(&mut self, index: u64, party: &PartyName, keys: &[EnrolledKey]) {
        for key in keys {
            let record = KeyRecord { party: party.clone(), key: key.clone(), from: index, end: None };
            self.keys.insert(key.kid(), record);
        }
    }

    fn enrol(&mut self, index: u64, identity: Digest, e: &Enrolment) {
        if let Some(rules) = &e.directory {
            self.rules = Some(rules.clone());
        }
        let grade = if e.directory.is_some() {
            Grade::Exchange
        } else if e.iss.is_key_fingerprint() {
            Grade::I0
        } else {
            Grade::I2 { sponsors: e.sponsors.clone() }
        };
        let party = Party {
            name: e.iss.clone(),
            grade,
            enrolled: index,
            custodian: e.custodian.clone(),
            declarations: Vec::new(),
            delegations: Vec::new(),
            contested: Vec::new(),
            recovered: false,
            seq: 0,
            last: identity,
            next: e.next,
            sponsors: e.sponsors.clone(),
        };
        self.parties.insert(e.iss.clone(), party);
        self.add_keys(index, &e.iss, &e.keys);
    }

    fn rotate(&mut self, index: u64, identity: Digest, e: &KeyRotation, statement: &Statement) {
        let recovered = !self.signed_by_old_key(statement, &e.iss);
        for record in self.keys.values_mut().filter(|r| r.party == e.iss && r.end.is_none()) {
            record.end = Some(KeyEnd { index, revoked: false, suspected_since: None });
        }
        self.add_keys(index, &e.iss, &e.keys);
        if let Some(party) = self.parties.get_mut(&e.iss) {
            (party.seq, party.last, party.next) = (e.seq, identity, e.next);
            party.recovered |= recovered;
        }
    }

    fn revoke(&mut self, index: u64, identity: Digest, e: &Revocation) {
        if let Some(record) = self.keys.get_mut(&e.kid) {
            record.end = Some(KeyEnd { index, revoked: true, suspected_since: e.suspected_since });
        }
        if let Some(party) = self.parties.get_mut(&e.party) {
            (party.seq, party.last) = (e.seq, identity);
        }
    }

    fn declare(&mut self, index: u64, identity: Digest, digest: Digest, e: &MailboxDeclaration) {
        if let Some(party) = self.parties.get_mut(&e.iss) {
            if let Some(last) = party.declarations.last_mut() {
                last.superseded = Some(index);
            }
            self.declared.insert(digest, (e.iss.clone(), party.declarations.len()));
            party.declarations.push(DeclarationRecord { index, digest, declaration: e.clone(), superseded: None });
            (party.seq, party.last) = (e.seq, identity);
        }
    }
}

/// Keys by which a party vouches for another or replaces its own: those by which it speaks as an organisation.
fn vouches(record: &KeyRecord) -> bool {
    record.end.is_none() && matches!(record.key.key_use, KeyUse::Statement | KeyUse::Exchange)
}

/// The right that a delegate needs to sign this in another's name.
fn delegated_right(body: &Body) -> Option<DelegatedRight> {
    match body {
        Body::MailboxHeadAck(_) | Body::ContentAccess(_) => Some(DelegatedRight::Receive),
        Body::Reply(_) | Body::ContentDispute(_) => Some(DelegatedRight::Answer),
        Body::Warning(_) | Body::Submission(_) | Body::RelayConsent(_) => Some(DelegatedRight::Send),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
