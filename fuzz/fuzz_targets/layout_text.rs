//! No bytes make the readers of `lfs getstripe` panic or loop.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fsxlustre_fuzz::read::text(bytes));
