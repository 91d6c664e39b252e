//! The station daemon: one thread per serial line, one that owns slots and store, one that uploads.
//!
//! ```text
//! line ─► board ──┐
//! line ─► board ──┼─► keeper ─► store ─► outbox ⇄ uploader ⇄ broker
//! line ─► meters ─┘  (slots)                        commands ─┘
//! ```
//!
//! The daemon ends from left to right: the lines stop reading, and the keeper ends when all of them
//! have and its channel is empty. Open sessions stay open in the store.

mod board;
mod books;
mod controllers;
mod health;
mod keeper;
mod line;
mod meters;
mod orders;
mod prices;
pub(crate) mod restart;
mod rows;
mod site;
mod telemetry;
mod v2g;
mod watch;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use tracing::{info, warn};
use v2x_outbox::{GroupCommit, GroupLimits};
use v2x_roles::station::{PortId, Sessions, Station, Tariffs};
use v2x_store::Store;
use v2x_units::BootId;
use v2x_uplink::commands;

use crate::air::{self, Surroundings};
use crate::clock::{self, Clock, SystemClock};
use crate::config::station::{LineConfig, Speaker, StationConfig};
use crate::daemon::heartbeat::{self, Watchdog};
use crate::daemon::uploader::{Hears, Uploader};
use crate::daemon::{self, CommandDesk, Housekeeping, Shutdown, Threads};
use crate::failure::{Blame, Context as _, Failure};
use crate::site::Prepared;
use board::Board;
use controllers::Controllers;
use health::Health;
use keeper::{Due, Keeper};
use line::{Heard, Line, RelayWish, Say};
use meters::Meters;
use restart::Standings;
use site::PriceDesk;
use v2g::V2g;

/// Readings between lines and keeper: six seconds of 16 slots at 10 samples/s, for a disk that
/// hesitates; beyond it readings are dropped and counted.
const READINGS: usize = 1024;
/// What is said to a line's board and not yet written: an entry each 10 ms for half a second.
const SAYS: usize = 64;
/// How soon a request to stop is noticed.
const GLANCE: Duration = Duration::from_millis(50);

/// Runs the daemon until it is asked to stop.
pub(crate) fn run(config: &StationConfig) -> Result<(), Failure> {
    let shutdown = Shutdown::on_signals().blame(Blame::Runtime, "signals")?;
    let clock = Clock::of_system();
    let prepared = Prepared::of(&config.dashboard)?;
    let health = Arc::new(Health::default());
    let boot = BootId::new(draw()?);
    daemon::make_folder(&config.out)?;
    let mut store = daemon::open_store(&config.out)?;
    let (station, standings) = open_station(config, &mut store, boot, &clock)?;

    let mut threads = Threads::default();
    let around = Surroundings::new(clock, &shutdown, boot, &health.air);
    let v2g = open_v2g(config, &store, around, &mut threads)?;
    let (heard, readings) = bounded(READINGS);
    let (commands, session_commands) = commands(config.gateway);
    // Only a ThingsBoard has commands.
    let obeys = (config.mqtt.as_ref()).is_some_and(|mqtt| mqtt.is_thingsboard());
    let uploader = Uploader {
        mqtt: config.mqtt.as_ref(),
        role: "station",
        hears: Hears::commands(obeys.then_some(session_commands)),
        clock,
        health: Arc::clone(&health.uplink),
    };
    let (delivery, uploader) = uploader.start()?;
    threads.extend(uploader);
    let around = (clock, &health, &shutdown);
    let (relays, says) = start_lines(&mut threads, config, &heard, around, boot)?;
    drop(heard);
    let controllers = open_controllers(config, &store, says)?;
    let now = clock.now().instant;
    let is_legacy = v2g.as_ref().is_some_and(V2g::is_legacy);
    let mut watchdog = Watchdog::new();
    let (desk, new_prices) = PriceDesk::new();
    let shown = site::shown(config, &clock);
    let keeper = Keeper {
        out: config.out.clone(),
        site: shown.clone().map(|shown| (shown, new_prices)),
        setup: Arc::new(config.setup.clone()),
        station,
        store,
        delivery,
        housekeeping: Housekeeping::new(config.retention, clock, Arc::clone(&health.store)),
        system: SystemClock::new(),
        desk: CommandDesk::new(obeys.then_some(commands), now),
        relays,
        controllers,
        boot,
        rows: rows::Rows::new(config, is_legacy, now),
        clock,
        heart: watchdog.heart("keeper", now),
        health: Arc::clone(&health),
        standings,
        unwritten: Vec::new(),
        awaited: Vec::new(),
        group: GroupCommit::new(GroupLimits::default()),
        v2g,
        due: Due::at_start(now),
    };
    threads.spawn("keeper", move || keeper.run(&readings))?;
    info!(slots = config.setup.slots.len(), out = %config.out.display(), "station runs");
    let watched = watch::of(config, clock, &health, watchdog.hearts());
    let dashboard = shown
        .map(|shown| site::start(config, prepared, (shown, desk), Arc::clone(&watched), clock));
    let monitor = watch::start(config, clock, watched);
    heartbeat::ready();
    attend(&shutdown, &clock, &mut watchdog);
    info!("stopping: writing what was received");
    // It may wait for an answer of the keeper.
    drop(dashboard);
    threads.join();
    drop(monitor);
    health.tell("stopped");
    Ok(())
}

/// Tells the service manager that the station is alive until it is asked to stop.
fn attend(shutdown: &Shutdown, clock: &Clock, watchdog: &mut Watchdog) {
    while !shutdown.is_requested() {
        clock::sleep(GLANCE);
        watchdog.look(clock.now().instant);
    }
    heartbeat::stopping();
}

/// The slots with the tariffs that hold and the sessions that were open, and what the disk has of
/// them beside that.
fn open_station(
    config: &StationConfig,
    store: &mut Store,
    boot: BootId,
    clock: &Clock,
) -> Result<(Station, Standings), Failure> {
    let disk = |error| Failure::new(Blame::Runtime, error);
    for (tariff, document) in &config.tariffs {
        let kept = store.keep_tariff(&tariff.id, &tariff.version, document);
        check_unchanged(tariff, &kept.map_err(disk)?)?;
    }
    let host_boot = restart::host_boot();
    store
        .begin_run(boot, host_boot.as_deref(), Clock::wall())
        .map_err(disk)?;
    let tariffs = config.tariffs.iter().map(|(tariff, _)| tariff.clone());
    let now = clock.now().instant;
    let mut numbers = Vec::new();
    for _ in 0..config.setup.slots.len() * 2 {
        numbers.push(getrandom::u64().blame(Blame::Runtime, "random numbers")?);
    }
    let mut numbers = numbers.into_iter();
    let mut draw = || numbers.next().unwrap_or_default();
    let tariffs = Tariffs::new(tariffs);
    let station = Station::new(&config.setup, tariffs, boot, &mut draw, now);
    let mut station = station.ok_or_else(|| {
        Failure::new(
            Blame::Configuration,
            "a slot has a tariff that is not there",
        )
    })?;
    restart::resume(&mut station, &config.setup, store, boot, now, &mut draw).map_err(disk)?;
    let standings = restart::stand(&mut station, store).map_err(disk)?;
    for (slot, id) in store.chosen_tariffs().map_err(disk)? {
        let slots = config.setup.slots.iter();
        let Some(slot) = slots
            .map(|slot| slot.number)
            .find(|number| number.get() == slot)
        else {
            continue;
        };
        if station.choose_tariff(slot, &id) {
            info!(%slot, tariff = id, "tariff chosen by the operator");
        } else {
            warn!(%slot, tariff = id, "the chosen tariff is gone: the configured one holds");
        }
    }
    Ok((station, standings))
}

/// What is known of slot controllers: whose car charges there, and the lists that they get.
fn open_controllers(
    config: &StationConfig,
    store: &Store,
    says: Vec<Sender<Say>>,
) -> Result<Controllers, Failure> {
    let mut cars = vec![String::new(); says.len()];
    let mut lists = Vec::new();
    for slot in &config.setup.slots {
        if let Some(car) = cars.get_mut(slot.port.0)
            && slot.sessions == Sessions::Controller
        {
            let known = controllers::proven_car(store, slot.number);
            *car = known.map_err(|error| Failure::new(Blame::Runtime, error))?;
        }
        let mut files = config.revocations.iter();
        if let Some((_, path)) = files.find(|(number, _)| *number == slot.number) {
            lists.push((slot.port, path.clone()));
        }
    }
    Ok(Controllers::new(says, cars, lists))
}

/// The air and the conversations on it, where both are configured.
fn open_v2g(
    config: &StationConfig,
    store: &Store,
    around: Surroundings,
    threads: &mut Threads,
) -> Result<Option<V2g>, Failure> {
    let Some(medium) = config.radio.medium() else {
        if !config.slot_radios.is_empty() {
            warn!("slots have keys, but no radio.port and no radio.air: they are silent");
        }
        if config.radio.legacy {
            warn!("radio.legacy is on, but no radio.port and no radio.air: nobody hears of it");
        }
        return Ok(None);
    };
    if config.slot_radios.is_empty() && !config.radio.legacy {
        warn!("no slot names its folder of keys: the station is silent on the air");
        return Ok(None);
    }
    let (now, health) = (around.clock.now().instant, Arc::clone(&around.health));
    let air = air::open(&medium, around, threads)?;
    V2g::open((air, health), config, store, now).map(Some)
}

/// A version that was offered before must mean what it meant: bills were made by it.
fn check_unchanged(tariff: &v2x_tariff::Tariff, kept: &str) -> Result<(), Failure> {
    let before = v2x_tariff::parse_tariffs("the store's tariff", kept).unwrap_or_default();
    if before.iter().any(|before| before == tariff) {
        return Ok(());
    }
    let (id, version) = (&tariff.id, &tariff.version);
    let problem = format!("tariff `{id}` has other prices than before under version `{version}`");
    Err(Failure::new(Blame::Configuration, problem).hint("give changed prices another version"))
}

/// What every line is made of.
struct LineParts {
    heard: Sender<Heard>,
    relay: Arc<RelayWish>,
    says: Receiver<Say>,
    clock: Clock,
    health: Arc<Health>,
    shutdown: Shutdown,
}

/// Where the keeper speaks to each line: the relay of its board, and everything else.
type LineEnds = (Vec<Arc<RelayWish>>, Vec<Sender<Say>>);

/// Starts every line; the wishes for their relays, and what the keeper says to their boards.
fn start_lines(
    threads: &mut Threads,
    config: &StationConfig,
    heard: &Sender<Heard>,
    (clock, health, shutdown): (Clock, &Arc<Health>, &Shutdown),
    boot: BootId,
) -> Result<LineEnds, Failure> {
    let (mut relays, mut says) = (Vec::new(), Vec::new());
    for (index, line) in config.lines.iter().enumerate() {
        let relay = Arc::new(RelayWish::default());
        relays.push(Arc::clone(&relay));
        let (say, hears) = bounded(SAYS);
        says.push(say);
        let parts = LineParts {
            heard: heard.clone(),
            relay,
            says: hears,
            clock,
            health: Arc::clone(health),
            shutdown: shutdown.clone(),
        };
        start_line(threads, PortId(index), line, parts, boot)?;
    }
    Ok((relays, says))
}

fn start_line(
    threads: &mut Threads,
    id: PortId,
    config: &LineConfig,
    parts: LineParts,
    boot: BootId,
) -> Result<(), Failure> {
    let line = Line {
        id,
        path: config.path.clone(),
        baud: config.baud,
        heard: parts.heard,
        relay: parts.relay,
        says: parts.says,
        clock: parts.clock,
        health: parts.health,
        shutdown: parts.shutdown,
    };
    let name = format!("line {}", id.0 + 1);
    match &config.speaker {
        Speaker::Board(dialect) => {
            let board = Board {
                line,
                configured: *dialect,
                boot,
                relay: RefCell::default(),
            };
            threads.spawn(&name, move || board.run())
        }
        Speaker::Meters { meters, interval } => {
            let meters = Meters {
                line,
                meters: meters.clone(),
                interval: *interval,
            };
            threads.spawn(&name, move || meters.run())
        }
    }
}

fn draw() -> Result<u32, Failure> {
    getrandom::u32().blame(Blame::Runtime, "random numbers")
}
