//! What every daemon lives by: a clock, a disk, a broker and the outbox in front of it.
//!
//! Each is told the same way by all roles, so that one dashboard and one alert rule serve them all.

use std::path::Path;
use std::time::Duration;

use v2x_roles::timekeeping::TimeSource;

use super::{Metrics, Part, Status};

/// Where the time comes from, and how far it may be wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    /// `None` while no clock says anything plausible.
    pub(crate) source: Option<TimeSource>,
    pub(crate) error: Option<Duration>,
}

impl Time {
    /// How the clock does; `waiting` says what becomes of rows without a trusted one.
    pub(crate) fn part(&self, waiting: &str) -> Part {
        let within = self.error.map_or_else(String::new, |error| {
            format!(", right within {:.1} s", error.as_secs_f64())
        });
        match self.source {
            Some(TimeSource::Gnss) => Part::ok("clock", format!("the time is from GNSS{within}")),
            Some(TimeSource::Ntp) => Part::ok(
                "clock",
                format!("the system calls its clock synchronised{within}"),
            ),
            Some(TimeSource::SystemUnsynchronised) => Part::degraded(
                "clock",
                format!("nobody vouches for this computer's clock: no GNSS, no NTP; {waiting}"),
            ),
            None => Part::degraded(
                "clock",
                format!("no clock says a time that can be right; {waiting}"),
            ),
        }
    }

    /// Source and error.
    pub(crate) fn metrics(&self, metrics: &mut Metrics) {
        for (word, source) in [
            ("gnss", Some(TimeSource::Gnss)),
            ("ntp", Some(TimeSource::Ntp)),
            ("system", Some(TimeSource::SystemUnsynchronised)),
            ("none", None),
        ] {
            metrics.labelled_gauge(
                "v2x_clock_source",
                "Where the time comes from: 1 for the source that holds.",
                &[("source", word)],
                f64::from(u8::from(self.source == source)),
            );
        }
        if let Some(error) = self.error {
            metrics.gauge(
                "v2x_clock_error_seconds",
                "By how much the time may be wrong, either way.",
                error.as_secs_f64(),
            );
        }
    }
}

/// The disk of a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    free: Option<u64>,
    size: Option<u64>,
}

impl Room {
    /// Asks the system.
    pub(crate) fn of(folder: &Path) -> Self {
        let state = rustix::fs::statvfs(folder).ok();
        let bytes = |blocks: u64, of: u64| blocks.saturating_mul(of);
        Self {
            free: state.as_ref().map(|state| bytes(state.f_bavail, state.f_frsize)),
            size: state.as_ref().map(|state| bytes(state.f_blocks, state.f_frsize)),
        }
    }

    /// How the disk does, if so many bytes should stay free.
    pub(crate) fn part(&self, reserve: u64) -> Part {
        let Some(free) = self.free else {
            let reason = "the folder of the data cannot be looked at: is its disk still there?";
            return Part::failed("disk", reason);
        };
        let said = format!("{} are free", megabytes(free));
        let (status, advice) = match free {
            0 => (Status::Failed, ": nothing can be written; make room"),
            _ if free < reserve => (
                Status::Degraded,
                ", less than the reserve: the oldest raw logs are removed; make room",
            ),
            _ => (Status::Ok, ""),
        };
        Part::new("disk", status, format!("{said}{advice}"))
    }

    /// Free and whole size.
    pub(crate) fn metrics(&self, metrics: &mut Metrics) {
        for (name, help, value) in [
            (
                "v2x_disk_free_bytes",
                "Room on the disk of the data.",
                self.free,
            ),
            (
                "v2x_disk_size_bytes",
                "Size of the disk of the data.",
                self.size,
            ),
        ] {
            if let Some(value) = value {
                metrics.whole(name, help, value);
            }
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

/// The session with a broker.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connection {
    /// Whether a broker is named at all.
    pub(crate) is_wanted: bool,
    pub(crate) is_up: bool,
    /// Why it is not up, if that was said.
    pub(crate) trouble: Option<String>,
    /// Times that the broker accepted the login.
    pub(crate) logins: u64,
}

impl Connection {
    /// How the session does; what waits for it is never lost.
    pub(crate) fn part(&self) -> Part {
        match (self.is_wanted, self.is_up, &self.trouble) {
            (false, ..) => Part::ok("broker", "none is named: nothing is uploaded"),
            (true, true, _) => Part::ok("broker", "connected"),
            (true, false, Some(trouble)) => Part::degraded("broker", trouble.clone()),
            (true, false, None) => Part::degraded("broker", "connecting"),
        }
    }

    /// Whether it is wanted and up.
    pub(crate) fn metrics(&self, metrics: &mut Metrics) {
        metrics.flag(
            "v2x_broker_configured",
            "Whether a broker is named.",
            self.is_wanted,
        );
        metrics.flag(
            "v2x_broker_connected",
            "Whether the broker is connected.",
            self.is_up,
        );
        metrics.count(
            "v2x_broker_logins_total",
            "Times that the broker accepted the login.",
            self.logins,
        );
    }
}

/// The durable queue in front of the broker.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Queue {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    pub(crate) acknowledged: u64,
    pub(crate) evicted: u64,
    pub(crate) set_aside: u64,
}

impl Queue {
    /// How the outbox does; `evicted_lately` counts the last minute.
    pub(crate) fn part(&self, evicted_lately: u64) -> Part {
        let waiting = self.entries;
        if evicted_lately > 0 {
            let reason = format!(
                "full: {evicted_lately} of the oldest telemetry were given up in the last minute; \
                 {waiting} wait for the broker"
            );
            return Part::degraded("outbox", reason);
        }
        let mut reason = format!("{waiting} wait for the broker");
        if self.set_aside > 0 {
            reason.push_str(&format!(
                "; {} were set aside because it will never take them",
                self.set_aside
            ));
        }
        Part::ok("outbox", reason)
    }

    /// What waits and what became of the rest.
    pub(crate) fn metrics(&self, metrics: &mut Metrics) {
        metrics.whole(
            "v2x_outbox_entries",
            "Entries on disk that wait for the broker.",
            self.entries,
        );
        metrics.whole(
            "v2x_outbox_bytes",
            "Bytes of the payloads that wait for the broker.",
            self.bytes,
        );
        for (name, help, value) in [
            (
                "v2x_outbox_acknowledged_total",
                "Entries that the broker acknowledged.",
                self.acknowledged,
            ),
            (
                "v2x_outbox_evicted_total",
                "Entries of telemetry given up because the outbox was full.",
                self.evicted,
            ),
            (
                "v2x_outbox_set_aside_total",
                "Entries kept but not sent, because the broker will never take them.",
                self.set_aside,
            ),
        ] {
            metrics.count(name, help, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disk_below_its_reserve_is_degraded_and_a_full_one_failed() {
        let room = |free| Room {
            free,
            size: Some(1),
        };
        assert_eq!(room(Some(200)).part(200).status, Status::Ok);
        assert_eq!(room(Some(199)).part(200).status, Status::Degraded);
        assert_eq!(room(Some(0)).part(200).status, Status::Failed);
        assert_eq!(room(None).part(200).status, Status::Failed);
        assert!(Room::of(Path::new("/")).size.is_some_and(|size| size > 0));
        assert!(Room::of(Path::new("/no/such/folder")).free.is_none());
    }

    #[test]
    fn broker_that_is_not_wanted_is_no_fault_and_one_that_is_away_says_why() {
        let mut connection = Connection::default();
        assert_eq!(connection.part().status, Status::Ok);
        connection.is_wanted = true;
        connection.trouble = Some("the token is wrong".to_owned());
        let part = connection.part();
        assert_eq!(
            (part.status, part.reason.as_str()),
            (Status::Degraded, "the token is wrong")
        );
    }

    #[test]
    fn clock_that_nobody_vouches_for_is_degraded() {
        let part = |source| {
            let error = None;
            Time { source, error }.part("rows wait").status
        };
        assert_eq!(part(Some(TimeSource::Gnss)), Status::Ok);
        assert_eq!(part(Some(TimeSource::Ntp)), Status::Ok);
        assert_eq!(
            part(Some(TimeSource::SystemUnsynchronised)),
            Status::Degraded
        );
        assert_eq!(part(None), Status::Degraded);
    }
}
