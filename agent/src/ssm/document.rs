//! The documents: what each takes and how long it may run. `packaging/ssm` is made from this table.

use super::exit;
use super::grammar::{Grammar, YES_NO};
use serde_json::{Map, Value, json};

/// A parameter of a document.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name; the environment has it as `SSM_` and that.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it is when nobody gives it; `None` where it has to be given.
    pub default: Option<&'static str>,
    /// What it may be, if it is not empty.
    pub grammar: Grammar,
}

/// A document.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// The word after `fsxlustre ssm run`.
    pub name: &'static str,
    /// Its name in Systems Manager.
    pub title: &'static str,
    /// What it does.
    pub about: &'static str,
    /// After so many seconds the script is killed.
    pub seconds: u32,
    /// Its own parameters; each has [`DETAIL`] too.
    pub parameters: &'static [Parameter],
}

/// The parameter that every document has, with a default: where it is not in the environment, the agent of
/// Systems Manager does not hand parameters over that way.
pub const DETAIL: Parameter = Parameter {
    name: "Detail",
    about: "true: up to 24,000 characters of answer, for get-command-invocation, instead of 2,400",
    default: Some("false"),
    grammar: YES_NO,
};

const ALLOW_BUSY: Parameter = Parameter {
    name: "AllowBusy",
    about: "true: do it although jobs have leases, processes hold mounts or Slurm steps live on the node",
    default: Some("false"),
    grammar: YES_NO,
};

const REBOOT: Parameter = Parameter {
    name: "Reboot",
    about: "true: boot the node where that is needed and nobody uses it, and go on after that; once",
    default: Some("false"),
    grammar: YES_NO,
};

const REGION: Parameter = Parameter {
    name: "Region",
    about: "AWS Region of the file system; empty for the node's own",
    default: Some(""),
    grammar: Grammar::Region,
};

const fn yes_no(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, default: Some("false"), grammar: YES_NO }
}

const fn given(
    name: &'static str,
    about: &'static str,
    default: Option<&'static str>,
    grammar: Grammar,
) -> Parameter {
    Parameter { name, about, default, grammar }
}

/// Every document.
pub const DOCUMENTS: &[Document] = &[
    Document {
        name: "check",
        title: "FsxLustre-Check",
        about: "Does this node fit: kernel, Lustre client, LNet and file system? With Gate=reboot: may it be rebooted now?",
        seconds: 120,
        parameters: &[
            given(
                "Source",
                "file system to check: fs-ID, tag:KEY:VALUE, name:NAME or a Lustre device; empty for those of the node",
                Some(""),
                Grammar::Source,
            ),
            REGION,
            given(
                "Only",
                "only these checks or groups, with commas; empty for all",
                Some(""),
                Grammar::Names,
            ),
            given(
                "Gate",
                "reboot: only whether the node may be rebooted now, for patching windows",
                Some("none"),
                Grammar::Words(&["none", "reboot"]),
            ),
        ],
    },
    Document {
        name: "mount",
        title: "FsxLustre-Mount",
        about: "Mounts a file system; already so is success.",
        seconds: 600,
        parameters: &[
            given(
                "Source",
                "fs-ID, tag:KEY:VALUE, name:NAME or a Lustre device",
                None,
                Grammar::Source,
            ),
            given("Directory", "the mount point, by its whole path", None, Grammar::Directory),
            given("Options", "mount options, joined by commas", Some(""), Grammar::Options),
            yes_no("MakeDirectory", "true: make the mount point and what is missing above it"),
        ],
    },
    Document {
        name: "unmount",
        title: "FsxLustre-Unmount",
        about: "Unmounts a file system, never by force; with IfGone one that was deleted under its clients.",
        seconds: 600,
        parameters: &[
            given("Directory", "the mount point, by its whole path", None, Grammar::Directory),
            yes_no("IfGone", "true: by force, if AWS says that the file system was deleted"),
            given(
                "FileSystemId",
                "with IfGone: the file system's id, where the mount's record has none",
                Some(""),
                Grammar::FileSystemId,
            ),
            REGION,
            given("TimeoutSeconds", "time for the unmount", Some("60"), Grammar::Seconds(3600)),
            ALLOW_BUSY,
        ],
    },
    Document {
        name: "apply-layout",
        title: "FsxLustre-ApplyLayout",
        about: "Gives a directory the layout of a profile and proves it; what holds is left alone.",
        seconds: 300,
        parameters: &[
            given(
                "Directory",
                "the directory, by its whole path; empty for all that the configuration names",
                Some(""),
                Grammar::Directory,
            ),
            given(
                "Profile",
                "the profile; empty for what the configuration says",
                Some(""),
                Grammar::Name,
            ),
            yes_no("Replace", "true: replace another default that somebody set"),
        ],
    },
    Document {
        name: "tune",
        title: "FsxLustre-Tune",
        about: "Settings of the Lustre client, by the size of the node: shown, set and proved, put back.",
        seconds: 600,
        parameters: &[
            given(
                "Action",
                "what is done",
                Some("plan"),
                Grammar::Words(&["plan", "apply", "show", "revert"]),
            ),
            given("Profile", "the profile; empty for the configuration's", Some(""), Grammar::Name),
            yes_no("Replace", "with Action=apply, true: set anew what somebody changed since"),
            yes_no("Persist", "true: module parameters in /etc/modprobe.d too"),
            yes_no(
                "Reload",
                "with Action=apply, true: unload and load the modules, for their parameters; all is unmounted",
            ),
            REBOOT,
            ALLOW_BUSY,
        ],
    },
    Document {
        name: "install-client",
        title: "FsxLustre-InstallClient",
        about: "Installs or mends the Lustre client by the steps of `fsxlustre check --plan`, and proves it.",
        seconds: 3600,
        parameters: &[yes_no("PlanOnly", "true: only say the steps"), REBOOT, ALLOW_BUSY],
    },
    Document {
        name: "support-bundle",
        title: "FsxLustre-SupportBundle",
        about: "What is known of the node in one file, without secrets; says where it is, and sends it nowhere.",
        seconds: 180,
        parameters: &[],
    },
];

/// The document of that name.
pub fn document(name: &str) -> Option<&'static Document> {
    DOCUMENTS.iter().find(|document| document.name == name)
}

impl Document {
    /// All its parameters.
    pub fn all_parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        self.parameters.iter().chain(std::iter::once(&DETAIL))
    }

    /// The document as `aws ssm create-document` takes it.
    pub fn text(&self) -> String {
        let parameters = self.all_parameters().map(|one| (one.name.to_owned(), one.value()));
        let parameters: Map<String, Value> = parameters.collect();
        let value = json!({
            "schemaVersion": "2.2",
            "description": self.about,
            "parameters": parameters,
            "mainSteps": [{
                "action": "aws:runShellScript",
                "name": self.name.replace('-', ""),
                "precondition": { "StringEquals": ["platformType", "Linux"] },
                "inputs": { "timeoutSeconds": self.seconds.to_string(), "runCommand": self.script() },
            }],
        });
        // Nothing in it can fail to be written.
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    }

    /// The lines of its script: the parameters stay in the environment, where no shell reads them.
    fn script(&self) -> Vec<String> {
        let Self { name, title, .. } = self;
        let (old, missing) = (exit::OLD_AGENT, exit::NOT_INSTALLED);
        [
            "#!/bin/sh".to_owned(),
            "set -eu".to_owned(),
            format!("if [ -z \"${{SSM_{}+set}}\" ]; then", DETAIL.name),
            format!(
                "  echo 'FAIL {title}: the SSM Agent of this node is older than 3.3.2746.0 and hands over no \
                 parameters: update it (AWS-UpdateSSMAgent)'"
            ),
            format!("  exit {old}"),
            "fi".to_owned(),
            "if [ ! -x /usr/bin/fsxlustre ]; then".to_owned(),
            format!("  echo 'FAIL {title}: fsxlustre is not installed on this node'"),
            format!("  exit {missing}"),
            "fi".to_owned(),
            format!("exec /usr/bin/fsxlustre ssm run {name}"),
        ]
        .into()
    }
}

impl Parameter {
    fn value(&self) -> Value {
        let mut value = json!({
            "type": "String",
            "description": self.about,
            "interpolationType": "ENV_VAR",
        });
        let Some(object) = value.as_object_mut() else { return value };
        if let Some(default) = self.default {
            object.insert("default".into(), default.into());
        }
        match (self.grammar, self.grammar.pattern()) {
            (Grammar::Words(words), _) => {
                object.insert("allowedValues".into(), json!(words));
            }
            (_, Some(pattern)) => {
                let pattern = match self.default {
                    Some("") => format!("^({pattern})?$"),
                    _ => format!("^{pattern}$"),
                };
                object.insert("allowedPattern".into(), pattern.into());
                object.insert("maxChars".into(), self.grammar.longest().into());
            }
            (_, None) => {}
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// `FSXLUSTRE_UPDATE_GOLDEN=1` writes what is compared here.
    #[test]
    fn the_committed_documents_are_what_the_table_gives() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/ssm");
        let is_update = std::env::var_os("FSXLUSTRE_UPDATE_GOLDEN").is_some();
        for document in DOCUMENTS {
            let path = folder.join(format!("{}.json", document.title));
            if is_update {
                std::fs::write(&path, document.text()).expect("the committed file");
            }
            let have = std::fs::read_to_string(&path).expect("the committed file");
            assert_eq!(have, document.text(), "{} is out of date", path.display());
        }
        let count = std::fs::read_dir(&folder)
            .expect("the folder")
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("FsxLustre-"));
        assert_eq!(count.count(), DOCUMENTS.len());
    }

    #[test]
    fn every_default_is_of_its_grammar() {
        for document in DOCUMENTS {
            for parameter in document.all_parameters() {
                let default = parameter.default.filter(|default| !default.is_empty());
                assert!(
                    default.is_none_or(|text| parameter.grammar.accepts(text)),
                    "{parameter:?}"
                );
            }
        }
    }
}
