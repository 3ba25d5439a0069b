//! No bytes make the reader of `lfs setstripe`'s arguments panic or loop.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fsxlustre_fuzz::read::arguments(bytes));
