//! What goes between a file system and its data repository.

pub mod export;
