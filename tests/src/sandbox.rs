//! The sandbox itself.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use nix::unistd::Pid;

use crate::keeper::Keeper;
use crate::run::{Output, Run, Running};
use crate::setup::Setup;

/// A node of its own: namespaces with the programs, an AWS endpoint and a stand-in Lustre client.
///
/// Dropping it ends every process in it, and with them its mounts.
#[derive(Debug)]
pub struct Sandbox {
    keeper: Keeper,
    nsenter: PathBuf,
    connect: PathBuf,
    standin_client: PathBuf,
    servers: AtomicU8,
}

impl Sandbox {
    /// Starts one with the programs of the workspace.
    ///
    /// # Panics
    ///
    /// When it cannot start, with what to do about it.
    #[track_caller]
    pub fn start() -> Self {
        Setup::standard().start().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn new(keeper: Keeper, tools: [PathBuf; 3]) -> Self {
        let [nsenter, connect, standin_client] = tools;
        Self { keeper, nsenter, connect, standin_client, servers: AtomicU8::new(0) }
    }

    /// Runs a command to its end, with a deadline of 60 seconds.
    ///
    /// # Panics
    ///
    /// When it cannot be started, and when its deadline passes.
    #[track_caller]
    pub fn run(&self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
        self.command(words).run()
    }

    /// Starts a server; it is killed when the answer is dropped.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[track_caller]
    pub fn spawn(&self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Running {
        self.command(words).spawn()
    }

    /// A command whose environment, input and deadline are still to be chosen.
    pub fn command(&self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run<'_> {
        Run::new(self, words)
    }

    /// The first process of the sandbox, by its number on the host.
    pub fn init(&self) -> Pid {
        self.keeper.init()
    }

    /// What the first process and the AWS endpoint have printed about their troubles.
    pub fn printed(&self) -> String {
        self.keeper.printed()
    }

    pub(crate) fn nsenter(&self) -> &Path {
        &self.nsenter
    }

    pub(crate) fn connect(&self) -> &Path {
        &self.connect
    }

    pub(crate) fn standin_client(&self) -> &Path {
        &self.standin_client
    }

    /// A number for the next server: 5, 6, …
    pub(crate) fn next_server(&self) -> u8 {
        5 + self.servers.fetch_add(1, Ordering::Relaxed)
    }
}
