//! Templates in the tags of a job's source: `tag:Project:{job.account}`.
//!
//! Only an administrator's file holds a template. What is put in its place comes from the scheduler,
//! has the strict grammar of a name, and is percent-encoded as a tag's value is: a job can choose
//! among the file systems that the rule allows, and nothing else.

use super::{JobVariableError, JobVariables};
use fsxlustre_mount::failure::{Code, Explain, one_line};
use fsxlustre_mount::source::{Source, encode};

/// A field of a job that a template may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobField {
    /// `{cluster}`: `SLURM_CLUSTER_NAME`.
    Cluster,
    /// `{job.id}`: `SLURM_JOB_ID`.
    Id,
    /// `{job.account}`: `SLURM_JOB_ACCOUNT`.
    Account,
    /// `{job.partition}`: `SLURM_JOB_PARTITION`.
    Partition,
    /// `{job.user}`: `SLURM_JOB_USER`.
    User,
}

/// Each field by its name in a template.
const FIELDS: [(&str, JobField); 5] = [
    ("cluster", JobField::Cluster),
    ("job.id", JobField::Id),
    ("job.account", JobField::Account),
    ("job.partition", JobField::Partition),
    ("job.user", JobField::User),
];

/// A template that cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It names no field of a job, or has a brace of its own.
    #[error("a template of a job's source is not understood")]
    Unknown {
        /// The source as the file has it.
        source_text: String,
        /// What stands in the braces.
        word: String,
    },
    /// Only tags may have templates.
    #[error("only the tags of a job's source may have templates")]
    NotTags {
        /// The source as the file has it.
        source_text: String,
    },
    /// The job lacks the field, or its value has no form that Slurm gives.
    #[error("a template of a job's source cannot be filled")]
    Field {
        /// The source as the file has it.
        source_text: String,
        /// Which variable, and what is wrong with it.
        #[source]
        source: JobVariableError,
    },
}

impl Explain for TemplateError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } | Self::NotTags { .. } => Code::SourceForm,
            Self::Field { .. } => Code::JobVariable,
        }
    }
    fn asked(&self) -> String {
        let (Self::Unknown { source_text, .. }
        | Self::NotTags { source_text }
        | Self::Field { source_text, .. }) = self;
        format!("fill {}", one_line(source_text))
    }
    fn because(&self) -> String {
        match self {
            Self::Unknown { word, .. } => {
                format!("'{{{}}}' names no field of a job", one_line(word))
            }
            Self::NotTags { .. } => "an id or a device is chosen by the administrator alone".into(),
            Self::Field { source, .. } => format!("{source}: {}", source.because()),
        }
    }
    fn remedy(&self) -> String {
        let known: Vec<_> = FIELDS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
        match self {
            Self::Unknown { .. } => format!("write one of {}", known.join(", ")),
            Self::NotTags { .. } => "write tag:Key:{job.account}, or no template".into(),
            Self::Field { .. } => "give the rule to partitions whose jobs have the field".into(),
        }
    }
}

/// The source with its templates filled.
///
/// # Errors
/// [`TemplateError`].
pub fn fill(source: &str, job: &JobVariables) -> Result<String, TemplateError> {
    fill_with(source, |field| {
        job.field(field)
            .map_err(|error| TemplateError::Field { source_text: source.to_owned(), source: error })
    })
}

/// Another text of an administrator's with its templates filled: a path, an owner. Each value is one name: no
/// slash, and no dot in front.
///
/// # Errors
/// [`TemplateError::Unknown`], [`TemplateError::Field`].
pub fn fill_text(text: &str, job: &JobVariables) -> Result<String, TemplateError> {
    fill_each(text, |field| {
        job.field(field)
            .map_err(|error| TemplateError::Field { source_text: text.to_owned(), source: error })
    })
}

/// The text as it would be for some job, for a check of the file.
///
/// # Errors
/// [`TemplateError::Unknown`].
pub fn sample_text(text: &str) -> Result<String, TemplateError> {
    fill_each(text, |_| Ok("1".into()))
}

/// The source as it would be for some job, for a check of the file.
///
/// # Errors
/// [`TemplateError::Unknown`], [`TemplateError::NotTags`].
pub fn sample(source: &str) -> Result<String, TemplateError> {
    fill_with(source, |_| Ok("1".into()))
}

fn fill_with(
    source: &str,
    value: impl Fn(JobField) -> Result<String, TemplateError>,
) -> Result<String, TemplateError> {
    let filled = fill_each(source, |field| value(field).map(|value| encode(&value)))?;
    let is_fixed = filled == source;
    // What is no source at all is told by whoever parses it.
    match Source::parse(&filled) {
        Ok(Source::Id { .. } | Source::Device(_)) if !is_fixed => {
            Err(TemplateError::NotTags { source_text: source.to_owned() })
        }
        _ => Ok(filled),
    }
}

fn fill_each(
    source: &str,
    value: impl Fn(JobField) -> Result<String, TemplateError>,
) -> Result<String, TemplateError> {
    let (mut filled, mut rest) = (String::new(), source);
    while let Some((before, after)) = rest.split_once('{') {
        let unknown = |word: &str| TemplateError::Unknown {
            source_text: source.to_owned(),
            word: word.to_owned(),
        };
        let (word, after) = after.split_once('}').ok_or_else(|| unknown(after))?;
        let known = FIELDS.iter().find(|(name, _)| *name == word);
        let (_, field) = *known.ok_or_else(|| unknown(word))?;
        filled.push_str(before);
        filled.push_str(&value(field)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(pairs: &[(&str, &str)]) -> JobVariables {
        JobVariables::read(|name| {
            let all = [("SLURM_JOB_ID", "17"), ("SLURM_CLUSTER_NAME", "prod")];
            let mut all = all.iter().chain(pairs);
            all.find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .expect("fits")
    }

    #[test]
    fn each_field_is_put_in_its_place() {
        let job = job(&[
            ("SLURM_JOB_ACCOUNT", "bio-lab"),
            ("SLURM_JOB_PARTITION", "gpu"),
            ("SLURM_JOB_USER", "ann"),
        ]);
        for (source, filled) in [
            ("tag:Project:{job.account}", "tag:Project:bio-lab"),
            ("tag:c:{cluster},j:{job.id},u:{job.user}", "tag:c:prod,j:17,u:ann"),
            ("tag:p:{job.partition}-scratch", "tag:p:gpu-scratch"),
            ("name:job-{job.id}", "name:job-17"),
            ("fs-0123456789abcdef0", "fs-0123456789abcdef0"),
        ] {
            assert_eq!(fill(source, &job).as_deref(), Ok(filled));
            assert!(sample(source).is_ok());
        }
    }

    #[test]
    fn a_value_never_becomes_another_tag() {
        for hostile in ["a,Name:other", "a:b", "%2C", "a/b", "", "{cluster}", "a\nb"] {
            let error = fill("tag:Project:{job.account}", &job(&[("SLURM_JOB_ACCOUNT", hostile)]))
                .expect_err(hostile);
            assert_eq!(error.code(), Code::JobVariable, "{hostile}");
            assert!(error.because().contains("SLURM_JOB_ACCOUNT"), "{}", error.because());
        }
        let missing = fill("tag:u:{job.user}", &job(&[])).expect_err("none");
        assert!(missing.because().contains("SLURM_JOB_USER is not set"), "{}", missing.because());
    }

    #[test]
    fn a_template_that_is_not_understood_names_the_known_ones() {
        for source in ["tag:a:{job.name}", "tag:a:{", "tag:a:{job.id", "tag:a:{}"] {
            let error = sample(source).expect_err(source);
            assert!(error.remedy().contains("{job.account}"), "{source}: {}", error.remedy());
        }
        let id = sample("fs-0123456789abcdef{job.id}").expect_err("an id");
        assert!(matches!(id, TemplateError::NotTags { .. }), "{id:?}");
    }
}
