//! `fsxlustre check --plan` and `--gate`: the real program, images of every distribution that the
//! compatibility data has commands for, and a plan that is run.

use fsxlustre_tests::Sandbox;
use std::collections::BTreeSet;
use std::path::Path;

const IMAGES: &str = "/mnt/images";

/// Distribution, release, codename, kernel.
type Image = (&'static str, &'static str, &'static str, &'static str);

/// One of each distribution and release that has commands.
const EVERY: &[Image] = &[
    ("amzn", "2023", "", "6.1.112-122.189.amzn2023.x86_64"),
    ("amzn", "2023", "", "6.12.37-61.105.amzn2023.aarch64"),
    ("amzn", "2", "", "5.10.220-209.869.amzn2.x86_64"),
    ("ubuntu", "24.04", "noble", "6.8.0-1024-aws"),
    ("ubuntu", "22.04", "jammy", "6.8.0-1017-aws"),
    ("ubuntu", "24.04", "noble", "6.14.0-1019-aws-64k"),
    ("ubuntu", "20.04", "focal", "5.15.0-1075-aws"),
    ("ubuntu", "18.04", "bionic", "5.4.0-1103-aws"),
    ("rhel", "10.1", "", "6.12.0-124.8.1.el10_1.x86_64"),
    ("rhel", "9.6", "", "5.14.0-570.12.1.el9_6.x86_64"),
    ("rhel", "8.10", "", "4.18.0-553.el8_10.x86_64"),
    ("rhel", "7.9", "", "3.10.0-1160.102.1.el7.x86_64"),
    ("rocky", "10.2", "", "6.12.0-211.18.1.el10_2.x86_64"),
    ("rocky", "9.5", "", "5.14.0-503.40.1.el9_5.aarch64"),
    ("rocky", "8.10", "", "4.18.0-553.el8_10.x86_64"),
    ("centos", "8", "", "4.18.0-348.2.1.el8_5.x86_64"),
    ("centos", "7", "", "3.10.0-1160.102.1.el7.x86_64"),
    ("centos", "7", "", "3.10.0-957.27.2.el7.x86_64"),
    ("centos", "7", "", "4.18.0-193.28.1.el7.aarch64"),
    ("amzn", "2", "", "4.14.104-95.84.amzn2.x86_64"),
    ("sles", "12.5", "", "4.12.14-122.37-default"),
    ("sles", "12.4", "", "4.12.14-95.3-default"),
    ("sles", "12.3", "", "4.4.180-94.97-default"),
];

fn data() -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent/data/compatibility.toml");
    std::fs::read_to_string(path).expect("the data").parse().expect("TOML")
}

fn words(value: &toml::Value, name: &str) -> Vec<String> {
    let list = value[name].as_array().expect(name);
    list.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

#[test]
fn the_table_has_every_distribution_with_commands() {
    let of = |id: &str, release: &str| (id.to_owned(), release.to_owned());
    let wanted: BTreeSet<_> = data()["install"]
        .as_array()
        .expect("rows")
        .iter()
        .flat_map(|row| {
            let releases = words(row, "releases");
            words(row, "distributions").into_iter().flat_map(move |id| {
                releases.clone().into_iter().map(move |release| (id.clone(), release))
            })
        })
        .collect();
    let has = |(id, release): &(String, String)| {
        EVERY.iter().any(|one| {
            of(one.0, one.1) == of(id, release)
                || one.0 == id && one.1.starts_with(&format!("{release}."))
        })
    };
    // Rocky Linux and CentOS have rows of releases that they never had.
    let never = [of("centos", "10"), of("centos", "9")];
    let missing: Vec<_> = wanted.iter().filter(|one| !has(one) && !never.contains(one)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A folder with the few files that say which distribution it is.
fn lay(sandbox: &Sandbox, (id, release, codename, _): Image) -> String {
    let root = format!("{IMAGES}/{id}-{release}");
    let codename =
        if codename.is_empty() { String::new() } else { format!("VERSION_CODENAME={codename}\n") };
    let text =
        format!("ID={id}\nVERSION_ID=\"{release}\"\nPRETTY_NAME=\"{id} {release}\"\n{codename}");
    let database = if id == "ubuntu" { "var/lib/dpkg/status" } else { "var/lib/rpm/Packages" };
    for (path, text) in [("etc/os-release", text.as_str()), (database, "")] {
        let path = format!("{root}/{path}");
        let folder = path.rsplit_once('/').map(|(folder, _)| folder).expect("a folder");
        sandbox.run(["mkdir", "-p", folder]).assert_success();
        sandbox.write_file(&path, text);
    }
    root
}

#[test]
fn shellcheck_has_nothing_to_say_of_the_plan_of_any_distribution() {
    let sandbox = Sandbox::start();
    for image in EVERY {
        let root = lay(&sandbox, *image);
        for place in [vec!["--root", &root], vec![]] {
            let plan = [vec!["fsxlustre", "check", "--plan", "--kernel", image.3], place.clone()];
            let told = sandbox.run(plan.concat()).assert_success();
            let file = format!("{IMAGES}/plan.sh");
            sandbox.write_file(&file, &told.stdout);
            let checked = sandbox.run(["shellcheck", "-s", "sh", &file]);
            assert_eq!((checked.code(), checked.stdout.as_str()), (Some(0), ""), "{checked}{told}");
            if place.is_empty() {
                continue;
            }
            assert!(told.stdout.contains("# 1. Install AWS's Lustre client"), "{told}");
            let proof = format!("modinfo -k {} -F vermagic lustre", image.3);
            assert!(told.stdout.contains(&proof), "{told}");
            assert!(
                told.stdout.contains("Keep the package manager from bringing another kernel"),
                "{told}"
            );
            assert!(told.stdout.contains(&format!("root='{root}'")), "{told}");
        }
    }
}

/// The plan of an image of Amazon Linux, run with programs that write down how they were called.
#[test]
fn a_plan_that_is_run_calls_what_it_says_and_printing_it_calls_nothing_else() {
    let sandbox = Sandbox::start();
    let root = lay(&sandbox, EVERY[0]);
    let log = format!("{IMAGES}/calls");
    for name in ["chroot", "dnf", "reboot", "grubby", "apt-get"] {
        // What is installed has a module for the kernel.
        let answer = format!("case $* in *vermagic*) echo '{} SMP' ;; esac", EVERY[0].3);
        let script = format!("#!/bin/sh\necho \"{name} $*\" >>{log}\n{answer}\n");
        sandbox.write_program(&format!("/usr/sbin/{name}"), &script);
    }
    let command = ["fsxlustre", "check", "--plan", "--root", &root, "--kernel", EVERY[0].3];
    let plan = sandbox.run(command).assert_success();
    assert_ne!(sandbox.run(["test", "-e", &log]).code(), Some(0), "printing a plan has run it");
    sandbox.write_file("/mnt/plan.sh", &plan.stdout);
    sandbox.run(["sh", "/mnt/plan.sh"]).assert_success();
    let calls = sandbox.read_file(&log);
    let calls: Vec<&str> = calls.lines().collect();
    let first = format!("chroot {root} dnf install -y lustre-client");
    let asked = |what: &str| format!("chroot {root} modinfo -k {} {what} lustre", EVERY[0].3);
    assert_eq!(calls[..3], [first, asked("-F vermagic"), asked("-n")]);
    assert!(calls[3].contains("grep -qx excludepkgs=kernel"), "{calls:?}");
}

/// As an image of Ubuntu has it: the link is absolute, and means the image's own file.
#[test]
fn what_an_image_links_to_is_in_the_image() {
    let sandbox = Sandbox::start();
    let root = lay(&sandbox, EVERY[3]);
    let script = "cd $1; mkdir -p usr/lib; mv etc/os-release usr/lib; ln -s /usr/lib/os-release etc/os-release";
    sandbox.run(["sh", "-ec", script, "sh", &root]).assert_success();
    let plan = ["fsxlustre", "check", "--plan", "--root", &root, "--kernel", EVERY[3].3];
    let told = sandbox.run(plan).assert_success();
    assert!(told.stdout.contains("# for: ubuntu 24.04, kernel 6.8.0-1024-aws"), "{told}");
    // Where the image has no such file, this machine's is not taken.
    sandbox.run(["rm", &format!("{root}/usr/lib/os-release")]).assert_success();
    let none = sandbox.run(plan);
    assert_eq!(none.code(), Some(3), "{none}");
    // Nor is a FIFO waited for.
    let script = "cd $1; rm etc/os-release; mkfifo etc/os-release";
    sandbox.run(["sh", "-ec", script, "sh", &root]).assert_success();
    let fifo = sandbox.run(plan);
    assert_eq!(fifo.code(), Some(3), "{fifo}");
    assert!(fifo.stderr.contains("it is not a regular file"), "{fifo}");
}

#[test]
fn a_call_that_cannot_be_meant_is_a_usage_error() {
    let sandbox = Sandbox::start();
    for words in [
        &["--root", "/etc"][..],
        &["--kernel", "6.1.0"],
        &["--plan", "--root", "/nowhere"],
        &["--plan", "--kernel", "6.1; reboot"],
        &["--plan", "--kernel", "../../etc"],
        &["--plan", "--gate", "reboot"],
        &["--gate", "breakfast"],
        &["--plan", "--json"],
    ] {
        let told = sandbox.run(["fsxlustre", "check"].iter().chain(words));
        assert_eq!(told.code(), Some(2), "{words:?}: {told}");
    }
    sandbox.run(["mkdir", "-p", "/mnt/empty"]).assert_success();
    let told = sandbox.run(["fsxlustre", "check", "--plan", "--root", "/mnt/empty"]);
    assert_eq!(told.code(), Some(3), "{told}");
    assert!(told.stderr.contains("[FSXL-K104]"), "{told}");
}

#[test]
fn the_gate_knows_an_image_too() {
    let sandbox = Sandbox::start();
    // The real modinfo(8), which looks below any root.
    sandbox.write_file("/etc/fsxlustre/fsxlustre.toml", "");
    let root = lay(&sandbox, EVERY[3]);
    let gate = ["fsxlustre", "check", "--gate", "reboot", "--root", &root, "--kernel", EVERY[3].3];
    let told = sandbox.run(gate);
    assert_eq!(told.code(), Some(1), "{told}");
    assert!(told.stdout.contains("which has no Lustre module"), "{told}");
    // No kernel is installed in it, and none is named.
    let told = sandbox.run(["fsxlustre", "check", "--gate", "reboot", "--root", &root, "--brief"]);
    assert_eq!(told.code(), Some(3), "{told}");
    assert!(told.stdout.starts_with("UNKNOWN fsxlustre check"), "{told}");
}
