//! The framed serial link between a board and its Linux computer, the same code at both ends.
//!
//! Not the text lines of the prototype, which stay readable beside it; [`detect`] tells the two
//! apart. The format to the byte, for whoever writes another end, is `docs/protocol/link.md`.
//!
//! A frame is header, message and CRC-32, without zero bytes by byte stuffing, between two zero
//! bytes. Sequence numbers and boot ids tell the receiver exactly what was lost; CAN frames travel
//! in batches and are numbered besides, so that lost CAN frames are counted exactly too.
//!
//! ```
//! use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message};
//! use v2x_units::{BootId, CanFrame, CanId, Instant};
//!
//! let mut board = LinkEncoder::new(BootId::new(7));
//! let frame = CanFrame::new(CanId::standard(0x155)?, &[1, 2, 3]).expect("three bytes fit");
//! assert!(board.push_can(Instant::from_micros(100), &frame).is_none());
//! let deadline = board.deadline().expect("a frame is waiting");
//! let wire = board.poll(deadline).expect("its time is over");
//!
//! let mut computer = LinkDecoder::new();
//! let mut bytes = wire;
//! while let Some(event) = computer.next(&mut bytes) {
//!     if let Event::Frame(received) = event
//!         && let Message::CanBatch(batch) = received.message
//!     {
//!         let (captured, can) = batch.frames(received.at).next().expect("one frame");
//!         assert_eq!((captured, can), (Instant::from_micros(100), frame));
//!     }
//! }
//! # Ok::<(), v2x_units::CanIdError>(())
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | [`message`] | what a frame can carry, one file per message |
//! | [`encoder`] | the sending end: numbers frames, batches CAN frames, owns no clock |
//! | [`decoder`] | the receiving end: bytes in any chunks to messages and notices |
//! | [`detect`] | what kind of device a sample of bytes comes from |
//! | [`baud_probe`] | finds the baud rate at which a device makes sense |
//! | [`limits`] | every bound with its reason |
//! | `frame` | header and checksum |
//! | `cobs` | byte stuffing |
//! | `body` | fields of a message |
//! | `sequence` | what a gap in the numbers means |

pub mod baud_probe;
pub(crate) mod body;
mod cobs;
pub mod decoder;
pub mod detect;
pub mod encoder;
mod frame;
pub mod limits;
pub mod message;
mod sequence;

pub use baud_probe::{BaudProbe, ProbeStep};
pub use body::{BodyError, Problem};
pub use decoder::{Event, Frame, LinkCounters, LinkDecoder, Notice};
pub use detect::{Detector, Dialect, Verdict};
pub use encoder::LinkEncoder;
pub use frame::{Damage, VERSION};
pub use message::Message;
