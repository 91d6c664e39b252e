//! What a full bus costs a collector: instructions per frame, counted in RISC-V code.
//!
//! `firmware/virt` runs in `qemu-system-riscv32 -icount shift=0`, which counts every instruction,
//! and puts 20,000 frames through the production collector, one turn of its loop for each. The
//! baseline writes the prototype's line of text for the same frames with the language's own
//! formatting. What the interrupt takes to read a frame from the controller is not in it.
//!
//! A chip's instruction takes one cycle or more, about 1.3 on average with the code in its cache;
//! so the share of the CPU is also given for two.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark reports on the terminal and ends where it cannot measure"
)]

use std::path::Path;
use std::process::{Command, Stdio};

const TARGET: &str = "riscv32imac-unknown-none-elf";
const EMULATOR: &str = "qemu-system-riscv32";

/// A full bus: 500 kbit/s and 111 bits for a frame of eight bytes.
const FRAMES_A_SECOND: f64 = 4504.0;
/// The clock of an ESP32-C3.
const HERTZ: f64 = 160e6;

fn main() {
    let Some(said) = count() else { return };
    let link = counted(&said, "link");
    let text = counted(&said, "text");
    let share = |cycles: f64| 100.0 * cycles * link * FRAMES_A_SECOND / HERTZ;
    println!(
        "bench collector/instructions: {link:.0} instructions/frame, {:.2} x a line of text \
         ({text:.0})",
        text / link
    );
    println!(
        "{link:.0} instructions x {FRAMES_A_SECOND} frames/s / 160 MHz = {:.1} % of the CPU at one \
         cycle each, {:.1} % at two",
        share(1.0),
        share(2.0)
    );
    println!(
        "bench collector/cpu: {:.1} % of a CPU with two cycles an instruction, {:.2} x a line of \
         text",
        share(2.0),
        text / link
    );
}

/// What the program in the emulator said; nothing, with the reason printed, where that cannot be.
fn count() -> Option<String> {
    let firmware = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware");
    if Command::new(EMULATOR)
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        println!("skipped: no {EMULATOR}; `apt-get install qemu-system-misc`");
        return None;
    }
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "v2x-virt",
        ])
        .args(["--target", TARGET])
        .current_dir(&firmware)
        .env("CARGO_TARGET_DIR", firmware.join("target"))
        .status()
        .expect("cargo runs this benchmark");
    if !built.success() {
        println!("skipped: the program is not built; `rustup target add {TARGET}`");
        return None;
    }
    let output = Command::new(EMULATOR)
        .args([
            "-machine",
            "virt",
            "-bios",
            "none",
            "-m",
            "16M",
            "-nodefaults",
        ])
        .args(["-display", "none", "-serial", "stdio", "-icount", "shift=0"])
        .args([
            "-device",
            "loader,addr=0x80d00000,data=4,data-len=4",
            "-kernel",
        ])
        .arg(
            firmware
                .join("target")
                .join(TARGET)
                .join("release/v2x-virt"),
        )
        .stdin(Stdio::null())
        .output()
        .expect("the emulator starts");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Instructions per frame of `link 123 instructions, 4 bytes, 5 frames`.
fn counted(said: &str, what: &str) -> f64 {
    let line = said.lines().find(|line| line.starts_with(what));
    let numbers: Vec<f64> = line
        .into_iter()
        .flat_map(|line| line.split_whitespace().filter_map(|word| word.parse().ok()))
        .collect();
    let [instructions, _, frames] = numbers[..] else {
        panic!("the program in the emulator said: {said}");
    };
    instructions / frames
}
