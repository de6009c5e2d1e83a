#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| monition_fuzz::intel::taxii_words(data));
