//! The metrics service over HTTP, and what it answers when a read is stuck.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

mod metrics_tree;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fsxlustre_agent::metrics::Selection;
use fsxlustre_agent::metrics::web::paths::Site;
use fsxlustre_agent::metrics::web::places::Places;
use fsxlustre_agent::metrics::web::{WebSettings, serve_connection};
use metrics_tree::{Tree, runtime, scraper, success, value, without_probes};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Serves a tree in a thread until the test process ends; gives the address.
fn serve(tree: &Tree, telemetry_path: &'static str) -> SocketAddr {
    serve_with(tree, telemetry_path, without_probes(), WebSettings::default())
}

fn serve_with(
    tree: &Tree,
    telemetry_path: &'static str,
    collectors: Selection,
    settings: WebSettings,
) -> SocketAddr {
    let scraper = scraper(&tree.host());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
    listener.set_nonblocking(true).expect("non-blocking");
    let address = listener.local_addr().expect("an address");
    let site = Site::new(scraper, collectors, telemetry_path, settings);
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let (_end, ended) = tokio::sync::watch::channel(());
            let places = Places::new(64);
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                tokio::spawn(serve_connection(stream, site.clone(), places.take(), ended.clone()));
            }
        });
    });
    address
}

/// One request; gives head and body.
fn request(address: SocketAddr, method: &str, path: &str, header: &str) -> (String, String) {
    let (head, body) = request_bytes(address, method, path, header);
    (head, String::from_utf8(body).expect("text"))
}

fn request_bytes(address: SocketAddr, method: &str, path: &str, header: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("connect");
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n");
    stream.write_all(head.as_bytes()).expect("send");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("receive");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("head and body");
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).expect("text").to_ascii_lowercase(), body)
}

#[test]
fn every_path_answers_as_it_should() {
    let tree = Tree::of("lustre-2.15.8");
    let address = serve(&tree, "/metrics");
    let (head, body) = request(address, "GET", "/metrics?x=1", "");
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert!(body.contains("lustre_client_read_bytes_total{fs=\"p7lsxbev\"} 177794060\n"), "{body}");
    assert_eq!(value(&body, "fsxlustre_scrapes_total"), Some("1"));
    assert_eq!(value(&body, "fsxlustre_scrape_stuck"), Some("0"));
    for (method, path, status, part) in [
        ("GET", "/-/healthy", "200", "healthy"),
        ("GET", "/-/ready", "200", "ready"),
        ("GET", "/", "200", "<a href=\"/metrics\">"),
        ("GET", "/", "200", "2.15.8 and <span class=\"good\">healthy</span>"),
        ("GET", "/", "200", "all are well"),
        ("HEAD", "/", "200", ""),
        ("GET", "/nothing", "404", "not found"),
        ("GET", "/metrics/", "404", ""),
        ("POST", "/metrics", "405", "GET"),
    ] {
        let (head, body) = request(address, method, path, "");
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{method} {path}: {head}");
        assert!(body.contains(part), "{method} {path}: {body}");
    }
    let (_, body) = request(address, "GET", "/metrics", "");
    assert_eq!(value(&body, "fsxlustre_scrapes_total"), Some("2"));
}

#[test]
fn any_path_can_be_the_telemetry_path() {
    let tree = Tree::empty();
    for path in ["/", "/{x}", "/-/ready", "/a/*b"] {
        let (head, body) = request(serve(&tree, path), "GET", path, "");
        assert!(head.starts_with("http/1.1 200 "), "{path}: {head}");
        assert!(body.contains("fsxlustre_build_info"), "{path}: {body}");
    }
}

const STUCK: &str = "proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/ost_server_uuid";

/// A scrape with a timeout of one second.
fn impatient_scrape(address: SocketAddr) -> String {
    request(address, "GET", "/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 1\r\n").1
}

fn is_stuck(body: &str) -> bool {
    value(body, "fsxlustre_scrape_stuck").expect("always told") == "1"
}

/// A file of a connection that is read less often.
const STUCK_DETAILS: &str = "proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/import";

/// A file that the service itself reads.
const STUCK_FILE: &str = "sys/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/cur_dirty_bytes";

/// A client one of whose files sleeps when it is read: opening a FIFO that nobody writes to does,
/// as a read behind a kernel lock.
fn tree_with_a_stuck_read(path: &str) -> Tree {
    let tree = Tree::of("lustre-2.15.8");
    tree.remove(path);
    let fifo = tree.root.join(path);
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    tree
}

/// The kernel lets go, and the file is an ordinary one again.
fn let_go(tree: &Tree, path: &str, text: &str) {
    let fifo = tree.root.join(path);
    let moved = tree.root.join("moved");
    std::fs::rename(&fifo, &moved).expect("rename");
    tree.write(path, text);
    // One writer lets every reader go.
    std::fs::write(&moved, text).expect("write");
    std::thread::sleep(Duration::from_millis(100));
}

#[test]
fn a_connection_that_sleeps_delays_no_answer_and_hides_nothing_else() {
    let tree = tree_with_a_stuck_read(STUCK);
    let address = serve(&tree, "/metrics");
    for stuck in ["1", "2", "2"] {
        let begun = Instant::now();
        let body = impatient_scrape(address);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert!(!is_stuck(&body) && !success(&body, "import"));
        let children = value(&body, "fsxlustre_stuck_reads{fs=\"p7lsxbev\"}");
        assert_eq!(children, Some(stuck), "replaced once and not again");
        for collector in ["client", "mounts", "llite", "osc", "mdc", "lnet", "tuning"] {
            assert!(success(&body, collector), "{collector}");
        }
        assert!(body.contains("lustre_client_read_bytes_total{fs=\"p7lsxbev\"} 177794060\n"));
        assert!(!body.contains("lustre_client_import_up"));
    }
    let_go(&tree, STUCK, "p7lsxbev-OST0000_UUID\tIDLE\n");
    let body = impatient_scrape(address);
    assert!(success(&body, "import"), "{body}");
    assert!(body.contains("target=\"OST0000\",kind=\"osc\",state=\"IDLE\"} 1"));
    assert_eq!(value(&body, "fsxlustre_stuck_reads{fs=\"p7lsxbev\"}"), Some("0"));
}

/// What its connections tell of themselves is asked before it is: of the mount nothing is known then.
#[test]
fn a_connection_that_sleeps_says_nothing_of_the_mount() {
    let tree = tree_with_a_stuck_read(STUCK_DETAILS);
    std::fs::create_dir(tree.root.join("fsx")).expect("a folder");
    let address = serve_with(&tree, "/metrics", Selection::default(), WebSettings::default());
    let families = ["mount_up", "statfs_probe_stuck_seconds", "filesystem_size_bytes"];
    let labels = "{fs=\"p7lsxbev\",mountpoint=\"/fsx\"}";
    let of = |body: &str, family: &str| {
        value(body, &format!("lustre_client_{family}{labels}")).map(str::to_owned)
    };
    for _ in 0..2 {
        let body = impatient_scrape(address);
        assert!(!is_stuck(&body) && !success(&body, "import"), "{body}");
        assert_ne!(value(&body, "fsxlustre_stuck_reads{fs=\"p7lsxbev\"}"), Some("0"));
        assert_eq!(families.map(|family| of(&body, family)), [None, None, None], "{body}");
    }
    let_go(&tree, STUCK_DETAILS, "import:\n");
    let body = impatient_scrape(address);
    let told = families.map(|family| of(&body, family));
    assert_eq!(told[..2], [Some("1".to_owned()), Some("0".to_owned())], "{body}");
    assert!(told[2].is_some());
}

/// Two file systems that are both called `fsx`, or one that is mounted twice.
#[test]
fn a_client_that_sleeps_hides_nothing_of_another_of_the_same_name() {
    let tree = tree_with_a_stuck_read(STUCK);
    for (root, folder) in [
        ("proc/fs/lustre", "osc"),
        ("proc/fs/lustre", "mdc"),
        ("sys/fs/lustre", "llite"),
        ("sys/fs/lustre", "osc"),
        ("sys/fs/lustre", "mdc"),
        ("sys/kernel/debug/lustre", "llite"),
        ("sys/kernel/debug/lustre", "osc"),
        ("sys/kernel/debug/lustre", "mdc"),
    ] {
        let all = std::fs::read_dir(tree.root.join(root).join(folder)).expect("devices");
        for name in all.map(|entry| entry.expect("one").file_name()) {
            let name = name.to_str().expect("text");
            if name.ends_with("-ff3391038293f800") && !name.contains("OST0000") {
                let other = name.replace("ff3391038293f800", "ff00000000000002");
                let path = |name: &str| format!("{root}/{folder}/{name}");
                tree.copy_within(&path(name), &path(&other));
            }
        }
    }
    let address = serve(&tree, "/metrics");
    let body = impatient_scrape(address);
    assert_eq!(value(&body, "fsxlustre_stuck_reads{fs=\"p7lsxbev\"}"), Some("1"), "one of two");
    assert!(!is_stuck(&body) && !success(&body, "import"));
    let labels = "fs=\"p7lsxbev\",target=\"OST0001\",kind=\"osc\"";
    let state = format!("lustre_client_import_state{{{labels},state=");
    assert!(body.contains(&state), "the other client's connections are told: {body}");
    let up = format!("lustre_client_import_up{{{labels}}}");
    assert_eq!(value(&body, &up), None, "of the first client it is not known");
    assert!(success(&body, "llite") && success(&body, "osc"));
}

#[test]
fn nothing_more_is_read_while_a_read_is_stuck() {
    let tree = tree_with_a_stuck_read(STUCK_FILE);
    let address = serve(&tree, "/metrics");
    let body = impatient_scrape(address);
    assert!(is_stuck(&body) && success(&body, "llite") && !success(&body, "mdc"));
    for _ in 0..2 {
        let body = impatient_scrape(address);
        assert!(is_stuck(&body) && !success(&body, "llite") && !success(&body, "import"));
        assert!(!body.contains("lustre_client_"), "nothing old is told as new");
    }
    let (head, _) = request(address, "GET", "/-/healthy", "");
    assert!(head.starts_with("http/1.1 200 "), "{head}");

    let_go(&tree, STUCK_FILE, "8\n");
    let body = impatient_scrape(address);
    assert!(!is_stuck(&body) && success(&body, "import") && success(&body, "osc"));
    assert!(body.contains("lustre_client_osc_dirty_bytes{fs=\"p7lsxbev\",target=\"OST0000\"} 8\n"));
}

const BOTH: &str = "Accept: application/openmetrics-text;version=1.0.0;q=0.9,text/plain;q=0.5\r\n\
                    Accept-Encoding: gzip\r\n";

#[test]
fn openmetrics_and_gzip_come_when_they_are_asked_for() {
    let tree = Tree::of("lustre-2.15.8");
    let address = serve(&tree, "/metrics");
    let (head, body) = request_bytes(address, "GET", "/metrics", BOTH);
    for part in [
        "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8",
        "content-encoding: gzip",
        "vary: accept, accept-encoding",
    ] {
        assert!(head.contains(part), "{part}: {head}");
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(body.as_slice()).read_to_string(&mut text).expect("gzip");
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    assert!(text.contains("# TYPE lustre_client_read_bytes counter\n# UNIT "), "{text}");
    assert!(text.contains("lustre_client_read_bytes_total{fs=\"p7lsxbev\"} 177794060\n"));

    let (head, body) = request(address, "GET", "/metrics", "Accept: */*\r\n");
    assert!(head.contains("text/plain; version=0.0.4") && !head.contains("encoding: gzip"));
    assert!(!body.contains("# EOF") && body.contains("# TYPE lustre_client_read_bytes_total "));
}

#[test]
fn a_request_chooses_among_the_collectors_that_run() {
    let mut collectors = without_probes();
    collectors.set("lnet", false).expect("known");
    let tree = Tree::of("lustre-2.15.8");
    let address = serve_with(&tree, "/metrics", collectors, WebSettings::default());
    let (_, body) = request(address, "GET", "/metrics", "");
    assert!(body.contains("lustre_client_osc_read_bytes_total{") && !body.contains("lustre_lnet_"));
    assert!(
        !body.contains("collector=\"lnet\""),
        "one that is off has neither success nor failure"
    );
    let two = "/metrics?collect%5B%5D=mdc&collect[]=import";
    let (_, body) = request(address, "GET", two, "");
    let told: Vec<&str> =
        body.lines().filter(|line| line.starts_with("fsxlustre_collector_success{")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(success(&body, "mdc") && success(&body, "import"));
    assert!(!body.contains("lustre_client_read_bytes_total"));
    for (name, part) in [("nothing", "there is no collector"), ("lnet", "--collector.lnet")] {
        let (head, body) = request(address, "GET", &format!("/metrics?collect[]={name}"), "");
        assert!(head.starts_with("http/1.1 400 ") && body.contains(part), "{head}{body}");
    }
}

/// What crypt(3) has for the password "test".
const TEST: &str = "$2y$05$QOauhQNbBCuQDKes6eFzPeGx5hrGyGC4/NwpDFaoBmaexZ16B4qxC";

#[test]
fn passwords_are_wanted_everywhere_and_read_again_when_they_changed() {
    let tree = Tree::of("lustre-2.15.8");
    tree.write("web.yml", format!("basic_auth_users:\n  alice: {TEST}\n"));
    let file = tree.root.join("web.yml");
    let settings = WebSettings::load(Some(&file)).expect("settings");
    let address = serve_with(&tree, "/metrics", without_probes(), settings);
    let status = |path: &str, user: &str| {
        let header = format!("Authorization: Basic {}\r\n", STANDARD.encode(user));
        let header = if user.is_empty() { String::new() } else { header };
        let (head, body) = request(address, "GET", path, &header);
        assert!(head.starts_with("http/1.1 200 ") || !body.contains("lustre_"), "{body}");
        head.split(' ').nth(1).expect("a status").to_owned()
    };
    for path in ["/metrics", "/", "/-/healthy", "/nothing"] {
        assert_eq!(status(path, ""), "401", "{path}");
        assert_eq!(status(path, "alice:wrong"), "401", "{path}");
    }
    assert_eq!(status("/metrics", "alice:test"), "200");
    assert_eq!(status("/metrics", "bob:test"), "401");

    tree.write("web.yml", format!("basic_auth_users:\n  bobby: {TEST}\n"));
    assert_eq!(status("/metrics", "bobby:test"), "200");
    assert_eq!(status("/metrics", "alice:test"), "401", "what was right before is not any more");
    for broken in ["basic_auth_users: [\n", "basic_auth_users:\n  eve: plain\n"] {
        tree.write("web.yml", broken);
        assert_eq!(status("/metrics", ""), "401", "{broken}");
        assert_eq!(status("/metrics", "bobby:test"), "200", "what held before stays: {broken}");
    }
    tree.write("web.yml", "http_server_config:\n  headers:\n    X-Frame-Options: deny\n");
    let (head, _) = request(address, "GET", "/-/healthy", "");
    assert!(head.starts_with("http/1.1 200 ") && head.contains("x-frame-options: deny"), "{head}");
}
