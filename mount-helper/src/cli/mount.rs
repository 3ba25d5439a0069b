//! The command line of `mount.fsxlustre`.

use super::{CallError, absolute, texts, value};
use crate::failure::one_line;
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
    /// `-N`: the file of a mount namespace.
    pub namespace: Option<PathBuf>,
    /// Flags that were not understood and are passed over, as helpers do.
    pub ignored: Vec<String>,
}

/// The usage text of `mount.fsxlustre`.
pub const MOUNT_USAGE: &str = "\
usage: mount.fsxlustre SOURCE DIRECTORY [-fnsv] [-o OPTIONS] [-N NAMESPACE]
       called by mount(8): mount -t fsxlustre SOURCE DIRECTORY

  SOURCE   fs-0123456789abcdef0[:/DIR] | tag:Key:Value[,Key:Value...] | name:NAME
           | HOST@tcp:/MOUNTNAME[/DIR]
  -o       mount options, joined by commas
  -f       do everything but the mount, and say with -v what would be done
  -v       say what is done
  -N       mount in this mount namespace, a file such as /proc/PID/ns/mnt
  -n, -s   accepted and ignored
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
                "-N" => call.namespace = Some(value(program, "-N", words.next())?.into()),
                long if long.starts_with("--") => call.ignored.push(one_line(long)),
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

fn add_options(all: &mut String, more: &str) {
    if !all.is_empty() {
        all.push(',');
    }
    all.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Explain as _;

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
        let long = mount("a@tcp:/b /c --five");
        assert_eq!((long.is_dry_run, long.ignored), (false, vec!["--five".to_owned()]));
        let namespace = mount("a@tcp:/b /c -o rw -N /proc/7/fd/3").namespace;
        assert_eq!(namespace, Some(PathBuf::from("/proc/7/fd/3")));
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
            ("a /b -N", "lacks its value"),
        ] {
            let error = call(line).expect_err(line);
            assert!(error.because().contains(reason), "{line}: {}", error.because());
        }
    }
}
