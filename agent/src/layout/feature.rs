//! What came to Lustre with which version: both ends must have it.

use super::model::{Component, Layout};
use super::problem::LayoutProblem;
use super::shape::FileSystemShape;
use fsxlustre_mount::versions::series;

/// Something that older versions do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// What it is called.
    pub name: &'static str,
    /// Major and minor number of the first version that has it.
    pub since: (u32, u32),
    /// What a layout says instead.
    pub without: &'static str,
}

/// Several components, one behind the other.
pub(super) const PROGRESSIVE: Feature = Feature {
    name: "a progressive layout (PFL)",
    since: (2, 10),
    without: "say one stripe_count and stripe_size for the whole file",
};
/// The first bytes on an MDT.
pub(super) const DATA_ON_MDT: Feature =
    Feature { name: "Data-on-MDT", since: (2, 11), without: "leave out on_mdt (-L mdt)" };
/// Several copies.
pub(super) const MIRRORS: Feature =
    Feature { name: "a mirrored file (FLR)", since: (2, 11), without: "leave out mirrors (-N)" };
/// Components that grow.
pub(super) const SELF_EXTENDING: Feature = Feature {
    name: "a self-extending layout (SEL)",
    since: (2, 13),
    without: "leave out extend_by (-z)",
};
/// Several stripes on one OST.
pub(super) const OVERSTRIPING: Feature = Feature {
    name: "overstriping",
    since: (2, 13),
    without: "leave out overstripe (say -c, not -C)",
};

/// Every feature, for the manual.
///
/// *Source*: lfs-setstripe(1) and the release notes of Lustre 2.10 to 2.13.
pub const FEATURES: [Feature; 5] =
    [PROGRESSIVE, DATA_ON_MDT, MIRRORS, SELF_EXTENDING, OVERSTRIPING];

impl Layout {
    /// What a client and a file system must have for it.
    pub fn features(&self) -> Vec<Feature> {
        let (stripes, composite) = match self {
            Self::Inherited { .. } | Self::Foreign(_) => return Vec::new(),
            Self::Plain(stripes) => (vec![stripes], None),
            Self::Composite(composite) => {
                (composite.components.iter().map(|one| &one.stripes).collect(), Some(composite))
            }
        };
        let has_extension =
            composite.is_some_and(|all| all.components.iter().any(Component::is_extension));
        [
            (PROGRESSIVE, composite.is_some()),
            (DATA_ON_MDT, stripes.iter().any(|stripes| stripes.pattern.is_mdt())),
            (MIRRORS, composite.is_some_and(|composite| composite.mirrors > 1)),
            (SELF_EXTENDING, has_extension),
            (OVERSTRIPING, stripes.iter().any(|stripes| stripes.pattern.is_overstriped())),
        ]
        .into_iter()
        .filter_map(|(feature, is_used)| is_used.then_some(feature))
        .collect()
    }

    /// What this client or this file system lacks.
    pub(super) fn lacking(&self, shape: &FileSystemShape) -> Vec<LayoutProblem> {
        let ends = [("client", &shape.client), ("file system", &shape.version)];
        let lacks = |feature: &Feature| {
            let (end, version) = ends.iter().find_map(|(end, version)| {
                let version = version.as_deref()?;
                (series(version)? < feature.since).then_some((*end, version))
            })?;
            let (major, minor) = feature.since;
            let because = format!(
                "{} came with Lustre {major}.{minor}, and this {end} is {version}",
                feature.name
            );
            let fix = match end {
                "client" => {
                    format!("install a {major}.{minor} client or later, or {}", feature.without)
                }
                _ => feature.without.to_owned(),
            };
            Some(LayoutProblem { because, fix })
        };
        self.features().iter().filter_map(lacks).collect()
    }

    /// What nobody could check, because the file system's version is not known.
    pub(super) fn unchecked_features(&self, shape: &FileSystemShape) -> Option<String> {
        if shape.version.is_some() {
            return None;
        }
        let newest = self.features().into_iter().max_by_key(|feature| feature.since)?;
        let (major, minor) = newest.since;
        Some(format!(
            "{} needs a file system of Lustre {major}.{minor}, and its version is not known here",
            newest.name
        ))
    }
}
