use super::slurm as judge;
use super::*;
use crate::checks::Verdict;
use crate::config::{JobDeadlines, JobMount};
use crate::facts::HookFile;
use crate::facts::samples::{healthy, slurm as sample};

fn jobs() -> JobsSection {
    let rule = JobMount {
        source: "tag:Project:genomics".into(),
        directory: "/mnt/genomics".into(),
        ..JobMount::default()
    };
    JobsSection { mount: vec![rule], ..JobsSection::default() }
}

fn findings(slurm: Slurm, jobs: &JobsSection) -> Vec<Finding> {
    let facts = NodeFacts {
        slurm: Observed::known(Some(Box::new(slurm)), "scontrol show config"),
        ..healthy()
    };
    judge(&facts, jobs, Role::Compute)
}

/// The finding of that name, after a change to a cluster that is well.
fn after(name: &str, change: impl FnOnce(&mut Slurm)) -> Finding {
    let mut slurm = sample();
    change(&mut slurm);
    let found = findings(slurm, &jobs());
    found.into_iter().find(|finding| finding.check == name).expect("a finding")
}

fn set(slurm: &mut Slurm, name: &str, value: &str) {
    slurm.config.settings.insert(name.into(), vec![value.into()]);
}

fn files(names: &[(&str, bool, bool)]) -> Observed<Vec<HookFile>> {
    let file = |(name, is_executable, is_ours): &(&str, bool, bool)| HookFile {
        path: format!("/etc/slurm/x.d/{name}"),
        is_executable: *is_executable,
        is_ours: *is_ours,
    };
    Observed::known(names.iter().map(file).collect(), "/etc/slurm/x.d/*")
}

#[test]
fn a_cluster_with_the_packaged_lines_is_well() {
    let found = findings(sample(), &jobs());
    assert_eq!(found.len(), 4);
    for finding in found {
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:?}");
    }
}

#[test]
fn the_packaged_clocks_are_long_enough_for_starts_that_bring_files() {
    let mut brings = jobs();
    brings.mount.iter_mut().for_each(|rule| rule.stage_in = vec!["in".into()]);
    let found = findings(sample(), &brings);
    let clocks = found.iter().find(|one| one.check == clocks::NAME).expect("it");
    assert_eq!(clocks.verdict, Verdict::Pass, "{clocks:?}");
    assert!(clocks.summary.contains("a start may take 57 s"), "{clocks:?}");
}

#[test]
fn a_node_without_slurm_or_that_runs_no_jobs_is_not_asked() {
    assert_eq!(judge(&healthy(), &jobs(), Role::Compute), []);
    let facts = NodeFacts { slurm: Observed::known(Some(Box::new(sample())), "x"), ..healthy() };
    assert_eq!(judge(&facts, &jobs(), Role::Login), []);
    let mut other = sample();
    other.prolog = files(&[("90_site", true, false)]);
    other.epilog = files(&[]);
    assert_eq!(findings(other, &JobsSection::default()), []);
}

#[test]
fn a_controller_that_does_not_answer_is_unknown() {
    let slurm = Observed::unknown("it did not end within 2 s", "scontrol show config");
    let found = judge(&NodeFacts { slurm, ..healthy() }, &jobs(), Role::Compute);
    assert_eq!(found.iter().map(|one| one.verdict).collect::<Vec<_>>(), [Unknown]);
}

#[test]
fn what_drains_a_node_is_a_fail() {
    let empty = after(hooks::NAME, |slurm| slurm.prolog = files(&[]));
    assert_eq!(empty.verdict, Verdict::Fail);
    assert!(empty.summary.contains("matches no file"), "{empty:?}");
    let bits = after(hooks::NAME, |slurm| {
        slurm.epilog = files(&[("90_site", false, false), ("10_fsxlustre", true, true)]);
    });
    assert_eq!(bits.verdict, Verdict::Fail);
    assert!(bits.remedy.contains("chmod +x /etc/slurm/x.d/90_site"), "{bits:?}");
    let absent = after(hooks::NAME, |slurm| slurm.prolog = files(&[("90_site", true, false)]));
    assert!(absent.verdict == Verdict::Fail && absent.summary.contains("does not call"));
    let unset = after(hooks::NAME, |slurm| slurm.prolog = Observed::known(Vec::new(), ""));
    assert!(unset.verdict == Verdict::Fail && unset.summary.contains("has no Prolog"));
}

#[test]
fn what_runs_after_our_end_is_warned_of() {
    let order = after(hooks::NAME, |slurm| {
        slurm.epilog = files(&[("90_fsxlustre", true, true), ("50_copy_results", true, false)]);
    });
    assert_eq!(order.verdict, Verdict::Warn);
    assert!(order.summary.contains("50_copy_results runs after our end"), "{order:?}");
    let before = after(hooks::NAME, |slurm| {
        slurm.epilog = files(&[("50_copy_results", true, false), ("10_fsxlustre", true, true)]);
    });
    assert_eq!(before.verdict, Verdict::Pass, "{before:?}");
    let told = after(hooks::NAME, |slurm| slurm.task_prolog = Observed::known(Vec::new(), ""));
    assert!(told.verdict == Verdict::Warn && told.summary.contains("TaskProlog"), "{told:?}");
    let twice = after(hooks::NAME, |slurm| {
        slurm.prolog = files(&[("80_fsxlustre~", true, true), ("80_fsxlustre", true, true)]);
    });
    assert!(twice.verdict == Verdict::Warn && twice.summary.contains("80_fsxlustre~ and"));
}

#[test]
fn flags_that_change_when_and_where_hooks_run() {
    for (name, value, part) in [
        ("PrologFlags", "Contain,Serial", "Serial"),
        ("PrologFlags", "Alloc,Contain,RunInJob", "RunInJob"),
        ("PrologFlags", "Alloc", "without Contain"),
        ("PrologFlags", "NoHold", "NoHold"),
        ("PrologFlags", "DeferBatch", "first step only"),
        ("SchedulerParameters", "defer", "nohold_on_prolog_fail"),
    ] {
        let found = after(flags::NAME, |slurm| set(slurm, name, value));
        assert_eq!(found.verdict, Verdict::Warn, "{value}");
        assert!(format!("{found:?}").contains(part), "{found:?}");
    }
    let none = after(flags::NAME, |slurm| {
        slurm.config.settings.remove("UnkillableStepProgram");
    });
    assert_eq!(none.verdict, Verdict::Warn);
}

#[test]
fn every_clock_of_slurm_is_compared_with_ours() {
    for (name, value, verdict, part) in [
        ("PrologEpilogTimeout", "45", Verdict::Fail, "start may take 45 s"),
        ("PrologEpilogTimeout", "46", Verdict::Pass, ""),
        ("PrologEpilogTimeout", "65534", Verdict::Pass, ""),
        ("PrologTimeout", "30", Verdict::Fail, "PrologTimeout is 30 s"),
        ("EpilogTimeout", "30", Verdict::Fail, "end may take 45 s, EpilogTimeout"),
        ("BatchStartTimeout", "10 sec", Verdict::Warn, "batch job counts as lost"),
        ("MessageTimeout", "10 sec", Verdict::Warn, "the prolog hangs"),
        ("AuthInfo", "socket=/x,cred_expire=40", Verdict::Warn, "credential"),
        ("AuthInfo", "cred_expire=70", Verdict::Pass, ""),
        ("UnkillableStepTimeout", "60 sec", Verdict::Warn, "five times"),
    ] {
        let found = after(clocks::NAME, |slurm| set(slurm, name, value));
        assert_eq!(found.verdict, verdict, "{name}={value}: {found:?}");
        assert!(found.summary.contains(part), "{found:?}");
    }
    let longer = JobsSection {
        deadlines: JobDeadlines { mount: Some(120), ..JobDeadlines::default() },
        ..jobs()
    };
    let found = findings(sample(), &longer);
    let clocks = found.iter().find(|one| one.check == clocks::NAME).expect("it");
    let sum = longer.deadlines.sum(crate::jobs::START_PHASES).as_secs();
    assert!(sum > 120 && clocks.summary.contains(&format!("start may take {sum} s")), "{clocks:?}");
}

#[test]
fn namespaces_of_jobs_are_known_by_their_file() {
    let with = |settings: Observed<Option<String>>| {
        after(namespace::NAME, |slurm| {
            set(slurm, "JobContainerType", "job_container/tmpfs");
            slurm.namespace_settings = settings;
        })
    };
    let known =
        |text: &str| Observed::known(Some(text.to_owned()), "/etc/slurm/job_container.conf");
    let alone = with(known("AutoBasePath=true\nBasePath=/local # Shared=true\n"));
    assert_eq!(alone.verdict, Verdict::Warn);
    assert!(alone.remedy.contains("Shared=true in /etc/slurm/job_container.conf"), "{alone:?}");
    assert_eq!(with(known("BasePath=/local Shared=true\n")).verdict, Verdict::Pass);
    assert_eq!(with(known("defaults:\n  shared: true\n")).verdict, Verdict::Pass);
    let unread = with(Observed::unknown("permission denied", "/etc/slurm/job_container.conf"));
    assert_eq!(unread.verdict, Verdict::Warn);
}
