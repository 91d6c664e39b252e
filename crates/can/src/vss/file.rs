//! The mapping file: TOML to quantities, checked against the signals of a DBC.
//!
//! What the fields mean is in [`super`].

use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::error::{MappingError, MappingFault, UNITS};
use super::quantity::{Combination, Datatype, Quantity, Report, Source, Unless};
use super::vin::{DIGITS_MAX, VinSource};
use crate::decoder::Decoder;
use crate::signal::SignalId;

/// The most quantities of a mapping: what a 16-bit [`super::QuantityId`] tells apart.
const MAX_QUANTITIES: usize = 65_535;

/// Units that a DBC spells differently.
const SPELLINGS: [(&str, &str); 2] = [("%", "percent"), ("degC", "celsius")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    vss: String,
    fresh_cycles: u32,
    fresh_at_least_ms: u64,
    vin: Option<Spanned<RawVin>>,
    quantity: Vec<RawQuantity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVin {
    signal: Spanned<String>,
    digits: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuantity {
    path: Spanned<String>,
    datatype: Datatype,
    unit: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
    key_unit: Option<Spanned<String>>,
    key_scale: Option<f64>,
    #[serde(default)]
    words: Vec<(i64, String)>,
    report: Option<Spanned<RawReport>>,
    sources: Spanned<Vec<Spanned<RawSource>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReport {
    change: Option<f64>,
    #[serde(default = "ten_seconds")]
    shortest_s: f64,
    #[serde(default = "five_minutes")]
    longest_s: f64,
}

const fn ten_seconds() -> f64 {
    10.0
}

const fn five_minutes() -> f64 {
    300.0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    signal: Option<Spanned<String>>,
    mean_of: Option<Vec<Spanned<String>>>,
    sum_of: Option<Vec<Spanned<String>>>,
    min_of: Option<Vec<Spanned<String>>>,
    max_of: Option<Vec<Spanned<String>>>,
    scale: Option<f64>,
    offset: Option<f64>,
    #[serde(default)]
    magnitude: bool,
    #[serde(default)]
    values: Vec<(f64, f64)>,
    #[serde(default)]
    unless: Vec<Spanned<String>>,
}

/// A fault and the byte of the text at which it is.
type Fault = (usize, MappingFault);

/// What a mapping file says.
pub(super) struct Content {
    pub(super) release: String,
    pub(super) quantities: Vec<Quantity>,
    pub(super) vin: Option<VinSource>,
}

/// Reads the release of VSS, the quantities and where the car says who it is.
pub(super) fn read(
    file_name: &str,
    text: &str,
    decoder: &Decoder,
) -> Result<Content, MappingError> {
    let refused = |(at, fault): Fault| MappingError {
        file: file_name.to_owned(),
        line: 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count(),
        fault,
    };
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        refused((at, MappingFault::Syntax(error.message().to_owned())))
    })?;
    if file.quantity.len() > MAX_QUANTITIES {
        let most = MAX_QUANTITIES;
        return Err(refused((0, MappingFault::TooMany { most })));
    }
    let reader = Reader {
        decoder,
        fresh_cycles: file.fresh_cycles,
        fresh_at_least: Duration::from_millis(file.fresh_at_least_ms),
    };
    let vin = file.vin.map(|raw| reader.vin(raw)).transpose();
    Ok(Content {
        release: file.vss,
        vin: vin.map_err(refused)?,
        quantities: reader.quantities(file.quantity).map_err(refused)?,
    })
}

/// What is right in a `report`.
const REPORT_RULE: &str = "of a report, change must be a number from 0 to 1e9, shortest_s 0 to \
                           86400 and longest_s 1 to 86400 seconds, the longest not before the \
                           shortest";

fn report(raw: &RawReport) -> Option<Report> {
    let is_right = raw
        .change
        .is_none_or(|change| (0.0..=1e9).contains(&change))
        && (0.0..=86_400.0).contains(&raw.shortest_s)
        && (1.0..=86_400.0).contains(&raw.longest_s)
        && raw.shortest_s <= raw.longest_s;
    is_right.then(|| Report {
        change: raw.change,
        shortest: Duration::from_secs_f64(raw.shortest_s),
        longest: Duration::from_secs_f64(raw.longest_s),
    })
}

struct Reader<'a> {
    decoder: &'a Decoder,
    fresh_cycles: u32,
    fresh_at_least: Duration,
}

impl Reader<'_> {
    fn quantities(&self, raw: Vec<RawQuantity>) -> Result<Vec<Quantity>, Fault> {
        let mut names = HashSet::new();
        let mut quantities = Vec::new();
        for raw in raw {
            for name in std::iter::once(&raw.path).chain(&raw.key) {
                if !names.insert(name.get_ref().clone()) {
                    let fault = MappingFault::Duplicate(name.get_ref().clone());
                    return Err((name.span().start, fault));
                }
            }
            quantities.push(self.quantity(raw)?);
        }
        Ok(quantities)
    }

    fn vin(&self, raw: Spanned<RawVin>) -> Result<VinSource, Fault> {
        let at = raw.span().start;
        let RawVin { signal, digits } = raw.into_inner();
        if !(1..=DIGITS_MAX).contains(&digits) {
            let (path, reason) = ("vin".to_owned(), "digits must be 1 to 8");
            return Err((at, MappingFault::Unclear { path, reason }));
        }
        let signal = self.signal(&signal)?;
        Ok(VinSource { signal, digits })
    }

    fn quantity(&self, raw: RawQuantity) -> Result<Quantity, Fault> {
        let at = raw.path.span().start;
        let path = raw.path.into_inner();
        let words = path.split('.');
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !(path.starts_with("Vehicle.") && words.into_iter().all(is_word)) {
            return Err((at, MappingFault::BadPath(path)));
        }
        let unclear = |reason| {
            let path = path.clone();
            (at, MappingFault::Unclear { path, reason })
        };
        if (raw.datatype == Datatype::String) == raw.words.is_empty() {
            return Err(unclear(
                "words are for the datatype string, which needs them",
            ));
        }
        let unit = self::unit(&path, raw.unit)?;
        let key_unit = raw.key_unit.map(Spanned::into_inner);
        if (key_unit.is_some() || raw.key_scale.is_some())
            && !(raw.key.is_some() && key_unit.is_some() && raw.key_scale.is_some())
        {
            return Err(unclear(
                "key_unit and key_scale go together, and with a key",
            ));
        }
        if raw.sources.get_ref().is_empty() {
            return Err(unclear("a quantity needs at least one source"));
        }
        let report = (raw.report)
            .map(|raw| self::report(raw.get_ref()).ok_or((raw.span().start, REPORT_RULE)));
        let report = report.transpose().map_err(|(at, reason)| {
            let path = path.clone();
            (at, MappingFault::Unclear { path, reason })
        })?;
        let sources = raw.sources.into_inner().into_iter();
        let sources = sources.map(|source| self.source(&path, &unit, source));
        let sources = sources.collect::<Result<_, _>>()?;
        Ok(Quantity {
            path,
            datatype: raw.datatype,
            key: raw.key.map(Spanned::into_inner),
            key_unit: key_unit.unwrap_or_else(|| unit.clone()),
            key_scale: raw.key_scale.unwrap_or(1.0),
            unit,
            words: raw.words,
            report,
            sources,
        })
    }

    fn source(&self, path: &str, unit: &str, raw: Spanned<RawSource>) -> Result<Source, Fault> {
        let at = raw.span().start;
        let raw = raw.into_inner();
        let unclear = |reason| {
            let path = path.to_owned();
            (at, MappingFault::Unclear { path, reason })
        };
        let mut forms = [
            (raw.signal.map(|one| vec![one]), Combination::Mean),
            (raw.mean_of, Combination::Mean),
            (raw.sum_of, Combination::Sum),
            (raw.min_of, Combination::Min),
            (raw.max_of, Combination::Max),
        ]
        .into_iter()
        .filter_map(|(names, combination)| Some((names?, combination)));
        let one_form = "a source names signals by one of signal, mean_of, sum_of, min_of, max_of";
        let (names, combination) = forms.next().ok_or_else(|| unclear(one_form))?;
        if names.is_empty() || forms.next().is_some() {
            return Err(unclear(one_form));
        }
        let converts = raw.scale.is_some() || raw.offset.is_some();
        if !raw.values.is_empty() && (converts || raw.magnitude || names.len() > 1) {
            return Err(unclear(
                "values translate one signal; nothing else converts beside them",
            ));
        }
        let signals = names
            .iter()
            .map(|name| self.signal(name))
            .collect::<Result<Vec<_>, _>>()?;
        if !converts && raw.values.is_empty() {
            for (signal, name) in signals.iter().zip(&names) {
                self.same_unit(path, unit, *signal)
                    .map_err(|fault| (name.span().start, fault))?;
            }
        }
        let fresh = signals
            .iter()
            .zip(&names)
            .map(|(signal, name)| self.fresh_for(*signal, name));
        let fresh_for = fresh.collect::<Result<Vec<_>, _>>()?.into_iter().max();
        let unless = raw.unless.iter().map(|text| self.unless(path, text));
        Ok(Source {
            signals,
            combination,
            scale: raw.scale.unwrap_or(1.0),
            offset: raw.offset.unwrap_or(0.0),
            magnitude: raw.magnitude,
            values: raw.values,
            unless: unless.collect::<Result<_, _>>()?,
            fresh_for: fresh_for.unwrap_or(self.fresh_at_least),
        })
    }

    fn signal(&self, name: &Spanned<String>) -> Result<SignalId, Fault> {
        self.find(name.get_ref(), name.span().start)
    }

    fn find(&self, name: &str, at: usize) -> Result<SignalId, Fault> {
        let unknown = || (at, MappingFault::UnknownSignal(name.to_owned()));
        self.decoder.signal(name).ok_or_else(unknown)
    }

    fn same_unit(&self, path: &str, unit: &str, signal: SignalId) -> Result<(), MappingFault> {
        let info = self.decoder.info(signal);
        let spelt = SPELLINGS.iter().find(|(dbc, _)| *dbc == info.unit);
        let signal_unit = spelt.map_or(info.unit.as_str(), |(_, vss)| vss);
        if unit.is_empty() || signal_unit == unit {
            return Ok(());
        }
        let of = |name: &str, unit: &str| format!("{name} (in {unit:?})");
        Err(MappingFault::ScaleMissing {
            signal: of(&info.qualified, &info.unit),
            quantity: of(path, unit),
        })
    }

    fn fresh_for(&self, signal: SignalId, name: &Spanned<String>) -> Result<Duration, Fault> {
        let info = self.decoder.info(signal);
        let no_cycle = || {
            (
                name.span().start,
                MappingFault::NoCycle(info.qualified.clone()),
            )
        };
        let cycle = info.cycle.ok_or_else(no_cycle)?;
        Ok(cycle
            .saturating_mul(self.fresh_cycles)
            .max(self.fresh_at_least))
    }

    fn unless(&self, path: &str, text: &Spanned<String>) -> Result<Unless, Fault> {
        let at = text.span().start;
        let parsed = text
            .get_ref()
            .split_once('=')
            .and_then(|(name, value)| Some((name.trim(), value.trim().parse().ok()?)));
        let (name, value) = parsed.ok_or_else(|| {
            let reason = "unless is written as \"CHG_Status.Transition=1\"";
            let path = path.to_owned();
            (at, MappingFault::Unclear { path, reason })
        })?;
        let signal = self.find(name, at)?;
        let fresh_for = self.fresh_for(signal, text)?;
        Ok(Unless {
            signal,
            value,
            fresh_for,
        })
    }
}

/// The unit of a quantity, which must be one of VSS.
fn unit(path: &str, unit: Option<Spanned<String>>) -> Result<String, Fault> {
    let Some(unit) = unit else {
        return Ok(String::new());
    };
    let at = unit.span().start;
    let seen = unit.into_inner();
    if UNITS.contains(&seen.as_str()) {
        return Ok(seen);
    }
    let path = path.to_owned();
    Err((at, MappingFault::BadUnit { path, seen }))
}
