//! A real Prometheus that scrapes a fleet, and what it says of itself.

use super::nodes::Nodes;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const READY: Duration = Duration::from_secs(30);

/// A Prometheus that ends with the value, and its storage with it.
#[derive(Debug)]
pub struct Prometheus {
    process: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

/// What it needs at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// `prometheus_tsdb_head_series`.
    pub series: u64,
    /// `prometheus_tsdb_head_samples_appended_total`.
    pub samples: u64,
    /// `process_resident_memory_bytes`. *Units*: bytes.
    pub resident: u64,
    /// `go_memstats_alloc_bytes`. *Units*: bytes.
    pub heap: u64,
    /// `process_cpu_seconds_total`. *Units*: seconds.
    pub cpu: f64,
    /// `VmRSS` of /proc. *Units*: bytes.
    pub kernel_resident: u64,
    /// `VmHWM` of /proc, the most that was resident. *Units*: bytes.
    pub kernel_peak: u64,
}

fn odd(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

impl Prometheus {
    /// Starts the one that is installed, which scrapes each node at that interval.
    ///
    /// # Errors
    /// When it is not installed or does not become ready.
    pub fn start(nodes: &Nodes, interval: Duration) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let settings = folder.path().join("prometheus.yml");
        fs::write(&settings, configuration(nodes, interval))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        // It ends with this program, even by SIGKILL.
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "prometheus", "--log.level=error"])
            .arg(format!("--config.file={}", settings.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .spawn()?;
        let started = Self { process, address, _folder: folder };
        let begun = Instant::now();
        while started.get("/-/ready").is_err() {
            if begun.elapsed() > READY {
                return Err(odd("Prometheus does not become ready"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(started)
    }

    /// What it needs now.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn usage(&self) -> io::Result<Usage> {
        let text = self.get("/metrics")?;
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let metric = |name: &str| number(&text, name);
        let kib = |name: &str| number(&status, name);
        Ok(Usage {
            series: whole(metric("prometheus_tsdb_head_series")?),
            samples: whole(metric("prometheus_tsdb_head_samples_appended_total")?),
            resident: whole(metric("process_resident_memory_bytes")?),
            heap: whole(metric("go_memstats_alloc_bytes")?),
            cpu: metric("process_cpu_seconds_total")?,
            kernel_resident: whole(kib("VmRSS:")?) << 10,
            kernel_peak: whole(kib("VmHWM:")?) << 10,
        })
    }

    /// How many nodes' last scrape succeeded.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn nodes_up(&self) -> io::Result<usize> {
        let answer = self.get("/api/v1/query?query=sum(up)")?;
        let answer: serde_json::Value = serde_json::from_str(&answer).map_err(io::Error::other)?;
        let value = answer["data"]["result"][0]["value"][1].as_str().unwrap_or("0");
        value.parse().map_err(io::Error::other)
    }

    /// The version, as it tells it.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn version(&self) -> io::Result<String> {
        let answer = self.get("/api/v1/status/buildinfo")?;
        let answer: serde_json::Value = serde_json::from_str(&answer).map_err(io::Error::other)?;
        Ok(answer["data"]["version"].as_str().unwrap_or("unknown").to_owned())
    }

    fn get(&self, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(READY))?;
        // By HTTP/1.0 no body comes in chunks.
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.split(' ').nth(1) == Some("200") => Ok(body.to_owned()),
            _ => Err(odd(&format!("{path}: {}", answer.lines().next().unwrap_or("nothing")))),
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Every node is a target of its own: the listener they share, its path, its name.
fn configuration(nodes: &Nodes, interval: Duration) -> String {
    let (seconds, address) = (interval.as_secs(), nodes.address());
    let mut text = format!(
        "global: {{scrape_interval: {seconds}s, scrape_timeout: {seconds}s}}\nscrape_configs:\n- \
         job_name: fsxlustre\n  static_configs:\n"
    );
    for node in 0..nodes.count() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  - {{targets: [\"{address}\"], labels: {{__metrics_path__: /node/{node}, instance: \
             \"node-{node}:9988\"}}}}"
        );
    }
    text
}

/// The number behind a name at the beginning of a line, or the sum of those that differ by labels.
fn number(text: &str, name: &str) -> io::Result<f64> {
    let of_line = |line: &str| {
        let (found, value) = line.split_once([' ', '\t'])?;
        let found = found.split('{').next().unwrap_or_default();
        (found == name).then(|| value.split_ascii_whitespace().next()?.parse().ok())?
    };
    let values: Vec<f64> = text.lines().filter_map(of_line).collect();
    if values.is_empty() { Err(odd(&format!("no {name}"))) } else { Ok(values.iter().sum()) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and bytes, far below 2^53"
)]
fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_with_and_without_labels() {
        let text = "# TYPE a_total counter\na_total{type=\"float\"} 1.5e+06\na_total{type=\"x\"} 2\n\
                    a_total_other 9\nb 7\nVmRSS:\t   512 kB\n";
        let close = |name, wanted: f64| (number(text, name).unwrap() - wanted).abs() < 1e-9;
        assert!(close("a_total", 1_500_002.0) && close("b", 7.0) && close("VmRSS:", 512.0));
        assert!(number(text, "c").is_err());
    }
}
