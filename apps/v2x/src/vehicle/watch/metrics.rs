//! The vehicle's counters and its board's report as metrics.

use std::sync::atomic::Ordering;

use v2x_proto::link::message::{BoardStatus, QueueStatus};
use v2x_units::Instant;

use super::super::health::Health;
use crate::monitor::{Mark, Metrics};

/// Every counter of the vehicle.
#[expect(
    clippy::too_many_lines,
    reason = "a list: each counter once, and none can be forgotten"
)]
pub(super) fn export(health: &Health, now: Instant, to: &mut Metrics) {
    let Health {
        port_is_open,
        collector_trouble: _, // Words: they are in /health.
        last_heard,
        last_frame,
        last_fix,
        board: _, // Exported by `export_board`.
        bytes_received,
        bytes_lost,
        bytes_foreign,
        interface_frames_lost,
        link_frames,
        link_frames_lost,
        can_frames_lost,
        link_damaged,
        link_refused,
        board_reboots,
        bus_errors,
        receive_overflows,
        frames,
        unknown_ids,
        lines_damaged,
        other_text,
        fixes,
        rows,
        rows_lost,
        rows_dropped,
        frames_unrecorded,
        recorder_level,
        recorder_waiting,
        logs_removed,
        tables_removed,
        store_trouble: _, // Words: they are in /health.
        store,
        air,
        v2v,
        spending,
        oldest_open_log: _, // Between the recorder and its archive.
        uplink: _,          // Told as every role tells it.
    } = health;
    store.metrics(to);
    air.metrics(to);
    v2v.metrics(to);
    spending.metrics(to);
    to.flag(
        "v2x_collector_open",
        "Whether the collector's port or interface is open.",
        port_is_open.load(Ordering::Relaxed),
    );
    age(to, "v2x_collector_heard_age_seconds", last_heard, now);
    age(to, "v2x_can_frame_age_seconds", last_frame, now);
    age(to, "v2x_gnss_fix_age_seconds", last_fix, now);
    for (name, help, counter) in [
        (
            "v2x_collector_received_bytes_total",
            "Bytes that came from the collector.",
            bytes_received,
        ),
        (
            "v2x_collector_lost_bytes_total",
            "Bytes dropped because decoding was behind by its whole queue.",
            bytes_lost,
        ),
        (
            "v2x_collector_foreign_bytes_total",
            "Bytes of a device that is no collector, or at a wrong speed.",
            bytes_foreign,
        ),
        (
            "v2x_can_interface_lost_frames_total",
            "Frames of a CAN interface dropped because decoding was behind.",
            interface_frames_lost,
        ),
        (
            "v2x_link_frames_total",
            "Frames of the framed link that arrived.",
            link_frames,
        ),
        (
            "v2x_link_lost_frames_total",
            "Frames of the framed link that did not arrive, from their sequence.",
            link_frames_lost,
        ),
        (
            "v2x_can_lost_frames_total",
            "CAN frames that the board received and that did not arrive, from their numbers.",
            can_frames_lost,
        ),
        (
            "v2x_link_damaged_total",
            "Stretches of the framed link that were no frame.",
            link_damaged,
        ),
        (
            "v2x_link_refused_frames_total",
            "Whole frames of the link that this version has no use for.",
            link_refused,
        ),
        (
            "v2x_board_reboots_total",
            "Restarts of the collector board.",
            board_reboots,
        ),
        (
            "v2x_bus_errors_total",
            "Errors on the car's bus; a board counts them since its boot.",
            bus_errors,
        ),
        (
            "v2x_bus_overflows_total",
            "Times that the CAN controller lost frames; a board counts them since its boot.",
            receive_overflows,
        ),
        ("v2x_can_frames_total", "CAN frames understood.", frames),
        (
            "v2x_can_unknown_ids_total",
            "CAN frames whose identifier the DBC does not know.",
            unknown_ids,
        ),
        (
            "v2x_collector_damaged_lines_total",
            "Lines of text that were damaged on the way.",
            lines_damaged,
        ),
        (
            "v2x_collector_other_text_total",
            "Lines that are no record: boot messages, debug output.",
            other_text,
        ),
        (
            "v2x_gnss_fixes_total",
            "GNSS fixes that were good and new.",
            fixes,
        ),
        ("v2x_rows_total", "Merged rows made.", rows),
        (
            "v2x_rows_lost_total",
            "Rows that found no room on the way to the store.",
            rows_lost,
        ),
        (
            "v2x_rows_dropped_total",
            "Rows given up because the disk refused for too long.",
            rows_dropped,
        ),
        (
            "v2x_recorder_lost_frames_total",
            "Frames that no file could take.",
            frames_unrecorded,
        ),
        (
            "v2x_recorder_removed_logs_total",
            "Closed raw logs removed to make room.",
            logs_removed,
        ),
        (
            "v2x_recorder_removed_tables_total",
            "Tables of earlier days removed to make room.",
            tables_removed,
        ),
    ] {
        to.counter(name, help, counter);
    }
    to.whole(
        "v2x_recorder_level",
        "What is not written: 0 nothing, 1 can_data.csv, 2 its snapshot too, 3 all tables.",
        recorder_level.load(Ordering::Relaxed),
    );
    to.whole(
        "v2x_recorder_waiting_batches",
        "Batches that wait for the recorder.",
        recorder_waiting.load(Ordering::Relaxed),
    );
}

/// What never happened has no age, and no line.
fn age(to: &mut Metrics, name: &str, mark: &Mark, now: Instant) {
    if let Some(age) = mark.age(now) {
        to.gauge(name, "Since the last one.", age.as_secs_f64());
    }
}

/// What a board of the framed link says of itself, as it counts since its boot.
pub(super) fn export_board(board: &BoardStatus, to: &mut Metrics) {
    let firmware = board.firmware.to_string();
    let reason = format!("{:?}", board.boot_reason);
    to.info(
        "v2x_board_info",
        "The collector board: its firmware, and why it started.",
        &[("boot_reason", &reason), ("firmware", &firmware)],
    );
    to.whole(
        "v2x_board_heap_free_bytes",
        "The fewest free bytes of the board's heap since its boot.",
        u64::from(board.heap_left),
    );
    queue(to, "link", &board.link_queue);
    queue(to, "radio", &board.radio_queue);
    let Some(can) = &board.can else {
        return;
    };
    queue(to, "can", &can.queue);
    let state = format!("{:?}", can.bus);
    to.info(
        "v2x_bus_state",
        "What the CAN controller says of the bus.",
        &[("state", &state)],
    );
    to.labelled_gauge(
        "v2x_bus_error_counter",
        "The error counters of the CAN controller, 0 to 255.",
        &[("direction", "transmit")],
        f64::from(can.transmit_errors),
    );
    to.labelled_gauge(
        "v2x_bus_error_counter",
        "The error counters of the CAN controller, 0 to 255.",
        &[("direction", "receive")],
        f64::from(can.receive_errors),
    );
    to.count(
        "v2x_board_dropped_frames_total",
        "CAN frames that the board received and dropped; those of v2x_can_lost_frames_total too.",
        u64::from(can.dropped),
    );
}

fn queue(to: &mut Metrics, name: &str, queue: &QueueStatus) {
    if queue.capacity == 0 {
        return;
    }
    let labels = [("queue", name)];
    to.labelled_gauge(
        "v2x_board_queue_high_water_entries",
        "The most entries of a queue of the board that waited at once.",
        &labels,
        f64::from(queue.high_water),
    );
    to.labelled_gauge(
        "v2x_board_queue_capacity_entries",
        "The entries that a queue of the board has room for.",
        &labels,
        f64::from(queue.capacity),
    );
    to.labelled_count(
        "v2x_board_queue_dropped_total",
        "The entries that found no room in a queue of the board.",
        &labels,
        u64::from(queue.dropped),
    );
}
