//! Devices at an outside broker: what they publish in the plain form goes the same way into the
//! books, and the broker is told when it is there.
//!
//! Each quantity is a message of its own; those of one moment are put together before they are
//! written. A device is who its topics say it is: who may publish under which topic is the broker's
//! matter.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Map, Value as Json};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tracing::{debug, info, warn};
use v2x_roles::hub::{DeviceId, DeviceKind, Row};
use v2x_store::StoreError;
use v2x_store::hub::{DeviceRow, HubStore};
use v2x_units::UtcTime;
use v2x_uplink::vss::{ACKNOWLEDGED_MAX, Caught, Ear, Sound, VssReader, What};

use super::Hub;
use super::desk::{self, BEHIND_MAX};
use crate::failure::{Blame, Context as _, Failure};

/// The hub's name at the broker, which keeps what it misses.
const CLIENT_ID: &str = "v2x-hub";
/// How long the first message of a group waits for others of its moment.
const GROUP_WAIT: Duration = Duration::from_millis(50);
/// Messages of one group: acknowledged at once, they find room, and another group beside them.
const GROUP_MAX: usize = 500;
const _: () = assert!(2 * GROUP_MAX <= ACKNOWLEDGED_MAX);
/// How long it waits before it connects again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long the last group may take to be written at the end.
const PARTING: Duration = Duration::from_secs(3);
/// Devices that strangers may make by publishing.
const DEVICES_MAX: usize = 10_000;

/// How the way to the broker is, for whoever asks how the hub does.
#[derive(Debug, Default)]
pub(crate) struct WayState(Mutex<Way>);

/// How it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Way {
    /// Not connected yet.
    #[default]
    Begins,
    /// The broker sends.
    Connected,
    /// It is not reached, with the reason.
    Broken(String),
    /// What it sent was not taken, and is asked for again.
    Refused,
}

impl WayState {
    /// How it is now.
    pub(crate) fn get(&self) -> Way {
        self.lock().clone()
    }

    /// Says how it is; answers how it was.
    fn set(&self, way: Way) -> Way {
        std::mem::replace(&mut *self.lock(), way)
    }

    // A thread that panicked has left a whole value: each change is one assignment.
    fn lock(&self) -> MutexGuard<'_, Way> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that hears, and how it is ended.
pub(crate) struct Outside {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Outside {
    /// Begins to hear.
    pub(crate) fn start(hub: Arc<Hub>, reader: VssReader) -> Result<Option<Self>, Failure> {
        let Some(broker) = &hub.config.broker else {
            return Ok(None);
        };
        let settings = broker.settings(CLIENT_ID.to_owned());
        let ear = Ear::new(&settings, Vec::new()).blame(Blame::Configuration, "mqtt")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .blame(Blame::Runtime, "runtime of the way to the broker")?;
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::Builder::new().name("outside".to_owned());
        let thread = thread
            .spawn(move || runtime.block_on(run(hub, ear, reader, stopped)))
            .blame(Blame::Runtime, "thread outside")?;
        Ok(Some(Self { stop, thread }))
    }

    /// Ends, with everything that was heard written.
    pub(crate) fn stop(self) {
        self.stop.send(true).unwrap_or_default();
        if self.thread.join().is_err() {
            warn!("the way to the broker ended by a panic");
        }
    }
}

async fn run(hub: Arc<Hub>, ear: Ear, reader: VssReader, mut stopped: watch::Receiver<bool>) {
    let (caught_to, mut caught) = mpsc::channel::<Caught>(GROUP_MAX);
    let again = Arc::new(Notify::new());
    let hearing = tokio::spawn(hear(Arc::clone(&hub), ear, caught_to, Arc::clone(&again)));
    let mut desk = OutsideDesk {
        hub,
        reader,
        known: HashMap::new(),
    };
    loop {
        let first = tokio::select! {
            first = caught.recv() => first,
            _ = stopped.changed() => None,
        };
        let Some(first) = first else {
            break;
        };
        let mut group = vec![first];
        let until = Instant::now() + GROUP_WAIT;
        while group.len() < GROUP_MAX {
            match timeout_at(until, caught.recv()).await {
                Ok(Some(message)) => group.push(message),
                Ok(None) | Err(_) => break,
            }
        }
        tokio::select! {
            is_kept = desk.write(group) => if !is_kept {
                again.notify_one();
            } else if desk.hub.way.get() == Way::Refused {
                desk.hub.way.set(Way::Connected);
                info!("what the broker sends is kept again");
            },
            () = parting(&mut stopped) => break,
        }
    }
    hearing.abort();
}

/// Carries each step of the connection to its end; connects again when it broke, and when something
/// has to be sent again.
async fn hear(hub: Arc<Hub>, mut ear: Ear, to: mpsc::Sender<Caught>, again: Arc<Notify>) {
    loop {
        let sound = tokio::select! {
            sound = ear.next() => sound,
            () = again.notified() => {
                // A broker sends again what was not acknowledged when it is connected to, and at no
                // other time; one that waits for too many acknowledgements sends nothing at all.
                ear.hang_up();
                hub.counters.heard_again.add(1);
                if hub.way.set(Way::Refused) != Way::Refused {
                    warn!("not everything of the broker was kept; it is asked for again");
                }
                sleep(AGAIN).await;
                continue;
            }
        };
        match sound {
            Ok(Sound::Connected) => {
                // Whether what was refused is kept now shows with the first of it.
                if hub.way.get() != Way::Refused {
                    hub.way.set(Way::Connected);
                    info!("connected to the broker");
                }
            }
            Ok(Sound::Caught(message)) => {
                if to.send(message).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                let way = Way::Broken(error.clone());
                if hub.way.set(way.clone()) != way {
                    warn!(%error, "not connected to the broker; it is tried again");
                }
                sleep(AGAIN).await;
            }
        }
    }
}

/// Some time after the wish to stop.
async fn parting(stopped: &mut watch::Receiver<bool>) {
    let is_over = stopped.wait_for(|is_over| *is_over).await;
    drop(is_over);
    sleep_until(Instant::now() + PARTING).await;
}

/// When the computer knows what time it is: without it nothing is as new as it looks.
async fn time_of_day() -> UtcTime {
    let mut is_told = false;
    loop {
        if let Some(utc) = crate::clock::Clock::wall() {
            return utc;
        }
        if !std::mem::replace(&mut is_told, true) {
            warn!("what is heard waits: this computer's clock was never set");
        }
        sleep(AGAIN).await;
    }
}

struct OutsideDesk {
    hub: Arc<Hub>,
    reader: VssReader,
    /// Devices by their names, and those behind them.
    known: HashMap<Name, DeviceId>,
}

/// The name of a device, and of the slot of it that is meant.
type Name = (String, Option<String>);

/// The disk does not answer.
struct NotNow;

impl OutsideDesk {
    /// Writes a group. The broker is told of each message that is kept or says nothing; `false`
    /// when there are others, which have to be sent again.
    async fn write(&mut self, group: Vec<Caught>) -> bool {
        let utc = time_of_day().await;
        let mut rows = BTreeMap::<(DeviceId, i64), Map<_, _>>::new();
        let mut in_rows = Vec::with_capacity(group.len());
        let mut is_all_kept = true;
        for message in group {
            self.hub.counters.messages.add(1);
            let Some(heard) = self.reader.read(message.topic(), message.payload()) else {
                self.hub.counters.unknown_topics.add(1);
                is_all_kept &= message.keep();
                continue;
            };
            let device = match self.device((heard.device, heard.slot), utc).await {
                Ok(Some(device)) => device,
                Ok(None) => {
                    self.hub.passed_over(1, "devices, or slots of one");
                    is_all_kept &= message.keep();
                    continue;
                }
                Err(NotNow) => {
                    is_all_kept = false;
                    continue;
                }
            };
            self.hub.fleet.hear(device, utc);
            match heard.what {
                What::Row(row) => {
                    let of_moment = rows.entry((device, row.ts.as_millis())).or_default();
                    of_moment.extend(row.values);
                    in_rows.push(message);
                }
                What::Attributes(values) => {
                    let hub = Arc::clone(&self.hub);
                    let work =
                        move |store: &mut _| desk::describe(&hub, store, device, &values, utc);
                    match self.hub.books.work(work).await {
                        Ok(true) => is_all_kept &= message.keep(),
                        Ok(false) | Err(_) => is_all_kept = false,
                    }
                }
            }
        }
        is_all_kept & self.record(rows, &in_rows).await
    }

    async fn record(
        &self,
        rows: BTreeMap<(DeviceId, i64), Map<String, Json>>,
        of: &[Caught],
    ) -> bool {
        let rows = rows.into_iter().filter(|(_, values)| !values.is_empty());
        let rows = rows.map(|((device, ts), values)| {
            let ts = UtcTime::from_millis(ts);
            desk::arrival(device, Row { ts, values })
        });
        let rows: Vec<_> = rows.collect();
        let is_kept = rows.is_empty() || {
            let (done, written) = tokio::sync::oneshot::channel();
            let done = Box::new(move |is_kept| done.send(is_kept).unwrap_or_default());
            self.hub.books.record(rows, done).await.is_ok() && written.await == Ok(true)
        };
        if !is_kept {
            debug!(messages = of.len(), "not written; they come again");
            return false;
        }
        // All of them, also behind one that has no room.
        let told = of.iter().filter(|message| message.keep());
        told.count() == of.len()
    }

    /// The device of a name, made when it is first heard; `None` when there are too many.
    async fn device(&mut self, name: Name, utc: UtcTime) -> Result<Option<DeviceId>, NotNow> {
        if let Some(device) = self.known.get(&name)
            && self.hub.fleet.get(*device).is_some()
        {
            return Ok(Some(*device));
        }
        let wanted = name.clone();
        let found = self
            .hub
            .books
            .work(move |store| found(store, &wanted, DEVICES_MAX, utc));
        match found.await {
            Ok(Ok(Some((id, rows)))) => {
                for row in rows {
                    self.hub.fleet.put(row);
                }
                self.known.insert(name, id);
                Ok(Some(id))
            }
            Ok(Ok(None)) => Ok(None),
            Ok(Err(error)) => {
                warn!(%error, "a device cannot be noted");
                Err(NotNow)
            }
            Err(_) => Err(NotNow),
        }
    }
}

/// The device of a name in the file, with its row and its station's; `None` when there are as many
/// as there may be.
fn found(
    store: &mut HubStore,
    (device, slot): &Name,
    most: usize,
    utc: UtcTime,
) -> Result<Option<(DeviceId, Vec<DeviceRow>)>, StoreError> {
    let own = match store.device_named(device)? {
        Some(own) => own,
        None if store.devices()?.len() >= most => return Ok(None),
        None => match store.add_device(device, DeviceKind::Unknown, None, utc)? {
            Ok(own) => own,
            Err(_) => return Ok(None),
        },
    };
    let wanted = match slot {
        None => own,
        Some(slot) => match store.behind_gateway(own, slot, BEHIND_MAX, utc)? {
            Some(behind) => behind,
            // Never its station in its place: what a slot says is not the station's word.
            None => return Ok(None),
        },
    };
    let mut rows = store.devices()?;
    rows.retain(|row| row.id == own || row.id == wanted);
    Ok(Some((wanted, rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_that_has_no_room_is_not_taken_for_its_station() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = HubStore::open(&folder.path().join("hub.db")).unwrap();
        let utc = UtcTime::from_millis(1_795_514_400_000);
        let mut found = |device: &str, slot: Option<&str>| {
            let name = (device.to_owned(), slot.map(str::to_owned));
            let found = super::found(&mut store, &name, 2, utc).unwrap();
            found.map(|(id, rows)| (id, rows.len()))
        };
        let (station, _) = found("yard", None).unwrap();
        let mut slots = Vec::new();
        for number in 0..BEHIND_MAX {
            let (slot, rows) = found("yard", Some(&number.to_string())).unwrap();
            assert_eq!(rows, 2);
            slots.push(slot);
        }
        assert!(!slots.contains(&station));
        assert_eq!(found("yard", Some("one more")), None);
        assert_eq!(found("yard", Some("0")).unwrap().0, slots[0]);
        assert_eq!(found("another", None), None, "devices have a bound too");
    }
}
