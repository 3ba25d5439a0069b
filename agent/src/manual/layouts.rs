//! Presets of layouts, and what versions have, as roff.

use super::roff::tagged;
use crate::layout::{FEATURES, Feature, FileSystemShape, Preset, presets};
use fsxlustre_mount::failure::one_line;

/// The file system that presets are shown for.
const OSTS: u32 = 24;

/// Every preset: for what, why, what it is on a file system of 24 OSTs, and by whom.
pub(super) fn all() -> String {
    presets().iter().map(preset).collect()
}

fn preset(preset: &Preset) -> String {
    let version = Some("2.15".to_owned());
    let shape =
        FileSystemShape { client: version.clone(), version, ..FileSystemShape::with_osts(OSTS) };
    let arguments = preset.layout(&shape).setstripe_arguments().join(" ");
    let meaning = format!(
        "{} {} With {OSTS} OSTs and Lustre 2.15: `lfs setstripe {arguments}`. Source: {}, read {}.",
        preset.is_for,
        preset.reason,
        one_line(&preset.source),
        preset.date
    );
    tagged(&preset.name, "", &meaning)
}

/// What came with which version, and what to say without it.
pub(super) fn features() -> String {
    let feature = |feature: &Feature| {
        let (major, minor) = feature.since;
        let meaning =
            format!("Lustre {major}.{minor}, at both ends. Without it: {}.", feature.without);
        tagged(feature.name, "", &meaning)
    };
    FEATURES.iter().map(feature).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_and_feature_is_described() {
        assert_eq!(all().matches(".TP\n").count(), presets().len());
        assert_eq!(features().matches(".TP\n").count(), FEATURES.len());
        assert!(presets().len() >= 5, "the data is read");
        for preset in presets() {
            for word in [&preset.is_for, &preset.reason, &preset.source] {
                assert!(word.len() > 20, "{}: {word}", preset.name);
            }
            assert!(preset.date.starts_with("20"), "{}", preset.date);
        }
    }
}
