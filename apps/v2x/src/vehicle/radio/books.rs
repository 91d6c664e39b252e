//! What the conversation about charging leaves on the car's disk; called by the keeper.

use tracing::warn;
use v2x_outbox::Class;
use v2x_proto::v2g::MeterReading;
use v2x_store::{Event, Store, StoreError, V2gSession};
use v2x_units::{Amps, UtcTime, Volts, WattHours, Watts};
use v2x_uplink::thingsboard::{Value, Values};

use super::ToldByV2g;
use crate::daemon::v2g_books::{entry, receipt_entry, receipt_row};

/// Under this name the car's open session stands in the store.
pub(in crate::vehicle) const OWNER: &str = "vehicle";

/// Writes what was told; `utc` is `None` while no clock is trusted.
pub(in crate::vehicle) fn write(store: &mut Store, utc: Option<UtcTime>, told: &ToldByV2g) {
    let done = match told {
        ToldByV2g::Session(open) => {
            let row = open.as_ref().map(|(id, station)| V2gSession {
                session: id.bytes(),
                peer: station.clone(),
                started: None,
                cost_limit: None,
                powered: true,
                ended: false,
            });
            store.save_v2g_session(OWNER, row.as_ref())
        }
        ToldByV2g::Receipt(signed, countersignature) => {
            match receipt_row(signed, Some(countersignature)) {
                Some(row) => {
                    let upload = utc.and_then(|utc| receipt_entry(&row, "", utc));
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
    };
    if let Err(error) = done {
        warn!(%error, "what was said over the radio is not in the store");
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
