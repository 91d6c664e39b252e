//! `v2x keys` as an operator and the owners of units use it: files, modes, refusals.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bench::program::{Ran, run};
use tempfile::TempDir;

/// A name with every kind of quotation mark.
const CAR: &str = "CAR-7\"'`$(x)";

struct Desk(TempDir);

impl Desk {
    /// An operator's folder, made.
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let made = desk.keys(&["init", &desk.at("operator"), "--name", "O'Brien \"Yard\""]);
        assert_eq!(made.code, Some(0), "{}", made.err);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn keys(&self, arguments: &[&str]) -> Ran {
        run(&[&["keys"], arguments].concat())
    }

    /// Enrols in one step.
    fn enroll(&self, folder: &str, more: &[&str]) -> Ran {
        let (folder, pki) = (self.at(folder), self.at("operator"));
        self.keys(&[&["enroll", &folder, "--pki", &pki], more].concat())
    }

    fn enroll_car(&self, folder: &str) -> Ran {
        let car = ["--role", "vehicle", "--name", CAR, "--battery-data", "yes"];
        self.enroll(folder, &[&car[..], &["--pseudonyms", "3"]].concat())
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Everything secret in a folder, as it is written.
fn secrets(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let secret = files.filter(|path| path.extension().is_some_and(|it| it == "key"));
    let lines = secret.flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    lines.collect()
}

#[test]
fn car_is_enrolled_with_strict_modes_and_nothing_secret_is_ever_printed() {
    let desk = Desk::new();
    let enrolled = desk.enroll_car("car");
    assert_eq!(enrolled.code, Some(0), "{}", enrolled.err);
    assert!(enrolled.out.contains(CAR), "{}", enrolled.out);
    assert!(enrolled.out.contains("pseudonyms    3"), "{}", enrolled.out);
    assert!(
        enrolled.out.contains("battery data  yes"),
        "{}",
        enrolled.out
    );
    for folder in ["operator", "car"] {
        assert_eq!(mode(&desk.path(folder)), 0o700);
        for entry in fs::read_dir(desk.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_secret = path
                .extension()
                .is_some_and(|it| it == "key" || it == "jsonl");
            let right = if is_secret { 0o600 } else { 0o644 };
            assert_eq!(mode(&path), right, "{}", path.display());
        }
    }
    let shown = desk.keys(&["show", &desk.at("operator")]);
    let again = desk.keys(&["show", &desk.at("car")]);
    let printed = [enrolled.out, shown.out, again.out].concat();
    let secrets = [secrets(&desk.path("operator")), secrets(&desk.path("car"))].concat();
    assert_eq!(secrets.len(), 3 + 1 + 3);
    for secret in secrets {
        assert!(!printed.contains(&secret));
        for paper in ["request.json", "enrolment.json"] {
            let text = fs::read_to_string(desk.path("car").join(paper)).unwrap();
            assert!(!text.contains(&secret), "{paper}");
        }
    }
}

#[test]
fn station_asks_on_its_computer_and_installs_what_the_operator_answers_elsewhere() {
    let desk = Desk::new();
    let folder = desk.at("slot");
    let asked = desk.keys(&[
        "enroll",
        &folder,
        "--role",
        "station",
        "--name",
        "MA*HEL*E0001*1",
    ]);
    assert_eq!(asked.code, Some(0), "{}", asked.err);
    let early = desk.keys(&["show", &folder]);
    assert_eq!(early.code, Some(4));
    assert!(early.err.contains("not enrolled yet"), "{}", early.err);
    let request = desk.at("slot/request.json");
    let issued = desk.keys(&["issue", &request, "--pki", &desk.at("operator")]);
    assert_eq!(issued.code, Some(0), "{}", issued.err);
    fs::write(desk.path("answer.json"), &issued.out).unwrap();
    let installed = desk.keys(&["enroll", &folder, "--answer", &desk.at("answer.json")]);
    assert_eq!(installed.code, Some(0), "{}", installed.err);
    assert!(
        installed.out.contains("MA*HEL*E0001*1"),
        "{}",
        installed.out
    );

    // Somebody else's answer, and one that was altered on its way.
    let other = desk.enroll_car("car");
    assert_eq!(other.code, Some(0), "{}", other.err);
    let foreign = desk.keys(&[
        "enroll",
        &desk.at("car"),
        "--answer",
        &desk.at("answer.json"),
    ]);
    assert_eq!(foreign.code, Some(4));
    assert!(foreign.err.contains("other keys"), "{}", foreign.err);
    let altered = issued
        .out
        .replacen("\"credential\": \"0101", "\"credential\": \"0102", 1);
    assert_ne!(altered, issued.out);
    fs::write(desk.path("altered.json"), altered).unwrap();
    let refused = desk.keys(&["enroll", &folder, "--answer", &desk.at("altered.json")]);
    assert_eq!(refused.code, Some(4));
    assert!(refused.err.contains("signature"), "{}", refused.err);
}

#[test]
fn revoked_name_is_listed_and_may_then_be_given_to_another_unit() {
    let desk = Desk::new();
    assert_eq!(desk.enroll_car("car").code, Some(0));
    let taken = desk.enroll_car("other");
    assert_eq!(taken.code, Some(2));
    assert!(taken.err.contains("another vehicle"), "{}", taken.err);
    let renewed = desk.enroll_car("car");
    assert_eq!(renewed.code, Some(0), "{}", renewed.err);

    let operator = desk.at("operator");
    let revoked = desk.keys(&["revoke", CAR, "--pki", &operator]);
    assert_eq!(revoked.code, Some(0), "{}", revoked.err);
    assert!(
        revoked.out.contains("list 2, 2 revoked, next by"),
        "{}",
        revoked.out
    );
    let shown = desk.keys(&["show", &operator]);
    assert_eq!(shown.out.matches("  revoked").count(), 2, "{}", shown.out);
    assert_eq!(desk.enroll_car("other").code, Some(0));
    let again = desk.keys(&["revoke", "--pki", &operator, "--revocation-days", "1"]);
    assert!(again.out.contains("list 3, 2 revoked"), "{}", again.out);
    let unknown = desk.keys(&["revoke", "nobody", "--pki", &operator]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.err.contains("hint: v2x keys show"),
        "{}",
        unknown.err
    );
}

#[test]
fn unit_does_not_change_its_operator_by_itself() {
    let desk = Desk::new();
    assert_eq!(desk.enroll_car("car").code, Some(0));
    let stranger = Desk::new();
    let request = desk.at("car/request.json");
    let issued = stranger.keys(&["issue", &request, "--pki", &stranger.at("operator")]);
    fs::write(desk.path("answer.json"), &issued.out).unwrap();
    let (car, answer) = (desk.at("car"), desk.at("answer.json"));
    let refused = desk.keys(&["enroll", &car, "--answer", &answer]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("--other-operator"), "{}", refused.err);
    let taken = desk.keys(&["enroll", &car, "--answer", &answer, "--other-operator"]);
    assert_eq!(taken.code, Some(0), "{}", taken.err);
}

#[test]
fn laxer_modes_a_second_init_and_an_unasked_owner_are_refused_with_a_hint() {
    let desk = Desk::new();
    let operator = desk.at("operator");
    let again = desk.keys(&["init", &operator]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("worthless"), "{}", again.err);
    let unasked = desk.enroll("car", &["--role", "vehicle", "--name", "C"]);
    assert_eq!(unasked.code, Some(2));
    assert!(
        unasked.err.contains("--battery-data yes"),
        "{}",
        unasked.err
    );
    let key = desk.path("operator").join("authority.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o604)).unwrap();
    let open = desk.keys(&["show", &operator]);
    assert_eq!(open.code, Some(3));
    assert!(open.err.contains("mode 0604"), "{}", open.err);
    assert!(open.err.contains("chmod 0600"), "{}", open.err);
}
