//! The part of `make bench` that is about `fsxlustre serve`: what a scrape costs, as ratios to merely
//! opening and reading the same files in the same run.
//!
//! The trees are a captured 2.15.8 client's, grown by the generator that is given, or else by
//! `scrape_cost::Grown`; they are regular files, so the kernel's own cost of making a real one's text is
//! not in either number. The list of files is strace's, of a scrape between two of the slower tier. Fifty
//! scrapes and fifty passes of the floor are by turns: both see the same minute of the machine, and neither
//! pays for what the other one has left in the caches of the processors.
//!
//! On a host that is shared, neighbors take what a processor has in common with theirs: the same pass takes up to twice
//! as long, and a larger program loses more by it. So besides the medians there is what the best hundredth of each took,
//! which is what the program takes by itself.
//!
//! Beside that, what the same files and the same answer cost a program that does nothing else: this one,
//! run as `bench-metrics answer FILES TEXT`, by the same meter.
//!
//! `bench-metrics [--trees GENERATOR] [PROGRAM]`: another `fsxlustre` than the one beside this program.

use fsxlustre_agent::metrics::encoding_times;
use fsxlustre_tests::scrape_cost::{Grown, Resident, Service, floor_answer, floor_pass};
use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// OSTs, mounts, and how often each is scraped.
const SIZES: [(usize, usize, usize); 4] = [(4, 1, 400), (64, 1, 400), (512, 1, 100), (16, 8, 200)];
const SERIES: usize = 50_000;
/// The first argument of the program that does nothing else.
const ANSWER: &str = "answer";
/// The option that names what makes the trees.
const TREES: &str = "--trees";
/// What fsxlustre keeps on a node.
const STATE: &str = "/run/fsxlustre";
/// The first ones fill caches.
const WARM: usize = 10;
/// So many of each are measured before it is the next one's turn.
const IN_A_ROW: usize = 50;
/// Before each of them the processor has slept; what still goes on when an answer is out has ended.
const PAUSE: Duration = Duration::from_micros(300);

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let (generator, rest) = match &arguments[..] {
        [word, files, text] if word == ANSWER => {
            return end(answer(Path::new(files), Path::new(text)));
        }
        [word, generator, rest @ ..] if word == TREES => (Some(Path::new(generator)), rest),
        rest => (None, rest),
    };
    let beside = || std::env::current_exe().map(|own| own.with_file_name("fsxlustre"));
    let program = rest.first().map_or_else(beside, |given| Ok(PathBuf::from(given)));
    end(program.and_then(|program| run(&program, generator)))
}

fn end(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-metrics: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(program: &Path, generator: Option<&Path>) -> io::Result<()> {
    encoding();
    if let Some(generator) = generator {
        println!("trees of {}", generator.display());
    }
    if Path::new(STATE).exists() {
        println!("{STATE} of this machine is read with each scrape, too, and is in the figures");
    }
    println!(
        "\na scrape of fsxlustre serve (no gzip, a kept connection); floor: open, read, close of the \
         same files;\nanswer: the same by a program that gives the same bytes over HTTP and does nothing \
         else;\ntimes in ms (CPU: user and system, medians; alone: the same ratio of the best hundredth of each), \
         memory in MiB\n(once: pages that both share counted once)\n\
         {:>9} {:>7} {:>6} {:>8} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>7} {:>7} {:>8} {:>8} {:>6}",
        "OSTs",
        "series",
        "files",
        "floor",
        "answer",
        "CPU",
        "to floor",
        "alone",
        "to answer",
        "alone",
        "median",
        "p99",
        "service",
        "children",
        "once"
    );
    for (osts, mounts, scrapes) in SIZES {
        let tree = match generator {
            Some(generator) => Grown::by(generator, osts, mounts)?,
            None => Grown::new(osts, mounts)?,
        };
        let files = files_of_a_scrape(program, tree.root())?;
        let measured = measure(program, tree.root(), &files, scrapes)?;
        let name = if mounts == 1 { osts.to_string() } else { format!("{mounts} x {osts}") };
        print_row(&name, files.len(), &measured);
    }
    Ok(())
}

/// Processor time of the same, many times.
struct Taken {
    median: Duration,
    /// Of the best hundredth.
    alone: Duration,
}

impl Taken {
    fn of(mut times: Vec<Duration>) -> Self {
        Self { median: quantile(&mut times, 50), alone: quantile(&mut times, 1) }
    }
}

struct Measured {
    series: usize,
    floor: Taken,
    answer: Taken,
    cpu: Taken,
    median: Duration,
    p99: Duration,
    resident: Resident,
}

fn print_row(name: &str, files: usize, measured: &Measured) {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    #[expect(clippy::cast_precision_loss, reason = "kibibytes of a process")]
    let mib = |kib: u64| kib as f64 / 1024.0;
    let Measured { series, floor, answer, cpu, median, p99, resident } = measured;
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!(
        "{name:>9} {series:>7} {files:>6} {:>8.3} {:>8.3} {:>8.3} {:>8.2} {:>6.2} {:>9.2} {:>6.2} {:>7.2} \
         {:>7.2} {:>8.1} {:>8.1} {:>6.1}",
        ms(floor.median),
        ms(answer.median),
        ms(cpu.median),
        ratio(cpu.median, floor.median),
        ratio(cpu.alone, floor.alone),
        ratio(cpu.median, answer.median),
        ratio(cpu.alone, answer.alone),
        ms(*median),
        ms(*p99),
        mib(resident.service),
        mib(resident.children),
        mib(resident.once)
    );
}

/// The regular files that service and children read in a scrape when what is read once a minute is
/// kept from before: the fewest, so the lowest floor.
fn files_of_a_scrape(program: &Path, root: &Path) -> io::Result<Vec<PathBuf>> {
    let log = tempfile::NamedTempFile::new()?;
    let path = log.path().to_string_lossy().into_owned();
    let strace = ["strace", "-f", "-y", "-qq", "-e", "trace=read,pread64", "-o", &path];
    let mut service = Service::start(&strace, program, root)?;
    for _ in 0..WARM {
        service.scrape()?;
    }
    let warm = std::fs::metadata(log.path())?.len();
    service.scrape()?;
    drop(service);
    let text = std::fs::read_to_string(log.path())?;
    let last = text.get(usize::try_from(warm).map_err(io::Error::other)?..).unwrap_or_default();
    let paths = last.lines().filter_map(|line| {
        let (_, rest) = line.split_once('<')?;
        let path = Path::new(rest.split_once('>')?.0);
        (path.starts_with(root) && path.is_file()).then(|| path.to_owned())
    });
    Ok(paths.collect::<BTreeSet<_>>().into_iter().collect())
}

fn pause() {
    std::thread::sleep(PAUSE);
}

fn measure(program: &Path, root: &Path, files: &[PathBuf], scrapes: usize) -> io::Result<Measured> {
    let mut service = Service::start(&[], program, root)?;
    let mut least = start_answering(files, &service.scrape()?)?;
    let mut room = vec![0; 128 << 10];
    let (mut floors, mut answers, mut cpus, mut times) = (vec![], vec![], vec![], vec![]);
    let mut series = 0;
    for _ in 0..scrapes / IN_A_ROW {
        for turn in 0..WARM + IN_A_ROW {
            let before = service.cpu()?;
            let begun = Instant::now();
            let text = service.scrape()?;
            let took = begun.elapsed();
            pause();
            if turn >= WARM {
                series = text.lines().filter(|line| !line.starts_with('#')).count();
                cpus.push(service.cpu()?.saturating_sub(before));
                times.push(took);
            }
        }
        for turn in 0..WARM + IN_A_ROW {
            let before = least.cpu()?;
            least.scrape()?;
            pause();
            if turn >= WARM {
                answers.push(least.cpu()?.saturating_sub(before));
            }
        }
        for turn in 0..WARM + IN_A_ROW {
            let floor = floor_pass(files, &mut room)?;
            pause();
            if turn >= WARM {
                floors.push(floor);
            }
        }
    }
    let resident = service.resident()?;
    Ok(Measured {
        series,
        floor: Taken::of(floors),
        answer: Taken::of(answers),
        cpu: Taken::of(cpus),
        median: quantile(&mut times, 50),
        p99: quantile(&mut times, 99),
        resident,
    })
}

/// Starts the program that does nothing but read these files and answer with this text.
fn start_answering(files: &[PathBuf], text: &str) -> io::Result<Service> {
    let mut list = tempfile::NamedTempFile::new()?;
    for file in files {
        writeln!(list, "{}", file.display())?;
    }
    let mut answer = tempfile::NamedTempFile::new()?;
    answer.write_all(text.as_bytes())?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(ANSWER).args([list.path(), answer.path()]);
    let mut service = Service::run(command, false)?;
    // It has read both once it answers.
    service.scrape()?;
    Ok(service)
}

fn answer(files: &Path, text: &Path) -> io::Result<()> {
    let files: Vec<PathBuf> = std::fs::read_to_string(files)?.lines().map(PathBuf::from).collect();
    floor_answer(&files, &std::fs::read(text)?)
}

fn quantile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or_default()
}

fn encoding() {
    let all = encoding_times(SERIES, 200);
    let samples = Taken::of(all.iter().map(|one| one.samples).collect());
    let text = Taken::of(all.iter().map(|one| one.text).collect());
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{SERIES} series of three labels ({} bytes): samples encoded in {:.2} ms, the whole text in {:.2} ms \
         (medians; the best hundredth: {:.2} and {:.2} ms)",
        all.first().map_or(0, |one| one.bytes),
        ms(samples.median),
        ms(text.median),
        ms(samples.alone),
        ms(text.alone)
    );
}
