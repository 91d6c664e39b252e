//! A DBC as decoder tables: `can-dbc` parses, this checks and flattens.
//!
//! A DBC says where signals lie and how they scale. When a signal counts is said by attributes,
//! which other tools read as plain text and this decoder obeys:
//!
//! | attribute | of | value | meaning |
//! |---|---|---|---|
//! | `InvalidRaw` | signal | `0;3840..4095` | raw numbers and inclusive ranges that mean "not available" |
//! | `InvalidWhile` | signal | `Phase!=84` | the value means nothing while this holds; terms joined by `;`, any of which suffices; each is a signal of the same message or a byte (`byte0`), `=` or `!=`, and a raw number |
//! | `InvalidFirstFrame` | signal | `stale` | the first frame after the bus slept repeats an old value ([`crate::BUS_ASLEEP`]) |
//! | | | `zero` | raw 0 means nothing until another number came since the start or the last sleep |
//! | `PersonalData` | signal | `no`, `yes` | identifies a person or the car |
//! | `Confidence` | signal | `low`, `medium`, `high-new`, `high` | how sure the meaning is |
//! | `MessageSource`, `SignalSource` | message, signal | text | who published the meaning; a signal without its own has its message's |
//! | `GenMsgCycleTime` | message | milliseconds | how often it comes; 0 on events only |
//!
//! Raw numbers are decimal or `0x…`, as the signal counts them before factor and offset. Minimum
//! and maximum never withhold a value. Other attributes are left to other tools.
//!
//! Simple multiplexing (one switch per message) is read; extended multiplexing and IEEE floats
//! are refused by name.

mod attributes;
mod description;
mod error;
mod lines;
mod message;
mod tables;

#[cfg(test)]
mod tests;

use can_dbc::Dbc;
use pest::error::LineColLocation;

pub use error::{DbcError, DbcFault};
use lines::Lines;

use crate::decoder::Tables;

/// The longest DBC that is read: ten times the largest that carmakers are known to pass around.
const MAX_TEXT_BYTES: usize = 32 * 1024 * 1024;

/// Reads a DBC into tables.
pub(crate) fn read(file_name: &str, text: &str) -> Result<Tables, DbcError> {
    let refused = |(line, fault)| DbcError {
        file: file_name.to_owned(),
        line,
        fault,
    };
    if text.len() > MAX_TEXT_BYTES {
        let what = "bytes of text";
        let most = MAX_TEXT_BYTES;
        return Err(refused((1, DbcFault::TooMany { what, most })));
    }
    let lines = Lines::of(text);
    let dbc = Dbc::try_from(text).map_err(|error| refused(located(&error, text, &lines)))?;
    tables::build(&dbc, &lines).map_err(refused)
}

/// Finds the line that the parser complains of.
fn located(error: &can_dbc::DbcError, text: &str, lines: &Lines<'_>) -> (usize, DbcFault) {
    let (line, reason) = match error {
        can_dbc::DbcError::Pest(grammar) => {
            let line = match grammar.line_col {
                LineColLocation::Pos((line, _)) | LineColLocation::Span((line, _), _) => line,
            };
            (line, grammar.variant.message().into_owned())
        }
        // The grammar was obeyed, but a number does not fit: these errors know no place, so the
        // shortest beginning of the file that shows the same error gives it away.
        other => {
            let same = |beginning: &str| Dbc::try_from(beginning).as_ref() == Err(other);
            (lines.shortest_beginning(text, same), other.to_string())
        }
    };
    (line, DbcFault::Syntax(reason))
}
