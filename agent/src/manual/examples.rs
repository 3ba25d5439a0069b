//! Examples of the man pages, a line or more for each command.

/// One line that may be typed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Example {
    /// Its command: `layout apply`.
    pub(super) command: &'static str,
    /// The line.
    pub(super) line: &'static str,
    /// What it is for.
    pub(super) meaning: &'static str,
}

const fn example(command: &'static str, line: &'static str, meaning: &'static str) -> Example {
    Example { command, line, meaning }
}

/// Every example, in the order of the commands.
#[rustfmt::skip]
pub(super) const EXAMPLES: &[Example] = &[
    example("check", "fsxlustre check tag:Project:genomics", "Does this node fit the file system that carries the tag?"),
    example("check", "fsxlustre check --only local --brief", "For a scheduler: this node alone, the verdict on the first line."),
    example("check", "fsxlustre check --plan", "The commands that install or mend the Lustre client here, to read and to run."),
    example("check", "fsxlustre check --gate reboot", "Before a reboot after updates: has the next kernel a Lustre module?"),
    example("resolve", "fsxlustre resolve --json tag:Project:genomics,Stage:prod", "Which file system carries both tags?"),
    example("resolve", "fsxlustre resolve --export-map=map.toml name:genomics name:scratch", "A map, with which nodes need no API."),
    example("cache list", "fsxlustre cache list", "What this node knows without asking."),
    example("cache clear", "fsxlustre cache clear", "Ask anew at the next look-up."),
    example("mount", "fsxlustre mount -v -o noatime,flock tag:Project:genomics /mnt/genomics", "Mount it, and say what is done."),
    example("mount", "fsxlustre mount -n tag:Project:genomics /mnt/genomics", "Do everything but the mount."),
    example("status", "fsxlustre status", "Every Lustre mount here, and what failed last."),
    example("status", "fsxlustre status --json", "The same for a program."),
    example("why", "fsxlustre why", "What limits this node's I/O now?"),
    example("why", "fsxlustre why --job 1234 --json", "The same of a job, since it began."),
    example("top", "fsxlustre top", "Mounts, targets and jobs, live."),
    example("top", "fsxlustre top --once --json", "One look, for a program."),
    example("config show", "fsxlustre config show mount", "What holds for mounts, and which file says so."),
    example("config check", "fsxlustre config check new.toml", "Look through a file before it is installed."),
    example("fstab check", "fsxlustre fstab check", "What is wrong with the Lustre lines of /etc/fstab?"),
    example("fstab line", "fsxlustre fstab line --automount tag:Project:genomics /mnt/genomics", "A line for this distribution."),
    example("fstab migrate", "fsxlustre fstab migrate --to lustre", "How the lines read without fsxlustre, for patch(1)."),
    example("layout plan", "fsxlustre layout plan --profile checkpoint-per-process /mnt/genomics/checkpoints", "What would be done?"),
    example("layout apply", "fsxlustre layout apply --configured", "Do what [[layout.directory]] says."),
    example("layout verify", "fsxlustre layout verify --configured --json", "Does it hold?"),
    example("layout show", "fsxlustre layout show /mnt/genomics/checkpoints", "What new files there get."),
    example("layout explain", "fsxlustre layout explain --size 40GiB /mnt/genomics/results", "What that means for a file of 40 GiB."),
    example("tune plan", "fsxlustre tune plan --profile aws-documented /mnt/genomics", "What AWS advises for this node, and why."),
    example("tune apply", "fsxlustre tune apply --profile aws-documented --persist", "Set it on every client, and the parameters of modules, too."),
    example("tune show", "fsxlustre tune show", "What stands, and what was there before."),
    example("tune revert", "fsxlustre tune revert /mnt/genomics", "Put it back."),
    example("job start", "fsxlustre job start", "What Slurm's Prolog calls, with the job's variables."),
    example("job end", "fsxlustre job end", "What the Epilog calls."),
    example("job housekeeping", "fsxlustre job housekeeping", "Try once more what the ends of jobs could not unmount."),
    example("job sweep", "fsxlustre job sweep", "What fsxlustre-housekeeping.timer runs."),
    example("job list", "fsxlustre job list", "The jobs that use file systems here."),
    example("job show", "fsxlustre job show 1234", "What was decided for a job, and how its start went."),
    example("job policy", "fsxlustre job policy", "Which cause leads to what, and how long a start and an end may take."),
    example("job report", "fsxlustre job report 1234 --json", "What a job did with its file systems on this node."),
    example("job collect", "fsxlustre job collect 1234 --print", "The same of all its nodes, on the controller."),
    example("job stuck", "fsxlustre job stuck", "Which processes no signal reaches, and on which mount they wait."),
    example("hsm status", "fsxlustre hsm status /mnt/genomics", "How much of it is in S3, and how much is here?"),
    example("hsm status", "fsxlustre hsm status --json --questions all /mnt/genomics/inputs", "The same for a program, with every request that waits."),
    example("hsm restore", "fsxlustre hsm restore --wait=3600 /mnt/genomics/inputs", "Bring a directory from S3, and wait an hour at most."),
    example("hsm restore", "fsxlustre hsm restore --resume", "After a reboot: go on with what was begun."),
    example("hsm archive", "fsxlustre hsm archive /mnt/genomics/results", "Copy what S3 does not have as it stands."),
    example("hsm release", "fsxlustre hsm release /mnt/genomics/inputs", "Make room: let go of what S3 has."),
    example("export verify", "fsxlustre export verify --alone /mnt/genomics/results", "Is all of it in S3? No other node writes there now."),
    example("export deletable", "fsxlustre export deletable --through /mnt/genomics name:genomics", "May the file system go, or what stands against it?"),
    example("export start", "fsxlustre export start --wait 600 /mnt/genomics/results", "Export a directory, and wait up to ten minutes for the end."),
    example("export start", "fsxlustre export start --ticket /mnt/genomics/results", "Export it, and leave a ticket by which the head node follows it."),
    example("export tickets", "fsxlustre export tickets --finish", "On the head node: begin what is asked for, and look at what is begun."),
    example("umount", "fsxlustre umount -v /mnt/genomics", "Unmount it; who is in the way is named."),
    example("umount", "fsxlustre umount --if-gone /mnt/genomics", "Let go of a file system that was deleted under its clients."),
    example("evacuate", "fsxlustre evacuate", "Before this node goes: send what is not written, unmount everything."),
    example("spot-watch", "fsxlustre spot-watch", "What fsxlustre-spot.service runs."),
    example("ssm run", "fsxlustre ssm run check", "What the script of FsxLustre-Check becomes; parameters stand in the environment, as SSM_Only=local."),
    example("serve", "fsxlustre serve --web.listen-address :9988", "Metrics for the whole network; a firewall or TLS goes with it."),
    example("ssm inventory", "fsxlustre ssm inventory", "Leave for the SSM Agent what it is to tell of this node."),
    example("ssm inventory", "fsxlustre ssm inventory --print", "See what that is."),
    example("ssm compliance", "fsxlustre ssm compliance --splay 900", "From a schedule that all nodes have: the findings as compliance items."),
    example("ssm push-config", "fsxlustre ssm push-config fleet.toml --path /fsxlustre/prod --dry-run", "What would be put, and which version would be named?"),
    example("ssm push-config", "fsxlustre ssm push-config fleet.toml --path /fsxlustre/prod", "Put it; nodes read it within [config] fresh seconds."),
    example("support-bundle", "fsxlustre support-bundle --to /root", "One archive for whoever helps."),
    example("explain", "fsxlustre explain FSXL-A201", "What a code means, and what mends it."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::{Command, CommandFactory as _};
    use std::collections::BTreeSet;

    fn commands(of: &Command, path: &str) -> BTreeSet<String> {
        let below: Vec<_> = of.get_subcommands().filter(|one| !one.is_hide_set()).collect();
        if below.is_empty() {
            return BTreeSet::from([path.trim_start().to_owned()]);
        }
        below.iter().flat_map(|one| commands(one, &format!("{path} {}", one.get_name()))).collect()
    }

    #[test]
    fn every_command_has_an_example() {
        let with: BTreeSet<_> = EXAMPLES.iter().map(|one| one.command.to_owned()).collect();
        assert_eq!(with, commands(&Cli::command(), ""));
    }

    #[test]
    fn every_example_is_understood() {
        for Example { command, line, .. } in EXAMPLES {
            assert!(line.starts_with(&format!("fsxlustre {command}")), "{line}");
            let read = Cli::command().try_get_matches_from(line.split(' '));
            assert!(read.is_ok(), "{line}: {read:?}");
        }
    }
}
