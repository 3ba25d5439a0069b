//! The paths of the service, and what each answers.

use super::super::scrape::Scraper;
use super::super::selection::Selection;
use super::super::snapshot::Snapshot;
use super::landing;
use super::negotiate::{Format, format, wants_gzip};
use super::openmetrics::from_text;
use super::settings::WebSettings;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap,
    HeaderName, HeaderValue, VARY, WWW_AUTHENTICATE,
};
use hyper::{Method, Request, Response, StatusCode};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Prometheus says with every scrape how long it waits, in seconds.
const SCRAPE_TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";
/// How long before that the answer has to be on its way.
const MARGIN_SECONDS: f64 = 0.5;
const DEFAULT_BUDGET: Duration = Duration::from_secs(5);
const SHORTEST_BUDGET_SECONDS: f64 = 0.1;
/// The longest time that a collection is waited for.
pub const LONGEST_BUDGET: Duration = Duration::from_secs(10);
/// How long a person waits for the landing page.
const PAGE_BUDGET: Duration = Duration::from_secs(2);

type Answer = Response<Full<Bytes>>;

/// What is served. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Site {
    scraper: Scraper,
    /// What runs when a request names no collectors.
    collectors: Selection,
    telemetry_path: Arc<str>,
    settings: Arc<WebSettings>,
}

impl Site {
    /// A site. `telemetry_path` may be any path; it goes before our own.
    pub fn new(
        scraper: Scraper,
        collectors: Selection,
        telemetry_path: &str,
        settings: WebSettings,
    ) -> Self {
        let telemetry_path = Arc::from(telemetry_path);
        Self { scraper, collectors, telemetry_path, settings: Arc::new(settings) }
    }

    pub(super) fn settings(&self) -> &WebSettings {
        &self.settings
    }

    /// Answers a request; what its body has is of no interest.
    pub async fn answer<B>(&self, request: &Request<B>) -> Answer {
        let current = self.settings.current();
        let admitted = match current.users.clone() {
            None => true,
            Some(users) => users.admit(header(request.headers(), &AUTHORIZATION)).await,
        };
        let mut answer = if admitted {
            self.route(request).await
        } else {
            let mut answer = text(StatusCode::UNAUTHORIZED, "name and password are wanted\n");
            set(&mut answer, WWW_AUTHENTICATE, "Basic realm=\"fsxlustre\"");
            answer
        };
        answer.headers_mut().extend(current.headers.iter().cloned());
        answer
    }

    async fn route<B>(&self, request: &Request<B>) -> Answer {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
            set(&mut answer, ALLOW, "GET, HEAD");
            return answer;
        }
        match request.uri().path() {
            path if *path == *self.telemetry_path => self.metrics(request).await,
            "/-/healthy" => text(StatusCode::OK, "healthy\n"),
            "/-/ready" => text(StatusCode::OK, "ready\n"),
            "/" => self.page().await,
            _ => text(StatusCode::NOT_FOUND, "not found\n"),
        }
    }

    async fn metrics<B>(&self, request: &Request<B>) -> Answer {
        let named = collectors_of(request.uri().query().unwrap_or_default());
        let collectors = match self.collectors.narrowed(&named) {
            Ok(collectors) => collectors,
            Err(error) => return text(StatusCode::BAD_REQUEST, &format!("{error}\n")),
        };
        let headers = request.headers();
        let mut body = self.scraper.scrape(budget(headers), collectors).await;
        let format = format(&all(headers, &ACCEPT));
        if format == Format::OpenMetrics {
            body = from_text(&body);
        }
        let gzipped = wants_gzip(&all(headers, &ACCEPT_ENCODING)).then(|| gzip(&body)).flatten();
        let is_gzip = gzipped.is_some();
        let mut answer = Response::new(Full::from(gzipped.unwrap_or(body)));
        set(&mut answer, CONTENT_TYPE, format.content_type());
        set(&mut answer, VARY, "Accept, Accept-Encoding");
        if is_gzip {
            set(&mut answer, CONTENT_ENCODING, "gzip");
        }
        answer
    }

    async fn page(&self) -> Answer {
        let body = self.scraper.look(PAGE_BUDGET, self.collectors).await;
        let page = landing::page(&Snapshot::parse(&body), &self.telemetry_path);
        let mut answer = Response::new(Full::from(page));
        set(&mut answer, CONTENT_TYPE, "text/html; charset=utf-8");
        let policy = HeaderName::from_static("content-security-policy");
        set(&mut answer, policy, "default-src 'none'; style-src 'unsafe-inline'");
        set(&mut answer, HeaderName::from_static("x-content-type-options"), "nosniff");
        answer
    }
}

fn text(status: StatusCode, text: &str) -> Answer {
    let mut answer = Response::new(Full::from(text.to_owned()));
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, "text/plain; charset=utf-8");
    answer
}

fn set(answer: &mut Answer, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Every header of that name, as one list.
fn all(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

/// What `?collect[]=NAME` names.
fn collectors_of(query: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(key, _)| key == "collect[]").map(|(_, name)| name.into_owned()).collect()
}

/// Level 1: more costs more than the metrics themselves, for a few bytes.
fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// How long this scrape may take.
fn budget(headers: &HeaderMap) -> Duration {
    let asked = headers.get(SCRAPE_TIMEOUT_HEADER).and_then(|value| value.to_str().ok());
    let seconds = asked.and_then(|text| text.trim().parse::<f64>().ok());
    match seconds.filter(|seconds| *seconds > 0.0) {
        Some(seconds) => {
            let least = SHORTEST_BUDGET_SECONDS;
            let most = LONGEST_BUDGET.as_secs_f64();
            Duration::from_secs_f64((seconds - MARGIN_SECONDS).clamp(least, most))
        }
        None => DEFAULT_BUDGET,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_what_prometheus_waits_less_a_margin() {
        for (header, millis) in [
            (None, 5000),
            (Some("10"), 9500),
            (Some("3.25"), 2750),
            (Some("0.3"), 100),
            (Some("86400"), 10_000),
            (Some("inf"), 10_000),
            (Some("NaN"), 5000),
            (Some("-1"), 5000),
            (Some("soon"), 5000),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(SCRAPE_TIMEOUT_HEADER, header.parse().expect("a header"));
            }
            assert_eq!(budget(&headers).as_millis(), millis, "{header:?}");
        }
    }

    #[test]
    fn collectors_are_named_as_prometheus_writes_them() {
        let names = collectors_of("collect%5B%5D=osc&collect[]=mdc&collect=x&debug");
        assert_eq!(names, ["osc", "mdc"]);
        assert!(collectors_of("").is_empty());
    }
}
