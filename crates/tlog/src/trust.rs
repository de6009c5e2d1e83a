//! The one shape of policy that a finding may rest on.
//!
//! Spec: c2sp.org/tlog-policy, narrowed; the project's design §5.
//!
//! ```text
//! log exchange.example/log+…
//! log exchange.example/directory+…
//! witness a <vkey>
//! witness b <vkey>
//! witness c-1 <vkey>
//! witness c-2 <vkey>
//! group c any c-1 c-2
//! group trust 2 a b c
//! quorum trust
//! ```
//!
//! The quorum is one group, k of n **organisations**: each member is a single witness, or an `any` group of the
//! witnesses of one organisation. So nobody gains votes by owning keys. No key stands in two places, and none is that of a
//! log: a log does not witness itself. If f of the n may lie, two quorums must share one that does not:
//! k ≥ ⌊(n + f) / 2⌋ + 1. Nothing may be defined and left out, because a reader would count it in.
//!
//! Left to the caller: obtaining the policy from somebody it trusts, and f.

use crate::checkpoint::{Origin, SignedCheckpoint};
use crate::cosignature::Timestamp;
use crate::error::{FormatError, VerifyError};
use crate::key::{KeyAlgorithm, VerifierKey};
use crate::policy::{Cosigned, CosignedTimes, Group, Policy, Quorum, Threshold};

/// Why a policy is not fit to rest a finding on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// It is no policy at all.
    #[error("the trust is not a policy")]
    Format(#[from] FormatError),
    /// The quorum is not a group.
    #[error("the quorum is {quorum:?}, but must be one group of organisations")]
    QuorumNotAGroup {
        /// What it is.
        quorum: String,
    },
    /// A member of the quorum is neither a witness nor an `any` group of witnesses.
    #[error("organisation {name:?} is neither a single witness nor an `any` group of witnesses")]
    NotAnOrganisation {
        /// The member.
        name: String,
    },
    /// A witness or group is defined and not part of the quorum.
    #[error("{name:?} is defined, but stands outside the quorum")]
    OutsideQuorum {
        /// The name.
        name: String,
    },
    /// A log would witness itself.
    #[error("witness {witness:?} has the key of log {origin:?}")]
    LogKeyAsWitness {
        /// The witness.
        witness: String,
        /// The log.
        origin: String,
    },
    /// The policy names no log.
    #[error("the policy names no log")]
    NoLog,
    /// Two quorums could share liars only.
    #[error("{k} of {n} organisations are too few when {f} may lie: at least {needed} are needed")]
    QuorumTooSmall {
        /// Members needed, as written.
        k: usize,
        /// Organisations.
        n: usize,
        /// How many may lie.
        f: usize,
        /// The least k.
        needed: usize,
    },
}

/// A policy fit for findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy {
    source: Vec<u8>,
    policy: Policy,
    /// Name, and names of its witnesses.
    organisations: Vec<(String, Vec<String>)>,
    k: usize,
    f: usize,
}

impl TrustPolicy {
    /// Reads a policy and checks its shape.
    ///
    /// `f`: how many organisations may lie; by default ⌊(n − 1) / 3⌋.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn parse(bytes: &[u8], f: Option<usize>) -> Result<Self, TrustError> {
        let policy = Policy::parse(bytes)?;
        let quorum = quorum_group(&policy)?;
        let organisations =
            quorum.members.iter().map(|member| organisation(&policy, member)).collect::<Result<Vec<_>, _>>()?;
        everything_counts(&policy, quorum, &organisations)?;
        no_log_witnesses(&policy)?;
        let (k, n) = (quorum.needed(), organisations.len());
        let f = f.unwrap_or((n - 1) / 3);
        let needed = n.saturating_add(f) / 2 + 1;
        if k < needed {
            return Err(TrustError::QuorumTooSmall { k, n, f, needed });
        }
        Ok(Self { source: bytes.to_vec(), policy, organisations, k, f })
    }

    /// The policy exactly as it was read: what the finding names by its hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.source
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The names of the organisations, in the order of the quorum.
    pub fn organisations(&self) -> impl ExactSizeIterator<Item = &str> {
        self.organisations.iter().map(|(name, _)| name.as_str())
    }

    /// To which organisation a witness belongs.
    #[must_use]
    pub fn organisation_of(&self, witness: &str) -> Option<&str> {
        let of = |(_, witnesses): &&(String, Vec<String>)| witnesses.iter().any(|name| name == witness);
        self.organisations.iter().find(of).map(|(name, _)| name.as_str())
    }

    /// How many organisations are needed.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    /// How many there are.
    #[must_use]
    pub fn n(&self) -> usize {
        self.organisations.len()
    }

    /// How many of them may lie.
    #[must_use]
    pub fn f(&self) -> usize {
        self.f
    }

    /// The key of a log, of the type that is verified (0x01).
    #[must_use]
    pub fn log_key(&self, origin: &Origin) -> Option<&VerifierKey> {
        let fits =
            |key: &&VerifierKey| key.name().as_str() == origin.as_str() && key.algorithm() == KeyAlgorithm::Ed25519;
        self.policy.logs().iter().map(|log| &log.key).find(fits)
    }

    /// As [`Policy::verify`], and refuses extension lines. Does not ask for the quorum.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self, signed: &SignedCheckpoint) -> Result<Cosigned, VerifyError> {
        let checkpoint = signed.checkpoint();
        if !checkpoint.extensions.is_empty() {
            let (origin, found) = (checkpoint.origin.to_string(), checkpoint.extensions.len());
            return Err(VerifyError::ExtensionLines { origin, found });
        }
        self.policy.verify(signed)
    }

    /// As [`TrustPolicy::verify`], and asks for the quorum.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify_with_quorum(&self, signed: &SignedCheckpoint) -> Result<Cosigned, VerifyError> {
        let cosigned = self.verify(signed)?;
        self.policy.require_quorum(&cosigned)?;
        Ok(cosigned)
    }

    /// As [`Policy::not_after`].
    #[must_use]
    pub fn not_after(&self, times: &CosignedTimes) -> Option<Timestamp> {
        self.policy.not_after(times)
    }

    /// As [`Policy::not_before`].
    #[must_use]
    pub fn not_before(&self, times: &CosignedTimes) -> Option<Timestamp> {
        self.policy.not_before(times)
    }
}

fn group<'p>(policy: &'p Policy, name: &str) -> Option<&'p Group> {
    policy.groups().iter().find(|group| group.name == name)
}

fn quorum_group(policy: &Policy) -> Result<&Group, TrustError> {
    let wrong = || TrustError::QuorumNotAGroup { quorum: policy.quorum().to_string() };
    match policy.quorum() {
        Quorum::None => Err(wrong()),
        Quorum::Of(name) => group(policy, name).ok_or_else(wrong),
    }
}

fn organisation(policy: &Policy, name: &str) -> Result<(String, Vec<String>), TrustError> {
    let Some(group) = group(policy, name) else { return Ok((name.to_owned(), vec![name.to_owned()])) };
    let is_witness = |name: &String| policy.witnesses().iter().any(|witness| witness.name == *name);
    if group.threshold == Threshold::Any && group.members.iter().all(is_witness) {
        Ok((name.to_owned(), group.members.clone()))
    } else {
        Err(TrustError::NotAnOrganisation { name: name.to_owned() })
    }
}

fn everything_counts(
    policy: &Policy,
    quorum: &Group,
    organisations: &[(String, Vec<String>)],
) -> Result<(), TrustError> {
    let counts = |name: &str| {
        name == quorum.name
            || organisations.iter().any(|(own, witnesses)| own == name || witnesses.iter().any(|w| w == name))
    };
    let witnesses = policy.witnesses().iter().map(|witness| &witness.name);
    let groups = policy.groups().iter().map(|group| &group.name);
    match witnesses.chain(groups).find(|name| !counts(name)) {
        Some(name) => Err(TrustError::OutsideQuorum { name: name.clone() }),
        None => Ok(()),
    }
}

fn no_log_witnesses(policy: &Policy) -> Result<(), TrustError> {
    if policy.logs().is_empty() {
        return Err(TrustError::NoLog);
    }
    for witness in policy.witnesses() {
        if let Some(log) = policy.logs().iter().find(|log| log.key.public_key() == witness.key.public_key()) {
            let (witness, origin) = (witness.name.clone(), log.key.name().to_string());
            return Err(TrustError::LogKeyAsWitness { witness, origin });
        }
    }
    Ok(())
}
