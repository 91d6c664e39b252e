//! A serial port in full raw mode, read without blocking for ever.
//!
//! "Full" matters: the prototype left `IXON` and `ICRNL` on, so its terminal swallowed the bytes
//! 0x11 and 0x13 and turned 0x0D into 0x0A (docs/files-of-the-prototype.md). Every input, output
//! and local flag is off here, eight bits, no parity, no flow control.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::termios::{self, ControlModes, OptionalActions};

/// Why a port cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortError {
    /// There is no such device.
    #[error("{0} does not exist")]
    Missing(PathBuf),
    /// The user may not open it.
    #[error("no permission to open {0}")]
    Forbidden(PathBuf),
    /// It is a file of another kind.
    #[error("{0} is not a serial port")]
    NotASerialPort(PathBuf),
    /// The driver refuses the speed.
    #[error("{path} does not take {baud} baud: {error}")]
    Speed {
        /// The port.
        path: PathBuf,
        /// The speed that was asked for.
        baud: u32,
        /// What the driver said.
        error: Errno,
    },
    /// The other end closed the line or was unplugged.
    #[error("{0} hung up")]
    HungUp(PathBuf),
    /// The device broke.
    #[error("{path}: {error}")]
    Device {
        /// The port.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl PortError {
    /// What the person can do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Missing(_) => "plug the board in, or list what is there: ls /dev/serial/by-id/",
            Self::Forbidden(_) => {
                "join the group that owns it: sudo usermod -aG dialout $USER, then log in again"
            }
            Self::NotASerialPort(_) => {
                "give a device such as /dev/serial/by-id/usb-…; `v2x replay` plays recordings"
            }
            Self::Speed { .. } => "the prototype's collector speaks at 115200 baud",
            Self::HungUp(_) | Self::Device { .. } => {
                "check the cable; the port is opened again by itself when it comes back"
            }
        }
    }
}

/// An open serial port.
#[derive(Debug)]
pub(crate) struct Port {
    file: File,
    path: PathBuf,
}

/// What waiting for bytes came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Bytes are there to be read.
    Bytes,
    /// Nothing came in the given time.
    Silence,
    /// The other end is gone.
    HungUp,
}

impl Port {
    /// Opens a port at a speed, in full raw mode, and throws away what was received before.
    pub(crate) fn open(path: &Path, baud: u32) -> Result<Self, PortError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags((OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => PortError::Missing(path.to_owned()),
                ErrorKind::PermissionDenied => PortError::Forbidden(path.to_owned()),
                _ => PortError::Device {
                    path: path.to_owned(),
                    error,
                },
            })?;
        let mut settings =
            termios::tcgetattr(&file).map_err(|_| PortError::NotASerialPort(path.to_owned()))?;
        settings.make_raw();
        // Without HUPCL, closing the port leaves DTR alone and does not reset the board.
        settings
            .control_modes
            .remove(ControlModes::HUPCL | ControlModes::CSTOPB);
        settings
            .control_modes
            .remove(ControlModes::CRTSCTS | ControlModes::PARENB);
        settings
            .control_modes
            .insert(ControlModes::CREAD | ControlModes::CLOCAL);
        let speed = |error| PortError::Speed {
            path: path.to_owned(),
            baud,
            error,
        };
        settings.set_speed(baud).map_err(speed)?;
        termios::tcsetattr(&file, OptionalActions::Now, &settings).map_err(speed)?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Waits until bytes arrive, at most the given time.
    pub(crate) fn wait(&self, at_most: Duration) -> Result<Arrival, PortError> {
        let mut watched = [PollFd::new(&self.file, PollFlags::IN)];
        let timeout = Timespec {
            tv_sec: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(at_most.subsec_nanos()),
        };
        match poll(&mut watched, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(self.broken(error.into())),
        }
        let seen = watched[0].revents();
        Ok(if seen.contains(PollFlags::IN) {
            Arrival::Bytes
        } else if seen.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            Arrival::HungUp
        } else {
            Arrival::Silence
        })
    }

    /// Reads everything that has arrived, up to the buffer's capacity; 0 when nothing is there.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, PortError> {
        let mut filled = 0;
        // A terminal hands out at most 4,095 bytes per call: ask until it has no more.
        while filled < buffer.len() {
            match self.file.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) if filled > 0 => break,
                Err(error) => return Err(self.broken(error)),
            }
        }
        Ok(filled)
    }

    /// Writes all bytes; a driver that takes none for the given time is broken.
    pub(crate) fn write_all(
        &mut self,
        mut bytes: &[u8],
        at_most: Duration,
    ) -> Result<(), PortError> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or(&[]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let mut watched = [PollFd::new(&self.file, PollFlags::OUT)];
                    let timeout = Timespec {
                        tv_sec: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
                        tv_nsec: i64::from(at_most.subsec_nanos()),
                    };
                    match poll(&mut watched, Some(&timeout)) {
                        Ok(0) => return Err(self.broken(ErrorKind::TimedOut.into())),
                        Ok(_) | Err(Errno::INTR) => {}
                        Err(error) => return Err(self.broken(error.into())),
                    }
                }
                Err(error) => return Err(self.broken(error)),
            }
        }
        Ok(())
    }

    fn broken(&self, error: io::Error) -> PortError {
        PortError::Device {
            path: self.path.clone(),
            error,
        }
    }
}
