//! What the hub does by itself, once a second: who came and went, what is kept for the next start,
//! hours that are over, what is too old, and who was changed from the command line.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::{error, warn};
use v2x_roles::hub::{AlarmSaid, DeviceId};
use v2x_store::hub::HubStore;
use v2x_units::{Instant, UtcTime};
use v2x_uplink::endpoint::Farewell;

use super::Hub;
use super::fleet::Turn;
use crate::clock::Clock;
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
    /// Stations that are gone, and when each becomes an alarm.
    gone: Vec<(Turn, Instant)>,
    /// What is to be said of a station as soon as the books have room for it.
    unsaid: HashMap<DeviceId, (AlarmSaid, UtcTime)>,
    rolling_up: Long,
    pruning: Long,
}

/// A chore of many pieces: it does not begin again while it is at it.
#[derive(Debug, Clone, Default)]
struct Long(Arc<AtomicBool>);

impl Chores {
    /// Nothing done yet. A station that an earlier run has heard and that never comes back is gone
    /// as one that leaves now.
    pub(crate) fn new(hub: Arc<Hub>, heart: Heart, now: Instant) -> Self {
        let heard = hub.fleet.all().into_iter();
        let gone = heard.filter(|known| known.presence.last_seen().is_some());
        let gone = gone.map(|known| (Turn::gone(&known), now + GONE_AFTER));
        Self {
            gone: gone.collect(),
            hub,
            heart,
            keep: Instant::BOOT,
            prune: Instant::BOOT,
            unsaid: HashMap::new(),
            rolling_up: Long::default(),
            pruning: Long::default(),
        }
    }

    /// Does what is due.
    pub(crate) fn look(&mut self, now: Instant) {
        let (heart, hub) = (self.heart.clone(), Arc::clone(&self.hub));
        // Beats in the thread that writes: it is the one that must not stand still.
        let is_taken = self.hub.books.try_later(move |store| {
            heart.beat(hub.clock.now().instant);
            hub.watch_others(store);
        });
        if !is_taken {
            return;
        }
        self.turns(now);
        if now >= self.keep {
            let hub = Arc::clone(&self.hub);
            if self.hub.books.try_later(move |store| keep(&hub, store)) {
                self.keep = now + KEEP_EVERY;
            }
        }
        let Some(utc) = Clock::wall() else {
            return;
        };
        let (mut left, mut refused) = (HOURS, 0);
        self.rolling_up.begin(&self.hub, move |store| {
            left -= 1;
            match store.roll_up_one(utc, refused) {
                Ok(is_done) => is_done && left > 0,
                Err(error) => {
                    if refused == 0 {
                        warn!(%error, "an hour cannot be rolled up");
                    }
                    // It does not keep those behind it waiting.
                    refused += 1;
                    left > 0
                }
            }
        });
        if now >= self.prune {
            let retention = self.hub.config.retention;
            let is_taken = self.pruning.begin(&self.hub, move |store| {
                let pruned = store.prune(&retention, utc);
                pruned.unwrap_or_else(|error| {
                    warn!(%error, "what is too old cannot be given up");
                    false
                })
            });
            if is_taken {
                self.prune = now + PRUNE_EVERY;
            }
        }
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

    fn turns(&mut self, now: Instant) {
        let utc = self.hub.now();
        for turn in self.hub.fleet.turns(utc, self.hub.config.inactive_after) {
            self.hub.turned(&turn);
            self.gone.retain(|(other, _)| other.device != turn.device);
            if turn.is_online {
                self.say(&turn, utc);
            } else {
                self.gone.push((turn, now + GONE_AFTER));
            }
        }
        let due = self.gone.extract_if(.., |(_, due)| *due <= now);
        let due: Vec<Turn> = due.map(|(turn, _)| turn).collect();
        for turn in due {
            self.say(&turn, turn.last_seen.unwrap_or(utc));
        }
        let hub = &self.hub;
        self.unsaid
            .retain(|device, (said, at)| !say(hub, *device, said.clone(), *at));
    }

    /// An alarm that a device is gone, or its end; where that is one.
    fn say(&mut self, turn: &Turn, at: UtcTime) {
        if let Some(said) = AlarmSaid::offline(turn.kind, !turn.is_online) {
            self.unsaid.insert(turn.device, (said, at));
        }
    }
}

/// Has the books note an alarm of the hub's own; `false` when they have no room now.
fn say(hub: &Arc<Hub>, device: DeviceId, said: AlarmSaid, at: UtcTime) -> bool {
    let at_books = Arc::clone(hub);
    hub.books
        .try_later(move |store| match store.watch_alarm(device, &said, at) {
            Ok(changed) => at_books.alarmed(changed.as_slice()),
            Err(error) => warn!(%error, "an alarm cannot be noted"),
        })
}

impl Long {
    /// Has it done piece by piece, until `piece` says that there are no more. Each is a job of its
    /// own behind those that wait, so that nobody waits longer than for one of each chore. `false`
    /// when there is no room for the first; where there is none for another, the chore is gone on
    /// with when it is due again.
    fn begin(
        &self,
        hub: &Arc<Hub>,
        piece: impl FnMut(&mut HubStore) -> bool + Send + 'static,
    ) -> bool {
        if self.0.swap(true, Ordering::Relaxed) {
            return true;
        }
        let is_taken = self.go_on(hub, piece);
        if !is_taken {
            self.0.store(false, Ordering::Relaxed);
        }
        is_taken
    }

    fn go_on(
        &self,
        hub: &Arc<Hub>,
        mut piece: impl FnMut(&mut HubStore) -> bool + Send + 'static,
    ) -> bool {
        let (this, again) = (self.clone(), Arc::clone(hub));
        hub.books.try_later(move |store| {
            let is_over = !piece(store) || again.is_over();
            if is_over || !this.go_on(&again, piece) {
                this.0.store(false, Ordering::Relaxed);
            }
        })
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

impl Hub {
    /// Takes up what the tools of the command line have changed, if they have written.
    fn watch_others(&self, store: &mut HubStore) {
        match store.others_have_written() {
            Ok(None) => {}
            Ok(Some(version)) => {
                // What could not be read is read again in a second.
                if self.refresh(store) {
                    store.caught_up(version);
                }
            }
            Err(error) => warn!(%error, "whether devices were changed cannot be read"),
        }
    }

    /// Takes up devices as they are in the file; in the thread that writes. `false` when they
    /// cannot be read.
    pub(crate) fn refresh(&self, store: &HubStore) -> bool {
        match self.fleet.refresh(store) {
            Ok(to_part) => {
                for device in to_part {
                    self.sessions.part(device, Farewell::Administrative);
                }
                true
            }
            Err(error) => {
                warn!(%error, "devices cannot be read again");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use v2x_roles::hub::DeviceKind;

    use super::super::books;
    use super::*;
    use crate::cli;
    use crate::config::hub::HubConfig;
    use crate::daemon::heartbeat::Watchdog;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    /// A hub without sockets whose file has a station that was heard an hour ago.
    struct Bench {
        hub: Arc<Hub>,
        station: DeviceId,
        heard: UtcTime,
        _folder: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut store = super::super::open(folder.path()).unwrap();
            let now = Clock::wall().unwrap();
            let heard = UtcTime::from_millis((now - Duration::from_secs(3600)).as_millis());
            let station = store.add_device("Yard", DeviceKind::Station, None, heard);
            let station = station.unwrap().unwrap();
            let never = store.add_device("New", DeviceKind::Station, None, heard);
            never.unwrap().unwrap();
            store.note_seen(&[(station, heard)]).unwrap();
            let options = cli::Hub {
                out: Some(folder.path().to_owned()),
                ..cli::Hub::default()
            };
            let (config, _) = HubConfig::gather(&options).unwrap();
            let (books, queue) = books::queue();
            let hub = Hub::new(config, Clock::of_system(), books, &store).unwrap();
            let hub = Arc::new(hub);
            // It waits for jobs until the test is over.
            drop(books::start(queue, store, Arc::clone(&hub)).unwrap());
            Self {
                hub,
                station,
                heard,
                _folder: folder,
            }
        }

        fn chores(&self) -> Chores {
            let heart = Watchdog::default().heart("books", at(0));
            Chores::new(Arc::clone(&self.hub), heart, at(0))
        }

        /// Alarms that go on, once everything is done that was asked for.
        fn open_alarms(&self) -> Vec<v2x_store::hub::AlarmRow> {
            let alarms = self.hub.books.work_here(|store| store.open_alarms());
            alarms.unwrap().unwrap()
        }
    }

    #[test]
    fn station_that_does_not_come_back_after_a_restart_is_an_alarm_and_is_over_when_it_does() {
        let bench = Bench::new();
        let mut chores = bench.chores();
        chores.look(at(119));
        assert_eq!(bench.open_alarms(), []);
        chores.look(at(121));
        let alarms = bench.open_alarms();
        assert_eq!(alarms.len(), 1, "none of the station that was never heard");
        let alarm = &alarms[0];
        assert_eq!((alarm.device, alarm.began), (bench.station, bench.heard));
        bench.hub.fleet.connect(bench.station, bench.hub.now());
        chores.look(at(122));
        assert_eq!(bench.open_alarms(), []);
        // It said nothing and left: the alarm begins before the last one ended.
        bench.hub.fleet.disconnect(bench.station);
        chores.look(at(123));
        chores.look(at(300));
        assert_eq!(bench.open_alarms().len(), 1);
    }

    #[test]
    fn station_that_comes_back_in_time_after_a_restart_is_no_alarm() {
        let bench = Bench::new();
        let mut chores = bench.chores();
        bench.hub.fleet.connect(bench.station, bench.hub.now());
        chores.look(at(60));
        chores.look(at(200));
        assert_eq!(bench.open_alarms(), []);
    }

    #[test]
    fn whoever_waits_for_the_books_waits_for_one_piece_of_a_long_chore_only() {
        let bench = Bench::new();
        let done = Arc::new(Mutex::new(Vec::new()));
        let (hub, noted) = (Arc::clone(&bench.hub), Arc::clone(&done));
        let mut piece = 0;
        let chore = Long::default();
        let is_taken = chore.begin(&bench.hub, move |_| {
            piece += 1;
            noted.lock().unwrap().push(format!("piece {piece}"));
            if piece == 1 {
                let noted = Arc::clone(&noted);
                let other = move |_: &mut HubStore| noted.lock().unwrap().push("other".to_owned());
                assert!(hub.books.try_later(other));
            }
            piece < 3
        });
        assert!(is_taken);
        // While it is at it there is no second one.
        let second = Arc::clone(&done);
        assert!(chore.begin(&bench.hub, move |_| {
            second.lock().unwrap().push("second".to_owned());
            false
        }));
        // Each piece is a job behind those before it.
        for _ in 0..3 {
            bench.hub.books.work_here(|_| {}).unwrap();
        }
        let done = done.lock().unwrap().join(", ");
        assert_eq!(done, "piece 1, other, piece 2, piece 3");
    }
}
