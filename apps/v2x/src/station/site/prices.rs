//! Tariffs: set for the sessions that begin from then on. How they are shown is `site/tariff.rs`'s.
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
use v2x_roles::station::StationSetup;
use v2x_store::Store;
use v2x_tariff::{Tariff, parse_tariffs};
use v2x_web::{Answer, Refusal};

use crate::config::station::OVERRIDE;
use crate::site::Readers;
use crate::site::tariff::checked;

/// How long the keeper may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

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

#[cfg(test)]
mod tests {
    use super::*;

    const FLAT: &str =
        "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"MAD\"\nper_kwh = 1.50\n";

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
}
