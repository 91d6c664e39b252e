//! Sources of frames and fixes: a collector board on a serial line, or a CAN interface.
//!
//! What becomes of frames and fixes is `ingest.rs`; which source runs is `collector.rs`.
//!
//! | file | what it does | thread |
//! |---|---|---|
//! | `serial_line.rs` | opens a port, reads it, opens it again | collector |
//! | `speed_search.rs` | tries one speed after the other | collector |
//! | `ear.rs` | which language is spoken, and what the line sounds like otherwise | collector |
//! | `can_interface.rs` | reads a CAN controller of this computer | collector |
//! | `chunk.rs` | what passes from one thread to the other | both |
//! | `listener.rs` | bytes to frames, fixes and what the board says of itself | ingest |
//! | `board_report.rs` | what the board says of itself, into log and counters | ingest |
//! | `arrival_clock.rs` | when a frame was captured, from the board's clock | ingest |

mod arrival_clock;
mod board_report;
mod can_interface;
mod chunk;
mod ear;
mod listener;
mod serial_line;
mod speed_search;

pub(super) use arrival_clock::BoardTime;
pub(crate) use can_interface::InterfaceReport;
pub(super) use can_interface::{CanInterface, examine as examine_interface};
pub(super) use chunk::{Chunk, Delivery, Language};
pub(super) use listener::{Capture, Heard, Listener};
pub(super) use serial_line::SerialLine;
pub(super) use speed_search::{SearchStep, SpeedSearch};
