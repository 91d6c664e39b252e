//! A collector board on a pseudo-terminal that sends what it is told.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use v2x_proto::link::LinkEncoder;
use v2x_units::{BootId, CanFrame, Instant};

/// The board's end of the line.
pub(crate) struct Board {
    port: File,
    path: PathBuf,
    link: LinkEncoder,
    now: Instant,
}

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
}
