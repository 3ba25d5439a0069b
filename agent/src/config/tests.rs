use super::*;
use crate::layout::{LayoutPart, LayoutProfile};
use crate::tune::OwnProfile;
use fsxlustre_mount::answer::{CacheSection, FleetSection, MapEntry};
use fsxlustre_mount::config::{HooksSection, HostSection, MountDefaults, SECTIONS, SETTINGS};
use serde::de::value::Error as ValueError;
use serde::de::{Error as _, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use std::collections::{BTreeMap, BTreeSet};

/// Takes from a struct nothing but the names of its fields.
struct FieldNames<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = ValueError;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.0.extend(fields);
        Err(ValueError::custom("only the names were wanted"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, ValueError> {
        Err(ValueError::custom("not a struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields_of<'de, T: Deserialize<'de>>() -> BTreeSet<&'static str> {
    let mut names = Vec::new();
    let _ = T::deserialize(FieldNames(&mut names));
    names.into_iter().collect()
}

/// A new section is added here, too.
fn sections() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    [
        ("config", fields_of::<ConfigSection>()),
        ("host", fields_of::<HostSection>()),
        ("cache", fields_of::<CacheSection>()),
        ("fleet", fields_of::<FleetSection>()),
        ("filesystem[]", fields_of::<MapEntry>()),
        ("hooks", fields_of::<HooksSection>()),
        ("mount", fields_of::<MountDefaults>()),
        ("aws", fields_of::<AwsSection>()),
        ("resolve", fields_of::<ResolveSection>()),
        (
            "layout.profiles.*",
            fields_of::<LayoutProfile>().into_iter().filter(|name| *name != "part").collect(),
        ),
        ("layout.profiles.*.part[]", fields_of::<LayoutPart>()),
        ("layout.directory[]", fields_of::<LayoutRule>()),
        (
            "tune",
            fields_of::<TuneSection>().into_iter().filter(|name| *name != "profiles").collect(),
        ),
        ("tune.profiles.*", fields_of::<OwnProfile>()),
        ("node", fields_of::<NodeSection>()),
        ("jobs", fields_of::<JobsSection>().into_iter().filter(|name| !is_section(name)).collect()),
        ("jobs.deadlines", fields_of::<JobDeadlines>()),
        ("jobs.mount[]", fields_of::<JobMount>()),
        ("exporter", fields_of::<ExporterSection>()),
    ]
    .into()
}

/// Of `[jobs]`: those that are sections of their own.
fn is_section(name: &str) -> bool {
    matches!(name, "mount" | "deadlines")
}

#[test]
fn every_row_has_a_field_and_every_field_a_row() {
    let mut rows: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in SETTINGS {
        let (section, name) = row.section_and_name();
        let name = name.strip_suffix(".*").unwrap_or(name);
        rows.entry(section).or_default().insert(name);
    }
    assert_eq!(rows, sections());
    let named: BTreeSet<_> = SECTIONS.iter().map(|section| section.key).collect();
    assert_eq!(named, sections().into_keys().collect());
}

fn mistakes(text: &str) -> Vec<String> {
    let (_, mistakes) = AgentConfig::look_at(&[Piece::file("/f", text)], &PathOverrides::default());
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn what_only_the_agent_can_judge_has_its_line_too() {
    assert_eq!(
        mistakes("[layout.profiles.x]\nstripe_count = 1\nstripe_size = '1MB'"),
        ["/f:3: layout.profiles.x.stripe_size: 'MB' is not KiB, MiB, GiB or TiB: write it as 4MiB"]
    );
    assert_eq!(
        mistakes("[tune]\nprofile = 'fast'\n"),
        ["/f:2: tune.profile: there is no tuning profile fast"]
    );
    let own = mistakes("[tune.profiles.x]\nset = ['osc.max_rpcs_in_flight=9999']");
    assert!(own.concat().contains("/f:2: tune.profiles.x: osc.max_rpcs_in_flight takes 1 to 256"));
    let count = mistakes("\n[layout.profiles.x]\nstripe_count = 0\nstripe_size = '1MiB'");
    assert_eq!(
        count,
        [
            "/f:3: layout.profiles.x: a stripe count of 0 is not one: stripe_count is 1 to 2000, or -1 for all OSTs"
        ]
    );
    let until =
        "[[layout.profiles.x.part]]\nuntil = '1GiB'\n[[layout.profiles.x.part]]\nuntil = '64'";
    assert_eq!(
        mistakes(until),
        [
            "/f:4: layout.profiles.x.part[1].until: 64 has no unit, and lfs would read it as KiB: write 64KiB"
        ]
    );
    let mount = "[[jobs.mount]]\nsource = 'name:x'\ndirectory = '/mnt/x'\n";
    assert_eq!(
        mistakes(&format!("{mount}{mount}")),
        ["/f:6: jobs.mount[1].directory: [[jobs.mount]] /mnt/x stands twice for the same jobs"]
    );
    for (line, reason) in [
        ("source = 'scratch'", "it has none of the known forms"),
        ("options = 'flok'", "did you mean 'flock'"),
        ("directory = '/a/../b'", "an absolute path without '..'"),
        ("directory = '/a/'", "an absolute path without '..'"),
        ("directory = '/'", "an absolute path without '..'"),
    ] {
        let said = mistakes(&format!("[[jobs.mount]]\n{line}")).concat();
        assert!(said.contains("/f:2: ") && said.contains(reason), "{line}: {said}");
    }
}

#[test]
fn a_later_file_replaces_a_profile_with_its_parts() {
    let two =
        "[[layout.profiles.x.part]]\nuntil = '1GiB'\n[[layout.profiles.x.part]]\nuntil = 'end'";
    let one = "[[layout.profiles.x.part]]\nuntil = 'end'\nstripe_count = 4";
    let pieces = [Piece::file("/a", two), Piece::file("/b", one)];
    let config = AgentConfig::from_pieces(&pieces, &PathOverrides::default()).expect("it fits");
    let profile = config.layout.profile("x").expect("the profile");
    assert_eq!(profile.part.len(), 1, "{profile:?}");
    assert_eq!(profile.part[0].stripe_count, Some(4));
    assert_eq!(
        config.layout.profile("shared-file").and_then(|one| one.preset),
        Some("shared-file".into())
    );
    assert_eq!(config.layout.profile("y"), None);
}
