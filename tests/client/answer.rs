//! What a program says and how it ends.

use std::io::Write;
use std::process::ExitCode;

/// Standard output, standard error and exit status of one call.
#[derive(Debug, Default)]
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
}

impl Answer {
    /// Success that prints `stdout`.
    pub fn says(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), ..Self::default() }
    }

    /// Success without a word.
    pub fn silent() -> Self {
        Self::default()
    }

    /// Failure with `stderr` and the exit status `code`.
    pub fn fails(code: u8, stderr: impl Into<String>) -> Self {
        Self { stderr: stderr.into(), code, ..Self::default() }
    }

    /// Writes both streams; a reader that has gone away is no reason to fail.
    pub fn print(&self) -> ExitCode {
        let _gone = std::io::stdout().write_all(self.stdout.as_bytes());
        let _gone = std::io::stderr().write_all(self.stderr.as_bytes());
        ExitCode::from(self.code)
    }
}

/// The refusal to act out what no capture shows.
pub fn not_stood_in(what: &str) -> std::io::Error {
    std::io::Error::other(format!("`{what}` is not stood in for"))
}

/// An error's reason in the C library's words, which are the ones that programs print.
pub fn reason(code: i32) -> String {
    let text = std::io::Error::from_raw_os_error(code).to_string();
    text.rsplit_once(" (os error").map_or(text.clone(), |(reason, _)| reason.to_owned())
}
