# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_fsxlustre_global_optspecs
    string join \n output= detail h/help V/version
end

function __fish_fsxlustre_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_fsxlustre_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_fsxlustre_using_subcommand
    set -l cmd (__fish_fsxlustre_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -s V -l version -d 'Print version'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "resolve" -d 'Which file system does a source name?'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "cache" -d 'The answers of the FSx API that this node keeps'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "mount" -d 'Mount a file system, as `mount -t fsxlustre` does'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "status" -d 'Every Lustre mount of this node, and the last failures'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "why" -d 'What limits this node\'s I/O now, or a job\'s'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "top" -d 'What this node does to its file systems, live'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "fstab" -d 'Lustre lines of fstab: check them, write one, change their type'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "hsm" -d 'Which files are in S3 and which of them are here; bring, copy and release whole trees'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "job" -d 'A job\'s start and end on this node, for Slurm\'s Prolog and Epilog'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "umount" -d 'Unmount, with a deadline and who is in the way'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "export" -d 'Exports to S3: proved, begun, followed, left to the head node; may a file system be deleted?'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "evacuate" -d 'Send what is not written and unmount everything, before this node goes'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "spot-watch" -d 'Evacuates the node when its Spot instance is taken away (a service, off by default)'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "serve" -d 'The metrics service that Prometheus scrapes'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "ssm" -d 'AWS Systems Manager: documents, inventory, compliance, the settings of a fleet'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "support-bundle" -d 'What is known of this node in one file, without secrets, for somebody who helps'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "check" -d 'Does this node fit: kernel, Lustre client, LNet and file system?'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "explain" -d 'What a message code means'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "config" -d 'The settings that hold and where they come from; what is wrong with them'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "tune" -d 'Settings of the Lustre client, by the size of this node: shown, set, put back'
complete -c fsxlustre -n "__fish_fsxlustre_needs_command" -f -a "layout" -d 'Layout profiles on directories'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l export-map -d 'Write [[filesystem]] entries of the sources, or of all file systems of the Region, to FILE or stdout: nodes that have them in /etc/fsxlustre/fsxlustre.d need no API' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l write-cache -d 'Write the answers for the sources to FILE, for nodes whose `[cache] shared` names it' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l region -d 'AWS Region to look in' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l prefer -d 'Of several with the same tags take this one' -r -f -a "newest\t'The one that was created last'
same-subnet\t'The one in the subnet of this node'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l timeout -d 'Time for all calls' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l for -d 'On whose behalf, which says how old an answer may be: person, fstab, boot, timer, job, ssm' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l json -d 'Print one JSON object, also for a failure'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l explain -d 'Say step by step how the answer was found, or why there is none'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l from-api -d 'Ask the FSx API, whatever the map or a cache says'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l for-mount -d 'Ask only what a mount needs'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand resolve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -f -a "list" -d 'Every answer that is kept here, and in the shared cache file'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and not __fish_seen_subcommand_from list clear" -f -a "clear" -d 'Forget this node\'s answers; the next look-up asks the FSx API'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from list" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from list" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from list" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from list" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from list" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from list" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from clear" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from clear" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from clear" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from clear" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from clear" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from clear" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from clear" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand cache; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -s o -l options -d 'Mount options, joined by commas' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -s n -l dry-run -d 'Say what would be done, and do everything but the mount'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -l mkdir -d 'Make the directory, and what is missing above it'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -s v -l verbose -d 'Say what is done'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand mount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -l holders -d 'Who uses each mount, by user; as root, since others\' processes are seen by root only'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l job -d 'A job on this node, by the scheduler\'s id or its whole name, in place of the node\'s present' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l seconds -d 'How many seconds the two looks at the counters are apart, 1 to 300' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l no-api -d 'Ask no API: what the file system gives and when it is maintained is unknown then'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l seconds -d 'Seconds between two looks at the counters, 1 to 300' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l once -d 'Print one table, and end'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l json -d 'Print one JSON object; with --once'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -f -a "check" -d 'What is wrong with the lines of type fsxlustre and lustre, and how they should read'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -f -a "line" -d 'The recommended line for a source and a directory'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and not __fish_seen_subcommand_from check line migrate" -f -a "migrate" -d 'The difference that turns lines of one type into the other, for patch(1)'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from check" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from check" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from check" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from check" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from check" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from check" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -s o -l options -d 'More mount options, joined by commas' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -l automount -d 'Mount at the first use instead of at boot'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from line" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -l to -d 'The type that the lines are to have: fsxlustre or lustre' -r -f -a "fsxlustre\t'`fsxlustre`'
lustre\t'`lustre`'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -l resolve -d 'With --to lustre: look ids and tags up, 30 s at most for all, and write their devices'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand fstab; and __fish_seen_subcommand_from migrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -f -a "status" -d 'How many files of a tree are in the archive, how many of them are here, and what waits; nothing is read or changed'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -f -a "restore" -d 'Bring the files that are in the archive only; asks, and waits where it is told to'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -f -a "archive" -d 'Copy files that the archive does not have as they stand (root only)'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and not __fish_seen_subcommand_from status restore archive release" -f -a "release" -d 'Let the data of files go that the archive has as they stand'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l questions -d 'Ask at most so many files, or all, for the request that they may have: the metadata server goes through all of its requests for each answer' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l threads -d 'Files that are looked at at a time' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l timeout -d 'Give a mount up on which nothing moves for so long' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l json -d 'Print JSON, a line at a time: how far it is each second, and the result'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l threads -d 'Files that are looked at at a time' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l timeout -d 'Give a mount up on which nothing moves for so long' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l wait -d 'Wait until all of it is there, or so long' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l resume -d 'Go on with everything of the kind that was begun and is not known to be done, as after a reboot'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l json -d 'Print JSON, a line at a time: how far it is each second, and the result'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l threads -d 'Files that are looked at at a time' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l timeout -d 'Give a mount up on which nothing moves for so long' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l wait -d 'Wait until all of it is there, or so long' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l resume -d 'Go on with everything of the kind that was begun and is not known to be done, as after a reboot'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l json -d 'Print JSON, a line at a time: how far it is each second, and the result'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from archive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l threads -d 'Files that are looked at at a time' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l timeout -d 'Give a mount up on which nothing moves for so long' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l resume -d 'Go on with everything of the kind that was begun and is not known to be done, as after a reboot'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l json -d 'Print JSON, a line at a time: how far it is each second, and the result'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand hsm; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "start" -d 'Mount what the configuration gives to this job (Prolog)'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "end" -d 'Unmount what a start had mounted, when no other job uses it (Epilog)'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "housekeeping" -d 'Unmount what the ends of jobs could not; a timer calls it while there is such'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "sweep" -d 'Take away what jobs, unmounts and mounts have left behind; fsxlustre-housekeeping.timer calls it'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "stage-in" -d 'What a start has begun to bring from S3'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "list" -d 'The jobs that this node knows of'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "show" -d 'What a job was given here, and how its start went'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "policy" -d 'The causes for which a job goes without a file system, what each leads to, the deadlines'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "report" -d 'What jobs did with their file systems on this node'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "collect" -d 'What a job did on all its nodes, into its AdminComment (controller)'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and not __fish_seen_subcommand_from start end housekeeping sweep stage-in list show policy report collect stuck" -f -a "stuck" -d 'Processes that no signal reaches: where in the kernel, on which mount (UnkillableStepProgram)'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from start" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from start" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from start" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from start" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from start" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from start" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from end" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from end" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from end" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from end" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from end" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from end" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from end" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from housekeeping" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from housekeeping" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from housekeeping" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from housekeeping" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from housekeeping" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from housekeeping" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from housekeeping" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from sweep" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from sweep" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from sweep" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from sweep" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from sweep" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from sweep" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from sweep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stage-in" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stage-in" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stage-in" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stage-in" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stage-in" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stage-in" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stage-in" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from list" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from list" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from list" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from list" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from list" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from list" -l json -d 'One JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from list" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from show" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from show" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from show" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from show" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from show" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from show" -l json -d 'One JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from show" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from policy" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from policy" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from policy" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from policy" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from policy" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from policy" -l json -d 'One JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from policy" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from policy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from report" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from report" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from report" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from report" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from report" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from report" -l json -d 'Print one JSON array of reports'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from report" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l cluster -d 'The cluster\'s name [default: SLURM_CLUSTER_NAME, or any]' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l restart -d 'Which run of the job [default: the last that has a report]' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l nodes -d 'The job\'s nodes, as Slurm writes them [default: SLURM_JOB_NODELIST, or what the reports say]' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l wait -d 'How long to wait for nodes whose reports are missing' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l print -d 'Print it, and write no AdminComment'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l replace -d 'Write over an AdminComment of somebody else'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from collect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stuck" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stuck" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stuck" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stuck" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stuck" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stuck" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stuck" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand job; and __fish_seen_subcommand_from stuck" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l timeout -d 'Time for each; what is stuck in the kernel then is left behind and named' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l file-system -d 'The file system\'s id, where the mount\'s record has none' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l region -d 'AWS Region of the file system' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l force -d 'Abort all requests to the servers first: what is not written yet is lost. Refused while others use the file system'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l lazy -d 'Hide the mount, its client ends later. Refused while others use the file system'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l force-for-all -d 'Do it although others use the file system; they are named first'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l if-gone -d 'By force if AWS says that the file system was deleted, and only those use it that wait for it'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l accept-risk -d 'Unmount an evicted client with unwritten bytes, which can panic the node'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l json -d 'Print one JSON object for each directory, a line each'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -s v -l verbose -d 'Say also what became of the client'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand umount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -f -a "verify" -d 'Is everything below these paths in the data repository? What was looked at, and how old that is'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -f -a "start" -d 'Begin an export task of these paths, or find the one that goes on (head node)'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -f -a "tickets" -d 'Exports that wait for their end, in the folder that nodes share'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and not __fish_seen_subcommand_from verify start tickets deletable" -f -a "deletable" -d 'May this file system be deleted? Yes, or what still stands against it'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l file-system -d 'The file system, where the mount is not ours and its name is that of several' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l region -d 'AWS Region to ask' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l alone -d 'No other node writes to it now: you say so, it is not looked at'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l file-system -d 'The file system, where the mount is not ours and its name is that of several' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l region -d 'AWS Region to ask' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l wait -d 'Follow the task so long' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l report -d 'Where the report of failed files goes, below what the file system is linked to [default: fsxlustre-reports there]' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l timeout -d 'Time for the calls to AWS, the wait apart' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l ticket -d 'Leave a ticket in `[jobs] report_dir`, by which the head node brings it to its end'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l json -d 'Print one JSON object, also for a failure'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l remove -d 'Remove this ticket, which is done or failed' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l finish -d 'Begin what is asked for, look at what is begun, and write down how it is'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l all -d 'Those that are over, too'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from tickets" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l through -d 'Look at its files through this mount of this node, which then does not count itself' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l region -d 'AWS Region to ask' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l discard-files -d 'The files need not be exported'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l alone -d 'No other node has it mounted: you say so, it is not looked at'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand export; and __fish_seen_subcommand_from deletable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand evacuate" -l timeout -d 'Time for all of it. Between a notice and the end of a spot instance are 120 seconds' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand evacuate" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand evacuate" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand evacuate" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand evacuate" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand evacuate" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand evacuate" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand evacuate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand spot-watch" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand spot-watch" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand spot-watch" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand spot-watch" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand spot-watch" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand spot-watch" -l once -d 'Look once, and act on what there is'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand spot-watch" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand spot-watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l web.listen-address -d 'Address to listen on; may be given more than once [default: 127.0.0.1:9988]' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l web.telemetry-path -d 'Path of the metrics' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l web.config.file -d 'TLS and users, in exporter-toolkit\'s YAML; read again when it changed' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l web.max-series -d 'The most series of the client in one scrape; beyond it whole families are left out, in the order of fsxlustre-metrics(7), CARDINALITY [default: no limit]' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l path.mountinfo -d 'The list of the node\'s mounts, where the service has a mount namespace of its own: there mounts have other numbers and options [default: self/mountinfo below procfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l web.systemd-socket -d 'Listen on what systemd hands over (`LISTEN_FDS`) and on nothing else; without this flag too, such sockets go before addresses'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.client -d 'The client as a whole: version, health, memory'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.client
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.mounts -d 'Mounts that this node has'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.mounts
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.llite -d 'I/O and operations of programs, by file system'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.llite
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.cache -d 'Page cache, read-ahead and statahead, by file system'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.cache
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.extents -d 'Sizes of calls, where an administrator has them counted'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.extents
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.osc -d 'I/O with each object storage target'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.osc
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.mdc -d 'I/O with each metadata target'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.mdc
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.targets -d 'Latency, lost grants and cache of each target'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.targets
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.ldlm -d 'Locks, by file system'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.ldlm
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.tuning -d 'Settings of the client, by file system'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.tuning
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.lnet -d 'What LNet sends, receives and drops, and its interfaces'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.lnet
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.peers -d 'Credits of each peer of LNet'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.peers
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.network -d 'Allowances of the instance\'s network (ENA)'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.network
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.jobs -d 'Ids of file systems, leases and jobs'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.jobs
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.drift -d 'What of our mounts is not as it was asked for'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.drift
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.check -d 'What the last fsxlustre check found'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.check
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.import -d 'Connections to targets: their states and troubles'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.import
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.import_targets -d 'Server and troubles of each connection'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.import_targets
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l collector.probe -d 'Whether each mount answers, and its room'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l no-collector.probe
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -f -a "inventory" -d 'What SSM Inventory tells of this node, as files that the SSM Agent picks up'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -f -a "compliance" -d 'What `fsxlustre check` finds, as compliance items that Systems Manager counts over a fleet'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -f -a "push-config" -d 'The fleet\'s settings into Parameter Store, as one version that is named last'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -f -a "run" -d 'What a document of `packaging/ssm` does on this node; its script calls it'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and not __fish_seen_subcommand_from inventory compliance push-config run work" -f -a "work" -d 'What `run` has begun'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from inventory" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from inventory" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from inventory" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from inventory" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from inventory" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from inventory" -l print -d 'Print the files, one on a line, and write nothing'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from inventory" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from inventory" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l only -d 'Only these checks, or groups of checks: local, network, aws' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l skip -d 'Not these checks or groups' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l splay -d 'Begin somewhere within this time, the same for this node each time: for what all nodes of a fleet do at one moment' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l region -d 'AWS Region; this instance\'s when it is left out' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l timeout -d 'Time for the calls to AWS' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l force -d 'Put them also where nothing changed'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l print -d 'Print the items, and put nothing'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from compliance" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l path -d 'The path that nodes read, `[config] ssm_path`: /fsxlustre/prod' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l version -d 'The version\'s name; the next number when it is left out' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l keep -d 'Older numbers that stay, so that they can be named again' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l region -d 'AWS Region' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l advanced -d 'Tables of more than 4 KB become parameters of the advanced tier, up to 8 KB, which cost'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l force -d 'An older version, the same settings once more, or Strings after a `SecureString`'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l dry-run -d 'Say what would be written, and write nothing'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from push-config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from run" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from run" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from run" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from run" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from run" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from run" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from work" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from work" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from work" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from work" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from work" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from work" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand ssm; and __fish_seen_subcommand_from work" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand support-bundle" -l to -d 'Directory for the bundle, not on Lustre' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand support-bundle" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand support-bundle" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand support-bundle" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand support-bundle" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand support-bundle" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand support-bundle" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand support-bundle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l region -d 'AWS Region of the file system' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l io -d 'Write 1 GiB to a file without a name in this directory, drop it from memory, read and compare it' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l gate -d 'Exit 1 unless the kernel that the next boot takes has a Lustre module that fits it' -r -f -a "reboot\t'A reboot of this node'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l root -d 'Look at the image below this directory instead of this node' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l kernel -d 'Look at what is installed for this kernel, which need not run' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l only -d 'Only these checks, or groups of checks: local, network, aws' -r -f -a "local\t''
network\t''
aws\t''
compatibility_data\t''
kernel_supported\t''
client_packages\t''
client_programs\t''
module_loadable\t''
module_current\t''
module_options\t''
next_kernel\t''
kernel_restrictions\t''
lnet_up\t''
lnet_port\t''
lnet_interface\t''
network_namespace\t''
address_translation\t''
mtu\t''
network_allowances\t''
efa\t''
client_healthy\t''
mounts_answer\t''
mounts_as_asked\t''
imports\t''
evictions\t''
root_squash\t''
mount_point_empty\t''
fstab\t''
clock\t''
disk_space\t''
tuning_advised\t''
tuning_drift\t''
fleet_fits_quota\t''
slurm_hooks\t''
slurm_flags\t''
slurm_clocks\t''
slurm_namespace\t''
name_resolves\t''
server_answers\t''
targets_room\t''
imds\t''
aws_permissions\t''
file_system_found\t''
file_system_version\t''
same_subnet\t''
atime\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l skip -d 'Not these checks or groups' -r -f -a "local\t''
network\t''
aws\t''
compatibility_data\t''
kernel_supported\t''
client_packages\t''
client_programs\t''
module_loadable\t''
module_current\t''
module_options\t''
next_kernel\t''
kernel_restrictions\t''
lnet_up\t''
lnet_port\t''
lnet_interface\t''
network_namespace\t''
address_translation\t''
mtu\t''
network_allowances\t''
efa\t''
client_healthy\t''
mounts_answer\t''
mounts_as_asked\t''
imports\t''
evictions\t''
root_squash\t''
mount_point_empty\t''
fstab\t''
clock\t''
disk_space\t''
tuning_advised\t''
tuning_drift\t''
fleet_fits_quota\t''
slurm_hooks\t''
slurm_flags\t''
slurm_clocks\t''
slurm_namespace\t''
name_resolves\t''
server_answers\t''
targets_room\t''
imds\t''
aws_permissions\t''
file_system_found\t''
file_system_version\t''
same_subnet\t''
atime\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l explain -d 'What a check reads and what its answers mean' -r -f -a "compatibility_data\t''
kernel_supported\t''
client_packages\t''
client_programs\t''
module_loadable\t''
module_current\t''
module_options\t''
next_kernel\t''
kernel_restrictions\t''
lnet_up\t''
lnet_port\t''
lnet_interface\t''
network_namespace\t''
address_translation\t''
mtu\t''
network_allowances\t''
efa\t''
client_healthy\t''
mounts_answer\t''
mounts_as_asked\t''
imports\t''
evictions\t''
root_squash\t''
mount_point_empty\t''
fstab\t''
clock\t''
disk_space\t''
tuning_advised\t''
tuning_drift\t''
fleet_fits_quota\t''
slurm_hooks\t''
slurm_flags\t''
slurm_clocks\t''
slurm_namespace\t''
name_resolves\t''
server_answers\t''
targets_room\t''
imds\t''
aws_permissions\t''
file_system_found\t''
file_system_version\t''
same_subnet\t''
atime\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l json -d 'Print one JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l brief -d 'The verdict on the first line and what is wrong below it, for schedulers'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l list -d 'Every check with its group and question'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l plan -d 'Print the commands that install or mend the Lustre client of this node as a script; nothing is run'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand explain" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand explain" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand explain" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand explain" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand explain" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand explain" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -f -a "check" -d 'Every mistake, with its file and line and the nearest known key'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and not __fish_seen_subcommand_from check show" -f -a "show" -d 'Every setting: its value, where it came from, and its default'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'One JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l local -d 'Look at the files of this node only, and do not ask Parameter Store'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l as-parameter -d 'The file is to be a parameter: it may hold only what Parameter Store may say'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'One JSON object'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -l refresh -d 'Ask Parameter Store even where what is kept is still fresh'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -f -a "show" -d 'What the settings are, what was set and what was there before'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -f -a "revert" -d 'Put back what was there before, where it is still what was set'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -f -a "plan" -d 'What would be set, from what to what, and why; nothing is written'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and not __fish_seen_subcommand_from show revert plan apply" -f -a "apply" -d 'Set it on the clients that are mounted, and read it back; again does nothing'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -l json -d 'Print JSON'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l json -d 'Print JSON'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l persist -d 'Remove /etc/modprobe.d/fsxlustre.conf, too'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from revert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l profile -d 'aws-documented, metadata-heavy, streaming, or one of [tune.profiles] [default: `[tune] profile`]' -r -f -a "aws-documented\t''
metadata-heavy\t''
streaming\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l json -d 'Print JSON'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l profile -d 'aws-documented, metadata-heavy, streaming, or one of [tune.profiles] [default: `[tune] profile`]' -r -f -a "aws-documented\t''
metadata-heavy\t''
streaming\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l json -d 'Print JSON'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l replace -d 'Set anew what somebody changed since'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l persist -d 'Write the parameters of modules to /etc/modprobe.d/fsxlustre.conf, too'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l at-boot -d 'Only --persist, before the modules load: no server is asked, and nothing is done where no profile is set. For fsxlustre-tune.service'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand tune; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -f -a "show" -d 'The layout of directories and files: components, extents, stripes, OSTs'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -f -a "plan" -d 'What stands, what is wanted, and the command that sets it; nothing is changed'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -f -a "apply" -d 'Give directories the layout of a profile, and prove it; what holds is left alone'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -f -a "verify" -d 'Exit 1 where a directory\'s layout is not the profile\'s, 3 where that is not known'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and not __fish_seen_subcommand_from show plan apply verify explain" -f -a "explain" -d 'What a layout means for a file of a given size, in a sentence'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -l json -d 'Print JSON'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l profile -d 'The profile: [layout.profiles.NAME] in the configuration, or a preset' -r -f -a "fsx-default\t''
large-sequential\t''
many-small-files\t''
checkpoint-per-process\t''
shared-file\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l configured -d 'What [[layout.directory]] says, but for what is made for jobs'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l replace -d 'Replace another default that somebody set, or that of the file system\'s root'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l no-count -d 'Do not count the files that have another layout'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l json -d 'Print JSON'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l profile -d 'The profile: [layout.profiles.NAME] in the configuration, or a preset' -r -f -a "fsx-default\t''
large-sequential\t''
many-small-files\t''
checkpoint-per-process\t''
shared-file\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l configured -d 'What [[layout.directory]] says, but for what is made for jobs'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l replace -d 'Replace another default that somebody set, or that of the file system\'s root'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l no-count -d 'Do not count the files that have another layout'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l json -d 'Print JSON'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l profile -d 'The profile: [layout.profiles.NAME] in the configuration, or a preset' -r -f -a "fsx-default\t''
large-sequential\t''
many-small-files\t''
checkpoint-per-process\t''
shared-file\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l configured -d 'What [[layout.directory]] says, but for what is made for jobs'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l replace -d 'Replace another default that somebody set, or that of the file system\'s root'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l no-count -d 'Do not count the files that have another layout'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l json -d 'Print JSON'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l size -d 'The size of the file, such as 40GiB; a file\'s own where it is one' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l timeout -d 'Time for all of it' -r
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l profile -d 'A profile or a preset in place of what stands there' -r -f -a "fsx-default\t''
large-sequential\t''
many-small-files\t''
checkpoint-per-process\t''
shared-file\t''"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l path.procfs -d 'Root of procfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l path.sysfs -d 'Root of sysfs' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l path.debugfs -d 'Root of debugfs [default: kernel/debug below sysfs]' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l path.rootfs -d 'Root of the distribution\'s files' -r -F
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l output -d 'ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status, mount, umount, layout, tune and why; what is cut off stands in a file of root\'s that is named' -r -f -a "ssm\t'For Systems Manager'"
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -l detail -d 'With --output ssm: 24,000 characters'
complete -c fsxlustre -n "__fish_fsxlustre_using_subcommand layout; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
