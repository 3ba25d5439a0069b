//! The work of each document: the command that a person would type, run by this same program.

use super::document::Document;
use super::given::Given;
use super::install::install;
use super::{Answer, Before, InUse, Word, answer, exit};
use crate::config::AgentConfig;
use fsxlustre_mount::failure::{Explain as _, Failure, FailureRecord};
use fsxlustre_mount::host::{Deadline, Host, Program, RunLimits};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// How long the look at who uses the node may take.
pub(super) const LOOK: Duration = Duration::from_secs(15);
/// What a command may print.
const MOST_BYTES: usize = 16 << 20;
/// What is left of a document's time for the answer.
const MARGIN: Duration = Duration::from_secs(10);
/// How long a command may take that no script waits for.
const LONGEST: Duration = Duration::from_hours(2);
/// Where the support bundle goes.
const BUNDLES: &str = "/var/tmp";

/// Whether the work of a document goes on by itself when the script is killed.
pub fn is_long(document: &Document) -> bool {
    matches!(document.name, "mount" | "unmount" | "tune" | "install-client")
}

/// Whether nobody may use the node while it is done.
pub fn needs_idle_node(document: &Document, given: &Given) -> bool {
    match document.name {
        "unmount" => true,
        "install-client" => !given.is("PlanOnly"),
        "tune" => reloads(given),
        _ => false,
    }
}

fn reloads(given: &Given) -> bool {
    given.is("Reload") && given.text("Action") == Some("apply")
}

/// Does it. `command_id` is that of Systems Manager.
pub fn perform(
    config: &AgentConfig,
    document: &Document,
    given: &Given,
    command_id: Option<&str>,
) -> Answer {
    // What outlives the script has its own deadlines.
    let time = if is_long(document) {
        LONGEST
    } else {
        Duration::from_secs(document.seconds.into()).saturating_sub(MARGIN)
    };
    let call = Call { about: document.name, time, command_id };
    match document.name {
        "check" if given.text("Gate") == Some("reboot") => gate(config.host(), &call),
        "check" => call.run("check", &words_of_check(given)),
        "mount" => call.run("mount", &words_of_mount(given)),
        "unmount" => call.run("umount", &words_of_unmount(given)),
        "apply-layout" => call.run("layout", &words_of_layout(given)),
        "tune" if reloads(given) => reload(config.host(), &call, given),
        "tune" => call.run("tune", &words_of_tune(given)),
        "install-client" => install(config, given.is("PlanOnly")),
        _ => bundle(config, call.about),
    }
}

/// An answer that is a failure.
pub fn failed(about: &str, failure: &Failure, status: u8) -> Answer {
    let row = failure.code.row();
    let record = serde_json::to_value(FailureRecord::from(failure)).unwrap_or_default();
    let mut told = Answer::new(about, Word::Fail, format!("{} {}", row.id, row.title), status);
    told.head = record.as_object().cloned().unwrap_or_default();
    Answer { whole: record, ..told }
}

/// Who is in the way, if anybody is or may be.
pub fn not_idle(host: &Host, before: Before) -> Option<InUse> {
    let seen = InUse::look(host, Deadline::after(LOOK));
    (!seen.kinds(before).is_empty() || !seen.unknown.is_empty()).then_some(seen)
}

/// The answer where the node is in use, or is not known to be idle.
pub fn busy(about: &str, before: Before, seen: &InUse) -> Answer {
    let kinds = seen.kinds(before);
    let (word, said, status) = match kinds.as_slice() {
        [] => (Word::Unknown, "not known whether the node is in use; nothing was done".into(), 3),
        _ => (Word::Busy, format!("in use: {}; nothing was done", kinds.join(", ")), exit::BUSY),
    };
    let told = Answer::new(about, word, said, status)
        .with("in_use", without_empty(seen))
        .with("do", "wait for it, or run it again with AllowBusy=true");
    Answer { whole: serde_json::to_value(seen).unwrap_or_default(), ..told }
}

/// Commands of this program, for one call of a document.
struct Call<'a> {
    about: &'a str,
    time: Duration,
    command_id: Option<&'a str>,
}

impl Call<'_> {
    /// Runs a command to its end; its answer is called by the document's name.
    fn run(&self, command: &str, words: &[String]) -> Answer {
        let mut environment = vec![("LC_ALL".into(), "C".into())];
        environment.extend(self.command_id.map(|id| ("SSM_COMMAND_ID".into(), id.into())));
        let limits = RunLimits {
            environment,
            output_bytes: MOST_BYTES,
            ..RunLimits::until(Deadline::after(self.time))
        };
        match Program::own().run(words, &limits) {
            Ok(done) => {
                let status = done.status.code().and_then(|code| u8::try_from(code).ok());
                let told = answer(command, &done.stdout, &done.stderr, status.unwrap_or(4));
                Answer { about: self.about.to_owned(), ..told }
            }
            Err(error) => failed(self.about, &error.failure(), 1),
        }
    }
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|word| (*word).to_owned()).collect()
}

/// Adds an option with its value, where it is given.
fn add(all: &mut Vec<String>, option: &str, value: Option<&str>) {
    // One word, so that a value is never taken for an option.
    all.extend(value.map(|value| format!("{option}={value}")));
}

fn words_of_check(given: &Given) -> Vec<String> {
    let mut all = words(&["check", "--json"]);
    add(&mut all, "--only", given.text("Only"));
    add(&mut all, "--region", given.text("Region").filter(|_| given.text("Source").is_some()));
    all.extend(given.text("Source").map(str::to_owned));
    all
}

fn words_of_mount(given: &Given) -> Vec<String> {
    let mut all = words(&["mount", "--json"]);
    add(&mut all, "--options", given.text("Options"));
    all.extend(given.is("MakeDirectory").then(|| "--mkdir".to_owned()));
    all.push("--".into());
    all.extend(
        ["Source", "Directory"].iter().filter_map(|name| given.text(name)).map(str::to_owned),
    );
    all
}

fn words_of_unmount(given: &Given) -> Vec<String> {
    let mut all = words(&["umount", "--json"]);
    add(&mut all, "--timeout", given.text("TimeoutSeconds"));
    if given.is("IfGone") {
        all.push("--if-gone".into());
        add(&mut all, "--file-system", given.text("FileSystemId"));
        add(&mut all, "--region", given.text("Region"));
    }
    all.push("--".into());
    all.extend(given.text("Directory").map(str::to_owned));
    all
}

fn words_of_layout(given: &Given) -> Vec<String> {
    let mut all = words(&["layout", "apply", "--json", "--timeout=240"]);
    match given.text("Profile") {
        Some(profile) => add(&mut all, "--profile", Some(profile)),
        None => all.push("--configured".into()),
    }
    all.extend(given.is("Replace").then(|| "--replace".to_owned()));
    all.push("--".into());
    all.extend(given.text("Directory").map(str::to_owned));
    all
}

fn words_of_tune(given: &Given) -> Vec<String> {
    let action = given.text("Action").unwrap_or("plan");
    let mut all = words(&["tune", action, "--json"]);
    if matches!(action, "plan" | "apply") {
        add(&mut all, "--profile", given.text("Profile"));
    }
    all.extend((action == "apply" && given.is("Replace")).then(|| "--replace".to_owned()));
    let persists = matches!(action, "apply" | "revert") && (given.is("Persist") || reloads(given));
    all.extend(persists.then(|| "--persist".to_owned()));
    all
}

/// Whether the node may be rebooted now: the kernel of the next boot has its module, and nobody is cut off.
fn gate(host: &Host, call: &Call<'_>) -> Answer {
    let kernel = call.run("check", &words(&["check", "--gate", "reboot", "--json"]));
    let seen = InUse::look(host, Deadline::after(LOOK));
    let kinds = seen.kinds(Before::Reboot);
    let (word, said, status) = match (kernel.word, kinds.is_empty(), seen.unknown.is_empty()) {
        (_, false, _) => (Word::Busy, format!("in use: {}", kinds.join(", ")), exit::BUSY),
        (Word::Pass | Word::Warn, true, true) => (Word::Pass, "may be rebooted".into(), 0),
        (Word::Pass | Word::Warn, true, false) => {
            (Word::Unknown, "not known whether it is in use".into(), 3)
        }
        (word, ..) => (word, format!("next boot: {}", kernel.words), kernel.exit),
    };
    let whole = json!({ "in_use": seen, "kernel": kernel.whole });
    let told = Answer::new(call.about, word, said, status).with("in_use", without_empty(&seen));
    Answer { whole, items: kernel.items, ..told }
}

/// What is there of it.
pub(super) fn without_empty(seen: &InUse) -> Value {
    let mut value = serde_json::to_value(seen).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, list| list.as_array().is_none_or(|list| !list.is_empty()));
    }
    value
}

/// Sets module parameters and loads the modules with them.
fn reload(host: &Host, call: &Call<'_>, given: &Given) -> Answer {
    let applied = call.run("tune", &words_of_tune(given));
    if !matches!(applied.word, Word::Pass | Word::Warn) {
        return applied;
    }
    for (name, words) in [("lustre_rmmod", vec![]), ("modprobe", vec!["lustre"])] {
        let limits = RunLimits::until(Deadline::after(call.time));
        let ran = host.program(name).and_then(|program| program.run(&words, &limits));
        let because = match ran {
            Ok(done) if done.status.success() => continue,
            Ok(done) => done.last_words(),
            Err(error) => error.because(),
        };
        let (said, status) = match name {
            "modprobe" => ("the modules could not be loaded again", 1),
            _ => (
                "set, and a reboot is needed: the modules could not be unloaded",
                exit::NEEDS_REBOOT,
            ),
        };
        let word = if status == 1 { Word::Fail } else { Word::Warn };
        return Answer::new(call.about, word, said, status)
            .with("program", name)
            .with("because", because)
            .with("needs_reboot", status == exit::NEEDS_REBOOT)
            .of(applied.items);
    }
    let mut plan = words(&["tune", "plan", "--json"]);
    add(&mut plan, "--profile", given.text("Profile"));
    call.run("tune", &plan).with("reloaded", true)
}

fn bundle(config: &AgentConfig, about: &str) -> Answer {
    let written = crate::support::write(config, Path::new(BUNDLES));
    let path = match written {
        Ok(path) => path,
        Err(error) => return failed(about, &error.failure(), 1),
    };
    let bytes = std::fs::symlink_metadata(&path).map(|about| about.len()).ok();
    Answer::new(about, Word::Pass, "written; it is sent nowhere", 0)
        .with("file", path.display().to_string())
        .with("bytes", bytes)
        .with(
            "note",
            "names, addresses and account ids are in it, and no secrets that were recognised",
        )
}
