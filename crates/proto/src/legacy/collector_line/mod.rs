//! The text lines of the prototype's collector: CAN frames, GNSS fixes, its own status.
//!
//! Cutting the serial stream into lines is [`LineSplitter`]'s work. Source: the reference page on
//! the prototype's wire formats, section (a). The binary stream to an STM32 of July 2025 has no
//! start mark and is not read.
//!
//! | file | line | passed on | refused |
//! |---|---|---|---|
//! | `can.rs` | `SIM`, `REAL`, bare `<ID> <DLC> …` | data and remote frames | ids the sender cannot print, lost digits |
//! | `gnss.rs` | `GPS` | position 0/0, the receiver's own "valid" | numbers out of range, lost decimals |
//! | `status.rs` | `STATUS` | | as above |
//! | `records.rs` | lines joined, cut, or behind boot noise | what is whole | what is not, counted piece by piece |
//!
//! A wrong value is worse than a lost line. So a record is taken only in a form the collector can
//! have printed: ids of exactly three or eight digits, one digit of DLC, two digits a byte, as many
//! bytes as the DLC says or all eight, fixed numbers of decimals.

mod can;
mod gnss;
mod records;
mod status;

use v2x_units::{CanFrame, GnssFix};

pub use self::can::emit_can;
pub use self::gnss::emit_gnss;
pub use self::records::{Records, records};
pub use self::status::{CollectorStatus, StatusFix, emit_status};
pub use super::line_error::{EmitError, Excerpt, LineError};
pub use super::line_splitter::{LineSplitter, MAX_LINE};

/// What the collector sends after each line.
pub const LINE_END: &str = "\r\n";

/// What the collector says at its boot, line by line. The fifth line is wrong about the GPS line:
/// it leaves out HDOP and date.
pub const BANNER: [&str; 6] = [
    "=== CAN + GPS Data Sniffer Ready ===",
    "Sending CAN and GPS data to Jetson via USB Serial",
    "Format:",
    "  CAN: SIM <ID> <DLC> <DATA_BYTES>",
    "  GPS: GPS <LAT> <LON> <ALT> <SPEED> <SATS> <VALID>",
    "=====================================",
];

/// One record of the collector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CollectorLine {
    /// A frame on the car's bus.
    Can(CanFrame),
    /// What the GNSS receiver reports, not yet judged.
    Gnss(GnssFix),
    /// How the collector itself is.
    Status(CollectorStatus),
    /// A line of its boot text: the collector has just started.
    Banner,
}

/// Reads a line that holds one record; foreign text before the record is passed over.
///
/// A stream from a real port also has joined lines: read those with [`records()`].
///
/// # Errors
/// [`LineError::NotARecord`] for other text and empty lines, [`LineError::Damaged`] for a record
/// that is not whole, [`LineError::Joined`] when a second record begins in the line.
pub fn parse(line: &[u8]) -> Result<CollectorLine, LineError> {
    let mut pieces = records(line);
    let nothing = LineError::NotARecord {
        seen: Excerpt::of(line),
    };
    let mut first = pieces.next().unwrap_or(Err(nothing));
    if let Err(LineError::NotARecord { .. }) = first
        && let Some(after_noise) = pieces.next()
    {
        first = after_noise;
    }
    match pieces.place() {
        Some(at) => Err(LineError::Joined { at }),
        None => first,
    }
}
