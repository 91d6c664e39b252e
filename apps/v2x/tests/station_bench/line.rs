//! The far end of a serial line: a pseudo-terminal under a stable name, as udev gives one.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// A line that is plugged in; unplugged when dropped.
pub(crate) struct Line {
    far_end: File,
    name: PathBuf,
}

impl Line {
    pub(crate) fn plug(name: &Path) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let far_end = openpt(flags).unwrap();
        grantpt(&far_end).unwrap();
        unlockpt(&far_end).unwrap();
        let mut settings = tcgetattr(&far_end).unwrap();
        settings.make_raw();
        tcsetattr(&far_end, OptionalActions::Now, &settings).unwrap();
        rustix::io::ioctl_fionbio(&far_end, true).unwrap();
        let device = ptsname(&far_end, Vec::new()).unwrap();
        fs::remove_file(name).ok();
        symlink(device.to_str().unwrap(), name).unwrap();
        Self {
            far_end: File::from(far_end),
            name: name.to_owned(),
        }
    }

    /// Sends bytes; those that nobody reads are lost, as on a line.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match self.far_end.write(bytes) {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock) => {}
            // Nobody has the line open.
            Err(error) if error.raw_os_error() == Some(5) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits a moment for bytes; none when nobody sends any.
    pub(crate) fn receive(&mut self, millis: i64) -> Vec<u8> {
        let mut watched = [PollFd::new(&self.far_end, PollFlags::IN)];
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: millis * 1_000_000,
        };
        poll(&mut watched, Some(&timeout)).ok();
        let mut buffer = [0; 256];
        match self.far_end.read(&mut buffer) {
            Ok(count) => buffer[..count].to_vec(),
            Err(_) => Vec::new(),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        fs::remove_file(&self.name).ok();
    }
}
