//! The files people keep of a drive: candump logs and the prototype's CSV tables, read and written.
//!
//! Reading starts with [`Recording::open`], which tells a file's format from its content. Each row
//! is then either a value or [`Damaged`] with its line and the reason, so that both can be counted:
//!
//! ```
//! use v2x_recording::Recording;
//!
//! let log = b"(1753260346.401033) can0 155#0596E7546D58006F\n(1753260346.452) can0 1558#97CC\n";
//! let mut frames = Recording::open(&log[..])?.into_frames()?;
//! let first = frames.next().expect("the log has two lines")?;
//! assert_eq!(first.expect("the first line is whole").frame.data()[4], 0x6D);
//! let second = frames.next().expect("the log has two lines")?;
//! assert_eq!(second.expect_err("no id has four digits").line, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Writing is one function per row, into whatever [`std::io::Write`] the caller owns, buffers and
//! syncs. Nothing here opens a path, reads a clock or decides when a file ends.
//!
//! | module | file | read | written |
//! |---|---|---|---|
//! | [`candump`] | candump log | [`Frames`] | [`candump::write_frame`] |
//! | [`can_data`] | `can_data.csv` and its relatives | [`Frames`] | [`can_data::write_row`] |
//! | [`snapshot`] | `can_data_snapshot.csv` | [`Frames`] | [`SnapshotRing::write_to`] |
//! | [`gps_data`] | `gps_data.csv` | [`Fixes`] | [`gps_data::write_row`] |
//! | [`merged`] | `merged_can_data_*.csv` | [`MergedRows`] | [`merged::write_row`] |
//! | [`radio`], [`radio_table`] | `ESP_now_data_*.csv` | [`RadioRows`] | [`radio_table::write_row`] |
//! | [`v2g_sessions`] | `v2g_sessions_*.csv` | | [`v2g_sessions::write_row`] |
//!
//! What differs from the prototype's files, and why, is in `docs/files-of-the-prototype.md`.

#![forbid(unsafe_code)]

pub mod can_data;
pub mod candump;
mod cell;
mod damaged;
mod frames;
pub mod gps_data;
mod hex;
mod lines;
pub mod merged;
mod merged_reader;
pub mod radio;
pub mod radio_table;
mod recording;
mod rows;
pub mod snapshot;
mod stamp;
mod table;
pub mod v2g_sessions;

pub use damaged::{Damaged, Fault};
pub use frames::RecordedFrame;
pub use gps_data::RecordedFix;
pub use lines::LINE_MAX;
pub use merged::{Gear, MergedRow};
pub use merged_reader::{Origin, RecordedRow};
pub use radio::{RadioRepair, RecordedMessage};
pub use radio_table::{RadioCar, RadioContent, RadioRow, RadioStation};
pub use recording::{Fixes, Format, Frames, MergedRows, OpenError, RadioRows, Recording};
pub use rows::{ParseRow, Rows};
pub use snapshot::SnapshotRing;
