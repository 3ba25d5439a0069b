//! The table of codes: the one place where a code, its class and its exit status stand.

use super::Class;
use std::fmt;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow {
    /// `FSXL-` and a letter for the area (M mount, U unmount, N network, K kernel module, A AWS,
    /// C configuration and input, L layout, S scheduler, E exporter, X our own fault) and three
    /// digits. Never used again for another meaning.
    pub id: &'static str,
    /// Who can do something about it.
    pub class: Class,
    /// Exit status of `mount.fsxlustre`: mount(8)'s own.
    pub mount_exit: u8,
    /// What the code means, in one sentence.
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident $id:literal $class:ident $exit:literal $title:literal;)*) => {
        /// A stable message code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        /// Every code, in the order of the table.
        pub const CODES: &[CodeRow] = &[
            $(CodeRow { id: $id, class: Class::$class, mount_exit: $exit, title: $title },)*
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
                    },)*
                }
            }
        }
    };
}

codes! {
    Invocation "FSXL-C101" UserCanFix 1 "The command line is not understood.";
    NotRoot "FSXL-C102" UserCanFix 1 "This needs root.";
    ConfigUnreadable "FSXL-C111" UserCanFix 2 "A configuration file cannot be read.";
    ConfigInvalid "FSXL-C112" UserCanFix 2 "A configuration file is not valid.";
    FstabUnreadable "FSXL-C121" UserCanFix 2 "The fstab file cannot be read.";
    SourceForm "FSXL-C201" UserCanFix 1 "The source has no form that fsxlustre knows.";
    OptionUnknown "FSXL-C211" UserCanFix 1 "A mount option is not known.";
    OptionValue "FSXL-C212" UserCanFix 1 "The value of a mount option is not valid.";
    OptionConflict "FSXL-C213" UserCanFix 1 "Two mount options contradict each other.";
    MountPointMissing "FSXL-M101" UserCanFix 32 "The mount point does not exist.";
    MountPointUnfit "FSXL-M102" UserCanFix 32 "The mount point is not a directory, or is reached through a symbolic link.";
    MountPointNotEmpty "FSXL-M103" UserCanFix 32 "The mount point is not empty.";
    MountPointBusy "FSXL-M104" UserCanFix 32 "Something else is mounted on the mount point.";
    SameFsname "FSXL-M105" UserCanFix 32 "Another file system of the same Lustre name is mounted already.";
    MountHelperMissing "FSXL-K101" UserCanFix 32 "The Lustre client's mount.lustre is not installed.";
    ModuleMissing "FSXL-K102" UserCanFix 32 "The Lustre module could not be loaded.";
    LnetDown "FSXL-K103" UserCanFix 32 "LNet could not start.";
    FsnameUnknown "FSXL-M201" UserCanFix 32 "The server does not know this mount name.";
    ServerUnreachable "FSXL-N201" MayPass 32 "The file system's server does not answer, or refuses this client.";
    NameUnresolved "FSXL-N202" MayPass 32 "A server's name could not be resolved.";
    LustreOption "FSXL-M202" UserCanFix 32 "The Lustre client refused an option or the device.";
    MountPermission "FSXL-M203" UserCanFix 32 "The kernel did not permit the mount.";
    MountRace "FSXL-M204" MayPass 32 "Another mount is going on.";
    MountTimeout "FSXL-M205" MayPass 32 "The mount did not end within its deadline.";
    MountFailed "FSXL-M206" UserCanFix 32 "mount.lustre failed for a reason that fsxlustre does not know.";
    NotVerified "FSXL-M207" UserCanFix 32 "The mount was made but is not as it was asked for.";
    NoAnswer "FSXL-M208" MayPass 32 "The mounted file system does not answer.";
    WriteRefused "FSXL-M210" UserCanFix 32 "The file system was mounted, but root cannot write to it.";
    VersionMisfit "FSXL-M211" UserCanFix 32 "The Lustre client and the file system are of versions that do not work together.";
    MountStuck "FSXL-M212" MayPass 32 "An earlier mount is stuck in the kernel.";
    SubdirUnfit "FSXL-M213" UserCanFix 32 "The sub-directory does not exist or is not a directory.";
    RemountUnable "FSXL-M214" UserCanFix 32 "An option cannot be changed while the file system is mounted.";
    NamespaceUnusable "FSXL-M215" UserCanFix 32 "The mount namespace cannot be entered.";
    MountExists "FSXL-M216" MayPass 32 "mount.lustre says that it is mounted already, but mountinfo does not show it.";
    NotADevice "FSXL-M217" UserCanFix 32 "The source is not a Lustre client's device.";
    NoNetwork "FSXL-N203" UserCanFix 32 "This node's LNet has no network of the server's kind.";
    Interrupted "FSXL-M209" MayPass 8 "A signal asked fsxlustre to stop.";
    MountInfoUnreadable "FSXL-M301" UserCanFix 2 "The list of mounts cannot be read.";
    StateUnwritable "FSXL-M302" UserCanFix 2 "The state folder cannot be written.";
    LockTimeout "FSXL-M303" MayPass 32 "Another call of fsxlustre holds the lock.";
    ProgramFailed "FSXL-M304" UserCanFix 32 "A program could not be run or did not end.";
    Busy "FSXL-U101" UserCanFix 32 "The file system is in use.";
    UnmountTimeout "FSXL-U102" MayPass 32 "The unmount did not end within its deadline.";
    UnmountFailed "FSXL-U103" UserCanFix 32 "The kernel refused to unmount.";
    NotMounted "FSXL-U104" UserCanFix 32 "There is no such Lustre mount.";
    UnmountKind "FSXL-U105" UserCanFix 1 "This way of unmounting is not offered.";
    ClientStays "FSXL-U106" UserCanFix 32 "The mount is gone, but its Lustre client lives on: something else on the node uses it.";
    EvictedAndDirty "FSXL-U107" UserCanFix 32 "The client was evicted and has unwritten bytes: an unmount can panic the node.";
    OthersUseIt "FSXL-U108" UserCanFix 32 "A forced or lazy unmount would hit others who use the file system.";
    StaysCutOff "FSXL-U109" UserCanFix 32 "A forced unmount cut the client off, but the mount is still there.";
    DirectoryKept "FSXL-U110" UserCanFix 32 "A directory that fsxlustre had made could not be removed.";
    NotGone "FSXL-U111" UserCanFix 32 "It is not proved that the file system is gone.";
    NoRegion "FSXL-A101" UserCanFix 32 "No AWS Region is known.";
    NoCredentials "FSXL-A102" UserCanFix 32 "No AWS credentials were found.";
    AccessDenied "FSXL-A103" UserCanFix 32 "AWS refused the call.";
    ApiUnavailable "FSXL-A104" MayPass 32 "The AWS API could not be asked.";
    ApiTimeout "FSXL-A105" MayPass 32 "The AWS API did not answer in time.";
    ApiAnswer "FSXL-A106" MayPass 32 "The AWS API's answer lacks what is needed.";
    TagUnknown "FSXL-A201" UserCanFix 32 "No file system carries these tags.";
    TagAmbiguous "FSXL-A202" UserCanFix 32 "More than one file system carries these tags.";
    FileSystemUnknown "FSXL-A203" UserCanFix 32 "There is no such file system.";
    FileSystemUnusable "FSXL-A204" MayPass 32 "The file system is not in a state to be mounted.";
    NotLustre "FSXL-A205" UserCanFix 32 "The file system is not a Lustre file system.";
    ResolverFailed "FSXL-A301" UserCanFix 32 "The fsxlustre agent could not be asked for the file system.";
    LayoutProfile "FSXL-L101" UserCanFix 32 "The layout profile is unknown or not valid.";
    LayoutPath "FSXL-L102" UserCanFix 32 "The path cannot carry a layout.";
    LayoutCommand "FSXL-L103" UserCanFix 32 "lfs refused the layout.";
    LayoutNotProved "FSXL-L104" UserCanFix 32 "The layout that was set is not the one that is read back.";
    LayoutAnswer "FSXL-L105" OurBug 32 "lfs printed something that fsxlustre does not understand.";
    LayoutStands "FSXL-L106" UserCanFix 32 "The directory carries another layout, or is the root of its file system.";
    JobVariable "FSXL-S101" UserCanFix 32 "A variable of the scheduler is missing or not valid.";
    JobState "FSXL-S102" UserCanFix 2 "The record of a job cannot be read or written.";
    ExporterListen "FSXL-E101" UserCanFix 2 "The metrics service cannot listen on this address.";
    Internal "FSXL-X101" OurBug 4 "A fault of fsxlustre itself.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().id)
    }
}
