//! A bench for the whole program: the binary with its pseudo-terminal, and what it leaves behind.
//!
//! The broker, the connection that can be cut and the waiting are those of `v2x-testbench`. Nothing
//! here judges; each test file does that, and uses the part that it needs.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "this is a part of tests, which fail by panicking and say what they skip"
)]

pub(crate) mod browser;
pub(crate) mod car;
pub(crate) mod monitor;
pub(crate) mod program;
pub(crate) mod recordings;
pub(crate) mod refusal;
pub(crate) mod replay;
pub(crate) mod server;
pub(crate) mod telemetry;
pub(crate) mod written;

use std::env;
use std::time::Duration;

/// Within this a process starts, ends or answers, on a computer that is busy with other builds.
pub(crate) const SOON: Duration = Duration::from_secs(120);

/// Frames per second on the Twizy's bus.
pub(crate) const BUS_RATE: usize = 490;

/// How long a drive lasts, unless `V2X_E2E_SECONDS` says it: two groups of rows reach the store,
/// and the end is no moment at which a snapshot is due anyway.
const DRIVE_SECONDS: usize = 13;

/// How many seconds a drive at bus speed lasts.
pub(crate) fn drive_seconds() -> usize {
    env::var("V2X_E2E_SECONDS").map_or(DRIVE_SECONDS, |text| text.parse().unwrap())
}
