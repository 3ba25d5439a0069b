//! The AWS endpoint of a sandbox: calls to it, and what a test can make of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::file_system::REGION;
use crate::http::Response;
use crate::plan::API_ADDRESS;
use crate::sandbox::Sandbox;

/// Something that goes wrong with the next requests whose operation or path contains a text.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    #[serde(rename = "match")]
    matching: String,
    count: u32,
    status: Option<u16>,
    #[serde(rename = "type")]
    kind: String,
    delay: f64,
    garbage: bool,
    hang: bool,
    clock_ahead: i64,
}

impl Fault {
    /// A fault of the next request for this operation; by itself it does nothing.
    pub fn on(operation: &str) -> Self {
        Self {
            matching: operation.to_owned(),
            count: 1,
            status: None,
            kind: String::new(),
            delay: 0.0,
            garbage: false,
            hang: false,
            clock_ahead: 0,
        }
    }

    /// How many requests it hits, in place of one.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// Answers with an error such as 400 `ThrottlingException`.
    #[must_use]
    pub fn error(mut self, status: u16, kind: &str) -> Self {
        self.status = Some(status);
        kind.clone_into(&mut self.kind);
        self
    }

    /// Takes its time first.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay.as_secs_f64();
        self
    }

    /// Answers with half a JSON document.
    #[must_use]
    pub fn garbage(mut self) -> Self {
        self.garbage = true;
        self
    }

    /// Says in the `Date` header of its error that the service's clock is so many seconds ahead.
    #[must_use]
    pub fn clock_ahead(mut self, seconds: i64) -> Self {
        self.clock_ahead = seconds;
        self
    }

    /// Never answers.
    #[must_use]
    pub fn hang(mut self) -> Self {
        self.hang = true;
        self
    }
}

/// How the instance metadata service behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Imds {
    /// As on an EC2 instance.
    On,
    /// Disabled for the instance: every request is refused with 403.
    Off,
    /// Takes the connection and never answers.
    Hang,
}

/// A request that reached the endpoint.
#[derive(Debug, Clone, Deserialize)]
pub struct LoggedRequest {
    /// `api` or `imds`.
    pub service: String,
    /// GET, PUT, POST.
    pub method: String,
    /// The path.
    pub path: String,
    /// The operation of an API request.
    pub operation: Option<String>,
    /// The body, parsed when it is JSON.
    pub body: Value,
    /// Who asked, by its own account.
    pub user_agent: Option<String>,
    /// The name that was asked.
    #[serde(default)]
    pub host: Option<String>,
    /// The time in the signature, `20260101T000000Z`.
    #[serde(default)]
    pub signed_at: Option<String>,
    /// The key, the day, the Region and the service of the signature, joined by `/`.
    #[serde(default)]
    pub signed_by: Option<String>,
}

impl Sandbox {
    /// Calls an operation of Amazon FSx.
    #[track_caller]
    pub fn fsx(&self, operation: &str, body: &Value) -> Response {
        self.fsx_in(REGION, operation, body)
    }

    /// Calls an operation of Amazon FSx in another region.
    #[track_caller]
    pub fn fsx_in(&self, region: &str, operation: &str, body: &Value) -> Response {
        self.aws(region, "fsx", &format!("AWSSimbaAPIService_v20180301.{operation}"), body)
    }

    /// Calls an operation of AWS Systems Manager.
    #[track_caller]
    pub fn ssm(&self, operation: &str, body: &Value) -> Response {
        self.aws(REGION, "ssm", &format!("AmazonSSM.{operation}"), body)
    }

    /// Sets fields of what `DescribeFileSystems` says of a file system, and answers with the whole;
    /// null removes a field, an object is merged.
    #[track_caller]
    pub fn set_file_system(&self, id: &str, fields: &Value) -> Value {
        self.control("file-system", &json!({"id": id, "set": fields}))
    }

    /// Lets the next requests go wrong.
    #[track_caller]
    pub fn inject_fault(&self, fault: &Fault) {
        self.control("fault", &json!(fault));
    }

    /// Cuts the answers of `DescribeFileSystems` into pages of this size, after this many empty
    /// ones.
    #[track_caller]
    pub fn set_pages(&self, size: u32, empty_first: u32) {
        self.control("pages", &json!({"size": size, "empty_first": empty_first}));
    }

    /// What `DescribeDataRepositoryAssociations` says of a file system, in pages of two.
    #[track_caller]
    pub fn set_associations(&self, id: &str, associations: &Value) {
        self.control("associations", &json!({"id": id, "associations": associations}));
    }

    /// Data repository tasks that a file system has, as they are.
    #[track_caller]
    pub fn set_tasks(&self, id: &str, tasks: &Value) {
        self.control("tasks", &json!({"id": id, "tasks": tasks}));
    }

    /// How the tasks that are made from now on end: `looks`, `lifecycle`, `total`, `failed`, `message`.
    #[track_caller]
    pub fn end_tasks(&self, how: &Value) {
        self.control("tasks", &json!({"ends": how}));
    }

    /// The values of a metric of a file system, each as how many seconds ago, and the value.
    #[track_caller]
    pub fn set_metric(&self, id: &str, metric: &str, points: &[(u32, f64)]) {
        self.control("metrics", &json!({"file_system": id, "metric": metric, "points": points}));
    }

    /// Makes file systems at the endpoint only, all with this tag, and answers with their ids; no
    /// client serves them.
    #[track_caller]
    pub fn create_many(&self, count: u32, tag: (&str, &str)) -> Vec<String> {
        let answer = self.control("many", &json!({"count": count, "tags": {tag.0: tag.1}}));
        let ids = answer["ids"].as_array().into_iter().flatten();
        ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
    }

    /// Serves the endpoint over TLS at 127.0.0.1:443, for that address and these names; answers
    /// with the certificate of an authority that nobody knows yet.
    #[track_caller]
    pub fn serve_tls(&self, names: &[&str]) -> String {
        let answer = self.control("tls", &json!({"names": names}));
        answer["authority"].as_str().unwrap_or_default().to_owned()
    }

    /// Serves a CONNECT proxy at 127.0.0.1:3128 that leads every name to 127.0.0.1:443.
    #[track_caller]
    pub fn serve_proxy(&self) {
        self.control("proxy", &json!({}));
    }

    /// Puts a parameter into Parameter Store, over one of the same name.
    #[track_caller]
    pub fn put_parameter(&self, name: &str, kind: &str, value: &str) {
        let body = json!({"Name": name, "Type": kind, "Value": value, "Overwrite": true});
        let response = self.ssm("PutParameter", &body);
        assert_eq!(response.status, 200, "{name} was not put: {}", response.body);
    }

    /// Cuts the answers of `GetParametersByPath` into pages of this size, after this many empty
    /// ones.
    #[track_caller]
    pub fn set_parameter_pages(&self, size: u32, empty_first: u32) {
        self.control("parameters", &json!({"size": size, "empty_first": empty_first}));
    }

    /// Dates a parameter back, as if it had been put earlier.
    #[track_caller]
    pub fn put_parameter_earlier(&self, name: &str, seconds: u32) {
        let earlier = json!({"name": name, "seconds": seconds});
        self.control("parameters", &json!({"put_earlier": earlier}));
    }

    /// Everything below a path in Parameter Store, by name: value and type, still encrypted.
    #[track_caller]
    pub fn parameters(&self, path: &str) -> BTreeMap<String, (String, String)> {
        let mut all = BTreeMap::new();
        let mut token = Value::Null;
        loop {
            let body = json!({"Path": path, "Recursive": true, "NextToken": token});
            let answer = self.ssm("GetParametersByPath", &body).json();
            for one in answer["Parameters"].as_array().into_iter().flatten() {
                let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
                all.insert(text("Name"), (text("Value"), text("Type")));
            }
            token = answer["NextToken"].clone();
            if token.is_null() {
                return all;
            }
        }
    }

    /// Every compliance item of a node, to the last page.
    #[track_caller]
    pub fn compliance_items(&self, node: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut token = Value::Null;
        loop {
            let body = json!({"ResourceIds": [node], "NextToken": token});
            let answer = self.ssm("ListComplianceItems", &body);
            assert_eq!(answer.status, 200, "{}", answer.body);
            let answer = answer.json();
            all.extend(answer["ComplianceItems"].as_array().into_iter().flatten().cloned());
            token = answer["NextToken"].clone();
            if token.is_null() {
                return all;
            }
        }
    }

    /// Cuts the answers of `ListComplianceItems` into pages of this size, after this many empty ones.
    #[track_caller]
    pub fn set_compliance_pages(&self, size: u32, empty_first: u32) {
        self.control("compliance", &json!({"size": size, "empty_first": empty_first}));
    }

    /// How the instance metadata service behaves from now on.
    #[track_caller]
    pub fn imds(&self, mode: Imds) {
        self.control("imds", &json!({"mode": mode}));
    }

    /// Sets leaves below `/latest/meta-data/`, by their path; null removes one.
    #[track_caller]
    pub fn set_metadata(&self, leaves: &Value) {
        self.control("imds", &json!({"set": leaves}));
    }

    /// Every request that reached the endpoint, those of this harness included.
    ///
    /// # Panics
    ///
    /// When the endpoint does not answer.
    #[track_caller]
    pub fn api_log(&self) -> Vec<LoggedRequest> {
        match serde_json::from_value(self.control("log", &json!({}))) {
            Ok(log) => log,
            Err(error) => panic!("the endpoint's log is not understood: {error}"),
        }
    }

    /// No faults, no log, whole pages, metadata as at the start; file systems and parameters stay.
    #[track_caller]
    pub fn reset_api(&self) {
        self.control("reset", &json!({}));
    }

    /// The endpoint does not check signatures, but reads region and service from the header that
    /// carries them.
    #[track_caller]
    fn aws(&self, region: &str, service: &str, target: &str, body: &Value) -> Response {
        let scope = format!("sandbox/20260101/{region}/{service}/aws4_request");
        self.request("POST", &format!("http://{API_ADDRESS}/"))
            .header(
                "Authorization",
                &format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
            .header("Content-Type", "application/x-amz-json-1.1")
            .header("X-Amz-Target", target)
            .body(body.to_string())
            .send()
    }

    #[track_caller]
    fn control(&self, name: &str, body: &Value) -> Value {
        let response = self
            .request("POST", &format!("http://{API_ADDRESS}/_control/{name}"))
            .body(body.to_string())
            .send();
        assert_eq!(response.status, 200, "the endpoint refused {name} {body}: {}", response.body);
        response.json()
    }
}
