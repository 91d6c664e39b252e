//! A hub: its addresses, certificate, accounts, backup; one that runs is asked.

use std::net::TcpListener;
use std::process::Command;

use v2x_testbench::{free_port, wait_until};

use super::{findings, names};
use crate::bench::SOON;
use crate::bench::program::{Process, v2x};
use crate::station_bench::Site;

/// Settings of a hub in a folder of its own, and the ports of its endpoint and its monitor.
fn hub(site: &Site, more: &str) -> (std::path::PathBuf, u16, u16) {
    let (endpoint, monitor) = (free_port(), free_port());
    let text = format!(
        "[hub]\nout = \"{}\"\n[endpoint]\nlisten = \"127.0.0.1:{endpoint}\"\n\
         listen_tls = \"off\"\n{more}\n[dashboard]\nlisten = \"off\"\n\
         [monitor]\nlisten = \"127.0.0.1:{monitor}\"\n",
        site.out().display()
    );
    (site.write("hub.toml", &text), endpoint, monitor)
}

/// The doctor, with the monitor of the file: other tests have none.
fn doctor(config: &std::path::Path) -> Command {
    let mut command = super::doctor(config);
    command.env_remove("V2X_MONITOR_LISTEN");
    command
}

#[test]
fn hub_that_was_never_started_is_sound_and_nothing_is_made_of_it() {
    let site = Site::new();
    let (config, _, _) = hub(&site, "");
    let clock = site.write("clock", "0 ntp");
    let mut command = doctor(&config);
    let output = command.env("V2X_TEST_CLOCK", clock).output().unwrap();
    let found = findings(&output);
    assert!(output.status.success(), "{found:#?}");
    let is_free = |it: &&super::Finding| it.part == "endpoint.listen" && it.what.contains("free");
    assert!(found.iter().any(|it| is_free(&it)), "{found:#?}");
    assert!(!site.out().exists());
}

#[test]
fn address_that_is_taken_and_certificate_that_is_none_are_named() {
    let site = Site::new();
    let (config, endpoint, _) = hub(&site, "");
    let taken = TcpListener::bind(("127.0.0.1", endpoint)).unwrap();
    let (part, what) = ("endpoint.listen", "another program listens");
    names(doctor(&config), "problem", part, what, "ss -ltnp");
    drop(taken);
    let site = Site::new();
    let none = site
        .write("none.pem", "no certificate\n")
        .display()
        .to_string();
    let files = format!("certificate = \"{none}\"\nkey = \"{none}\"\n");
    let (config, _, _) = hub(&site, &files);
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("listen_tls = \"off\"", "listen_tls = \"127.0.0.1:0\"");
    std::fs::write(&config, text).unwrap();
    let (part, what) = ("certificate", "no certificate in PEM");
    names(doctor(&config), "problem", part, what, "belong together");
}

#[test]
fn hub_that_runs_says_how_it_does_and_that_no_backup_was_taken() {
    let site = Site::new();
    let (config, _, monitor) = hub(&site, "");
    let log = site.path("log");
    let mut command = v2x();
    command.arg("hub").arg("--config").arg(&config);
    command.env_remove("V2X_MONITOR_LISTEN");
    command.stderr(std::fs::File::create(&log).unwrap());
    let mut running = Process::start(&mut command);
    wait_until(SOON, "its monitor", || {
        std::fs::read_to_string(&log)
            .unwrap()
            .contains("and /health answer")
    });
    names(
        doctor(&config),
        "warning",
        "backup",
        "none was ever taken",
        "v2x hub backup",
    );
    names(
        doctor(&config),
        "warning",
        "people",
        "the first password",
        "remove the file",
    );
    names(doctor(&config), "fine", "daemon: store", "on the disk", "");
    names(doctor(&config), "fine", "hub", "it runs", "");
    let backup = site.path("today.db");
    let mut command = v2x();
    command.args(["hub", "backup"]).arg(&backup);
    command.arg("--out").arg(site.out());
    assert!(command.output().unwrap().status.success());
    names(
        doctor(&config),
        "fine",
        "backup",
        "the last one was taken 20",
        "",
    );
    let page = crate::bench::monitor::ask(monitor, "GET", "/metrics").body;
    if let Some(samples) = crate::bench::monitor::parsed(&page) {
        for (name, value) in [
            ("v2x_hub_devices", 0.0),
            ("v2x_hub_connections", 0.0),
            ("v2x_hub_rows_total{state=\"new\"}", 0.0),
            ("v2x_hub_refused_total{why=\"disk\"}", 0.0),
            ("v2x_hub_queue_capacity", 1024.0),
            ("v2x_dashboard_events_dropped_total{why=\"slow\"}", 0.0),
        ] {
            assert_eq!(samples.get(name), Some(&value), "{name} in {page}");
        }
    }
    running.terminate();
    assert!(running.wait("the end of the hub").success());
}
