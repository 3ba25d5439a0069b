//! The command line of `umount.fsxlustre`.

use super::{CallError, absolute, texts, value};
use std::ffi::OsString;
use std::path::PathBuf;

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

/// The usage text of `umount.fsxlustre`.
pub const UNMOUNT_USAGE: &str = "\
usage: umount.fsxlustre DIRECTORY [-nv]
  -v       say what is done
  -n, -r   accepted and ignored
  -h, -V   this text, the version
";

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

#[cfg(test)]
mod tests {
    use super::*;

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
