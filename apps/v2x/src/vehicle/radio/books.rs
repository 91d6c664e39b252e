//! What V2G and V2V leave on the car's disk; called by the keeper.

use v2x_outbox::Class;
use v2x_proto::v2g::MeterReading;
use v2x_store::{Event, Store, StoreError, V2gSession};
use v2x_units::{Amps, Meters, UtcTime, Volts, WattHours, Watts};
use v2x_uplink::thingsboard::{Value, Values};

use super::{ToldByV2g, ToldByV2v, V2vState};
use crate::daemon::entry;
use crate::daemon::v2g_books::{receipt_entry, receipt_row};

/// Under this name the car's open session stands in the store.
pub(in crate::vehicle) const OWNER: &str = "vehicle";

/// Writes what was told; `utc` is `None` while no clock is trusted.
pub(in crate::vehicle) fn write(
    store: &mut Store,
    utc: Option<UtcTime>,
    told: &ToldByV2g,
) -> Result<(), StoreError> {
    match told {
        ToldByV2g::Session(open) => {
            let row = open.as_ref().map(|(id, station)| V2gSession {
                session: id.bytes(),
                peer: station.clone(),
                started: None,
                cost_limit: None,
                powered: true,
                ended: false,
                confirmed: false,
            });
            store.save_v2g_session(OWNER, row.as_ref())
        }
        ToldByV2g::Receipt(signed, countersignature) => {
            match receipt_row(signed, Some(countersignature)) {
                Some(row) => {
                    let ended = signed.receipt.ended.map(|second| second.utc());
                    let upload = (utc.or(ended)).and_then(|utc| receipt_entry(&row, "", utc));
                    store.keep_v2g_receipt(&row, upload.as_ref())
                }
                None => Ok(()),
            }
        }
        ToldByV2g::Status(station, reading) => status(store, utc, station, reading),
        ToldByV2g::Event(kind, detail) => store.record_event(&Event {
            at: utc,
            kind: (*kind).to_owned(),
            detail: detail.to_string(),
            upload: None,
        }),
    }
}

/// The station's meter as telemetry; without a trusted time there is no row.
fn status(
    store: &mut Store,
    utc: Option<UtcTime>,
    station: &str,
    reading: &MeterReading,
) -> Result<(), StoreError> {
    let Some(utc) = utc else { return Ok(()) };
    let mut values = Values::new();
    let number = |value: Option<f64>, decimals| value.and_then(|it| Value::number(it, decimals));
    values.put("v2g_evse", Value::text(station).ok());
    values.put("v2g_voltage", number(reading.voltage.map(Volts::get), 1));
    values.put("v2g_current", number(reading.current.map(Amps::get), 3));
    values.put("v2g_power", number(reading.power.map(Watts::get), 1));
    values.put("v2g_power_factor", number(reading.power_factor, 2));
    values.put(
        "v2g_energy_wh",
        number(reading.energy.map(WattHours::get), 0),
    );
    let cost = reading.cost.map(|cost| cost.to_string());
    values.put("v2g_cost", cost.and_then(|cost| Value::text(cost).ok()));
    let row = v2x_store::TelemetryRow {
        source: "vehicle.v2g".to_owned(),
        at: utc,
        upload: entry(Class::Telemetry, utc, values.clone()),
        values: values.into_json(),
    };
    store.record_telemetry(&[row]).map(drop)
}

/// Writes what V2V told; `utc` is `None` while no clock is trusted.
pub(in crate::vehicle) fn write_v2v(
    store: &mut Store,
    utc: Option<UtcTime>,
    told: &ToldByV2v,
) -> Result<(), StoreError> {
    match told {
        ToldByV2v::Event {
            kind,
            detail,
            is_alert,
        } => {
            let upload = utc.filter(|_| *is_alert).and_then(|utc| {
                let values = alert(kind, detail);
                entry(Class::Alert, utc, values)
            });
            store.record_event(&Event {
                at: utc,
                kind: (*kind).to_owned(),
                detail: detail.to_string(),
                upload,
            })
        }
        ToldByV2v::State(state) => state_row(store, utc, state),
    }
}

/// A warning as it is sent: its fields, and whether it is over.
fn alert(kind: &str, detail: &serde_json::Value) -> Values {
    let mut values = Values::new();
    for (key, value) in detail.as_object().into_iter().flatten() {
        let value = match value {
            serde_json::Value::String(text) => Value::text(text).ok(),
            other => other.as_f64().and_then(|number| Value::number(number, 0)),
        };
        values.put(key, value);
    }
    values.put(
        "v2v_warning_is_given",
        Some(Value::bool(kind == "v2v_warning")),
    );
    values
}

fn state_row(store: &mut Store, utc: Option<UtcTime>, state: &V2vState) -> Result<(), StoreError> {
    let Some(utc) = utc else { return Ok(()) };
    let mut values = Values::new();
    let count = |count: usize| Some(Value::integer(i64::try_from(count).unwrap_or(i64::MAX)));
    let total = |count: u64| Some(Value::integer(i64::try_from(count).unwrap_or(i64::MAX)));
    let number = |value: Option<f64>, decimals| value.and_then(|it| Value::number(it, decimals));
    values.put("v2v_neighbours", count(state.neighbours));
    values.put("v2v_nearest_m", number(state.nearest.map(Meters::get), 1));
    values.put("v2v_worst_delivery", number(state.worst_delivery, 2));
    values.put("v2v_events", count(state.events));
    values.put("v2v_warnings", count(state.warnings));
    values.put("v2v_charging_stations", count(state.charging_stations));
    let nearest_free = number(state.nearest_free.map(Meters::get), 1);
    values.put("v2v_nearest_free_m", nearest_free);
    values.put("v2v_sent", total(state.sent));
    values.put("v2v_verified", total(state.verified));
    values.put("v2v_refused", total(state.refused));
    values.put("v2v_channel_busy", number(Some(state.busy_ratio), 3));
    values.put("v2v_pseudonyms", count(state.pseudonyms));
    let row = v2x_store::TelemetryRow {
        source: "vehicle.v2v".to_owned(),
        at: utc,
        upload: entry(Class::Telemetry, utc, values.clone()),
        values: values.into_json(),
    };
    store.record_telemetry(&[row]).map(drop)
}
