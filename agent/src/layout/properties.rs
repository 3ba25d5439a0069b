//! Whatever a layout is: what is printed of it is read as the same layout, and nothing that is read
//! makes a reader panic.

use super::model::{Component, Composite, Layout, Pattern, StripeObject, StripeUnit, Stripes};
use super::setstripe::extended;
use super::{FileSystemShape, LayoutProfile, parse_setstripe, presets};
use proptest::prelude::*;
use std::fmt::Write as _;

const UNIT: u64 = 64 << 10;

fn stripes() -> impl Strategy<Value = Stripes> {
    let count = prop_oneof![Just(-1), 1..=2000_i32];
    let pool = proptest::option::of(
        "[a-zA-Z0-9_][a-zA-Z0-9_-]{0,14}".prop_filter("a name", |pool| pool != "none"),
    );
    let osts = proptest::collection::btree_set(0..500_u32, 0..6);
    let first = proptest::option::of(0..2000_u32);
    (count, 1..=64_u64, any::<bool>(), first, osts, pool).prop_map(
        |(count, size, is_overstriped, first, osts, pool)| {
            let listed = i32::try_from(osts.len()).expect("few");
            let is_overstriped = is_overstriped && count != -1;
            Stripes {
                count: if listed > 0 { listed } else { count },
                pattern: if is_overstriped { Pattern::OVERSTRIPED } else { Pattern::RAID0 },
                first_ost: osts.first().copied().or(first),
                osts: osts.into_iter().map(|ost| StripeObject { ost, fid: None }).collect(),
                pool,
                ..Stripes::new(1, size * UNIT)
            }
        },
    )
}

/// The components of one mirror: lengths, each with its stripes and by how much it extends itself.
fn mirror() -> impl Strategy<Value = Vec<Component>> {
    let extension = proptest::option::of(1..100_u64);
    let part = (101..10_000_u64, stripes(), extension);
    (proptest::option::of(1..16_u64), proptest::collection::vec(part, 1..8), any::<bool>())
        .prop_map(|(on_mdt, parts, has_end)| {
            let mut mirror = Vec::new();
            let mut start = 0;
            if let Some(units) = on_mdt {
                start = units * UNIT;
                let stripes = Stripes { pattern: Pattern::MDT, ..Stripes::unset() };
                mirror.push(Component::of_default(0, Some(start), stripes));
            }
            let last = parts.len() - 1;
            for (index, (length, stripes, extension)) in parts.into_iter().enumerate() {
                let end = (index < last || has_end).then_some(start + length * UNIT);
                match extension {
                    Some(by) => mirror.extend(extended(start, end, stripes, by * UNIT)),
                    None => mirror.push(Component::of_default(start, end, stripes)),
                }
                start = end.unwrap_or(start);
            }
            mirror
        })
}

fn composite() -> impl Strategy<Value = Composite> {
    proptest::collection::vec(mirror(), 1..4).prop_map(|mirrors| Composite {
        mirrors: u16::try_from(mirrors.len()).expect("few"),
        generation: 0,
        components: mirrors.concat(),
    })
}

pub(super) fn layout() -> impl Strategy<Value = Layout> {
    prop_oneof![stripes().prop_map(Layout::Plain), composite().prop_map(Layout::Composite)]
}

fn words() -> impl Strategy<Value = Vec<String>> {
    let option = prop_oneof![
        Just("-c"),
        Just("-C"),
        Just("-S"),
        Just("-i"),
        Just("-o"),
        Just("-p"),
        Just("-E"),
        Just("-L"),
        Just("-N"),
        Just("-N3"),
        Just("-z"),
        Just("--stripe-count=4"),
        Just("mdt"),
        Just("-1"),
        Just("64M"),
        Just("1,2-9"),
        Just("99999999999999999999"),
        Just("0-4294967295"),
    ];
    let word = prop_oneof![4 => option.prop_map(str::to_owned), 1 => ".{0,12}"];
    proptest::collection::vec(word, 0..24)
}

/// Lines that `lfs getstripe` prints, in any order and with any value.
fn text() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("lmm_stripe_count:"),
        Just("stripe_count:"),
        Just("lmm_stripe_size:"),
        Just("stripe_size:"),
        Just("lmm_pattern:"),
        Just("lcm_layout_gen:"),
        Just("lcm_mirror_count:"),
        Just("lcm_entry_count:"),
        Just("lcme_id:"),
        Just("lcme_flags:"),
        Just("lcme_extent.e_start:"),
        Just("lcme_extent.e_end:"),
        Just("lfm_value:"),
        Just("component1:"),
        Just("- 0: { l_ost_idx:"),
        Just("l_fid:"),
        Just("/fsx/a"),
        Just("(Default) /fsx/b"),
        Just("\tobdidx"),
        Just("\t 1 2"),
    ];
    let value = prop_oneof![
        Just("1"),
        Just("-1"),
        Just("4194304"),
        Just("raid0"),
        Just("mdt"),
        Just("EOF"),
        Just("N/A"),
        Just("init,extension"),
        Just("'x'"),
        Just("[0x1:0x2:0x0]"),
        Just("99999999999999999999"),
        Just(""),
    ];
    let line =
        (key, value, ".{0,6}").prop_map(|(key, value, rest)| format!("{key} {value} {rest}"));
    let line = prop_oneof![8 => line, 1 => Just(String::new()), 1 => ".{0,40}"];
    proptest::collection::vec(line, 0..40).prop_map(|lines| lines.join("\n"))
}

/// A profile as a user writes it: most of them fit some file system.
fn profile() -> impl Strategy<Value = String> {
    let keys = (
        prop_oneof![Just(-1), 1..=16_i32],
        1..=16_u64,
        proptest::option::of(Just("p1")),
        any::<bool>(),
        proptest::option::of(0..16_u32),
    );
    let keys = keys.prop_map(|(count, size, pool, is_overstriped, first)| {
        let mut text = format!("stripe_count = {count}\nstripe_size = '{}KiB'\n", size * 64);
        text.extend(pool.map(|pool| format!("pool = '{pool}'\n")));
        // A part that says nothing of it has what the profile says, which -1 does not go with.
        let _ = writeln!(text, "overstripe = {}", is_overstriped && count > 0);
        text.extend(first.map(|first| format!("first_ost = {first}\n")));
        text
    });
    let keys = keys.boxed();
    let whole = (
        keys.clone(),
        proptest::option::of(1..=16_u64),
        proptest::option::of(1..=4_u64),
        proptest::option::of(1..=4_u16),
        proptest::collection::btree_map(1..64_u64, keys.clone(), 0..4),
        keys,
    );
    whole.prop_map(|(keys, on_mdt, extend_by, mirrors, parts, last)| {
        let mut text = keys;
        text.extend(on_mdt.map(|units| format!("on_mdt = '{}KiB'\n", units * 64)));
        // Multiples of every stripe size above.
        text.extend(extend_by.map(|times| format!("extend_by = '{}KiB'\n", times * 720_720 * 64)));
        text.extend(mirrors.map(|mirrors| format!("mirrors = {mirrors}\n")));
        let has_parts = !parts.is_empty();
        for (times, keys) in parts {
            let _ = write!(text, "[[part]]\nuntil = '{}KiB'\n{keys}", times * 720_720 * 64 * 5);
        }
        if has_parts {
            let _ = write!(text, "[[part]]\nuntil = 'end'\n{last}");
        }
        text
    })
}

proptest! {
    #[test]
    fn what_a_profile_gives_is_printed_and_read_as_the_same_layout(text in profile()) {
        let profile: LayoutProfile = toml::from_str(&text).expect("a profile");
        let pools = [("p1".to_owned(), (0..16).collect())];
        let shape = FileSystemShape { pools: Some(pools.into()), ..FileSystemShape::with_osts(16) };
        let layout = profile.layout("x", &shape).expect(&text);
        let read = parse_setstripe(&layout.setstripe_arguments()).expect("it is read");
        prop_assert_eq!(&read, &layout);
        prop_assert_eq!(read.problems(&shape), vec![]);
        let shown = Layout::parse_text(&layout.getstripe_text()).expect("it is read");
        prop_assert!(layout.is_met_by(&shown));
    }

    #[test]
    fn the_arguments_of_a_layout_are_read_as_the_same_layout(layout in layout()) {
        let arguments = layout.setstripe_arguments();
        let read = parse_setstripe(&arguments).expect("what is printed is read");
        prop_assert_eq!(&read, &layout, "{:?}", arguments);
        prop_assert!(layout.is_met_by(&read));
    }

    #[test]
    fn what_lfs_prints_of_a_layout_is_read_as_the_same_layout(layout in layout()) {
        for text in [layout.getstripe_text(), layout.getstripe_yaml()] {
            let read = Layout::parse_text(&text).expect("what is printed is read");
            prop_assert!(layout.is_met_by(&read), "{text}\n{read:?}\n{layout:?}");
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in text(), other in any::<String>()) {
        for text in [text, other] {
            let _ = (Layout::all(&text), Layout::named(&text), Layout::parse_text(&text));
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(magic in 0..6_usize, rest in proptest::collection::vec(any::<u8>(), 0..400)) {
        let magics = [0x0BD1_0BD0_u32, 0x0BD3_0BD0, 0x0BD5_0BD0, 0x0BD6_0BD0, 0x0BD7_0BD0, 0];
        let bytes = [&magics[magic].to_le_bytes()[..], &rest].concat();
        let _ = (Layout::parse_lov(&bytes), Layout::parse_lov(&rest));
    }

    #[test]
    fn no_words_make_the_reader_of_arguments_panic(words in words()) {
        if let Ok(layout) = parse_setstripe(&words) {
            let _ = (layout.problems(&FileSystemShape::with_osts(4)), layout.to_string());
            let _ = (layout.explained(Some(5 << 30), &FileSystemShape::default()), layout.shown());
        }
    }

    #[test]
    fn every_preset_is_sound_on_every_file_system(osts in 1..900_u32, client in 10..18_u32, version in 10..16_u32) {
        let shape = FileSystemShape {
            client: Some(format!("2.{client}.1")),
            version: Some(format!("2.{version}")),
            ..FileSystemShape::with_osts(osts)
        };
        for preset in presets() {
            let layout = preset.layout(&shape);
            prop_assert_eq!(layout.problems(&shape), vec![], "{} {:?}", preset.name, layout);
            let read = parse_setstripe(&layout.setstripe_arguments()).expect("it is read");
            prop_assert_eq!(read, layout);
        }
    }
}

#[test]
fn an_unset_size_is_met_by_any() {
    let wanted = Stripes { count: 2, ..Stripes::unset() };
    assert_eq!(wanted.size, StripeUnit::Unset);
    let found = Layout::Plain(Stripes::new(2, 4 << 20));
    assert!(Layout::Plain(wanted.clone()).is_met_by(&found));
    assert!(!found.is_met_by(&Layout::Plain(wanted)));
}

#[test]
fn a_component_that_says_nothing_inherits_nothing() {
    let arguments = "-E 64M -c 4 -S 1M -p p1 -E -1 -c 0 -S 0 -p none";
    let words: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
    let layout = parse_setstripe(&words).expect(arguments);
    let printed = layout.setstripe_arguments();
    assert_eq!(printed.join(" "), "-E 67108864 -c 4 -S 1048576 -p p1 -E -1 -c 0 -S 0 -p none");
    assert_eq!(parse_setstripe(&printed), Ok(layout));
}
