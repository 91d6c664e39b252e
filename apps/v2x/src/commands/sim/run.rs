//! `v2x sim run`: a scenario in virtual time, with checkers, tables and plots.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::Detail;
use v2x_sim::world::checkers::Complaint;
use v2x_sim::world::{Report, Run, Shown, Signatures, campaign, play_recorded};

use super::{CAMPAIGN, scenario, seconds, town};
use crate::cli::{self, SignaturesWord};
use crate::failure::{Blame, Context as _, Failure};

/// Up to so many cars V2V is signed for real unless told otherwise.
const REAL_UP_TO: usize = 10;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::SimRun) -> Result<(), Failure> {
    let town = town(arguments.town.as_deref())?;
    let seed = Seed(arguments.seed);
    let seconds = seconds(arguments.hours)?;
    let scenario = if arguments.scenario == CAMPAIGN {
        let wanted = super::campaign(&arguments.drawn, seconds, true)?;
        campaign::scenario(&town, seed, wanted)
    } else {
        scenario(&arguments.scenario)?
    };
    let signatures = match arguments.signatures {
        Some(SignaturesWord::Real) => Signatures::Real,
        Some(SignaturesWord::Fake) => Signatures::MarkedFake,
        None if scenario.cars.len() <= REAL_UP_TO => Signatures::Real,
        None => Signatures::MarkedFake,
    };
    let run = Run {
        seed,
        length: Duration::from_secs_f64(seconds),
        detail: if arguments.full_can {
            Detail::Frames
        } else {
            Detail::Signals
        },
        signatures,
        cams_per_second: None,
        threads: arguments.threads,
        defect: None,
    };
    let recordings = super::recording::read(&arguments.recording)?;
    let report = play_recorded(town, &scenario, run, &recordings)
        .map_err(|error| Failure::new(Blame::Input, error))?;
    let mut out = io::stdout().lock();
    if signatures == Signatures::MarkedFake {
        let what = "V2V is signed by marked fakes, which prove nothing";
        writeln!(out, "{what}").blame(Blame::Runtime, "standard output")?;
    }
    tell(&report, &mut out).blame(Blame::Runtime, "standard output")?;
    if let Some(folder) = &arguments.out {
        write(&report, folder)?;
    }
    if report.complaints.is_empty() {
        return Ok(());
    }
    for complaint in &report.complaints {
        tell_complaint(&report, complaint, &mut out).blame(Blame::Runtime, "standard output")?;
    }
    let what = format!("{} complaints of the checkers", report.complaints.len());
    let again = again(arguments, signatures);
    Err(Failure::new(Blame::Runtime, what).hint(format_args!("the same again: {again}")))
}

/// The command that plays the same again.
fn again(arguments: &cli::SimRun, signatures: Signatures) -> String {
    let mut command = format!(
        "v2x sim run {} --seed {} --vehicles {} --stations {} --slots {} --hours {}",
        arguments.scenario,
        arguments.seed,
        arguments.drawn.vehicles,
        arguments.drawn.stations,
        arguments.drawn.slots,
        arguments.hours
    );
    command.push_str(match signatures {
        Signatures::Real => " --signatures real",
        Signatures::MarkedFake => " --signatures fake",
    });
    if arguments.full_can {
        command.push_str(" --full-can");
    }
    for recording in &arguments.recording {
        command.push_str(&format!(" --recording {recording}"));
    }
    if let Some(path) = &arguments.town {
        command.push_str(&format!(" --town {}", path.display()));
    }
    command
}

/// What led up to a complaint, and what it is.
fn tell_complaint(
    report: &Report,
    complaint: &Complaint,
    out: &mut impl io::Write,
) -> io::Result<()> {
    for line in report.before(complaint) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "{complaint}")
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
    let waited = report.waits.iter().map(|wait| wait.waited.as_secs_f64());
    writeln!(
        out,
        "{} CAMs and {} DENMs sent, {} messages believed, {} warnings, {} receipts, {:.0} s \
         waited for slots, {} cars still wait",
        report.cams_sent,
        report.denms_sent,
        report.believed,
        report.warnings,
        report.receipts,
        waited.sum::<f64>(),
        report.still_waiting.len()
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
