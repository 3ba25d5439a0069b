//! Tags that do not name exactly one file system: what is said of it.

use fsxlustre_mount::failure::{Code, Explain};

/// The tags do not name exactly one file system that can be mounted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// None carries them all.
    #[error("no file system carries these tags")]
    None {
        /// The tags, and where was looked.
        wanted: String,
        /// How many Lustre file systems there are.
        looked_at: usize,
        /// Those that carry some of them, and what they have instead.
        near: Vec<String>,
    },
    /// Several do.
    #[error("more than one file system carries these tags")]
    Several {
        /// The tags, and where was looked.
        wanted: String,
        /// Them.
        found: Vec<String>,
        /// What would name one of them.
        hint: String,
        /// Why what was preferred did not decide.
        undecided: Option<String>,
    },
    /// Only ones that are going away or failed do.
    #[error("no usable file system carries these tags")]
    Unusable {
        /// The tags, and where was looked.
        wanted: String,
        /// Them, with lifecycle and the API's reason.
        found: Vec<String>,
    },
    /// Only ones of other VPCs or accounts do.
    #[error("only file systems of other VPCs or accounts carry these tags")]
    Elsewhere {
        /// The tags, and where was looked.
        wanted: String,
        /// Them, with VPC or account.
        found: Vec<String>,
    },
    /// The node must know its own VPC and account, and does not.
    #[error("this node does not know which file systems are its own")]
    Blind {
        /// The tags, and where was looked.
        wanted: String,
        /// Why it does not know.
        because: String,
    },
}

impl Explain for SelectError {
    fn code(&self) -> Code {
        match self {
            Self::None { .. } => Code::TagUnknown,
            Self::Several { .. } => Code::TagAmbiguous,
            Self::Unusable { .. } => Code::FileSystemUnusable,
            Self::Elsewhere { .. } => Code::OtherNetwork,
            Self::Blind { .. } => Code::NodeUnknown,
        }
    }
    fn asked(&self) -> String {
        let (Self::None { wanted, .. }
        | Self::Several { wanted, .. }
        | Self::Unusable { wanted, .. }
        | Self::Elsewhere { wanted, .. }
        | Self::Blind { wanted, .. }) = self;
        format!("find {wanted}")
    }
    fn because(&self) -> String {
        match self {
            Self::None { looked_at, near, .. } if near.is_empty() => {
                format!("none of {looked_at} Lustre file systems carries any of them")
            }
            Self::None { looked_at, near, .. } => {
                format!("of {looked_at} Lustre file systems the nearest are: {}", near.join("; "))
            }
            Self::Several { found, undecided: Some(why), .. } => {
                format!("{}; {why}", found.join("; "))
            }
            Self::Several { found, .. }
            | Self::Unusable { found, .. }
            | Self::Elsewhere { found, .. } => found.join("; "),
            Self::Blind { because, .. } => because.clone(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Several { hint, .. } => format!(
                "name one more tag that only one of them has{hint}, or its id, or say \
                 prefer=newest or prefer=same-subnet"
            ),
            Self::Unusable { .. } => "create the file system anew, or correct the tags".into(),
            other => other.code().row().remedy.into(),
        }
    }
}
