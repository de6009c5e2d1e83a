//! Signed requests: one fixed profile of HTTP Message Signatures (RFC 9421, RFC 9530).
//!
//! Reads of a mailbox and whatever else carries no signed statement are signed by a key of the party. One set of
//! covered components, one order, one spelling:
//!
//! ```text
//! content-digest: sha-256=:<base64>:
//! monition-audience: <party that is asked>
//! signature-input: m=("@method" "@path" "content-digest" "monition-audience");created=<s>;keyid="<kid>";alg="ed25519";tag="monition-request-v1"
//! signature: m=:<base64>:
//! ```
//!
//! The audience keeps a custodian from replaying a request at another; `created` bounds replay at the same one, where
//! all signed requests are reads or idempotent. *Left to the caller*: whose key it is, the clock, and that requests have no query.

use crate::encoding::{Digest, sha256};
use crate::keys::{KeyError, KeyId, PublicKey, SecretKey};
use crate::names::PartyName;
use crate::values::UnixSeconds;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How far `created` may lie from the server's clock, in seconds, either way.
pub const CLOCK_SKEW_SECONDS_MAX: u64 = 60;

/// Names of the four header fields, in the order of [`RequestSignature::headers`].
pub const HEADERS: [&str; 4] = ["content-digest", "monition-audience", "signature-input", "signature"];

const COMPONENTS: &str = "(\"@method\" \"@path\" \"content-digest\" \"monition-audience\")";

/// Why a request's signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestSignatureError {
    /// A field is missing or not in its one spelling.
    #[error("header field {field} is missing or not in the form of the profile")]
    Field {
        /// The field.
        field: &'static str,
    },
    /// The body is not the one that was signed.
    #[error("content-digest does not fit the body")]
    Body,
    /// Meant for another party.
    #[error("the request is meant for {found}, not for {here}")]
    Audience {
        /// As found.
        found: String,
        /// This party.
        here: PartyName,
    },
    /// Too old, or from the future.
    #[error("the request was signed at {created}, more than {CLOCK_SKEW_SECONDS_MAX} s away from {now}")]
    Created {
        /// As found.
        created: UnixSeconds,
        /// The server's clock.
        now: UnixSeconds,
    },
    /// The signature does not fit.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The header fields of a signed request, taken apart; *not* verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSignature {
    digest: Digest,
    audience: String,
    created: UnixSeconds,
    kid: KeyId,
    signature: [u8; 64],
}

impl RequestSignature {
    /// Signs a request.
    #[must_use]
    pub fn sign(
        method: &str,
        path: &str,
        body: &[u8],
        audience: &PartyName,
        created: UnixSeconds,
        key: &SecretKey,
    ) -> Self {
        let mut unsigned = Self {
            digest: sha256(body),
            audience: audience.as_str().to_owned(),
            created,
            kid: key.public().kid(),
            signature: [0; 64],
        };
        unsigned.signature = key.sign(unsigned.base(method, path).as_bytes());
        unsigned
    }

    /// Reads the header fields; `field` looks one up by its lower-case name.
    ///
    /// # Errors
    /// [`RequestSignatureError::Field`].
    pub fn parse<'a>(field: impl Fn(&'static str) -> Option<&'a str>) -> Result<Self, RequestSignatureError> {
        let get = |name| field(name).ok_or(RequestSignatureError::Field { field: name });
        let wrong = |field| RequestSignatureError::Field { field };
        let digest = get("content-digest")?;
        let digest = digest.strip_prefix("sha-256=:").and_then(|t| t.strip_suffix(':')).and_then(decode::<32>);
        let digest = Digest::from_bytes(digest.ok_or(wrong("content-digest"))?);
        let audience = get("monition-audience")?.to_owned();
        let input = get("signature-input")?;
        let (created, kid) = parse_input(input).ok_or(wrong("signature-input"))?;
        let signature = get("signature")?;
        let signature = signature.strip_prefix("m=:").and_then(|t| t.strip_suffix(':')).and_then(decode::<64>);
        Ok(Self { digest, audience, created, kid, signature: signature.ok_or(wrong("signature"))? })
    }

    /// The key that claims to have signed.
    #[must_use]
    pub fn kid(&self) -> KeyId {
        self.kid
    }

    /// Checks everything that was signed against the request as it arrived.
    ///
    /// # Errors
    /// [`RequestSignatureError`].
    pub fn verify(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        here: &PartyName,
        now: UnixSeconds,
        key: &PublicKey,
    ) -> Result<(), RequestSignatureError> {
        self.verify_without_body(method, path, here, now, key)?;
        if self.digest == sha256(body) { Ok(()) } else { Err(RequestSignatureError::Body) }
    }

    /// As [`Self::verify`], before the body is there: a server that takes large bodies asks first who sends one. The body
    /// must still be checked once it has been read.
    ///
    /// # Errors
    /// [`RequestSignatureError`], but never [`RequestSignatureError::Body`].
    pub fn verify_without_body(
        &self,
        method: &str,
        path: &str,
        here: &PartyName,
        now: UnixSeconds,
        key: &PublicKey,
    ) -> Result<(), RequestSignatureError> {
        if self.audience != here.as_str() {
            return Err(RequestSignatureError::Audience { found: self.audience.clone(), here: here.clone() });
        }
        if self.created.value().abs_diff(now.value()) > CLOCK_SKEW_SECONDS_MAX {
            return Err(RequestSignatureError::Created { created: self.created, now });
        }
        Ok(key.verify(self.base(method, path).as_bytes(), &self.signature)?)
    }

    /// Name and value of each header field.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 4] {
        let values = [
            self.content_digest(),
            self.audience.clone(),
            format!("m={}", self.params()),
            format!("m=:{}:", STANDARD.encode(self.signature)),
        ];
        let mut values = values.into_iter();
        HEADERS.map(|name| (name, values.next().unwrap_or_default()))
    }

    fn content_digest(&self) -> String {
        format!("sha-256=:{}:", STANDARD.encode(self.digest.as_bytes()))
    }

    fn params(&self) -> String {
        let (created, kid) = (self.created.value(), self.kid);
        format!("{COMPONENTS};created={created};keyid=\"{kid}\";alg=\"ed25519\";tag=\"monition-request-v1\"")
    }

    /// The signature base (RFC 9421 §2.5).
    fn base(&self, method: &str, path: &str) -> String {
        format!(
            "\"@method\": {method}\n\"@path\": {path}\n\"content-digest\": {}\n\"monition-audience\": {}\n\"@signature-params\": {}",
            self.content_digest(),
            self.audience,
            self.params()
        )
    }
}

fn parse_input(text: &str) -> Option<(UnixSeconds, KeyId)> {
    let rest = text.strip_prefix("m=")?.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
    let (created, rest) = rest.split_once(";keyid=\"")?;
    let kid = rest.strip_suffix("\";alg=\"ed25519\";tag=\"monition-request-v1\"")?;
    let seconds: u64 = created.parse().ok()?;
    let canonical = seconds.to_string() == created && seconds <= UnixSeconds::MAX.value();
    canonical.then_some((UnixSeconds::new(seconds), KeyId(Digest::parse(kid).ok()?)))
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> PartyName {
        PartyName::parse("harbour.example").unwrap()
    }

    fn signed(body: &[u8]) -> (SecretKey, RequestSignature) {
        let key = SecretKey::from_seed(&[3; 32]);
        let signature = RequestSignature::sign("POST", "/v1/poll", body, &here(), UnixSeconds::new(1_000), &key);
        (key, signature)
    }

    #[test]
    fn headers_read_back_and_verify() {
        let (key, signature) = signed(b"{}");
        let headers = signature.headers();
        let read = RequestSignature::parse(|name| headers.iter().find(|h| h.0 == name).map(|h| h.1.as_str())).unwrap();
        assert_eq!(read, signature);
        read.verify("POST", "/v1/poll", b"{}", &here(), UnixSeconds::new(1_060), &key.public()).unwrap();
    }

    #[test]
    fn nothing_that_was_signed_can_change() {
        let (key, s) = signed(b"{}");
        let (now, public) = (UnixSeconds::new(1_000), key.public());
        let other = PartyName::parse("lantern.example").unwrap();
        assert!(s.verify("GET", "/v1/poll", b"{}", &here(), now, &public).is_err());
        assert!(s.verify("POST", "/v1/fetch", b"{}", &here(), now, &public).is_err());
        assert!(s.verify("POST", "/v1/poll", b"{ }", &here(), now, &public).is_err());
        assert!(s.verify("POST", "/v1/poll", b"{}", &other, now, &public).is_err());
        assert!(s.verify("POST", "/v1/poll", b"{}", &here(), UnixSeconds::new(1_061), &public).is_err());
        assert!(s.verify("POST", "/v1/poll", b"{}", &here(), now, &SecretKey::from_seed(&[4; 32]).public()).is_err());
    }

    #[test]
    fn who_asks_is_known_before_the_body_is_read() {
        let (key, s) = signed(b"{}");
        let (now, stranger) = (UnixSeconds::new(1_000), SecretKey::from_seed(&[4; 32]));
        assert!(s.verify_without_body("POST", "/v1/poll", &here(), now, &key.public()).is_ok());
        assert!(s.verify_without_body("POST", "/v1/poll", &here(), now, &stranger.public()).is_err());
        assert!(s.verify_without_body("POST", "/v1/fetch", &here(), now, &key.public()).is_err());
    }

    #[test]
    fn the_signature_base_is_literal() {
        let (_, s) = signed(b"{}");
        let base = s.base("POST", "/v1/poll");
        assert!(base.starts_with(concat!(
            "\"@method\": POST\n\"@path\": /v1/poll\n",
            "\"content-digest\": sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:\n",
            "\"monition-audience\": harbour.example\n",
            "\"@signature-params\": (\"@method\" \"@path\" \"content-digest\" \"monition-audience\");created=1000;keyid=\"",
        )));
    }
}
