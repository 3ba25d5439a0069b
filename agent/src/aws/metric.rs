//! `GetMetricData` of CloudWatch, for the two metrics of a file system that an export's proof needs.
//!
//! Its own crate of the SDK speaks CBOR and brings the SDK's legacy HTTP stack; the service takes
//! `application/x-amz-json-1.0` as well. So the one operation is put together here from the parts that the
//! SDK's own operations are made of: the same HTTP client, credentials, signature and errors.

use super::credentials::Held;
use super::{Action, Aws, AwsError};
use crate::config::AwsSection;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use fsxlustre_mount::host::unix_seconds;
use fsxlustre_mount::partition::Partition;
use serde_json::{Value, json};

const ACTION: &Action = &Action {
    name: "cloudwatch:GetMetricData",
    service: "monitoring",
    policy: "data-repositories.json",
};
/// The service's name in signatures and in the names of its endpoints.
const SERVICE: &str = "monitoring";
const TARGET: &str = "GraniteServiceVersion20100801.GetMetricData";
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
/// FSx puts one value a minute.
const PERIOD_SECONDS: u64 = 60;
/// How far back is looked: a value comes a few minutes late.
const WINDOW_SECONDS: u64 = 20 * 60;

/// A metric of one file system in the namespace `AWS/FSx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FsxMetric {
    /// `AgeOfOldestQueuedMessage` of the publisher `AutoExport`, seconds: how long the oldest change
    /// waits for its export. Of the whole file system.
    ExportQueueAge,
    /// `ClientConnections`: connections between clients and the file system's servers. A client has
    /// at least one.
    ClientConnections,
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The minute that it is of, seconds since 1970 UTC.
    pub at_unix_seconds: u64,
    /// The value, in the metric's unit.
    pub value: f64,
}

/// The way to CloudWatch.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    http: SharedHttpClient,
    endpoint: String,
    region: String,
    credentials: Held,
}

impl Metrics {
    pub(super) fn new(
        section: &AwsSection,
        region: &str,
        http: SharedHttpClient,
        credentials: Held,
    ) -> Self {
        let fips = if section.use_fips == Some(true) { "-fips" } else { "" };
        let suffix = Partition::of_region(region).api_suffix;
        let own = format!("https://{SERVICE}{fips}.{region}.{suffix}");
        let endpoint = section.endpoint_url.clone().unwrap_or(own);
        Self { http, endpoint, region: region.to_owned(), credentials }
    }

    fn operation(&self) -> Operation<Value, Value, ErrorMetadata> {
        Operation::builder()
            .service_name("CloudWatch")
            .operation_name("GetMetricData")
            .http_client(self.http.clone())
            .endpoint_url(&self.endpoint)
            .no_retry()
            .timeout_config(super::timeouts())
            .runtime_plugin(self.signing())
            .serializer(|body: Value| request(&body))
            .deserializer(answer)
            .build()
    }

    /// Signature version 4 by the credentials that the other services are asked with.
    fn signing(&self) -> StaticRuntimePlugin {
        let mut config = Layer::new("CloudWatchSigning");
        config.store_put(AuthSchemeOptionResolverParams::new(()));
        config.store_put(SigV4OperationSigningConfig {
            region: Some(aws_config::Region::new(self.region.clone()).into()),
            region_set: None,
            name: Some(SERVICE.into()),
            signing_options: aws_runtime::auth::SigningOptions::default(),
        });
        let options = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
        let identity = SharedCredentialsProvider::new(self.credentials.clone());
        let components = RuntimeComponentsBuilder::new("CloudWatchSigning")
            .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(options)))
            .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
            .with_identity_cache(Some(IdentityCache::no_cache()))
            .with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(identity));
        StaticRuntimePlugin::new().with_config(config.freeze()).with_runtime_components(components)
    }
}

/// The values of a metric of the last 20 minutes, the newest first. None means that there is no value,
/// which is not 0.
///
/// # Errors
/// [`AwsError`].
pub async fn points(
    aws: &Aws,
    file_system_id: &str,
    metric: FsxMetric,
) -> Result<Vec<Point>, AwsError> {
    let asked = aws.asked(ACTION, "*");
    let body = question(file_system_id, metric, unix_seconds());
    let operation = aws.metrics.operation();
    let answer = aws.call(asked.clone(), || operation.invoke(body.clone())).await?;
    let lacks = |because: &str| AwsError::Answer { asked, because: because.to_owned() };
    read(&answer).map_err(lacks)
}

fn question(file_system_id: &str, metric: FsxMetric, now: u64) -> Value {
    let mut dimensions = vec![json!({"Name": "FileSystemId", "Value": file_system_id})];
    let (name, statistic) = match metric {
        FsxMetric::ExportQueueAge => {
            dimensions.push(json!({"Name": "Publisher", "Value": "AutoExport"}));
            ("AgeOfOldestQueuedMessage", "Maximum")
        }
        // Of all servers together, so that never too few are seen.
        FsxMetric::ClientConnections => ("ClientConnections", "Sum"),
    };
    json!({
        "MetricDataQueries": [{
            "Id": "asked",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/FSx", "MetricName": name, "Dimensions": dimensions,
                },
                "Period": PERIOD_SECONDS,
                "Stat": statistic,
            },
        }],
        "StartTime": now.saturating_sub(WINDOW_SECONDS),
        "EndTime": now + PERIOD_SECONDS,
        "ScanBy": "TimestampDescending",
    })
}

/// The values of an answer.
fn read(answer: &Value) -> Result<Vec<Point>, &'static str> {
    let results = answer["MetricDataResults"].as_array().ok_or("MetricDataResults is missing")?;
    let mut points = Vec::new();
    for result in results {
        let times = result["Timestamps"].as_array().ok_or("Timestamps is missing")?;
        let values = result["Values"].as_array().ok_or("Values is missing")?;
        if times.len() != values.len() {
            return Err("there are not as many Timestamps as Values");
        }
        for (time, value) in times.iter().zip(values) {
            let at_unix_seconds = time.as_f64().and_then(whole_seconds);
            let at_unix_seconds = at_unix_seconds.ok_or("a Timestamp is no time")?;
            let value = value.as_f64().ok_or("a Value is no number")?;
            points.push(Point { at_unix_seconds, value });
        }
    }
    points.sort_by_key(|point| std::cmp::Reverse(point.at_unix_seconds));
    Ok(points)
}

/// Seconds since 1970, without their fraction.
fn whole_seconds(time: f64) -> Option<u64> {
    aws_smithy_types::DateTime::from_secs_f64(time).secs().try_into().ok()
}

fn request(body: &Value) -> Result<HttpRequest, aws_smithy_runtime_api::box_error::BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    request.set_method("POST")?;
    request.set_uri("/")?;
    request.headers_mut().insert("content-type", CONTENT_TYPE);
    request.headers_mut().insert("x-amz-target", TARGET);
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<Value, OrchestratorError<ErrorMetadata>> {
    let bytes = response.body().bytes().unwrap_or_default();
    let body = serde_json::from_slice::<Value>(bytes);
    if response.status().is_success() {
        return body.map_err(|error| OrchestratorError::other(error.to_string()));
    }
    let body = body.unwrap_or_default();
    let text = |names: [&str; 2]| names.iter().find_map(|name| body[*name].as_str());
    let mut told = ErrorMetadata::builder();
    // `prefix#Code` in the body, `Code:url` in the header.
    let code = text(["__type", "code"]).or_else(|| response.headers().get("x-amzn-errortype"));
    if let Some(code) = code {
        let code = code.rsplit('#').next().unwrap_or(code);
        told = told.code(code.split(':').next().unwrap_or(code));
    }
    if let Some(message) = text(["message", "Message"]) {
        told = told.message(message);
    }
    Err(OrchestratorError::operation(told.build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_no_zero_and_the_newest_comes_first() {
        let answer = |times: Value, values: Value| json!({"MetricDataResults": [{"Id": "asked", "Timestamps": times, "Values": values}]});
        assert_eq!(read(&answer(json!([]), json!([]))), Ok(Vec::new()));
        assert_eq!(read(&json!({"MetricDataResults": []})), Ok(Vec::new()));
        let points = read(&answer(json!([60, 120.5]), json!([7.0, 0]))).expect("read");
        assert_eq!(points.first(), Some(&Point { at_unix_seconds: 120, value: 0.0 }));
        assert_eq!(points.len(), 2);
        assert!(read(&answer(json!([60]), json!([]))).is_err());
        assert!(read(&answer(json!(["x"]), json!([0]))).is_err());
        assert!(read(&json!({})).is_err());
    }

    #[test]
    fn the_export_queue_is_asked_by_its_publisher() {
        let asked = question("fs-1", FsxMetric::ExportQueueAge, 10_000);
        let metric = &asked["MetricDataQueries"][0]["MetricStat"]["Metric"];
        assert_eq!(metric["MetricName"], "AgeOfOldestQueuedMessage");
        assert_eq!(metric["Dimensions"][1], json!({"Name": "Publisher", "Value": "AutoExport"}));
        assert_eq!(asked["StartTime"], 8_800);
    }
}
