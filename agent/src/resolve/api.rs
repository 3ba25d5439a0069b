//! The asking of the FSx API for an id or tags, and nothing else: no map, no cache.

use super::{Steps, select};
use crate::aws::{self, Aws, AwsError, fsx};
use crate::config::AwsSection;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::Bounds;
use fsxlustre_mount::resolve::Question;
use fsxlustre_mount::source::{Source, Tag};

/// Resolves by asking the FSx API.
#[derive(Debug)]
pub struct ApiResolver<'a> {
    /// How AWS is reached.
    pub aws: &'a AwsSection,
}

impl ApiResolver<'_> {
    /// The file system that an id or tags name, as the API tells it now.
    ///
    /// # Errors
    /// A failure that names what was asked and what mends it; [`Code::Interrupted`] at a signal.
    pub fn ask(
        &self,
        question: &Question<'_>,
        bounds: Bounds<'_>,
        steps: &Steps,
    ) -> Result<FileSystem, Failure> {
        let found = match question.source {
            Source::Id { id, .. } => self.by_id(id, question, bounds),
            Source::Tags(tags) => self.by_tags(tags, question, bounds, steps),
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

    fn by_id(
        &self,
        id: &str,
        question: &Question<'_>,
        bounds: Bounds<'_>,
    ) -> Result<FileSystem, Failure> {
        let described = aws::block_on(bounds.deadline, async {
            fsx::describe_one(&Aws::connect(self.aws, question.region).await?, id).await
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
        &self,
        tags: &[Tag],
        question: &Question<'_>,
        bounds: Bounds<'_>,
        steps: &Steps,
    ) -> Result<FileSystem, Failure> {
        let (all, region) = aws::block_on(bounds.deadline, async {
            let aws = Aws::connect(self.aws, question.region).await?;
            Ok((fsx::describe_all(&aws).await?, aws.region().to_owned()))
        })
        .map_err(|error| error.failure())?;
        steps.add("considered", format!("{} Lustre file systems in {region}", all.len()));
        select(all, tags, &region, question.prefer).map_err(|error| error.failure())
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
