//! Which Region is asked, and who says so. None is guessed.

use super::{AwsError, Imds};
use fsxlustre_mount::options::checked_region;
use std::fmt;

/// Who named the Region, in the order in which they are asked (that of amazon-efs-utils).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionFrom {
    /// The mount option or `--region`.
    Option,
    /// The variable `AWS_REGION`.
    AwsRegion,
    /// The variable `AWS_DEFAULT_REGION`.
    AwsDefaultRegion,
    /// `[aws] region`.
    Configuration,
    /// The profile.
    Profile,
    /// The instance itself.
    Imds,
    /// The DNS name in the source.
    Name,
}

impl fmt::Display for RegionFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Option => "the option region",
            Self::AwsRegion => "AWS_REGION",
            Self::AwsDefaultRegion => "AWS_DEFAULT_REGION",
            Self::Configuration => "the configuration, [aws] region",
            Self::Profile => "the profile",
            Self::Imds => "IMDSv2",
            Self::Name => "the DNS name in the source",
        })
    }
}

/// A Region and who named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// `us-east-1`.
    pub name: String,
    /// Who.
    pub from: RegionFrom,
}

/// What is known of the Region before anybody is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegionHints<'a> {
    /// The mount option or `--region`.
    pub option: Option<&'a str>,
    /// The Region in the DNS name of the source.
    pub of_name: Option<&'a str>,
}

impl<'a> From<Option<&'a str>> for RegionHints<'a> {
    fn from(option: Option<&'a str>) -> Self {
        Self { option, of_name: None }
    }
}

/// What the surroundings say.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    pub(super) aws_region: Option<String>,
    pub(super) aws_default_region: Option<String>,
    pub(super) configuration: Option<String>,
    pub(super) profile: Option<String>,
}

impl Surroundings {
    /// The first Region that is named without asking the instance.
    fn first<'a>(&'a self, hints: RegionHints<'a>) -> Option<(&'a str, RegionFrom)> {
        let given = [
            (hints.option, RegionFrom::Option),
            (self.aws_region.as_deref(), RegionFrom::AwsRegion),
            (self.aws_default_region.as_deref(), RegionFrom::AwsDefaultRegion),
            (self.configuration.as_deref(), RegionFrom::Configuration),
            (self.profile.as_deref(), RegionFrom::Profile),
        ];
        given.into_iter().find_map(|(name, from)| Some((name?, from)))
    }
}

/// Chooses the Region.
///
/// # Errors
/// [`AwsError::NoRegion`].
pub(super) async fn choose(
    hints: RegionHints<'_>,
    surroundings: &Surroundings,
    imds: &Imds,
) -> Result<Region, AwsError> {
    if let Some((name, from)) = surroundings.first(hints) {
        return checked(name, from);
    }
    let because = match imds.document().await {
        Ok(document) if document.region.is_some() => {
            return checked(document.region.as_deref().unwrap_or_default(), RegionFrom::Imds);
        }
        Ok(_) => "the instance's document names none".to_owned(),
        Err(trouble) => trouble.to_string(),
    };
    match hints.of_name {
        Some(name) => checked(name, RegionFrom::Name),
        None => Err(AwsError::NoRegion { because }),
    }
}

fn checked(name: &str, from: RegionFrom) -> Result<Region, AwsError> {
    if let Some(name) = checked_region(name) {
        return Ok(Region { name, from });
    }
    let short: String = name.chars().take(40).collect();
    Err(AwsError::NoRegion { because: format!("'{short}' of {from} is no Region") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_first_is_believed() {
        let mut all = Surroundings {
            aws_region: Some("us-east-1".into()),
            aws_default_region: Some("us-east-2".into()),
            configuration: Some("us-west-1".into()),
            profile: Some("us-west-2".into()),
        };
        let mut hints = RegionHints { option: Some("eu-west-1"), of_name: Some("eu-west-2") };
        assert_eq!(all.first(hints), Some(("eu-west-1", RegionFrom::Option)));
        hints.option = None;
        assert_eq!(all.first(hints), Some(("us-east-1", RegionFrom::AwsRegion)));
        all.aws_region = None;
        assert_eq!(all.first(hints), Some(("us-east-2", RegionFrom::AwsDefaultRegion)));
        all.aws_default_region = None;
        assert_eq!(all.first(hints), Some(("us-west-1", RegionFrom::Configuration)));
        all.configuration = None;
        assert_eq!(all.first(hints), Some(("us-west-2", RegionFrom::Profile)));
        all.profile = None;
        assert_eq!(all.first(hints), None, "the instance is asked before the name is believed");
    }

    #[test]
    fn what_is_no_region_is_refused_not_asked() {
        let error = checked("evil.example.com/", RegionFrom::AwsRegion).expect_err("no Region");
        assert!(matches!(error, AwsError::NoRegion { because } if because.contains("AWS_REGION")));
    }
}
