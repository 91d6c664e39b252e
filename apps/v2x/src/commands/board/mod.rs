//! `v2x board`: which boards are plugged in, how they are set, what they say, what runs on them.
//!
//! | file | what it holds |
//! |---|---|
//! | `line.rs` | finding a board on a port, and asking it something |
//! | `heard.rs` | what a board has said, in words |
//! | `list.rs` | every port with what speaks there |
//! | `show.rs` | one board and its settings |
//! | `set.rs` | changing settings |
//! | `flash.rs` | writing an image with espflash or esptool |
//! | `image.rs` | for which chip an image is |
//! | `keys.rs` | the keys of a slot into its controller |
//! | `log.rs` | following a board |
//!
//! What a board does with an order is `v2x_boards`' business.

mod flash;
mod heard;
mod image;
mod keys;
mod line;
mod list;
mod log;
mod set;
mod show;

use std::io::{self, Write as _};

use crate::cli::{self, BoardTask};
use crate::failure::{Blame, Context as _, Failure};

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Board) -> Result<(), Failure> {
    match &arguments.task {
        BoardTask::List(list) => list::run(list),
        BoardTask::Show(show) => show::run(show),
        BoardTask::Set(set) => set::run(set),
        BoardTask::Keys(keys) => keys::run(keys),
        BoardTask::Flash(flash) => flash::run(flash),
        BoardTask::Log(log) => log::run(log),
    }
}

/// Prints for the person.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.blame(Blame::Runtime, "standard output")
}
