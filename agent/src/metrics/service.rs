//! The process around the paths: sockets, signals, and a bounded end.

use super::http::{LONGEST_BUDGET, router};
use super::scrape::Scraper;
use axum::Router;
use axum::serve::ListenerExt as _;
use fsxlustre_mount::failure::{Code, Explain, Failure, chain};
use fsxlustre_mount::host::Host;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where the service listens, unless it is told otherwise.
pub const DEFAULT_LISTEN_ADDRESS: &str = "127.0.0.1:9988";
/// How long scrapes that are under way are waited for at the end.
const LONGEST_END: Duration = LONGEST_BUDGET.saturating_add(Duration::from_secs(1));
/// A thread that has collected ends soon, so that nothing wakes up between scrapes.
const THREAD_KEEP_ALIVE: Duration = Duration::from_millis(50);

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("the metrics service cannot listen on {address}")]
pub struct ListenError {
    address: String,
    #[source]
    source: std::io::Error,
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

/// What the service is told.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// `HOST:PORT` each; `:PORT` is every address of this node.
    pub listen_addresses: Vec<String>,
    /// The path of the metrics.
    pub telemetry_path: String,
}

/// Serves metrics until SIGTERM or SIGINT.
///
/// # Errors
/// A failure that says what mends it, before anything was served.
pub fn serve(host: &Host, options: &ServiceOptions) -> Result<(), Failure> {
    let sockets: Vec<TcpListener> = options
        .listen_addresses
        .iter()
        .map(|address| listen(address))
        .collect::<Result<_, _>>()
        .map_err(|error| error.failure())?;
    let scraper = Scraper::new(host).map_err(|error| internal("register metrics", &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(THREAD_KEEP_ALIVE)
        .build()
        .map_err(|error| internal("start the runtime", &error))?;
    let router = router(scraper, &options.telemetry_path);
    let served = runtime
        .block_on(serve_until_signal(sockets, &router, &options.telemetry_path))
        .map_err(|error| internal("serve", &error));
    // Not waited for: a collection may be stuck in the kernel.
    runtime.shutdown_background();
    served
}

fn internal(asked: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure {
        code: Code::Internal,
        what: "the metrics service could not start".into(),
        asked: asked.into(),
        because: chain(error),
        remedy: "start it again; if that does not help, report it with this message".into(),
    }
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

async fn serve_until_signal(
    sockets: Vec<TcpListener>,
    router: &Router,
    telemetry_path: &str,
) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (end, ended) = watch::channel(());
    let mut servers = JoinSet::new();
    for socket in sockets {
        let address = socket.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(socket)?.tap_io(|connection| {
            // Head and body of an answer go out in two writes.
            let _ = connection.set_nodelay(true);
        });
        let mut ended = ended.clone();
        let server = axum::serve(listener, router.clone()).with_graceful_shutdown(async move {
            // An error is the end too: nobody can tell it any more.
            let _ = ended.changed().await;
        });
        servers.spawn(async move { server.await });
        tracing::info!("listening on http://{address}{telemetry_path}");
    }
    let name = first_of(&mut terminate, &mut interrupt).await;
    tracing::info!("{name}: finishing the scrapes that are under way");
    drop(end);
    let all = async { while servers.join_next().await.is_some() {} };
    if tokio::time::timeout(LONGEST_END, all).await.is_err() {
        tracing::warn!("a scrape had not ended after {} seconds", LONGEST_END.as_secs());
    }
    Ok(())
}

async fn first_of(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
