//! What the files of each connection say, word for word, for somebody who looks at a fault from afar.

use super::look::{Look, look};
use super::place::names;
use fsxlustre_mount::host::{Deadline, Host, read_text};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The most of one file.
const LONGEST_CHARACTERS: usize = 16 << 10;
/// The most connections.
const MOST: usize = 4096;

/// Reads the files of connections, in a child: their server may hold a lock that they wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportTextsLook {
    procfs: PathBuf,
}

/// The files of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportText {
    /// `osc/p7lsxbev-OST0000-osc-ff357431481cc000/import`.
    pub file: String,
    /// What it says, or why it does not.
    pub text: Result<String, String>,
}

impl ImportTextsLook {
    pub(super) fn tell(&self, tell: &mut dyn FnMut(&ImportText)) {
        for kind in ["mgc", "mdc", "osc"] {
            let folder = self.procfs.join("fs/lustre").join(kind);
            for device in names(&folder).unwrap_or_default().into_iter().take(MOST) {
                for file in ["import", "state"] {
                    let text = read_text(&folder.join(&device).join(file));
                    let text = text.map(|text| text.chars().take(LONGEST_CHARACTERS).collect());
                    let text = text.map_err(|error| error.to_string());
                    tell(&ImportText { file: format!("{kind}/{device}/{file}"), text });
                }
            }
        }
    }
}

/// The files of all connections, as far as they were told before the deadline; and whether all were.
///
/// # Errors
/// Why no child could be started.
pub fn import_texts(host: &Host, deadline: Deadline) -> Result<(Vec<ImportText>, bool), String> {
    let asked = ImportTextsLook { procfs: host.paths.procfs.clone() };
    look::<ImportText>(&Look::ImportTexts(asked), deadline).map(|told| (told.lines, told.is_whole))
}
