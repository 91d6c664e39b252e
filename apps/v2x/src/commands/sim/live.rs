//! `v2x sim live`: the world in real time, a pseudo-terminal for each board.
//!
//! As on a real serial port, what a board says while nobody has its line open is lost.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use v2x_sim::chance::Seed;
use v2x_sim::hardware::{Detail, Hardware, PortId, TICK};
use v2x_sim::scenario::Scenario;
use v2x_units::Instant;

use super::scenario;
use crate::cli;
use crate::clock::{self, Clock};
use crate::daemon::Shutdown;
use crate::failure::{Blame, Context as _, Failure};
use crate::serial::PseudoTerminal;

/// How often the ports are looked at before the world begins.
const GLANCE: Duration = Duration::from_millis(50);

/// One board's line.
struct Port {
    id: PortId,
    link: PathBuf,
    terminal: PseudoTerminal,
}

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::SimLive) -> Result<(), Failure> {
    let scenario = scenario(&arguments.scenario)?;
    let recordings = super::recording::read(&arguments.recording)?;
    let shutdown = Shutdown::on_signals().blame(Blame::Runtime, "signals")?;
    let clock = Clock::start();
    // The names of the lines do not depend on when the world begins.
    let names = build(&arguments.town, &scenario, arguments.seed)?.ports();
    let mut ports = open(names, &arguments.dir)?;
    for port in &ports {
        say(format_args!("{}", port.link.display()))?;
    }
    while !arguments.at_once && !is_awaited(&ports) && !shutdown.is_requested() {
        clock::sleep(GLANCE);
    }
    let mut world = build(&arguments.town, &scenario, arguments.seed)?;
    for (car, frames) in recordings {
        if !world.follow(&car, frames) {
            let what = format_args!("--recording {car}=…: there is no such car");
            return Err(Failure::new(Blame::Usage, what).hint("name one of the scenario's cars"));
        }
    }
    say(format_args!("begins: {}", scenario.about))?;
    let began = clock.elapsed();
    let mut over = false;
    while !shutdown.is_requested() {
        turn(
            &mut world,
            &mut ports,
            clock.elapsed().saturating_sub(began),
        )?;
        if world.is_over() && !over {
            over = true;
            say(format_args!("is over; the boards go on until Ctrl-C"))?;
        }
        clock::sleep(TICK / 2);
    }
    for port in &ports {
        // Whoever removed the link before us is welcome.
        fs::remove_file(&port.link).ok();
    }
    Ok(())
}

/// The world as it is at its beginning, now.
fn build(town: &Option<PathBuf>, scenario: &Scenario, seed: u64) -> Result<Hardware, Failure> {
    let wall = Clock::wall().ok_or_else(|| {
        Failure::new(Blame::Runtime, "the clock of this computer is not set")
            .hint("receivers would say a wrong time; set it, with timedatectl")
    })?;
    let town = super::town(town.as_deref())?;
    Hardware::new(town, scenario, Seed(seed), wall, Detail::Frames)
        .map_err(|error| Failure::new(Blame::Input, error))
}

/// Whether every collector and slot is listened to. Radio boards need not be: there are other airs.
fn is_awaited(ports: &[Port]) -> bool {
    let needed = |port: &&Port| matches!(port.id, PortId::Collector(_) | PortId::Slot(_));
    let mut needed = ports.iter().filter(needed);
    needed.all(|port| port.terminal.has_reader().unwrap_or(false))
}

/// Hears the computers, lets the world come up to now, and carries what boards say.
fn turn(world: &mut Hardware, ports: &mut [Port], now: Duration) -> Result<(), Failure> {
    for port in ports.iter_mut() {
        let heard = port
            .terminal
            .receive()
            .blame(Blame::Runtime, "pseudo-terminal")?;
        if !heard.is_empty() {
            world.hear(port.id, &heard);
        }
    }
    world.advance(Instant::BOOT + now);
    for (id, bytes) in world.take_said() {
        if let Some(port) = ports.iter_mut().find(|port| port.id == id) {
            let sent = port.terminal.offer(&bytes);
            sent.blame(Blame::Runtime, "pseudo-terminal")?;
        }
    }
    for (at, what) in world.take_story() {
        let seconds = at.since(Instant::BOOT).as_secs_f64();
        say(format_args!("{seconds:8.2} s  {what}"))?;
    }
    Ok(())
}

/// A pseudo-terminal for each line, and its link in the folder.
fn open(names: Vec<(PortId, String)>, folder: &Path) -> Result<Vec<Port>, Failure> {
    let cannot = |what: &Path, error: &io::Error| {
        Failure::new(Blame::Runtime, format_args!("{}: {error}", what.display()))
            .hint("--dir names a folder that this program may write to")
    };
    fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))?;
    let mut ports = Vec::new();
    for (id, name) in names {
        let terminal = PseudoTerminal::open().blame(Blame::Runtime, "pseudo-terminal")?;
        terminal
            .make_raw()
            .blame(Blame::Runtime, "pseudo-terminal")?;
        let link = folder.join(name);
        // One of a run that was killed leads nowhere; anything else is not ours to remove.
        if link.is_symlink() {
            fs::remove_file(&link).map_err(|error| cannot(&link, &error))?;
        }
        symlink(terminal.path(), &link).map_err(|error| cannot(&link, &error))?;
        ports.push(Port { id, link, terminal });
    }
    Ok(ports)
}

/// Prints a line at once, even into a pipe.
fn say(line: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .blame(Blame::Runtime, "standard output")
}
