//! Receipts and monthly accounts, from the bills as they were made.
//!
//! How they look is `v2x_tariff`'s; here stored bills become its types again.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use rust_decimal::Decimal;
use v2x_charging::Authorisation;
use v2x_store::{BillLineRow, BillRow, Store, StoredSession};
use v2x_tariff::accounts::month_csv;
use v2x_tariff::{Bill, BillLine, Currency, LineKind, Money, Receipt};

use super::found::Found;
use crate::cli::ReceiptFormat;
use crate::failure::{Blame, Context as _, Failure};

/// The most sessions of which accounts are made.
const SESSIONS_MAX: usize = 100_000;

/// What a receipt borrows.
struct Parts {
    session: StoredSession,
    bill: Bill,
    zone: TimeZone,
    vehicle: Option<String>,
}

/// The receipt of one session.
pub(super) fn receipt(found: &Found, format: ReceiptFormat) -> Result<String, Failure> {
    let parts = Parts::of(found.session.clone(), found.bill.as_ref()).map_err(|why| {
        let id = found.session.head.transaction;
        Failure::new(
            Blame::Input,
            format_args!("session {id} has no receipt: {why}"),
        )
    })?;
    let receipt = parts.receipt().ok_or_else(|| {
        Failure::new(
            Blame::Input,
            "the clock was not known when the session ended",
        )
        .hint("`v2x session show` says what was charged")
    })?;
    Ok(match format {
        ReceiptFormat::Text => receipt.to_string(),
        ReceiptFormat::Json => receipt.to_json() + "\n",
        ReceiptFormat::Html => receipt.to_html(),
    })
}

/// The receipt of one session as text, or why there is none.
pub(crate) fn receipt_text(found: &Found) -> Result<String, String> {
    let parts = Parts::of(found.session.clone(), found.bill.as_ref());
    let parts = parts.map_err(|why| format!("the session has no receipt: {why}"))?;
    let receipt = parts.receipt().map(|receipt| receipt.to_string());
    receipt.ok_or_else(|| {
        "the session has no receipt: the clock was not known when it ended".to_owned()
    })
}

/// The bills of a month, in the order of their sessions.
pub(super) fn accounts(store: &Store, month: &str) -> Result<String, Failure> {
    let wrong = || {
        let what = format_args!("`{month}` is no month");
        Failure::new(Blame::Usage, what).hint("give year and month, as --month 2025-08")
    };
    let (year, number) = month.split_once('-').ok_or_else(wrong)?;
    let year = year.parse().map_err(|_| wrong())?;
    let number = number.parse().map_err(|_| wrong())?;
    let unreadable = |error| Failure::new(Blame::Input, error);
    let mut parts = Vec::new();
    for session in store.sessions(SESSIONS_MAX).map_err(unreadable)? {
        let bill = store.bill(session.head.transaction).map_err(unreadable)?;
        // Open sessions and those without a bill are in no accounts.
        parts.extend(Parts::of(session, bill.as_ref()).ok());
    }
    parts.reverse();
    let receipts: Vec<_> = parts.iter().filter_map(Parts::receipt).collect();
    month_csv(&receipts, year, number).blame(Blame::Usage, "--month")
}

impl Parts {
    /// Takes a session with its bill; says why another has none.
    fn of(session: StoredSession, row: Option<&BillRow>) -> Result<Self, String> {
        let row = row.ok_or("it is still open")?;
        let head = &session.head;
        let bill = bill(row, &head.tariff_id, &head.tariff_version)?;
        let zone = TimeZoneDatabase::bundled().get(&head.time_zone);
        let vehicle = match session.newest.authorisation {
            Authorisation::Car(digest) => {
                Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
            }
            Authorisation::None | Authorisation::Operator => None,
        };
        Ok(Self {
            bill,
            zone: zone.unwrap_or(TimeZone::UTC),
            vehicle,
            session,
        })
    }

    /// The receipt; `None` when its times are not known.
    fn receipt(&self) -> Option<Receipt<'_>> {
        let (head, newest) = (&self.session.head, &self.session.newest);
        let started = newest.started?;
        Some(Receipt {
            station: &head.station,
            slot: &head.slot_name,
            transaction: head.transaction,
            vehicle: self.vehicle.as_deref(),
            started,
            // By the clock that cannot jump, as the bill.
            ended: started + newest.elapsed,
            reason: newest.ended?,
            elapsed: newest.elapsed,
            doubtful: newest.energy.doubtful,
            zone: &self.zone,
            bill: &self.bill,
        })
    }
}

fn bill(row: &BillRow, tariff: &str, version: &str) -> Result<Bill, String> {
    let total = row.total.as_ref().map_err(Clone::clone)?;
    let damaged = || "its bill in the store is damaged".to_owned();
    let currency = Currency::from_code(&total.currency).ok_or_else(damaged)?;
    let number = |text: &str| text.parse::<Decimal>().map_err(|_| damaged());
    let money = |text: &str| Money::new(number(text)?, currency).ok_or_else(damaged);
    let line = |line: &BillLineRow| {
        Ok(BillLine {
            kind: kind(&line.kind).ok_or_else(damaged)?,
            period: line.period.clone(),
            quantity: number(&line.quantity)?,
            price: number(&line.price)?,
            exact: number(&line.exact)?,
            amount: money(&line.amount)?,
        })
    };
    Ok(Bill {
        tariff: tariff.to_owned(),
        tariff_version: version.to_owned(),
        energy: row.energy,
        lines: row.lines.iter().map(line).collect::<Result<_, String>>()?,
        total: money(&total.amount)?,
    })
}

fn kind(title: &str) -> Option<LineKind> {
    let kinds = [
        LineKind::SessionFee,
        LineKind::Energy,
        LineKind::ChargingTime,
        LineKind::IdleTime,
        LineKind::Rounding,
    ];
    kinds.into_iter().find(|kind| kind.title() == title)
}
