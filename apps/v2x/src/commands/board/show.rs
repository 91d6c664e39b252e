//! `v2x board show`: who a board is, how it does, how it is set.

use serde_json::{Map, Value, json};
use v2x_proto::link::message::{BoardStatus, Order};
use v2x_units::Instant;

use super::heard::{self, Heard, Hello};
use super::line::{self, BoardLine};
use crate::cli;
use crate::clock::Clock;
use crate::failure::Failure;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::BoardShow) -> Result<(), Failure> {
    let mut line = line::board(&arguments.at, Clock::start())?;
    let (hello, said) = line.introduce()?;
    let status = said.iter().rev().find_map(|(at, it)| match it {
        Heard::Status(status) => Some((*at, *status)),
        _ => None,
    });
    let panic = said.iter().find_map(|(_, it)| match it {
        Heard::Panic { boot, at, text } => Some(format!(
            "boot {boot}, {} after its start: {}",
            heard::since_boot(*at),
            heard::clean(text)
        )),
        _ => None,
    });
    let settings = settings(&mut line)?;
    let port = arguments.at.port.display().to_string();
    let text = if arguments.json {
        as_json(&port, &line, &hello, status, panic.as_deref(), &settings)
    } else {
        as_text(&port, &line, &hello, status, panic.as_deref(), &settings)
    };
    super::print(&text)
}

/// Every setting of a board with its value; of a key only whether it is set.
fn settings(line: &mut BoardLine) -> Result<Vec<(String, String)>, Failure> {
    let names = line.ask(Order::ReadSetting { key: "" })?;
    let names = names.done("to name its settings")?;
    let mut settings = Vec::new();
    for key in names.split_whitespace() {
        let value = line.ask(Order::ReadSetting { key })?;
        settings.push((key.to_owned(), value.done(key)?));
    }
    Ok(settings)
}

fn as_text(
    port: &str,
    line: &BoardLine,
    hello: &Hello,
    status: Option<(Instant, BoardStatus)>,
    panic: Option<&str>,
    settings: &[(String, String)],
) -> String {
    let baud = (line.baud).map_or_else(String::new, |baud| format!(" at {baud} baud"));
    let mut text = format!("port      {port}{baud}\n");
    let mut row = |name: &str, value: &str| text.push_str(&format!("{name:10}{value}\n"));
    row("board", heard::kind(hello.kind));
    row("id", &hello.board.to_string());
    row("firmware", &hello.firmware);
    if let Some((at, status)) = status {
        let reason = heard::boot_reason(status.boot_reason);
        row(
            "started",
            &format!("{} ago, by: {reason}", heard::since_boot(at)),
        );
        row(
            "memory",
            &format!("{} bytes left at least", status.heap_left),
        );
        row("counters", &heard::counters(&status));
    }
    row("panic", panic.unwrap_or("none"));
    text.push_str("settings\n");
    for (key, value) in settings {
        text.push_str(&format!("  {key} = {}\n", heard::clean(value)));
    }
    text
}

fn as_json(
    port: &str,
    line: &BoardLine,
    hello: &Hello,
    status: Option<(Instant, BoardStatus)>,
    panic: Option<&str>,
    settings: &[(String, String)],
) -> String {
    let settings: Map<String, Value> = (settings.iter())
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    let status = status.map(|(at, status)| {
        json!({
            "uptime_s": at.as_micros() / 1_000_000,
            "boot_reason": heard::boot_reason(status.boot_reason),
            "heap_left": status.heap_left,
            "link_dropped": status.link_queue.dropped,
            "radio_dropped": status.radio_queue.dropped,
            "bus": status.can.map(|can| heard::bus(can.bus)),
            "bus_errors": status.can.map(|can| can.bus_errors),
            "receive_overflows": status.can.map(|can| can.receive_overflows),
            "can_dropped": status.can.map(|can| can.dropped),
        })
    });
    let document = json!({
        "port": port,
        "baud": line.baud,
        "board": heard::kind(hello.kind),
        "id": hello.board.to_string(),
        "name": hello.name,
        "firmware": hello.firmware,
        "status": status,
        "panic": panic,
        "settings": settings,
    });
    format!("{document:#}\n")
}
