//! A CAN controller of this computer (SocketCAN) as collector: `can0`, or `vcan0` for trials.
//!
//! Frames are only received: nothing here sends, and an interface that is not listen-only is
//! warned about, because its controller acknowledges what it hears. Bit rate and state of the
//! interface are the system's matter (`deploy/`). Source: Linux
//! `Documentation/networking/can.rst`, sections 4.1 (raw sockets) and 5.3 (error frames).

use std::io::{self, ErrorKind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socketcan::{CanCtrlMode, CanSocket, EmbeddedFrame as _, Socket as _, SocketOptions as _};
use tracing::{debug, info, warn};
use v2x_units::{CanFrame, CanId, Stamp};

use super::arrival_clock::earlier;
use super::chunk::Delivery;
use crate::clock::{self, Clock};
use crate::vehicle::collector::{COALESCE, GLANCE, Outlet, REOPEN_AFTER};
use crate::vehicle::health::Health;

/// The kernel's buffer for frames that were not read yet: four seconds of a full bus at the
/// kernel's 832 bytes a frame, as far as `net.core.rmem_max` lets it.
const KERNEL_BUFFER: usize = 16 * 1024 * 1024;
/// The most frames in one delivery: half a second of a full bus at 1 Mbit/s.
const FRAMES_MAX: usize = 4096;
/// A frame that seems to have waited longer was dated by a clock that was set meanwhile.
const WAITED_MAX: Duration = Duration::from_secs(5);
/// Error class "controller problem", and its detail "receive buffer overflow" in data byte 1
/// (`linux/can/error.h`).
const CONTROLLER_PROBLEM: u32 = 0x04;
const RECEIVE_OVERFLOW: u8 = 0x01;

/// Why an interface cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::vehicle) enum InterfaceError {
    /// There is none of that name.
    #[error("there is no CAN interface {0}")]
    Missing(String),
    /// The kernel knows no CAN.
    #[error("this system's kernel has no CAN sockets")]
    Unsupported,
    /// It is switched off.
    #[error("CAN interface {0} is down")]
    Down(String),
    /// Something else.
    #[error("CAN interface {name}: {error}")]
    System {
        /// The interface.
        name: String,
        /// What the system said.
        error: io::Error,
    },
}

impl InterfaceError {
    fn of(name: &str, error: io::Error) -> Self {
        let name = name.to_owned();
        match Errno::from_io_error(&error) {
            Some(Errno::NODEV) => Self::Missing(name),
            Some(Errno::AFNOSUPPORT | Errno::PROTONOSUPPORT) => Self::Unsupported,
            Some(Errno::NETDOWN) => Self::Down(name),
            _ => Self::System { name, error },
        }
    }

    /// What the person can do about it.
    pub(in crate::vehicle) fn hint(&self) -> &'static str {
        match self {
            Self::Missing(_) => {
                "list what is there: ip link show type can; a serial port is given by its path"
            }
            Self::Unsupported => "load it: sudo modprobe can_raw; or use a collector board",
            Self::Down(_) | Self::System { .. } => {
                "bring it up: sudo ip link set can0 up type can bitrate 500000 listen-only on"
            }
        }
    }
}

/// A CAN interface as collector.
pub(in crate::vehicle) struct CanInterface {
    name: String,
    socket: Option<CanSocket>,
    /// Why it was not there at the start, in words.
    absence: Option<String>,
}

impl CanInterface {
    /// Opens an interface; one that is down or not plugged in is waited for by [`Self::run`].
    pub(in crate::vehicle) fn open(name: &str) -> Result<Self, InterfaceError> {
        let (socket, absence) = match open_socket(name) {
            Err(error @ (InterfaceError::Down(_) | InterfaceError::Missing(_))) => {
                warn!(%error, hint = error.hint(), "waiting for the collector");
                (None, Some(format!("{error}; {}", error.hint())))
            }
            opened => (Some(opened?), None),
        };
        if socket.is_some() {
            warn_unless_listen_only(name);
        }
        Ok(Self {
            name: name.to_owned(),
            socket,
            absence,
        })
    }

    /// Receives until the daemon stops; an interface that goes down is waited for.
    pub(in crate::vehicle) fn run(mut self, outlet: &Outlet) {
        if let Some(absence) = self.absence.take() {
            outlet.say_trouble(absence);
        }
        while !outlet.is_stopping() {
            let Some(socket) = self.socket.take().or_else(|| self.reopen()) else {
                continue;
            };
            outlet.say_open(true);
            outlet.say_trouble("");
            if let Err(error) = receive_from(&socket, outlet) {
                let error = InterfaceError::of(&self.name, error);
                outlet.say_trouble(format!("{error}; {}", error.hint()));
                warn!(%error, hint = error.hint(), "collector lost");
            }
            outlet.say_open(false);
        }
    }

    fn reopen(&self) -> Option<CanSocket> {
        clock::sleep(REOPEN_AFTER);
        match open_socket(&self.name) {
            Ok(socket) => {
                info!(interface = self.name, "collector is back");
                warn_unless_listen_only(&self.name);
                Some(socket)
            }
            Err(error) => {
                debug!(%error, "collector not back yet");
                None
            }
        }
    }
}

/// What was heard on an interface in a few seconds.
#[derive(Debug, Default)]
pub(crate) struct InterfaceReport {
    pub(crate) seconds: f64,
    pub(crate) frames: u64,
    pub(crate) errors: u64,
    /// `None` where the interface has no such mode, or does not say.
    pub(crate) is_listen_only: Option<bool>,
    /// Bits per second; `None` of a virtual interface.
    pub(crate) bit_rate: Option<u32>,
}

/// Listens to an interface, until a rate can be told or the time is up.
pub(in crate::vehicle) fn examine(
    name: &str,
    clock: Clock,
    at_most: Duration,
) -> Result<InterfaceReport, InterfaceError> {
    let socket = open_socket(name)?;
    let failed = |error| InterfaceError::of(name, error);
    let interface = socketcan::CanInterface::open(name).ok();
    let modes = interface.as_ref().and_then(|it| it.ctrlmodes().ok()?);
    let mut report = InterfaceReport {
        is_listen_only: modes.map(|modes| modes.has_mode(CanCtrlMode::ListenOnly)),
        bit_rate: interface.as_ref().and_then(|it| it.bit_rate().ok()?),
        ..InterfaceReport::default()
    };
    let began = clock.now().instant;
    loop {
        let lasted = clock.now().instant.since(began);
        let is_enough = report.frames > 0 && lasted >= at_most / 3;
        if is_enough || lasted >= at_most {
            report.seconds = lasted.as_secs_f64();
            return Ok(report);
        }
        if !wait(&socket).map_err(failed)? {
            continue;
        }
        match socket.read_frame_with_timestamp() {
            Ok((socketcan::CanFrame::Error(_), _)) => report.errors += 1,
            Ok(_) => report.frames += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

/// Opens a socket that receives every frame and every error frame, with their times.
fn open_socket(name: &str) -> Result<CanSocket, InterfaceError> {
    let opened = CanSocket::open(name).and_then(|socket| {
        socket.set_nonblocking(true)?;
        socket.set_error_filter_accept_all()?;
        socket.set_recv_timestamp(true)?;
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, KERNEL_BUFFER)?;
        Ok(socket)
    });
    let socket = opened.map_err(|error| InterfaceError::of(name, error))?;
    // A socket on an interface that is down opens, and only its first read would tell.
    match std::fs::read_to_string(format!("/sys/class/net/{name}/flags")) {
        Ok(flags) if !is_up(&flags) => Err(InterfaceError::Down(name.to_owned())),
        _ => Ok(socket),
    }
}

/// Whether an interface is switched on, from its flags in hexadecimal: bit 0 is `IFF_UP`.
fn is_up(flags: &str) -> bool {
    let digits = flags.trim().trim_start_matches("0x");
    u32::from_str_radix(digits, 16).is_ok_and(|flags| flags & 1 != 0)
}

fn warn_unless_listen_only(name: &str) {
    let modes = socketcan::CanInterface::open(name).and_then(|interface| interface.ctrlmodes());
    match modes {
        Ok(Some(modes)) if !modes.has_mode(CanCtrlMode::ListenOnly) => warn!(
            interface = name,
            hint = "set it down, then: sudo ip link set can0 type can listen-only on",
            "the interface is not listen-only: nothing is sent, but frames are acknowledged"
        ),
        Ok(Some(_)) => {}
        Ok(None) => debug!(
            interface = name,
            "a virtual interface has no listen-only mode"
        ),
        Err(error) => debug!(%error, interface = name, "cannot tell whether it is listen-only"),
    }
}

/// Receives until the daemon stops or the interface goes away.
fn receive_from(socket: &CanSocket, outlet: &Outlet) -> io::Result<()> {
    while !outlet.is_stopping() {
        if !wait(socket)? {
            continue;
        }
        clock::sleep(COALESCE);
        let mut frames = Vec::new();
        let outcome = read_all(socket, outlet, &mut frames);
        if !frames.is_empty() {
            outlet.hand_on(Delivery::Frames(frames));
        }
        outcome?;
    }
    Ok(())
}

/// Whether there is something to read, or to be told, within a glance.
fn wait(socket: &CanSocket) -> io::Result<bool> {
    let mut watched = [PollFd::new(socket, PollFlags::IN)];
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(GLANCE.subsec_nanos()),
    };
    match poll(&mut watched, Some(&timeout)) {
        Ok(count) => Ok(count > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Reads what has arrived into `frames`, also before an error: the kernel tells that only once.
fn read_all(
    socket: &CanSocket,
    outlet: &Outlet,
    frames: &mut Vec<(Stamp, CanFrame)>,
) -> io::Result<()> {
    while frames.len() < FRAMES_MAX {
        match socket.read_frame_with_timestamp() {
            Ok((socketcan::CanFrame::Error(error), _)) => {
                count_error(&outlet.health, error.error_bits(), error.data());
            }
            Ok((frame, received)) => {
                let waited = clock::age(received).filter(|waited| *waited <= WAITED_MAX);
                let at = earlier(outlet.clock.now(), waited.unwrap_or(Duration::ZERO));
                frames.extend(to_units(&frame).map(|frame| (at, frame)));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn count_error(health: &Health, class: u32, detail: &[u8]) {
    health.bus_errors.fetch_add(1, Ordering::Relaxed);
    let controller = detail.get(1).copied().unwrap_or(0);
    if class & CONTROLLER_PROBLEM != 0 && controller & RECEIVE_OVERFLOW != 0 {
        health.receive_overflows.fetch_add(1, Ordering::Relaxed);
    }
}

/// The frame as the rest of the house knows it; `None` for what is no classic frame.
fn to_units(frame: &socketcan::CanFrame) -> Option<CanFrame> {
    let id = match frame.id() {
        socketcan::Id::Standard(id) => CanId::standard(u32::from(id.as_raw())),
        socketcan::Id::Extended(id) => CanId::extended(id.as_raw()),
    }
    .ok()?;
    if frame.is_remote_frame() {
        return CanFrame::remote(id, u8::try_from(frame.dlc()).ok()?);
    }
    CanFrame::new(id, frame.data())
}

#[cfg(test)]
mod tests {
    use socketcan::{ExtendedId, StandardId};

    use super::*;

    #[test]
    fn interface_is_up_by_the_first_bit_of_its_flags() {
        // `cat /sys/class/net/can0/flags` after `ip link set can0 up`, and after `down`.
        assert!(is_up("0x40081\n"));
        assert!(!is_up("0x40080\n"));
        assert!(!is_up("down"));
    }

    #[test]
    fn frames_of_the_socket_keep_id_kind_and_data() {
        let standard = StandardId::new(0x155).unwrap();
        let frame = socketcan::CanFrame::new(standard, &[7, 0x98]).unwrap();
        let expected = CanFrame::new(CanId::standard(0x155).unwrap(), &[7, 0x98]);
        assert_eq!(to_units(&frame), expected);
        let extended = ExtendedId::new(0x18DA_F110).unwrap();
        let frame = socketcan::CanFrame::new_remote(extended, 3).unwrap();
        let expected = CanFrame::remote(CanId::extended(0x18DA_F110).unwrap(), 3);
        assert_eq!(to_units(&frame), expected);
    }

    #[test]
    fn error_frames_are_counted_and_overflows_apart() {
        let health = Health::default();
        count_error(&health, CONTROLLER_PROBLEM, &[0, RECEIVE_OVERFLOW]);
        // Class 0x08 is a protocol violation; its byte 1 says nothing about the controller.
        count_error(&health, 0x08, &[0, RECEIVE_OVERFLOW]);
        assert_eq!(health.bus_errors.load(Ordering::Relaxed), 2);
        assert_eq!(health.receive_overflows.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn missing_interface_is_named_with_what_to_do() {
        let error = InterfaceError::of("can7", Errno::NODEV.into());
        assert_eq!(error.to_string(), "there is no CAN interface can7");
        assert!(error.hint().contains("ip link show type can"));
    }
}
