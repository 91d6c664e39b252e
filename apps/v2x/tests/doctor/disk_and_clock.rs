//! The clock of this computer, and the disk of the data.

use std::fs;
use std::process::Command;

use super::station_bench::Site;
use super::{doctor, names, vehicle};

#[test]
fn clock_in_1970_and_one_that_nobody_vouches_for_are_named() {
    let site = Site::new();
    let at = |setting: &str| {
        let mut command = doctor(&vehicle(&site, ""));
        command.env("V2X_TEST_CLOCK", site.write("clock", setting));
        command
    };
    // More than half a century back.
    let before = at("-1790000000 free");
    names(
        before,
        "problem",
        "clock",
        "clock says 197",
        "timedatectl set-ntp",
    );
    names(
        at("0 free"),
        "warning",
        "clock",
        "nobody vouches for it",
        "time servers",
    );
}

/// Runs the doctor where its folder is a small disk, which these commands prepare; `None`, after
/// saying so, where this user may not mount.
fn on_small_disk(site: &Site, prepare: &str) -> Option<Command> {
    fs::create_dir_all(site.out()).unwrap();
    let unshare = ["--map-root-user", "--mount", "sh", "-c"];
    let mount = "mount -t tmpfs -o size=64k none \"$0\"";
    let mut trial = Command::new("unshare");
    let trial = trial.args(unshare).arg(mount).arg(site.out());
    if !trial.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no mount namespaces here");
        return None;
    }
    let script = format!("{mount} && {prepare} && exec \"$@\"");
    let doctor = doctor(&vehicle(site, "[recording]\nreserve_mb = 0\n"));
    let mut command = Command::new("unshare");
    command.args(unshare).arg(script).arg(site.out());
    command.arg(doctor.get_program()).args(doctor.get_args());
    Some(command)
}

#[test]
fn full_disk_is_named() {
    let site = Site::new();
    let fill = "{ head -c 1M /dev/zero > \"$0\"/fill 2>&- ; true; }";
    if let Some(command) = on_small_disk(&site, fill) {
        names(command, "problem", "disk", "is full", "make room");
    }
}

#[test]
fn read_only_disk_is_named() {
    let site = Site::new();
    if let Some(command) = on_small_disk(&site, "mount -o remount,ro \"$0\"") {
        names(command, "problem", "disk", "is read-only", "remount,rw");
    }
}

#[test]
fn little_room_is_named() {
    let site = Site::new();
    let command = doctor(&vehicle(&site, "[recording]\nreserve_mb = 1000000000\n"));
    names(command, "problem", "disk", "little is left", "make room");
}
