//! Frames as recordings keep them, whichever file they come from.

use std::time::Duration;

use v2x_units::{CanFrame, UtcTime};

use crate::can_data;
use crate::candump;
use crate::damaged::Fault;
use crate::rows::ParseRow;

/// One frame of a recording.
///
/// The name of the interface is not kept: the car has one bus. Rows stay in the order of the file,
/// also where their stamps run backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedFrame {
    /// When it was received, where the file says so.
    pub at: Option<UtcTime>,
    /// The time since the start of the recording, in files that count from there (`time_ms`).
    pub since_start: Option<Duration>,
    /// The line in the file; the first is 1.
    pub line: u64,
    /// The frame.
    pub frame: CanFrame,
}

/// Reads frames from the lines of either format.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one for each open file, never copied"
)]
pub enum ParseFrame {
    /// Lines of candump.
    Candump,
    /// Rows of a table.
    CanData(can_data::Rows),
}

impl ParseRow for ParseFrame {
    type Row = RecordedFrame;

    fn parse(&mut self, line: u64, text: &[u8]) -> Result<RecordedFrame, Fault> {
        match self {
            Self::Candump => {
                let (at, frame) = candump::parse_line(text)?;
                Ok(RecordedFrame {
                    at: Some(at),
                    since_start: None,
                    line,
                    frame,
                })
            }
            Self::CanData(rows) => rows.parse(line, text),
        }
    }

    /// A table says how many bytes there are; a candump line does not, and only eight are all.
    fn is_whole_without_end(&self, row: &RecordedFrame) -> bool {
        match self {
            Self::Candump => row.frame.data().len() == CanFrame::MAX_DLC,
            Self::CanData(_) => true,
        }
    }
}
