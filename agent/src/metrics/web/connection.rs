//! One connection: the handshake, its limits, and its end.

use super::paths::Site;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// The longest time for a TLS handshake.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may say nothing; longer than scrapes are apart as a rule.
const LONGEST_SILENCE: Duration = Duration::from_mins(2);
/// The largest head of a request.
const LARGEST_HEAD_BYTES: usize = 16 << 10;

/// Serves one connection until its peer or the service ends it: when `ended` changes or its sender
/// goes away, the answer that is under way is the last one.
pub async fn serve_connection(stream: TcpStream, site: Site, ended: watch::Receiver<()>) {
    // Head and body of an answer go out in two writes.
    let _ = stream.set_nodelay(true);
    match site.settings().current().tls.clone() {
        None => serve_http(stream, site, ended).await,
        Some(config) => {
            let handshake = TlsAcceptor::from(config).accept(stream);
            match timeout(LONGEST_HANDSHAKE, handshake).await {
                Ok(Ok(stream)) => serve_http(stream, site, ended).await,
                Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
                Err(_) => tracing::debug!("a TLS handshake did not end"),
            }
        }
    }
}

async fn serve_http<S>(stream: S, site: Site, mut ended: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request| {
        let site = site.clone();
        async move { Ok::<_, Infallible>(site.answer(&request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_SILENCE)
        .max_buf_size(LARGEST_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // A peer that goes away, or sends what is not HTTP, is nothing to tell of.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
