//! The hub as the dashboard's API sees it: what the fleet knows now, what the file knows of before,
//! and what people may have done.
//!
//! Called on threads that may block. What is written goes through the books, so that it is in order
//! with what devices say; what is read comes over a connection that cannot write.

mod charging;
mod people;
mod push;
mod receipts;
mod sessions;
mod shown;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value as Json};
use tracing::warn;
use v2x_roles::hub::{DeviceId, DeviceKind, EpisodeKind};
use v2x_store::StoreError;
use v2x_store::hub::{Asked, AuditRow, DeviceRow, EpisodeRow, HubStore, PendingState, Scope};
use v2x_units::UtcTime;
use v2x_uplink::endpoint::Farewell;
use v2x_web::site::{EachPoint, EachRow, HistoryAsked, Period, no_device};
use v2x_web::types::{
    Alarm, AlarmState, Audit, BatteryHealth, Charge, Device, Feature, HealthShown, History,
    MonthReport, NewDevice, NewToken, PendingDevice, Receipt, RpcCall, Session, SessionDetail,
    SessionsQuery, SharedChange, SiteKind, Slot, TariffPreview, TariffPrice, TariffShown,
    TrackPoint, Trip, V2x, Warning,
};
use v2x_web::{Actor, Answer, Deed, Refusal, Site};

use super::books::Closed;
use super::fleet::Known;
use super::{Hub, joining, orders, secrets};
use crate::site::tariff;
use receipts::Receipts;

pub(crate) use people::People;
pub(super) use shown::{alarm, is_value, session_event, warning};

/// The most trips, charges, warnings or alarms of one answer.
const EPISODES: usize = 1000;
/// How long after the end of a period receipts of its charges are told.
const RECEIPTS_LATER_MS: i64 = 600_000;
/// How far back a period without a beginning goes: all of it.
const ALL: (UtcTime, UtcTime) = (
    UtcTime::from_millis(0),
    UtcTime::from_millis(i64::MAX / 1000),
);
/// Copies for downloads so far, for names that no two have.
static COPIES: AtomicU64 = AtomicU64::new(0);

/// The hub as a site.
pub(crate) struct HubSite(pub(crate) Arc<Hub>);

impl HubSite {
    fn known(&self, id: &str) -> Answer<Known> {
        let number = id.parse().ok().map(DeviceId::new);
        let known = number.and_then(|id| self.0.fleet.get(id));
        known.ok_or_else(|| no_device(id))
    }

    fn read<T>(&self, question: impl FnOnce(&HubStore) -> Result<T, StoreError>) -> Answer<T> {
        // A connection of its own: a long answer holds up no other question.
        let path = self.0.reader().path().to_owned();
        let store = HubStore::open_to_read(&path).map_err(|error| disk(&error))?;
        question(&store).map_err(|error| disk(&error))
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HubStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let worked = self.0.books.work_here(work);
        let worked = worked.map_err(|Closed| {
            Refusal::Unavailable("the hub is ending; try again when it runs".to_owned())
        })?;
        worked.map_err(|error| disk(&error))
    }

    fn shown(&self, known: Known) -> Device {
        shown::device(&self.0, known)
    }
}

/// The disk refuses.
fn disk(error: &StoreError) -> Refusal {
    Refusal::Unavailable(error.to_string())
}

/// A period of the interface, whose end is not in it.
fn span(of: Period) -> (UtcTime, UtcTime) {
    (
        UtcTime::from_millis(of.from),
        UtcTime::from_millis(of.to.saturating_sub(1)),
    )
}

impl Site for HubSite {
    fn kind(&self) -> SiteKind {
        SiteKind::Hub
    }

    fn name(&self) -> String {
        self.0.config.name.clone()
    }

    fn features(&self) -> Vec<Feature> {
        let mut features = vec![
            Feature::Fleet,
            Feature::History,
            Feature::Trips,
            Feature::Charges,
            Feature::Battery,
            Feature::V2x,
            Feature::Health,
            Feature::Slots,
            Feature::Sessions,
            Feature::Tariff,
            Feature::Report,
            Feature::Alarms,
            Feature::Users,
            Feature::Audit,
            Feature::Backup,
        ];
        if self.0.config.broker.is_none() {
            features.extend([Feature::Rpc, Feature::Shared, Feature::Provisioning]);
        }
        features
    }

    fn devices(&self) -> Answer<Vec<Device>> {
        let all = self.0.fleet.all().into_iter();
        Ok(all.map(|known| self.shown(known)).collect())
    }

    fn device(&self, id: &str) -> Answer<Device> {
        Ok(self.shown(self.known(id)?))
    }

    fn history(&self, id: &str, asked: &HistoryAsked) -> Answer<History> {
        let device = self.known(id)?.row.id;
        let (from, to) = span(asked.period);
        let wanted = Asked {
            device,
            keys: asked.keys.iter().cloned().collect(),
            from,
            to,
            points: asked.points,
        };
        let found = self.read(|store| store.history(&wanted))?;
        Ok(shown::history(asked, found))
    }

    fn columns(&self, id: &str, _of: Period) -> Answer<Vec<String>> {
        // Every key that was ever heard has a newest value.
        let known = self.known(id)?;
        Ok(known.latest.values().keys().cloned().collect())
    }

    fn rows(&self, id: &str, columns: &[String], of: Period, each: EachRow<'_>) -> Answer<()> {
        let device = self.known(id)?.row.id;
        self.read(|store| {
            store.each_row(device, columns, span(of), |ts, cells| {
                each(ts.as_millis(), cells)
            })
        })
    }

    fn track(&self, id: &str, of: Period, each: EachPoint<'_>) -> Answer<()> {
        let device = self.known(id)?.row.id;
        let keys = ["latitude", "longitude", "altitude", "gps_speed"].map(str::to_owned);
        self.read(|store| {
            store.each_row(device, &keys, span(of), |ts, cells| {
                let number = |cell: usize| cells.get(cell)?.as_ref()?.as_f64();
                let (Some(latitude), Some(longitude)) = (number(0), number(1)) else {
                    return true;
                };
                each(TrackPoint {
                    ts: ts.as_millis(),
                    latitude,
                    longitude,
                    altitude_m: number(2),
                    speed_kmh: number(3),
                })
            })
        })
    }

    fn trips(&self, id: &str, of: Period) -> Answer<Vec<Trip>> {
        let found = self.episodes(id, EpisodeKind::Trip, of)?;
        Ok(found.iter().map(shown::trip).collect())
    }

    fn charges(&self, id: &str, of: Period) -> Answer<Vec<Charge>> {
        let found = self.episodes(id, EpisodeKind::Charge, of)?;
        // A receipt is told after its charge.
        let later = Period {
            to: of.to.saturating_add(RECEIPTS_LATER_MS),
            ..of
        };
        let receipts = Receipts::new(self.episodes(id, EpisodeKind::Receipt, later)?);
        let charges = found.iter();
        Ok(charges.map(|row| shown::charge(row, &receipts)).collect())
    }

    fn battery(&self, id: &str) -> Answer<Vec<BatteryHealth>> {
        let device = self.known(id)?.row.id;
        let kind = EpisodeKind::Charge;
        let found = self.read(|store| store.episodes(kind, Some(device), ALL, EPISODES))?;
        Ok(found.iter().rev().filter_map(shown::battery).collect())
    }

    fn v2x(&self, id: &str) -> Answer<V2x> {
        let known = self.known(id)?;
        let device = known.row.id;
        let kind = EpisodeKind::Warning;
        let found = self.read(|store| store.episodes(kind, Some(device), ALL, EPISODES))?;
        Ok(shown::v2x(&self.0, &known, &found))
    }

    fn warnings(&self, id: &str, of: Period) -> Answer<Vec<Warning>> {
        let found = self.episodes(id, EpisodeKind::Warning, of)?;
        Ok(found.iter().filter_map(warning).collect())
    }

    fn health(&self, id: &str) -> Answer<HealthShown> {
        Ok(shown::health(&self.0, &self.known(id)?))
    }

    fn slots(&self, id: &str) -> Answer<Vec<Slot>> {
        let station = self.known(id)?;
        if station.row.kind != DeviceKind::Station {
            return Err(Refusal::NotKnownHere("slots of what is no station"));
        }
        let (device, kind) = (station.row.id, EpisodeKind::Session);
        let sessions = self.read(|store| store.episodes(kind, Some(device), ALL, EPISODES))?;
        let behind = self.0.fleet.behind(device).into_iter();
        let behind: Vec<Known> = behind.filter_map(|id| self.0.fleet.get(id)).collect();
        Ok(charging::slots(&station, &behind, &sessions))
    }

    fn sessions(&self, asked: &SessionsQuery) -> Answer<Vec<Session>> {
        self.chosen_sessions(asked)
    }

    fn session(&self, station: &str, id: &str) -> Answer<SessionDetail> {
        self.explained_session(station, id)
    }

    fn receipt(&self, station: &str, id: &str) -> Answer<Receipt> {
        self.told_receipt(station, id)
    }

    fn tariff(&self, station: &str) -> Answer<TariffShown> {
        Ok(tariff::shown(&self.told_tariffs(station)?))
    }

    fn preview(&self, station: &str, asked: &TariffPreview) -> Answer<TariffPrice> {
        self.told_tariffs(station)?;
        Ok(tariff::preview(asked))
    }

    fn report(&self, station: &str, month: Option<&str>) -> Answer<MonthReport> {
        self.month(station, month)
    }

    fn alarms(&self, which: AlarmState) -> Answer<Vec<Alarm>> {
        let only_open = which == AlarmState::Open;
        let found = self.read(|store| store.alarms(only_open, EPISODES))?;
        Ok(found.iter().map(alarm).collect())
    }

    fn acknowledge(&self, who: &Actor, id: &str) -> Answer<Alarm> {
        let missing = || Refusal::NotFound(format!("there is no alarm {id:?}"));
        let number: i64 = id.parse().map_err(|_| missing())?;
        let (person, now) = (who.user.clone(), self.0.now());
        let found = self.write(move |store| store.acknowledge_alarm(number, &person, now))?;
        let found = found.ok_or_else(missing)?;
        self.0.alarmed(std::slice::from_ref(&found));
        Ok(alarm(&found))
    }

    fn rpc(&self, who: &Actor, id: &str, call: &RpcCall) -> Answer<Json> {
        let device = self.known(id)?.row.id;
        let asked = (call.method.as_str(), &call.params);
        let within = orders::ANSWER_WITHIN;
        orders::tell(&self.0, device, &who.user, asked, within).map_err(|why| match why {
            orders::NoAnswer::NoDevice => no_device(id),
            orders::NoAnswer::NotListening | orders::NoAnswer::InTime(_) => {
                Refusal::NoAnswer(why.to_string())
            }
            orders::NoAnswer::TooMany | orders::NoAnswer::NotNoted(_) => {
                Refusal::Unavailable(why.to_string())
            }
        })
    }

    fn shared(&self, id: &str) -> Answer<BTreeMap<String, Json>> {
        let device = self.known(id)?.row.id;
        let found = self.read(|store| store.attributes(device, Scope::Shared))?;
        Ok(found.into_iter().collect())
    }

    fn set_shared(
        &self,
        _who: &Actor,
        id: &str,
        change: &SharedChange,
    ) -> Answer<BTreeMap<String, Json>> {
        let known = self.known(id)?;
        let device = known.row.id;
        let change: Map<String, Json> = change.clone().into_iter().collect();
        if change.keys().any(|key| key.is_empty() || key.len() > 255) {
            let what = "a key has 1 to 255 bytes".to_owned();
            return Err(Refusal::Invalid(what));
        }
        let (values, now) = (change.clone(), self.0.now());
        let (set, all) = self.write(move |store| {
            let set = store.set_shared(device, &values, now)?;
            Ok((set, store.attributes(device, Scope::Shared)?))
        })?;
        set.map_err(|no_room| Refusal::Conflict(no_room.to_string()))?;
        push::shared(&self.0, &known, &change);
        Ok(all.into_iter().collect())
    }

    fn pending(&self) -> Answer<Vec<PendingDevice>> {
        let found = self.read(HubStore::pending)?;
        let waiting = found
            .into_iter()
            .filter(|it| it.state == PendingState::Waiting);
        let waiting = waiting.map(|it| PendingDevice {
            id: it.id.to_string(),
            name: it.name,
            asked_at: it.asked.as_millis(),
            from: it.origin,
        });
        Ok(waiting.collect())
    }

    fn decide(&self, _who: &Actor, request: &str, is_let_in: bool) -> Answer<()> {
        let missing = || Refusal::NotFound(format!("there is no request {request:?}"));
        let number: i64 = request.parse().map_err(|_| missing())?;
        match joining::decide(&self.0, number, is_let_in) {
            Ok(true) => Ok(()),
            Ok(false) => Err(missing()),
            Err(why) => Err(Refusal::Conflict(why)),
        }
    }

    fn add_device(&self, _who: &Actor, new: &NewDevice) -> Answer<NewToken> {
        let is_name = new.name.trim() == new.name && !new.name.chars().any(char::is_control);
        if !is_name || new.name.is_empty() {
            let what = "a name is printable and has no blank at either end".to_owned();
            return Err(Refusal::Invalid(what));
        }
        let kind = shown::kind_of(new.kind);
        if kind == DeviceKind::Slot {
            let what = "a slot is made by its station, when it first speaks of it".to_owned();
            return Err(Refusal::Invalid(what));
        }
        let token = new_token()?;
        let (name, credential, now) = (new.name.clone(), secrets::token(&token), self.0.now());
        let added =
            self.write(move |store| store.add_device(&name, kind, Some(&credential), now))?;
        let id = added.map_err(|taken| Refusal::Conflict(taken.to_string()))?;
        self.0.fleet.put(DeviceRow {
            id,
            name: new.name.clone(),
            kind,
            parent: None,
            last_seen: None,
            login_made: Some(UtcTime::from_millis(now.as_millis())),
        });
        Ok(NewToken {
            id: id.to_string(),
            token,
        })
    }

    fn remove_device(&self, _who: &Actor, id: &str) -> Answer<()> {
        let device = self.known(id)?.row.id;
        self.write(move |store| store.remove_device(device))?;
        for gone in self.0.fleet.remove(device) {
            self.0.sessions.part(gone, Farewell::Administrative);
        }
        Ok(())
    }

    fn renew_token(&self, _who: &Actor, id: &str) -> Answer<NewToken> {
        let known = self.known(id)?;
        if known.row.parent.is_some() {
            let what = "it speaks through its gateway and has no token of its own".to_owned();
            return Err(Refusal::Invalid(what));
        }
        let token = new_token()?;
        let (device, credential) = (known.row.id, secrets::token(&token));
        let now = self.0.now();
        self.write(move |store| store.replace_credential(device, &credential, now))?;
        let made = UtcTime::from_millis(now.as_millis());
        self.0.fleet.has_login_of(device, Some(made));
        self.0.sessions.part(device, Farewell::Administrative);
        Ok(NewToken {
            id: device.to_string(),
            token,
        })
    }

    fn audit(&self, before: Option<i64>, limit: usize) -> Answer<Vec<Audit>> {
        let found = self.read(|store| store.audit_log(before, limit))?;
        Ok(found.into_iter().map(shown::audit).collect())
    }

    fn note(&self, deed: Deed) {
        let row = AuditRow {
            id: 0,
            at: self.0.now(),
            person: deed.user,
            action: deed.action.to_owned(),
            subject: deed.subject,
            detail: deed.detail,
            origin: deed.from,
        };
        let what = format!("{} {}", row.action, row.subject);
        let noted = self.0.books.work_here(move |store| store.audit(&row));
        if !matches!(noted, Ok(Ok(()))) {
            warn!(what, "cannot be noted in the audit log");
        }
    }

    fn backup(&self, _who: &Actor) -> Answer<Box<dyn Read + Send>> {
        let number = COPIES.fetch_add(1, Ordering::Relaxed);
        let name = format!("download-{}-{number}.db", std::process::id());
        let path = self.0.config.out.join(name);
        let refused = |error: std::io::Error| Refusal::Unavailable(error.to_string());
        if path.exists() {
            fs::remove_file(&path).map_err(refused)?;
        }
        self.read(|store| store.back_up(&path))?;
        let copy = File::open(&path);
        // Whoever reads has it open; the name is not needed any more.
        fs::remove_file(&path).map_err(refused)?;
        Ok(Box::new(copy.map_err(refused)?))
    }
}

impl HubSite {
    fn episodes(&self, id: &str, kind: EpisodeKind, of: Period) -> Answer<Vec<EpisodeRow>> {
        let device = self.known(id)?.row.id;
        self.read(|store| store.episodes(kind, Some(device), span(of), EPISODES))
    }
}

fn new_token() -> Answer<String> {
    secrets::new_token().map_err(|error| Refusal::Unavailable(error.to_string()))
}
