//! The receiving end of the framed link: bytes in any chunks to messages and notices.
//!
//! Not the serial port and not the clock. Its buffers hold one frame; whatever is longer is
//! damage and counted. What it tells:
//!
//! * A frame that was sent is either told once or counted as lost, from its sequence number.
//!   Frames lost at the very end are counted when the next frame arrives. Those before the first
//!   frame that is heard are not counted, for the board may have run for hours.
//! * A restart of the board is told as such. Frames of the new boot that did not arrive are lost
//!   frames; how many of the old boot were still to come nobody knows.
//! * CAN frames have numbers of their own. [`Notice::CanLost`] counts those that are missing,
//!   whether a link frame was lost or the board had to drop them.

use core::fmt;

use memchr::memchr;
use v2x_units::{BootId, Instant};

use super::body::BodyError;
use super::frame::{self, DELIMITER, Damage, HEADER_LENGTH, Header, Opened, VERSION};
use super::limits::SEGMENT_MAX;
use super::message::Message;
use super::sequence::{CanNumbers, Place, SequenceTracker};

/// One frame as it arrived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame<'a> {
    /// Its number since the sender's boot.
    pub sequence: u32,
    /// The boot during which it was sent.
    pub boot: BootId,
    /// When its content was captured, on the sender's clock.
    pub at: Instant,
    /// What it carries.
    pub message: Message<'a>,
}

/// What comes out of the decoder, in the order of the line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// A frame whose message is known and right.
    Frame(Frame<'a>),
    /// Something about the line or the sender.
    Notice(Notice),
}

/// Something that happened to the link; prints itself in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The first frame was heard.
    Joined {
        /// The boot it comes from.
        boot: BootId,
        /// Its number; earlier ones are not counted as lost.
        sequence: u32,
    },
    /// The board started anew.
    Rebooted {
        /// The boot that was heard until now.
        old: BootId,
        /// The boot that is heard from now on.
        new: BootId,
    },
    /// Frames were sent and did not arrive.
    Lost {
        /// How many.
        frames: u32,
    },
    /// CAN frames were received by the board and did not arrive.
    CanLost {
        /// How many.
        frames: u32,
    },
    /// A frame arrived again and was dropped.
    Duplicate {
        /// Its number.
        sequence: u32,
    },
    /// Bytes between two delimiters are no frame.
    Corrupt(Damage),
    /// A whole frame of a type that this version does not know was skipped.
    UnknownType(u8),
    /// A whole frame of another version of the link was skipped.
    OtherVersion(u8),
    /// A whole frame holds a message that is not what its type promises.
    Malformed(BodyError),
    /// A whole frame arrived after bytes that were none.
    Resynchronised {
        /// Bytes that were skipped, delimiters not counted.
        skipped: u64,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined { boot, sequence } => {
                write!(f, "board heard first at frame {sequence} of boot {boot}")
            }
            Self::Rebooted { old, new } => write!(f, "board restarted: boot {old} is now {new}"),
            Self::Lost { frames } => write!(f, "{frames} frames lost on the link"),
            Self::CanLost { frames } => write!(f, "{frames} CAN frames lost before they came here"),
            Self::Duplicate { sequence } => write!(f, "frame {sequence} arrived twice, kept once"),
            Self::Corrupt(damage) => write!(f, "damaged frame: {damage}"),
            Self::UnknownType(frame_type) => {
                write!(
                    f,
                    "message of type {frame_type} is not known here and was skipped"
                )
            }
            Self::OtherVersion(version) => write!(
                f,
                "board speaks version {version} of the link, this program version {VERSION}"
            ),
            Self::Malformed(error) => write!(f, "message refused: {error}"),
            Self::Resynchronised { skipped } => {
                write!(f, "frames again after {skipped} bytes that were none")
            }
        }
    }
}

/// What happened since the decoder was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkCounters {
    /// Frames that were whole and new, of known types and right or not.
    pub received: u64,
    /// Frames that were sent and did not arrive.
    pub lost: u64,
    /// CAN frames that the board received and that did not arrive.
    pub can_lost: u64,
    /// Frames that arrived again and were dropped.
    pub duplicates: u64,
    /// Stretches between two delimiters that were no frame.
    pub corrupt: u64,
    /// Bytes in those stretches.
    pub skipped_bytes: u64,
    /// Frames of unknown types.
    pub unknown_types: u64,
    /// Frames of other versions of the link.
    pub other_versions: u64,
    /// Frames whose message is not what its type promises.
    pub malformed: u64,
    /// Restarts of the board.
    pub reboots: u64,
}

/// The most notices that one frame can cause.
const NOTICES_MAX: usize = 5;

/// Turns the bytes of one serial line into events.
#[derive(Debug, Clone)]
pub struct LinkDecoder {
    /// The beginning of a segment whose end has not arrived.
    segment: [u8; SEGMENT_MAX],
    filled: usize,
    /// Bytes of the segment that found no room.
    overflow: usize,
    /// The newest frame, unstuffed.
    frame: [u8; SEGMENT_MAX],
    /// Its header and the length of its body, until it is told.
    held: Option<(Header, usize)>,
    notices: [Option<Notice>; NOTICES_MAX],
    sequence: SequenceTracker,
    can: CanNumbers,
    counters: LinkCounters,
    /// Bytes that were no frame since the newest frame.
    skipped: u64,
    /// Nothing was cut at a delimiter yet, so the first piece may lack its beginning.
    joining: bool,
}

impl Default for LinkDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl LinkDecoder {
    /// Starts listening on a line.
    #[must_use]
    pub fn new() -> Self {
        Self {
            segment: [0; SEGMENT_MAX],
            filled: 0,
            overflow: 0,
            frame: [0; SEGMENT_MAX],
            held: None,
            notices: [None; NOTICES_MAX],
            sequence: SequenceTracker::default(),
            can: CanNumbers::default(),
            counters: LinkCounters::default(),
            skipped: 0,
            joining: true,
        }
    }

    /// What happened until now.
    #[must_use]
    pub const fn counters(&self) -> &LinkCounters {
        &self.counters
    }

    /// Takes bytes off the front of `bytes` until there is something to tell; `None` when all of
    /// them are taken and everything is told.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<Event<'_>> {
        while self.notices.iter().all(Option::is_none) && self.held.is_none() {
            self.take_segment(bytes)?;
        }
        if let Some(notice) = self.notices.iter_mut().find_map(Option::take) {
            return Some(Event::Notice(notice));
        }
        let (header, length) = self.held.take()?;
        let message = Message::parse(header.frame_type, body(&self.frame, length));
        Some(Event::Frame(Frame {
            sequence: header.sequence,
            boot: header.boot,
            at: header.at,
            message: message.ok().flatten()?,
        }))
    }

    /// Takes the bytes up to the next delimiter; `None` when there is none.
    fn take_segment(&mut self, bytes: &mut &[u8]) -> Option<()> {
        let Some(end) = memchr(DELIMITER, bytes) else {
            self.keep(bytes);
            *bytes = &[];
            return None;
        };
        let (piece, rest) = bytes.split_at(end);
        *bytes = rest.get(1..).unwrap_or_default();
        // A segment that lies whole in one chunk need not be copied.
        let (opened, length) = if self.filled == 0 {
            (frame::open(piece, &mut self.frame), piece.len())
        } else {
            self.keep(piece);
            let segment = self.segment.get(..self.filled).unwrap_or_default();
            let length = self.filled + self.overflow;
            (frame::open(segment, &mut self.frame), length)
        };
        let opened = match opened {
            Err(Damage::ConsoleText) => opened,
            _ if length > SEGMENT_MAX => Err(Damage::TooLong),
            _ => opened,
        };
        self.accept(opened, length);
        self.joining = false;
        (self.filled, self.overflow) = (0, 0);
        Some(())
    }

    /// Keeps the beginning of a segment; what finds no room is counted.
    fn keep(&mut self, piece: &[u8]) {
        let room = self.segment.get_mut(self.filled..).unwrap_or_default();
        let kept = piece.len().min(room.len());
        for (place, byte) in room.iter_mut().zip(piece) {
            *place = *byte;
        }
        self.filled += kept;
        self.overflow += piece.len() - kept;
    }

    fn accept(&mut self, opened: Result<Opened, Damage>, length: usize) {
        match opened {
            Ok(Opened::Frame(header, length)) => self.accept_frame(header, length),
            Ok(Opened::OtherVersion(version)) => {
                self.counters.other_versions += 1;
                self.tell(Notice::OtherVersion(version));
            }
            // Two delimiters stand between two frames.
            Err(_) if length == 0 => {}
            Err(damage) => {
                let length = u64::try_from(length).unwrap_or(u64::MAX);
                self.skipped = self.skipped.saturating_add(length);
                self.counters.skipped_bytes = self.counters.skipped_bytes.saturating_add(length);
                if !self.joining {
                    self.counters.corrupt += 1;
                    self.tell(Notice::Corrupt(damage));
                }
            }
        }
    }

    fn accept_frame(&mut self, header: Header, length: usize) {
        let skipped = core::mem::take(&mut self.skipped);
        if skipped > 0 {
            self.tell(Notice::Resynchronised { skipped });
        }
        if !self.accept_place(&header) {
            return;
        }
        self.counters.received += 1;
        match Message::parse(header.frame_type, body(&self.frame, length)) {
            Ok(Some(message)) => {
                let can_numbers = match message {
                    Message::CanBatch(batch) => Some((batch.first_number(), batch.count())),
                    Message::BoardStatus(status) => status.can.map(|can| (can.next_number, 0)),
                    _ => None,
                };
                self.held = Some((header, length));
                if let Some((number, count)) = can_numbers {
                    self.count_can(number, count);
                }
            }
            Ok(None) => {
                self.counters.unknown_types += 1;
                self.tell(Notice::UnknownType(header.frame_type));
            }
            Err(error) => {
                self.counters.malformed += 1;
                self.tell(Notice::Malformed(error));
            }
        }
    }

    /// Tells what the sequence number says; `false` when the frame was here before.
    fn accept_place(&mut self, header: &Header) -> bool {
        let (boot, sequence) = (header.boot, header.sequence);
        let missing = match self.sequence.place(header) {
            Place::Repeated => {
                self.counters.duplicates += 1;
                self.tell(Notice::Duplicate { sequence });
                return false;
            }
            Place::First => {
                self.tell(Notice::Joined { boot, sequence });
                if sequence == 0 {
                    self.can.begin();
                }
                0
            }
            Place::Restarted { old, missing } => {
                self.counters.reboots += 1;
                self.tell(Notice::Rebooted { old, new: boot });
                self.can.begin();
                missing
            }
            Place::After(missing) => missing,
        };
        if missing > 0 {
            self.counters.lost += u64::from(missing);
            self.tell(Notice::Lost { frames: missing });
        }
        true
    }

    fn count_can(&mut self, number: u32, count: u32) {
        let frames = self.can.take(number, count);
        if frames > 0 {
            self.counters.can_lost += u64::from(frames);
            self.tell(Notice::CanLost { frames });
        }
    }

    /// Keeps a notice until it is asked for; one frame causes at most [`NOTICES_MAX`].
    fn tell(&mut self, notice: Notice) {
        if let Some(place) = self.notices.iter_mut().find(|place| place.is_none()) {
            *place = Some(notice);
        }
    }
}

/// The body of a frame that was opened.
fn body(frame: &[u8; SEGMENT_MAX], length: usize) -> &[u8] {
    frame
        .get(HEADER_LENGTH..HEADER_LENGTH + length)
        .unwrap_or_default()
}
