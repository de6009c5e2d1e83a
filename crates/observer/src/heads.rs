//! Each period, one signed root over all mailboxes: what was here, and what was answered, at that time.
//!
//! **Order.** (1) the anchor note is fetched, so it is older than anything the heads say; (2) in one transaction one
//! snapshot of every mailbox is taken, blinded, signed, stored with what openings need, and queued; (3) the exchange
//! accepts it for logging; only then (4) is anything opened from it, so nobody is shown heads that the log may not hold.
//!
//! The period is the clock divided by its length, and at least one more than the last one stored: it rises across
//! restarts and whatever the clock does. A crash leaves a whole period or none. A period without an anchor, or with
//! an alarm about the directory, has no heads; the next one covers it.
//!
//! **Kept**: the newest [`PERIODS_KEPT`] periods and, of older ones, the last logged one of each hour.

use crate::follow::Alarm;
use crate::metrics::count;
use crate::node::{AnchorError, Node, fresh_eid, fresh_salt, sign_as};
use crate::store::{Fixed, StoreError};
use monition_evidence::statement::CustodyHeads;

/// Newest periods whose openings stay available one by one.
pub(crate) const PERIODS_KEPT: u64 = 1_000;

/// Old periods are looked for once in so many.
const PRUNE_EVERY: u64 = 64;

/// Why a period has no heads.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeadsError {
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the directory is under alarm: {0:?}")]
    Alarm(Alarm),
}

impl Node {
    /// Signs the heads of one period. Returns the period.
    pub(crate) async fn fix_heads(&self) -> Result<u64, HeadsError> {
        if let Some(alarm) = self.follower.alarm() {
            return Err(HeadsError::Alarm(alarm));
        }
        let held = self.refresh_anchor().await?;
        let now = self.now();
        let wanted_period = now.value() / self.config.period_seconds;
        let (exchange, iss) = (self.config.exchange.clone(), self.config.party.clone());
        let eid = fresh_eid()?;
        let key = self.custodian_key.clone();
        let period = self
            .store_task(move |store| {
                let fixed =
                    Fixed { anchor: held.anchor.note, note: &held.note, fixed_at: held.fixed_at, wanted_period };
                let period = store.fix_heads(&fixed, &mut fresh_salt, |period, tree| {
                    let heads = CustodyHeads {
                        exchange,
                        eid,
                        wid: None,
                        iss,
                        iat: now,
                        anchor: Some(held.anchor.clone()),
                        prev: None,
                        svc: None,
                        pol: None,
                        actor: None,
                        reason: None,
                        period,
                        mailboxes: tree.mailboxes(),
                        root: tree.root(),
                    };
                    sign_as(&key, &heads)
                })?;
                if period % PRUNE_EVERY == 0 {
                    store.prune_heads(PERIODS_KEPT)?;
                }
                Ok::<_, HeadsError>(period)
            })
            .await?;
        count(&self.metrics.heads_total);
        self.outbox.notify_one();
        Ok(period)
    }
}
