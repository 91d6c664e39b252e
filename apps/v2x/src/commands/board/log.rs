//! `v2x board log`: boot reason, last panic, counters and log lines of a board as they come.

use std::time::Duration;

use v2x_proto::link::message::{BoardStatus, Order};
use v2x_units::{BootId, Instant};

use super::heard::{self, Heard};
use super::line::{self, BoardLine};
use crate::cli;
use crate::clock::{self, Clock};
use crate::daemon::Shutdown;
use crate::failure::{Blame, Context as _, Failure};

/// How long to wait before a lost port is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::BoardLog) -> Result<(), Failure> {
    let shutdown = Shutdown::on_signals().blame(Blame::Runtime, "signals")?;
    let clock = Clock::start();
    let until = arguments
        .seconds
        .map(|seconds| Duration::from_secs(u64::from(seconds)));
    let is_over = || shutdown.is_requested() || until.is_some_and(|until| clock.elapsed() >= until);
    let mut line = line::board(&arguments.at, clock)?;
    line.ask(Order::SayHello)?;
    let mut teller = Teller::default();
    while !is_over() {
        if let Err(error) = line.pump(None) {
            super::print(&format!("{error}: waiting for it\n"))?;
            match wait_for(&arguments.at, clock, &is_over) {
                Some(again) => line = again,
                None => break,
            }
        }
        let boot = line.boot.map(|(boot, _)| boot);
        for (at, heard) in line.take_heard() {
            if let Some(text) = teller.tell(boot, at, &heard) {
                super::print(&text)?;
            }
        }
    }
    Ok(())
}

/// The board once it is back; `None` when the person has had enough.
fn wait_for(at: &cli::BoardPort, clock: Clock, is_over: &dyn Fn() -> bool) -> Option<BoardLine> {
    while !is_over() {
        clock::sleep(REOPEN_AFTER);
        if let Ok(mut line) = line::board(at, clock) {
            // It says who it is in time anyway.
            line.ask(Order::SayHello).ok();
            return Some(line);
        }
    }
    None
}

/// Tells what is new: a status only when something in it has changed that matters.
#[derive(Default)]
struct Teller {
    boot: Option<BootId>,
    hello: Option<(Option<BootId>, heard::Hello)>,
    counters: Option<String>,
    panic: Option<(BootId, Instant)>,
}

impl Teller {
    fn tell(&mut self, boot: Option<BootId>, at: Instant, heard: &Heard) -> Option<String> {
        let text = match heard {
            Heard::Hello(hello) => {
                let known = (boot, hello.clone());
                if self.hello.replace(known.clone()) == Some(known) {
                    return None;
                }
                let kind = heard::kind(hello.kind);
                let name = heard::clean(&hello.name);
                format!("{kind} {} {name} firmware {}", hello.board, hello.firmware)
            }
            Heard::Status(status) => self.status(boot, status)?,
            Heard::Panic { boot, at, text } => {
                if self.panic.replace((*boot, *at)) == Some((*boot, *at)) {
                    return None;
                }
                let when = heard::since_boot(*at);
                format!("panic in boot {boot} after {when}: {}", heard::clean(text))
            }
            Heard::Log(level, text) => {
                format!("{}: {}", heard::level(*level), heard::clean(text))
            }
        };
        Some(format!("{:>12}  {text}\n", heard::since_boot(at)))
    }

    fn status(&mut self, boot: Option<BootId>, status: &BoardStatus) -> Option<String> {
        let counters = heard::counters(status);
        let is_new_boot = boot != self.boot;
        self.boot = boot;
        if self.counters.replace(counters.clone()) == Some(counters.clone()) && !is_new_boot {
            return None;
        }
        Some(if is_new_boot {
            format!(
                "started by: {}; {counters}",
                heard::boot_reason(status.boot_reason)
            )
        } else {
            counters
        })
    }
}
