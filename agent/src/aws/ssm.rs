//! Parameter Store: every parameter below a path; putting and deleting some.

use super::{Action, Asked, Aws, AwsError};
use aws_sdk_ssm::types::{Parameter, ParameterTier, ParameterType};
use fsxlustre_mount::partition::Partition;

const GET_PARAMETERS_BY_PATH: &Action =
    &Action { name: "ssm:GetParametersByPath", service: "ssm", policy: "config.json" };
const LOOK_BEFORE_A_PUSH: &Action =
    &Action { name: "ssm:GetParametersByPath", service: "ssm", policy: "push-config.json" };
const PUT_PARAMETER: &Action =
    &Action { name: "ssm:PutParameter", service: "ssm", policy: "push-config.json" };
const DELETE_PARAMETERS: &Action =
    &Action { name: "ssm:DeleteParameters", service: "ssm", policy: "push-config.json" };
/// What `PutParameter` says of a name that is taken.
const ALREADY_THERE: &str = "ParameterAlreadyExists";
/// So many names a call of `DeleteParameters` takes.
const MOST_NAMES: usize = 10;
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

/// The tier of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// 4 KB, without costs.
    Standard,
    /// 8 KB, which costs.
    Advanced,
}

impl Tier {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Advanced => "Advanced",
        }
    }
}

/// What a policy must name: the path and all below it. A role that reads the path reads its versions, too.
fn asked(aws: &Aws, action: &'static Action, path: &str) -> Asked {
    let partition = Partition::of_region(aws.region());
    let arn = |below: &str| {
        let resource = format!("parameter/{}{below}", path.trim_start_matches('/'));
        partition.arn("ssm", aws.region(), "*", &resource)
    };
    Asked { resources: vec![arn(""), arn("/*")], ..aws.asked(action, "*") }
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
    let folder = version.map_or_else(|| path.to_owned(), |version| format!("{path}/{version}"));
    let asked = asked(aws, GET_PARAMETERS_BY_PATH, path);
    pages(aws, asked, &folder, (version.is_some(), true)).await
}

/// Everything below a path, for whoever puts settings there; what is secret stays encrypted.
///
/// # Errors
/// [`AwsError`].
pub async fn all_below(aws: &Aws, path: &str) -> Result<Vec<StoredParameter>, AwsError> {
    pages(aws, asked(aws, LOOK_BEFORE_A_PUSH, path), path, (true, false)).await
}

/// Every page to the last token; whether all levels are asked for, and decrypted.
async fn pages(
    aws: &Aws,
    asked: Asked,
    folder: &str,
    (is_recursive, is_decrypted): (bool, bool),
) -> Result<Vec<StoredParameter>, AwsError> {
    let (mut all, mut token) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let page = || {
            aws.ssm
                .get_parameters_by_path()
                .path(folder)
                .recursive(is_recursive)
                .with_decryption(is_decrypted)
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

/// Puts a String. Where it may not be there yet, one that is there is left as it is, and is no error: an
/// attempt whose answer was lost may have put it, so whoever puts it reads it back.
///
/// # Errors
/// [`AwsError`].
pub async fn put_parameter(
    aws: &Aws,
    path: &str,
    name: &str,
    value: &str,
    tier: Tier,
    may_be_there: bool,
) -> Result<(), AwsError> {
    let tier = match tier {
        Tier::Standard => ParameterTier::Standard,
        Tier::Advanced => ParameterTier::Advanced,
    };
    let put = || {
        aws.ssm
            .put_parameter()
            .name(name)
            .value(value)
            .r#type(ParameterType::String)
            .data_type("text")
            .tier(tier.clone())
            .overwrite(may_be_there)
            .send()
    };
    match aws.call(asked(aws, PUT_PARAMETER, path), put).await {
        Err(AwsError::Refused { code, .. }) if code == ALREADY_THERE && !may_be_there => Ok(()),
        put => put.map(|_| ()),
    }
}

/// Deletes parameters; those that are gone are none to complain of.
///
/// # Errors
/// [`AwsError`].
pub async fn delete_parameters(aws: &Aws, path: &str, names: &[String]) -> Result<(), AwsError> {
    for some in names.chunks(MOST_NAMES) {
        let delete = || aws.ssm.delete_parameters().set_names(Some(some.to_vec())).send();
        aws.call(asked(aws, DELETE_PARAMETERS, path), delete).await?;
    }
    Ok(())
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
