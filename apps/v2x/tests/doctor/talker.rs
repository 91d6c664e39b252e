//! A device that says the same again and again, in the place of one that should be there.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::station_bench::line::Line;

pub(crate) const STATUS: &[u8] = b"STATUS CAN:OK GPS:NO Sats:0 HDOP:99.9\r\n";
pub(crate) const NMEA: &[u8] = b"$GPGSV,1,1,00*79\r\n";
pub(crate) const CONSOLE: &[u8] = b"I (312) wifi: started\r\n";
pub(crate) const SLOT: &[u8] = b"EELAB_EVSE_slot_1 0 231.10 0.00 0.00 1.234 50.0 0.00\r\n";

/// A device that says the same again and again, until it is dropped.
pub(crate) struct Talker {
    is_done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Talker {
    pub(crate) fn at(name: &Path, mut words: impl FnMut() -> Vec<u8> + Send + 'static) -> Self {
        let mut line = Line::plug(name);
        let is_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_done);
        let thread = std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                line.send(&words());
                line.receive(50);
            }
        });
        Self {
            is_done,
            thread: Some(thread),
        }
    }

    pub(crate) fn saying(name: &Path, words: &'static [u8]) -> Self {
        Self::at(name, move || words.to_vec())
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}
