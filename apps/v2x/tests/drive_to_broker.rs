//! A drive at bus speed, from the collector's port to a real broker over a connection that breaks.
//!
//! How long it lasts is `V2X_E2E_SECONDS`, 13 by default; what is lost by a kill is
//! `killed_daemon`.

mod bench;

use std::time::Duration;

use bench::car::Car;
use bench::replay::Replay;
use bench::{BUS_RATE, SOON, recordings, telemetry};
use v2x_testbench::{Access, Mosquitto, Proxy, Subscriber, wait_until};

/// The connection breaks after so many bytes of telemetry: one row has a few hundred.
const INSIDE_A_MESSAGE: u64 = 200;
/// The frames that the prototype's snapshot holds.
const SNAPSHOT_FRAMES: usize = 1000;

#[test]
fn drive_reaches_files_store_and_broker_whole_over_a_connection_that_breaks() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let seconds = bench::drive_seconds();
    let bound = SOON + Duration::from_secs(seconds as u64);
    let subscriber = Subscriber::start(broker.port());
    let proxy = Proxy::start(broker.port());
    let (rate, length) = (BUS_RATE.to_string(), seconds.to_string());
    let replay = Replay::start(&recordings::drive(), &["--rate", &rate, "--for", &length]);
    let car = Car::new(Some(proxy.url()));
    car.plug_in(replay.port());
    let daemon = car.start();
    car.hide_port();
    let written = car.written();

    let third = BUS_RATE * seconds / 3;
    wait_until(bound, "a third of the drive", || {
        daemon.says("broker connected") && written.lines_logged() >= third
    });
    proxy.cut_after(INSIDE_A_MESSAGE);
    wait_until(bound, "a message that is cut", || proxy.is_cut());
    let cut_at = written.lines_logged();
    wait_until(bound, "a third of the drive without a connection", || {
        written.lines_logged() >= cut_at + third
    });
    let before = subscriber.count();
    proxy.mend();
    wait_until(bound, "a message after the cut", || {
        subscriber.count() > before
    });
    let sent = replay.finish();
    let status = daemon.stop();
    assert!(status.success(), "the daemon ended with {status}");

    let log = written.raw_log();
    assert_eq!(sent.unheard, 0, "the daemon was not listening");
    assert_eq!((log.frames.len(), log.damaged), (sent.frames, 0));
    let table = written.table("can_data.csv");
    assert_eq!(table.damaged, 0);
    assert!(
        table.frames == log.frames,
        "can_data.csv is not the raw log"
    );
    let newest = log.frames.len().saturating_sub(SNAPSHOT_FRAMES);
    let snapshot = written.table("can_data_snapshot.csv");
    assert_eq!(snapshot.damaged, 0);
    assert!(
        snapshot.frames == log.frames[newest..],
        "the snapshot is not the end of the raw log"
    );

    let store = written.store();
    let stored = telemetry::stored(&store);
    assert!(stored.len() + 2 >= seconds, "{} rows", stored.len());
    assert_eq!(written.merged_rows(), (stored.len(), 0));
    assert_eq!(telemetry::waiting(&store).len(), 0, "rows wait");
    wait_until(SOON, "every row at the subscriber", || {
        telemetry::heard(&subscriber.received()).len() >= stored.len()
    });
    let heard = telemetry::heard(&subscriber.received());
    telemetry::assert_equal(&heard, "the broker", &stored, "the store");
}
