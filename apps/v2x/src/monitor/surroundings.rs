//! What every daemon lives by: a clock, a disk, a broker and the outbox in front of it.
//!
//! Each is told the same way by all roles, so that one dashboard and one alert rule serve them all.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use v2x_roles::timekeeping::TimeSource;
use v2x_units::Instant;

use super::{Metrics, Part, Recently, Status};
use crate::daemon::UplinkHealth;

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
            free: state
                .as_ref()
                .map(|state| bytes(state.f_bavail, state.f_frsize)),
            size: state
                .as_ref()
                .map(|state| bytes(state.f_blocks, state.f_frsize)),
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

/// The session with a broker, and the durable queue in front of it.
pub(crate) struct Uplink {
    /// Whether a broker is named at all.
    is_wanted: bool,
    health: Arc<UplinkHealth>,
    evictions: Recently,
}

impl Uplink {
    /// That of a daemon.
    pub(crate) fn new(is_wanted: bool, health: Arc<UplinkHealth>) -> Self {
        Self {
            is_wanted,
            health,
            evictions: Recently::default(),
        }
    }

    /// Takes note of what was given up until now.
    pub(crate) fn look(&self, now: Instant) {
        self.evictions.note(now, get(&self.health.evicted));
    }

    /// How session and queue do. What waits for a broker that is away is never lost.
    pub(crate) fn parts(&self) -> [Part; 2] {
        [self.broker(), self.outbox()]
    }

    fn broker(&self) -> Part {
        match (self.is_wanted, self.health.is_connected()) {
            (false, _) => Part::ok("broker", "none is named: nothing is uploaded"),
            (true, true) => Part::ok("broker", "connected"),
            (true, false) => {
                let trouble = self.health.trouble.get();
                Part::degraded("broker", trouble.unwrap_or_else(|| "connecting".to_owned()))
            }
        }
    }

    fn outbox(&self) -> Part {
        let waiting = self.health.waiting();
        let evicted = self.evictions.gained(get(&self.health.evicted));
        let set_aside = get(&self.health.set_aside);
        if evicted > 0 {
            let reason = format!(
                "full: {evicted} of the oldest telemetry were given up in the last minute; \
                 {waiting} wait for the broker"
            );
            return Part::degraded("outbox", reason);
        }
        let aside = match set_aside {
            0 => String::new(),
            count => format!("; {count} were set aside because it will never take them"),
        };
        Part::ok("outbox", format!("{waiting} wait for the broker{aside}"))
    }

    /// Every counter of the way to the broker.
    pub(crate) fn metrics(&self, metrics: &mut Metrics) {
        let UplinkHealth {
            is_connected,
            trouble: _, // Words: they are in /health.
            logins,
            acknowledged,
            waiting,
            waiting_bytes,
            set_aside,
            published_bytes,
            evicted,
        } = &*self.health;
        let is_connected = is_connected.load(Ordering::Relaxed);
        for (name, help, value) in [
            (
                "v2x_broker_configured",
                "Whether a broker is named.",
                self.is_wanted,
            ),
            (
                "v2x_broker_connected",
                "Whether the broker is connected.",
                is_connected,
            ),
        ] {
            metrics.flag(name, help, value);
        }
        for (name, help, value) in [
            (
                "v2x_outbox_entries",
                "Entries on disk that wait for the broker.",
                waiting,
            ),
            (
                "v2x_outbox_bytes",
                "Bytes of the payloads that wait for the broker.",
                waiting_bytes,
            ),
        ] {
            metrics.whole(name, help, get(value));
        }
        for (name, help, counter) in [
            (
                "v2x_broker_logins_total",
                "Times that the broker accepted the login.",
                logins,
            ),
            (
                "v2x_outbox_acknowledged_total",
                "Entries that the broker acknowledged.",
                acknowledged,
            ),
            (
                "v2x_broker_published_bytes_total",
                "Bytes that messages cost on the way, with headers and acknowledgements.",
                published_bytes,
            ),
            (
                "v2x_outbox_evicted_total",
                "Entries of telemetry given up because the outbox was full.",
                evicted,
            ),
            (
                "v2x_outbox_set_aside_total",
                "Entries kept but not sent, because the broker will never take them.",
                set_aside,
            ),
        ] {
            metrics.counter(name, help, counter);
        }
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
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
        let health = Arc::new(UplinkHealth::default());
        let unwanted = Uplink::new(false, Arc::clone(&health));
        assert_eq!(unwanted.broker().status, Status::Ok);
        let wanted = Uplink::new(true, Arc::clone(&health));
        health.trouble.set("the token is wrong");
        let broker = wanted.broker();
        assert_eq!(broker.status, Status::Degraded);
        assert_eq!(broker.reason, "the token is wrong");
    }

    #[test]
    fn full_outbox_that_gives_telemetry_up_is_degraded_for_a_minute() {
        let health = Arc::new(UplinkHealth::default());
        let uplink = Uplink::new(true, Arc::clone(&health));
        let at = |second: u64| Instant::from_micros(second * 1_000_000);
        uplink.look(at(0));
        assert_eq!(uplink.outbox().status, Status::Ok);
        health.evicted.store(3, Ordering::Relaxed);
        let outbox = uplink.outbox();
        assert_eq!(outbox.status, Status::Degraded);
        assert!(outbox.reason.contains("3 of the oldest"), "{outbox:?}");
        (0..30).for_each(|look| uplink.look(at(look * 5)));
        assert_eq!(uplink.outbox().status, Status::Ok);
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
