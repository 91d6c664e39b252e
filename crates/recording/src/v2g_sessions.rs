//! The prototype's log of charging sessions: `v2g_sessions_*.csv`, with right content.
//!
//! The nine columns are the prototype's. What differs: braking is no session, the timestamp is
//! the end of the charge itself, `max_current` is the strongest current and not the last one, and
//! what is not known is an empty cell. What is a charge is decided by the vehicle role; reading
//! these files is no use, since half of the prototype's sessions were none.

use std::io::{self, Write};
use std::time::Duration;

use v2x_units::{Amps, StateOfCharge, UtcTime, WattHours};

use crate::cell::number;
use crate::stamp;

/// The first line of a `v2g_sessions_*.csv`.
pub const HEADER: &str = "timestamp,duration_min,start_soc,end_soc,soc_gained,start_energy,\
    end_energy,energy_gained,max_current\n";

/// One charging session that has ended; `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Session {
    /// When it ended.
    pub ended: UtcTime,
    /// How long it took; written in minutes with one decimal.
    pub duration: Duration,
    /// State of charge at its beginning and at its end.
    pub soc: (Option<StateOfCharge>, Option<StateOfCharge>),
    /// What the car said was in the battery, at its beginning and at its end.
    pub available_energy: (Option<WattHours>, Option<WattHours>),
    /// The strongest current into the battery.
    pub strongest_current: Option<Amps>,
}

/// The name of a log that begins at this moment, in UTC: `v2g_sessions_20250828_1556.csv`.
#[must_use]
pub fn file_name(begin: UtcTime) -> String {
    let c = begin.civil();
    format!(
        "v2g_sessions_{:04}{:02}{:02}_{:02}{:02}.csv",
        c.year, c.month, c.day, c.hour, c.minute
    )
}

/// Writes one session and the line's end.
///
/// # Errors
/// When the time is before 1970 or the writer fails.
pub fn write_row(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let percent = |soc: Option<StateOfCharge>| soc.map(StateOfCharge::percent);
    let kilowatt_hours = |energy: Option<WattHours>| energy.map(WattHours::kilowatt_hours);
    let gained = |from: Option<f64>, to: Option<f64>| Some(to? - from?);
    let (soc_from, soc_to) = (percent(session.soc.0), percent(session.soc.1));
    let (energy_from, energy_to) = session.available_energy;
    let (energy_from, energy_to) = (kilowatt_hours(energy_from), kilowatt_hours(energy_to));
    stamp::write_nanos(out, session.ended)?;
    writeln!(
        out,
        ",{},{},{},{},{},{},{},{}",
        number(Some(session.duration.as_secs_f64() / 60.0), 1),
        number(soc_from, 2),
        number(soc_to, 2),
        number(gained(soc_from, soc_to), 2),
        number(energy_from, 1),
        number(energy_to, 1),
        number(gained(energy_from, energy_to), 1),
        number(session.strongest_current.map(Amps::get), 2),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(session: &Session) -> String {
        let mut out = Vec::new();
        write_row(&mut out, session).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn session_shows_what_was_gained_and_its_strongest_current() {
        // The charge of 28 August that the prototype logged as 5 min, 0.0 kWh and -0.8 A.
        let session = Session {
            ended: UtcTime::from_micros(1_756_370_840_358_532),
            duration: Duration::from_secs(353),
            soc: (
                StateOfCharge::from_percent(68.0),
                StateOfCharge::from_percent(72.0),
            ),
            available_energy: (Some(WattHours::new(4100.0)), Some(WattHours::new(4300.0))),
            strongest_current: Some(Amps::new(32.75)),
        };
        assert_eq!(
            written(&session),
            "1756370840.358532000,5.9,68.00,72.00,4.00,4.1,4.3,0.2,32.75\n"
        );
    }

    #[test]
    fn unknown_energy_is_an_empty_cell_and_no_loss() {
        let session = Session {
            ended: UtcTime::from_micros(1_756_370_840_358_532),
            duration: Duration::from_secs(60),
            soc: (None, StateOfCharge::from_percent(72.0)),
            available_energy: (Some(WattHours::new(4100.0)), None),
            strongest_current: None,
        };
        assert_eq!(
            written(&session),
            "1756370840.358532000,1.0,,72.00,,4.1,,,\n"
        );
        assert_eq!(HEADER.split(',').count(), 9);
        assert_eq!(written(&session).split(',').count(), 9);
    }
}
