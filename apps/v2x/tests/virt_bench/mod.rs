//! The boards' program as RISC-V code, and the emulator that it runs in.

#![allow(
    clippy::print_stdout,
    reason = "a test says why it skips and what it saw"
)]

pub(crate) mod bridge;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use v2x_testbench::{parts_are_required, wait_until};

use super::station_bench::SOON;

const TARGET: &str = "riscv32imac-unknown-none-elf";
const EMULATOR: &str = "qemu-system-riscv32";

/// What the program in the emulator is to play; the table is in `firmware/virt/src/main.rs`.
pub(crate) const LIVE_COLLECTOR: u32 = 0;
pub(crate) const LIVE_SLOT: u32 = 1;
pub(crate) const COLLECTOR_REHEARSAL: u32 = 2;
pub(crate) const SLOT_REHEARSAL: u32 = 3;
pub(crate) const LIVE_COLLECTOR_ON_BUS: u32 = 5;
pub(crate) const LIVE_SLOT_ON_AIR: u32 = 6;
pub(crate) const LIVE_RADIO_ON_AIR: u32 = 7;
pub(crate) const LIVE_METER: u32 = 8;
pub(crate) const RADIO_REHEARSAL: u32 = 9;
pub(crate) const METER_REHEARSAL: u32 = 10;

/// Builds the boards' program; `None`, with the reason printed, where that cannot be.
pub(crate) fn program() -> Option<PathBuf> {
    // Tests of one program run side by side; one of them builds.
    static ONE_BUILDS: Mutex<()> = Mutex::new(());
    let _one = ONE_BUILDS.lock();
    let sysroot = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .unwrap();
    let libraries = String::from_utf8(sysroot.stdout).unwrap();
    let skip = |reason: &str| {
        assert!(!parts_are_required(), "{reason}");
        println!("skipped: {reason}");
    };
    if !Path::new(libraries.trim()).exists() {
        skip(&format!("no target {TARGET}; `rustup target add {TARGET}`"));
        return None;
    }
    if Command::new(EMULATOR).arg("--version").output().is_err() {
        skip(&format!(
            "no {EMULATOR}; `apt-get install qemu-system-misc`"
        ));
        return None;
    }
    let firmware = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--package", "v2x-virt"])
        .args(["--target", TARGET])
        .current_dir(&firmware)
        .env("CARGO_TARGET_DIR", firmware.join("target"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    Some(
        firmware
            .join("target")
            .join(TARGET)
            .join("release/v2x-virt"),
    )
}

/// An emulator with a board in it; does not outlive its test.
pub(crate) struct Machine(Child);

impl Machine {
    fn start(program: &Path, play: u32, line: &str) -> Self {
        let mut command = Command::new(EMULATOR);
        command
            .args(["-machine", "virt", "-bios", "none", "-m", "16M"])
            .args(["-nodefaults", "-display", "none"])
            .args(["-chardev", line, "-serial", "chardev:c0"])
            .arg("-device")
            .arg(format!("loader,addr=0x80d00000,data={play},data-len=4"))
            .arg("-kernel")
            .arg(program)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// A board whose line is a pseudo-terminal, and the path of that.
    pub(crate) fn live(program: &Path, play: u32) -> (Self, PathBuf) {
        let mut machine = Self::start(program, play, "pty,id=c0");
        let said = machine.0.stdout.take().unwrap();
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).unwrap();
        let path = line
            .split_whitespace()
            .find(|word| word.starts_with("/dev/"));
        let path = PathBuf::from(path.unwrap_or_else(|| panic!("no terminal in `{line}`")));
        (machine, path)
    }

    /// The bytes of a rehearsal, once it has ended.
    pub(crate) fn rehearsal(program: &Path, play: u32) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bytes");
        let line = format!("file,id=c0,path={}", file.display());
        let mut machine = Self::start(program, play, &line);
        let mut status = None;
        wait_until(SOON, "the end of the rehearsal", || {
            status = machine.0.try_wait().unwrap();
            status.is_some()
        });
        assert!(status.is_some_and(|status| status.success()));
        std::fs::read(file).unwrap()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
