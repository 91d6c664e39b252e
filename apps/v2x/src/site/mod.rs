//! The dashboard of a daemon: what vehicle and station share in serving it.
//!
//! ```text
//! the daemon's threads ─► what is shown now ─┐
//! the store's file ─► readers (read only) ───┼─► the role's site ─► v2x_web ─► browsers
//! users.toml ─► accounts ────────────────────┘        └─► audit.jsonl
//! ```
//!
//! It has a thread of its own. Nothing of the daemon waits for it: what threads leave here is one
//! assignment, the store is read over connections that cannot write. What a role shows is in
//! `vehicle/site` and `station/site`.

mod accounts;
mod acknowledged;
mod audit;
pub(crate) mod bill;
mod lines_file;
pub(crate) mod month;
mod readers;
mod series;
mod server;
pub(crate) mod tariff;
mod tls;
mod values;

pub(crate) use accounts::{AccountsFile, USERS_FILE};
pub(crate) use acknowledged::Acknowledged;
pub(crate) use audit::AuditFile;
pub(crate) use lines_file::LinesFile;
pub(crate) use readers::Readers;
pub(crate) use series::history;
pub(crate) use server::{Dashboard, Parts, Prepared};
pub(crate) use values::{NewestValues, columns, each_row, object};

use std::time::Duration;

use v2x_units::{Instant, UtcTime};
use v2x_web::Surroundings;
use v2x_web::types::{HealthShown, PartShown, PartStatus};

use crate::clock::Clock;
use crate::monitor::{Status, Watched};

/// The daemon's clock and the kernel's random numbers.
pub(crate) struct Around(pub(crate) Clock);

impl Surroundings for Around {
    fn now(&self) -> Instant {
        self.0.now().instant
    }

    fn utc_ms(&self) -> i64 {
        now_ms(&self.0)
    }

    fn fill(&self, bytes: &mut [u8]) -> bool {
        getrandom::fill(bytes).is_ok()
    }
}

/// After so many intervals between rows without one, values are stale.
const STALE_AFTER_ROWS: u64 = 5;
/// But never before this, in seconds.
const STALE_AFTER_LEAST: u64 = 5;

/// After how many seconds without a row values are stale.
pub(crate) fn stale_after_s(row_interval: Duration) -> u32 {
    let after = u64::try_from(row_interval.as_millis()).unwrap_or(u64::MAX);
    let after = after.saturating_mul(STALE_AFTER_ROWS);
    let seconds = after.div_ceil(1000).max(STALE_AFTER_LEAST);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

/// Now for people, in ms since 1970: as the daemon dates what it measures.
pub(crate) fn now_ms(clock: &Clock) -> i64 {
    let now = clock.now();
    let dated = clock.date(now.instant).map(|dated| dated.utc);
    dated.or_else(Clock::wall).unwrap_or(now.utc).as_millis()
}

/// How the parts of a daemon do, as `/health` says it.
pub(crate) fn health(watched: &dyn Watched) -> HealthShown {
    let shown = watched.parts().into_iter().map(|part| {
        let status = match part.status {
            Status::Ok => PartStatus::Ok,
            Status::Degraded => PartStatus::Degraded,
            Status::Failed => PartStatus::Failed,
        };
        PartShown::new(part.name, status, part.reason)
    });
    HealthShown::of(shown.collect())
}

/// A moment in the unit of the API.
pub(crate) fn ms(at: UtcTime) -> i64 {
    at.as_millis()
}
