//! What the station tells the server: the prototype's keys with true values, and its own.
//!
//! A value that is not measured has no key; a state that is known always has one. Names and types
//! of the prototype's keys are those of its two monitors: with one slot the keys have no number,
//! with more slots each has its slot's (`voltage_slot1`, but `slot1_available`).

use v2x_charging::{EndReason, SessionRecord, SlotState};
use v2x_outbox::{Class, NewEntry, PayloadKind};
use v2x_roles::station::{SlotNumber, SlotView, StationSetup};
use v2x_store::{BillRow, SessionHead};
use v2x_tariff::{Money, Tariff};
use v2x_units::{Amps, UtcTime, Volts, WattHours, Watts};
use v2x_uplink::thingsboard::gateway::{self, Payload};
use v2x_uplink::thingsboard::{Value, Values};

use crate::site::{bill, tariff};

/// Decimals of coordinates: 0.1 m.
const POSITION_DECIMALS: u8 = 6;

/// The program's version as firmware attribute.
const FIRMWARE: &str = concat!("v2x ", env!("CARGO_PKG_VERSION"));

/// The prototype's message.
pub(super) fn prototype_row(setup: &StationSetup, views: &[SlotView<'_>], at: UtcTime) -> Values {
    match views {
        [only] => single(setup, only, at),
        _ => several(setup, views, at),
    }
}

/// The message of the prototype's single-slot monitor.
fn single(setup: &StationSetup, view: &SlotView<'_>, at: UtcTime) -> Values {
    let mut values = Values::new();
    put_station(&mut values, setup, at);
    put_measured(&mut values, view, "");
    values.put("vehicle_connected", view.vehicle_connected.map(Value::bool));
    values.put("slots_available", Value::bool(is_available(view)));
    values.put("fast_charge_support", Value::bool(setup.fast_charge));
    values.put("plug_type", Value::text(view.setup.plug.as_str()).ok());
    values.put("cost_per_kwh", price(view.tariff));
    values.put("total_slots", Value::integer(1));
    put_session(&mut values, view, "");
    values
}

/// The message of the prototype's dual-slot monitor, for any number of slots.
fn several(setup: &StationSetup, views: &[SlotView<'_>], at: UtcTime) -> Values {
    let count = |count: usize| Value::integer(i64::try_from(count).unwrap_or(i64::MAX));
    let mut values = Values::new();
    put_station(&mut values, setup, at);
    values.put("total_slots", count(views.len()));
    if let Some(first) = views.first() {
        values.put("cost_per_kwh", price(first.tariff));
        values.put("plug_type", Value::text(first.setup.plug.as_str()).ok());
    }
    values.put("fast_charge_support", Value::bool(setup.fast_charge));
    for view in views {
        let slot = view.setup.number;
        let suffix = format!("_slot{slot}");
        put_measured(&mut values, view, &suffix);
        let connected = view.vehicle_connected.map(Value::bool);
        values.put(&format!("vehicle_connected{suffix}"), connected);
        put_session(&mut values, view, &suffix);
        let available = Value::bool(is_available(view));
        values.put(&format!("slot{slot}_available"), available);
    }
    let powers = views.iter().filter_map(|view| view.measured?.power);
    let total = powers.reduce(|sum, power| sum + power);
    values.put(
        "total_power",
        total.and_then(|power| number(power.get(), 1)),
    );
    let active = views.iter().filter(|view| view.session.is_some());
    values.put("active_sessions", count(active.count()));
    let available = views.iter().filter(|view| is_available(view));
    values.put("available_slots", count(available.count()));
    values
}

fn put_station(values: &mut Values, setup: &StationSetup, at: UtcTime) {
    values.put("timestamp", Value::integer(at.split().0));
    values.put("evcs_name", Value::text(setup.name.as_str()).ok());
    put_position(values, setup);
}

fn put_position(values: &mut Values, setup: &StationSetup) {
    if let Some(position) = setup.position {
        let degrees = |degrees| Value::number(degrees, POSITION_DECIMALS);
        values.put("latitude", degrees(position.latitude().get()));
        values.put("longitude", degrees(position.longitude().get()));
    }
}

/// What the meter of a slot shows, under the keys of its rows.
pub(super) fn measured(view: &SlotView<'_>) -> serde_json::Map<String, serde_json::Value> {
    let mut values = Values::new();
    put_measured(&mut values, view, "");
    serde_json::from_str(&values.into_json()).unwrap_or_default()
}

fn put_measured(values: &mut Values, view: &SlotView<'_>, suffix: &str) {
    let Some(sample) = &view.measured else {
        return;
    };
    let mut put = |key: &str, value: Option<Value>| values.put(&format!("{key}{suffix}"), value);
    let kwh = sample.energy.map(WattHours::kilowatt_hours);
    put(
        "voltage",
        sample.voltage.map(Volts::get).and_then(|v| number(v, 1)),
    );
    put(
        "current",
        sample.current.map(Amps::get).and_then(|a| number(a, 2)),
    );
    put(
        "power",
        sample.power.map(Watts::get).and_then(|w| number(w, 1)),
    );
    put("energy", kwh.and_then(|kwh| number(kwh, 3)));
    put("frequency", sample.frequency.and_then(|f| whole(f.get())));
    put(
        "power_factor",
        sample.power_factor.and_then(|pf| number(pf, 2)),
    );
}

/// Energy and cost of the open session; nothing has flowed in a session that is not there.
fn put_session(values: &mut Values, view: &SlotView<'_>, suffix: &str) {
    let (energy, cost) = match &view.session {
        None => (0.0, Some(0.0)),
        Some(session) => (
            session.energy.plausible.kilowatt_hours(),
            session.cost.and_then(decimal),
        ),
    };
    values.put(&format!("session_energy{suffix}"), number(energy, 3));
    let cost = cost.and_then(|cost| number(cost, 2));
    values.put(&format!("session_cost{suffix}"), cost);
}

/// The row of each slot as a device of its own, each with the time of its measurement.
pub(super) fn slot_rows(
    views: &[SlotView<'_>],
    now: UtcTime,
    measured_at: impl Fn(&SlotView<'_>) -> Option<UtcTime>,
) -> Payload {
    gateway::telemetry(views.iter().map(|view| {
        let at = measured_at(view).unwrap_or(now);
        (view.setup.name.clone(), at, slot_row(view))
    }))
}

fn slot_row(view: &SlotView<'_>) -> Values {
    let mut values = Values::new();
    put_measured(&mut values, view, "");
    values.put("vehicle_connected", view.vehicle_connected.map(Value::bool));
    if let Some(state) = view.state {
        values.put("state", Value::text(state.to_string()).ok());
        let reason = reason(state).and_then(|reason| Value::text(reason).ok());
        values.put("state_reason", reason);
    }
    values.put("available", Value::bool(is_available(view)));
    let relay = view
        .relay
        .map(|relay| match (relay.confirmed, relay.closed) {
            (false, _) => "unconfirmed",
            (true, false) => "open",
            (true, true) => "closed",
        });
    values.put("relay", relay.and_then(|relay| Value::text(relay).ok()));
    put_session(&mut values, view, "");
    if let Some(session) = &view.session {
        let id = session.transaction.to_string();
        values.put("session_id", Value::text(id).ok());
        let doubtful = session.energy.doubtful.kilowatt_hours();
        values.put("session_doubtful_energy", number(doubtful, 3));
    }
    let unattributed = (view.unattributed).map(|ledger| ledger.plausible.kilowatt_hours());
    values.put(
        "unattributed_energy",
        unattributed.and_then(|energy| number(energy, 3)),
    );
    if let Some(judgement) = view.judgement {
        let verdict = Value::text(judgement.verdict.to_string());
        values.put("meter_verdict", verdict.ok());
    }
    values
}

/// What a person must know of a slot now; `None` when all is well.
pub(super) fn alarm(view: &SlotView<'_>) -> Option<String> {
    let state = view.state?;
    Some(format!("{state}: {}", reason(state)?))
}

/// Why a slot cannot be used; `None` when it can.
pub(super) fn reason(state: SlotState) -> Option<String> {
    match state {
        SlotState::Unavailable(outage) => Some(outage.to_string()),
        SlotState::Faulted(fault) => Some(fault.to_string()),
        _ => None,
    }
}

/// An alarm that began, or `none` when it ended, as an entry that is never evicted.
pub(super) fn alarm_entry(slot: SlotNumber, alarm: &str, at: UtcTime) -> Option<NewEntry> {
    let mut values = Values::new();
    values.put(&format!("alarm_slot{slot}"), Value::text(alarm).ok());
    entry(Class::Alert, PayloadKind::Telemetry, at, values)
}

/// The start of a session, or its end with what was charged.
pub(super) fn session_entry(
    head: &SessionHead,
    record: &SessionRecord,
    bill: Option<&BillRow>,
    at: UtcTime,
) -> Option<NewEntry> {
    let slot = head.slot;
    let mut values = Values::new();
    let mut put = |key: &str, value: Option<Value>| {
        values.put(&format!("session_{key}_slot{slot}"), value);
    };
    put("id", Value::text(head.transaction.to_string()).ok());
    let event = if record.ended.is_some() {
        "ended"
    } else {
        "started"
    };
    put("event", Value::text(event).ok());
    let tariff = format!("{} {}", head.tariff_id, head.tariff_version);
    put("tariff", Value::text(tariff).ok());
    if let Some(reason) = record.ended.map(EndReason::ocpp) {
        put("reason", Value::text(reason).ok());
        let kwh = record.energy.plausible.kilowatt_hours();
        put("final_energy", number(kwh, 3));
        let doubtful = record.energy.doubtful.kilowatt_hours();
        put("doubtful_energy", number(doubtful, 3));
        put("duration_s", number(record.elapsed.as_secs_f64(), 1));
    }
    if let Some(Err(why)) = bill.map(|bill| &bill.total) {
        put("unbilled", Value::text(why.as_str()).ok());
    }
    put("bill", bill.and_then(bill::told));
    if let Some(Ok(total)) = bill.map(|bill| &bill.total) {
        let amount = total.amount.parse().ok();
        put(
            "final_cost",
            amount.and_then(|amount| Value::number(amount, 3)),
        );
        put("currency", Value::text(total.currency.as_str()).ok());
    }
    entry(Class::Session, PayloadKind::Telemetry, at, values)
}

/// The prices that hold, as text; alone, for they may be long.
pub(super) fn tariffs(toml: &str, at: UtcTime) -> Option<NewEntry> {
    let mut values = Values::new();
    values.put("tariffs", tariff::told(toml)?);
    entry(Class::Event, PayloadKind::Attributes, at, values)
}

/// What the station is.
pub(super) fn attributes(
    setup: &StationSetup,
    views: &[SlotView<'_>],
    is_legacy: bool,
    at: UtcTime,
) -> Option<NewEntry> {
    let mut values = Values::new();
    values.put("evcs_name", Value::text(setup.name.as_str()).ok());
    put_position(&mut values, setup);
    let slots = i64::try_from(views.len()).unwrap_or(i64::MAX);
    values.put("total_slots", Value::integer(slots));
    values.put("fast_charge_support", Value::bool(setup.fast_charge));
    values.put("time_zone", Value::text(setup.time_zone.as_str()).ok());
    values.put("firmware", Value::text(FIRMWARE).ok());
    values.put("legacy_mode", Some(Value::bool(is_legacy)));
    let currency = |view: &SlotView<'_>| view.tariff.currency.code().to_owned();
    // Prices of one currency, unless somebody mixes them.
    let first = views.first().map(currency);
    let is_one = |code: &String| views.iter().all(|view| currency(view) == *code);
    let one = first.filter(is_one);
    values.put("currency", one.and_then(|code| Value::text(code).ok()));
    for view in views {
        let slot = view.setup.number;
        let mut put = |key: &str, value| values.put(&format!("{key}_slot{slot}"), value);
        put("plug_type", Value::text(view.setup.plug.as_str()).ok());
        put("tariff", Value::text(tariff_name(view.tariff)).ok());
        put("relay", Some(Value::bool(view.setup.config.has_relay)));
    }
    entry(Class::Event, PayloadKind::Attributes, at, values)
}

/// What each slot is, as a device of its own.
pub(super) fn slot_attributes(
    setup: &StationSetup,
    views: &[SlotView<'_>],
    at: UtcTime,
) -> Option<NewEntry> {
    let payload = gateway::attributes(views.iter().map(|view| {
        let mut values = Values::new();
        values.put("evcs_name", Value::text(setup.name.as_str()).ok());
        put_position(&mut values, setup);
        values.put("slot", Value::integer(i64::from(view.setup.number.get())));
        values.put("plug_type", Value::text(view.setup.plug.as_str()).ok());
        values.put("tariff", Value::text(tariff_name(view.tariff)).ok());
        values.put("cost_per_kwh", price(view.tariff));
        let currency = view.tariff.currency.code();
        values.put("currency", Value::text(currency).ok());
        values.put("relay", Value::bool(view.setup.config.has_relay));
        values.put("firmware", Value::text(FIRMWARE).ok());
        (view.setup.name.clone(), values)
    }));
    let kind = PayloadKind::GatewayAttributes;
    NewEntry::new(Class::Event, kind, at, payload.points, payload.json).ok()
}

/// An entry of values; one that no server would take stays local.
fn entry(class: Class, kind: PayloadKind, at: UtcTime, values: Values) -> Option<NewEntry> {
    let points = values.points();
    NewEntry::new(class, kind, at, points, values.into_json()).ok()
}

fn tariff_name(tariff: &Tariff) -> String {
    format!("{} {}", tariff.id, tariff.version)
}

fn is_available(view: &SlotView<'_>) -> bool {
    view.state == Some(SlotState::Available)
}

/// The base price with the two decimals of the prototype, or more where it has more.
fn price(tariff: &Tariff) -> Option<Value> {
    let per_kwh = tariff.base.per_kwh.normalize();
    let decimals = u8::try_from(per_kwh.scale()).unwrap_or(u8::MAX).max(2);
    let price = per_kwh.to_string().parse().ok()?;
    number(price, decimals)
}

fn decimal(money: Money) -> Option<f64> {
    money.amount().to_string().parse().ok()
}

fn number(value: f64, decimals: u8) -> Option<Value> {
    Value::number(value, decimals)
}

/// A whole number, as the prototype's frequency.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked before the cast"
)]
fn whole(value: f64) -> Option<Value> {
    (value.abs() <= f64::from(u16::MAX)).then(|| Value::integer(value.round() as i64))
}
