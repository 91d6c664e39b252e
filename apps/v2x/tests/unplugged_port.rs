//! A collector that is unplugged and comes back: the daemon goes on with the port it finds.
//!
//! A pseudo-terminal cannot come back under its own path, so the daemon is given a link that points
//! to one after the other, as udev's links in `/dev/serial/by-id` do.

mod bench;

use bench::car::Car;
use bench::recordings;
use bench::replay::{Replay, Sent};

#[test]
fn collector_that_comes_back_goes_on_in_the_same_log() {
    let play = || Replay::start(&recordings::invented(), &["--rate", "2000", "--for", "1"]);
    let car = Car::new(None);
    let first = play();
    car.plug_in(first.port());
    let daemon = car.start();
    car.hide_port();
    let mut sent = vec![first.finish()];
    for _ in 0..2 {
        let again = play();
        car.plug_in(again.port());
        sent.push(again.finish());
        // Already seen open: replay ends only after it was heard.
        car.hide_port();
    }
    let status = daemon.stop();
    assert!(status.success(), "the daemon ended with {status}");

    let unheard: usize = sent.iter().map(|run: &Sent| run.unheard).sum();
    assert_eq!(unheard, 0, "the port was open while it was there");
    assert!(sent.iter().all(|run| run.frames > 0), "{sent:?}");
    let log = car.written().raw_log();
    let frames: usize = sent.iter().map(|run| run.frames).sum();
    assert_eq!((log.frames.len(), log.damaged), (frames, 0), "{sent:?}");
}
