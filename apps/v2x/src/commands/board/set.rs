//! `v2x board set`: settings over the link, checked and kept by the board, and read back.

use std::path::Path;

use v2x_proto::link::message::Order;
use zeroize::Zeroizing;

use super::heard;
use super::line::{self, BoardLine, Found};
use crate::cli;
use crate::clock::Clock;
use crate::failure::{Blame, Failure, read_text};

/// What a board answers in place of a key that is set.
const SECRET: &str = "(set";

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::BoardSet) -> Result<(), Failure> {
    let mut wanted = Vec::new();
    for text in &arguments.settings {
        wanted.push(setting(text, arguments.from_file)?);
    }
    let clock = Clock::start();
    let mut line = match open(arguments, clock)? {
        Some(line) => line,
        None => return bring_back(arguments, clock),
    };
    for (key, value) in &wanted {
        write(&mut line, key, value)?;
    }
    if arguments.restart {
        line.restart()?;
        return super::print("the board has restarted: its settings hold\n");
    }
    super::print("they hold from the board's next start on; --restart restarts it at once\n")
}

/// The board; `None` where it speaks the prototype's text and only the way back is wanted.
fn open(arguments: &cli::BoardSet, clock: Clock) -> Result<Option<BoardLine>, Failure> {
    let (path, baud) = (&arguments.at.port, arguments.at.baud);
    let found = line::find(path, baud, clock, arguments.at.patience());
    match found.map_err(|error| line::unusable(path, &error))? {
        Found::Board(line) => Ok(Some(*line)),
        Found::Other(v2x_proto::link::Verdict::Speaks(_), _)
            if arguments.settings == ["mode=link"] =>
        {
            Ok(None)
        }
        Found::Other(verdict, baud) => Err(line::no_board(path, verdict, baud)),
    }
}

/// A board in text mode hears orders and cannot answer: it is told, and then looked for.
fn bring_back(arguments: &cli::BoardSet, clock: Clock) -> Result<(), Failure> {
    line::bring_back(&arguments.at.port, clock)?;
    let back = cli::BoardPort {
        port: arguments.at.port.clone(),
        baud: None,
        listen: arguments.at.listen,
    };
    let (hello, _) = line::board(&back, clock)?.introduce()?;
    let kind = heard::kind(hello.kind);
    super::print(&format!(
        "mode = link\nthe {kind} speaks the framed link again\n"
    ))
}

/// A setting of the command line; the value may be a key and does not outlive its use.
fn setting(text: &str, from_file: bool) -> Result<(String, Zeroizing<String>), Failure> {
    let Some((key, value)) = text.split_once('=') else {
        let what = format_args!("`{text}` is no setting");
        return Err(Failure::new(Blame::Usage, what).hint("write KEY=VALUE, as relay=feedback"));
    };
    let value = if from_file {
        let text = Zeroizing::new(read_text(Blame::Input, "value", Path::new(value))?);
        Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())
    } else {
        Zeroizing::new(value.to_owned())
    };
    Ok((key.to_owned(), value))
}

/// Writes a setting and reads it back.
fn write(line: &mut BoardLine, key: &str, value: &str) -> Result<(), Failure> {
    let answer = line.ask(Order::WriteSetting { key, value })?;
    if let Err(failure) = answer.done(key) {
        let names = line.ask(Order::ReadSetting { key: "" })?.detail;
        let is_known = names.split_whitespace().any(|name| name == key);
        return Err(if is_known {
            failure
        } else {
            failure.hint(format_args!("this board has: {names}"))
        });
    }
    let kept = line.ask(Order::ReadSetting { key })?.done(key)?;
    if kept.starts_with(SECRET) {
        return super::print(&format!("{key} is set\n"));
    }
    if kept != *value {
        let what = format_args!("the board keeps {key} = {}", heard::clean(&kept));
        return Err(Failure::new(Blame::Runtime, what).hint("set it again"));
    }
    super::print(&format!("{key} = {}\n", heard::clean(&kept)))
}
