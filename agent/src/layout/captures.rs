//! Every text and attribute that was captured is understood.

use super::model::{Component, Layout, Pattern, StripeUnit, Stripes};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/layout"))
}

fn capture(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).expect(name)
}

/// Captures of `lfs getstripe` that hold layouts.
fn captured_texts() -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = std::fs::read_dir(folder())
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .filter(|name| name.starts_with("getstripe_"))
        // What has no layout says so.
        .filter(|name| !name.contains("symlink") && !name.contains("fifo"))
        .map(|name| (name.clone(), capture(&name)))
        .collect();
    texts.sort();
    assert!(texts.len() > 115, "only {} captures", texts.len());
    texts
}

#[test]
fn every_captured_text_is_read() {
    for (name, text) in captured_texts() {
        let layouts = Layout::all(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let blocks = text.matches("lcm_entry_count").count()
            + text
                .lines()
                .filter(|line| {
                    line.starts_with("lmm_stripe_count")
                        || line.starts_with("stripe_count")
                        || line.starts_with("lfm_value")
                })
                .count();
        assert_eq!(layouts.len(), blocks, "{name}");
    }
}

#[test]
fn the_attribute_and_the_text_are_the_same_layout() {
    let attributes = attributes();
    // The attributes were read after `lfs setstripe -c 3 a d`.
    let count = Layout::all(&capture("setstripe_multi.out")).expect("read").swap_remove(0);
    let named = Layout::named(&capture("getstripe_dr_multi.out")).expect("read");
    let (_, composite) = named.iter().find(|(name, _)| name == "/fsx/more/b").expect("b");
    for (path, shown) in [("fsx/more/a", &count), ("fsx/more/b", composite)] {
        let (_, bytes) = attributes.iter().find(|(name, _)| name == path).expect(path);
        assert_eq!(filled(Layout::parse_lov(bytes).expect(path)), *shown, "{path}");
    }
    for name in ["pfl", "plain_c2", "dom"] {
        let (_, bytes) = attributes.iter().find(|(path, _)| path.ends_with(name)).expect(name);
        let text = capture(&format!("getstripe_{name}.out"));
        let shown = Layout::parse_text(&text).expect(name);
        assert_eq!(Layout::parse_lov(bytes).expect(name), shown, "{name}");
    }
}

/// What `lfs getstripe` fills in: the file system's own stripe size.
fn filled(mut layout: Layout) -> Layout {
    let fill = |stripes: &mut Stripes| {
        if stripes.size == StripeUnit::Unset {
            stripes.size = StripeUnit::Size(4_194_304);
        }
    };
    match &mut layout {
        Layout::Plain(stripes) => fill(stripes),
        Layout::Composite(composite) => {
            composite.components.iter_mut().for_each(|component| fill(&mut component.stripes));
        }
        Layout::Inherited { .. } | Layout::Foreign(_) => {}
    }
    layout
}

/// `lustre.lov` of each file in the captures of getfattr.
fn attributes() -> Vec<(String, Vec<u8>)> {
    let text = capture("xattr_lov.out") + &capture("getfattr_lov.out");
    let mut name = "";
    let mut attributes = Vec::new();
    for line in text.lines() {
        if let Some(file) = line.strip_prefix("# file: ") {
            name = file;
        }
        if let Some(digits) = line.strip_prefix("lustre.lov=0x") {
            let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
            attributes.push((name.to_owned(), (0..digits.len()).step_by(2).map(byte).collect()));
        }
    }
    assert_eq!(attributes.len(), 6);
    attributes
}

#[test]
fn a_directory_without_a_default_inherits() {
    for name in ["getstripe_ddefault_d.out", "getstripe_ddefault_v.out", "getstripe_ddefault_y.out"]
    {
        let layout = Layout::parse_text(&capture(name)).expect(name);
        assert_eq!(layout, Layout::Inherited { shown: Some(none()) }, "{name}");
    }
    // As clients before 2.12 print it: no pattern, but the words before the path.
    let old = "(Default) /fsx/d\nlmm_fid: [0x1:0x2:0x0]\nstripe_count:  1 stripe_size:   1048576 stripe_offset: -1\n";
    assert!(matches!(Layout::parse_text(old), Ok(Layout::Inherited { .. })));
}

fn none() -> Stripes {
    Stripes { pattern: Pattern::NONE, ..Stripes::new(1, 4_194_304) }
}

#[test]
fn names_hold_spaces_and_line_breaks() {
    let named = Layout::named(&capture("getstripe_newline_name.out")).expect("read");
    assert_eq!(named[0].0, "/fsx/lay/new\nline");
    let space = capture("getstripe_trailing_space_name.out");
    assert_eq!(Layout::all(&space).expect("read").len(), 2);
    let several = Layout::named(&capture("getstripe_dv_multi.out")).expect("read");
    let paths: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(paths, ["/fsx/more/a", "/fsx/more/b", "/fsx/more/c", "/fsx/more/d"]);
    assert!(matches!(several[3].1, Layout::Inherited { .. }));
}

#[test]
fn what_has_no_layout_is_not_one() {
    for name in ["getstripe_symlink.out", "getstripe_fifo.out"] {
        assert!(Layout::parse_text(&capture(name)).is_err(), "{name}");
    }
    for text in ["", "stripe_count:", "stripe_count: x stripe_size: 1", "stripe_size: 5"] {
        assert!(Layout::parse_text(text).is_err(), "{text}");
    }
}

#[test]
fn self_extending_components_are_one_e_each() {
    let Ok(Layout::Composite(sel)) = Layout::parse_text(&capture("getstripe_sel.out")) else {
        panic!("composite")
    };
    let extended: Vec<bool> = sel.components.iter().map(Component::is_extension).collect();
    assert_eq!(extended, [false, true, false, true]);
    assert_eq!(sel.components[3].stripes.size, StripeUnit::Extension(128 << 20));
    let arguments = Layout::Composite(sel).setstripe_arguments().join(" ");
    assert_eq!(
        arguments,
        "-E 1073741824 -z 67108864 -c 1 -S 4194304 -E -1 -z 134217728 -c 1 -S 4194304"
    );
}

/// Every layout of every capture is printed as the same layout; where the text is neither `-v` nor a
/// mixture, as the very same bytes.
#[test]
fn what_is_printed_is_what_was_captured() {
    let mut same = 0;
    for (name, text) in captured_texts() {
        let layouts = Layout::all(&text).expect(&name);
        for layout in &layouts {
            for printed in [layout.getstripe_text(), layout.getstripe_yaml()] {
                let read = Layout::parse_text(&printed).expect(&printed);
                assert!(is_same(&read, layout), "{name}: {read:?} {layout:?}");
            }
        }
        let is_verbose = text.contains("lmm_fid") || text.contains("lfm_magic");
        if is_verbose || name.contains("trailing_space") {
            continue;
        }
        let is_yaml = text.contains("component0:")
            || !text.contains("stripe_size: ")
            || name.contains("_y")
            || name.contains("dy");
        let print = |layout: &Layout| {
            if is_yaml { layout.getstripe_yaml() } else { layout.getstripe_text() }
        };
        let printed: String = layouts.iter().map(print).collect();
        let is_name = |line: &&str| line.starts_with('/') || *line == "line";
        let without_names: Vec<&str> = text.lines().filter(|line| !is_name(line)).collect();
        assert_eq!(printed.lines().collect::<Vec<_>>(), without_names, "{name}");
        same += 1;
    }
    assert!(same > 70, "only {same}");
}

/// Of a foreign layout only `-v` tells whose it is.
fn is_same(read: &Layout, layout: &Layout) -> bool {
    match (read, layout) {
        (Layout::Foreign(read), Layout::Foreign(other)) => read.value == other.value,
        _ => read == layout,
    }
}

#[test]
fn a_released_file_is_read_as_clients_print_it() {
    // Written from the source of the clients: no released file was at hand.
    let text = capture("getstripe_plain_c1.out");
    for word in ["released", "raid0,released", "80000001"] {
        let released = text.replace("raid0", word);
        let layout =
            Layout::parse_text(released.split("\tobdidx").next().expect("a part")).expect(word);
        let Layout::Plain(stripes) = &layout else { panic!("{layout:?}") };
        assert!(stripes.pattern.is_released(), "{word}");
        assert_eq!(stripes.pattern.kind(), Pattern::RAID0, "{word}");
        assert_eq!(Layout::parse_text(&layout.getstripe_text()).expect(word), layout);
    }
}

#[test]
fn clients_before_2_12_print_patterns_as_digits_and_none_for_a_directory() {
    // Written from their source (lov_dump_user_lmm_header): none of these clients was at hand.
    let file = "/fsx/f\nlmm_stripe_count:  2\nlmm_stripe_size:   1048576\nlmm_pattern:       1\n\
                lmm_layout_gen:    0\nlmm_stripe_offset: 0\n\tobdidx\t\t objid\t\t objid\t\t group\n\
                \t     0\t           168\t         0xa8\t             0\n\
                \t     1\t           166\t         0xa6\t             0\n\n";
    let Ok(Layout::Plain(stripes)) = Layout::parse_text(file) else { panic!("a plain layout") };
    assert_eq!(stripes.pattern, Pattern::RAID0);
    assert_eq!(stripes.ost_indices().collect::<Vec<_>>(), [0, 1]);
    let set = "/fsx/d\nlmm_fid:           [0x200000bd1:0x2:0x0]\n\
               stripe_count:  4 stripe_size:   1048576 stripe_offset: -1\n\n";
    let layout = Layout::parse_text(set).expect("a default");
    assert!(Layout::Plain(Stripes::new(4, 1 << 20)).is_met_by(&layout));
    let progressive = "  lcm_layout_gen:  0\n  lcm_entry_count: 2\n    lcme_id:             N/A\n    \
                       lcme_flags:          0\n    lcme_extent.e_start: 0\n    lcme_extent.e_end:   67108864\n      \
                       stripe_count:  1       stripe_size:   1048576       stripe_offset: -1\n\n    \
                       lcme_id:             N/A\n    lcme_flags:          0\n    lcme_extent.e_start: 67108864\n    \
                       lcme_extent.e_end:   EOF\n      stripe_count:  -1       stripe_size:   1048576       \
                       stripe_offset: -1\n\n";
    let Ok(Layout::Composite(composite)) = Layout::parse_text(progressive) else {
        panic!("a composite layout")
    };
    assert_eq!((composite.mirrors, composite.components.len()), (1, 2));
    assert_eq!(composite.components[1].stripes.pattern, Pattern::RAID0);
}
