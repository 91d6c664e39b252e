//! Tariffs: shown, tried on a charge, and set for the sessions that begin from then on.
//!
//! What is set is written into the station's folder and wins over the settings from then on; the
//! file of the settings stays as its owner wrote it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use v2x_charging::Energy;
use v2x_roles::station::StationSetup;
use v2x_store::Store;
use v2x_tariff::{Interval, Pricing, Tariff, Usage, parse_tariffs};
use v2x_units::UtcTime;
use v2x_web::types::{BillLine, TariffPreview, TariffPrice, TariffShown};
use v2x_web::{Answer, Refusal, Said, Sentence};

use super::sessions::with_unit;
use crate::config::station::OVERRIDE;
use crate::site::Readers;

/// How long the keeper may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// What errors call the text.
const NAME: &str = "the tariffs";

/// Prices that the keeper is to put in place.
pub(in crate::station) struct NewPrices {
    pub(in crate::station) tariffs: Vec<Tariff>,
    pub(in crate::station) document: String,
    answer: Sender<Result<(), String>>,
    /// Set by whoever comes first: the keeper that takes them, or who asked and waits no longer.
    is_decided: Arc<AtomicBool>,
}

impl NewPrices {
    /// Whether they are still wanted; from then on the keeper is answered for.
    pub(in crate::station) fn take(&self) -> bool {
        !self.is_decided.swap(true, Ordering::AcqRel)
    }

    /// Says what became of them. Who asked may have gone meanwhile.
    pub(in crate::station) fn answer(&self, put: Result<(), String>) {
        drop(self.answer.try_send(put));
    }
}

/// Where prices are handed to the keeper.
pub(in crate::station) struct PriceDesk {
    to: Sender<NewPrices>,
    wait: Duration,
}

impl PriceDesk {
    /// The desk, and the keeper's end of it.
    pub(in crate::station) fn new() -> (Self, Receiver<NewPrices>) {
        Self::waiting(ANSWER_WITHIN)
    }

    fn waiting(wait: Duration) -> (Self, Receiver<NewPrices>) {
        let (to, keeper) = bounded(1);
        (Self { to, wait }, keeper)
    }

    /// Checks prices and has the keeper put them in place; when this returns they hold.
    pub(super) fn set(&self, readers: &Readers, setup: &StationSetup, toml: &str) -> Answer<()> {
        let tariffs = checked(toml)?;
        let known: Vec<_> = tariffs.iter().map(|tariff| tariff.id.as_str()).collect();
        for slot in &setup.slots {
            if !known.contains(&slot.tariff.as_str()) {
                return Err(Refusal::Invalid(format!(
                    "slot {} has the tariff `{}`, which is not among these: {}",
                    slot.number,
                    slot.tariff,
                    known.join(", ")
                )));
            }
        }
        for tariff in &tariffs {
            check_version(readers, tariff)?;
        }
        self.hand_over(tariffs, toml)
    }

    fn hand_over(&self, tariffs: Vec<Tariff>, toml: &str) -> Answer<()> {
        let (answer, answered) = bounded(1);
        let is_decided = Arc::new(AtomicBool::new(false));
        let new = NewPrices {
            tariffs,
            document: toml.to_owned(),
            answer,
            is_decided: Arc::clone(&is_decided),
        };
        let refused = |what: &str| Refusal::Unavailable(what.to_owned());
        let busy = "the station is busy and nothing was changed; try again";
        let sent = self.to.send_timeout(new, self.wait);
        sent.map_err(|_| refused(busy))?;
        if let Ok(put) = answered.recv_timeout(self.wait) {
            return put.map_err(Refusal::Unavailable);
        }
        if !is_decided.swap(true, Ordering::AcqRel) {
            return Err(refused(busy));
        }
        // The keeper has begun: its disk is slow.
        match answered.recv_timeout(self.wait) {
            Ok(put) => put.map_err(Refusal::Unavailable),
            Err(_) => Err(refused(
                "the station has not answered yet; look at the prices that hold before you try \
                 again",
            )),
        }
    }
}

/// Bills were made by the versions that are in the store: they must go on meaning the same.
fn check_version(readers: &Readers, tariff: &Tariff) -> Answer<()> {
    let (id, version) = (&tariff.id, &tariff.version);
    let kept = readers.ask(|store| store.tariff_document(id, version))?;
    let before = kept.map(|kept| parse_tariffs("the store's tariff", &kept).unwrap_or_default());
    if before.is_some_and(|before| !before.contains(tariff)) {
        return Err(Refusal::Conflict(format!(
            "tariff `{id}` has other prices than before under version `{version}`; give changed \
             prices another version"
        )));
    }
    Ok(())
}

/// Writes prices where the next start finds them: their documents into the store, for the bills
/// that are made by them, and the text into the station's folder.
pub(in crate::station) fn put_in_place(
    store: &mut Store,
    folder: &Path,
    new: &NewPrices,
) -> Result<(), String> {
    for tariff in &new.tariffs {
        let kept = store.keep_tariff(&tariff.id, &tariff.version, &new.document);
        let kept = kept.map_err(|error| error.to_string())?;
        let before = parse_tariffs("the store's tariff", &kept).unwrap_or_default();
        if !before.contains(tariff) {
            return Err(format!(
                "tariff `{}` means something else in the store",
                tariff.id
            ));
        }
    }
    let path = folder.join(OVERRIDE);
    let new_path = folder.join(format!(".{OVERRIDE}.new"));
    let write = || -> io::Result<()> {
        let mut file = File::create(&new_path)?;
        file.write_all(new.document.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new_path, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| format!("{}: {error}", path.display()))
}

fn checked(toml: &str) -> Answer<Vec<Tariff>> {
    let tariffs = parse_tariffs(NAME, toml).map_err(|error| Refusal::Invalid(error.to_string()))?;
    if tariffs.is_empty() {
        let what = "there is no tariff in it; write at least one [[tariff]]";
        return Err(Refusal::Invalid(what.to_owned()));
    }
    Ok(tariffs)
}

/// The tariffs that hold.
pub(super) fn shown(toml: &str) -> TariffShown {
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
pub(super) fn preview(asked: &TariffPreview) -> TariffPrice {
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
    fn prices_that_nobody_waits_for_any_more_are_not_put_in_place() {
        let (desk, keeper) = PriceDesk::waiting(Duration::ZERO);
        let refused = desk.hand_over(checked(FLAT).unwrap(), FLAT);
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("nothing was changed")
        );
        let late = keeper.try_recv().unwrap();
        assert!(!late.take(), "who asked was told that nothing is changed");
    }

    #[test]
    fn keeper_that_has_begun_is_waited_for() {
        let (desk, keeper) = PriceDesk::waiting(Duration::from_secs(60));
        let thread = std::thread::spawn(move || {
            let new = keeper.recv().unwrap();
            assert!(new.take());
            new.answer(Err("the disk is full".to_owned()));
        });
        let refused = desk.hand_over(checked(FLAT).unwrap(), FLAT);
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("the disk is full")
        );
        thread.join().unwrap();
    }

    #[test]
    fn tariffs_are_described_in_words() {
        let shown = shown(FLAT);
        assert_eq!(shown.currency.as_deref(), Some("MAD"));
        assert_eq!(shown.description, "day, version 1: 1.50 MAD/kWh");
    }
}
