//! Parameter Store: single values that whoever runs the fleet may set without touching nodes.
//!
//! What comes from there is never a program, a path or an endpoint: whoever may set a parameter
//! must not become root on a node.

use super::{Aws, AwsError};
use aws_sdk_ssm::Client;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;

const ACTION: &str = "ssm:GetParameter";

/// The value of a parameter, decrypted where it is a `SecureString`.
///
/// # Errors
/// [`AwsError`].
pub async fn parameter(aws: &Aws, name: &str) -> Result<String, AwsError> {
    let answer = Client::new(&aws.settings)
        .get_parameter()
        .name(name)
        .with_decryption(true)
        .send()
        .await
        .map_err(|error| match error.as_service_error() {
            Some(GetParameterError::ParameterNotFound(_)) => {
                AwsError::ParameterNotFound { name: name.to_owned() }
            }
            _ => AwsError::of_call(ACTION, &error),
        })?;
    answer
        .parameter()
        .and_then(|parameter| parameter.value())
        .map(str::to_owned)
        .ok_or_else(|| AwsError::Answer { action: ACTION, because: format!("{name} has no value") })
}
