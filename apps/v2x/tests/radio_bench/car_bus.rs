//! A parked car's bus: the prototype's lines again and again, until it is dropped.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::super::station_bench::line::Line;

/// The car's charger speaks ten times a second.
const PERIOD: Duration = Duration::from_millis(100);
/// Battery at 69.42 % and 32.25 A into it; the display's speed 0.
const LINES: &str = "SIM 155 8 07 98 51 54 6C 78 00 70\r\nSIM 5D7 7 00 00 00 55 9C 80 00 00\r\n";

/// A car that stands somewhere.
pub(crate) struct CarBus {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl CarBus {
    /// Plugs the collector's port in under a name; the car stands at these degrees.
    pub(crate) fn plug(name: &Path, latitude: f64, longitude: f64) -> Self {
        let mut line = Line::plug(name);
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut periods = 0_u32;
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                periods += 1;
                // A receiver without a clock that says the same words again says nothing new.
                let altitude = f64::from(periods / 10 % 2) / 10.0 + 143.2;
                line.send(LINES.as_bytes());
                line.send(
                    format!(
                        "GPS {latitude:.6} {longitude:.6} {altitude:.1} 0.0 8 1.13 INVALID 1\r\n"
                    )
                    .as_bytes(),
                );
            }
        });
        Self {
            running: Some((stop, thread)),
        }
    }
}

impl Drop for CarBus {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().ok();
        }
    }
}
