//! The project's chores, run as `cargo xtask <command>`: what CI checks, measures and generates.
//!
//! Nothing here is part of the product, and few dependencies are taken, so that it builds in
//! seconds. This file only dispatches; each command is the file (or folder) of its name.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore reports on the terminal"
)]

mod bare_metal;
mod bench;
mod ci;
mod dashboard;
mod dist;
mod faults;
mod firmware;
mod fuzz;
mod pins;
mod process;
mod readme;
mod samples;
mod tidy;

use std::process::ExitCode;

/// What a chore comes back with: done, or a sentence that says what failed and how to mend it.
pub(crate) type Outcome = Result<(), String>;

/// One chore: its name, its arguments, what it is for, and the function that does it.
struct Chore {
    name: &'static str,
    arguments: &'static str,
    purpose: &'static str,
    run: fn(&[String]) -> Outcome,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "tidy",
        arguments: "",
        purpose: "checks the house rules that no compiler knows (under two seconds)",
        run: tidy::run,
    },
    Chore {
        name: "ci",
        arguments: "",
        purpose: "runs everything that CI runs, in order",
        run: ci::run,
    },
    Chore {
        name: "bench",
        arguments: "[NAME…]",
        purpose: "runs the benchmarks, each against its baseline",
        run: bench::run,
    },
    Chore {
        name: "fuzz",
        arguments: "[TARGET…] [--seconds N]",
        purpose: "runs the fuzz targets, five seconds each unless told otherwise",
        run: fuzz::run,
    },
    Chore {
        name: "bare-metal",
        arguments: "",
        purpose: "builds the boards' libraries for a chip without an operating system",
        run: bare_metal::run,
    },
    Chore {
        name: "dashboard",
        arguments: "[--without-browser]",
        purpose: "checks, builds and tries the pages (needs Node, npm and Chromium)",
        run: dashboard::run,
    },
    Chore {
        name: "firmware",
        arguments: "",
        purpose: "builds the boards' programs for ESP32 chips, with images and sizes",
        run: firmware::run,
    },
    Chore {
        name: "pins",
        arguments: "",
        purpose: "writes the pin tables of the hardware pages from the wiring files",
        run: pins::run,
    },
    Chore {
        name: "faults",
        arguments: "[--runs N] [--seed S]",
        purpose: "breaks the vehicle computer at random moments and counts what it lost",
        run: faults::run,
    },
    Chore {
        name: "dist",
        arguments: "[amd64] [arm64] | --from FILE",
        purpose: "makes archives with an installer in target/dist",
        run: dist::run,
    },
    Chore {
        name: "samples",
        arguments: "",
        purpose: "writes the invented recording in interfaces/samples again",
        run: samples::run,
    },
    Chore {
        name: "readme",
        arguments: "",
        purpose: "runs the README's commands and compares their output",
        run: readme::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        usage();
        return ExitCode::from(2);
    };
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        eprintln!("error: there is no chore named `{name}`\n");
        usage();
        return ExitCode::from(2);
    };
    match (chore.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn usage() {
    eprintln!("usage: cargo xtask <chore>\n");
    for chore in CHORES {
        let call = format!("{} {}", chore.name, chore.arguments);
        eprintln!("  {call:<31}{}", chore.purpose);
    }
}
