//! `cargo xtask firmware`: the boards' programs for ESP32 chips, built, measured and packed.
//!
//! For ESP32-C3 and ESP32-C6, whose targets the stable compiler has, it lints and links the four
//! programs, makes flash images, and holds sizes against their limits. For ESP32 and ESP32-S3 it
//! checks types alone ([`xtensa`]). What this computer lacks is said, in a line with "skipped".
//!
//! | file | what it holds |
//! |---|---|
//! | [`image`] | a program as an image for the flash |
//! | [`size`] | what a program takes of flash and RAM, and what it may |
//! | [`xtensa`] | the type check for the chips whose compiler is not to be had |

mod image;
mod size;
mod xtensa;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::bare_metal::has_target;
use crate::process::{self, cargo, workspace_root};
use size::Size;

/// A chip that the stable compiler builds for.
pub(super) struct Chip {
    name: &'static str,
    target: &'static str,
    /// A second wiring of its collector, which is built and measured too.
    second_wiring: Option<&'static str>,
}

const CHIPS: [Chip; 2] = [
    Chip {
        name: "esp32c3",
        target: "riscv32imc-unknown-none-elf",
        second_wiring: Some("esp32c3-mcp2515"),
    },
    Chip {
        name: "esp32c6",
        target: "riscv32imac-unknown-none-elf",
        second_wiring: None,
    },
];

const BOARDS: [&str; 4] = ["collector", "radio", "slot-controller", "slot-meter"];

/// Builds, measures and packs.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let mut sizes = Vec::new();
    for chip in &CHIPS {
        if has_target(chip.target)? {
            build(chip, &mut sizes)?;
        } else {
            let (name, target) = (chip.name, chip.target);
            println!("skipped: {name}: `rustup target add {target}` has not been run");
        }
    }
    if sizes.is_empty() {
        println!("skipped: sizes: nothing was built");
    } else {
        size::table(&sizes)?;
    }
    xtensa::check()
}

/// The folder of the workspace for chips.
fn folder() -> PathBuf {
    workspace_root().join("firmware")
}

/// Cargo on the workspace for chips, always into the same folder, so that programs share what they
/// have in common.
fn cargo_for_chips(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    let target = folder().join("target");
    command
        .current_dir(folder())
        .env("CARGO_TARGET_DIR", target);
    command
}

fn build(chip: &Chip, sizes: &mut Vec<Size>) -> Outcome {
    let lints = ["--", "-D", "warnings"];
    if chip.name == "esp32c3" {
        let package = ["--package", "v2x-air"];
        process::run(
            cargo_for_chips(&common("clippy", chip))
                .args(package)
                .args(lints),
        )?;
    } else {
        let arguments = ["clippy", "--release", "--locked", "--package", "v2x-virt"];
        let mut command = cargo_for_chips(&arguments);
        process::run(command.args(["--target", chip.target]).args(lints))?;
    }
    let output = folder().join("target").join(chip.target).join("release");
    if let Some(wiring) = chip.second_wiring {
        process::run(
            cargo_for_chips(&common("build", chip))
                .args(["--bin", "collector"])
                .env("V2X_WIRING", format!("{wiring}.toml")),
        )?;
        pack(chip, &output.join("collector"), "collector-mcp2515", sizes)?;
    }
    process::run(cargo_for_chips(&common("build", chip)).env_remove("V2X_WIRING"))?;
    for board in BOARDS {
        pack(chip, &output.join(board), board, sizes)?;
    }
    Ok(())
}

/// What every order to cargo says about a chip.
fn common<'a>(order: &'a str, chip: &'a Chip) -> [&'a str; 9] {
    [
        order,
        "--release",
        "--locked",
        "--package",
        "v2x-esp",
        "--features",
        // Named by the package, so that a second package may stand beside it.
        match chip.name {
            "esp32c3" => "v2x-esp/esp32c3",
            _ => "v2x-esp/esp32c6",
        },
        "--target",
        chip.target,
    ]
}

fn pack(chip: &Chip, program: &Path, board: &str, sizes: &mut Vec<Size>) -> Outcome {
    let flash = image::make(chip, program, board)?;
    sizes.push(Size::of(chip.name, board, program, flash)?);
    Ok(())
}
