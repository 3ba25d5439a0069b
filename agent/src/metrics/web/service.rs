//! The process around the paths: sockets, signals, and a bounded end.

use super::super::scrape::{ScrapeSettings, Scraper};
use super::super::selection::Selection;
use super::connection::serve_connection;
use super::lead::lead;
use super::listen::sockets;
use super::paths::{LONGEST_BUDGET, Site};
use super::places::Places;
use super::settings::WebSettings;
use fsxlustre_mount::failure::{Code, Explain as _, Failure, chain};
use fsxlustre_mount::host::Host;
use sd_notify::NotifyState;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use super::listen::DEFAULT_LISTEN_ADDRESS;

/// How long scrapes that are under way are waited for at the end.
const LONGEST_END: Duration = LONGEST_BUDGET.saturating_add(Duration::from_secs(1));
/// A thread that has compared a password waits for the next one, however long that is: no timer wakes it.
const THREAD_KEEP_ALIVE: Duration = Duration::MAX;
/// Threads that compare passwords.
const MOST_THREADS: usize = 3;
/// Connections at one time.
const MOST_CONNECTIONS: usize = 64;
/// How long accepting rests when the process has no descriptor left.
const REST: Duration = Duration::from_millis(100);

/// What the service is told.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// `HOST:PORT` each; `:PORT` is every address of this node.
    pub listen_addresses: Vec<String>,
    /// Whether there have to be sockets that systemd hands over.
    pub needs_systemd_sockets: bool,
    /// The path of the metrics.
    pub telemetry_path: String,
    /// exporter-toolkit's file of TLS and users.
    pub web_config: Option<PathBuf>,
    /// What runs when a request names no collectors.
    pub collectors: Selection,
    /// How a scrape is made.
    pub scrape: ScrapeSettings,
}

/// Serves metrics until SIGTERM or SIGINT.
///
/// # Errors
/// A failure that says what mends it, before anything was served.
pub fn serve(host: &Host, options: &ServiceOptions) -> Result<(), Failure> {
    let settings = WebSettings::load(options.web_config.as_deref());
    let settings = settings.map_err(|error| error.failure())?;
    let sockets = sockets(&options.listen_addresses, options.needs_systemd_sockets);
    let sockets = sockets.map_err(|error| error.failure())?;
    let (scraper, wanted) = Scraper::without_thread(host, &options.scrape)
        .map_err(|error| internal("prepare the scrapes", &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(THREAD_KEEP_ALIVE)
        .max_blocking_threads(MOST_THREADS)
        .build()
        .map_err(|error| internal("start the runtime", &error))?;
    let site = Site::new(scraper, options.collectors, &options.telemetry_path, settings);
    let service = serve_until_signal(sockets, site, options.telemetry_path.clone());
    lead(runtime, wanted, service).map_err(|error| internal("serve", &error))
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

async fn serve_until_signal(
    sockets: Vec<TcpListener>,
    site: Site,
    telemetry_path: String,
) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (end, ended) = watch::channel(());
    let places = Places::new(MOST_CONNECTIONS);
    let mut servers = JoinSet::new();
    let scheme = site.settings().scheme();
    for socket in sockets {
        let address = socket.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(socket)?;
        servers.spawn(accept(listener, site.clone(), places.clone(), ended.clone()));
        tracing::info!("listening on {scheme}://{address}{telemetry_path}");
    }
    drop(ended);
    notify(&NotifyState::Ready);
    let name = first_of(&mut terminate, &mut interrupt).await;
    notify(&NotifyState::Stopping);
    tracing::info!("{name}: finishing the scrapes that are under way");
    // Every connection holds a receiver until its last answer is out.
    servers.shutdown().await;
    let _ = end.send(());
    if tokio::time::timeout(LONGEST_END, end.closed()).await.is_err() {
        tracing::warn!("a scrape had not ended after {} seconds", LONGEST_END.as_secs());
    }
    Ok(())
}

async fn accept(
    listener: tokio::net::TcpListener,
    site: Site,
    places: Places,
    ended: watch::Receiver<()>,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let place = places.take();
                let number = place.number();
                let serving = serve_connection(stream, site.clone(), place, ended.clone());
                places.serve(number, tokio::spawn(serving).abort_handle());
            }
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Tells systemd, where it wants to be told.
fn notify(state: &NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::warn!("systemd cannot be told that the service is {state:?}: {error}");
    }
}

async fn first_of(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
