//! Tariffs as a page shows them, and what a charge would cost by them: the same at a station and at
//! the hub that was told of them.

use v2x_charging::Energy;
use v2x_tariff::{Interval, Pricing, Tariff, Usage, parse_tariffs};
use v2x_units::UtcTime;
use v2x_uplink::thingsboard::Value;
use v2x_web::types::{BillLine, TariffPreview, TariffPrice, TariffShown};
use v2x_web::{Answer, Refusal, Said, Sentence};

use super::bill::with_unit;

/// What errors call the text.
const NAME: &str = "the tariffs";
/// The most bytes of tariffs that a server is told: with every character escaped they have room in
/// a message.
const TOLD_MAX: usize = 30_000;

/// What a server is told of a station's tariffs: their text, or that there is too much of it.
pub(crate) fn told(toml: &str) -> Option<Value> {
    let text = match toml.len() {
        0 => return None,
        1..=TOLD_MAX => toml.to_owned(),
        bytes => format!("# too long to be sent, {bytes} bytes: they are at the station\n"),
    };
    Value::text(text).ok()
}

/// Reads tariffs; says what is wrong with them.
pub(crate) fn checked(toml: &str) -> Answer<Vec<Tariff>> {
    let tariffs = parse_tariffs(NAME, toml).map_err(|error| Refusal::Invalid(error.to_string()))?;
    if tariffs.is_empty() {
        let what = "there is no tariff in it; write at least one [[tariff]]";
        return Err(Refusal::Invalid(what.to_owned()));
    }
    Ok(tariffs)
}

/// The tariffs that hold.
pub(crate) fn shown(toml: &str) -> TariffShown {
    let tariffs = parse_tariffs(NAME, toml).unwrap_or_default();
    let mut currencies: Vec<_> = tariffs
        .iter()
        .map(|tariff| tariff.currency.code())
        .collect();
    currencies.dedup();
    let described: Vec<_> = tariffs.iter().map(describe).collect();
    TariffShown {
        toml: toml.to_owned(),
        currency: match currencies.as_slice() {
            [only] => Some((*only).to_owned()),
            _ => None,
        },
        description: described.join("\n"),
    }
}

fn describe(tariff: &Tariff) -> String {
    let currency = tariff.currency.code();
    let in_full = |price| tariff.currency.in_full(price);
    let (id, version, base) = (&tariff.id, &tariff.version, tariff.base);
    let per_kwh = in_full(base.per_kwh);
    let mut text = format!("{id}, version {version}: {per_kwh} {currency}/kWh");
    if !base.per_minute.is_zero() {
        text += &format!(", {} {currency}/min", in_full(base.per_minute));
    }
    for period in &tariff.periods {
        let per_kwh = in_full(period.prices.per_kwh);
        text += &format!("; {}: {per_kwh} {currency}/kWh", period.name);
    }
    if !tariff.session_fee.is_zero() {
        let fee = in_full(tariff.session_fee);
        text += &format!("; {fee} {currency} a session");
    }
    if let Some(idle) = &tariff.idle {
        let (minutes, price) = (idle.grace.as_secs() / 60, in_full(idle.per_minute));
        text += &format!("; {price} {currency}/min for staying longer than {minutes} min");
    }
    text
}

/// What a charge would cost by the first of some tariffs; what is wrong with them is in the answer.
pub(crate) fn preview(asked: &TariffPreview) -> TariffPrice {
    let failed = |error: String| TariffPrice {
        lines: Vec::new(),
        total: None,
        currency: None,
        errors: vec![Sentence::of(error)],
    };
    match price(asked) {
        Ok(price) => price,
        Err(error) => failed(error),
    }
}

fn price(asked: &TariffPreview) -> Result<TariffPrice, String> {
    let tariffs = checked(&asked.toml).map_err(|refusal| refusal.to_string())?;
    let tariff = tariffs.first().ok_or("there is no tariff")?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the API allows 0 to 1,000,000 Wh"
    )]
    let energy = Energy::from_milliwatt_hours((asked.energy_wh * 1000.0).round() as u64);
    let (from, to) = (
        UtcTime::from_millis(asked.start),
        UtcTime::from_millis(asked.end),
    );
    let interval = Interval::new(from, to, energy, Usage::Charging);
    let interval = interval.map_err(|error| error.to_string())?;
    let mut pricing = Pricing::new(tariff);
    pricing.add(&interval);
    let bill = pricing.bill().map_err(|error| error.to_string())?;
    let line = |line: &v2x_tariff::BillLine| {
        let is_energy = line.kind == v2x_tariff::LineKind::Energy;
        let title = line.kind.title();
        let kwh = line.quantity.to_string().parse::<f64>().ok();
        let text = match &line.period {
            Some(period) => format!("{title}, {period}"),
            None => title.to_owned(),
        };
        BillLine {
            said: Said::of(&text),
            text,
            from: None,
            to: None,
            energy_wh: kwh.filter(|_| is_energy).map(|kwh| kwh * 1000.0),
            quantity: Some(with_unit(&line.quantity, Some(line.kind))),
            price: Some(tariff.currency.in_full(line.price).to_string()),
            amount: line.amount.amount().to_string(),
        }
    };
    Ok(TariffPrice {
        lines: bill.lines.iter().map(line).collect(),
        total: Some(bill.total.amount().to_string()),
        currency: Some(bill.total.currency().code().to_owned()),
        errors: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use v2x_uplink::thingsboard::Values;

    use super::*;

    const FLAT: &str =
        "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"MAD\"\nper_kwh = 1.50\n";

    fn asked(toml: &str) -> TariffPreview {
        TariffPreview {
            toml: toml.to_owned(),
            start: 1_790_000_000_000,
            end: 1_790_003_600_000,
            energy_wh: 2000.0,
        }
    }

    #[test]
    fn preview_adds_up_and_wrong_prices_are_told() {
        let price = preview(&asked(FLAT));
        assert_eq!(
            (price.total.as_deref(), price.currency.as_deref()),
            (Some("3.00"), Some("MAD"))
        );
        assert_eq!(price.lines.len(), 1);
        assert_eq!(price.lines[0].energy_wh, Some(2000.0));
        for wrong in ["", "nonsense", &FLAT.replace("1.50", "-1")] {
            let price = preview(&asked(wrong));
            assert!(
                price.total.is_none() && price.errors.len() == 1,
                "{wrong}: {price:?}"
            );
        }
    }

    #[test]
    fn tariffs_are_described_in_words() {
        let shown = shown(FLAT);
        assert_eq!(shown.currency.as_deref(), Some("MAD"));
        assert_eq!(shown.description, "day, version 1: 1.50 MAD/kWh");
    }

    #[test]
    fn tariffs_that_have_no_room_in_a_message_are_told_as_such() {
        let json = |toml: &str| {
            let mut values = Values::new();
            values.put("tariffs", told(toml));
            values.into_json()
        };
        assert!(json(FLAT).contains("per_kwh"));
        assert_eq!(json(""), "{}");
        let quotes = "\"".repeat(TOLD_MAX);
        assert!(json(&quotes).len() < 64 * 1024);
        let long = json(&"#".repeat(75_000));
        assert!(long.contains("75000 bytes"), "{long}");
    }
}
