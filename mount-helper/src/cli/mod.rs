//! mount(8)'s grammar for helpers: `SPEC DIR [-sfnv] [-o OPTS] [-t TYPE] [-N NS]`, in any order.
//!
//! *Source*: util-linux 2.38 `context_mount.c` and `context_umount.c`, mount(8) "EXTERNAL HELPERS".

mod mount;
mod progress;
mod umount;

pub use mount::{MOUNT_USAGE, MountArguments, MountCall};
pub use progress::Progress;
pub use umount::{
    LONGEST_UNMOUNT_SECONDS, UNMOUNT_TIMEOUT, UNMOUNT_USAGE, UnmountArguments, UnmountCall,
};

use crate::failure::{Code, Explain, one_line};
use std::ffi::OsString;
use std::path::PathBuf;

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
