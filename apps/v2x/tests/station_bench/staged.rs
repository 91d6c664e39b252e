//! A production board (`v2x_boards`) on a pseudo-terminal, with its scripted world around it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{self, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use v2x_boards::Chassis;
use v2x_boards::stage::Stage;
use v2x_units::{BootId, Instant};

use super::board::Stopwatch;
use super::line::Line;

/// How long the board waits for bytes before it looks at its clock again.
const TURN_MS: i64 = 2;

/// How a test drives a board, and what it sees of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reins {
    /// The board's clock runs so many times faster, and once more.
    pub(crate) faster: Arc<AtomicU32>,
    /// Asks for a start anew, as after a watchdog's reset.
    pub(crate) reset: Arc<AtomicBool>,
    /// Seconds that the board has lived through, all starts together.
    pub(crate) lived: Arc<AtomicU64>,
    /// What the test wants to know of the stage.
    pub(crate) seen: Arc<AtomicU64>,
}

/// The board; unplugged when dropped.
pub(crate) struct Staged {
    pub(crate) reins: Reins,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Staged {
    /// Plugs in the board that `make` gives; it starts anew whenever it was told to.
    pub(crate) fn plug<S: Stage + 'static>(
        name: &Path,
        make: impl FnOnce() -> S + Send + 'static,
    ) -> Self {
        Self::watched(name, make, |_| 0)
    }

    /// The same, with something of the stage to be seen.
    pub(crate) fn watched<S: Stage + 'static>(
        name: &Path,
        make: impl FnOnce() -> S + Send + 'static,
        see: impl Fn(&S) -> u64 + Send + 'static,
    ) -> Self {
        let mut line = Line::plug(name);
        let (stop, stopped) = mpsc::channel();
        let reins = Reins::default();
        let of_thread = reins.clone();
        let thread = thread::spawn(move || {
            let mut stage = make();
            let mut watch = Stopwatch::start();
            let mut now = Instant::BOOT;
            let (mut boots, mut lived) = (0xB007_0001, Duration::ZERO);
            while stopped.try_recv() == Err(TryRecvError::Empty) {
                let bytes = line.receive(TURN_MS);
                let turn = watch.lap() * (1 + of_thread.faster.load(SeqCst));
                lived += turn;
                stage.hear(now, &bytes);
                // However fast, the board sees every tenth of a second.
                let until = now + turn;
                while now < until {
                    now = until.min(now + Duration::from_millis(100));
                    stage.step(now);
                    send_all(&mut line, stage.chassis());
                }
                of_thread.lived.store(lived.as_secs(), SeqCst);
                of_thread.seen.store(see(&stage), SeqCst);
                if stage.wants_restart() || of_thread.reset.swap(false, SeqCst) {
                    (boots, now) = (boots + 1, Instant::BOOT);
                    stage.restart(BootId::new(boots), now);
                }
            }
        });
        Self {
            reins,
            running: Some((stop, thread)),
        }
    }
}

fn send_all(line: &mut Line, chassis: &mut Chassis) {
    while !chassis.pending().is_empty() {
        let pending = chassis.pending().to_vec();
        chassis.written(pending.len());
        line.send(&pending);
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the board panicked");
        }
    }
}
