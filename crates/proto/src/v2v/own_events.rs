//! What the car reports about itself: when each event begins and ends.
//!
//! Not how it is written and sent (`denm_content.rs`, `event_sender.rs`). Thresholds: the
//! standard leaves them to profiles; ours stand in `limits.rs` and `deadlines.rs`.
//!
//! | event | cause | begins | over when |
//! |---|---|---|---|
//! | emergency braking | 99/1 | slows by 4 m/s² or more for 0.2 s, from 5.5 m/s on, brake pedal not known to be off | below 2 m/s² or standing, for 0.5 s |
//! | stationary vehicle | 94, with a fault 94/2 and its cause | stands for 5 s with a fault or hazard lights | 1.5 m/s or neither, for 2 s |
//! | breakdown | 91 and the fault | a fault, unless the car stands as above | no fault or stands, for 2 s |
//! | limp | 26, linked to 91/2 | below 8.3 m/s for 10 s, power limited or charge 5 % or less | 11 m/s, standing, or charge 8 % and not limited, for 2 s |

use core::time::Duration;

use v2x_units::{Instant, MetersPerSecond, MetersPerSecondSquared};

use super::input::{Condition, Motion};
use crate::deadlines::{
    EMERGENCY_BRAKE_AFTER, EMERGENCY_BRAKE_HOLD, EMERGENCY_BRAKE_PERIOD, EMERGENCY_BRAKE_VALIDITY,
    EVENT_PERIOD, EVENT_VALIDITY, LIMP_AFTER, OWN_EVENT_HOLD, STATIONARY_AFTER,
};
use crate::limits::{
    EMERGENCY_DECELERATION, EMERGENCY_DECELERATION_END, EMERGENCY_SPEED_MIN, LIMP_CHARGE,
    LIMP_CHARGE_END, LIMP_SPEED, LIMP_SPEED_END, SET_OUT_SPEED, STANDING_SPEED,
};
use crate::wire::cam::ExteriorLights;

/// What a car can report about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnEventKind {
    /// It brakes hard.
    EmergencyBraking,
    /// It stands where others do not expect it.
    Stationary,
    /// Something keeps it from driving on.
    Breakdown,
    /// It crawls on an almost empty battery.
    Limp,
}

impl OwnEventKind {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 4] = [
        Self::EmergencyBraking,
        Self::Stationary,
        Self::Breakdown,
        Self::Limp,
    ];

    /// Whether the event moves with the car, so that every DENM of it is an update.
    pub(super) const fn moves(self) -> bool {
        !matches!(self, Self::Stationary)
    }

    pub(super) const fn period(self) -> Duration {
        match self {
            Self::EmergencyBraking => EMERGENCY_BRAKE_PERIOD,
            _ => EVENT_PERIOD,
        }
    }

    pub(super) const fn validity(self) -> Duration {
        match self {
            Self::EmergencyBraking => EMERGENCY_BRAKE_VALIDITY,
            _ => EVENT_VALIDITY,
        }
    }

    /// How long it must hold before it begins.
    const fn after(self) -> Duration {
        match self {
            Self::EmergencyBraking => EMERGENCY_BRAKE_AFTER,
            Self::Stationary => STATIONARY_AFTER,
            Self::Breakdown => Duration::from_secs(1),
            Self::Limp => LIMP_AFTER,
        }
    }

    /// How long it must be over before it ends.
    const fn hold(self) -> Duration {
        match self {
            Self::EmergencyBraking => EMERGENCY_BRAKE_HOLD,
            _ => OWN_EVENT_HOLD,
        }
    }
}

/// What the car knows of itself when it looks for events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observed {
    pub(super) motion: Option<Motion>,
    pub(super) acceleration: Option<MetersPerSecondSquared>,
    pub(super) condition: Condition,
}

impl Observed {
    fn speed(&self) -> Option<MetersPerSecond> {
        self.motion.and_then(|motion| motion.speed)
    }

    fn slows_by(&self, least: MetersPerSecondSquared) -> bool {
        self.acceleration.is_some_and(|it| -it >= least)
    }

    fn is_faster(&self, than: MetersPerSecond) -> bool {
        self.speed().is_some_and(|speed| speed >= than)
    }

    fn is_slower(&self, than: MetersPerSecond) -> bool {
        self.speed().is_some_and(|speed| speed < than)
    }

    /// Whether both turn signals are switched on.
    pub(super) fn hazard_lights(&self) -> bool {
        let hazard = ExteriorLights::LEFT_TURN_SIGNAL | ExteriorLights::RIGHT_TURN_SIGNAL;
        self.motion
            .is_some_and(|motion| motion.lights.contains(hazard))
    }

    fn is_weak(&self, charge_percent: f64) -> bool {
        let charge = self.condition.battery.state_of_charge;
        self.condition.power_limited == Some(true)
            || charge.is_some_and(|charge| charge.percent() <= charge_percent)
    }

    /// Whether an event holds; `active` when it is going on already.
    fn holds(&self, kind: OwnEventKind, active: bool, stands_reported: bool) -> bool {
        let stranded = self.condition.fault.is_some() || self.hazard_lights();
        match (kind, active) {
            (OwnEventKind::EmergencyBraking, false) => {
                let brakes = self.motion.and_then(|motion| motion.brake_pedal) != Some(false);
                self.slows_by(EMERGENCY_DECELERATION)
                    && self.is_faster(EMERGENCY_SPEED_MIN)
                    && brakes
            }
            (OwnEventKind::EmergencyBraking, true) => {
                self.slows_by(EMERGENCY_DECELERATION_END) && self.is_faster(STANDING_SPEED)
            }
            (OwnEventKind::Stationary, false) => stranded && self.is_slower(STANDING_SPEED),
            // A speed that is not known any more, as of a car without power, ends nothing.
            (OwnEventKind::Stationary, true) => stranded && !self.is_faster(SET_OUT_SPEED),
            (OwnEventKind::Breakdown, _) => self.condition.fault.is_some() && !stands_reported,
            (OwnEventKind::Limp, false) => {
                self.is_weak(LIMP_CHARGE)
                    && self.is_faster(STANDING_SPEED)
                    && self.is_slower(LIMP_SPEED)
            }
            (OwnEventKind::Limp, true) => {
                self.is_weak(LIMP_CHARGE_END)
                    && self.is_faster(STANDING_SPEED)
                    && self.is_slower(LIMP_SPEED_END)
            }
        }
    }
}

/// What happened to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventTurn {
    Begins,
    Ends,
}

/// One kind of event: whether it goes on, and since when that has been about to change.
#[derive(Debug, Clone, Copy, Default)]
struct Watch {
    active: bool,
    changing: Option<Instant>,
}

/// All kinds of events.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnEvents {
    watches: [Watch; OwnEventKind::ALL.len()],
}

impl OwnEvents {
    /// Whether any goes on.
    pub(super) fn any_active(&self) -> bool {
        self.watches.iter().any(|watch| watch.active)
    }

    /// Looks at the car and says what begins and ends.
    pub(super) fn look(
        &mut self,
        now: Instant,
        car: &Observed,
    ) -> [Option<EventTurn>; OwnEventKind::ALL.len()] {
        let mut turns = [None; OwnEventKind::ALL.len()];
        let mut stands_reported = false;
        for ((kind, watch), turn) in OwnEventKind::ALL
            .into_iter()
            .zip(&mut self.watches)
            .zip(&mut turns)
        {
            let holds = car.holds(kind, watch.active, stands_reported);
            if holds == watch.active {
                watch.changing = None;
            } else {
                let since = *watch.changing.get_or_insert(now);
                let enough = if watch.active {
                    kind.hold()
                } else {
                    kind.after()
                };
                if now.since(since) >= enough {
                    watch.changing = None;
                    watch.active = holds;
                    *turn = Some(if holds {
                        EventTurn::Begins
                    } else {
                        EventTurn::Ends
                    });
                }
            }
            stands_reported |= kind == OwnEventKind::Stationary && watch.active;
        }
        turns
    }
}

#[cfg(test)]
mod tests;
