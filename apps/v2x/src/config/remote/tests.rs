//! What the server may set, what is refused in which words, and what a restart finds.

use serde_json::json;
use tempfile::TempDir;

use super::*;

fn base() -> Tuning {
    Tuning {
        row_interval: Duration::from_secs(1),
        alarms: AlarmLimits::default(),
    }
}

fn load(folder: &TempDir) -> RemoteSettings {
    let (settings, notes) = RemoteSettings::load_with(folder.path(), base(), true, |_| false);
    assert_eq!(notes, [""; 0]);
    settings
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn every_setting_on_the_list_is_one_of_the_file_and_changes_something() {
    let folder = folder();
    for key in REMOTE_KEYS {
        let mut settings = load(&folder);
        assert_eq!(
            settings.set(key, &json!(3), By::Attribute),
            Ok(true),
            "{key}"
        );
        assert_ne!(settings.tuning(), base(), "{key}");
        assert_eq!(settings.unset(key, None), Ok(true));
        assert_eq!(settings.tuning(), base(), "{key}");
    }
}

#[test]
fn value_is_checked_as_the_file_is_and_refused_in_the_same_words() {
    let folder = folder();
    let mut settings = load(&folder);
    for (key, value, said) in [
        ("vehicle.row_interval_s", json!(0), "it must be 0.1 to 600"),
        ("vehicle.row_interval_s", json!("5"), "expected f64"),
        ("vehicle.row_interval_s", json!(null), "it must be a number"),
        (
            "vehicle.row_interval_s",
            json!({ "a": 1 }),
            "it must be a number",
        ),
        ("alarms.hot_c", json!(101), "it must be 0 to 100"),
        (
            "vehicle.out",
            json!("/etc"),
            "nothing that can be changed from afar",
        ),
        (
            "mqtt.url",
            json!("mqtt://other"),
            "nothing that can be changed from afar",
        ),
        (
            "alarms.\"hot",
            json!(50),
            "nothing that can be changed from afar",
        ),
    ] {
        let error = settings.set(key, &value, By::Attribute).unwrap_err();
        assert!(error.contains(said), "{key} = {value}: {error}");
    }
    assert_eq!(settings.tuning(), base());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn setting_is_found_again_after_a_restart_and_written_once() {
    let folder = folder();
    let mut settings = load(&folder);
    let key = "vehicle.row_interval_s";
    assert_eq!(settings.set(key, &json!(0.5), By::Attribute), Ok(true));
    assert_eq!(settings.set(key, &json!(0.5), By::Attribute), Ok(false));
    let again = load(&folder);
    assert_eq!(again.tuning().row_interval, Duration::from_millis(500));
    let shown: Vec<_> = again.shown().collect();
    assert_eq!(shown, [(key, "0.5".to_owned())]);
    assert_eq!(kept_values(folder.path())[key], "0.5");
}

#[test]
fn what_a_command_has_set_stays_when_the_server_has_no_attribute_of_it() {
    let folder = folder();
    let mut settings = load(&folder);
    let key = "vehicle.row_interval_s";
    settings.set(key, &json!(5), By::Command).unwrap();
    assert_eq!(settings.unset(key, Some(By::Attribute)), Ok(false));
    assert_eq!(settings.tuning().row_interval, Duration::from_secs(5));
    settings.set(key, &json!(6), By::Attribute).unwrap();
    assert_eq!(settings.unset(key, Some(By::Attribute)), Ok(true));
    assert_eq!(settings.tuning(), base());
}

#[test]
fn owner_and_environment_forbid_what_they_hold() {
    let folder = folder();
    load(&folder)
        .set("alarms.hot_c", &json!(40), By::Attribute)
        .unwrap();
    let (mut forbidden, _) = RemoteSettings::load_with(folder.path(), base(), false, |_| false);
    assert_eq!(forbidden.tuning(), base(), "what was kept before rests");
    let error = forbidden
        .set("alarms.hot_c", &json!(41), By::Attribute)
        .unwrap_err();
    assert!(error.contains("remote.settings is false"), "{error}");
    let is_held = |variable: &str| variable == "V2X_ALARMS_HOT_C";
    let (mut held, _) = RemoteSettings::load_with(folder.path(), base(), true, is_held);
    assert_eq!(held.tuning(), base());
    let error = held
        .set("alarms.hot_c", &json!(41), By::Attribute)
        .unwrap_err();
    assert!(error.contains("V2X_ALARMS_HOT_C holds it"), "{error}");
    assert_eq!(
        held.set("alarms.cold_c", &json!(3), By::Attribute),
        Ok(true)
    );
}

#[test]
fn spoilt_file_is_left_out_with_a_word_and_the_right_settings_of_it_hold() {
    let folder = folder();
    let path = folder.path().join(FILE);
    let load = || RemoteSettings::load_with(folder.path(), base(), true, |_| false);
    fs::write(&path, "no toml = = 5").unwrap();
    let (settings, notes) = load();
    assert_eq!(settings.tuning(), base());
    assert!(notes[0].contains(FILE), "{notes:?}");
    let entry =
        |key, value| format!("[[setting]]\nkey = \"{key}\"\nvalue = {value}\nby = \"attribute\"\n");
    let text = entry("alarms.hot_c", "1000") + &entry("alarms.cold_c", "3.0") + &entry("x.y", "1");
    fs::write(&path, text).unwrap();
    let (settings, notes) = load();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("it must be 0 to 100"), "{notes:?}");
    assert_eq!(settings.shown().count(), 1);
}

#[test]
fn change_that_cannot_be_kept_is_refused_and_does_not_hold() {
    let folder = folder();
    let mut settings = load(&folder);
    // A folder where the file is to be written.
    fs::create_dir(folder.path().join("remote_settings.toml.new")).unwrap();
    let error = settings
        .set("alarms.hot_c", &json!(40), By::Attribute)
        .unwrap_err();
    assert!(error.contains("cannot be kept"), "{error}");
    assert_eq!(settings.tuning(), base());
}

#[test]
fn attribute_of_somebody_else_is_not_meant_as_a_setting() {
    for (name, is_meant) in [
        ("vehicle.row_interval_s", true),
        ("alarms.hot", true),
        ("fw_title", false),
        ("row_interval_s", false),
        ("other.key", false),
    ] {
        assert_eq!(is_meant_as_setting(name), is_meant, "{name}");
    }
}
