//! Encryption keys shared with a delegate, so that both can open what is sealed to one key.
//!
//! A warning is sealed to one key, the first of the recipient's declaration. A delegate that receives needs that key.
//! Two ways lead there:
//!
//! | way | who can open |
//! |---|---|
//! | the declaration names the delegate's key ([`DeclareOptions::encryption`](crate::DeclareOptions)) | the delegate alone |
//! | [`Desk::share_key`], then [`Desk::accept_key`] at the delegate's desk | both |
//!
//! The file is one age file to the first encryption key of the *delegate's* own declaration; inside, padded:
//!
//! ```text
//! {"format":"monition-shared-key/1","party":"…","secret":"AGE-SECRET-KEY-1…"}
//! ```
//!
//! It is not signed: what a desk accepts is a secret whose public half stands in a declaration of that party. A shared
//! key cannot be taken back. After a delegation ended, declare anew with a fresh key.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::open::decrypt_one;
use crate::randomness::{OsRandomness, Randomness};
use monition_evidence::PartyName;
use monition_evidence::age::{self, Identity, Recipient};
use monition_evidence::framing::pad;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const FORMAT: &str = "monition-shared-key/1";

/// Longest file: a key of 74 characters in the smallest size class, with the age header.
pub const SHARED_KEY_BYTES_MAX: usize = 8_192;

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct SharedKey {
    format: String,
    party: String,
    secret: String,
}

impl Desk {
    /// Seals the encryption key of the own newest declaration to a delegate's declared key.
    ///
    /// # Errors
    /// [`DeskError::NoDeclaration`] of either party, [`DeskError::NoKey`] if the declared key is not this desk's.
    pub async fn share_key(&self, with: &PartyName) -> Result<Vec<u8>, DeskError> {
        let own = self.declaration_in_force(self.party()).await?;
        let theirs = self.declaration_in_force(with).await?;
        let first = |record: &monition_evidence::directory::DeclarationRecord| {
            record.declaration.encryption.first().map(|key| key.recipient.clone()).unwrap_or_default()
        };
        let wanted = first(&own);
        let shared = self.with_identities(|identities| {
            identities.iter().find(|identity| identity.recipient().to_string() == wanted).map(|identity| SharedKey {
                format: FORMAT.to_owned(),
                party: self.party().to_string(),
                secret: (*identity.to_secret_string()).clone(),
            })
        });
        let shared = shared.ok_or_else(|| DeskError::NoKey { slot: format!("encryption ({wanted})") })?;
        let mut plain = Zeroizing::new(Vec::with_capacity(SHARED_KEY_BYTES_MAX));
        serde_json::to_writer(&mut *plain, &shared).map_err(|error| not_possible(error.to_string()))?;
        let recipient = Recipient::parse(&first(&theirs)).map_err(|error| not_possible(error.to_string()))?;
        let padded = Zeroizing::new(pad(&plain));
        Ok(age::seal(&padded, &recipient, &OsRandomness.seal()?))
    }

    /// Takes a key that another party shared; gives whose it is. The key opens what comes to that party; it is never
    /// declared as this party's own.
    ///
    /// # Errors
    /// [`DeskError::NotPossible`] if it is not sealed to this desk, or is no key of a declaration of that party.
    pub async fn accept_key(&self, file: &[u8]) -> Result<PartyName, DeskError> {
        if file.len() > SHARED_KEY_BYTES_MAX {
            return Err(not_possible(format!("a shared key has at most {SHARED_KEY_BYTES_MAX} bytes")));
        }
        let plain = self.with_identities(|identities| decrypt_one(file, identities)).map(Zeroizing::new);
        let plain =
            plain.map_err(|error| not_possible(format!("the file does not open with this desk's keys: {error}")))?;
        // The reader's message may quote the text around the fault, which is secret: only its place is told.
        let place = |error: serde_json::Error| {
            not_possible(format!("no shared key: line {}, column {}", error.line(), error.column()))
        };
        let shared: SharedKey = serde_json::from_slice(&plain).map_err(place)?;
        if shared.format != FORMAT {
            return Err(not_possible("the shared key has a format that this program does not know".to_owned()));
        }
        let party = PartyName::parse(&shared.party)?;
        let identity =
            Identity::parse(&shared.secret).map_err(|_| not_possible("the secret in it cannot be read".to_owned()))?;
        let recipient = identity.recipient().to_string();
        let directory = self.sync_directory().await?;
        let known = directory.party(&party).ok_or_else(|| DeskError::UnknownParty { party: party.clone() })?;
        let declared = known.declarations.iter().flat_map(|record| &record.declaration.encryption);
        if !declared.into_iter().any(|key| key.recipient == recipient) {
            return Err(not_possible(format!("{party} has not declared the key {recipient}")));
        }
        self.with_keys_mut(|keys| keys.accept_identity(identity))?;
        Ok(party)
    }
}

fn not_possible(rule: String) -> DeskError {
    DeskError::NotPossible { rule }
}
