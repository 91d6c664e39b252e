//! The command line of `v2x sim`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// A town with cars, drivers, boards and an air, on this computer alone.
///
/// Boards run their own programs; cars move and charge by physics; the air loses, delays and
/// collides. The same seed gives the same world.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    v2x sim run campaign --seed 7 --vehicles 5 --hours 1 --out town/
  v2x sim study campaign --vary vehicles=5,10,20 --seeds 3 --hours 0.2 --out study/
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
    /// In virtual time over seeds and values of a parameter, with tables and plots.
    Study(SimStudy),
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
    /// Lets a recording of frames drive a car, in place of its driver and physics.
    #[arg(long, value_name = "CAR=FILE")]
    pub(crate) recording: Vec<String>,
    /// Begin at once, whoever listens.
    #[arg(long)]
    pub(crate) at_once: bool,
}

/// Plays a scenario in virtual time and watches what the product makes of it.
///
/// Cars, boards and meters are played; vehicles' and station's computers run the product's own
/// parts, with a broker and disks that fail. Checkers watch: nothing acknowledged is lost, energy
/// by car, station and physics agree, no session without a plug, nothing is believed or booked
/// twice, nothing private in a log, every alarm and warning has a cause. Ends with 1 when one of
/// them complains, and says how to repeat it.
#[derive(Debug, Args)]
pub(crate) struct SimRun {
    /// A scenario: a TOML file, one that this program brings along, or campaign: drawn by the seed.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    /// What everything that happens by chance is drawn from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) drawn: Drawn,
    /// Virtual hours.
    #[arg(long, value_name = "H", default_value_t = 1.0)]
    pub(crate) hours: f64,
    /// Folder for the log, tables (CSV) and plots (SVG).
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Every frame of every bus, not only each signal a few times a second.
    #[arg(long)]
    pub(crate) full_can: bool,
    /// How V2V is signed: real, or marked fakes that no product takes; real up to ten cars unless
    /// told otherwise.
    #[arg(long, value_name = "WHICH")]
    pub(crate) signatures: Option<SignaturesWord>,
    /// Lets a recording of frames (candump log or the prototype's table) drive a car, in place of
    /// its driver and physics; it goes along its way as fast as the recording says.
    #[arg(long, value_name = "CAR=FILE")]
    pub(crate) recording: Vec<String>,
    /// Threads for the vehicles' computers; the result is the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// Another town, as crates/sim/maps/halfway.toml describes one.
    #[arg(long, value_name = "FILE")]
    pub(crate) town: Option<PathBuf>,
}

/// How much a drawn scenario has of everything.
#[derive(Debug, Args)]
pub(crate) struct Drawn {
    /// Cars of a drawn scenario.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) vehicles: usize,
    /// Charging stations of a drawn scenario.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) stations: usize,
    /// Slots of a drawn scenario, all stations together.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) slots: usize,
}

/// How V2V is signed in virtual time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignaturesWord {
    /// ECDSA on P-256.
    Real,
    /// Marked fakes.
    Fake,
}

/// Repeats a scenario over seeds and values of a parameter.
///
/// Reports how many CAMs arrive over which distance and how old is what cars know of each other,
/// how long cars wait for a slot, and what charges cost: points.csv has a row for each value,
/// distances.csv one for each value and ten metres, delivery.svg and age.svg a line for each value.
#[derive(Debug, Args)]
pub(crate) struct SimStudy {
    /// A scenario: a TOML file, one that this program brings along, or campaign: drawn by the seed,
    /// without faults.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    /// What is varied, and its values: vehicles (of campaign only), distance (reach of the radio,
    /// m), rate (CAMs a second at most) or loss (part of frames lost nearby), as loss=0,0.1,0.3.
    #[arg(long, value_name = "PARAMETER=VALUES")]
    pub(crate) vary: Option<String>,
    /// The first seed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) first_seed: u64,
    /// How many seeds.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) seeds: u64,
    #[command(flatten)]
    pub(crate) drawn: Drawn,
    /// Virtual hours of each world.
    #[arg(long, value_name = "H", default_value_t = 0.25)]
    pub(crate) hours: f64,
    /// Whether everything that can go wrong does.
    #[arg(long)]
    pub(crate) faults: bool,
    /// Every frame of every bus, not only each signal a few times a second.
    #[arg(long)]
    pub(crate) full_can: bool,
    /// How V2V is signed; marked fakes unless told otherwise.
    #[arg(long, value_name = "WHICH")]
    pub(crate) signatures: Option<SignaturesWord>,
    /// Folder for the tables (CSV) and plots (SVG); made if missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Another town, as crates/sim/maps/halfway.toml describes one.
    #[arg(long, value_name = "FILE")]
    pub(crate) town: Option<PathBuf>,
}
