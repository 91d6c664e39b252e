//! What publishing costs this month, kept over a restart.
//!
//! The count stands in a small file that is replaced every ten minutes while something was sent: a
//! kill takes at most so much of it. What it means for rows is decided in
//! [`v2x_roles::reporting::budget`].

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::warn;
use v2x_roles::reporting::{Budget, Spent};
use v2x_units::{Instant, UtcTime};

use super::health::Health;
use crate::monitor::{Metrics, Part};

/// The file's name.
const NAME: &str = "v2x.budget";
/// How often the count is written.
const SAVE_EVERY: Duration = Duration::from_secs(600);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// A date of the month, in microseconds since 1970.
    as_of_us: i64,
    /// The same for people.
    as_of: String,
    /// Bytes of that month.
    bytes: u64,
}

/// What the monitor tells of a month.
#[derive(Debug, Default)]
pub(super) struct SpendingHealth(Mutex<Option<State>>);

#[derive(Debug, Clone, Copy)]
struct State {
    limit: u64,
    bytes: u64,
    share_of_month: Option<f64>,
    stretch: f64,
}

impl SpendingHealth {
    fn set(&self, state: State) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    fn get(&self) -> Option<State> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a budget does, where there is one.
    pub(super) fn part(&self) -> Option<Part> {
        let state = self.get().filter(|state| state.limit > 0)?;
        let over = state.share_of_month.map_or_else(
            || ", of which nobody knows how much is over".to_owned(),
            |share| format!(", of which {:.0} % is over", share * 100.0),
        );
        let (spent, limit) = (megabytes(state.bytes), megabytes(state.limit));
        let said = format!("{spent} of {limit} MB are spent in this month{over}");
        if state.bytes > state.limit {
            let reason = format!("{said}: overspent; only states, trips and alerts go in time");
            return Some(Part::degraded("budget", reason));
        }
        if state.stretch >= 1.05 {
            let stretch = state.stretch;
            let reason = format!("{said}: numbers are sent {stretch:.1} times as rarely");
            return Some(Part::ok("budget", reason));
        }
        Some(Part::ok("budget", said))
    }

    /// What is spent, what may be, and what comes of it.
    pub(super) fn metrics(&self, to: &mut Metrics) {
        let Some(state) = self.get() else {
            return;
        };
        to.whole(
            "v2x_month_published_bytes",
            "What publishing has cost in this month of UTC.",
            state.bytes,
        );
        to.whole(
            "v2x_month_budget_bytes",
            "What publishing may cost in a month; 0 for as many as it takes.",
            state.limit,
        );
        to.gauge(
            "v2x_report_stretch",
            "How many times as long the times between two reports are as their rules say.",
            state.stretch,
        );
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// Counts what was published, and keeps it.
pub(super) struct Spending {
    budget: Budget,
    path: PathBuf,
    /// What of the health's counter is in the budget.
    counted: u64,
    saved: (Instant, u64),
    due: Instant,
    health: Arc<Health>,
}

impl Spending {
    /// Goes on with what the last run left in a folder.
    pub(super) fn open(folder: &Path, limit: u64, now: Instant, health: Arc<Health>) -> Self {
        let path = folder.join(NAME);
        let budget = Budget::new(limit, read(&path), now);
        let saved = (now, budget.bytes());
        Self {
            budget,
            path,
            counted: 0,
            saved,
            due: now,
            health,
        }
    }

    /// Whether it is time for a look.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.due
    }

    /// The last look.
    pub(super) fn close(&mut self, now: Instant, date: Option<UtcTime>) {
        self.look(now, date);
        self.save(now);
    }

    /// Counts what was published meanwhile, and says how far intervals are stretched; `None`
    /// without a budget. `date` is `None` while rows get none.
    pub(super) fn look(&mut self, now: Instant, date: Option<UtcTime>) -> Option<f64> {
        let published = self.health.uplink.published_bytes.load(Ordering::Relaxed);
        self.budget.spend(published - self.counted);
        self.counted = published;
        self.budget.look(now, date);
        let waiting = self.health.uplink.waiting_bytes.load(Ordering::Relaxed);
        let stretch = self.budget.stretch(now, waiting);
        let share = self.budget.share_of_month(now);
        self.health.spending.set(State {
            limit: self.budget.limit(),
            bytes: self.budget.bytes(),
            share_of_month: share,
            stretch,
        });
        self.due = now + LOOK_EVERY;
        let (saved_at, saved) = self.saved;
        if now >= saved_at + SAVE_EVERY && self.budget.bytes() != saved {
            self.save(now);
        }
        (self.budget.limit() > 0).then_some(stretch)
    }

    /// Writes the count; without a date that was ever known there is no month to write.
    fn save(&mut self, now: Instant) {
        self.saved = (now, self.budget.bytes());
        let Some(spent) = self.budget.spent() else {
            return;
        };
        if let Err(error) = write(&self.path, spent) {
            warn!(%error, "what was published this month is not kept");
        }
    }
}

fn write(path: &Path, spent: Spent) -> std::io::Result<()> {
    let kept = Kept {
        as_of_us: spent.as_of.as_micros(),
        as_of: spent.as_of.to_string(),
        bytes: spent.bytes,
    };
    let text = serde_json::to_string(&kept)?;
    let new = path.with_extension("budget.new");
    let mut file = fs::File::create(&new)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_data()?;
    fs::rename(new, path)
}

fn read(path: &Path) -> Option<Spent> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => {
            warn!(%error, file = %path.display(), "what was published this month is not readable: \
                   counted from here on");
            return None;
        }
    };
    match serde_json::from_str::<Kept>(&text) {
        Ok(kept) => Some(Spent {
            as_of: UtcTime::from_micros(kept.as_of_us),
            bytes: kept.bytes,
        }),
        Err(error) => {
            warn!(%error, file = %path.display(), "what was published this month is damaged: \
                   counted from here on");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn publish(health: &Health, bytes: u64) {
        health
            .uplink
            .published_bytes
            .fetch_add(bytes, Ordering::Relaxed);
    }

    #[test]
    fn month_goes_on_after_a_restart_and_is_written_now_and_then() {
        let folder = tempfile::tempdir().unwrap();
        let date = Some(UtcTime::from_millis(1_795_515_300_000));
        let health = Arc::new(Health::default());
        let mut spending = Spending::open(folder.path(), 0, at(0), Arc::clone(&health));
        publish(&health, 500);
        assert_eq!(spending.look(at(1), date), None, "there is no budget");
        assert!(!folder.path().join(NAME).exists());
        spending.look(at(600), date);
        assert!(folder.path().join(NAME).exists());
        publish(&health, 40);
        spending.look(at(601), date);
        spending.close(at(602), date);
        let health = Arc::new(Health::default());
        let mut spending = Spending::open(folder.path(), 1_000_000, at(0), Arc::clone(&health));
        publish(&health, 1);
        spending.look(at(1), None);
        assert_eq!(spending.budget.bytes(), 541);
    }

    #[test]
    fn damaged_file_is_told_and_counting_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "{\"as_of_us\":").unwrap();
        let spending = Spending::open(folder.path(), 5, at(0), Arc::default());
        assert_eq!(spending.budget.bytes(), 0);
    }

    #[test]
    fn what_waits_counts_against_the_budget() {
        let folder = tempfile::tempdir().unwrap();
        // 2026-11-01T00:00:00Z: nothing may be ahead yet.
        let date = Some(UtcTime::from_millis(1_793_491_200_000));
        let health = Arc::new(Health::default());
        let mut spending = Spending::open(folder.path(), 1_000_000, at(0), Arc::clone(&health));
        assert!((spending.look(at(0), date).unwrap() - 1.0).abs() < 1e-6);
        health.uplink.waiting_bytes.store(10_000, Ordering::Relaxed);
        assert!((spending.look(at(0), date).unwrap() - 4.0).abs() < 1e-6);
    }
}
