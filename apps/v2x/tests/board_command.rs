//! `v2x board` as a person uses it, with production boards on pseudo-terminals.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod station_bench;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bench::program::{Ran, run, run_to_failure, v2x};
use serde_json::Value;
use station_bench::staged::Staged;
use station_bench::{SOON, Site};
use v2x_boards::stage::{CollectorStage, SlotStage};
use v2x_testbench::wait_until;
use v2x_units::{BootId, Instant};

fn slot(site: &Site) -> (Staged, String) {
    let path = site.path("slot");
    let make = || SlotStage::new(BootId::new(0x51_07), Instant::BOOT);
    (Staged::plug(&path, make), path.display().to_string())
}

fn collector(site: &Site) -> (Staged, String) {
    let path = site.path("collector");
    let make = || CollectorStage::new(BootId::new(0xC0_11), Instant::BOOT);
    (Staged::plug(&path, make), path.display().to_string())
}

fn board(arguments: &[&str]) -> Ran {
    let mut command = v2x();
    command.arg("board").args(arguments);
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn setting(port: &str, key: &str) -> Value {
    let shown = board(&["show", port, "--json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    shown["settings"][key].clone()
}

#[test]
fn list_names_boards_what_else_speaks_and_who_holds_a_port() {
    let site = Site::new();
    let (_slot, slot) = slot(&site);
    let (_collector, collector) = collector(&site);
    let nobody = station_bench::line::Line::plug(&site.path("nobody"));
    let (_held, held) = {
        let path = site.path("held");
        let make = || SlotStage::new(BootId::new(0x51_08), Instant::BOOT);
        (Staged::plug(&path, make), path.display().to_string())
    };
    let daemon = site.station(&["--slot", &format!("1={held}")], None);
    wait_until(SOON, "the daemon on its port", || {
        daemon.log().contains("speaks the framed link")
    });
    let silent = site.path("nobody").display().to_string();
    let missing = site.path("missing").display().to_string();
    let ports = [&slot, &collector, &silent, &held, &missing];
    let ports: Vec<_> = ports.iter().map(|port| port.as_str()).collect();
    let listed = board(&[&["list", "--listen", "5"], ports.as_slice()].concat());
    assert_eq!(listed.code, Some(0), "{}", listed.err);
    let line = |port: &str| {
        let mut lines = listed.out.lines();
        lines
            .find(|line| line.starts_with(port))
            .unwrap()
            .to_owned()
    };
    assert!(
        line(&slot).contains("slot controller 00:00"),
        "{}",
        listed.out
    );
    assert!(line(&slot).contains("firmware 0.1.0, started by: power on"));
    assert!(
        line(&collector).contains("  collector 00:00"),
        "{}",
        listed.out
    );
    assert!(line(&silent).contains("nothing is sent"), "{}", listed.out);
    assert!(line(&held).contains("in use by the v2x daemon (process "));
    assert!(line(&missing).contains("does not exist"), "{}", listed.out);
    drop(nobody);
    let refused = board(&["show", &held]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("the v2x daemon, process "),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("systemctl stop"), "{}", refused.err);
    daemon.stop();
}

#[test]
fn setting_is_checked_by_the_board_kept_over_a_restart_and_refused_in_plain_words() {
    let site = Site::new();
    let (_board, port) = slot(&site);
    let set = board(&["set", &port, "name=left \"1\"", "text.slot=7", "--restart"]);
    assert_eq!(set.code, Some(0), "{}", set.err);
    assert!(set.out.contains("name = left \"1\"\n"), "{}", set.out);
    assert!(set.out.contains("has restarted"), "{}", set.out);
    assert_eq!(setting(&port, "name"), "left \"1\"");
    assert_eq!(setting(&port, "text.slot"), "7");
    let shown = board(&["show", &port]);
    assert!(shown.out.contains("by: restart by order"), "{}", shown.out);

    let wrong = board(&["set", &port, "relay=maybe"]);
    assert_eq!(wrong.code, Some(2));
    let says = "error: the board refuses relay: none, plain or feedback\n";
    assert!(wrong.err.starts_with(says), "{}", wrong.err);
    assert_eq!(setting(&port, "relay"), "feedback");
    let unknown = board(&["set", &port, "colour=red"]);
    assert!(unknown.err.contains("no such setting"), "{}", unknown.err);
    assert!(
        unknown.err.contains("this board has: name mode"),
        "{}",
        unknown.err
    );
    let no_pair = board(&["set", &port, "relay"]);
    assert!(no_pair.err.contains("write KEY=VALUE"), "{}", no_pair.err);
}

#[test]
fn board_in_text_mode_is_brought_back_to_the_link() {
    let site = Site::new();
    let (_board, port) = slot(&site);
    // Only the settings count: the board stops speaking the link when it starts anew.
    let text = board(&["set", &port, "mode=text"]);
    assert_eq!(text.code, Some(0), "{}", text.err);
    let mut restart = v2x();
    restart.args([
        "board",
        "set",
        &port,
        "name=t",
        "--restart",
        "--listen",
        "4",
    ]);
    let lost = run_to_failure(&mut restart);
    assert!(lost.err.contains("does not come back"), "{}", lost.err);
    let shown = run_to_failure(v2x().args(["board", "show", &port, "--listen", "4"]));
    assert!(shown.err.contains("mode=link"), "{}", shown.err);
    let back = board(&["set", &port, "mode=link"]);
    assert_eq!(back.code, Some(0), "{}", back.err);
    assert_eq!(setting(&port, "mode"), "link");
}

#[test]
fn log_says_who_the_board_is_why_it_started_and_what_it_counts() {
    let site = Site::new();
    let (_board, port) = collector(&site);
    let log = board(&["log", &port, "--for", "4"]);
    assert_eq!(log.code, Some(0), "{}", log.err);
    assert!(log.out.contains("collector 00:00"), "{}", log.out);
    assert!(log.out.contains("started by: power on"), "{}", log.out);
    assert!(log.out.contains("frame queue at most"), "{}", log.out);
}

/// A flash tool that writes down how it was called.
fn fake_tool(site: &Site, name: &str, ends_with: u8) -> (PathBuf, PathBuf) {
    let (folder, calls) = (site.path("tools"), site.path("calls"));
    fs::create_dir_all(&folder).unwrap();
    let tool = folder.join(name);
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> '{}'\nexit {ends_with}\n",
        calls.display()
    );
    fs::write(&tool, script).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, calls)
}

/// The beginning of a merged image for the ESP32-C3.
fn image(site: &Site) -> String {
    let mut bytes = vec![0xFF; 0x8020];
    bytes[0] = 0xE9;
    (bytes[12], bytes[13]) = (5, 0);
    (bytes[0x8000], bytes[0x8001]) = (0xAA, 0x50);
    let path = site.path("slot-controller.bin");
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn flash(path: &Path, arguments: &[&str]) -> Ran {
    let mut command = v2x();
    command.env_remove("V2X_PYTHON").env("PATH", path);
    let output = command
        .args(["board", "flash"])
        .args(arguments)
        .output()
        .unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn image_goes_to_its_chip_with_the_tool_that_is_there_and_the_board_is_greeted() {
    let site = Site::new();
    let (_board, port) = slot(&site);
    let image = image(&site);
    let nothing = flash(&site.path("nowhere"), &[&port, &image]);
    assert_eq!(nothing.code, Some(1));
    assert!(
        nothing.err.contains("neither espflash nor esptool"),
        "{}",
        nothing.err
    );
    assert!(
        nothing.err.contains("cargo install espflash"),
        "{}",
        nothing.err
    );

    let (tools, calls) = fake_tool(&site, "espflash", 0);
    let other = flash(&tools, &[&port, &image, "--chip", "esp32c6"]);
    assert_eq!(other.code, Some(4));
    assert!(
        other
            .err
            .contains("is for the esp32c3, not for the esp32c6"),
        "{}",
        other.err
    );
    assert!(!calls.exists(), "nothing was written");
    let done = flash(&tools, &[&port, &image]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(
        done.out.contains("flashed: slot controller 00:00"),
        "{}",
        done.out
    );
    let called = fs::read_to_string(&calls).unwrap();
    let wanted = format!("write-bin --chip esp32c3 --baud 460800 --port {port} 0x0 {image}\n");
    assert_eq!(called, wanted);

    fs::remove_file(tools.join("espflash")).unwrap();
    fs::remove_file(&calls).unwrap();
    fake_tool(&site, "esptool", 2);
    let failed = flash(&tools, &[&port, &image]);
    assert_eq!(failed.code, Some(1));
    assert!(
        failed.err.contains("the flash tool failed"),
        "{}",
        failed.err
    );
    let called = fs::read_to_string(&calls).unwrap();
    let wanted = format!("--chip esp32c3 --baud 460800 --port {port} write_flash 0x0 {image}\n");
    assert_eq!(called, wanted);
    let no_image = flash(
        &tools,
        &[&port, &site.path("none.bin").display().to_string()],
    );
    assert_eq!(no_image.code, Some(4), "{}", no_image.err);
    let help = run(&["board", "--help"]);
    assert!(help.out.contains("v2x board flash /dev/ttyUSB0"));
}
