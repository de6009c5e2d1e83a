//! `believe`: what a reader knows about parties from elsewhere, and how many liars it allows for.
//!
//! ```json
//! {"format":"monition-believe/1",
//!  "parties":[{"party":"north.example","kid":"<fingerprint of its first statement key>"}],
//!  "minimum_grade":"I2","sponsors":["harbour.example"],"f":0,"f_c":1}
//! ```
//! Every member but `format` may be left out.

use crate::directory::{Directory, Grade};
use crate::keys::{KeyId, KeyUse};
use crate::names::PartyName;
use serde::Deserialize;

/// What a reader pins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Believe {
    format: String,
    /// Fingerprints obtained from the parties themselves.
    #[serde(default)]
    parties: Vec<PinnedParty>,
    /// Parties below this grade are not relied upon.
    #[serde(default)]
    minimum_grade: Option<MinimumGrade>,
    /// If not empty, a name of grade I2 needs one of these among its sponsors.
    #[serde(default)]
    sponsors: Vec<PartyName>,
    /// Lying witnesses allowed for; default ⌊(n−1)/3⌋.
    #[serde(default)]
    f: Option<usize>,
    /// Lying custodians allowed for in each declaration; default q − 1.
    #[serde(default)]
    f_c: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PinnedParty {
    party: PartyName,
    kid: KeyId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum MinimumGrade {
    I0,
    I2,
}

/// Longest believe file.
const BELIEVE_BYTES_MAX: usize = 1024 * 1024;

impl Believe {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > BELIEVE_BYTES_MAX {
            return Err(format!("{} bytes, at most {BELIEVE_BYTES_MAX} are read", bytes.len()));
        }
        let read: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if read.format != "monition-believe/1" {
            return Err(format!("the format is {:?}; this version reads \"monition-believe/1\"", read.format));
        }
        Ok(read)
    }

    /// Lying witnesses allowed for.
    #[must_use]
    pub fn lying_witnesses(&self) -> Option<usize> {
        self.f
    }

    /// Lying custodians allowed for under a declaration with quorum `q`.
    #[must_use]
    pub fn lying_custodians(&self, q: u64) -> u64 {
        self.f_c.unwrap_or(q.saturating_sub(1))
    }

    /// Why a party is not relied upon, if it is not.
    #[must_use]
    pub fn refuses(&self, directory: &Directory, name: &PartyName) -> Option<String> {
        let party = directory.party(name)?;
        if let Some(pin) = self.parties.iter().find(|p| p.party == *name) {
            let first = directory
                .keys_of(name)
                .any(|k| k.key.kid() == pin.kid && k.from == party.enrolled && k.key.key_use == KeyUse::Statement);
            return (!first).then(|| format!("{name} is enrolled with another key than the one that is believed"));
        }
        match &party.grade {
            Grade::Exchange => None,
            Grade::I0 if self.minimum_grade == Some(MinimumGrade::I2) => {
                Some(format!("{name} has grade I0, below the minimum that is believed"))
            }
            Grade::I2 { sponsors }
                if !self.sponsors.is_empty() && !sponsors.iter().any(|s| self.sponsors.contains(s)) =>
            {
                Some(format!("none of the sponsors of {name} is believed"))
            }
            Grade::I0 | Grade::I2 { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_but_the_format_may_be_left_out() {
        let believe = Believe::parse(br#"{"format":"monition-believe/1"}"#).unwrap();
        assert_eq!((believe.lying_witnesses(), believe.lying_custodians(2)), (None, 1));
    }

    #[test]
    fn unknown_members_and_formats_are_refused() {
        for text in [
            r#"{}"#,
            r#"{"format":"monition-believe/2"}"#,
            r#"{"format":"monition-believe/1","f":0,"f":1}"#,
            r#"{"format":"monition-believe/1","trust":1}"#,
            r#"{"format":"monition-believe/1","minimum_grade":"I1"}"#,
        ] {
            assert!(Believe::parse(text.as_bytes()).is_err(), "accepted {text}");
        }
    }
}
