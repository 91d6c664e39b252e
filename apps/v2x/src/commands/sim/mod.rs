//! `v2x sim`: the simulator's ways to run.
//!
//! The world is `v2x_sim`; here are its clock, its files and its pseudo-terminals.

mod live;
mod recording;
mod run;
mod study;

use std::fs;
use std::path::Path;

use v2x_roles::station::MAX_SLOTS;
use v2x_sim::scenario::{BUILT_IN, Scenario};
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::world::campaign::Campaign;

use crate::cli;
use crate::failure::{Blame, Failure};

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Sim) -> Result<(), Failure> {
    match &arguments.task {
        cli::SimTask::Live(task) => live::run(task),
        cli::SimTask::Run(task) => run::run(task),
        cli::SimTask::Study(task) => study::run(task),
    }
}

/// The word for a scenario that is drawn from the seed.
const CAMPAIGN: &str = "campaign";

/// Seconds of so many virtual hours.
fn seconds(hours: f64) -> Result<f64, Failure> {
    if (0.001..=10_000.0).contains(&hours) {
        return Ok(hours * 3600.0);
    }
    let what = format!("--hours is {hours}; it must be 0.001 to 10000");
    Err(Failure::new(Blame::Usage, what))
}

/// How much a drawn scenario has of everything; some numbers make no sense.
fn campaign(drawn: &cli::Drawn, seconds: f64, faults: bool) -> Result<Campaign, Failure> {
    let cli::Drawn {
        vehicles,
        stations,
        slots,
    } = *drawn;
    let wrong = |what: String| Err(Failure::new(Blame::Usage, what));
    if !(1..=2000).contains(&vehicles) {
        return wrong(format!("--vehicles is {vehicles}; it must be 1 to 2000"));
    }
    if !(1..=18).contains(&stations) {
        return wrong(format!(
            "--stations is {stations}; it must be 1 to 18, the places of a town"
        ));
    }
    let most = stations * usize::from(MAX_SLOTS);
    if slots > most {
        return wrong(format!(
            "--slots is {slots}; {stations} stations have {most} at most"
        ));
    }
    Ok(Campaign {
        cars: vehicles,
        stations,
        slots,
        seconds,
        faults,
    })
}

/// A scenario by its file or by the name of one that this program brings along.
fn scenario(name: &str) -> Result<Scenario, Failure> {
    let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
    let text = match built_in {
        Some((_, text)) => (*text).to_owned(),
        None => fs::read_to_string(name).map_err(|error| {
            let known: Vec<_> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            Failure::new(Blame::Input, format_args!("scenario {name}: {error}"))
                .hint(format_args!("a TOML file, or one of {}", known.join(", ")))
        })?,
    };
    Scenario::from_toml(name, &text).map_err(|error| Failure::new(Blame::Input, error))
}

/// The town of a file; without one, Halfway.
fn town(path: Option<&Path>) -> Result<Town, Failure> {
    let Some(path) = path else {
        return Town::from_toml("halfway.toml", HALFWAY)
            .map_err(|error| Failure::new(Blame::Runtime, error));
    };
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::unreadable(Blame::Input, format_args!("map {name}"), &error))?;
    Town::from_toml(&name, &text).map_err(|error| Failure::new(Blame::Input, error))
}
