//! Parameter Store: single values that whoever runs the fleet may set without touching nodes.
//!
//! What comes from there is never a program, a path or an endpoint: whoever may set a parameter
//! must not become root on a node.

use super::{Action, Aws, AwsError};
use fsxlustre_mount::partition::Partition;

const GET_PARAMETER: &Action =
    &Action { name: "ssm:GetParameter", service: "ssm", policy: "layouts.json" };

/// The value of a parameter, decrypted where it is a `SecureString`.
///
/// # Errors
/// [`AwsError`].
pub async fn parameter(aws: &Aws, name: &str) -> Result<String, AwsError> {
    let partition = Partition::of_region(aws.region());
    let resource = format!("parameter/{}", name.trim_start_matches('/'));
    let asked = aws.asked(GET_PARAMETER, partition.arn("ssm", aws.region(), "*", &resource));
    let answer = aws
        .call(asked.clone(), || aws.ssm.get_parameter().name(name).with_decryption(true).send())
        .await
        .map_err(|error| match error {
            AwsError::Refused { code, .. } if code == "ParameterNotFound" => {
                AwsError::ParameterNotFound { name: name.to_owned() }
            }
            other => other,
        })?;
    answer
        .parameter()
        .and_then(|parameter| parameter.value())
        .map(str::to_owned)
        .ok_or_else(|| AwsError::Answer { asked, because: format!("{name} has no value") })
}
