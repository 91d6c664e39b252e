//! The sockets: connections with a bound, time-outs for whoever stalls, TLS, and an end that lets
//! answers finish.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::Service as _;
use tracing::debug;

use crate::app::Web;
use crate::guard::Peer;
use crate::live;
use crate::types::LiveEvent;

/// Connections at once: all viewers, and pages that load; others wait in the system's queue.
const CONNECTIONS: usize = live::VIEWERS + 512;
/// How long the head of a request may take, and how long an idle connection stays.
const REQUEST_WITHIN: Duration = Duration::from_secs(20);
/// How long a handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long a reader may take nothing of an answer, and a writer give nothing of a body.
const STALL: Duration = Duration::from_secs(30);
/// How long answers may go on after the wish to end.
const END_WITHIN: Duration = Duration::from_secs(3);
/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 32 * 1024;
/// How long to wait when the system has no more sockets.
const BREATHER: Duration = Duration::from_millis(200);

/// A place where a site is served.
pub struct Server {
    /// Where connections come in.
    pub listener: TcpListener,
    /// The server's certificate and key, for TLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// What is served.
    pub web: Web,
}

impl Server {
    /// Serves until `stop` is ready; then lets answers finish, for three seconds at most.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, tls, web } = self;
        let graceful = GracefulShutdown::new();
        tokio::select! {
            () = accept(&listener, tls, web.router(), &graceful) => {}
            () = hand_out(&web) => {}
            () = sweep(&web) => {}
            () = stop => {}
        }
        drop(listener);
        web.live().close();
        if time::timeout(END_WITHIN, graceful.shutdown())
            .await
            .is_err()
        {
            debug!("connections that did not end are cut");
        }
    }
}

/// Ends log-ins of accounts that are gone: beside what is handed out, which waits for no disk.
async fn sweep(web: &Web) {
    let mut turn = time::interval(live::TICK_EVERY);
    turn.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        web.sweep().await;
    }
}

/// Hands out what happens, and says that the server lives.
async fn hand_out(web: &Web) {
    let mut beat = time::interval(live::HAND_OUT_EVERY);
    beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    let mut tick = time::interval(live::TICK_EVERY);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beat.tick() => web.live().hand_out(),
            _ = tick.tick() => web.live().publish(&LiveEvent::Tick { now: web.utc_ms() }),
        }
    }
}

async fn accept(
    listener: &TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    router: Router,
    graceful: &GracefulShutdown,
) {
    let tls = tls.map(TlsAcceptor::from);
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (tls, router, watcher) = (tls.clone(), router.clone(), graceful.watcher());
                tokio::spawn(converse(stream, peer, tls, router, watcher, permit));
            }
            Err(error) => {
                debug!(%error, "no connection");
                time::sleep(BREATHER).await;
            }
        }
    }
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    watcher: Watcher,
    permit: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "small answers may be late");
    }
    let served = match tls {
        None => serve(stream, peer, router, watcher).await,
        Some(tls) => match time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
            Ok(Ok(stream)) => serve(stream, peer, router, watcher).await,
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the handshake took too long".to_owned()),
        },
    };
    if let Err(error) = served {
        debug!(%peer, error, "a connection broke");
    }
    drop(permit);
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
) -> Result<(), String> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(STALL));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer.ip()));
        async move {
            let answered: Result<_, Infallible> = router.call(request).await;
            answered
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    watcher
        .watch(connection)
        .await
        .map_err(|error| error.to_string())
}

/// Listens at an address.
///
/// # Errors
/// Those of the system: taken, not ours, not allowed.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}
