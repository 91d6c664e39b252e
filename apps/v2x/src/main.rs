//! The command `v2x`: one binary, one subcommand per role and tool.
//!
//! This file only hands the parsed command line to its subcommand and turns the outcome into an
//! exit code. What a subcommand does is in `commands/<name>.rs`; only this crate reads clocks,
//! configuration and the environment.

mod air;
mod cli;
mod clock;
mod commands;
mod config;
mod daemon;
mod doctor;
mod failure;
mod hub;
mod keys;
mod monitor;
mod recorded_file;
mod serial;
mod station;
mod vehicle;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    match commands::run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
