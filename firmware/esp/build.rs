//! The wiring file to constants, checked: a pin that a board does not have, or uses twice, is an
//! error here and not on the bench.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What a wiring file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wiring {
    chip: String,
    host: Host,
    led: Led,
    can: Can,
    gnss: Gnss,
    meter: Line,
    relay: Relay,
    plug: Plug,
}

/// The line to the computer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "port", rename_all = "lowercase")]
enum Host {
    Uart0 { tx: u8, rx: u8 },
    Usb,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Led {
    pin: u8,
    lit: Level,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "controller", rename_all = "lowercase")]
enum Can {
    Twai {
        rx: u8,
        tx: u8,
    },
    Mcp2515 {
        crystal_mhz: u8,
        sck: u8,
        miso: u8,
        mosi: u8,
        cs: u8,
        int: u8,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gnss {
    rx: u8,
    tx: u8,
    pps: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    rx: u8,
    tx: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Relay {
    coil: u8,
    closes: Level,
    feedback: u8,
    closed: Level,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plug {
    pin: u8,
    plugged: Level,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Low,
    High,
}

/// What a chip has: its pins, those that its flash takes, those that can only listen.
struct Chip {
    name: &'static str,
    highest: u8,
    taken: &'static [u8],
    inputs: &'static [u8],
    has_usb: bool,
}

/// Data sheets of the chips, "Pin Definition"; flash pins as on modules with a flash inside.
const CHIPS: [Chip; 4] = [
    Chip {
        name: "esp32",
        highest: 39,
        taken: &[6, 7, 8, 9, 10, 11, 20, 24, 28, 29, 30, 31, 37, 38],
        inputs: &[34, 35, 36, 39],
        has_usb: false,
    },
    Chip {
        name: "esp32c3",
        highest: 21,
        taken: &[11, 12, 13, 14, 15, 16, 17],
        inputs: &[],
        has_usb: true,
    },
    Chip {
        name: "esp32c6",
        highest: 30,
        taken: &[24, 25, 26, 27, 28, 29, 30],
        inputs: &[],
        has_usb: true,
    },
    Chip {
        name: "esp32s3",
        highest: 48,
        taken: &[
            22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,
        ],
        inputs: &[],
        has_usb: true,
    },
];

/// A pin with what it is for and whether the chip drives it.
type Used = (&'static str, u8, bool);

fn main() {
    let architecture = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let scripts: &[&str] = match architecture.as_str() {
        "xtensa" => &["-nostartfiles", "-Wl,-Tlinkall.x"],
        _ => &["-Tlinkall.x"],
    };
    for script in scripts {
        println!("cargo:rustc-link-arg-bins={script}");
    }
    println!("cargo:rerun-if-env-changed=V2X_WIRING");
    let constants = wiring_file().and_then(|path| {
        println!("cargo:rerun-if-changed={}", path.display());
        constants(&path).map_err(|reason| format!("{}: {reason}", path.display()))
    });
    let written = constants.and_then(|text| {
        let folder = std::env::var("OUT_DIR").map_err(|error| error.to_string())?;
        let file = Path::new(&folder).join("wiring.rs");
        std::fs::write(file, text).map_err(|error| error.to_string())
    });
    if let Err(reason) = written {
        println!("cargo:error=wiring: {reason}");
    }
}

/// The chip that a feature names.
fn chip() -> Result<&'static Chip, String> {
    let is_on = |chip: &&Chip| {
        let feature = format!("CARGO_FEATURE_{}", chip.name.to_uppercase());
        std::env::var_os(feature).is_some()
    };
    let mut chosen = CHIPS.iter().filter(is_on);
    match (chosen.next(), chosen.next()) {
        (Some(chip), None) => Ok(chip),
        _ => Err("exactly one of the features esp32, esp32c3, esp32c6, esp32s3 is needed".into()),
    }
}

/// The file that `V2X_WIRING` names, or the chip's own.
fn wiring_file() -> Result<PathBuf, String> {
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    match std::env::var_os("V2X_WIRING") {
        Some(named) => Ok(folder.join("wiring").join(named)),
        None => Ok(folder.join("wiring").join(format!("{}.toml", chip()?.name))),
    }
}

fn constants(path: &Path) -> Result<String, String> {
    let chip = chip()?;
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let wiring: Wiring = toml::from_str(&text).map_err(|error| error.to_string())?;
    if wiring.chip != chip.name {
        let (found, wanted) = (&wiring.chip, chip.name);
        return Err(format!("it is for {found}, and the feature says {wanted}"));
    }
    if matches!(wiring.host, Host::Usb) && !chip.has_usb {
        return Err(format!("{} has no USB port of its own", chip.name));
    }
    if let Can::Mcp2515 { crystal_mhz, .. } = wiring.can
        && ![8, 16].contains(&crystal_mhz)
    {
        return Err(format!(
            "a crystal of {crystal_mhz} MHz; 8 and 16 are known"
        ));
    }
    let common = [host_pins(&wiring.host), vec![("led", wiring.led.pin, true)]].concat();
    let collector = [
        common.clone(),
        can_pins(&wiring.can),
        gnss_pins(&wiring.gnss),
    ]
    .concat();
    let slot = [common, slot_pins(&wiring)].concat();
    check("the collector", &collector, chip)?;
    check("the slot boards", &slot, chip)?;
    Ok(text_of(&wiring))
}

fn host_pins(host: &Host) -> Vec<Used> {
    match *host {
        Host::Uart0 { tx, rx } => vec![("host.tx", tx, true), ("host.rx", rx, false)],
        Host::Usb => Vec::new(),
    }
}

fn can_pins(can: &Can) -> Vec<Used> {
    match *can {
        Can::Twai { rx, tx } => vec![("can.rx", rx, false), ("can.tx", tx, true)],
        Can::Mcp2515 {
            sck,
            miso,
            mosi,
            cs,
            int,
            ..
        } => vec![
            ("can.sck", sck, true),
            ("can.miso", miso, false),
            ("can.mosi", mosi, true),
            ("can.cs", cs, true),
            ("can.int", int, false),
        ],
    }
}

fn gnss_pins(gnss: &Gnss) -> Vec<Used> {
    let mut pins = vec![("gnss.rx", gnss.rx, false), ("gnss.tx", gnss.tx, true)];
    pins.extend(gnss.pps.map(|pin| ("gnss.pps", pin, false)));
    pins
}

fn slot_pins(wiring: &Wiring) -> Vec<Used> {
    vec![
        ("meter.rx", wiring.meter.rx, false),
        ("meter.tx", wiring.meter.tx, true),
        ("relay.coil", wiring.relay.coil, true),
        ("relay.feedback", wiring.relay.feedback, false),
        ("plug.pin", wiring.plug.pin, false),
    ]
}

/// Whether a board can have these pins.
fn check(board: &str, pins: &[Used], chip: &Chip) -> Result<(), String> {
    for (index, (name, pin, is_driven)) in pins.iter().enumerate() {
        if *pin > chip.highest || chip.taken.contains(pin) {
            let chip = chip.name;
            return Err(format!("{name} = {pin}: {chip} has no such pin to give"));
        }
        if *is_driven && chip.inputs.contains(pin) {
            return Err(format!("{name} = {pin}: this pin can only listen"));
        }
        if let Some((other, ..)) = pins.iter().take(index).find(|(_, used, _)| used == pin) {
            return Err(format!(
                "{board} would use pin {pin} for {other} and {name}"
            ));
        }
    }
    Ok(())
}

fn text_of(wiring: &Wiring) -> String {
    let mut text = String::new();
    let is_high = |level: Level| level == Level::High;
    let host = match wiring.host {
        Host::Uart0 { tx, rx } => format!("HostPort::Uart0 {{ tx: {tx}, rx: {rx} }}"),
        Host::Usb => "HostPort::Usb".to_owned(),
    };
    let can = match wiring.can {
        Can::Twai { rx, tx } => format!("CanPort::Twai {{ rx: {rx}, tx: {tx} }}"),
        Can::Mcp2515 {
            crystal_mhz,
            sck,
            miso,
            mosi,
            cs,
            int,
        } => format!(
            "CanPort::Mcp2515(SpiPins {{ crystal_mhz: {crystal_mhz}, sck: {sck}, \
             miso: {miso}, mosi: {mosi}, cs: {cs}, int: {int} }})"
        ),
    };
    let led = &wiring.led;
    let (gnss, meter, relay, plug) = (&wiring.gnss, &wiring.meter, &wiring.relay, &wiring.plug);
    let lines = [
        format!("HOST: HostPort = {host}"),
        format!("LED: Pin = {}", pin(led.pin, is_high(led.lit))),
        format!("CAN: CanPort = {can}"),
        format!("GNSS: Line = {}", line(gnss.rx, gnss.tx)),
        format!("PPS: Option<u8> = {:?}", gnss.pps),
        format!("METER: Line = {}", line(meter.rx, meter.tx)),
        format!("COIL: Pin = {}", pin(relay.coil, is_high(relay.closes))),
        format!(
            "FEEDBACK: Pin = {}",
            pin(relay.feedback, is_high(relay.closed))
        ),
        format!("PLUG: Pin = {}", pin(plug.pin, is_high(plug.plugged))),
    ];
    for constant in lines {
        // Writing to a string never fails.
        let _written = writeln!(text, "pub(crate) const {constant};");
    }
    text
}

fn pin(number: u8, active_high: bool) -> String {
    format!("Pin {{ number: {number}, active_high: {active_high} }}")
}

fn line(rx: u8, tx: u8) -> String {
    format!("Line {{ rx: {rx}, tx: {tx} }}")
}
