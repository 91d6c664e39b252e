//! `v2x sim`: the simulator's two ways to run.
//!
//! The world is `v2x_sim`; here are its clock, its files and its pseudo-terminals.

mod live;
mod run;

use std::fs;
use std::path::Path;

use v2x_sim::scenario::{BUILT_IN, Scenario};
use v2x_sim::town::{HALFWAY, Town};

use crate::cli;
use crate::failure::{Blame, Failure};

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Sim) -> Result<(), Failure> {
    match &arguments.task {
        cli::SimTask::Live(task) => live::run(task),
        cli::SimTask::Run(task) => run::run(task),
    }
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
