//! A daemon that is killed several times in the middle of a drive: what it may lose, and what not.
//!
//! Rows: none that reached the store. Frames: what stood in the buffers of the raw log, at most one
//! second, and what was on the way to them. The unharmed drive is `drive_to_broker`.

mod bench;

use std::time::Duration;

use bench::car::{Car, Daemon};
use bench::replay::{Replay, Sent};
use bench::telemetry::{self, Rows};
use bench::written::{Frames, Written};
use bench::{BUS_RATE, SOON, recordings};
use v2x_testbench::{Access, Mosquitto, Proxy, Subscriber, wait_until};

/// How often it is killed; see the test for the moments.
const KILLS: usize = 4;
/// Frames that one kill may take: a second in the buffers of the raw log, and an eighth of one on
/// the way there through the terminal and the queues.
const LOST_AT_MOST: usize = BUS_RATE + BUS_RATE / 8;
/// The connection breaks after so many bytes: the login has fewer than a hundred, a row has a few
/// hundred.
const INSIDE_A_MESSAGE: u64 = 200;
/// A frame of eight bytes, as the collector prints it.
const LINE_BYTES: usize = "SIM 155 8 05 96 E7 54 6D 58 00 6F\r\n".len();
/// The frames that the prototype's snapshot holds.
const SNAPSHOT_FRAMES: usize = 1000;

#[test]
fn killed_daemon_loses_no_row_of_its_store_and_frames_only_of_its_last_second() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    // The last life commits its group at its end.
    let seconds = bench::drive_seconds() * 2;
    let bound = SOON + Duration::from_secs(seconds as u64);
    let subscriber = Subscriber::start(broker.port());
    let proxy = Proxy::start(broker.port());
    let (rate, length) = (BUS_RATE.to_string(), seconds.to_string());
    let replay = Replay::start(
        &recordings::drive_without_fixes(),
        &["--rate", &rate, "--for", &length],
    );
    let car = Car::new(Some(proxy.url()));
    car.plug_in(replay.port());
    let written = car.written();

    // Rows leave as they are measured: the first life has no broker.
    proxy.cut();
    kill_with_full_buffers(car.start(), &written);

    proxy.mend();
    proxy.cut_after(INSIDE_A_MESSAGE);
    let mut daemon = car.start();
    wait_until(bound, "a message that is cut", || proxy.is_cut());
    daemon.kill();

    kill_with_full_buffers(car.start(), &written);

    assert_eq!(subscriber.count(), 0, "nothing could pass so far");
    proxy.mend();
    let mut daemon = car.start();
    // Nobody knows whether its acknowledgement has arrived by now.
    wait_until(bound, "the first message", || subscriber.count() > 0);
    daemon.kill();

    let daemon = car.start();
    car.hide_port();
    let sent = replay.finish();
    let status = daemon.stop();
    assert!(status.success(), "the daemon ended with {status}");

    assert_files_are_whole(&written, sent);
    let store = written.store();
    let (stored, waiting) = (telemetry::stored(&store), telemetry::waiting(&store));
    assert!(!stored.is_empty(), "no row reached the store");
    let is_somewhere = |heard: &Rows, ts| heard.contains_key(ts) || waiting.contains_key(ts);
    wait_until(SOON, "every row at the subscriber or in the outbox", || {
        let heard = telemetry::heard(&subscriber.received());
        stored.keys().all(|ts| is_somewhere(&heard, ts))
    });
    let mut everywhere = waiting;
    everywhere.extend(telemetry::heard(&subscriber.received()));
    telemetry::assert_equal(&everywhere, "broker or outbox", &stored, "the store");
}

/// Kills it when the raw log has grown and two more seconds of frames have come: a part of them is
/// on disk, the rest stands in the daemon.
fn kill_with_full_buffers(mut daemon: Daemon, written: &Written) {
    let lines = written.lines_logged();
    wait_until(SOON, "frames in the log", || written.lines_logged() > lines);
    // Counted from here on: what it reads while it starts is its store as well.
    let (bytes, lines) = (daemon.bytes_read(), written.lines_logged());
    let enough = bytes + 2 * BUS_RATE * LINE_BYTES;
    wait_until(SOON, "two more seconds of frames", || {
        daemon.bytes_read() >= enough
    });
    // At least so many: lines of shorter frames are shorter.
    let received = (daemon.bytes_read() - bytes) / LINE_BYTES;
    daemon.kill();
    let logged = written.lines_logged() - lines;
    assert!(
        received <= logged + LOST_AT_MOST,
        "of {received} frames {logged} are in the raw log; one kill may take {LOST_AT_MOST}"
    );
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
    let (fixes, _) = written.fixes();
    assert!(cut_rows <= KILLS && fixes == 0);
}

fn assert_loss(name: &str, file: &Frames, sent: Sent) {
    let (frames, damaged) = (file.frames.len(), file.damaged);
    let lost = sent.frames.saturating_sub(frames);
    assert!(
        lost <= KILLS * LOST_AT_MOST,
        "{name} misses {lost} of {} frames; {} kills may take {LOST_AT_MOST} each",
        sent.frames,
        KILLS
    );
    assert!(
        frames <= sent.frames + sent.unheard,
        "{name} has {frames} frames, more than the {} that were sent",
        sent.frames
    );
    assert!(damaged <= KILLS, "{name} has {damaged} cut lines");
}
