//! The units that are installed, through systemd's own programs, and what `make install` puts where.
//!
//! Each test sees `/usr` as it is after an installation, in a mount namespace of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fsxlustre_tests::installed::install_into;
use fsxlustre_tests::stage::source;

/// Where an installation puts units.
const UNITS: &str = "/usr/lib/systemd/system";

/// A folder of a test alone.
struct Installed(PathBuf);

impl Installed {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("fsxl-{name}-{}", std::process::id()));
        install_into(&folder);
        Self(folder)
    }

    /// Runs a line of bash that sees the installed files over the machine's.
    fn run(&self, script: &str) -> Output {
        let usr = format!("lowerdir={}:/usr", self.0.join("usr").display());
        let whole = format!("mount -t overlay -o {usr} overlay /usr && {script}");
        Command::new("unshare")
            .args(["--mount", "--propagation", "private", "bash", "-euc", &whole])
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("unshare (util-linux) is installed")
    }

    /// The same; what it printed, when it succeeded.
    #[track_caller]
    fn ask(&self, script: &str) -> String {
        let output = self.run(script);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "a folder of this test alone")]
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The names of all files in the folder of units that end so.
fn in_the_folder(endings: &[&str]) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd");
    let names =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry"));
    let names = names.map(|entry| entry.file_name().into_string().expect("UTF-8"));
    let mut names: Vec<_> =
        names.filter(|name| endings.iter().any(|ending| name.ends_with(ending))).collect();
    names.sort();
    names
}

fn units() -> Vec<String> {
    in_the_folder(&[".service", ".socket", ".timer"])
}

/// It ends with 0 also when it does not know a setting, so what it says counts: of our units, since the
/// machine's own may be at fault too.
#[test]
fn systemd_finds_no_fault_with_the_units() {
    let installed = Installed::new("verify");
    let files: Vec<_> = units().iter().map(|unit| format!("{UNITS}/{unit}")).collect();
    let output = installed.run(&format!("systemd-analyze verify {}", files.join(" ")));
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<_> = said.lines().filter(|line| line.contains("fsxlustre")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
}

#[test]
fn every_unit_names_a_page_of_ours_and_a_program_that_is_installed() {
    let installed = Installed::new("named");
    for unit in units() {
        let text = source(&format!("packaging/systemd/{unit}"));
        let value = |key: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let pages = value("Documentation");
        assert!(!pages.is_empty(), "{unit}");
        for page in pages {
            let (name, section) = page
                .strip_prefix("man:fsxlustre")
                .and_then(|page| page.strip_suffix(')')?.split_once('('))
                .unwrap_or_else(|| panic!("{unit}: {page}"));
            let file = format!("usr/share/man/man{section}/fsxlustre{name}.{section}");
            assert!(installed.0.join(&file).is_file(), "{unit}: {file}");
        }
        let commands = ["ExecStart", "ExecStop"].into_iter().flat_map(value);
        let commands: Vec<_> = commands.collect();
        assert_eq!(unit.ends_with(".service"), !commands.is_empty(), "{unit}");
        for command in commands {
            // Clap knows the words, or says what is wrong with them.
            let known = installed.run(&format!("{command} --help"));
            assert!(known.status.success(), "{unit}: {command}");
        }
    }
}

/// As `systemd-analyze security` counts, from 0 to 10. The exporter has a copy of the mounts for it; those that unmount
/// are root's, in the node's own namespace, where nothing better can be had.
#[test]
fn each_service_is_as_exposed_as_its_work_asks() {
    let installed = Installed::new("exposed");
    let services = units().into_iter().filter(|unit| unit.ends_with(".service"));
    for unit in services {
        let most = match unit.as_str() {
            "fsxlustre-exporter.service" => 1.9,
            "fsxlustre-tune.service" => 2.5,
            "fsxlustre-evacuate.service"
            | "fsxlustre-housekeeping.service"
            | "fsxlustre-spot.service" => 5.9,
            // It only looks, by programs of Lustre and of the distribution.
            "fsxlustre-inventory.service" => 8.7,
            _ => 6.0,
        };
        let said = installed
            .run(&format!("systemd-analyze security --offline=true {UNITS}/{unit}"))
            .stdout;
        let said = String::from_utf8(said).expect("UTF-8");
        let (_, figure) = said.rsplit_once("exposure level for ").expect("the last line");
        let figure = figure.split_whitespace().find_map(|word| word.parse::<f64>().ok());
        let figure = figure.expect("a number");
        println!("{unit}: {figure}");
        assert!(figure <= most, "{unit}: {figure}");
    }
}

/// What would hide the client's files, or take mounts to another place than the node has them.
#[test]
fn no_service_has_what_hides_lustre() {
    let never = [
        "ProcSubset=",
        "PrivateUsers=",
        "DynamicUser=",
        "RootDirectory=",
        "ProtectProc=",
        "PrivateMounts=no",
    ];
    for unit in units() {
        let text = source(&format!("packaging/systemd/{unit}"));
        let lines = text.lines().filter(|line| never.iter().any(|one| line.starts_with(one)));
        assert_eq!(lines.count(), 0, "{unit}");
    }
}

#[test]
fn an_installation_enables_nothing() {
    let installed = Installed::new("presets");
    let root = installed.0.display();
    for unit in units() {
        let ask = format!(
            "systemctl --root={root} preset {unit} && systemctl --root={root} is-enabled {unit} || :"
        );
        let state = installed.ask(&ask);
        // A service without [Install] is started by its timer alone.
        assert!(["disabled\n", "static\n"].contains(&state.as_str()), "{unit}: {state}");
    }
    let enabled = installed.0.join("etc/systemd/system");
    let links = std::fs::read_dir(enabled).map_or(0, Iterator::count);
    assert_eq!(links, 0);
    // What a preset may disable can be enabled.
    installed.ask(&format!("systemctl --root={root} enable fsxlustre-exporter.service"));
    let state =
        installed.ask(&format!("systemctl --root={root} is-enabled fsxlustre-exporter.service"));
    assert_eq!(state, "enabled\n");
}

#[test]
fn users_and_folders_are_made_by_systemds_own_programs() {
    let installed = Installed::new("folders");
    let root = installed.0.display();
    installed.ask(&format!("mkdir -p {root}/etc {root}/run {root}/var"));
    installed.ask(&format!("systemd-sysusers --root={root}"));
    let users = std::fs::read_to_string(installed.0.join("etc/passwd")).expect("made");
    let ours: Vec<_> = users.lines().filter(|line| line.starts_with("fsxlustre:")).collect();
    assert_eq!(ours.len(), 1, "{users}");
    let fields: Vec<_> = ours[0].split(':').collect();
    assert_ne!(fields[2], "0");
    assert_eq!(fields[5..], ["/", "/usr/sbin/nologin"]);

    installed.ask(&format!("systemd-tmpfiles --root={root} --create fsxlustre.conf"));
    let modes = |wanted: &[(&str, &str)]| {
        for (folder, mode) in wanted {
            let is = installed.ask(&format!("stat -c '%a %u %g' {root}/{folder}"));
            assert_eq!(is, format!("{mode} 0 0\n"), "{folder}");
        }
    };
    modes(&[
        ("run/fsxlustre", "755"),
        ("var/lib/fsxlustre", "755"),
        // Nobody but root may see what the API answered, or put answers there.
        ("var/cache/fsxlustre", "700"),
    ]);
}

#[test]
fn make_install_brings_every_unit_and_what_prometheus_grafana_and_slurm_need() {
    let installed = Installed::new("install");
    let mut wanted: Vec<String> =
        units().into_iter().map(|unit| format!("lib/systemd/system/{unit}")).collect();
    wanted.extend(
        [
            "share/fsxlustre/compatibility.toml",
            "share/fsxlustre/prometheus/scrape-static.yml",
            "share/fsxlustre/prometheus/alertmanager.yml",
            "share/fsxlustre/prometheus/slurm-targets",
            "share/fsxlustre/prometheus/rules/alerts.yml",
            "share/fsxlustre/prometheus/rules/recording.yml",
            "share/fsxlustre/prometheus/site/maintenance.yml",
            "share/fsxlustre/grafana/provider.yml",
            "share/fsxlustre/grafana/dashboards/fleet.json",
            "share/fsxlustre/slurm/prolog.d/80_fsxlustre",
            "share/fsxlustre/slurm/epilog.d/10_fsxlustre",
            "share/fsxlustre/slurm/task-prolog",
            "share/fsxlustre/slurm/unkillable-step",
            "share/fsxlustre/slurm/epilog-slurmctld",
            "share/fsxlustre/slurm/slurm.conf",
            "share/fsxlustre/ssm/FsxLustre-Check.json",
            "share/man/man7/fsxlustre-metrics.7",
            "share/man/man7/fsxlustre-slurm.7",
            "lib/systemd/system-preset/90-fsxlustre.preset",
            "lib/sysusers.d/fsxlustre.conf",
            "lib/tmpfiles.d/fsxlustre.conf",
        ]
        .map(str::to_owned),
    );
    let is_missing = |path: &String| !installed.0.join("usr").join(path).is_file();
    let missing: Vec<_> = wanted.into_iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
