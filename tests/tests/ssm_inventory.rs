//! `fsxlustre ssm inventory`: the files that the SSM Agent picks up, by the rules by which it reads them.

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const AGENT: &str = "/var/lib/amazon/ssm";
const NODE: &str = "i-0123456789abcdef0";
const DIRECTORY: &str = "/mnt/genomics";

type Entry = BTreeMap<String, String>;

/// What the agent makes of a file, or why it leaves it out (its custom gatherer).
fn read(text: &str) -> Result<(String, Vec<Entry>), String> {
    let item: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let word = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let (name, version) = (word("TypeName"), word("SchemaVersion"));
    let digits = |part: &str| {
        (1..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !name.starts_with("Custom:") || name.len() > 100 {
        return Err(format!("a type called {name}"));
    }
    if !version.split_once('.').is_some_and(|(one, other)| digits(one) && digits(other)) {
        return Err(format!("version {version}"));
    }
    if text.len() > 3072 << 10 {
        return Err(format!("{} bytes", text.len()));
    }
    let content = item["Content"].as_array().ok_or("no list")?;
    let entries = content.iter().map(|entry| {
        let entry = entry.as_object().ok_or("no map")?;
        if !(1..=50).contains(&entry.len()) {
            return Err(format!("{} attributes", entry.len()));
        }
        let attribute = |(name, value): (&String, &Value)| {
            let value = value.as_str().ok_or(format!("{name} is no text"))?;
            let fits = (1..=64).contains(&name.len()) && value.len() <= 4096;
            if fits {
                Ok((name.clone(), value.to_owned()))
            } else {
                Err(format!("{name}: {value}"))
            }
        };
        entry.iter().map(attribute).collect()
    });
    Ok((name, entries.collect::<Result<_, String>>()?))
}

/// Every type in a folder, as the agent collects it.
fn collect(sandbox: &Sandbox, folder: &str) -> BTreeMap<String, Vec<Entry>> {
    let names = sandbox.run(["ls", "-A", folder]).assert_success().stdout;
    let mut all = BTreeMap::new();
    for name in names.lines() {
        assert!(name.ends_with(".json"), "{name} is left in {folder}");
        let (type_name, entries) =
            read(&sandbox.read_file(&format!("{folder}/{name}"))).expect(name);
        assert!(all.insert(type_name, entries).is_none(), "a type stands twice");
    }
    all
}

fn inventory(sandbox: &Sandbox) -> Output {
    sandbox.run(["fsxlustre", "ssm", "inventory"])
}

fn with_agent() -> (Sandbox, String) {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", "-m", "700", "-p", &format!("{AGENT}/{NODE}")]).assert_success();
    (sandbox, format!("{AGENT}/{NODE}/inventory/custom"))
}

fn mounted(sandbox: &Sandbox) -> FileSystem {
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
    made
}

fn mounts(sandbox: &Sandbox, folder: &str) -> Vec<Entry> {
    collect(sandbox, folder).remove("Custom:FsxLustreMounts").expect("the type")
}

#[test]
fn a_node_is_told_once_and_not_again_while_nothing_changes() {
    let (sandbox, folder) = with_agent();
    let told = inventory(&sandbox).assert_success();
    assert!(told.stderr.is_empty(), "{told}");
    let path = format!("{folder}/fsxlustre-client.json");
    assert!(told.stdout.contains(&format!("1 entry written to {path}")), "{told}");
    let all = collect(&sandbox, &folder);
    assert_eq!(
        all.keys().collect::<Vec<_>>(),
        ["Custom:FsxLustreClient", "Custom:FsxLustreMounts"]
    );
    let client = &all["Custom:FsxLustreClient"][0];
    let kernel = sandbox.read_file("/run/standin/proc/sys/kernel/osrelease");
    assert_eq!(client["KernelRelease"], kernel.trim());
    assert_eq!(client["FsxlustreVersion"], env!("CARGO_PKG_VERSION"));
    assert!(client["ClientVersion"].starts_with("2."), "{client:?}");
    // The counts are those of the checks themselves.
    let checked = sandbox.run(["fsxlustre", "check", "--only", "local", "--json"]);
    let checked: Value = serde_json::from_str(&checked.stdout).expect("JSON");
    assert_eq!(client["Verdict"], checked["verdict"], "{client:?}");
    for (name, verdict) in
        [("ChecksFail", "fail"), ("ChecksUnknown", "unknown"), ("ChecksPass", "pass")]
    {
        let findings = checked["findings"].as_array().expect("a list");
        let count = findings.iter().filter(|finding| finding["verdict"] == verdict).count();
        assert_eq!(client[name], count.to_string(), "{name}");
    }
    assert_eq!(all["Custom:FsxLustreMounts"][0]["State"], "nothing mounted");

    let inode = || sandbox.run(["stat", "-c", "%i %a %U", &path]).assert_success().stdout;
    let before = inode();
    assert!(before.ends_with(" 600 root\n"), "{before}");
    let again = inventory(&sandbox).assert_success();
    assert_eq!(again.stdout.matches(": unchanged in ").count(), 2, "{again}");
    assert_eq!(inode(), before, "it was not written");
    let printed = sandbox.run(["fsxlustre", "ssm", "inventory", "--print"]).assert_success();
    let there = sandbox.read_file(&path);
    assert!(printed.stdout.lines().any(|line| line == there.trim_end()), "{printed}");
}

#[test]
fn mounts_are_told_with_their_file_system_what_drifted_and_what_is_gone() {
    let (sandbox, folder) = with_agent();
    let made = mounted(&sandbox);
    inventory(&sandbox).assert_success();
    let all = mounts(&sandbox, &folder);
    assert_eq!(all.len(), 1, "{all:?}");
    for (name, value) in [
        ("MountPoint", DIRECTORY),
        ("State", "mounted"),
        ("FileSystemId", &made.id),
        ("FsName", &made.mount_name),
        ("MadeBy", "person"),
        ("Answers", "yes"),
        ("Connections", "ok"),
        ("Drift", "none"),
    ] {
        assert_eq!(all[0][name], value, "{name}: {all:?}");
    }
    sandbox.run(["mount", "-n", "-o", "remount,bind,ro", DIRECTORY]).assert_success();
    let told = inventory(&sandbox).assert_success();
    assert!(told.stdout.contains("Custom:FsxLustreMounts: 1 entry written"), "{told}");
    let drift = mounts(&sandbox, &folder)[0]["Drift"].clone();
    assert!(drift.contains("option rw"), "{drift}");
    sandbox.run(["umount", "-i", DIRECTORY]).assert_success();
    inventory(&sandbox).assert_success();
    let gone = &mounts(&sandbox, &folder)[0];
    assert_eq!((&*gone["State"], &*gone["Drift"]), ("gone", "not mounted"));
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
    sandbox.run(["umount", DIRECTORY]).assert_success();
    inventory(&sandbox).assert_success();
    assert_eq!(mounts(&sandbox, &folder)[0]["State"], "nothing mounted", "nothing old stays");
}

#[test]
fn a_dead_mount_is_told_as_such_and_nobody_waits_for_it() {
    let (sandbox, folder) = with_agent();
    mounted(&sandbox);
    sandbox.client_fault("io-hang", true);
    let begun = Instant::now();
    inventory(&sandbox).assert_success();
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let told = mounts(&sandbox, &folder);
    assert_eq!(told[0]["Answers"], "no: silent", "{told:?}");
    sandbox.client_fault("io-hang", false);
}

#[test]
fn nothing_half_written_is_ever_in_the_folder_whenever_it_is_killed() {
    let (sandbox, folder) = with_agent();
    inventory(&sandbox).assert_success();
    mounted(&sandbox);
    for tenth in 0..20 {
        let seconds = format!("0.{tenth:02}5");
        // The two files are taken turns with what would change them.
        sandbox.run(["sh", "-c", &format!("for f in {folder}/*; do echo '{{}}' > $f; done")]);
        sandbox.run(["timeout", "-s", "KILL", &seconds, "fsxlustre", "ssm", "inventory"]);
        let names = sandbox.run(["ls", "-A", &folder]).assert_success().stdout;
        assert_eq!(names, "fsxlustre-client.json\nfsxlustre-mounts.json\n");
        for name in names.lines() {
            let text = sandbox.read_file(&format!("{folder}/{name}"));
            assert!(text == "{}\n" || read(&text).is_ok(), "{text}");
        }
    }
    inventory(&sandbox).assert_success();
    collect(&sandbox, &folder);
    let left = sandbox.run(["ls", "-A", &format!("{AGENT}/{NODE}/inventory")]).assert_success();
    assert_eq!(left.stdout, "custom\n", "what a killed call left is tidied away");
    // No file is made in the folder that is watched: one is moved into it.
    sandbox.run(["rm", &format!("{folder}/fsxlustre-client.json")]).assert_success();
    let words =
        ["strace", "-f", "-e", "trace=openat,rename,renameat,renameat2", "-o", "/run/trace"];
    sandbox.run(words.into_iter().chain(["fsxlustre", "ssm", "inventory"])).assert_success();
    let trace = sandbox.read_file("/run/trace");
    let made = trace.lines().filter(|line| line.contains("O_CREAT") && line.contains("/custom/"));
    assert_eq!(made.collect::<Vec<_>>(), Vec::<&str>::new());
    let moved = format!("\"{folder}/fsxlustre-client.json\"");
    assert!(trace.lines().any(|line| line.contains("rename") && line.contains(&moved)), "{trace}");
}

#[test]
fn the_folder_is_that_of_the_id_by_which_the_agent_is_registered() {
    let sandbox = Sandbox::start();
    // No agent: ours, and it is said.
    let ours = inventory(&sandbox).assert_success();
    assert!(ours.stderr.contains("customInventoryDirectory"), "{ours}");
    assert_eq!(collect(&sandbox, "/var/lib/fsxlustre/inventory/custom").len(), 2);
    // An image was made of another instance; the agent has not started here yet.
    sandbox.run(["mkdir", "-p", &format!("{AGENT}/i-00000000000000000")]).assert_success();
    sandbox.write_file(
        &format!("{AGENT}/runtimeconfig/identity_config.json"),
        r#"{"SchemaVersion":"1.1","InstanceId":"i-00000000000000000","IdentityType":"EC2"}"#,
    );
    inventory(&sandbox).assert_success();
    assert_eq!(collect(&sandbox, &format!("{AGENT}/{NODE}/inventory/custom")).len(), 2);
    // A hybrid activation.
    let hybrid = "mi-0123456789abcdef0";
    sandbox.write_file(
        &format!("{AGENT}/registration"),
        &format!(r#"{{"ManagedInstanceID":"{hybrid}","Region":"us-east-1"}}"#),
    );
    inventory(&sandbox).assert_success();
    assert_eq!(collect(&sandbox, &format!("{AGENT}/{hybrid}/inventory/custom")).len(), 2);
}

#[test]
fn a_folder_that_others_could_write_to_is_refused() {
    let (sandbox, folder) = with_agent();
    sandbox.run(["mkdir", "-p", &folder]).assert_success();
    sandbox.run(["chmod", "777", &folder]).assert_success();
    let refused = inventory(&sandbox);
    assert_eq!(refused.code(), Some(1), "{refused}");
    for word in ["FSXL-C132", "custom", "0777", "run it as root"] {
        assert!(refused.stderr.contains(word), "{word}: {refused}");
    }
    sandbox.run(["rm", "-d", &folder]).assert_success();
    sandbox.run(["mkdir", "/var/elsewhere"]).assert_success();
    sandbox.run(["ln", "-s", "/var/elsewhere", &folder]).assert_success();
    let link = inventory(&sandbox);
    assert_eq!(link.code(), Some(1), "{link}");
    assert_eq!(sandbox.run(["ls", "/var/elsewhere"]).assert_success().stdout, "");
}
