//! The sockets at which devices knock, in the clear and encrypted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use super::{Hub, connection};
use crate::failure::{Blame, Context as _, Failure};

/// How long the encryption may take to begin.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more sockets.
const BREATHER: Duration = Duration::from_millis(200);
/// How long connections may take to end when the hub ends.
const PARTING: Duration = Duration::from_secs(3);

/// The endpoint's thread, and how it is ended.
pub(crate) struct Endpoint {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
    pub(crate) plain: Option<SocketAddr>,
    pub(crate) encrypted: Option<SocketAddr>,
}

impl Endpoint {
    /// Listens; every connection is served in one thread.
    pub(crate) fn start(hub: Arc<Hub>, tls: Option<TlsAcceptor>) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .blame(Blame::Runtime, "runtime of the endpoint")?;
        let listen = |address: Option<SocketAddr>| {
            let bound = address.map(|address| runtime.block_on(listener(address)));
            bound.transpose()
        };
        let plain = listen(hub.config.listen)?;
        let encrypted = listen(hub.config.listen_tls.filter(|_| tls.is_some()))?;
        let address = |listener: &Option<TcpListener>| listener.as_ref()?.local_addr().ok();
        let (plain_at, encrypted_at) = (address(&plain), address(&encrypted));
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::Builder::new().name("endpoint".to_owned());
        let thread = thread
            .spawn(move || {
                runtime.block_on(run(hub, (plain, encrypted.zip(tls)), stopped));
            })
            .blame(Blame::Runtime, "thread endpoint")?;
        Ok(Self {
            stop,
            thread,
            plain: plain_at,
            encrypted: encrypted_at,
        })
    }

    /// Ends all connections, and waits for that.
    pub(crate) fn stop(self) {
        self.stop.send(true).unwrap_or_default();
        if self.thread.join().is_err() {
            warn!("the endpoint ended by a panic");
        }
    }
}

async fn listener(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::new(Blame::Runtime, format_args!("{address}: {error}"));
        failure.hint("end what listens there (mosquitto?), or set endpoint.listen and listen_tls")
    })
}

async fn run(
    hub: Arc<Hub>,
    (plain, encrypted): (Option<TcpListener>, Option<(TcpListener, TlsAcceptor)>),
    mut stopped: watch::Receiver<bool>,
) {
    let permits = Arc::new(Semaphore::new(hub.config.connections));
    let mut connections = JoinSet::new();
    let (encrypted, tls) = encrypted.unzip();
    loop {
        // Where all are taken, the end of one is waited for, and the end of the hub.
        let permit = tokio::select! {
            permit = Arc::clone(&permits).acquire_owned() => permit,
            _ = stopped.changed() => break,
        };
        let Ok(permit) = permit else {
            return;
        };
        tokio::select! {
            accepted = accept(plain.as_ref()) => {
                take(&hub, accepted, None, permit, &mut connections).await;
            }
            accepted = accept(encrypted.as_ref()) => {
                take(&hub, accepted, tls.clone(), permit, &mut connections).await;
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stopped.changed() => break,
        }
    }
    for device in hub.sessions.devices() {
        let farewell = v2x_uplink::endpoint::Farewell::ShuttingDown;
        hub.sessions.part(device, farewell);
    }
    let parted = timeout(PARTING, async {
        while connections.join_next().await.is_some() {}
    });
    if parted.await.is_err() {
        debug!(left = connections.len(), "connections did not end in time");
    }
}

/// The next connection; never, where nothing is listened to.
async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

async fn take(
    hub: &Arc<Hub>,
    accepted: std::io::Result<(TcpStream, SocketAddr)>,
    tls: Option<TlsAcceptor>,
    permit: OwnedSemaphorePermit,
    connections: &mut JoinSet<()>,
) {
    match accepted {
        Ok((stream, peer)) => {
            hub.counters.connections.add(1);
            // Acknowledgements are small and waited for.
            if let Err(error) = stream.set_nodelay(true) {
                debug!(%error, "a socket without TCP_NODELAY");
            }
            connections.spawn(serve(stream, peer, tls, Arc::clone(hub), permit));
        }
        Err(error) => {
            info!(%error, "no connection was accepted");
            sleep(BREATHER).await;
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    hub: Arc<Hub>,
    permit: OwnedSemaphorePermit,
) {
    match tls {
        None => connection::serve(stream, peer, None, hub).await,
        Some(tls) => match timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                let (_, session) = stream.get_ref();
                let certificate = session.peer_certificates().and_then(<[_]>::first);
                let certificate = certificate.map(|certificate| certificate.to_vec());
                connection::serve(stream, peer, certificate, hub).await;
            }
            Ok(Err(error)) => debug!(%peer, %error, "no encryption"),
            Err(_) => debug!(%peer, "the encryption took too long"),
        },
    }
    drop(permit);
}
