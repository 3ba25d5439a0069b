//! HTTP to a server inside a sandbox: written here, carried by `sandbox-init connect`, which runs
//! in its network.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use crate::error::Error;
use crate::sandbox::Sandbox;

const DEADLINE: Duration = Duration::from_secs(30);

/// A request that is about to be sent.
#[derive(Debug)]
pub struct Request<'a> {
    sandbox: &'a Sandbox,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    deadline: Duration,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status: 200, 404, …
    pub status: u16,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Sandbox {
    /// A request to `http://HOST:PORT/PATH` as seen inside the sandbox.
    pub fn request(&self, method: &str, url: &str) -> Request<'_> {
        Request {
            sandbox: self,
            method: method.to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: String::new(),
            deadline: DEADLINE,
        }
    }
}

impl Request<'_> {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// How long the answer may take, in place of 30 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The answer.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[track_caller]
    pub fn send(self) -> Response {
        let sandbox = self.sandbox;
        match self.try_send() {
            Ok(response) => response,
            Err(error) => panic!("{error}\nthe sandbox printed:\n{}", sandbox.printed()),
        }
    }

    /// The answer, if the server gives one.
    ///
    /// # Errors
    ///
    /// When nothing listens there, the answer is no HTTP, or the deadline passes.
    #[track_caller]
    pub fn try_send(self) -> Result<Response, Error> {
        let no_answer = |why: String| Error::NoAnswer { url: self.url.clone(), why };
        let (address, path) = split(&self.url)
            .ok_or_else(|| no_answer("it is not of the form http://HOST:PORT/PATH".to_owned()))?;
        let words = [self.sandbox.connect().as_os_str(), "connect".as_ref(), OsStr::new(&address)];
        let command =
            self.sandbox.command(words).stdin(self.text(&address, path)).deadline(self.deadline);
        let output = command.try_run().map_err(|expired| no_answer(expired.to_string()))?;
        if !output.is_success() {
            return Err(no_answer(output.stderr));
        }
        parse(&output.stdout)
            .ok_or_else(|| no_answer(format!("this is no HTTP: {:?}", output.stdout)))
    }

    fn text(&self, address: &str, path: &str) -> String {
        let mut text =
            format!("{} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n", self.method);
        for (name, value) in &self.headers {
            // Writing to a String cannot fail.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "Content-Length: {}\r\n\r\n{}", self.body.len(), self.body);
        text
    }
}

impl Response {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("no JSON ({error}): {self:?}"),
        }
    }
}

/// `HOST:PORT` and the path of a URL; the port is 80 when it names none.
fn split(url: &str) -> Option<(String, &str)> {
    let rest = url.strip_prefix("http://")?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(slash);
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    Some((address, if path.is_empty() { "/" } else { path }))
}

fn parse(text: &str) -> Option<Response> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
    };
    let mut response =
        Response { status, headers: lines.filter_map(header).collect(), body: body.to_owned() };
    if response.header("transfer-encoding") == Some("chunked") {
        response.body = unchunked(body)?;
    }
    Some(response)
}

/// A body that came in chunks, each behind its length.
fn unchunked(mut rest: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (length, after) = rest.split_once("\r\n")?;
        let length = usize::from_str_radix(length, 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.push_str(after.get(..length)?);
        rest = after.get(length..)?.strip_prefix("\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_into_address_and_path() {
        assert_eq!(
            split("http://127.0.0.1:8080/a/b?c"),
            Some(("127.0.0.1:8080".to_owned(), "/a/b?c"))
        );
        assert_eq!(split("http://127.0.0.1"), Some(("127.0.0.1:80".to_owned(), "/")));
        assert_eq!(split("127.0.0.1:80"), None);
    }

    #[test]
    fn an_answer_is_parsed() {
        let response =
            parse("HTTP/1.1 404 NOT FOUND\r\nContent-Type: text/plain\r\n\r\nno\r\n\r\nsuch")
                .unwrap();
        assert_eq!(response.status, 404);
        assert_eq!(response.header("content-type"), Some("text/plain"));
        assert_eq!(response.body, "no\r\n\r\nsuch");
        assert_eq!(parse("garbage"), None);
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let parsed = parse(&format!("{head}3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"));
        assert_eq!(parsed.unwrap().body, "abc0123456789");
        assert_eq!(parse(&format!("{head}3\r\nab")), None);
    }
}
