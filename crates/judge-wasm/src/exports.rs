//! What the host calls. Addresses and lengths are 32 bits wide, as WebAssembly's memory is.
//!
//! ```text
//! monition_alloc(length) -> address            a buffer of zeros for the host to write into; 0 if it is too long
//! monition_judge(address) -> address           judges the request in that buffer; the answer is another buffer
//! monition_length(address) -> length           of a buffer that is not freed yet, else 0
//! monition_free(address)                       gives a buffer back; an address that is none is ignored
//! ```
//!
//! Every buffer is owned here until it is freed, and found by its address: the host cannot make this module read
//! anything else, and no `unsafe` block is needed. One thread, as WebAssembly without its threads has.

use crate::{REQUEST_BYTES_MAX, answer};
use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    static BUFFERS: RefCell<BTreeMap<usize, Box<[u8]>>> = const { RefCell::new(BTreeMap::new()) };
}

fn keep(bytes: Box<[u8]>) -> usize {
    let mut bytes = bytes;
    // The host writes through this address, so it is taken from a mutable borrow.
    let address = bytes.as_mut_ptr().expose_provenance();
    BUFFERS.with_borrow_mut(|buffers| buffers.insert(address, bytes));
    address
}

/// A buffer of that many zeros; 0 for one that no request needs.
#[allow(unsafe_code, reason = "an export has its own name; two of one name are refused by the linker")]
#[unsafe(no_mangle)]
pub extern "C" fn monition_alloc(length: usize) -> usize {
    // An empty buffer has no address of its own.
    if length == 0 || length > REQUEST_BYTES_MAX { 0 } else { keep(vec![0; length].into_boxed_slice()) }
}

/// Judges the request in a buffer. The request stays until it is freed, and so does the answer.
#[allow(unsafe_code, reason = "an export has its own name; two of one name are refused by the linker")]
#[unsafe(no_mangle)]
pub extern "C" fn monition_judge(address: usize) -> usize {
    let request = BUFFERS.with_borrow(|buffers| buffers.get(&address).cloned());
    keep(answer(&request.unwrap_or_default()).into_boxed_slice())
}

/// Length of a buffer; 0 if there is none at that address.
#[allow(unsafe_code, reason = "an export has its own name; two of one name are refused by the linker")]
#[unsafe(no_mangle)]
pub extern "C" fn monition_length(address: usize) -> usize {
    BUFFERS.with_borrow(|buffers| buffers.get(&address).map_or(0, |bytes| bytes.len()))
}

/// Gives a buffer back.
#[allow(unsafe_code, reason = "an export has its own name; two of one name are refused by the linker")]
#[unsafe(no_mangle)]
pub extern "C" fn monition_free(address: usize) {
    BUFFERS.with_borrow_mut(|buffers| buffers.remove(&address));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_lives_until_it_is_freed_and_a_wrong_address_does_no_harm() {
        let buffer = monition_alloc(5);
        assert_eq!(monition_length(buffer), 5);
        let found = monition_judge(buffer);
        assert!(monition_length(found) > 5);
        for address in [buffer, found] {
            monition_free(address);
            assert_eq!(monition_length(address), 0);
        }
        monition_free(12_345);
        assert_eq!((monition_alloc(0), monition_alloc(REQUEST_BYTES_MAX + 1)), (0, 0));
        assert!(monition_length(monition_judge(7)) > 0, "no request is a request that is refused");
    }
}
