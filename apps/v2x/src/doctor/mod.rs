//! `v2x doctor`: looks at everything that a daemon lives by, and says in plain words what to do.
//!
//! Nothing is recorded, sent or changed, but for one small file that is written into the folder of
//! the data and removed at once. The checks use the daemon's own parts: its search for a speed, its
//! ears, its way to the broker. A port that the running daemon holds is asked for over `/health`.

mod broker;
mod clock;
mod disk;
mod finding;
mod hub;
mod port;
mod running;
mod station;
mod vehicle;

use std::time::Duration;

use crate::clock::Clock;
pub(crate) use finding::{Finding, Severity};
pub(crate) use hub::examine as hub;
pub(crate) use station::examine as station;
pub(crate) use vehicle::examine as vehicle;

/// How the checks are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) clock: Clock,
    /// How long a port is listened to before it counts as silent.
    pub(crate) listen: Duration,
}
