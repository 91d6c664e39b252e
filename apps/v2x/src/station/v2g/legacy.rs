//! Legacy mode at the station: what prototype cars hear of the slot that charges them, and what
//! they say, where the operator has switched it on.
//!
//! Not what is said and believed ([`v2x_proto::legacy_mode`]). There is no order among the things
//! that this wants: a slot that charges a prototype car follows its own policy, meter and plug. To
//! prototypes the station is one address with one slot: of two slots that could charge one, neither
//! is told of, because a car would take the other's energy and cost for its own.

use std::collections::BTreeMap;
use std::time::Duration;

use tracing::{info, warn};
use v2x_charging::{Policy, SlotState, TransactionId};
use v2x_outbox::{Class, NewEntry, PayloadKind};
use v2x_proto::legacy::radio::item::{Item, VehicleItem};
use v2x_proto::legacy::radio::{RadioMessage, VehicleToEvcs};
use v2x_proto::legacy_mode::{
    LegacyCounters, LegacyHeard, LegacyStation, LegacyStationEvent, LegacyStationInput, Output,
    SlotNow,
};
use v2x_roles::station::{PortId, SlotNumber, SlotView, StationSetup};
use v2x_store::{Event, TelemetryRow};
use v2x_units::{Amps, BatteryCurrent, Instant, MacAddress, StateOfCharge, UtcTime, Volts};
use v2x_units::{WattHours, Watts};
use v2x_uplink::thingsboard::{Value, Values};

use crate::daemon::entry;

/// The source of these rows in the store.
const SOURCE: &str = "station.legacy";
/// A car has at most one row in so long a time; it says something after each word of ours.
const ROW_EVERY: Duration = Duration::from_secs(5);
/// Cars with rows at a time. Addresses cost nothing to forge; words of more are counted.
const CARS_MAX: usize = 8;

/// What legacy mode wants: nothing that could move a relay.
pub(super) enum Wanted {
    Send(MacAddress, Vec<u8>),
    Row(TelemetryRow),
    Event(Event),
}

/// The slot that prototypes hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Slot(SlotNumber, Option<TransactionId>),
    /// More than one could be meant.
    Several,
}

/// Our station among prototype cars.
pub(super) struct Legacy {
    /// It speaks under the radio's address, and begins anew when that changes.
    station: Option<(MacAddress, LegacyStation)>,
    /// What the plug detectors say, where there are any.
    plugs: BTreeMap<PortId, bool>,
    told: Told,
    /// When each car had its last row.
    rows: Vec<(MacAddress, Instant)>,
    heard: u64,
    unrecorded: u64,
    wake_at: Option<Instant>,
}

impl Legacy {
    pub(super) fn new() -> Self {
        warn!(
            "legacy mode is on: what prototypes say is not proven, and what we tell them is open"
        );
        Self {
            station: None,
            plugs: BTreeMap::new(),
            told: Told::Nothing,
            rows: Vec::new(),
            heard: 0,
            unrecorded: 0,
            wake_at: None,
        }
    }

    pub(super) const fn wake_at(&self) -> Option<Instant> {
        self.wake_at
    }

    /// Payloads taken for a prototype's, those that became no row, and what was refused.
    pub(super) fn counters(&self) -> (u64, u64, LegacyCounters) {
        let counters = self.station.as_ref().map(|(_, station)| station.counters());
        (self.heard, self.unrecorded, counters.unwrap_or_default())
    }

    /// Counts what the disk did not take.
    pub(super) const fn lose(&mut self, count: u64) {
        self.unrecorded += count;
    }

    pub(super) fn plug(&mut self, port: PortId, plugged: bool) {
        self.plugs.insert(port, plugged);
    }

    /// Takes what is of no protocol of ours.
    pub(super) fn hear(&mut self, now: Instant, from: MacAddress, payload: &[u8]) {
        if let Some((_, station)) = &mut self.station {
            station.handle(now, LegacyStationInput::Heard(from, payload));
        }
    }

    /// Takes the slots as they are, and the radio's own address if it is known. `is_proven`: a car
    /// with a credential has the slot; who speaks our protocol is not spoken to in the prototype's.
    pub(super) fn look<'a>(
        &mut self,
        now: Instant,
        address: Option<MacAddress>,
        setup: &StationSetup,
        views: impl Iterator<Item = SlotView<'a>>,
        is_proven: impl Fn(SlotNumber) -> bool,
    ) {
        if address.is_some() && address != self.station.as_ref().map(|(address, _)| *address) {
            self.station = address.map(|address| {
                let mut station = LegacyStation::new(address);
                station.handle(now, LegacyStationInput::SwitchedOn(true));
                (address, station)
            });
        }
        let Some((_, station)) = &mut self.station else {
            return;
        };
        let plugs = &self.plugs;
        let mut views = views.filter(|view| {
            let plug = plugs.get(&view.setup.port).copied();
            lets_current_flow(view) && is_occupied(view, plug) && !is_proven(view.setup.number)
        });
        let (told, slot) = match (views.next(), views.next()) {
            (None, _) => (Told::Nothing, SlotNow::default()),
            (Some(view), None) => {
                let session = view.session.as_ref().map(|session| session.transaction);
                (
                    Told::Slot(view.setup.number, session),
                    slot_now(setup, &view),
                )
            }
            (Some(_), Some(_)) => (Told::Several, SlotNow::default()),
        };
        if told == Told::Several && self.told != told {
            warn!(
                "several slots could charge a prototype car: its messages cannot tell them apart, \
                 and it hears of none"
            );
        }
        self.told = told;
        station.handle(now, LegacyStationInput::Slot(slot));
    }

    /// Says what is to be done until nothing is left; `utc` is `None` while no clock is right.
    pub(super) fn poll(
        &mut self,
        now: Instant,
        utc: Option<UtcTime>,
        mut want: impl FnMut(Wanted),
    ) {
        self.rows.retain(|(_, at)| now.since(*at) < ROW_EVERY);
        loop {
            let Some((_, station)) = &mut self.station else {
                return;
            };
            match station.poll(now) {
                Output::Send { to, datagram } => want(Wanted::Send(to, datagram.to_vec())),
                Output::WakeAt(when) => {
                    self.wake_at = when;
                    return;
                }
                Output::Event(LegacyStationEvent::Heard(heard)) => {
                    self.heard += 1;
                    if let Some(row) = self.row(&heard, utc) {
                        want(Wanted::Row(row));
                    }
                }
                Output::Event(LegacyStationEvent::StopWanted(car)) => {
                    want(Wanted::Event(self.stop_wanted(car, utc)));
                }
                Output::Event(event) => {
                    info!(?event, "legacy mode");
                    want(Wanted::Event(happened(utc, &format!("{event:?}"), None)));
                }
            }
        }
    }

    /// A car wants the session to end, or somebody in its name. The operator gets to know it.
    fn stop_wanted(&self, car: MacAddress, utc: Option<UtcTime>) -> Event {
        warn!(%car, "legacy mode: a car asks to stop; nobody has proven it, and power stays");
        let upload = utc.and_then(|utc| {
            let mut values = Values::new();
            let key = match self.told {
                Told::Slot(slot, _) => format!("legacy_stop_wanted_slot{slot}"),
                Told::Nothing | Told::Several => "legacy_stop_wanted".to_owned(),
            };
            values.put(&key, Value::text(car.to_string()).ok());
            entry(Class::Event, utc, values)
        });
        happened(utc, &format!("{car} asks to stop; power stays"), upload)
    }

    /// What a car says of itself as a row; `None` when it has had one just now, or says nothing.
    fn row(&mut self, heard: &LegacyHeard, utc: Option<UtcTime>) -> Option<TelemetryRow> {
        let mut values = match &heard.message {
            RadioMessage::VehicleToEvcs(said) => self.to_station(said),
            RadioMessage::Item(Item::Vehicle(item)) => of_item(item),
            _ => return None,
        };
        if self.rows.iter().any(|(car, _)| *car == heard.from) {
            return None;
        }
        let Some(utc) = utc.filter(|_| self.rows.len() < CARS_MAX) else {
            self.unrecorded += 1;
            return None;
        };
        self.rows.push((heard.from, heard.at));
        values.put("legacy", Some(Value::bool(true)));
        values.put("legacy_mac", Value::text(heard.from.to_string()).ok());
        let (points, json) = (values.points(), values.into_json());
        let kind = PayloadKind::Telemetry;
        let upload = NewEntry::new(Class::Telemetry, kind, utc, points, json.clone());
        Some(TelemetryRow {
            source: SOURCE.to_owned(),
            at: utc,
            values: json,
            upload: upload.ok(),
        })
    }

    /// A car's words to a station. The session is the one that it names, if it is ours.
    fn to_station(&self, said: &VehicleToEvcs) -> Values {
        let mut values = Values::new();
        let battery = said.battery.as_ref();
        put_battery(
            &mut values,
            battery.map(|battery| battery.state_of_charge),
            battery.map(|battery| battery.voltage),
            battery.map(|battery| battery.current),
        );
        let ready = Value::bool(said.ready_to_charge);
        values.put("legacy_ready_to_charge", Some(ready));
        values.put("legacy_stop_wanted", Some(Value::bool(said.stop_charging)));
        if let Told::Slot(slot, Some(session)) = self.told
            && number_of(session) == said.session_id
        {
            let session = session.to_string();
            values.put("legacy_session", Value::text(session).ok());
            values.put("legacy_slot", Some(Value::integer(i64::from(slot.get()))));
        }
        values
    }
}

/// Whether the slot gives current to whoever plugs in.
fn lets_current_flow(view: &SlotView<'_>) -> bool {
    let config = &view.setup.config;
    !config.has_relay || config.policy == Policy::FreeVend
}

/// Whether a vehicle is there, by its plug, or by the load where nobody sees the plug.
fn is_occupied(view: &SlotView<'_>, plug: Option<bool>) -> bool {
    plug.unwrap_or(matches!(
        view.state,
        Some(
            SlotState::Preparing
                | SlotState::Charging
                | SlotState::SuspendedEv
                | SlotState::SuspendedEvse
        )
    ))
}

fn slot_now(setup: &StationSetup, view: &SlotView<'_>) -> SlotNow {
    let voltage = view.measured.and_then(|sample| sample.voltage);
    let session = view.session.as_ref();
    let power = view.setup.limits.slot_power_max;
    SlotNow {
        occupied: true,
        // Slots of proven cars are not told of at all.
        proven: false,
        charging: session.is_some(),
        session_id: session.map_or(0, |session| number_of(session.transaction)),
        position: setup.position,
        voltage,
        max_current: most_current(power, voltage, view.setup.limits.current_max),
        max_power: power,
        cost_per_kwh: view.tariff.base.per_kwh.to_string().parse().ok(),
        energy: session.map(|session| {
            WattHours::from_kilowatt_hours(session.energy.plausible.kilowatt_hours())
        }),
        cost: session.and_then(|session| session.cost?.amount().to_string().parse().ok()),
    }
}

/// The current at which the slot gives its highest power, and not more than its meter can see;
/// without a voltage nothing is said.
fn most_current(power: Watts, voltage: Option<Volts>, most: Amps) -> Amps {
    let voltage = voltage.map(Volts::get).filter(|volts| *volts > 0.0);
    Amps::new(voltage.map_or(0.0, |volts| (power.get() / volts).min(most.get())))
}

/// A session's number in the 32 bits that a prototype has for it; 0 is none.
fn number_of(session: TransactionId) -> u32 {
    let bytes = session.bytes();
    let words = bytes.chunks_exact(4).map(|word| {
        let [a, b, c, d] = word else { return 0 };
        u32::from_be_bytes([*a, *b, *c, *d])
    });
    words.fold(0, |number, word| number ^ word).max(1)
}

fn of_item(item: &VehicleItem) -> Values {
    let mut values = Values::new();
    let voltage = item.pack.as_ref().map(|pack| pack.voltage);
    put_battery(
        &mut values,
        Some(item.state_of_charge),
        voltage,
        item.current,
    );
    values
}

fn put_battery(
    values: &mut Values,
    soc: Option<StateOfCharge>,
    voltage: Option<Volts>,
    current: Option<BatteryCurrent>,
) {
    let number = |value: Option<f64>, decimals| value.and_then(|it| Value::number(it, decimals));
    let current = current.map(|current| current.into_battery().get());
    values.put("legacy_soc", number(soc.map(StateOfCharge::percent), 2));
    values.put("legacy_voltage", number(voltage.map(Volts::get), 1));
    values.put("legacy_current", number(current, 2));
}

fn happened(at: Option<UtcTime>, what: &str, upload: Option<NewEntry>) -> Event {
    Event {
        at,
        kind: "legacy".to_owned(),
        detail: serde_json::json!({ "legacy": true, "what": what }).to_string(),
        upload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_a_boot_have_numbers_of_their_own_and_none_has_that_of_no_session() {
        let of = |text: &str| number_of(text.parse().unwrap());
        let first = of("5eed0001-0000-8000-bfff-0123456789ab");
        assert_ne!(first, of("5eed0001-0000-8001-bfff-0123456789ab"));
        assert_eq!(number_of(TransactionId::from_bytes([0; 16])), 1);
    }

    #[test]
    fn most_current_is_that_of_the_highest_power_at_the_voltage_that_is_there() {
        let most = |volts| most_current(Watts::new(2300.0), volts, Amps::new(100.0)).get();
        assert!((most(Some(Volts::new(230.0))) - 10.0).abs() < 1e-9);
        assert_eq!(most(Some(Volts::ZERO)), 0.0);
        assert_eq!(most(None), 0.0);
        assert_eq!(most(Some(Volts::new(1.0))), 100.0);
    }
}
