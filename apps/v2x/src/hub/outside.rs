//! Devices at an outside broker: what they publish in the plain form goes the same way into the
//! books, and the broker is told when it is there.
//!
//! Each quantity is a message of its own; those of one moment are put together before they are
//! written. A device is who its topics say it is: who may publish under which topic is the broker's
//! matter.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Map;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tracing::{debug, info, warn};
use v2x_roles::hub::{DeviceId, DeviceKind, Row};
use v2x_store::hub::DeviceRow;
use v2x_units::UtcTime;
use v2x_uplink::vss::{Caught, Ear, Keeper, VssReader, What};

use super::{Hub, desk};
use crate::failure::{Blame, Context as _, Failure};

/// The hub's name at the broker, which keeps what it misses.
const CLIENT_ID: &str = "v2x-hub";
/// How long the first message of a group waits for others of its moment.
const GROUP_WAIT: Duration = Duration::from_millis(50);
/// Messages of one group.
const GROUP_MAX: usize = 2000;
/// How long it waits before it connects again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long the last group may take to be written at the end.
const PARTING: Duration = Duration::from_secs(3);
/// Devices that strangers may make by publishing.
const DEVICES_MAX: usize = 10_000;

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

async fn run(hub: Arc<Hub>, mut ear: Ear, reader: VssReader, mut stopped: watch::Receiver<bool>) {
    let keeper = ear.keeper();
    let (caught_to, mut caught) = mpsc::channel::<Caught>(GROUP_MAX);
    // One task carries each step of the connection to its end; it is dropped with the connection.
    let hearing = tokio::spawn(async move {
        loop {
            match ear.next().await {
                Ok(message) => {
                    if caught_to.send(message).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    info!(%error, "not connected to the broker; it is tried again");
                    sleep(AGAIN).await;
                }
            }
        }
    });
    let mut desk = OutsideDesk {
        hub,
        reader,
        keeper,
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
            () = desk.write(group) => {}
            () = parting(&mut stopped) => break,
        }
    }
    hearing.abort();
}

/// Some time after the wish to stop.
async fn parting(stopped: &mut watch::Receiver<bool>) {
    let is_over = stopped.wait_for(|is_over| *is_over).await;
    drop(is_over);
    sleep_until(Instant::now() + PARTING).await;
}

struct OutsideDesk {
    hub: Arc<Hub>,
    reader: VssReader,
    keeper: Keeper,
    /// Devices by their names, and those behind them.
    known: HashMap<(String, Option<String>), DeviceId>,
}

impl OutsideDesk {
    /// Writes a group; when it returns, the broker was told, or everything comes again.
    async fn write(&mut self, group: Vec<Caught>) {
        let Some(utc) = crate::clock::Clock::wall() else {
            warn!("nothing is taken: this computer's clock was never set");
            return sleep(AGAIN).await;
        };
        let mut rows = BTreeMap::<(DeviceId, i64), Map<_, _>>::new();
        let mut kept = Vec::with_capacity(group.len());
        for message in group {
            self.hub.counters.messages.add(1);
            let Some(heard) = self.reader.read(message.topic(), message.payload()) else {
                self.hub.counters.unknown_topics.add(1);
                self.keeper.keep(&message);
                continue;
            };
            let Some(device) = self.device((heard.device, heard.slot), utc).await else {
                // It is not acknowledged, and comes again with the next connection.
                continue;
            };
            self.hub.fleet.hear(device, utc);
            match heard.what {
                What::Row(row) => {
                    let of_moment = rows.entry((device, row.ts.as_millis())).or_default();
                    of_moment.extend(row.values);
                    kept.push(message);
                }
                What::Attributes(values) => {
                    let hub = Arc::clone(&self.hub);
                    let work =
                        move |store: &mut _| desk::describe(&hub, store, device, &values, utc);
                    if self.hub.books.work(work).await == Ok(true) {
                        self.keeper.keep(&message);
                    }
                }
            }
        }
        let rows = rows.into_iter().map(|((device, ts), values)| {
            let ts = UtcTime::from_millis(ts);
            desk::arrival(device, Row { ts, values })
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return;
        }
        let (done, written) = tokio::sync::oneshot::channel();
        let done = Box::new(move |is_kept| done.send(is_kept).unwrap_or_default());
        let is_taken = self.hub.books.record(rows, done).await.is_ok();
        if is_taken && written.await == Ok(true) {
            for message in &kept {
                self.keeper.keep(message);
            }
        } else {
            debug!(messages = kept.len(), "not written; they come again");
        }
    }

    async fn device(&mut self, name: (String, Option<String>), utc: UtcTime) -> Option<DeviceId> {
        if let Some(device) = self.known.get(&name)
            && self.hub.fleet.get(*device).is_some()
        {
            return Some(*device);
        }
        let (device, slot) = name.clone();
        let found = self
            .hub
            .books
            .work(move |store| -> Result<_, v2x_store::StoreError> {
                let known = store.device_named(&device)?;
                if known.is_none() && store.devices()?.len() >= DEVICES_MAX {
                    return Ok(Vec::new());
                }
                let id = match known {
                    Some(id) => id,
                    None => match store.add_device(&device, DeviceKind::Unknown, None, utc)? {
                        Ok(id) => id,
                        Err(_) => return Ok(Vec::new()),
                    },
                };
                let id = match &slot {
                    None => Some(id),
                    Some(slot) => store.behind_gateway(id, slot, DEVICES_MAX, utc)?,
                };
                let rows = store.devices()?.into_iter();
                let of_it = rows.filter(|row| Some(row.id) == id || row.name == device);
                let mut of_it: Vec<DeviceRow> = of_it.collect();
                // The wanted one comes last.
                of_it.sort_by_key(|row| Some(row.id) == id);
                Ok(of_it)
            });
        match found.await {
            Ok(Ok(rows)) => {
                let id = rows.last()?.id;
                for row in rows {
                    self.hub.fleet.put(row);
                }
                self.known.insert(name, id);
                Some(id)
            }
            Ok(Err(error)) => {
                warn!(%error, "a device cannot be noted");
                None
            }
            Err(_) => None,
        }
    }
}
