//! What is in the packages: the files of one `make install`, programs for old C libraries, nothing of the machine
//! that made them, and what lintian, rpmlint and an old rpm ask for.

#[path = "packages/built.rs"]
mod built;

use built::{checkout, deb, epoch, programs, rpm, run, target, version};
use fsxlustre_tests::stage::built_stage;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAMS: [&str; 3] = ["usr/bin/fsxlustre", "sbin/mount.fsxlustre", "sbin/umount.fsxlustre"];
const MIB: u64 = 1 << 20;

/// The files of the Debian package.
fn unpacked(folder: &Path) -> PathBuf {
    let tree = folder.join("deb");
    run(Command::new("dpkg-deb").arg("--extract").arg(deb()).arg(&tree));
    tree
}

/// Files and folders below one, as `-rw-r--r-- root/root usr/…`.
fn listed(tree: &Path) -> BTreeSet<String> {
    let find =
        run(Command::new("find").arg(tree).args(["-mindepth", "1", "-printf", "%M %u/%g %P\n"]));
    find.lines().map(str::to_owned).collect()
}

/// The files that `make install` brings.
fn installed(folder: &Path) -> BTreeSet<String> {
    let tree = folder.join("installed");
    run(Command::new("make")
        .args(["--silent", "install"])
        .arg(format!("DESTDIR={}", tree.display()))
        .arg(format!("BUILT={}", programs().display()))
        .arg(format!("LINKED={}", target().join("packages").display()))
        .current_dir(checkout()));
    listed(&tree).into_iter().filter(|line| line.starts_with('-')).collect()
}

/// As `make install` names it: without what packing does to documents.
fn unpacked_name(line: &str) -> String {
    let line = line.strip_suffix(".gz").unwrap_or(line);
    line.replace("doc/fsxlustre/changelog", "doc/fsxlustre/CHANGELOG.md")
}

#[test]
fn the_debian_package_has_the_files_of_make_install_and_what_policy_adds() {
    let folder = tempfile::tempdir().unwrap();
    let contents = run(Command::new("dpkg-deb").arg("--contents").arg(deb()));
    let files: BTreeSet<String> = contents
        .lines()
        .filter(|line| !line.starts_with('d'))
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            unpacked_name(&format!(
                "{} {} {}",
                words[0],
                words[1],
                words[5].trim_start_matches("./")
            ))
        })
        .collect();
    let installed = installed(folder.path());
    let more: Vec<_> = files.difference(&installed).collect();
    assert_eq!(
        more,
        [
            "-rw-r--r-- root/root usr/share/doc/fsxlustre/CHANGELOG.md.Debian",
            "-rw-r--r-- root/root usr/share/doc/fsxlustre/copyright",
            "-rw-r--r-- root/root usr/share/lintian/overrides/fsxlustre",
        ]
    );
    assert_eq!(installed.difference(&files).collect::<Vec<_>>(), [""; 0]);
    let folders = contents.lines().filter(|line| line.starts_with('d'));
    assert!(folders.clone().all(|line| line.starts_with("drwxr-xr-x root/root")), "{contents}");
    let of_a_site = ["./etc/slurm", "./opt", "./var", "./run"];
    assert!(!folders.into_iter().any(|line| of_a_site.iter().any(|path| line.contains(path))));
}

#[test]
fn the_rpm_has_the_files_of_make_install() {
    let folder = tempfile::tempdir().unwrap();
    let format = "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]";
    let contents =
        run(Command::new("rpm").args(["--query", "--package", "--queryformat", format]).arg(rpm()));
    let (folders, files): (Vec<&str>, Vec<&str>) =
        contents.lines().partition(|line| line.starts_with('d'));
    let files: BTreeSet<String> = files
        .iter()
        .map(|line| line.replacen(" /", " ", 1))
        .map(|line| line.strip_suffix(".gz").unwrap_or(&line).to_owned())
        .collect();
    // zsh's folder has another name than in Debian.
    let there = |line: &String| line.replace("zsh/vendor-completions", "zsh/site-functions");
    assert_eq!(files, installed(folder.path()).iter().map(there).collect());
    // The folders of others, such as /sbin, which may be a link, are theirs.
    for folder in folders {
        let own = ["/fsxlustre", "/bash-completion", "/fish", "/zsh"];
        let is_own = own.iter().any(|name| folder.contains(name));
        assert!(folder.starts_with("drwxr-xr-x root/root ") && is_own, "{folder}");
    }
    let query =
        |what: &str| run(Command::new("rpm").args(["--query", "--package", what]).arg(rpm()));
    assert_eq!(query("--configfiles"), "/etc/fsxlustre/fsxlustre.toml\n");
    assert!(query("--docfiles").contains("/usr/share/man/man8/mount.fsxlustre.8.gz"));
}

/// What rpm 4.11 of Amazon Linux 2 knows.
#[test]
fn an_old_rpm_reads_the_rpm() {
    let query = |format: &str| {
        run(Command::new("rpm").args(["--query", "--package", "--queryformat", format]).arg(rpm()))
    };
    assert_eq!(query("%{PAYLOADCOMPRESSOR} %{PAYLOADFORMAT}"), "gzip cpio");
    let requires = query("[%{REQUIRENAME}\n]");
    let features: BTreeSet<&str> =
        requires.lines().filter(|name| name.starts_with("rpmlib(")).collect();
    let old =
        ["rpmlib(CompressedFileNames)", "rpmlib(FileDigests)", "rpmlib(PayloadFilesHavePrefix)"];
    assert_eq!(features, BTreeSet::from(old));
    for name in requires.lines() {
        let is_known = name.starts_with("rpmlib(")
            || name.starts_with("lib")
            || ["/bin/sh", "ca-certificates", "util-linux", "config(fsxlustre)", "rtld(GNU_HASH)"]
                .contains(&name)
            || name.starts_with("ld-linux-x86-64.so.2");
        assert!(is_known, "{name} is not needed");
    }
    for kind in ["RECOMMENDNAME", "SUGGESTNAME", "SUPPLEMENTNAME", "ENHANCENAME"] {
        assert_eq!(query(&format!("[%{{{kind}}}\n]")), "", "{kind}");
    }
    for script in ["PREIN", "POSTIN", "PREUN", "POSTUN"] {
        let with = query(&format!("%{{{script}PROG}}"));
        assert!(["/bin/sh", "(none)"].contains(&with.as_str()), "{script}: {with}");
    }
    // SHA-256 of each file; MD5 and SHA-1 of the whole.
    assert_eq!(query("%{FILEDIGESTALGO}"), "8");
    let digests = query("%{SIGMD5} %{SHA1HEADER}");
    assert!(!digests.contains("(none)"), "{digests}");
}

#[test]
fn the_programs_need_no_more_than_glibc_2_26() {
    let folder = tempfile::tempdir().unwrap();
    let tree = unpacked(folder.path());
    let libraries = [
        "libc.so.6",
        "libm.so.6",
        "libpthread.so.0",
        "libdl.so.2",
        "librt.so.1",
        "libutil.so.1",
        "ld-linux-x86-64.so.2",
    ];
    for program in PROGRAMS {
        let shown = run(Command::new("objdump").arg("-p").arg(tree.join(program)));
        let needed =
            shown.lines().filter_map(|line| line.trim().strip_prefix("NEEDED")).map(str::trim);
        needed.for_each(|name| assert!(libraries.contains(&name), "{program} needs {name}"));
        let symbols = run(Command::new("objdump").arg("-T").arg(tree.join(program)));
        let versions: BTreeSet<Vec<u32>> = symbols
            .split(|one: char| one.is_whitespace() || "()".contains(one))
            .filter_map(|word| word.strip_prefix("GLIBC_"))
            .map(|version| version.split('.').map(|part| part.parse().unwrap()).collect())
            .collect();
        let highest = versions.last().expect("a program with symbols of the C library");
        assert!(highest <= &vec![2, 26], "{program} needs {highest:?}");
        println!("{program}: {highest:?}");
    }
}

#[test]
fn the_programs_run_where_the_c_library_is_old() {
    let folder = tempfile::tempdir().unwrap();
    let tree = unpacked(folder.path());
    let old = built_stage("chroots").join("old").canonicalize().unwrap();
    let script = "set -e; mount -t tmpfs tmpfs /mnt; mkdir /mnt/changes /mnt/work /mnt/root
        mount -t overlay -o lowerdir=\"$1\",upperdir=/mnt/changes,workdir=/mnt/work overlay /mnt/root
        cd /mnt/root; mount --rbind /proc proc; cp \"$2\"/usr/bin/fsxlustre \"$2\"/sbin/*mount.fsxlustre sbin
        chroot . /sbin/fsxlustre --version; chroot . /sbin/mount.fsxlustre -V; chroot . /sbin/umount.fsxlustre -V
        chroot . /sbin/fsxlustre check --only local | grep client_programs";
    let said = run(Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script, "-"])
        .args([&old, &tree]));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(said.matches(version).count(), 3, "{said}");
}

#[test]
fn no_path_of_the_machine_stands_in_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let tree = unpacked(folder.path());
    let home =
        std::env::var("CARGO_HOME").unwrap_or_else(|_| std::env::var("HOME").unwrap() + "/.cargo");
    for program in PROGRAMS {
        let bytes = std::fs::read(tree.join(program)).unwrap();
        for path in [home.clone(), checkout().display().to_string(), target().display().to_string()]
        {
            let stands = bytes.windows(path.len()).any(|window| window == path.as_bytes());
            assert!(!stands, "{path} stands in {program}");
        }
    }
}

#[test]
fn the_packages_are_small() {
    let folder = tempfile::tempdir().unwrap();
    unpacked(folder.path());
    let length = std::fs::metadata(deb()).unwrap().len();
    assert!(length < 8 * MIB, "{length}");
    let kib = run(Command::new("dpkg-deb").arg("--field").arg(deb()).arg("Installed-Size"));
    let kib: u64 = kib.trim().parse().unwrap();
    assert!(kib < 25 * 1024, "{kib}");
    let size = run(Command::new("rpm")
        .args(["--query", "--package", "--queryformat", "%{SIZE}"])
        .arg(rpm()));
    assert!(size.parse::<u64>().unwrap() < 25 * MIB, "{size}");
    println!(
        ".deb {length} B, .rpm {} B, installed {kib} KiB",
        std::fs::metadata(rpm()).unwrap().len()
    );
}

#[test]
fn the_version_is_the_workspaces_and_the_dependencies_are_old_enough() {
    let field = |name: &str| run(Command::new("dpkg-deb").arg("--field").arg(deb()).arg(name));
    assert_eq!(field("Version").trim(), version());
    let depends = field("Depends");
    let libc =
        depends.split("libc6 (>= 2.").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
    assert!(libc.parse::<u32>().unwrap() <= 26, "{depends}");
    let names: BTreeSet<&str> =
        depends.trim().split(", ").filter_map(|one| one.split(' ').next()).collect();
    assert_eq!(names, BTreeSet::from(["ca-certificates", "libc6", "mount"]));
}

#[test]
fn lintian_and_rpmlint_find_no_error() {
    run(Command::new("lintian").args(["--allow-root", "--fail-on", "error,warning"]).arg(deb()));
    let rules = checkout().join("packaging/rpm/rpmlint.toml");
    let said = run(Command::new("rpmlint").arg("--config").arg(rules).arg(rpm()));
    assert!(said.contains(" 0 errors, 0 warnings"), "{said}");
}

#[test]
fn shellcheck_has_nothing_to_say_of_what_makes_the_packages_and_of_their_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let control = folder.path().join("control");
    run(Command::new("dpkg-deb").arg("--control").arg(deb()).arg(&control));
    let packaging = checkout().join("packaging");
    let makers = [
        "build",
        "version",
        "commit-time",
        "reproduce",
        "toolchain/install",
        "deb/build",
        "rpm/build",
    ];
    let mut scripts: Vec<PathBuf> = makers.iter().map(|name| packaging.join(name)).collect();
    scripts.extend(["postinst", "prerm", "postrm"].map(|name| control.join(name)));
    let lifecycle = std::fs::read_to_string(packaging.join("scripts/lifecycle.sh")).unwrap();
    for name in ["post", "preun", "postun"] {
        let own = std::fs::read_to_string(packaging.join("rpm").join(name)).unwrap();
        let whole = folder.path().join(name);
        std::fs::write(&whole, format!("{lifecycle}{own}")).unwrap();
        scripts.push(whole);
    }
    run(Command::new("shellcheck").args(["--shell", "sh"]).args(scripts));
}

/// The same programs and files, elsewhere, later, with other habits.
#[test]
fn packages_made_again_elsewhere_are_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("elsewhere");
    std::fs::create_dir_all(copy.join("agent")).unwrap();
    let documents = ["README.md", "CHANGELOG.md", "SECURITY.md"];
    for name in documents.into_iter().chain(["packaging", "Makefile", "Cargo.toml", "agent/data"]) {
        run(Command::new("cp").arg("-R").arg(checkout().join(name)).arg(copy.join(name)));
    }
    for (kind, first) in [("deb", deb()), ("rpm", rpm())] {
        run(Command::new("sh")
            .args(["-ec", "umask 077; exec \"$0\" \"$1\""])
            .arg(copy.join("packaging").join(kind).join("build"))
            .arg(folder.path().join("out"))
            .env("BUILT", programs())
            .env("LINKED", target().join("packages"))
            .env("SOURCE_DATE_EPOCH", epoch())
            .env("TMPDIR", folder.path())
            .env("TZ", "Asia/Tokyo")
            .env("LC_ALL", "C.UTF-8"));
        let second = folder.path().join("out").join(first.file_name().unwrap());
        run(Command::new("cmp").arg(first).arg(second));
    }
}

/// The file that is installed: a node with it is as one without.
#[test]
fn the_configuration_as_it_comes_sets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        std::fs::read_to_string(unpacked(folder.path()).join("etc/fsxlustre/fsxlustre.toml"))
            .unwrap();
    let set = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    assert_eq!(set.collect::<Vec<_>>(), [""; 0]);
    assert!(!text.contains("\n[["), "an entry of a list is one more");
}
