//! A TAXII 2.1 server ([OASIS Standard, 10 June 2021](https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html)),
//! complete: discovery, API roots, collections, objects, manifests, versions, statuses. "§" is that specification.
//!
//! Collections live in one SQLite file; stored bytes are served as they were received. Each caller sees a view of its own:
//! what it has no right to, what is marked above its ceiling, and what is addressed to others does not exist for it.
//!
//! # Walking a collection
//! `date_added` is unique in a collection and rises with every object, in the order of commits. A page holds what stands
//! after a place in that order, so a walk by `next` and a walk by `added_after` = `X-TAXII-Date-Added-Last` are the same
//! walk, and both go on where they stopped, also after a restart. What is added while somebody walks comes after his
//! place and is met later; nothing is ever inserted before it. With the default `match[version]=last` a walk lists, at
//! each place, the objects whose newest version stands there at that moment: an object that gets a newer version before
//! the walk comes to it is met once, at the place of the newer version; one that gets it afterwards is met again, as that
//! other version. So no version is met twice, and of each object that is not removed the newest version is met. What is
//! removed is not met. If the newest version is removed, the one before becomes the newest at its old place: a walk that
//! is past it does not go back.
//!
//! # Left to the owner of the server
//! The listener and TLS: give [`ClientAddress`] and [`ClientCertificate`] as request extensions, set TCP_NODELAY. What a
//! posted object means: see [`Outbox`] and [`Server::resolve`].

mod accounts;
mod auth;
mod cache;
pub mod client;
mod config;
mod cursor;
pub mod error;
mod http;
mod import;
mod ingest;
mod limits;
mod metrics;
mod server;
mod store;
mod tlp;

pub use accounts::{AccountInfo, Admin, AdminError, NAME_BYTES_MAX, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, Right};
pub use config::{ApiRootConfig, CollectionConfig, Config, ConfigError, GrantConfig, Kind, Limits};
pub use http::{ClientAddress, ClientCertificate, router, standalone};
pub use import::{ImportError, ImportReport, Imported};
pub use limits::Rate;
pub use metrics::Counts;
pub use server::{Addressing, Clock, Options, Outbox, Placed, Server, ServerError};
pub use store::{Event, EventKind, EventObject, FORMAT_VERSION, OpenError, Outcome};
pub use tlp::Tlp;
