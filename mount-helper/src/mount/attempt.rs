//! One attempt: mount.lustre in a session of its own, with a deadline it does not have itself.

use super::errno;
use super::late;
use super::node;
use crate::failure::{Code, Explain as _, Failure, one_line};
use crate::host::{Bounds, Finished, Host, KernelLog, Lock, ProgramError, read_text};
use crate::record::MountRecord;
use std::path::Path;
use std::time::Duration;

/// What an attempt needs to know.
pub(super) struct Attempt<'a> {
    pub(super) host: &'a Host,
    /// The device, and where mount.lustre mounts it.
    pub(super) device: &'a str,
    pub(super) directory: &'a Path,
    pub(super) options: &'a str,
    /// Whether the client fits.
    pub(super) check: &'a dyn Fn() -> Result<(), Failure>,
    pub(super) bounds: Bounds<'a>,
}

impl Attempt<'_> {
    /// Runs mount.lustre once. One that cannot be ended is kept in the record and left behind.
    pub(super) fn run(&self, record: &mut MountRecord) -> Result<(), Failure> {
        let asked = format!(
            "mount.lustre {} {} -o {}",
            self.device,
            self.directory.display(),
            self.options
        );
        let program = self.host.program("mount.lustre").map_err(|error| Failure {
            code: Code::MountHelperMissing,
            what: "the Lustre client's mount.lustre is not installed".into(),
            asked: asked.clone(),
            because: error.asked(),
            remedy: "install the package lustre-client; `fsxlustre check` prints the command"
                .into(),
        })?;
        let mut log = KernelLog::from_now_on(&self.host.paths.kernel_log);
        self.load_module()?;
        // Which client it is may only be known now.
        (self.check)()?;
        let directory = self.directory.display().to_string();
        let args = [self.device, &directory, "-o", self.options];
        let limits = self.bounds.run_limits();
        let ran = program.run_apart(&args, &limits, |pid| record.begin_attempt(self.host, pid));
        record.attempt = None;
        let done = ran.map_err(|error| {
            if let Some(pid) = stuck_pid(&error) {
                late::leave(self.host, record, pid);
            }
            unfinished(&error, asked.clone())
        })?;
        if done.status.success() {
            return Ok(());
        }
        let logged = log.as_mut().map(KernelLog::lustre_lines).unwrap_or_default();
        Err(self.translate(&done, &logged, asked))
    }

    fn translate(&self, done: &Finished, logged: &[String], asked: String) -> Failure {
        let errno = done.status.code().unwrap_or_default();
        let all_said = format!("{}\n{}", done.stderr, logged.join("\n"));
        let row = errno::meaning(errno, &all_said, |code| match code {
            Code::MountPermission => node::may_mount(),
            Code::NoNetwork => !node::should_reach(self.host, self.device),
            _ => false,
        });
        let first = done.stderr.lines().map(str::trim).find(|line| !line.is_empty());
        let said = first.map_or_else(|| "it said nothing".to_owned(), one_line);
        let kernel = first_error(logged).map(|line| format!("; kernel: {}", one_line(line)));
        Failure {
            code: row.code,
            what: row.what.into(),
            asked,
            because: format!("{said} ({}){}", done.ending(), kernel.unwrap_or_default()),
            remedy: row.remedy.into(),
        }
    }

    /// Loads the module, one call at a time on this node, where it is not loaded: mounts that load
    /// it side by side find LNet half configured. A failure is left for mount.lustre to tell.
    fn load_module(&self) -> Result<(), Failure> {
        let modules = self.host.paths.procfs.join("modules");
        let is_loaded = || {
            // Where the list cannot be read there is nothing to load, or mount.lustre does it.
            read_text(&modules)
                .map_or(true, |text| text.lines().any(|line| line.starts_with("lustre ")))
        };
        if is_loaded() {
            return Ok(());
        }
        let _lock = Lock::take(&self.host.paths.state, "module", self.bounds)
            .map_err(|error| error.failure())?;
        if is_loaded() {
            return Ok(());
        }
        let Ok(modprobe) = self.host.program("modprobe") else { return Ok(()) };
        let limits = self.bounds.run_limits();
        match modprobe.run_apart(&["lustre"], &limits, |_| Ok(())) {
            Ok(_) => Ok(()),
            Err(error) => Err(unfinished(&error, "modprobe lustre".into())),
        }
    }
}

fn stuck_pid(error: &ProgramError) -> Option<u32> {
    match error {
        ProgramError::Deadline { stuck_pid, .. } | ProgramError::Interrupted { stuck_pid, .. } => {
            *stuck_pid
        }
        ProgramError::NotFound { .. } | ProgramError::Io { .. } => None,
    }
}

fn unfinished(error: &ProgramError, asked: String) -> Failure {
    let (code, what) = match error {
        ProgramError::Deadline { .. } => {
            (Code::MountTimeout, "the mount did not end within its deadline")
        }
        ProgramError::Interrupted { .. } => (Code::Interrupted, "the mount was interrupted"),
        ProgramError::NotFound { .. } | ProgramError::Io { .. } => {
            (Code::ProgramFailed, "mount.lustre could not be run")
        }
    };
    let remedy = match error {
        ProgramError::Deadline { .. } => {
            "open TCP 988 and 1018-1023 between node and file system in both security groups, then \
             run `fsxlustre check`"
                .into()
        }
        other => other.remedy(),
    };
    Failure { code, what: what.into(), asked, because: error.because(), remedy }
}

/// The words of the kernel that say most: of LNet the first error, of Lustre one with a message
/// number (`LustreError: 15c-8:`), which is written for administrators, else the first, not its
/// echoes.
fn first_error(logged: &[String]) -> Option<&String> {
    let is_numbered = |line: &&String| {
        let number = line.strip_prefix("LustreError: ").and_then(|rest| rest.split(':').next());
        number.is_some_and(|number| number.contains('-') && number.len() < 10)
    };
    let mut errors = logged.iter().filter(|line| line.contains("Error"));
    let first = errors.next()?;
    if first.starts_with("LNet") {
        return Some(first);
    }
    Some(logged.iter().find(is_numbered).unwrap_or(first))
}

/// How long to wait before the attempt after this one: 1, 2, 4, … s, at most 8, and up to half a
/// second more, so that nodes that failed together do not come back together.
pub(super) fn pause_before(attempt: u32) -> Duration {
    let seconds = 1_u64 << attempt.min(3);
    let spread = u64::from(std::process::id().wrapping_mul(2_654_435_761) % 500);
    Duration::from_millis(seconds * 1000 + spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_short() {
        let seconds: Vec<_> = (0..5).map(|attempt| pause_before(attempt).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 8]);
    }
}
