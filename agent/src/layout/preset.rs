//! Presets: layouts for what people do, computed from what the file system has. They are data:
//! `agent/data/layout_presets.toml`.

use super::feature::{OVERSTRIPING, PROGRESSIVE};
use super::model::{Component, Composite, Layout, Pattern, Stripes};
use super::shape::FileSystemShape;
use super::sound::MOST_STRIPES;
use super::stripe_size::{StripeSize, Until};
use fsxlustre_mount::versions::series;
use serde::Deserialize;

const DATA: &str = include_str!("../../data/layout_presets.toml");

/// A layout for what people do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What a profile or a command calls it.
    pub name: String,
    /// Which files it is for.
    #[serde(rename = "for")]
    pub is_for: String,
    /// Why it is so.
    pub reason: String,
    /// Where it is documented.
    pub source: String,
    /// When that was read.
    pub date: String,
    /// How much lies on one OST before the next one's turn.
    pub stripe_size: StripeSize,
    /// Stripes on each OST of the last part, where overstriping is there.
    #[serde(default)]
    pub overstripe: Option<i32>,
    /// Its parts.
    pub part: Vec<PresetPart>,
}

/// One part of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetPart {
    /// Where it ends; at the end of the file where nothing is said.
    #[serde(default)]
    pub until: Option<Until>,
    /// On how many OSTs it lies, at most; -1 for all.
    pub stripes: i32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Presets {
    preset: Vec<Preset>,
}

/// Every preset, in the order of the data.
pub fn presets() -> Vec<Preset> {
    // The data is part of the program; a test reads it.
    toml::from_str::<Presets>(DATA).unwrap_or_default().preset
}

/// The preset of that name.
pub fn preset(name: &str) -> Option<Preset> {
    presets().into_iter().find(|preset| preset.name == name)
}

/// Their names.
pub fn preset_names() -> Vec<String> {
    presets().into_iter().map(|preset| preset.name).collect()
}

impl Preset {
    /// The layout on a file system. What is not known of it is taken as what every FSx file system has; a
    /// count that nobody can check stays as it is in the data.
    pub fn layout(&self, shape: &FileSystemShape) -> Layout {
        let mut parts: Vec<(Option<u64>, Stripes)> = Vec::new();
        for part in &self.part {
            let end = part.until.and_then(Until::end);
            let stripes = self.stripes(part, end.is_none(), shape);
            match parts.last_mut() {
                // The file system has too few OSTs for a difference.
                Some((before, same)) if *same == stripes => *before = end,
                _ => parts.push((end, stripes)),
            }
        }
        if !may_be_progressive(shape) {
            parts.drain(..parts.len().saturating_sub(1));
        }
        match parts.as_slice() {
            [(_, only)] => Layout::Plain(only.clone()),
            _ => Layout::Composite(composite(parts)),
        }
    }

    fn stripes(&self, part: &PresetPart, is_last: bool, shape: &FileSystemShape) -> Stripes {
        let size = self.stripe_size.bytes();
        let osts = shape.ost_count().and_then(|count| i32::try_from(count).ok());
        let osts = osts.filter(|osts| *osts > 0);
        if let (true, Some(each), Some(osts)) = (is_last, self.overstripe, osts)
            && shape.has(OVERSTRIPING.since)
        {
            let count = osts.saturating_mul(each).min(MOST_STRIPES);
            return Stripes { pattern: Pattern::OVERSTRIPED, ..Stripes::new(count, size) };
        }
        let count = match (part.stripes, osts) {
            (1, _) | (_, Some(1)) => 1,
            (-1, _) | (_, None) => part.stripes,
            (most, Some(osts)) => most.min(osts),
        };
        Stripes::new(count, size)
    }
}

/// Every client and file system of FSx has progressive layouts; one that says otherwise is believed.
fn may_be_progressive(shape: &FileSystemShape) -> bool {
    let has = |version: &Option<String>| {
        version.as_deref().and_then(series).is_none_or(|have| have >= PROGRESSIVE.since)
    };
    has(&shape.client) && has(&shape.version)
}

fn composite(parts: Vec<(Option<u64>, Stripes)>) -> Composite {
    let mut start = 0;
    let mut components = Vec::new();
    for (end, stripes) in parts {
        components.push(Component::of_default(start, end, stripes));
        start = end.unwrap_or(u64::MAX);
    }
    Composite { mirrors: 1, generation: 0, components }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_read() {
        let read = toml::from_str::<Presets>(DATA).expect("the data");
        let names: Vec<_> = read.preset.iter().map(|preset| preset.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "fsx-default",
                "large-sequential",
                "many-small-files",
                "checkpoint-per-process",
                "shared-file"
            ]
        );
    }
}
