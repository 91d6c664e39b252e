//! `cargo xtask pins`: the pin tables of the hardware pages, from the wiring files.
//!
//! Which pin is which stands in `firmware/esp/wiring/*.toml` alone; tidy holds the pages to it.

use std::fmt::Write as _;

use toml::{Table, Value};

use crate::Outcome;
use crate::process::workspace_root;

/// Where the wiring files are.
const FOLDER: &str = "firmware/esp/wiring/";
/// The wiring files in the order of their columns.
const WIRINGS: [&str; 5] = ["esp32", "esp32c3", "esp32c3-mcp2515", "esp32c6", "esp32s3"];

const BEGIN: &str = "<!-- pins: written by `cargo xtask pins` -->";
const END: &str = "<!-- end of pins -->";

/// A row: what it is called, where its pin stands, and which key says what its level means.
type Row = (
    &'static str,
    &'static str,
    Option<(&'static str, &'static str)>,
);

const HOST: [Row; 3] = [
    ("computer: data from the board", "host.tx", None),
    ("computer: data to the board", "host.rx", None),
    ("LED", "led.pin", Some(("led.lit", "lit when"))),
];

const COLLECTOR: [Row; 10] = [
    ("transceiver: data from the bus (R, RXD)", "can.rx", None),
    ("transceiver: data to the bus (D, TXD)", "can.tx", None),
    ("MCP2515: SCK", "can.sck", None),
    ("MCP2515: SO", "can.miso", None),
    ("MCP2515: SI", "can.mosi", None),
    ("MCP2515: CS", "can.cs", None),
    ("MCP2515: INT", "can.int", None),
    ("GNSS: TX of the receiver", "gnss.rx", None),
    ("GNSS: RX of the receiver", "gnss.tx", None),
    ("GNSS: pulse (PPS), may be left open", "gnss.pps", None),
];

const METER: [Row; 2] = [
    ("meter: TX of the PZEM", "meter.rx", None),
    ("meter: RX of the PZEM", "meter.tx", None),
];

const SLOT: [Row; 3] = [
    (
        "relay: coil driver",
        "relay.coil",
        Some(("relay.closes", "closes when")),
    ),
    (
        "relay: feedback contact",
        "relay.feedback",
        Some(("relay.closed", "closed when")),
    ),
    (
        "plug contact",
        "plug.pin",
        Some(("plug.plugged", "plugged when")),
    ),
];

/// The pages with their rows.
const PAGES: [(&str, &[&[Row]]); 4] = [
    ("docs/hardware/collector.md", &[&HOST, &COLLECTOR]),
    ("docs/hardware/radio.md", &[&HOST]),
    ("docs/hardware/slot-controller.md", &[&HOST, &METER, &SLOT]),
    ("docs/hardware/slot-meter.md", &[&HOST, &METER]),
];

/// Writes the tables into the pages.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let root = workspace_root();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    for (path, fresh) in pages(&read)? {
        std::fs::write(root.join(path), fresh).map_err(|error| format!("{path}: {error}"))?;
        println!("{path}");
    }
    Ok(())
}

/// The pages as they should be; `read` gives the text of a file.
///
/// # Errors
/// When a page or a wiring file is missing, or one cannot be understood.
pub(crate) fn pages(
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<(&'static str, String)>, String> {
    let mut wirings = Vec::new();
    for name in WIRINGS {
        let path = format!("{FOLDER}{name}.toml");
        let text = read(&path).ok_or_else(|| format!("{path} is missing"))?;
        wirings.push(
            text.parse::<Table>()
                .map_err(|error| format!("{path}: {error}"))?,
        );
    }
    let mut pages = Vec::new();
    for (path, rows) in PAGES {
        let text = read(path).ok_or_else(|| format!("{path} is missing"))?;
        let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
            let (_, after) = rest.split_once(END)?;
            Some((before, after))
        });
        let (before, after) = parts.ok_or_else(|| format!("{path}: no `{BEGIN}` to `{END}`"))?;
        let table = table(&rows.concat(), &wirings);
        pages.push((path, format!("{before}{BEGIN}\n\n{table}\n{END}{after}")));
    }
    Ok(pages)
}

fn table(rows: &[Row], wirings: &[Table]) -> String {
    let mut text = String::from("| signal |");
    for name in WIRINGS {
        // Writing to a string never fails.
        let _written = write!(text, " `{name}` |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(WIRINGS.len()));
    text.push('\n');
    for (label, pin, level) in rows {
        let cells: Vec<_> = wirings
            .iter()
            .map(|wiring| cell(wiring, pin, *level))
            .collect();
        if cells.iter().any(|cell| cell != "-") {
            let _written = writeln!(text, "| {label} | {} |", cells.join(" | "));
        }
    }
    text
}

/// One pin of one wiring, as the page says it.
fn cell(wiring: &Table, pin: &str, level: Option<(&str, &str)>) -> String {
    let Some(number) = value(wiring, pin).and_then(Value::as_integer) else {
        let is_usb = value(wiring, "host.port").and_then(Value::as_str) == Some("usb");
        let is_host = pin.starts_with("host.");
        return if is_usb && is_host {
            "USB".to_owned()
        } else {
            "-".to_owned()
        };
    };
    let meaning = level.and_then(|(key, words)| {
        let level = value(wiring, key)?.as_str()?;
        Some(format!(", {words} {level}"))
    });
    format!("GPIO {number}{}", meaning.unwrap_or_default())
}

fn value<'a>(wiring: &'a Table, place: &str) -> Option<&'a Value> {
    let (section, key) = place.split_once('.')?;
    wiring.get(section)?.get(key)
}
