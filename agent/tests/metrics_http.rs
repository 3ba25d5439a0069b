//! The metrics service over HTTP, and what it answers when a read is stuck.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

mod metrics_tree;

use fsxlustre_agent::metrics::{Scraper, http::router};
use metrics_tree::{Tree, runtime, success, value};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Serves a tree in a thread until the test process ends; gives the address.
fn serve(tree: &Tree, telemetry_path: &'static str) -> SocketAddr {
    let scraper = Scraper::new(&tree.host()).expect("a scraper");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
    listener.set_nonblocking(true).expect("non-blocking");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router(scraper, telemetry_path)).await.expect("serve");
        });
    });
    address
}

/// One request; gives head and body.
fn request(address: SocketAddr, method: &str, path: &str, header: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("connect");
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n");
    stream.write_all(head.as_bytes()).expect("send");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("receive");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    (head.to_ascii_lowercase(), body.to_owned())
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

/// A client one of whose files sleeps when it is read: opening a FIFO that nobody writes to does,
/// as a read behind a kernel lock.
fn tree_with_a_stuck_read() -> Tree {
    let tree = Tree::of("lustre-2.15.8");
    tree.remove(STUCK);
    let fifo = tree.root.join(STUCK);
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    tree
}

/// The kernel lets go, and the file is an ordinary one again.
fn let_go(tree: &Tree) {
    std::fs::write(tree.root.join(STUCK), "p7lsxbev-OST0000_UUID\tFULL\n").expect("write");
    tree.remove(STUCK);
    tree.write(STUCK, "p7lsxbev-OST0000_UUID\tIDLE\n");
}

#[test]
fn a_stuck_read_delays_no_answer_and_hides_no_other_collector() {
    let tree = tree_with_a_stuck_read();
    let address = serve(&tree, "/metrics");
    let begun = Instant::now();
    let body = impatient_scrape(address);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(is_stuck(&body) && !success(&body, "import"));
    for collector in ["client", "mounts", "llite", "osc", "mdc", "lnet"] {
        assert!(success(&body, collector), "{collector}");
    }
    assert!(body.contains("lustre_client_read_bytes_total{fs=\"p7lsxbev\"} 177794060\n"));
    assert!(!body.contains("lustre_client_import_up"));
    let_go(&tree);
}

#[test]
fn nothing_more_is_read_while_a_read_is_stuck() {
    let tree = tree_with_a_stuck_read();
    let address = serve(&tree, "/metrics");
    assert!(is_stuck(&impatient_scrape(address)));
    for _ in 0..2 {
        let body = impatient_scrape(address);
        assert!(is_stuck(&body) && !success(&body, "llite") && !success(&body, "import"));
        assert!(!body.contains("lustre_client_"), "nothing old is told as new");
    }
    let (head, _) = request(address, "GET", "/-/healthy", "");
    assert!(head.starts_with("http/1.1 200 "), "{head}");

    let_go(&tree);
    let body = impatient_scrape(address);
    assert!(!is_stuck(&body) && success(&body, "import") && success(&body, "llite"));
    assert!(body.contains("state=\"IDLE\"} 1"));
}
