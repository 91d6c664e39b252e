//! A daemon that is killed, several times, in the middle of a drive: what it may lose, and what not.
//!
//! Rows: none that reached the store. Frames: what stood in the buffers of the raw log, at most one
//! second, and what was on the way to them. The unharmed drive is `drive_to_broker`.

mod bench;

use std::time::Duration;

use bench::car::Car;
use bench::replay::{Replay, Sent};
use bench::telemetry::{self, Rows};
use bench::written::{Frames, Written};
use bench::{BUS_RATE, SOON, recordings};
use v2x_testbench::{Access, Mosquitto, Proxy, Subscriber, wait_until};

/// When it is killed, in sixteenths of the drive: before anything is committed, after rows came to
/// the broker, and after a time without a connection.
const KILLS: [usize; 3] = [1, 5, 12];
/// Frames that one kill may take: a second in the buffers of the raw log, and an eighth of one on
/// the way there through the terminal and the queues.
const LOST_AT_MOST: usize = BUS_RATE + BUS_RATE / 8;
/// A frame of eight bytes, as the collector prints it.
const LINE_BYTES: usize = "SIM 155 8 05 96 E7 54 6D 58 00 6F\r\n".len();
/// The frames that the prototype's snapshot holds.
const SNAPSHOT_FRAMES: usize = 1000;

#[test]
fn killed_daemon_loses_no_row_of_its_store_and_frames_only_of_its_last_second() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    // Each of the longer lives has to see a group of rows committed, five seconds after its first.
    let seconds = bench::drive_seconds() * 3 / 2;
    let subscriber = Subscriber::start(broker.port());
    let proxy = Proxy::start(broker.port());
    let (rate, length) = (BUS_RATE.to_string(), seconds.to_string());
    let mut replay = Replay::start(&recordings::drive(), &["--rate", &rate, "--for", &length]);
    let car = Car::new(Some(proxy.url()));
    car.plug_in(replay.port());
    let written = car.written();
    let bound = SOON + Duration::from_secs(seconds as u64);
    for sixteenths in KILLS {
        let mut daemon = car.start();
        let frames = BUS_RATE * seconds * sixteenths / 16;
        wait_until(bound, "the moment to kill", || {
            // Rows have come to the broker before it is cut, and frames are still coming.
            let is_heard = sixteenths == KILLS[0] || subscriber.count() > 0;
            (written.lines_logged() >= frames && is_heard) || replay.has_ended()
        });
        // The raw log has just grown: let lines gather in its buffers, as many bytes as a second
        // of frames has, fixes included.
        let read = daemon.bytes_read();
        wait_until(bound, "frames in the buffers", || {
            daemon.bytes_read() >= read + BUS_RATE * LINE_BYTES || replay.has_ended()
        });
        daemon.kill();
        if sixteenths == KILLS[1] {
            proxy.cut();
        } else {
            proxy.mend();
        }
    }
    let daemon = car.start();
    car.hide_port();
    let sent = replay.finish();
    let status = daemon.stop();
    assert!(status.success(), "the daemon ended with {status}");

    assert_files_are_whole(&written, sent);
    let store = written.store();
    let (stored, waiting) = (telemetry::stored(&store), telemetry::waiting(&store));
    assert!(!stored.is_empty(), "no row reached the store");
    let missing = |heard: &Rows| -> Vec<i64> {
        let is_there = |ts: &&i64| !heard.contains_key(ts) && !waiting.contains_key(ts);
        stored.keys().filter(is_there).copied().collect()
    };
    wait_until(SOON, "every row at the subscriber or in the outbox", || {
        missing(&telemetry::heard(&subscriber.received())).is_empty()
    });
    let mut everywhere = telemetry::heard(&subscriber.received());
    everywhere.extend(waiting);
    telemetry::assert_equal(&everywhere, "broker or outbox", &stored, "the store");
}

fn assert_files_are_whole(written: &Written, sent: Sent) {
    let log = written.raw_log();
    let table = written.table("can_data.csv");
    for (name, file) in [("the raw log", &log), ("can_data.csv", &table)] {
        assert_loss(name, file, sent);
    }
    let snapshot = written.table("can_data_snapshot.csv");
    assert_eq!(snapshot.damaged, 0, "the snapshot is replaced as a whole");
    assert!(snapshot.frames.len() <= SNAPSHOT_FRAMES);
    let (_, cut_rows) = written.merged_rows();
    let (_, cut_fixes) = written.fixes();
    assert!(cut_rows <= KILLS.len() && cut_fixes <= KILLS.len());
}

fn assert_loss(name: &str, file: &Frames, sent: Sent) {
    let (frames, damaged) = (file.frames.len(), file.damaged);
    let lost = sent.frames.saturating_sub(frames);
    assert!(
        lost <= KILLS.len() * LOST_AT_MOST,
        "{name} misses {lost} of {} frames; {} kills may take {LOST_AT_MOST} each",
        sent.frames,
        KILLS.len()
    );
    assert!(
        frames <= sent.frames + sent.unheard,
        "{name} has {frames} frames, more than the {} that were sent",
        sent.frames
    );
    assert!(damaged <= KILLS.len(), "{name} has {damaged} cut lines");
}
