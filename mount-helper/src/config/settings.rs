//! The table of settings: the one place where a setting, what it takes, its default and its meaning
//! stand. The reference file, fsxlustre.toml(5), `config show` and `config check` are made from it.
//!
//! A new setting is a row here and a field of the struct that its section is read into; a test
//! fails when one of them is missing.

use super::grammars::{
    ACCOUNT, ANY_TEXT, BELOW, EXPORT_AT_END, FOLDER, LNET_NAMESPACE, MOUNT_OPTIONS, NAME,
    PARAMETER_PATH, PLAIN_PATH, PROFILE, PROXY, REGION, ROLE_ARN, TAG_VALUE, TUNE_PROFILE,
    UNMOUNT_WHEN, URL, VPC_ID,
};
use super::setting::{Default, Grammar, Kind, Setting, steps_of};
use crate::answer::DEFAULT_QUOTA;
use crate::hooks;
use crate::host::DEFAULT_FILESYSTEM_TYPES;
use crate::mount::{DEFAULT_RETRY, DEFAULT_TIMEOUT_SECONDS};

const A_PATH: &str = "it names a path";
const PROGRAMS: &str = "it names programs";
const ENDPOINT: &str = "it names an endpoint";
const CREDENTIALS: &str = "it decides whose credentials are used";
const WHOSE: &str = "it decides whose file systems root mounts";
const DIRECTORY: &str = "what it says is mounted by root on a path";
const DIRECTORY_ARRANGED: &str = "root makes, owns and lays out what it names";
const SOURCE_ITSELF: &str = "it says how Parameter Store is asked";
const DAY: i64 = 86_400;

/// A section and what it is about, in the order of the reference file.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The key that its settings begin with: `mount`, `jobs.mount[]`, `layout.profiles.*`.
    pub key: &'static str,
    /// What it is about, in plain sentences.
    pub about: &'static str,
    /// Its header in the reference file: `[mount]`, `[[jobs.mount]]`.
    pub header: &'static str,
}

impl Section {
    /// The steps of its key: names, `*` and `[]`.
    pub fn steps(&self) -> Vec<&'static str> {
        steps_of(self.key)
    }

    /// Whether it is a table with a name of its own, or an entry of a list: shown as an example.
    pub fn is_repeated(&self) -> bool {
        self.key.contains(['*', '['])
    }

    /// Its settings, in the order of the table.
    pub fn rows(&self) -> impl Iterator<Item = &'static Setting> {
        SETTINGS.iter().filter(|row| row.section_and_name().0 == self.key)
    }
}

/// Every section.
pub const SECTIONS: &[Section] = &[
    Section {
        key: "config",
        header: "[config]",
        about: "Where else settings come from: Parameter Store, for a whole fleet.",
    },
    Section {
        key: "host",
        header: "[host]",
        about: "Where the kernel's file systems, our state and the programs are.",
    },
    Section {
        key: "mount",
        header: "[mount]",
        about: "What holds where the -o list of a mount says nothing.",
    },
    Section {
        key: "cache",
        header: "[cache]",
        about: "How old an answer to \"which file system is it?\" may be.",
    },
    Section {
        key: "fleet",
        header: "[fleet]",
        about: "How many nodes ask the same API. At boot and by timers the first calls are spread over \
                size / (0.5 * quota) seconds; the fleet's settings in Parameter Store, where none are kept, \
                over size * 3 / (0.5 * 40). Set size in a file.",
    },
    Section {
        key: "filesystem[]",
        header: "[[filesystem]]",
        about: "The static map: an answer that needs no call. `fsxlustre resolve --export-map` writes \
                entries. Those of all files count.",
    },
    Section {
        key: "hooks",
        header: "[hooks]",
        about: "Programs that hear when a file system was mounted or failed, and when its last mount \
                left this node: no shell, FSXLUSTRE_EVENT, _SOURCE, _DIRECTORY, _DEVICE, \
                _FILE_SYSTEM_ID and _CODE tell what happened. Root's only; what they say is logged.",
    },
    Section {
        key: "aws",
        header: "[aws]",
        about: "How AWS is reached, since mount(8), systemd and Slurm give no environment. \
                Credentials are those of the environment, the profile, a web identity, the \
                container or the instance's role (IMDSv2), in this order.",
    },
    Section {
        key: "resolve",
        header: "[resolve]",
        about: "Which file systems tags may name. Only those of this node's VPC and account count, \
                since whoever may tag one elsewhere could otherwise steer root's mounts.",
    },
    Section {
        key: "layout.profiles.*",
        header: "[layout.profiles.large]",
        about: "A layout profile, by its name: `fsxlustre layout apply --profile large DIRECTORY`, \
                or `-o layout=large`. A later file's profile replaces one of the same name whole. \
                Presets have names too, and need no profile; a profile of that name goes before it. \
                What Lustre would take silently is refused: a count above the OSTs, a pool that is \
                not there, a feature that client or file system lack.",
    },
    Section {
        key: "layout.profiles.*.part[]",
        header: "[[layout.profiles.large.part]]",
        about: "One part of a file, up to an end (a progressive layout). Parts stand in the order of \
                their ends; the last one reaches to the end of the file. What a part does not say, \
                the profile says.",
    },
    Section {
        key: "layout.directory[]",
        header: "[[layout.directory]]",
        about: "A directory and what it is to be. Applied when its file system is mounted, by `fsxlustre \
                layout apply --configured`, and by a job's start where the path has templates. Those of \
                all files count, in their order.",
    },
    Section {
        key: "tune",
        header: "[tune]",
        about: "Settings of the Lustre client, which forgets them at each unmount. `fsxlustre tune plan` \
                shows what would be set and why. Module parameters are written by `fsxlustre tune apply \
                --persist` only.",
    },
    Section {
        key: "tune.profiles.*",
        header: "[tune.profiles.ours]",
        about: "A profile of client settings, by its name: `-o tune=ours`, or profile = \"ours\" above. A \
                later file's profile replaces one of the same name whole.",
    },
    Section { key: "node", header: "[node]", about: "What this node is." },
    Section {
        key: "jobs",
        header: "[jobs]",
        about: "What a job's start and end do, which Slurm's Prolog and Epilog call. `fsxlustre job \
                policy` prints the causes, what each of them leads to, and the deadlines.",
    },
    Section {
        key: "jobs.deadlines",
        header: "[jobs.deadlines]",
        about: "The time of each phase, counted from its own start. The sum of a start's phases, and \
                that of an end's, must stay below Slurm's own clocks: `fsxlustre check` compares them.",
    },
    Section {
        key: "jobs.mount[]",
        header: "[[jobs.mount]]",
        about: "What a job's start mounts; nosuid,nodev unless the options say otherwise. Those of \
                all files count.",
    },
    Section { key: "exporter", header: "[exporter]", about: "The metrics service." },
];

/// Every setting, in the order of the reference file.
pub const SETTINGS: &[Setting] = &[
    Setting::local(
        "config.ssm_path",
        Kind::Text(PARAMETER_PATH),
        Default::Words("none"),
        SOURCE_ITSELF,
        "The path in Parameter Store below which the fleet's settings are: PATH/current names a \
         version, and the parameters below PATH/VERSION/ are its parts, each a piece of a file like \
         this one. What files say goes before what Parameter Store says",
    )
    .by_helper()
    .example("\"/fsxlustre/prod\""),
    Setting::local(
        "config.fresh",
        Kind::Number(0, DAY),
        Default::Number(300),
        SOURCE_ITSELF,
        "How long what Parameter Store said is used without asking again",
    )
    .unit("seconds"),
    Setting::local(
        "config.stale_max",
        Kind::Number(0, 30 * DAY),
        Default::Number(86_400),
        SOURCE_ITSELF,
        "How old it may be, with a warning, where Parameter Store cannot be asked. The mount helper \
         itself never asks: it uses what an agent was told, up to this age",
    )
    .by_helper()
    .unit("seconds"),
    Setting::local(
        "config.timeout",
        Kind::Number(1, 60),
        Default::Number(5),
        SOURCE_ITSELF,
        "Time to ask Parameter Store",
    )
    .unit("seconds"),
    host("host.procfs", Default::Text("/proc"), "Root of procfs"),
    host("host.sysfs", Default::Text("/sys"), "Root of sysfs"),
    host("host.debugfs", Default::Words("kernel/debug below host.sysfs"), "Root of debugfs")
        .example("\"/sys/kernel/debug\""),
    host("host.rootfs", Default::Text("/"), "Root of the distribution's files, etc/os-release"),
    host("host.state", Default::Text("/run/fsxlustre"), "Our state, which does not outlive a boot"),
    host(
        "host.cache",
        Default::Text("/var/cache/fsxlustre"),
        "What we may forget but like to know",
    ),
    host(
        "host.data",
        Default::Text("/var/lib/fsxlustre"),
        "What we keep over a boot: the reports of jobs",
    ),
    host("host.kernel_log", Default::Text("/dev/kmsg"), "The kernel's log"),
    Setting::local(
        "host.program_folders",
        Kind::Texts(FOLDER),
        Default::Texts(&[]),
        PROGRAMS,
        "Folders in which programs are looked for before /usr/sbin, /usr/bin, /sbin, /bin, \
         /usr/local/sbin and /usr/local/bin; PATH is never read",
    )
    .by_helper(),
    Setting::local(
        "host.filesystem_types",
        Kind::Texts(ANY_TEXT),
        Default::Texts(DEFAULT_FILESYSTEM_TYPES),
        "it decides which mounts are taken for Lustre's",
        "Types in mountinfo that count as Lustre",
    )
    .by_helper(),
    Setting::local(
        "host.lnet_namespace",
        Kind::Text(LNET_NAMESPACE),
        Default::Text("initial"),
        "it says which network mounts are made from",
        "The network namespace that LNet is in: the initial one, that of a file, or any, where it is \
         not looked at. A client is not made from another one, where LNet reaches no server",
    )
    .by_helper()
    .example("\"/run/netns/lnet\""),
    Setting::shared(
        "mount.timeout",
        Kind::Number(1, DAY),
        Default::Number(DEFAULT_TIMEOUT_SECONDS),
        "Time for a whole mount; below the 90 seconds that systemd gives a mount unit",
    )
    .by_helper()
    .unit("seconds"),
    Setting::shared(
        "mount.retry",
        Kind::Number(0, 99),
        Default::Number(DEFAULT_RETRY as u64),
        "Attempts after the first, where another may help",
    )
    .by_helper()
    .unit("attempts"),
    Setting::shared(
        "mount.verify",
        Kind::Word(&["none", "stat", "write"]),
        Default::Text("stat"),
        "What must work before a mount counts as made: nothing, statvfs, or writing a file too",
    )
    .by_helper(),
    Setting::shared(
        "mount.require_empty",
        Kind::Switch,
        Default::Switch(false),
        "Refuse a mount point that is not empty",
    )
    .by_helper(),
    Setting::local(
        "cache.shared",
        Kind::Text(FOLDER),
        Default::Words("none"),
        A_PATH,
        "A cache file that many nodes read, filled by `fsxlustre resolve --write-cache FILE`",
    )
    .by_helper()
    .example("\"/shared/fsxlustre/cache.json\""),
    age("cache.shared_fresh", 3_600, "An answer of it for tags serves without a call up to this age"),
    age(
        "cache.job_fresh",
        60,
        "The node's own last answer for tags serves a job's hooks without a call up to this age",
    ),
    age(
        "cache.job_stale_max",
        900,
        "It serves a job, with a warning, when the API cannot be reached, up to this age",
    ),
    age("cache.stale_max", 86_400, "It then serves anybody else up to this age"),
    Setting::local(
        "cache.pins",
        Kind::Text(FOLDER),
        Default::Words("none"),
        A_PATH,
        "A folder that many nodes share, in which the first answer of a job is pinned: all nodes of a \
         job use one file system",
    )
    .by_helper()
    .example("\"/shared/fsxlustre/pins\""),
    Setting::shared(
        "fleet.size",
        Kind::Number(0, 10_000_000),
        Default::Words("no call is spread"),
        "Nodes that may boot at the same time; 0 for not known",
    )
    .by_helper()
    .unit("nodes")
    .example("10000"),
    Setting::shared(
        "fleet.quota",
        Kind::Number(1, 100_000),
        Default::Number(DEFAULT_QUOTA as u64),
        "Calls a second that the FSx API takes from the account; AWS publishes no number",
    )
    .by_helper()
    .unit("calls a second"),
    map_entry("filesystem[].id", Default::Required, "Its id").example("\"fs-0123456789abcdef0\""),
    map_entry("filesystem[].device", Default::Required, "The Lustre device of the whole file system")
        .example("\"fs-0123456789abcdef0.fsx.us-east-1.amazonaws.com@tcp:/abcdefgh\""),
    map_entry("filesystem[].name", Default::Words("none"), "The value of its tag Name")
        .example("\"scratch\""),
    Setting {
        kind: Kind::Text(TAG_VALUE),
        ..map_entry(
            "filesystem[].tags.*",
            Default::Words("none"),
            "Its tags, as far as sources name them",
        )
    }
    .example("{ Project = \"genomics\" }"),
    map_entry(
        "filesystem[].region",
        Default::Words("any"),
        "Its Region; a source with another one passes the entry over",
    )
    .example("\"us-east-1\""),
    Setting::local(
        "hooks.on_ready",
        Kind::Command,
        Default::Texts(&[]),
        PROGRAMS,
        "Hears when a file system was mounted, or failed instead",
    )
    .by_helper()
    .example("[\"/usr/local/sbin/tell-fleet\", \"ready\"]"),
    Setting::local(
        "hooks.on_unmounted",
        Kind::Command,
        Default::Texts(&[]),
        PROGRAMS,
        "Hears when the last mount of a file system left this node",
    )
    .by_helper()
    .example("[\"/usr/local/sbin/tell-fleet\", \"gone\"]"),
    Setting::local(
        "hooks.timeout",
        Kind::Number(1, 60),
        Default::Number(hooks::DEFAULT_TIMEOUT_SECONDS),
        "it is about programs",
        "What each may take; a job waits for it",
    )
    .by_helper()
    .unit("seconds"),
    Setting::local(
        "aws.region",
        Kind::Text(REGION),
        Default::Words("the profile's, IMDSv2's, that of a DNS name in the source"),
        "it decides which services are asked",
        "The Region, where neither an option nor AWS_REGION nor AWS_DEFAULT_REGION names one",
    )
    .example("\"us-east-1\""),
    Setting::local(
        "aws.profile",
        Kind::Text(PROFILE),
        Default::Words("default"),
        CREDENTIALS,
        "The profile of root's ~/.aws/config and ~/.aws/credentials, where AWS_PROFILE names none",
    )
    .example("\"default\""),
    Setting::local(
        "aws.role_arn",
        Kind::Text(ROLE_ARN),
        Default::Words("none"),
        CREDENTIALS,
        "The role to assume with the credentials that are found",
    )
    .example("\"arn:aws:iam::123456789012:role/fsx-reader\""),
    Setting::local(
        "aws.endpoint_url",
        Kind::Text(URL),
        Default::Words("the SDK's own"),
        ENDPOINT,
        "One endpoint for every AWS service that is called, such as a proxy's",
    )
    .example("\"https://aws-proxy.example.com\""),
    Setting::local(
        "aws.https_proxy",
        Kind::Text(PROXY),
        Default::Words("none"),
        ENDPOINT,
        "The proxy through which https endpoints are reached; HTTPS_PROXY is not read. One that asks \
         for a password cannot be used",
    )
    .example("\"http://proxy.example.com:3128\""),
    Setting::local(
        "aws.ca_bundle",
        Kind::Text(FOLDER),
        Default::Words("the system's"),
        A_PATH,
        "A PEM file of the authorities that https endpoints are proved by, instead of the system's",
    )
    .example("\"/etc/pki/tls/certs/company.pem\""),
    Setting::local(
        "aws.use_fips",
        Kind::Switch,
        Default::Switch(false),
        ENDPOINT,
        "Whether the FIPS endpoints are asked; not together with endpoint_url",
    ),
    Setting::local(
        "resolve.allow_vpc",
        Kind::Texts(VPC_ID),
        Default::Texts(&[]),
        WHOSE,
        "VPCs whose file systems count beside those of this node's own; where the node does not know \
         its own (IMDSv2 is off), these alone",
    )
    .example("[\"vpc-0a1b2c3d4e5f60718\"]"),
    Setting::local(
        "resolve.allow_owner",
        Kind::Texts(ACCOUNT),
        Default::Texts(&[]),
        WHOSE,
        "Accounts whose file systems count beside those of this node's own; where the node does not \
         know its own, these alone",
    )
    .example("[\"123456789012\"]"),
    Setting::local(
        "resolve.require_vpc",
        Kind::Switch,
        Default::Switch(false),
        WHOSE,
        "Refuse tags where the node does not know its own VPC and account and no list says what \
         counts; else that is a warning",
    ),
    Setting::shared(
        "layout.profiles.*.preset",
        Kind::Text(ANY_TEXT),
        Default::Words("what the profile says"),
        "A preset, computed from the file system's OSTs and version; nothing else is then said",
    )
    .example("\"large-sequential\""),
    Setting::shared(
        "layout.profiles.*.arguments",
        Kind::Texts(ANY_TEXT),
        Default::Texts(&[]),
        "Arguments of lfs setstripe without the path, where words do not reach: they are read and \
         checked like everything else; nothing else is then said",
    )
    .example("[\"-E\", \"1G\", \"-c\", \"1\", \"-S\", \"1M\", \"-E\", \"-1\", \"-c\", \"8\"]"),
    layout_count("layout.profiles.*.stripe_count", "1"),
    layout_size("layout.profiles.*.stripe_size", "1MiB, which FSx gives"),
    layout_pool("layout.profiles.*.pool", "any OST"),
    Setting::shared(
        "layout.profiles.*.overstripe",
        Kind::Switch,
        Default::Switch(false),
        "Several stripes may lie on one OST, so stripe_count may be above the number of OSTs \
         (overstriping, Lustre 2.13)",
    ),
    layout_first("layout.profiles.*.first_ost", "the servers choose"),
    layout_osts("layout.profiles.*.osts", "the servers choose"),
    Setting::shared(
        "layout.profiles.*.on_mdt",
        Kind::Text(SIZE),
        Default::Words("nothing"),
        "How much of each file lies on the MDT, at most 1MiB unless somebody changed it there \
         (Data-on-MDT, Lustre 2.11)",
    )
    .example("\"64KiB\""),
    layout_extend("layout.profiles.*.extend_by", "it is not"),
    Setting::shared(
        "layout.profiles.*.mirrors",
        Kind::Number(1, 16),
        Default::Number(1),
        "How many copies; Lustre writes to one, and `lfs mirror resync` brings the others up to date \
         (FLR, Lustre 2.11)",
    )
    .unit("copies"),
    Setting::shared(
        "layout.profiles.*.part[].until",
        Kind::Text(UNTIL),
        Default::Required,
        "Where the part ends: a multiple of 64KiB and of its stripe size, or end",
    )
    .example("\"end\""),
    layout_count("layout.profiles.*.part[].stripe_count", OF_PROFILE),
    layout_size("layout.profiles.*.part[].stripe_size", OF_PROFILE),
    layout_pool("layout.profiles.*.part[].pool", OF_PROFILE),
    Setting::shared(
        "layout.profiles.*.part[].overstripe",
        Kind::Switch,
        Default::Words(OF_PROFILE),
        "Several stripes may lie on one OST",
    )
    .example("false"),
    layout_first("layout.profiles.*.part[].first_ost", OF_PROFILE),
    layout_osts("layout.profiles.*.part[].osts", OF_PROFILE),
    layout_extend("layout.profiles.*.part[].extend_by", OF_PROFILE),
    layout_directory(
        "layout.directory[].path",
        PLAIN_PATH,
        Default::Required,
        "Its absolute path. With templates ({cluster}, {job.id}, {job.account}, {job.partition}, \
         {job.user}) it is made for each job, by the job's start",
    )
    .example("\"/mnt/fsx/checkpoints\""),
    layout_directory(
        "layout.directory[].profile",
        NAME,
        Default::Words("the layout is left alone"),
        "The layout profile that its new files get",
    )
    .example("\"large\""),
    layout_directory(
        "layout.directory[].owner",
        ANY_TEXT,
        Default::Words("the owner is left alone"),
        "USER, USER:GROUP or :GROUP, by name or number; {job.user} where the path has templates",
    )
    .example("\"ann:lab\""),
    layout_directory(
        "layout.directory[].mode",
        ANY_TEXT,
        Default::Words("the mode is left alone"),
        "Permission bits, octal, without set-user-id",
    )
    .example("\"2770\""),
    Setting::local(
        "layout.directory[].create",
        Kind::Switch,
        Default::Switch(false),
        DIRECTORY_ARRANGED,
        "Make it, and what is missing above it, where it is not there",
    ),
    Setting::shared(
        "tune.profile",
        Kind::Text(TUNE_PROFILE),
        Default::Words("off: nothing is set"),
        "The profile that is set on each client that fsxlustre mounts, unless the mount says tune=: \
         aws-documented, metadata-heavy, streaming, or one of [tune.profiles]",
    )
    .by_helper()
    .example("\"aws-documented\""),
    Setting::shared(
        "tune.profiles.*.base",
        Kind::Word(&["aws-documented", "metadata-heavy", "streaming"]),
        Default::Words("none"),
        "The profile that it begins with",
    )
    .example("\"aws-documented\""),
    Setting::shared(
        "tune.profiles.*.set",
        Kind::Texts(ANY_TEXT),
        Default::Texts(&[]),
        "What it sets over that, each KEY=VALUE; fsxlustre(1) has the keys and their ranges",
    )
    .example("[\"osc.max_rpcs_in_flight=64\", \"llite.statahead_max=1024\"]"),
    Setting::local(
        "node.role",
        Kind::Word(&["compute", "login", "head"]),
        Default::Text("compute"),
        "it is about this node",
        "On a login or head node a job's start and end do nothing: nothing is mounted, unmounted or \
         ended for a job there",
    ),
    Setting::shared(
        "jobs.mode",
        Kind::Word(&["off", "observe", "enforce"]),
        Default::Text("enforce"),
        "Whether a job's start and end do their work; with observe they decide, log what they would do, \
         and touch nothing",
    ),
    Setting::local(
        "jobs.disabled_file",
        Kind::Text(FOLDER),
        Default::Words("none"),
        A_PATH,
        "A kill switch for the fleet: while this file is there, a job's start and end do nothing, as \
         while /etc/fsxlustre/disabled is there. Name a folder that only administrators write to; one \
         that does not answer counts as a file that is not there",
    )
    .example("\"/shared/fsxlustre/disabled\""),
    Setting::shared(
        "jobs.refuse",
        Kind::Texts(ANY_TEXT),
        Default::Texts(&["leaked", "disagrees"]),
        "The causes for which a job is refused: its TaskProlog prints why and ends it, and the node \
         stays in service. A job with another cause is admitted and told by FSXLUSTRE_STATUS",
    )
    .example("[\"leaked\", \"disagrees\", \"ambiguous\"]"),
    Setting::local(
        "jobs.drain",
        Kind::Texts(ANY_TEXT),
        Default::Texts(&["module", "lnet", "state"]),
        "it takes nodes out of service",
        "The causes for which a start exits 1, so that Slurm drains the node and requeues the job. \
         A cause of the job's own is not taken",
    ),
    Setting::shared(
        "jobs.unmount",
        Kind::Text(UNMOUNT_WHEN),
        Default::Text("last-job"),
        "When what a start has mounted is unmounted: at the end of the last job that uses it, so long \
         after that, or never",
    )
    .example("\"idle-after 10min\""),
    Setting::local(
        "jobs.kill",
        Kind::Word(&["none", "job"]),
        Default::Text("none"),
        "it ends processes",
        "Which processes an end may end where they hold a mount that must go: none, or those of the \
         job's own cgroup, by SIGTERM and then SIGKILL",
    ),
    Setting::local(
        "jobs.on_leak",
        Kind::Word(&["keep", "drain"]),
        Default::Text("keep"),
        "it takes nodes out of service",
        "What becomes of a node on which a mount could not be unmounted: it is kept in service; a mount \
         that was only in use serves the next job, and where it is spoilt only jobs that need this file \
         system are refused. Or the end exits 1, so that Slurm drains the node",
    ),
    Setting::local(
        "jobs.report_dir",
        Kind::Text(FOLDER),
        Default::Words("none"),
        A_PATH,
        "A folder that nodes share, for one report a job and node, and for the evidence of a drain. \
         Only administrators may write to it",
    )
    .example("\"/shared/fsxlustre/reports\""),
    Setting::local(
        "jobs.vanished_after",
        Kind::Number(60, 86_400),
        Default::Number(600),
        "it takes mounts away",
        "How long nothing must be seen of a job before it counts as gone without an end: of a job whose \
         extern step (PrologFlags=Contain) was seen on this node, and that has neither a process of \
         Slurm's nor a cgroup here any more. What it used is then unmounted as if it had ended. Without \
         Contain no job counts as gone before a reboot; `fsxlustre job list` shows its lease",
    )
    .unit("seconds"),
    Setting::shared(
        "jobs.reports_size",
        Kind::Number(1, 10_000),
        Default::Number(16),
        "How much room the reports of jobs may take below host.data; the oldest go first",
    )
    .unit("MiB"),
    phase(
        "jobs.deadlines.decide",
        5,
        "Start and end: the settings; which file systems the job gets, and whether it does",
    ),
    phase("jobs.deadlines.resolve", 8, "Start: which file system a source names"),
    phase(
        "jobs.deadlines.mount",
        20,
        "Start: the mounts, side by side, with the wait for an unmount of the same directory",
    ),
    phase("jobs.deadlines.layout", 4, "Start: layouts of what was mounted"),
    phase("jobs.deadlines.tuning", 3, "Start: settings of the client"),
    phase("jobs.deadlines.lease", 3, "Start and end: the job's state on this node"),
    phase("jobs.deadlines.counters", 2, "Start: the counters at the job's begin"),
    phase(
        "jobs.deadlines.stage_in",
        12,
        "Start, where a rule has stage_in: what is in S3 only is brought; what has not come by then goes on coming",
    ),
    phase("jobs.deadlines.preflight", 2, "End: what the client says of itself, without asking a server"),
    phase("jobs.deadlines.flush", 13, "End: unwritten bytes are sent to the servers"),
    phase("jobs.deadlines.unmount", 12, "End: the unmounts"),
    phase("jobs.deadlines.kill", 5, "End: processes of the job that hold a mount are ended"),
    phase("jobs.deadlines.report", 5, "End: what the job has read and written"),
    job_mount(
        "jobs.mount[].source",
        ANY_TEXT,
        Default::Required,
        "What to mount, as in fstab. Tags may have \
templates: {cluster}, {job.id}, {job.account}, {job.partition}, {job.user}",
    )
    .example("\"tag:Project:genomics\""),
    job_mount(
        "jobs.mount[].directory",
        PLAIN_PATH,
        Default::Required,
        "Where: an absolute path without '..', '//' or a '/' at its end. A job gets at most one \
         file system on a directory, and no rule's directory is below that of another",
    )
    .example("\"/mnt/genomics\""),
    job_mount("jobs.mount[].options", MOUNT_OPTIONS, Default::Text(""), "How: an -o list")
        .example("\"noatime,flock\""),
    job_mount(
        "jobs.mount[].export",
        EXPORT_AT_END,
        Default::Text("none"),
        "What an end does for the file system's data repository in S3, after the unmount: nothing; a task \
         of what was mounted, begun here and followed for so long (packaging/iam/export.json; Slurm's \
         EpilogTimeout must be longer); or a ticket in report_dir, by which the head node brings it to its \
         end. Never is an end failed, or a node drained, for an export that is not finished",
    )
    .example("\"ticket\""),
    Setting::local(
        "jobs.mount[].stage_in",
        Kind::Texts(BELOW),
        Default::Texts(&[]),
        DIRECTORY,
        "What a start brings from S3: paths below the directory, with the templates of a source; \".\" for all of it. \
         One node of a job does it for all. What has not come when jobs.deadlines.stage_in is over goes on coming \
         until the job's end, and FSXLUSTRE_STAGE_IN tells the job; never is a start failed for it",
    )
    .example("[\"reference\", \"inputs/{job.user}\"]"),
    Setting::local(
        "jobs.mount[].partitions",
        Kind::Texts(ANY_TEXT),
        Default::Texts(&[]),
        DIRECTORY,
        "For jobs of these partitions; for all where there is none",
    )
    .example("[\"gpu\"]"),
    job_choice("jobs.mount[].accounts", "For jobs of these accounts; for all where there is none")
        .example("[\"bio\"]"),
    job_choice(
        "jobs.mount[].licenses",
        "For jobs that ask for one of these licences (-L fsx_scratch); for all where there is none",
    )
    .example("[\"fsx_scratch\"]"),
    job_choice(
        "jobs.mount[].features",
        "For jobs whose constraint names one of these features (-C fsx), of alternatives too; for all \
         where there is none",
    )
    .example("[\"fsx\"]"),
    job_choice(
        "jobs.mount[].comment",
        "For jobs whose comment has one of these words (--comment \"fsx:scratch\"); for all where there \
         is none. A rule with several lists is for jobs that each of them names",
    )
    .example("[\"fsx:scratch\"]"),
    Setting::local(
        "exporter.listen_address",
        Kind::Text(ANY_TEXT),
        Default::Text("127.0.0.1:9988"),
        ENDPOINT,
        "Where the metrics service listens, unless --web.listen-address says otherwise",
    ),
];

/// The default of a setting that is a number; 0 where the table has no such setting.
pub fn default_number(key: &str) -> u64 {
    match SETTINGS.iter().find(|row| row.key == key).map(|row| row.default) {
        Some(Default::Number(number)) => number,
        _ => 0,
    }
}

/// The default of a setting that is one text; empty where the table has no such setting.
pub fn default_text(key: &str) -> &'static str {
    match SETTINGS.iter().find(|row| row.key == key).map(|row| row.default) {
        Some(Default::Text(text)) => text,
        _ => "",
    }
}

/// The default of a setting that is a list of texts; none where the table has no such setting.
pub fn default_texts(key: &str) -> &'static [&'static str] {
    match SETTINGS.iter().find(|row| row.key == key).map(|row| row.default) {
        Some(Default::Texts(texts)) => texts,
        _ => &[],
    }
}

const fn host(key: &'static str, default: Default, meaning: &'static str) -> Setting {
    Setting::local(key, Kind::Text(FOLDER), default, A_PATH, meaning).by_helper()
}

const fn age(key: &'static str, seconds: u64, meaning: &'static str) -> Setting {
    Setting::shared(key, Kind::Number(0, 366 * DAY), Default::Number(seconds), meaning)
        .by_helper()
        .unit("seconds")
}

const fn map_entry(key: &'static str, default: Default, meaning: &'static str) -> Setting {
    let why = "root mounts from the server that it names";
    Setting::local(key, Kind::Text(ANY_TEXT), default, why, meaning).by_helper()
}

const fn phase(key: &'static str, seconds: u64, meaning: &'static str) -> Setting {
    let why = "their sum must stay below this cluster's own clocks, or Slurm drains nodes";
    Setting::local(key, Kind::Number(1, 600), Default::Number(seconds), why, meaning)
        .unit("seconds")
}

/// A size; the agent knows which.
const SIZE: Grammar = Grammar { fits: "a size such as 4MiB", ..ANY_TEXT };
/// Where a part of a file ends.
const UNTIL: Grammar = Grammar { fits: "a size such as 4MiB, or \"end\"", ..ANY_TEXT };
const OF_PROFILE: &str = "what the profile says";

const fn layout_count(key: &'static str, default: &'static str) -> Setting {
    let meaning = "On how many OSTs a file lies; -1 for all of them";
    Setting::shared(key, Kind::Number(-1, 2000), Default::Words(default), meaning)
        .unit("OSTs")
        .example("-1")
}

const fn layout_size(key: &'static str, default: &'static str) -> Setting {
    let meaning = "How much of a file lies on one OST before the next one's turn: a multiple of 64KiB \
                   below 4GiB, in KiB, MiB or GiB";
    Setting::shared(key, Kind::Text(SIZE), Default::Words(default), meaning).example("\"4MiB\"")
}

const fn layout_pool(key: &'static str, default: &'static str) -> Setting {
    let meaning = "The pool of OSTs to choose from";
    Setting::shared(key, Kind::Text(ANY_TEXT), Default::Words(default), meaning).example("\"ssd\"")
}

const fn layout_first(key: &'static str, default: &'static str) -> Setting {
    let meaning = "The OST of the first stripe; named, it fills before the others";
    Setting::shared(key, Kind::Number(0, 65_534), Default::Words(default), meaning).example("0")
}

const fn layout_osts(key: &'static str, default: &'static str) -> Setting {
    let meaning = "The OSTs one by one, in the order of the stripes";
    Setting::shared(key, Kind::Text(ANY_TEXT), Default::Words(default), meaning)
        .example("\"0,2,4-7\"")
}

const fn layout_extend(key: &'static str, default: &'static str) -> Setting {
    let meaning = "By how much it is extended at a time, each time on OSTs that have room \
                   (self-extending, Lustre 2.13)";
    Setting::shared(key, Kind::Text(SIZE), Default::Words(default), meaning).example("\"64MiB\"")
}

const fn job_mount(
    key: &'static str,
    grammar: Grammar,
    default: Default,
    meaning: &'static str,
) -> Setting {
    Setting::local(key, Kind::Text(grammar), default, DIRECTORY, meaning)
}

const fn layout_directory(
    key: &'static str,
    grammar: Grammar,
    default: Default,
    meaning: &'static str,
) -> Setting {
    Setting::local(key, Kind::Text(grammar), default, DIRECTORY_ARRANGED, meaning)
}

const fn job_choice(key: &'static str, meaning: &'static str) -> Setting {
    Setting::local(key, Kind::Texts(NAME), Default::Texts(&[]), DIRECTORY, meaning)
}
