//! The plan of `fsxlustre check --plan`, carried out: one step after another, each a script of root's that is
//! written here from our own data, its output kept beside it.

use super::perform::failed;
use super::{Answer, Word, exit};
use crate::checks::{Finding, Selection, Verdict, answers};
use crate::config::AgentConfig;
use crate::facts::{Facts, Scope};
use crate::plan::{Place, Plan};
use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{Deadline, Program, RunLimits, write_private_state};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

const ABOUT: &str = "install-client";
/// How long one step may take: a package manager that is cut short leaves more to mend than it saves.
const LONGEST_STEP: Duration = Duration::from_mins(45);
/// Where package managers and their scripts look for programs.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// So many characters of what a step said are in the answer.
const SAID: usize = 400;
/// What has to hold in the end.
const PROOF: [&str; 3] = ["client_packages", "client_programs", "module_loadable"];

/// Installs what is missing, and proves it.
pub(super) fn install(config: &AgentConfig, is_plan_only: bool) -> Answer {
    let plan = match planned(config) {
        Ok(plan) => plan,
        Err(failure) => return failed(ABOUT, &failure, 3),
    };
    let steps = plan.scripts();
    let titles: Vec<Value> = steps.iter().map(|(title, _)| title.clone().into()).collect();
    if is_plan_only {
        let words =
            if steps.is_empty() { "nothing has to be installed" } else { "steps are to be done" };
        return Answer::new(ABOUT, Word::Pass, words, 0)
            .with("steps", titles)
            .with("script", plan.script());
    }
    let folder = config.host().paths.data.join("ssm/install");
    let mut done = Vec::new();
    for (place, (title, script)) in steps.iter().enumerate() {
        let (is_done, told) = step(&folder, place + 1, title, script);
        done.push(told);
        if !is_done {
            return Answer::new(ABOUT, Word::Fail, "a step failed", 1)
                .with("steps", titles)
                .of(done);
        }
    }
    proved(config, done, plan.boots_another_kernel())
}

fn planned(config: &AgentConfig) -> Result<Plan, Failure> {
    let facts = Facts::gather(config, &[], Scope::LOCAL);
    let selection = Selection::of(&["local".into()], &[]).map_err(|unknown| unknown.failure())?;
    Plan::of(&facts.node, &answers(&facts, &selection), Place::Node)
        .map_err(|error| error.failure())
}

/// Runs one step; whether it succeeded, and what is told of it.
fn step(folder: &Path, number: usize, title: &str, script: &str) -> (bool, Value) {
    let named = |end: &str| folder.join(format!("step-{number}.{end}"));
    let said = |ending: &str, words: &str| {
        let words: String = one_line(words).chars().take(SAID).collect();
        json!({ "step": title, "ending": ending, "said": words, "output": named("log.json") })
    };
    let ran = write_script(folder, &named("sh"), script).and_then(|file| run(&file));
    let finished = match ran {
        Ok(finished) => finished,
        Err(because) => return (false, said("not run", &because)),
    };
    let output = json!({ "step": title, "stdout": finished.stdout, "stderr": finished.stderr });
    // What cannot be kept is told all the same, in short.
    let _ = write_private_state(&named("log.json"), &output);
    let is_done = finished.status.success();
    let words = if is_done { String::new() } else { finished.last_words() };
    (is_done, said(&finished.ending(), &words))
}

/// A folder and a file of root's, so that nobody changes a script between its writing and its run.
fn write_script(folder: &Path, file: &Path, script: &str) -> Result<PathBuf, String> {
    use std::io::Write as _;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
    let write = || {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        // One of an earlier run.
        let _ = std::fs::remove_file(file);
        let mut open = std::fs::OpenOptions::new();
        let open =
            open.write(true).create_new(true).mode(0o700).custom_flags(nix::libc::O_NOFOLLOW);
        let mut file = open.open(file)?;
        file.write_all(script.as_bytes())?;
        file.sync_all()
    };
    write().map(|()| file.to_owned()).map_err(|error: std::io::Error| error.to_string())
}

fn run(file: &Path) -> Result<fsxlustre_mount::host::Finished, String> {
    let environment =
        [("PATH", PATH), ("LC_ALL", "C"), ("HOME", "/root"), ("DEBIAN_FRONTEND", "noninteractive")];
    let limits = RunLimits {
        environment: environment
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        ..RunLimits::until(Deadline::after(LONGEST_STEP))
    };
    Program::at(Path::new("/bin/sh")).run(&[file], &limits).map_err(|error| error.because())
}

/// What is true afterwards.
fn proved(config: &AgentConfig, done: Vec<Value>, boots_another_kernel: bool) -> Answer {
    let facts = Facts::gather(config, &[], Scope::LOCAL);
    let selection = Selection::of(&["local".into()], &[]);
    let findings = selection.map(|selection| answers(&facts, &selection)).unwrap_or_default();
    let is_of = |names: &[&str], finding: &&Finding| names.contains(&finding.check);
    let proof = findings.iter().filter(|one| is_of(&PROOF, one));
    let lines: Vec<Value> = proof
        .clone()
        .map(|one| format!("{} {}: {}", one.verdict.word(), one.check, one.summary).into())
        .collect();
    let is_unfit = proof.clone().any(|one| one.verdict == Verdict::Fail);
    let is_unknown = proof.clone().any(|one| one.verdict == Verdict::Unknown) || lines.is_empty();
    let runs_another =
        findings.iter().any(|one| is_of(&["module_current"], &one) && one.verdict == Verdict::Warn);
    let needs_reboot = boots_another_kernel || runs_another;
    let (word, words, status) = match (needs_reboot, is_unfit, is_unknown) {
        (true, ..) => (Word::Warn, "done, and a reboot is needed", exit::NEEDS_REBOOT),
        (_, true, _) => (Word::Fail, "all steps were done, and the client does not fit", 1),
        (_, _, true) => {
            (Word::Unknown, "all steps were done, and it is not known whether the client fits", 3)
        }
        _ if done.is_empty() => (Word::Pass, "nothing had to be installed", 0),
        _ => (Word::Pass, "installed", 0),
    };
    Answer::new(ABOUT, word, words, status)
        .with("proof", lines)
        .with("needs_reboot", needs_reboot)
        .of(done)
}
