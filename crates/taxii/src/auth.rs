//! Who is calling (§8.2.2, RFC 9110 §11): HTTP Basic, Bearer, a client certificate, or nobody.
//!
//! A password is hashed once; after that a keyed MAC of the credentials, under a key that lives as long as the process,
//! stands for the verdict for a few minutes, or until the account changes. What is looked up is the MAC, so the time of a
//! look-up says nothing about a credential, and memory holds none.
//!
//! Failed logins are counted for each address. While an address has used up its failures, credentials that were verified
//! before still pass from there, and everybody passes from elsewhere: nobody can lock out an account that is not his.

use crate::accounts::{Account, Accounts, password_is};
use crate::error::{self, Refusal};
use crate::limits::{Buckets, network};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Verdicts kept.
const VERIFIED_MAX: usize = 8192;
/// How long a verdict is kept, in milliseconds.
const VERIFIED_MS: u64 = 10 * 60 * 1000;
/// Longest `Authorization` header that is looked at, in bytes.
const HEADER_BYTES_MAX: usize = 4096;
/// Passwords being hashed at the same time: 19 MiB and one processor each.
const HASHING_MAX: usize = 2;

/// RFC 7617 names no padding rule; some clients leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Clone, Copy, Debug)]
struct Verdict {
    account: i64,
    changed: i64,
    until_ms: u64,
}

/// What has been verified, and who failed.
pub(crate) struct Gate {
    key: [u8; 32],
    verified: Mutex<HashMap<[u8; 32], Verdict>>,
    failures: Buckets<IpAddr>,
    hashing: Semaphore,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

/// What a request says about its sender.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    /// The value of `Authorization`, as bytes.
    pub(crate) authorization: Option<&'a [u8]>,
    pub(crate) certificate: Option<&'a [u8; 32]>,
    pub(crate) address: Option<IpAddr>,
}

impl Gate {
    pub(crate) fn new(key: [u8; 32], failures: crate::limits::Rate) -> Self {
        let hashing = Semaphore::new(HASHING_MAX);
        Self { key, verified: Mutex::default(), failures: Buckets::new(failures), hashing }
    }

    /// The account that the request acts as.
    pub(crate) async fn account(
        &self,
        accounts: &Accounts,
        anonymous: Option<&str>,
        caller: Caller<'_>,
        now_ms: u64,
    ) -> Result<Arc<Account>, Refusal> {
        let Some(header) = caller.authorization else {
            let certified = caller.certificate.and_then(|sha256| accounts.of_certificate(sha256));
            let account = certified.or_else(|| accounts.named(anonymous?));
            return account.cloned().ok_or_else(|| unauthenticated("the request has no credentials"));
        };
        let mac = self.mac(header);
        if let Some(account) = self.remembered(&mac, accounts, now_ms) {
            return Ok(account);
        }
        let address = caller.address.map(network);
        if let Some(seconds) = address.and_then(|address| self.failures.look(address, now_ms).err()) {
            return Err(limited(seconds));
        }
        let found = match credentials(header) {
            Some(Credentials::Bearer(token)) => accounts.of_token(token).cloned(),
            Some(Credentials::Basic { name, password }) => self.basic(accounts, &mac, name, password, now_ms).await?,
            None => None,
        };
        let Some(account) = found else {
            if let Some(address) = address {
                let _ = self.failures.take(address, now_ms);
            }
            return Err(unauthenticated("the credentials are not those of an account"));
        };
        Ok(account)
    }

    async fn basic(
        &self,
        accounts: &Accounts,
        mac: &[u8; 32],
        name: String,
        password: String,
        now_ms: u64,
    ) -> Result<Option<Arc<Account>>, Refusal> {
        let busy = |_| Refusal::new(error::OVERLOADED, "the server is ending");
        let permit = self.hashing.acquire().await.map_err(busy)?;
        // Many connections of one client begin together; the first of them has done the work for all.
        if let Some(account) = self.remembered(mac, accounts, now_ms) {
            return Ok(Some(account));
        }
        let account = accounts.named(&name).cloned();
        let check = {
            let account = account.clone();
            tokio::task::spawn_blocking(move || password_is(account.as_deref(), &password))
        };
        let right = check.await.map_err(|_| Refusal::new(error::FAILURE, "the password was not checked"))?;
        let found = account.filter(|_| right);
        if let Some(account) = &found {
            self.remember(*mac, account, now_ms);
        }
        drop(permit);
        Ok(found)
    }

    fn mac(&self, header: &[u8]) -> [u8; 32] {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of every length"),
        };
        mac.update(header);
        mac.finalize().into_bytes().into()
    }

    fn remembered(&self, mac: &[u8; 32], accounts: &Accounts, now_ms: u64) -> Option<Arc<Account>> {
        let verdict = *self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(mac)?;
        let account = accounts.numbered(verdict.account)?;
        (verdict.until_ms > now_ms && verdict.changed == account.changed).then(|| account.clone())
    }

    fn remember(&self, mac: [u8; 32], account: &Account, now_ms: u64) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= VERIFIED_MAX {
            verified.retain(|_, verdict| verdict.until_ms > now_ms);
        }
        // Only who knows a password gets here; so many at once are not expected, and then begin anew.
        if verified.len() >= VERIFIED_MAX {
            verified.clear();
        }
        let verdict = Verdict { account: account.n, changed: account.changed, until_ms: now_ms + VERIFIED_MS };
        verified.insert(mac, verdict);
    }
}

fn unauthenticated(detail: &str) -> Refusal {
    Refusal::new(error::UNAUTHENTICATED, detail)
}

fn limited(seconds: u64) -> Refusal {
    let refusal = Refusal::new(error::RATE_LIMITED, "too many logins from this address failed");
    Refusal { retry_after_seconds: Some(seconds), ..refusal }
}

enum Credentials<'a> {
    Basic { name: String, password: String },
    Bearer(&'a str),
}

fn credentials(header: &[u8]) -> Option<Credentials<'_>> {
    if header.len() > HEADER_BYTES_MAX {
        return None;
    }
    let (scheme, rest) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credentials::Bearer(rest));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(rest).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some(Credentials::Basic { name: name.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_read_in_their_forms_and_no_other() {
        let basic = |text: &str| match credentials(text.as_bytes()) {
            Some(Credentials::Basic { name, password }) => Some((name, password)),
            _ => None,
        };
        let expected = Some(("Aladdin".to_owned(), "open:sesame".to_owned()));
        assert_eq!(basic("Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ=="), expected);
        assert_eq!(basic("bAsIc  QWxhZGRpbjpvcGVuOnNlc2FtZQ"), expected);
        for text in ["", "Basic", "Basic !", "Basic QWxhZGRpbg==", "Basic /////w==", "Digest QWxhZGRpbjpv"] {
            assert_eq!(basic(text), None, "{text}");
        }
        assert!(matches!(credentials(b"Bearer abc"), Some(Credentials::Bearer("abc"))));
        assert!(credentials(&[b'B'; HEADER_BYTES_MAX + 1]).is_none());
    }
}
