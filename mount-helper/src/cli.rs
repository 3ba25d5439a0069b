//! mount(8)'s grammar for helpers: `SPEC DIR [-sfnv] [-o OPTS] [-t TYPE] [-N NS]`, in any order.
//!
//! *Source*: util-linux 2.38 `context_mount.c` and `context_umount.c`, mount(8) "EXTERNAL HELPERS".

use crate::failure::{Code, Explain, one_line};
use std::ffi::OsString;
use std::path::PathBuf;

/// What the command line of `mount.fsxlustre` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountCall {
    /// `-h`.
    Help,
    /// `-V`.
    Version,
    /// A mount.
    Mount(MountArguments),
}

/// The arguments of a mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountArguments {
    /// The source.
    pub source: String,
    /// The mount point.
    pub directory: PathBuf,
    /// The `-o` lists, joined.
    pub options: String,
    /// `-f`: everything but the mount.
    pub is_dry_run: bool,
    /// `-v`.
    pub is_verbose: bool,
    /// Flags that were not understood and are passed over, as helpers do.
    pub ignored: Vec<String>,
}

/// What the command line of `umount.fsxlustre` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnmountCall {
    /// `-h`.
    Help,
    /// `-V`.
    Version,
    /// An unmount.
    Unmount {
        /// The mount point.
        directory: PathBuf,
        /// `-v`.
        is_verbose: bool,
    },
}

/// A command line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It lacks something or has too much.
    #[error("the command line is not understood")]
    Usage {
        /// The program.
        program: &'static str,
        /// What is wrong.
        because: String,
    },
    /// A flag that asks for something that is not offered.
    #[error("{flag} is not offered")]
    NotOffered {
        /// The flag.
        flag: &'static str,
        /// Why.
        because: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}

impl Explain for CallError {
    fn code(&self) -> Code {
        match self {
            Self::Usage { .. } => Code::Invocation,
            Self::NotOffered { .. } => Code::UnmountKind,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Usage { program, .. } => format!("run {program}"),
            Self::NotOffered { flag, .. } => format!("run with {flag}"),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Usage { because, .. } => because.clone(),
            Self::NotOffered { because, .. } => (*because).into(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Usage { program, .. } => format!("see `{program} -h`"),
            Self::NotOffered { remedy, .. } => (*remedy).into(),
        }
    }
}

/// The usage text of `mount.fsxlustre`.
pub const MOUNT_USAGE: &str = "\
usage: mount.fsxlustre SOURCE DIRECTORY [-fnsv] [-o OPTIONS]
       called by mount(8): mount -t fsxlustre SOURCE DIRECTORY

  SOURCE   fs-0123456789abcdef0[:/DIR] | tag:Key:Value[,Key:Value...] | name:NAME
           | HOST@tcp:/MOUNTNAME[/DIR]
  -o       mount options, joined by commas
  -f       do everything but the mount, and say with -v what would be done
  -v       say what is done
  -n, -s   accepted and ignored
  -h, -V   this text, the version
";

/// The usage text of `umount.fsxlustre`.
pub const UNMOUNT_USAGE: &str = "\
usage: umount.fsxlustre DIRECTORY [-nv]
  -v       say what is done
  -n, -r   accepted and ignored
  -h, -V   this text, the version
";

impl MountCall {
    /// Parses the arguments that follow the program's name.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn parse(arguments: &[OsString]) -> Result<Self, CallError> {
        let program = "mount.fsxlustre";
        let words = texts(program, arguments)?;
        let mut words = words.into_iter();
        let mut call = MountArguments::default();
        let mut positional = Vec::new();
        while let Some(word) = words.next() {
            match word {
                "-h" | "--help" => return Ok(Self::Help),
                "-V" | "--version" => return Ok(Self::Version),
                "-o" => add_options(&mut call.options, value(program, "-o", words.next())?),
                "-t" => drop(value(program, "-t", words.next())?),
                "-N" => {
                    return Err(CallError::NotOffered {
                        flag: "-N",
                        because: "mounting in another namespace is not offered yet",
                        remedy: "run `nsenter --mount=NAMESPACE mount …` instead",
                    });
                }
                flags if flags.len() > 1 && flags.starts_with('-') => call.take_flags(flags),
                other => positional.push(other),
            }
        }
        let [source, directory] = positional.as_slice() else {
            let because = format!("it takes SOURCE and DIRECTORY, not {} words", positional.len());
            return Err(CallError::Usage { program, because });
        };
        (*source).clone_into(&mut call.source);
        call.directory = absolute(program, directory)?;
        Ok(Self::Mount(call))
    }
}

impl MountArguments {
    /// Takes `-v`, `-fnv`, …
    fn take_flags(&mut self, flags: &str) {
        for flag in flags.chars().skip(1) {
            match flag {
                'f' => self.is_dry_run = true,
                'v' => self.is_verbose = true,
                'n' | 's' => {}
                other => self.ignored.push(format!("-{other}")),
            }
        }
    }
}

impl UnmountCall {
    /// Parses the arguments that follow the program's name.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn parse(arguments: &[OsString]) -> Result<Self, CallError> {
        let program = "umount.fsxlustre";
        let mut words = texts(program, arguments)?.into_iter();
        let (mut directories, mut is_verbose) = (Vec::new(), false);
        while let Some(word) = words.next() {
            match word {
                "-h" | "--help" => return Ok(Self::Help),
                "-V" | "--version" => return Ok(Self::Version),
                "-t" | "-N" => drop(value(program, "-t", words.next())?),
                flags if flags.len() > 1 && flags.starts_with('-') => {
                    refuse_force(flags)?;
                    is_verbose |= flags.contains('v');
                }
                other => directories.push(other),
            }
        }
        match directories.as_slice() {
            [directory] => {
                Ok(Self::Unmount { directory: absolute(program, directory)?, is_verbose })
            }
            others => Err(CallError::Usage {
                program,
                because: format!("it takes one DIRECTORY, not {} words", others.len()),
            }),
        }
    }
}

fn refuse_force(flags: &str) -> Result<(), CallError> {
    if flags.contains('f') {
        return Err(CallError::NotOffered {
            flag: "-f",
            because: "it cuts every user of the file system off and drops what is not written yet, \
                      even when it then fails",
            remedy: "end the processes that use it, then `umount DIRECTORY`",
        });
    }
    if flags.contains('l') {
        return Err(CallError::NotOffered {
            flag: "-l",
            because: "it hides a client that lives on and may hold data that is not written yet",
            remedy: "end the processes that use it, then `umount DIRECTORY`",
        });
    }
    Ok(())
}

fn texts<'a>(program: &'static str, arguments: &'a [OsString]) -> Result<Vec<&'a str>, CallError> {
    let text = |argument: &'a OsString| {
        argument.to_str().ok_or_else(|| CallError::Usage {
            program,
            because: format!("'{}' is not UTF-8", one_line(&argument.to_string_lossy())),
        })
    };
    arguments.iter().map(text).collect()
}

fn value<'a>(
    program: &'static str,
    flag: &str,
    value: Option<&'a str>,
) -> Result<&'a str, CallError> {
    value.ok_or_else(|| CallError::Usage { program, because: format!("{flag} lacks its value") })
}

fn add_options(all: &mut String, more: &str) {
    if !all.is_empty() {
        all.push(',');
    }
    all.push_str(more);
}

/// mount(8) passes an absolute path; a relative one has no meaning for a root program.
fn absolute(program: &'static str, directory: &str) -> Result<PathBuf, CallError> {
    let path = PathBuf::from(directory);
    if !path.is_absolute() {
        let because = format!("the mount point '{}' does not begin with '/'", one_line(directory));
        return Err(CallError::Usage { program, because });
    }
    // Trailing slashes and doubled ones go; mountinfo never shows them.
    Ok(path.components().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Result<MountCall, CallError> {
        MountCall::parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn mount(line: &str) -> MountArguments {
        match call(line) {
            Ok(MountCall::Mount(arguments)) => arguments,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_form_of_libmount_is_understood() {
        let plain = mount("fs-01234567 /mnt/a -o rw,noatime");
        assert_eq!(plain.source, "fs-01234567");
        assert_eq!(plain.directory, PathBuf::from("/mnt/a"));
        assert_eq!(plain.options, "rw,noatime");
        let busy = mount("-v -f fs-01234567 /mnt/a/ -n -s -o rw -t fsxlustre.x -o ro");
        assert!(busy.is_dry_run && busy.is_verbose);
        assert_eq!((busy.options.as_str(), busy.ignored.len()), ("rw,ro", 0));
        assert_eq!(busy.directory, PathBuf::from("/mnt/a"));
        assert_eq!(mount("a@tcp:/b /c -fvq").ignored, ["-q"]);
        assert_eq!(call("-V"), Ok(MountCall::Version));
        assert_eq!(call("a b -h"), Ok(MountCall::Help));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for (line, reason) in [
            ("fs-01234567", "1 words"),
            ("", "0 words"),
            ("a b c", "3 words"),
            ("a mnt", "does not begin with '/'"),
            ("a /b -o", "lacks its value"),
            ("a /b -N /proc/1/ns/mnt", "not offered yet"),
        ] {
            let error = call(line).expect_err(line);
            assert!(error.because().contains(reason), "{line}: {}", error.because());
        }
    }

    #[test]
    fn umount_refuses_force_and_lazy() {
        let call = |line: &str| {
            UnmountCall::parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
        };
        assert_eq!(
            call("/mnt/a -v -n"),
            Ok(UnmountCall::Unmount { directory: "/mnt/a".into(), is_verbose: true })
        );
        assert!(matches!(call("/mnt/a -f"), Err(CallError::NotOffered { flag: "-f", .. })));
        assert!(matches!(call("/mnt/a -nl"), Err(CallError::NotOffered { flag: "-l", .. })));
    }
}
