//! The command line: what `v2x --help` says is written here and nowhere else.

mod board;
mod demo;
mod hub;
mod keys;
mod sim;
mod user;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::station::SlotOption;
pub(crate) use board::{
    Board, BoardFlash, BoardKeys, BoardList, BoardLog, BoardPort, BoardSet, BoardShow, BoardTask,
    Chip,
};
pub(crate) use demo::Demo;
pub(crate) use hub::{DeviceLogin, DeviceTask, Hub, HubTask, KindWord, RoleOf, UserTask};
pub(crate) use keys::{
    Keys, KeysEnroll, KeysInit, KeysIssue, KeysRevoke, KeysTask, Lifetimes, RoleWord, YesNo,
};
pub(crate) use sim::{Drawn, SignaturesWord, Sim, SimLive, SimRun, SimStudy, SimTask};
pub(crate) use user::{AccountTask, Secret, User, UsersPlace};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something failed while running: a device, a disk, a network
  2  the command line is wrong
  3  the configuration is wrong
  4  an input file cannot be read or is not what it should be";

/// V2X for light electric vehicles: the car's computer and tools for its recordings.
///
/// The data of a drive never leaves this computer unless a broker is named.
#[derive(Debug, Parser)]
#[command(name = "v2x", version, after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One subcommand per role and tool.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Vehicle(Vehicle),
    Station(Station),
    Hub(Hub),
    Session(Session),
    Charge(Charge),
    Replay(Replay),
    Decode(Decode),
    Doctor(Doctor),
    Config(Config),
    Import(Import),
    Keys(Keys),
    User(User),
    Capture(Capture),
    Board(Board),
    Sim(Sim),
    Demo(Demo),
}

/// Run the vehicle computer: read the collector, decode, record, upload.
///
/// Reads a collector board on a serial port (the framed link or the prototype's text, told apart
/// by itself) or a CAN interface, decodes the car's bus with its DBC, writes the raw log
/// (candump), the tables of the prototype (CSV) and a SQLite store into one folder, and, when a
/// broker is named, uploads one merged row per second as ThingsBoard telemetry. A row leaves the
/// folder's outbox only after the broker acknowledged it. Stops cleanly on Ctrl-C or SIGTERM:
/// everything received is on disk when it ends.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:
  v2x vehicle --collector /dev/serial/by-id/usb-collector --out drive/
  v2x vehicle --collector can0 --out drive/
  v2x vehicle --collector /dev/ttyUSB0 --out drive/ --mqtt mqtt://demo.example:1883 --token-file token
  v2x vehicle --config /etc/v2x/vehicle.toml
  v2x vehicle --config mqtt_config.txt --collector /dev/ttyUSB0 --out drive/")]
pub(crate) struct Vehicle {
    /// Configuration: TOML, or the prototype's mqtt_config.txt. Options below win over it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Serial port of the collector board, or a CAN interface: can0, socketcan:NAME.
    #[arg(long, value_name = "PORT")]
    pub(crate) collector: Option<PathBuf>,
    /// Speed of the collector's port, in baud [default: the usual ones are tried]
    #[arg(long, value_name = "BAUD")]
    pub(crate) baud: Option<u32>,
    /// Folder for everything that is written; made if missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// MQTT broker, as mqtt://host:1883 or mqtts://host:8883; none: nothing is uploaded.
    #[arg(long, value_name = "URL")]
    pub(crate) mqtt: Option<String>,
    /// File that holds the device's access token; else V2X_MQTT_TOKEN from the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// DBC of the car's bus [default: the Renault Twizy's, built in]
    #[arg(long, value_name = "FILE")]
    pub(crate) dbc: Option<PathBuf>,
    /// Mapping of the DBC's signals to VSS paths [default: the Renault Twizy's, built in]
    #[arg(long, value_name = "FILE")]
    pub(crate) vss: Option<PathBuf>,
}

/// Run a charging station of 1 to 16 slots: read meters, keep sessions, bill, upload.
///
/// Reads each slot's meter from its board (the prototype's text lines or our framed link) or asks a
/// PZEM-004T v3 directly, judges every sample, and keeps sessions, meter values and bills in a
/// SQLite store: each step is on disk before it counts, and a restart goes on with the open
/// session. With a broker it uploads the prototype's keys as ThingsBoard telemetry. Ports may
/// come and go; a slot without a meter is Unavailable. Stops cleanly on Ctrl-C or SIGTERM.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:
  v2x station --slot 1=/dev/ttyUSB0 --slot 2=/dev/ttyUSB1 --out station/
  v2x station --slot 1=pzem:/dev/ttyUSB0 --out station/ --mqtt mqtt://demo.example:1883 --token-file token
  v2x station --config /etc/v2x/station.toml
  v2x station --config evcs_config.txt --slot 1=/dev/ttyUSB0 --out station/")]
pub(crate) struct Station {
    /// Configuration: TOML, or the prototype's evcs_config.txt. Options below win over it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A slot and its line: N=PORT for a board, N=pzem:PORT or N=pzem:PORT@ADDRESS for a meter.
    #[arg(long = "slot", value_name = "N=PORT")]
    pub(crate) slots: Vec<SlotOption>,
    /// Folder for the store; made if missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// MQTT broker, as mqtt://host:1883 or mqtts://host:8883; none: nothing is uploaded.
    #[arg(long, value_name = "URL")]
    pub(crate) mqtt: Option<String>,
    /// File that holds the device's access token; else V2X_MQTT_TOKEN from the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Stop the charge of the vehicle computer that runs, see how it goes, or say what is wanted.
///
/// Speaks with `v2x vehicle` over a socket in its folder; only the daemon's user and root may.
/// A stop is answered when the station has ended the power and opened its relay, where it has one.
/// What is set holds for the next charges too, in place of the settings, also after a restart.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x charge status --out drive/
  v2x charge stop --out drive/
  v2x charge set --desired-soc 80 --departure 07:30 --out drive/
  v2x charge set --cost-limit '20.00 MAD' --out drive/
  v2x charge set --desired-soc settings --departure none --out drive/")]
pub(crate) struct Charge {
    #[command(subcommand)]
    pub(crate) task: ChargeTask,
    /// Folder of the vehicle computer that runs.
    #[arg(long, value_name = "DIR", global = true, default_value = ".")]
    pub(crate) out: PathBuf,
}

/// What to do with the charge.
#[derive(Debug, Subcommand)]
pub(crate) enum ChargeTask {
    /// Print how the charge goes and what is wanted.
    Status {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// End the charge; the receipt is fetched as ever.
    Stop,
    /// Say what is wanted: `none` for no bound, `settings` for what the settings say.
    Set(ChargeSet),
}

/// What is wanted of a charge.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct ChargeSet {
    /// How full the battery shall be; the charge ends at that.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) desired_soc: Option<String>,
    /// When you want to leave: HH:MM, the next time by this computer's time zone, or date and time
    /// as 2026-12-01T07:30:00+01:00. Told to the station.
    #[arg(long, value_name = "TIME")]
    pub(crate) departure: Option<String>,
    /// The most that a charge may cost; it ends at that.
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) cost_limit: Option<String>,
}

/// Look at charging sessions: what was charged, why, and what it cost.
///
/// Reads the store of a station, also while the station runs. A session is named by its id or by
/// the beginning of it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x session list --out station/
  v2x session explain 5eed0001 --out station/
  v2x session receipt 5eed0001 --format html --out station/ > receipt.html
  v2x session accounts --month 2025-08 --out station/ > 2025-08.csv")]
pub(crate) struct Session {
    #[command(subcommand)]
    pub(crate) question: SessionQuestion,
    /// Folder of the station's store.
    #[arg(long, value_name = "DIR", global = true, default_value = ".")]
    pub(crate) out: PathBuf,
}

/// What to ask about sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionQuestion {
    /// The newest sessions, one a line.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// One session: times, energy, bill.
    Show {
        /// Its id, or the beginning of it.
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Why one session started, went on, ended and cost what it cost, from its samples.
    Explain {
        /// Its id, or the beginning of it.
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The receipt of an ended session.
    Receipt {
        /// Its id, or the beginning of it.
        id: String,
        /// What to print.
        #[arg(long, value_enum, default_value_t = ReceiptFormat::Text)]
        format: ReceiptFormat,
    },
    /// The bills of a month as CSV, by the station's clock.
    Accounts {
        /// The month, as 2025-08.
        #[arg(long, value_name = "YYYY-MM")]
        month: String,
    },
}

/// A form of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReceiptFormat {
    /// For a terminal or a printer of text.
    Text,
    /// For programs.
    Json,
    /// A page to print.
    Html,
}

/// Play recordings into a pseudo-terminal, as the collector board would send them.
///
/// Prints the path of the pseudo-terminal on the first line, waits until somebody opens it, and
/// plays the recording at its own pace; the last line counts what was sent. Understands candump
/// logs and the prototype's can_data and gps_data tables; several files play together in the order
/// of their stamps.
#[derive(Debug, Args)]
#[command(after_help = "Example (two terminals):
  v2x replay interfaces/samples/drive.log
  v2x vehicle --collector /dev/pts/5 --out drive/")]
pub(crate) struct Replay {
    /// Recordings: candump logs, can_data and gps_data tables.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How many times faster than recorded.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    pub(crate) speed: f64,
    /// Even pace in frames per second instead of the recorded stamps (the Twizy's bus: 490).
    #[arg(
        long,
        value_name = "FRAMES",
        conflicts_with = "speed",
        allow_negative_numbers = true
    )]
    pub(crate) rate: Option<f64>,
    /// Play again from the start until this many seconds have passed.
    #[arg(long = "for", value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) seconds: Option<f64>,
    /// How the collector speaks.
    #[arg(long, value_enum, default_value_t = Link::Text)]
    pub(crate) link: Link,
}

/// A serial link of the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Link {
    /// The text lines of the prototype (SIM, GPS, STATUS).
    Text,
    /// The framed link of this project's boards (docs/protocol/link.md).
    Framed,
}

/// Turn recordings into signals.
///
/// Reads candump logs and the prototype's CSV tables, decodes every frame with the car's DBC and
/// prints what the signals were. A signal that the car marked as not available has no value.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x decode interfaces/samples/drive.log
  v2x decode can_data.csv --signals BMS_Power.StateOfCharge,VehicleSpeed --format csv
  v2x decode *.log --format json-summary")]
pub(crate) struct Decode {
    /// Recordings: candump logs, can_data tables, bus traces.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// DBC of the recorded bus [default: the Renault Twizy's, built in]
    #[arg(long, value_name = "FILE")]
    pub(crate) dbc: Option<PathBuf>,
    /// Only these signals: Message.Signal, or Signal for every message that has it.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) signals: Vec<String>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Show signals that identify the car, as the serial in its VIN.
    #[arg(long)]
    pub(crate) show_identifiers: bool,
}

/// A form of decoded output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line per signal: count, first, last, smallest and largest value.
    Table,
    /// A row per value: time, message, signal, value, unit.
    Csv,
    /// An object per frame with its signals.
    Jsonl,
    /// One object: counts and, per signal, count, first, last, min and max.
    JsonSummary,
}

/// Look at ports, bus, GNSS, clock, disk, broker and login, and say what to do.
///
/// Reads the settings of vehicle or station and looks at everything that the daemon lives by, with
/// the daemon's own parts. Nothing is recorded or sent. A port that the running daemon has open is
/// not taken away: the daemon is asked how it does instead. Ends with 1 when a problem was found.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x doctor
  v2x doctor --config /etc/v2x/vehicle.toml
  V2X_VEHICLE_COLLECTOR=/dev/ttyUSB0 V2X_VEHICLE_OUT=. v2x doctor --config /dev/null
  sudo -u v2x v2x doctor --json")]
pub(crate) struct Doctor {
    /// Settings of vehicle, station or hub [default: those of the services, in /etc/v2x]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A slot and its line, as for `v2x station`; for settings without slots.
    #[arg(long = "slot", value_name = "N=PORT")]
    pub(crate) slots: Vec<SlotOption>,
    /// Seconds for which a port is listened to before it counts as silent.
    #[arg(long, value_name = "SECONDS", default_value_t = 12,
        value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) listen: u32,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Check, show and explain the settings of `v2x vehicle` and `v2x station`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x config check /etc/v2x/vehicle.toml
  v2x config show /etc/v2x/vehicle.toml
  v2x config explain recording.budget_mb")]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) what: ConfigTask,
}

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigTask {
    /// Read a file and say whether the daemon can start with it.
    Check {
        /// Configuration: TOML, or the prototype's mqtt_config.txt or evcs_config.txt.
        file: PathBuf,
    },
    /// Print every setting with its value and where it comes from.
    Show {
        /// Configuration in TOML; without one: environment and defaults.
        file: Option<PathBuf>,
    },
    /// Say what a key means; without one, print the page of all keys.
    Explain {
        /// A key with its table, as recording.budget_mb.
        key: Option<String>,
    },
}

/// Bring the recordings of a folder into a store, and say what was repaired and refused.
///
/// Reads every file below the folder: merged rows, frames and fixes enter the store, trips and
/// charges are found in the rows, and radio messages are checked. Files that hold the same rows
/// count once, and importing twice adds nothing. Where the charger's word was not recorded a charge
/// is inferred, and marked so. Nothing imported is sent to a broker.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  v2x import collectedData/ --out history/")]
pub(crate) struct Import {
    /// Folder of recordings, searched with all folders inside it.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Folder of the store; made if missing.
    #[arg(long, value_name = "STORE_DIR")]
    pub(crate) out: PathBuf,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Lines for people.
    Text,
    /// One object.
    Json,
}

/// Write what is heard on the air as a capture that Wireshark opens as ITS traffic.
///
/// Hears everything, also what is for others, and checks nothing. The format is pcap with link type
/// Ethernet: GeoNetworking under its EtherType, everything else (V2G, the prototype's messages)
/// under the one for experiments. Each packet is written at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x capture --radio /dev/serial/by-id/usb-radio --out air.pcap
  v2x capture --udp | wireshark -k -i -")]
#[command(group(clap::ArgGroup::new("medium").required(true).args(["radio", "udp"])))]
pub(crate) struct Capture {
    /// Serial port of a radio board, which no other program may have open.
    #[arg(long, value_name = "PORT")]
    pub(crate) radio: Option<PathBuf>,
    /// The air without a board: UDP multicast, as the group and port of radio.udp_group.
    #[arg(
        long,
        value_name = "GROUP:PORT",
        num_args = 0..=1,
        default_missing_value = crate::config::radio::GROUP
    )]
    pub(crate) udp: Option<SocketAddrV4>,
    /// Address of the interface of that air.
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST)]
    pub(crate) udp_interface: Ipv4Addr,
    /// File to write; must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// End after so many packets [default: at Ctrl-C]
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
}
