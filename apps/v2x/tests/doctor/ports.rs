//! Ports that are missing, busy, silent or somebody else's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use rustix::fs::FlockOperation;
use v2x_testbench::{free_port, wait_until};

use super::bench::car::Car;
use super::bench::recordings;
use super::bench::replay::Replay;
use super::station_bench::line::Line;
use super::station_bench::{SOON, Site};
use super::talker::{CONSOLE, NMEA, SLOT, STATUS, Talker};
use super::{Finding, doctor, findings, names, vehicle};

#[test]
fn missing_port_is_named() {
    let site = Site::new();
    let command = doctor(&vehicle(&site, ""));
    names(
        command,
        "problem",
        "collector",
        "does not exist",
        "plug the board in",
    );
}

#[test]
fn busy_port_is_named_with_the_program_that_has_it() {
    let site = Site::new();
    let _line = Line::plug(&site.path("collector"));
    let holder = fs::File::open(site.path("collector")).unwrap();
    rustix::fs::flock(&holder, FlockOperation::NonBlockingLockExclusive).unwrap();
    let me = format!("(process {})", std::process::id());
    let command = doctor(&vehicle(&site, ""));
    names(
        command,
        "problem",
        "collector",
        "in use by another program",
        &me,
    );
}

#[test]
fn port_that_the_running_daemon_has_is_no_fault_and_the_daemon_is_asked() {
    let port = free_port();
    let car = Car::new(None);
    car.set("V2X_MONITOR_LISTEN", &format!("127.0.0.1:{port}"));
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    car.plug_in(replay.port());
    let daemon = car.start();
    let site = Site::new();
    std::os::unix::fs::symlink(replay.port(), site.path("collector")).unwrap();
    let config = vehicle(&site, "[recording]\nreserve_mb = 0\n");
    wait_until(SOON, "a daemon that answers", || {
        let mut command = doctor(&config);
        command.env("V2X_MONITOR_LISTEN", format!("127.0.0.1:{port}"));
        let found = findings(&command.output().unwrap());
        let has = |part: &str, what: &str| {
            let is_it = |finding: &&Finding| finding.part == part && finding.what.contains(what);
            found.iter().any(|finding| is_it(&finding))
        };
        has("collector", "the running daemon has the port open")
            && has("daemon: collector", "frames arrive")
    });
    assert!(daemon.stop().success());
}

#[test]
fn silent_port_is_named() {
    let site = Site::new();
    let _line = Line::plug(&site.path("collector"));
    let command = doctor(&vehicle(&site, ""));
    names(
        command,
        "problem",
        "collector",
        "nothing is sent",
        "has power",
    );
}

#[test]
fn wrong_speed_is_named() {
    let site = Site::new();
    let _line = Talker::at(&site.path("collector"), || vec![0x80; 64]);
    let command = doctor(&vehicle(&site, ""));
    names(
        command,
        "problem",
        "collector",
        "a wrong baud rate",
        "leave `baud` out",
    );
}

#[test]
fn device_that_is_no_collector_is_named_as_what_it_is() {
    for (words, what, todo) in [
        (
            NMEA,
            "a GNSS receiver, no collector",
            "name the board's port",
        ),
        (CONSOLE, "the log console of an ESP32", "the one for data"),
        (SLOT, "a charging slot of the prototype", "`v2x station`"),
    ] {
        let site = Site::new();
        let _line = Talker::saying(&site.path("collector"), words);
        let command = doctor(&vehicle(&site, ""));
        names(command, "problem", "collector", what, todo);
    }
}

#[test]
fn collector_where_a_slot_should_be_and_a_silent_meter_are_named() {
    let site = Site::new();
    let _board = Talker::saying(&site.path("board"), STATUS);
    let _meter = Line::plug(&site.path("meter"));
    let text = format!(
        "[station]\nout = \"{}\"\n[[slot]]\nnumber = 1\nport = \"{}\"\n\
         [[slot]]\nnumber = 2\nport = \"{}\"\nsource = \"pzem\"\naddress = 7\n",
        site.out().display(),
        site.path("board").display(),
        site.path("meter").display()
    );
    let config = site.write("station.toml", &text);
    let line = "line ";
    let todo = "belongs to `v2x vehicle`";
    names(
        doctor(&config),
        "problem",
        line,
        "no slot board is heard at 115200 baud",
        todo,
    );
    let what = "the meter of slot 2 (address 7) does not answer";
    names(
        doctor(&config),
        "problem",
        line,
        what,
        "mains at its screws",
    );
}

#[test]
fn port_without_permission_is_named_with_its_group() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can become another user");
        return;
    }
    let site = Site::new();
    let _line = Line::plug(&site.path("collector"));
    let device = fs::canonicalize(site.path("collector")).unwrap();
    fs::set_permissions(device, fs::Permissions::from_mode(0o600)).unwrap();
    let config = vehicle(&site, "");
    // The program lies where only this user looks; the settings' folder is opened.
    let program = site.path("v2x");
    fs::copy(env!("CARGO_BIN_EXE_v2x"), &program).unwrap();
    let open = |mode| fs::Permissions::from_mode(mode);
    fs::set_permissions(program.parent().unwrap(), open(0o755)).unwrap();
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", "65534", "--clear-groups"])
        .arg(&program);
    command.args(["doctor", "--json", "--config"]).arg(config);
    names(
        command,
        "problem",
        "collector",
        "no permission to open",
        "usermod -aG",
    );
}

#[test]
fn can_interface_that_is_not_there_is_named_with_how_to_list_what_is() {
    let site = Site::new();
    let config = site.write(
        "vehicle.toml",
        &format!(
            "[vehicle]\ncollector = \"socketcan:nosuch0\"\nout = \"{}\"\n",
            site.out().display()
        ),
    );
    let output = doctor(&config).output().unwrap();
    let found = findings(&output);
    let fault = found.iter().find(|finding| finding.part == "collector");
    let fault = fault.unwrap();
    assert_eq!(fault.severity, "problem");
    // A kernel without CAN says so; one with it looks for the interface.
    let (what, todo) = (fault.what.as_str(), fault.todo.as_str());
    let is_missing = what.contains("no CAN interface nosuch0") && todo.contains("ip link show");
    let is_unknown = what.contains("kernel has no CAN sockets") && todo.contains("modprobe");
    assert!(is_missing || is_unknown, "{fault:?}");
    assert_eq!(output.status.code(), Some(1));
}
