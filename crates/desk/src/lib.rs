//! A party's own program: its keys, its record, and the client that speaks to exchange and custodians.
//!
//! | module | what it holds |
//! |---|---|
//! | [`keystore`] | secret keys in two drawers: what may unlock at boot, and what only a person unlocks |
//! | [`record`] | what must never be forgotten: statements, proofs, notes, file keys and seeds, chains |
//! | [`compose`], [`open`], [`relay`] | pure: putting a warning together, taking one apart, whether it may go on |
//! | [`logs`] | pure: notes, proofs, the directory's growth |
//! | [`client`] | HTTP with retries and problem documents |
//! | [`Desk`] | the acts of a party; each keeps its statement before it sends it |
//! | [`bridge`] | what tools post as STIX or CAP, sent as warnings; what came, as STIX |
//! | [`Acting`] | the same acts in the name of another party that delegated the right: [`Desk::acting_for`] |
//!
//! **Order of every act**: sign, keep (one durable transaction), send. A crash or a dead line between two of them loses
//! nothing: [`Desk::follow`] sends what waits, and the same bytes sent twice count once.
//!
//! **What a desk believes**: nothing that it cannot check. Statements by keys of the replayed directory, places in the
//! log by inclusion proofs under notes that the trust policy accepts, mailboxes by the custodians' own chains.

mod acting;
pub mod acts;
pub mod bridge;
pub mod client;
pub mod collect;
pub mod compose;
pub mod config;
mod desk;
pub mod error;
pub mod follow;
pub mod gather;
pub mod keystore;
pub mod logs;
pub mod open;
pub mod payload;
pub mod randomness;
pub mod record;
pub mod relay;

pub use acting::Acting;
pub use acts::{
    DeclareOptions, Declared, Denied, Disposed, EnrolOptions, RelayRequest, Relayed, Replied, Revoke,
    SHARED_KEY_BYTES_MAX, Sent, Standing,
};
pub use collect::{CollectReport, ReadWarning};
pub use compose::{Attachment, Draft};
pub use config::Config;
pub use desk::{Clock, Desk, Kind, RECORD_FILE, Setup};
pub use error::DeskError;
pub use follow::FollowReport;
pub use gather::GatherOptions;
pub use keystore::{Keystore, Protection, Slot, Unlock};
pub use logs::{directory_origin, log_origin};

#[cfg(test)]
mod tests;
