//! The lines of a bill: as a station shows them, as it tells them to a server, and as the hub that
//! was told shows them.
//!
//! Amounts are decimal texts all the way, so that nobody rounds them.

use serde_json::{Value as Json, json};
use v2x_store::{BillLineRow, BillRow};
use v2x_tariff::{Currency, LineKind};
use v2x_uplink::thingsboard::Value;
use v2x_web::Said;
use v2x_web::types::BillLine;

use crate::commands::session::in_full;

/// The most bytes of a bill's lines as JSON: some hundred lines. A tariff can have more periods.
const TOLD_MAX: usize = 16_384;

/// What lines may be for.
const KINDS: [LineKind; 5] = [
    LineKind::SessionFee,
    LineKind::Energy,
    LineKind::ChargingTime,
    LineKind::IdleTime,
    LineKind::Rounding,
];

/// Lines as a page shows them, with the digits of their currency.
pub(crate) fn shown(lines: &[BillLineRow], currency: Option<&str>) -> Vec<BillLine> {
    let currency = currency.and_then(Currency::from_code);
    let line = |line: &BillLineRow| {
        let kind = KINDS.into_iter().find(|kind| kind.title() == line.kind);
        let is_energy = kind == Some(LineKind::Energy);
        let kwh = line.quantity.parse::<f64>().ok().filter(|_| is_energy);
        let text = match &line.period {
            Some(period) => format!("{}, {period}", line.kind),
            None => line.kind.clone(),
        };
        BillLine {
            said: Said::of(&text),
            text,
            from: None,
            to: None,
            energy_wh: kwh.map(|kwh| kwh * 1000.0),
            quantity: Some(with_unit(&line.quantity, kind)),
            price: Some(in_full(currency, &line.price)),
            amount: line.amount.clone(),
        }
    };
    lines.iter().map(line).collect()
}

/// A line's quantity with its unit, where it has one.
pub(crate) fn with_unit(quantity: &impl std::fmt::Display, kind: Option<LineKind>) -> String {
    let unit = kind.map_or("", LineKind::unit);
    format!("{quantity} {unit}").trim_end().to_owned()
}

/// What a server is told of a bill's lines; `None` where there are none, or more than it is sent.
pub(crate) fn told(bill: &BillRow) -> Option<Value> {
    let line = |line: &BillLineRow| {
        let mut told = json!({
            "for": line.kind, "quantity": line.quantity, "price": line.price,
            "amount": line.amount,
        });
        if let Some(period) = &line.period {
            told["period"] = period.as_str().into();
        }
        told
    };
    let lines: Vec<_> = bill.lines.iter().map(line).collect();
    let is_any = !lines.is_empty();
    Value::json(lines.into(), TOLD_MAX).filter(|_| is_any)
}

/// The lines that a station told of; `None` where that is no bill.
pub(crate) fn heard(told: &Json) -> Option<Vec<BillLineRow>> {
    let line = |told: &Json| {
        let text = |key: &str| told.get(key)?.as_str().map(str::to_owned);
        Some(BillLineRow {
            kind: text("for")?,
            period: text("period"),
            quantity: text("quantity")?,
            price: text("price")?,
            // Nobody needs it who sees quantity, price and amount.
            exact: String::new(),
            amount: text("amount")?,
        })
    };
    told.as_array()?.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use v2x_charging::Energy;
    use v2x_uplink::thingsboard::Values;

    use super::*;

    fn line(kind: &str, quantity: &str) -> BillLineRow {
        BillLineRow {
            kind: kind.to_owned(),
            period: None,
            quantity: quantity.to_owned(),
            price: "1.50".to_owned(),
            exact: String::new(),
            amount: "1.00".to_owned(),
        }
    }

    fn bill(lines: Vec<BillLineRow>) -> BillRow {
        BillRow {
            energy: Energy::from_watt_hours(0),
            total: Err(String::new()),
            lines,
        }
    }

    fn json(told: Value) -> Json {
        let mut values = Values::new();
        values.put("bill", told);
        let object: Json = serde_json::from_str(&values.into_json()).unwrap();
        object["bill"].clone()
    }

    #[test]
    fn quantity_of_a_line_has_its_unit() {
        let lines: Vec<_> = KINDS.map(|kind| line(kind.title(), "2.5")).to_vec();
        let shown = shown(&lines, None);
        let quantities: Vec<_> = shown
            .iter()
            .filter_map(|it| it.quantity.as_deref())
            .collect();
        assert_eq!(quantities, ["2.5", "2.5 kWh", "2.5 min", "2.5 min", "2.5"]);
        assert_eq!(shown[1].energy_wh, Some(2500.0));
        assert_eq!(shown[2].energy_wh, None);
    }

    #[test]
    fn bill_that_was_told_is_heard_as_it_was_made() {
        let night = BillLineRow {
            period: Some("night \"cheap\"".to_owned()),
            ..line("Energy", "0.500")
        };
        let lines = vec![line("Session fee", "1"), night];
        let told = json(told(&bill(lines.clone())).unwrap());
        assert_eq!(told[0]["for"], "Session fee");
        assert_eq!(told[1]["quantity"], "0.500");
        assert_eq!(heard(&told), Some(lines));
        for other in [json!("12.50"), json!([{ "for": "Energy" }]), json!([1])] {
            assert_eq!(heard(&other), None, "{other}");
        }
    }

    #[test]
    fn bill_of_more_lines_than_a_server_is_sent_stays_at_the_station() {
        assert!(told(&bill(vec![line("Energy", "1"); 500])).is_none());
        assert!(told(&bill(vec![line("Energy", "1"); 100])).is_some());
        assert!(told(&bill(Vec::new())).is_none());
    }
}
