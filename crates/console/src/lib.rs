//! The web console of a party's desk: where people warn, read and answer (DESIGN §6, docs/console.md).
//!
//! | module | what it holds |
//! |---|---|
//! | [`store`] | `console.db`: users, sessions, journal, drafts, notes, escalations |
//! | `inbox` | every received warning, decrypted into memory, in the order in which people must look at it |
//! | `worker`, `escalate` | collecting, following, calling people |
//! | `evidence` | the judge, asked about what the own record holds |
//! | `language` | English, Persian, Russian; two calendars; the folding of the search |
//! | `guard`, `forms` | sessions, tokens, headers, limits |
//! | `pages` | the pages, rendered here; they work without scripts, except that nothing comes by itself |
//!
//! **Who is trusted**: whoever signs in may use the keys that are open, as far as the role goes. The pages show content
//! of strangers: it is text for the templates, never markup, and attachments leave as downloads alone.

mod app;
pub mod config;
mod drafting;
pub mod error;
mod escalate;
mod evidence;
mod forms;
mod guard;
mod inbox;
pub mod language;
mod pages;
mod server;
pub mod store;
mod ui;
mod words;
mod worker;

pub use config::ConsoleConfig;
pub use error::ConsoleError;
pub use language::Language;
pub use server::{Running, start};
pub use store::{Act, Role, Store, User};
