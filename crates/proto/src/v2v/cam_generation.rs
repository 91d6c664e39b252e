//! When a CAM is due: the rules of the standard, and nothing about what is in it.
//!
//! Standard: ETSI EN 302 637-2 v1.4.1, 6.1.3 (TS 103 900 has the same rule and constants).
//!
//! | rule | here |
//! |---|---|
//! | checked at least every 100 ms (T_CheckCamGen) | [`CAM_CHECK`](crate::deadlines::CAM_CHECK) |
//! | 1: at least T_GenCam_Dcc since the last one, and heading changed by more than 4 degrees, position by more than 4 m or speed by more than 0.5 m/s | [`CamTrigger::Dynamics`]; T_GenCam becomes the time since the last one |
//! | 2: at least T_GenCam and T_GenCam_Dcc since the last one | [`CamTrigger::Time`]; after three of these in a row (N_GenCam) T_GenCam is 1 s again |
//! | T_GenCam and T_GenCam_Dcc are 100 ms to 1,000 ms | [`CAM_INTERVAL_MIN`], [`CAM_INTERVAL_MAX`] |
//! | low-frequency container in the first CAM, then 500 ms after the last at the earliest | [`CamGeneration::low_frequency_due`] |

use core::time::Duration;

use v2x_units::{Degrees, Instant, MetersPerSecond, Position};

use super::geometry::difference;
use crate::deadlines::{CAM_INTERVAL_MAX, CAM_INTERVAL_MIN, LOW_FREQUENCY_PERIOD};
use crate::limits::{CAM_HEADING_STEP, CAM_POSITION_STEP, CAM_SPEED_STEP, CAMS_AT_RATE};

/// What of a car's movement decides whether a CAM is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dynamics {
    /// Where it is.
    pub position: Position,
    /// Where it moves to.
    pub heading: Option<Degrees>,
    /// How fast.
    pub speed: Option<MetersPerSecond>,
}

/// Why a CAM is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CamTrigger {
    /// It is the first one.
    First,
    /// The car moved, turned or changed its speed by enough.
    Dynamics,
    /// Enough time has passed.
    Time,
}

/// When the next CAM is due.
#[derive(Debug, Clone)]
pub struct CamGeneration {
    last: Option<(Instant, Dynamics)>,
    /// T_GenCam.
    interval: Duration,
    /// How many CAMs in a row time alone has triggered.
    by_time: u8,
    low_frequency: Option<Instant>,
}

impl Default for CamGeneration {
    fn default() -> Self {
        Self {
            last: None,
            interval: CAM_INTERVAL_MAX,
            by_time: 0,
            low_frequency: None,
        }
    }
}

impl CamGeneration {
    /// Whether a CAM is due, and why. `shortest` is T_GenCam_Dcc, which the load of the channel
    /// sets.
    #[must_use]
    pub fn due(&self, now: Instant, car: &Dynamics, shortest: Duration) -> Option<CamTrigger> {
        let Some((at, last)) = &self.last else {
            return Some(CamTrigger::First);
        };
        let shortest = shortest.clamp(CAM_INTERVAL_MIN, CAM_INTERVAL_MAX);
        let elapsed = now.since(*at);
        if elapsed < shortest {
            None
        } else if has_changed(last, car) {
            Some(CamTrigger::Dynamics)
        } else if elapsed >= self.interval {
            Some(CamTrigger::Time)
        } else {
            None
        }
    }

    /// Takes down that a CAM went out.
    pub fn sent(&mut self, now: Instant, car: Dynamics, trigger: CamTrigger) {
        match (trigger, self.last) {
            (CamTrigger::Dynamics, Some((at, _))) => {
                self.interval = now.since(at).clamp(CAM_INTERVAL_MIN, CAM_INTERVAL_MAX);
                self.by_time = 0;
            }
            (CamTrigger::Time, _) => {
                self.by_time = self.by_time.saturating_add(1);
                if self.by_time >= CAMS_AT_RATE {
                    self.interval = CAM_INTERVAL_MAX;
                }
            }
            _ => {}
        }
        self.last = Some((now, car));
    }

    /// Whether the next CAM carries the low-frequency container.
    #[must_use]
    pub fn low_frequency_due(&self, now: Instant) -> bool {
        self.low_frequency
            .is_none_or(|at| now.since(at) >= LOW_FREQUENCY_PERIOD)
    }

    /// Takes down that a CAM with the low-frequency container went out.
    pub const fn low_frequency_sent(&mut self, now: Instant) {
        self.low_frequency = Some(now);
    }
}

fn has_changed(last: &Dynamics, now: &Dynamics) -> bool {
    let turned = match (last.heading, now.heading) {
        (Some(before), Some(now)) => difference(before, now) > CAM_HEADING_STEP,
        (None, None) => false,
        _ => true,
    };
    let speed = match (last.speed, now.speed) {
        (Some(before), Some(now)) => (now - before).abs() > CAM_SPEED_STEP,
        (None, None) => false,
        _ => true,
    };
    turned || speed || last.position.distance_to(now.position) > CAM_POSITION_STEP
}

#[cfg(test)]
mod tests;
