//! The 105 m rule: whether a car that has left the plug is still at the station.
//!
//! Not the silence of the radio, which the EVCC watches. GNSS scatters by up to 28 m at
//! standstill, so a car within 105 m, about as far as the radio reaches, has only left when five
//! good fixes running lie beyond [`FAR`].

use v2x_units::{GnssFix, Instant, Meters, Position, UtcTime};

use crate::deadlines::{FIX_AGE_MAX, FIX_SPACING};

/// Beyond this a fix says that the car has left: 105 m and what a receiver scatters on most days.
pub const FAR: Meters = Meters::new(120.0);

/// So many fixes running must say so.
pub const FIXES_BEYOND: u8 = 5;

/// A fix with a worse geometry says nothing.
const HDOP_MAX: f64 = 5.0;

/// Judges fixes after unplugging.
#[derive(Debug, Clone)]
pub struct Nearness {
    station: Option<Position>,
    beyond: u8,
    last: Option<(Instant, Option<UtcTime>)>,
}

impl Nearness {
    /// Begins at a station; one whose place is not known is never left by distance.
    #[must_use]
    pub const fn new(station: Option<Position>) -> Self {
        Self {
            station,
            beyond: 0,
            last: None,
        }
    }

    /// Takes a fix that was measured at `at`.
    pub fn take(&mut self, now: Instant, at: Instant, fix: &GnssFix) {
        let Some(station) = self.station else { return };
        let good = fix.valid
            && !fix.position.is_null_island()
            && fix.hdop.is_none_or(|hdop| hdop <= HDOP_MAX)
            && now.since(at) <= FIX_AGE_MAX;
        if !good || self.is_repeated(at, fix.utc) {
            return;
        }
        self.last = Some((at, fix.utc));
        if fix.position.distance_to(station) > FAR {
            self.beyond = self.beyond.saturating_add(1);
        } else {
            self.beyond = 0;
        }
    }

    /// Whether the car has left.
    #[must_use]
    pub const fn has_left(&self) -> bool {
        self.beyond >= FIXES_BEYOND
    }

    /// Receivers and boards say the same fix several times over.
    fn is_repeated(&self, at: Instant, utc: Option<UtcTime>) -> bool {
        self.last
            .is_some_and(|(last_at, last_utc)| match (utc, last_utc) {
                (Some(utc), Some(last)) => utc == last,
                _ => at.since(last_at) < FIX_SPACING,
            })
    }
}
