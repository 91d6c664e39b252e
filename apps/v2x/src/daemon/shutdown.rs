//! The wish to stop, from SIGINT or SIGTERM to every thread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// Shared by all threads; the first signal sets it, a second one ends the process at once.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(Arc<AtomicBool>);

impl Shutdown {
    /// Listens to the signals of this process.
    pub(crate) fn on_signals() -> io::Result<Self> {
        let requested = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the second signal finds the flag set and ends the process.
            signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&requested))?;
            signal_hook::flag::register(signal, Arc::clone(&requested))?;
        }
        Ok(Self(requested))
    }

    /// Whether somebody asked to stop.
    pub(crate) fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks to stop, as a signal does.
    pub(crate) fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
