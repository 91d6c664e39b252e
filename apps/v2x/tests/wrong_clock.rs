//! A car whose clock is years behind at one start and years ahead at the next, until a time server
//! sets it: no row is lost, reordered or dated into the past or the future.

mod bench;

use bench::car::Car;
use bench::replay::Replay;
use bench::{BUS_RATE, SOON, recordings, telemetry};
use v2x_testbench::{Access, Mosquitto, Subscriber, wait_until};

/// What the clock shows before it is set, in the two drives: ten years off.
const WRONG: [&str; 2] = ["-315360000 free", "315360000 free"];
/// Seconds of each drive.
const SECONDS: usize = 12;

#[test]
fn rows_of_a_wrong_clock_wait_and_are_dated_in_order_once_it_is_set() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let subscriber = Subscriber::start(broker.port());
    let car = Car::new(Some(broker.url()));
    car.set("V2X_TIME_WAIT_S", "3600");
    let written = car.written();
    let begin_ms = car.now_ms();
    for wrong in WRONG {
        let heard = telemetry::heard(&subscriber.received()).len();
        car.set_clock(wrong);
        let (rate, length) = (BUS_RATE.to_string(), SECONDS.to_string());
        let replay = Replay::start(&recordings::drive(), &["--rate", &rate, "--for", &length]);
        car.plug_in(replay.port());
        let daemon = car.start();
        car.hide_port();
        let lines = written.lines_logged();
        wait_until(SOON, "half of the drive", || {
            written.lines_logged() >= lines + BUS_RATE * SECONDS / 2
        });
        let heard_before = telemetry::heard(&subscriber.received()).len();
        assert_eq!(heard_before, heard, "a row left before its date was known");
        car.set_clock("0 ntp");
        replay.finish();
        wait_until(SOON, "rows with a date", || {
            telemetry::heard(&subscriber.received()).len() > heard + SECONDS / 2
        });
        assert!(daemon.stop().success());
    }
    let end_ms = car.now_ms();

    let store = written.store();
    assert_eq!(store.undated_count().unwrap(), 0);
    let stored = telemetry::stored(&store);
    assert!(stored.len() + 4 >= 2 * SECONDS, "{} rows", stored.len());
    for ts in stored.keys() {
        // A synchronised clock is believed to one second.
        let range = begin_ms - 1000..=end_ms + 1000;
        assert!(range.contains(ts), "{ts} is not in {range:?}");
    }
    wait_until(SOON, "every row at the subscriber", || {
        telemetry::heard(&subscriber.received()).len() >= stored.len()
    });
    let heard = telemetry::heard(&subscriber.received());
    telemetry::assert_equal(&heard, "the broker", &stored, "the store");
}
