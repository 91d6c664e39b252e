//! The receipts of a month as CSV (RFC 4180), for accounting.
//!
//! Not here: finding the receipts (the store does). A session belongs to the month in which it
//! ended on the station's clock.

use jiff::Timestamp;
use v2x_units::UtcTime;

use crate::receipt::Receipt;

/// The columns, in their order.
pub const COLUMNS: [&str; 13] = [
    "started",
    "ended",
    "transaction",
    "station",
    "slot",
    "vehicle",
    "duration_s",
    "energy_kwh",
    "doubtful_kwh",
    "tariff",
    "tariff_version",
    "total",
    "currency",
];

/// A month that the calendar does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no month {seen}; the months are 1 to 12")]
pub struct MonthError {
    /// What was asked for.
    pub seen: i8,
}

/// The receipts among these that belong to a month, one row each under a head line.
///
/// # Errors
/// Refuses a month that is not 1 to 12.
///
/// # Panics
/// Never: writing to memory cannot fail.
pub fn month_csv<'a>(
    receipts: impl IntoIterator<Item = &'a Receipt<'a>>,
    year: i16,
    month: i8,
) -> Result<String, MonthError> {
    if !(1..=12).contains(&month) {
        return Err(MonthError { seen: month });
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let to_memory = "writing to memory cannot fail";
    writer.write_record(COLUMNS).expect(to_memory);
    for receipt in receipts {
        if ended_in(receipt) == Some((year, month)) {
            writer.write_record(row(receipt)).expect(to_memory);
        }
    }
    let bytes = writer.into_inner().expect(to_memory);
    Ok(String::from_utf8(bytes).expect("rows are made of texts"))
}

fn ended_in(receipt: &Receipt<'_>) -> Option<(i16, i8)> {
    let ended = Timestamp::from_microsecond(receipt.ended.as_micros()).ok()?;
    let local = receipt.zone.to_datetime(ended);
    Some((local.year(), local.month()))
}

fn row(receipt: &Receipt<'_>) -> [String; COLUMNS.len()] {
    let local = |moment: UtcTime| receipt.local(moment);
    let kwh = |energy: v2x_charging::Energy| energy.to_string().replace(" kWh", "");
    [
        local(receipt.started),
        local(receipt.ended),
        receipt.transaction.to_string(),
        inert(receipt.station),
        inert(receipt.slot),
        inert(receipt.vehicle.unwrap_or_default()),
        receipt.elapsed.as_secs().to_string(),
        kwh(receipt.bill.energy),
        kwh(receipt.doubtful),
        inert(&receipt.bill.tariff),
        inert(&receipt.bill.tariff_version),
        receipt.bill.total.amount().to_string(),
        receipt.bill.total.currency().to_string(),
    ]
}

/// A foreign text that a spreadsheet would take for a formula gets an apostrophe before it.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
