//! The laws of the stream: nobody waits, nobody grows, nothing that matters is silently lost.

use std::collections::BTreeMap;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::types::{Alarm, Severity};

fn values(device: &str, ts: i64) -> LiveEvent {
    LiveEvent::Values {
        device: device.to_owned(),
        ts,
        values: BTreeMap::from([("speed".to_owned(), 42.into())]),
    }
}

fn alarm(device: &str) -> LiveEvent {
    LiveEvent::Alarm(Alarm {
        id: "1".to_owned(),
        device: device.to_owned(),
        kind: "hot".to_owned(),
        text: "it is hot\nand \"burns\"".to_owned(),
        said: None,
        severity: Severity::Critical,
        began: 1,
        ended: None,
        acknowledged_by: None,
        acknowledged_at: None,
    })
}

/// Everything that waits for a viewer; and whether it was let go.
fn read(queue: &mut ViewerQueue) -> (String, bool) {
    let mut text = String::new();
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match queue.poll(&mut context) {
            Poll::Ready(Some(block)) => text.push_str(std::str::from_utf8(&block).unwrap()),
            Poll::Ready(None) => return (text, true),
            Poll::Pending => return (text, false),
        }
    }
}

fn only(device: &str) -> Option<BTreeSet<String>> {
    Some(BTreeSet::from([device.to_owned()]))
}

#[test]
fn viewer_gets_the_devices_it_looks_at_and_what_is_of_all() {
    let live = Live::new();
    let mut all = live.join(None).unwrap();
    let mut one = live.join(only("car \"1\"")).unwrap();
    live.publish(&values("car \"1\"", 5));
    live.publish(&values("car 2", 6));
    live.publish(&LiveEvent::Tick { now: 7 });
    live.hand_out();
    let values = |device: &str, ts| {
        let values = "\"values\":{\"speed\":42}";
        format!("event: values\ndata: {{\"device\":\"{device}\",\"ts\":{ts},{values}}}\n\n")
    };
    let (of_one, of_two) = (values("car \\\"1\\\"", 5), values("car 2", 6));
    let tick = "event: tick\ndata: {\"now\":7}\n\n";
    assert_eq!(read(&mut all).0, format!("{of_one}{of_two}{tick}"));
    assert_eq!(read(&mut one).0, format!("{of_one}{tick}"));
}

#[test]
fn viewer_of_one_device_hears_of_the_alarms_of_all() {
    let live = Live::new();
    let mut one = live.join(only("car 1")).unwrap();
    live.publish(&values("car 2", 6));
    live.publish(&alarm("car 2"));
    live.hand_out();
    let (text, _) = read(&mut one);
    assert!(text.starts_with("event: alarm\n"), "{text}");
}

#[test]
fn text_with_a_line_break_stays_one_event() {
    let live = Live::new();
    let mut viewer = live.join(None).unwrap();
    live.publish(&alarm("car"));
    live.hand_out();
    let (text, _) = read(&mut viewer);
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains("it is hot\\nand"), "{text}");
}

#[test]
fn slow_viewer_misses_values_and_catches_up_with_the_newest() {
    let live = Live::new();
    let mut slow = live.join(None).unwrap();
    for ts in 0..500 {
        live.publish(&values("car", ts));
        live.hand_out();
    }
    let counters = live.counters();
    assert_eq!(counters.thinned, 500 - 64);
    assert_eq!((counters.viewers, counters.let_go), (1, 0));
    let (text, is_over) = read(&mut slow);
    assert!(!is_over && text.contains("\"ts\":63,") && !text.contains("\"ts\":64,"));
    live.publish(&values("car", 500));
    live.hand_out();
    assert!(read(&mut slow).0.contains("\"ts\":500,"));
}

#[test]
fn queue_of_a_slow_viewer_is_full_at_its_bytes() {
    let live = Live::new();
    let slow = live.join(None).unwrap();
    for _ in 0..50 {
        for n in 0..1000 {
            live.publish(&values(&format!("car {n} {}", "x".repeat(40)), n));
        }
        live.hand_out();
    }
    let waiting = slow.waiting_bytes();
    assert!(waiting <= viewers::BYTES, "{waiting}");
    assert!(live.counters().thinned > 30);
}

#[test]
fn slow_viewer_that_would_miss_an_alarm_is_let_go_and_told_by_the_end() {
    let live = Live::new();
    let mut slow = live.join(None).unwrap();
    let mut quick = live.join(None).unwrap();
    for ts in 0..100 {
        live.publish(&values("car", ts));
        live.hand_out();
        assert!(!read(&mut quick).1);
    }
    live.publish(&alarm("car"));
    live.hand_out();
    assert!(read(&mut slow).1, "the stream has ended");
    let (text, is_over) = read(&mut quick);
    assert!(text.contains("event: alarm") && !is_over);
    assert_eq!((live.counters().viewers, live.counters().let_go), (1, 1));
}

#[test]
fn viewer_who_misses_for_a_minute_is_let_go() {
    let live = Live::new();
    let mut stuck = live.join(None).unwrap();
    for ts in 0..700 {
        live.publish(&values("car", ts));
        live.hand_out();
    }
    assert_eq!((live.counters().viewers, live.counters().let_go), (0, 1));
    assert!(read(&mut stuck).1);
}

#[test]
fn viewer_who_left_costs_nothing_more() {
    let live = Live::new();
    drop(live.join(None).unwrap());
    drop(live.join(only("car")).unwrap());
    live.publish(&values("other", 1));
    live.hand_out();
    assert_eq!(live.counters().viewers, 0);
}

#[test]
fn list_that_waits_is_full_at_its_bytes_and_gives_up_values_before_alarms() {
    let live = Live::new();
    let mut viewer = live.join(None).unwrap();
    live.publish(&alarm("car"));
    for ts in 0..60_000 {
        live.publish(&values("car", ts));
    }
    let waiting = lock(&live.waiting).bytes;
    assert!(waiting <= WAITING_BYTES, "{waiting}");
    live.hand_out();
    let (text, _) = read(&mut viewer);
    assert!(text.contains("event: alarm") && text.contains("\"ts\":59999,"));
    assert!(!text.contains("\"ts\":1,"));
    let counters = live.counters();
    assert_eq!(counters.events, 60_001);
    assert!(counters.overflowed > 0);
}

#[test]
fn full_house_refuses_the_next_viewer_until_one_leaves() {
    let live = Live::new();
    let mut viewers: Vec<_> = (0..VIEWERS).map(|_| live.join(None).unwrap()).collect();
    assert!(live.join(None).is_none());
    assert_eq!(live.counters().refused, 1);
    viewers.pop();
    assert!(live.join(None).is_some());
}

#[test]
fn end_of_the_program_ends_every_stream() {
    let live = Live::new();
    let mut viewer = live.join(None).unwrap();
    live.close();
    assert!(read(&mut viewer).1);
}
