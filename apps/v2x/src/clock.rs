//! The clocks of this computer: the only place of the product that reads them.
//!
//! Everything else receives a [`Stamp`]. Its instant counts since the boot of the computer, sleep
//! included, so that it means the same to every run of one boot. Its UTC is what the
//! [`Timekeeper`] makes of the system clock and of GNSS fixes; setting the clock moves no stamp.

mod system_time;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use v2x_roles::timekeeping::{Dated, GnssTime, TimeChange, Timekeeper};
use v2x_units::{Instant, Stamp, UtcTime};

pub(crate) use self::system_time::SystemClock;

/// When this program was built, in seconds since 1970: no clock that says less is right.
const BUILT: &str = env!("V2X_BUILT");
/// 2025-01-01: older than this program, so a clock that says less was never set.
const SET_CLOCK: UtcTime = UtcTime::from_millis(1_735_689_600_000);

/// The monotonic clock and what is known of UTC, shared by all copies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
    time: &'static Mutex<Timekeeper>,
}

impl Clock {
    /// A clock that knows nothing of UTC until it is told.
    pub(crate) fn start() -> Self {
        Self {
            started: since_boot(),
            // One per process, for as long as it lives: copies of the clock then cost nothing.
            time: Box::leak(Box::new(Mutex::new(Timekeeper::new(built())))),
        }
    }

    /// A clock that has read the system's once, and carries it on.
    pub(crate) fn of_system() -> Self {
        let clock = Self::start();
        clock.hear_system(&mut SystemClock::new());
        clock
    }

    /// What the wall clock says now; unlike [`Clock::now`] it follows when somebody sets it.
    /// `None` before 2025, which no clock says that was ever set.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clocks"
    )]
    pub(crate) fn wall() -> Option<UtcTime> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let utc = UtcTime::from_micros(i64::try_from(since_1970.as_micros()).ok()?);
        (utc >= SET_CLOCK).then_some(utc)
    }

    /// The time since its making.
    pub(crate) fn elapsed(&self) -> Duration {
        since_boot().since(self.started)
    }

    /// Now, on both clocks; UTC as well as it is known.
    pub(crate) fn now(&self) -> Stamp {
        let instant = since_boot();
        Stamp {
            instant,
            utc: self.time().provisional(instant),
        }
    }

    /// The date of a moment, with its source and error; `None` while there is no plausible clock.
    pub(crate) fn date(&self, at: Instant) -> Option<Dated> {
        self.time().date(at)
    }

    /// As [`Clock::date`], only from those whom one may trust.
    pub(crate) fn trusted_date(&self, at: Instant) -> Option<Dated> {
        self.date(at).filter(|dated| dated.source.is_trusted())
    }

    /// It cannot be earlier than this. To be told before anything is read.
    pub(crate) fn raise_floor(&self, to: UtcTime) {
        self.time().raise_floor(to);
    }

    /// Hears the time of a good fix that arrived at `at`.
    pub(crate) fn hear_fix(&self, at: Instant, utc: UtcTime) -> Option<TimeChange> {
        let late_at_most = GnssTime::TEXT_LINK;
        self.time().gnss(at, GnssTime { utc, late_at_most })
    }

    /// Hears the system clock.
    pub(crate) fn hear_system(&self, system: &mut SystemClock) -> Option<TimeChange> {
        let reading = system.read();
        self.time().system(since_boot(), reading)
    }

    /// A thread that died while it held the lock left a whole value behind: each change is one
    /// assignment.
    fn time(&self) -> MutexGuard<'static, Timekeeper> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When this program was built.
pub(crate) fn built() -> UtcTime {
    let seconds: i64 = BUILT.parse().expect("build.rs writes a whole number");
    UtcTime::from_millis(seconds.saturating_mul(1000))
}

/// The time since the computer's boot, sleep included.
fn since_boot() -> Instant {
    let now = clock_gettime(ClockId::Boottime);
    let micros = u64::try_from(now.tv_nsec / 1000).unwrap_or(0);
    Instant::from_micros(now.tv_sec.unsigned_abs().saturating_mul(1_000_000) + micros)
}

/// Which boot of the computer this is, in the kernel's words; empty where it does not say.
pub(crate) fn boot_id() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

/// Sleeps in a driving loop; libraries are polled instead.
#[expect(
    clippy::disallowed_methods,
    reason = "the driving loops pace themselves here"
)]
pub(crate) fn sleep(time: Duration) {
    std::thread::sleep(time);
}

/// The time since a moment that the system dated; `None` when its clock was set back since then.
pub(crate) fn age(moment: SystemTime) -> Option<Duration> {
    moment.elapsed().ok()
}
