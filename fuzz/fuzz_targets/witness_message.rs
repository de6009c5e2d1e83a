#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| monition_fuzz::tlog::witness_message(data));
