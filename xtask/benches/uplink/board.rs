//! A collector board on a pseudo-terminal that sends what it is told.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use v2x_proto::link::LinkEncoder;
use v2x_proto::link::message::{FixDimension, FixQuality, GnssReport};
use v2x_units::{BootId, CanFrame, Degrees, GnssFix, Instant, KilometersPerHour, Meters, Position};

/// The board's end of the line.
#[allow(dead_code, reason = "each benchmark uses its own part")]
pub(crate) struct Board {
    port: File,
    path: PathBuf,
    link: LinkEncoder,
    now: Instant,
}

#[allow(dead_code, reason = "each benchmark uses its own part")]
impl Board {
    pub(crate) fn new() -> Self {
        let port = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&port).expect("grantpt");
        unlockpt(&port).expect("unlockpt");
        let mut settings = tcgetattr(&port).expect("tcgetattr");
        settings.make_raw();
        tcsetattr(&port, OptionalActions::Now, &settings).expect("tcsetattr");
        let path = ptsname(&port, Vec::new()).expect("ptsname");
        Self {
            port: File::from(port),
            path: PathBuf::from(path.to_string_lossy().into_owned()),
            link: LinkEncoder::new(BootId::new(1)),
            now: Instant::from_micros(1),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Says where the car is, and what time it is.
    pub(crate) fn report(&mut self, report: &GnssReport) {
        let bytes = self
            .link
            .send(self.now, *report)
            .expect("a fix has its bytes");
        self.port.write_all(bytes).expect("the daemon reads");
    }

    /// Sends frames in one batch, `micros` after the batch before.
    pub(crate) fn send(&mut self, micros: u64, frames: &[CanFrame]) {
        self.now = Instant::from_micros(self.now.as_micros() + micros);
        let mut bytes = Vec::new();
        for frame in frames {
            bytes.extend_from_slice(self.link.push_can(self.now, frame).unwrap_or_default());
        }
        bytes.extend_from_slice(self.link.flush().unwrap_or_default());
        self.port.write_all(&bytes).expect("the daemon reads");
    }

    /// Sends the fix of this number, of a car that stands.
    pub(crate) fn send_fix(&mut self, number: usize) {
        let along = f64::from(u32::try_from(number).expect("a short run")) * 1e-6;
        let place = Position::new(Degrees::new(48.0 + along), Degrees::new(11.0));
        let report = GnssReport {
            fix: GnssFix {
                position: place.expect("a place on earth"),
                altitude: Some(Meters::new(412.5)),
                speed: Some(KilometersPerHour::new(0.0)),
                satellites: Some(9),
                hdop: Some(1.0),
                utc: None,
                valid: true,
            },
            geoid_separation: None,
            course: None,
            quality: FixQuality::Unknown,
            dimension: FixDimension::Unknown,
            age: Duration::ZERO,
        };
        let bytes = self.link.send(self.now, report).expect("a fix fits");
        self.port.write_all(bytes).expect("the daemon reads");
    }
}
