//! Parameter Store: every parameter below a path.

use super::{Action, Asked, Aws, AwsError};
use aws_sdk_ssm::types::{Parameter, ParameterType};
use fsxlustre_mount::partition::Partition;

const GET_PARAMETERS_BY_PATH: &Action =
    &Action { name: "ssm:GetParametersByPath", service: "ssm", policy: "config.json" };
/// More pages than any set has; a service that never ends is not followed for ever.
const MOST_PAGES: usize = 1_000;

/// A parameter as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredParameter {
    /// Its whole name.
    pub name: String,
    /// Its value, decrypted.
    pub value: String,
    /// What it is.
    pub kind: StoredKind,
    /// Its version, counted by Parameter Store.
    pub version: i64,
    /// When this version was put, milliseconds since 1970 UTC; `None` where the answer lacks it.
    pub put_unix_ms: Option<i64>,
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredKind {
    /// A text.
    Text,
    /// A text that is encrypted at rest and never to be printed.
    Secret,
    /// A list, or something newer than this program.
    Other,
}

impl std::fmt::Debug for StoredParameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (version {})", self.name, self.version)
    }
}

/// The parameters directly below a path, or all below a version of it, decrypted, by name: every page to
/// the last token, also after a short or empty one.
///
/// # Errors
/// [`AwsError`].
pub async fn parameters_below(
    aws: &Aws,
    path: &str,
    version: Option<&str>,
) -> Result<Vec<StoredParameter>, AwsError> {
    // A role that reads the path reads its versions, too: that is what a policy must say.
    let partition = Partition::of_region(aws.region());
    let arn = |below: &str| {
        let resource = format!("parameter/{}{below}", path.trim_start_matches('/'));
        partition.arn("ssm", aws.region(), "*", &resource)
    };
    let resources = vec![arn(""), arn("/*")];
    let asked = Asked { resources, ..aws.asked(GET_PARAMETERS_BY_PATH, "*") };
    let folder = version.map_or_else(|| path.to_owned(), |version| format!("{path}/{version}"));
    let (mut all, mut token) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let page = || {
            aws.ssm
                .get_parameters_by_path()
                .path(&folder)
                .recursive(version.is_some())
                .with_decryption(true)
                .set_next_token(token.clone())
                .send()
        };
        let answer = aws.call(asked.clone(), page).await?;
        for parameter in answer.parameters() {
            all.push(stored(parameter, &asked)?);
        }
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            all.sort_by(|one, other| one.name.cmp(&other.name));
            return Ok(all);
        }
    }
    Err(AwsError::Answer { asked, because: format!("there is no end to the pages of {folder}") })
}

fn stored(parameter: &Parameter, asked: &Asked) -> Result<StoredParameter, AwsError> {
    let lacks = |field: &str| AwsError::Answer {
        asked: asked.clone(),
        because: format!("{field} is missing in the answer"),
    };
    let kind = match parameter.r#type() {
        Some(ParameterType::String) => StoredKind::Text,
        Some(ParameterType::SecureString) => StoredKind::Secret,
        _ => StoredKind::Other,
    };
    Ok(StoredParameter {
        name: parameter.name().ok_or_else(|| lacks("Name"))?.to_owned(),
        value: parameter.value().ok_or_else(|| lacks("Value"))?.to_owned(),
        kind,
        version: parameter.version(),
        put_unix_ms: parameter.last_modified_date().and_then(|date| date.to_millis().ok()),
    })
}
