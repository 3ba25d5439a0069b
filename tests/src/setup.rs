//! What a sandbox is to hold when it starts.

use std::path::PathBuf;

use crate::error::Error;
use crate::keeper::Keeper;
use crate::plan::{API_ADDRESS, Endpoint, Plan, Program, STANDIN_ROOT};
use crate::prerequisites::{
    Tools, built_programs, check_machine, endpoint, endpoint_python, existing,
};
use crate::sandbox::Sandbox;

/// The workspace's programs and where an installation puts them.
const PROGRAMS: [(&str, &str); 3] = [
    ("fsxlustre", "/usr/bin/fsxlustre"),
    ("mount-fsxlustre", "/usr/sbin/mount.fsxlustre"),
    ("umount-fsxlustre", "/usr/sbin/umount.fsxlustre"),
];

/// What Cargo must have done before.
const BUILD: &str = "Run cargo build --workspace (with the same --release or --profile)";

/// The content of a sandbox that is yet to start.
#[derive(Debug)]
pub struct Setup {
    built: bool,
    programs: Vec<Program>,
    aws: Aws,
}

/// Whose AWS endpoint a sandbox uses.
#[derive(Debug)]
enum Aws {
    /// Its own, which nobody else reaches.
    Own,
    /// Its own, at every address that its network has.
    OwnForOthers,
    /// That of another sandbox; the way to it, and to its metadata service, is made later.
    Of(String),
}

impl Setup {
    /// The programs of the workspace, where an installation puts them.
    pub fn standard() -> Self {
        Self { built: true, programs: Vec::new(), aws: Aws::Own }
    }

    /// None of the workspace's programs.
    pub fn bare() -> Self {
        Self { built: false, programs: Vec::new(), aws: Aws::Own }
    }

    /// Puts one more program of the host into the sandbox.
    #[must_use]
    pub fn install(mut self, from: impl Into<PathBuf>, to: impl Into<PathBuf>) -> Self {
        self.programs.push(Program { from: from.into(), to: to.into() });
        self
    }

    /// Lets other sandboxes use the AWS endpoint of this one.
    #[must_use]
    pub fn aws_for_others(mut self) -> Self {
        self.aws = Aws::OwnForOthers;
        self
    }

    /// Starts no AWS endpoint: that at `HOST:PORT` is used, once the way to it is made.
    #[must_use]
    pub fn aws_of(mut self, address: &str) -> Self {
        self.aws = Aws::Of(address.to_owned());
        self
    }

    /// Starts the sandbox; it answers when this returns.
    ///
    /// # Errors
    ///
    /// When the machine lacks something, or the sandbox does not get ready in time. The text says
    /// what to do.
    pub fn start(self) -> Result<Sandbox, Error> {
        check_machine()?;
        let tools = Tools::find()?;
        let folder = built_programs()?;
        let built = |name: &str| existing(folder.join(name), BUILD);
        let mut programs = Vec::new();
        if self.built {
            for (name, to) in PROGRAMS {
                programs.push(Program { from: built(name)?, to: to.into() });
            }
        }
        for program in self.programs {
            existing(program.from.clone(), "Build or name it before the sandbox starts")?;
            programs.push(program);
        }
        let plan = Plan {
            programs,
            config: self.aws.config(),
            standin_client: built("standin-client")?,
            python: endpoint_python()?,
            endpoint: self.aws.endpoint()?,
            ip: tools.ip.clone(),
        };
        let init = built("sandbox-init")?;
        let keeper = Keeper::start(&tools, &init, &plan)?;
        Ok(Sandbox::new(keeper, [tools.nsenter, init, plan.standin_client]))
    }
}

impl Aws {
    fn endpoint(&self) -> Result<Option<Endpoint>, Error> {
        let listen = match self {
            Self::Own => API_ADDRESS.to_owned(),
            Self::OwnForOthers => API_ADDRESS.replace("127.0.0.1", "0.0.0.0"),
            Self::Of(_) => return Ok(None),
        };
        Ok(Some(Endpoint { program: endpoint()?, listen }))
    }

    fn config(&self) -> String {
        match self {
            Self::Of(address) => config(address),
            Self::Own | Self::OwnForOthers => config(API_ADDRESS),
        }
    }
}

fn config(api: &str) -> String {
    format!(
        r#"[host]
procfs = "{STANDIN_ROOT}/proc"
sysfs = "{STANDIN_ROOT}/sys"
kernel_log = "{STANDIN_ROOT}/state/kmsg"
program_folders = ["{STANDIN_ROOT}/usr/sbin", "{STANDIN_ROOT}/usr/bin"]
filesystem_types = ["lustre", "fuse.lustre"]

[aws]
endpoint_url = "http://{api}"
"#
    )
}
