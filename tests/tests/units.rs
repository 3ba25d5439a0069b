//! The units that are installed, through systemd's own checker, and what `make install` puts where.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

#[test]
fn systemd_finds_no_fault_with_the_units() {
    let folder = std::env::temp_dir().join(format!("fsxl-units-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut files = Vec::new();
    for name in [
        "fsxlustre-exporter.service",
        "fsxlustre-exporter.socket",
        "fsxlustre-evacuate.service",
        "fsxlustre-spot-watch.service",
    ] {
        let text = std::fs::read_to_string(root().join("packaging/systemd").join(name)).unwrap();
        // Program and page are not installed here.
        let text = text.replace("/usr/bin/fsxlustre", "/bin/true");
        let text: String = text
            .lines()
            .filter(|line| !line.starts_with("Documentation"))
            .fold(String::new(), |text, line| text + line + "\n");
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        files.push(file);
    }
    let output = Command::new("systemd-analyze").arg("verify").args(&files).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    #[expect(clippy::disallowed_methods, reason = "a folder of this test alone")]
    let _ = std::fs::remove_dir_all(&folder);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn make_install_brings_what_prometheus_and_grafana_need() {
    let to = std::env::temp_dir().join(format!("fsxl-install-{}", std::process::id()));
    // Only files that stand in the repository: the programs of a release build are not made for it.
    let output = Command::new("make")
        .args(["--dry-run", "install", &format!("DESTDIR={}", to.display())])
        .current_dir(root())
        .output()
        .unwrap();
    let recipe = String::from_utf8(output.stdout).unwrap();
    let is_of_a_file = |line: &&str| line.contains(" packaging/") || line.contains(" agent/data/");
    for line in recipe.lines().filter(is_of_a_file) {
        let run = Command::new("sh").args(["-ec", line]).current_dir(root()).status().unwrap();
        assert!(run.success(), "{line}");
    }
    let missing: Vec<_> = [
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
        "share/man/man7/fsxlustre-metrics.7",
        "share/man/man7/fsxlustre-slurm.7",
        "lib/systemd/system/fsxlustre-exporter.service",
        "lib/systemd/system/fsxlustre-evacuate.service",
        "lib/sysusers.d/fsxlustre.conf",
    ]
    .into_iter()
    .filter(|path| !to.join("usr").join(path).is_file())
    .collect();
    #[expect(clippy::disallowed_methods, reason = "a folder of this test alone")]
    let _ = std::fs::remove_dir_all(&to);
    assert!(missing.is_empty(), "{missing:?}");
}
