//! The fixes of the invented drive: a straight road through fields at 48° N, 2° E.
//!
//! The columns are those of the prototype's `gps_data.csv`; `valid` is 1 for a valid fix (the
//! prototype wrote the hour there).

use super::sequence::Moment;

/// The prototype's first line.
pub(super) const HEADER: &str =
    "timestamp,latitude,longitude,altitude,speed_kmh,satellites,hdop,datetime,valid\n";

/// The receiver needs this long for its first fix, and then gives one each second.
const FIRST_FIX_MILLIS: u32 = 5_400;

const START_LATITUDE: f64 = 48.0;
const START_LONGITUDE: f64 = 2.0;
/// The road runs 3 east for each 4 north.
const NORTH_PER_METRE: f64 = 0.8;
const EAST_PER_METRE: f64 = 0.6;
const METRES_PER_DEGREE_NORTH: f64 = 111_200.0;
/// At 48° N.
const METRES_PER_DEGREE_EAST: f64 = 74_600.0;

/// The line of the fix that the receiver gives in this millisecond.
pub(super) fn due(moment: &Moment<'_>, starts_at_micros: u64) -> Option<String> {
    let since_first_fix = moment.millis.checked_sub(FIRST_FIX_MILLIS)?;
    if !since_first_fix.is_multiple_of(1_000) {
        return None;
    }
    let car = moment.car;
    let nanos = (starts_at_micros + u64::from(moment.millis) * 1_000) * 1_000;
    let latitude = START_LATITUDE + car.driven_m * NORTH_PER_METRE / METRES_PER_DEGREE_NORTH;
    let longitude = START_LONGITUDE + car.driven_m * EAST_PER_METRE / METRES_PER_DEGREE_EAST;
    let altitude = 120.0 + car.driven_m * 0.002;
    let satellites = if moment.millis < 20_000 { 8 } else { 9 };
    let hdop = if satellites == 8 { 1.13 } else { 0.97 };
    Some(format!(
        "{}.{:09},{latitude:.6},{longitude:.6},{altitude:.1},{:.1},{satellites},{hdop:.2},\
         2026-5-4,1\n",
        nanos / 1_000_000_000,
        nanos % 1_000_000_000,
        car.speed_kmh,
    ))
}
