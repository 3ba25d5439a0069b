//! Why a set was not put.

use crate::aws::AwsError;
use fsxlustre_mount::failure::{Code, Explain};

/// The settings were not put, or not all of what was asked for; those that were in force still are.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The text is not TOML.
    #[error("the file is no TOML")]
    Text {
        /// Why.
        because: String,
    },
    /// A table is longer than a parameter may be.
    #[error("a table of the settings is too long for one parameter")]
    TooLong {
        /// Its name.
        table: String,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        longest: usize,
    },
    /// A text looks like a reference to a parameter.
    #[error("Parameter Store takes no value with {{{{ in it")]
    Reference {
        /// The part.
        part: String,
    },
    /// The parts would not say what the file says.
    #[error("the file could not be split into parts")]
    Split,
    /// All parts together are longer than a reader takes.
    #[error("the settings are too long")]
    TooLarge {
        /// How long they are, bytes.
        bytes: usize,
    },
    /// The path, or the version, is not one.
    #[error("this is no path, or no version, in Parameter Store")]
    Name {
        /// It.
        name: String,
        /// What it must be.
        because: &'static str,
    },
    /// The version that is in force has no number.
    #[error("the next version has no name")]
    NoNumber {
        /// The version in force.
        named: String,
    },
    /// It would go backwards.
    #[error("this version does not come after the one in force")]
    Backwards {
        /// The version to be put.
        version: String,
        /// The version in force.
        named: String,
    },
    /// Something is secret there, and what is put never is.
    #[error("a parameter of the set in force is a SecureString")]
    Secret {
        /// Its name.
        name: String,
    },
    /// What names the version is of another kind.
    #[error("what names the version is no String")]
    Pointer {
        /// Its name.
        name: String,
    },
    /// The version is there, and says something else.
    #[error("this version is there already, and says something else")]
    There {
        /// The parameter that differs.
        name: String,
        /// The version.
        version: String,
    },
    /// What was written is not what is there.
    #[error("the parts are not there as they were written")]
    NotThere {
        /// The parameter that is missing or differs.
        name: String,
    },
    /// Somebody else named a version meanwhile.
    #[error("somebody else put settings at the same time")]
    Overtaken {
        /// Where.
        path: String,
        /// The version in force by now.
        named: String,
    },
    /// Parameter Store could not be asked.
    #[error("Parameter Store could not be asked")]
    Aws {
        /// The path.
        path: String,
        /// Why.
        #[source]
        source: Box<AwsError>,
    },
}

impl Explain for PushError {
    fn code(&self) -> Code {
        match self {
            Self::Aws { source, .. } => source.code(),
            _ => Code::ConfigPush,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Text { .. } | Self::Split | Self::TooLarge { .. } => "split the file".into(),
            Self::TooLong { table, .. } => format!("put [{table}]"),
            Self::Reference { part } => format!("put the part {part}"),
            Self::Name { name, .. }
            | Self::Secret { name }
            | Self::Pointer { name }
            | Self::NotThere { name } => format!("put settings at {name}"),
            Self::NoNumber { .. } => "name the next version".into(),
            Self::Backwards { version, .. } | Self::There { version, .. } => {
                format!("put version {version}")
            }
            Self::Overtaken { path, .. } => format!("name the version at {path}/current"),
            Self::Aws { path, source } => format!("{} of {path}", source.asked()),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Text { because } => because.clone(),
            Self::TooLong { bytes, longest, .. } => {
                format!("it has {bytes} bytes; a parameter has {longest} at most")
            }
            Self::Reference { .. } => "it takes {{ for the name of another parameter".into(),
            Self::Split => "its parts together would not say the same".into(),
            Self::TooLarge { bytes } => {
                format!("all parts together have {bytes} bytes; readers take 262,144")
            }
            Self::Name { because, .. } => (*because).into(),
            Self::NoNumber { named } => format!("version {named} is in force, which is no number"),
            Self::Backwards { named, .. } => format!("version {named} is in force"),
            Self::Secret { .. } => "push-config writes Strings, which everybody may read".into(),
            Self::Pointer { .. } => "it is a SecureString or a list; readers take a String".into(),
            Self::There { name, .. } => format!("{name} is there with another text"),
            Self::NotThere { .. } => "reading it back gave something else, three times".into(),
            Self::Overtaken { named, .. } => format!("version {named} was named meanwhile"),
            Self::Aws { source, .. } => source.because(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Text { .. } => "correct it; `fsxlustre config check --as-parameter FILE`".into(),
            Self::TooLong { longest, .. } if *longest < super::LONGEST_ADVANCED => {
                "say less in it, or allow parameters of the advanced tier, which cost: --advanced"
                    .into()
            }
            Self::TooLong { .. } | Self::TooLarge { .. } => {
                "say less in it, or say it in files of the nodes".into()
            }
            Self::Reference { .. } => "write it without {{, or say it in files of the nodes".into(),
            Self::Split => "report this as a bug, with the file".into(),
            Self::Name { .. } => "give another one: --path /fsxlustre/prod --version 8".into(),
            Self::NoNumber { .. } => "give it one: --version NAME".into(),
            Self::Backwards { .. } => {
                "leave --version out, or --force where an older number is meant".into()
            }
            Self::Secret { .. } => {
                "put the new set by `aws ssm put-parameter --type SecureString`, \
                                    the name last; or --force to do without what it says"
                    .into()
            }
            Self::Pointer { name } => format!("delete {name}, then put it once more"),
            Self::There { .. } => "take another version; one that is there is never changed".into(),
            Self::NotThere { .. } => "run it once more; the set in force is untouched".into(),
            Self::Overtaken { .. } => {
                "look at what they put, then run it once more with what is to hold".into()
            }
            Self::Aws { source, .. } => source.remedy(),
        }
    }
}
