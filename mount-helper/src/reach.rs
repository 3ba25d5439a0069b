//! How far a way to a file system's servers goes: does a name resolve, does TCP 988 answer?
//!
//! AVAILABLE is the API's word. A name may take longer to be known to this node's resolver, which
//! also remembers that it was not, and a security group may let nothing through; mount.lustre then
//! hangs for minutes and says neither.

use crate::failure::one_line;
use crate::host::{Bounds, Deadline, sleep_unless_interrupted};
use crate::source::Device;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

/// LNet's acceptor. *Source*: `lnet` module parameter `accept_port`; the FSx user guide.
const PORT: u16 = 988;
/// What a look may take.
const PATIENCE: Duration = Duration::from_secs(6);
/// What a resolver may take, and what a server may.
const STEP_PATIENCE: Duration = Duration::from_secs(3);
/// How often a look is asked for its result.
const SOON: Duration = Duration::from_millis(10);
/// How long a resolver's answer, or its silence, is good for this process.
const REMEMBERED: Duration = Duration::from_secs(10);
/// How often one that was just made is tried again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How far the way goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// A server takes connections.
    Port {
        /// Its address.
        address: IpAddr,
    },
    /// A name resolves, and nothing answers there.
    Name {
        /// The address.
        address: IpAddr,
        /// Why not.
        because: String,
    },
    /// No name resolves.
    Nothing {
        /// The name.
        host: String,
        /// Why not.
        because: String,
    },
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { address } => write!(f, "TCP {PORT} of {address} answers"),
            Self::Name { address, because } => {
                write!(f, "TCP {PORT} of {address} does not answer: {because}")
            }
            Self::Nothing { host, because } => {
                write!(f, "the name {host} does not resolve: {because}")
            }
        }
    }
}

/// Looks at the servers of a device in turn, and tells of the one that is nearest to an answer.
/// `None` where none of them is reached by TCP, where there is no time, and when a signal came.
pub fn look(device: &Device, bounds: &Bounds<'_>) -> Option<Reached> {
    let deadline = bounds.deadline.at_most(PATIENCE);
    let (answer, answered) = mpsc::channel();
    let device = device.clone();
    // Neither a resolver nor connect(2) hears a signal: a thread that is left behind if need be.
    std::thread::spawn(move || {
        // Nobody listens any more when it took too long.
        let _ = answer.send(look_now(&device, deadline));
    });
    loop {
        match answered.recv_timeout(SOON) {
            Ok(reached) => return reached,
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if deadline.has_passed() || sleep_unless_interrupted(Duration::ZERO, bounds.interrupt) {
            return None;
        }
    }
}

fn look_now(device: &Device, deadline: Deadline) -> Option<Reached> {
    let mut nearest = None;
    for (host, network) in device.nids() {
        if !network.starts_with("tcp") || deadline.has_passed() {
            continue;
        }
        let reached = look_at(host, deadline);
        if matches!(reached, Reached::Port { .. }) {
            return Some(reached);
        }
        if nearest.is_none() || matches!(reached, Reached::Name { .. }) {
            nearest = Some(reached);
        }
    }
    nearest
}

fn look_at(host: &str, deadline: Deadline) -> Reached {
    let nothing = |because: String| Reached::Nothing { host: host.to_owned(), because };
    let addresses = match addresses_of(host, deadline.left().min(STEP_PATIENCE)) {
        Ok(addresses) => addresses,
        Err(because) => return nothing(because),
    };
    let Some(address) = addresses.first().copied() else { return nothing("no address".into()) };
    // Zero would be refused.
    let patience = deadline.left().clamp(SOON, STEP_PATIENCE);
    match TcpStream::connect_timeout(&SocketAddr::new(address, PORT), patience) {
        Ok(_) => Reached::Port { address },
        Err(error) => Reached::Name { address, because: one_line(&error.to_string()) },
    }
}

/// The addresses of a host, which may be one itself. getaddrinfo(3) knows no deadline, so it has
/// our patience.
///
/// # Errors
/// Why there are none, in the resolver's words.
fn addresses_of(host: &str, patience: Duration) -> Result<Vec<IpAddr>, String> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let (answer, answered) = mpsc::channel();
    let target = (host.to_owned(), PORT);
    std::thread::spawn(move || {
        let found = target.to_socket_addrs().map(|all| all.map(|one| one.ip()).collect());
        // Nobody listens any more when it took too long.
        let _ = answer.send(found);
    });
    match answered.recv_timeout(patience) {
        Ok(found) => found.map_err(|error| one_line(&error.to_string())),
        Err(_) => Err(format!("no answer within {:.1} s", patience.as_secs_f32())),
    }
}

type Remembered = BTreeMap<String, (Instant, Option<Vec<IpAddr>>)>;

/// The same for whoever compares names: a resolver is asked once, also when it is silent, so that
/// many mounts do not cost many times its patience.
pub(crate) fn known_addresses_of(host: &str, patience: Duration) -> Option<Vec<IpAddr>> {
    static REMEMBERED_ANSWERS: Mutex<Remembered> = Mutex::new(BTreeMap::new());
    let fresh = |all: &Remembered| {
        all.get(host).filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, found)| found.clone())
    };
    if let Some(found) = REMEMBERED_ANSWERS.lock().ok().and_then(|all| fresh(&all)) {
        return found;
    }
    let found = addresses_of(host, patience).ok();
    if let Ok(mut all) = REMEMBERED_ANSWERS.lock() {
        all.insert(host.to_owned(), (Instant::now(), found.clone()));
    }
    found
}

/// Waits until a server of a file system that was just made answers, telling in which phase it is.
/// Where none does until the end of the bounds, the mount itself is left to say what it meets.
///
/// True when a signal asked to stop.
pub(crate) fn wait_for(device: &Device, bounds: &Bounds<'_>, tell: &dyn Fn(&str)) -> bool {
    let mut phase = None;
    loop {
        let Some(reached) = look(device, bounds) else {
            return sleep_unless_interrupted(Duration::ZERO, bounds.interrupt);
        };
        let found = std::mem::discriminant(&reached);
        if phase.replace(found) != Some(found) {
            tell(&format!("{device}: {reached}"));
        }
        if matches!(reached, Reached::Port { .. }) || bounds.deadline.left() <= LOOK_AGAIN {
            return false;
        }
        if sleep_unless_interrupted(LOOK_AGAIN, bounds.interrupt) {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(text: &str) -> Device {
        Device::parse(text).expect("a device")
    }

    #[test]
    fn the_phase_that_was_reached_is_named() {
        let bounds = Bounds::from(Deadline::after(PATIENCE));
        let refused =
            look(&device("127.0.0.1@tcp:/abcdefgh"), &bounds).expect("by TCP").to_string();
        assert!(refused.starts_with("TCP 988 of 127.0.0.1 does not answer: "), "{refused}");
        let nameless =
            look(&device("no-such-host.invalid@tcp:/abcdefgh"), &bounds).expect("by TCP");
        assert!(nameless.to_string().starts_with("the name no-such-host.invalid does not resolve"));
        let both = look(&device("no-such-host.invalid@tcp:127.0.0.1@tcp:/abcdefgh"), &bounds);
        assert!(matches!(both, Some(Reached::Name { .. })), "{both:?}");
        let six = ["192.0.2.1@tcp"; 6].join(":") + ":/abcdefgh";
        let short = Bounds::from(Deadline::after(Duration::from_millis(300)));
        let began = Instant::now();
        look(&device(&six), &short);
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        assert_eq!(look(&device("10.0.0.5@o2ib:/abcdefgh"), &bounds), None);
    }
}
