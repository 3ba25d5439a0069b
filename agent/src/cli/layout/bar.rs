//! How far a count is, on a terminal only.

use crate::layout::Counted;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;

/// A bar on stderr; nothing where that is no terminal.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Of so many entries at most: nobody knows how many there are.
    pub(super) fn new(most: u64) -> Self {
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} at most, {elapsed}");
        let bar = ProgressBar::new(most);
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Draws it anew.
    pub(super) fn show(&mut self, path: &Path, counted: &Counted) {
        self.0.set_message(format!("files below {}", path.display()));
        self.0.set_position(counted.entries);
    }

    /// Takes it away.
    pub(super) fn end(self) {
        self.0.finish_and_clear();
    }
}
