//! The vehicle daemon: threads joined by bounded channels, each with one thing to wait for.
//!
//! ```text
//! port ─► collector ─► ingest ─┬─► recorder ─► files ─► archive
//!        (bytes)      (state)  └─► keeper ─► store ─► outbox ⇄ uploader ⇄ broker
//! ```
//!
//! The daemon ends from left to right: the collector stops reading, and each thread ends when the
//! one before it has ended and its channel is empty. So everything received is on disk at the end.

mod attendant;
mod collector;
mod dated_journal;
mod dating;
mod degradation;
mod disk;
mod health;
mod heartbeat;
mod ingest;
mod journal;
mod keeper;
mod line_file;
mod raw_log;
mod recorder;
pub(crate) mod shutdown;
mod source;
mod status;
mod table_file;
mod telemetry;
mod timekeeping;
mod uploader;
mod watch;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;
use tracing::{info, warn};
use v2x_outbox::{Budget, Outbox};
use v2x_roles::vehicle::VehicleState;
use v2x_store::Store;
use v2x_uplink::supply;

use crate::clock::Clock;
use crate::config::{MqttConfig, VehicleConfig};
use crate::failure::{Blame, Context as _, Failure};
use crate::monitor::Monitor;
use attendant::Attendant;
use collector::{Collector, Outlet};
use dated_journal::DatedJournal;
use dating::Dating;
use disk::Folder;
use health::Health;
use heartbeat::Heart;
use ingest::{Ingest, ToRecord};
use keeper::{Keeper, ToKeep};
use raw_log::archive::Archive;
use recorder::{Listeners, Recorder};
use shutdown::Shutdown;
use watch::Watch;

/// Reads between collector and ingest: five seconds of them, for a stalled processor.
const DELIVERIES: usize = 1024;
/// Batches between ingest and recorder: forty seconds of reads, for a disk that hesitates.
const BATCHES: usize = 8192;
/// Rows, observations and fixes between ingest and keeper: an hour, for a disk that is full for a
/// while.
const ROWS: usize = 12_288;

/// Runs the daemon until it is asked to stop.
pub(crate) fn run(config: &VehicleConfig, state: VehicleState) -> Result<(), Failure> {
    let shutdown = Shutdown::on_signals().blame(Blame::Runtime, "signals")?;
    let clock = Clock::start();
    let health = Arc::new(Health::default());
    let collector = Collector::open(&config.collector, config.baud)?;
    make_folder(&config.out)?;
    let store = open_store(&config.out, &clock)?;
    let drawn = getrandom::u64().blame(Blame::Runtime, "random numbers")?;

    let (to_ingest, deliveries) = bounded(DELIVERIES);
    let (to_record, batches) = bounded(BATCHES);
    let (to_keep, kept) = bounded(ROWS);
    let mut threads = Threads::default();
    let mut attendant = Attendant::new(clock, to_keep.clone(), Arc::clone(&health));
    let (session, running, uploader) = start_uploader(config.mqtt.as_ref(), clock, &health)?;
    threads.extend(uploader);
    threads.spawn("keeper", {
        let outbox = Outbox::new(Budget::default());
        let health = Arc::clone(&health);
        let keeper = Keeper {
            store,
            journal: DatedJournal::new(&config.out, drawn),
            outbox,
            session,
            keep_session_running: running,
            clock,
            dating: Dating::new(clock, config.time_wait),
            heart: attendant.heart("keeper"),
            health,
        };
        move || keeper.run(&kept)
    })?;
    let recording = Recording {
        config,
        clock,
        heart: attendant.heart("recorder"),
        to_keep: to_keep.clone(),
        health: Arc::clone(&health),
    };
    recording.start(&mut threads, batches)?;
    let ingest = Ingest {
        deliveries,
        to_record,
        to_keep,
        state,
        row_interval: config.row_interval,
        clock,
        health: Arc::clone(&health),
    };
    threads.spawn("ingest", move || ingest.run())?;
    let outlet = Outlet {
        clock,
        deliveries: to_ingest,
        health: Arc::clone(&health),
        shutdown: shutdown.clone(),
    };
    threads.spawn("collector", move || collector.run(&outlet))?;
    info!(collector = %config.collector, out = %config.out.display(), "recording");
    let watch = Watch::new(config, clock, health.clone(), attendant.hearts());
    let _monitor = Monitor::start(config.monitor, "vehicle", clock, watch);
    heartbeat::ready();
    status::show_until(&shutdown, &health, &clock, || attendant.look());
    attendant.leave();
    info!("stopping: writing what was received");
    threads.join();
    status::last_words(&health);
    Ok(())
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        let what = format_args!("folder {}: {error}", folder.display());
        Failure::new(Blame::Runtime, what)
            .hint("name a folder with --out that can be made and written here")
    })
}

/// Opens the store; the newest date that it trusts is one that no clock can be behind.
fn open_store(folder: &Path, clock: &Clock) -> Result<Store, Failure> {
    let store = Store::open(&folder.join("v2x.db")).and_then(|store| {
        if let Some(newest) = store.newest_trusted()? {
            clock.raise_floor(newest);
        }
        Ok(store)
    });
    store.map_err(|error| {
        Failure::new(Blame::Runtime, error)
            .hint("give another folder with --out, or move the file away to begin a new store")
    })
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
        let archive = Archive {
            folder: out.clone(),
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

/// The keeper's ends of a session: for its rows, and for its life.
type SessionEnds = (
    Option<supply::OutboxEnd>,
    Option<oneshot::Sender<()>>,
    Option<JoinHandle<()>>,
);

fn start_uploader(
    mqtt: Option<&MqttConfig>,
    clock: Clock,
    health: &Arc<Health>,
) -> Result<SessionEnds, Failure> {
    let Some(mqtt) = mqtt else {
        info!("no broker is named: rows stay in the store and are sent when one is");
        return Ok((None, None, None));
    };
    if !mqtt.broker.is_encrypted() && !is_loopback(mqtt.broker.host()) {
        warn!("mqtt:// sends the token and the car's data in clear; mqtts:// encrypts both");
    }
    let (outbox_end, session_end) = supply::supply();
    let (running, stop) = oneshot::channel();
    let uploader = uploader::start(mqtt, session_end, stop, clock, Arc::clone(health))
        .map_err(|error| Failure::new(Blame::Runtime, error))?;
    Ok((Some(outbox_end), Some(running), Some(uploader)))
}

/// Whether a host is this computer, as written in a URL.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The threads of the daemon.
#[derive(Default)]
pub(crate) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    pub(crate) fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), Failure> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
        self.0
            .push(thread.blame(Blame::Runtime, format_args!("thread {name}"))?);
        Ok(())
    }

    pub(crate) fn extend(&mut self, threads: impl IntoIterator<Item = JoinHandle<()>>) {
        self.0.extend(threads);
    }

    /// Waits for all of them; they end by themselves once the collector has.
    pub(crate) fn join(self) {
        for thread in self.0 {
            let name = thread.thread().name().unwrap_or("thread").to_owned();
            if thread.join().is_err() {
                warn!(name, "a thread ended by a defect of this program");
            }
        }
    }
}
