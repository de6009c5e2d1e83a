//! Randomness as an argument: the operating system's at the edge, counted bytes in tests.

use crate::error::DeskError;
use monition_evidence::age::SealRandomness;
use zeroize::Zeroizing;

/// Where random bytes come from.
pub trait Randomness {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`DeskError::Randomness`]: then nothing is signed or sealed.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), DeskError>;

    /// An array of random bytes.
    ///
    /// # Errors
    /// As [`Randomness::fill`].
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DeskError>
    where
        Self: Sized,
    {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// All randomness of one sealed file.
    ///
    /// # Errors
    /// As [`Randomness::fill`].
    fn seal(&mut self) -> Result<SealRandomness, DeskError>
    where
        Self: Sized,
    {
        Ok(SealRandomness { file_key: self.array()?, seed: self.array()?, nonce: self.array()? })
    }

    /// A secret seed, wiped when dropped.
    ///
    /// # Errors
    /// As [`Randomness::fill`].
    fn secret_seed(&mut self) -> Result<Zeroizing<[u8; 32]>, DeskError>
    where
        Self: Sized,
    {
        let mut seed = Zeroizing::new([0; 32]);
        self.fill(&mut *seed)?;
        Ok(seed)
    }
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandomness;

impl Randomness for OsRandomness {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), DeskError> {
        getrandom::fill(bytes).map_err(|error| DeskError::Randomness { detail: error.to_string() })
    }
}

/// Numbers that anybody can repeat: for tests alone, never for a desk.
#[cfg(test)]
pub(crate) struct Counted(pub(crate) u64);

#[cfg(test)]
impl Randomness for Counted {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), DeskError> {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            let block = monition_evidence::encoding::sha256(&self.0.to_be_bytes());
            chunk.copy_from_slice(&block.as_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}
