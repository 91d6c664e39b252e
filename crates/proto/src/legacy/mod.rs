//! The prototype's formats: tolerant in, canonical out, and refused where a value is not certain.
//!
//! Our own formats are elsewhere in this crate. The facts come from the reference page on the
//! prototype's wire formats; its sections are named in the table.
//!
//! | file | format | section | direction |
//! |---|---|---|---|
//! | [`collector_line`] | `SIM`, `GPS`, `STATUS` lines | (a) | collector to computer |
//! | [`evcs_line`] | meter lines of a charging slot | (d) | slot to station computer |
//! | [`line_splitter`] | bytes to lines, for both | | |
//! | [`line_error`] | what is wrong with a line, for both | | |
//! | [`radio`] | structs on the air between cars and stations | (b), (c) | both |
//! | [`item_stream`] | `AA 55` and an `Item` | (b) | radio board to and from computer |
//!
//! Three promises hold for every line format: parsing any bytes never panics, parsing what was
//! emitted gives the same value, and a line that lost one character gives no other value than the
//! one sent wherever its grammar can show the loss. These lines carry no checksum: a digit that
//! turned into another digit cannot be seen here.

pub mod collector_line;
pub mod evcs_line;
mod fields;
pub mod item_stream;
pub mod line_error;
pub mod line_splitter;
pub mod radio;

pub use line_error::{EmitError, Excerpt, LineError};
pub use line_splitter::{LineSplitter, MAX_LINE};
