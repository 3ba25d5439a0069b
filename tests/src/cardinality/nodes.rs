//! The nodes of a fleet behind one listener: `/node/7` is the seventh one's scrape.

use super::moving::Moving;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

const STACK: usize = 256 << 10;

/// Nodes that answer until the program ends.
#[derive(Debug)]
pub struct Nodes {
    fleet: Arc<Fleet>,
    address: SocketAddr,
}

#[derive(Debug)]
struct Fleet {
    text: Arc<Moving>,
    /// Of each node, how often it was asked.
    scrapes: Vec<AtomicU32>,
}

impl Nodes {
    /// So many nodes that answer with that text.
    ///
    /// # Errors
    /// When no port or no thread is to be had.
    pub fn listen(count: usize, text: Arc<Moving>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let scrapes = (0..count).map(|_| AtomicU32::new(0)).collect();
        let fleet = Arc::new(Fleet { text, scrapes });
        let own = Arc::clone(&fleet);
        thread::Builder::new().spawn(move || {
            for stream in listener.incoming().flatten() {
                let fleet = Arc::clone(&own);
                let answer = move || fleet.answer(stream);
                // Without a thread the connection closes, and the scrape is one that failed.
                let _ = thread::Builder::new().stack_size(STACK).spawn(answer);
            }
        })?;
        Ok(Self { fleet, address })
    }

    /// Where they listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.fleet.scrapes.len()
    }

    /// How often each was asked at the least.
    pub fn fewest_scrapes(&self) -> u32 {
        let all = self.fleet.scrapes.iter().map(|one| one.load(Ordering::Relaxed));
        all.min().unwrap_or_default()
    }
}

impl Fleet {
    /// Answers all requests of one connection.
    fn answer(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        while let Some(path) = next_path(&mut stream)? {
            let body = path.strip_prefix("/node/").and_then(|node| self.scrape(node));
            let (status, body) = body.map_or(("404 Not Found", String::new()), |it| ("200 OK", it));
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
                 Content-Length: {}\r\n\r\n",
                body.len()
            );
            stream.get_mut().write_all((head + &body).as_bytes())?;
        }
        Ok(())
    }

    fn scrape(&self, node: &str) -> Option<String> {
        let node: usize = node.parse().ok()?;
        let scrape = self.scrapes.get(node)?.fetch_add(1, Ordering::Relaxed);
        Some(self.text.text(node, scrape))
    }
}

/// Reads a request without a body; none when the connection ends.
fn next_path(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut first = String::new();
    if stream.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
    }
    Ok(first.split(' ').nth(1).map(str::to_owned))
}
