//! On whose word times rest: a quorum of witnesses or, only if asked for by name, the log alone.

use super::finding::TrustBasis;
use crate::encoding::sha256;
use monition_tlog::{
    Cosigned, CosignedTimes, KeyAlgorithm, Origin, Policy, SignedCheckpoint, Timestamp, TrustError, TrustPolicy,
    VerifyError,
};

/// The policy, read for one of the two ways of judging.
pub(super) enum Trust {
    /// k of n organisations give every time.
    Quorum(TrustPolicy),
    /// The keys of the logs, and nobody besides: what they signed exists and has an order by their word, and no time.
    LogsAlone {
        /// The policy; its quorum is not asked.
        policy: Policy,
        /// As read.
        source: Vec<u8>,
    },
}

/// Where no time is known, everything is taken to be of one moment, so that no step excludes another by its time. It never
/// reaches a finding.
const ONE_MOMENT: Timestamp = Timestamp::new(0);

impl Trust {
    pub(super) fn quorum(bytes: &[u8], f: Option<usize>) -> Result<Self, TrustError> {
        TrustPolicy::parse(bytes, f).map(Self::Quorum)
    }

    pub(super) fn logs_alone(bytes: &[u8]) -> Result<Self, TrustError> {
        let policy = Policy::parse(bytes)?;
        if policy.logs().is_empty() {
            return Err(TrustError::NoLog);
        }
        Ok(Self::LogsAlone { policy, source: bytes.to_vec() })
    }

    pub(super) const fn is_witnessed(&self) -> bool {
        matches!(self, Self::Quorum(_))
    }

    pub(super) fn basis(&self) -> TrustBasis {
        match self {
            Self::Quorum(policy) => TrustBasis {
                witnessed: true,
                sha256: sha256(policy.as_bytes()),
                organisations: policy.organisations().map(str::to_owned).collect(),
                k: policy.k(),
                n: policy.n(),
                f: policy.f(),
            },
            Self::LogsAlone { source, .. } => {
                TrustBasis { witnessed: false, sha256: sha256(source), organisations: Vec::new(), k: 0, n: 0, f: 0 }
            }
        }
    }

    /// Whether the policy names a key of the log that is verified (type 0x01).
    pub(super) fn knows(&self, origin: &str) -> bool {
        let Ok(origin) = Origin::new(origin) else { return false };
        match self {
            Self::Quorum(policy) => policy.log_key(&origin).is_some(),
            Self::LogsAlone { policy, .. } => policy
                .logs()
                .iter()
                .any(|log| log.key.name().as_str() == origin.as_str() && log.key.algorithm() == KeyAlgorithm::Ed25519),
        }
    }

    pub(super) fn verify(&self, signed: &SignedCheckpoint) -> Result<Cosigned, VerifyError> {
        match self {
            Self::Quorum(policy) => policy.verify(signed),
            Self::LogsAlone { policy, .. } => {
                let checkpoint = signed.checkpoint();
                if !checkpoint.extensions.is_empty() {
                    let (origin, found) = (checkpoint.origin.to_string(), checkpoint.extensions.len());
                    return Err(VerifyError::ExtensionLines { origin, found });
                }
                policy.verify(signed)
            }
        }
    }

    pub(super) fn not_after(&self, times: &CosignedTimes) -> Option<Timestamp> {
        match self {
            Self::Quorum(policy) => policy.not_after(times),
            Self::LogsAlone { .. } => Some(ONE_MOMENT),
        }
    }

    pub(super) fn not_before(&self, times: &CosignedTimes) -> Option<Timestamp> {
        match self {
            Self::Quorum(policy) => policy.not_before(times),
            Self::LogsAlone { .. } => Some(ONE_MOMENT),
        }
    }
}
