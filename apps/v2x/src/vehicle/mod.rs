//! The vehicle daemon: threads joined by bounded channels, each with one thing to wait for.
//!
//! ```text
//! port ─► collector ─► ingest ─┬─► recorder ─► files ─► archive
//!        (bytes)      (state)  ├─► keeper ─► store ─► outbox ⇄ uploader ⇄ broker
//!                              └─► radio ⇄ air
//! ```
//!
//! The daemon ends from left to right: the collector stops reading, and each thread ends when the
//! one before it has ended and its channel is empty. So everything received is on disk at the end.

mod attendant;
mod collector;
mod dated_journal;
mod dating;
mod day_tables;
mod degradation;
mod disk;
pub(crate) mod examination;
mod health;
mod ingest;
mod journal;
mod keeper;
mod line_file;
mod measured;
mod opening;
mod radio;
mod raw_log;
mod recorder;
mod recovery;
mod remote;
mod row_journal;
mod site;
mod source;
mod spending;
mod status;
mod table_file;
mod telemetry;
mod thinning;
mod timekeeping;
mod vss_names;
mod watch;

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use tracing::{info, warn};
use v2x_proto::secure::Role;
use v2x_proto::v2g::SessionId;
use v2x_roles::vehicle::VehicleState;
use v2x_units::BootId;

use crate::air::{self, Surroundings};
use crate::clock::Clock;
use crate::config::{MqttConfig, VehicleConfig};
use crate::daemon::heartbeat::{self, Heart};
use crate::daemon::uploader::Uploader;
use crate::daemon::{Housekeeping, Shutdown, Threads, control};
use crate::failure::{Blame, Context as _, Failure};
use crate::keys::{Drawn, UnitKeys};
use crate::monitor::{Monitor, Watched};
use crate::site::{Dashboard, Prepared};
use attendant::Attendant;
use collector::{Collector, Outlet};
use dated_journal::DatedJournal;
use dating::Dating;
use day_tables::DayTables;
use disk::Folder;
use health::Health;
use ingest::{Ingest, ToRecord};
use keeper::{Keeper, ToKeep};
use opening::Opening;
use radio::local::Local;
use radio::{CarNow, Radio};
use raw_log::archive::Archive;
use recorder::{Listeners, Recorder};
use remote::{Ends, Live, Remote};
use site::Shown;
use spending::Spending;
use thinning::Thinning;
pub(crate) use thinning::report_rules;
pub(crate) use vss_names::vss_names;

/// Reads between collector and ingest: five seconds of them, for a stalled processor.
const DELIVERIES: usize = 1024;
/// Batches between ingest and recorder: forty seconds of reads, for a disk that hesitates.
const BATCHES: usize = 8192;
/// Rows, observations and fixes between ingest and keeper: an hour, for a disk that is full for a
/// while.
const ROWS: usize = 12_288;

/// Words on the car between ingest and radio: most of a second; an older one is worth nothing.
const CARS: usize = 8;

/// Runs the daemon until it is asked to stop.
pub(crate) fn run(config: &VehicleConfig, state: VehicleState) -> Result<(), Failure> {
    let shutdown = Shutdown::on_signals().blame(Blame::Runtime, "signals")?;
    let prepared = Prepared::of(&config.dashboard)?;
    let clock = Clock::start();
    let health = Arc::new(Health::default());
    let collector = Collector::open(&config.collector, config.baud)?;
    let opening = Opening::begin(&config.out, clock, &health)?;
    let open_session = opening.open_session()?;

    let (to_ingest, deliveries) = bounded(DELIVERIES);
    let (to_record, batches) = bounded(BATCHES);
    let (to_keep, kept) = bounded(ROWS);
    let mut threads = Threads::default();
    let mut attendant = Attendant::new(clock, to_keep.clone(), Arc::clone(&health));
    let [keeper_heart, recorder_heart] = ["keeper", "recorder"].map(|name| attendant.heart(name));
    let live = Arc::new(Live::new(config.row_interval));
    let shown = site::shown(config, clock);
    let watched = watch::of(config, clock, &health, attendant.hearts());
    let keeping = Keeping {
        config,
        opening,
        kept,
        watched: Arc::clone(&watched),
        live: Arc::clone(&live),
        vss: state.mapping().release(),
        shown: shown.clone(),
        clock,
        heart: keeper_heart,
        shutdown: shutdown.clone(),
        health: Arc::clone(&health),
    };
    keeping.start(&mut threads)?;
    Recording {
        config,
        clock,
        heart: recorder_heart,
        to_keep: to_keep.clone(),
        health: Arc::clone(&health),
    }
    .start(&mut threads, batches)?;
    let to_radio = RadioParts {
        config,
        open_session,
        to_keep: to_keep.clone(),
        to_record: to_record.clone(),
        shown: shown.clone(),
        clock,
        shutdown: shutdown.clone(),
        health: Arc::clone(&health),
    }
    .start(&mut threads)?;
    let ingest = Ingest {
        deliveries,
        to_record,
        to_keep,
        to_radio,
        state,
        geoid_separation: None,
        live,
        clock,
        health: Arc::clone(&health),
    };
    threads.spawn("ingest", move || ingest.run())?;
    let outlet = Outlet::new(clock, to_ingest, &health, &shutdown);
    threads.spawn("collector", move || collector.run(&outlet))?;
    info!(collector = %config.collector, out = %config.out.display(), "recording");
    let served = serve(config, prepared, shown, watched, clock);
    heartbeat::ready();
    status::show_until(&shutdown, &health, &clock, || attendant.look());
    stop(attendant, threads, served, &health);
    Ok(())
}

/// What those who look ask; it ends when it is dropped.
type Served = (Option<Dashboard>, Monitor);

/// Serves dashboard and monitor of a vehicle that has started.
fn serve(
    config: &VehicleConfig,
    prepared: Prepared,
    shown: Option<Arc<Shown>>,
    watched: Arc<dyn Watched>,
    clock: Clock,
) -> Served {
    let start = |shown| site::start(config, prepared, shown, Arc::clone(&watched), clock);
    let dashboard = shown.map(start);
    (dashboard, watch::start(config, clock, watched))
}

/// Waits until everything that was received is written; those who look see it until then.
fn stop(attendant: Attendant, threads: Threads, served: Served, health: &Health) {
    attendant.leave();
    info!("stopping: writing what was received");
    threads.join();
    drop(served);
    status::last_words(health);
    radio::last_words(&health.air);
}

/// What thins rows, and what counts their cost, where a broker is not sent all of them.
fn reporting(
    config: &VehicleConfig,
    clock: Clock,
    health: &Arc<Health>,
) -> (Option<Thinning>, Option<Spending>) {
    let reporting = config
        .mqtt
        .as_ref()
        .and_then(|mqtt| mqtt.reporting.as_ref());
    let Some(reporting) = reporting else {
        return (None, None);
    };
    let (limit, now) = (reporting.budget_bytes, clock.now().instant);
    let spending = Spending::open(&config.out, limit, now, Arc::clone(health));
    (Some(Thinning::new(reporting.rules.clone())), Some(spending))
}

/// What the keeper's thread and the way to the broker are made of.
struct Keeping<'a> {
    config: &'a VehicleConfig,
    opening: Opening,
    kept: Receiver<ToKeep>,
    watched: Arc<dyn Watched>,
    live: Arc<Live>,
    vss: &'a str,
    shown: Option<Arc<Shown>>,
    clock: Clock,
    heart: Heart,
    shutdown: Shutdown,
    health: Arc<Health>,
}

impl Keeping<'_> {
    /// Starts the session with the broker, and the keeper as soon as the store is open.
    fn start(self, threads: &mut Threads) -> Result<(), Failure> {
        let Self { config, clock, .. } = self;
        let (ends, hears) = Ends::new(config);
        let uploader = Uploader {
            mqtt: config.mqtt.as_ref(),
            role: "vehicle",
            hears,
            clock,
            health: Arc::clone(&self.health.uplink),
        };
        let (delivery, uploader) = uploader.start()?;
        threads.extend(uploader);
        let remote = Remote::new(
            config,
            ends,
            remote::Around {
                vss: self.vss,
                live: self.live,
                watched: self.watched,
                clock,
                health: Arc::clone(&self.health),
            },
        );
        let journal = DatedJournal::new(&config.out, drawn()?);
        let (retention, time_wait) = (config.retention, config.time_wait);
        let (thinning, spending) = reporting(config, clock, &self.health);
        let Self {
            opening,
            kept,
            heart,
            shutdown,
            health,
            shown,
            ..
        } = self;
        threads.spawn("keeper", move || {
            let Some(opened) = opening.wait(&kept, &shutdown, &heart) else {
                return;
            };
            let keeper = Keeper {
                store: opened.store,
                journal,
                row_journal: opened.row_journal,
                delivery,
                clock,
                housekeeping: Housekeeping::new(retention, clock, Arc::clone(&health.store)),
                dating: Dating::new(clock, time_wait).thinned(thinning),
                spending,
                heart,
                health,
                remote,
                shown,
            };
            keeper.run(&kept);
        })
    }
}

/// What the radio's thread is made of.
struct RadioParts<'a> {
    config: &'a VehicleConfig,
    open_session: Option<SessionId>,
    to_keep: Sender<ToKeep>,
    to_record: Sender<Vec<ToRecord>>,
    shown: Option<Arc<Shown>>,
    clock: Clock,
    shutdown: Shutdown,
    health: Arc<Health>,
}

impl RadioParts<'_> {
    /// Starts air and radio where one is configured; gives the ingest's end of it. A car without
    /// keys has nothing to say.
    fn start(self, threads: &mut Threads) -> Result<Option<Sender<CarNow>>, Failure> {
        let (radio, clock) = (&self.config.radio, self.clock);
        let Some(medium) = radio.medium() else {
            return Ok(None);
        };
        let Some(keys) = &radio.keys else {
            warn!("radio.keys names no folder of keys: the car stays silent on the air");
            return Ok(None);
        };
        let now = clock.trusted_date(clock.now().instant);
        let now = now.map(|dated| dated.utc);
        let keys = UnitKeys::load(keys, Role::Vehicle, radio.policy, now)?;
        info!(car = %keys.identity.credential().subject.name, "the car has its keys");
        let boot = getrandom::u32().blame(Blame::Runtime, "random numbers")?;
        let around = Surroundings::new(clock, &self.shutdown, BootId::new(boot), &self.health.air);
        let air = air::open(&medium, around, threads)?;
        let (to_radio, car) = bounded(CARS);
        let folder = &self.config.out;
        let wishes = radio::wishes::read(folder);
        let (mut of_driver, local) =
            Local::new(folder.clone(), wishes.clone(), self.to_keep.clone());
        control::serve(
            folder,
            self.shutdown.clone(),
            threads,
            move |request, user| of_driver.answer(request, user),
        )?;
        let radio = Radio::new(radio::Parts {
            air,
            car,
            local,
            wishes,
            keys,
            config: self.config.v2g,
            without_clock: radio.policy.without_clock,
            legacy: radio.legacy,
            tells_around: self
                .config
                .mqtt
                .as_ref()
                .is_some_and(MqttConfig::has_no_budget),
            open: self.open_session,
            to_keep: self.to_keep,
            to_record: self.to_record,
            clock,
            health: self.health,
            rng: Drawn::from_kernel()?,
            shown: self.shown,
        })?;
        threads.spawn("radio", move || radio.run())?;
        Ok(Some(to_radio))
    }
}

/// A random number of this start.
fn drawn() -> Result<u64, Failure> {
    getrandom::u64().blame(Blame::Runtime, "random numbers")
}

/// What the recorder and its archive are made of.
struct Recording<'a> {
    config: &'a VehicleConfig,
    clock: Clock,
    heart: Heart,
    to_keep: Sender<ToKeep>,
    health: Arc<Health>,
}

impl Recording<'_> {
    /// Starts the recorder, and the archive that ends with it.
    fn start(self, threads: &mut Threads, batches: Receiver<Vec<ToRecord>>) -> Result<(), Failure> {
        // One word is enough: the archive looks at the whole folder.
        let (to_archive, closed) = bounded(1);
        let Self { clock, heart, .. } = self;
        let (out, recording) = (&self.config.out, &self.config.recording);
        let tables = DayTables {
            folder: out.clone(),
            bytes: recording.tables_bytes,
            free: recording.reserve_bytes,
            to_keep: self.to_keep.clone(),
            health: Arc::clone(&self.health),
        };
        let archive = Archive {
            folder: out.clone(),
            tables,
            compress: recording.compress,
            budget: raw_log::archive::Budget {
                bytes: recording.budget_bytes,
                free: recording.reserve_bytes,
            },
            to_keep: self.to_keep.clone(),
            health: Arc::clone(&self.health),
        };
        let listeners = Listeners {
            closed: to_archive,
            to_keep: self.to_keep,
            health: self.health,
        };
        let recorder = Recorder::new(Folder::new(out), recording, listeners)
            .blame(Blame::Runtime, format_args!("folder {}", out.display()))?;
        threads.spawn("archive", move || archive.run(&closed))?;
        threads.spawn("recorder", move || recorder.run(&batches, &clock, &heart))
    }
}
