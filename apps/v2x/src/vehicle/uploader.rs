//! The thread that runs the session with the broker, in a runtime of its own.
//!
//! It asks the keeper for rows and tells it what became of them; it holds nothing that is not on
//! disk, so it can end or be killed at any moment.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tracing::{debug, info, warn};
use v2x_uplink::session::TrustError;
use v2x_uplink::{Session, SessionEnd, SessionEvent};

use super::health::Health;
use crate::clock::Clock;
use crate::config::MqttConfig;

/// Why uploading cannot begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum UploaderError {
    /// The encrypted connection cannot be set up.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The system refuses a thread, a runtime or random numbers.
    #[error("the session with the broker cannot start: {0}")]
    System(#[from] io::Error),
}

/// Starts the session; it ends when the other end of `running` is dropped.
pub(super) fn start(
    mqtt: &MqttConfig,
    supply: SessionEnd,
    running: oneshot::Receiver<()>,
    clock: Clock,
    health: Arc<Health>,
) -> Result<JoinHandle<()>, UploaderError> {
    let settings = mqtt.settings(format!("v2x-{:08x}", draw()?));
    let session = Session::new(
        &settings,
        supply,
        move |event| tell(&health, &event),
        Box::new(move || clock.now().instant),
        // Chance only spreads reconnections; without any, all wait equally long.
        Box::new(|| draw().unwrap_or(0)),
    )?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = std::thread::Builder::new()
        .name("uploader".to_owned())
        .spawn(move || {
            runtime.block_on(session.run(async {
                // An error means that the sender was dropped, which is the signal to stop.
                running.await.unwrap_or(());
            }));
        })?;
    Ok(thread)
}

fn draw() -> io::Result<u32> {
    getrandom::u32().map_err(io::Error::other)
}

fn tell(health: &Health, event: &SessionEvent) {
    let is_connected = matches!(event, SessionEvent::Connected);
    match event {
        SessionEvent::SetAside { .. } => {}
        _ => health
            .broker_is_connected
            .store(is_connected, Ordering::Relaxed),
    }
    match event {
        SessionEvent::Connecting => debug!("connecting to the broker"),
        SessionEvent::Connected => info!("broker connected"),
        SessionEvent::Down { why, retry_in } => {
            warn!(%why, retry_in_s = retry_in.as_secs_f32(), "broker not connected");
        }
        SessionEvent::SetAside { reason, .. } => warn!(reason, "row set aside"),
        SessionEvent::Stopped { unacknowledged: 0 } => info!("broker disconnected"),
        SessionEvent::Stopped { unacknowledged } => {
            info!(
                unacknowledged,
                "broker disconnected; these rows are sent again next time"
            );
        }
    }
}
