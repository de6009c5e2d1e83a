//! The source of every choice: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). Not for keys.

use std::fmt::Write as _;

pub(super) struct Rng(u64);

impl Rng {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`. The bias of the remainder does not matter here.
    pub(super) const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let at = usize::try_from(self.below(list.len() as u64)).unwrap_or(0);
        list[at]
    }

    /// `2 × bytes` hexadecimal digits.
    pub(super) fn hex(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes * 2);
        for _ in 0..bytes {
            let _ = write!(text, "{:02x}", self.next() & 255);
        }
        text
    }

    /// A UUIDv4 (RFC 9562 §5.4).
    pub(super) fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        uuid(a & 0xFFFF_FFFF_FFFF_0FFF | 0x4000, b & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}

/// The text of a UUID from its two halves.
pub(super) fn uuid(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}
