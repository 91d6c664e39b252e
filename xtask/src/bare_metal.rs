//! `cargo xtask bare-metal`: builds what the boards use for a chip without an operating system.
//!
//! The ESP32-C3's processor stands for all boards: it needs nothing but a target of the stable
//! compiler, and finds every way in which `std`, atomics or 64-bit pointers slip into a library.
//! `script/test` installs the target; without it this chore says that it was skipped.

use crate::Outcome;
use crate::process::{self, at_root, cargo};

/// A 32-bit RISC-V without atomics and without an operating system.
const TARGET: &str = "riscv32imc-unknown-none-elf";

/// The libraries that firmware is made of.
const LIBRARIES: [&str; 4] = ["v2x-units", "v2x-proto", "v2x-charging", "v2x-boards"];

/// Builds the libraries, or says why not.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    if !has_target(TARGET)? {
        println!("skipped: `rustup target add {TARGET}` has not been run");
        return Ok(());
    }
    let mut command = cargo(&["build", "--locked", "--target", TARGET]);
    for library in LIBRARIES {
        command.args(["--package", library]);
    }
    process::run(&mut command)?;
    println!("{} build for {TARGET}", LIBRARIES.join(", "));
    Ok(())
}

/// Whether the compiler has a library for the target.
pub(crate) fn has_target(target: &str) -> Result<bool, String> {
    let arguments = ["--print", "target-libdir", "--target", target];
    let folder = process::capture(&mut at_root("rustc", &arguments))?;
    Ok(std::path::Path::new(folder.trim()).is_dir())
}
