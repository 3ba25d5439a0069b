//! The agent of Systems Manager on a node.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::Document;
use super::kept::{BOTH, STDERR, STDOUT, both, first};
use crate::Sandbox;

/// The agent starts scripts with systemd's own search path.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
/// The exit status by which a script asks for a reboot.
const REBOOT: i32 = 194;
/// What the agent says of a script that it killed.
const KILLED: i32 = 137;
/// More reboots than any document may ask for; the agent itself knows no end.
const MOST_REBOOTS: u32 = 5;

/// Which agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 3.3.2746.0 or later: hands parameters over in the environment.
    Current,
    /// An earlier one, to which `interpolationType` says nothing.
    Old,
}

/// What a reboot does to a node.
type Reboot<'a> = Box<dyn Fn(&Sandbox) + 'a>;

/// The agent of one node.
pub struct Agent<'a> {
    node: &'a Sandbox,
    /// The id of its instance.
    pub instance: String,
    version: Version,
    time_out: Option<Duration>,
    on_reboot: Option<Reboot<'a>>,
}

/// What became of a command on one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Of which instance.
    pub instance: String,
    /// `Success`, `Failed` or `TimedOut`.
    pub status: &'static str,
    /// The script's exit status.
    pub code: i32,
    /// The whole of what it printed.
    pub stdout: String,
    /// And of its errors.
    pub stderr: String,
    /// How often the node was rebooted.
    pub reboots: u32,
    /// Why the command was not begun.
    pub refused: Option<String>,
}

impl<'a> Agent<'a> {
    /// A current one.
    pub fn of(node: &'a Sandbox) -> Self {
        let instance = "i-0123456789abcdef0".to_owned();
        Self { node, instance, version: Version::Current, time_out: None, on_reboot: None }
    }

    /// Another version.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Another instance.
    #[must_use]
    pub fn instance(mut self, id: &str) -> Self {
        id.clone_into(&mut self.instance);
        self
    }

    /// Kills scripts after this time, in place of the document's.
    #[must_use]
    pub fn time_out(mut self, time: Duration) -> Self {
        self.time_out = Some(time);
        self
    }

    /// What a reboot does to the node.
    #[must_use]
    pub fn on_reboot(mut self, reboot: impl Fn(&Sandbox) + 'a) -> Self {
        self.on_reboot = Some(Box::new(reboot));
        self
    }

    /// Runs a document with these parameters, and again after each reboot.
    pub fn run(&self, document: &Document, given: &[(&str, &str)]) -> Invocation {
        let mut told = Invocation {
            instance: self.instance.clone(),
            status: "Failed",
            code: -1,
            stdout: String::new(),
            stderr: String::new(),
            reboots: 0,
            refused: None,
        };
        let parameters = match document.parameters(given) {
            Ok(parameters) => parameters,
            Err(refused) => return Invocation { refused: Some(refused), ..told },
        };
        let folder = "/var/lib/amazon/ssm/orchestration/0.awsrunShellScript";
        let script = format!("{folder}/_script.sh");
        self.node.run(["mkdir", "-p", folder]).assert_success();
        self.node.write_program(&script, &self.text(document, &parameters));
        loop {
            let (code, stdout, stderr) = self.once(document, &parameters, folder, &script);
            told.status = match code {
                0 | REBOOT => "Success",
                KILLED => "TimedOut",
                _ => "Failed",
            };
            (told.code, told.stdout, told.stderr) = (code, stdout, stderr);
            if code != REBOOT || told.reboots == MOST_REBOOTS {
                return told;
            }
            told.reboots += 1;
            if let Some(reboot) = &self.on_reboot {
                reboot(self.node);
            }
        }
    }

    /// The script's text. What does not come by the environment is pasted into it.
    fn text(&self, document: &Document, parameters: &BTreeMap<String, String>) -> String {
        let by_text = parameters
            .iter()
            .filter(|(name, _)| self.version == Version::Old || !document.is_by_environment(name));
        by_text.fold(document.script(), |text, (name, value)| {
            text.replace(&format!("{{{{{name}}}}}"), value)
                .replace(&format!("{{{{ {name} }}}}"), value)
        })
    }

    /// Runs the script once: a group of its own, pipes that are read until nobody holds them any more,
    /// SIGKILL to the group at the time-out.
    fn once(
        &self,
        document: &Document,
        parameters: &BTreeMap<String, String>,
        folder: &str,
        script: &str,
    ) -> (i32, String, String) {
        let mut command = Command::new(self.node.nsenter());
        let init = self.node.init().to_string();
        command
            .args(["--target", &init, "--mount", "--net", "--pid", "--"])
            .args(["/usr/bin/env", "--chdir", folder, "sh", "-c", script])
            .env_clear()
            .envs([
                ("PATH", PATH),
                ("AWS_SSM_INSTANCE_ID", &self.instance),
                ("AWS_SSM_REGION_NAME", "us-east-1"),
                ("AWS_SSM_PLATFORM_NAME", "Amazon Linux"),
                ("AWS_SSM_PLATFORM_VERSION", "2023"),
                ("SSM_COMMAND_ID", "0831e1a8-a1ac-4257-a1fd-c831bb48c4f4"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        for (name, value) in parameters {
            if self.version == Version::Current && document.is_by_environment(name) {
                command.env(format!("SSM_{name}"), value);
            }
        }
        let mut child = command.spawn().expect("nsenter runs");
        let group = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (tell, ended) = channel();
        std::thread::spawn(move || {
            let errors = std::thread::spawn(move || all_of(stderr));
            let printed = all_of(stdout);
            let errors = errors.join().unwrap_or_default();
            let status = child.wait().expect("a child");
            // Nobody listens to a script that was killed.
            let _ = tell.send((status, printed, errors));
        });
        match ended.recv_timeout(self.time_out.unwrap_or_else(|| document.time_out())) {
            Ok((status, printed, errors)) => {
                let signal = || status.signal().map_or(-1, |signal| 128 + signal);
                (status.code().unwrap_or_else(signal), printed, errors)
            }
            Err(RecvTimeoutError::Timeout) => {
                let _ = killpg(group, Signal::SIGKILL);
                (KILLED, String::new(), String::new())
            }
            Err(RecvTimeoutError::Disconnected) => (-1, String::new(), String::new()),
        }
    }
}

/// Everything until all who could write are gone.
fn all_of(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = pipe.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Invocation {
    /// `StandardOutputContent` of `get-command-invocation`.
    pub fn standard_output(&self) -> String {
        first(&self.stdout, STDOUT)
    }

    /// `StandardErrorContent` of the same.
    pub fn standard_error(&self) -> String {
        first(&self.stderr, STDERR)
    }

    /// `CommandPlugins[0].Output` of `list-command-invocations --details`.
    pub fn output(&self) -> String {
        both(&self.stdout, &self.stderr, BOTH)
    }

    /// The first line.
    pub fn verdict(&self) -> &str {
        self.stdout.lines().next().unwrap_or_default()
    }

    /// The JSON below it.
    ///
    /// # Panics
    ///
    /// When the output as the service keeps it is not a verdict and JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let output = self.output();
        let (_, json) = output.split_once('\n').unwrap_or_else(|| panic!("one line: {self:?}"));
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// One of the `CommandInvocations` of `list-command-invocations --details`.
    pub fn listed(&self, command_id: &str, document: &str) -> Value {
        json!({
            "CommandId": command_id,
            "InstanceId": self.instance,
            "DocumentName": document,
            "Status": self.status,
            "CommandPlugins": [{
                "Name": "aws:runShellScript",
                "Status": self.status,
                "ResponseCode": self.code,
                "Output": self.output(),
            }],
        })
    }
}
