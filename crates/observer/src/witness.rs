//! The witness: cosigns what extends the tree it cosigned before, of the log and of the directory of one exchange.
//!
//! Spec: c2sp.org/tlog-witness@v1.0.0, `POST /add-checkpoint`; the decision is [`monition_tlog::decide`].
//!
//! **Order, and what a crash leaves.** (1) read, decide and store in one transaction; (2) sign; (3) answer. A crash
//! after (1) leaves a state whose cosignature nobody has: the client gets 409 with that size and asks again. There is
//! no moment at which a cosignature is out and its state is not on disk, and no two requests decide on one state.

use crate::metrics::count;
use crate::node::Node;
use crate::store::StoreError;
use monition_tlog::{
    AddCheckpoint, AddCheckpointAnswer, CosignatureSigner, Timestamp, VerifierKey, WitnessRefusal, decide,
};
use std::sync::Arc;

/// Keys of the witness, and of the logs that it trusts.
pub(crate) struct Witness {
    pub(crate) signer: Arc<CosignatureSigner>,
    pub(crate) log_keys: Arc<[VerifierKey]>,
}

impl Witness {
    pub(crate) fn new(signer: CosignatureSigner, log_keys: Vec<VerifierKey>) -> Self {
        Self { signer: Arc::new(signer), log_keys: log_keys.into() }
    }
}

impl Node {
    /// Answers a request for a cosignature.
    ///
    /// # Errors
    /// [`StoreError`] if the state could not be stored: then nothing was signed.
    pub(crate) async fn add_checkpoint(&self, body: Vec<u8>) -> Result<AddCheckpointAnswer, StoreError> {
        let Ok(request) = AddCheckpoint::parse(&body) else {
            count(&self.metrics.cosignature_refusals_total);
            return Ok(AddCheckpointAnswer::Malformed);
        };
        let origin = request.checkpoint.origin().to_string();
        let (keys, now) = (self.witness.log_keys.clone(), self.now().value());
        let (asked, offered) = (origin.clone(), request.checkpoint.as_bytes().to_vec());
        let decided =
            self.store_task(move |store| store.witness(&asked, now, |state| decide(state, &keys, &request))).await?;
        match decided {
            Ok((decision, time)) => {
                let line = Timestamp::checked(time)
                    .and_then(|time| self.witness.signer.sign(decision.text(), time).ok())
                    .ok_or(StoreError::Damaged { what: "a decided checkpoint could not be signed" })?;
                count(&self.metrics.cosignatures_total);
                Ok(AddCheckpointAnswer::Cosigned(vec![line]))
            }
            Err(refusal) => {
                count(&self.metrics.cosignature_refusals_total);
                self.keep_proof(&refusal, origin, offered, now).await?;
                Ok(refusal.answer())
            }
        }
    }

    /// Two trees signed by one log: both notes are kept before the answer says so.
    async fn keep_proof(
        &self,
        refusal: &WitnessRefusal,
        origin: String,
        offered: Vec<u8>,
        now: u64,
    ) -> Result<(), StoreError> {
        if !refusal.is_misbehaviour() {
            return Ok(());
        }
        tracing::error!(origin, %refusal, "a log signed two trees: both notes are kept");
        count(&self.metrics.misbehaviour_total);
        self.store_task(move |store| {
            let kept = store.witnessed(&origin)?.map(|kept| kept.note).unwrap_or_default();
            store.keep_misbehaviour(&origin, &kept, &offered, now)
        })
        .await
    }
}
