//! What a user reads of a layout.

use super::{FileSystemShape, Layout, parse_setstripe, preset};

fn layout(arguments: &str) -> Layout {
    let words: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
    parse_setstripe(&words).expect(arguments)
}

fn eight() -> FileSystemShape {
    let pools = [("ssd".to_owned(), vec![0, 1])];
    FileSystemShape { pools: Some(pools.into()), ..FileSystemShape::with_osts(8) }
}

#[test]
fn a_layout_is_explained_for_a_file_of_a_size() {
    let fsx = preset("fsx-default").expect("the preset").layout(&FileSystemShape::with_osts(40));
    let sixteen = FileSystemShape::with_osts(16);
    for (layout, size, shape, wanted) in [
        (
            layout("-c 1 -S 1M"),
            Some(5 << 30),
            eight(),
            "A file of 5GiB lies on 1 OST. It stays there however large it grows.",
        ),
        (
            layout("-c -1 -S 4M"),
            Some(6 << 20),
            eight(),
            "A file of 6MiB lies on 2 OSTs, 4MiB on each in turn. As it grows, all OSTs fill alike.",
        ),
        (
            layout("-c -1 -S 4M"),
            None,
            FileSystemShape::default(),
            "A new file lies on all OSTs, 4MiB on each in turn. As it grows, all OSTs fill alike.",
        ),
        (
            layout("-c 4 -S 1M -p ssd"),
            Some(1 << 30),
            eight(),
            "A file of 1GiB lies on 2 OSTs of the pool ssd, 1MiB on each in turn. As it grows, these OSTs fill alike.",
        ),
        (
            layout("-C 16 -S 1M"),
            Some(1 << 30),
            eight(),
            "A file of 1GiB lies on 8 OSTs, 16 stripes in all, 1MiB on each in turn. As it grows, these OSTs fill alike.",
        ),
        (
            fsx,
            Some(5 << 30),
            sixteen,
            "A file of 5GiB lies up to 100MiB on 1 OST; from 100MiB to 10GiB on 8 OSTs, 1MiB on each in turn. \
             As it grows: from 10GiB to 100GiB on 16 OSTs, 1MiB on each in turn; beyond 100GiB on 16 OSTs, \
             1MiB on each in turn.",
        ),
    ] {
        assert_eq!(layout.explained(size, &shape), wanted, "{layout}");
    }
}

#[test]
fn what_is_not_plain_is_explained_too() {
    for (layout, size, wanted) in [
        (
            layout("-E 64K -L mdt -E -1 -c 1 -S 1M"),
            Some(20_000),
            "A file of 19.5KiB lies whole on the MDT. As it grows: beyond 64KiB on 1 OST.",
        ),
        (
            layout("-E 1G -z 64M -c 1 -S 1M -E -1 -c 4 -S 1M"),
            Some(1 << 20),
            "A file of 1MiB lies whole on 1 OST. As it grows: from 64MiB to 1GiB on the OSTs before it, 64MiB \
             at a time, and on others when those are full; beyond 1GiB on 4 OSTs, 1MiB on each in turn.",
        ),
        (
            layout("-E 64M -c 1 -S 1M"),
            Some(1 << 20),
            "A file of 1MiB lies whole on 1 OST. A write beyond 64MiB fails (No data available).",
        ),
        (
            layout("-N2 -c 1 -S 1M"),
            Some(1 << 20),
            "A file of 1MiB lies whole on 1 OST. It has 2 mirrors, of which Lustre writes to one; `lfs mirror \
             resync` brings the others up to date.",
        ),
        (
            Layout::Inherited { shown: None },
            Some(1),
            "A file of 1 byte is laid out as the file system's own default says.",
        ),
    ] {
        assert_eq!(layout.explained(size, &eight()), wanted, "{layout}");
    }
}

#[test]
fn a_layout_is_shown_in_lines() {
    let progressive = layout("-E 64K -L mdt -E 1G -c 1 -S 1M -E -1 -c -1 -S 4M -p ssd");
    assert_eq!(
        progressive.shown(),
        "3 components\n  0 - 64KiB          on the MDT\n  64KiB - 1GiB       1 stripe of 1MiB\n  \
         1GiB - end         a stripe on each OST, stripes of 4MiB, pool ssd\n"
    );
    let text = include_str!("../../tests/fixtures/layout/getstripe_mirror.out");
    assert_eq!(
        Layout::parse_text(text).expect("a capture").shown(),
        "2 components in 2 mirrors\nmirror 1\n  0 - end            1 stripe of 4MiB\n    OST 0\nmirror 2\n  \
         0 - end            2 stripes of 4MiB\n    OSTs 2-3\n"
    );
    let text = include_str!("../../tests/fixtures/layout/getstripe_plain_o31.out");
    assert_eq!(
        Layout::parse_text(text).expect("a capture").shown(),
        "2 stripes of 4MiB\n  OSTs 1,3\n"
    );
    let text = include_str!("../../tests/fixtures/layout/getstripe_ddefault_d.out");
    assert_eq!(
        Layout::parse_text(text).expect("a capture").shown(),
        "no default of its own; the file system's is 1 stripe of 4MiB\n"
    );
}

#[test]
fn a_preset_follows_the_number_of_osts_and_the_version() {
    let arguments = |name: &str, osts: u32, version: &str| {
        let shape = FileSystemShape {
            client: Some(version.into()),
            version: Some(version.into()),
            ..FileSystemShape::with_osts(osts)
        };
        preset(name).expect(name).layout(&shape).setstripe_arguments().join(" ")
    };
    assert_eq!(arguments("fsx-default", 1, "2.15"), "-c 1 -S 1048576");
    assert_eq!(
        arguments("fsx-default", 10, "2.15"),
        "-E 104857600 -c 1 -S 1048576 -E 10737418240 -c 8 -S 1048576 -E -1 -c 10 -S 1048576"
    );
    assert_eq!(
        arguments("fsx-default", 200, "2.12"),
        "-E 104857600 -c 1 -S 1048576 -E 10737418240 -c 8 -S 1048576 -E 107374182400 -c 16 -S 1048576 -E -1 -c 32 -S 1048576"
    );
    assert_eq!(arguments("shared-file", 12, "2.15"), "-C 24 -S 4194304");
    assert_eq!(arguments("shared-file", 12, "2.12"), "-c -1 -S 4194304");
    assert_eq!(arguments("many-small-files", 12, "2.15"), "-c 1 -S 1048576");
    assert_eq!(
        arguments("checkpoint-per-process", 2, "2.15"),
        "-E 10737418240 -c 1 -S 4194304 -E -1 -c 2 -S 4194304"
    );
    assert_eq!(arguments("large-sequential", 12, "2.9"), "-c 8 -S 4194304");
    assert_eq!(
        arguments("large-sequential", 4, "2.15"),
        "-E 104857600 -c 1 -S 4194304 -E -1 -c 4 -S 4194304"
    );
}
