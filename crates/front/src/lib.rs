//! The listener of every server: an [`axum::Router`] behind TLS, client certificates, the rules for reverse proxies, and
//! limits on what one address can hold.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | what an operator decides |
//! | [`tls`] | TLS from files, which are read again when they change |
//! | [`proxy`] | whose address a request counts for |
//! | `limits` | connections of one address; silence |
//! | `serve` | the loop: accept, shake hands, answer, stop |
//!
//! A handler finds two extensions in its request: [`Peer`], always, and [`ClientCertificate`], where one was shown.
//!
//! HTTP/1.1 alone is spoken: the clients of these servers keep few connections, and what HTTP/2 would bring, a stranger
//! could use against us (many streams over one counted connection).
//!
//! *Left to the caller*: time limits of requests, limits of bodies, and who may do what.

pub mod config;
pub mod counters;
pub mod error;
mod limits;
pub mod proxy;
mod serve;
pub mod tls;

pub use config::{ClientCertificates, ConnectionLimits, ListenerConfig, TlsConfig};
pub use counters::Counters;
pub use error::{FrontError, TlsError};
pub use proxy::{Network, ProxyHeader};
pub use serve::{Listener, serve};
pub use tls::ClientCertificate;

use std::net::IpAddr;

/// Who asks: the address of the client, by the rules of [`proxy`]. A request extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// What limits by address count: an IPv6 host has a whole /64.
    #[must_use]
    pub fn counted(self) -> IpAddr {
        proxy::counted(self.0)
    }
}
