//! `next` tokens (§3.5): a place, and a proof that this server gave it to this caller for this query.
//!
//! ```text
//! base64url without padding of: 1 byte version (1), 8 bytes key, 32 bytes HMAC-SHA256 over all it is bound to
//! ```
//!
//! Nothing is kept for a token, so any process that has the key takes it, at any time. It is bound to the account, the
//! collection, the list, the id in the path and the filters; not to `limit`, which a client may change as it goes. It says
//! where to go on, never what may be seen: rights and markings are looked at anew for each page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const VERSION: u8 = 1;

/// What a token is bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) account: i64,
    pub(crate) collection: i64,
    pub(crate) list: &'a str,
    pub(crate) object: &'a str,
    pub(crate) filters: &'a [u8],
}

impl Binding<'_> {
    fn mac(&self, secret: &[u8; 32], place: &[u8]) -> Hmac<Sha256> {
        let mut mac = match Hmac::<Sha256>::new_from_slice(secret) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of every length"),
        };
        mac.update(b"monition/taxii-next/v1\n");
        mac.update(&self.account.to_be_bytes());
        mac.update(&self.collection.to_be_bytes());
        for field in [self.list.as_bytes(), self.object.as_bytes(), self.filters] {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field);
        }
        mac.update(place);
        mac
    }

    /// The token for what stands after `key`.
    pub(crate) fn seal(&self, secret: &[u8; 32], key: i64) -> String {
        let mut bytes = Vec::with_capacity(41);
        bytes.push(VERSION);
        bytes.extend_from_slice(&key.to_be_bytes());
        let mac = self.mac(secret, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key in a token that was made for just this; none for every other text.
    pub(crate) fn open(&self, secret: &[u8; 32], token: &str) -> Option<i64> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (place, mac) = bytes.split_at_checked(9)?;
        let key: [u8; 8] = place.strip_prefix(&[VERSION])?.try_into().ok()?;
        self.mac(secret, place).verify_slice(mac).ok()?;
        Some(i64::from_be_bytes(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDING: Binding<'_> = Binding { account: 1, collection: 2, list: "objects", object: "", filters: b"f" };

    #[test]
    fn a_token_opens_for_what_it_was_made_for_and_nothing_else() {
        let token = BINDING.seal(&[7; 32], 42);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        assert_eq!(BINDING.open(&[7; 32], &token), Some(42));
        assert_eq!(BINDING.open(&[8; 32], &token), None);
        for other in [
            Binding { account: 2, ..BINDING },
            Binding { collection: 3, ..BINDING },
            Binding { list: "manifest", ..BINDING },
            Binding { object: "x", ..BINDING },
            Binding { filters: b"g", ..BINDING },
        ] {
            assert_eq!(other.open(&[7; 32], &token), None, "{other:?}");
        }
    }

    #[test]
    fn a_changed_token_does_not_open() {
        let token = BINDING.seal(&[7; 32], 42);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(BINDING.open(&[7; 32], std::str::from_utf8(&changed).unwrap()), None, "{at}");
        }
        for text in ["", "AQ", "%", &token[1..], &format!("{token}A")] {
            assert_eq!(BINDING.open(&[7; 32], text), None, "{text}");
        }
    }
}
