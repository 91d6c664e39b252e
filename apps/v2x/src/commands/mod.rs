//! One file per subcommand.

mod board;
mod capture;
mod charge;
mod config;
mod decode;
mod demo;
mod doctor;
mod hub;
mod import;
mod keys;
mod replay;
pub(crate) mod session;
mod sim;
mod station;
mod user;
mod vehicle;

use crate::cli::Command;
use crate::failure::Failure;

/// Runs one subcommand to its end.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Vehicle(arguments) => vehicle::run(&arguments),
        Command::Station(arguments) => station::run(&arguments),
        Command::Hub(arguments) => hub::run(&arguments),
        Command::Session(arguments) => session::run(&arguments),
        Command::Charge(arguments) => charge::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::User(arguments) => user::run(&arguments),
        Command::Capture(arguments) => capture::run(&arguments),
        Command::Sim(arguments) => sim::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Board(arguments) => board::run(&arguments),
    }
}
