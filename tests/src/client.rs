//! The stand-in Lustre client of a sandbox.

use std::ffi::OsStr;

use crate::plan::STANDIN_ROOT;
use crate::sandbox::Sandbox;

impl Sandbox {
    /// Makes the client misbehave, or stops that: `mount-hang` or `mount-hang:NAME`,
    /// `mount-stuck:NAME`, `replay:CAPTURE`, `io-hang`, `modules-missing`.
    ///
    /// # Panics
    ///
    /// When the client knows no such fault.
    #[track_caller]
    pub fn client_fault(&self, name: &str, on: bool) {
        self.standin(&["fault", STANDIN_ROOT, if on { "set" } else { "clear" }, name]);
    }

    /// The programs of the client that were called, each a JSON object in a line.
    #[track_caller]
    pub fn client_calls(&self) -> Vec<String> {
        self.standin(&["calls", STANDIN_ROOT]).lines().map(str::to_owned).collect()
    }

    #[track_caller]
    pub(crate) fn standin(&self, words: &[&str]) -> String {
        let words = words.iter().map(OsStr::new);
        let program = self.standin_client().as_os_str();
        self.run(std::iter::once(program).chain(words)).assert_success().stdout
    }
}
