//! A slot board of the prototype on a pseudo-terminal: its meter counts what its load draws.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::line::Line;

/// How often the board sends its line; the prototype's does it every two seconds.
const PERIOD: Duration = Duration::from_millis(250);

const MAINS: f64 = 226.1;

/// A load and the energy that it has drawn.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    milliamperes: Arc<AtomicU32>,
    watt_hours: Arc<Mutex<f64>>,
}

impl Load {
    pub(crate) fn new(counter_wh: f64) -> Self {
        Self {
            milliamperes: Arc::default(),
            watt_hours: Arc::new(Mutex::new(counter_wh)),
        }
    }

    pub(crate) fn draw(&self, milliamperes: u32) {
        self.milliamperes.store(milliamperes, Ordering::SeqCst);
    }

    pub(crate) fn amperes(&self) -> f64 {
        f64::from(self.milliamperes.load(Ordering::SeqCst)) / 1000.0
    }

    pub(crate) fn watts(&self) -> f64 {
        self.amperes() * MAINS
    }

    pub(crate) fn watt_hours(&self) -> f64 {
        *self.watt_hours.lock().unwrap()
    }

    /// Lets the load draw for a time.
    pub(crate) fn pass(&self, time: Duration) {
        *self.watt_hours.lock().unwrap() += self.watts() * time.as_secs_f64() / 3600.0;
    }

    /// The common tail of the prototype's lines.
    fn tail(&self) -> String {
        let (amperes, watts) = (self.amperes(), self.watts());
        let kilowatt_hours = self.watt_hours().floor() / 1000.0;
        format!(
            "12.500000 -3.250000 {MAINS:.1} {amperes:.2} {watts:.1} {kilowatt_hours:.3} 50 0.99"
        )
    }
}

/// A running clock for what stands in for hardware.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "a stand-in for hardware runs in real time"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn lap(&mut self) -> Duration {
        let time = self.0.elapsed();
        self.0 += time;
        time
    }
}

/// A board that sends a line for its slot again and again.
pub(crate) struct Board {
    name: PathBuf,
    /// The line's beginning, with `{st}` in place of the status.
    form: &'static str,
    load: Load,
    is_mute: Arc<AtomicBool>,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Board {
    pub(crate) fn plug(name: &Path, form: &'static str, load: &Load) -> Self {
        let mut board = Self {
            name: name.to_owned(),
            form,
            load: load.clone(),
            is_mute: Arc::default(),
            running: None,
        };
        board.plug_again();
        board
    }

    pub(crate) fn plug_again(&mut self) {
        let mut line = Line::plug(&self.name);
        let (stop, stopped) = mpsc::channel();
        let (form, load, is_mute) = (self.form, self.load.clone(), Arc::clone(&self.is_mute));
        let thread = thread::spawn(move || {
            let mut watch = Stopwatch::start();
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                load.pass(watch.lap());
                if is_mute.load(Ordering::SeqCst) {
                    continue;
                }
                let status = if load.amperes() > 0.5 { "1" } else { "0" };
                let head = form.replace("{st}", status);
                let text = format!(
                    "[V2G] debug text\r\nEVCS Position: 12.5, -3.25\r\n{head} {}\r\n",
                    load.tail()
                );
                line.send(text.as_bytes());
                let said = line.receive(0);
                assert!(
                    said.is_empty(),
                    "a prototype's board is written to: {said:x?}"
                );
            }
        });
        self.running = Some((stop, thread));
    }

    pub(crate) fn unplug(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().unwrap();
        }
    }

    /// The board stays plugged in and says nothing.
    pub(crate) fn mute(&self) {
        self.is_mute.store(true, Ordering::SeqCst);
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.unplug();
    }
}
