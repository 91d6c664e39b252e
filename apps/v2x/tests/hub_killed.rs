//! A hub that is killed under load loses nothing that it has acknowledged and keeps nothing twice;
//! a backup under load holds one moment, and comes back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod hub_bench;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bench::SOON;
use hub_bench::HubFolder;
use rumqttc::{Client, Event, MqttOptions, Outgoing, Packet, QoS};
use v2x_store::hub::check_backup;
use v2x_testbench::{listens, wait_until};

/// Devices that publish at once.
const DEVICES: usize = 8;
/// 2026-11-24T10:00:00Z.
const BEGIN: i64 = 1_795_514_400_000;

/// A device that publishes numbered rows as fast as it is acknowledged, and goes on with those that
/// were not after a broken connection.
struct Publisher {
    acknowledged: Arc<Mutex<BTreeSet<i64>>>,
    thread: thread::JoinHandle<()>,
}

impl Publisher {
    fn start(port: &Arc<AtomicUsize>, token: String, stop: &Arc<AtomicBool>) -> Self {
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let (told, port, stop) = (
            Arc::clone(&acknowledged),
            Arc::clone(port),
            Arc::clone(stop),
        );
        let thread = thread::spawn(move || {
            let mut next = 0;
            while !stop.load(Ordering::SeqCst) {
                let now = || u16::try_from(port.load(Ordering::SeqCst)).unwrap();
                wait_until(SOON, "a hub, or the end", || {
                    stop.load(Ordering::SeqCst) || listens(now())
                });
                publish(now(), &token, &told, &stop, &mut next);
            }
        });
        Self {
            acknowledged,
            thread,
        }
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
}

/// One connection, until it breaks or everything is over.
fn publish(port: u16, token: &str, told: &Mutex<BTreeSet<i64>>, stop: &AtomicBool, next: &mut i64) {
    let mut options = MqttOptions::new("", "127.0.0.1", port);
    options.set_credentials(token, "").set_inflight(50);
    options.set_keep_alive(Duration::from_secs(30));
    let (client, mut connection) = Client::new(options, 200);
    let mut handed = std::collections::VecDeque::new();
    let mut under_way = std::collections::HashMap::new();
    let mut hand = |handed: &mut std::collections::VecDeque<i64>| {
        // A row that was sent and not acknowledged is sent again, as a device does.
        let row = *next;
        *next += 1;
        let payload = format!(
            r#"{{"ts":{},"values":{{"row":{row},"soc":64.42}}}}"#,
            BEGIN + row
        );
        let topic = "v1/devices/me/telemetry";
        if client
            .try_publish(topic, QoS::AtLeastOnce, false, payload)
            .is_ok()
        {
            handed.push_back(row);
        }
    };
    for _ in 0..40 {
        hand(&mut handed);
    }
    for event in connection.iter() {
        match event {
            Ok(Event::Outgoing(Outgoing::Publish(id))) => {
                under_way.insert(id, handed.pop_front().unwrap());
            }
            Ok(Event::Incoming(Packet::PubAck(acknowledged))) => {
                let row = under_way.remove(&acknowledged.pkid).unwrap();
                told.lock().unwrap().insert(row);
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                hand(&mut handed);
            }
            Ok(_) => {}
            Err(_) => {
                // Those are sent again: some of them are on the disk already.
                if let Some(first) = under_way.values().chain(&handed).min() {
                    *next = *first;
                }
                return;
            }
        }
    }
}

#[test]
fn hub_that_is_killed_under_load_loses_no_acknowledged_row_and_keeps_none_twice() {
    let folder = HubFolder::new();
    let names: Vec<String> = (0..DEVICES).map(|number| format!("Car {number}")).collect();
    let tokens: Vec<String> = names.iter().map(|name| folder.add(name)).collect();
    let mut hub = folder.start(&[]);
    let port = Arc::new(AtomicUsize::new(hub.port().into()));
    let stop = Arc::new(AtomicBool::new(false));
    let publishers: Vec<_> = tokens
        .into_iter()
        .map(|token| Publisher::start(&port, token, &stop))
        .collect();
    let total = || publishers.iter().map(Publisher::count).sum::<usize>();
    for kill in 0..3 {
        let before = total();
        wait_until(SOON, "load", || total() > before + 2000);
        hub.kill();
        // What was acknowledged by now is there, whatever comes later.
        let acknowledged: Vec<_> = publishers
            .iter()
            .map(|it| it.acknowledged.lock().unwrap().clone())
            .collect();
        hub = folder.start(&[]);
        port.store(hub.port().into(), Ordering::SeqCst);
        for (name, acknowledged) in names.iter().zip(&acknowledged) {
            let rows = folder.rows(name);
            let kept: BTreeSet<i64> = rows.iter().map(|row| row.ts.as_millis() - BEGIN).collect();
            let lost: Vec<_> = acknowledged.difference(&kept).collect();
            assert!(lost.is_empty(), "kill {kill}: {name} lost {lost:?}");
            assert_eq!(kept.len(), rows.len(), "kill {kill}: {name} has rows twice");
        }
    }
    stop.store(true, Ordering::SeqCst);
    for publisher in publishers {
        publisher.thread.join().unwrap();
    }
    // Each row is as it was sent.
    for name in &names {
        for row in folder.rows(name) {
            assert_eq!(row.values["row"], row.ts.as_millis() - BEGIN);
        }
    }
    hub.stop();
}

#[test]
fn backup_under_load_is_one_moment_of_the_hub_and_comes_back() {
    let folder = HubFolder::new();
    let token = folder.add("Car");
    let hub = folder.start(&[]);
    let port = Arc::new(AtomicUsize::new(hub.port().into()));
    let stop = Arc::new(AtomicBool::new(false));
    let publisher = Publisher::start(&port, token, &stop);
    wait_until(SOON, "load", || publisher.count() > 1000);
    let copy = folder.path("copy \"1\".db");
    let acknowledged = publisher.acknowledged.lock().unwrap().clone();
    let backup = folder.tool(&["backup", copy.to_str().unwrap()]);
    assert!(backup.status.success(), "{backup:?}");
    let at_copy = publisher.count();
    wait_until(SOON, "load goes on", || publisher.count() > at_copy + 200);
    let counts = check_backup(&copy).unwrap();
    let said = String::from_utf8(backup.stdout).unwrap();
    assert!(said.contains(&counts.to_string()), "{said} {counts}");
    assert!(counts.messages >= acknowledged.len() as u64, "{counts}");

    let refused = folder.tool(&["restore", copy.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "while it runs: {said}");
    stop.store(true, Ordering::SeqCst);
    publisher.thread.join().unwrap();
    hub.stop();
    assert!(folder.rows("Car").len() as u64 > counts.messages);
    let restored = folder.tool(&["restore", copy.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(folder.store().counts().unwrap(), counts);
    let hub = folder.start(&[]);
    let kept: BTreeSet<i64> = folder
        .rows("Car")
        .iter()
        .map(|row| row.ts.as_millis() - BEGIN)
        .collect();
    assert!(
        acknowledged.is_subset(&kept),
        "what was acknowledged before the copy is in it"
    );
    assert_eq!(kept.len() as u64, counts.messages);
    // A log whose file is gone is not read with the copy.
    let mut hub = hub;
    hub.kill();
    let file = folder.out().join("hub.db");
    assert!(folder.out().join("hub.db-wal").exists());
    std::fs::remove_file(&file).unwrap();
    let restored = folder.tool(&["restore", copy.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(folder.store().counts().unwrap(), counts);
    // What was there is put aside, not lost.
    let aside = std::fs::read_dir(folder.out()).unwrap();
    let names = aside.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().any(|name| name.contains(".before-")));
    let nonsense = folder.path("nonsense");
    std::fs::write(&nonsense, "no copy").unwrap();
    let refused = folder.tool(&["restore", nonsense.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
}
