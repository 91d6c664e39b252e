//! The collector board: numbered frames on a pseudo-terminal, framed or as text, sometimes damaged.
//!
//! A frame's number stands in its bytes: in the odometer of every fifth, from where it reaches the
//! rows, in the payload of the others. What is damaged or dropped here is noted in the ledger.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::ops::Range;
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use v2x_proto::legacy::collector_line::{LINE_END, emit_can};
use v2x_proto::link::message::{
    BoardKind, FirmwareVersion, FixDimension, FixQuality, GnssReport, Hello,
};
use v2x_proto::link::{LinkEncoder, VERSION};
use v2x_units::{
    BootId, CanFrame, CanId, Degrees, GnssFix, Instant, KilometersPerHour, MacAddress, Position,
};

use crate::chance::Chance;
use crate::ledger::{Fate, Ledger};
use crate::{Outcome, Why as _};

/// Frames per tick of ten milliseconds: 400 per second, most of the Twizy's 490.
const PER_TICK: usize = 4;
/// Every so many frames one is an odometer's.
const ODOMETER_EVERY: usize = 5;
/// An identifier that no layout knows.
const NUMBERED: u32 = 0x700;
/// The display's speed and odometer.
const ODOMETER: u32 = 0x5D7;
/// Ticks between two fixes.
const FIX_EVERY: u32 = 40;
/// Of so many batches one is spoilt on a noisy line.
const NOISE: u64 = 12;

/// Which language the board speaks, and how well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// The framed link, with damage on the way.
    Noisy,
    /// The framed link.
    Framed,
    /// The text of the prototype.
    Text,
}

/// The board and its end of the line.
pub(crate) struct Board {
    line: Line,
    chance: Chance,
    link: LinkEncoder,
    boots: u32,
    now: Instant,
    ticks: u32,
    port: Option<File>,
    port_path: PathBuf,
    name: PathBuf,
    /// Bytes on their way into the terminal, and the frames that are whole after so many of them.
    outgoing: VecDeque<u8>,
    whole_after: VecDeque<(usize, Range<usize>)>,
    had_reader: bool,
    pub(crate) is_paused: bool,
    pub(crate) ledger: Ledger,
}

impl Board {
    /// A board that is not plugged in; its port will be found under `name`.
    pub(crate) fn new(line: Line, chance: Chance, name: &Path) -> Self {
        let mut board = Self {
            line,
            chance,
            link: LinkEncoder::new(BootId::new(0)),
            boots: 0,
            now: Instant::BOOT,
            ticks: 0,
            port: None,
            port_path: PathBuf::new(),
            name: name.to_owned(),
            outgoing: VecDeque::new(),
            whole_after: VecDeque::new(),
            had_reader: false,
            is_paused: false,
            ledger: Ledger::default(),
        };
        board.reboot();
        board
    }

    /// Starts the board anew, with numbers from zero.
    pub(crate) fn reboot(&mut self) {
        self.boots += 1;
        let low = self.chance.next() & 0xFFFF;
        let id = u32::try_from(low).unwrap_or(0) << 8 | self.boots;
        self.link = LinkEncoder::new(BootId::new(id));
        self.now = Instant::from_micros(1_000);
        self.ledger.boot();
    }

    /// Makes a port and its name.
    pub(crate) fn plug_in(&mut self) -> Outcome<()> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let port = openpt(flags).why("a pseudo-terminal")?;
        grantpt(&port).why("grantpt")?;
        unlockpt(&port).why("unlockpt")?;
        let mut settings = tcgetattr(&port).why("tcgetattr")?;
        settings.make_raw();
        tcsetattr(&port, OptionalActions::Now, &settings).why("tcsetattr")?;
        let path = ptsname(&port, Vec::new()).why("ptsname")?;
        self.port_path = PathBuf::from(path.to_string_lossy().into_owned());
        rustix::io::ioctl_fionbio(&port, true).why("a port that does not block")?;
        // Until it was opened and closed once, it does not tell whether anybody is there.
        drop(open_reader_end(&self.port_path)?);
        self.port = Some(File::from(port));
        self.had_reader = false;
        let fresh = self.name.with_extension("new");
        symlink(&self.port_path, &fresh).why("the port's name")?;
        fs::rename(fresh, &self.name).why("the port's name")
    }

    /// Takes the port away: first its name, so that nobody opens another board's, which may get
    /// the same number.
    pub(crate) fn unplug(&mut self) -> Outcome<()> {
        fs::remove_file(&self.name).why("the port's name")?;
        self.port = None;
        self.forget_outgoing();
        Ok(())
    }

    pub(crate) const fn is_plugged_in(&self) -> bool {
        self.port.is_some()
    }

    /// Whether everything sent was read by whoever has the port open.
    pub(crate) fn is_read(&self) -> Outcome<bool> {
        if !self.outgoing.is_empty() {
            return Ok(false);
        }
        let reader_end = open_reader_end(&self.port_path)?;
        Ok(rustix::io::ioctl_fionread(&reader_end).why("unread bytes")? == 0)
    }

    /// Ten milliseconds of the bus.
    pub(crate) fn tick(&mut self, at: Duration) -> Outcome<()> {
        let has_reader = self.has_reader()?;
        if has_reader && !self.had_reader {
            self.say_hello(at);
        }
        if !has_reader {
            self.forget_outgoing();
        }
        self.had_reader = has_reader;
        self.now = self.now + Duration::from_millis(10);
        self.ticks += 1;
        if !self.is_paused {
            match self.line {
                Line::Text => self.make_lines(has_reader),
                Line::Framed | Line::Noisy => self.make_batch(has_reader),
            }
        }
        self.write(at)
    }

    fn make_lines(&mut self, has_reader: bool) {
        for _ in 0..PER_TICK {
            let number = self.ledger.make();
            let mut line = String::new();
            let said = emit_can(&frame(number), &mut line).is_ok();
            line.push_str(LINE_END);
            if said && has_reader {
                self.queue(line.as_bytes(), number..number + 1);
            } else {
                self.ledger.settle(number..number + 1, Fate::Unheard);
            }
        }
    }

    fn make_batch(&mut self, has_reader: bool) {
        let first = self.ledger.fates().len();
        for _ in 0..PER_TICK {
            let number = self.ledger.make();
            self.link.push_can(self.now, &frame(number));
        }
        let frames = first..first + PER_TICK;
        let mut batch = self.link.flush().unwrap_or_default().to_vec();
        if !has_reader {
            return self.ledger.settle(frames, Fate::Unheard);
        }
        if self.line == Line::Noisy && self.chance.within(0..NOISE) == 0 {
            self.ledger.settle(frames, Fate::Spoilt);
            if self.chance.percent(50) {
                return;
            }
            spoil(&mut batch, &mut self.chance);
            return self.queue(&batch, 0..0);
        }
        self.queue(&batch, frames);
        if self.ticks.is_multiple_of(FIX_EVERY) {
            let fix = fix(self.ticks);
            let fix = self.link.send(self.now, fix).map(<[u8]>::to_vec);
            self.queue(&fix.unwrap_or_default(), 0..0);
        }
    }

    /// A board says hello by itself now and then; here when somebody begins to listen, because a
    /// decoder waits for its first delimiter.
    fn say_hello(&mut self, _at: Duration) {
        if self.line == Line::Text {
            return self.queue(b"\r\n", 0..0);
        }
        let hello = Hello {
            kind: BoardKind::Collector,
            board: MacAddress::new([0; 6]),
            firmware: FirmwareVersion {
                major: 0,
                minor: 1,
                patch: 0,
            },
            oldest_version: VERSION,
            newest_version: VERSION,
            name: "faults",
        };
        let hello = self.link.send(self.now, hello).map(<[u8]>::to_vec);
        self.queue(&hello.unwrap_or_default(), 0..0);
    }

    fn queue(&mut self, bytes: &[u8], frames: Range<usize>) {
        self.outgoing.extend(bytes);
        self.whole_after.push_back((bytes.len(), frames));
    }

    /// Writes what the terminal takes; frames are sent when their last byte is in it.
    fn write(&mut self, at: Duration) -> Outcome<()> {
        while !self.outgoing.is_empty() {
            let Some(port) = &mut self.port else {
                break;
            };
            let (bytes, _) = self.outgoing.as_slices();
            let mut count = match port.write(bytes) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(format!("the port takes nothing: {error}")),
            };
            self.outgoing.drain(..count);
            while let Some((left, frames)) = self.whole_after.front_mut() {
                if *left > count {
                    *left -= count;
                    break;
                }
                count -= *left;
                let frames = frames.clone();
                self.ledger.settle(frames, Fate::Sent(at));
                self.whole_after.pop_front();
            }
        }
        Ok(())
    }

    fn forget_outgoing(&mut self) {
        self.outgoing.clear();
        for (_, frames) in std::mem::take(&mut self.whole_after) {
            self.ledger.settle(frames, Fate::Unheard);
        }
    }

    fn has_reader(&self) -> Outcome<bool> {
        let Some(port) = &self.port else {
            return Ok(false);
        };
        let mut watched = [PollFd::new(port, PollFlags::empty())];
        poll(&mut watched, Some(&Timespec::default())).why("poll")?;
        Ok(!watched[0].revents().contains(PollFlags::HUP))
    }
}

fn open_reader_end(path: &Path) -> Outcome<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags((OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)
        .why("the reader's end of the port")
}

/// One byte is wrong; the damage does not look like a delimiter.
fn spoil(batch: &mut [u8], chance: &mut Chance) {
    let length = u64::try_from(batch.len()).unwrap_or(1).max(3);
    let place = usize::try_from(chance.within(1..length - 1)).unwrap_or(1);
    if let Some(byte) = batch.get_mut(place) {
        let wrong = *byte ^ 0x55;
        *byte = if wrong == 0 { 0x33 } else { wrong };
    }
}

/// The frame of a number.
fn frame(number: usize) -> CanFrame {
    let odometer = u32::try_from(number).unwrap_or(u32::MAX) << 4;
    let mut display = [0x0B, 0xB8, 0, 0, 0, 0, 0];
    display[2..6].copy_from_slice(&odometer.to_be_bytes());
    let payload = u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes();
    let (id, data): (u32, &[u8]) = if number.is_multiple_of(ODOMETER_EVERY) {
        (ODOMETER, &display)
    } else {
        (NUMBERED, &payload)
    };
    let id = CanId::standard(id).expect("both are of eleven bits");
    CanFrame::new(id, data).expect("at most eight bytes")
}

/// The number of a frame; `None` for one that no board of ours made.
pub(crate) fn number(frame: &CanFrame) -> Option<usize> {
    let number = match (frame.id().raw(), frame.data()) {
        (NUMBERED, data) => usize::try_from(u64::from_be_bytes(data.try_into().ok()?)).ok()?,
        (ODOMETER, [_, _, a, b, c, d, _]) => {
            usize::try_from(u32::from_be_bytes([*a, *b, *c, *d]) >> 4).ok()?
        }
        _ => return None,
    };
    (self::frame(number) == *frame).then_some(number)
}

/// Somewhere on a straight road.
fn fix(ticks: u32) -> GnssReport {
    let along = f64::from(ticks) * 1e-6;
    let place = Position::new(Degrees::new(48.0 + along), Degrees::new(11.0));
    GnssReport {
        fix: GnssFix {
            position: place.expect("a place on earth"),
            altitude: None,
            speed: Some(KilometersPerHour::new(30.0)),
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_a_frame_is_read_from_its_bytes_and_no_other_frame_has_one() {
        for number in [0, 1, 5, 255, 100_000, 100_001] {
            assert_eq!(super::number(&frame(number)), Some(number));
        }
        let id = CanId::standard(0x155).unwrap();
        let foreign = CanFrame::new(id, &[0; 8]).unwrap();
        assert_eq!(super::number(&foreign), None);
    }
}
