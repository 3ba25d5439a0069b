//! A text or an attribute that is not a layout.

use fsxlustre_mount::failure::{Code, Explain};

/// What `lfs getstripe` printed, or what the attribute holds, is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutTextError {
    /// There is no layout in it.
    #[error("there is no layout in it")]
    Empty,
    /// There is more than one layout where one was asked for.
    #[error("there are {found} layouts in it where one was asked for")]
    Several {
        /// How many.
        found: usize,
    },
    /// A line is not understood.
    #[error("line {line}: {because}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// Why.
        because: String,
    },
    /// A layout lacks something.
    #[error("the layout before line {line} {because}")]
    Lacks {
        /// Where it ends.
        line: usize,
        /// What.
        because: String,
    },
    /// The bytes of an attribute are not a layout.
    #[error("byte {offset}: {because}")]
    Bytes {
        /// Where, from 0.
        offset: usize,
        /// Why.
        because: String,
    },
}

impl Explain for LayoutTextError {
    fn code(&self) -> Code {
        Code::LayoutAnswer
    }
    fn asked(&self) -> String {
        match self {
            Self::Bytes { .. } => "the attribute lustre.lov".into(),
            Self::Empty | Self::Several { .. } | Self::Line { .. } | Self::Lacks { .. } => {
                "what `lfs getstripe` printed".into()
            }
        }
    }
    fn because(&self) -> String {
        self.to_string()
    }
    fn remedy(&self) -> String {
        "report this with the output of `lfs getstripe -v` and `lfs --version`".into()
    }
}
