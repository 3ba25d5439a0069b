//! Where the files go, and how: the SSM Agent reads every `*.json` of one folder whenever it collects, so
//! a file is made beside that folder and moved into it whole.

use super::Item;
use crate::ssm::managed_id::{ManagedId, agent_folder};
use fsxlustre_mount::failure::{Code, Explain};
use fsxlustre_mount::host::{
    Host, StateError, make_private_folder, open_trusted_folder, replace_by_way_of,
};
use std::path::{Path, PathBuf};

/// Where files are dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// Whether the SSM Agent looks there by itself.
    pub is_agents: bool,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It was written.
    Written(PathBuf),
    /// It says the same already.
    Same(PathBuf),
}

/// A file could not be dropped.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// The folder is not root's alone.
    #[error("the folder for custom inventory cannot be used")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file system said no.
    #[error("the inventory file cannot be written")]
    File {
        /// Why.
        #[from]
        source: StateError,
    },
}

impl Explain for DropError {
    fn code(&self) -> Code {
        Code::InventoryUnwritable
    }
    fn asked(&self) -> String {
        match self {
            Self::Folder { folder, .. } => format!("use {}", folder.display()),
            Self::File { source } => source.asked(),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Folder { source, .. } => source.to_string(),
            Self::File { source } => source.because(),
        }
    }
    fn remedy(&self) -> String {
        let folder = match self {
            Self::Folder { folder, .. } => folder.display().to_string(),
            Self::File { .. } => "the folder".into(),
        };
        format!("run it as root, where {folder} and all above it are root's and there is room")
    }
}

/// Where they go: into the SSM Agent's folder of this node. Where it has none (it is not installed, or
/// nobody knows the id), into ours, which an inventory association may be told to look at.
pub fn place(host: &Host, id: Option<&ManagedId>) -> Place {
    let agent = agent_folder(host);
    let of = |id: &str| Place { folder: agent.join(id).join("inventory/custom"), is_agents: true };
    let ours = Place { folder: host.paths.data.join("inventory/custom"), is_agents: false };
    if !agent.is_dir() {
        return ours;
    }
    match id {
        Some(id) => of(id.as_str()),
        None => only_node(&agent).map_or(ours, |id| of(id.as_str())),
    }
}

/// The node of which there is a folder, where there is one such.
fn only_node(agent: &Path) -> Option<ManagedId> {
    let names = std::fs::read_dir(agent).ok()?.flatten();
    let mut ids =
        names.filter_map(|entry| ManagedId::parse(entry.file_name().to_str()?)).collect::<Vec<_>>();
    let only = ids.pop()?;
    ids.is_empty().then_some(only)
}

/// Puts a file in its place, unless it says the same already.
///
/// # Errors
/// [`DropError`]; what was there before then still is.
pub fn put(place: &Place, item: &Item) -> Result<Dropped, DropError> {
    let folder = &place.folder;
    let refused = |source| DropError::Folder { folder: folder.clone(), source };
    make_private_folder(folder).map_err(refused)?;
    open_trusted_folder(folder).map_err(refused)?;
    let path = folder.join(item.file_name());
    let text = item.text();
    let is_same =
        fsxlustre_mount::host::read_text(&path).is_ok_and(|there| there.trim_end() == text);
    if is_same {
        return Ok(Dropped::Same(path));
    }
    let beside = folder.parent().unwrap_or(folder);
    replace_by_way_of(beside, &path, text.as_bytes())?;
    Ok(Dropped::Written(path))
}
