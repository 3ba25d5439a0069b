//! Ways in, by what can be had of those who read them: shellcheck, cfn-lint, MIME as cloud-init takes it apart, and what the
//! SSM agent does with a manifest.

#[path = "packages/built.rs"]
mod built;
#[path = "packages/chroot.rs"]
mod chroot;

use built::{deb, older_deb_with, rpm, run, version};
use chroot::{Chroot, ROOT};
use fsxlustre_tests::stage::built_stage;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn ways_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/ways-in").canonicalize().unwrap()
}

fn python(script: &str) -> Command {
    let mut command = Command::new(built_stage("ways-in").join("bin/python"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("ways-in").join(script));
    command
}

/// A YAML file, with its user data taken apart below `parts`.
fn read(name: &str) -> Value {
    serde_json::from_str(&run(python("read").arg(ways_in().join(name)))).unwrap()
}

fn shellcheck(name: &str, script: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    std::fs::write(&file, script).unwrap();
    let output = Command::new("shellcheck").args(["-s", "sh"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn shellcheck_has_nothing_to_say_of_the_scripts() {
    for name in [
        "install-node",
        "user-data",
        "repository/apt",
        "repository/dnf",
        "distributor/deb/install.sh",
        "distributor/deb/uninstall.sh",
        "distributor/rpm/install.sh",
        "distributor/rpm/uninstall.sh",
    ] {
        shellcheck(name, &std::fs::read_to_string(ways_in().join(name)).unwrap());
    }
}

#[test]
fn cfn_lint_has_nothing_to_say_of_the_launch_templates() {
    let lint = |file: &Path| {
        let program = built_stage("ways-in").join("bin/cfn-lint");
        Command::new(program).args(["--info", "--template"]).arg(file).output().unwrap()
    };
    for name in ["pcs.yaml", "batch.yaml"] {
        let output = lint(&ways_in().join(name));
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
    // It finds what is wrong.
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yaml");
    let text = std::fs::read_to_string(ways_in().join("pcs.yaml")).unwrap();
    std::fs::write(&wrong, text.replace("HttpTokens", "HttpTokenz")).unwrap();
    assert!(!lint(&wrong).status.success());
}

/// One shell script, and it is the one of `user-data`.
fn assert_user_data(name: &str, options: &str) {
    let document = read(name);
    let [part] = document["parts"].as_array().unwrap().as_slice() else { panic!("{document}") };
    assert_eq!(part["type"], "text/x-shellscript", "{name}");
    let wanted = std::fs::read_to_string(ways_in().join("user-data")).unwrap();
    let wanted = [
        ("@REPOSITORY@", "${Repository}"),
        ("@INSTALLER_SHA256@", "${InstallerSha256}"),
        ("@KEY_SHA256@", "${KeySha256}"),
        ("@SOURCE@", "${Source}"),
        ("@DIRECTORY@", "${Directory}"),
        ("@OPTIONS@", options),
    ]
    .iter()
    .fold(wanted, |text, (from, to)| text.replace(from, to));
    assert_eq!(part["text"].as_str().unwrap().trim_end(), wanted.trim_end(), "{name}");
    // What CloudFormation puts in: its own parameters, and nothing of the shell.
    let parameters = document["Parameters"].as_object().unwrap();
    for named in wanted.split("${").skip(1) {
        let named = named.split('}').next().unwrap();
        assert!(parameters[named]["AllowedPattern"].as_str().unwrap().starts_with('^'), "{named}");
    }
}

#[test]
fn launch_templates_run_the_user_data() {
    assert_user_data("pcs.yaml", "--client --slurm /etc/slurm");
    assert_user_data("batch.yaml", "--client");
}

#[test]
fn a_job_of_batch_is_given_the_directory_that_is_mounted() {
    let document = read("batch.yaml");
    let container = &document["Resources"]["Job"]["Properties"]["ContainerProperties"];
    assert_eq!(container["Volumes"][0]["Host"]["SourcePath"]["Ref"], "Directory");
    assert_eq!(container["Volumes"][0]["Name"], container["MountPoints"][0]["SourceVolume"]);
}

/// What a component may hold (EC2 Image Builder user guide: component documents and user-defined variables).
#[test]
fn the_component_of_image_builder_has_the_form_of_one() {
    let document = read("image-builder.yaml");
    assert_eq!(document["schemaVersion"], 1.0);
    let parameters: BTreeSet<_> = document["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one.as_object().unwrap())
        .map(|(name, of)| {
            assert_eq!(of["type"], "string");
            name.as_str()
        })
        .collect();
    let phases = document["phases"].as_array().unwrap();
    let names: Vec<_> = phases.iter().map(|phase| phase["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["build", "validate"]);
    let steps: Vec<_> =
        phases.iter().flat_map(|phase| phase["steps"].as_array().unwrap()).collect();
    for step in &steps {
        assert_eq!(step["action"], "ExecuteBash");
        for command in step["inputs"]["commands"].as_array().unwrap() {
            let mut script = command.as_str().unwrap().to_owned();
            for named in script.clone().split("{{").skip(1) {
                let named = named.split("}}").next().unwrap();
                assert!(parameters.contains(named.trim()), "{named}");
                script = script.replace(&format!("{{{{{named}}}}}"), "0");
            }
            shellcheck("image-builder.yaml", &script);
        }
    }
    // What comes last before the image is taken has the node forgotten.
    let built = phases[0]["steps"].as_array().unwrap();
    assert_eq!(built.last().unwrap()["name"], "ForgetThisNode");
}

#[test]
fn the_configuration_of_parallelcluster_calls_the_installer() {
    let document = read("parallelcluster.yaml");
    let head = &document["HeadNode"]["CustomActions"]["OnNodeConfigured"];
    let queue = &document["Scheduling"]["SlurmQueues"][0]["CustomActions"]["OnNodeConfigured"];
    for (action, options) in [(head, 4), (queue, 2)] {
        assert!(action["Script"].as_str().unwrap().ends_with("/install-node"));
        let words: Vec<_> =
            action["Args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(words.len(), options + 2, "{words:?}");
        assert_eq!(words[..2], ["--settings", "/fsxlustre/prod"]);
    }
    // Those of the README of the wrappers.
    let settings = &document["Scheduling"]["SlurmSettings"]["CustomSlurmSettings"];
    let readme = std::fs::read_to_string(ways_in().join("../slurm/README.md")).unwrap();
    for setting in settings.as_array().unwrap() {
        let (name, value) = setting.as_object().unwrap().iter().next().unwrap();
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(readme.contains(&format!("    - {name}: {value}\n")), "{name}");
    }
}

#[test]
fn a_distributor_package_names_each_archive_by_its_bytes_and_installs() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let out = folder.path();
    run(Command::new(ways_in().join("distributor/build")).arg(out).args([deb(), rpm()]));
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["schemaVersion"], "2.0");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    for (platform, kind) in
        [("amazon", "rpm"), ("redhat", "rpm"), ("rocky", "rpm"), ("suse", "rpm"), ("ubuntu", "deb")]
    {
        let file = manifest["packages"][platform]["_any"]["x86_64"]["file"].as_str().unwrap();
        assert_eq!(file, format!("fsxlustre-{kind}-x86_64.zip"));
        let sum = run(Command::new("sha256sum").arg(out.join(file)));
        let named = manifest["files"][file]["checksums"]["sha256"].as_str().unwrap();
        assert_eq!(sum.split(' ').next(), Some(named));
        let listed = run(Command::new("python3").args(["-m", "zipfile", "-l"]).arg(out.join(file)));
        for name in ["\ninstall.sh", "\nupdate.sh", "\nuninstall.sh", &format!(".{kind}")] {
            assert!(listed.contains(name), "{listed}");
        }
    }
    let again = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    run(Command::new(ways_in().join("distributor/build")).arg(again.path()).args([deb(), rpm()]));
    run(Command::new("diff").arg("-r").args([out, again.path()]));

    let chroot = Chroot::of("clean");
    let zip = out.join("fsxlustre-deb-x86_64.zip");
    let to = format!("{ROOT}/run/distributor");
    chroot
        .sandbox
        .run(["python3", "-m", "zipfile", "-e", zip.to_str().unwrap(), &to])
        .assert_success();
    chroot.ask("sh /run/distributor/install.sh");
    assert!(chroot.ask("fsxlustre --version").contains(env!("CARGO_PKG_VERSION")));
    // Where both the package and an administrator have changed the settings, dpkg asks: nobody answers here.
    let older = older_deb_with(folder.path(), |tree| {
        std::fs::write(tree.join("etc/fsxlustre/fsxlustre.toml"), "# of an earlier version\n")
            .unwrap();
    });
    chroot.ask("dpkg --purge fsxlustre");
    chroot.dpkg(&older);
    let kept = "echo '# ours' >>/etc/fsxlustre/fsxlustre.toml; sh /run/distributor/update.sh </dev/null >&2; \
                dpkg-query -W -f '${Status} ${Version} ' fsxlustre; tail -n 1 /etc/fsxlustre/fsxlustre.toml";
    assert_eq!(chroot.ask(kept), format!("install ok installed {} # ours\n", version()));
    chroot.ask("sh /run/distributor/uninstall.sh");
    assert!(!chroot.has("/usr/bin/fsxlustre") && chroot.has("/etc/fsxlustre/fsxlustre.toml"));
}
