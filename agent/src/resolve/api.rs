//! The asking of the FSx API for an id or tags, and nothing else: no map, no cache.

use super::{Counts, Reach, Selection, Steps};
use crate::aws::{self, Aws, AwsError, NodeIdentity, RegionHints, fsx};
use crate::config::AgentConfig;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::Bounds;
use fsxlustre_mount::partition::{NameParts, name_parts};
use fsxlustre_mount::resolve::Question;
use fsxlustre_mount::source::{Source, Tag};
use std::time::Duration;

/// The longest time for what a person may want to know beside.
const LONGEST_FOR_MORE: Duration = Duration::from_secs(10);
/// What is kept of the budget to tell what is known.
const TIME_TO_TELL: Duration = Duration::from_millis(500);

/// Resolves by asking the FSx API.
#[derive(Clone, Copy, Debug)]
pub struct ApiResolver<'a> {
    /// `[aws]`: how AWS is reached; `[resolve]`: what counts.
    pub config: &'a AgentConfig,
    /// Whether the data repositories are asked for too; no mount needs them.
    pub with_data_repositories: bool,
}

impl ApiResolver<'_> {
    /// The file system that an id or tags name, as the API tells it now. A Lustre device whose name
    /// has an id is looked up by it.
    ///
    /// # Errors
    /// A failure that names what was asked and what mends it; [`Code::Interrupted`] at a signal.
    pub fn ask(
        self,
        question: &Question<'_>,
        bounds: Bounds<'_>,
        steps: &Steps,
    ) -> Result<FileSystem, Failure> {
        let found = match question.source {
            Source::Id { id, .. } => self.by_id(id, None, question, bounds, steps),
            Source::Tags(tags) => self.by_tags(tags, question, bounds, steps),
            Source::Device(device) => {
                let named =
                    name_parts(&device.servers).ok_or_else(|| without_id(question.source))?;
                self.by_id(&named.id, Some(&named), question, bounds, steps)
            }
        }?;
        check_names(found)
    }

    fn by_id(
        self,
        id: &str,
        named: Option<&NameParts>,
        question: &Question<'_>,
        bounds: Bounds<'_>,
        steps: &Steps,
    ) -> Result<FileSystem, Failure> {
        let hints = RegionHints {
            option: question.region,
            of_name: named.map(|name| name.region.as_str()),
        };
        let asked = aws::block_on(bounds, async {
            let aws = self.connect(hints, bounds, steps).await?;
            // Both at once: a metadata service that does not answer costs no time of its own.
            let (described, node) = tokio::join!(fsx::describe_one(&aws, id), aws.identity());
            tell(&aws, node, steps);
            match described? {
                fsx::Described::Lustre(mut found) => {
                    self.add_data_repositories(&aws, &mut found, steps).await?;
                    Ok(Ok((found, node.clone())))
                }
                fsx::Described::Other { id, kind } => Ok(Err(not_lustre(&id, &kind))),
            }
        });
        let (found, node) = asked.map_err(|error| error.failure())??;
        Ok(self.told_of_id(*found, &node, steps))
    }

    fn by_tags(
        self,
        tags: &[Tag],
        question: &Question<'_>,
        bounds: Bounds<'_>,
        steps: &Steps,
    ) -> Result<FileSystem, Failure> {
        aws::block_on(bounds, async {
            let aws = self.connect(question.region.into(), bounds, steps).await?;
            let (all, node) = tokio::join!(fsx::describe_all(&aws), aws.identity());
            tell(&aws, node, steps);
            let all = all?;
            let (count, pages, others) = (all.lustre.len(), all.pages, all.others);
            let told = format!(
                "{count} Lustre file systems in {} ({pages} pages; {others} of other kinds)",
                aws.region()
            );
            steps.add("considered", told);
            let reach = Reach { node, allowed: &self.config.resolve };
            let prefer = question.prefer;
            let selection = Selection { tags, region: aws.region(), prefer, reach };
            Ok(match selection.choose(all.lustre, steps) {
                Ok(mut found) => {
                    self.add_data_repositories(&aws, &mut found, steps).await?;
                    Ok(found)
                }
                Err(error) => Err(error.failure()),
            })
        })
        .map_err(|error| error.failure())?
    }

    /// Every file system that counts on this node and can be mounted now.
    ///
    /// # Errors
    /// As [`ApiResolver::ask`].
    pub fn every_usable(
        self,
        region: Option<&str>,
        bounds: Bounds<'_>,
    ) -> Result<Vec<FileSystem>, Failure> {
        let asked = aws::block_on(bounds, async {
            let aws = self.connect(region.into(), bounds, &Steps::default()).await?;
            let (all, node) = tokio::join!(fsx::describe_all(&aws), aws.identity());
            let reach = Reach { node, allowed: &self.config.resolve };
            if let Some(blind) = reach.refusal("every file system that counts here") {
                return Ok(Err(blind.failure()));
            }
            let mut usable = all?.lustre;
            usable
                .retain(|found| found.is_usable() && !matches!(reach.counts(found), Counts::No(_)));
            Ok(Ok(usable))
        });
        asked.map_err(|error| error.failure())?
    }

    pub(super) async fn connect(
        self,
        hints: RegionHints<'_>,
        bounds: Bounds<'_>,
        steps: &Steps,
    ) -> Result<Aws, AwsError> {
        let aws = Aws::connect(&self.config.aws, hints, bounds.deadline).await?;
        let region = aws.region_and_origin();
        steps.add("region", format!("{}, by {}", region.name, region.from));
        if let Some(other) = hints.of_name.filter(|name| *name != region.name) {
            steps.add(
                "region",
                format!("the DNS name in the source says {other}, which is not asked"),
            );
        }
        steps.add("credentials", format!("from {}", aws.credentials_from()));
        Ok(aws)
    }

    /// What a person may want to know beside. That it cannot be had does not fail the rest.
    async fn add_data_repositories(
        self,
        aws: &Aws,
        found: &mut FileSystem,
        steps: &Steps,
    ) -> Result<(), AwsError> {
        if !self.with_data_repositories {
            return Ok(());
        }
        // Not all of what is left: what is known already must be told in time.
        let left = aws.time_left().saturating_sub(TIME_TO_TELL).min(LONGEST_FOR_MORE);
        let late = || AwsError::Deadline { asked: None, seconds: left.as_secs(), last: None };
        let asked = tokio::time::timeout(left, aws::data_repositories(aws, &found.id)).await;
        match asked.unwrap_or_else(|_| Err(late())) {
            Ok(more) => {
                steps.add("data repositories", format!("{} associations", more.len()));
                found.data_repositories.get_or_insert_default().extend(more);
            }
            Err(AwsError::Interrupted) => return Err(AwsError::Interrupted),
            Err(error) => {
                let failure = error.failure();
                let why = format!("{} [{}]; {}", failure.because, failure.code, failure.remedy);
                steps.add("data repositories", format!("not known: {why}"));
                found.data_repositories_unknown = Some(why);
            }
        }
        Ok(())
    }

    /// An id is a word of its own: one of another VPC may be reached by peering, so it is only said.
    pub(super) fn told_of_id(
        self,
        mut found: FileSystem,
        node: &NodeIdentity,
        steps: &Steps,
    ) -> FileSystem {
        let reach = Reach { node, allowed: &self.config.resolve };
        if let Counts::No(why) = reach.counts(&found) {
            found.warnings.push(format!(
                "{} is {why}; mounting it works where routes and security groups allow it \
                 (`[resolve] allow_vpc` and `allow_owner` silence this)",
                found.id
            ));
        }
        steps.add("chosen", format!("{} is {}", found.id, found.lifecycle));
        found
    }
}

fn tell(aws: &Aws, node: &NodeIdentity, steps: &Steps) {
    let failed = aws.failed_attempts();
    if failed > 0 {
        steps.add(
            "attempts",
            format!("{failed} failed, and another one was made where that may help"),
        );
    }
    let word = |part: &Option<String>| part.clone().unwrap_or_else(|| "unknown".into());
    let why = node.unknown.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    steps.add(
        "node",
        format!(
            "account {}, VPC {}, subnet {}{why}",
            word(&node.account),
            word(&node.vpc),
            word(&node.subnet)
        ),
    );
}

pub(super) fn not_lustre(id: &str, kind: &str) -> Failure {
    Failure {
        code: Code::NotLustre,
        what: format!("{id} is not a Lustre file system"),
        asked: format!("resolve {id}"),
        because: format!("its type is {kind}"),
        remedy: "name an FSx for Lustre file system".into(),
    }
}

pub(super) fn without_id(source: &Source) -> Failure {
    Failure {
        code: Code::SourceForm,
        what: "a Lustre device is used as it is".into(),
        asked: format!("resolve {source}"),
        because: "only an id, tags, or a device whose DNS name has an id can be looked up".into(),
        remedy: "mount it, or name the file system by its id or tags".into(),
    }
}

/// One that is usable has its names; others may lack them yet.
pub(super) fn check_names(found: FileSystem) -> Result<FileSystem, Failure> {
    if found.is_usable() && (found.dns_name.is_empty() || found.mount_name.is_empty()) {
        return Err(Failure {
            code: Code::ApiAnswer,
            what: "the AWS API's answer lacks what is needed".into(),
            asked: format!("fsx:DescribeFileSystems in {}", found.region),
            because: format!("{} has no DNS name or no mount name", found.id),
            remedy: Code::ApiAnswer.row().remedy.into(),
        });
    }
    Ok(found)
}
