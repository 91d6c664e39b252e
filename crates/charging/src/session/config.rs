//! What a slot is: its kind, its thresholds, whether it has a relay, and who may use it.
//!
//! Not here: reading these from a file (the station role does that). The thresholds of 0.5 A and
//! 0.1 A are the prototype's; the hysteresis around them follows how a Twizy draws: 9 to 10 A for
//! most of a charge, then tapering off.

use core::time::Duration;

use v2x_units::Amps;

use crate::Energy;

/// Who may use a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Whoever plugs in.
    FreeVend,
    /// Cars that prove a credential over V2G.
    KnownCars,
    /// Released by the operator each time.
    OperatorRelease,
}

/// Who released the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Authorisation {
    /// Nobody: free vend, or a slot that can only watch.
    None,
    /// A car, by the digest of the credential it has proven.
    Car([u8; 8]),
    /// The operator.
    Operator,
}

/// When current begins and ceases to count as a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurrentThresholds {
    /// A load begins at this current ...
    pub start: Amps,
    /// ... held for this long, seen by at least three samples.
    pub start_after: Duration,
    /// A load has ceased below this current ...
    pub stop: Amps,
    /// ... held for this long.
    pub stop_after: Duration,
}

impl CurrentThresholds {
    /// Whether a load draws; `None` between the bounds, where one that draws goes on and none
    /// begins.
    #[must_use]
    pub fn draws(&self, current: Amps) -> Option<bool> {
        if current >= self.start {
            Some(true)
        } else {
            (current < self.stop).then_some(false)
        }
    }
}

/// What a slot is and how it decides.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotConfig {
    /// When current counts as a load.
    pub current: CurrentThresholds,
    /// A session starts once this much has flowed, so that a blip is none.
    pub minimum_energy: Energy,
    /// Whether the slot has a relay; without one it can only watch.
    pub has_relay: bool,
    /// Who may use it.
    pub policy: Policy,
    /// A slot that is released but draws nothing closes again after this time.
    pub connect_timeout: Duration,
    /// A session without current ends after this time.
    pub idle_timeout: Duration,
    /// Without a measurement for this long the slot is unavailable.
    pub silence: Duration,
    /// Without a measurement for this long an open session ends.
    pub lost_after: Duration,
    /// A restart within this time goes on with the open session.
    pub resume_within: Duration,
    /// How often an open session is persisted between its steps: bounds what a power cut loses.
    pub checkpoint_every: Duration,
}

impl SlotConfig {
    /// A slot for an electric vehicle: a load from 0.5 A, gone below 0.2 A.
    #[must_use]
    pub const fn ev() -> Self {
        Self {
            current: CurrentThresholds {
                start: Amps::new(0.5),
                start_after: Duration::from_secs(4),
                stop: Amps::new(0.2),
                stop_after: Duration::from_secs(10),
            },
            minimum_energy: Energy::from_watt_hours(1),
            has_relay: false,
            policy: Policy::FreeVend,
            connect_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(15 * 60),
            silence: Duration::from_secs(10),
            lost_after: Duration::from_secs(30 * 60),
            resume_within: Duration::from_secs(15 * 60),
            checkpoint_every: Duration::from_secs(60),
        }
    }

    /// A plain socket for small devices: a load from 0.1 A, gone below 0.05 A.
    ///
    /// No minimum energy: at 23 VA the meter's first watt hour takes almost three minutes.
    #[must_use]
    pub const fn small_device() -> Self {
        let ev = Self::ev();
        Self {
            current: CurrentThresholds {
                start: Amps::new(0.1),
                stop: Amps::new(0.05),
                ..ev.current
            },
            minimum_energy: Energy::ZERO,
            ..ev
        }
    }
}
