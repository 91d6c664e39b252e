//! A car's bus: the prototype's lines again and again, until it is dropped. The car stands, or
//! drives off.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::super::station_bench::line::Line;
use super::slot_board::Slot;

/// The car's charger speaks ten times a second.
const PERIOD: Duration = Duration::from_millis(100);
/// Battery at 69.42 % and 32.25 A into it.
const BATTERY: &str = "SIM 155 8 07 98 51 54 6C 78 00 70\r\n";
/// The charger: no mains, and at work on them.
const NO_MAINS: &str = "SIM 597 8 00 84 04 41 29 00 01 41\r\n";
const CHARGING: &str = "SIM 597 8 20 A4 07 B1 29 00 01 41\r\n";
/// The battery's management: the STOP lamp.
const STOP_LAMP: &str = "SIM 628 3 EE FF 00\r\n";
/// The display's speed: 0, and 20 km/h.
const STANDING: &str = "SIM 5D7 7 00 00 00 55 9C 80 00 00\r\n";
const DRIVING: &str = "SIM 5D7 7 07 D0 00 55 9C 80 00 00\r\n";

#[derive(Debug, Clone, Copy)]
struct Place {
    latitude: f64,
    longitude: f64,
    is_driving: bool,
    is_broken: bool,
}

/// A car that stands somewhere.
pub(crate) struct CarBus {
    place: Arc<Mutex<Place>>,
    slot: Arc<Mutex<Option<Slot>>>,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl CarBus {
    /// Plugs the collector's port in under a name; the car stands at these degrees.
    pub(crate) fn plug(name: &Path, latitude: f64, longitude: f64) -> Self {
        let mut line = Line::plug(name);
        let (stop, stopped) = mpsc::channel();
        let place = Arc::new(Mutex::new(Place {
            latitude,
            longitude,
            is_driving: false,
            is_broken: false,
        }));
        let of_thread = Arc::clone(&place);
        let slot: Arc<Mutex<Option<Slot>>> = Arc::default();
        let plugged_into = Arc::clone(&slot);
        let thread = thread::spawn(move || {
            let mut periods = 0_u32;
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                periods += 1;
                // A receiver without a clock that says the same words again says nothing new.
                let altitude = f64::from(periods / 10 % 2) / 10.0 + 143.2;
                let Place {
                    latitude,
                    longitude,
                    is_driving,
                    is_broken,
                } = *of_thread.lock().unwrap();
                let is_live = plugged_into
                    .lock()
                    .unwrap()
                    .as_ref()
                    .is_some_and(Slot::is_live);
                line.send(if is_live { CHARGING } else { NO_MAINS }.as_bytes());
                line.send(BATTERY.as_bytes());
                if is_broken {
                    line.send(STOP_LAMP.as_bytes());
                }
                line.send(if is_driving { DRIVING } else { STANDING }.as_bytes());
                line.send(
                    format!(
                        "GPS {latitude:.6} {longitude:.6} {altitude:.1} 0.0 8 1.13 INVALID 1\r\n"
                    )
                    .as_bytes(),
                );
            }
        });
        Self {
            place,
            slot,
            running: Some((stop, thread)),
        }
    }

    /// The car's plug is in this slot whenever one is there, and its charger feels the mains.
    pub(crate) fn feel(&self, slot: &Slot) {
        *self.slot.lock().unwrap() = Some(slot.clone());
    }

    /// The car drives from now on; nobody holds it to its place.
    pub(crate) fn drive(&self) {
        self.place.lock().unwrap().is_driving = true;
    }

    /// Its STOP lamp is on from now on.
    pub(crate) fn break_down(&self) {
        self.place.lock().unwrap().is_broken = true;
    }

    /// It is so many metres farther north from now on.
    pub(crate) fn go_north(&self, meters: f64) {
        self.place.lock().unwrap().latitude += meters / 111_195.0;
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
