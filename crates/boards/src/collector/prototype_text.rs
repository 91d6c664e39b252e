//! The text of the prototype's collector, line for line, for a Jetson that still reads it.
//!
//! Not here: how a line looks (`v2x_proto::legacy::collector_line`). Reference: the page on the
//! prototype's wire formats, section (a). Times are the prototype's; that it repeated a fix up to
//! nine times, and printed old ones as valid for ever, is not repeated.

use core::time::Duration;

use heapless::String;
use v2x_proto::legacy::collector_line::{
    BANNER, CollectorStatus, LINE_END, StatusFix, emit_can, emit_gnss, emit_status,
};
use v2x_proto::link::message::GnssReport;
use v2x_units::{GnssFix, Instant, KilometersPerHour};

use super::bus_watch::BusWatch;
use super::can_queue::Arrivals;
use crate::chassis::Chassis;

/// The speed of its line.
pub const BAUD: u32 = 115_200;

/// The longest line: a status with a position has 89 bytes.
const LINE_MAX: usize = 128;
/// Silence after the banner.
const BANNER_PAUSE: Duration = Duration::from_secs(2);
const FIX_EVERY: Duration = Duration::from_secs(3);
const STATUS_EVERY: Duration = Duration::from_secs(5);
/// A fix older than this is not printed.
const FIX_LASTS: Duration = Duration::from_secs(3);

/// What the text needs to know between its lines.
#[derive(Debug)]
pub struct PrototypeText {
    banner_said: usize,
    begins_at: Instant,
    fix: Option<(Instant, GnssFix)>,
    fix_at: Instant,
    status_at: Instant,
    had_fix: bool,
}

impl PrototypeText {
    /// Begins with the banner.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        let begins_at = now + BANNER_PAUSE;
        Self {
            banner_said: 0,
            begins_at,
            fix: None,
            fix_at: begins_at,
            status_at: begins_at + STATUS_EVERY,
            had_fix: false,
        }
    }

    /// The receiver has a fix.
    pub(super) const fn fix(&mut self, at: Instant, report: &GnssReport) {
        if report.fix.valid {
            self.fix = Some((at, report.fix));
            self.had_fix = true;
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.begins_at.max(self.fix_at.min(self.status_at))
    }

    /// Says what is due, as far as the line has room; frames wait in their queue meanwhile.
    pub(super) fn poll(
        &mut self,
        now: Instant,
        chassis: &mut Chassis,
        frames: &mut impl Arrivals,
        watch: &mut BusWatch,
    ) {
        while let Some(line) = BANNER.get(self.banner_said) {
            say(chassis, |out| out.push_str(line).map_err(|_| ()));
            self.banner_said += 1;
        }
        if now < self.begins_at {
            return;
        }
        if now >= self.status_at {
            self.status_at = self.status_at + STATUS_EVERY;
            let status = self.status(now, watch);
            say(chassis, |out| emit_status(&status, out).map_err(|_| ()));
        }
        if now >= self.fix_at {
            self.fix_at = self.fix_at + FIX_EVERY;
            if let Some(fix) = self.fresh(now) {
                say(chassis, |out| emit_gnss(&fix, out).map_err(|_| ()));
            }
        }
        while chassis.has_room(LINE_MAX) {
            let Some(arrival) = frames.take() else { break };
            watch.frame(now);
            say(chassis, |out| emit_can(&arrival.frame, out).map_err(|_| ()));
        }
    }

    fn fresh(&self, now: Instant) -> Option<GnssFix> {
        let (_, fix) = self.fix.filter(|(at, _)| now.since(*at) <= FIX_LASTS)?;
        Some(fix)
    }

    fn status(&self, now: Instant, watch: &BusWatch) -> CollectorStatus {
        let fix = self.fresh(now);
        CollectorStatus {
            can_alive: watch.is_alive(now),
            gnss_fixed: self.had_fix,
            satellites: fix.and_then(|fix| fix.satellites).unwrap_or(0),
            hdop: fix.and_then(|fix| fix.hdop).unwrap_or(99.99),
            fix: fix.map(|fix| StatusFix {
                position: fix.position,
                speed: fix.speed.unwrap_or(KilometersPerHour::new(0.0)),
            }),
        }
    }
}

/// Puts one line on the UART; one that cannot be said is left out.
pub(crate) fn say(
    chassis: &mut Chassis,
    write: impl FnOnce(&mut String<LINE_MAX>) -> Result<(), ()>,
) {
    let mut line = String::new();
    if write(&mut line).is_ok() && line.push_str(LINE_END).is_ok() {
        chassis.send_raw(line.as_bytes());
    }
}
