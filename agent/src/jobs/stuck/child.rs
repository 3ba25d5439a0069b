//! The child that looks for stuck threads: procfs itself may make whoever reads it wait, and a
//! thread that sleeps in the kernel would keep this process from ending.

use super::thread::Process;
use super::{Stuck, StuckThread};
use fsxlustre_mount::host::{Deadline, Host, Program};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The first argument that makes `fsxlustre` such a child; the types that count as Lustre follow.
const WORD: &str = "--fsxlustre-stuck";
/// So many threads are told; the others are counted.
const MOST_THREADS: usize = 64;

/// Between the two looks at a thread.
const A_MOMENT: Duration = Duration::from_millis(100);

/// One line of the child.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Told {
    /// A thread, first as far as nothing waits, then in full.
    Thread(StuckThread),
    /// One more.
    Another,
    End,
}

/// The machine that this process was started to look at, if it was.
pub fn asked_for() -> Option<Host> {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().filter(|first| first == WORD)?;
    let filesystem_types = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    Some(Host { filesystem_types, ..Host::default() })
}

/// What the child does: tells each thread at once, and then again in full.
pub fn tell(host: &Host, listener: &mut dyn Write) {
    let mut say = |told: &Told| {
        if let Ok(line) = serde_json::to_string(told) {
            // A listener that went away is no trouble of ours.
            let _ = writeln!(listener, "{line}").and_then(|()| listener.flush());
        }
    };
    let mut found = Vec::new();
    for (pid, threads) in twice_stuck(host) {
        let process = Process::new(host, pid);
        for tid in threads {
            if found.len() >= MOST_THREADS {
                say(&Told::Another);
                continue;
            }
            let thread = process.at_once(tid);
            say(&Told::Thread(thread.clone()));
            found.push(thread);
        }
    }
    for thread in found {
        let process = Process::new(host, thread.pid);
        say(&Told::Thread(process.in_full(thread)));
    }
    say(&Told::End);
}

/// The threads that are stuck at two looks, by process: whoever starts a program or reads a page is in
/// state D for a moment, too.
fn twice_stuck(host: &Host) -> Vec<(u32, Vec<u32>)> {
    let look = |pid: u32| Process::new(host, pid).stuck_threads();
    let all = process_ids(host).into_iter().map(|pid| (pid, look(pid)));
    let mut seen: Vec<_> = all.filter(|(_, threads)| !threads.is_empty()).collect();
    if !seen.is_empty() {
        std::thread::sleep(A_MOMENT);
    }
    for (pid, threads) in &mut seen {
        let still = look(*pid);
        threads.retain(|tid| still.contains(tid));
    }
    seen
}

/// The numbers of all processes.
fn process_ids(host: &Host) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir(&host.paths.processes) else { return Vec::new() };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut pids: Vec<u32> = numbers.collect();
    pids.sort_unstable();
    pids
}

/// Has a child look, and takes what it tells until the deadline.
pub(super) fn find(host: &Host, deadline: Deadline, stuck: &mut Stuck) {
    let (mut child, lines) = match start(host) {
        Ok(started) => started,
        Err(error) => {
            stuck.unread.push(format!("processes could not be looked at: {error}"));
            return;
        }
    };
    loop {
        let Ok(line) = lines.recv_timeout(deadline.left()) else {
            let seconds = deadline.budget().as_secs();
            stuck.unread.push(format!("not every process could be looked at within {seconds} s"));
            break;
        };
        match serde_json::from_str(&line) {
            Ok(Told::Thread(thread)) => stuck.add(thread),
            Ok(Told::Another) => stuck.total += 1,
            Ok(Told::End) => break,
            Err(_) => {}
        }
    }
    // It may be asleep in the kernel, so its end is not waited for.
    let _ = child.kill();
}

fn start(host: &Host) -> std::io::Result<(Child, Receiver<String>)> {
    let mut child = Command::new(Program::own().path())
        .arg(WORD)
        .args(host.filesystem_types.iter().map(OsString::from))
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (sender, lines) = channel();
    if let Some(output) = child.stdout.take() {
        // This thread waits at a pipe, where the end of the process ends it.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    Ok((child, lines))
}

impl Stuck {
    /// Takes a thread in; one that was told before is told in full now.
    fn add(&mut self, thread: StuckThread) {
        if let Some(one) = self.threads.iter_mut().find(|one| one.tid == thread.tid) {
            *one = thread;
        } else {
            self.total += 1;
            self.threads.push(thread);
        }
    }
}
