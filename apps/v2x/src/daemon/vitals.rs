//! What the monitor tells of every daemon, whatever its role: disk, clock, threads, broker.
//!
//! What a role has besides is in its `watch.rs`.

use std::path::PathBuf;
use std::sync::Arc;

use v2x_units::Instant;

use super::UplinkHealth;
use super::heartbeat::Heart;
use crate::monitor::surroundings::{Room, Time, Uplink};
use crate::monitor::{Metrics, Part, Recently};

/// What every daemon lives by, looked at.
pub(crate) struct Vitals {
    hearts: Vec<Heart>,
    out: PathBuf,
    /// Bytes of the disk that should stay free.
    reserve: u64,
    uplink: Uplink,
}

impl Vitals {
    /// Of a daemon with these threads and this folder; `has_broker`: one is named.
    pub(crate) fn new(
        hearts: Vec<Heart>,
        (out, reserve): (PathBuf, u64),
        has_broker: bool,
        health: &Arc<UplinkHealth>,
    ) -> Self {
        Self {
            hearts,
            out,
            reserve,
            uplink: Uplink::new(has_broker, Arc::clone(health)),
        }
    }

    /// How each of them does; `waiting` says what becomes of rows without a trusted clock.
    pub(crate) fn parts(&self, now: Instant, time: Time, waiting: &str) -> Vec<Part> {
        let mut parts = vec![
            Room::of(&self.out).part(self.reserve),
            time.part(waiting),
            self.threads(now),
        ];
        parts.extend(self.uplink.parts());
        parts
    }

    /// Their counters.
    pub(crate) fn metrics(&self, time: Time, metrics: &mut Metrics) {
        time.metrics(metrics);
        Room::of(&self.out).metrics(metrics);
        self.uplink.metrics(metrics);
    }

    /// Takes note of counters.
    pub(crate) fn look(&self, now: Instant) {
        self.uplink.look(now);
    }

    fn threads(&self, now: Instant) -> Part {
        let still = self.hearts.iter().find(|heart| heart.stands_still(now));
        match still {
            None => Part::ok("threads", "all are at work"),
            Some(heart) => Part::failed(
                "threads",
                format!("`{}` stands still; systemd will restart this", heart.name()),
            ),
        }
    }
}

/// A part that should lose nothing.
pub(crate) fn losses(name: &str, recently: &Recently, lost: u64, what: &str) -> Part {
    match recently.gained(lost) {
        0 => Part::ok(
            name,
            format!("nothing lost in the last minute; {lost} {what} since the start"),
        ),
        lately => Part::degraded(
            name,
            format!("{lately} {what} lost in the last minute; {lost} since the start"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::heartbeat::Watchdog;
    use crate::monitor::Status;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn thread_that_stands_still_fails_its_part_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut watchdog = Watchdog::default();
        let keeper = watchdog.heart("keeper", at(0));
        let place = (folder.path().to_owned(), 0);
        let health = Arc::default();
        let vitals = Vitals::new(watchdog.hearts(), place, false, &health);
        assert_eq!(vitals.threads(at(30)).status, Status::Ok);
        let part = vitals.threads(at(31));
        assert!(part.status == Status::Failed && part.reason.contains("`keeper`"));
        keeper.beat(at(31));
        assert_eq!(vitals.threads(at(31)).status, Status::Ok);
    }

    #[test]
    fn part_that_lost_something_lately_says_how_much() {
        let recently = Recently::default();
        recently.note(at(0), 3);
        let part = losses("link", &recently, 3, "frames");
        assert_eq!(part.status, Status::Ok, "{}", part.reason);
        let part = losses("link", &recently, 8, "frames");
        assert_eq!(part.status, Status::Degraded);
        assert_eq!(
            part.reason,
            "5 frames lost in the last minute; 8 since the start"
        );
    }
}
