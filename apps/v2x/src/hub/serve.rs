//! The thread that serves the dashboard of the hub.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tracing::{info, warn};
use v2x_units::Instant;
use v2x_web::server::{Server, listen};
use v2x_web::{Settings, Surroundings, Web, pages_are_embedded};

use super::Hub;
use super::site::{HubSite, People};
use crate::failure::{Blame, Context as _, Failure};

/// The hub's clock and the kernel's random numbers.
struct Around(Arc<Hub>);

impl Surroundings for Around {
    fn now(&self) -> Instant {
        self.0.clock.now().instant
    }

    fn utc_ms(&self) -> i64 {
        self.0.now().as_millis()
    }

    fn fill(&self, bytes: &mut [u8]) -> bool {
        getrandom::fill(bytes).is_ok()
    }
}

/// The thread, and how it is ended.
pub(crate) struct Pages {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Pages {
    /// Serves where the settings say; `None` where they say `off`.
    pub(crate) fn start(
        hub: &Arc<Hub>,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Result<Option<Self>, Failure> {
        let Some(address) = hub.config.dashboard else {
            return Ok(None);
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .blame(Blame::Runtime, "runtime of the dashboard")?;
        let listener = runtime.block_on(listen(address)).map_err(|error| {
            let failure = Failure::new(Blame::Runtime, format_args!("{address}: {error}"));
            failure
                .hint("end what listens there, or set dashboard.listen to another address or off")
        })?;
        let address = listener.local_addr().unwrap_or(address);
        let web = web(hub, address, tls.is_some());
        tell(address, tls.is_some());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server { listener, tls, web };
        let thread = std::thread::Builder::new().name("dashboard".to_owned());
        let thread = thread
            .spawn(move || runtime.block_on(server.run(async { drop(stopped.await) })))
            .blame(Blame::Runtime, "thread dashboard")?;
        Ok(Some(Self { stop, thread }))
    }

    /// Ends it, with answers that are under way.
    pub(crate) fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            warn!("the dashboard ended by a panic");
        }
    }
}

fn web(hub: &Arc<Hub>, address: SocketAddr, is_tls: bool) -> Web {
    let settings = Settings {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cookie: format!("v2x_session_{}", address.port()),
        is_tls,
        tiles: hub.config.tiles.clone(),
    };
    Web::new(
        Arc::new(HubSite(Arc::clone(hub))),
        Arc::new(People(Arc::clone(hub))),
        Arc::clone(&hub.live),
        Arc::new(Around(Arc::clone(hub))),
        settings,
    )
}

fn tell(address: SocketAddr, is_tls: bool) {
    let scheme = if is_tls { "https" } else { "http" };
    info!("the dashboard is at {scheme}://{address}/");
    if !is_tls && !address.ip().is_loopback() {
        warn!("passwords cross the network in the clear; set dashboard.tls = true");
    }
    if !pages_are_embedded() {
        warn!("the program was built without pages; the API answers");
    }
}
