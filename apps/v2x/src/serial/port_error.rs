//! Why a serial port cannot be used, and what the person can do about it.
//!
//! What is done with a port is in [`super::port`].

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Why a port cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortError {
    /// There is no such device.
    #[error("{0} does not exist")]
    Missing(PathBuf),
    /// The user may not open it.
    #[error("no permission to open {0}")]
    Forbidden(PathBuf),
    /// Another program has it open and keeps it.
    #[error("{0} is in use by another program")]
    InUse(PathBuf),
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
    /// Names the reason why a path could not be opened.
    pub(super) fn opening(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::NotFound => Self::Missing(path),
            ErrorKind::PermissionDenied => Self::Forbidden(path),
            ErrorKind::ResourceBusy => Self::InUse(path),
            ErrorKind::IsADirectory => Self::NotASerialPort(path),
            _ => Self::Device { path, error },
        }
    }

    /// Whether it may pass while a daemon waits: a board that is plugged in, a program that lets
    /// go. A permission comes only with a new login, and a file stays a file.
    pub(crate) const fn may_pass(&self) -> bool {
        match self {
            Self::Missing(_) | Self::InUse(_) | Self::HungUp(_) | Self::Device { .. } => true,
            Self::Forbidden(_) | Self::NotASerialPort(_) | Self::Speed { .. } => false,
        }
    }

    /// What the person can do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Missing(_) => "plug the board in, or list what is there: ls /dev/serial/by-id/",
            Self::Forbidden(_) => {
                "join the group that owns it: sudo usermod -aG dialout $USER, then log in again"
            }
            Self::InUse(_) => "see which program has it: fuser -v PORT; close it and start again",
            Self::NotASerialPort(_) => {
                "give a device such as /dev/serial/by-id/usb-…; `v2x replay` plays recordings"
            }
            Self::Speed { .. } => "leave --baud out: the usual speeds are tried by themselves",
            Self::HungUp(_) | Self::Device { .. } => {
                "check the cable; the port is opened again by itself when it comes back"
            }
        }
    }
}
