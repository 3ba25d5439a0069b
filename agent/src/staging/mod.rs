//! What goes between a file system and its data repository in S3: what is where, and what is asked for.

pub mod export;
pub mod hsm;
