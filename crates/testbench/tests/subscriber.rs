//! The subscriber against a real broker.

use v2x_testbench::{Access, Mosquitto, Subscriber};

#[test]
fn whoever_caught_up_has_everything_that_the_broker_had_and_nothing_of_his_own() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let subscriber = Subscriber::start(broker.port());
    for round in 1..=2 {
        for number in 0..200 {
            subscriber.publish("count", &number.to_string());
        }
        let received = subscriber.caught_up();
        assert_eq!(received.len(), 200 * round);
        assert!(received.iter().all(|it| it.topic == "count"));
        let last = received.last().map(|it| it.payload.clone());
        assert_eq!(last, Some(b"199".to_vec()));
    }
}
