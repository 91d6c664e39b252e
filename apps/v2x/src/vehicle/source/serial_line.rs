//! A collector board on a serial line: opened, searched for its speed, read, opened again.
//!
//! Not what its bytes mean: [`super::listener`]. Which speed and which language they have is
//! decided by [`SpeedSearch`] and [`Ear`], which know no port.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{debug, info, warn};
use v2x_proto::link::Verdict;
use v2x_units::Instant;

use super::chunk::{Chunk, Delivery};
use super::ear::{Ear, Remark};
use super::speed_search::{SearchStep, SpeedSearch};
use crate::clock;
use crate::serial::{Arrival, Port, PortError};
use crate::vehicle::collector::{COALESCE, GLANCE, Outlet, REOPEN_AFTER};

/// The most bytes in one chunk: 5 ms at 921,600 baud are 460, a long stall fills more.
const CHUNK_BYTES: usize = 64 * 1024;
/// The speed of a port until the search sets one: that of the prototype.
const FIRST_BAUD: u32 = 115_200;

/// The serial line of a collector.
pub(in crate::vehicle) struct SerialLine {
    path: PathBuf,
    port: Option<Port>,
    /// Why it was not there at the start, in words.
    absence: Option<String>,
    /// The speed that was given or found.
    baud: Option<u32>,
    /// Nobody gave a speed, so it may be searched.
    may_search: bool,
    ear: Ear,
    buffer: Vec<u8>,
}

/// Why reading came to an end.
enum End {
    /// The daemon stops.
    Stopping,
    /// Nothing makes sense at this speed.
    WrongSpeed,
}

impl SerialLine {
    /// Opens the port; its speed, if none is given, is searched by [`Self::run`]. A port that is
    /// not there, or in use, is waited for.
    pub(in crate::vehicle) fn open(path: &Path, baud: Option<u32>) -> Result<Self, PortError> {
        let (port, absence) = match Port::open(path, baud.unwrap_or(FIRST_BAUD)) {
            Err(error) if error.may_pass() => {
                warn!(%error, hint = error.hint(), "waiting for the collector");
                (None, Some(format!("{error}; {}", error.hint())))
            }
            opened => (Some(opened?), None),
        };
        Ok(Self {
            path: path.to_owned(),
            port,
            absence,
            baud,
            may_search: baud.is_none(),
            ear: Ear::new(Instant::BOOT),
            buffer: vec![0; CHUNK_BYTES],
        })
    }

    /// Reads until the daemon stops; a port that goes away is opened again when it comes back.
    pub(in crate::vehicle) fn run(mut self, outlet: &Outlet) {
        if let Some(absence) = self.absence.take() {
            outlet.say_trouble(absence);
        }
        while !outlet.is_stopping() {
            let Some(mut port) = self.port.take().or_else(|| self.reopen()) else {
                continue;
            };
            outlet.say_open(true);
            outlet.say_trouble("");
            if let Err(error) = self.use_port(&mut port, outlet) {
                outlet.say_trouble(format!("{error}; {}", error.hint()));
                warn!(%error, hint = error.hint(), "collector lost");
            }
            outlet.say_open(false);
        }
    }

    fn reopen(&self) -> Option<Port> {
        clock::sleep(REOPEN_AFTER);
        let port = Port::open(&self.path, self.baud.unwrap_or(FIRST_BAUD));
        match port {
            Ok(port) => {
                info!(port = %self.path.display(), "collector is back");
                Some(port)
            }
            Err(error) => {
                debug!(%error, "collector not back yet");
                None
            }
        }
    }

    /// Uses one open port until it is gone or the daemon stops.
    fn use_port(&mut self, port: &mut Port, outlet: &Outlet) -> Result<(), PortError> {
        // A pseudo-terminal has no speed: whatever it speaks is right.
        let may_search = self.may_search && !port.is_pseudo_terminal();
        outlet.hand_on(Delivery::Interrupted);
        self.ear.forget(outlet.clock.now().instant);
        let mut must_search = may_search && self.baud.is_none();
        loop {
            if must_search {
                self.search(port, outlet)?;
            }
            match self.read(port, outlet, may_search)? {
                End::Stopping => {
                    // What was kept and never understood is counted before the last report.
                    self.ear.forget(outlet.clock.now().instant);
                    self.say(None, outlet);
                    return Ok(());
                }
                End::WrongSpeed => must_search = true,
            }
        }
    }

    /// Tries one speed after the other until a collector is heard or the daemon stops.
    fn search(&mut self, port: &mut Port, outlet: &Outlet) -> Result<(), PortError> {
        let mut search = SpeedSearch::new();
        info!(port = %self.path.display(), "searching the collector's speed");
        while !outlet.is_stopping() {
            let now = outlet.clock.now().instant;
            match search.poll(now) {
                SearchStep::Set(baud) => match port.set_baud(baud) {
                    // A driver that cannot be that fast: nothing will be heard.
                    Err(error @ PortError::Speed { .. }) => debug!(%error, "speed left out"),
                    outcome => outcome?,
                },
                SearchStep::Listen(until) => {
                    let at_most = until.since(now).min(GLANCE);
                    if let Some(chunk) = self.receive(port, outlet, at_most)? {
                        search.hear(chunk);
                    }
                }
                SearchStep::Nothing(verdict, baud) => {
                    outlet.say_trouble(Remark::Strange(verdict).to_string());
                    self.say_nothing_found(verdict, baud);
                }
                SearchStep::Found(baud, language, heard) => {
                    info!(baud, "the collector's speed is found");
                    self.baud = Some(baud);
                    self.ear.learn(now, language);
                    heard.into_iter().for_each(|chunk| self.ear.hear(chunk));
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn say_nothing_found(&mut self, verdict: Verdict, baud: Option<u32>) {
        let remark = Remark::Strange(verdict);
        if self.ear.tell(remark).is_some() {
            let port = self.path.display();
            warn!(%port, baud, "{remark}; every usual speed was tried, and is again");
        }
    }

    /// Reads until the daemon stops, or until nothing makes sense and another speed may.
    fn read(
        &mut self,
        port: &mut Port,
        outlet: &Outlet,
        may_search: bool,
    ) -> Result<End, PortError> {
        loop {
            let is_last = outlet.is_stopping();
            if let Some(chunk) = self.receive(port, outlet, GLANCE)? {
                self.ear.hear(chunk);
            } else if is_last {
                return Ok(End::Stopping);
            }
            while let Some((language, chunk)) = self.ear.next() {
                outlet.hand_on(Delivery::Bytes(language, chunk));
            }
            let remark = self.ear.poll(outlet.clock.now().instant);
            self.say(remark, outlet);
            if is_last {
                return Ok(End::Stopping);
            }
            let is_strange = matches!(remark, Some(Remark::Strange(_)));
            if may_search && is_strange && self.ear.language().is_none() {
                return Ok(End::WrongSpeed);
            }
        }
    }

    fn say(&self, remark: Option<Remark>, outlet: &Outlet) {
        let foreign = self.ear.foreign_bytes();
        outlet
            .health
            .bytes_foreign
            .store(foreign, Ordering::Relaxed);
        let port = self.path.display();
        match remark {
            Some(remark @ Remark::Understood(_)) => {
                outlet.say_trouble("");
                info!(%port, "{remark}");
            }
            Some(remark @ Remark::Strange(_)) => {
                outlet.say_trouble(remark.to_string());
                warn!(%port, "{remark}");
            }
            None => {}
        }
    }

    /// Waits for bytes and for those that follow closely; `None` when none came.
    fn receive(
        &mut self,
        port: &mut Port,
        outlet: &Outlet,
        at_most: Duration,
    ) -> Result<Option<Chunk>, PortError> {
        match port.wait(at_most)? {
            Arrival::Silence => return Ok(None),
            Arrival::HungUp => return Err(PortError::HungUp(self.path.clone())),
            Arrival::Bytes => {}
        }
        if !outlet.is_stopping() {
            clock::sleep(COALESCE);
        }
        let at = outlet.clock.now();
        let count = port.read(&mut self.buffer)?;
        if count == 0 {
            return Err(PortError::HungUp(self.path.clone()));
        }
        let received = u64::try_from(count).unwrap_or(u64::MAX);
        let counter = &outlet.health.bytes_received;
        counter.fetch_add(received, Ordering::Relaxed);
        let bytes = self.buffer.get(..count).unwrap_or_default().to_vec();
        Ok(Some(Chunk { at, bytes }))
    }
}
