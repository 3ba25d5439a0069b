//! `lfs setstripe` and `lfs getstripe`.

use rustix::io::Errno;

use crate::captures::{
    assert_like, at_captured_mount_point, captured, captured_or_empty, without_ids,
};
use crate::mistakes::MISTAKES;
use crate::sandbox::{MOUNT_POINT, bash, control, mount, path_of, program, sandboxed, shell};

/// What `make_layouts` makes, and the forms that were captured of it.
const OBJECTS: &[(&str, &[&str])] = &[
    ("ddefault", &["", "d", "y", "v"]),
    ("dplain", &["", "d", "y", "v"]),
    ("dpfl", &["", "d", "y", "v"]),
    ("ddom", &["", "d", "y", "v"]),
    ("dpool", &["", "d", "y", "v"]),
    ("plain_c1", &["", "d", "y", "v"]),
    ("plain_c2", &["", "d", "y", "v"]),
    ("plain_c4", &["", "d", "y", "v"]),
    ("plain_i2", &["", "d", "y", "v"]),
    ("plain_o31", &["", "d", "y", "v"]),
    ("pfl", &["", "d", "y", "v"]),
    ("pfl_big", &["", "d", "y", "v"]),
    ("dom", &["", "d", "y", "v"]),
    ("pool", &["", "d", "y", "v"]),
    ("pool_q", &["", "d", "y", "v"]),
    ("overstripe", &["", "d", "y", "v"]),
    ("mirror", &["", "d", "y", "v"]),
    ("sel", &["", "d", "y", "v"]),
    ("fifo", &[""]),
    ("symlink", &[""]),
];

#[test]
fn layouts_print_as_captured() {
    sandboxed("layouts::layouts_print_as_captured", || {
        mount();
        make_layouts();
        for (object, forms) in OBJECTS {
            for form in *forms {
                let path = format!("{MOUNT_POINT}/lay/{}", file_of(object));
                let option = (!form.is_empty()).then(|| format!("-{form}"));
                let args: Vec<&str> = ["getstripe"]
                    .into_iter()
                    .chain(option.as_deref())
                    .chain([path.as_str()])
                    .collect();
                let suffix = if form.is_empty() { String::new() } else { format!("_{form}") };
                assert_layout(&format!("20_layout/getstripe_{object}{suffix}.out"), &args);
            }
        }
        let [dplain, dpfl, c1, c2] = ["dplain", "dpfl", "plain_c1", "plain_c2"]
            .map(|name| format!("{MOUNT_POINT}/lay/{name}"));
        assert_layout(
            "20_layout/getstripe_dir_recursive.out",
            &["getstripe", "-r", &dplain, &dpfl],
        );
        assert_layout("20_layout/getstripe_two.out", &["getstripe", &c1, &c2]);
        assert_layout("20_layout/getstripe_two_y.out", &["getstripe", "-y", &c1, &c2]);
    });
}

/// The captured names of what is neither a file nor a directory.
fn file_of(object: &str) -> &str {
    match object {
        "fifo" => "ff",
        "symlink" => "sl",
        file => file,
    }
}

/// The objects of the captures, made by the captured commands.
fn make_layouts() {
    let lfs = path_of("lfs").display().to_string();
    let commands = [
        "setstripe -c 1 plain_c1",
        "setstripe -c 2 -S 4M plain_c2",
        "setstripe -c -1 plain_c4",
        "setstripe -c 1 -i 2 plain_i2",
        "setstripe -o 3,1 plain_o31",
        "setstripe -E 64M -c 1 -E 1G -c 4 -E -1 -c -1 pfl",
        "setstripe -p p7lsxbev.p1 pool_q",
        "setstripe -N -c 1 -N -c 2 mirror",
        "setstripe -E 1G -z 64M -E -1 -z 128M sel",
        "setstripe -E 1M -c 1 -E 16M -c 2 -E eof -c -1 pfl_big",
        "setstripe -E 64K -L mdt -E -1 -c 2 dom",
        "setstripe -C 6 -S 1M overstripe",
        "setstripe -p p1 -c 2 pool",
        "setstripe -c 2 -S 2M dplain",
        "setstripe -E 64M -c 1 -E 1G -c 4 -E -1 -c -1 dpfl",
        "setstripe -E 64K -L mdt -E -1 -c 2 ddom",
        "setstripe -p p1 -c 2 dpool",
    ];
    let commands: String = commands.iter().map(|command| format!(" && {lfs} {command}")).collect();
    shell(&format!(
        "mkdir {MOUNT_POINT}/lay && cd {MOUNT_POINT}/lay && mkdir dplain dpfl ddom dpool ddefault{commands}"
    ));
    shell(&format!(
        "cd {MOUNT_POINT}/lay && touch dplain/child dpfl/child ddom/child dpool/child && mkfifo ff && ln -s pfl sl && truncate -s 20M pfl_big && truncate -s 200K dom"
    ));
}

fn assert_layout(capture: &str, args: &[&str]) {
    let said = program("lfs", args);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{capture}");
    assert_eq!(
        without_ids(&at_captured_mount_point(&said.stdout)),
        without_ids(&captured(capture)),
        "{capture}"
    );
}

#[test]
fn several_paths_print_as_captured() {
    sandboxed("layouts::several_paths_print_as_captured", || {
        mount();
        let lfs = path_of("lfs").display().to_string();
        shell(&format!(
            "mkdir -p {MOUNT_POINT}/more/{{a,b,c,d}} && cd {MOUNT_POINT}/more && {lfs} setstripe -c 2 a && \
             {lfs} setstripe -E 64M -c 1 -E -1 -c -1 b && {lfs} setstripe -p p1 -c -1 c && {lfs} setstripe -c 3 d && {lfs} setstripe -d d"
        ));
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| format!("{MOUNT_POINT}/more/{name}"));
        assert_layout("60_more/getstripe_d_multi.out", &["getstripe", "-d", &a, &b, &c, &d]);
        assert_layout("60_more/getstripe_dr_multi.out", &["getstripe", "-d", "-r", &a, &b, &c, &d]);
        assert_layout("60_more/getstripe_dv_multi.out", &["getstripe", "-d", "-v", &a, &b, &c, &d]);
        assert_layout("60_more/getstripe_dy_multi.out", &["getstripe", "-d", "-y", &a, &b, &c, &d]);
        assert_layout("60_more/getstripe_dvy_multi.out", &["getstripe", "-d", "-v", "-y", &a, &b]);
        let said =
            program("lfs", &["getstripe", "-d", &a, &format!("{MOUNT_POINT}/more/nosuch"), &c]);
        assert_eq!(
            (at_captured_mount_point(&said.stderr), said.code),
            (captured("60_more/getstripe_d_missing_middle.err"), 2)
        );
        let said = program("lfs", &["getstripe", "-d", &a, "/tmp", &c]);
        assert_eq!(
            (
                at_captured_mount_point(&said.stderr),
                at_captured_mount_point(&said.stdout),
                said.code
            ),
            (
                captured("60_more/getstripe_d_notlustre_middle.err"),
                captured("60_more/getstripe_d_notlustre_middle.out"),
                25
            )
        );
        program("lfs", &["setstripe", "-c", "3", &a, &d]);
        assert_layout("60_more/setstripe_multi.out", &["getstripe", "-d", &a, &d]);
        program("lfs", &["setstripe", "-d", &d]);
        assert_layout("60_more/setstripe_d.out", &["getstripe", "-d", &d]);
    });
}

#[test]
fn layout_mistakes_are_told_as_captured() {
    sandboxed("layouts::layout_mistakes_are_told_as_captured", || {
        mount();
        let lfs = path_of("lfs").display().to_string();
        shell(&format!(
            "mkdir -p {MOUNT_POINT}/lay && cd {MOUNT_POINT}/lay && chmod 777 . && mkdir -p dplain && mkdir -m 700 priv && \
             touch plain_c1 && dd if=/dev/zero of=default bs=1M count=3 status=none"
        ));
        for (name, line) in MISTAKES {
            let typed = line
                .replace("sudo -u user1", "setpriv --reuid=1001 --regid=1001 --clear-groups")
                .replace("lfs ", &format!("{lfs} "))
                .replace("/fsx", MOUNT_POINT);
            let said = bash(&format!("{typed}; echo rc=$?"));
            let shown = |text: &str| without_ids(&without_times(&at_captured_mount_point(text)));
            assert_eq!(
                shown(&said.stdout),
                shown(&captured_or_empty(&format!("21_setstripe_errors/{name}.out"))),
                "standard output of {name}"
            );
            assert_eq!(
                at_captured_mount_point(&said.stderr),
                captured_or_empty(&format!("21_setstripe_errors/{name}.err")),
                "standard error of {name}"
            );
        }
        let nosuch = format!("{MOUNT_POINT}/lay/nosuch");
        assert_like("20_layout/getstripe_nosuch", &program("lfs", &["getstripe", &nosuch]), 2);
        assert_like(
            "20_layout/getstripe_nonlustre",
            &program("lfs", &["getstripe", "/etc/passwd"]),
            25,
        );
        assert_like(
            "20_layout/getstripe_root",
            &program("lfs", &["getstripe", "--max-depth", "0", MOUNT_POINT]),
            4,
        );
        let set = program("lctl", &["set_param", "osc.*.nosuch=1"]);
        assert_eq!(set.code, 2);
        assert!(captured("60_more/set_bad.err").contains(&set.stderr), "{set:?}");
        assert_eq!(program("lctl", &["set_param", "mdc.*.max_mod_rpcs_in_flight=5000"]).code, 34);
    });
}

/// The lines of `ls -l` without the time.
fn without_times(text: &str) -> String {
    let line = |line: &str| match line.split_once(" root root ") {
        Some((mode, rest)) => format!("{mode} {}\n", rest.splitn(5, ' ').last().unwrap_or("")),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn setstripe_waits_at_a_fifo() {
    sandboxed("layouts::setstripe_waits_at_a_fifo", || {
        mount();
        let lfs = path_of("lfs").display().to_string();
        let said = bash(&format!(
            "mkfifo {MOUNT_POINT}/ff; timeout 0.5 {lfs} setstripe -c 2 {MOUNT_POINT}/ff; echo rc=$?"
        ));
        assert_eq!(said.stdout, "rc=124\n", "{said:?}");
    });
}

/// The attribute of each object against `getfattr` on the captured client: only what differs from file to file (ids of
/// objects and of the file itself, OSTs) is left out.
#[test]
fn the_attribute_is_as_captured() {
    sandboxed("layouts::the_attribute_is_as_captured", || {
        mount();
        make_layouts();
        let lfs = path_of("lfs").display().to_string();
        shell(&format!(
            "mkdir -p {MOUNT_POINT}/more/{{a,b}} && cd {MOUNT_POINT}/more && {lfs} setstripe -c 3 a && \
             {lfs} setstripe -E 64M -c 1 -E -1 -c -1 b && {lfs} setstripe -c 1 f1"
        ));
        let lay = captured("20_layout/getfattr_lov.out");
        let more = captured("60_more/xattr_lov.out");
        for (text, header, path) in [
            (&more, "fsx/more/a", "more/a"),
            (&more, "fsx/more/b", "more/b"),
            (&more, "f1", "more/f1"),
            (&lay, "fsx/lay/pfl", "lay/pfl"),
            (&lay, "fsx/lay/plain_c2", "lay/plain_c2"),
            (&lay, "fsx/lay/dom", "lay/dom"),
        ] {
            let section = text.split_once(&format!("# file: {header}\n")).expect(header).1;
            let hexadecimal = section.lines().next().and_then(|line| line.split_once("=0x"));
            let wanted = from_hexadecimal(hexadecimal.expect(header).1);
            let found = attribute(&format!("{MOUNT_POINT}/{path}")).expect(path);
            assert_eq!(without_objects(&found), without_objects(&wanted), "{path}");
        }
        assert_eq!(attribute(&format!("{MOUNT_POINT}/lay/ddefault")), Err(Errno::NODATA));
        control("fault", &["set", "no-lov-attribute"]);
        assert_eq!(attribute(&format!("{MOUNT_POINT}/more/a")), Err(Errno::NOTSUP));
        control("fault", &["set", "lfs-2.10"]);
        let yaml = program("lfs", &["getstripe", "-d", "-y", MOUNT_POINT]);
        assert_eq!(yaml.code, 4, "{yaml:?}");
    });
}

fn attribute(path: &str) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; 4096];
    let length = rustix::fs::getxattr(path, "lustre.lov", &mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}

fn from_hexadecimal(text: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(byte).collect()
}

fn without_objects(bytes: &[u8]) -> Vec<u8> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let mut masked = bytes.to_vec();
    let mut parts = vec![(0, bytes.len())];
    if number(0) == 0x0BD6_0BD0 {
        let count = usize::from(u16::from_le_bytes([bytes[14], bytes[15]]));
        let entry = |index: usize| 32 + 48 * index;
        parts = (0..count)
            .map(|index| (number(entry(index) + 24) as usize, number(entry(index) + 28) as usize))
            .collect();
    }
    for (start, length) in parts {
        // The id of the file, which in a default is whatever memory held, then all of each object.
        masked[start + 8..start + 24].fill(0);
        masked[start + 32..start + length].fill(0);
    }
    masked
}
