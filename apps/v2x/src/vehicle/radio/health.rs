//! What the monitor tells of V2V: what was heard, believed and refused, and who is near.

use std::sync::{Mutex, PoisonError};

use v2x_proto::v2v::{V2v, V2vCounters};

use crate::monitor::Metrics;

/// V2V as the radio's thread last looked at it.
#[derive(Debug, Default)]
pub(in crate::vehicle) struct V2vHealth {
    seen: Mutex<Option<Seen>>,
}

#[derive(Debug)]
struct Seen {
    counters: V2vCounters,
    neighbours: usize,
    busy_ratio: f64,
}

impl V2vHealth {
    /// Takes what V2V says of itself now.
    pub(super) fn look(&self, v2v: &V2v) {
        let seen = Seen {
            counters: v2v.counters().clone(),
            neighbours: v2v.map().neighbours().len(),
            busy_ratio: v2v.busy_ratio(),
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }

    /// Every counter; none in a car that has no radio.
    pub(in crate::vehicle) fn metrics(&self, to: &mut Metrics) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = seen.as_ref() else {
            return;
        };
        to.whole(
            "v2x_v2v_neighbours",
            "Cars in the table of neighbours.",
            u64::try_from(seen.neighbours).unwrap_or(u64::MAX),
        );
        to.gauge(
            "v2x_v2v_channel_busy_ratio",
            "Part of the time that the channel is busy, from what is heard and sent.",
            seen.busy_ratio,
        );
        export(&seen.counters, to);
    }
}

fn export(counters: &V2vCounters, to: &mut Metrics) {
    for (name, help, count) in [
        ("heard", "Payloads that the radio heard.", counters.heard),
        (
            "too_long",
            "Messages that were built and did not fit into a frame.",
            counters.too_long,
        ),
        (
            "pseudonym_changes",
            "How often the pseudonym changed.",
            counters.pseudonym_changes,
        ),
    ] {
        to.count(&format!("v2x_v2v_{name}_total"), help, count);
    }
    for (message, verified, sent) in [
        ("cam", counters.cams, Some(counters.sent_cams)),
        ("denm", counters.denms, Some(counters.sent_denms)),
        (
            "vehicle_data",
            counters.vehicle_data,
            Some(counters.sent_vehicle_data),
        ),
        ("announcement", counters.announcements, None),
        (
            "certificate",
            counters.certificates + counters.certificates_known,
            Some(counters.sent_certificates),
        ),
    ] {
        let labels = [("message", message)];
        let help = "Messages of others that were verified and taken.";
        to.labelled_count("v2x_v2v_verified_total", help, &labels, verified);
        if let Some(sent) = sent {
            let help = "Messages that this car sent.";
            to.labelled_count("v2x_v2v_sent_total", help, &labels, sent);
        }
    }
    for (why, count) in [
        ("foreign", counters.foreign),
        ("other_service", counters.other_services),
        ("own_echo", counters.own_echoes),
    ] {
        let help = "Payloads that are no V2V of others: V2G, other services, our own sent back.";
        to.labelled_count("v2x_v2v_passed_over_total", help, &[("why", why)], count);
    }
    for (why, count) in counters.refused() {
        let help =
            "Messages that changed nothing, by reason: forged, replayed, expired and others.";
        to.labelled_count("v2x_v2v_refused_total", help, &[("why", why)], count);
    }
    for (why, count) in counters.doubted() {
        let help = "Messages that were taken with a doubt, by what is not plausible.";
        to.labelled_count("v2x_v2v_doubted_total", help, &[("why", why)], count);
    }
}
