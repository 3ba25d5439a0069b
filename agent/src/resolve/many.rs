//! Many sources at once, with as few calls as they need: ids by fifty, and all pages once for tags.

use super::api::{check_names, not_lustre, without_id};
use super::{ApiResolver, Reach, Selection, Steps};
use crate::aws::{self, Aws, AwsError, NodeIdentity, fsx};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::Bounds;
use fsxlustre_mount::options::Prefer;
use fsxlustre_mount::partition::name_parts;
use fsxlustre_mount::source::Source;

/// What the API said, for all sources together.
struct Known<'a> {
    aws: &'a Aws,
    by_id: Vec<fsx::Described>,
    all: Vec<FileSystem>,
    node: &'a NodeIdentity,
    prefer: Prefer,
}

impl ApiResolver<'_> {
    /// What each of the sources names, in their order.
    ///
    /// # Errors
    /// The failure of the asking itself; what is wrong with one source only is in its place.
    pub fn ask_many(
        self,
        sources: &[Source],
        region: Option<&str>,
        prefer: Prefer,
        bounds: Bounds<'_>,
    ) -> Result<Vec<Result<FileSystem, Failure>>, Failure> {
        let asked = aws::block_on(bounds, async {
            let aws = self.connect(region.into(), bounds, &Steps::default()).await?;
            let mut ids: Vec<String> = sources.iter().filter_map(id_of).collect();
            ids.sort();
            ids.dedup();
            let by_id = fsx::describe_ids(&aws, &ids).await?;
            let has_tags = sources.iter().any(|source| matches!(source, Source::Tags(_)));
            let all = if has_tags { fsx::describe_all(&aws).await?.lustre } else { Vec::new() };
            let node = aws.identity().await;
            let known = Known { aws: &aws, by_id, all, node, prefer };
            Ok(sources.iter().map(|source| self.one_of(&known, source)).collect())
        });
        asked.map_err(|error| error.failure())
    }

    fn one_of(self, known: &Known<'_>, source: &Source) -> Result<FileSystem, Failure> {
        let steps = Steps::default();
        let reach = Reach { node: known.node, allowed: &self.config.resolve };
        if let Source::Tags(tags) = source {
            let (region, prefer) = (known.aws.region(), known.prefer);
            let selection = Selection { tags, region, prefer, reach };
            let found = selection.choose(known.all.clone(), &steps);
            return check_names(found.map_err(|error| error.failure())?);
        }
        let id = id_of(source).ok_or_else(|| without_id(source))?;
        let is_it = |one: &&fsx::Described| one.id() == id;
        match known.by_id.iter().find(is_it) {
            Some(fsx::Described::Lustre(found)) => {
                check_names(self.told_of_id((**found).clone(), known.node, &steps))
            }
            Some(fsx::Described::Other { id, kind }) => Err(not_lustre(id, kind)),
            None => Err(AwsError::unknown_file_system(known.aws, &id).failure()),
        }
    }
}

/// The id that a source has in it.
fn id_of(source: &Source) -> Option<String> {
    match source {
        Source::Id { id, .. } => Some(id.clone()),
        Source::Device(device) => Some(name_parts(&device.servers)?.id),
        Source::Tags(_) => None,
    }
}
