//! What a run came to.

use core::time::Duration;

use rust_decimal::Decimal;
use v2x_units::Instant;

use super::checkers::Complaint;
use super::figures::Figures;
use crate::hardware::Wait;

/// A session as the station and the physics have it.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// The slot, from 1.
    pub slot: usize,
    /// When it ended.
    pub ended: Instant,
    /// What the station counted, Wh.
    pub station: f64,
    /// What really passed since the plug went in, Wh.
    pub physics: f64,
    /// The car that was plugged in.
    pub car: Option<usize>,
    /// What it costs, in the currency of the tariff; `None` where no bill could be made.
    pub cost: Option<Decimal>,
}

/// A car that has got its slot, or still waits for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaitRow {
    /// Which car.
    pub car: usize,
    /// Which slot, from 1.
    pub slot: usize,
    /// When it was plugged in, or the world ended.
    pub at: Instant,
    /// For how long the slot was another's while it stood there.
    pub waited: Duration,
}

impl WaitRow {
    pub(super) const fn of(wait: Wait, at: Instant) -> Self {
        Self {
            car: wait.car,
            slot: wait.slot + 1,
            at,
            waited: wait.waited,
        }
    }
}

/// A sample of a car for tables and plots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarSample {
    /// Seconds.
    pub at: f64,
    /// Which car.
    pub car: usize,
    /// km/h.
    pub speed: f64,
    /// %.
    pub percent: f64,
    /// W out of the battery.
    pub power: f64,
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Everything that happened, one line each; the same for the same seed.
    pub log: String,
    /// What the checkers found.
    pub complaints: Vec<Complaint>,
    /// The sessions.
    pub sessions: Vec<SessionRow>,
    /// The cars, every ten seconds.
    pub samples: Vec<CarSample>,
    /// Frames that the vehicles' computers decoded.
    pub frames: u64,
    /// Frames that their links counted as lost on the way.
    pub frames_lost: u64,
    /// Rows that a failing disk refused.
    pub rows_refused: u64,
    /// Rows that the broker has.
    pub delivered: u64,
    /// Messages that the broker took a second time, after an acknowledgement was lost.
    pub delivered_again: u64,
    /// Trips that ended.
    pub trips: u64,
    /// Charges that had to wait for their slot, and those that had not: a row for each plug that
    /// went in.
    pub waits: Vec<WaitRow>,
    /// Cars that still waited at the end, with how long they had by then: their whole wait is not
    /// known, and longer.
    pub still_waiting: Vec<WaitRow>,
    /// Plugs that were still in at the end.
    pub plugged_at_end: usize,
    /// Cars whose drivers had not done everything at the end.
    pub under_way: usize,
    /// CAMs that were sent.
    pub cams_sent: u64,
    /// DENMs that were sent.
    pub denms_sent: u64,
    /// Messages that were believed, by all cars together.
    pub believed: u64,
    /// Messages that told a car's battery in clear to everybody, and were believed.
    pub battery_in_clear: u64,
    /// Warnings that drivers were given.
    pub warnings: u64,
    /// Receipts with both signatures.
    pub receipts: usize,
    /// V2V by distance.
    pub figures: Figures,
    /// Names of the cars.
    pub cars: Vec<String>,
}

/// So many lines of the log lead up to a complaint.
const LEADS_UP: usize = 25;

impl Report {
    /// What led up to a complaint: the last lines of the log before it, without the samples of
    /// how the cars are.
    #[must_use]
    pub fn before(&self, complaint: &Complaint) -> Vec<&str> {
        let until = complaint.at.since(Instant::BOOT).as_secs_f64() + 1e-3;
        let is_before = |line: &&str| {
            let at = line.split_whitespace().next();
            let at = at.and_then(|at| at.parse::<f64>().ok());
            at.is_some_and(|at| at <= until) && !line.contains(" km/h, ")
        };
        let mut lines: Vec<_> = self.log.lines().filter(is_before).collect();
        lines.split_off(lines.len().saturating_sub(LEADS_UP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaint_is_led_up_to_by_the_last_lines_before_it() {
        let line = |second: u32| format!("{second:6}.000 world: something {second}\n");
        let mut report = Report {
            log: (0..100).map(line).collect(),
            ..Report::default()
        };
        report.log += "    50.000 alpha: 12.00 km/h, 50.000 %\n";
        let complaint = Complaint {
            at: Instant::from_micros(50_000_000),
            story: String::new(),
        };
        let before = report.before(&complaint);
        assert_eq!(before.len(), LEADS_UP);
        assert!(before.last().unwrap().ends_with("something 50"));
    }
}
