//! How far it is: a bar on a terminal, or a line of JSON a second.

use super::text;
use crate::staging::hsm::{Asked, Counts, Verb, Waited};
use fsxlustre_mount::host::{let_stop_signals_through, stop_signals};
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressStyle};
use nix::sys::signal::{Signal, raise};
use serde_json::json;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two lines.
const APART: Duration = Duration::from_secs(1);

/// Shows it.
pub(super) struct Progress {
    is_json: bool,
    /// On stderr; nothing where that is no terminal.
    bar: ProgressBar,
    told: Option<Instant>,
    began: Instant,
}

impl Progress {
    /// As lines of JSON on stdout, or as a bar.
    pub(super) fn new(is_json: bool) -> Self {
        let bar = if is_json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            clear_before_end(&bar);
        }
        Self { is_json, bar, told: None, began: Instant::now() }
    }

    /// Files a second since it began.
    fn rate(&self, files: u64) -> u64 {
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        files.saturating_mul(1000) / milliseconds.max(1)
    }

    /// A tree is looked at.
    pub(super) fn counting(&mut self, path: &Path, counts: &Counts) {
        let files = HumanCount(counts.total.files);
        let (bytes, released) = (HumanBytes(counts.total.bytes), HumanCount(counts.released.files));
        let rate = self.rate(counts.total.files);
        let shown = HumanCount(rate);
        self.tell(
            || {
                format!(
                    "{}: {files} files, {bytes}, {released} released, {shown} files/s",
                    path.display()
                )
            },
            || {
                let shown = json!({ "path": path, "counts": counts, "files_a_second": rate });
                text::line("counting", &shown)
            },
        );
    }

    /// Files are asked for.
    pub(super) fn asking(&mut self, verb: Verb, asked: &Asked) {
        let (of, all) = (HumanCount(asked.pending()), HumanCount(asked.counts.total.files));
        let rate = self.rate(asked.pending());
        let shown = HumanCount(rate);
        self.tell(
            || format!("{}: {of} of {all} files asked for, {shown} files/s", verb.word()),
            || {
                let Asked { asked, again, going, requests, failed, .. } = asked;
                let so_far = json!({ "asked": asked, "again": again, "going": going,
                                     "requests": requests, "failed": failed,
                                     "files_a_second": rate });
                text::line("asking", &json!({ "verb": verb, "so_far": so_far }))
            },
        );
    }

    /// Files are waited for.
    pub(super) fn waiting(&mut self, verb: Verb, waited: &Waited) {
        let (done, first, left) = (waited.done(), waited.at_first, waited.left());
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {elapsed}") {
            self.bar.set_style(style);
        }
        self.bar.set_length(first.bytes.max(1));
        self.bar.set_position(done.bytes);
        let rate = waited.rate().map(|rate| format!(", {}/s", HumanBytes(whole(rate))));
        let to_go = waited.to_go().map(|left| format!(", {} to go", HumanDuration(left)));
        let (rate, to_go) = (rate.unwrap_or_default(), to_go.unwrap_or_default());
        let (some, all) = (HumanCount(done.files), HumanCount(first.files));
        let seconds = waited.to_go().map(|left| left.as_secs());
        self.tell(
            || format!("{}: {some} of {all} files{rate}{to_go}", verb.word()),
            || {
                let Counts { waiting, running, not_asked, .. } = &waited.counts;
                let shown = json!({ "verb": verb, "done": done, "left": left, "waiting": waiting,
                                    "running": running, "not_asked": not_asked,
                                    "bytes_a_second": waited.rate(), "seconds_to_go": seconds });
                text::line("waiting", &shown)
            },
        );
    }

    /// Makes room for a message.
    pub(super) fn pause(&mut self) {
        self.bar.set_message("");
        self.told = None;
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }

    fn tell(&mut self, words: impl FnOnce() -> String, line: impl FnOnce() -> String) {
        if !self.is_json {
            self.bar.set_message(words());
            self.bar.tick();
        } else if self.told.is_none_or(|told| told.elapsed() >= APART) {
            self.told = Some(Instant::now());
            // A reader that went away changes nothing about what is done.
            let _ = std::io::stdout().write_all(line().as_bytes());
        }
    }
}

/// Has a signal that ends the program take the bar away first, so that what the terminal shows next begins on a line
/// of its own. What was begun is in the journal, and nothing else is kept.
fn clear_before_end(bar: &ProgressBar) {
    let Some(signals) = stop_signals() else { return };
    let bar = bar.clone();
    std::thread::spawn(move || {
        let Ok(Some(seen)) = signals.read_signal() else { return };
        bar.finish_and_clear();
        let number = i32::try_from(seen.ssi_signo).unwrap_or_default();
        let signal = Signal::try_from(number).unwrap_or(Signal::SIGTERM);
        let_stop_signals_through();
        // It ends the program as it would have without us.
        let _ = raise(signal);
    });
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative")]
fn whole(rate: f64) -> u64 {
    rate as u64
}
