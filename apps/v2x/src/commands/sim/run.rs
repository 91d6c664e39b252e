//! `v2x sim run`: a scenario in virtual time, with checkers, tables and plots.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::world::{Report, Run, Shown, campaign, play};

use super::{scenario, town};
use crate::cli;
use crate::failure::{Blame, Context as _, Failure};

/// The word for a scenario that is drawn from the seed.
const CAMPAIGN: &str = "campaign";
/// Slots of a drawn scenario.
const SLOTS: usize = 2;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::SimRun) -> Result<(), Failure> {
    let town = town(arguments.town.as_deref())?;
    let seed = Seed(arguments.seed);
    if !(0.001..=10_000.0).contains(&arguments.hours) {
        let what = format!("--hours is {}; it must be 0.001 to 10000", arguments.hours);
        return Err(Failure::new(Blame::Usage, what));
    }
    let seconds = arguments.hours * 3600.0;
    let scenario = if arguments.scenario == CAMPAIGN {
        campaign::scenario(&town, seed, arguments.vehicles, SLOTS, seconds)
    } else {
        scenario(&arguments.scenario)?
    };
    let run = Run {
        seed,
        length: Duration::from_secs_f64(seconds),
        detail: if arguments.full_can {
            Detail::Frames
        } else {
            Detail::Signals
        },
        threads: arguments.threads,
        defect: None,
    };
    let report = play(town, &scenario, run).map_err(|error| Failure::new(Blame::Input, error))?;
    let mut out = io::stdout().lock();
    tell(&report, &mut out).blame(Blame::Runtime, "standard output")?;
    if let Some(folder) = &arguments.out {
        write(&report, folder)?;
    }
    if report.complaints.is_empty() {
        return Ok(());
    }
    for complaint in &report.complaints {
        writeln!(out, "{complaint}").blame(Blame::Runtime, "standard output")?;
    }
    let full = if arguments.full_can {
        " --full-can"
    } else {
        ""
    };
    let map = (arguments.town.as_ref())
        .map_or_else(String::new, |path| format!(" --town {}", path.display()));
    let what = format!("{} complaints of the checkers", report.complaints.len());
    Err(Failure::new(Blame::Runtime, what).hint(format_args!(
        "the same again: v2x sim run {} --seed {} --vehicles {} --hours {}{full}{map}",
        arguments.scenario, arguments.seed, arguments.vehicles, arguments.hours
    )))
}

fn tell(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    writeln!(
        out,
        "{} cars, {} trips, {} sessions, {} frames decoded, {} lost, {} rows at the broker, {} of \
         them twice, {} refused by a disk",
        report.cars.len(),
        report.trips,
        report.sessions.len(),
        report.frames,
        report.frames_lost,
        report.delivered,
        report.delivered_again,
        report.rows_refused
    )?;
    for row in &report.sessions {
        writeln!(
            out,
            "slot {}: {:.3} Wh by the station, {:.3} Wh by physics",
            row.slot, row.station, row.physics
        )?;
    }
    Ok(())
}

/// The log, the tables and the plots.
fn write(report: &Report, folder: &Path) -> Result<(), Failure> {
    let plot = |shown| {
        let plot = report.plot(shown);
        plot.map_err(|error| Failure::new(Blame::Runtime, error))
    };
    let files = [
        ("log.txt", report.log.clone()),
        ("sessions.csv", report.sessions_csv()),
        ("cars.csv", report.cars_csv()),
        ("charge.svg", plot(Shown::Percent)?),
        ("speed.svg", plot(Shown::Speed)?),
    ];
    fs::create_dir_all(folder).blame(Blame::Runtime, "the folder of --out")?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| {
            Failure::new(Blame::Runtime, format_args!("{}: {error}", path.display()))
        })?;
    }
    Ok(())
}
