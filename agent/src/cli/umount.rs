//! `fsxlustre umount`.

use super::Outcome;
use crate::config::AgentConfig;
use crate::gone::Question;
use clap::Args;
use fsxlustre_mount::cli::{LONGEST_UNMOUNT_SECONDS, UNMOUNT_TIMEOUT};
use fsxlustre_mount::failure::{Code, Explain as _, Failure, FailureRecord, one_line};
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use fsxlustre_mount::unmount::{
    Begun, ClientFate, ClientState, Connection, Holder, Holders, How, Others, UnmountError,
    UnmountReport, UnmountRequest, bytes, lustre_mount, unmount_as,
};
use nix::sys::signalfd::SignalFd;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Arguments of `fsxlustre umount`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 unmounted, or nothing was mounted there; 1 not root, or \
                        not a usable path; 2 usage, or a fault of the system; 8 interrupted; \
                        32 not unmounted, or its client lives on")]
pub struct UmountArgs {
    /// The mount points, by their whole paths
    #[arg(required = true, value_name = "DIRECTORY")]
    directories: Vec<PathBuf>,
    /// Time for each; what is stuck in the kernel then is left behind and named
    #[arg(long, value_name = "SECONDS", default_value_t = UNMOUNT_TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=LONGEST_UNMOUNT_SECONDS))]
    timeout: u64,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    gone: GoneArgs,
    /// Unmount an evicted client with unwritten bytes, which can panic the node
    #[arg(long)]
    accept_risk: bool,
    /// Print one JSON object for each directory, a line each
    #[arg(long)]
    json: bool,
    /// Say also what became of the client
    #[arg(long, short)]
    verbose: bool,
}

/// What only an operator may ask for.
#[derive(Debug, Args)]
struct ForceArgs {
    /// Abort all requests to the servers first: what is not written yet is lost. Refused while
    /// others use the file system
    #[arg(long, conflicts_with = "lazy")]
    force: bool,
    /// Hide the mount, its client ends later. Refused while others use the file system
    #[arg(long)]
    lazy: bool,
    /// Do it although others use the file system; they are named first
    #[arg(long)]
    force_for_all: bool,
}

/// For a file system that was deleted under its clients.
#[derive(Debug, Args)]
struct GoneArgs {
    /// By force if AWS says that the file system was deleted, and only those use it that wait for it
    #[arg(long, conflicts_with_all = ["force", "lazy", "force_for_all"])]
    if_gone: bool,
    /// The file system's id, where the mount's record has none
    #[arg(long, value_name = "ID", requires = "if_gone")]
    file_system: Option<String>,
    /// AWS Region of the file system
    #[arg(long, value_name = "REGION", requires = "if_gone")]
    region: Option<String>,
}

/// How long the FSx API may take.
const API_TIMEOUT: Duration = Duration::from_secs(15);

/// What became of one directory.
enum Fate {
    NotMounted,
    Unmounted(Box<UnmountReport>),
    Failed(Box<UnmountError>),
}

/// The same as JSON; fields are only ever added.
#[derive(Serialize)]
struct Record<'a> {
    directory: String,
    /// `unmounted`, `not-mounted`, `client-stays` or `failed`.
    outcome: &'static str,
    /// `plain`, `force` or `lazy`; null when nothing was unmounted.
    how: Option<How>,
    source: Option<&'a str>,
    /// `gone`, `shared`, `alive` or `unknown`.
    client: Option<&'static str>,
    /// Bytes that were not written before; null when unknown.
    dirty_bytes: Option<u64>,
    connections: &'a [Connection],
    holders: &'a [Holder],
    /// What could not be looked at.
    unread: Vec<&'a str>,
    warnings: &'a [String],
    failure: Option<FailureRecord>,
}

impl UmountArgs {
    /// Prints JSON from now on.
    pub(super) fn as_json(&mut self) {
        self.json = true;
    }

    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        if self.force.force_for_all && !self.force.force && !self.force.lazy {
            return failed(&Failure {
                code: Code::Invocation,
                what: "--force-for-all says too little".into(),
                asked: "fsxlustre umount --force-for-all".into(),
                because: "it goes with --force or --lazy, and neither is given".into(),
                remedy: "add the one that is meant".into(),
            });
        }
        if let Err(failure) = check_root("umount") {
            return failed(&failure);
        }
        // Our own current directory must not be what keeps a mount busy. Where even `/` cannot be
        // entered, the unmount says what is wrong.
        let _ = std::env::set_current_dir("/");
        let signals = stop_signals();
        let mut all = Outcome::default();
        for given in &self.directories {
            let fate = self.one(config, given, signals.as_ref()).unwrap_or_else(Fate::Failed);
            self.tell(given, &fate, &mut all);
            if matches!(&fate, Fate::Failed(error) if error.failure.code == Code::Interrupted) {
                break;
            }
        }
        all
    }

    fn one(
        &self,
        config: &AgentConfig,
        given: &Path,
        interrupt: Option<&SignalFd>,
    ) -> Result<Fate, Box<UnmountError>> {
        let host = config.host();
        let directory = absolute(given)?;
        let table = host.mounts().map_err(|error| error.failure())?;
        let is_free = table.on(&directory).is_none_or(|mount| mount.fs_type == "autofs");
        if is_free && Begun::read(host, &directory)?.is_none() {
            return Ok(Fate::NotMounted);
        }
        let others = if self.force.force_for_all { Others::CutAll } else { Others::Spare };
        let mut said = String::new();
        let (how, others) = if self.gone.if_gone {
            said = self.gone.prove(config, &directory)?;
            (How::Force, Others::CutBlocked)
        } else if self.force.force {
            (How::Force, others)
        } else if self.force.lazy {
            (How::Lazy, others)
        } else {
            (How::Plain, others)
        };
        let request = UnmountRequest {
            directory: &directory,
            deadline: Deadline::after(Duration::from_secs(self.timeout)),
            interrupt,
            how,
            others,
            accept_risk: self.accept_risk,
            search_until: None,
        };
        unmount_as(host, &request, &mut |cost| say_first(&format!("{said}{cost}")))
            .map(|report| Fate::Unmounted(Box::new(report)))
    }

    fn tell(&self, given: &Path, fate: &Fate, all: &mut Outcome) {
        if let Fate::Failed(error) = fate {
            all.log.push(Entry::failure(&error.failure).about("", given));
            all.status = all.status.max(error.failure.mount_exit());
            let table = error.holders.as_ref().map_or_else(String::new, Holders::table);
            // Writing to a String does not fail.
            let _ = write!(all.stderr, "fsxlustre: {}\n{table}", error.failure);
        }
        if let Fate::Unmounted(_) = fate {
            let line = format!("{}: unmounted", given.display());
            all.log.push(Entry::new(Priority::Info, line).about("", given));
        }
        if self.json {
            // Nothing in the record can fail to be written.
            all.stdout += &serde_json::to_string(&record(given, fate)).unwrap_or_default();
            all.stdout.push('\n');
            return;
        }
        match fate {
            Fate::NotMounted => {
                let given = one_line(&given.display().to_string());
                let _ = writeln!(all.stdout, "{given}: nothing is mounted there, nothing done");
            }
            Fate::Unmounted(report) if self.verbose => all.stdout += &verbose(report),
            Fate::Unmounted(report)
                if report.client != ClientFate::Gone || !report.warnings.is_empty() =>
            {
                all.stdout += &report.text();
            }
            Fate::Unmounted(_) | Fate::Failed(_) => {}
        }
    }
}

impl GoneArgs {
    /// What AWS said, to stand before what is done about it.
    fn prove(&self, config: &AgentConfig, directory: &Path) -> Result<String, Failure> {
        let host = config.host();
        let Some(mount) = lustre_mount(host, directory)? else { return Ok(String::new()) };
        let (id, region) = (self.file_system.as_deref(), self.region.as_deref());
        let word = Question::new(host, &mount, id, region)?.prove(
            host,
            &mount,
            &config.aws,
            Deadline::after(API_TIMEOUT),
        )?;
        Ok(format!("{word}: "))
    }
}

fn failed(failure: &Failure) -> Outcome {
    Outcome { status: failure.mount_exit(), ..Outcome::failed(failure) }
}

/// What a forced unmount costs is said before it is done: it may be the last that is heard of it.
fn say_first(cost: &str) {
    // A reader that went away changes nothing about what is to be done.
    let _ =
        std::io::Write::write_all(&mut std::io::stderr(), format!("fsxlustre: {cost}").as_bytes());
}

fn verbose(report: &UnmountReport) -> String {
    let before = match report.before.as_ref().map(ClientState::dirty_bytes) {
        Ok(Some(count)) => format!("before: {} not written yet", bytes(count)),
        Ok(None) => "before: unknown how much was not written yet".to_owned(),
        Err(because) => format!("before: unknown how much was not written yet ({because})"),
    };
    format!("{}  {before}\n", report.text())
}

/// A path as mountinfo shows it: absolute, without `.` and doubled slashes. Nothing is looked up:
/// that could hang.
fn absolute(given: &Path) -> Result<PathBuf, Failure> {
    let is_usable =
        given.is_absolute() && given.components().all(|part| part != Component::ParentDir);
    if is_usable && given.to_str().is_some() {
        return Ok(given.components().collect());
    }
    Err(Failure {
        code: Code::Invocation,
        what: "the mount point is not understood".into(),
        asked: format!("unmount {}", one_line(&given.display().to_string())),
        because: "a mount point begins with '/', has no '..' and is UTF-8; nothing is looked up, \
                  since that could hang"
            .into(),
        remedy: "name it as `findmnt -t lustre` shows it".into(),
    })
}

fn record<'a>(given: &Path, fate: &'a Fate) -> Record<'a> {
    let empty = Record {
        directory: given.display().to_string(),
        outcome: "not-mounted",
        how: None,
        source: None,
        client: None,
        dirty_bytes: None,
        connections: &[],
        holders: &[],
        unread: Vec::new(),
        warnings: &[],
        failure: None,
    };
    match fate {
        Fate::NotMounted => empty,
        Fate::Unmounted(report) => {
            let before = report.before.as_ref().ok();
            Record {
                outcome: "unmounted",
                how: Some(report.how),
                source: Some(&report.target.source),
                client: Some(client(&report.client)),
                holders: &report.cut_off.found,
                warnings: &report.warnings,
                ..with_state(empty, before, &report.cut_off.unread)
            }
        }
        Fate::Failed(error) => {
            let is_pinned = error.failure.code == Code::ClientStays;
            let holders = error.holders.as_ref();
            Record {
                outcome: if is_pinned { "client-stays" } else { "failed" },
                client: is_pinned.then_some("alive"),
                holders: holders.map_or(&[], |holders| &holders.found),
                failure: Some(FailureRecord::from(&error.failure)),
                ..with_state(
                    empty,
                    error.before.as_ref(),
                    holders.map_or(&[], |holders| &holders.unread),
                )
            }
        }
    }
}

fn with_state<'a>(
    record: Record<'a>,
    before: Option<&'a ClientState>,
    unread: &'a [String],
) -> Record<'a> {
    let more = before.map_or(&[][..], |state| &state.unread);
    Record {
        dirty_bytes: before.and_then(ClientState::dirty_bytes),
        connections: before.map_or(&[], |state| &state.connections),
        unread: unread.iter().chain(more).map(String::as_str).collect(),
        ..record
    }
}

fn client(fate: &ClientFate) -> &'static str {
    match fate {
        ClientFate::Gone => "gone",
        ClientFate::Shared(_) => "shared",
        ClientFate::Alive => "alive",
        ClientFate::Unknown(_) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_as_mountinfo_shows_it() {
        assert_eq!(absolute(Path::new("/mnt//a/./b/")), Ok(PathBuf::from("/mnt/a/b")));
        for path in ["mnt/a", "/mnt/../a", ""] {
            let failure = absolute(Path::new(path)).expect_err(path);
            assert_eq!((failure.code, failure.mount_exit()), (Code::Invocation, 1));
        }
    }

    #[test]
    fn nothing_mounted_is_told_as_json_without_a_failure() {
        let text =
            serde_json::to_string(&record(Path::new("/a"), &Fate::NotMounted)).expect("JSON");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["outcome"], "not-mounted");
        assert!(value["dirty_bytes"].is_null() && value["failure"].is_null(), "{text}");
    }
}
