//! Who may come in: signed requests, checked against this node's copy of the directory.
//!
//! Every way to fail gives the one [`Refusal::NotAllowed`]; the reason goes to this node's log at debug level.

use crate::metrics::count;
use crate::node::Node;
use crate::refusal::Refusal;
use monition_evidence::directory::{DeclarationRecord, Directory, KeyRecord, Party, Signer};
use monition_evidence::http_signature::RequestSignature;
use monition_evidence::mailbox::ChainName;
use monition_evidence::statement::DelegatedRight;
use monition_evidence::{Digest, KeyId, KeyUse, MailboxId, Statement, UnixSeconds};
use std::sync::Arc;

/// A signed request as it arrived.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(crate) path: &'a str,
    pub(crate) signature: &'a RequestSignature,
    pub(crate) body: &'a [u8],
}

/// A reader that was let in to one mailbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) h0: Digest,
    pub(crate) session: KeyId,
}

impl Node {
    pub(crate) fn not_allowed(&self, why: &str) -> Refusal {
        tracing::debug!(why, "a request was not allowed");
        count(&self.metrics.not_allowed_total);
        Refusal::NotAllowed
    }

    /// The directory, refreshed first if it does not satisfy `knows`.
    pub(crate) async fn directory_that(&self, knows: impl Fn(&Directory) -> bool) -> Arc<Directory> {
        let directory = self.directory();
        if knows(&directory) {
            return directory;
        }
        if let Err(error) = self.refresh_directory().await {
            count(&self.metrics.follow_failures_total);
            tracing::debug!(%error, "the directory could not be refreshed on demand");
        }
        self.directory()
    }

    /// Checks a request's signature; the key is in force.
    fn signed_by<'d>(&self, directory: &'d Directory, incoming: Incoming<'_>) -> Result<&'d KeyRecord, Refusal> {
        let record = directory
            .key(&incoming.signature.kid())
            .filter(|record| record.end.is_none())
            .ok_or_else(|| self.not_allowed("the key is not enrolled, or not in force"))?;
        incoming
            .signature
            .verify("POST", incoming.path, incoming.body, &self.config.party, self.now(), &record.key.public)
            .map_err(|error| self.not_allowed(&error.to_string()))?;
        Ok(record)
    }

    /// Whether the exchange signed a request whose body has not been read yet. Whoever only knows the exchange's public
    /// key makes this node read nothing.
    pub(crate) async fn comes_from_exchange(&self, signature: &RequestSignature, path: &str) -> Result<(), Refusal> {
        let kid = signature.kid();
        let directory = self.directory_that(|directory| directory.key(&kid).is_some()).await;
        let record = directory
            .key(&kid)
            .filter(|record| record.end.is_none() && self.is_exchange_key(record))
            .ok_or_else(|| self.not_allowed("the request names no key of the exchange"))?;
        signature
            .verify_without_body("POST", path, &self.config.party, self.now(), &record.key.public)
            .map_err(|error| self.not_allowed(&error.to_string()))
    }

    fn is_exchange_key(&self, record: &KeyRecord) -> bool {
        record.party == self.config.exchange.as_party() && record.key.key_use == KeyUse::Exchange
    }

    /// Lets the exchange in, and nobody else.
    pub(crate) async fn let_exchange_in(&self, incoming: Incoming<'_>) -> Result<(), Refusal> {
        let kid = incoming.signature.kid();
        let directory = self.directory_that(|directory| directory.key(&kid).is_some()).await;
        let record = self.signed_by(&directory, incoming)?;
        if !self.is_exchange_key(record) {
            return Err(self.not_allowed("the key is not one of the exchange for this use"));
        }
        Ok(())
    }

    /// Lets a recipient's system, or a delegate's, in to one mailbox.
    pub(crate) async fn let_reader_in(
        &self,
        incoming: Incoming<'_>,
        declaration: &Digest,
        mailbox: &MailboxId,
    ) -> Result<Reader, Refusal> {
        let kid = incoming.signature.kid();
        let directory = self
            .directory_that(|directory| directory.key(&kid).is_some() && directory.declaration(declaration).is_some())
            .await;
        let record = self.signed_by(&directory, incoming)?;
        if record.key.key_use != KeyUse::Mailbox {
            return Err(self.not_allowed("the key has another use than mailbox"));
        }
        let (party, declared) = directory
            .declaration(declaration)
            .filter(|(party, _)| party.name == record.party || self.may_receive(party, record))
            .ok_or_else(|| self.not_allowed("no such declaration of that party"))?;
        if declared.declaration.mailbox != *mailbox || !declared.declaration.custodians.contains(&self.config.party) {
            return Err(self.not_allowed("the declaration names another mailbox or other custodians"));
        }
        tracing::trace!(party = %party.name, "a reader was let in");
        Ok(Reader { h0: self.chain_name(declared).h0(), session: kid })
    }

    fn may_receive(&self, party: &Party, record: &KeyRecord) -> bool {
        // The newest delegation to that party counts, as in `Directory::signer`.
        party.delegations.iter().rev().find(|held| held.delegation.delegate == record.party).is_some_and(|held| {
            held.delegation.rights.contains(&DelegatedRight::Receive) && self.now() <= held.delegation.until
        })
    }

    /// Whoever signed a contacts annex: the party's own statement or mailbox key.
    pub(crate) async fn let_owner_in(&self, incoming: Incoming<'_>, annex: &Digest) -> Result<Vec<Digest>, Refusal> {
        let kid = incoming.signature.kid();
        let named = |directory: &Directory| -> Option<Vec<Digest>> {
            let party = directory.party(&directory.key(&kid)?.party)?;
            let declared = party.declarations.iter().filter(|record| {
                record.declaration.contacts.as_ref() == Some(annex)
                    && record.declaration.custodians.contains(&self.config.party)
            });
            Some(declared.map(|record| record.digest).collect::<Vec<_>>()).filter(|found| !found.is_empty())
        };
        let directory = self.directory_that(|directory| named(directory).is_some()).await;
        let record = self.signed_by(&directory, incoming)?;
        if !matches!(record.key.key_use, KeyUse::Statement | KeyUse::Mailbox) {
            return Err(self.not_allowed("the key has another use than statement or mailbox"));
        }
        named(&directory).ok_or_else(|| self.not_allowed("no declaration of that party names this annex"))
    }

    /// Who signed a statement that came without a signed request; the key and any delegation are in force.
    pub(crate) async fn signer_in_force(
        &self,
        statement: &Statement,
        now: UnixSeconds,
    ) -> Result<(Arc<Directory>, Signer), Refusal> {
        let kid = statement.jws().kids().next();
        let directory =
            self.directory_that(|directory| kid.as_ref().is_some_and(|kid| directory.key(kid).is_some())).await;
        let signer = directory.signer(statement).map_err(|error| self.not_allowed(&error.to_string()))?;
        let delegation_over = signer.delegated_until.is_some_and(|until| now > until);
        if signer.end.is_some() || delegation_over || *statement.common().exchange != self.config.exchange {
            return Err(self.not_allowed("the key or its delegation is not in force, or the exchange is another"));
        }
        Ok((directory, signer))
    }

    /// The chain of one declaration here.
    pub(crate) fn chain_name(&self, declared: &DeclarationRecord) -> ChainName {
        ChainName {
            exchange: self.config.exchange.clone(),
            mailbox: declared.declaration.mailbox,
            declaration: declared.digest,
            custodian: self.config.party.clone(),
        }
    }
}
