//! `make bench-cardinality`: what Prometheus needs for fleets of 100, 1,000 and 4,000 nodes.
//!
//! Every node answers with one real scrape of the default set, of a captured 2.15.8 client grown to
//! 64 OSTs; which of its numbers move is `cardinality::Moving`'s. A real Prometheus scrapes them until
//! each was scraped twice and the number of series stands still, then for one interval more.
//! Where the machine's memory does not suffice, a size is told as not measured.
//!
//! `bench-cardinality [NODES...]`: other sizes.

use fsxlustre_tests::cardinality::{Moving, Nodes, Prometheus, Usage};
use fsxlustre_tests::scrape_cost::{Grown, Service};
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

const SIZES: [usize; 3] = [100, 1000, 4000];
const OSTS: usize = 64;
/// That of the packaged scrape configuration.
const INTERVAL: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(1);
/// Until every node was scraped twice.
const DEADLINE: Duration = Duration::from_mins(10);
/// The machine keeps so much, whatever Prometheus wants. *Units*: KiB.
const KEPT_FREE: u64 = 4 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-cardinality: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let given: Result<Vec<usize>, _> = std::env::args().skip(1).map(|one| one.parse()).collect();
    let given = given.map_err(io::Error::other)?;
    let sizes = if given.is_empty() { SIZES.to_vec() } else { given };
    let scrape = scrape()?;
    let text = Arc::new(Moving::new(&scrape));
    println!(
        "a node's scrape: {} series, {} of them move, {} bytes; every {} s; {} cores\n\
         (MiB: resident by Prometheus and by the kernel, the most so far, live and dead heap; bytes: \
         resident by series)\n\
         {:>6} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>10} {:>7}  Prometheus",
        text.series(),
        text.moving(),
        scrape.len(),
        INTERVAL.as_secs(),
        std::thread::available_parallelism()?,
        "nodes",
        "series",
        "resident",
        "kernel",
        "most",
        "heap",
        "bytes",
        "samples/s",
        "cores"
    );
    for nodes in sizes {
        match measure(nodes, &text)? {
            Some(measured) => print_row(nodes, &measured),
            None => println!("{nodes:>6} not measured: less than 4 GiB of memory were left"),
        }
    }
    Ok(())
}

/// One scrape of a node with one mount; the second, so that what rests on the first is there.
fn scrape() -> io::Result<String> {
    let tree = Grown::new(OSTS, 1)?;
    let program = std::env::current_exe()?.with_file_name("fsxlustre");
    let mut service = Service::start(&[], &program, tree.root())?;
    service.scrape()?;
    service.scrape()
}

struct Measured {
    version: String,
    begin: Usage,
    end: Usage,
    took: Duration,
}

fn measure(nodes: usize, text: &Arc<Moving>) -> io::Result<Option<Measured>> {
    let nodes = Nodes::listen(nodes, Arc::clone(text))?;
    let prometheus = Prometheus::start(&nodes, INTERVAL)?;
    let Some(begin) = settle(&nodes, &prometheus)? else {
        return Ok(None);
    };
    let begun = Instant::now();
    while begun.elapsed() < INTERVAL {
        sleep(LOOK);
        if !has_memory()? {
            return Ok(None);
        }
    }
    let (end, took) = (prometheus.usage()?, begun.elapsed());
    let up = prometheus.nodes_up()?;
    if up != nodes.count() {
        let what = format!("{up} of {} nodes could be scraped in time", nodes.count());
        return Err(io::Error::other(what));
    }
    Ok(Some(Measured { version: prometheus.version()?, begin, end, took }))
}

/// Waits until every node was scraped twice and no series came in a look; none without memory.
fn settle(nodes: &Nodes, prometheus: &Prometheus) -> io::Result<Option<Usage>> {
    let begun = Instant::now();
    let mut before = 0;
    while begun.elapsed() < DEADLINE {
        sleep(LOOK);
        if !has_memory()? {
            return Ok(None);
        }
        if nodes.fewest_scrapes() < 2 {
            continue;
        }
        let usage = prometheus.usage()?;
        if usage.series == before {
            return Ok(Some(usage));
        }
        before = usage.series;
    }
    Err(io::Error::other("not every node was scraped twice"))
}

fn has_memory() -> io::Result<bool> {
    let text = std::fs::read_to_string("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let available = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    Ok(available.unwrap_or_default() > KEPT_FREE)
}

#[expect(clippy::cast_precision_loss, reason = "bytes and samples, far below 2^52")]
fn print_row(nodes: usize, measured: &Measured) {
    let Measured { version, begin, end, took } = measured;
    let mib = |bytes: u64| bytes >> 20;
    let seconds = took.as_secs_f64();
    println!(
        "{nodes:>6} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>10.0} {:>7.2}  {version}",
        end.series,
        mib(end.resident),
        mib(end.kernel_resident),
        mib(end.kernel_peak),
        mib(end.heap),
        end.resident / end.series.max(1),
        (end.samples - begin.samples) as f64 / seconds,
        (end.cpu - begin.cpu) / seconds,
    );
}
