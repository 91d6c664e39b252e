//! The boards as real RISC-V code in an emulator, their line on a pseudo-terminal, against the
//! program; and the same bytes from RISC-V and from this computer.
//!
//! Needs `qemu-system-riscv32` and the target riscv32imac-unknown-none-elf; says so and skips
//! without them. The board's program is built here, so that it is never an old one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says why it skips"
)]

mod station_bench;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use station_bench::{SOON, Site};
use v2x_boards::stage::{self, CollectorStage, SlotStage, Stage};
use v2x_recording::Recording;
use v2x_testbench::{parts_are_required, wait_until};
use v2x_units::{BootId, Instant};

const TARGET: &str = "riscv32imac-unknown-none-elf";
const EMULATOR: &str = "qemu-system-riscv32";

/// What the program in the emulator is to play; the table is in `firmware/virt/src/main.rs`.
const LIVE_COLLECTOR: u32 = 0;
const LIVE_SLOT: u32 = 1;
const COLLECTOR_REHEARSAL: u32 = 2;
const SLOT_REHEARSAL: u32 = 3;

/// Builds the boards' program; `None`, with the reason printed, where that cannot be.
fn program() -> Option<PathBuf> {
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
struct Machine(Child);

impl Machine {
    fn start(program: &Path, play: u32, line: &str) -> Self {
        let mut command = Command::new(EMULATOR);
        command
            .args([
                "-machine",
                "virt",
                "-bios",
                "none",
                "-m",
                "16M",
                "-nodefaults",
            ])
            .args([
                "-display",
                "none",
                "-chardev",
                line,
                "-serial",
                "chardev:c0",
            ])
            .arg("-device")
            .arg(format!("loader,addr=0x80d00000,data={play},data-len=4"))
            .arg("-kernel")
            .arg(program)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// A board whose line is a pseudo-terminal, and the path of that.
    fn live(program: &Path, play: u32) -> (Self, PathBuf) {
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
    fn rehearsal(program: &Path, play: u32) -> Vec<u8> {
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

#[test]
fn riscv_and_host_builds_say_the_same_bytes() {
    let Some(program) = program() else { return };
    let boot = BootId::new(0x5EED_0001);
    let boards: [(&str, u32, Box<dyn Stage>); 2] = [
        (
            "collector",
            COLLECTOR_REHEARSAL,
            Box::new(CollectorStage::new(boot, Instant::BOOT)),
        ),
        (
            "slot controller",
            SLOT_REHEARSAL,
            Box::new(SlotStage::new(boot, Instant::BOOT)),
        ),
    ];
    for (name, play, mut board) in boards {
        let mut here: Vec<u8> = Vec::new();
        let length = Duration::from_secs(30);
        stage::rehearse(board.as_mut(), length, &mut |bytes| here.extend(bytes));
        let there = Machine::rehearsal(&program, play);
        println!(
            "{name}: {} bytes here, {} from RISC-V",
            here.len(),
            there.len()
        );
        assert!(here.len() > 4_000, "{name} has something to say");
        let first = here.iter().zip(&there).position(|(a, b)| a != b);
        assert_eq!(first, None, "{name}: the first byte that differs");
        assert_eq!(here.len(), there.len(), "{name}");
    }
}

#[test]
fn vehicle_records_what_a_riscv_collector_says() {
    let Some(program) = program() else { return };
    let (_machine, port) = Machine::live(&program, LIVE_COLLECTOR);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let log = folder.path().join("log");
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_v2x"))
        .arg("vehicle")
        .arg("--collector")
        .arg(&port)
        .arg("--out")
        .arg(&out)
        .stdin(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    // Four data bytes of each frame are its number; the rest of its bytes follow from that.
    wait_until(SOON, "a thousand frames in the raw log", || {
        numbers(&out).len() >= 1000
    });
    let id = rustix::process::Pid::from_child(&daemon);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    wait_until(SOON, "the end of the daemon", || {
        daemon.try_wait().unwrap().is_some()
    });
    let numbers = numbers(&out);
    let said = std::fs::read_to_string(log).unwrap();
    let gap = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1);
    assert_eq!(gap, None, "every frame once and in order: {said}");
    println!(
        "{} frames from RISC-V in the raw log, none missing",
        numbers.len()
    );
}

/// The numbers in the frames of the raw log.
fn numbers(out: &Path) -> Vec<u32> {
    let Ok(folder) = std::fs::read_dir(out) else {
        return Vec::new();
    };
    let mut paths = folder.map(|entry| entry.unwrap().path());
    let Some(log) = paths.find(|path| path.extension().is_some_and(|ending| ending == "log"))
    else {
        return Vec::new();
    };
    let text = std::fs::read(log).unwrap();
    let whole = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let Ok(recording) = Recording::open(BufReader::new(&text[..whole])) else {
        return Vec::new();
    };
    let frames = recording
        .into_frames()
        .unwrap()
        .map(|row| row.unwrap().unwrap());
    frames
        .map(|row| u32::from_be_bytes(*row.frame.data().first_chunk().unwrap()))
        .collect()
}

#[test]
fn charge_at_a_riscv_slot_controller_goes_from_plug_to_receipt() {
    let Some(program) = program() else { return };
    let site = Site::new();
    let (_machine, port) = Machine::live(&program, LIVE_SLOT);
    let station = site.station(&["--slot", &format!("1={}", port.display())], None);
    let mut id = String::new();
    wait_until(SOON, "a session that has ended", || {
        let output = site.session(&["list", "--json"]);
        let sessions: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_default();
        let mut sessions = sessions.as_array().into_iter().flatten();
        let ended = sessions.find(|session| session["ended"] == "EVDisconnected");
        id = ended
            .and_then(|session| session["session"].as_str())
            .unwrap_or("")
            .to_owned();
        !id.is_empty()
    });
    let receipt = site.session(&["receipt", &id]);
    let text = String::from_utf8_lossy(&receipt.stdout).into_owned();
    assert!(
        receipt.status.success(),
        "{}",
        String::from_utf8_lossy(&receipt.stderr)
    );
    assert!(text.contains("kWh"), "{text}");
    println!("{text}");
    station.stop();
}
