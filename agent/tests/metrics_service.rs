//! The program `fsxlustre serve` itself: systemd's sockets and readiness, TLS, its end.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

mod metrics_tree;

use metrics_tree::Tree;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fsxlustre");

/// A service, ended with the value.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn arguments(tree: &Tree) -> [String; 4] {
    let path =
        |flag: &str, below: &str| format!("--path.{flag}={}", tree.root.join(below).display());
    [
        "serve".into(),
        path("procfs", "proc"),
        path("sysfs", "sys"),
        path("debugfs", "sys/kernel/debug"),
    ]
}

/// Starts it, and gives the addresses that it says it listens on.
fn start(mut command: Command, addresses: usize) -> (Service, Vec<String>) {
    let mut child = command.stderr(Stdio::piped()).spawn().expect("a service");
    let stderr = child.stderr.take().expect("its messages");
    let lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let told = lines.filter_map(|line| {
        let rest = line.split_once("listening on ")?.1.to_owned();
        Some(rest.trim_end_matches("/metrics").to_owned())
    });
    let found = told.take(addresses).collect();
    (Service(child), found)
}

fn get(address: &str, path: &str) -> String {
    let address = address.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(address).expect("connect");
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("send");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("receive");
    answer
}

#[test]
fn several_addresses_readiness_and_a_quiet_end() {
    let tree = Tree::of("lustre-2.15.8");
    let path = tree.root.join("notify");
    let systemd = UnixDatagram::bind(&path).expect("a socket");
    systemd.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    let mut command = Command::new(PROGRAM);
    command.args(arguments(&tree)).env("NOTIFY_SOCKET", &path);
    command.args(["--web.listen-address=127.0.0.1:0", "--web.listen-address", "[::1]:0"]);
    let (mut service, addresses) = start(command, 2);
    let mut room = [0; 64];
    let mut told = || {
        let length = systemd.recv(&mut room).expect("it is told");
        String::from_utf8_lossy(&room[..length]).into_owned()
    };
    assert!(told().contains("READY=1"));
    for address in &addresses {
        assert!(get(address, "/-/ready").starts_with("HTTP/1.1 200 "), "{address}");
    }
    // A connection that says nothing does not keep it.
    let idle = TcpStream::connect(addresses[0].trim_start_matches("http://")).expect("connect");
    let pid = Pid::from_raw(service.0.id().try_into().expect("a process id"));
    kill(pid, Signal::SIGTERM).expect("a signal");
    let begun = Instant::now();
    assert!(told().contains("STOPPING=1"));
    assert!(service.0.wait().expect("its end").success());
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(idle);
}

/// Scrapes with a timeout of one second, of which half a second is for the way.
fn impatient_scrape(address: &str) -> String {
    let path = "/metrics HTTP/1.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 1\r\nX-Rest:";
    let begun = Instant::now();
    let answer = get(address, path);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    answer
}

/// Whoever serves collects, too: when that sleeps in the kernel another thread serves, again and again.
#[test]
fn a_read_that_sleeps_keeps_neither_an_answer_nor_the_end() {
    let tree = Tree::of("lustre-2.15.8");
    let file = tree.root.join("sys/kernel/debug/lnet/stats");
    let text = std::fs::read_to_string(&file).expect("a file");
    let stuck = |is_stuck: bool| {
        // Nobody writes to it: to open it sleeps.
        let moved = tree.root.join("moved");
        if is_stuck {
            std::fs::remove_file(&file).expect("removed");
            nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        } else {
            std::fs::rename(&file, &moved).expect("rename");
            std::fs::write(&file, &text).expect("write");
            std::fs::write(&moved, "").expect("a writer lets every reader go");
        }
    };
    let mut command = Command::new(PROGRAM);
    command.args(arguments(&tree)).arg("--web.listen-address=127.0.0.1:0");
    let (mut service, addresses) = start(command, 1);
    let address = addresses.first().expect("an address");
    for _ in 0..3 {
        stuck(true);
        for _ in 0..2 {
            let answer = impatient_scrape(address);
            assert!(answer.contains("\nfsxlustre_scrape_stuck 1\n"), "{answer}");
            assert!(get(address, "/-/healthy").starts_with("HTTP/1.1 200 "));
        }
        stuck(false);
        // The slow thread says when it is back by nothing but a scrape that is whole.
        let begun = Instant::now();
        while impatient_scrape(address).contains("\nfsxlustre_scrape_stuck 1\n") {
            assert!(begun.elapsed() < Duration::from_secs(10), "it collects again");
        }
        for _ in 0..2 {
            let answer = impatient_scrape(address);
            assert!(answer.contains("\nfsxlustre_scrape_stuck 0\n"), "{answer}");
            assert!(answer.contains("\nlustre_lnet_errors_total 0\n"), "{answer}");
        }
    }
    stuck(true);
    impatient_scrape(address);
    let pid = Pid::from_raw(service.0.id().try_into().expect("a process id"));
    kill(pid, Signal::SIGTERM).expect("a signal");
    let begun = Instant::now();
    assert!(service.0.wait().expect("its end").success());
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn peers_that_say_nothing_or_read_nothing_keep_nobody_waiting() {
    let tree = Tree::of("lustre-2.15.8");
    let mut command = Command::new(PROGRAM);
    command.args(arguments(&tree)).arg("--web.listen-address=127.0.0.1:0");
    let (_service, addresses) = start(command, 1);
    let host = addresses[0].trim_start_matches("http://");
    let connect = || TcpStream::connect(host).expect("connect");
    let silent: Vec<_> = (0..100).map(|_| connect()).collect();
    assert!(get(&addresses[0], "/-/healthy").starts_with("HTTP/1.1 200 "));
    let greedy: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = connect();
            stream.set_nonblocking(true).expect("non-blocking");
            let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200);
            let _ = stream.write(&request);
            stream
        })
        .collect();
    for _ in 0..5 {
        assert!(get(&addresses[0], "/metrics").starts_with("HTTP/1.1 200 "));
    }
    drop((silent, greedy));
}

#[test]
fn sockets_of_systemd_go_before_addresses() {
    let tree = Tree::of("lustre-2.15.8");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr();
    let address = free.expect("an address").to_string();
    let mut command = Command::new("systemd-socket-activate");
    command.args(["-l", &address, PROGRAM]).args(arguments(&tree));
    command.args(["--web.systemd-socket", "--web.listen-address=192.0.2.1:1"]);
    let mut child = command.stderr(Stdio::null()).spawn().expect("systemd-socket-activate");
    let begun = Instant::now();
    let answer = loop {
        // The first connection starts the service, and is answered by it.
        if TcpStream::connect(&address).is_ok() {
            break get(&format!("http://{address}"), "/metrics");
        }
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(20));
    };
    child.kill().expect("its end");
    child.wait().expect("its end");
    assert!(answer.contains("lustre_client_read_bytes_total{"), "{answer}");
}

#[test]
fn without_a_socket_that_was_asked_for_it_does_not_start() {
    let tree = Tree::empty();
    let mut command = Command::new(PROGRAM);
    command.args(arguments(&tree)).arg("--web.systemd-socket");
    let output = command.output().expect("its end");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("FSXL-E101") && stderr.contains("fsxlustre-exporter.socket"),
        "{stderr}"
    );
    assert_eq!(output.status.code(), Some(1));
}

/// Makes a certificate for 127.0.0.1 by this CA, or one of its own.
fn certificate(tree: &Tree, name: &str, ca: Option<&str>) {
    let file = |name: &str| tree.root.join(name).display().to_string();
    let mut command = Command::new("openssl");
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    command.args(["-days", "2", "-subj", &format!("/CN={name}")]);
    command.args(["-keyout", &file(&format!("{name}.key")), "-out", &file(&format!("{name}.crt"))]);
    command.args(["-addext", &format!("subjectAltName=DNS:{name},IP:127.0.0.1")]);
    if let Some(ca) = ca {
        command.args(["-CA", &file(&format!("{ca}.crt")), "-CAkey", &file(&format!("{ca}.key"))]);
        command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    }
    let made = command.stderr(Stdio::null()).status().expect("openssl");
    assert!(made.success(), "{name}");
}

/// What curl prints and its exit status.
fn curl(tree: &Tree, address: &str, words: &[&str]) -> (String, i32) {
    let mut command = Command::new("curl");
    command.args(["-sS", "--max-time", "5", "--cacert"]).arg(tree.root.join("ca.crt"));
    let output = command.args(words).arg(address).current_dir(&tree.root).output().expect("curl");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (text, output.status.code().unwrap_or(-1))
}

#[test]
fn tls_is_spoken_clients_are_verified_and_certificates_read_again() {
    let tree = Tree::of("lustre-2.15.8");
    certificate(&tree, "ca", None);
    for name in ["first", "second", "prometheus", "other"] {
        certificate(&tree, name, Some("ca"));
    }
    let config = |server: &str, more: &str| {
        format!("tls_server_config:\n  cert_file: {server}.crt\n  key_file: {server}.key\n{more}")
    };
    tree.write("web.yml", config("first", ""));
    let mut command = Command::new(PROGRAM);
    command.args(arguments(&tree)).arg("--web.listen-address=127.0.0.1:0");
    command.arg("--web.config.file").arg(tree.root.join("web.yml"));
    let (_service, addresses) = start(command, 1);
    let metrics = format!("{}/metrics", addresses[0]);
    assert!(metrics.starts_with("https://127.0.0.1:"), "{metrics}");
    let (text, status) = curl(&tree, &metrics, &["--http2"]);
    assert!(status == 0 && text.contains("lustre_client_read_bytes_total{"), "{status} {text}");
    assert_ne!(curl(&tree, &metrics, &["--tls-max", "1.1"]).1, 0, "TLS 1.1 is not offered");
    let plain = metrics.replacen("https", "http", 1);
    assert!(!curl(&tree, &plain, &[]).0.contains("lustre_"));

    tree.write("web.yml", config("second", ""));
    let (said, _) = curl(&tree, &metrics, &["-v", "-o", "/dev/null"]);
    assert!(said.contains("subject: CN=second"), "{said}");

    // Named first, there later.
    let subject = || curl(&tree, &metrics, &["-v", "-o", "/dev/null"]).0;
    tree.write("web.yml", config("late", ""));
    assert!(subject().contains("subject: CN=second"));
    certificate(&tree, "late", Some("ca"));
    let said = subject();
    assert!(said.contains("subject: CN=late"), "{said}");

    let verified = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  \
                    client_allowed_sans: [prometheus]\n";
    tree.write("web.yml", config("first", verified));
    let with = |name: &str| {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
        curl(&tree, &metrics, &["--key", &key, "--cert", &certificate]).1
    };
    assert_eq!(with("prometheus"), 0);
    assert_ne!(with("other"), 0, "a good certificate of another name");
    assert_ne!(curl(&tree, &metrics, &[]).1, 0, "no certificate");

    // A key that does not fit is not taken, and what held before stays.
    tree.write("first.key", "no key");
    assert_eq!(with("prometheus"), 0);
}

#[test]
fn a_web_config_that_cannot_be_kept_is_refused_at_the_start() {
    let tree = Tree::empty();
    for (text, part) in [
        ("tls_server_config: {cert_file: a.crt, key_file: a.key}", "a.crt"),
        ("tls_server_config: {min_version: TLS10, cert: x, key: y}", "no PEM"),
        ("basic_auth_users: {alice: secret}", "the hash of \"alice\""),
        ("basic_auth: {}", "unknown field `basic_auth`"),
    ] {
        tree.write("web.yml", text);
        let mut command = Command::new(PROGRAM);
        command.args(arguments(&tree)).arg("--web.config.file").arg(tree.root.join("web.yml"));
        let output = command.output().expect("its end");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("FSXL-E102") && stderr.contains(part), "{text}: {stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
    }
}
