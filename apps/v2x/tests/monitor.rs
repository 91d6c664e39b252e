//! `/metrics` and `/health` of running daemons, asked over HTTP as Prometheus and people do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use bench::SOON;
use bench::car::{Car, Daemon};
use bench::monitor::{ask, health, parsed, part, talk};
use bench::program::{Process, v2x};
use bench::recordings;
use bench::replay::Replay;
use v2x_testbench::{free_port, wait_until};

/// A car with its monitor at a port, and the recording that plays into it.
fn watched(broker: Option<String>) -> (Car, Daemon, Replay, u16) {
    let port = free_port();
    let car = Car::new(broker);
    car.set("V2X_MONITOR_LISTEN", &format!("127.0.0.1:{port}"));
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    car.plug_in(replay.port());
    let daemon = car.start();
    (car, daemon, replay, port)
}

#[test]
fn vehicle_exports_every_counter_in_a_form_that_prometheus_reads() {
    let (_car, daemon, _replay, port) = watched(None);
    wait_until(SOON, "rows", || {
        let page = ask(port, "GET", "/metrics").body;
        page.contains("v2x_rows_total 2") && page.contains("v2x_gnss_fix_age_seconds")
    });
    let answer = ask(port, "GET", "/metrics");
    assert!(
        answer
            .head
            .contains("content-type: text/plain; version=0.0.4"),
        "{}",
        answer.head
    );
    assert!(daemon.stop().success());
    let Some(samples) = parsed(&answer.body) else {
        return;
    };
    assert!(samples["v2x_can_frames_total"] > 490.0);
    assert!(samples["v2x_collector_received_bytes_total"] > 490.0 * 20.0);
    assert!(samples["v2x_can_frame_age_seconds"] < SOON.as_secs_f64());
    assert!(samples["v2x_disk_free_bytes"] > 0.0);
    for (name, value) in [
        ("v2x_collector_open", 1.0),
        ("v2x_recorder_level", 0.0),
        ("v2x_rows_lost_total", 0.0),
        ("v2x_broker_configured", 0.0),
        ("v2x_build_info{role=\"vehicle\",version=\"0.1.0\"}", 1.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name}");
    }
    let sources = samples.iter();
    let sources = sources.filter(|(name, _)| name.starts_with("v2x_clock_source"));
    assert_eq!(sources.map(|(_, value)| value).sum::<f64>(), 1.0);
}

#[test]
fn vehicle_explains_its_health_and_fails_it_when_the_collector_is_gone() {
    let broker = format!("mqtt://127.0.0.1:{}", free_port());
    let (car, _daemon, replay, port) = watched(Some(broker));
    wait_until(SOON, "frames and a refused broker", || {
        let (code, health) = health(port);
        let frames = ("ok".to_owned(), "frames arrive".to_owned());
        let (broker, why) = part(&health, "broker");
        part(&health, "collector") == frames
            && code == 200
            && health["status"] == "degraded"
            && broker == "degraded"
            && why.contains("refused")
    });
    car.hide_port();
    drop(replay);
    wait_until(SOON, "a collector that is gone", || {
        let (code, health) = health(port);
        let (status, why) = part(&health, "collector");
        code == 503
            && health["status"] == "failed"
            && status == "failed"
            && why.contains("hung up; check the cable")
    });
}

#[test]
fn whoever_asks_slowly_wrongly_or_too_much_is_turned_away_and_others_are_answered() {
    let (_car, daemon, _replay, port) = watched(None);
    assert_eq!(ask(port, "GET", "/metrics").code, 200);
    // Eight that say nothing take every place, until their time is up.
    let silent: Vec<_> = (0..8)
        .map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap())
        .collect();
    let mut slow = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    slow.write_all(b"GET /metrics HT").unwrap();
    assert_eq!(ask(port, "HEAD", "/metrics").body, "");
    assert_eq!(ask(port, "POST", "/metrics").code, 405);
    assert_eq!(ask(port, "GET", "/etc/passwd").code, 404);
    let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let said = talk(port, large.as_bytes());
    assert!(said.is_none_or(|said| said.is_empty() || said.contains("431")));
    let said = talk(
        port,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    )
    .unwrap();
    assert!(said.is_empty() || said.contains("400"), "{said}");
    drop(silent);
    assert_eq!(ask(port, "GET", "/health").code, 200);
    assert!(daemon.stop().success());
}

#[test]
fn daemon_whose_monitor_address_is_taken_says_so_and_records() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let car = Car::new(None);
    let address = taken.local_addr().unwrap();
    car.set("V2X_MONITOR_LISTEN", &address.to_string());
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    car.plug_in(replay.port());
    let daemon = car.start();
    wait_until(SOON, "word of the taken address", || {
        daemon.says("no /metrics and /health: another program listens there")
    });
    wait_until(SOON, "frames", || car.written().lines_logged() > 0);
    assert!(daemon.stop().success());
}

#[test]
fn station_exports_its_lines_and_slots_and_says_which_line_is_missing() {
    let port = free_port();
    let folder = tempfile::tempdir().unwrap();
    let line = folder.path().join("no \"such\" port");
    let mut command = v2x();
    command.env("V2X_MONITOR_LISTEN", format!("127.0.0.1:{port}"));
    command.args(["station", "--slot", &format!("1={}", line.display())]);
    command.arg("--out").arg(folder.path().join("out"));
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let _station = Process::start(command.stderr(log));
    let name = format!("line {}", line.display());
    wait_until(SOON, "a line that is missing", || {
        let (code, health) = health(port);
        let (status, why) = part(&health, &name);
        code == 503 && status == "failed" && why.contains("does not exist; plug the board in")
    });
    wait_until(SOON, "a slot", || {
        let page = ask(port, "GET", "/metrics").body;
        page.contains("v2x_slot_state")
    });
    let Some(samples) = parsed(&ask(port, "GET", "/metrics").body) else {
        return;
    };
    let line = format!("v2x_line_open{{line=\"{}\"}}", line.display());
    assert_eq!(samples.get(&line), Some(&0.0), "{samples:?}");
    assert_eq!(samples["v2x_meter_readings_total"], 0.0);
}
