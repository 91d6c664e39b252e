//! The system clock as a witness: what it says, and whether the system vouches for it.
//!
//! systemd-timesyncd leaves a file whose time is that of its last synchronisation. Where another
//! service keeps the clock, `timedatectl` passes on the kernel's own word (`STA_UNSYNC` of
//! adjtimex(2)): the kernel gives it up 16 s of possible error after the last correction.
//!
//! For tests alone, `V2X_TEST_CLOCK` names a file that sets this clock: seconds to add and `ntp`
//! or `free`, as `-315360000 ntp`. It is read again at each reading.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::time::{ClockId, clock_gettime};
use tracing::warn;
use v2x_roles::timekeeping::SystemTime;
use v2x_units::UtcTime;

/// The environment variable of tests.
const TEST_CLOCK: &str = "V2X_TEST_CLOCK";
/// What systemd-timesyncd touches whenever it has corrected the clock.
const TIMESYNCD: &str = "/run/systemd/timesync/synchronized";
/// timesyncd asks its server every 34 minutes at least; after three silences it has lost it.
const TIMESYNCD_SILENT_S: i64 = 2 * 3600;
/// Readings between two questions to `timedatectl`, which starts a process.
const ASK_EVERY: u32 = 16;

/// Reads the system clock.
#[derive(Debug)]
pub(crate) struct SystemClock {
    test_file: Option<PathBuf>,
    readings: u32,
    kernel_vouches: bool,
}

impl SystemClock {
    /// The clock of this computer, or that of a test.
    pub(crate) fn new() -> Self {
        let test_file = std::env::var_os(TEST_CLOCK).map(PathBuf::from);
        if let Some(path) = &test_file {
            warn!(path = %path.display(), "the clock is that of a test, not of this computer");
        }
        Self {
            test_file,
            readings: 0,
            kernel_vouches: false,
        }
    }

    /// A clock that a file sets.
    #[cfg(test)]
    pub(crate) fn of_test(setting: &std::path::Path) -> Self {
        Self {
            test_file: Some(setting.to_owned()),
            readings: 0,
            kernel_vouches: false,
        }
    }

    /// What it says now.
    pub(crate) fn read(&mut self) -> SystemTime {
        let now = clock_gettime(ClockId::Realtime);
        let micros = now.tv_sec.saturating_mul(1_000_000) + now.tv_nsec / 1000;
        let (shift_s, is_synchronised) = match &self.test_file {
            Some(path) => test_setting(&fs::read_to_string(path).unwrap_or_default()),
            None => (0, self.is_synchronised(now.tv_sec)),
        };
        SystemTime {
            utc: UtcTime::from_micros(micros.saturating_add(shift_s.saturating_mul(1_000_000))),
            is_synchronised,
        }
    }

    fn is_synchronised(&mut self, now_s: i64) -> bool {
        if let Some(age_s) = age_of_synchronisation(now_s) {
            return (0..TIMESYNCD_SILENT_S).contains(&age_s);
        }
        if self.readings.is_multiple_of(ASK_EVERY) {
            self.kernel_vouches = ask_timedatectl();
        }
        self.readings = self.readings.wrapping_add(1);
        self.kernel_vouches
    }
}

/// How long ago timesyncd corrected the clock; `None` when it is not at work here.
fn age_of_synchronisation(now_s: i64) -> Option<i64> {
    let touched = rustix::fs::stat(TIMESYNCD).ok()?.st_mtime;
    Some(now_s.saturating_sub(touched))
}

/// Whether the kernel says that the clock is synchronised; no answer is a no.
fn ask_timedatectl() -> bool {
    let answer = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    answer.is_ok_and(|answer| answer.stdout.starts_with(b"yes"))
}

/// Reads `<seconds> ntp|free`; anything else is a free clock that is right.
fn test_setting(text: &str) -> (i64, bool) {
    let mut words = text.split_whitespace();
    let shift_s = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    (shift_s, words.next() == Some("ntp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_of_a_test_is_shifted_and_vouched_for_as_its_file_says() {
        assert_eq!(test_setting("-315360000 ntp\n"), (-315_360_000, true));
        assert_eq!(test_setting("0 free"), (0, false));
        assert_eq!(test_setting(""), (0, false));
    }

    #[test]
    fn reading_without_a_test_is_that_of_this_computer() {
        let mut clock = SystemClock {
            test_file: None,
            readings: 1,
            kernel_vouches: false,
        };
        let before = clock.read().utc;
        assert!(clock.read().utc >= before);
    }
}
