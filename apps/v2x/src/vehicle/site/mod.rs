//! The vehicle's dashboard: the newest values, drives and charges, the traffic around, its parts.
//!
//! | file | what it holds |
//! |---|---|
//! | `shown.rs` | what threads leave here for those who look |
//! | `answers.rs` | what is asked of the store |
//! | `receipts.rs` | which receipt is of which charge |
//! | `warnings.rs`, `alarms.rs` | events as warnings and alarms |

mod alarms;
mod answers;
mod receipts;
mod shown;
mod warnings;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use v2x_web::site::{EachPoint, EachRow, HistoryAsked, Period, no_device};
use v2x_web::types::{
    Alarm, AlarmState, Audit, BatteryHealth, Charge, Device, DeviceKind, Feature, HealthShown,
    History, LiveEvent, SiteKind, Trip, V2x, Warning,
};
use v2x_web::{Actor, Answer, Deed, Refusal, Site};

pub(super) use self::shown::Shown;
pub(super) use self::warnings::snake;
use super::telemetry::SOURCE;
use crate::clock::Clock;
use crate::config::VehicleConfig;
use crate::monitor::Watched;
use crate::site::{
    self, AccountsFile, Acknowledged, AuditFile, Dashboard, Parts, Prepared, Readers, USERS_FILE,
};

/// The vehicle's id in paths: there is only one.
pub(super) const ID: &str = "vehicle";

/// The vehicle as the dashboard sees it.
struct VehicleSite {
    name: String,
    has_radio: bool,
    stale_after_s: u32,
    attributes: BTreeMap<String, Value>,
    shown: Arc<Shown>,
    readers: Readers,
    audit: AuditFile,
    watched: Arc<dyn Watched>,
    /// When the run began, in ms since 1970, and the newest event before it.
    began: (i64, i64),
    clock: Clock,
}

/// What threads show, where the dashboard is switched on.
pub(super) fn shown(config: &VehicleConfig, clock: Clock) -> Option<Arc<Shown>> {
    config.dashboard.listen?;
    let seen = Arc::new(Acknowledged::open(config.out.clone()));
    Some(Arc::new(Shown::new(clock, seen)))
}

/// Serves the dashboard of a vehicle that runs.
pub(super) fn start(
    config: &VehicleConfig,
    prepared: Prepared,
    shown: Arc<Shown>,
    watched: Arc<dyn Watched>,
    clock: Clock,
) -> Dashboard {
    let live = Arc::clone(shown.live());
    let users = config.dashboard.users.clone();
    let readers = Readers::new(&config.out);
    let before = readers.ask(|store| store.newest_event_number());
    let began = (site::now_ms(&clock), before.unwrap_or(0));
    let site = VehicleSite {
        name: config
            .dashboard
            .name
            .clone()
            .unwrap_or_else(|| "Vehicle".to_owned()),
        has_radio: config.radio.medium().is_some() && config.radio.keys.is_some(),
        stale_after_s: site::stale_after_s(config.row_interval),
        attributes: attributes(config),
        shown,
        readers,
        audit: AuditFile::new(config.out.clone(), clock),
        watched,
        began,
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

fn attributes(config: &VehicleConfig) -> BTreeMap<String, Value> {
    let name = |path: &Option<std::path::PathBuf>| {
        // The folder is this computer's own matter.
        let name = path.as_ref().and_then(|path| path.file_name());
        name.map_or_else(
            || "built in".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    };
    let texts = [
        ("software", format!("v2x {}", env!("CARGO_PKG_VERSION"))),
        ("dbc", name(&config.dbc)),
        ("vss_mapping", name(&config.vss)),
    ];
    texts
        .into_iter()
        .map(|(key, text)| (key.to_owned(), text.into()))
        .collect()
}

impl VehicleSite {
    fn check(&self, id: &str) -> Answer<()> {
        if id == ID { Ok(()) } else { Err(no_device(id)) }
    }
}

impl Site for VehicleSite {
    fn kind(&self) -> SiteKind {
        SiteKind::Vehicle
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn features(&self) -> Vec<Feature> {
        let mut features = vec![
            Feature::History,
            Feature::Trips,
            Feature::Charges,
            Feature::Battery,
            Feature::Health,
            Feature::Alarms,
            Feature::Audit,
        ];
        if self.has_radio {
            features.push(Feature::V2x);
        }
        features
    }

    fn devices(&self) -> Answer<Vec<Device>> {
        let values = self.shown.values();
        let last_seen = values.values().map(|reading| reading.ts).max();
        Ok(vec![Device {
            id: ID.to_owned(),
            name: self.name.clone(),
            kind: DeviceKind::Vehicle,
            parent: None,
            // It is this computer that answers.
            online: Some(true),
            last_seen,
            stale_after_s: self.stale_after_s,
            values,
            attributes: self.attributes.clone(),
            alarms: alarms::open(&self.readers, self.shown.seen())?,
        }])
    }

    fn history(&self, id: &str, asked: &HistoryAsked) -> Answer<History> {
        self.check(id)?;
        site::history(&self.readers, SOURCE, asked)
    }

    fn columns(&self, id: &str, of: Period) -> Answer<Vec<String>> {
        self.check(id)?;
        site::columns(&self.readers, SOURCE, of)
    }

    fn rows(&self, id: &str, columns: &[String], of: Period, each: EachRow<'_>) -> Answer<()> {
        self.check(id)?;
        site::each_row(&self.readers, SOURCE, columns, of, each)
    }

    fn track(&self, id: &str, of: Period, each: EachPoint<'_>) -> Answer<()> {
        self.check(id)?;
        answers::track(&self.readers, of, each)
    }

    fn trips(&self, id: &str, of: Period) -> Answer<Vec<Trip>> {
        self.check(id)?;
        answers::trips(&self.readers, of)
    }

    fn charges(&self, id: &str, of: Period) -> Answer<Vec<Charge>> {
        self.check(id)?;
        answers::charges(&self.readers, of)
    }

    fn battery(&self, id: &str) -> Answer<Vec<BatteryHealth>> {
        self.check(id)?;
        answers::battery(&self.readers)
    }

    fn v2x(&self, id: &str) -> Answer<V2x> {
        self.check(id)?;
        if !self.has_radio {
            return Err(Refusal::NotKnownHere("neighbours"));
        }
        Ok(self.shown.traffic_now())
    }

    fn warnings(&self, id: &str, of: Period) -> Answer<Vec<Warning>> {
        self.check(id)?;
        warnings::between(&self.readers, of, self.began)
    }

    fn health(&self, id: &str) -> Answer<HealthShown> {
        self.check(id)?;
        Ok(site::health(&*self.watched))
    }

    fn alarms(&self, which: AlarmState) -> Answer<Vec<Alarm>> {
        match which {
            AlarmState::Open => alarms::open(&self.readers, self.shown.seen()),
            AlarmState::All => alarms::all(&self.readers, self.shown.seen()),
        }
    }

    fn acknowledge(&self, who: &Actor, id: &str) -> Answer<Alarm> {
        let now = site::now_ms(&self.clock);
        let asked = (id, who.user.as_str(), now);
        let alarm = alarms::acknowledge(&self.readers, self.shown.seen(), asked)?;
        self.shown.live().publish(&LiveEvent::Alarm(alarm.clone()));
        Ok(alarm)
    }

    fn audit(&self, before: Option<i64>, limit: usize) -> Answer<Vec<Audit>> {
        self.audit.deeds(before, limit)
    }

    fn note(&self, deed: Deed) {
        self.audit.note(&deed);
    }
}
