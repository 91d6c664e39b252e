//! What the monitor tells of the hub: its counters as metrics, its parts with their reasons.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use v2x_roles::hub::Severity;

use super::Hub;
use super::outside::Way;
use crate::clock::SystemClock;
use crate::daemon::heartbeat::Heart;
use crate::monitor::metrics::exact;
use crate::monitor::surroundings::{Room, Time};
use crate::monitor::{Metrics, Part, Recently, Watched};

/// What should stay free on the disk, in bytes.
pub(crate) const RESERVE: u64 = 200_000_000;

/// The hub as the monitor sees it.
pub(super) struct Watch {
    hub: Arc<Hub>,
    hearts: Vec<Heart>,
    refused: Recently,
    system: Mutex<SystemClock>,
}

impl Watch {
    pub(super) fn new(hub: Arc<Hub>, hearts: Vec<Heart>) -> Self {
        Self {
            hub,
            hearts,
            refused: Recently::default(),
            system: Mutex::new(SystemClock::new()),
        }
    }

    fn time(&self) -> Time {
        let date = self.hub.clock.date(self.hub.clock.now().instant);
        Time {
            source: date.map(|dated| dated.source),
            error: date.and_then(|dated| dated.error),
        }
    }

    fn out(&self) -> &PathBuf {
        &self.hub.config.out
    }

    fn threads(&self) -> Part {
        let now = self.hub.clock.now().instant;
        match self.hearts.iter().find(|heart| heart.stands_still(now)) {
            None => Part::ok("threads", "all are at work"),
            Some(heart) => Part::failed(
                "threads",
                format!("`{}` stands still; systemd will restart this", heart.name()),
            ),
        }
    }

    /// Whether what devices say gets to the disk.
    fn store(&self) -> Part {
        let counters = &self.hub.counters;
        let refused = counters.refused_groups.get();
        if counters.disk_refuses.load(Ordering::SeqCst) {
            let reason = "the disk takes nothing; devices keep what they say and try again: make \
                          room, see dmesg for errors";
            return Part::failed("store", reason);
        }
        let (waiting, most) = self.hub.books.waiting();
        if waiting == most {
            let reason = "devices say more than the disk takes; they wait";
            return Part::degraded("store", reason);
        }
        match self.refused.gained(refused) {
            0 => Part::ok("store", "what devices say is on the disk"),
            lately => Part::degraded(
                "store",
                format!("the disk refused {lately} groups of messages in the last minute"),
            ),
        }
    }

    fn devices(&self) -> Part {
        let hub = &self.hub;
        let (devices, online) = hub.fleet.counts(hub.now(), hub.config.inactive_after);
        let what = format!("{online} of {devices} devices are online");
        let (now, most) = (hub.sessions.count(), hub.config.connections);
        if hub.config.broker.is_none() && now >= most {
            let advice = "raise endpoint.connections";
            return Part::degraded(
                "devices",
                format!("{what}; all {most} connections are taken: {advice}"),
            );
        }
        Part::ok("devices", what)
    }

    /// The way to an outside broker, where there is one.
    fn broker(&self) -> Option<Part> {
        let broker = self.hub.config.broker.as_ref()?;
        let address = format!("{}:{}", broker.broker.host(), broker.broker.port());
        Some(match self.hub.way.get() {
            Way::Begins => Part::degraded("broker", format!("not connected to {address} yet")),
            Way::Connected => Part::ok("broker", format!("connected to {address}")),
            Way::Broken(why) => {
                Part::degraded("broker", format!("not connected to {address}: {why}"))
            }
            Way::Refused => Part::failed(
                "broker",
                format!("what {address} sends is not kept; it is asked for again"),
            ),
        })
    }

    fn of_devices(&self, metrics: &mut Metrics) {
        let hub = &self.hub;
        let (devices, online) = hub.fleet.counts(hub.now(), hub.config.inactive_after);
        for (name, help, value) in [
            ("v2x_hub_devices", "Devices that there are.", devices),
            ("v2x_hub_devices_online", "Devices that are online.", online),
            (
                "v2x_hub_connections",
                "Connections of devices now.",
                hub.sessions.count(),
            ),
        ] {
            metrics.whole(name, help, value as u64);
        }
        for severity in [Severity::Info, Severity::Warning, Severity::Critical] {
            metrics.labelled_gauge(
                "v2x_hub_alarms_open",
                "Alarms that go on.",
                &[("severity", severity.word())],
                exact(hub.fleet.alarms_open(severity.word()) as u64),
            );
        }
    }

    fn of_messages(&self, metrics: &mut Metrics) {
        let counters = &self.hub.counters;
        for (name, help, counter) in [
            (
                "v2x_hub_connections_total",
                "Connections that were accepted.",
                &counters.connections,
            ),
            (
                "v2x_hub_messages_total",
                "Messages of devices.",
                &counters.messages,
            ),
            (
                "v2x_hub_passed_over_total",
                "Keys, kinds of alarms, attributes and devices beyond their bounds.",
                &counters.passed_over,
            ),
            (
                "v2x_hub_late_answers_total",
                "Answers to commands that nobody waited for any more.",
                &counters.late_answers,
            ),
            (
                "v2x_hub_heard_again_total",
                "Times that an outside broker was asked to send again.",
                &counters.heard_again,
            ),
        ] {
            metrics.count(name, help, counter.get());
        }
        for (state, counter) in [
            ("new", &counters.rows),
            ("known", &counters.repeated),
            ("merged", &counters.merged),
            ("of_nobody", &counters.of_nobody),
        ] {
            metrics.labelled_count(
                "v2x_hub_rows_total",
                "Rows by what became of them.",
                &[("state", state)],
                counter.get(),
            );
        }
        for (why, counter) in [
            ("login", &counters.refused_logins),
            ("payload", &counters.malformed),
            ("topic", &counters.unknown_topics),
            ("limit", &counters.over_limit),
            ("slow", &counters.slow_readers),
            ("disk", &counters.refused_groups),
        ] {
            metrics.labelled_count(
                "v2x_hub_refused_total",
                "What was refused, by its reason.",
                &[("why", why)],
                counter.get(),
            );
        }
    }

    fn of_writer(&self, metrics: &mut Metrics) {
        let writes = &self.hub.counters.writes;
        let (waiting, most) = self.hub.books.waiting();
        metrics.whole(
            "v2x_hub_queue",
            "Jobs that wait for the thread that writes.",
            waiting as u64,
        );
        metrics.whole(
            "v2x_hub_queue_capacity",
            "Jobs that may wait; devices wait beyond it.",
            most as u64,
        );
        metrics.count(
            "v2x_hub_writes_total",
            "Groups of messages that were written, each with one sync.",
            writes.groups.get(),
        );
        metrics.labelled_total(
            "v2x_hub_write_seconds_total",
            "Time that all of them took.",
            &[],
            exact(writes.micros.get()) / 1e6,
        );
        metrics.gauge(
            "v2x_hub_write_slowest_seconds",
            "The slowest of the last minute.",
            writes.slowest_lately().as_secs_f64(),
        );
    }

    fn of_viewers(&self, metrics: &mut Metrics) {
        let live = self.hub.live.counters();
        metrics.whole("v2x_dashboard_viewers", "Live pages now.", live.viewers);
        metrics.count(
            "v2x_dashboard_events_total",
            "Events for live pages.",
            live.events,
        );
        for (why, count) in [("overflow", live.overflowed), ("slow", live.thinned)] {
            metrics.labelled_count(
                "v2x_dashboard_events_dropped_total",
                "Values that live pages have not been told: too many at once, or to a slow one.",
                &[("why", why)],
                count,
            );
        }
        for (why, count) in [("slow", live.let_go), ("too_many", live.refused)] {
            metrics.labelled_count(
                "v2x_dashboard_viewers_refused_total",
                "Live pages that were let go or refused.",
                &[("why", why)],
                count,
            );
        }
    }
}

impl Watched for Watch {
    fn metrics(&self, metrics: &mut Metrics) {
        self.time().metrics(metrics);
        Room::of(self.out()).metrics(metrics);
        self.of_devices(metrics);
        self.of_messages(metrics);
        self.of_writer(metrics);
        self.of_viewers(metrics);
    }

    fn parts(&self) -> Vec<Part> {
        let waiting =
            "rows without a time of their own get a doubtful one, or none is taken at all";
        let mut parts = vec![
            Room::of(self.out()).part(RESERVE),
            self.time().part(waiting),
            self.threads(),
            self.store(),
            self.devices(),
        ];
        parts.extend(self.broker());
        parts
    }

    fn look(&self) {
        let counters = &self.hub.counters;
        counters.writes.look();
        let now = self.hub.clock.now().instant;
        self.refused.note(now, counters.refused_groups.get());
        // A clock that panicked while it was read is read again.
        let mut system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        self.hub.clock.hear_system(&mut system);
    }
}
