//! `v2x demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Show the whole system on this computer, nothing plugged in.
///
/// A simulated town with three cars and a charging station of two slots; in it run the vehicle and
/// station programs as they run in cars and stations, a hub, and its pages. Prints the address and
/// a log-in; in the first minute one car brakes hard and the one behind is warned, another charges
/// and leaves. Ends on Ctrl-C, with everything on disk. Nothing leaves this computer.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x demo
  v2x demo --seconds 90 --dir /tmp/demo")]
pub(crate) struct Demo {
    /// Where the data goes: each run makes a folder of its own in it.
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub(crate) dir: PathBuf,
    /// Where the pages are; 0 as port takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// End by itself after so many seconds [default: on Ctrl-C]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: Option<u64>,
    /// The town's seed: the same one gives the same drives.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}
