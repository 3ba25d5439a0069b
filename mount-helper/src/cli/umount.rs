//! The command line of `umount.fsxlustre`.

use super::{CallError, absolute, texts, value};
use crate::failure::one_line;
use crate::unmount::How;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long an unmount may take, unless the call says otherwise.
pub const UNMOUNT_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest time that may be asked for, in seconds.
pub const LONGEST_UNMOUNT_SECONDS: u64 = 3600;

/// What the command line of `umount.fsxlustre` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnmountCall {
    /// `-h`.
    Help,
    /// `-V`.
    Version,
    /// An unmount.
    Unmount(UnmountArguments),
}

/// An unmount that the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmountArguments {
    /// The mount point.
    pub directory: PathBuf,
    /// `-v`.
    pub is_verbose: bool,
    /// `-f`, `-l`, or neither.
    pub how: How,
    /// `-N`: the mount namespace to work in, a file or a process's number.
    pub namespace: Option<PathBuf>,
    /// `--timeout`.
    pub timeout: Duration,
    /// Flags that were not understood and are passed over, as helpers do.
    pub ignored: Vec<String>,
}

/// The usage text of `umount.fsxlustre`.
pub const UNMOUNT_USAGE: &str = "\
usage: umount.fsxlustre DIRECTORY [-flnrv] [-N NAMESPACE] [-t TYPE] [--timeout SECONDS]
  -f        abort all requests to the servers first; only if nobody else uses the file system
  -l        hide the mount, its client ends later; only if nobody else uses the file system
  -v        say what is done
  -N        work in this mount namespace: a file, or the number of a process
  --timeout how long it may take [15 s]
  -n, -r, -t  accepted and ignored
  -h, -V    this text, the version
exit: 0 unmounted, 1 wrong call or not root, 2 a fault of the system, 8 interrupted,
  32 not unmounted, or nothing was mounted there
";

const PROGRAM: &str = "umount.fsxlustre";

impl UnmountCall {
    /// Parses the arguments that follow the program's name.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn parse(arguments: &[OsString]) -> Result<Self, CallError> {
        let mut words = texts(PROGRAM, arguments)?.into_iter();
        let mut flags = String::new();
        let mut directories = Vec::new();
        let (mut namespace, mut timeout) = (None, UNMOUNT_TIMEOUT);
        let mut ignored = Vec::new();
        while let Some(word) = words.next() {
            match word {
                "-h" | "--help" => return Ok(Self::Help),
                "-V" | "--version" => return Ok(Self::Version),
                "-t" => drop(value(PROGRAM, "-t", words.next())?),
                "-N" => namespace = Some(namespace_file(value(PROGRAM, "-N", words.next())?)),
                "--timeout" => timeout = seconds(value(PROGRAM, "--timeout", words.next())?)?,
                long if long.starts_with("--") => ignored.push(one_line(long)),
                short if short.len() > 1 && short.starts_with('-') => {
                    flags.extend(short.chars().skip(1));
                }
                other => directories.push(other),
            }
        }
        let [directory] = directories.as_slice() else {
            let because = format!("it takes one DIRECTORY, not {} words", directories.len());
            return Err(CallError::Usage { program: PROGRAM, because });
        };
        let is_unknown = |flag: &char| !"flvnr".contains(*flag);
        ignored.extend(flags.chars().filter(is_unknown).map(|flag| format!("-{flag}")));
        Ok(Self::Unmount(UnmountArguments {
            directory: absolute(PROGRAM, directory)?,
            is_verbose: flags.contains('v'),
            how: how(flags.contains('f'), flags.contains('l'))?,
            namespace,
            timeout,
            ignored,
        }))
    }
}

fn how(force: bool, lazy: bool) -> Result<How, CallError> {
    match (force, lazy) {
        (false, false) => Ok(How::Plain),
        (true, false) => Ok(How::Force),
        (false, true) => Ok(How::Lazy),
        (true, true) => Err(CallError::NotOffered {
            flag: "-f with -l",
            because: "it drops what is not written yet and hides whether anything is left of the \
                      client",
            remedy: "give one of them; `umount DIRECTORY` without either says who uses it",
        }),
    }
}

/// libmount passes a file below `/proc`; a person may name a process.
fn namespace_file(text: &str) -> PathBuf {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return PathBuf::from(format!("/proc/{text}/ns/mnt"));
    }
    PathBuf::from(text)
}

fn seconds(text: &str) -> Result<Duration, CallError> {
    let seconds = text.parse().ok().filter(|s| (1..=LONGEST_UNMOUNT_SECONDS).contains(s));
    seconds.map(Duration::from_secs).ok_or_else(|| CallError::Usage {
        program: PROGRAM,
        because: format!(
            "--timeout takes 1 to {LONGEST_UNMOUNT_SECONDS} seconds, not '{}'",
            one_line(text)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Result<UnmountCall, CallError> {
        UnmountCall::parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn arguments(line: &str) -> UnmountArguments {
        match call(line) {
            Ok(UnmountCall::Unmount(arguments)) => arguments,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_form_that_umount_8_passes_is_read() {
        let plain = arguments("/mnt/a");
        assert_eq!(
            (plain.how, plain.is_verbose, plain.timeout),
            (How::Plain, false, UNMOUNT_TIMEOUT)
        );
        assert_eq!(arguments("/mnt/a/ -n -v -r -t lustre").directory, PathBuf::from("/mnt/a"));
        assert!(arguments("-nv /mnt/a").is_verbose);
        assert_eq!(arguments("/mnt/a -f").how, How::Force);
        assert_eq!(arguments("/mnt/a -nl").how, How::Lazy);
        let inside = |text: &str| arguments(text).namespace;
        assert_eq!(inside("/a -N /proc/7/fd/3"), Some("/proc/7/fd/3".into()));
        assert_eq!(inside("/a -N 12"), Some("/proc/12/ns/mnt".into()));
        assert_eq!(arguments("/a --timeout 3").timeout, Duration::from_secs(3));
        let odd = arguments("/a --lazy -vq");
        assert_eq!((odd.how, odd.ignored), (How::Plain, vec!["--lazy".into(), "-q".into()]));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(matches!(
            call("/mnt/a -fl"),
            Err(CallError::NotOffered { flag: "-f with -l", .. })
        ));
        for line in ["", "/a /b", "a", "/a -N", "/a --timeout 0", "/a --timeout 1.5", "/a -t"] {
            assert!(matches!(call(line), Err(CallError::Usage { .. })), "{line}");
        }
    }
}
