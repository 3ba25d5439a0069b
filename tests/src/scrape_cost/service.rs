//! `fsxlustre serve` on a tree of files, asked over one connection, as Prometheus keeps one.

use nix::sys::signal::{Signal, kill};
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A service that ends with the value.
#[derive(Debug)]
pub struct Service {
    process: Child,
    is_run_by_another: bool,
    connection: BufReader<TcpStream>,
}

/// Memory of the service and its children. *Units*: KiB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resident {
    /// `VmRSS` of the service.
    pub service: u64,
    /// `VmRSS` of its children together.
    pub children: u64,
    /// Both, with the pages that the children share with it counted once.
    pub once: u64,
}

fn odd(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

impl Service {
    /// Starts it, in the environment that its unit gives it; `prefix` is a program that runs it, if any.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(prefix: &[&str], program: &Path, root: &Path) -> io::Result<Self> {
        let words = prefix.iter().map(|word| (*word).into());
        let mut words = words.chain([program.as_os_str().to_owned()]);
        let mut command = Command::new(words.next().ok_or_else(|| odd("no program"))?);
        let path =
            |flag: &str, below: &str| format!("--path.{flag}={}", root.join(below).display());
        command.args(words).args(["serve", "--web.listen-address=127.0.0.1:0"]).args([
            path("procfs", "proc"),
            path("sysfs", "sys"),
            path("rootfs", ""),
        ]);
        Self::run(command, !prefix.is_empty())
    }

    /// Starts what tells on stderr where it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub fn run(mut command: Command, is_run_by_another: bool) -> io::Result<Self> {
        let mut process = command.env("MALLOC_ARENA_MAX", "1").stderr(Stdio::piped()).spawn()?;
        let stderr = process.stderr.take().ok_or_else(|| odd("no pipe"))?;
        let mut told = String::new();
        BufReader::new(stderr).read_line(&mut told)?;
        let address = told.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let stream = TcpStream::connect(address.ok_or_else(|| odd(&told))?)?;
        stream.set_nodelay(true)?;
        Ok(Self { process, is_run_by_another, connection: BufReader::new(stream) })
    }

    /// Scrapes it, without gzip.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn scrape(&mut self) -> io::Result<String> {
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        self.connection.get_mut().write_all(request)?;
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.connection.read_line(&mut line)? == 0 {
                return Err(odd("it closed the connection"));
            }
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
        let mut body = vec![0; length.ok_or_else(|| odd("no length"))?];
        self.connection.read_exact(&mut body)?;
        String::from_utf8(body).map_err(io::Error::other)
    }

    /// Processor time of the service and its children so far, user and system.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&self) -> io::Result<Duration> {
        let time = |pid| Ok(Duration::from(clock_getcpuclockid(pid)?.now()?));
        self.processes()?.into_iter().map(time).sum()
    }

    /// What is resident now.
    ///
    /// # Errors
    /// When it has ended.
    pub fn resident(&self) -> io::Result<Resident> {
        let mut resident = Resident::default();
        for (place, pid) in self.processes()?.into_iter().enumerate() {
            let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            let of = |name: &str| -> u64 {
                let line = text.lines().find_map(|line| line.strip_prefix(name));
                let number = line.and_then(|rest| rest.trim().split(' ').next());
                number.and_then(|number| number.parse().ok()).unwrap_or_default()
            };
            let all = of("Rss:");
            if place == 0 {
                resident.service = all;
                resident.once += all;
            } else {
                resident.children += all;
                resident.once += all - of("Shared_Clean:") - of("Shared_Dirty:");
            }
        }
        Ok(resident)
    }

    /// The service's id: the one child of what runs it, if something does.
    fn service(&self) -> io::Result<Pid> {
        let started = crate::keeper::process_id(self.process.id())?;
        if !self.is_run_by_another {
            return Ok(Pid::from_raw(started));
        }
        let children = fs::read_to_string(format!("/proc/{started}/task/{started}/children"))?;
        let child = children.split_whitespace().next().and_then(|id| id.parse().ok());
        child.map(Pid::from_raw).ok_or_else(|| odd("nothing runs"))
    }

    /// The service's id, and those of its children.
    fn processes(&self) -> io::Result<Vec<Pid>> {
        let service = self.service()?;
        let mut all = vec![service];
        for task in fs::read_dir(format!("/proc/{service}/task"))? {
            let children = fs::read_to_string(task?.path().join("children"))?;
            let ids = children.split_whitespace().filter_map(|id| id.parse().ok());
            all.extend(ids.map(Pid::from_raw));
        }
        Ok(all)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // strace with a file to write to blocks SIGTERM: what it runs is ended, and it ends with it.
        if let Ok(service) = self.service() {
            let _ = kill(service, Signal::SIGTERM);
        }
        let _ = self.process.wait();
    }
}
