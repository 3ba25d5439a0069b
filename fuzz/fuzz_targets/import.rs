//! No bytes make the parsers of `import` panic or loop.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fsxlustre_fuzz::parse::import(bytes));
