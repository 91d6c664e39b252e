//! A serial port in full raw mode, read without blocking for ever, held alone.
//!
//! "Full" matters: the prototype left `IXON` and `ICRNL` on, so its terminal swallowed the bytes
//! 0x11 and 0x13 and turned 0x0D into 0x0A (docs/files-of-the-prototype.md). Every input, output
//! and local flag is off here, eight bits, no parity, no flow control.
//!
//! **Opening does not reset the board**, as far as Linux allows. The kernel raises DTR and RTS
//! while it opens a port, before any program can say otherwise; there is no flag against it. On an
//! ESP32 that does no harm: its two transistors pull the reset pin only while exactly one of the
//! lines is raised. So both are lowered here at once, RTS first, because DTR alone is harmless and
//! RTS alone is reset; and `HUPCL` is off, so that closing changes nothing. A board with a
//! capacitor between DTR and reset (Arduino Uno) restarts at every opening; only its hardware can
//! be changed.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;
use rustix::termios::{self, ControlModes, OptionalActions, QueueSelector};

use super::PortError;

/// The major device numbers of pseudo-terminals (Linux `Documentation/admin-guide/devices.txt`).
const PSEUDO_TERMINALS: std::ops::RangeInclusive<u32> = 136..=143;

/// An open serial port.
#[derive(Debug)]
pub(crate) struct Port {
    file: File,
    path: PathBuf,
    is_pseudo_terminal: bool,
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
    /// Opens a port in full raw mode, for this process alone. A stable name, such as those in
    /// `/dev/serial/by-id`, is followed anew to the device that it means now.
    pub(crate) fn open(path: &Path, baud: u32) -> Result<Self, PortError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags((OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)
            .map_err(|error| PortError::opening(path, error))?;
        let settings =
            termios::tcgetattr(&file).map_err(|_| PortError::NotASerialPort(path.to_owned()))?;
        let device = file
            .metadata()
            .map_err(|error| PortError::opening(path, error))?;
        let port = Self {
            file,
            path: path.to_owned(),
            is_pseudo_terminal: PSEUDO_TERMINALS.contains(&rustix::fs::major(device.rdev())),
        };
        port.take_alone()?;
        if !port.is_pseudo_terminal {
            port.lower_modem_lines()?;
        }
        port.make_raw(settings, baud)?;
        Ok(port)
    }

    /// Whether it is a pseudo-terminal, which carries bytes at no particular speed.
    pub(crate) const fn is_pseudo_terminal(&self) -> bool {
        self.is_pseudo_terminal
    }

    /// Keeps other programs out: those that ask by a lock, as most do, and with `TIOCEXCL` also
    /// those that do not. The other end of a pseudo-terminal must be able to look at it, so there
    /// the lock has to do.
    fn take_alone(&self) -> Result<(), PortError> {
        match rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(PortError::InUse(self.path.clone())),
            Err(error) => return Err(self.broken(error.into())),
        }
        if self.is_pseudo_terminal {
            return Ok(());
        }
        termios::ioctl_tiocexcl(&self.file).map_err(|error| self.broken(error.into()))
    }

    /// Lowers RTS, then DTR; see the head of this file for the order.
    fn lower_modem_lines(&self) -> Result<(), PortError> {
        let file = self.file.try_clone().map_err(|error| self.broken(error))?;
        let lines = serial2::SerialPort::from(OwnedFd::from(file));
        match lines.set_rts(false).and_then(|()| lines.set_dtr(false)) {
            // A port without these lines, as a USB gadget, has no board to reset.
            Err(error) if !is_without_modem_lines(&error) => Err(self.broken(error)),
            _ => Ok(()),
        }
    }

    fn make_raw(&self, mut settings: termios::Termios, baud: u32) -> Result<(), PortError> {
        settings.make_raw();
        settings.control_modes.remove(
            ControlModes::HUPCL
                | ControlModes::CSTOPB
                | ControlModes::CRTSCTS
                | ControlModes::PARENB,
        );
        settings
            .control_modes
            .insert(ControlModes::CREAD | ControlModes::CLOCAL);
        self.apply(settings, baud)
    }

    /// Goes on at another speed and throws away what was received at the one before.
    pub(crate) fn set_baud(&self, baud: u32) -> Result<(), PortError> {
        let settings = termios::tcgetattr(&self.file).map_err(|error| self.broken(error.into()))?;
        self.apply(settings, baud)?;
        termios::tcflush(&self.file, QueueSelector::IFlush)
            .map_err(|error| self.broken(error.into()))
    }

    fn apply(&self, mut settings: termios::Termios, baud: u32) -> Result<(), PortError> {
        let refused = |error| PortError::Speed {
            path: self.path.clone(),
            baud,
            error,
        };
        settings.set_speed(baud).map_err(refused)?;
        termios::tcsetattr(&self.file, OptionalActions::Now, &settings).map_err(refused)
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

/// For who waits for a port and for something else at once.
impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn is_without_modem_lines(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(errno, Some(Errno::NOTTY | Errno::INVAL | Errno::OPNOTSUPP))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serial::PseudoTerminal;

    #[test]
    fn port_that_is_open_already_is_refused_as_in_use() {
        let terminal = PseudoTerminal::open().unwrap();
        let first = Port::open(terminal.path(), 115_200).unwrap();
        let second = Port::open(terminal.path(), 115_200).unwrap_err();
        assert!(matches!(second, PortError::InUse(_)), "{second}");
        drop(first);
        Port::open(terminal.path(), 115_200).unwrap();
    }

    #[test]
    fn every_byte_passes_the_port_unchanged() {
        let mut terminal = PseudoTerminal::open().unwrap();
        let mut port = Port::open(terminal.path(), 921_600).unwrap();
        assert!(port.is_pseudo_terminal());
        let sent: Vec<u8> = (0..=255).collect();
        assert!(terminal.send(&sent).unwrap());
        let mut received = Vec::new();
        while received.len() < sent.len() {
            assert_eq!(port.wait(Duration::from_secs(10)).unwrap(), Arrival::Bytes);
            let mut buffer = [0; 512];
            let count = port.read(&mut buffer).unwrap();
            received.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(received, sent);
    }

    #[test]
    fn other_speed_throws_away_what_was_received_before() {
        let mut terminal = PseudoTerminal::open().unwrap();
        let mut port = Port::open(terminal.path(), 9_600).unwrap();
        assert!(terminal.send(b"noise").unwrap());
        assert_eq!(port.wait(Duration::from_secs(10)).unwrap(), Arrival::Bytes);
        port.set_baud(921_600).unwrap();
        assert_eq!(port.wait(Duration::ZERO).unwrap(), Arrival::Silence);
        assert_eq!(port.read(&mut [0; 16]).unwrap(), 0);
    }

    #[test]
    fn plain_file_is_refused_as_no_serial_port() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Port::open(file.path(), 115_200).unwrap_err();
        assert!(matches!(error, PortError::NotASerialPort(_)), "{error}");
    }
}
