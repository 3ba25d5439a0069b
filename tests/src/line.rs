//! One line from a pipe, with a deadline.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Reads up to the next line feed, a byte at a time so that nothing after it is lost.
///
/// # Errors
///
/// When the pipe ends first, when the deadline passes first, and when reading fails.
pub fn read_line(pipe: &mut (impl Read + AsFd), deadline: Duration) -> io::Result<String> {
    let end = Instant::now() + deadline;
    let mut line = Vec::new();
    loop {
        wait_until_readable(pipe, end.saturating_duration_since(Instant::now()))?;
        let mut byte = [0];
        match (pipe.read(&mut byte)?, byte[0]) {
            (0, _) => {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended too early"));
            }
            (_, b'\n') => return Ok(String::from_utf8_lossy(&line).into_owned()),
            (_, other) => line.push(other),
        }
    }
}

fn wait_until_readable(pipe: &impl AsFd, remaining: Duration) -> io::Result<()> {
    let timeout = PollTimeout::try_from(remaining).unwrap_or(PollTimeout::MAX);
    let mut watched = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
    match poll(&mut watched, timeout)? {
        0 => Err(io::Error::new(io::ErrorKind::TimedOut, "it took too long")),
        _ => Ok(()),
    }
}
