//! Jobs of real Slurm: what their prologs mount, and what their epilogs take away.

use fsxlustre_tests::FileSystem;
use fsxlustre_tests::slurm::{Cluster, Settings};

const DIRECTORY: &str = "/mnt/genomics";
const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
options = "noatime,flock"
"#;

/// A cluster whose jobs get one file system.
fn genomics(settings: Settings) -> Cluster {
    let mut cluster = Cluster::with(settings.config(JOBS));
    cluster.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    cluster
}

#[test]
fn a_batch_job() {
    let began = std::time::Instant::now();
    let cluster = genomics(Settings::packaged());
    eprintln!("up in {:?}", began.elapsed());
    let job = cluster
        .submit(&["-w", "n1"], &format!("grep ' {DIRECTORY} ' /proc/self/mountinfo; env | sort"));
    let state = cluster.wait_for_end(job);
    eprintln!("ended in {:?}", began.elapsed());
    println!("{state} {}", cluster.printed_by(job));
    println!("{}", cluster.logs());
    assert_eq!(cluster.node("n1").run(["findmnt", DIRECTORY]).stdout, "");
}
