//! What must hold for every byte string that a stranger can send: one function for each parser.
//!
//! The functions panic when a property breaks. libFuzzer calls them (`fuzz_targets/`), and so does the replay over the
//! kept corpus. `ci/fuzz.sh` runs them; `docs/fuzzing.md` says what each one promises.
//!
//! Three shapes recur. *Printing*: what parses prints back to the same bytes. *Strangers*: nothing verifies under a key
//! that never signed. *One bit*: a signed or sealed thing with one bit changed is refused. libFuzzer adds bounds on time
//! and memory (`-timeout`, `-rss_limit_mb`), for lengths up to those that `ci/fuzz.sh` names.

pub mod evidence;
pub mod intel;
pub mod tlog;
pub mod wire;

/// The bytes as text, where they are text.
#[must_use]
pub fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The first eight bytes as a number, and the rest.
#[must_use]
pub fn number(data: &[u8]) -> Option<(u64, &[u8])> {
    let (first, rest) = data.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*first), rest))
}

/// A copy with one bit changed; which one follows from `place`.
#[must_use]
pub fn one_bit(bytes: &[u8], place: u64) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    let bits = (copy.len() as u64 * 8).max(1);
    let at = place % bits;
    if let Some(byte) = copy.get_mut((at / 8) as usize) {
        *byte ^= 1 << (at % 8);
    }
    copy
}
