//! The station's dashboard: slots as they are, sessions with their bills, prices, months, alarms.
//!
//! | file | what it holds |
//! |---|---|
//! | `shown.rs` | what the keeper leaves here for those who look |
//! | `sessions.rs` | sessions, bills and receipts out of the store |
//! | `report.rs` | a month |
//! | `alarms.rs` | alarms of the slots, over a restart too |
//! | `columns.rs` | the keys of a slot in the station's rows |
//! | `prices.rs` | tariffs that are set |

mod alarms;
mod columns;
mod prices;
mod report;
mod sessions;
mod shown;

use std::collections::BTreeMap;
use std::sync::Arc;

use v2x_roles::station::StationSetup;
use v2x_web::site::{EachRow, HistoryAsked, Period, no_device};
use v2x_web::types::{
    Alarm, AlarmState, Audit, Device, DeviceKind, Feature, HealthShown, History, MonthReport,
    Receipt, Session, SessionDetail, SessionsQuery, SiteKind, Slot, TariffPreview, TariffPrice,
    TariffShown,
};
use v2x_web::{Actor, Answer, Deed, Site};

pub(super) use self::prices::{NewPrices, PriceDesk, put_in_place};
pub(super) use self::shown::Shown;
use super::rows::STATION as SOURCE;
use crate::clock::Clock;
use crate::config::station::StationConfig;
use crate::monitor::Watched;
use crate::site::{
    self, AccountsFile, AuditFile, Dashboard, Parts, Prepared, Readers, USERS_FILE, tariff,
};

/// The station's id in paths: there is only one.
const ID: &str = "station";

/// The station as the dashboard sees it.
struct StationSite {
    setup: StationSetup,
    stale_after_s: u32,
    shown: Arc<Shown>,
    readers: Readers,
    audit: AuditFile,
    watched: Arc<dyn Watched>,
    prices: PriceDesk,
    clock: Clock,
}

/// What the keeper shows, where the dashboard is switched on.
pub(super) fn shown(config: &StationConfig, clock: &Clock) -> Option<Arc<Shown>> {
    config.dashboard.listen?;
    let document = config.tariffs.first().map(|(_, document)| document.clone());
    let document = document.unwrap_or_default();
    Some(Arc::new(Shown::new(&config.out, document, clock)))
}

/// The id of a slot in paths.
fn slot_id(number: u8) -> String {
    format!("slot-{number}")
}

/// Serves the dashboard of a station that runs.
pub(super) fn start(
    config: &StationConfig,
    prepared: Prepared,
    (shown, prices): (Arc<Shown>, PriceDesk),
    watched: Arc<dyn Watched>,
    clock: Clock,
) -> Dashboard {
    let live = Arc::clone(shown.live());
    let users = config.dashboard.users.clone();
    let site = StationSite {
        setup: config.setup.clone(),
        stale_after_s: site::stale_after_s(config.row_interval),
        shown,
        readers: Readers::new(&config.out),
        audit: AuditFile::new(config.out.clone(), clock),
        watched,
        prices,
        clock,
    };
    let parts = Parts {
        site: Arc::new(site),
        accounts: AccountsFile::new(users.unwrap_or_else(|| config.out.join(USERS_FILE))),
        live,
        clock,
    };
    Dashboard::start(prepared, parts)
}

impl StationSite {
    /// The slot of a device, or none for the station itself.
    fn slot_of(&self, id: &str) -> Answer<Option<u8>> {
        if id == ID {
            return Ok(None);
        }
        let mut slots = self.setup.slots.iter().map(|slot| slot.number.get());
        let found = slots.find(|number| slot_id(*number) == id);
        found.map(Some).ok_or_else(|| no_device(id))
    }

    fn check(&self, id: &str) -> Answer<()> {
        if id == ID { Ok(()) } else { Err(no_device(id)) }
    }

    /// What a key of a slot is called in the station's rows.
    fn key_in_row(&self, slot: Option<u8>, key: &str) -> String {
        match slot {
            Some(slot) => columns::in_row(slot, self.setup.slots.len(), key),
            None => key.to_owned(),
        }
    }

    fn station(&self) -> Device {
        let values = self.shown.values();
        let alarms = self.shown.alarms().into_iter();
        let attributes = [
            ("time_zone", self.setup.time_zone.clone()),
            ("software", format!("v2x {}", env!("CARGO_PKG_VERSION"))),
        ];
        let attributes = attributes.map(|(key, text)| (key.to_owned(), text.into()));
        Device {
            id: ID.to_owned(),
            name: self.setup.name.clone(),
            kind: DeviceKind::Station,
            parent: None,
            // It is this computer that answers.
            online: Some(true),
            last_seen: values.values().map(|reading| reading.ts).max(),
            stale_after_s: self.stale_after_s,
            values,
            attributes: BTreeMap::from(attributes),
            // Those of a slot are told with the slot.
            alarms: alarms
                .filter(|alarm| alarm.ended.is_none() && alarm.device == ID)
                .collect(),
        }
    }

    fn slot_device(&self, slot: Slot) -> Device {
        let id = format!("slot-{}", slot.number);
        let alarms = self.shown.alarms().into_iter();
        let alarms = alarms.filter(|alarm| alarm.ended.is_none() && alarm.device == id);
        let setup = self.setup.slots.iter();
        let setup = setup.filter(|setup| u32::from(setup.number.get()) == slot.number);
        let plug = setup.map(|setup| ("plug_type".to_owned(), setup.plug.clone().into()));
        Device {
            name: slot.name,
            kind: DeviceKind::Slot,
            parent: Some(ID.to_owned()),
            // A slot whose meter is silent is Unavailable.
            online: Some(slot.state != "starting" && slot.state != "Unavailable"),
            last_seen: slot.values.values().map(|reading| reading.ts).max(),
            stale_after_s: self.stale_after_s,
            values: slot.values,
            attributes: plug.collect(),
            alarms: alarms.collect(),
            id,
        }
    }
}

impl Site for StationSite {
    fn kind(&self) -> SiteKind {
        SiteKind::Station
    }

    fn name(&self) -> String {
        self.setup.name.clone()
    }

    fn features(&self) -> Vec<Feature> {
        vec![
            Feature::History,
            Feature::Health,
            Feature::Slots,
            Feature::Sessions,
            Feature::Tariff,
            Feature::Report,
            Feature::Alarms,
            Feature::Audit,
        ]
    }

    fn devices(&self) -> Answer<Vec<Device>> {
        let slots = self.shown.slots_now().into_iter();
        let slots = slots.map(|slot| self.slot_device(slot));
        Ok([self.station()].into_iter().chain(slots).collect())
    }

    fn history(&self, id: &str, asked: &HistoryAsked) -> Answer<History> {
        let slot = self.slot_of(id)?;
        let keys: Vec<_> = asked
            .keys
            .iter()
            .map(|key| self.key_in_row(slot, key))
            .collect();
        let mut history = site::history(
            &self.readers,
            SOURCE,
            &HistoryAsked {
                keys: keys.clone(),
                ..asked.clone()
            },
        )?;
        let mut series = BTreeMap::new();
        for (key, in_row) in asked.keys.iter().zip(&keys) {
            let points = history.series.remove(in_row).unwrap_or_default();
            series.insert(key.clone(), points);
        }
        history.series = series;
        Ok(history)
    }

    fn columns(&self, id: &str, of: Period) -> Answer<Vec<String>> {
        let slot = self.slot_of(id)?;
        let columns = site::columns(&self.readers, SOURCE, of)?;
        let Some(slot) = slot else {
            return Ok(columns);
        };
        let slots = self.setup.slots.len();
        let own = columns.iter();
        Ok(own
            .filter_map(|key| columns::of_slot(slot, slots, key))
            .collect())
    }

    fn rows(&self, id: &str, columns: &[String], of: Period, each: EachRow<'_>) -> Answer<()> {
        let slot = self.slot_of(id)?;
        let columns: Vec<_> = columns
            .iter()
            .map(|key| self.key_in_row(slot, key))
            .collect();
        site::each_row(&self.readers, SOURCE, &columns, of, each)
    }

    fn health(&self, id: &str) -> Answer<HealthShown> {
        self.check(id)?;
        Ok(site::health(&*self.watched))
    }

    fn slots(&self, id: &str) -> Answer<Vec<Slot>> {
        self.check(id)?;
        Ok(self.shown.slots_now())
    }

    fn sessions(&self, asked: &SessionsQuery) -> Answer<Vec<Session>> {
        sessions::chosen(&self.readers, &self.shown.slots_now(), asked)
    }

    fn session(&self, station: &str, id: &str) -> Answer<SessionDetail> {
        self.check(station)?;
        sessions::detail(&self.readers, &self.shown.slots_now(), id)
    }

    fn receipt(&self, station: &str, id: &str) -> Answer<Receipt> {
        self.check(station)?;
        sessions::receipt(&self.readers, id)
    }

    fn tariff(&self, station: &str) -> Answer<TariffShown> {
        self.check(station)?;
        Ok(tariff::shown(&self.shown.tariffs()))
    }

    fn set_tariff(&self, _: &Actor, station: &str, toml: &str) -> Answer<TariffShown> {
        self.check(station)?;
        self.prices.set(&self.readers, &self.setup, toml)?;
        Ok(tariff::shown(toml))
    }

    fn preview(&self, station: &str, asked: &TariffPreview) -> Answer<TariffPrice> {
        self.check(station)?;
        Ok(tariff::preview(asked))
    }

    fn report(&self, station: &str, month: Option<&str>) -> Answer<MonthReport> {
        self.check(station)?;
        report::of(
            &self.readers,
            &self.setup.time_zone,
            month,
            site::now_ms(&self.clock),
        )
    }

    fn alarms(&self, which: AlarmState) -> Answer<Vec<Alarm>> {
        let mut alarms = self.shown.alarms();
        alarms.retain(|alarm| which == AlarmState::All || alarm.ended.is_none());
        Ok(alarms)
    }

    fn acknowledge(&self, who: &Actor, id: &str) -> Answer<Alarm> {
        self.shown
            .acknowledge(id, &who.user, site::now_ms(&self.clock))
    }

    fn audit(&self, before: Option<i64>, limit: usize) -> Answer<Vec<Audit>> {
        self.audit.deeds(before, limit)
    }

    fn note(&self, deed: Deed) {
        self.audit.note(&deed);
    }
}
