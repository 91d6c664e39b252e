//! A pseudo-terminal that stands in for a board's serial port: what is written here is read by
//! whoever opens its path.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{self, OptionalActions};

/// The board's end of a pseudo-terminal.
#[derive(Debug)]
pub(crate) struct PseudoTerminal {
    board_end: File,
    path: PathBuf,
}

/// How long one look at the other end takes.
const GLANCE: Duration = Duration::from_millis(20);

impl PseudoTerminal {
    /// Makes one; its path can be opened at once.
    pub(crate) fn open() -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let board_end = openpt(flags)?;
        grantpt(&board_end)?;
        unlockpt(&board_end)?;
        let name = ptsname(&board_end, Vec::new())?;
        let path = PathBuf::from(name.to_string_lossy().into_owned());
        rustix::io::ioctl_fionbio(&board_end, true)?;
        // Until its path was opened and closed once, a pseudo-terminal does not tell whether
        // anybody is there.
        drop(open_reader_end(&path)?);
        Ok(Self {
            board_end: File::from(board_end),
            path,
        })
    }

    /// The path to open as a serial port.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether somebody has the path open.
    pub(crate) fn has_reader(&self) -> io::Result<bool> {
        Ok(!self
            .watch(PollFlags::empty(), Duration::ZERO)?
            .contains(PollFlags::HUP))
    }

    /// Makes the line transparent to every byte, whatever its reader forgot to set.
    pub(crate) fn make_raw(&self) -> io::Result<()> {
        let mut settings = termios::tcgetattr(&self.board_end)?;
        settings.make_raw();
        Ok(termios::tcsetattr(
            &self.board_end,
            OptionalActions::Now,
            &settings,
        )?)
    }

    /// Writes all bytes, waiting for a slow reader; `false` when there is none to hear them.
    pub(crate) fn send(&mut self, mut bytes: &[u8]) -> io::Result<bool> {
        while !bytes.is_empty() {
            if !self.has_reader()? {
                return Ok(false);
            }
            match self.board_end.write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or(&[]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.watch(PollFlags::OUT, GLANCE)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// What was written at the other end, without waiting; nothing while nobody has it open.
    pub(crate) fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; 4096];
        match self.board_end.read(&mut bytes) {
            Ok(count) => bytes.truncate(count),
            // EIO is how a pseudo-terminal says that the other end is closed.
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
                    || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) =>
            {
                bytes.clear();
            }
            Err(error) => return Err(error),
        }
        Ok(bytes)
    }

    /// Writes what the line takes at once; the rest is lost, as on a wire that nobody listens to.
    pub(crate) fn offer(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.has_reader()? {
            return Ok(());
        }
        match self.board_end.write(bytes) {
            Ok(_) => Ok(()),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Bytes that were sent and not read yet; closing now would lose them.
    pub(crate) fn unread(&self) -> io::Result<u64> {
        let reader_end = open_reader_end(&self.path)?;
        Ok(rustix::io::ioctl_fionread(&reader_end)?)
    }

    fn watch(&self, wanted: PollFlags, at_most: Duration) -> io::Result<PollFlags> {
        let mut watched = [PollFd::new(&self.board_end, wanted)];
        let timeout = Timespec {
            tv_sec: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(at_most.subsec_nanos()),
        };
        poll(&mut watched, Some(&timeout))?;
        Ok(watched[0].revents())
    }
}

fn open_reader_end(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags((OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)
}
