//! The thread that reads the collector's serial port: bytes in, stamped chunks out.
//!
//! It does nothing else, so that the kernel's buffer never fills while something is written or
//! decoded. Reads are coalesced: after the first byte it waits 5 ms for more, which costs a tenth
//! of the wake-ups of a read per line.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};
use tracing::{info, warn};
use v2x_units::Stamp;

use super::health::Health;
use super::shutdown::Shutdown;
use crate::clock::{self, Clock};
use crate::serial::{Arrival, Port, PortError};

/// How long to wait for more bytes after the first: 2.5 frames at the Twizy's 490 frames/s.
const COALESCE: Duration = Duration::from_millis(5);
/// How often an idle port looks whether the daemon should stop.
const GLANCE: Duration = Duration::from_millis(100);
/// How long to wait before a lost port is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);
/// The most bytes in one chunk: 5 ms at 921,600 baud are 460, a long stall fills more.
const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes as they came from the port, with the time of their arrival.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) at: Stamp,
    pub(super) bytes: Vec<u8>,
}

/// The collector's port and where its bytes go.
pub(super) struct Collector {
    pub(super) path: PathBuf,
    pub(super) baud: u32,
    pub(super) clock: Clock,
    pub(super) chunks: Sender<Chunk>,
    pub(super) health: Arc<Health>,
    pub(super) shutdown: Shutdown,
}

impl Collector {
    /// Reads until the daemon stops; a port that goes away is opened again when it comes back.
    pub(super) fn run(&self, first: Port) {
        let mut port = Some(first);
        while !self.shutdown.is_requested() {
            let Some(open) = port.take().or_else(|| self.reopen()) else {
                continue;
            };
            self.health.port_is_open.store(true, Ordering::Relaxed);
            if let Err(error) = self.read(open) {
                warn!(%error, hint = error.hint(), "collector lost");
            }
            self.health.port_is_open.store(false, Ordering::Relaxed);
        }
    }

    fn reopen(&self) -> Option<Port> {
        clock::sleep(REOPEN_AFTER);
        let port = Port::open(&self.path, self.baud).ok()?;
        info!(port = %self.path.display(), "collector is back");
        Some(port)
    }

    /// Reads one open port until it is gone or the daemon stops.
    fn read(&self, mut port: Port) -> Result<(), PortError> {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            match port.wait(GLANCE)? {
                Arrival::Silence if self.shutdown.is_requested() => return Ok(()),
                Arrival::Silence => continue,
                Arrival::HungUp => return Err(PortError::HungUp(self.path.clone())),
                Arrival::Bytes => {}
            }
            let is_last = self.shutdown.is_requested();
            if !is_last {
                clock::sleep(COALESCE);
            }
            let at = self.clock.now();
            let count = port.read(&mut buffer)?;
            if count == 0 {
                return Err(PortError::HungUp(self.path.clone()));
            }
            self.hand_on(Chunk {
                at,
                bytes: buffer.get(..count).unwrap_or(&[]).to_vec(),
            });
            if is_last {
                return Ok(());
            }
        }
    }

    /// Passes a chunk on without ever waiting; what does not fit is counted as lost.
    fn hand_on(&self, chunk: Chunk) {
        let size = u64::try_from(chunk.bytes.len()).unwrap_or(u64::MAX);
        self.health
            .bytes_received
            .fetch_add(size, Ordering::Relaxed);
        if let Err(TrySendError::Full(_)) = self.chunks.try_send(chunk) {
            self.health.bytes_lost.fetch_add(size, Ordering::Relaxed);
        }
    }
}
