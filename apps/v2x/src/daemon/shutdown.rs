//! The wish to stop, from SIGINT or SIGTERM to every thread; for a child of the demo also the end
//! of the demo.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Signal, set_parent_process_death_signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Whose environment has this ends when the process that started it does.
pub(crate) const ENDS_WITH_PARENT: &str = "TWIZY_V2X_ENDS_WITH_PARENT";

/// Shared by all threads; the first signal sets it, a second one ends the process at once.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(Arc<AtomicBool>);

impl Shutdown {
    /// Listens to the signals of this process.
    pub(crate) fn on_signals() -> io::Result<Self> {
        if std::env::var_os(ENDS_WITH_PARENT).is_some() {
            set_parent_process_death_signal(Some(Signal::TERM))?;
        }
        Self::on(&[SIGINT, SIGTERM])
    }

    /// As [`Self::on_signals`], and to the end of the terminal.
    pub(crate) fn on_signals_and_hangup() -> io::Result<Self> {
        Self::on(&[SIGINT, SIGTERM, SIGHUP])
    }

    fn on(signals: &[i32]) -> io::Result<Self> {
        let requested = Arc::new(AtomicBool::new(false));
        for &signal in signals {
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
