//! The child: reads orders from stdin until it ends.

use super::WORD;
use super::asking::send;
use super::looking::look;
use super::orders::{Order, Reply};
use super::walking::walk;
use crate::layout::hand::open::{Place, call, open_place};
use crate::layout::hand::{Kind, Trouble};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Signal, set_parent_process_death_signal};
use std::io::{BufRead, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

/// Whether this process was started to be one.
pub fn asked_for() -> bool {
    std::env::args_os().nth(1).is_some_and(|first| first == WORD)
}

/// Does what each line says, and answers with a line, a scan with many.
pub fn obey(orders: &mut dyn BufRead, listener: &mut dyn Write) {
    // Whoever began it may be killed: a walk that goes on would keep the mount, and the journal's lock.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let mut place = None;
    let mut held = Vec::new();
    for line in orders.lines().map_while(Result::ok) {
        let Ok(order) = serde_json::from_str::<Order>(&line) else { return };
        let reply = match (&order, &place) {
            (Order::Open(spot), _) => {
                place = None;
                open_place(spot).map(|(opened, _, kind, _)| {
                    place = Some((opened, kind));
                    Reply::Opened(kind)
                })
            }
            (Order::Hold(file), _) => hold(file).map(|lock| {
                held.push(lock);
                Reply::Done
            }),
            (_, None) => Err(Trouble::Order("nothing is open".into())),
            (Order::Scan(order), Some((place, kind))) => {
                if !walk(place, *kind, order, &mut |seen| say(listener, &Reply::Seen(seen.into())))
                {
                    return;
                }
                continue;
            }
            (Order::Look(order), Some((place, kind))) => {
                directory(place, *kind).map(|top| Reply::Looked(look(top, order)))
            }
            (Order::Ask(order), Some((place, kind))) => {
                directory(place, *kind).map(|top| send(top, order))
            }
        };
        if !say(listener, &reply.unwrap_or_else(Reply::Trouble)) {
            return;
        }
    }
}

/// False when nobody listens any more.
fn say(listener: &mut dyn Write, reply: &Reply) -> bool {
    let line = serde_json::to_string(reply).unwrap_or_default();
    writeln!(listener, "{line}").and_then(|()| listener.flush()).is_ok()
}

/// The directory that names are below: the place, or where the file is that is the place.
fn directory(place: &Place, kind: Kind) -> Result<&OwnedFd, Trouble> {
    match (kind, &place.within) {
        (Kind::Directory, _) => Ok(&place.itself),
        (Kind::File, Some((directory, _))) => Ok(directory),
        (Kind::File, None) => Err(Trouble::Is(place.path.clone(), "a file that is mounted".into())),
    }
}

/// Locks a file, as soon as nobody else has it. Programs that are run inherit the lock, so that it is there until also
/// the last of them is gone.
fn hold(file: &Path) -> Result<OwnedFd, Trouble> {
    let failed = |errno| call("lock", file, errno);
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let lock = open(file, flags, Mode::empty()).map_err(failed)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(failed)?;
    fcntl_setfd(&lock, FdFlags::empty()).map_err(failed)?;
    Ok(lock)
}
