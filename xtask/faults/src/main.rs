//! `cargo xtask faults`: breaks `v2x vehicle` at random moments, and at the end holds what it wrote
//! and what the broker has against what was sent.
//!
//! The daemon is the real one, over a pseudo-terminal, with a real mosquitto behind a line that is
//! cut, or a fake ThingsBoard that closes the connection instead of acknowledging. It is killed
//! and started again, its disk is filled (a small tmpfs), its port unplugged, its clock set back
//! and forth by years. Each run has a seed that repeats it.
//!
//! | file | what it holds |
//! |---|---|
//! | `chance` | random numbers from the seed |
//! | `board` | the collector board and its line |
//! | `ledger` | what was sent when |
//! | `daemon`, `broker`, `disk` | what is broken |
//! | `plan` | what is done to them, and when |
//! | `run` | one run from the first frame to the last row |
//! | `verdict` | what must be where at its end |
//! | `totals` | what all runs came to |

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore reports on the terminal"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "real processes are broken at real moments"
)]

mod board;
mod broker;
mod chance;
mod daemon;
mod disk;
mod ledger;
mod plan;
mod run;
mod totals;
mod verdict;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{panic, thread};

use v2x_testbench::{Access, Mosquitto};

use crate::disk::Workplace;
use crate::totals::Totals;

/// Done, or a sentence that says what failed.
type Outcome<T> = Result<T, String>;

/// Says what failed.
trait Why<T> {
    fn why(self, what: impl Display) -> Outcome<T>;
}

impl<T, E: Display> Why<T> for Result<T, E> {
    fn why(self, what: impl Display) -> Outcome<T> {
        self.map_err(|error| format!("{what}: {error}"))
    }
}

/// What is asked for.
struct Arguments {
    program: PathBuf,
    runs: u64,
    seed: u64,
    parallel: u64,
    keep: PathBuf,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| all_runs(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Outcome<Arguments> {
    let mut found = Arguments {
        program: PathBuf::from("target/debug/v2x"),
        runs: 20,
        seed: 0,
        parallel: 3,
        keep: PathBuf::from("target/faults"),
    };
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    found.seed = since_1970.map_or(0, |now| now.as_secs());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} wants a value"))?;
        match word.as_str() {
            "--program" => found.program = PathBuf::from(value),
            "--keep" => found.keep = PathBuf::from(value),
            "--runs" => found.runs = value.parse().why("--runs")?,
            "--seed" => found.seed = value.parse().why("--seed")?,
            "--parallel" => found.parallel = value.parse().why("--parallel")?,
            other => return Err(format!("there is no option {other}")),
        }
    }
    Ok(found)
}

fn all_runs(arguments: &Arguments) -> Outcome<()> {
    let Arguments { runs, seed, .. } = *arguments;
    println!("faults: {runs} runs from seed {seed}");
    let next = AtomicU64::new(0);
    let totals = Mutex::new(Totals::default());
    let failed = AtomicU64::new(0);
    thread::scope(|scope| {
        for worker in 0..arguments.parallel.clamp(1, runs.max(1)) {
            let (next, totals, failed) = (&next, &totals, &failed);
            scope.spawn(move || {
                let outcome = work(arguments, worker, next, totals, failed);
                if let Err(reason) = outcome {
                    failed.fetch_add(1, Ordering::SeqCst);
                    eprintln!("worker {worker}: {reason}");
                }
            });
        }
    });
    let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{totals}");
    match failed.into_inner() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {runs} runs failed")),
    }
}

/// One run after the other, with a broker and a disk of its own.
fn work(
    arguments: &Arguments,
    worker: u64,
    next: &AtomicU64,
    totals: &Mutex<Totals>,
    failed: &AtomicU64,
) -> Outcome<()> {
    let Some(mosquitto) = Mosquitto::start(&Access::Everybody) else {
        return Err("install mosquitto, or call script/test".to_owned());
    };
    let workplace = Workplace::new()?;
    if worker == 0 && !workplace.can_be_full() {
        println!("faults: no disk is filled, because a tmpfs cannot be mounted here");
    }
    loop {
        let run = next.fetch_add(1, Ordering::SeqCst);
        if run >= arguments.runs {
            return Ok(());
        }
        let seed = arguments.seed.wrapping_add(run);
        workplace.clear()?;
        let one = || run::run(seed, &arguments.program, &workplace, mosquitto.port());
        // A part of the test bench panics where a test would fail.
        let outcome = panic::catch_unwind(panic::AssertUnwindSafe(one));
        match outcome.unwrap_or_else(|_| Err("the bench panicked".to_owned())) {
            Ok(came_to) => {
                let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                totals.add(&came_to);
                if totals.runs.is_multiple_of(20) {
                    println!("faults: {} runs passed", totals.runs);
                }
            }
            Err(reason) => {
                failed.fetch_add(1, Ordering::SeqCst);
                let kept = arguments.keep.join(seed.to_string());
                workplace.keep(&kept)?;
                eprintln!(
                    "FAILED seed {seed}: {reason}\n  what it left: {}\n  again: cargo xtask \
                     faults --runs 1 --seed {seed}",
                    kept.display()
                );
            }
        }
    }
}

/// A pause between two looks.
fn pause(time: Duration) {
    thread::sleep(time);
}
