//! A production board (`v2x_boards`) on a pseudo-terminal, with its scripted world around it.

use std::path::Path;
use std::sync::mpsc::{self, Sender, TryRecvError};
use std::thread::{self, JoinHandle};

use v2x_boards::stage::Stage;
use v2x_units::{BootId, Instant};

use super::board::Stopwatch;
use super::line::Line;

/// How long the board waits for bytes before it looks at its clock again.
const TURN_MS: i64 = 2;

/// The board; unplugged when dropped.
pub(crate) struct Staged {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Staged {
    /// Plugs in the board that `make` gives; it starts anew whenever it was told to.
    pub(crate) fn plug<S: Stage + 'static>(
        name: &Path,
        make: impl FnOnce() -> S + Send + 'static,
    ) -> Self {
        let mut line = Line::plug(name);
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut stage = make();
            let mut watch = Stopwatch::start();
            let mut now = Instant::BOOT;
            let mut boots = 0xB007_0001;
            while stopped.try_recv() == Err(TryRecvError::Empty) {
                let bytes = line.receive(TURN_MS);
                now = now + watch.lap();
                stage.hear(now, &bytes);
                stage.step(now);
                let chassis = stage.chassis();
                while !chassis.pending().is_empty() {
                    let pending = chassis.pending().to_vec();
                    chassis.written(pending.len());
                    line.send(&pending);
                }
                if stage.wants_restart() {
                    (boots, now) = (boots + 1, Instant::BOOT);
                    stage.restart(BootId::new(boots), now);
                }
            }
        });
        Self {
            running: Some((stop, thread)),
        }
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
