//! Steps of sessions into the store and open sessions out of it: the rows of `v2x_store` for what
//! `v2x_roles` and `v2x_tariff` decided.

use v2x_charging::SessionRecord;
use v2x_roles::station::{Judged, Keep, StationSetup, settle};
use v2x_store::{
    BillLineRow, BillRow, MeterValue, SessionHead, SessionStep, Store, StoreError, Total,
};
use v2x_tariff::Bill;
use v2x_units::BootId;

use super::telemetry;
use crate::clock::Clock;

/// Writes one step in one transaction: record, samples, bill and what is told to the server.
pub(super) fn write(
    store: &mut Store,
    setup: &StationSetup,
    boot: BootId,
    keep: &Keep,
) -> Result<(), StoreError> {
    let record = &keep.record;
    let head = head(setup, keep);
    let bill = match record.ended {
        Some(_) => Some(bill(store, keep)?),
        None => None,
    };
    let is_told = keep.opens || record.ended.is_some();
    let told = is_told
        .then(|| record.utc.or_else(Clock::wall))
        .flatten()
        .and_then(|at| telemetry::session_entry(&head, record, bill.as_ref(), at));
    let values = values(boot, &keep.values);
    store.record_session(&SessionStep {
        opens: keep.opens.then_some(&head),
        record,
        values: &values,
        bill: bill.as_ref(),
        uploads: told.as_slice(),
    })
}

/// Writes samples of an open session.
pub(super) fn write_values(
    store: &mut Store,
    boot: BootId,
    record: &SessionRecord,
    samples: &[Judged],
) -> Result<(), StoreError> {
    store.record_meter_values(record.transaction, &values(boot, samples))
}

fn head(setup: &StationSetup, keep: &Keep) -> SessionHead {
    let slot = setup.slots.iter().find(|slot| slot.number == keep.slot);
    SessionHead {
        transaction: keep.record.transaction,
        slot: keep.slot.get(),
        station: setup.name.clone(),
        slot_name: slot.map(|slot| slot.name.clone()).unwrap_or_default(),
        time_zone: setup.time_zone.clone(),
        tariff_id: keep.tariff.id.clone(),
        tariff_version: keep.tariff.version.clone(),
    }
}

/// The bill from the records on disk and the last one.
fn bill(store: &Store, keep: &Keep) -> Result<BillRow, StoreError> {
    let mut records = store.session_records(keep.record.transaction)?;
    records.retain(|record| record.seq < keep.record.seq);
    records.push(keep.record);
    Ok(match settle(&keep.tariff, &records) {
        Ok(bill) => bill_row(&bill),
        Err(unbilled) => BillRow {
            energy: keep.record.energy.plausible,
            total: Err(unbilled.to_string()),
            lines: Vec::new(),
        },
    })
}

fn bill_row(bill: &Bill) -> BillRow {
    let line = |line: &v2x_tariff::BillLine| BillLineRow {
        kind: line.kind.title().to_owned(),
        period: line.period.clone(),
        quantity: line.quantity.to_string(),
        price: line.price.to_string(),
        exact: line.exact.to_string(),
        amount: line.amount.amount().to_string(),
    };
    BillRow {
        energy: bill.energy,
        total: Ok(Total {
            currency: bill.total.currency().code().to_owned(),
            amount: bill.total.amount().to_string(),
        }),
        lines: bill.lines.iter().map(line).collect(),
    }
}

fn values(boot: BootId, samples: &[Judged]) -> Vec<MeterValue> {
    let value = |judged: &Judged| MeterValue {
        boot,
        utc: judged.utc,
        sample: judged.sample,
        verdict: judged.judgement.verdict,
        reason: judged.judgement.reason.map(|reason| reason.to_string()),
        gained: judged.judgement.gained,
        doubtful: judged.judgement.doubtful,
    };
    samples.iter().map(value).collect()
}
