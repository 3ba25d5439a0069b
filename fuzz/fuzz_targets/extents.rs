//! No bytes make the parsers of `extents` panic or loop.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fsxlustre_fuzz::parse::extents(bytes));
