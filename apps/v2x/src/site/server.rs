//! The thread that serves the dashboard; it ends when it is dropped.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time;
use tracing::{debug, info, warn};
use v2x_web::server::{Server, listen};
use v2x_web::types::Tiles;
use v2x_web::{Accounts, Live, Settings, Site, Web, pages_are_embedded};

use super::{AccountsFile, Around, tls};
use crate::clock::Clock;
use crate::config::DashboardConfig;
use crate::failure::Failure;

/// How often an address that is taken is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// What is served, and where.
pub(crate) struct Parts {
    pub(crate) site: Arc<dyn Site>,
    pub(crate) accounts: AccountsFile,
    pub(crate) live: Arc<Live>,
    pub(crate) clock: Clock,
}

/// What can never work is found before anything runs.
pub(crate) struct Prepared {
    listen: Option<SocketAddr>,
    tls: Option<Arc<rustls::ServerConfig>>,
    tiles: Option<Tiles>,
}

impl Prepared {
    /// Reads certificate and key.
    pub(crate) fn of(config: &DashboardConfig) -> Result<Self, Failure> {
        let tls = match &config.tls {
            Some((certificate, key)) if config.listen.is_some() => {
                Some(tls::config(certificate, key)?)
            }
            _ => None,
        };
        Ok(Self {
            listen: config.listen,
            tls,
            tiles: config.tiles.clone(),
        })
    }
}

/// The thread.
pub(crate) struct Dashboard {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Dashboard {
    /// Serves at an address. A daemon lives without its dashboard: what hinders it is told in the
    /// log, and an address that is taken is tried again.
    pub(crate) fn start(prepared: Prepared, parts: Parts) -> Self {
        let idle = Self {
            stop: None,
            thread: None,
        };
        let Prepared { listen, tls, tiles } = prepared;
        let Some(address) = listen else {
            return idle;
        };
        tell_openness(address, tls.is_some());
        tell_accounts(&parts.accounts);
        if !pages_are_embedded() {
            warn!(
                "the dashboard has no pages: the program was built without them; the API answers"
            );
        }
        let settings = Settings {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cookie: String::new(),
            is_tls: tls.is_some(),
            tiles,
        };
        match spawn(address, tls, settings, parts) {
            Ok((stop, thread)) => Self {
                stop: Some(stop),
                thread: Some(thread),
            },
            Err(error) => {
                warn!(%error, "no dashboard: its thread cannot start");
                idle
            }
        }
    }
}

fn spawn(
    address: SocketAddr,
    tls: Option<Arc<rustls::ServerConfig>>,
    settings: Settings,
    parts: Parts,
) -> io::Result<(oneshot::Sender<()>, JoinHandle<()>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (stop, mut stopped) = oneshot::channel::<()>();
    let serve = async move {
        // An error means that the sender was dropped, which is the signal to stop.
        let listener = tokio::select! {
            listener = bind(address) => listener,
            _ = &mut stopped => return,
        };
        let web = web(parts, settings, &listener);
        let server = Server { listener, tls, web };
        server.run(async { drop(stopped.await) }).await;
    };
    let thread = std::thread::Builder::new().name("dashboard".to_owned());
    let thread = thread.spawn(move || runtime.block_on(serve))?;
    Ok((stop, thread))
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            warn!("the dashboard ended by a defect of this program");
        }
    }
}

/// Listens as soon as the address is free.
async fn bind(address: SocketAddr) -> TcpListener {
    let mut is_told = false;
    loop {
        match listen(address).await {
            Ok(listener) => return listener,
            Err(error) if !std::mem::replace(&mut is_told, true) => {
                tell_hindrance(address, &error);
            }
            Err(error) => debug!(%error, "the dashboard's address is still not free"),
        }
        time::sleep(RETRY).await;
    }
}

fn web(parts: Parts, settings: Settings, listener: &TcpListener) -> Web {
    // Port 0 is a free one, which has to be told; and browsers do not tell ports apart.
    let address = listener.local_addr();
    let port = address.as_ref().map_or(0, SocketAddr::port);
    let scheme = if settings.is_tls { "https" } else { "http" };
    match address {
        Ok(address) => info!("the dashboard is at {scheme}://{address}/"),
        Err(error) => warn!(%error, "the dashboard does not know its address"),
    }
    let settings = Settings {
        cookie: format!("v2x_session_{port}"),
        ..settings
    };
    let accounts: Arc<dyn Accounts> = Arc::new(parts.accounts);
    let around = Arc::new(Around(parts.clock));
    Web::new(parts.site, accounts, parts.live, around, settings)
}

fn tell_hindrance(address: SocketAddr, error: &io::Error) {
    let what = match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this computer has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => "only root may listen below port 1024".to_owned(),
        _ => error.to_string(),
    };
    warn!(
        %address,
        "no dashboard: {what}; set dashboard.listen to another address; it is tried again"
    );
}

/// Passwords go in the clear where there is no TLS.
fn tell_openness(address: SocketAddr, is_tls: bool) {
    if !address.ip().is_loopback() && !is_tls {
        warn!(
            %address,
            "the dashboard is open to the network without TLS: whoever listens there can read \
             passwords; set dashboard.tls_cert and dashboard.tls_key"
        );
    }
}

fn tell_accounts(accounts: &AccountsFile) {
    let place = accounts.path().display();
    match accounts.accounts() {
        Ok(known) if known.is_empty() => {
            warn!("nobody can log in to the dashboard yet: `v2x user add NAME --users {place}`");
        }
        Ok(known) => info!(accounts = known.len(), "{place} says who can log in"),
        Err(problem) => warn!(problem, "nobody can log in to the dashboard"),
    }
}
