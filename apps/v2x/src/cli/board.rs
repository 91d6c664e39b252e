//! The command line of `v2x board`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

/// Look after the boards: which are plugged in, how they are set, what they say.
///
/// Speaks the framed link (docs/protocol/link.md) at whatever speed the board has. A port that a
/// daemon has open is not taken away from it: stop the daemon first. Nothing is written to a port
/// before a board of ours is heard on it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  v2x board list
  v2x board show /dev/ttyUSB0
  v2x board set /dev/ttyUSB0 relay=feedback plug=on --restart
  v2x board keys /dev/ttyUSB0 /etc/v2x/slot1
  v2x board flash /dev/ttyUSB0 slot-controller-esp32c3.bin
  v2x board log /dev/ttyUSB0")]
pub(crate) struct Board {
    #[command(subcommand)]
    pub(crate) task: BoardTask,
}

/// What to do with boards.
#[derive(Debug, Subcommand)]
pub(crate) enum BoardTask {
    /// Every serial port with what speaks there.
    List(BoardList),
    /// One board: who it is, how it does, its settings.
    Show(BoardShow),
    /// Change settings, which the board checks and keeps in its flash.
    Set(BoardSet),
    /// Give a slot controller the keys of its slot; they are never printed and never read back.
    Keys(BoardKeys),
    /// Write a firmware image to a board, with espflash or esptool.
    Flash(BoardFlash),
    /// Boot reason, last panic, counters and log lines of a board, until Ctrl-C.
    Log(BoardLog),
}

/// Lists boards.
#[derive(Debug, Args)]
pub(crate) struct BoardList {
    /// Ports to look at [default: every USB and on-board serial port]
    #[arg(value_name = "PORT")]
    pub(crate) ports: Vec<PathBuf>,
    /// Seconds for which each port is listened to; 45 try every speed twice.
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) listen: u32,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A board and how to speak to it.
#[derive(Debug, Args)]
pub(crate) struct BoardPort {
    /// Its serial port.
    #[arg(value_name = "PORT")]
    pub(crate) port: PathBuf,
    /// Speed of the port, in baud [default: the usual ones are tried]
    #[arg(long, value_name = "BAUD")]
    pub(crate) baud: Option<u32>,
    /// Seconds for which a board is waited for; 45 try every speed twice.
    #[arg(long, value_name = "SECONDS", default_value_t = 45,
        value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) listen: u32,
}

impl BoardPort {
    /// How long a board is waited for.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(u64::from(self.listen))
    }
}

/// Shows a board.
#[derive(Debug, Args)]
pub(crate) struct BoardShow {
    #[command(flatten)]
    pub(crate) at: BoardPort,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Sets a board.
#[derive(Debug, Args)]
pub(crate) struct BoardSet {
    #[command(flatten)]
    pub(crate) at: BoardPort,
    /// Settings, as relay=feedback; `v2x board show` lists them. With --from-file KEY=FILE.
    #[arg(required = true, value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Take what stands behind = as a file that holds the value: for keys, which must stand
    /// neither on a command line nor in a shell's history.
    #[arg(long)]
    pub(crate) from_file: bool,
    /// Restart the board afterwards: settings take effect then.
    #[arg(long)]
    pub(crate) restart: bool,
}

/// Gives keys to a board.
#[derive(Debug, Args)]
pub(crate) struct BoardKeys {
    #[command(flatten)]
    pub(crate) at: BoardPort,
    /// The folder of the slot, enrolled as a station with `v2x keys enroll`.
    #[arg(value_name = "DIR", required_unless_present = "forget")]
    pub(crate) folder: Option<PathBuf>,
    /// Take the keys off the board instead.
    #[arg(long, conflicts_with = "folder")]
    pub(crate) forget: bool,
    /// Do not restart the board: the keys take effect at its next start.
    #[arg(long)]
    pub(crate) no_restart: bool,
}

/// Flashes a board.
#[derive(Debug, Args)]
pub(crate) struct BoardFlash {
    /// The serial port.
    #[arg(value_name = "PORT")]
    pub(crate) port: PathBuf,
    /// The image, with boot loader and partition table, as `cargo xtask firmware` makes it.
    #[arg(value_name = "IMAGE")]
    pub(crate) image: PathBuf,
    /// The chip that is expected; an image for another one is refused [default: the image's]
    #[arg(long, value_enum)]
    pub(crate) chip: Option<Chip>,
    /// Speed of the transfer, in baud.
    #[arg(long, value_name = "BAUD", default_value_t = 460_800)]
    pub(crate) baud: u32,
}

/// A chip that has programs of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Chip {
    /// The prototype's.
    Esp32,
    /// RISC-V, Wi-Fi.
    Esp32c3,
    /// RISC-V, Wi-Fi 6.
    Esp32c6,
    /// Two Xtensa cores, USB.
    Esp32s3,
}

/// Follows a board.
#[derive(Debug, Args)]
pub(crate) struct BoardLog {
    #[command(flatten)]
    pub(crate) at: BoardPort,
    /// End after so many seconds [default: at Ctrl-C]
    #[arg(long = "for", value_name = "SECONDS")]
    pub(crate) seconds: Option<u32>,
}
