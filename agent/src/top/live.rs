//! The live screen: looks, keys and signals in one loop. Nothing in it waits for a mount; a look
//! that is stuck leaves the keys working.

use super::draw::draw;
use super::screen::{Next, Screen};
use super::view::View;
use super::{SLOW_TIER, fault};
use crate::window::{JobDone, Look, Looker, between};
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::Host;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use ratatui::layout::{Position, Rect};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Keys that wait to be read.
const MOST_KEYS: usize = 32;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By a key.
    Quit,
    /// By a signal of this number.
    Signal(u8),
}

/// Shows the live screen until a key or a signal ends it. The terminal is as it was before, then
/// and when it fails.
///
/// # Errors
/// The terminal cannot be used, or a fault of ours.
pub fn live(host: &Host, apart: Duration, has_colour: bool) -> Result<End, Failure> {
    let looker = Looker::new(host, SLOW_TIER)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| fault(&error))?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::new()?;
        let mut terminal = Entered::new()?;
        show(&mut terminal.0, &looker, &mut signals, Screen::new(apart, has_colour)).await
    });
    // Not waited for: a look may be stuck in the kernel.
    runtime.shutdown_background();
    ended.map_err(|error| unusable(&error))
}

fn unusable(error: &io::Error) -> Failure {
    Failure {
        code: Code::NoTerminal,
        what: "the terminal cannot be used".into(),
        asked: "draw the live screen".into(),
        because: error.to_string(),
        remedy: "run `fsxlustre top --once`".into(),
    }
}

/// The terminal in the state that a screen needs; dropped, it is as it was before. A panic restores
/// it too (`ratatui::try_init` sees to that).
struct Entered(DefaultTerminal);

impl Entered {
    fn new() -> io::Result<Self> {
        match ratatui::try_init() {
            Ok(terminal) => Ok(Self(terminal)),
            Err(error) => {
                let _ = ratatui::try_restore();
                Err(error)
            }
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = self.0.show_cursor();
        let _ = ratatui::try_restore();
    }
}

struct Signals {
    hangup: Signal,
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The number of the first one that comes.
    async fn first(&mut self) -> u8 {
        tokio::select! {
            _ = self.hangup.recv() => 1,
            _ = self.interrupt.recv() => 2,
            _ = self.quit.recv() => 3,
            _ = self.terminate.recv() => 15,
        }
    }
}

/// What the terminal tells. It is read by a thread that ends with the program: a read cannot be
/// called off.
fn events() -> mpsc::Receiver<Event> {
    let (tell, told) = mpsc::channel(MOST_KEYS);
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if tell.blocking_send(event).is_err() {
                return;
            }
        }
    });
    told
}

type Looking = Pin<Box<dyn Future<Output = Look>>>;

fn begin(looker: &Looker) -> Looking {
    let looker = looker.clone();
    Box::pin(async move { looker.look().await })
}

async fn show(
    terminal: &mut DefaultTerminal,
    looker: &Looker,
    signals: &mut Signals,
    mut screen: Screen,
) -> io::Result<End> {
    let mut told = events();
    let mut looking = Some(begin(looker));
    let mut before: Option<Look> = None;
    let mut next = Instant::now();
    loop {
        terminal.draw(|frame| draw(frame, &screen))?;
        tokio::select! {
            number = signals.first() => return Ok(End::Signal(number)),
            event = told.recv() => match event {
                Some(Event::Key(key)) => match screen.press(key) {
                    Next::Quit => return Ok(End::Quit),
                    Next::Redraw => {
                        // Not clear(), which asks the terminal where the cursor is, and fails
                        // where nobody answers.
                        let size = terminal.size()?;
                        terminal.resize(Rect::from((Position::ORIGIN, size)))?;
                    }
                    Next::Stay => {}
                },
                Some(_) => {}
                // The terminal is gone; its signal may come too late.
                None => return Ok(End::Signal(1)),
            },
            look = finished(&mut looking) => {
                looking = None;
                next = Instant::from_std(look.at) + screen.apart;
                take_in(&mut screen, before.as_ref(), &look);
                before = Some(look);
            }
            () = sleep_until(next), if looking.is_none() && !screen.is_paused => {
                looking = Some(begin(looker));
            }
        }
    }
}

/// The look that is under way; never ends when none is.
async fn finished(looking: &mut Option<Looking>) -> Look {
    match looking {
        Some(looking) => looking.await,
        None => std::future::pending().await,
    }
}

fn take_in(screen: &mut Screen, before: Option<&Look>, now: &Look) {
    let jobs: Vec<JobDone> =
        before.map(|look| between(None, &look.seen, None).jobs).unwrap_or_default();
    // The first look shows what there is; rates are there with the second.
    let window = match before {
        Some(before) => {
            let seconds = now.at.duration_since(before.at).as_secs_f64();
            between(Some(&before.seen), &now.seen, Some(seconds))
        }
        None => between(None, &now.seen, None),
    };
    screen.show(View::of(&window, &jobs));
}
