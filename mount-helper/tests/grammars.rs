//! Properties of the grammars of sources, options and helper arguments: what is written is read
//! back the same, and no input panics.

use fsxlustre_mount::cli::{MountCall, UnmountCall};
use fsxlustre_mount::config::{ParameterStore, Piece, Place, SETTINGS, Setting, Values};
use fsxlustre_mount::host::MountTable;
use fsxlustre_mount::options::{MountOptions, OPTIONS, Owner};
use fsxlustre_mount::partition::{NameParts, Partition, name_parts};
use fsxlustre_mount::source::{Device, Source, Tag, encode};
use proptest::collection::vec;
use proptest::prelude::*;
use std::ffi::OsString;

fn tag() -> impl Strategy<Value = Tag> {
    // Any characters that AWS allows and many that it does not; control characters are refused.
    ("[^\\p{C}]{1,40}", "[^\\p{C}]{0,40}").prop_map(|(key, value)| Tag { key, value })
}

/// A Region of each partition that exists, by the part after its prefix.
fn region() -> impl Strategy<Value = (&'static str, String)> {
    let prefixes = [
        ("aws", "us-"),
        ("aws", "eu-"),
        ("aws", "ap-"),
        ("aws-cn", "cn-"),
        ("aws-us-gov", "us-gov-"),
        ("aws-iso", "us-iso-"),
        ("aws-iso-b", "us-isob-"),
    ];
    (prop::sample::select(prefixes.to_vec()), "(north|east|southwest|central)", 1..9_u8)
        .prop_map(|((name, prefix), side, number)| (name, format!("{prefix}{side}-{number}")))
}

/// A setting in its section, with its example or default, or another text.
fn block(row: &Setting, own: Option<&str>) -> String {
    let (section, name) = row.section_and_name();
    let header = match section.strip_suffix("[]") {
        Some(list) => format!("[[{list}]]"),
        None => format!("[{}]", section.replace('*', "x")),
    };
    let value = match own {
        Some(text) => format!("{text:?}"),
        None if row.example.is_empty() => row.default_text(),
        None => row.example.to_owned(),
    };
    format!("{header}\n{} = {value}\n", name.trim_end_matches(".*"))
}

proptest! {
    #[test]
    fn names_of_every_partition_are_built_and_read_back(
        (name, region) in region(),
        id in "fs-[0-9a-f]{8,17}",
        fsname in "[a-z2-7]{8}",
    ) {
        let partition = Partition::of_region(&region);
        prop_assert_eq!(partition.name, name);
        let dns_name = partition.dns_name(&id, &region);
        let device = format!("{dns_name}@tcp:/{fsname}");
        prop_assert!(Device::parse(&device).is_some(), "{}", device);
        let parts = name_parts(&device);
        prop_assert_eq!(parts, Some(NameParts { id: id.clone(), region: region.clone() }));
        let by_api = format!("{id}.fsx.{region}.{}", partition.api_suffix);
        prop_assert_eq!(name_parts(&by_api).map(|parts| parts.region), Some(region.clone()));
        let reversed: Vec<_> = partition.api_suffix.rsplit('.').collect();
        let endpoint = format!("{}.{region}.fsx", reversed.join("."));
        prop_assert_eq!(partition.vpc_endpoint("fsx", &region), endpoint);
        let arn = partition.arn("fsx", &region, "123456789012", &format!("file-system/{id}"));
        let expected = format!("arn:{name}:fsx:{region}:123456789012:file-system/{id}");
        prop_assert_eq!(arn, expected);
    }

    /// The characters and lengths that FSx allows in tags.
    #[test]
    fn tags_that_aws_allows_come_back(
        key in "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}",
        value in "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,256}",
    ) {
        let source = Source::Tags(vec![Tag { key, value }]);
        let text = source.to_string();
        // What is longer than a page is no source of mount(8)'s either.
        prop_assume!(text.len() <= 4096);
        prop_assert_eq!(Source::parse(&text), Ok(source));
    }

    #[test]
    fn tags_come_back(tags in vec(tag(), 1..5)) {
        let mut keys: Vec<_> = tags.iter().map(|tag| tag.key.clone()).collect();
        keys.sort();
        keys.dedup();
        let source = Source::Tags(tags.clone());
        let text = source.to_string();
        prop_assert!(text.is_ascii() && !text.contains('=') && !text.contains(' '));
        if keys.len() == tags.len() {
            prop_assert_eq!(Source::parse(&text), Ok(source));
        } else {
            prop_assert!(Source::parse(&text).is_err());
        }
    }

    #[test]
    fn ids_and_devices_come_back(
        id in "fs-[0-9a-f]{8,17}",
        host in "[a-z][a-z0-9.-]{0,30}",
        fsname in "[a-z0-9]{1,8}",
        subdir in prop::option::of("(/[a-z0-9 _+-]{1,9}){1,4}"),
    ) {
        let device = Device { servers: format!("{host}@tcp"), fsname, subdir: subdir.clone() };
        prop_assert_eq!(Device::parse(&device.to_string()), Some(device));
        let source = Source::Id { id, subdir: subdir.filter(|path| !path.contains(' ')) };
        prop_assert_eq!(Source::parse(&source.to_string()), Ok(source));
    }

    #[test]
    fn name_is_short_for_a_tag(value in "[^\\p{C}]{0,40}") {
        let encoded = encode(&value);
        let (short, long) = (format!("name:{encoded}"), format!("tag:Name:{encoded}"));
        prop_assert_eq!(Source::parse(&short), Source::parse(&long));
    }

    #[test]
    fn no_text_panics(text in any::<String>(), bytes in any::<Vec<u8>>(), words in vec(".*", 0..6)) {
        let _ = Source::parse(&text);
        let _ = Source::parse(&format!("tag:{text}"));
        let _ = Device::parse(&text);
        let _ = MountOptions::parse(&text);
        let _ = MountTable::parse(&bytes);
        let _ = Values::of(&[Piece::file("/f", text.as_str())]);
        let words: Vec<_> = words.into_iter().map(OsString::from).collect();
        let _ = MountCall::parse(&words);
        let _ = UnmountCall::parse(&words);
    }

    #[test]
    fn a_parameter_says_only_what_it_may_and_every_mistake_has_its_line(
        rows in vec(prop::sample::select(SETTINGS), 0..6),
        own in vec(prop::option::of("[^\\p{C}]{0,12}"), 6),
        rubbish in ".{0,20}",
        is_secret in any::<bool>(),
    ) {
        let blocks = rows.iter().zip(&own).map(|(row, own)| block(row, own.as_deref()));
        let text = blocks.collect::<String>() + &rubbish;
        let (name, version, read_unix_seconds) = ("/p/1/x".into(), 1, 0);
        let place = Place::Parameter { name, version, is_secret, read_unix_seconds };
        let (values, mistakes) = Values::of(&[Piece { place, text: text.clone() }]);
        for (key, given) in values.iter() {
            prop_assert_eq!(given.row.parameter_store, ParameterStore::May, "{}", key);
        }
        for mistake in &mistakes {
            prop_assert!((1..=text.lines().count().max(1)).contains(&mistake.origin.line));
        }
        let forbidden = |row: &Setting| row.parameter_store != ParameterStore::May;
        if rows.iter().any(forbidden) {
            prop_assert!(!mistakes.is_empty(), "{}", text);
        }
    }

    #[test]
    fn what_is_passed_on_is_only_what_was_given_and_the_defaults(
        words in vec(prop::sample::select(OPTIONS), 0..8)
    ) {
        let word = |row: &fsxlustre_mount::options::OptionRow| match row.value {
            Some(_) => format!("{}=x", row.name),
            None => row.name.to_owned(),
        };
        let list: Vec<_> = words.iter().map(word).collect();
        let Ok(options) = MountOptions::parse(&list.join(",")) else { return Ok(()) };
        for passed in &options.passed {
            let is_given = list.contains(passed);
            prop_assert!(is_given || passed == "noatime" || passed == "flock", "{}", passed);
            let is_kept = words.iter().any(|row| {
                word(row) == *passed && matches!(row.owner, Owner::Ours | Owner::FstabOnly)
            });
            prop_assert!(!is_kept, "{} is ours or of fstab", passed);
        }
        // Sorted once more it is the same: nothing is added or lost.
        let again = MountOptions::parse(&options.passed.join(",")).expect("its own list");
        if !options.is_remount {
            prop_assert_eq!(again.passed, options.passed);
        }
    }
}
