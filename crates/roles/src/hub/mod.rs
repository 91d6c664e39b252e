//! What the hub decides: which value is the newest, who is online, what a row says of alarms,
//! trips, charges and sessions, how a long stretch becomes few points, how much a device may say.
//!
//! Not here: topics and payloads (`uplink`), the file (`store`), sockets and clocks (`apps`). The
//! keys that are looked for are those which vehicle and station upload; `docs/guide/hub.md` has
//! them in a table.
//!
//! | file | what it decides |
//! |---|---|
//! | [`latest`] | whether a value is newer than the one that is shown |
//! | [`presence`] | whether a device is online |
//! | [`alarm`] | what a row says of alarms |
//! | [`episode`] | which trip, charge, session or warning a row tells of |
//! | [`kind`] | what a device is |
//! | [`bucket`] | mean, least, most and count of a stretch of time |
//! | [`allowance`] | how many messages and data points a device may send |

pub mod alarm;
pub mod allowance;
pub mod bucket;
pub mod episode;
pub mod kind;
pub mod latest;
pub mod presence;

use serde_json::{Map, Value as Json};
use v2x_units::UtcTime;

pub use alarm::{AlarmSaid, Severity};
pub use allowance::{Allowance, Meter};
pub use bucket::{Bucket, Buckets};
pub use episode::{Episode, EpisodeKind};
pub use kind::DeviceKind;
pub use latest::{KEYS_MAX, Latest, Stamped, Taken};
pub use presence::Presence;

/// A device in the hub, by its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(i64);

impl DeviceId {
    /// Takes a number of the store's.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for DeviceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a device said of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// When it was measured.
    pub ts: UtcTime,
    /// Keys and values: numbers, texts, flags; objects and arrays as they are. No null.
    pub values: Map<String, Json>,
}
