//! Where the service listens: addresses, or the sockets that systemd hands over.

use fsxlustre_mount::failure::{Code, Explain, chain};
use listenfd::ListenFd;
use std::io::{Error, ErrorKind};
use std::net::TcpListener;

/// Where the service listens, unless it is told otherwise.
pub const DEFAULT_LISTEN_ADDRESS: &str = "127.0.0.1:9988";
/// How the error calls the sockets of systemd.
const SYSTEMD: &str = "systemd's sockets (LISTEN_FDS)";

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("the metrics service cannot listen on {address}")]
pub(super) struct ListenError {
    address: String,
    #[source]
    source: Error,
}

impl Explain for ListenError {
    fn code(&self) -> Code {
        Code::ExporterListen
    }
    fn asked(&self) -> String {
        format!("listen on {} for HTTP", self.address)
    }
    fn because(&self) -> String {
        chain(&self.source)
    }
    fn remedy(&self) -> String {
        let setting = "--web.listen-address or [exporter] listen_address";
        if self.address == SYSTEMD {
            return "start the socket unit: systemctl start fsxlustre-exporter.socket; it needs \
                    ListenStream=HOST:PORT"
                .into();
        }
        match self.source.kind() {
            ErrorKind::AddrInUse => {
                let port = self.address.rsplit(':').next().unwrap_or_default();
                format!(
                    "end what listens there (`ss -ltnp 'sport = :{port}'`), or give another \
                     address with {setting}"
                )
            }
            ErrorKind::AddrNotAvailable => {
                format!("give an address that this node has (`ip address`) with {setting}")
            }
            ErrorKind::PermissionDenied => format!("give a port above 1023 with {setting}"),
            _ => format!("give HOST:PORT, such as {DEFAULT_LISTEN_ADDRESS}, with {setting}"),
        }
    }
}

/// The sockets: those of systemd where it hands some over, else one for each address.
///
/// # Errors
/// [`ListenError`] when one cannot be had, or systemd's are wanted and there are none.
pub(super) fn sockets(
    addresses: &[String],
    needs_systemd: bool,
) -> Result<Vec<TcpListener>, ListenError> {
    let error = |source| ListenError { address: SYSTEMD.to_owned(), source };
    let handed = handed_over().map_err(error)?;
    if handed.is_empty() && needs_systemd {
        return Err(error(Error::new(ErrorKind::NotFound, "systemd handed no socket over")));
    }
    if handed.is_empty() { addresses.iter().map(|one| listen(one)).collect() } else { Ok(handed) }
}

fn handed_over() -> Result<Vec<TcpListener>, Error> {
    let mut handed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..handed.len() {
        if let Some(socket) = handed.take_tcp_listener(index)? {
            socket.set_nonblocking(true)?;
            sockets.push(socket);
        }
    }
    Ok(sockets)
}

fn listen(address: &str) -> Result<TcpListener, ListenError> {
    let socket = match address.strip_prefix(':') {
        // As Go programs read it: both protocols, or IPv4 where there is no IPv6.
        Some(port) => TcpListener::bind(format!("[::]:{port}"))
            .or_else(|_| TcpListener::bind(format!("0.0.0.0:{port}"))),
        None => TcpListener::bind(address),
    };
    socket
        .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
        .map_err(|source| ListenError { address: address.to_owned(), source })
}
