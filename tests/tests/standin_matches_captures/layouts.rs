//! `lfs setstripe` and `lfs getstripe`.

use crate::captures::{assert_like, at_captured_mount_point, captured, without_ids};
use crate::sandbox::{MOUNT_POINT, mount, path_of, program, sandboxed, shell};

#[test]
fn layouts_print_as_captured() {
    sandboxed("layouts::layouts_print_as_captured", || {
        mount();
        make_layouts();
        let names = [
            "ddefault",
            "ddefault_d",
            "ddefault_y",
            "dplain",
            "dplain_d",
            "dplain_y",
            "dplain_v",
            "dpfl",
            "dpfl_d",
            "dpfl_y",
            "dpfl_v",
        ];
        let more = [
            "ddom_d",
            "dpool_d",
            "plain_c1",
            "plain_c2",
            "plain_c2_d",
            "plain_c2_y",
            "plain_c2_v",
            "plain_c4",
        ];
        let files =
            ["pfl_big", "pfl_big_v", "dom", "dom_v", "overstripe", "pool", "pool_v", "ddefault_v"];
        for name in names.iter().chain(&more).chain(&files) {
            let (object, option) = match name.rsplit_once('_') {
                Some((object, "d" | "y" | "v")) => {
                    (object, Some(format!("-{}", &name[name.len() - 1..])))
                }
                _ => (*name, None),
            };
            let path = format!("{MOUNT_POINT}/lay/{object}");
            let args: Vec<&str> =
                ["getstripe"].into_iter().chain(option.as_deref()).chain([path.as_str()]).collect();
            assert_layout(&format!("20_layout/getstripe_{name}.out"), &args);
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

/// The objects of the captures, made by the captured commands.
fn make_layouts() {
    let lfs = path_of("lfs").display().to_string();
    let commands = [
        "setstripe -c 1 plain_c1",
        "setstripe -c 2 -S 4M plain_c2",
        "setstripe -c -1 plain_c4",
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
        "cd {MOUNT_POINT}/lay && touch dplain/child dpfl/child && truncate -s 20M pfl_big && truncate -s 200K dom"
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
    });
}

#[test]
fn layout_mistakes_are_told_as_captured() {
    sandboxed("layouts::layout_mistakes_are_told_as_captured", || {
        mount();
        shell(&format!("mkdir -p {MOUNT_POINT}/lay/dplain && touch {MOUNT_POINT}/lay/plain_c1"));
        let mistakes = [
            ("unknown_opt", "--nosuchopt /fsx/lay/x", 4),
            ("no_args", "", 4),
            ("count_bad", "-c abc /fsx/lay/cabc", 4),
            ("size_65535", "-S 65535 /fsx/lay/s65535", 4),
            ("size_4G", "-S 4G /fsx/lay/s4g", 22),
            ("d_with_others", "-d -c 2 /fsx/lay/dplain", 4),
            ("existing_file", "-c 2 /fsx/lay/plain_c1", 17),
            ("nonlustre_dir", "-c 2 /tmp", 25),
            ("nosuch_parent", "-c 2 /fsx/lay/nodir/f", 2),
            ("index_bad", "-i 9 /fsx/lay/i9", 22),
            ("E_bad", "-E abc -c 1 /fsx/lay/ebad", 4),
            ("E_decreasing", "-E 64M -c 1 -E 32M -c 2 /fsx/lay/edec", 22),
            ("L_bad", "-L foo /fsx/lay/lb", 22),
            ("dom_alone", "-L mdt /fsx/lay/dal", 22),
            ("dom_not_first", "-E 1M -c 1 -E 2M -L mdt -E -1 /fsx/lay/dnf", 22),
        ];
        for (capture, line, code) in mistakes {
            let line = line.replace("/fsx", MOUNT_POINT);
            let args: Vec<&str> =
                ["setstripe"].into_iter().chain(line.split_whitespace()).collect();
            assert_like(&format!("21_setstripe_errors/{capture}"), &program("lfs", &args), code);
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
