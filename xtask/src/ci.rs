//! `cargo xtask ci`: exactly what CI runs, in order, and nothing besides.
//!
//! `script/test` installs what the steps need and then calls this.

use std::process::Command;
use std::time::Instant;

use crate::Outcome;
use crate::process::{self, cargo};

/// One step: what it is called in the output, and the program that does it.
type Step = (&'static str, fn() -> Command);

const STEPS: &[Step] = &[
    ("format", || cargo(&["fmt", "--all", "--check"])),
    ("format of the fuzz targets", || {
        cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])
    }),
    ("format of the programs for chips", || {
        let manifest = "firmware/Cargo.toml";
        cargo(&["fmt", "--manifest-path", manifest, "--all", "--check"])
    }),
    ("tidy", || cargo(&["xtask", "tidy"])),
    // Before the binary is built: it embeds the pages.
    ("dashboard", || cargo(&["xtask", "dashboard"])),
    ("lints", clippy),
    ("licences and sources", || {
        cargo(&[
            "deny",
            "--workspace",
            "check",
            "licenses",
            "bans",
            "sources",
        ])
    }),
    ("tests", || cargo(&["test", "--workspace", "--locked"])),
    ("demo in a browser", || {
        cargo(&["xtask", "dashboard", "--demo"])
    }),
    ("archive", || {
        cargo(&["xtask", "dist", "--from", &program()])
    }),
    ("libraries for the boards", || {
        cargo(&["xtask", "bare-metal"])
    }),
    ("licences of the programs for chips", || {
        let head = ["deny", "--manifest-path", "firmware/Cargo.toml", "--config"];
        let mut command = cargo(&head);
        command.args(["deny.toml", "--workspace", "check"]);
        command.args(["licenses", "bans", "sources"]);
        command
    }),
    ("programs for ESP32 chips", || cargo(&["xtask", "firmware"])),
    ("documentation", documentation),
    ("fuzzing", || cargo(&["xtask", "fuzz", "--seconds", "5"])),
    ("faults", || cargo(&["xtask", "faults", "--runs", "20"])),
    ("README", || cargo(&["xtask", "readme"])),
];

/// Runs the steps up to the first that fails.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let mut times = Vec::new();
    for (number, (name, command)) in (1_usize..).zip(STEPS) {
        println!("\n[{number}/{}] {name}", STEPS.len());
        let (outcome, seconds) = timed(|| process::run(&mut command()));
        outcome.map_err(|reason| format!("{name} failed after {seconds:.1} s: {reason}"))?;
        println!("[{number}/{}] {name}: {seconds:.1} s", STEPS.len());
        times.push((name, seconds));
    }
    println!("\nAll steps passed:");
    for (name, seconds) in times {
        println!("{seconds:>8.1} s  {name}");
    }
    Ok(())
}

/// The program that the tests have built.
fn program() -> String {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    format!("{target}/debug/v2x")
}

fn clippy() -> Command {
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])
}

fn documentation() -> Command {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

/// What the work gave, and how many seconds it took.
#[expect(
    clippy::disallowed_methods,
    reason = "the length of a step is what a person wants to see"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    (work(), start.elapsed().as_secs_f64())
}
