//! The paths of the service.

use super::encode::CONTENT_TYPE;
use super::scrape::Scraper;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE as CONTENT_TYPE_HEADER};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
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

#[derive(Clone, Debug)]
struct Site {
    scraper: Scraper,
    telemetry_path: Arc<str>,
}

/// The service's router. `telemetry_path` may be any path; it goes before our own.
pub fn router(scraper: Scraper, telemetry_path: &str) -> Router {
    let telemetry_path = Arc::from(telemetry_path);
    // One handler that compares paths: a router would panic at a path that it cannot parse.
    Router::new().fallback(answer).with_state(Site { scraper, telemetry_path })
}

async fn answer(State(site): State<Site>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "only GET and HEAD\n").into_response();
    }
    let plain = "text/plain; charset=utf-8";
    match request.uri().path() {
        path if *path == *site.telemetry_path => {
            let text = site.scraper.scrape(budget(request.headers())).await;
            ([(CONTENT_TYPE_HEADER, CONTENT_TYPE)], text).into_response()
        }
        "/-/healthy" => ([(CONTENT_TYPE_HEADER, plain)], "healthy\n").into_response(),
        "/-/ready" => ([(CONTENT_TYPE_HEADER, plain)], "ready\n").into_response(),
        "/" => {
            let html = "text/html; charset=utf-8";
            ([(CONTENT_TYPE_HEADER, html)], landing_page(&site.telemetry_path)).into_response()
        }
        _ => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
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

fn landing_page(telemetry_path: &str) -> String {
    let path = escape_html(telemetry_path);
    let version = escape_html(env!("CARGO_PKG_VERSION"));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>fsxlustre</title></head>\n<body>\n\
         <h1>fsxlustre {version}</h1>\n<p>Client I/O metrics of Amazon FSx for Lustre.</p>\n<ul>\n\
         <li><a href=\"{path}\">Metrics</a></li>\n<li><a href=\"/-/healthy\">Healthy</a></li>\n\
         <li><a href=\"/-/ready\">Ready</a></li>\n</ul>\n</body>\n</html>\n"
    )
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
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
    fn the_landing_page_escapes_the_path() {
        let page = landing_page("/\"><script>'&");
        assert!(page.contains("href=\"/&quot;&gt;&lt;script&gt;&#39;&amp;\""), "{page}");
    }
}
