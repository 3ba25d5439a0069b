//! Sorts what the SDK says by what mends it.

use super::{Asked, AwsError};
use aws_sdk_fsx::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_fsx::primitives::{DateTime, DateTimeFormat};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use fsxlustre_mount::failure::chain;
use fsxlustre_mount::host::unix_seconds;

/// Clocks that differ by less have another trouble. AWS allows 5 minutes.
const LEAST_SKEW_SECONDS: i64 = 240;

impl AwsError {
    /// What an error of the SDK means for what was asked.
    pub(super) fn of_call<E>(asked: &Asked, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let asked = asked.clone();
        match error {
            SdkError::ServiceError(service) => {
                let (told, answer) = (service.err(), service.raw());
                let status = format!("HTTP {}", answer.status().as_u16());
                let code = told.code().unwrap_or(&status);
                let because = format!("{code}: {}", told.message().unwrap_or("no message"));
                said(asked, told.code().unwrap_or_default(), because, answer)
            }
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => {
                Self::Unreachable { asked, because: chain(error) }
            }
            SdkError::ResponseError(_) => Self::Unavailable { asked, because: chain(error) },
            other => {
                let code = "no request could be made".to_owned();
                Self::Refused { asked, code, because: chain(other) }
            }
        }
    }
}

/// What a service's own error means.
fn said(asked: Asked, code: &str, because: String, answer: &HttpResponse) -> AwsError {
    let status = answer.status().as_u16();
    if let Some(seconds) = skew(answer).filter(|_| may_be_the_clock(code)) {
        return AwsError::ClockSkew { asked, seconds, because };
    }
    if is_throttling(code) || status == 429 {
        return AwsError::Throttled { asked, because };
    }
    if is_denial(code) {
        return AwsError::Denied { asked, because };
    }
    if is_expiry(code) || is_unknown_key(code) {
        return AwsError::Credentials { asked, because, are_expired: is_expiry(code) };
    }
    if status >= 500 || matches!(code, "RequestTimeout" | "RequestTimeoutException") {
        return AwsError::Unavailable { asked, because };
    }
    AwsError::Refused { asked, code: code.to_owned(), because }
}

/// How far the service's clock is ahead of ours, in seconds, where that is too far.
fn skew(answer: &HttpResponse) -> Option<i64> {
    let date = DateTime::from_str(answer.headers().get("date")?, DateTimeFormat::HttpDate).ok()?;
    let ahead = date.secs().checked_sub(i64::try_from(unix_seconds()).ok()?)?;
    (ahead.abs() > LEAST_SKEW_SECONDS).then_some(ahead)
}

/// Codes that a wrong clock gives, and other troubles too.
fn may_be_the_clock(code: &str) -> bool {
    matches!(
        code,
        "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "AuthFailure"
            | "RequestTimeTooSkewed"
            | "RequestExpired"
            | "RequestInTheFuture"
            | "AccessDeniedException"
    )
}

/// Codes that say: later.
fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "LimitExceededException"
            | "SlowDown"
            | "PriorRequestNotComplete"
    )
}

/// Codes that a policy mends.
fn is_denial(code: &str) -> bool {
    code.starts_with("AccessDenied")
        || matches!(code, "UnauthorizedOperation" | "AuthorizationError" | "NotAuthorized")
}

/// Codes of credentials that were good once.
fn is_expiry(code: &str) -> bool {
    matches!(code, "ExpiredToken" | "ExpiredTokenException" | "RequestExpired")
}

/// Codes of credentials that nobody knows.
fn is_unknown_key(code: &str) -> bool {
    matches!(
        code,
        "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "InvalidToken"
            | "AuthFailure"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Action;
    use crate::retry::ErrorClass;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use fsxlustre_mount::failure::{Code, Explain as _};

    fn asked() -> Asked {
        let action: &'static Action =
            &Action { name: "fsx:DescribeFileSystems", service: "fsx", policy: "resolve.json" };
        Asked { action, region: "cn-north-1".into(), resources: vec!["*".into()] }
    }

    fn answer(status: u16, seconds_ahead: i64) -> HttpResponse {
        let status = StatusCode::try_from(status).expect("a status");
        let mut answer = HttpResponse::new(status, SdkBody::empty());
        let now = i64::try_from(unix_seconds()).expect("a time");
        let date = DateTime::from_secs(now + seconds_ahead).fmt(DateTimeFormat::HttpDate);
        answer.headers_mut().insert("date", date.expect("a date"));
        answer
    }

    #[test]
    fn every_kind_of_error_has_its_code_and_its_class() {
        use ErrorClass::{ClockSkew, ExpiredCredentials, Permanent, Throttled, Transient};
        for (code, status, ahead, expected, class) in [
            ("ThrottlingException", 400, 0, Code::ApiThrottled, Throttled),
            ("SomethingNew", 429, 0, Code::ApiThrottled, Throttled),
            ("InternalServerError", 500, 0, Code::ApiUnavailable, Transient),
            ("ServiceUnavailable", 503, 0, Code::ApiUnavailable, Transient),
            ("AccessDeniedException", 400, 0, Code::AccessDenied, Permanent),
            ("AccessDeniedException", 400, 3600, Code::ClockSkew, ClockSkew),
            ("ExpiredTokenException", 400, 0, Code::CredentialsRefused, ExpiredCredentials),
            ("UnrecognizedClientException", 400, 0, Code::CredentialsRefused, Permanent),
            ("InvalidSignatureException", 400, -3600, Code::ClockSkew, ClockSkew),
            ("InvalidSignatureException", 400, 10, Code::CredentialsRefused, Permanent),
            ("BadRequest", 400, 0, Code::ApiRefused, Permanent),
        ] {
            let error = said(asked(), code, format!("{code}: text"), &answer(status, ahead));
            assert_eq!((error.code(), error.class()), (expected, class), "{code} {status} {ahead}");
            assert!(!error.remedy().is_empty());
            assert!(error.because().contains(code), "{}", error.because());
        }
    }

    #[test]
    fn a_missing_route_names_the_endpoint_of_the_partition() {
        let error = AwsError::Unreachable { asked: asked(), because: "no route to host".into() };
        assert!(error.remedy().contains("cn.com.amazonaws.cn-north-1.fsx"), "{}", error.remedy());
        let asked = Some(asked());
        let late = AwsError::Deadline { asked, seconds: 3, last: Some("refused".into()) };
        assert!(late.remedy().contains("cn.com.amazonaws.cn-north-1.fsx"));
        assert_eq!(late.because(), "no answer within 3 s; before that: refused");
    }

    #[test]
    fn a_denial_prints_the_statement_and_the_clock_its_error() {
        let denied = AwsError::Denied { asked: asked(), because: "x".into() };
        let statement =
            r#"{"Effect": "Allow", "Action": "fsx:DescribeFileSystems", "Resource": "*"}"#;
        assert!(denied.remedy().contains(statement), "{}", denied.remedy());
        let because = "not authorized to perform: kms:Decrypt".to_owned();
        let key = AwsError::Denied { asked: asked(), because }.remedy();
        assert!(key.contains(r#""Action": "kms:Decrypt", "Resource": "*""#), "{key}");
        let skewed = AwsError::ClockSkew { asked: asked(), seconds: -900, because: "x".into() };
        assert_eq!(skewed.because(), "the clock is 900 s ahead of the service's: x");
    }
}
