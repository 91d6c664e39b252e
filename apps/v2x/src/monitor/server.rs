//! The thread that answers: two pages over HTTP/1.1, one request a connection.
//!
//! Whoever asks slowly, too much or too often holds up only others who ask: connections are few and
//! short, requests small, and the daemon's threads are never waited for.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time;
use tracing::{debug, info, warn};

use super::{Told, metrics};

/// Connections at once; others wait in the system's queue.
const CONNECTIONS: usize = 8;
/// How long a request may take to arrive.
const REQUEST_WITHIN: Duration = Duration::from_secs(3);
/// How long a connection may live, answer included.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The largest request line with its headers: the least that hyper allows.
const REQUEST_BYTES: usize = 8192;
/// How often an address that is taken is tried again.
const RETRY: Duration = Duration::from_secs(30);
/// How long to wait when the system has no more sockets.
const BREATHER: Duration = Duration::from_secs(1);
/// How often the daemon is looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(5);

const INDEX: &str = "/metrics  counters, for Prometheus\n/health   how the parts do, as JSON\n";

/// Starts the thread; it ends when the sender is dropped.
pub(super) fn start(
    address: SocketAddr,
    told: Told,
) -> io::Result<(oneshot::Sender<()>, JoinHandle<()>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("monitor".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = look(&told) => {}
                    () = serve(address, &told) => {}
                    // An error means that the sender was dropped, which is the signal to stop.
                    _ = stopped => {}
                }
            });
        })?;
    Ok((stop, thread))
}

async fn look(told: &Told) {
    loop {
        told.watched.look();
        time::sleep(LOOK_EVERY).await;
    }
}

async fn serve(address: SocketAddr, told: &Told) {
    let listener = listen(address).await;
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(converse(stream, told.clone(), permit));
            }
            Err(error) => {
                debug!(%error, "no connection to the monitor");
                time::sleep(BREATHER).await;
            }
        }
    }
}

/// Listens as soon as the address is free.
async fn listen(address: SocketAddr) -> TcpListener {
    let mut is_told = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                // Port 0 is a free one, which has to be told.
                let address = listener.local_addr().unwrap_or(address);
                info!("http://{address}/metrics and /health answer");
                return listener;
            }
            Err(error) if !std::mem::replace(&mut is_told, true) => tell_hindrance(address, &error),
            Err(error) => debug!(%error, "the monitor's address is still not free"),
        }
        time::sleep(RETRY).await;
    }
}

fn tell_hindrance(address: SocketAddr, error: &io::Error) {
    let what = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there".to_owned(),
        ErrorKind::AddrNotAvailable => "this computer has no such address".to_owned(),
        _ => error.to_string(),
    };
    warn!(
        %address,
        "no /metrics and /health: {what}; set monitor.listen to another address, or to \"off\"; it \
         is tried again"
    );
}

async fn converse(stream: TcpStream, told: Told, permit: OwnedSemaphorePermit) {
    let service = service_fn(|request| {
        let answer = answer(&told, &request);
        async { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_WITHIN)
        .max_buf_size(REQUEST_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match time::timeout(ANSWER_WITHIN, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "a connection to the monitor broke"),
        Err(_) => debug!("a connection to the monitor was too slow"),
    }
    drop(permit);
}

fn answer(told: &Told, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; charset=utf-8";
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let text = "only GET and HEAD are answered\n".to_owned();
        let mut response = page(StatusCode::METHOD_NOT_ALLOWED, TEXT, text);
        let allowed = hyper::header::HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    match request.uri().path() {
        "/metrics" => page(StatusCode::OK, metrics::CONTENT_TYPE, told.metrics()),
        "/health" => {
            let (is_working, json) = told.health();
            let status = if is_working {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            page(status, "application/json", json)
        }
        "/" => page(StatusCode::OK, TEXT, INDEX.to_owned()),
        _ => page(StatusCode::NOT_FOUND, TEXT, INDEX.to_owned()),
    }
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let value = hyper::header::HeaderValue::from_static;
    headers.insert(CONTENT_TYPE, value(kind));
    headers.insert(CACHE_CONTROL, value("no-store"));
    response
}
