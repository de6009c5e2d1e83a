//! The one byte form of a signed statement (RFC 7515 §7.2.1, narrowed; DESIGN §3).
//!
//! ```text
//! {"payload":"<b64url>","signatures":[{"protected":"<b64url>","signature":"<b64url>"},…]}
//! protected = {"alg":"Ed25519","kid":"<43 characters>","typ":"<typ>"}
//! ```
//!
//! No white space, members in this order, no unprotected header, every base64url canonical. What is
//! read is kept and verified as it was received: nothing is ever serialised again to check a signature.
//! *Left to the caller*: which key a `kid` is, whether it may sign this `typ`, and when.

use crate::encoding::{Digest, EncodingError, Layout, from_base64url, sha256, to_base64url};
use crate::keys::{KeyError, KeyId, PublicKey, SecretKey};
use std::fmt;

/// Longest statement. An entry of a tlog-tiles bundle cannot be longer (c2sp.org/tlog-tiles).
pub const STATEMENT_BYTES_MAX: usize = 65_535;

/// Most signatures on one statement: a party's keys and its sponsors.
pub const SIGNATURES_MAX: usize = 16;

/// Longest `typ`.
const TYP_BYTES_MAX: usize = 64;

/// Why bytes are not a statement in the one byte form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Longer than [`STATEMENT_BYTES_MAX`].
    #[error("the statement has {found} bytes, at most {STATEMENT_BYTES_MAX} are allowed")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// Another spelling: white space, another order, another member.
    #[error("the statement is not in the one byte form: expected {expected} at byte {at}")]
    Form {
        /// What should stand there.
        expected: &'static str,
        /// Offset of the first byte that differs.
        at: usize,
    },
    /// A base64url value has a second spelling.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The protected header is not the one spelling of alg, kid and typ.
    #[error("protected header no. {index} is not {{\"alg\":\"Ed25519\",\"kid\":…,\"typ\":…}} in its one spelling")]
    Header {
        /// Position of the signature, from 0.
        index: usize,
    },
    /// Two signatures name two types.
    #[error("the signatures name two types, {first:?} and {other:?}")]
    TwoTypes {
        /// `typ` of the first signature.
        first: String,
        /// The other one.
        other: String,
    },
    /// The same key signs twice.
    #[error("key {kid} signs twice")]
    SameKeyTwice {
        /// The key.
        kid: KeyId,
    },
    /// No signature, or more than [`SIGNATURES_MAX`].
    #[error("{found} signatures; 1 to {SIGNATURES_MAX} are allowed")]
    SignatureCount {
        /// Signatures found.
        found: usize,
    },
}

/// One signature with its protected header.
#[derive(Clone, PartialEq, Eq)]
struct JwsSignature {
    kid: KeyId,
    protected: String,
    signature: [u8; 64],
}

/// A statement's bytes, taken apart. Nothing in it is verified until [`Jws::verify`] has said so.
#[derive(Clone, PartialEq, Eq)]
pub struct Jws {
    bytes: Vec<u8>,
    payload_text: String,
    payload: Vec<u8>,
    typ: String,
    signatures: Vec<JwsSignature>,
}

impl Jws {
    /// Takes the one byte form apart.
    ///
    /// # Errors
    /// [`JwsError`]; every second spelling is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, JwsError> {
        if bytes.len() > STATEMENT_BYTES_MAX {
            return Err(JwsError::TooLong { found: bytes.len() });
        }
        let mut cursor = Cursor { bytes, at: 0 };
        cursor.expect("{\"payload\":\"")?;
        let payload_text = cursor.until_quote()?.to_owned();
        cursor.expect(",\"signatures\":[")?;
        let mut signatures: Vec<JwsSignature> = Vec::new();
        let mut typ: Option<String> = None;
        loop {
            cursor.expect("{\"protected\":\"")?;
            let protected = cursor.until_quote()?.to_owned();
            cursor.expect(",\"signature\":\"")?;
            let signature_text = cursor.until_quote()?;
            cursor.expect("}")?;
            let index = signatures.len();
            if index == SIGNATURES_MAX {
                return Err(JwsError::SignatureCount { found: index + 1 });
            }
            let signature = from_base64url("signature", signature_text)?;
            let found = signature.len();
            let signature: [u8; 64] =
                signature.try_into().map_err(|_| EncodingError::Length { what: "signature", found, needed: 64 })?;
            let (kid, this_typ) = parse_header(&protected, index)?;
            if signatures.iter().any(|s| s.kid == kid) {
                return Err(JwsError::SameKeyTwice { kid });
            }
            match &typ {
                None => typ = Some(this_typ),
                Some(first) if *first != this_typ => {
                    return Err(JwsError::TwoTypes { first: first.clone(), other: this_typ });
                }
                Some(_) => {}
            }
            signatures.push(JwsSignature { kid, protected, signature });
            if !cursor.take_if(b',') {
                break;
            }
        }
        cursor.expect("]}")?;
        if cursor.at != bytes.len() {
            return Err(JwsError::Form { expected: "the end", at: cursor.at });
        }
        let payload = from_base64url("payload", &payload_text)?;
        let typ = typ.ok_or(JwsError::SignatureCount { found: 0 })?;
        Ok(Self { bytes: bytes.to_vec(), payload_text, payload, typ, signatures })
    }

    /// Signs `payload` as a statement of type `typ` with each of `keys`, in order.
    ///
    /// # Errors
    /// [`JwsError::TooLong`], [`JwsError::SignatureCount`] or [`JwsError::SameKeyTwice`].
    pub fn sign(typ: &str, payload: &[u8], keys: &[&SecretKey]) -> Result<Self, JwsError> {
        let payload_text = to_base64url(payload);
        let parts = keys.iter().map(|key| {
            let protected = to_base64url(header_text(&key.public().kid(), typ).as_bytes());
            let signature = key.sign(format!("{protected}.{payload_text}").as_bytes());
            (protected, signature)
        });
        Self::parse(assemble(&payload_text, parts).as_bytes())
    }

    /// The same statement with the signatures of `other` added: how a sponsor joins an enrolment.
    ///
    /// # Errors
    /// As [`Jws::parse`]; [`JwsError::Form`] if the two do not sign the same payload.
    pub fn join(&self, other: &Self) -> Result<Self, JwsError> {
        if other.payload_text != self.payload_text {
            return Err(JwsError::Form { expected: "the same payload", at: 0 });
        }
        let added = other.signatures.iter().filter(|s| !self.signatures.iter().any(|own| own.kid == s.kid));
        let parts = self.signatures.iter().chain(added).map(|s| (s.protected.clone(), s.signature));
        Self::parse(assemble(&self.payload_text, parts).as_bytes())
    }

    /// Checks the signature by `key` over the bytes as received (RFC 7515 §5.2).
    ///
    /// # Errors
    /// [`KeyError::Signature`] if this key did not sign, or its signature does not fit.
    pub fn verify(&self, key: &PublicKey) -> Result<(), KeyError> {
        let kid = key.kid();
        let found = self.signatures.iter().find(|s| s.kid == kid).ok_or(KeyError::Signature { kid })?;
        let mut message = Vec::with_capacity(found.protected.len() + 1 + self.payload_text.len());
        message.extend_from_slice(found.protected.as_bytes());
        message.push(b'.');
        message.extend_from_slice(self.payload_text.as_bytes());
        key.verify(&message, &found.signature)
    }

    /// The bytes as received.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The decoded payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The type that every signature names.
    #[must_use]
    pub fn typ(&self) -> &str {
        &self.typ
    }

    /// The keys that claim to have signed, in order.
    pub fn kids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.signatures.iter().map(|s| s.kid)
    }

    /// Identity: SHA-256("monition/statement/v1\n" ‖ len-prefixed typ ‖ len-prefixed payload). Replay and
    /// equivocation compare it; signature bytes have no part in it, for a signer can make many.
    #[must_use]
    pub fn identity(&self) -> Digest {
        Layout::new("monition/statement/v1\n").field(self.typ.as_bytes()).field(&self.payload).digest()
    }

    /// SHA-256 of the full bytes: what other statements name when they mean this very record.
    #[must_use]
    pub fn digest(&self) -> Digest {
        sha256(&self.bytes)
    }

    /// The log entry: SHA-256("monition/leaf/v1\n" ‖ len-prefixed log origin ‖ full statement bytes).
    #[must_use]
    pub fn leaf(&self, log_origin: &str) -> Digest {
        leaf_of_bytes(log_origin, &self.bytes)
    }
}

/// [`Jws::leaf`] of statement bytes that are not taken apart.
#[must_use]
pub fn leaf_of_bytes(log_origin: &str, statement: &[u8]) -> Digest {
    Layout::new("monition/leaf/v1\n").field(log_origin.as_bytes()).fixed(statement).digest()
}

impl fmt::Debug for Jws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jws({} {})", self.typ, self.digest())
    }
}

fn header_text(kid: &KeyId, typ: &str) -> String {
    format!("{{\"alg\":\"Ed25519\",\"kid\":\"{kid}\",\"typ\":\"{typ}\"}}")
}

fn assemble(payload_text: &str, parts: impl Iterator<Item = (String, [u8; 64])>) -> String {
    let signatures: Vec<String> = parts
        .map(|(protected, signature)| {
            format!("{{\"protected\":\"{protected}\",\"signature\":\"{}\"}}", to_base64url(&signature))
        })
        .collect();
    format!("{{\"payload\":\"{payload_text}\",\"signatures\":[{}]}}", signatures.join(","))
}

fn parse_header(protected: &str, index: usize) -> Result<(KeyId, String), JwsError> {
    let wrong = || JwsError::Header { index };
    let bytes = from_base64url("protected header", protected)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
    let rest = text.strip_prefix("{\"alg\":\"Ed25519\",\"kid\":\"").ok_or_else(wrong)?;
    let (kid, rest) = rest.split_once("\",\"typ\":\"").ok_or_else(wrong)?;
    let typ = rest.strip_suffix("\"}").ok_or_else(wrong)?;
    let typ_ok = (1..=TYP_BYTES_MAX).contains(&typ.len())
        && typ.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-+.".contains(&b));
    if !typ_ok {
        return Err(wrong());
    }
    Ok((KeyId(Digest::parse(kid)?), typ.to_owned()))
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn expect(&mut self, text: &'static str) -> Result<(), JwsError> {
        if self.bytes[self.at..].starts_with(text.as_bytes()) {
            self.at += text.len();
            Ok(())
        } else {
            Err(JwsError::Form { expected: text, at: self.at })
        }
    }

    /// Text up to the next quote, which is consumed too. Base64url has no escapes, so the first quote ends it.
    fn until_quote(&mut self) -> Result<&'a str, JwsError> {
        let form = JwsError::Form { expected: "base64url and a quote", at: self.at };
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&b| b == b'"').ok_or_else(|| form.clone())?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| form)
    }

    fn take_if(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Jws {
        Jws::sign("monition-test-v1", b"{}", &[&SecretKey::from_seed(&[1; 32])]).unwrap()
    }

    #[test]
    fn the_byte_form_is_literal() {
        let text = String::from_utf8(statement().as_bytes().to_vec()).unwrap();
        // payload = base64url("{}")
        assert!(
            text.starts_with("{\"payload\":\"e30\",\"signatures\":[{\"protected\":\"eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoi")
        );
        assert!(text.ends_with("\"}]}"));
    }

    #[test]
    fn every_second_spelling_is_refused() {
        let good = String::from_utf8(statement().as_bytes().to_vec()).unwrap();
        let variants = [
            good.replace("\",\"signatures\"", "\", \"signatures\""),
            format!("{good}\n"),
            format!(" {good}"),
            good.replace("\"e30\"", "\"e30=\""),
            good.replace("\"e30\"", "\"e31\""),
            good.replace("]}", "],\"header\":{}}"),
            good.replace("{\"payload\":\"e30\",", "{\"payload\":\"e30\",\"payload\":\"e30\","),
            "{\"payload\":\"e30\",\"signatures\":[]}".to_owned(),
        ];
        for text in variants {
            assert!(Jws::parse(text.as_bytes()).is_err(), "accepted {text}");
        }
    }

    #[test]
    fn a_signature_by_another_key_does_not_count() {
        let jws = statement();
        assert!(jws.verify(&SecretKey::from_seed(&[1; 32]).public()).is_ok());
        assert!(jws.verify(&SecretKey::from_seed(&[2; 32]).public()).is_err());
    }

    #[test]
    fn identity_ignores_signatures_and_digest_does_not() {
        let one = statement();
        let other = Jws::sign("monition-test-v1", b"{}", &[&SecretKey::from_seed(&[2; 32])]).unwrap();
        assert_eq!(one.identity(), other.identity());
        assert_ne!(one.digest(), other.digest());
        let both = one.join(&other).unwrap();
        assert_eq!(both.kids().count(), 2);
        assert!(both.verify(&SecretKey::from_seed(&[2; 32]).public()).is_ok());
    }

    #[test]
    fn the_type_is_part_of_the_identity() {
        let key = SecretKey::from_seed(&[1; 32]);
        let one = Jws::sign("monition-a-v1", b"{}", &[&key]).unwrap();
        let other = Jws::sign("monition-b-v1", b"{}", &[&key]).unwrap();
        assert_ne!(one.identity(), other.identity());
    }

    #[test]
    fn a_key_signs_once() {
        let key = SecretKey::from_seed(&[1; 32]);
        assert!(matches!(Jws::sign("t", b"{}", &[&key, &key]), Err(JwsError::SameKeyTwice { .. })));
    }
}
