//! What the person at the terminal sees: one line, once per second; and a summary at the end.
//!
//! Without a terminal the same counters go to the log once per minute.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing::info;

use super::health::Health;
use crate::clock::{self, Clock};
use crate::daemon::Shutdown;

/// How often the line is renewed.
const RENEW: Duration = Duration::from_secs(1);
/// How often a log without a terminal gets the counters.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// How soon a request to stop is noticed.
const GLANCE: Duration = Duration::from_millis(100);

/// Shows the state of the daemon until it is asked to stop, and calls `attend` at each glance.
pub(super) fn show_until(
    shutdown: &Shutdown,
    health: &Health,
    clock: &Clock,
    mut attend: impl FnMut(),
) {
    let on_terminal = io::stderr().is_terminal();
    let every = if on_terminal { RENEW } else { LOG_EVERY };
    let mut shown = clock.elapsed();
    let mut frames_before = 0;
    while !shutdown.is_requested() {
        clock::sleep(GLANCE);
        attend();
        let since = clock.elapsed().saturating_sub(shown);
        if since < every {
            continue;
        }
        shown = clock.elapsed();
        let frames = get(&health.frames);
        let rate = per_second(frames.saturating_sub(frames_before), since);
        frames_before = frames;
        let line = line(health, rate);
        if on_terminal {
            // The line is only a convenience: a terminal that went away is no reason to stop.
            write!(io::stderr(), "\r\x1b[K{line}").unwrap_or_default();
        } else {
            info!("{line}");
        }
    }
    if on_terminal {
        writeln!(io::stderr()).unwrap_or_default();
    }
}

/// The counters of the whole run, at its end.
pub(super) fn last_words(health: &Health) {
    info!(
        frames = get(&health.frames),
        fixes = get(&health.fixes),
        rows = get(&health.rows),
        acknowledged = health.uplink.acknowledged(),
        waiting = health.uplink.waiting(),
        unknown_ids = get(&health.unknown_ids),
        damaged_lines = get(&health.lines_damaged),
        link_frames = get(&health.link_frames),
        link_lost = get(&health.link_frames_lost),
        can_lost = get(&health.can_frames_lost) + get(&health.interface_frames_lost),
        link_damaged = get(&health.link_damaged),
        link_refused = get(&health.link_refused),
        board_reboots = get(&health.board_reboots),
        bus_errors = get(&health.bus_errors),
        receive_overflows = get(&health.receive_overflows),
        foreign_bytes = get(&health.bytes_foreign),
        lost_bytes = get(&health.bytes_lost),
        unrecorded = get(&health.frames_unrecorded),
        removed_logs = get(&health.logs_removed),
        removed_tables = get(&health.tables_removed),
        pruned = get(&health.store.pruned),
        lost_rows = get(&health.rows_lost) + get(&health.rows_dropped),
        "stopped"
    );
}

fn line(health: &Health, frames_per_second: f64) -> String {
    let port = if health.port_is_open.load(Ordering::Relaxed) {
        ""
    } else {
        "NO COLLECTOR | "
    };
    let broker = if health.uplink.is_connected() {
        "up"
    } else {
        "down"
    };
    let lost = get(&health.bytes_lost)
        + get(&health.can_frames_lost)
        + get(&health.interface_frames_lost)
        + get(&health.frames_unrecorded)
        + get(&health.rows_lost)
        + get(&health.rows_dropped);
    format!(
        "{port}{frames_per_second:.0} frames/s | {} frames, {} fixes, {} rows | broker {broker}: \
         {} sent, {} waiting | {} damaged, {} unknown ids, {lost} lost",
        get(&health.frames),
        get(&health.fixes),
        get(&health.rows),
        health.uplink.acknowledged(),
        health.uplink.waiting(),
        get(&health.lines_damaged) + get(&health.link_damaged),
        get(&health.unknown_ids),
    )
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of frames in a minute is small"
)]
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
