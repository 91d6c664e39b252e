//! One file per subcommand.

mod config;
mod decode;
mod import;
mod replay;
mod vehicle;

use crate::cli::Command;
use crate::failure::Failure;

/// Runs one subcommand to its end.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Vehicle(arguments) => vehicle::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
    }
}
