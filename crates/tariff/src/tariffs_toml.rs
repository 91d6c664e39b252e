//! Tariffs from `tariffs.toml`.
//!
//! Not here: what a tariff means ([`crate::tariff`]). Numbers are taken as they are written, digit
//! by digit, and never pass through a binary fraction. A key that is not known is an error, for a
//! misspelt price would be a price of nothing.
//!
//! ```toml
//! [[tariff]]
//! id = "standard"
//! version = "2025-09"              # kept with every bill
//! currency = "MAD"                 # ISO 4217
//! time_zone = "Africa/Casablanca"  # IANA; needed where there are periods
//! per_kwh = 1.50
//! per_minute = 0.02                # while charging; may be left out, as the following
//! session_fee = 2
//! idle = { per_minute = 0.10, grace_minutes = 15 }
//! rounding = { step = 0.05, mode = "half up" }   # or "half even", "down", "up"
//!
//! [[tariff.period]]                # in place of the base prices; what is left out stays
//! name = "night"
//! days = ["Mon", "Tue", "Wed", "Thu", "Fri"]     # on which it begins; left out: every day
//! from = "22:00"
//! to = "06:00"
//! per_kwh = 1.10
//! ```

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use rust_decimal::Decimal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::money::{Currency, Rounding, RoundingMode};
use crate::tariff::{Idle, Period, Prices, Tariff, is_price};
use crate::week::{DAYS, Hours, Week};

/// A station has a handful of tariffs; more in one file are a mistake.
pub const TARIFFS_MAX: usize = 100;

/// A week of hours has 168; more periods are a mistake.
pub const PERIODS_MAX: usize = 168;

/// Something in `tariffs.toml` is wrong: where, what was seen, what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {seen}; {right}")]
pub struct TariffsError {
    /// The file, as it was named by the caller.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// What was seen.
    pub seen: String,
    /// What would be right.
    pub right: String,
}

/// Reads all tariffs of a file.
///
/// # Errors
/// The first thing that is wrong, with its line and what would be right.
pub fn parse_tariffs(file: &str, text: &str) -> Result<Vec<Tariff>, TariffsError> {
    let source = Source { file, text };
    let root = DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or(0..0);
        source.error(&at, error.message().to_owned(), "it must be a TOML file")
    })?;
    let root = Section {
        source,
        at: root.span(),
        table: root.get_ref(),
    };
    root.knows(&["tariff"])?;
    let mut tariffs: Vec<Tariff> = Vec::new();
    for section in root.sections("tariff", TARIFFS_MAX)? {
        let tariff = tariff(&section)?;
        if tariffs.iter().any(|other| other.id == tariff.id) {
            let seen = format!("a second tariff is called \"{}\"", tariff.id);
            return Err(section.error(seen, "each needs an id of its own"));
        }
        tariffs.push(tariff);
    }
    Ok(tariffs)
}

fn tariff(section: &Section<'_>) -> Result<Tariff, TariffsError> {
    section.knows(&[
        "id",
        "version",
        "currency",
        "time_zone",
        "per_kwh",
        "per_minute",
        "session_fee",
        "idle",
        "rounding",
        "period",
    ])?;
    let currency = section.need("currency", "an ISO 4217 code as \"MAD\"", |value| {
        Currency::from_code(value.as_str()?)
    })?;
    let base = prices(section, Prices::default())?;
    let zone = section.take(
        "time_zone",
        "an IANA time zone as \"Africa/Casablanca\"",
        |value| TimeZoneDatabase::bundled().get(value.as_str()?).ok(),
    )?;
    let (periods, week) = periods(section, base, zone)?;
    Ok(Tariff {
        id: section.need("id", NAME, name)?,
        version: section.need("version", NAME, name)?,
        currency,
        session_fee: section
            .take("session_fee", PRICE, price)?
            .unwrap_or_default(),
        base,
        periods,
        week,
        idle: idle(section)?,
        rounding: rounding(section, currency)?,
    })
}

fn prices(section: &Section<'_>, otherwise: Prices) -> Result<Prices, TariffsError> {
    let per_kwh = section.take("per_kwh", PRICE, price)?;
    let per_minute = section.take("per_minute", PRICE, price)?;
    Ok(Prices {
        per_kwh: per_kwh.unwrap_or(otherwise.per_kwh),
        per_minute: per_minute.unwrap_or(otherwise.per_minute),
    })
}

fn periods(
    section: &Section<'_>,
    base: Prices,
    zone: Option<TimeZone>,
) -> Result<(Vec<Period>, Week), TariffsError> {
    let sections = section.sections("period", PERIODS_MAX)?;
    let (mut periods, mut hours) = (Vec::new(), Vec::new());
    for period in &sections {
        period.knows(&["name", "days", "from", "to", "per_kwh", "per_minute"])?;
        periods.push(Period {
            name: period.need("name", NAME, name)?,
            prices: prices(period, base)?,
        });
        hours.push(Hours {
            days: period
                .take("days", DAY_NAMES, days)?
                .unwrap_or_else(|| (0..7).collect()),
            from: period.need("from", "a time as \"22:00\"", |value| clock(value, 23))?,
            to: period.need("to", "a time as \"06:00\", or \"24:00\"", |value| {
                clock(value, 24)
            })?,
        });
    }
    let zone = match zone {
        Some(zone) => zone,
        None if periods.is_empty() => TimeZone::UTC,
        None => {
            let right = "name the station's with time_zone = \"Africa/Casablanca\"";
            return Err(section.error("periods without a time zone".to_owned(), right));
        }
    };
    let week = Week::new(zone, &hours).map_err(|overlap| {
        let (first, second) = overlap.periods;
        let (first, second) = (&periods[first].name, &periods[second].name);
        let seen = format!("\"{first}\" and \"{second}\" both claim {}", overlap.at());
        sections[overlap.periods.1].error(seen, "a minute has one price")
    })?;
    Ok((periods, week))
}

fn idle(section: &Section<'_>) -> Result<Option<Idle>, TariffsError> {
    let Some(idle) = section.section("idle")? else {
        return Ok(None);
    };
    idle.knows(&["per_minute", "grace_minutes"])?;
    let minutes = idle.take("grace_minutes", "whole minutes up to 1440 as 15", |value| {
        let minutes: u64 = value.as_integer()?.as_str().parse().ok()?;
        (minutes <= 1440).then_some(minutes)
    })?;
    Ok(Some(Idle {
        per_minute: idle.need("per_minute", PRICE, price)?,
        grace: Duration::from_secs(minutes.unwrap_or(0) * 60),
    }))
}

fn rounding(section: &Section<'_>, currency: Currency) -> Result<Rounding, TariffsError> {
    let usual = Rounding::to_minor_unit(currency);
    let Some(rounding) = section.section("rounding")? else {
        return Ok(usual);
    };
    rounding.knows(&["step", "mode"])?;
    let minor = currency.minor_unit();
    let right = format!("a multiple of {minor}, the minor unit of {currency}");
    let step = rounding.take("step", &right, |value| {
        price(value).filter(|step| !step.is_zero() && (step % minor).is_zero())
    })?;
    let right = "\"half up\", \"half even\", \"down\" or \"up\"";
    let mode = rounding.take("mode", right, |value| match value.as_str()? {
        "half up" => Some(RoundingMode::HalfUp),
        "half even" => Some(RoundingMode::HalfEven),
        "down" => Some(RoundingMode::Down),
        "up" => Some(RoundingMode::Up),
        _ => None,
    })?;
    Ok(Rounding {
        step: step.unwrap_or(usual.step),
        mode: mode.unwrap_or(usual.mode),
    })
}

const PRICE: &str = "a price as 1.50, not negative, below a million, six decimals at most";
const NAME: &str = "a text between quotes that is not empty";
const DAY_NAMES: &str = "days as [\"Mon\", \"Sat\"], each once";

fn name(value: &DeValue<'_>) -> Option<String> {
    let name = value.as_str()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// A price, digit by digit as it is written.
fn price(value: &DeValue<'_>) -> Option<Decimal> {
    let digits = match value {
        DeValue::Float(number) => number.as_str(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::String(text) => text,
        _ => return None,
    };
    Decimal::from_str_exact(digits)
        .ok()
        .filter(|&price| is_price(price))
}

fn days(value: &DeValue<'_>) -> Option<Vec<u8>> {
    let mut days = Vec::new();
    for named in value.as_array()?.iter() {
        let named = named.get_ref().as_str()?;
        let (day, _) = (0_u8..).zip(DAYS).find(|&(_, name)| name == named)?;
        if days.contains(&day) {
            return None;
        }
        days.push(day);
    }
    (!days.is_empty()).then_some(days)
}

/// The minute of the day of a time as `06:30`.
fn clock(value: &DeValue<'_>, last_hour: u16) -> Option<u16> {
    let (hour, minute) = value.as_str()?.split_once(':')?;
    let number = |digits: &str| {
        let two_digits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        two_digits.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let exists = minute < 60 && (hour < 24 || (hour == last_hour && minute == 0));
    exists.then_some(hour * 60 + minute)
}

/// The file that errors point into.
#[derive(Clone, Copy)]
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn error(self, at: &Range<usize>, seen: String, right: &str) -> TariffsError {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        TariffsError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            seen,
            right: right.to_owned(),
        }
    }
}

/// A table of the file.
struct Section<'a> {
    source: Source<'a>,
    at: Range<usize>,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    fn error(&self, seen: String, right: &str) -> TariffsError {
        self.source.error(&self.at, seen, right)
    }

    /// Refuses keys that are not among those known here.
    fn knows(&self, known: &[&str]) -> Result<(), TariffsError> {
        let unknown = self
            .table
            .keys()
            .find(|key| !known.contains(&key.get_ref().as_ref()));
        unknown.map_or(Ok(()), |key| {
            let seen = format!("there is no key \"{}\" here", key.get_ref());
            let right = format!("the keys are {}", known.join(", "));
            Err(self.source.error(&key.span(), seen, &right))
        })
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(&Cow::Borrowed(key) as &str)
    }

    /// The value of a key, if it is there.
    fn take<T>(
        &self,
        key: &str,
        right: &str,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Result<Option<T>, TariffsError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        read(value.get_ref()).map(Some).ok_or_else(|| {
            let written = self
                .source
                .text
                .get(value.span())
                .unwrap_or("something else");
            let seen = format!("{key} is {written}");
            self.source
                .error(&value.span(), seen, &format!("it must be {right}"))
        })
    }

    /// The value of a key that must be there.
    fn need<T>(
        &self,
        key: &str,
        right: &str,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Result<T, TariffsError> {
        self.take(key, right, read)?
            .ok_or_else(|| self.error(format!("{key} is missing"), &format!("it must be {right}")))
    }

    fn section(&self, key: &str) -> Result<Option<Section<'a>>, TariffsError> {
        self.get(key)
            .map(|value| self.inner(key, value))
            .transpose()
    }

    /// The tables of an array; none when the key is not there.
    fn sections(&self, key: &str, at_most: usize) -> Result<Vec<Section<'a>>, TariffsError> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let Some(array) = value.get_ref().as_array() else {
            let right = format!("write [[{key}]] with two brackets on either side");
            return Err(self
                .source
                .error(&value.span(), format!("{key} is one table"), &right));
        };
        if array.len() > at_most {
            let seen = format!("there are {} of {key}", array.len());
            let right = format!("at most {at_most} are taken");
            return Err(self.source.error(&value.span(), seen, &right));
        }
        array.iter().map(|value| self.inner(key, value)).collect()
    }

    fn inner(
        &self,
        key: &str,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Result<Section<'a>, TariffsError> {
        let at = value.span();
        let Some(table) = value.get_ref().as_table() else {
            let seen = format!("{key} is no table");
            return Err(self.source.error(&at, seen, "it must hold keys and values"));
        };
        Ok(Section {
            source: self.source,
            at,
            table,
        })
    }
}

#[cfg(test)]
mod tests;
