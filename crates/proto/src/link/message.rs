//! What a frame can carry: one variant, one type number and one file per message.
//!
//! Not the frame around it (`frame.rs`). Three promises hold for every message and are
//! tested for all at once in `tests/link_messages.rs`: parsing any bytes never panics,
//! `parse(emit(x)) == x` for every value that fits the steps of the wire, and a message that was
//! parsed emits the bytes it came from.
//!
//! | type | message | file | direction |
//! |---|---|---|---|
//! | 1 | [`Hello`] | `hello.rs` | both |
//! | 2 | [`CanBatch`] | `can_batch.rs` | board to computer |
//! | 3 | [`GnssReport`] | `gnss_report.rs` | board to computer |
//! | 4 | [`BoardStatus`] | `board_status.rs` | board to computer |
//! | 5 | [`RadioReceived`] | `radio_received.rs` | board to computer |
//! | 6 | [`RadioSend`] | `radio_send.rs` | computer to board |
//! | 7 | [`RadioSent`] | `radio_sent.rs` | board to computer |
//! | 8 | [`MeterReading`] | `meter_reading.rs` | board to computer |
//! | 9 | [`SlotState`] | `slot_state.rs` | board to computer |
//! | 10 | [`Command`] | `command.rs` | both |
//! | 11 | [`Acknowledgement`] | `acknowledgement.rs` | both |
//! | 12 | [`LogLine`] | `log_line.rs` | board to computer |
//! | 13 | [`PanicRecord`] | `panic_record.rs` | board to computer |
//! | 14 | [`SlotReport`] | `slot_report.rs` | board to computer |
//! | 15 | [`JournalEntry`] | `journal_entry.rs` | board to computer |
//! | 16 | [`JournalKept`] | `journal_kept.rs` | computer to board |
//! | 17 | [`WallClock`] | `wall_clock.rs` | computer to board |
//! | 19 | [`PriceSchedule`] | `price_schedule.rs` | computer to board |
//!
//! A layout never changes under its number: a new layout takes a new number, which receivers
//! that do not know it skip and count.

mod acknowledgement;
mod board_status;
mod can_batch;
mod command;
mod gnss_report;
mod hello;
mod journal_entry;
mod journal_kept;
mod log_line;
mod meter_reading;
mod panic_record;
mod price_schedule;
mod radio_received;
mod radio_send;
mod radio_sent;
mod slot_report;
mod slot_state;
mod wall_clock;

pub use acknowledgement::{Acknowledgement, CommandResult};
pub use board_status::{BoardStatus, BootReason, BusState, CanStatus, QueueStatus};
pub use can_batch::CanBatch;
pub(super) use can_batch::OpenBatch;
pub use command::{Command, Order, SlotWish};
pub use gnss_report::{FixDimension, FixQuality, GnssReport};
pub use hello::{BoardKind, FirmwareVersion, Hello};
pub use journal_entry::JournalEntry;
pub use journal_kept::JournalKept;
pub use log_line::{LogLevel, LogLine};
pub use meter_reading::{MeterFault, MeterReading, MeterValues};
pub use panic_record::PanicRecord;
pub use price_schedule::{PriceSchedule, PriceStep};
pub use radio_received::RadioReceived;
pub use radio_send::{RadioRate, RadioSend};
pub use radio_sent::{RadioResult, RadioSent};
pub use slot_report::SlotReport;
pub use slot_state::{Contact, Plug, SlotState};
pub use wall_clock::WallClock;

use super::body::BodyError;

/// Makes the enumeration of all messages and finds the parser of each type number.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident $(<$life:lifetime>)?,)+) => {
        /// One message of the framed link.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[non_exhaustive]
        pub enum Message<'a> { $($(#[$doc])* $name($name $(<$life>)?),)+ }

        impl<'a> Message<'a> {
            /// Every type number that this version knows.
            pub const TYPES: &'static [u8] = &[$($name::TYPE),+];

            /// The type number that stands in the header.
            #[must_use]
            pub const fn frame_type(&self) -> u8 {
                match self { $(Self::$name(_) => $name::TYPE,)+ }
            }

            /// Reads the body of a frame; `None` when the type number is not known.
            ///
            /// # Errors
            /// When the body is not what the type promises; names the field.
            pub fn parse(frame_type: u8, body: &'a [u8]) -> Result<Option<Self>, BodyError> {
                match frame_type {
                    $($name::TYPE => $name::parse(body).map(|message| Some(Self::$name(message))),)+
                    _ => Ok(None),
                }
            }

            /// Writes the body into `out` and returns how many bytes that took.
            ///
            /// # Errors
            /// When a value has no room in its field or `out` is too short; names the field.
            pub fn emit(&self, out: &mut [u8]) -> Result<usize, BodyError> {
                match self { $(Self::$name(message) => message.emit(out),)+ }
            }
        }

        $(impl<'a> From<$name $(<$life>)?> for Message<'a> {
            fn from(message: $name $(<$life>)?) -> Self {
                Self::$name(message)
            }
        })+
    };
}

messages! {
    /// Who is speaking, and which versions it understands.
    Hello<'a>,
    /// CAN frames with their capture times.
    CanBatch<'a>,
    /// One GNSS fix with age and quality.
    GnssReport,
    /// Counters and high-water marks of the board.
    BoardStatus,
    /// A radio payload that was heard.
    RadioReceived<'a>,
    /// A radio payload to send.
    RadioSend<'a>,
    /// What became of a radio payload to send.
    RadioSent,
    /// One reading of an energy meter, or why there is none.
    MeterReading,
    /// Plug and relay of a charging slot.
    SlotState,
    /// Something that the other end is to do.
    Command<'a>,
    /// What became of a command.
    Acknowledgement<'a>,
    /// One line of the board's log.
    LogLine<'a>,
    /// What a board kept of its last panic.
    PanicRecord<'a>,
    /// The session of a slot as its controller keeps it.
    SlotReport,
    /// An entry of a slot controller's journal.
    JournalEntry<'a>,
    /// An entry of the journal that is on the computer's disk.
    JournalKept,
    /// What time it is.
    WallClock,
    /// What a slot offers at which price.
    PriceSchedule<'a>,
}
