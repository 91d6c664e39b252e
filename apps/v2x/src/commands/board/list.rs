//! `v2x board list`: every serial port with what speaks there.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::heard::{self, Heard, Hello};
use super::line::{self, Found};
use crate::cli;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::serial::{PortError, holders};

/// Where Linux keeps names of ports that do not change.
const STABLE_NAMES: &str = "/dev/serial/by-id";
/// How ports are called that a board can hang on: USB bridges, USB of the chip, pins of a Pi.
const PORT_NAMES: [&str; 4] = ["ttyUSB", "ttyACM", "ttyAMA", "ttyTHS"];

/// What there is on a port.
enum Seen {
    Board {
        hello: Hello,
        boot_reason: &'static str,
        baud: Option<u32>,
    },
    Other(String),
}

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::BoardList) -> Result<(), Failure> {
    let ports = match arguments.ports.as_slice() {
        [] => plugged_in(),
        named => named.to_vec(),
    };
    let at_most = Duration::from_secs(u64::from(arguments.listen));
    let clock = Clock::start();
    let seen: Vec<_> = thread::scope(|scope| {
        let looks: Vec<_> = (ports.iter())
            .map(|port| scope.spawn(move || look(port, clock, at_most)))
            .collect();
        let died = || Seen::Other("the search failed".to_owned());
        let ends = looks.into_iter().map(|look| look.join());
        ends.map(|end| end.unwrap_or_else(|_| died())).collect()
    });
    let rows = ports.iter().zip(&seen);
    if arguments.json {
        let rows: Vec<_> = rows.map(|(port, seen)| as_json(port, seen)).collect();
        return super::print(&format!("{:#}\n", json!({ "ports": rows })));
    }
    if ports.is_empty() {
        return super::print("no serial port is plugged into this computer\n");
    }
    super::print(
        &rows
            .map(|(port, seen)| as_text(port, seen))
            .collect::<String>(),
    )
}

/// The ports of this computer: by their stable names where they have one.
fn plugged_in() -> Vec<PathBuf> {
    let entries = |folder: &str| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    let mut ports = entries(STABLE_NAMES);
    let named: Vec<_> = (ports.iter())
        .filter_map(|port| fs::canonicalize(port).ok())
        .collect();
    ports.extend(entries("/dev").into_iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        PORT_NAMES.iter().any(|kind| name.starts_with(kind)) && !named.contains(path)
    }));
    ports
}

fn look(port: &Path, clock: Clock, at_most: Duration) -> Seen {
    match line::find(port, None, clock, at_most) {
        Ok(Found::Board(mut line)) => match line.introduce() {
            Ok((hello, said)) => {
                let reason = said.iter().rev().find_map(|(_, it)| match it {
                    Heard::Status(status) => Some(heard::boot_reason(status.boot_reason)),
                    _ => None,
                });
                Seen::Board {
                    hello,
                    boot_reason: reason.unwrap_or("unknown"),
                    baud: line.baud,
                }
            }
            Err(failure) => Seen::Other(failure.what().to_owned()),
        },
        Ok(Found::Other(verdict, baud)) => {
            let at = baud.map_or_else(String::new, |baud| format!(" ({baud} baud)"));
            Seen::Other(format!("{verdict}{at}"))
        }
        Err(PortError::InUse(_)) => Seen::Other(match holders(port).first() {
            Some(holder) if holder.name == "v2x" => {
                format!("in use by the v2x daemon (process {})", holder.id)
            }
            Some(holder) => format!("in use by `{}` (process {})", holder.name, holder.id),
            None => "in use by another program".to_owned(),
        }),
        Err(error) => Seen::Other(error.to_string()),
    }
}

fn as_text(port: &Path, seen: &Seen) -> String {
    let port = port.display();
    match seen {
        Seen::Board {
            hello,
            boot_reason,
            baud,
        } => {
            let name = match heard::clean(&hello.name) {
                name if name.is_empty() => String::new(),
                name => format!(" \"{name}\""),
            };
            let baud = baud.map_or_else(String::new, |baud| format!(", {baud} baud"));
            format!(
                "{port}  {}{name} {}, firmware {}, started by: {boot_reason}{baud}\n",
                heard::kind(hello.kind),
                hello.board,
                hello.firmware,
            )
        }
        Seen::Other(what) => format!("{port}  {what}\n"),
    }
}

fn as_json(port: &Path, seen: &Seen) -> Value {
    let port = port.display().to_string();
    match seen {
        Seen::Board {
            hello,
            boot_reason,
            baud,
        } => json!({
            "port": port,
            "board": heard::kind(hello.kind),
            "id": hello.board.to_string(),
            "name": hello.name,
            "firmware": hello.firmware,
            "boot_reason": boot_reason,
            "baud": baud,
        }),
        Seen::Other(what) => json!({ "port": port, "board": null, "seen": what }),
    }
}
