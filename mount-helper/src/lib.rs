//! The mount helper.
