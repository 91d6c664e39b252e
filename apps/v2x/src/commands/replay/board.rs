//! The board that a recording is played as: what it would put on the line, and when.
//!
//! Not the line itself and not the recording. The text is the prototype's; the framed link is
//! `v2x_proto::link`, spoken as a collector does: a hello first and every ten seconds, CAN frames
//! in batches, a status every second, each fix as a message. Its clock is the replay's.

use std::time::Duration;

use v2x_proto::legacy::collector_line::{LINE_END, emit_can, emit_gnss};
use v2x_proto::link::message::{
    BoardKind, BoardStatus, BootReason, BusState, CanStatus, FirmwareVersion, FixDimension,
    FixQuality, GnssReport, Hello, QueueStatus,
};
use v2x_proto::link::{LinkEncoder, VERSION};
use v2x_units::{BootId, CanFrame, GnssFix, Instant, MacAddress};

use super::playlist::Recorded;

/// As the page on the link asks of every board.
const STATUS_EVERY: Duration = Duration::from_secs(1);
const HELLO_EVERY: Duration = Duration::from_secs(10);
/// The version of the firmware that is played.
const FIRMWARE: FirmwareVersion = FirmwareVersion {
    major: 0,
    minor: 1,
    patch: 0,
};

/// Bytes that are due, and what is whole in them.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub(super) bytes: Vec<u8>,
    pub(super) frames: u64,
    pub(super) fixes: u64,
    /// What the board has no form for, since the beginning.
    pub(super) unsayable: u64,
}

/// Who speaks.
pub(super) enum Board {
    /// The collector of the prototype.
    Text,
    /// A collector with the framed link.
    Framed(Box<FramedBoard>),
}

/// A board with the framed link.
pub(super) struct FramedBoard {
    link: LinkEncoder,
    /// CAN frames in the open batch.
    in_batch: u64,
    next_status: Instant,
    next_hello: Instant,
}

impl Board {
    /// A framed board that boots now.
    pub(super) fn framed(boot: BootId) -> Self {
        Self::Framed(Box::new(FramedBoard {
            link: LinkEncoder::new(boot),
            in_batch: 0,
            next_status: Instant::BOOT,
            next_hello: Instant::BOOT,
        }))
    }

    /// Puts on the line what was captured at `at`.
    pub(super) fn say(&mut self, at: Instant, what: &Recorded, out: &mut Outgoing) {
        match (self, what) {
            (Self::Text, what) => say_text(what, out),
            (Self::Framed(board), Recorded::Frame(frame)) => board.say_frame(at, frame, out),
            (Self::Framed(board), Recorded::Fix(fix)) => board.say_fix(at, *fix, out),
        }
    }

    /// Puts on the line what is due by itself.
    pub(super) fn poll(&mut self, now: Instant, out: &mut Outgoing) {
        if let Self::Framed(board) = self {
            board.poll(now, out);
        }
    }

    /// When [`Self::poll`] has something to do again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let Self::Framed(board) = self else {
            return None;
        };
        let chores = board.next_status.min(board.next_hello);
        Some(
            board
                .link
                .deadline()
                .map_or(chores, |batch| batch.min(chores)),
        )
    }

    /// Puts on the line what still waits to be sent with more.
    pub(super) fn finish(&mut self, out: &mut Outgoing) {
        if let Self::Framed(board) = self {
            let frames = std::mem::take(&mut board.in_batch);
            out.take_batch(board.link.flush(), frames);
        }
    }
}

impl FramedBoard {
    fn say_frame(&mut self, at: Instant, frame: &CanFrame, out: &mut Outgoing) {
        let closed = self.link.push_can(at, frame);
        if closed.is_some() {
            out.take_batch(closed, std::mem::take(&mut self.in_batch));
        }
        self.in_batch += 1;
    }

    fn say_fix(&mut self, at: Instant, fix: GnssFix, out: &mut Outgoing) {
        let report = GnssReport {
            fix,
            geoid_separation: None,
            course: None,
            quality: FixQuality::Unknown,
            dimension: FixDimension::Unknown,
            age: Duration::ZERO,
        };
        match self.link.send(at, report) {
            Ok(bytes) => {
                out.bytes.extend_from_slice(bytes);
                out.fixes += 1;
            }
            Err(_) => out.unsayable += 1,
        }
    }

    fn poll(&mut self, now: Instant, out: &mut Outgoing) {
        if self.link.deadline().is_some_and(|deadline| now >= deadline) {
            let frames = std::mem::take(&mut self.in_batch);
            out.take_batch(self.link.poll(now), frames);
        }
        if now >= self.next_hello {
            self.next_hello = now + HELLO_EVERY;
            let hello = self.link.send(now, hello());
            out.bytes.extend_from_slice(hello.unwrap_or_default());
        }
        if now >= self.next_status {
            self.next_status = now + STATUS_EVERY;
            let status = status(self.link.next_can_number());
            let status = self.link.send(now, status);
            out.bytes.extend_from_slice(status.unwrap_or_default());
        }
    }
}

impl Outgoing {
    fn take_batch(&mut self, batch: Option<&[u8]>, frames: u64) {
        self.bytes.extend_from_slice(batch.unwrap_or_default());
        self.frames += frames;
    }
}

fn say_text(what: &Recorded, out: &mut Outgoing) {
    let mut line = String::new();
    let said = match what {
        Recorded::Frame(frame) => emit_can(frame, &mut line).is_ok(),
        Recorded::Fix(fix) => emit_gnss(fix, &mut line).is_ok(),
    };
    if !said {
        out.unsayable += 1;
        return;
    }
    out.bytes.extend_from_slice(line.as_bytes());
    out.bytes.extend_from_slice(LINE_END.as_bytes());
    match what {
        Recorded::Frame(_) => out.frames += 1,
        Recorded::Fix(_) => out.fixes += 1,
    }
}

fn hello() -> Hello<'static> {
    Hello {
        kind: BoardKind::Collector,
        board: MacAddress::new([0; 6]),
        firmware: FIRMWARE,
        oldest_version: VERSION,
        newest_version: VERSION,
        name: "replay",
    }
}

fn status(next_number: u32) -> BoardStatus {
    let no_queue = QueueStatus::default();
    BoardStatus {
        boot_reason: BootReason::PowerOn,
        firmware: FIRMWARE,
        heap_left: 0,
        link_queue: no_queue,
        radio_queue: no_queue,
        can: Some(CanStatus {
            bus: BusState::Active,
            transmit_errors: 0,
            receive_errors: 0,
            bus_errors: 0,
            receive_overflows: 0,
            dropped: 0,
            next_number,
            queue: no_queue,
        }),
    }
}

#[cfg(test)]
mod tests {
    use v2x_proto::link::{Event, LinkDecoder, Message};
    use v2x_units::CanId;

    use super::*;

    fn frame() -> Recorded {
        let id = CanId::standard(0x155).unwrap();
        Recorded::Frame(CanFrame::new(id, &[1, 2, 3]).unwrap())
    }

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn framed_board_says_hello_then_batches_and_a_status_each_second() {
        let mut board = Board::framed(BootId::new(7));
        let mut out = Outgoing::default();
        for millis in 0..2_500 {
            board.poll(at(millis), &mut out);
            board.say(at(millis), &frame(), &mut out);
        }
        board.finish(&mut out);
        assert_eq!((out.frames, out.unsayable), (2_500, 0));
        let (mut hellos, mut statuses, mut captures) = (0, 0, Vec::new());
        let mut decoder = LinkDecoder::new();
        let mut bytes = out.bytes.as_slice();
        while let Some(event) = decoder.next(&mut bytes) {
            match event {
                Event::Frame(frame) => match frame.message {
                    Message::Hello(_) => hellos += 1,
                    Message::BoardStatus(_) => statuses += 1,
                    Message::CanBatch(batch) => {
                        captures.extend(batch.frames(frame.at).map(|(at, _)| at));
                    }
                    other => panic!("{other:?}"),
                },
                Event::Notice(notice) => assert_eq!(hellos, 0, "{notice}"),
            }
        }
        assert_eq!((hellos, statuses), (1, 3));
        assert!(captures.into_iter().eq((0..2_500).map(at)));
    }

    #[test]
    fn what_the_text_cannot_say_is_counted_and_left_out() {
        let mut out = Outgoing::default();
        let nowhere = v2x_units::Degrees::new(0.0);
        let without_satellites = Recorded::Fix(GnssFix {
            position: v2x_units::Position::new(nowhere, nowhere).unwrap(),
            altitude: None,
            speed: None,
            satellites: None,
            hdop: None,
            utc: None,
            valid: false,
        });
        Board::Text.say(at(0), &without_satellites, &mut out);
        Board::Text.say(at(0), &frame(), &mut out);
        assert_eq!(out.bytes, b"SIM 155 3 01 02 03 00 00 00 00 00\r\n");
        assert_eq!((out.frames, out.fixes, out.unsayable), (1, 0, 1));
    }
}
