//! The scheduler's variables: a fixed list, each with a strict grammar; the rest is not read.
//!
//! What names the job must fit, or nothing is done. What only chooses among an administrator's rules
//! is taken for absent where it does not fit, and that is said: no job's own words stop a node.
//!
//! *Source*: `slurmd`'s Prolog and Epilog environment, Slurm 20.02 to 26.05.

use super::JobField;
use super::asked_for::{LONGEST_VALUE, comment_words, features, licenses};
use super::collect::expand;
use fsxlustre_mount::failure::{Code, Explain, one_line};
use std::collections::BTreeSet;
use std::ffi::OsString;

/// Longest name of a cluster, a node or a partition.
const LONGEST_NAME: usize = 96;

/// A job on this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobVariables {
    cluster: String,
    job_id: u32,
    restart: u32,
    node: String,
    /// The unique id of this run, where Slurm has one (25.11 and later).
    pub sluid: Option<String>,
    /// The id that the components of a heterogeneous job have in common.
    pub het_job_id: Option<u32>,
    /// The partition; old epilogs lack it.
    pub partition: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The user's name.
    pub user: Option<String>,
    /// The licences that it asks for.
    pub licenses: BTreeSet<String>,
    /// The features that its constraint names.
    pub features: BTreeSet<String>,
    /// The words of its comment.
    pub comment: BTreeSet<String>,
    /// The names of its nodes, as Slurm writes such a list; told in its report, and which of them brings files.
    pub nodes: Option<String>,
    /// What was passed over, and why.
    pub oddities: Vec<String>,
}

/// A variable is missing or not what Slurm sets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobVariableError {
    /// It is not set.
    #[error("the variable {name} is not set")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// Its value does not fit.
    #[error("the variable {name} is not valid")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

impl Explain for JobVariableError {
    fn code(&self) -> Code {
        Code::JobVariable
    }
    fn asked(&self) -> String {
        let (Self::Missing { name } | Self::Invalid { name, .. }) = self;
        format!("read {name}")
    }
    fn because(&self) -> String {
        match self {
            Self::Missing { .. } => "Slurm sets it for Prolog and Epilog".into(),
            Self::Invalid { value, .. } => {
                let short: String = value.chars().take(60).collect();
                format!("its value is '{}'", one_line(&short))
            }
        }
    }
    fn remedy(&self) -> String {
        "call this from slurmd's Prolog and Epilog, or set SLURM_JOB_ID by hand".into()
    }
}

impl JobVariables {
    /// Reads the variables through `get`.
    ///
    /// # Errors
    /// [`JobVariableError`] of what names the job; only its id must be there.
    pub fn read<T: Into<OsString>>(
        get: impl Fn(&'static str) -> Option<T>,
    ) -> Result<Self, JobVariableError> {
        let get = |name| get(name).map(Into::into);
        let mut choosing = Choosing { get: &get, oddities: Vec::new() };
        let het = ["SLURM_HET_JOB_ID", "SLURM_PACK_JOB_ID"];
        let chosen = Self {
            cluster: name_of(&get, "SLURM_CLUSTER_NAME")?.unwrap_or_else(|| "cluster".into()),
            job_id: number_of(&get, "SLURM_JOB_ID")?
                .ok_or(JobVariableError::Missing { name: "SLURM_JOB_ID" })?,
            restart: number_of(&get, "SLURM_JOB_RESTART_COUNT")?.unwrap_or_default(),
            node: name_of(&get, "SLURMD_NODENAME")?.unwrap_or_else(|| "node".into()),
            sluid: name_of(&get, "SLURM_JOB_SLUID")?,
            het_job_id: het.into_iter().find_map(|name| number_of(&get, name).ok().flatten()),
            partition: choosing.text("SLURM_JOB_PARTITION"),
            account: choosing.text("SLURM_JOB_ACCOUNT"),
            user: choosing.text("SLURM_JOB_USER"),
            licenses: choosing.names("SLURM_JOB_LICENSES", licenses),
            features: choosing.names("SLURM_JOB_CONSTRAINTS", features),
            comment: choosing.names("SLURM_JOB_COMMENT", |text| Ok(comment_words(text))),
            nodes: node_list(&get),
            oddities: Vec::new(),
        };
        Ok(Self { oddities: choosing.oddities, ..chosen })
    }

    /// The job's key: cluster, job, restart count and node. A requeued job keeps its id, so the
    /// restart count belongs to it.
    pub fn key(&self) -> String {
        let Self { cluster, job_id, restart, node, .. } = self;
        format!("{cluster}_{job_id}_{restart}_{node}")
    }

    /// How often the job was started before.
    pub fn restart(&self) -> u32 {
        self.restart
    }

    /// The restart count in a key of this job on this node; `None` for another's.
    pub fn restart_of(&self, key: &str) -> Option<u32> {
        let Self { cluster, job_id, node, .. } = self;
        let rest = key.strip_prefix(&format!("{cluster}_{job_id}_"))?;
        rest.strip_suffix(&format!("_{node}"))?.parse().ok()
    }

    /// The same job, started that often before.
    #[must_use]
    pub fn with_restart(self, restart: u32) -> Self {
        Self { restart, ..self }
    }

    /// The key without the node: what all nodes of this run of the job have in common; of a
    /// heterogeneous job also all its components.
    pub fn key_on_all_nodes(&self) -> String {
        let Self { cluster, restart, .. } = self;
        let job_id = self.het_job_id.unwrap_or(self.job_id);
        format!("{cluster}_{job_id}_{restart}")
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.job_id
    }

    /// Slurm's cluster.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// This node's name.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// A field for a template.
    ///
    /// # Errors
    /// [`JobVariableError`] when the job lacks it, or it has no form of a name.
    pub fn field(&self, field: JobField) -> Result<String, JobVariableError> {
        let (name, value) = match field {
            JobField::Cluster => return Ok(self.cluster.clone()),
            JobField::Id => return Ok(self.job_id.to_string()),
            JobField::Account => ("SLURM_JOB_ACCOUNT", &self.account),
            JobField::Partition => ("SLURM_JOB_PARTITION", &self.partition),
            JobField::User => ("SLURM_JOB_USER", &self.user),
        };
        match value {
            Some(value) if is_name(value) => Ok(value.clone()),
            Some(value) => Err(JobVariableError::Invalid { name, value: value.clone() }),
            None => Err(JobVariableError::Missing { name }),
        }
    }

    /// How a message names the job.
    pub fn label(&self) -> String {
        format!("job {}", self.job_id)
    }
}

type Get<'a> = &'a dyn Fn(&'static str) -> Option<OsString>;

fn number_of(get: Get<'_>, name: &'static str) -> Result<Option<u32>, JobVariableError> {
    let Some(value) = get(name) else { return Ok(None) };
    let is_number = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
    let number = value.to_str().filter(is_number).and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| invalid(name, &value))
}

fn name_of(get: Get<'_>, name: &'static str) -> Result<Option<String>, JobVariableError> {
    let Some(value) = get(name) else { return Ok(None) };
    let text = value.to_str().filter(|text| is_name(text)).map(str::to_owned);
    text.map(Some).ok_or_else(|| invalid(name, &value))
}

/// A list of nodes; one that does not fit is none.
fn node_list(get: Get<'_>) -> Option<String> {
    let names = ["SLURM_JOB_NODELIST", "SLURM_NODELIST"];
    let list = names.into_iter().find_map(get)?.into_string().ok()?;
    expand(&list).is_ok().then_some(list)
}

fn invalid(name: &'static str, value: &OsString) -> JobVariableError {
    let value: String = value.to_string_lossy().chars().take(LONGEST_NAME).collect();
    JobVariableError::Invalid { name, value }
}

/// Reads what only chooses among rules, and notes what is passed over.
struct Choosing<'a> {
    get: Get<'a>,
    oddities: Vec<String>,
}

impl Choosing<'_> {
    fn text(&mut self, name: &'static str) -> Option<String> {
        let value = (self.get)(name)?;
        let because = match value.to_str() {
            _ if value.len() > LONGEST_VALUE => format!("it is longer than {LONGEST_VALUE} bytes"),
            None => "it is not UTF-8".into(),
            Some(text) if text.chars().any(|c| c.is_control() && !c.is_whitespace()) => {
                "it has control characters".into()
            }
            Some(text) => return Some(text.to_owned()),
        };
        self.pass_over(name, &because);
        None
    }

    fn names(
        &mut self,
        name: &'static str,
        grammar: impl Fn(&str) -> Result<BTreeSet<String>, String>,
    ) -> BTreeSet<String> {
        let Some(text) = self.text(name) else { return BTreeSet::new() };
        grammar(&text).unwrap_or_else(|because| {
            self.pass_over(name, &because);
            BTreeSet::new()
        })
    }

    fn pass_over(&mut self, name: &'static str, because: &str) {
        self.oddities.push(format!("{name} is passed over: {because}"));
    }
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt as _;

    fn read(pairs: &[(&str, &str)]) -> Result<JobVariables, JobVariableError> {
        JobVariables::read(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_key_tells_restarts_and_nodes_apart() {
        let job = read(&[
            ("SLURM_CLUSTER_NAME", "prod"),
            ("SLURM_JOB_ID", "17"),
            ("SLURM_JOB_RESTART_COUNT", "2"),
            ("SLURMD_NODENAME", "c-5"),
            ("SLURM_JOB_PARTITION", "gpu"),
        ])
        .expect("fits");
        assert_eq!(job.key(), "prod_17_2_c-5");
        assert_eq!(job.partition.as_deref(), Some("gpu"));
        let odd = read(&[("SLURM_JOB_ID", "1"), ("SLURM_JOB_PARTITION", "gpu+a100")]);
        assert_eq!(odd.expect("fits").partition.as_deref(), Some("gpu+a100"));
        assert_eq!(read(&[("SLURM_JOB_ID", "17")]).expect("fits").key(), "cluster_17_0_node");
    }

    #[test]
    fn components_of_a_heterogeneous_job_are_jobs_that_agree() {
        for name in ["SLURM_HET_JOB_ID", "SLURM_PACK_JOB_ID"] {
            let one = read(&[("SLURM_JOB_ID", "20"), (name, "20")]).expect("fits");
            let two = read(&[("SLURM_JOB_ID", "21"), (name, "20")]).expect("fits");
            assert_ne!(one.key(), two.key());
            assert_eq!(one.key_on_all_nodes(), two.key_on_all_nodes());
        }
        let odd = read(&[("SLURM_JOB_ID", "21"), ("SLURM_HET_JOB_ID", "x")]).expect("fits");
        assert_eq!(odd.key_on_all_nodes(), "cluster_21_0");
    }

    #[test]
    fn what_slurm_never_sets_is_refused() {
        for (name, value) in [
            ("SLURM_JOB_ID", "../../etc"),
            ("SLURM_JOB_ID", "-1"),
            ("SLURM_JOB_ID", ""),
            ("SLURM_JOB_ID", "99999999999"),
            ("SLURM_JOB_SLUID", "s/x"),
            ("SLURMD_NODENAME", "a/b"),
            ("SLURM_CLUSTER_NAME", ".."),
        ] {
            let error = read(&[(name, value), ("SLURM_JOB_ID", "1")]).expect_err(value);
            assert!(error.because().contains(value), "{error:?}");
        }
        assert!(matches!(read(&[]), Err(JobVariableError::Missing { name: "SLURM_JOB_ID" })));
    }

    #[test]
    fn what_only_chooses_is_passed_over_where_it_does_not_fit() {
        let long = "x".repeat(LONGEST_VALUE + 1);
        let job = read(&[
            ("SLURM_JOB_ID", "1"),
            ("SLURM_JOB_LICENSES", "fsx_scratch:2"),
            ("SLURM_JOB_CONSTRAINTS", "a&&b"),
            ("SLURM_JOB_COMMENT", &long),
            ("SLURM_JOB_ACCOUNT", "a\u{1b}[31mb"),
        ])
        .expect("fits");
        assert_eq!(job.licenses, BTreeSet::from(["fsx_scratch".to_owned()]));
        assert!(job.features.is_empty() && job.comment.is_empty() && job.account.is_none());
        assert_eq!(job.oddities.len(), 3, "{:?}", job.oddities);
        let binary = JobVariables::read(|name| match name {
            "SLURM_JOB_ID" => Some(OsString::from("1")),
            "SLURM_JOB_USER" | "SLURM_JOB_COMMENT" => Some(OsString::from_vec(vec![0xff, b'a'])),
            _ => None,
        });
        assert_eq!(binary.expect("fits").oddities.len(), 2);
    }
}
