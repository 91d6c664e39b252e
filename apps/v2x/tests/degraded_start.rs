//! A daemon that starts while something is missing lives, says what, and goes on when it is there.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

mod bench;

use std::fs;
use std::process::Command;

use bench::SOON;
use bench::car::Car;
use bench::monitor::{health, part};
use bench::program::{Process, v2x};
use bench::recordings;
use bench::replay::Replay;
use v2x_store::Store;
use v2x_testbench::{free_port, wait_until};

#[test]
fn daemon_without_its_port_says_so_and_records_when_it_appears() {
    let port = free_port();
    let car = Car::new(None);
    car.set("V2X_MONITOR_LISTEN", &format!("127.0.0.1:{port}"));
    let daemon = car.start();
    assert!(daemon.says("waiting for the collector"));
    wait_until(SOON, "a collector that is missing", || {
        let (code, health) = health(port);
        let (status, why) = part(&health, "collector");
        code == 503 && status == "failed" && why.contains("does not exist; plug the board in")
    });
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    car.plug_in(replay.port());
    wait_until(SOON, "frames", || {
        let (code, health) = health(port);
        let is_heard = part(&health, "collector").1 == "frames arrive";
        code == 200 && is_heard
    });
    // Already open; a pseudo-terminal of another test gets the same number later.
    car.hide_port();
    assert!(daemon.stop().success());
    let log = car.written().raw_log();
    assert!(!log.frames.is_empty() && log.damaged == 0);
}

/// Starts the daemon where its folder is a disk of 8 MB that is full, in a mount namespace; `None`,
/// after saying so, where this user may not mount.
fn on_full_disk(folder: &std::path::Path, monitor: u16, replay: &Replay) -> Option<Process> {
    let out = folder.join("disk");
    fs::create_dir(&out).unwrap();
    let unshare = ["--map-root-user", "--mount", "sh", "-c"];
    let mount = "mount -t tmpfs -o size=8m none \"$0\"";
    let mut trial = Command::new("unshare");
    trial.args(unshare).arg(mount).arg(&out);
    if !trial.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no mount namespaces here");
        return None;
    }
    // Room comes, and the end, when the test makes files outside of the namespace.
    let script = format!(
        "{mount} || exit 9\n\
         cat /dev/zero > \"$0/filler\" 2>/dev/null\n\
         (while [ ! -e \"$0.room\" ]; do sleep 0.2; done; rm \"$0/filler\") &\n\
         \"$@\" & daemon=$!\n\
         while [ ! -e \"$0.stop\" ]; do sleep 0.2; done\n\
         kill -TERM $daemon; wait $daemon; code=$?\n\
         cp -r \"$0/out\" \"$0.left\"; exit $code"
    );
    let daemon = v2x();
    let mut command = Command::new("unshare");
    command.args(unshare).arg(script).arg(&out);
    command.arg(daemon.get_program());
    command.args(["vehicle", "--collector"]).arg(replay.port());
    command.arg("--out").arg(out.join("out"));
    command.env("V2X_MONITOR_LISTEN", format!("127.0.0.1:{monitor}"));
    command.env("V2X_RECORDING_RESERVE_MB", "0");
    command.env("V2X_TIME_WAIT_S", "0");
    command.stderr(fs::File::create(folder.join("log")).unwrap());
    Some(Process::start(&mut command))
}

#[test]
fn daemon_whose_disk_is_full_at_the_start_waits_for_room_and_then_writes_what_waited() {
    let folder = tempfile::tempdir().unwrap();
    let monitor = free_port();
    let replay = Replay::start(&recordings::invented(), &["--rate", "490"]);
    let Some(mut daemon) = on_full_disk(folder.path(), monitor, &replay) else {
        return;
    };
    wait_until(SOON, "a store that is not open", || {
        assert!(!daemon.has_ended(), "{}", log(folder.path()));
        let (code, health) = health(monitor);
        let (status, why) = part(&health, "store");
        let collector = part(&health, "collector").1;
        code == 503
            && status == "failed"
            && why.contains("rows wait in memory")
            && collector == "frames arrive"
    });
    assert!(log(folder.path()).contains("the store cannot be opened yet"));
    fs::write(folder.path().join("disk.room"), "").unwrap();
    wait_until(SOON, "a store that is open", || {
        let (_, health) = health(monitor);
        part(&health, "store").0 == "ok"
    });
    fs::write(folder.path().join("disk.stop"), "").unwrap();
    let status = daemon.wait("the end of the daemon");
    assert!(status.success(), "{}", log(folder.path()));
    let store = Store::open(&folder.path().join("disk.left/v2x.db")).unwrap();
    assert!(
        store.telemetry_count().unwrap() > 0,
        "{}",
        log(folder.path())
    );
}

fn log(folder: &std::path::Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap()
}
