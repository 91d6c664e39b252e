//! What the owner has set for charging, and what the driver wants in place of it.
//!
//! Not here: where the wishes are kept. A departure that has passed is none any more.

use serde_json::{Map, Value as Json, json};
use v2x_proto::secure::UtcSecond;
use v2x_proto::v2g::{CurrencyCode, Money};
use v2x_units::{Amps, StateOfCharge, WattHours};

const KEYS: [&str; 3] = ["desired_soc", "departure", "cost_limit"];

/// What the owner has set for charging.
#[derive(Debug, Clone, Copy, Default)]
pub struct V2gSettings {
    /// What the battery holds when it is full.
    pub capacity: Option<WattHours>,
    /// The most current that the car takes.
    pub max_current: Option<Amps>,
    /// The most that a session may cost.
    pub cost_limit: Option<Money>,
    /// How full the battery shall be.
    pub desired_soc: Option<StateOfCharge>,
    /// Whether a station gets battery data after unplugging.
    pub battery_data: bool,
    /// Whether a parked car calls for a station though nothing shows that it is plugged in.
    pub call_when_parked: bool,
}

/// The driver's wishes; what is not among them is as the settings say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wishes {
    desired_soc: Option<Option<StateOfCharge>>,
    departure: Option<Option<UtcSecond>>,
    cost_limit: Option<Option<Money>>,
}

impl Wishes {
    /// These with what a request changes: a value, `null` for none, `"settings"` for what the
    /// settings say.
    ///
    /// # Errors
    /// Says what of the request makes no sense, and what would.
    pub fn with(mut self, request: &Json) -> Result<Self, String> {
        let fields = request.as_object().ok_or("wishes are a JSON object")?;
        if let Some(unknown) = fields.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let seen: String = unknown.chars().take(40).collect();
            return Err(format!(
                "there is no wish `{seen}`; there are: {}",
                KEYS.join(", ")
            ));
        }
        if let Some(value) = fields.get("desired_soc") {
            self.desired_soc = wish(value, |value| {
                let percent = value.as_f64().filter(|percent| *percent >= 1.0);
                let level = percent.and_then(StateOfCharge::from_percent);
                level.ok_or("desired_soc must be 1 to 100 percent")
            })?;
        }
        if let Some(value) = fields.get("departure") {
            self.departure = wish(value, |value| {
                let seconds = value.as_u64().and_then(|it| u32::try_from(it).ok());
                let seconds = seconds.filter(|it| *it < u32::MAX).map(UtcSecond);
                seconds.ok_or("departure must be seconds since 1970")
            })?;
        }
        if let Some(value) = fields.get("cost_limit") {
            self.cost_limit = wish(value, |value| {
                let limit = value.as_str().and_then(amount);
                limit.ok_or("cost_limit must be digits and a currency, as \"20.00 MAD\"")
            })?;
        }
        Ok(self)
    }

    /// How full the battery shall be.
    #[must_use]
    pub fn desired_soc(&self, config: &V2gSettings) -> Option<StateOfCharge> {
        self.desired_soc.unwrap_or(config.desired_soc)
    }

    /// When the driver wants to leave, if that is still to come.
    #[must_use]
    pub fn departure(&self, now: Option<UtcSecond>) -> Option<UtcSecond> {
        let departure = self.departure.flatten()?;
        let is_over = now.is_some_and(|now| departure.0 <= now.0);
        (!is_over).then_some(departure)
    }

    /// The most that a charge may cost.
    #[must_use]
    pub fn cost_limit(&self, config: &V2gSettings) -> Option<Money> {
        self.cost_limit.unwrap_or(config.cost_limit)
    }

    /// As [`Self::with`] takes them.
    #[must_use]
    pub fn json(&self) -> Json {
        let mut fields = Map::new();
        if let Some(level) = self.desired_soc {
            fields.insert(KEYS[0].to_owned(), json!(level.map(StateOfCharge::percent)));
        }
        if let Some(departure) = self.departure {
            fields.insert(KEYS[1].to_owned(), json!(departure.map(|it| it.0)));
        }
        if let Some(limit) = self.cost_limit {
            let limit = limit.map(|limit| limit.to_string());
            fields.insert(KEYS[2].to_owned(), json!(limit));
        }
        Json::Object(fields)
    }
}

/// A value of a request: `None` for what the settings say, `Some(None)` for none at all.
fn wish<T>(
    value: &Json,
    read: impl FnOnce(&Json) -> Result<T, &'static str>,
) -> Result<Option<Option<T>>, String> {
    match value {
        Json::Null => Ok(Some(None)),
        Json::String(text) if text == "settings" => Ok(None),
        value => read(value)
            .map(|value| Some(Some(value)))
            .map_err(|problem| {
                let seen: String = value.to_string().chars().take(40).collect();
                format!("{problem}; it is {seen}")
            }),
    }
}

/// Reads an amount of money as `20.00 MAD`.
#[must_use]
pub fn amount(text: &str) -> Option<Money> {
    let (number, currency) = text.trim().split_once(' ')?;
    let (whole, parts) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{parts}");
    let is_number = !whole.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let decimals = u8::try_from(parts.len()).ok()?;
    let currency = CurrencyCode::new(currency.trim())?;
    Money::new(
        digits.parse().ok().filter(|_| is_number)?,
        decimals,
        currency,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_change_by_what_is_asked_and_wrong_ones_change_nothing() {
        let config = V2gSettings {
            cost_limit: amount("9 EUR"),
            ..V2gSettings::default()
        };
        let asked = json!({ "desired_soc": 80, "cost_limit": null, "departure": 1_800_000_000 });
        let wishes = Wishes::default().with(&asked).unwrap();
        assert_eq!(Wishes::default().with(&wishes.json()).unwrap(), wishes);
        assert_eq!(wishes.desired_soc(&config).unwrap().percent(), 80.0);
        let limit = wishes.cost_limit(&config);
        assert_eq!(limit, None, "none, whatever the settings say");
        let before = Some(UtcSecond(1_799_999_999));
        assert_eq!(wishes.departure(before), Some(UtcSecond(1_800_000_000)));
        assert_eq!(wishes.departure(Some(UtcSecond(1_800_000_000))), None);
        let asked = json!({ "cost_limit": "settings" });
        let back = wishes.clone().with(&asked).unwrap();
        assert_eq!(back.cost_limit(&config), config.cost_limit);
        for wrong in [
            json!({ "desired_soc": 101 }),
            json!({ "desired_soc": 0 }),
            json!({ "desired_soc": "full" }),
            json!({ "departure": -1 }),
            json!({ "cost_limit": "20" }),
            json!({ "speed": 3 }),
            json!([]),
        ] {
            assert!(wishes.clone().with(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn amount_keeps_its_decimals_and_anything_else_is_refused() {
        assert_eq!(amount("20.50 MAD").unwrap().to_string(), "20.50 MAD");
        assert_eq!(amount("7 EUR").unwrap().to_string(), "7 EUR");
        for text in [
            "20",
            "MAD",
            "-1 MAD",
            "1.0000000 MAD",
            "1,5 MAD",
            "1 mad",
            ".5 MAD",
            "+1 MAD",
        ] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
