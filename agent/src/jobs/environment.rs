//! The scheduler's variables: a fixed list, each with a strict grammar; the rest is not read.
//!
//! *Source*: `slurmd`'s Prolog and Epilog environment, Slurm 20.02 to 26.05.

use super::JobField;
use fsxlustre_mount::failure::{Code, Explain, one_line};

/// Longest name of a cluster, a node or a partition.
const LONGEST_NAME: usize = 128;

/// A job on this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobVariables {
    cluster: String,
    job_id: u32,
    restart: u32,
    node: String,
    /// The partition; old epilogs lack it.
    pub partition: Option<String>,
    account: Option<String>,
    user: Option<String>,
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
    /// [`JobVariableError`]; only the job's id must be there.
    pub fn read(get: impl Fn(&'static str) -> Option<String>) -> Result<Self, JobVariableError> {
        let number = |name: &'static str| match get(name) {
            None => Ok(None),
            Some(value) => {
                let parsed = Some(&value)
                    .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
                    .and_then(|text| text.parse::<u32>().ok());
                parsed.map(Some).ok_or(JobVariableError::Invalid { name, value })
            }
        };
        let word = |name: &'static str| match get(name) {
            Some(value) if is_name(&value) => Ok(Some(value)),
            Some(value) => Err(JobVariableError::Invalid { name, value }),
            None => Ok(None),
        };
        Ok(Self {
            cluster: word("SLURM_CLUSTER_NAME")?.unwrap_or_else(|| "cluster".into()),
            job_id: number("SLURM_JOB_ID")?
                .ok_or(JobVariableError::Missing { name: "SLURM_JOB_ID" })?,
            restart: number("SLURM_JOB_RESTART_COUNT")?.unwrap_or_default(),
            node: word("SLURMD_NODENAME")?.unwrap_or_else(|| "node".into()),
            // Only compared with the rules, so one of another form is merely in none of them.
            partition: get("SLURM_JOB_PARTITION"),
            account: get("SLURM_JOB_ACCOUNT"),
            user: get("SLURM_JOB_USER"),
        })
    }

    /// The job's key: cluster, job, restart count and node. A requeued job keeps its id, so the
    /// restart count belongs to it.
    pub fn key(&self) -> String {
        let Self { cluster, job_id, restart, node, .. } = self;
        format!("{cluster}_{job_id}_{restart}_{node}")
    }

    /// The key without the node: what all nodes of this run of the job have in common.
    pub fn key_on_all_nodes(&self) -> String {
        let Self { cluster, job_id, restart, .. } = self;
        format!("{cluster}_{job_id}_{restart}")
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

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_slurm_never_sets_is_refused() {
        for (name, value) in [
            ("SLURM_JOB_ID", "../../etc"),
            ("SLURM_JOB_ID", "-1"),
            ("SLURM_JOB_ID", ""),
            ("SLURMD_NODENAME", "a/b"),
            ("SLURM_CLUSTER_NAME", ".."),
        ] {
            let error = read(&[(name, value), ("SLURM_JOB_ID", "1")]).expect_err(value);
            assert!(error.because().contains(value), "{error:?}");
        }
        assert!(matches!(read(&[]), Err(JobVariableError::Missing { name: "SLURM_JOB_ID" })));
    }
}
