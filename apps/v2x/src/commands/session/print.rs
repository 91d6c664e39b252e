//! Sessions as a table, as facts and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use v2x_charging::{EndReason, Energy, SessionRecord};
use v2x_store::{BillRow, Store, StoredSession};
use v2x_tariff::Currency;
use v2x_units::UtcTime;

use super::found::Found;
use crate::failure::{Blame, Failure};

/// The sessions as a table, newest first.
pub(super) fn list(
    store: &Store,
    sessions: &[StoredSession],
    as_json: bool,
) -> Result<String, Failure> {
    let mut rows = Vec::new();
    let mut text = format!(
        "{:<36}  {:>4}  {:<24}  {:<13}  {:>12}  {:>12}\n",
        "session", "slot", "started", "state", "energy", "cost"
    );
    for session in sessions {
        let bill = store.bill(session.head.transaction);
        let bill = bill.map_err(|error| Failure::new(Blame::Input, error))?;
        rows.push(facts(session, bill.as_ref()));
        let newest = &session.newest;
        writeln!(
            text,
            "{:<36}  {:>4}  {:<24}  {:<13}  {:>12}  {:>12}",
            session.head.transaction,
            session.head.slot,
            moment(newest.started),
            state(newest),
            newest.energy.plausible.to_string(),
            bill.as_ref().map_or_else(String::new, cost),
        )
        .unwrap_or_default();
    }
    Ok(if as_json {
        pretty(&Json::Array(rows))
    } else {
        text
    })
}

/// One session as facts.
pub(super) fn show(found: &Found, as_json: bool) -> String {
    if as_json {
        return pretty(&facts(&found.session, found.bill.as_ref()));
    }
    let (head, newest) = (&found.session.head, &found.session.newest);
    let mut facts = vec![
        ("Session", head.transaction.to_string()),
        ("Station", head.station.clone()),
        ("Slot", format!("{} ({})", head.slot_name, head.slot)),
        (
            "Tariff",
            format!("{}, version {}", head.tariff_id, head.tariff_version),
        ),
        ("Started", moment(newest.started)),
        ("Duration", format!("{:.0} s", newest.elapsed.as_secs_f64())),
        ("State", state(newest)),
        ("Energy", newest.energy.plausible.to_string()),
    ];
    if newest.energy.doubtful > Energy::ZERO {
        let doubtful = format!("{} more, not billed", newest.energy.doubtful);
        facts.push(("Doubtful", doubtful));
    }
    if let Some(reason) = newest.ended {
        facts.push(("Ended", format!("{}, {reason}", moment(newest.utc))));
    }
    let mut text = String::new();
    for (name, value) in facts {
        writeln!(text, "{name:<10} {value}").unwrap_or_default();
    }
    if let Some(bill) = &found.bill {
        text += &lines(bill);
    }
    text
}

/// The lines of a bill and its total.
pub(super) fn lines(bill: &BillRow) -> String {
    let currency = bill.total.as_ref().ok();
    let currency = currency.and_then(|total| Currency::from_code(&total.currency));
    let mut text = String::new();
    for line in &bill.lines {
        let title = match &line.period {
            Some(period) => format!("{}, {period}", line.kind),
            None => line.kind.clone(),
        };
        writeln!(
            text,
            "  {title:<26} {:>12} x {:<10} = {:>14}, paid {:>10}",
            line.quantity,
            in_full(currency, &line.price),
            line.exact,
            line.amount
        )
        .unwrap_or_default();
    }
    writeln!(text, "  Total {}", cost(bill)).unwrap_or_default();
    text
}

/// A price with the digits of its currency, where that is known: 1.5 MAD as 1.50.
pub(crate) fn in_full(currency: Option<Currency>, price: &str) -> String {
    let shown = currency.zip(price.parse().ok());
    shown.map_or_else(
        || price.to_owned(),
        |(currency, price)| currency.in_full(price).to_string(),
    )
}

/// A session as JSON, with amounts as text so that no reader rounds them.
pub(super) fn facts(session: &StoredSession, bill: Option<&BillRow>) -> Json {
    let (head, newest) = (&session.head, &session.newest);
    let bill = bill.map(|bill| {
        let line = |line: &v2x_store::BillLineRow| {
            json!({
                "kind": line.kind, "period": line.period, "quantity": line.quantity,
                "price": line.price, "exact": line.exact, "amount": line.amount,
            })
        };
        json!({
            "energy_wh": bill.energy.milliwatt_hours() / 1000,
            "currency": bill.total.as_ref().ok().map(|total| &total.currency),
            "total": bill.total.as_ref().ok().map(|total| &total.amount),
            "unbilled": bill.total.as_ref().err(),
            "lines": bill.lines.iter().map(line).collect::<Vec<_>>(),
        })
    });
    json!({
        "session": head.transaction.to_string(),
        "station": head.station,
        "slot": head.slot,
        "slot_name": head.slot_name,
        "tariff": head.tariff_id,
        "tariff_version": head.tariff_version,
        "started": newest.started.map(|started| started.to_string()),
        "newest": newest.utc.map(|utc| utc.to_string()),
        "duration_s": newest.elapsed.as_secs(),
        "state": newest.state.to_string(),
        "energy_wh": newest.energy.plausible.milliwatt_hours() / 1000,
        "doubtful_wh": newest.energy.doubtful.milliwatt_hours() / 1000,
        "ended": newest.ended.map(EndReason::ocpp),
        "bill": bill,
    })
}

/// JSON with a line end.
pub(super) fn pretty(json: &Json) -> String {
    format!("{json:#}\n")
}

/// A moment in UTC, or that it is not known.
pub(super) fn moment(utc: Option<UtcTime>) -> String {
    utc.map_or_else(|| "unknown".to_owned(), |utc| utc.to_string())
}

fn state(record: &SessionRecord) -> String {
    match record.ended {
        Some(reason) => reason.ocpp().to_owned(),
        None => record.state.to_string(),
    }
}

fn cost(bill: &BillRow) -> String {
    match &bill.total {
        Ok(total) => format!("{} {}", total.amount, total.currency),
        Err(why) => format!("none: {why}"),
    }
}
