//! From a source to one file system: by its id, or by its tags.

mod select;

pub use select::{Prefer, SelectError, select};

use crate::aws::{self, Aws, AwsError, fsx};
use crate::config::AwsSection;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::Deadline;
use fsxlustre_mount::resolve::{Question, Resolve};
use fsxlustre_mount::source::{Source, Tag};

/// Resolves by asking the FSx API.
#[derive(Debug)]
pub struct AgentResolver<'a> {
    /// How AWS is reached.
    pub aws: &'a AwsSection,
}

impl Resolve for AgentResolver<'_> {
    fn resolve(&self, question: &Question<'_>, deadline: Deadline) -> Result<FileSystem, Failure> {
        let found = match question.source {
            Source::Id { id, .. } => by_id(self.aws, id, question.region, deadline),
            Source::Tags(tags) => by_tags(self.aws, tags, question, deadline),
            Source::Device(device) => Err(Failure {
                code: Code::SourceForm,
                what: "a Lustre device is used as it is".into(),
                asked: format!("resolve {device}"),
                because: "only an id or tags can be looked up".into(),
                remedy: "mount it, or name the file system by its id or tags".into(),
            }),
        }?;
        check_names(found)
    }
}

/// One that is usable has its names; others may lack them yet.
fn check_names(found: FileSystem) -> Result<FileSystem, Failure> {
    if found.is_usable() && (found.dns_name.is_empty() || found.mount_name.is_empty()) {
        let because = format!("{} has no DNS name or no mount name", found.id);
        return Err(AwsError::Answer { action: "fsx:DescribeFileSystems", because }.failure());
    }
    Ok(found)
}

fn by_id(
    section: &AwsSection,
    id: &str,
    region: Option<&str>,
    deadline: Deadline,
) -> Result<FileSystem, Failure> {
    let described = aws::block_on(deadline, async {
        fsx::describe_one(&Aws::connect(section, region).await?, id).await
    });
    match described.map_err(|error| error.failure())? {
        fsx::Described::Lustre(found) => Ok(*found),
        fsx::Described::Other { id, kind } => Err(Failure {
            code: Code::NotLustre,
            what: format!("{id} is not a Lustre file system"),
            asked: format!("resolve {id}"),
            because: format!("its type is {kind}"),
            remedy: "name an FSx for Lustre file system".into(),
        }),
    }
}

fn by_tags(
    section: &AwsSection,
    tags: &[Tag],
    question: &Question<'_>,
    deadline: Deadline,
) -> Result<FileSystem, Failure> {
    let (all, region) = aws::block_on(deadline, async {
        let aws = Aws::connect(section, question.region).await?;
        Ok((fsx::describe_all(&aws).await?, aws.region().to_owned()))
    })
    .map_err(|error| error.failure())?;
    let prefer = if question.prefers_newest { Prefer::Newest } else { Prefer::None };
    select(all, tags, &region, prefer).map_err(|error| error.failure())
}
