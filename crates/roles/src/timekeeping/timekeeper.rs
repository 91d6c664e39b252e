//! Which witness of the time to believe, and what date a moment has by it.
//!
//! Trusted are GNSS fixes and a system clock that is synchronised, in this order, each after three
//! testimonies that agree: one alone may be a damaged line or a receiver without an almanac. A
//! system clock that nobody synchronises is heard once and never followed, so that who sets it by
//! years moves no record; it dates only what nobody else can, and is marked so. Whatever lies
//! before the build of this program, or before a time that was once trusted, is no time.

use std::time::Duration;

use v2x_units::{Instant, UtcTime};

use super::track::{Interval, Track, signed};

/// Agreeing testimonies before a witness is believed.
const TESTIMONIES: u8 = 3;
/// The longest life of this program: a clock that is further ahead is wrong.
const LIFE: Duration = Duration::from_secs(20 * 365 * 86_400);
/// What a synchronised system clock may be off. The kernel withdraws its word at 16 s; on a mobile
/// network it is usually tens of milliseconds.
const NTP_ERROR: Duration = Duration::from_secs(1);
/// A believed witness that has been silent for so long no longer outranks another.
const SILENT_AFTER: Duration = Duration::from_secs(6 * 3600);

/// Who says what time it is, in the order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeSource {
    /// The computer's clock as it was found: perhaps right, perhaps years away.
    SystemUnsynchronised,
    /// The computer's clock while the kernel says that it is synchronised.
    Ntp,
    /// GNSS fixes.
    Gnss,
}

impl TimeSource {
    /// The word used in tables and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SystemUnsynchronised => "system",
            Self::Ntp => "ntp",
            Self::Gnss => "gnss",
        }
    }

    /// Whether dates by it may leave this computer without a mark.
    #[must_use]
    pub const fn is_trusted(self) -> bool {
        !matches!(self, Self::SystemUnsynchronised)
    }
}

/// The date of a moment, who says it and how far it may be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// The date.
    pub utc: UtcTime,
    /// Who says it.
    pub source: TimeSource,
    /// By how much it may be wrong, either way; `None` when nobody can say.
    pub error: Option<Duration>,
}

/// One reading of the system clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemTime {
    /// What it says.
    pub utc: UtcTime,
    /// Whether the system says that it is synchronised.
    pub is_synchronised: bool,
}

/// One time of a GNSS receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GnssTime {
    /// The receiver's time of its fix.
    pub utc: UtcTime,
    /// How old the fix may have been when it arrived; it is never younger than 0.
    pub late_at_most: Duration,
}

impl GnssTime {
    /// What the prototype's text link delays: fixes go out every 3 s, the receiver is asked once
    /// per second, tells whole seconds and needs one to tell them.
    pub const TEXT_LINK: Duration = Duration::from_secs(6);
}

/// Another witness is believed from now on, or the same one once it said something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeChange {
    /// The moment of the change.
    pub at: Instant,
    /// Its date as it was until now; `None` when there was none.
    pub before: Option<Dated>,
    /// Its date from now on.
    pub after: Dated,
}

/// A witness with what it said.
#[derive(Debug, Clone, Copy)]
struct Witness {
    source: TimeSource,
    track: Track,
    testimonies: u8,
    last: Instant,
}

/// Dates moments of one computer's monotonic clock.
#[derive(Debug, Clone)]
pub struct Timekeeper {
    floor: UtcTime,
    /// Microseconds from the monotonic clock to the system's, as first heard.
    unsynchronised: Option<i64>,
    trusted: Option<Witness>,
    /// Who contradicts the trusted one, or is not trusted yet.
    candidate: Option<Witness>,
    last_gnss: Option<UtcTime>,
}

impl Timekeeper {
    /// Knows nothing but that it cannot be earlier than `floor`: the build of the program, or the
    /// newest date that was ever trusted.
    #[must_use]
    pub const fn new(floor: UtcTime) -> Self {
        Self {
            floor,
            unsynchronised: None,
            trusted: None,
            candidate: None,
            last_gnss: None,
        }
    }

    /// It cannot be earlier than this either. To be told before the first reading.
    pub fn raise_floor(&mut self, to: UtcTime) {
        self.floor = self.floor.max(to);
    }

    /// Takes a reading of the system clock.
    pub fn system(&mut self, at: Instant, reading: SystemTime) -> Option<TimeChange> {
        if !self.is_plausible(reading.utc) {
            return None;
        }
        let offset = reading.utc.as_micros().saturating_sub(signed(at));
        let before = self.date(at);
        self.unsynchronised.get_or_insert(offset);
        if reading.is_synchronised {
            let error = micros(NTP_ERROR);
            let seen = Interval {
                low: offset.saturating_sub(error),
                high: offset.saturating_add(error),
            };
            if let Some(change) = self.testify(at, TimeSource::Ntp, seen) {
                return Some(change);
            }
        }
        let after = self.date(at)?;
        before.is_none().then_some(TimeChange { at, before, after })
    }

    /// Takes the time of a fix that arrived at `at`. A fix that was repeated is no testimony.
    pub fn gnss(&mut self, at: Instant, time: GnssTime) -> Option<TimeChange> {
        if self.last_gnss.replace(time.utc) == Some(time.utc) || !self.is_plausible(time.utc) {
            return None;
        }
        let low = time.utc.as_micros().saturating_sub(signed(at));
        let seen = Interval {
            low,
            high: low.saturating_add(micros(time.late_at_most)),
        };
        self.testify(at, TimeSource::Gnss, seen)
    }

    /// The date of a moment before or after now; `None` while there is no plausible clock.
    #[must_use]
    pub fn date(&self, at: Instant) -> Option<Dated> {
        if let Some(witness) = &self.trusted {
            let offset = witness.track.offset(at);
            let half = Duration::from_micros(offset.width().unsigned_abs().div_ceil(2));
            return Some(Dated {
                utc: moved(at, offset.middle()),
                source: witness.source,
                error: Some(half),
            });
        }
        Some(Dated {
            utc: moved(at, self.unsynchronised?),
            source: TimeSource::SystemUnsynchronised,
            error: None,
        })
    }

    /// The date of a moment, or, while there is none, the time since boot counted from 1970: what
    /// a file writes that cannot wait for the truth.
    #[must_use]
    pub fn provisional(&self, at: Instant) -> UtcTime {
        self.date(at)
            .map_or_else(|| moved(at, 0), |dated| dated.utc)
    }

    fn is_plausible(&self, utc: UtcTime) -> bool {
        utc >= self.floor && utc <= self.floor + LIFE
    }

    fn testify(&mut self, at: Instant, source: TimeSource, seen: Interval) -> Option<TimeChange> {
        if let Some(trusted) = &mut self.trusted {
            let known = trusted.track.offset(at).width();
            if trusted.track.observe(at, seen) {
                trusted.last = at;
                // The more exact one is who dates.
                if seen.width() < known {
                    trusted.source = source;
                }
                self.candidate = None;
                return None;
            }
            if source < trusted.source && at.since(trusted.last) < SILENT_AFTER {
                return None;
            }
        }
        let candidate = self.heard(at, source, seen);
        if candidate.testimonies < TESTIMONIES {
            self.candidate = Some(candidate);
            return None;
        }
        let before = self.date(at);
        self.trusted = Some(candidate);
        self.candidate = None;
        let after = self.date(at)?;
        Some(TimeChange { at, before, after })
    }

    /// The candidate after this testimony: the same one, or a new one when it contradicts itself.
    fn heard(&self, at: Instant, source: TimeSource, seen: Interval) -> Witness {
        if let Some(mut known) = self.candidate.filter(|known| known.source == source)
            && known.track.observe(at, seen)
        {
            known.testimonies += 1;
            known.last = at;
            return known;
        }
        Witness {
            source,
            track: Track::new(at, seen),
            testimonies: 1,
            last: at,
        }
    }
}

fn moved(at: Instant, offset: i64) -> UtcTime {
    UtcTime::from_micros(signed(at).saturating_add(offset))
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
