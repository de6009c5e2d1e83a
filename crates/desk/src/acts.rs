//! The acts of a party, as methods of [`Desk`](crate::Desk), and of [`Acting`](crate::Acting) where a delegate may do
//! them. Each signs, keeps, then sends.

mod identity;
mod notices;
mod numbering;
mod passing_on;
mod recipient;
mod sender;
mod sharing;

pub use identity::{DeclareOptions, Declared, EnrolOptions, Revoke};
pub use notices::Denied;
pub use passing_on::{RelayRequest, Relayed};
pub use recipient::{Disposed, Replied};
pub use sender::{Sent, Standing};
pub use sharing::SHARED_KEY_BYTES_MAX;
