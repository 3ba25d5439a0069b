//! One connection: the handshake, its limits, and its end.

use super::paths::Site;
use super::places::Place;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
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
/// The largest head of a request.
const LARGEST_HEAD_BYTES: usize = 16 << 10;

/// Serves one connection until its peer or the service ends it: when `ended` changes or its sender
/// goes away, the answer that is under way is the last one. It may be silent for as long as its place
/// is wanted by nobody else.
pub async fn serve_connection(
    stream: TcpStream,
    site: Site,
    place: Place,
    ended: watch::Receiver<()>,
) {
    // Head and body of an answer go out in two writes.
    let _ = stream.set_nodelay(true);
    match site.settings().current().tls.clone() {
        None => serve_http(stream, site, &place, ended).await,
        Some(config) => {
            let handshake = TlsAcceptor::from(config).accept(stream);
            match timeout(LONGEST_HANDSHAKE, handshake).await {
                Ok(Ok(stream)) => serve_http(stream, site, &place, ended).await,
                Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
                Err(_) => tracing::debug!("a TLS handshake did not end"),
            }
        }
    }
}

async fn serve_http<S>(stream: S, site: Site, place: &Place, mut ended: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request| {
        let site = site.clone();
        async move {
            place.note(true);
            let answer = site.answer(&request).await;
            place.note(false);
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .header_read_timeout(None)
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
