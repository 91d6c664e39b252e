//! `v2x demo`: the whole system in one process tree, on loopback.
//!
//! The demo decides nothing and plays nothing: it writes settings as a person would, starts this
//! program for each part, and ends them in order. What happens in the town stands in
//! `scenarios/demo.toml`; boards, roads and air are `v2x sim live`.

mod family;
mod setup;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::time::Duration;

use family::{Family, GLANCE};
use setup::Site;

use crate::cli;
use crate::clock::{self, Clock};
use crate::daemon::Shutdown;
use crate::failure::{Blame, Context as _, Failure};

/// How long parts may take until they answer, on a busy computer.
const START: Duration = Duration::from_secs(60);

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Demo) -> Result<(), Failure> {
    let shutdown = Shutdown::on_signals_and_hangup().blame(Blame::Runtime, "signals")?;
    let clock = Clock::start();
    let site = Site::prepare(arguments)?;
    let mut family = Family::new(site.logs())?;
    site.draw_keys(&family)?;
    site.let_in(&family)?;
    let started = start(&site, &mut family, &shutdown, &clock);
    let greeted = started.and_then(|()| match shutdown.is_requested() {
        true => Ok(()),
        false => greet(&site),
    });
    if let Err(failure) = greeted {
        drop(family);
        return Err(failure);
    }
    let until = arguments.seconds.map(Duration::from_secs);
    let began = clock.elapsed();
    let mut told = 0;
    let ended = loop {
        if shutdown.is_requested() {
            break Ok(());
        }
        if until.is_some_and(|until| clock.elapsed().saturating_sub(began) >= until) {
            break Ok(());
        }
        if let Err(failure) = family.look() {
            break Err(failure);
        }
        told = tell(&family, told)?;
        clock::sleep(GLANCE);
    };
    say("ending; each part brings its data onto the disk first")?;
    let stopped = family.stop();
    ended.and(stopped)?;
    farewell(&site)
}

/// Starts the parts, each when those that it needs are there; whoever ends the demo meanwhile need
/// not wait for the others.
fn start(
    site: &Site,
    family: &mut Family,
    shutdown: &Shutdown,
    clock: &Clock,
) -> Result<(), Failure> {
    let wait = |family: &mut Family, what: &str, ready: &dyn Fn() -> bool| {
        let began = clock.elapsed();
        while !ready() && !shutdown.is_requested() {
            family.look()?;
            if clock.elapsed().saturating_sub(began) > START {
                return Err(Failure::new(
                    Blame::Runtime,
                    format_args!("{what} did not come up within {} s", START.as_secs()),
                )
                .hint(format_args!("see {}", site.logs().display())));
            }
            clock::sleep(GLANCE);
        }
        Ok(())
    };
    site.start_hub(family)?;
    wait(family, "the hub", &|| site.hub_answers())?;
    if shutdown.is_requested() {
        return Ok(());
    }
    site.start_town(family)?;
    wait(family, "the simulator", &|| site.has_ports())?;
    if shutdown.is_requested() {
        return Ok(());
    }
    site.start_station(family)?;
    site.start_cars(family)?;
    // Whoever opens an address that was printed finds somebody there.
    wait(family, "the pages of station and cars", &|| {
        site.own_pages_answer()
    })
}

/// Where to look, and as whom.
fn greet(site: &Site) -> Result<(), Failure> {
    say(format_args!(
        "\n  Open     {}\n  User     {}\n  Password {}\n\n\
         Three cars and a charging station of two slots. Ctrl-C ends it.\n\
         Their own computers show the same pages, each with what it knows, to the same log-in:",
        site.address(),
        setup::USER,
        site.password()
    ))?;
    for (name, address) in site.own_addresses() {
        say(format_args!("  {name:<8} {address}"))?;
    }
    say("")
}

/// Prints what the simulator has told since.
fn tell(family: &Family, told: usize) -> Result<usize, Failure> {
    let log = family.log_of(setup::TOWN);
    // A line that is being written is told when it is whole.
    let whole = log.rfind('\n').map_or(0, |end| end + 1);
    let new = log.get(told..whole).unwrap_or_default();
    let is_story = |line: &&str| line.contains(" s  ");
    for line in new.lines().filter(is_story) {
        say(line)?;
    }
    Ok(whole.max(told))
}

/// What is left, and how to look at it.
fn farewell(site: &Site) -> Result<(), Failure> {
    let folder = site.folder().display();
    say(format_args!(
        "== What is left of it\n\
         {folder}\n\
         \x20 alpha/ beta/ gamma/   each car's raw log, tables and store\n\
         \x20 station/              sessions and bills\n\
         \x20 hub/                  everything that the pages show\n\
         \x20 logs/                 what each part said\n\
         Look at it:\n\
         \x20 v2x decode {folder}/alpha/candump_*\n\
         \x20 v2x session list --out {folder}/station\n\
         \x20 v2x hub device list --out {folder}/hub"
    ))
}

fn say(what: impl Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{what}").and_then(|()| out.flush());
    written.blame(Blame::Runtime, "standard output")
}
