//! What the bus is like: silence, errors alone, bus off and no controller are four things.
//!
//! Not here: the controller's registers; its driver makes a [`ControllerReport`] of them. Terms:
//! ISO 11898-1 (error active, error passive, bus off).

use core::time::Duration;

use v2x_proto::link::message::BusState;
use v2x_units::Instant;

/// Without a frame for so long the bus does not count as active; the prototype's figure.
const ALIVE_FOR: Duration = Duration::from_secs(2);
/// Errors without a frame that mean another bit rate: one broken frame makes fewer.
const ERRORS_ALONE: u32 = 10;
/// A receive error counter above it makes a node error passive.
const ERROR_PASSIVE_ABOVE: u8 = 127;

/// What a CAN controller says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ControllerReport {
    /// Whether it answers at all.
    pub absent: bool,
    /// Whether it has left the bus.
    pub bus_off: bool,
    /// Its transmit error counter.
    pub transmit_errors: u8,
    /// Its receive error counter.
    pub receive_errors: u8,
    /// Error frames and bad frames since boot.
    pub bus_errors: u32,
    /// Times that it lost frames, since boot.
    pub overflows: u32,
}

/// Watches frames and errors.
#[derive(Debug, Clone)]
pub struct BusWatch {
    frames: u64,
    frame_at: Option<Instant>,
    report: ControllerReport,
    /// What the count of errors was when the last frame came.
    errors_at_frame: u32,
    error_at: Instant,
}

impl BusWatch {
    /// Nothing is known yet.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            frames: 0,
            frame_at: None,
            report: ControllerReport {
                absent: false,
                bus_off: false,
                transmit_errors: 0,
                receive_errors: 0,
                bus_errors: 0,
                overflows: 0,
            },
            errors_at_frame: 0,
            error_at: now,
        }
    }

    /// A frame came.
    pub const fn frame(&mut self, now: Instant) {
        self.frames += 1;
        self.frame_at = Some(now);
        self.errors_at_frame = self.report.bus_errors;
    }

    /// The controller says this.
    pub const fn report(&mut self, now: Instant, report: ControllerReport) {
        if report.bus_errors != self.report.bus_errors {
            self.error_at = now;
        }
        self.report = report;
    }

    /// Frames since boot.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// What the controller said last.
    #[must_use]
    pub const fn last_report(&self) -> ControllerReport {
        self.report
    }

    /// Whether a frame came within the last two seconds.
    #[must_use]
    pub fn is_alive(&self, now: Instant) -> bool {
        self.frame_at.is_some_and(|at| now.since(at) < ALIVE_FOR)
    }

    /// What the bus is like.
    #[must_use]
    pub fn state(&self, now: Instant) -> BusState {
        let alone = self.report.bus_errors.wrapping_sub(self.errors_at_frame);
        if self.report.absent {
            BusState::Absent
        } else if self.report.bus_off {
            BusState::BusOff
        } else if self.is_alive(now) {
            if self.report.receive_errors > ERROR_PASSIVE_ABOVE {
                BusState::ErrorPassive
            } else {
                BusState::Active
            }
        } else if alone >= ERRORS_ALONE && now.since(self.error_at) < ALIVE_FOR {
            BusState::WrongBitRate
        } else if self.report.receive_errors > ERROR_PASSIVE_ABOVE {
            BusState::ErrorPassive
        } else {
            BusState::Silent
        }
    }

    /// When the state may change without an input.
    pub(super) fn deadline(&self, now: Instant) -> Instant {
        let silent_at = self.frame_at.map(|at| at + ALIVE_FOR);
        silent_at.filter(|at| *at > now).unwrap_or(now + ALIVE_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milli: u64) -> Instant {
        Instant::from_micros(milli * 1000)
    }

    #[test]
    fn silence_bus_off_no_controller_and_wrong_bit_rate_are_four_things() {
        let mut watch = BusWatch::new(at(0));
        assert_eq!(watch.state(at(0)), BusState::Silent);
        let mut report = ControllerReport {
            bus_errors: 40,
            receive_errors: 128,
            ..ControllerReport::default()
        };
        watch.report(at(100), report);
        assert_eq!(watch.state(at(100)), BusState::WrongBitRate);
        assert_eq!(
            watch.state(at(5000)),
            BusState::ErrorPassive,
            "errors stopped"
        );
        watch.frame(at(5000));
        assert_eq!(
            watch.state(at(5001)),
            BusState::ErrorPassive,
            "frames among errors"
        );
        report.receive_errors = 0;
        watch.report(at(5100), report);
        assert_eq!(watch.state(at(5100)), BusState::Active);
        assert_eq!(watch.state(at(7001)), BusState::Silent);
        report.bus_off = true;
        watch.report(at(7100), report);
        assert_eq!(watch.state(at(7100)), BusState::BusOff);
        report.absent = true;
        watch.report(at(7200), report);
        assert_eq!(watch.state(at(7200)), BusState::Absent);
    }
}
