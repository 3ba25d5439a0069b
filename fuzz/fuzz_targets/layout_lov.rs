//! No bytes make the reader of `lustre.lov` panic or loop.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fsxlustre_fuzz::read::lov(bytes));
