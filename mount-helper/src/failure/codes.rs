//! The table of codes: the one place where a code, its class and its exit status stand.

use super::Class;
use std::fmt;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow {
    /// `FSXL-` and a letter for the area (M mount, U unmount, N network, K kernel module, A AWS,
    /// C configuration and input, L layout, T tuning, D data repository, H archive (HSM), S scheduler, E exporter, X our
    /// own fault) and three digits. Never used again for another meaning.
    pub id: &'static str,
    /// Who can do something about it.
    pub class: Class,
    /// Exit status of `mount.fsxlustre`: mount(8)'s own.
    pub mount_exit: u8,
    /// What the code means, in one sentence.
    pub title: &'static str,
    /// What mends it, in general. The message itself says it of the case at hand: with the
    /// directory, the id, the process or the command for this distribution.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($($name:ident $id:literal $class:ident $exit:literal $title:literal $remedy:literal;)*) => {
        /// A stable message code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        /// Every code, in the order of the table.
        pub const CODES: &[CodeRow] = &[
            $(CodeRow {
                id: $id,
                class: Class::$class,
                mount_exit: $exit,
                title: $title,
                remedy: $remedy,
            },)*
        ];

        impl Code {
            /// The code of that id.
            pub fn from_id(id: &str) -> Option<Self> {
                match id {
                    $($id => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The row of this code.
            pub const fn row(self) -> CodeRow {
                match self {
                    $(Self::$name => CodeRow {
                        id: $id,
                        class: Class::$class,
                        mount_exit: $exit,
                        title: $title,
                        remedy: $remedy,
                    },)*
                }
            }
        }
    };
}

codes! {
    Invocation "FSXL-C101" UserCanFix 1 "The command line is not understood."
        "run the program with -h: it prints what it takes";
    NotRoot "FSXL-C102" UserCanFix 1 "This needs root."
        "run it as root";
    ConfigUnreadable "FSXL-C111" UserCanFix 2 "A configuration file cannot be read."
        "make the file readable, or remove it";
    ConfigInvalid "FSXL-C112" UserCanFix 2 "A configuration file is not valid."
        "correct the file and line that the message names; `fsxlustre config check` names every mistake";
    ConfigForbidden "FSXL-C113" UserCanFix 2 "Parameter Store says what only files of root may say."
        "remove the setting from the parameter; put it into a file of /etc/fsxlustre where it is meant";
    ConfigSet "FSXL-C114" UserCanFix 2 "Parameter Store holds no whole version of the settings."
        "put the parts below PATH/VERSION/, then the version's name into PATH/current";
    ConfigMoving "FSXL-C115" MayPass 2 "The settings in Parameter Store changed while they were read."
        "try again when whoever puts versions is done";
    ConfigPush "FSXL-C116" UserCanFix 2 "The settings were not put into Parameter Store; those in force still are."
        "do what the message says of the file, the path or the version";
    FstabUnreadable "FSXL-C121" UserCanFix 2 "The fstab file cannot be read."
        "make the file readable; `--fstab FILE` names another one";
    BundleUnwritable "FSXL-C131" UserCanFix 2 "The support bundle cannot be written."
        "name a directory with room that is not on Lustre: `fsxlustre support-bundle --to DIR`";
    InventoryUnwritable "FSXL-C132" UserCanFix 2 "The files for SSM Inventory cannot be written."
        "run it as root, where the folder and all above it are root's and there is room";
    SsmParameter "FSXL-C151" UserCanFix 2 "A parameter of a document of Systems Manager is not right."
        "give the parameter as the document describes it";
    SsmState "FSXL-C152" UserCanFix 2 "The state of work that Systems Manager asked for cannot be kept."
        "run it as root, with room on /var/lib";
    SsmNotBegun "FSXL-C153" MayPass 2 "Work that Systems Manager asked for could not be begun, or ended without a result."
        "run the same document again; `journalctl -u 'fsxlustre-ssm-*'` has what it said";
    SourceForm "FSXL-C201" UserCanFix 1 "The source has no form that fsxlustre knows."
        "write fs-ID, tag:Key:Value, name:NAME or HOST@tcp:/MOUNTNAME";
    OptionUnknown "FSXL-C211" UserCanFix 1 "A mount option is not known."
        "take the word that the message offers, or one of mount.fsxlustre(8)";
    OptionValue "FSXL-C212" UserCanFix 1 "The value of a mount option is not valid."
        "give the option a value that mount.fsxlustre(8) lists";
    OptionConflict "FSXL-C213" UserCanFix 1 "Two mount options contradict each other."
        "keep one of the two";
    MountPointMissing "FSXL-M101" UserCanFix 32 "The mount point does not exist."
        "mkdir -p DIRECTORY";
    MountPointUnfit "FSXL-M102" UserCanFix 32 "The mount point is not a directory, or is reached through a symbolic link."
        "name a directory, without a symbolic link on the way to it";
    MountPointNotEmpty "FSXL-M103" UserCanFix 32 "The mount point is not empty."
        "move its files away, or mount without require_empty";
    MountPointBusy "FSXL-M104" UserCanFix 32 "Something else is mounted on the mount point."
        "unmount what is there, or name another directory";
    SameFsname "FSXL-M105" UserCanFix 32 "Another file system of the same Lustre name is mounted already."
        "unmount the other one, or mount with -o allow_same_fsname";
    MountHelperMissing "FSXL-K101" UserCanFix 32 "The Lustre client's mount.lustre is not installed."
        "install the package lustre-client; `fsxlustre check` prints the command";
    ModuleMissing "FSXL-K102" UserCanFix 32 "The Lustre module could not be loaded."
        "install the Lustre client for the running kernel; `fsxlustre check` prints the command";
    LnetDown "FSXL-K103" UserCanFix 32 "LNet could not start."
        "correct `options lnet networks=...` in /etc/modprobe.d, then lustre_rmmod and mount again";
    NoPlan "FSXL-K104" UserCanFix 2 "No plan can be made for a node of which too little is known."
        "make etc/os-release readable below the root; name the kernel: `fsxlustre check --plan --kernel VERSION`";
    FsnameUnknown "FSXL-M201" UserCanFix 32 "The server does not know this mount name."
        "name the file system by its id or tags, so that fsxlustre finds its mount name";
    ServerUnreachable "FSXL-N201" MayPass 32 "The file system's server does not answer, or refuses this client."
        "open TCP 988 and 1018-1023 in both security groups; `fsxlustre check SOURCE` says whether the versions fit";
    NameUnresolved "FSXL-N202" MayPass 32 "A server's name could not be resolved."
        "turn on the VPC's DNS (enableDnsSupport), and correct the name; `getent hosts NAME` must answer";
    LustreOption "FSXL-M202" UserCanFix 32 "The Lustre client refused an option or the device."
        "leave out the option that the message names";
    MountPermission "FSXL-M203" UserCanFix 32 "The kernel did not permit the mount."
        "give the container CAP_SYS_ADMIN in the node's own user namespace";
    MountRace "FSXL-M204" MayPass 32 "Another mount is going on."
        "try again in a few seconds";
    MountTimeout "FSXL-M205" MayPass 32 "The mount did not end within its deadline."
        "open TCP 988 and 1018-1023 in both security groups, or raise timeout=";
    MountFailed "FSXL-M206" UserCanFix 32 "mount.lustre failed for a reason that fsxlustre does not know."
        "look at `dmesg`; report the exit code of mount.lustre";
    NotVerified "FSXL-M207" UserCanFix 32 "The mount was made but is not as it was asked for."
        "ask for what the message says is different, or leave it out";
    NoAnswer "FSXL-M208" MayPass 32 "The mounted file system does not answer."
        "look at `fsxlustre status` and the file system's health, and mount again";
    WriteRefused "FSXL-M210" UserCanFix 32 "The file system was mounted, but root cannot write to it."
        "except this node from root squash (NoSquashNids), or mount with -o verify=stat";
    VersionMisfit "FSXL-M211" UserCanFix 32 "The Lustre client and the file system are of versions that do not work together."
        "install a client that fits, or upgrade the file system; `fsxlustre check SOURCE` prints both";
    MountStuck "FSXL-M212" MayPass 32 "An earlier mount is stuck in the kernel."
        "wait until the server answers; the process cannot be ended, only a reboot removes it";
    SubdirUnfit "FSXL-M213" UserCanFix 32 "The sub-directory does not exist or is not a directory."
        "mount the whole file system once and make the directory: mkdir -p";
    RemountUnable "FSXL-M214" UserCanFix 32 "An option cannot be changed while the file system is mounted."
        "unmount it and mount it with the new option";
    NamespaceUnusable "FSXL-M215" UserCanFix 32 "The mount namespace cannot be entered."
        "name a file of a mount namespace, such as /proc/PID/ns/mnt";
    MountExists "FSXL-M216" MayPass 32 "mount.lustre says that it is mounted already, but mountinfo does not show it."
        "make /etc/mtab a link: ln -sf ../proc/self/mounts /etc/mtab";
    NotADevice "FSXL-M217" UserCanFix 32 "The source is not a Lustre client's device."
        "name the source as HOST@tcp:/MOUNTNAME";
    MountDenied "FSXL-M218" UserCanFix 32 "The mount was denied to a process that may mount."
        "let this client in on the file system's side, or remove the seccomp or SELinux rule against mount(2)";
    NodeLeaves "FSXL-M219" MayPass 32 "This node is about to be taken away."
        "let the job run on another node";
    NoNetwork "FSXL-N203" UserCanFix 32 "This node's LNet has no network of the server's kind."
        "configure LNet for the network of the NID; `lctl list_nids` shows what there is";
    NetworkNamespace "FSXL-N204" UserCanFix 32 "This process is in another network namespace than LNet."
        "mount on the node itself and give the directory to the container";
    OtherLnetNetwork "FSXL-N205" UserCanFix 32 "The source names a network of LNet that this node is not made for."
        "write the server as FSx does, HOST@tcp, or configure that network on every node";
    Interrupted "FSXL-M209" MayPass 8 "A signal asked fsxlustre to stop."
        "run the same command again";
    MountInfoUnreadable "FSXL-M301" UserCanFix 2 "The list of mounts cannot be read."
        "mount /proc";
    StateUnwritable "FSXL-M302" UserCanFix 2 "The state folder cannot be written."
        "make /run writable for root, and not full";
    LockTimeout "FSXL-M303" MayPass 32 "Another call of fsxlustre holds the lock."
        "wait for the other call; `fsxlustre status` shows what is going on";
    ProgramFailed "FSXL-M304" UserCanFix 32 "A program could not be run or did not end."
        "run the program that the message names by hand";
    Busy "FSXL-U101" UserCanFix 32 "The file system is in use."
        "end the processes that the message lists, then unmount again";
    UnmountTimeout "FSXL-U102" MayPass 32 "The unmount did not end within its deadline."
        "try again when the server answers; `fsxlustre status` shows the process that is stuck";
    UnmountFailed "FSXL-U103" UserCanFix 32 "The kernel refused to unmount."
        "look at `dmesg`";
    NotMounted "FSXL-U104" UserCanFix 32 "There is no such Lustre mount."
        "look at `fsxlustre status` for what is mounted";
    UnmountKind "FSXL-U105" UserCanFix 1 "This way of unmounting is not offered."
        "take a way that umount.fsxlustre(8) lists";
    ClientStays "FSXL-U106" UserCanFix 32 "The mount is gone, but its Lustre client lives on: something else on the node uses it."
        "end what the message lists: another mount, a namespace or a process";
    EvictedAndDirty "FSXL-U107" UserCanFix 32 "The client was evicted and has unwritten bytes: an unmount can panic the node."
        "reboot the node, or unmount with --accept-risk";
    OthersUseIt "FSXL-U108" UserCanFix 32 "A forced or lazy unmount would hit others who use the file system."
        "unmount the others first, or say --force-for-all";
    StaysCutOff "FSXL-U109" UserCanFix 32 "A forced unmount cut the client off, but the mount is still there."
        "end the processes that hold it, then unmount again";
    DirectoryKept "FSXL-U110" UserCanFix 32 "A directory that fsxlustre had made could not be removed."
        "look into it, and rmdir it";
    NotGone "FSXL-U111" UserCanFix 32 "It is not proved that the file system is gone."
        "wait until AWS says DELETING or FileSystemNotFound, or unmount without --if-gone";
    NoRegion "FSXL-A101" UserCanFix 32 "No AWS Region is known."
        "set `[aws] region` in /etc/fsxlustre/fsxlustre.toml, or mount with -o region=REGION";
    NoCredentials "FSXL-A102" UserCanFix 32 "No AWS credentials were found."
        "give the instance a role (an instance profile) and leave IMDSv2 on";
    AccessDenied "FSXL-A103" UserCanFix 32 "AWS refused the call."
        "add the statement that the message prints to the instance's role";
    ApiUnavailable "FSXL-A104" MayPass 32 "The AWS API could not be asked."
        "try again later; check the route to the service or the VPC endpoint com.amazonaws.REGION.fsx";
    ApiTimeout "FSXL-A105" MayPass 32 "The AWS API did not answer in time."
        "check the route to the service: an internet gateway, or the VPC endpoint com.amazonaws.REGION.fsx";
    ApiAnswer "FSXL-A106" MayPass 32 "The AWS API's answer lacks what is needed."
        "wait until the file system is AVAILABLE; check `[aws] endpoint_url`";
    CredentialsRefused "FSXL-A107" UserCanFix 32 "AWS does not take the credentials: they are expired or not valid."
        "renew or correct the keys of the environment or the profile; an instance's role renews its own by IMDSv2";
    ClockSkew "FSXL-A108" UserCanFix 32 "This node's clock is too wrong for a signed call."
        "set the clock: start chronyd, whose server 169.254.169.123 every instance reaches";
    ApiThrottled "FSXL-A109" MayPass 32 "The account asks the AWS API too often."
        "try again later; an id that was mounted here before, the static map or a full Lustre device needs no API";
    ApiRefused "FSXL-A110" UserCanFix 32 "The AWS API refused the question for a reason of its own."
        "do what the service's own words ask for; check `[aws]` in /etc/fsxlustre/fsxlustre.toml";
    TagUnknown "FSXL-A201" UserCanFix 32 "No file system carries these tags."
        "correct the tags or the Region, or tag the file system: aws fsx tag-resource";
    TagAmbiguous "FSXL-A202" UserCanFix 32 "More than one file system carries these tags."
        "name one more tag that only one of them has, or its id, or say prefer=newest";
    FileSystemUnknown "FSXL-A203" UserCanFix 32 "There is no such file system."
        "correct the id or the Region; `aws fsx describe-file-systems` lists them";
    FileSystemUnusable "FSXL-A204" UserCanFix 32 "The file system failed or is being deleted."
        "correct the source, or create the file system anew";
    FileSystemCreating "FSXL-A206" MayPass 32 "The file system is still being created."
        "wait until it is AVAILABLE, or mount with -o wait=900";
    NotLustre "FSXL-A205" UserCanFix 32 "The file system is not a Lustre file system."
        "name an FSx for Lustre file system";
    NodeUnknown "FSXL-A210" UserCanFix 32 "This node's own VPC or account is not known, and `[resolve] require_vpc` forbids to go on without."
        "turn IMDSv2 on, or name the node's own in `[resolve] allow_vpc` and `allow_owner`";
    OtherNetwork "FSXL-A211" UserCanFix 32 "The tags name file systems of other VPCs or accounts only."
        "correct the tags; or name the VPC in `[resolve] allow_vpc`, the account in `allow_owner`";
    ResolverFailed "FSXL-A301" UserCanFix 32 "The fsxlustre agent could not be asked for the file system."
        "run `fsxlustre resolve SOURCE` by hand and see what it says";
    SlotBeyondBudget "FSXL-A302" MayPass 32 "This node's turn to ask AWS comes after the call must have ended."
        "give the nodes a map or a shared cache file (`[cache] shared`), or raise timeout=";
    SpotUnknown "FSXL-A303" MayPass 32 "Whether this Spot instance is to be taken away is not known."
        "turn the instance metadata service (version 2) on, or stop fsxlustre-spot.service";
    ManagedIdUnknown "FSXL-A304" UserCanFix 32 "The id by which Systems Manager knows this node is not known."
        "register the SSM Agent, or let this node ask the instance metadata service";
    PinDisagrees "FSXL-S103" UserCanFix 32 "Another node of the same job uses another file system."
        "name the file system by its id, or by tags that only one has, and start the job again";
    LayoutProfile "FSXL-L101" UserCanFix 32 "The layout profile is unknown or not valid."
        "name a profile of the configuration, or correct it";
    LayoutPath "FSXL-L102" UserCanFix 32 "The path cannot carry a layout."
        "name a directory of a Lustre file system";
    LayoutCommand "FSXL-L103" UserCanFix 32 "lfs refused the layout."
        "correct what lfs names in the profile";
    LayoutNotProved "FSXL-L104" UserCanFix 32 "The layout that was set is not the one that is read back."
        "look at `lfs getstripe -d DIRECTORY`";
    LayoutAnswer "FSXL-L105" OurBug 32 "lfs printed something that fsxlustre does not understand."
        "report what `lfs getstripe` printed";
    LayoutStands "FSXL-L106" UserCanFix 32 "The directory carries another layout, or is the root of its file system."
        "say --replace, or leave the layout that stands";
    LayoutDiffers "FSXL-L107" UserCanFix 32 "The layout of a directory is not the one that its profile says."
        "run `fsxlustre layout plan`, then `fsxlustre layout apply`";
    LayoutPermission "FSXL-L108" UserCanFix 32 "The layout may not be set by this user from here."
        "run it as root or as the directory's owner; where root is squashed, add the node's NID to NoSquashNids";
    LayoutFeature "FSXL-L109" UserCanFix 32 "The client's lfs or the file system does not know what the layout asks for."
        "use a profile without it, or a newer client or file system";
    LayoutLate "FSXL-L110" MayPass 32 "A mount did not answer when its layouts were looked at."
        "run `fsxlustre status` and `fsxlustre check`";
    HsmPath "FSXL-H101" UserCanFix 32 "The path has no files whose archive state could be looked at."
        "name a directory or a file of a Lustre file system";
    HsmLate "FSXL-H102" MayPass 32 "A mount did not answer when the archive state of its files was looked at."
        "run `fsxlustre status` and `fsxlustre check`";
    HsmDisabled "FSXL-H103" UserCanFix 32 "The file system takes no requests for its archive."
        "give the file system a data repository association";
    HsmPermission "FSXL-H104" UserCanFix 32 "The file system refuses requests for its archive from this user."
        "run it as root; where root is squashed, add the node's NID to NoSquashNids";
    HsmBusy "FSXL-H105" MayPass 32 "Another run asks for the same files."
        "wait for it, or end it";
    HsmNotBegun "FSXL-H106" UserCanFix 32 "Nobody takes the requests for the archive."
        "look that the file system has a data repository association that is AVAILABLE";
    HsmFailed "FSXL-H107" UserCanFix 32 "Some files could not be brought, copied or released."
        "look at the reason of each, and run the same again";
    HsmNotDone "FSXL-H108" MayPass 32 "The time was over before everything was there."
        "run the same again: it goes on from there";
    HsmUnknown "FSXL-H109" UserCanFix 32 "The archive state of some files could not be read."
        "run it as a user who may read them";
    HsmNoWay "FSXL-H110" UserCanFix 32 "Nothing on this node can send requests for the archive."
        "install the client's programs, which have lfs";
    TuneProfile "FSXL-T101" UserCanFix 32 "The tuning profile is unknown or not valid, or none is named."
        "name a profile of `fsxlustre tune plan --help`, or correct `[tune]`";
    TuneClient "FSXL-T102" UserCanFix 32 "There is no Lustre client to tune, or it is not known which one is meant."
        "name the directory of a mount, or the file system";
    TuneUnread "FSXL-T103" MayPass 32 "The settings of a Lustre client could not be read."
        "see `fsxlustre status`, and try again";
    TuneRefused "FSXL-T104" UserCanFix 32 "A Lustre client did not take a setting, or not as it was written."
        "give it a value that the client and its servers take, or leave it out";
    TuneDrift "FSXL-T105" UserCanFix 32 "Somebody has changed a setting of the client since fsxlustre set it."
        "leave it, or say `fsxlustre tune apply --replace`";
    TunePersist "FSXL-T106" UserCanFix 32 "The file of module parameters is not fsxlustre's, or cannot be written."
        "look at /etc/modprobe.d/fsxlustre.conf, and move it away";
    ExportPath "FSXL-D101" UserCanFix 2 "The path cannot be exported, or not with the others."
        "name absolute paths on one Lustre mount of this node, without line breaks, 100 at most";
    ExportFileSystem "FSXL-D102" UserCanFix 2 "Which file system of FSx a mount is of is not known."
        "name it with --file-system fs-ID";
    NoDataRepository "FSXL-D103" UserCanFix 2 "No data repository holds the path."
        "link it: aws fsx create-data-repository-association; `fsxlustre resolve fs-ID` shows what is linked";
    DataRepositoryUnfit "FSXL-D104" UserCanFix 2 "The data repository association cannot export now."
        "do what its failure asks for: aws fsx describe-data-repository-associations";
    ExportAutomatic "FSXL-D105" UserCanFix 2 "Auto-export is on, and FSx takes no export task meanwhile."
        "wait for it: `fsxlustre export verify`; or turn it off first";
    ExportBusy "FSXL-D106" MayPass 2 "Another data repository task of the file system goes on."
        "wait until it ends, and ask again; --ticket has that done by the head node";
    ExportLimit "FSXL-D107" MayPass 2 "The account has no room for another data repository task."
        "wait until others end, and ask again; --ticket has that done by the head node";
    ExportIncomplete "FSXL-D108" UserCanFix 2 "A task ended, and not every file was exported."
        "mend what its report names, and export again";
    ExportTickets "FSXL-D109" UserCanFix 2 "The tickets of exports cannot be read or written."
        "set `[jobs] report_dir` to a folder that nodes share and only root may write to, and run this as root";
    JobVariable "FSXL-S101" UserCanFix 32 "A variable of the scheduler is missing or not valid."
        "run it from Slurm's Prolog or Epilog; give a rule with a template to jobs that have its field";
    JobState "FSXL-S102" UserCanFix 2 "The record of a job cannot be read or written."
        "make /run/fsxlustre writable for root, and not full";
    AccountingFailed "FSXL-S104" MayPass 2 "Slurm's accounting could not be asked, or refused."
        "run `fsxlustre job collect` as an operator of Slurm where slurmdbd is reached, or with --print";
    CommentStands "FSXL-S105" UserCanFix 2 "The job's AdminComment is somebody else's."
        "say --replace to write over it, or --print";
    NoReports "FSXL-S106" UserCanFix 2 "There are no reports of this job to collect."
        "set `[jobs] report_dir` on all nodes and here, and look whether the job had file systems";
    ExporterListen "FSXL-E101" UserCanFix 2 "The metrics service cannot listen on this address."
        "name a free address with --web.listen-address";
    ExporterWebConfig "FSXL-E102" UserCanFix 2 "The file of --web.config.file cannot be used."
        "correct the setting that the message names, or leave --web.config.file out";
    NoTerminal "FSXL-E201" UserCanFix 2 "There is no terminal to draw on."
        "run it in a terminal, or with --once";
    JobNotKnown "FSXL-E202" UserCanFix 2 "Nothing is known of what a job did on this node."
        "name a job that `fsxlustre status` shows, or leave --job out";
    Internal "FSXL-X101" OurBug 4 "A fault of fsxlustre itself."
        "report this";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().id)
    }
}
