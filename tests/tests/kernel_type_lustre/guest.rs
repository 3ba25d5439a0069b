//! A user-mode-linux whose kernel has the file-system type `lustre`, with the real programs installed.
//!
//! It shows the host's files, and what it writes stays in its memory. One boot takes less than a second.

use std::ffi::OsStr;
use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fsxlustre_tests::line::read_line;
use fsxlustre_tests::stage::{built_program, built_stage, stage};

/// The name of this stage.
const STAGE: &str = "uml";
/// No guest lives longer, whatever happens in it.
const LIFE: Duration = Duration::from_secs(60);

/// The folder of the stand-in `mount.lustre` in the guest.
pub const CLIENT: &str = "/opt/lustre-client/sbin";

/// The workspace's programs and where an installation puts them.
const PROGRAMS: [(&str, &str); 3] = [
    ("fsxlustre", "/usr/bin/fsxlustre"),
    ("mount-fsxlustre", "/usr/sbin/mount.fsxlustre"),
    ("umount-fsxlustre", "/usr/sbin/umount.fsxlustre"),
];

/// A guest that runs commands; it is gone when this is dropped or its owner ends.
#[derive(Debug)]
pub struct Guest {
    runner: Child,
    pipes: Mutex<(ChildStdin, ChildStdout)>,
}

impl Guest {
    /// Boots one and installs the programs. `filesystem_types` keeps its default: `lustre` alone.
    #[track_caller]
    pub fn boot() -> Self {
        assert!(nix::unistd::geteuid().is_root(), "this test boots a guest: run it as root");
        let built = built_stage(STAGE);
        let mut runner = Command::new(stage(STAGE).join("run"))
            .args(["--deadline", &LIFE.as_secs().to_string(), "--serve"])
            .arg(&built)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/uml/run starts");
        let stdin = runner.stdin.take().expect("it is piped");
        let mut stdout = runner.stdout.take().expect("it is piped");
        let greeting = read_line(&mut stdout, LIFE);
        let guest = Self { runner, pipes: Mutex::new((stdin, stdout)) };
        assert!(
            greeting.as_ref().is_ok_and(|line| line == "ready"),
            "the guest did not boot ({greeting:?}); tests/uml/run says why above"
        );
        guest.install(&built);
        guest
    }

    fn install(&self, built: &Path) {
        let mut script = String::from("set -e\nrm -rf /etc/fsxlustre\n: >/etc/fstab\n");
        for (name, to) in PROGRAMS {
            let from = quoted(built_program(name));
            script.push_str(&format!(": >{to}\nmount --bind {from} {to}\n"));
        }
        let mount_lustre = quoted(built.join("programs/mount.lustre"));
        script.push_str(&format!(
            "install -D -t {CLIENT} {mount_lustre}\n\
             install -D /dev/stdin /etc/fsxlustre/fsxlustre.toml -m 0644 <<'END'\n\
             [host]\nprogram_folders = [\"{CLIENT}\"]\nEND\n"
        ));
        self.shell(&script).assert_success();
    }

    /// Runs a program to its end.
    #[track_caller]
    pub fn run(&self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
        let words: Vec<String> = words.into_iter().map(quoted).collect();
        self.shell(&words.join(" "))
    }

    /// Runs lines of bash to their end.
    #[track_caller]
    pub fn shell(&self, script: &str) -> Said {
        match self.exchange(script) {
            Ok(said) => said,
            Err(error) => {
                panic!("the guest ended at `{script}` ({error}); see what it printed above")
            }
        }
    }

    /// Writes a file that root owns and all may read.
    #[track_caller]
    pub fn write_file(&self, path: &str, text: &str) {
        let (path, text) = (quoted(path), quoted(text));
        self.shell(&format!("printf %s {text} >{path}")).assert_success();
    }

    /// The guest's end closes the pipe, so reading it needs no deadline of its own.
    fn exchange(&self, script: &str) -> std::io::Result<Said> {
        let mut pipes: MutexGuard<'_, _> =
            self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = &mut *pipes;
        stdin.write_all(script.as_bytes())?;
        stdin.write_all(b"\0")?;
        let header = read_line(stdout, LIFE)?;
        let numbers: Vec<usize> = header.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [code, out, err] = numbers[..] else {
            return Err(std::io::Error::other(format!("it said {header:?}")));
        };
        let mut text = |length| {
            let mut bytes = vec![0; length];
            stdout.read_exact(&mut bytes)?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&bytes).into_owned())
        };
        Ok(Said { shown: script.to_owned(), code, stdout: text(out)?, stderr: text(err)? })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Its namespaces end with it, and with them every process of the guest.
        let _ = self.runner.kill();
        let _ = self.runner.wait();
    }
}

/// What a command in the guest left behind.
#[derive(Debug)]
pub struct Said {
    shown: String,
    /// Its exit status as a shell counts.
    pub code: usize,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Said {
    /// Itself, when the command ended with 0.
    #[track_caller]
    pub fn assert_success(self) -> Self {
        assert_eq!(self.code, 0, "{self}");
        self
    }
}

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, code, stdout, stderr } = self;
        write!(
            out,
            "`{shown}` ended with {code}\nstandard output:\n{stdout}standard error:\n{stderr}"
        )
    }
}

/// A word as a shell reads it back.
fn quoted(word: impl AsRef<OsStr>) -> String {
    format!("'{}'", word.as_ref().to_string_lossy().replace('\'', r"'\''"))
}
