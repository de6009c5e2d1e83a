//! The age file format, v1 (<https://c2sp.org/age>, tag age/v1.1.0), cut down to what a sealed body is (`DESIGN.md` §4).
//!
//! ```text
//! age-encryption.org/v1 LF
//! -> X25519 SP base64(ephemeral share, 32 B) LF         exactly one; stanzas named "…-grease" may stand beside it
//! base64(file key, encrypted: 16 B + 16 B tag) LF
//! --- SP base64(HMAC-SHA256 of all above, "---" included) LF
//! nonce (16 B), then chunks of 64 KiB + 16 B tag        ChaCha20-Poly1305, counter and last-chunk flag in the nonce
//! ```
//! In scope: sealing from given randomness, opening with an identity or a revealed file key, and re-creating the stanza
//! from its recorded seed. The header MAC commits to the file key: one file opens under no two of them.
//!
//! Left to the caller: fresh randomness for each file, padding, who owns a recipient, and the sizes it can take.
//! Refused: armor, passphrases, plugins, several recipients, and every second spelling of a byte. What `base64(…)`
//! encodes has no padding and breaks after each 64 characters; its last line is shorter, and empty if need be.

mod header;
mod keys;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit, Nonce, Tag};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::Zeroizing;

pub use self::header::Stanza;
use self::header::{Lines, canonical_32};
pub use self::keys::{EncapsulationSeed, FileKey, Identity, Recipient, SealRandomness};

/// The one stanza type accepted now. A second (`mlkem768x25519`) goes beside it, never into the same file.
pub const STANZA_X25519: &str = "X25519";
/// Stanza types with this ending are ignored: rage adds one to each file so that readers keep ignoring what they do not
/// know. age.md would have every unknown type ignored; ours is stricter, so that nobody else can read along.
pub const GREASE_SUFFIX: &str = "-grease";
/// Largest header, in bytes. Ours has 168, grease of stock `age` adds some 200, a post-quantum stanza 1,600.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;

const VERSION_LINE: &[u8] = b"age-encryption.org/v1\n";
const CHUNK_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 16;

/// Why bytes were not taken as a sealed body, or a string not as a key. Names no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgeError {
    /// The first line is not age's.
    #[error("not an age file: it does not begin with \"age-encryption.org/v1\"")]
    NotAge,
    /// An age file of another version.
    #[error("age file of unknown version {found:?}; this program knows \"v1\"")]
    Version {
        /// What stands after `age-encryption.org/`, at most 32 bytes of it.
        found: String,
    },
    /// The text form.
    #[error("armored age file: sealed bodies are binary")]
    ArmorNotSupported,
    /// A header line that age.md does not allow.
    #[error("line {line} of the age header: {problem}")]
    Header {
        /// Line number, from 1; of a stanza as a whole, its last line.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A header longer than [`HEADER_BYTES_MAX`].
    #[error("the age header is longer than {limit} bytes")]
    HeaderTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A recipient stanza of a type that bodies do not use (`scrypt`, `ssh-ed25519`, a plugin's …).
    #[error("age stanza of type {found:?}: a body is sealed with one \"X25519\" stanza and nothing else")]
    Stanza {
        /// The type found, at most 64 characters of it.
        found: String,
    },
    /// None, or several, where exactly one must be: nobody may read along.
    #[error("{found} recipient stanzas, there must be exactly 1")]
    StanzaCount {
        /// Number of stanzas that are not grease; 2 stands for "at least 2".
        found: usize,
    },
    /// The file ends before its header, its nonce or its last tag does; after a full chunk, 1 to 15 added bytes look alike.
    #[error("the age file is cut short, or a few bytes were added to it")]
    Truncated,
    /// More plaintext than the caller takes.
    #[error("{found} bytes of plaintext, the limit is {limit}")]
    TooLarge {
        /// Plaintext length in bytes, as the file's size implies it.
        found: usize,
        /// The caller's limit in bytes.
        limit: usize,
    },
    /// The stanza does not open: sealed to another key, or changed.
    #[error("not sealed to this identity (or its stanza was changed)")]
    WrongIdentity,
    /// The ephemeral share is a low-order point: anyone could have computed the shared secret.
    #[error("the stanza's share is a low-order point: the shared secret would be zero")]
    LowOrderShare,
    /// The header does not authenticate under the file key.
    #[error("the header MAC is wrong: not the key of this file, or its header was changed")]
    HeaderMac,
    /// A chunk does not authenticate.
    #[error("chunk {chunk} of the payload is not authentic: the file was changed, shortened or extended")]
    Payload {
        /// Chunk number, from 0.
        chunk: u64,
    },
    /// An empty last chunk after full ones: a second spelling of the same plaintext.
    #[error("the last chunk of the payload is empty")]
    EmptyLastChunk,
    /// Not an `age1…` string, or not a usable public key. The text is left out: people paste secret keys here.
    #[error("not an age X25519 recipient: {problem}")]
    Recipient {
        /// What is wrong.
        problem: &'static str,
    },
    /// Not an `AGE-SECRET-KEY-1…` string. The text is left out: it is secret.
    #[error("not an age X25519 identity: {problem}")]
    Identity {
        /// What is wrong.
        problem: &'static str,
    },
}

/// A file whose header is well-formed and whose payload has a possible length. Nothing is authenticated yet.
#[derive(Debug, Clone)]
pub struct Parsed<'a> {
    stanza: Stanza<'a>,
    share: [u8; 32],
    wrapped: [u8; 32],
    stanza_text: &'a [u8],
    mac_input: &'a [u8],
    mac: [u8; 32],
    nonce: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Parsed<'a> {
    /// Reads the header; decrypts nothing.
    ///
    /// # Errors
    /// Whatever makes the bytes no sealed body, whoever holds the key.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AgeError> {
        let mut header = Lines::after_version_line(bytes)?;
        let mut found = None;
        let (mac_input, mac) = loop {
            let start = header.position();
            let line = header.next()?;
            if let Some(mac) = line.strip_prefix(b"--- ") {
                let mac = canonical_32(mac).ok_or(header.error("the MAC is not 43 canonical base64 characters"))?;
                break (&bytes[..start + b"---".len()], mac);
            }
            let stanza = header.stanza(line)?;
            match stanza.kind {
                STANZA_X25519 if found.is_some() => return Err(AgeError::StanzaCount { found: 2 }),
                STANZA_X25519 => {
                    let (share, wrapped) = x25519_parts(&stanza).map_err(|problem| header.error(problem))?;
                    found = Some((stanza, share, wrapped, &bytes[start..header.position()]));
                }
                grease if grease.ends_with(GREASE_SUFFIX) => {}
                other => return Err(AgeError::Stanza { found: other.chars().take(64).collect() }),
            }
        };
        let (stanza, share, wrapped, stanza_text) = found.ok_or(AgeError::StanzaCount { found: 0 })?;
        let (nonce, payload) = bytes[header.position()..].split_at_checked(NONCE_BYTES).ok_or(AgeError::Truncated)?;
        match payload.len() % (CHUNK_BYTES + TAG_BYTES) {
            TAG_BYTES if payload.len() > TAG_BYTES => return Err(AgeError::EmptyLastChunk),
            0 if !payload.is_empty() => {}
            last if last < TAG_BYTES => return Err(AgeError::Truncated),
            _ => {}
        }
        Ok(Self { stanza, share, wrapped, stanza_text, mac_input, mac, nonce, payload })
    }

    /// The one stanza that is not grease.
    pub fn stanza(&self) -> &Stanza<'a> {
        &self.stanza
    }

    /// Length of the plaintext in bytes, if the payload is authentic.
    pub fn plaintext_len(&self) -> usize {
        self.payload.len() - TAG_BYTES * self.payload.len().div_ceil(CHUNK_BYTES + TAG_BYTES)
    }

    fn unwrap(&self, identity: &Identity) -> Result<FileKey, AgeError> {
        let shared = identity.agree(&self.share).ok_or(AgeError::LowOrderShare)?;
        let cipher = wrap_cipher(&shared, &self.share, &identity.recipient());
        let (body, tag) = self.wrapped.split_at(self.wrapped.len() - TAG_BYTES);
        let mut key = Zeroizing::new([0; 16]);
        key.copy_from_slice(body);
        decrypt_in_place(&cipher, &Nonce::default(), &mut key[..], tag).map_err(|_| AgeError::WrongIdentity)?;
        Ok(FileKey::from_bytes(*key))
    }

    fn mac_is_of(&self, file_key: &FileKey) -> bool {
        header_mac(file_key, self.mac_input).ct_eq(&self.mac).into()
    }

    fn decrypt(&self, file_key: &FileKey) -> Result<Zeroizing<Vec<u8>>, AgeError> {
        if !self.mac_is_of(file_key) {
            return Err(AgeError::HeaderMac);
        }
        let cipher = payload_cipher(file_key, self.nonce);
        let mut plaintext = Zeroizing::new(Vec::with_capacity(self.plaintext_len()));
        let mut chunks = self.payload.chunks(CHUNK_BYTES + TAG_BYTES).zip(0_u64..).peekable();
        while let Some((sealed, chunk)) = chunks.next() {
            // `parse` saw that each chunk, the last included, has room for its tag.
            let (body, tag) = sealed.split_at(sealed.len() - TAG_BYTES);
            let start = plaintext.len();
            plaintext.extend_from_slice(body);
            let nonce = chunk_nonce(chunk, chunks.peek().is_none());
            decrypt_in_place(&cipher, &nonce, &mut plaintext[start..], tag).map_err(|_| AgeError::Payload { chunk })?;
        }
        Ok(plaintext)
    }

    fn at_most(self, plaintext_max: usize) -> Result<Self, AgeError> {
        match self.plaintext_len() {
            found if found > plaintext_max => Err(AgeError::TooLarge { found, limit: plaintext_max }),
            _ => Ok(self),
        }
    }
}

/// Seals `plaintext` to exactly one recipient, without grease. Deterministic: the same arguments give the same bytes.
pub fn seal(plaintext: &[u8], recipient: &Recipient, randomness: &SealRandomness) -> Vec<u8> {
    let file_key = FileKey::from_bytes(randomness.file_key);
    let seed = EncapsulationSeed::from_bytes(randomness.seed);
    let tags = TAG_BYTES * plaintext.len().div_ceil(CHUNK_BYTES).max(1);
    let mut out = Vec::with_capacity(256 + plaintext.len() + tags);
    out.extend_from_slice(VERSION_LINE);
    out.extend_from_slice(stanza_text(recipient, &file_key, &seed).as_bytes());
    out.extend_from_slice(b"---");
    let mac = STANDARD_NO_PAD.encode(header_mac(&file_key, &out));
    out.extend_from_slice(format!(" {mac}\n").as_bytes());
    out.extend_from_slice(&randomness.nonce);

    let cipher = payload_cipher(&file_key, &randomness.nonce);
    let (full, last) = match plaintext.len() {
        0 => (plaintext, plaintext),
        length => plaintext.split_at((length - 1) / CHUNK_BYTES * CHUNK_BYTES),
    };
    let mut count = 0;
    for chunk in full.chunks(CHUNK_BYTES) {
        encrypt_append(&cipher, &chunk_nonce(count, false), chunk, &mut out);
        count += 1;
    }
    encrypt_append(&cipher, &chunk_nonce(count, true), last, &mut out);
    out
}

/// Opens a file as its recipient. All of it is authentic, or nothing is returned: each changed bit is an error, in
/// an ignored grease stanza too, since the header MAC covers it.
///
/// # Errors
/// All of [`Parsed::parse`], [`AgeError::TooLarge`] (`plaintext_max`, in bytes) before any decryption,
/// [`AgeError::WrongIdentity`], [`AgeError::LowOrderShare`], [`AgeError::HeaderMac`], [`AgeError::Payload`].
pub fn open(bytes: &[u8], identity: &Identity, plaintext_max: usize) -> Result<Zeroizing<Vec<u8>>, AgeError> {
    let parsed = Parsed::parse(bytes)?.at_most(plaintext_max)?;
    parsed.decrypt(&parsed.unwrap(identity)?)
}

/// Opens a file with its revealed key. Says nothing about whose stanza it carries: see [`stanza_is_for`].
///
/// # Errors
/// As [`open`], without the two that concern the identity.
pub fn open_with_file_key(bytes: &[u8], file_key: &FileKey, plaintext_max: usize) -> Result<Vec<u8>, AgeError> {
    let mut plaintext = Parsed::parse(bytes)?.at_most(plaintext_max)?.decrypt(file_key)?;
    Ok(std::mem::take(&mut *plaintext))
}

/// The key of a file, for revealing it. Its header MAC is checked, its payload is not.
///
/// # Errors
/// As [`open`], save [`AgeError::TooLarge`] and [`AgeError::Payload`].
pub fn unwrap_file_key(bytes: &[u8], identity: &Identity) -> Result<FileKey, AgeError> {
    let parsed = Parsed::parse(bytes)?;
    let file_key = parsed.unwrap(identity)?;
    if parsed.mac_is_of(&file_key) { Ok(file_key) } else { Err(AgeError::HeaderMac) }
}

/// True iff the file's stanza is, byte for byte, what sealing `file_key` to `recipient` with `seed` gives, and the
/// header authenticates under `file_key`. Then whoever holds the identity gets what [`open_with_file_key`] gets.
/// Without the header's half a sender could show B's genuine stanza in a file that B's software refuses.
///
/// # Errors
/// Those of [`Parsed::parse`].
pub fn stanza_is_for(
    bytes: &[u8],
    recipient: &Recipient,
    file_key: &FileKey,
    seed: &EncapsulationSeed,
) -> Result<bool, AgeError> {
    let parsed = Parsed::parse(bytes)?;
    Ok(stanza_text(recipient, file_key, seed).as_bytes() == parsed.stanza_text && parsed.mac_is_of(file_key))
}

/// The share and the wrapped file key of an X25519 stanza, lengths checked before decrypting, as age.md asks: a longer
/// body is a partitioning oracle.
fn x25519_parts(stanza: &Stanza<'_>) -> Result<([u8; 32], [u8; 32]), &'static str> {
    let [share] = stanza.args[..] else { return Err("an X25519 stanza has one argument") };
    let share = canonical_32(share.as_bytes()).ok_or("the X25519 share is not 43 canonical base64 characters")?;
    let wrapped = stanza.body[..].try_into().map_err(|_| "the body of an X25519 stanza has 32 bytes")?;
    Ok((share, wrapped))
}

/// What [`seal`] writes between the version line and the MAC line.
fn stanza_text(recipient: &Recipient, file_key: &FileKey, seed: &EncapsulationSeed) -> String {
    // Recipient and file key are bound in: a seed used twice by mistake still gives another share, and so never the same
    // wrapping key and nonce for two file keys.
    let info = [&b"monition.age/ephemeral/v1"[..], recipient.as_bytes(), file_key.as_bytes()].concat();
    let ephemeral = StaticSecret::from(*hkdf(None, seed.as_bytes(), &info));
    let share = PublicKey::from(&ephemeral).to_bytes();
    // Never zero: `Recipient` holds no low-order point.
    let shared = ephemeral.diffie_hellman(&PublicKey::from(*recipient.as_bytes()));
    let mut wrapped = Vec::with_capacity(32);
    encrypt_append(&wrap_cipher(&shared, &share, recipient), &Nonce::default(), file_key.as_bytes(), &mut wrapped);
    format!("-> {STANZA_X25519} {}\n{}\n", STANDARD_NO_PAD.encode(share), STANDARD_NO_PAD.encode(wrapped))
}

fn wrap_cipher(shared: &SharedSecret, share: &[u8; 32], recipient: &Recipient) -> ChaCha20Poly1305 {
    let salt = [*share, *recipient.as_bytes()].concat();
    cipher(&hkdf(Some(&salt), shared.as_bytes(), b"age-encryption.org/v1/X25519"))
}

fn payload_cipher(file_key: &FileKey, nonce: &[u8]) -> ChaCha20Poly1305 {
    cipher(&hkdf(Some(nonce), file_key.as_bytes(), b"payload"))
}

fn header_mac(file_key: &FileKey, header: &[u8]) -> [u8; 32] {
    let key = hkdf(None, file_key.as_bytes(), b"header");
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key[..]).expect("HMAC takes keys of every length");
    mac.chain_update(header).finalize().into_bytes().into()
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.into())
}

fn hkdf(salt: Option<&[u8]>, key: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(salt, key).expand(info, &mut out[..]).expect("32 bytes are within HKDF's 8,160");
    out
}

/// 11 bytes of counter, big endian, then the flag that ends the stream (STREAM).
fn chunk_nonce(counter: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&counter.to_be_bytes());
    nonce[11] = last.into();
    nonce.into()
}

fn encrypt_append(cipher: &ChaCha20Poly1305, nonce: &Nonce, plaintext: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(plaintext);
    let tag = cipher
        .encrypt_inout_detached(nonce, b"", (&mut out[start..]).into())
        .expect("64 KiB are within ChaCha20-Poly1305's 256 GiB");
    out.extend_from_slice(&tag);
}

fn decrypt_in_place(
    cipher: &ChaCha20Poly1305,
    nonce: &Nonce,
    buffer: &mut [u8],
    tag: &[u8],
) -> Result<(), chacha20poly1305::Error> {
    let tag = Tag::try_from(tag).map_err(|_| chacha20poly1305::Error)?;
    cipher.decrypt_inout_detached(nonce, b"", buffer.into(), &tag)
}

#[cfg(test)]
mod tests;
