//! The child: reads orders from stdin until it ends.

use super::WORD;
use super::arrange::arrange;
use super::open::{Place, open, reach};
use super::orders::{Order, Ran, Reply, Trouble};
use super::shape::read_shape;
use super::walk::walk;
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The most of a program's output that is passed on, bytes.
const MOST_OUTPUT: usize = 1 << 20;

/// Whether this process was started to be a hand.
pub fn asked_for() -> bool {
    std::env::args_os().nth(1).is_some_and(|first| first == WORD)
}

/// Does what each line says, and answers with a line.
pub fn obey(orders: &mut dyn BufRead, listener: &mut dyn Write) {
    let mut place = None;
    for line in orders.lines().map_while(Result::ok) {
        let Ok(order) = serde_json::from_str::<Order>(&line) else { return };
        if let Order::Walk(limits) = order
            && let Some(place) = &place
        {
            walk(place, limits, &mut |walked| say(listener, &Reply::Walked(walked)));
        } else if !say(listener, &answer(&order, &mut place)) {
            return;
        }
    }
}

/// False when nobody listens any more.
fn say(listener: &mut dyn Write, reply: &Reply) -> bool {
    let line = serde_json::to_string(reply).unwrap_or_default();
    writeln!(listener, "{line}").and_then(|()| listener.flush()).is_ok()
}

fn answer(order: &Order, place: &mut Option<Place>) -> Reply {
    let nowhere = || Reply::Trouble(Trouble::Order("nothing is open".into()));
    let result = match (order, place.as_ref()) {
        (Order::Open(spot), _) => {
            // The one before is closed first, also when this one fails.
            *place = None;
            open(spot).map(|(opened, told)| {
                *place = Some(opened);
                Reply::Opened(told)
            })
        }
        (Order::Shape(of), _) => Ok(Reply::Shape(read_shape(of))),
        (Order::Arrange(wanted), Some(place)) => arrange(place, wanted).map(Reply::Arranged),
        (Order::Lfs { program, arguments }, Some(place)) => {
            run(place, program, arguments).map(Reply::Ran)
        }
        _ => return nowhere(),
    };
    result.unwrap_or_else(Reply::Trouble)
}

/// Runs `lfs` in the directory that is open, which it calls `.`: names may be swapped meanwhile, the place
/// that we stand in cannot. A file is named in its directory.
fn run(place: &Place, program: &Path, arguments: &[String]) -> Result<Ran, Trouble> {
    let (directory, name) = match &place.within {
        Some((directory, name)) => (directory, format!("./{name}")),
        None => (&place.itself, ".".to_owned()),
    };
    let done = Command::new(program)
        .args(arguments)
        .arg(name)
        .current_dir(reach(directory))
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    let done = done.map_err(|error| {
        let errno = error.raw_os_error().unwrap_or_default();
        Trouble::Call("run".into(), program.to_owned(), errno)
    })?;
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes.get(..MOST_OUTPUT).unwrap_or(bytes)).into_owned()
    };
    let code = done.status.code().unwrap_or(-1);
    Ok(Ran { code, stdout: text(&done.stdout), stderr: text(&done.stderr) })
}
