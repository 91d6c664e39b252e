//! `v2x board flash`: an image onto a chip, with espflash or esptool.
//!
//! The tool is told the chip of the image and refuses another one; what it says goes to the person.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::heard;
use super::image::{self, ImageError};
use super::line::{self, Found};
use crate::cli::{self, Chip};
use crate::clock::Clock;
use crate::failure::{Blame, Failure};
use crate::serial::holders;

/// A Python environment that may hold esptool.
const PYTHON: &str = "V2X_PYTHON";
/// How long a board is waited for after it was flashed.
const BACK_WITHIN: Duration = Duration::from_secs(20);
/// No image is longer than the largest flash of these chips.
const IMAGE_MAX: u64 = 16 * 1024 * 1024;

/// A program that writes flashes.
#[derive(Debug, PartialEq, Eq)]
enum Tool {
    Espflash(PathBuf),
    Esptool(PathBuf),
}

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::BoardFlash) -> Result<(), Failure> {
    let chip = chip_of(&arguments.image)?;
    if let Some(wanted) = arguments.chip.filter(|wanted| *wanted != chip) {
        let what = format_args!(
            "{} is for the {}, not for the {}",
            arguments.image.display(),
            image::name(chip),
            image::name(wanted)
        );
        return Err(Failure::new(Blame::Input, what)
            .hint("take the image of that chip from target/firmware"));
    }
    check_port(&arguments.port)?;
    let tool = find_tool(
        env::var_os("PATH").as_deref(),
        env::var_os(PYTHON).as_deref(),
    )?;
    let mut command = tool.command(chip, arguments);
    super::print(&format!("{}\n", spelled(&command)))?;
    let status = command.status().map_err(|error| {
        Failure::unreadable(Blame::Runtime, command.get_program().display(), &error)
    })?;
    if !status.success() {
        let what = format_args!("the flash tool failed: {status}");
        return Err(Failure::new(Blame::Runtime, what).hint(
            "see what it says above; if it cannot connect, hold the board's BOOT button, press \
             RESET, and try again",
        ));
    }
    greet(&arguments.port)
}

fn chip_of(path: &Path) -> Result<Chip, Failure> {
    let unreadable = |error: &_| {
        Failure::unreadable(
            Blame::Input,
            format_args!("image {}", path.display()),
            error,
        )
    };
    let length = fs::metadata(path)
        .map_err(|error| unreadable(&error))?
        .len();
    if length > IMAGE_MAX {
        let what = format_args!("image {}: {length} bytes fit no flash", path.display());
        return Err(Failure::new(Blame::Input, what));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(&error))?;
    image::chip(&bytes).map_err(|error| {
        let failure = Failure::new(
            Blame::Input,
            format_args!("image {}: {error}", path.display()),
        );
        failure.hint(match error {
            ImageError::OtherChip(_) => "there are esp32, esp32c3, esp32c6 and esp32s3",
            _ => "make a whole one: cargo xtask firmware",
        })
    })
}

/// A daemon that has the port open would lose its board in the middle.
fn check_port(path: &Path) -> Result<(), Failure> {
    let port = crate::serial::Port::open(path, 115_200);
    let port = port.map_err(|error| line::unusable(path, &error))?;
    // The numbers of pseudo-terminals are used again while others still hold the old ones.
    if port.is_pseudo_terminal() {
        return Ok(());
    }
    drop(port);
    match holders(path).first() {
        Some(holder) => Err(Failure::new(
            Blame::Runtime,
            format_args!(
                "{} is open in `{}`, process {}",
                path.display(),
                holder.name,
                holder.id
            ),
        )
        .hint("stop it first")),
        None => Ok(()),
    }
}

/// espflash or esptool, from the search path or from a Python environment.
fn find_tool(
    path: Option<&std::ffi::OsStr>,
    python: Option<&std::ffi::OsStr>,
) -> Result<Tool, Failure> {
    let folders = path.map(env::split_paths).into_iter().flatten();
    let environment = python.and_then(|python| Path::new(python).parent().map(Path::to_owned));
    let folders: Vec<_> = folders.chain(environment).collect();
    let find = |name: &str| {
        let mut places = folders.iter().map(|folder| folder.join(name));
        places.find(|place| place.is_file())
    };
    if let Some(found) = find("espflash") {
        return Ok(Tool::Espflash(found));
    }
    if let Some(found) = find("esptool").or_else(|| find("esptool.py")) {
        return Ok(Tool::Esptool(found));
    }
    let what = "neither espflash nor esptool is installed";
    Err(Failure::new(Blame::Runtime, what).hint(
        "cargo install espflash --locked; or: pip install esptool (V2X_PYTHON names its Python)",
    ))
}

impl Tool {
    /// Write the whole image from the beginning of the flash on.
    fn command(&self, chip: Chip, arguments: &cli::BoardFlash) -> Command {
        let (program, verb) = match self {
            Self::Espflash(program) => (program, "write-bin"),
            Self::Esptool(program) => (program, "write_flash"),
        };
        let mut command = Command::new(program);
        let (chip, baud) = (image::name(chip), arguments.baud.to_string());
        let connection = |command: &mut Command| {
            command.args(["--chip", chip, "--baud", &baud, "--port"]);
            command.arg(&arguments.port);
        };
        match self {
            Self::Espflash(_) => {
                command.arg(verb);
                connection(&mut command);
            }
            Self::Esptool(_) => {
                connection(&mut command);
                command.arg(verb);
            }
        }
        command.arg("0x0").arg(&arguments.image);
        command
    }
}

fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Says who speaks now; a board that does not is no failure, for it may be wired elsewhere.
fn greet(path: &Path) -> Result<(), Failure> {
    let text = match line::find(path, None, Clock::start(), BACK_WITHIN) {
        Ok(Found::Board(mut line)) => {
            let (hello, _) = line.introduce()?;
            let kind = heard::kind(hello.kind);
            format!(
                "flashed: {kind} {}, firmware {}\n",
                hello.board, hello.firmware
            )
        }
        Ok(Found::Other(verdict, _)) => format!("flashed; on this port: {verdict}\n"),
        Err(error) => format!("flashed; {error}\n"),
    };
    super::print(&text)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn tool_is_taken_from_the_path_first_and_else_from_the_python_environment() {
        let folder = tempfile::tempdir().unwrap();
        let (path, python) = (folder.path().join("bin"), folder.path().join("python"));
        for place in [&path, &python] {
            fs::create_dir(place).unwrap();
        }
        let named = python.join("python3");
        let find = || find_tool(Some(path.as_os_str()), Some(named.as_os_str()));
        let hint = find().unwrap_err();
        assert!(hint.hint_text().unwrap().contains("pip install esptool"));
        fs::write(python.join("esptool"), "").unwrap();
        assert_eq!(find().unwrap(), Tool::Esptool(python.join("esptool")));
        fs::write(path.join("espflash"), "").unwrap();
        assert_eq!(find().unwrap(), Tool::Espflash(path.join("espflash")));
        assert!(find_tool(Some(OsStr::new("")), None).is_err());
    }
}
