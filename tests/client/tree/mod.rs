//! The tree a client shows in /proc/fs/lustre, /sys/fs/lustre and /sys/kernel/debug/{lustre,lnet}.

pub mod activity;
pub mod client;
pub mod counters;
pub mod lnet;
pub mod locks;
pub mod publisher;
pub mod settings;
pub mod template;
