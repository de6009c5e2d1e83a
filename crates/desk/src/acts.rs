//! The acts of a party, as methods of [`Desk`](crate::Desk). Each signs, keeps, then sends.

mod identity;
mod notices;
mod passing_on;
mod recipient;
mod sender;

pub use identity::{DeclareOptions, Declared, EnrolOptions, Revoke};
pub use notices::Denied;
pub use passing_on::{RelayRequest, Relayed};
pub use recipient::Replied;
pub use sender::{Sent, Standing};
