//! The laws of time, in virtual time: no date outside its stated error, whoever lies.

use proptest::prelude::*;

use super::*;
use crate::timekeeping::Succession;

/// 2026-01-01, for a program of that day.
const BUILT: UtcTime = UtcTime::from_millis(1_767_225_600_000);
/// The truth at boot: some months later.
const BOOT_UTC: i64 = 1_780_000_000_000_000;
const YEAR: i64 = 31_557_600_000_000;
const SECOND: i64 = 1_000_000;

fn at(seconds: u64) -> Instant {
    Instant::from_micros(seconds * 1_000_000)
}

/// The truth on a computer whose crystal is off by so many parts of a million.
fn truth(at: Instant, ppm: i64) -> UtcTime {
    let micros = signed(at);
    UtcTime::from_micros(BOOT_UTC + micros + micros / 1_000_000 * ppm)
}

fn gnss(utc: UtcTime) -> GnssTime {
    GnssTime {
        utc,
        late_at_most: GnssTime::TEXT_LINK,
    }
}

fn system(utc: UtcTime, is_synchronised: bool) -> SystemTime {
    SystemTime {
        utc,
        is_synchronised,
    }
}

fn shifted(utc: UtcTime, micros: i64) -> UtcTime {
    UtcTime::from_micros(utc.as_micros() + micros)
}

fn assert_true(keeper: &Timekeeper, moment: Instant, ppm: i64) {
    let dated = keeper.date(moment).unwrap();
    let off = dated.utc.micros_since(truth(moment, ppm)).unsigned_abs();
    let error = dated.error.unwrap();
    assert!(
        Duration::from_micros(off) <= error + Duration::from_micros(100),
        "off by {off} us, stated {error:?} by {:?}",
        dated.source
    );
}

#[test]
fn clock_of_1970_is_no_clock_and_files_count_from_boot() {
    let mut keeper = Timekeeper::new(BUILT);
    let at = at(17);
    assert!(
        keeper
            .system(at, system(UtcTime::from_millis(17_000), false))
            .is_none()
    );
    assert_eq!(keeper.date(at), None);
    assert_eq!(keeper.provisional(at), UtcTime::from_millis(17_000));
}

#[test]
fn two_fixes_prove_nothing_and_the_third_dates_what_came_before() {
    let mut keeper = Timekeeper::new(BUILT);
    for second in [30, 33] {
        assert!(
            keeper
                .gnss(at(second), gnss(truth(at(second), 0)))
                .is_none()
        );
        assert_eq!(keeper.date(at(second)), None);
    }
    let change = keeper.gnss(at(36), gnss(truth(at(36), 0))).unwrap();
    assert_eq!(
        (change.before, change.after.source),
        (None, TimeSource::Gnss)
    );
    assert_true(&keeper, at(1), 0);
}

#[test]
fn fix_repeated_in_a_burst_is_one_testimony() {
    let mut keeper = Timekeeper::new(BUILT);
    for millis in 0..9 {
        let moment = Instant::from_micros(30_000_000 + millis * 10_000);
        assert!(keeper.gnss(moment, gnss(truth(at(30), 0))).is_none());
    }
    assert_eq!(keeper.date(at(31)), None);
}

#[test]
fn unsynchronised_clock_that_somebody_sets_is_not_followed() {
    let mut keeper = Timekeeper::new(BUILT);
    let first = keeper.system(at(1), system(truth(at(1), 0), false));
    assert_eq!(first.unwrap().after.error, None);
    for (second, set_by) in [(2, 10 * YEAR), (3, -YEAR / 12), (4, 0)] {
        let utc = shifted(truth(at(second), 0), set_by);
        assert!(keeper.system(at(second), system(utc, false)).is_none());
        assert_eq!(keeper.date(at(second)).unwrap().utc, truth(at(second), 0));
    }
}

#[test]
fn clock_behind_a_date_that_was_once_trusted_is_refused() {
    let mut keeper = Timekeeper::new(BUILT);
    keeper.raise_floor(truth(at(0), 0));
    let behind = shifted(truth(at(1), 0), -3600 * SECOND);
    assert!(keeper.system(at(1), system(behind, false)).is_none());
    assert_eq!(keeper.date(at(1)), None);
}

#[test]
fn fixes_overrule_a_system_clock_that_claims_to_be_synchronised() {
    let mut keeper = Timekeeper::new(BUILT);
    for second in 1..4 {
        keeper.system(
            at(second),
            system(shifted(truth(at(second), 0), YEAR), true),
        );
    }
    assert_eq!(keeper.date(at(3)).unwrap().source, TimeSource::Ntp);
    for second in [10, 13, 16] {
        keeper.gnss(at(second), gnss(truth(at(second), 0)));
    }
    assert_true(&keeper, at(3), 0);
    // And the clock is not heard again while fixes are.
    for second in 20..30 {
        let wrong = system(shifted(truth(at(second), 0), YEAR), true);
        assert!(keeper.system(at(second), wrong).is_none());
    }
    assert_true(&keeper, at(30), 0);
}

#[test]
fn receiver_that_learns_the_leap_seconds_is_followed_after_three_fixes() {
    let mut keeper = Timekeeper::new(BUILT);
    let precise = |second, wrong: i64| GnssTime {
        utc: shifted(truth(at(second), 0), wrong),
        late_at_most: Duration::from_millis(200),
    };
    for second in 1..=60 {
        keeper.gnss(at(second), precise(second, 2 * SECOND));
    }
    let changes = (61..70).filter_map(|second| keeper.gnss(at(second), precise(second, 0)));
    let change = changes.last().unwrap();
    assert_eq!(change.at, at(63));
    assert_true(&keeper, at(70), 0);
}

/// What happens in one second of the property test.
#[derive(Debug, Clone)]
enum Happening {
    /// A fix arrives so many milliseconds late.
    Fix {
        late_ms: i64,
    },
    /// A receiver jumps by at least a minute, once.
    FixJumps {
        by_s: i64,
    },
    /// NTP holds the clock within 0.9 s.
    Synchronised {
        off_ms: i64,
    },
    /// Somebody sets the clock, which nobody synchronises.
    Set {
        by_s: i64,
    },
    Nothing,
}

fn happening() -> impl Strategy<Value = Happening> {
    let years = -30 * YEAR / SECOND..30 * YEAR / SECOND;
    prop_oneof![
        4 => (0..5900_i64).prop_map(|late_ms| Happening::Fix { late_ms }),
        1 => (60..40_000_000_i64, any::<bool>())
            .prop_map(|(by, back)| Happening::FixJumps { by_s: if back { -by } else { by } }),
        2 => (-900..900_i64).prop_map(|off_ms| Happening::Synchronised { off_ms }),
        2 => years.prop_map(|by_s| Happening::Set { by_s }),
        6 => Just(Happening::Nothing),
    ]
}

proptest! {
    #[test]
    fn no_trusted_date_is_off_by_more_than_it_states(
        ppm in -100..=100_i64,
        step in 1..40_u64,
        story in prop::collection::vec(happening(), 1..300),
    ) {
        let mut keeper = Timekeeper::new(BUILT);
        let mut succession = Succession::default();
        let (mut jumped, mut last_row) = (false, None);
        for (number, happening) in (1_u64..).zip(story) {
            let now = at(number * step);
            let utc = truth(now, ppm);
            match happening {
                Happening::Fix { late_ms } => {
                    keeper.gnss(now, gnss(shifted(utc, -late_ms * 1000)));
                }
                // Two wrong fixes in a row would only need a third to be believed.
                Happening::FixJumps { by_s } if !jumped => {
                    keeper.gnss(now, gnss(shifted(utc, by_s * SECOND)));
                }
                Happening::Synchronised { off_ms } => {
                    keeper.system(now, system(shifted(utc, off_ms * 1000), true));
                }
                Happening::Set { by_s } => {
                    keeper.system(now, system(shifted(utc, by_s * SECOND), false));
                }
                Happening::FixJumps { .. } | Happening::Nothing => {}
            }
            jumped = matches!(happening, Happening::FixJumps { .. });
            let Some(dated) = keeper.date(now).filter(|dated| dated.source.is_trusted()) else {
                continue;
            };
            assert_true(&keeper, now, ppm);
            assert_true(&keeper, at(number * step / 2), ppm);
            // Rows dated one after the other never go back, and never share a millisecond.
            let row = succession.next(dated.utc);
            prop_assert!(last_row.is_none_or(|last| row > last));
            prop_assert!(row <= dated.utc + Duration::from_secs(20), "dated ahead");
            last_row = Some(row);
        }
    }
}
