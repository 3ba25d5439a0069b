//! The stand-in Lustre client of a sandbox.

use std::ffi::OsStr;

use std::time::{Duration, Instant};

use crate::plan::STANDIN_ROOT;
use crate::run::Running;
use crate::sandbox::Sandbox;

impl Sandbox {
    /// Makes the client misbehave, or stops that: `mount-hang` or `mount-hang:NAME`,
    /// `mount-stuck:NAME`, `replay:CAPTURE`, `io-hang`, `modules-missing`, `no-lov-attribute`,
    /// `no-hsm-ioctl`, `lfs-2.10`, `kernel-settings`.
    ///
    /// # Panics
    ///
    /// When the client knows no such fault.
    #[track_caller]
    pub fn client_fault(&self, name: &str, on: bool) {
        self.standin(&["fault", STANDIN_ROOT, if on { "set" } else { "clear" }, name]);
    }

    /// Tells a file system's servers what to do with its archive: `off`, `on` (requests wait), `copytool WAITS TAKES`
    /// (milliseconds), `set PATH FLAGS` (all files at and below a path of the file system), `lose PATH` (a restore fails).
    ///
    /// # Panics
    ///
    /// When that is no command.
    #[track_caller]
    pub fn archive(&self, file_system: &str, words: &str) {
        let words = words.split(' ');
        let all: Vec<&str> = ["hsm", STANDIN_ROOT, file_system].into_iter().chain(words).collect();
        self.standin(&all);
    }

    /// The programs of the client that were called, each a JSON object in a line.
    #[track_caller]
    pub fn client_calls(&self) -> Vec<String> {
        self.standin(&["calls", STANDIN_ROOT]).lines().map(str::to_owned).collect()
    }

    /// Gives the node the address of its NID, and lets TCP 988 of every file system's server answer
    /// until the answer is dropped.
    ///
    /// # Panics
    ///
    /// When the network cannot be set up.
    #[track_caller]
    pub fn answering_servers(&self) -> Running {
        let ip = |words: &str| self.run(words.split(' ')).assert_success();
        ip("ip address add 192.168.77.20/32 dev lo");
        ip("ip route add local 10.0.0.0/24 dev lo");
        let servers = self.spawn([self.connect().as_os_str(), OsStr::new("servers")]);
        let deadline = Instant::now() + Duration::from_secs(10);
        while !servers.stdout().contains("ready") {
            assert!(Instant::now() < deadline, "nobody listens: {}", servers.stderr());
            std::thread::sleep(Duration::from_millis(5));
        }
        servers
    }

    #[track_caller]
    pub(crate) fn standin(&self, words: &[&str]) -> String {
        let words = words.iter().map(OsStr::new);
        let program = self.standin_client().as_os_str();
        self.run(std::iter::once(program).chain(words)).assert_success().stdout
    }
}
