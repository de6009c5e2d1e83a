//! Deleting bodies: what a custodian forgets, when, and what it keeps and signs.
//!
//! A custodian sees neither the core nor the Submission, so it knows no `retain_until`. Two things make it delete the
//! sealed bodies of an item, and nothing else does:
//!
//! | when | why that is safe |
//! |---|---|
//! | the recipient's own `Disposal`, by its key of use `statement` (`POST /v1/acks`) | the recipient alone can open them; a person signed, so neither a stolen boot key nor a delegate makes warnings vanish |
//! | [`KEPT_AFTER_END_SECONDS`] after the declaration's end with grace, if somebody fetched them; [`KEPT_UNFETCHED_SECONDS`] if nobody ever did | by then no warning can arrive under the declaration, and the recipient had that long to fetch |
//!
//! The end of a declaration is the earlier of `valid_until` and the moment when this node saw it superseded. "Now" is the
//! earliest cosignature time of the log's newest note, and never later than the own clock.
//!
//! **Kept for ever**: the item with its hashes, the chain, the consignment, replies and answers. Nothing that a judge
//! asks a custodian for is lost. **Signed and logged**: a `Disposal` that names submission and `e`; `prev` is the
//! recipient's own, where that was the reason. Deleting and queueing the statement are one transaction. A later fetch
//! gets `usage-disposed` (410).

use crate::metrics::count;
use crate::node::{Node, fresh_eid, sign_as};
use crate::refusal::Refusal;
use crate::store::{Deletable, ItemPlace};
use monition_evidence::statement::Disposal;
use monition_evidence::wire::Done;
use monition_evidence::{Digest, KeyUse, Statement};

/// How long after its declaration's end a fetched item keeps its bodies: 30 days.
pub(crate) const KEPT_AFTER_END_SECONDS: u64 = 30 * 86_400;

/// How long after its declaration's end an item that nobody fetched keeps its bodies: 366 days.
pub(crate) const KEPT_UNFETCHED_SECONDS: u64 = 366 * 86_400;

/// Most items of one mailbox that one round deletes: each is a transaction and a statement.
const DELETED_AT_ONCE: usize = 256;

impl Node {
    /// Deletes on the recipient's own word.
    pub(super) async fn dispose_for(&self, statement: &Statement, said: &Disposal) -> Result<Done, Refusal> {
        let (directory, signer) = self.signer_in_force(statement, self.now()).await?;
        if signer.key_use != KeyUse::Statement {
            return Err(self.not_allowed("a person of the recipient signs what is to be deleted"));
        }
        let submission = said.submission;
        let place = self.store_task(move |store| store.place_of(&submission)).await?;
        let place: ItemPlace = place
            .filter(|place| {
                directory.declaration(&place.declaration).is_some_and(|(party, _)| party.name == signer.party)
            })
            .ok_or(Refusal::UnknownSubmission)?;
        let (h0, n) = (place.h0, place.n);
        let item = self.store_task(move |store| store.items_after(&h0, n - 1, 1)).await?;
        let item = item.and_then(|(_, items)| items.into_iter().next()).map(|stored| stored.item);
        if item.as_ref().is_none_or(|item| item.e != said.e) {
            return Err(Refusal::Evidence {
                code: "evidence-consignment",
                detail: "the disposal names other bodies than those that lie here".to_owned(),
                hint: "name the submission and the e of its bodies",
            });
        }
        self.dispose(Deletable { h0, n, submission, e: said.e }, Some(statement.identity())).await?;
        Ok(Done {})
    }

    /// Deletes what has lain long enough after its declaration's end; returns how many items.
    pub(crate) async fn dispose_over(&self) -> Result<usize, Refusal> {
        // The time that other organisations cosigned, never later than the own clock: one that runs far ahead deletes nothing.
        let held = self.refresh_anchor().await.map_err(|error| {
            tracing::warn!(%error, "without a fresh note nothing is deleted");
            Refusal::NoAnchor
        })?;
        let (directory, now) = (self.directory(), held.fixed_at);
        let mut deleted = 0;
        for chain in self.store_task(|store| store.chains_with_bodies()).await? {
            let Some((_, record)) = directory.declaration(&chain.declaration) else { continue };
            let declared = &record.declaration;
            let superseded = chain.superseded_at.unwrap_or(u64::MAX);
            let end = declared.valid_until.value().min(superseded).saturating_add(declared.grace_seconds);
            let over_for = now.saturating_sub(end);
            if over_for <= KEPT_AFTER_END_SECONDS {
                continue;
            }
            let (h0, unfetched) = (chain.h0, over_for > KEPT_UNFETCHED_SECONDS);
            let due = self.store_task(move |store| store.deletable(&h0, unfetched, DELETED_AT_ONCE)).await?;
            for item in due {
                deleted += usize::from(self.dispose(item, None).await?);
            }
        }
        Ok(deleted)
    }

    /// Deletes the bodies of one item and queues the statement about it; `false` if that was done before.
    async fn dispose(&self, item: Deletable, asked_by: Option<Digest>) -> Result<bool, Refusal> {
        let held = self.anchor().await?;
        let now = self.now();
        let disposal = Disposal {
            exchange: self.config.exchange.clone(),
            eid: fresh_eid()?,
            wid: None,
            iss: self.config.party.clone(),
            iat: now,
            anchor: Some(held.anchor.clone()),
            prev: asked_by,
            svc: None,
            pol: None,
            actor: None,
            reason: None,
            submission: item.submission,
            e: item.e,
        };
        let key = self.custodian_key.clone();
        let done = self
            .store_task(move |store| store.dispose(&item, now.value(), held.named(), || sign_as(&key, &disposal)))
            .await?;
        if done {
            tracing::info!(n = item.n, on_request = asked_by.is_some(), "the bodies of an item were deleted");
            count(&self.metrics.disposals_total);
            self.outbox.notify_one();
        }
        Ok(done)
    }
}
