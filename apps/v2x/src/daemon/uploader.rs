//! The thread that runs the session with the broker, in a runtime of its own.
//!
//! It asks the keeper for entries and tells it what became of them; it holds nothing that is not on
//! disk, so it can end or be killed at any moment. Commands of the server pass through it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use tokio::sync::{oneshot, watch};
use tracing::{debug, info, warn};
use v2x_uplink::session::TrustError;
use v2x_uplink::session::commands::SessionCommands;
use v2x_uplink::session::shared::SessionShared;
use v2x_uplink::{Session, SessionEnd, SessionEvent, supply};

use super::{Delivery, UplinkHealth};
use crate::clock::Clock;
use crate::config::MqttConfig;
use crate::failure::{Blame, Failure};

/// Who uploads.
pub(crate) struct Uploader<'a> {
    /// The broker; without one everything stays in the store.
    pub(crate) mqtt: Option<&'a MqttConfig>,
    /// The role, as the client id and the log name it: `vehicle`, `station`.
    pub(crate) role: &'static str,
    /// What is heard of the server, and what it is told of the role.
    pub(crate) hears: Hears,
    pub(crate) clock: Clock,
    pub(crate) health: Arc<UplinkHealth>,
}

/// The ends of what travels beside the outbox, for a role that has them.
#[derive(Default)]
pub(crate) struct Hears {
    /// Where commands of the server go.
    pub(crate) commands: Option<SessionCommands>,
    /// Where the server's settings go.
    pub(crate) shared: Option<SessionShared>,
    /// What describes the role.
    pub(crate) description: Option<watch::Receiver<String>>,
}

impl Hears {
    /// Nothing but commands.
    pub(crate) fn commands(commands: Option<SessionCommands>) -> Self {
        Self {
            commands,
            ..Self::default()
        }
    }
}

/// Why uploading cannot begin.
#[derive(Debug, thiserror::Error)]
enum UploaderError {
    /// The encrypted connection cannot be set up.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The system refuses a thread, a runtime or random numbers.
    #[error("the session with the broker cannot start: {0}")]
    System(#[from] io::Error),
}

impl Uploader<'_> {
    /// Starts the session; it ends when the delivery does.
    pub(crate) fn start(self) -> Result<(Delivery, Option<JoinHandle<()>>), Failure> {
        let Some(mqtt) = self.mqtt else {
            info!("no broker is named: rows stay in the store and are sent when one is");
            return Ok((Delivery::without_broker(self.health), None));
        };
        if !mqtt.broker.is_encrypted() && !is_loopback(mqtt.broker.host()) {
            let role = self.role;
            warn!("mqtt:// sends the token and the {role}'s data in clear; mqtts:// encrypts both");
        }
        let (outbox_end, session_end) = supply::supply();
        let (keep_running, stop) = oneshot::channel();
        let delivery = Delivery::to_broker(outbox_end, keep_running, Arc::clone(&self.health));
        let thread = (self.spawn(mqtt, session_end, stop))
            .map_err(|error| Failure::new(Blame::Runtime, error))?;
        Ok((delivery, Some(thread)))
    }

    fn spawn(
        self,
        mqtt: &MqttConfig,
        supply: SessionEnd,
        stop: oneshot::Receiver<()>,
    ) -> Result<JoinHandle<()>, UploaderError> {
        let Self { clock, health, .. } = self;
        let settings = mqtt.settings(format!("v2x-{}-{:08x}", self.role, draw()?));
        let mut session = Session::new(
            &settings,
            supply,
            move |event| tell(&health, &event),
            Box::new(move || clock.now().instant),
            // Chance only spreads reconnections; without any, all wait equally long.
            Box::new(|| draw().unwrap_or(0)),
        )?;
        if let Some(commands) = self.hears.commands {
            session = session.with_commands(commands);
        }
        if let Some(shared) = self.hears.shared {
            session = session.with_shared(shared);
        }
        if let Some(description) = self.hears.description {
            session = session.with_description(description);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new()
            .name("uploader".to_owned())
            .spawn(move || {
                runtime.block_on(session.run(async {
                    // An error means that the sender was dropped, which is the signal to stop.
                    stop.await.unwrap_or(());
                }));
            })?;
        Ok(thread)
    }
}

/// Whether a host is this computer, as written in a URL.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

fn draw() -> io::Result<u32> {
    getrandom::u32().map_err(io::Error::other)
}

fn tell(health: &UplinkHealth, event: &SessionEvent) {
    let is_connected = matches!(event, SessionEvent::Connected);
    match event {
        SessionEvent::SetAside { .. } => {}
        _ => health.is_connected.store(is_connected, Ordering::Relaxed),
    }
    match event {
        SessionEvent::Connecting => debug!("connecting to the broker"),
        SessionEvent::Connected => {
            health.logins.fetch_add(1, Ordering::Relaxed);
            health.trouble.clear();
            info!("broker connected");
        }
        SessionEvent::Down { why, retry_in } => {
            health.trouble.set(why.to_string());
            warn!(%why, retry_in_s = retry_in.as_secs_f32(), "broker not connected");
        }
        // The keeper tells of it.
        SessionEvent::SetAside { .. } => {}
        SessionEvent::Stopped { unacknowledged: 0 } => info!("broker disconnected"),
        SessionEvent::Stopped { unacknowledged } => {
            info!(
                unacknowledged,
                "broker disconnected; these rows are sent again next time"
            );
        }
    }
}
