//! How a long wait is shown: one line that changes on a terminal, a line now and then in a log.

use crate::failure::one_line;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often a log gets a line that says the same with other numbers.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// What was shown so far.
#[derive(Debug)]
pub struct Progress {
    is_terminal: bool,
    last: Mutex<Option<(String, Instant)>>,
}

impl Progress {
    /// Nothing yet; for a terminal, or for a log.
    pub fn new(is_terminal: bool) -> Self {
        Self { is_terminal, last: Mutex::new(None) }
    }

    /// What to write for this line; nothing where a log had the like a moment ago.
    pub fn text(&self, line: &str) -> String {
        let line = one_line(line);
        if self.is_terminal {
            self.remember(String::new());
            return format!("\r{line}\u{1b}[K");
        }
        let without_numbers: String = line.chars().filter(|c| !c.is_ascii_digit()).collect();
        if self.remember(without_numbers) { format!("{line}\n") } else { String::new() }
    }

    /// What ends the line on a terminal.
    pub fn end(&self) -> &'static str {
        let was_shown = self.last.lock().is_ok_and(|last| last.is_some());
        if self.is_terminal && was_shown { "\n" } else { "" }
    }

    /// Whether it is new, or long enough ago.
    fn remember(&self, key: String) -> bool {
        let Ok(mut last) = self.last.lock() else { return false };
        let is_old = last.as_ref().is_some_and(|(old, at)| *old == key && at.elapsed() < LOG_EVERY);
        if !is_old {
            *last = Some((key, Instant::now()));
        }
        !is_old
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_what_is_new_and_a_terminal_one_line() {
        let log = Progress::new(false);
        assert_eq!(log.text("waited 1 s"), "waited 1 s\n");
        assert_eq!(log.text("waited 3 s"), "");
        assert_eq!(log.text("TCP 988 answers"), "TCP 988 answers\n");
        assert_eq!(log.end(), "");
        let terminal = Progress::new(true);
        assert_eq!(terminal.end(), "");
        assert_eq!(terminal.text("waited 1 s\n"), "\rwaited 1 s\u{1b}[K");
        assert_eq!(terminal.text("waited 3 s"), "\rwaited 3 s\u{1b}[K");
        assert_eq!(terminal.end(), "\n");
    }
}
