//! `fsxlustre check` on pictures of nodes: the real program, with the files and programs of each.
//!
//! `FSXLUSTRE_UPDATE_EXPECTED=1` writes what is expected.

use fsxlustre_tests::stage::stage;
use fsxlustre_tests::{FileSystem, Output, Sandbox};
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where pictures are put together in the sandbox.
const HERE: &str = "/mnt/nodes";
const CONFIG: &str = "/etc/fsxlustre/fsxlustre.toml";
/// Programs that a picture has, or lacks; this machine's own must not answer in their place.
const PROGRAMS: [&str; 9] = [
    "modinfo",
    "rpm",
    "dpkg-query",
    "ethtool",
    "chronyc",
    "lctl",
    "lnetctl",
    "lfs",
    "mount.lustre",
];
/// What a picture that hangs is a mount of.
const DEAD: &str = "/mnt/dead";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Picture {
    about: String,
    like: Option<String>,
    remove: Vec<String>,
    folders: Vec<String>,
    shut: Vec<String>,
    user: Option<u32>,
    arguments: Vec<String>,
    config: String,
    dead: Option<String>,
    version: Option<String>,
}

fn folder(name: &str) -> PathBuf {
    stage("nodes").join(name)
}

fn picture(name: &str) -> Picture {
    let text = std::fs::read_to_string(folder(name).join("picture.toml")).expect(name);
    toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(stage("nodes")).expect("a folder");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| folder(name).is_dir())
        .collect();
    names.sort();
    names
}

/// A sandbox without the programs that only pictures have.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    let places = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let all = places.iter().flat_map(|place| PROGRAMS.map(|name| format!("{place}/{name}")));
    let remove = ["rm", "-f", "--"].map(str::to_owned);
    sandbox.run(remove.into_iter().chain(all)).assert_success();
    sandbox
}

fn shell(sandbox: &Sandbox, script: &str) {
    sandbox.run(["sh", "-e", "-c", script]).assert_success();
}

/// Puts a picture together: the one it is like first.
fn lay(sandbox: &Sandbox, name: &str, place: &str) {
    let picture = picture(name);
    if let Some(other) = &picture.like {
        lay(sandbox, other, place);
    }
    for path in &picture.remove {
        sandbox.run(["rm", "-rf", "--", &format!("{place}/{path}")]).assert_success();
    }
    let own = folder(name);
    for part in ["root", "programs"].into_iter().filter(|part| own.join(part).exists()) {
        let from = own.join(part);
        shell(
            sandbox,
            &format!(
                "mkdir -p {place}/{part}; cp -a --no-preserve=ownership {}/. {place}/{part}/",
                from.display()
            ),
        );
    }
    for path in &picture.folders {
        sandbox.run(["mkdir", "-p", &format!("{place}/root/{path}")]).assert_success();
    }
    for path in &picture.shut {
        sandbox.run(["chmod", "0700", &format!("{place}/root/{path}")]).assert_success();
    }
}

/// Runs the check on a picture that was laid.
fn check(sandbox: &Sandbox, picture: &Picture, place: &str, more: &[&str]) -> Output {
    let own: Vec<&str> = picture.arguments.iter().map(String::as_str).collect();
    let own = if own.is_empty() { vec!["--only", "local"] } else { own };
    run(sandbox, picture, place, &[own, more.to_vec()].concat())
}

fn run(sandbox: &Sandbox, picture: &Picture, place: &str, more: &[&str]) -> Output {
    let standard = sandbox.read_file(CONFIG);
    let endpoint = standard.lines().find(|line| line.starts_with("endpoint_url")).expect("one");
    let config = format!(
        "[host]\nprogram_folders = [\"{place}/programs\"]\n[aws]\n{endpoint}\n{}",
        picture.config
    );
    sandbox.write_file(CONFIG, &config);
    let root = format!("{place}/root");
    let mut words: Vec<String> = Vec::new();
    if let Some(user) = picture.user {
        let number = user.to_string();
        words.extend(["setpriv", "--reuid", &number, "--clear-groups"].map(str::to_owned));
    }
    words.extend(["fsxlustre", "check"].map(str::to_owned));
    words.extend([format!("--path.rootfs={root}"), format!("--path.procfs={root}/proc")]);
    words.push(format!("--path.sysfs={root}/sys"));
    words.extend(more.iter().map(ToString::to_string));
    let output = sandbox.run(&words);
    sandbox.write_file(CONFIG, &standard);
    output
}

/// What differs from run to run, by one word: the place, and what AWS and this machine made up.
fn plain(text: &str, place: &str, made: Option<&FileSystem>) -> String {
    let mut text =
        text.replace(&format!("{place}/root/"), "/").replace(&format!("{place}/root"), "/");
    text = text.replace(&format!("{place}/programs"), "/usr/sbin");
    if let Some(made) = made {
        text = text.replace(&made.dns_name, "FS.DNS").replace(&made.id, "FS-ID");
        text = text.replace(&made.mount_name, "MOUNTNAME");
    }
    text
}

/// The JSON without its times and sizes; `node` is what was read, which the findings are about.
fn plain_json(text: &str) -> Value {
    let mut report: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    report["at_unix_seconds"] = 0.into();
    report["version"] = "VERSION".into();
    report.as_object_mut().expect("an object").remove("node");
    for finding in report["findings"].as_array_mut().into_iter().flatten() {
        if finding["check"] == "disk_space" {
            finding["evidence"] = "of this machine".into();
        }
    }
    report
}

fn expect(name: &str, file: &str, told: &str) {
    let path = folder(name).join(file);
    if std::env::var_os("FSXLUSTRE_UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, told).expect("written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(told, expected, "{name}: {file}");
}

fn look_at(sandbox: &Sandbox, name: &str) {
    let picture = picture(name);
    let place = format!("{HERE}/{name}");
    if picture.dead.is_none() {
        lay(sandbox, name, &place);
    }
    let made = picture.version.as_ref().map(|version| {
        sandbox.create_file_system(FileSystem::lustre().tag("Picture", name).version(version))
    });
    let text = check(sandbox, &picture, &place, &[]);
    let json = check(sandbox, &picture, &place, &["--json"]);
    assert_eq!(text.code(), json.code(), "{name}: {text} {json}");
    assert!(matches!(text.code(), Some(0 | 1 | 3)), "{name}: {text}");
    let json = plain_json(&plain(&json.stdout, &place, made.as_ref()));
    let said = plain(&text.stdout, &place, made.as_ref());
    let told = format!("# {}\n{said}exit {}\n", picture.about, text.code().unwrap_or_default());
    expect(name, "expected.txt", &told);
    let json = serde_json::to_string_pretty(&json).expect("JSON") + "\n";
    expect(name, "expected.json", &json);
    let plan = ahead(sandbox, &picture, &place, &["--plan"]);
    // Too little is known of a node whose files are rubbish.
    assert!(
        matches!((plan.code(), plan.stdout.is_empty()), (Some(0), false) | (Some(3), true)),
        "{plan}"
    );
    let gate = ahead(sandbox, &picture, &place, &["--gate", "reboot", "--brief"]);
    let first = gate.stdout.lines().next().unwrap_or_default();
    let told = format!(
        "{}# --gate reboot: {first}\n# exit {}\n",
        plan.stdout,
        gate.code().unwrap_or_default()
    );
    let told = plain(&told, &place, made.as_ref()).replace(&version(), "VERSION");
    expect(name, "expected.plan", &told);
    shellcheck(sandbox, name, &plan.stdout);
}

/// What the program calls its version.
fn version() -> String {
    format!("`fsxlustre check --plan` {}", env!("CARGO_PKG_VERSION"))
}

/// The script is one that sh(1) and shellcheck(1) have nothing to say of.
fn shellcheck(sandbox: &Sandbox, name: &str, script: &str) {
    if script.is_empty() {
        return;
    }
    let path = format!("{HERE}/{name}.sh");
    sandbox.write_file(&path, script);
    let told = sandbox.run(["shellcheck", "-s", "sh", &path]);
    assert_eq!((told.code(), told.stdout.as_str()), (Some(0), ""), "{name}: {told}");
}

/// Runs the check as it looks ahead, without the arguments of the picture.
fn ahead(sandbox: &Sandbox, picture: &Picture, place: &str, more: &[&str]) -> Output {
    let like = Picture { config: picture.config.clone(), user: picture.user, ..Picture::default() };
    run(sandbox, &like, place, more)
}

#[test]
fn every_picture_is_told_as_expected() {
    let sandbox = sandbox();
    hang_one(&sandbox);
    let names = names();
    assert!(names.len() >= 25, "{}", names.len());
    let wrong: Vec<String> = names
        .iter()
        .filter(|name| {
            let looked = || {
                let look = std::panic::AssertUnwindSafe(|| look_at(&sandbox, name));
                std::panic::catch_unwind(look).is_ok()
            };
            // Each part has 600 ms, in which a loaded machine may not even start its child.
            !(0..3).any(|_| looked())
        })
        .cloned()
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Lays the pictures of dead mounts, over a mount of the stand-in client whose server then hangs.
fn hang_one(sandbox: &Sandbox) {
    let made = sandbox.create_file_system(FileSystem::lustre());
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    let helper = "/run/standin/usr/sbin/mount.lustre";
    sandbox.run(["mkdir", DEAD]).assert_success();
    sandbox.run([helper, &device, DEAD, "-o", "flock"]).assert_success();
    for name in names().iter().filter(|name| picture(name).dead.is_some()) {
        lay(sandbox, name, &format!("{HERE}/{name}"));
        let directory = picture(name).dead.unwrap_or_default();
        shell(
            sandbox,
            &format!(
                "mkdir -p {HERE}/{name}/root{directory}; mount --bind {DEAD} {HERE}/{name}/root{directory}"
            ),
        );
    }
    sandbox.client_fault("io-hang", true);
}

/// Every mount is dead: the whole is told within its time. The bounds are those of the programs' own
/// deadlines, with what a loaded machine takes for starting them.
#[test]
fn a_dead_mount_does_not_keep_the_check() {
    let sandbox = sandbox();
    hang_one(&sandbox);
    let picture = picture("dead-mount");
    let place = format!("{HERE}/dead-mount");
    let started = Instant::now();
    let brief = check(&sandbox, &picture, &place, &["--brief"]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(brief.code(), Some(1), "{brief}");
    assert!(brief.stdout.starts_with("FAIL fsxlustre check: not fit"), "{brief}");
    assert!(brief.stdout.contains("FAIL mounts_answer: /fsx does not answer"), "{brief}");
    assert!(brief.stdout.len() < 2000, "{brief}");
}

/// On ParallelCluster Slurm is on the head node's NFS: that it does not answer keeps nobody.
#[test]
fn a_dead_folder_of_slurm_does_not_keep_the_check() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let away = "mkdir -p /opt/slurm && mount --bind /dev/null /usr/bin/scontrol && \
                mount -t fsxlustre $0 /opt/slurm";
    sandbox.run(["sh", "-c", away, &made.id]).assert_success();
    sandbox.client_fault("io-hang", true);
    let words = ["fsxlustre", "check", "--only", "local", "--json"];
    let told = sandbox.command(words).deadline(Duration::from_secs(20)).run();
    assert_eq!(told.code(), Some(1), "its mount does not answer: {told}");
    assert!(told.stdout.contains("a folder in which scontrol may be does not answer"), "{told}");
    sandbox.client_fault("io-hang", false);
}

#[test]
fn nothing_asked_is_not_healthy() {
    let sandbox = sandbox();
    let place = format!("{HERE}/no-lustre");
    let picture = picture("no-lustre");
    lay(&sandbox, "no-lustre", &place);
    let nothing = run(&sandbox, &picture, &place, &["--only", "imports", "--brief"]);
    assert_eq!(nothing.code(), Some(3), "{nothing}");
    assert!(nothing.stdout.starts_with("UNKNOWN fsxlustre check: "), "{nothing}");
    let none = run(&sandbox, &picture, &place, &["--only", "mtu", "--skip", "local"]);
    assert_eq!(none.code(), Some(2), "{none}");
    assert!(none.stderr.contains("no check is left"), "{none}");
}

#[test]
fn what_is_written_comes_back_and_no_file_is_left() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", DEAD]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DEAD]).assert_success();
    let told =
        sandbox.command(["fsxlustre", "check", "--io", DEAD]).deadline(Duration::from_mins(4));
    let told = told.run().assert_success();
    assert!(told.stdout.contains(" io  1024 MiB: written with "), "{told}");
    assert_eq!(sandbox.run(["ls", "-A", DEAD]).stdout, "");
    let none = sandbox.run(["fsxlustre", "check", "--io", "/mnt/none", "--brief"]);
    assert_eq!(none.code(), Some(1), "{none}");
    assert!(none.stdout.starts_with("FAIL fsxlustre check"), "{none}");
}
