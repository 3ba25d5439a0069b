//! The wrappers of packaging/slurm by themselves, with programs in our place that end in all ways.

use fsxlustre_tests::stage::source;
use fsxlustre_tests::{Output, Sandbox, Setup};

const PROGRAM: &str = "/usr/bin/fsxlustre";
const PROLOG: &str = "prolog.d/80_fsxlustre";
const EPILOG: &str = "epilog.d/10_fsxlustre";
const WRAPPERS: [&str; 6] =
    [PROLOG, EPILOG, "task-prolog", "unkillable-step", "epilog-slurmctld", "health-check"];

/// A node with the wrappers at `/hooks`, and no fsxlustre.
fn node() -> Sandbox {
    let sandbox = Setup::bare().start().unwrap_or_else(|error| panic!("{error}"));
    for name in WRAPPERS {
        sandbox.write_program(
            &format!("/run/hooks/{name}"),
            &source(&format!("packaging/slurm/{name}")),
        );
    }
    sandbox
}

/// Runs a wrapper as slurmd does, with nothing in its environment but Slurm's variables; and with a
/// PATH on which nothing is found, so that every program must be named by its own.
fn run(sandbox: &Sandbox, name: &str) -> Output {
    run_with(sandbox, name, "17")
}

fn run_with(sandbox: &Sandbox, name: &str, job: &str) -> Output {
    let job = format!("SLURM_JOB_ID={job}");
    sandbox.run(["env", "-i", "PATH=/nowhere", &job, &format!("/run/hooks/{name}")])
}

#[test]
fn the_programs_verdict_is_the_wrappers() {
    let sandbox = node();
    for (hook, verb) in [(PROLOG, "start"), (EPILOG, "end")] {
        for status in [0, 1] {
            let program = format!("#!/bin/sh\necho \"$@\"\nexit {status}\n");
            sandbox.write_program(PROGRAM, &program);
            let done = run(&sandbox, hook);
            assert_eq!(done.code(), Some(status), "{done}");
            assert_eq!(done.stdout, format!("job {verb}\n"), "{done}");
        }
    }
}

#[test]
fn no_verdict_drains_nothing_and_says_one_line() {
    let sandbox = node();
    let broken = [
        (None, "cannot be run (127)"),
        (Some("#!/no/such/interpreter\n"), "cannot be run (127)"),
        (Some("#!/bin/sh\nexit 126\n"), "cannot be run (126)"),
        (Some("#!/bin/sh\nkill -SEGV $$\n"), "ended with 139"),
        (Some("#!/bin/sh\nkill -KILL $$\n"), "ended with 137"),
        (Some("#!/bin/sh\nexit 2\n"), "ended with 2"),
    ];
    for (program, because) in broken {
        sandbox.remove(PROGRAM);
        if let Some(text) = program {
            sandbox.write_program(PROGRAM, text);
        }
        for hook in [PROLOG, EPILOG] {
            let done = run(&sandbox, hook);
            assert_eq!(done.code(), Some(0), "{because}: {done}");
            assert!(done.stdout.contains(because), "{because}: {done}");
            assert!(done.stdout.starts_with("fsxlustre: job 17: its "), "{done}");
            assert_eq!(done.stdout.lines().count(), 1, "{done}");
        }
    }
}

#[test]
fn a_site_may_have_no_verdict_drain_the_node() {
    let sandbox = node();
    for hook in [PROLOG, EPILOG] {
        let path = format!("/run/hooks/{hook}");
        let text = sandbox.read_file(&path);
        assert_eq!(text.matches("\nmissing=pass\n").count(), 1, "{hook}");
        sandbox.write_program(&path, &text.replace("\nmissing=pass\n", "\nmissing=fail\n"));
        let done = run(&sandbox, hook);
        assert_eq!(done.code(), Some(1), "{done}");
        assert!(done.stdout.contains("cannot be run (127)"), "{done}");
    }
}

#[test]
fn the_kill_switch_leaves_everything_out() {
    let sandbox = node();
    sandbox.write_program(PROGRAM, "#!/bin/sh\necho called\nexit 1\n");
    let shared = "/mnt/shared/no-fsxlustre";
    for hook in [PROLOG, EPILOG] {
        let path = format!("/run/hooks/{hook}");
        let text = sandbox.read_file(&path);
        let own = "disabled=\"/etc/fsxlustre/disabled\"";
        assert!(text.contains(own), "{hook}");
        let both = format!("disabled=\"/etc/fsxlustre/disabled {shared}\"");
        sandbox.write_program(&path, &text.replace(own, &both));
        assert_eq!(run(&sandbox, hook).code(), Some(1));
        for switch in ["/etc/fsxlustre/disabled", shared] {
            sandbox.write_file(switch, "");
            let done = run(&sandbox, hook).assert_success();
            assert!(done.stdout.contains(&format!("there is {switch}")), "{done}");
            assert!(!done.stdout.contains("called"), "{done}");
            sandbox.remove(switch);
        }
        // The program obeys a link to nothing, so the wrapper does.
        sandbox.run(["ln", "-s", "/nowhere", "/etc/fsxlustre/disabled"]).assert_success();
        let done = run(&sandbox, hook).assert_success();
        assert!(done.stdout.contains("there is /etc/fsxlustre/disabled"), "{done}");
        sandbox.remove("/etc/fsxlustre/disabled");
    }
}

#[test]
fn without_the_program_nothing_is_told_of_a_step_that_cannot_be_killed() {
    let sandbox = node();
    let done = run(&sandbox, "unkillable-step").assert_success();
    assert_eq!(done.stdout.lines().count(), 1, "{done}");
    assert!(done.stdout.contains("fsxlustre: job 17: "), "{done}");
    sandbox.write_program(PROGRAM, "#!/bin/sh\necho \"$@\"\n");
    assert_eq!(run(&sandbox, "unkillable-step").assert_success().stdout, "job stuck 17\n");
}

#[test]
fn the_kill_switch_keeps_the_health_check_from_draining() {
    let sandbox = node();
    sandbox.write_program(PROGRAM, "#!/bin/sh\necho FAIL\nexit 1\n");
    sandbox.write_program("/usr/bin/scontrol", "#!/bin/sh\necho \"$@\" > /run/drained\n");
    run(&sandbox, "health-check").assert_success();
    let drained = || sandbox.run(["test", "-e", "/run/drained"]).is_success();
    assert!(drained(), "without the switch");
    sandbox.remove("/run/drained");
    sandbox.remove("/usr/bin/scontrol");
    let done = run(&sandbox, "health-check").assert_success();
    assert!(done.stdout.contains("the node is not drained"), "{done}");
    let elsewhere = "/opt/aws/pcs/scheduler/slurm-25.05/bin/scontrol";
    sandbox.write_program(elsewhere, "#!/bin/sh\necho \"$@\" > /run/drained\n");
    run(&sandbox, "health-check").assert_success();
    assert!(drained(), "by the Slurm of PCS");
    sandbox.remove("/run/drained");
    sandbox.write_file("/etc/fsxlustre/disabled", "");
    let done = run(&sandbox, "health-check").assert_success();
    assert!(done.stdout.contains("there is /etc/fsxlustre/disabled"), "{done}");
    assert!(!drained());
}

#[test]
fn the_task_prolog_passes_on_our_lines_and_no_others() {
    let sandbox = node();
    let told = "/run/fsxlustre/told/17";
    let nothing = run(&sandbox, "task-prolog").assert_success();
    assert_eq!(nothing.stdout, "");
    sandbox.write_file(
        told,
        "export FSXLUSTRE_STATUS=unreachable\nexport PATH=/tmp\nunset HOME\n\
         print fsxlustre: $(id) `id` \\n %s\nexport FSXLUSTRE_STATUS\n",
    );
    let done = run(&sandbox, "task-prolog").assert_success();
    let expected = "export FSXLUSTRE_STATUS=unreachable\nprint fsxlustre: $(id) `id` \\n %s\n";
    assert_eq!(done.stdout, expected, "{done}");
    sandbox.append(told, "refuse\n");
    let refused = run(&sandbox, "task-prolog");
    assert_eq!((refused.code(), refused.stdout.as_str()), (Some(1), expected), "{refused}");
    for hostile in ["", "../../../etc/passwd", "17/../17", "1 7", "17\n", "*"] {
        let done = run_with(&sandbox, "task-prolog", hostile).assert_success();
        assert_eq!(done.stdout, "", "{hostile}");
    }
}

#[test]
fn a_step_that_cannot_be_killed_is_looked_at() {
    let sandbox = node();
    sandbox.write_program(PROGRAM, "#!/bin/sh\necho \"$@\"\n");
    let done = run(&sandbox, "unkillable-step").assert_success();
    assert_eq!(done.stdout, "job stuck 17\n");
}

/// Slurm waits for the script, not for the nodes, and ends its process group.
#[test]
fn the_controller_waits_for_nobody() {
    let sandbox = node();
    let program = "#!/bin/sh\necho \"$@\" >/run/asked; at=$(readlink /proc/$$/fd/1); echo $at >>/run/asked; \
                   ps -o sess= -p $$ | grep -cvw \"$(cat /run/caller)\" >>/run/asked; sleep 2; touch /run/done\n";
    sandbox.write_program(PROGRAM, program);
    // Its output's end is the script's: nothing holds it.
    let output = "ps -o sess= -p $$ | tr -d ' ' >/run/caller; env -i SLURM_JOB_ID=17 /run/hooks/epilog-slurmctld | cat; ls /run/done";
    let done = sandbox.run(["timeout", "60", "sh", "-c", output]);
    assert!(done.stderr.contains("No such file"), "{done}");
    let wait = "until [ -e /run/done ]; do sleep 0.05; done; cat /run/asked";
    let asked = sandbox.run(["sh", "-c", wait]).assert_success().stdout;
    assert_eq!(asked, "job collect 17 --wait 180\n/dev/null\n1\n");
    for hostile in ["", "17;reboot", "../17"] {
        sandbox.remove("/run/asked");
        run_with(&sandbox, "epilog-slurmctld", hostile).assert_success();
        assert!(!sandbox.run(["test", "-e", "/run/asked"]).is_success(), "{hostile}");
    }
    sandbox.remove(PROGRAM);
    run(&sandbox, "epilog-slurmctld").assert_success();
}

#[test]
fn shellcheck_has_nothing_to_say() {
    let sandbox = node();
    for name in WRAPPERS {
        sandbox.run(["shellcheck", "-s", "sh", &format!("/run/hooks/{name}")]).assert_success();
    }
}
