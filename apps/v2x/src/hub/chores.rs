//! What the hub does by itself, once a second: who came and went, what is kept for the next start,
//! hours that are over, what is too old, and who was changed from the command line.

use std::sync::Arc;
use std::time::Duration;

use tracing::{error, warn};
use v2x_roles::hub::AlarmSaid;
use v2x_store::hub::HubStore;
use v2x_units::{Instant, UtcTime};
use v2x_uplink::endpoint::Farewell;

use super::Hub;
use super::fleet::Turn;
use crate::daemon::heartbeat::Heart;

/// How often newest values and last seen are kept: what a start finds again from messages.
const KEEP_EVERY: Duration = Duration::from_secs(20);
/// How often what is too old is looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// Hours of devices that are rolled up in one second.
const HOURS: usize = 4;
/// For how long a device that is gone is waited for before it is an alarm.
const GONE_AFTER: Duration = Duration::from_secs(120);

/// The chores, with when each is due.
pub(crate) struct Chores {
    hub: Arc<Hub>,
    heart: Heart,
    keep: Instant,
    prune: Instant,
    version: Option<i64>,
    /// Stations that are gone, and when each becomes an alarm.
    gone: Vec<(Turn, UtcTime)>,
}

impl Chores {
    pub(crate) const fn new(hub: Arc<Hub>, heart: Heart) -> Self {
        Self {
            hub,
            heart,
            keep: Instant::BOOT,
            prune: Instant::BOOT,
            version: None,
            gone: Vec::new(),
        }
    }

    /// Does what is due.
    pub(crate) fn look(&mut self, now: Instant) {
        let (heart, hub) = (self.heart.clone(), Arc::clone(&self.hub));
        let heart_of = hub.clock;
        // Beats in the thread that writes: it is the one that must not stand still.
        let is_taken = self
            .hub
            .books
            .try_later(move |_| heart.beat(heart_of.now().instant));
        if !is_taken {
            return;
        }
        self.watch_others();
        self.turns();
        if now >= self.keep {
            self.keep = now + KEEP_EVERY;
            let hub = Arc::clone(&self.hub);
            self.later(move |store| keep(&hub, store));
        }
        let Some(utc) = crate::clock::Clock::wall() else {
            return;
        };
        let is_due = now >= self.prune;
        if is_due {
            self.prune = now + PRUNE_EVERY;
        }
        let retention = self.hub.config.retention;
        self.later(move |store| {
            if let Err(error) = store.roll_up(utc, HOURS) {
                warn!(%error, "an hour cannot be rolled up");
            }
            if is_due && let Err(error) = prune(store, &retention, utc) {
                warn!(%error, "what is too old cannot be given up");
            }
        });
    }

    /// Keeps everything before the end.
    pub(crate) fn close(&self) {
        let hub = Arc::clone(&self.hub);
        if self
            .hub
            .books
            .work_here(move |store| keep(&hub, store))
            .is_err()
        {
            error!("newest values were not kept; the next start finds them from messages");
        }
    }

    fn later(&self, work: impl FnOnce(&mut HubStore) + Send + 'static) {
        if !self.hub.books.try_later(work) {
            warn!("the books have no room for a chore; it is done later");
        }
    }

    /// Somebody else writes the file: the tools of the command line.
    fn watch_others(&mut self) {
        // Our own writes change it as well; looking at the devices costs little.
        let version = self.hub.reader().version_of_others().ok();
        if version != self.version {
            self.version = version;
            self.hub.refresh();
        }
    }

    fn turns(&mut self) {
        let now = self.hub.now();
        for turn in self.hub.fleet.turns(now, self.hub.config.inactive_after) {
            self.hub.turned(&turn);
            self.gone.retain(|(other, _)| other.device != turn.device);
            if turn.is_online {
                self.say(&turn, false, now);
            } else if AlarmSaid::offline(turn.kind, true).is_some() {
                self.gone.push((turn, now + GONE_AFTER));
            }
        }
        let due = self.gone.iter().filter(|(_, due)| *due <= now);
        let due: Vec<Turn> = due.map(|(turn, _)| turn.clone()).collect();
        self.gone.retain(|(_, due)| *due > now);
        for turn in due {
            self.say(&turn, true, turn.last_seen.unwrap_or(now));
        }
    }

    fn say(&self, turn: &Turn, is_raised: bool, at: UtcTime) {
        let Some(said) = AlarmSaid::offline(turn.kind, is_raised) else {
            return;
        };
        let (hub, device) = (Arc::clone(&self.hub), turn.device);
        self.later(move |store| match store.say_alarm(device, &said, at) {
            Ok(changed) => hub.alarmed(changed.as_slice()),
            Err(error) => warn!(%error, "an alarm cannot be noted"),
        });
    }
}

fn keep(hub: &Hub, store: &mut HubStore) {
    let latest = hub.fleet.changed_latest();
    if let Err(error) = store.keep_latest(&latest) {
        warn!(%error, "newest values cannot be kept; it is tried again");
        hub.fleet.not_kept(latest.into_iter().map(|(id, _)| id));
    }
    if let Err(error) = store.note_seen(&hub.fleet.changed_seen()) {
        warn!(%error, "when devices were seen cannot be kept");
    }
}

fn prune(
    store: &mut HubStore,
    retention: &v2x_store::hub::HubRetention,
    utc: UtcTime,
) -> Result<(), v2x_store::StoreError> {
    // Some pieces a minute: a hundred thousand rows.
    for _ in 0..20 {
        if !store.prune(retention, utc)? {
            break;
        }
    }
    Ok(())
}

impl Hub {
    /// Takes up what the tools of the command line have changed.
    pub(crate) fn refresh(&self) {
        let gone = self.fleet.refresh(&self.reader());
        match gone {
            Ok(gone) => {
                for device in gone {
                    self.sessions.part(device, Farewell::Administrative);
                }
            }
            Err(error) => warn!(%error, "devices cannot be read again"),
        }
    }
}
