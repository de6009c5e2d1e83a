//! The evidence of Monition: statements, sealing, mailbox chains, the directory, the dossier and the judge.
//!
//! No I/O, clock, randomness, thread or async: time and random bytes are arguments, and the crate compiles to
//! WebAssembly. `docs/protocol.md` gives the exact bytes, `docs/verify.md` the judge's steps.
//!
//! | module | what it holds |
//! |---|---|
//! | [`encoding`], [`names`], [`values`], [`keys`] | small types that cannot be wrong |
//! | [`jws`], [`statement`], [`warning`] | signed statements and what they say |
//! | [`framing`], [`age`] | bodies, and how each is sealed |
//! | [`mailbox`], [`custody`] | the chain of a mailbox, and a custodian's commitment to all of them |
//! | [`directory`] | who is a party, with which keys |
//! | [`dossier`], [`mod@judge`] | evidence in one file, and what it proves |
//! | [`wire`], [`http_signature`] | what goes over HTTP, and how requests are signed |

pub mod age;
pub mod custody;
pub mod directory;
pub mod dossier;
pub mod encoding;
pub mod framing;
pub mod http_signature;
pub mod judge;
pub mod jws;
pub mod keys;
pub mod mailbox;
pub mod names;
pub mod statement;
pub mod values;
pub mod warning;
pub mod wire;

pub use encoding::{Digest, Eid, MailboxId, Salt, Wid};
pub use keys::{KeyId, KeyUse, PublicKey, SecretKey};
pub use names::{ClassName, ExchangeName, PartyName, RoleName};
pub use statement::{Body, Statement};
pub use values::{Anchor, Text, UnixSeconds};
