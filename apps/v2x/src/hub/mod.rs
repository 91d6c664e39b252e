//! `v2x hub`: an MQTT endpoint that speaks the ThingsBoard device API, a store, and who may see it,
//! in one process.
//!
//! ```text
//! devices ═ endpoint ═► connection ─► desk ─► books ─► hub.db      (PUBACK when it is on disk)
//!             (one thread, async)       │       │ (one thread)
//! broker ══ outside ════════════════════┘       ▼
//!                                             fleet ─► pages, other devices that ask
//! ```
//!
//! | file | what it is |
//! |---|---|
//! | `endpoint`, `connection` | sockets, and bytes between one of them and its conversation |
//! | `login`, `secrets` | who a connection is |
//! | `desk`, `limits` | what a message comes to, and how many a device may send |
//! | `books` | the thread that writes, in groups |
//! | `fleet` | all devices as they are now |
//! | `sessions`, `orders` | whom a message to a device goes to; commands and answers |
//! | `joining` | devices that ask to be let in |
//! | `outside` | devices at an outside broker |
//! | `chores` | what is done once a second |
//! | `certificate` | by what connections are encrypted |
//! | `site`, `serve` | the hub as the dashboard sees it, and the thread that serves it |
//! | `watch` | what the monitor tells of the hub |
//! | `admin` | the first account |
//!
//! What is decided is in `v2x_roles::hub`, topics are in `v2x_uplink`, SQL in `v2x_store::hub`.

pub(crate) mod admin;
mod books;
pub(crate) mod certificate;
mod chores;
mod connection;
mod counters;
mod desk;
mod endpoint;
mod fleet;
mod joining;
mod limits;
mod login;
mod orders;
mod outside;
pub(crate) mod secrets;
mod serve;
mod sessions;
mod site;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};
use v2x_roles::hub::Taken;
use v2x_store::StoreError;
use v2x_store::hub::{AlarmRow, Arrival, HubStore, Kept};
use v2x_units::UtcTime;
use v2x_uplink::vss::VssReader;
use v2x_web::Live;
use v2x_web::types::LiveEvent;

use self::books::Books;
use self::chores::Chores;
use self::counters::Counters;
use self::endpoint::Endpoint;
use self::fleet::{Fleet, Turn};
use self::joining::Joining;
use self::limits::Limits;
use self::login::Doorbell;
use self::orders::Orders;
use self::outside::{Outside, WayState};
use self::serve::Pages;
use self::sessions::Sessions;
use crate::clock::{self, Clock};
use crate::config::hub::{HubConfig, PagesTls};
use crate::daemon::heartbeat::{self, Watchdog};
use crate::daemon::{Shutdown, make_folder};
use crate::failure::{Blame, Context as _, Failure};
use crate::monitor::Monitor;

pub(crate) use self::admin::FILE as FIRST_PASSWORD_FILE;
pub(crate) use self::joining::Invitation;
pub(crate) use self::watch::RESERVE;

/// The file's name in the folder given with `--out`.
pub(crate) const HUB_FILE: &str = "hub.db";
/// Held by the hub that runs, so that there is one.
const LOCK_FILE: &str = "hub.lock";
/// Connections that ask to be let in, at once: as many as may wait for an admin.
const NEWCOMERS_MAX: usize = v2x_store::hub::PENDING_MAX;
/// How often chores are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Everything that the parts share.
pub(crate) struct Hub {
    pub(crate) config: HubConfig,
    pub(crate) clock: Clock,
    pub(crate) fleet: Fleet,
    pub(crate) books: Books,
    reader: Mutex<HubStore>,
    pub(crate) sessions: Sessions,
    pub(crate) orders: Orders,
    pub(crate) joining: Joining,
    pub(crate) doorbell: Doorbell,
    /// Places of connections that ask to be let in.
    pub(crate) newcomers: Arc<Semaphore>,
    pub(crate) message_limits: Limits,
    pub(crate) point_limits: Limits,
    pub(crate) counters: Counters,
    pub(crate) way: WayState,
    pub(crate) live: Arc<Live>,
    /// Of what was said that it is passed over.
    passed_over_said: Mutex<BTreeSet<&'static str>>,
    is_over: AtomicBool,
}

impl Hub {
    /// As the last run has left it, with nobody connected.
    fn new(
        config: HubConfig,
        clock: Clock,
        books: Books,
        store: &HubStore,
    ) -> Result<Self, Failure> {
        let now = Clock::wall().unwrap_or_else(|| clock.now().utc);
        let reader = HubStore::open_to_read(store.path()).map_err(|error| no_store(&error))?;
        Ok(Self {
            message_limits: Limits::new(config.messages_limit.clone()),
            point_limits: Limits::new(config.points_limit.clone()),
            config,
            clock,
            fleet: Fleet::load(store, now).map_err(|error| no_store(&error))?,
            books,
            reader: Mutex::new(reader),
            sessions: Sessions::default(),
            orders: Orders::default(),
            joining: Joining::default(),
            doorbell: Doorbell::default(),
            newcomers: Arc::new(Semaphore::new(NEWCOMERS_MAX)),
            counters: Counters::default(),
            way: WayState::default(),
            live: Arc::new(Live::new()),
            passed_over_said: Mutex::default(),
            is_over: AtomicBool::new(false),
        })
    }

    /// The file, to read in it.
    pub(crate) fn reader(&self) -> MutexGuard<'_, HubStore> {
        // A question changes nothing that a panic could leave half.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of day, as well as it is known.
    pub(crate) fn now(&self) -> UtcTime {
        Clock::wall().unwrap_or_else(|| self.clock.now().utc)
    }

    /// Whether the hub is ending.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Rows are on disk.
    fn kept(&self, rows: &[Arrival], kept: &Kept) {
        let taken = self.fleet.take(rows, self.now());
        if self.live.counters().viewers > 0 {
            self.tell_viewers(rows, &taken);
        }
        self.counters.rows.add(kept.new as u64);
        self.counters.repeated.add(kept.known as u64);
        self.counters.merged.add(kept.merged as u64);
        self.counters.of_nobody.add(kept.of_nobody as u64);
        let keys: usize = taken.iter().map(|taken| taken.passed_over).sum();
        self.passed_over(keys, "keys of a device");
        self.passed_over(kept.alarms_passed_over, "kinds of alarms of a device");
        self.alarmed(&kept.alarms);
    }

    /// Something of a device has no room: counted, and said when it is the first of its kind.
    pub(crate) fn passed_over(&self, count: usize, what: &'static str) {
        if count == 0 {
            return;
        }
        self.counters.passed_over.add(count as u64);
        let said = self.passed_over_said.lock();
        let is_first = said.unwrap_or_else(PoisonError::into_inner).insert(what);
        if is_first {
            warn!("too many {what}: new ones are passed over and counted, known ones go on");
        }
    }

    fn tell_viewers(&self, rows: &[Arrival], taken: &[Taken]) {
        for (arrival, taken) in rows.iter().zip(taken) {
            if taken.is_newer {
                let values = arrival.row.values.iter();
                let values = values.filter(|(key, _)| site::is_value(key));
                self.live.publish(&LiveEvent::Values {
                    device: arrival.device.to_string(),
                    ts: arrival.row.ts.as_millis(),
                    values: values
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect(),
                });
            }
            let told = arrival.episodes.iter();
            let told = told.filter_map(|it| site::session_event(self, arrival.device, it));
            told.for_each(|event| self.live.publish(&event));
        }
    }

    /// Alarms have changed.
    fn alarmed(&self, alarms: &[AlarmRow]) {
        self.fleet.take_alarms(alarms);
        for alarm in alarms {
            self.live.publish(&LiveEvent::Alarm(site::alarm(alarm)));
        }
    }

    /// A device came or went.
    fn turned(&self, turn: &Turn) {
        let is_online = turn.is_online;
        tracing::debug!(device = %turn.device, is_online, "a device came or went");
        self.live.publish(&LiveEvent::State {
            device: turn.device.to_string(),
            online: Some(is_online),
            last_seen: turn.last_seen.map(UtcTime::as_millis),
        });
    }
}

/// A folder that a hub has for itself while this lives.
#[derive(Debug)]
pub(crate) struct Held(#[expect(dead_code, reason = "the lock lasts as long as it")] std::fs::File);

/// Takes a folder for a hub; another hub may have it.
pub(crate) fn hold(folder: &Path) -> Result<Held, Failure> {
    let path = folder.join(LOCK_FILE);
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| crate::daemon::no_folder(folder, &error))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Held(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let what = format_args!("a hub runs in {} already", folder.display());
            Err(Failure::new(Blame::Runtime, what).hint("stop it first, or name another folder"))
        }
        Err(error) => {
            let what = format_args!("{} cannot be locked: {error}", path.display());
            let failure = Failure::new(Blame::Runtime, what);
            Err(failure.hint("some network file systems know no locks: name a folder on a disk"))
        }
    }
}

/// Whether a hub runs in a folder; nothing is made there.
pub(crate) fn is_held(folder: &Path) -> bool {
    let Ok(file) = std::fs::File::open(folder.join(LOCK_FILE)) else {
        return false;
    };
    let locked = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    locked == Err(rustix::io::Errno::WOULDBLOCK)
}

/// Opens the hub's file in a folder that is there, or begins one.
pub(crate) fn open(folder: &Path) -> Result<HubStore, Failure> {
    HubStore::open(&folder.join(HUB_FILE)).map_err(|error| no_store(&error))
}

/// A file that cannot be opened.
pub(crate) fn no_store(error: &StoreError) -> Failure {
    let failure = Failure::new(Blame::Runtime, error);
    failure.hint("name the hub's folder with --out; `v2x hub restore` brings a backup back")
}

/// Runs the hub until it is asked to stop.
pub(crate) fn run(config: HubConfig, vss: VssReader) -> Result<(), Failure> {
    let shutdown = Shutdown::on_signals().blame(Blame::Runtime, "signals")?;
    make_folder(&config.out)?;
    let held = hold(&config.out)?;
    raise_file_limit(config.connections);
    let mut store = open(&config.out)?;
    let clock = Clock::of_system();
    let (books, queue) = books::queue();
    let now = Clock::wall().unwrap_or_else(|| clock.now().utc);
    admin::first(&mut store, &config.out, now)?;
    let (tls, pages_tls) = encryption(&config)?;
    let hub = Arc::new(Hub::new(config, clock, books, &store)?);
    let mut watchdog = Watchdog::new();
    let heart = watchdog.heart("books", clock.now().instant);
    let writer = books::start(queue, store, Arc::clone(&hub))?;
    let endpoint = Endpoint::start(Arc::clone(&hub), tls.map(TlsAcceptor::from))?;
    let outside = Outside::start(Arc::clone(&hub), vss)?;
    let pages = Pages::start(&hub, pages_tls)?;
    let watched = Arc::new(watch::Watch::new(Arc::clone(&hub), watchdog.hearts()));
    let monitor = Monitor::start(hub.config.monitor, "hub", clock, watched);
    say_hello(&hub, &endpoint);
    heartbeat::ready();
    let mut chores = Chores::new(Arc::clone(&hub), heart, clock.now().instant);
    while !shutdown.is_requested() {
        let now = clock.now().instant;
        chores.look(now);
        watchdog.look(now);
        wait(&shutdown);
    }
    heartbeat::stopping();
    info!("stopping");
    drop(monitor);
    if let Some(pages) = pages {
        pages.stop();
    }
    endpoint.stop();
    if let Some(outside) = outside {
        outside.stop();
    }
    chores.close();
    hub.is_over.store(true, Ordering::SeqCst);
    // Wakes the thread that writes, which then sees that it is over.
    hub.books.try_later(|_| {});
    if writer.join().is_err() {
        warn!("the thread that writes ended by a panic");
    }
    info!("{}", hub.counters);
    drop(held);
    Ok(())
}

fn say_hello(hub: &Hub, endpoint: &Endpoint) {
    if let Some(address) = endpoint.plain {
        info!("devices connect to mqtt://{address}");
        if !address.ip().is_loopback() {
            warn!("tokens cross the network in the clear; set endpoint.listen to loopback or off");
        }
    }
    if let Some(address) = endpoint.encrypted {
        info!("devices connect to mqtts://{address}");
    }
    let (devices, _) = hub.fleet.counts(hub.now(), hub.config.inactive_after);
    info!(devices, "hub {} runs", hub.config.name);
}

/// By what connections are encrypted.
type Encryption = Option<Arc<rustls::ServerConfig>>;

/// By what the endpoint and the dashboard are encrypted, where that is wanted.
fn encryption(config: &HubConfig) -> Result<(Encryption, Encryption), Failure> {
    let is_of_endpoint = config.dashboard_tls == PagesTls::OfEndpoint;
    let of_endpoint = if config.listen_tls.is_some() || is_of_endpoint {
        Some(Arc::new(certificate_files(config)?.server_config()?))
    } else {
        None
    };
    let of_pages = match &config.dashboard_tls {
        PagesTls::Off => None,
        PagesTls::OfEndpoint => of_endpoint.clone(),
        PagesTls::Own(certificate, key) => {
            let (certificate, key) = (certificate.clone(), key.clone());
            Some(Arc::new(
                certificate::Files { certificate, key }.server_config()?,
            ))
        }
    };
    Ok((of_endpoint, of_pages))
}

pub(crate) fn certificate_files(config: &HubConfig) -> Result<certificate::Files, Failure> {
    match &config.certificate {
        Some((certificate, key)) => Ok(certificate::Files {
            certificate: PathBuf::clone(certificate),
            key: PathBuf::clone(key),
        }),
        None => {
            let host = rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned();
            certificate::Files::own(&config.out, &host)
        }
    }
}

/// Each connection is an open file; many systems allow a thousand unless they are asked.
fn raise_file_limit(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = connections as u64 + 256;
    let has = getrlimit(Resource::Nofile);
    let is_enough = has.current.is_none_or(|current| current >= wanted);
    if is_enough {
        return;
    }
    let current = has.maximum.map_or(wanted, |most| most.min(wanted));
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(current),
            maximum: has.maximum,
        },
    );
    if raised.is_err() || current < wanted {
        warn!(
            "the system allows {current} open files: fewer devices than {connections} can connect"
        );
    }
}

/// The driving loop of the hub looks at its chores once a second.
fn wait(shutdown: &Shutdown) {
    /// How soon a wish to stop is seen.
    const STEP: Duration = Duration::from_millis(100);
    let mut waited = Duration::ZERO;
    while waited < LOOK_EVERY && !shutdown.is_requested() {
        clock::sleep(STEP);
        waited += STEP;
    }
}
