//! `make demo`: the main job from end to end, with real commands and real output.
//!
//! Everything runs in a sandbox: the host sees nothing of it, and nothing is left behind, also
//! when the demo is interrupted.

use fsxlustre_tests::{FileSystem, Response, Running, Sandbox, Setup};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const SOURCE: &str = "tag:Project:genomics";
const METRICS: &str = "http://127.0.0.1:9988/metrics";
const SHOWN_METRICS: [&str; 6] = [
    "lustre_client_mount_info",
    "lustre_client_imports{",
    "lustre_client_read_bytes_total",
    "lustre_client_write_bytes_total",
    "lustre_client_reads_total",
    "lustre_client_writes_total",
];
const SITE: &str = r#"
[layout.profiles.large]
stripe_count = 4
stripe_size = "4MiB"

[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
"#;

fn main() -> ExitCode {
    let started = Instant::now();
    match demo() {
        Ok(()) => {
            println!("\nDone in {:.1} s. The node is gone, and nothing is left of it.", {
                started.elapsed().as_secs_f64()
            });
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("\nThe demo failed: {why}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<(), String> {
    println!(
        "A compute node in a namespace of its own: real mount(8), real AWS SDK against an endpoint\n\
         on this machine, and a stand-in for the Lustre client (type fuse.lustre, its own kernel\n\
         version), since no package registry has Lustre."
    );
    let sandbox = Setup::standard().start().map_err(|error| error.to_string())?;
    sandbox.append_config(SITE);
    let tagged = FileSystem::lustre().tag("Project", "genomics").tag("Name", "scratch");
    sandbox.create_file_system(tagged);
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genetics").version("2.10"));
    let node = Node { sandbox };
    node.check()?;
    node.resolve()?;
    node.mount()?;
    node.lay_out()?;
    node.watch()?;
    node.run_a_job()
}

/// The node of the demo.
struct Node {
    sandbox: Sandbox,
}

impl Node {
    fn check(&self) -> Result<(), String> {
        headline("1. Does this node fit?");
        let _servers = self.sandbox.answering_servers();
        self.show(&["fsxlustre", "check", SOURCE])
    }

    fn resolve(&self) -> Result<(), String> {
        headline("2. Which file system carries the tag?");
        self.show(&["fsxlustre", "resolve", SOURCE])
    }

    fn mount(&self) -> Result<(), String> {
        headline("3. Mount it through mount(8), and once more: already so is success");
        self.show(&["mkdir", DIRECTORY])?;
        self.show(&["mount", "-v", "-t", "fsxlustre", SOURCE, DIRECTORY])?;
        self.show(&["mount", "-v", "-t", "fsxlustre", SOURCE, DIRECTORY])?;
        self.show(&["findmnt", DIRECTORY])
    }

    fn lay_out(&self) -> Result<(), String> {
        headline("4. Give a directory a layout, and prove it");
        let results = format!("{DIRECTORY}/results");
        self.show(&["mkdir", &results])?;
        self.show(&["fsxlustre", "layout", "apply", "--profile", "large", &results])?;
        self.show(&["fsxlustre", "layout", "apply", "--profile", "large", &results])
    }

    fn watch(&self) -> Result<(), String> {
        headline("5. Watch what the node does");
        println!("$ fsxlustre serve &");
        let service = self.sandbox.spawn(["fsxlustre", "serve"]);
        self.wait_for(&service)?;
        self.show_metrics(&service)?;
        let file = format!("{DIRECTORY}/results/reads.bam");
        let io = format!(
            "dd if=/dev/urandom of={file} bs=1M count=32 status=none && sha256sum {file} {file}"
        );
        self.show(&["sh", "-c", &io])?;
        self.show_metrics(&service)
    }

    fn run_a_job(&self) -> Result<(), String> {
        headline(
            "6. A job's start mounts what is missing; its end unmounts that, and nothing else",
        );
        self.show(&["umount", DIRECTORY])?;
        self.job("start")?;
        self.show(&["ls", "-l", &format!("{DIRECTORY}/results")])?;
        self.job("end")?;
        self.job("end")?;
        println!("$ findmnt {DIRECTORY}");
        let left = self.sandbox.run(["findmnt", DIRECTORY]);
        if left.is_success() {
            return Err(format!("it is still mounted:\n{}", left.stdout));
        }
        println!("(nothing)");
        Ok(())
    }

    fn job(&self, verb: &str) -> Result<(), String> {
        println!("$ SLURM_CLUSTER_NAME=prod SLURM_JOB_ID=17 fsxlustre job {verb}");
        let command = self.sandbox.command(["fsxlustre", "job", verb]);
        finish(&command.env("SLURM_CLUSTER_NAME", "prod").env("SLURM_JOB_ID", "17").run())
    }

    fn show(&self, words: &[&str]) -> Result<(), String> {
        let shown = match words {
            ["sh", "-c", script] => (*script).to_owned(),
            words => words.join(" "),
        };
        println!("$ {shown}");
        finish(&self.sandbox.run(words))
    }

    fn wait_for(&self, service: &Running) -> Result<(), String> {
        let started = Instant::now();
        let ready = || self.sandbox.request("GET", "http://127.0.0.1:9988/-/ready").try_send();
        while ready().is_err() {
            if started.elapsed() > Duration::from_secs(10) {
                return Err(format!("the metrics service is not ready: {}", service.stderr()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn show_metrics(&self, service: &Running) -> Result<(), String> {
        println!("GET {METRICS} (some of its lines)");
        let Response { status, body, .. } = self.sandbox.request("GET", METRICS).send();
        if status != 200 {
            return Err(format!("the metrics service said {status}: {}", service.stderr()));
        }
        let is_shown = |line: &&str| SHOWN_METRICS.iter().any(|name| line.starts_with(name));
        let is_empty_state = |line: &str| line.contains("state=") && line.ends_with(" 0");
        for line in body.lines().filter(is_shown).filter(|line| !is_empty_state(line)) {
            println!("{line}");
        }
        Ok(())
    }
}

fn headline(text: &str) {
    println!("\n== {text}");
}

fn finish(output: &fsxlustre_tests::Output) -> Result<(), String> {
    print!("{}{}", output.stdout, output.stderr);
    if output.is_success() { Ok(()) } else { Err(output.to_string()) }
}
