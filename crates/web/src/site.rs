//! What a site may know and do. Whatever it does not implement answers 404, and must not be among
//! its features.
//!
//! Every method is called on a thread that may block, never on one that serves others; at most
//! `app.rs`'s number of them at once. What is asked has been checked: who asks may ask it,
//! keys are few, periods are in order.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::Value;

use crate::accounts::Role;
use crate::refusal::{Answer, Refusal};
use crate::types::{
    Alarm, AlarmState, Audit, BatteryHealth, Charge, Device, Feature, HealthShown, History,
    MonthReport, NewDevice, NewToken, PendingDevice, Receipt, RpcCall, Session, SessionDetail,
    SessionsQuery, SharedChange, SiteKind, Slot, TariffPreview, TariffPrice, TariffShown,
    TrackPoint, Trip, V2x, Warning,
};

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name of the account.
    pub user: String,
    /// What it may do.
    pub role: Role,
    /// The address that the request came from.
    pub from: String,
}

/// What somebody did, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The name of the account; of a log-in that failed, the name that was tried.
    pub user: String,
    /// What was done, as `login` or `set_tariff`.
    pub action: &'static str,
    /// With what: a device, an alarm, an account.
    pub subject: String,
    /// More of it, and what came of it, in words; never a secret.
    pub detail: String,
    /// The address that the request came from.
    pub from: String,
}

/// A stretch of time in ms since 1970: from inclusive, to exclusive, never backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The beginning.
    pub from: i64,
    /// The end.
    pub to: i64,
}

/// Values of the past that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryAsked {
    /// The keys: 1 to 32, each once.
    pub keys: Vec<String>,
    /// When.
    pub period: Period,
    /// The most points of each key, 2 to 10000. Least and greatest values must survive.
    pub points: usize,
}

/// What takes the rows of a table, one after another: the time, and a value or none for each
/// column. It answers whether it wants more.
pub type EachRow<'a> = &'a mut dyn FnMut(i64, &[Option<Value>]) -> bool;

/// What takes the points of a track, one after another. It answers whether it wants more.
pub type EachPoint<'a> = &'a mut dyn FnMut(TrackPoint) -> bool;

/// Hub, vehicle or station, as the API sees it.
///
/// # Errors
/// Of every method: [`Refusal::NotKnownHere`] where the site never knows such a thing,
/// [`Refusal::NotFound`] where there is no such device, session or alarm, [`Refusal::Unavailable`]
/// when the disk refuses.
#[expect(
    clippy::missing_errors_doc,
    reason = "they are the same for every method, and said once above"
)]
pub trait Site: Send + Sync + 'static {
    /// What it is.
    fn kind(&self) -> SiteKind;
    /// Its name for people.
    fn name(&self) -> String;
    /// What it can tell and do.
    fn features(&self) -> Vec<Feature>;

    /// All devices with their newest values.
    fn devices(&self) -> Answer<Vec<Device>>;
    /// One of them.
    fn device(&self, id: &str) -> Answer<Device> {
        let devices = self.devices()?;
        let found = devices.into_iter().find(|device| device.id == id);
        found.ok_or_else(|| no_device(id))
    }
    /// Values of the past.
    fn history(&self, _id: &str, _asked: &HistoryAsked) -> Answer<History> {
        Err(Refusal::NotKnownHere("histories"))
    }
    /// The keys that a device has in a period, in the order of a table.
    fn columns(&self, _id: &str, _of: Period) -> Answer<Vec<String>> {
        Err(Refusal::NotKnownHere("tables"))
    }
    /// All rows of a table, oldest first; those without any of the columns may be left out.
    fn rows(&self, _id: &str, _columns: &[String], _of: Period, _each: EachRow<'_>) -> Answer<()> {
        Err(Refusal::NotKnownHere("tables"))
    }
    /// Where a car was, oldest first; only positions that are good.
    fn track(&self, _id: &str, _of: Period, _each: EachPoint<'_>) -> Answer<()> {
        Err(Refusal::NotKnownHere("tracks"))
    }

    /// Drives that overlap a period, newest first, at most a thousand.
    fn trips(&self, _id: &str, _of: Period) -> Answer<Vec<Trip>> {
        Err(Refusal::NotKnownHere("trips"))
    }
    /// Charges that overlap a period, newest first, at most a thousand.
    fn charges(&self, _id: &str, _of: Period) -> Answer<Vec<Charge>> {
        Err(Refusal::NotKnownHere("charges"))
    }
    /// The battery's health over time, oldest first.
    fn battery(&self, _id: &str) -> Answer<Vec<BatteryHealth>> {
        Err(Refusal::NotKnownHere("batteries"))
    }
    /// The traffic around a car, now.
    fn v2x(&self, _id: &str) -> Answer<V2x> {
        Err(Refusal::NotKnownHere("neighbours"))
    }
    /// Warnings of a period, newest first, at most a thousand.
    fn warnings(&self, _id: &str, _of: Period) -> Answer<Vec<Warning>> {
        Err(Refusal::NotKnownHere("warnings"))
    }
    /// How the parts of a device do.
    fn health(&self, _id: &str) -> Answer<HealthShown> {
        Err(Refusal::NotKnownHere("healths"))
    }

    /// The slots of a station.
    fn slots(&self, _id: &str) -> Answer<Vec<Slot>> {
        Err(Refusal::NotKnownHere("slots"))
    }
    /// Sessions, newest first.
    fn sessions(&self, _asked: &SessionsQuery) -> Answer<Vec<Session>> {
        Err(Refusal::NotKnownHere("sessions"))
    }
    /// One of them, explained.
    fn session(&self, _station: &str, _id: &str) -> Answer<SessionDetail> {
        Err(Refusal::NotKnownHere("sessions"))
    }
    /// Its receipt.
    fn receipt(&self, _station: &str, _id: &str) -> Answer<Receipt> {
        Err(Refusal::NotKnownHere("receipts"))
    }
    /// A station's prices.
    fn tariff(&self, _station: &str) -> Answer<TariffShown> {
        Err(Refusal::NotKnownHere("tariffs"))
    }
    /// Sets them for sessions that begin from now on, checked before.
    fn set_tariff(&self, _who: &Actor, _station: &str, _toml: &str) -> Answer<TariffShown> {
        Err(Refusal::NotKnownHere("tariffs"))
    }
    /// What a charge would cost.
    fn preview(&self, _station: &str, _asked: &TariffPreview) -> Answer<TariffPrice> {
        Err(Refusal::NotKnownHere("tariffs"))
    }
    /// A month of a station; without one the running month.
    fn report(&self, _station: &str, _month: Option<&str>) -> Answer<MonthReport> {
        Err(Refusal::NotKnownHere("reports"))
    }

    /// Alarms, newest first.
    fn alarms(&self, _which: AlarmState) -> Answer<Vec<Alarm>> {
        Err(Refusal::NotKnownHere("alarms"))
    }
    /// Somebody has seen it.
    fn acknowledge(&self, _who: &Actor, _id: &str) -> Answer<Alarm> {
        Err(Refusal::NotKnownHere("alarms"))
    }

    /// Sends a command to a device and waits for the answer, 10 s at most.
    fn rpc(&self, _who: &Actor, _id: &str, _call: &RpcCall) -> Answer<Value> {
        Err(Refusal::NotKnownHere("commands"))
    }
    /// The settings of a device.
    fn shared(&self, _id: &str) -> Answer<BTreeMap<String, Value>> {
        Err(Refusal::NotKnownHere("settings"))
    }
    /// Changes them: `null` takes one away. Answers all of them.
    fn set_shared(
        &self,
        _who: &Actor,
        _id: &str,
        _change: &SharedChange,
    ) -> Answer<BTreeMap<String, Value>> {
        Err(Refusal::NotKnownHere("settings"))
    }

    /// Devices that ask to be let in.
    fn pending(&self) -> Answer<Vec<PendingDevice>> {
        Err(Refusal::NotKnownHere("requests"))
    }
    /// Lets one in, or not.
    fn decide(&self, _who: &Actor, _request: &str, _is_let_in: bool) -> Answer<()> {
        Err(Refusal::NotKnownHere("requests"))
    }
    /// Makes a device.
    fn add_device(&self, _who: &Actor, _new: &NewDevice) -> Answer<NewToken> {
        Err(Refusal::NotKnownHere("devices to be made"))
    }
    /// Takes a device away.
    fn remove_device(&self, _who: &Actor, _id: &str) -> Answer<()> {
        Err(Refusal::NotKnownHere("devices to be removed"))
    }
    /// Gives a device another token; the one before holds no more.
    fn renew_token(&self, _who: &Actor, _id: &str) -> Answer<NewToken> {
        Err(Refusal::NotKnownHere("tokens"))
    }

    /// Who did what, newest first.
    fn audit(&self, _before: Option<i64>, _limit: usize) -> Answer<Vec<Audit>> {
        Err(Refusal::NotKnownHere("audit logs"))
    }
    /// Somebody did something. Never fails: what cannot be kept is told in the log.
    fn note(&self, deed: Deed);
    /// A consistent copy of the database, made while everything runs.
    fn backup(&self, _who: &Actor) -> Answer<Box<dyn Read + Send>> {
        Err(Refusal::NotKnownHere("backups"))
    }
}

/// There is no such device.
#[must_use]
pub fn no_device(id: &str) -> Refusal {
    let id: String = id.chars().take(80).collect();
    Refusal::NotFound(format!(
        "there is no device {id:?}; /api/v1/devices lists them"
    ))
}
