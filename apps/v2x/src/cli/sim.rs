//! The command line of `v2x sim`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// A town with cars, drivers, boards and an air, on this computer alone.
///
/// Boards run their own programs; cars move and charge by physics; the air loses, delays and
/// collides. The same seed gives the same world.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    v2x sim run campaign --seed 7 --vehicles 5 --hours 1 --out town/
  v2x sim live hard_braking_and_charge --dir ports/
  v2x sim live my_scenario.toml --dir ports/ --seed 7")]
pub(crate) struct Sim {
    #[command(subcommand)]
    pub(crate) task: SimTask,
}

/// What to do with a scenario.
#[derive(Debug, Subcommand)]
pub(crate) enum SimTask {
    /// In virtual time, as fast as it goes, with checkers, tables and plots.
    Run(SimRun),
    /// In real time, with a pseudo-terminal for each board: for daemons in other processes.
    Live(SimLive),
}

/// Plays a scenario in real time for other processes.
///
/// Each board's line is a link in the folder, to be given to `v2x vehicle` and `v2x station` as a
/// port: CAR.collector and CAR.radio, slot1 and so on, station.radio. Whoever speaks on the air of
/// UDP multicast needs no radio board. The world begins when every collector and slot is listened
/// to, and goes on until Ctrl-C; what happens is told on standard output.
#[derive(Debug, Args)]
pub(crate) struct SimLive {
    /// A scenario: a TOML file, or one that this program brings along.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    /// Folder for the links to the boards' lines; made if missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// What everything that happens by chance is drawn from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Another town, as crates/sim/maps/halfway.toml describes one.
    #[arg(long, value_name = "FILE")]
    pub(crate) town: Option<PathBuf>,
    /// Begin at once, whoever listens.
    #[arg(long)]
    pub(crate) at_once: bool,
}

/// Plays a scenario in virtual time and watches what the product makes of it.
///
/// Cars, boards and meters are played; vehicles' and station's computers run the product's own
/// parts, with a broker and disks that fail. Checkers watch: nothing acknowledged is lost, energy
/// by station and physics agree, no session without a plug, nothing twice, nothing private in a
/// log, every alarm has a cause. Ends with 1 when one of them complains, and says how to repeat it.
#[derive(Debug, Args)]
pub(crate) struct SimRun {
    /// A scenario: a TOML file, one that this program brings along, or campaign: drawn by the seed.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    /// What everything that happens by chance is drawn from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Cars of a drawn scenario.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) vehicles: usize,
    /// Virtual hours.
    #[arg(long, value_name = "H", default_value_t = 1.0)]
    pub(crate) hours: f64,
    /// Folder for the log, tables (CSV) and plots (SVG).
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Every frame of every bus, not only each signal twice a second.
    #[arg(long)]
    pub(crate) full_can: bool,
    /// Threads for the vehicles' computers; the result is the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// Another town, as crates/sim/maps/halfway.toml describes one.
    #[arg(long, value_name = "FILE")]
    pub(crate) town: Option<PathBuf>,
}
