//! What a sandbox is to hold when it starts.

use std::path::PathBuf;

use crate::error::Error;
use crate::keeper::Keeper;
use crate::plan::{API_ADDRESS, Plan, Program, STANDIN_ROOT};
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
}

impl Setup {
    /// The programs of the workspace, where an installation puts them.
    pub fn standard() -> Self {
        Self { built: true, programs: Vec::new() }
    }

    /// None of the workspace's programs.
    pub fn bare() -> Self {
        Self { built: false, programs: Vec::new() }
    }

    /// Puts one more program of the host into the sandbox.
    #[must_use]
    pub fn install(mut self, from: impl Into<PathBuf>, to: impl Into<PathBuf>) -> Self {
        self.programs.push(Program { from: from.into(), to: to.into() });
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
            config: default_config(),
            standin_client: built("standin-client")?,
            python: endpoint_python()?,
            endpoint: endpoint()?,
            ip: tools.ip.clone(),
        };
        let init = built("sandbox-init")?;
        let keeper = Keeper::start(&tools, &init, &plan)?;
        Ok(Sandbox::new(keeper, [tools.nsenter, init, plan.standin_client]))
    }
}

fn default_config() -> String {
    format!(
        r#"[host]
procfs = "{STANDIN_ROOT}/proc"
sysfs = "{STANDIN_ROOT}/sys"
kernel_log = "{STANDIN_ROOT}/state/kmsg"
program_folders = ["{STANDIN_ROOT}/usr/sbin", "{STANDIN_ROOT}/usr/bin"]
filesystem_types = ["lustre", "fuse.lustre"]

[aws]
endpoint_url = "http://{API_ADDRESS}"
"#
    )
}
