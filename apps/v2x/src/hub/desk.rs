//! What a connection's messages come to: rows to the books, answers to the device.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::{Map, Value as Json, json};
use tokio::sync::mpsc;
use tracing::{debug, warn};
use v2x_roles::hub::{AlarmSaid, DeviceId, Episode, Row};
use v2x_store::hub::{Arrival, Scope};
use v2x_units::{Instant, UtcTime};
use v2x_uplink::endpoint::{Farewell, Message, Ticket, Verdict};
use v2x_uplink::thingsboard::server::{self, AttributesAsked, Members, Said};

use super::login::Who;
use super::sessions::MailBox;
use super::{Hub, joining};

/// Devices behind one gateway.
pub(crate) const BEHIND_MAX: usize = 256;

/// Requests to be let in of one connection: each goes through those that wait.
const ASKED_MAX: u32 = 10;

/// What became of a message, later.
pub(crate) type Outcome = (Ticket, Verdict, bool);

/// One connection's desk.
pub(crate) struct Desk {
    pub(crate) who: Who,
    origin: IpAddr,
    /// Requests to be let in of this connection.
    asked: u32,
    mail: MailBox,
    /// Where the books say that a message is kept.
    kept: mpsc::UnboundedSender<Outcome>,
    /// Devices behind it that were named before.
    behind: HashMap<String, DeviceId>,
}

/// What is to be done at once.
pub(crate) enum Deed {
    /// The books will say what became of it.
    Later,
    /// It is done.
    Done(Verdict),
    /// It is done, and the device is answered.
    Answer(String, String),
}

impl Desk {
    pub(crate) fn new(
        who: Who,
        origin: IpAddr,
        mail: MailBox,
        kept: mpsc::UnboundedSender<Outcome>,
    ) -> Self {
        Self {
            who,
            origin,
            asked: 0,
            mail,
            kept,
            behind: HashMap::new(),
        }
    }

    /// Reads a message and sees to it.
    pub(crate) async fn see_to(
        &mut self,
        hub: &std::sync::Arc<Hub>,
        message: &Message,
        now: Instant,
    ) -> Result<Deed, Farewell> {
        // Without a clock, rows without a time cannot be dated, and nothing is as new as it looks.
        let Some(utc) = crate::clock::Clock::wall() else {
            warn!("a message is not taken: this computer's clock was never set");
            return Err(Farewell::NotKept);
        };
        hub.counters.messages.add(1);
        if let Who::Device(device) = self.who
            && !hub.message_limits.take(device, 1, now)
        {
            hub.counters.over_limit.add(1);
            return Err(Farewell::Rate);
        }
        let said = match server::said(&message.topic, &message.payload, utc) {
            Ok(said) => said,
            Err(error) => {
                hub.counters.malformed.add(1);
                debug!(origin = %self.origin, %error, "a message says nothing");
                return Ok(Deed::Done(Verdict::BadPayload));
            }
        };
        let of_device = match (self.who, said) {
            (Who::Newcomer, Said::Provision(request)) => {
                self.asked += 1;
                let is_guessing = !hub.doorbell.may_try((self.origin, None), now);
                if is_guessing || self.asked > ASKED_MAX {
                    hub.counters.over_limit.add(1);
                    return Err(Farewell::Rate);
                }
                let answer = joining::ask(hub, &request, self.origin, &self.mail).await;
                return Ok(match answer.map(|answer| answer.message()) {
                    Some((topic, payload)) => Deed::Answer(topic, payload),
                    None => Deed::Done(Verdict::Kept),
                });
            }
            (Who::Newcomer, _) => return Err(Farewell::NotAuthorized),
            (Who::Device(device), said) => {
                hub.fleet.hear(device, utc);
                (device, said)
            }
        };
        self.of_device(hub, of_device, message.ticket, (utc, now))
            .await
    }

    async fn of_device(
        &mut self,
        hub: &std::sync::Arc<Hub>,
        (device, said): (DeviceId, Said),
        ticket: Ticket,
        (utc, now): (UtcTime, Instant),
    ) -> Result<Deed, Farewell> {
        match said {
            Said::Rows(rows) => self.rows(hub, vec![(device, rows)], ticket, now).await,
            Said::RowsBehind(devices) => {
                let devices = self.behind_all(hub, device, devices, utc).await?;
                self.rows(hub, devices, ticket, now).await
            }
            Said::Attributes(values) => {
                self.attributes(hub, vec![(device, values)], ticket, (utc, now))
                    .await
            }
            Said::AttributesBehind(devices) => {
                let devices = self.behind_all(hub, device, devices, utc).await?;
                self.attributes(hub, devices, ticket, (utc, now)).await
            }
            Said::Asks(asked) => {
                let (client, shared) = attributes_of(hub, device, &asked)?;
                let (topic, payload) = server::attributes_answer(&asked, &client, &shared);
                Ok(Deed::Answer(topic, payload))
            }
            Said::AsksBehind(name, asked) => {
                let behind = self.behind(hub, device, &name, utc).await?;
                let (client, shared) = attributes_of(hub, behind, &asked)?;
                let (topic, payload) =
                    server::gateway_attributes_answer(&name, &asked, &client, &shared);
                Ok(Deed::Answer(topic, payload))
            }
            Said::Answers { id, data } => {
                answered(hub, device, id, data);
                Ok(Deed::Done(Verdict::Kept))
            }
            Said::AnswersBehind {
                device: name,
                id,
                data,
            } => {
                let behind = self.behind(hub, device, &name, utc).await?;
                answered(hub, behind, id, data);
                Ok(Deed::Done(Verdict::Kept))
            }
            Said::Calls {
                id,
                spelling,
                method,
            } => {
                let answer = called(&method, utc);
                let (topic, payload) = server::server_answer(id, spelling, &answer);
                Ok(Deed::Answer(topic, payload))
            }
            Said::Connects(name) => {
                let behind = self.behind(hub, device, &name, utc).await?;
                hub.fleet.hear(behind, utc);
                Ok(Deed::Done(Verdict::Kept))
            }
            Said::Disconnects(name) => {
                let behind = self.behind(hub, device, &name, utc).await?;
                hub.fleet.disconnect(behind);
                Ok(Deed::Done(Verdict::Kept))
            }
            Said::Provision(_) | Said::Unknown => {
                hub.counters.unknown_topics.add(1);
                Ok(Deed::Done(Verdict::UnknownTopic))
            }
        }
    }

    async fn rows(
        &mut self,
        hub: &Hub,
        devices: Vec<(DeviceId, Vec<Row>)>,
        ticket: Ticket,
        now: Instant,
    ) -> Result<Deed, Farewell> {
        let rows = devices
            .into_iter()
            .flat_map(|(device, rows)| rows.into_iter().map(move |row| arrival(device, row)));
        let rows: Vec<Arrival> = rows.filter(|it| !it.row.values.is_empty()).collect();
        let points = rows.iter().map(|it| it.row.values.len()).sum::<usize>();
        self.pay(hub, points, now)?;
        if rows.is_empty() {
            return Ok(Deed::Done(Verdict::Kept));
        }
        let kept = self.kept.clone();
        let done = Box::new(move |is_kept| {
            // The connection may have ended: then the device sends it again.
            kept.send((ticket, Verdict::Kept, is_kept))
                .unwrap_or_default();
        });
        let taken = hub.books.record(rows, done).await;
        taken.map_err(|_| Farewell::ShuttingDown)?;
        Ok(Deed::Later)
    }

    async fn attributes(
        &mut self,
        hub: &std::sync::Arc<Hub>,
        devices: Vec<(DeviceId, Map<String, Json>)>,
        ticket: Ticket,
        (utc, now): (UtcTime, Instant),
    ) -> Result<Deed, Farewell> {
        let points = devices.iter().map(|(_, values)| values.len()).sum();
        self.pay(hub, points, now)?;
        let (kept, hub_too) = (self.kept.clone(), std::sync::Arc::clone(hub));
        let work = move |store: &mut v2x_store::hub::HubStore| {
            let mut is_kept = true;
            for (device, values) in devices {
                is_kept &= describe(&hub_too, store, device, &values, utc);
            }
            kept.send((ticket, Verdict::Kept, is_kept))
                .unwrap_or_default();
        };
        let taken = hub.books.later(work).await;
        taken.map_err(|_| Farewell::ShuttingDown)?;
        Ok(Deed::Later)
    }

    fn pay(&self, hub: &Hub, points: usize, now: Instant) -> Result<(), Farewell> {
        match self.who {
            Who::Device(device) if !hub.point_limits.take(device, points, now) => {
                hub.counters.over_limit.add(1);
                Err(Farewell::Rate)
            }
            _ => Ok(()),
        }
    }

    async fn behind_all<T>(
        &mut self,
        hub: &Hub,
        gateway: DeviceId,
        named: Vec<(String, T)>,
        utc: UtcTime,
    ) -> Result<Vec<(DeviceId, T)>, Farewell> {
        let mut found = Vec::with_capacity(named.len());
        for (name, said) in named {
            let device = self.behind(hub, gateway, &name, utc).await?;
            hub.fleet.hear(device, utc);
            found.push((device, said));
        }
        Ok(found)
    }

    /// The device of a name behind this one, made when it is first named. Names belong to their
    /// gateway, so nobody can speak for the device of another one.
    async fn behind(
        &mut self,
        hub: &Hub,
        gateway: DeviceId,
        name: &str,
        utc: UtcTime,
    ) -> Result<DeviceId, Farewell> {
        if let Some(device) = self.behind.get(name)
            && hub.fleet.get(*device).is_some()
        {
            return Ok(*device);
        }
        let wanted = name.to_owned();
        let found = hub
            .books
            .work(move |store| {
                let found = store.behind_gateway(gateway, &wanted, BEHIND_MAX, utc)?;
                let rows = store.devices()?;
                Ok(found.and_then(|id| rows.into_iter().find(|row| row.id == id)))
            })
            .await;
        let found: Result<_, v2x_store::StoreError> = found.map_err(|_| Farewell::ShuttingDown)?;
        match found {
            Ok(Some(row)) => {
                let id = row.id;
                self.behind.insert(name.to_owned(), id);
                hub.fleet.put(row);
                Ok(id)
            }
            Ok(None) => {
                warn!(%gateway, "more than {BEHIND_MAX} devices behind one gateway");
                Err(Farewell::NotAuthorized)
            }
            Err(error) => {
                warn!(%error, "a device behind a gateway cannot be noted");
                Err(Farewell::NotKept)
            }
        }
    }
}

/// A row with what it tells.
pub(crate) fn arrival(device: DeviceId, row: Row) -> Arrival {
    let episodes = Episode::in_row(&row, |text| {
        let time = text.parse::<jiff::Timestamp>().ok()?;
        Some(UtcTime::from_micros(time.as_microsecond()))
    });
    let alarms = AlarmSaid::in_row(&row.values);
    Arrival {
        device,
        row,
        episodes,
        alarms,
    }
}

/// Keeps what a device says of itself; `false` when the disk does not take it.
pub(crate) fn describe(
    hub: &Hub,
    store: &mut v2x_store::hub::HubStore,
    device: DeviceId,
    values: &Map<String, Json>,
    utc: UtcTime,
) -> bool {
    let passed_over = match store.describe(device, values, utc) {
        Ok(passed_over) => passed_over,
        Err(error) => {
            warn!(%error, "the disk does not take attributes");
            return false;
        }
    };
    hub.passed_over(passed_over.len(), "attributes of a device");
    hub.fleet.describe(device, values, &passed_over);
    if let Some(kind) = hub.fleet.learn(device, values)
        && let Err(error) = store.set_kind(device, kind)
    {
        warn!(%error, "what a device is cannot be noted");
    }
    true
}

/// A device answers a command.
fn answered(hub: &Hub, device: DeviceId, id: u64, data: Json) {
    if !hub.orders.answered(device, id, data) {
        hub.counters.late_answers.add(1);
        debug!(%device, id, "an answer that nobody waits for");
    }
}

/// What a device asked for: its own word, and what is set for it.
fn attributes_of(
    hub: &Hub,
    device: DeviceId,
    asked: &AttributesAsked,
) -> Result<(Members, Members), Farewell> {
    let wants = |keys: &Option<std::collections::BTreeSet<String>>| {
        keys.as_ref().is_none_or(|keys| !keys.is_empty())
    };
    let client = hub.fleet.get(device).filter(|_| wants(&asked.client));
    let client = client.map(|known| known.client).unwrap_or_default();
    let shared = match wants(&asked.shared) {
        true => hub.reader().attributes(device, Scope::Shared),
        false => Ok(Map::new()),
    };
    let shared = shared.map_err(|error| {
        warn!(%error, "shared attributes cannot be read");
        Farewell::NotKept
    })?;
    Ok((client, shared))
}

/// What the hub answers to a device's own command.
fn called(method: &str, utc: UtcTime) -> Json {
    match method {
        "getCurrentTime" => json!({ "time": utc.as_millis() }),
        other => json!({ "error": format!("the hub has no method `{other}`") }),
    }
}
