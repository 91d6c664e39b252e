//! `deploy/install.sh` into a folder that stands for a system: what it puts where, twice, and what
//! it leaves when it takes the program away. Units are read by systemd's own checker.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// An archive as `cargo xtask dist` packs it, unpacked.
fn archive() -> TempDir {
    let archive = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let copy = |from: PathBuf, to: &str| {
        let mut command = Command::new("cp");
        command.arg("-R").arg(from).arg(archive.path().join(to));
        assert!(command.status().unwrap().success());
    };
    copy(repository.join("deploy"), "deploy");
    copy(repository.join("docs"), "docs");
    copy(repository.join("deploy/install.sh"), "install.sh");
    copy(env!("CARGO_BIN_EXE_v2x").into(), "v2x");
    archive
}

fn install(archive: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(archive.path().join("install.sh"));
    command.args(arguments).output().unwrap()
}

/// Every file below a folder with its mode and content, by its name.
fn files(root: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            found.push((name, mode, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

fn has(found: &[(String, u32, Vec<u8>)], name: &str, mode: u32) {
    let file = found.iter().find(|(known, ..)| known == name);
    let (_, seen, _) = file.unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(*seen, mode, "mode of {name}: {seen:o}");
}

#[test]
fn installing_twice_is_installing_once_and_keeps_settings_and_removal_leaves_only_those() {
    let archive = archive();
    let root = tempfile::tempdir().unwrap();
    let place = root.path().to_str().unwrap();
    let first = install(&archive, &["vehicle", "station", "--root", place]);
    assert!(first.status.success(), "{first:?}");
    let said = String::from_utf8(first.stdout).unwrap();
    assert!(
        said.contains("systemctl enable --now v2x-station"),
        "{said}"
    );
    let found = files(root.path());
    has(&found, "usr/local/bin/v2x", 0o755);
    has(&found, "etc/udev/rules.d/99-v2x.rules", 0o644);
    has(
        &found,
        "usr/local/share/doc/v2x/guide/run-at-boot.md",
        0o644,
    );
    for role in ["vehicle", "station"] {
        has(
            &found,
            &format!("etc/systemd/system/v2x-{role}.service"),
            0o644,
        );
        has(&found, &format!("etc/v2x/{role}.toml"), 0o640);
    }
    let settings = root.path().join("etc/v2x/vehicle.toml");
    fs::write(&settings, "# mine\n").unwrap();
    let before = files(root.path());
    let second = install(&archive, &["vehicle", "station", "--root", place]);
    assert!(second.status.success(), "{second:?}");
    assert!(
        files(root.path()) == before,
        "asking twice changed something"
    );
    let removed = install(&archive, &["--uninstall", "--root", place]);
    assert!(removed.status.success(), "{removed:?}");
    let left: Vec<_> = files(root.path()).into_iter().map(|file| file.0).collect();
    assert_eq!(left, ["etc/v2x/station.toml", "etc/v2x/vehicle.toml"]);
    let purged = install(&archive, &["--uninstall", "--purge", "--root", place]);
    assert!(purged.status.success(), "{purged:?}");
    assert_eq!(files(root.path()), []);
}

#[test]
fn role_that_is_missing_or_unknown_is_refused_and_changes_nothing() {
    let archive = archive();
    let root = tempfile::tempdir().unwrap();
    let place = root.path().to_str().unwrap();
    for (arguments, words) in [
        (vec!["--root", place], "which role"),
        (vec!["depot", "--root", place], "what is 'depot'"),
    ] {
        let refused = install(&archive, &arguments);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8(refused.stderr).unwrap().contains(words));
    }
    assert_eq!(files(root.path()), []);
    fs::write(archive.path().join("v2x"), "not for this machine").unwrap();
    let refused = install(&archive, &["vehicle", "--root", place]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .contains("is this the archive for")
    );
    assert_eq!(files(root.path()), []);
}

#[test]
fn skeletons_of_settings_are_right_once_a_board_is_named() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for role in ["vehicle", "station"] {
        let file = repository.join(format!("deploy/{role}.toml"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_v2x"));
        command
            .args(["doctor", "--listen", "1", "--json", "--config"])
            .arg(&file);
        let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(said.contains(&format!("{role}.toml is right")), "{said}");
        assert!(
            said.contains("usb-NAME-OF-YOUR-BOARD does not exist"),
            "{said}"
        );
    }
}

#[test]
fn units_have_nothing_that_systemd_complains_about() {
    let archive = archive();
    let root = tempfile::tempdir().unwrap();
    let place = root.path().to_str().unwrap();
    assert!(
        install(&archive, &["vehicle", "station", "--root", place])
            .status
            .success()
    );
    for role in ["vehicle", "station"] {
        let path = root
            .path()
            .join(format!("etc/systemd/system/v2x-{role}.service"));
        // The checker looks for the program where the unit says it is.
        let unit = fs::read_to_string(&path).unwrap();
        let program = "ExecStart=/usr/local/bin/v2x ";
        assert!(unit.contains(program), "{unit}");
        let here = format!("ExecStart={place}/usr/local/bin/v2x ");
        fs::write(&path, unit.replace(program, &here)).unwrap();
        let mut command = Command::new("systemd-analyze");
        let Ok(output) = command.args(["verify", "--man=no"]).arg(&path).output() else {
            println!("skipped: no systemd-analyze");
            return;
        };
        let said = String::from_utf8(output.stderr).unwrap();
        let name = format!("v2x-{role}.service");
        let complaints: Vec<_> = said.lines().filter(|line| line.contains(&name)).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}
