//! What the driver should be warned of. Nothing here, and nothing that comes of it, acts on the
//! car: a warning is shown to a person.
//!
//! | warning | raised when | file |
//! |---|---|---|
//! | forward collision | at the present speeds the car would reach a neighbour in its way within 2.7 s, or within 2 s in the worse case of what is uncertain | `collision.rs` |
//! | emergency brake light | a vehicle ahead reports an emergency braking, or brakes with 4 m/s² or more | `ahead.rs` |
//! | stationary vehicle ahead | a stationary or broken-down vehicle is reported on the way ahead, at most 10 s or 100 m away | `ahead.rs` |
//! | slow vehicle ahead | as before, of a slow one | `ahead.rs` |
//!
//! A danger must be seen for 0.2 s and with a confidence of 30 % to raise a warning. It keeps the
//! warning by weaker bounds (a third more time and distance, 20 %), and for 1.5 s after it was
//! last seen, so that nothing flickers at a border.

mod ahead;
mod collision;

use core::fmt;
use core::time::Duration;

use alloc::vec::Vec;

use v2x_units::{Instant, Meters};

use super::confidence::Confidence;
use super::local_dynamic_map::LocalDynamicMap;
use super::own::OwnNow;
use crate::deadlines::{WARNING_AFTER, WARNING_HOLD};
use crate::limits::WARNINGS_MAX;
use crate::wire::station::{ActionId, CauseCode, StationId};

pub(super) use self::collision::OwnSize;

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningKind {
    /// The car would run into something at the present speeds.
    ForwardCollision,
    /// Somebody ahead brakes hard.
    EmergencyBrakeLight,
    /// Somebody stands on the way ahead.
    StationaryVehicleAhead,
    /// Somebody crawls on the way ahead.
    SlowVehicleAhead,
}

/// Whom a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A station in sight.
    Station(StationId),
    /// An event that somebody reports.
    Event(ActionId),
}

/// Why a warning is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// By its CAMs the station is in the way, and we close up on it so fast, in m/s.
    ClosingUp(f64),
    /// By its CAMs the station slows down so hard, in m/s².
    Braking(f64),
    /// A DENM reports it; whether we are on the way that the DENM describes.
    Reported {
        /// What is reported.
        cause: CauseCode,
        /// Whether we are on the way that the DENM describes.
        on_path: bool,
    },
}

/// When a collision would be, in seconds from now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeToCollision {
    /// In the worse case of what is uncertain.
    pub earliest: f64,
    /// As it looks.
    pub likely: f64,
    /// In the better case; infinite when there may be none.
    pub latest: f64,
}

/// A warning for the driver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// Whom it is about.
    pub subject: Subject,
    /// How far away that is.
    pub distance: Meters,
    /// When a collision would be.
    pub time_to_collision: Option<TimeToCollision>,
    /// How far it is believed.
    pub confidence: Confidence,
    /// Why it is given.
    pub reason: Reason,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            WarningKind::ForwardCollision => "forward collision",
            WarningKind::EmergencyBrakeLight => "emergency braking ahead",
            WarningKind::StationaryVehicleAhead => "stationary vehicle ahead",
            WarningKind::SlowVehicleAhead => "slow vehicle ahead",
        };
        write!(f, "{what}, {:.0} m", self.distance.get())?;
        if let Some(time) = self.time_to_collision {
            write!(f, ", {:.1} s", time.likely)?;
        }
        match self.reason {
            Reason::ClosingUp(speed) => write!(f, ": closing up at {speed:.1} m/s")?,
            Reason::Braking(deceleration) => write!(f, ": it slows by {deceleration:.1} m/s²")?,
            Reason::Reported { cause, on_path } => {
                let way = if on_path { ", on its way" } else { "" };
                write!(
                    f,
                    ": reported, cause {}/{}{way}",
                    cause.cause, cause.sub_cause
                )?;
            }
        }
        write!(f, ", confidence {} %", self.confidence.get())
    }
}

/// A danger as it looks at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Danger {
    warning: Warning,
    /// Whether it is enough to raise a warning, not only to keep one.
    raises: bool,
}

/// The confidence that keeps a warning.
const KEEPS: Confidence = Confidence::percent(20);

/// A danger and the warning that it may have raised.
#[derive(Debug, Clone, Copy)]
struct Tracked {
    warning: Warning,
    first_seen: Instant,
    last_seen: Instant,
    raised: bool,
}

/// What changed among the warnings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum WarningChange {
    Raised(Warning),
    Cleared(Warning),
}

/// The warnings that are given, and the dangers that may become some.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    tracked: Vec<Tracked>,
}

impl Warnings {
    /// Those that are given.
    pub(super) fn given(&self) -> impl Iterator<Item = &Warning> {
        let raised = self.tracked.iter().filter(|it| it.raised);
        raised.map(|it| &it.warning)
    }

    /// Looks at the world and says what changed.
    pub(super) fn look(
        &mut self,
        now: Instant,
        car: Option<&OwnNow>,
        size: OwnSize,
        map: &LocalDynamicMap,
    ) -> Vec<WarningChange> {
        let mut dangers = Vec::new();
        if let Some(car) = car {
            collision::look(now, car, size, map, &mut dangers);
            ahead::look(now, car, map, &mut dangers);
        }
        for danger in dangers {
            self.see(now, &danger);
        }
        self.settle(now)
    }

    fn see(&mut self, now: Instant, danger: &Danger) {
        let warning = danger.warning;
        if warning.confidence < KEEPS {
            return;
        }
        let raises = danger.raises && warning.confidence >= Confidence::USABLE;
        let same = |it: &&mut Tracked| {
            (it.warning.kind, it.warning.subject) == (warning.kind, warning.subject)
        };
        if let Some(tracked) = self.tracked.iter_mut().find(same) {
            if raises || tracked.raised {
                tracked.warning = warning;
                tracked.last_seen = now;
            }
        } else if raises {
            if self.tracked.len() >= WARNINGS_MAX {
                let seen = |(_, it): &(usize, &Tracked)| (it.raised, it.last_seen);
                if let Some((oldest, _)) = self.tracked.iter().enumerate().min_by_key(seen) {
                    self.tracked.swap_remove(oldest);
                }
            }
            self.tracked.push(Tracked {
                warning,
                first_seen: now,
                last_seen: now,
                raised: false,
            });
        }
    }

    fn settle(&mut self, now: Instant) -> Vec<WarningChange> {
        let mut changes = Vec::new();
        for it in &mut self.tracked {
            if !it.raised && it.last_seen == now && now.since(it.first_seen) >= WARNING_AFTER {
                it.raised = true;
                changes.push(WarningChange::Raised(it.warning));
            }
        }
        self.tracked.retain(|it| {
            let patience = if it.raised {
                WARNING_HOLD
            } else {
                Duration::ZERO
            };
            let over = now.since(it.last_seen) > patience;
            if over && it.raised {
                changes.push(WarningChange::Cleared(it.warning));
            }
            !over
        });
        changes
    }
}

#[cfg(test)]
mod tests;
