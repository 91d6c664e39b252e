//! Settings that the server may change: which, how they are checked, and where they are kept.
//!
//! The list is short and on purpose: nothing on it can lose a measurement, open a door or cost
//! more than the owner's own file could. A value is checked exactly as the file's, kept in
//! `remote_settings.toml` in the folder of the data, and wins over the file, but not over the
//! command line and the environment. `docs/guide/remote.md` is the page for readers; what the
//! server says is heard in `vehicle/remote`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use v2x_roles::vehicle::AlarmLimits;

use super::keys::{KEYS, Key};
use super::toml_file;

/// What the server may change.
pub(crate) const REMOTE_KEYS: [&str; 5] = [
    "vehicle.row_interval_s",
    "alarms.cell_spread_v",
    "alarms.hot_c",
    "alarms.cold_c",
    "alarms.low_charge_percent",
];

/// The file in the folder of the data.
const FILE: &str = "remote_settings.toml";
const HEADER: &str = "\
# Settings that the server has changed; they win over the file of --config.
# Removing one here holds until the server sets it again; remote.settings = false forbids all.

";

/// What the owner allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RemoteConfig {
    /// Whether settings may be changed from afar.
    pub(crate) settings: bool,
    /// Whether commands are carried out.
    pub(crate) commands: bool,
    /// Whether the end of the VIN is told as it is.
    pub(crate) vin_in_clear: bool,
}

/// The settings that can change while the daemon runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tuning {
    /// The time between two merged rows.
    pub(crate) row_interval: Duration,
    /// Where the battery's alarms are raised.
    pub(crate) alarms: AlarmLimits,
}

/// By what the server has changed a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// By a shared attribute: it holds until that changes or goes.
    Attribute,
    /// By a command: it holds until an attribute or another command says otherwise.
    Command,
}

/// One setting as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    key: String,
    value: toml::Value,
    by: By,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFile {
    #[serde(default)]
    setting: Vec<Kept>,
}

/// The settings that the server has changed.
#[derive(Debug)]
pub(crate) struct RemoteSettings {
    path: PathBuf,
    is_allowed: bool,
    base: Tuning,
    kept: BTreeMap<&'static str, Kept>,
    environment: fn(&str) -> bool,
}

impl RemoteSettings {
    /// Reads what was kept in a folder; what cannot be read or is no longer right is left out, with
    /// a word for each.
    pub(crate) fn load(folder: &Path, base: Tuning, is_allowed: bool) -> (Self, Vec<String>) {
        let is_set = |variable: &str| std::env::var_os(variable).is_some();
        Self::load_with(folder, base, is_allowed, is_set)
    }

    fn load_with(
        folder: &Path,
        base: Tuning,
        is_allowed: bool,
        environment: fn(&str) -> bool,
    ) -> (Self, Vec<String>) {
        let mut settings = Self {
            path: folder.join(FILE),
            is_allowed,
            base,
            kept: BTreeMap::new(),
            environment,
        };
        let mut notes = Vec::new();
        match read(&settings.path) {
            Ok(file) => {
                for kept in file.setting {
                    match settings.checked(&kept.key, kept.value.clone()) {
                        Ok(key) => {
                            let key = key_name(key);
                            settings.kept.insert(key, kept);
                        }
                        Err(why) => {
                            notes.push(format!("a setting of the server is left out: {why}"));
                        }
                    }
                }
            }
            Err(why) => notes.push(format!("settings of the server are left out: {why}")),
        }
        (settings, notes)
    }

    /// What holds.
    pub(crate) fn tuning(&self) -> Tuning {
        let mut tuning = self.base;
        for kept in self.holding() {
            apply(&mut tuning, kept);
        }
        tuning
    }

    /// The settings of the server that hold, with their values.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&str, String)> {
        let holding = self.holding();
        holding.map(|kept| (kept.key.as_str(), kept.value.to_string()))
    }

    /// Changes a setting, and keeps it; `false`: it had this value already.
    ///
    /// # Errors
    /// Why it is refused: then the value before holds.
    pub(crate) fn set(&mut self, key: &str, value: &Json, by: By) -> Result<bool, String> {
        let value = toml_of(value).ok_or_else(|| {
            let seen: String = value.to_string().chars().take(40).collect();
            format!("{key} is {seen}; it must be a number, a word, or true or false")
        })?;
        let known = self.checked(key, value.clone())?;
        self.check_allowed(known)?;
        let key = key_name(known);
        let kept = Kept {
            key: key.to_owned(),
            value,
            by,
        };
        if self.kept.get(key) == Some(&kept) {
            return Ok(false);
        }
        let mut changed = self.kept.clone();
        changed.insert(key, kept);
        self.keep(changed)?;
        Ok(true)
    }

    /// Takes a setting back, if it was set like that or by nobody in particular; `false`: it was
    /// not.
    ///
    /// # Errors
    /// Why it stays.
    pub(crate) fn unset(&mut self, key: &str, by: Option<By>) -> Result<bool, String> {
        let Some(kept) = self.kept.get(key) else {
            return Ok(false);
        };
        if by.is_some_and(|by| kept.by != by) {
            return Ok(false);
        }
        let mut changed = self.kept.clone();
        changed.remove(key);
        self.keep(changed)?;
        Ok(true)
    }

    /// Those that hold: none that is forbidden or held by the environment.
    fn holding(&self) -> impl Iterator<Item = &Kept> {
        let kept = self.kept.values();
        kept.filter(|kept| {
            let key = find(&kept.key);
            key.is_some_and(|key| self.check_allowed(key).is_ok())
        })
    }

    fn check_allowed(&self, key: &Key) -> Result<(), String> {
        let path = key.path();
        if !self.is_allowed {
            return Err(format!(
                "{path} is not changed: remote.settings is false on this computer"
            ));
        }
        let variable = key.variable();
        if (self.environment)(&variable) {
            return Err(format!(
                "{path} is not changed: {variable} holds it on this computer"
            ));
        }
        Ok(())
    }

    fn checked(&self, key: &str, value: toml::Value) -> Result<&'static Key, String> {
        let seen: String = key.chars().take(60).collect();
        let known = find(key).ok_or_else(|| {
            let list = REMOTE_KEYS.join(", ");
            format!("{seen} is nothing that can be changed from afar; there are: {list}")
        })?;
        toml_file::with_one(known, &value)?;
        Ok(known)
    }

    fn keep(&mut self, changed: BTreeMap<&'static str, Kept>) -> Result<(), String> {
        let file = KeptFile {
            setting: changed.values().cloned().collect(),
        };
        let text = toml::to_string(&file).map_err(|error| error.to_string())?;
        replace(&self.path, &format!("{HEADER}{text}"))
            .map_err(|error| format!("the change cannot be kept: {error}; set it again later"))?;
        self.kept = changed;
        Ok(())
    }
}

/// What `v2x config show` says of the settings of a folder.
pub(crate) fn kept_values(folder: &Path) -> BTreeMap<String, String> {
    let file = read(&folder.join(FILE)).unwrap_or_default();
    let right = file.setting.into_iter().filter(|kept| {
        let key = find(&kept.key);
        key.is_some_and(|key| toml_file::with_one(key, &kept.value).is_ok())
    });
    right
        .map(|kept| (kept.key, kept.value.to_string()))
        .collect()
}

/// Whether a shared attribute of this name is meant as a setting: others use the server too.
pub(crate) fn is_meant_as_setting(name: &str) -> bool {
    let table = name.split_once('.').map(|(table, _)| table);
    table.is_some_and(|table| KEYS.iter().any(|key| key.table == table))
}

/// The key of this path, if the server may change it.
fn find(path: &str) -> Option<&'static Key> {
    let is_remote = REMOTE_KEYS.contains(&path);
    KEYS.iter().find(|key| is_remote && key.path() == path)
}

fn key_name(key: &Key) -> &'static str {
    let path = key.path();
    let known = REMOTE_KEYS.iter().find(|known| **known == path);
    known.expect("only these are found")
}

/// Puts one setting into the tuning; it was checked before.
fn apply(tuning: &mut Tuning, kept: &Kept) {
    let Some(Ok(file)) = find(&kept.key).map(|key| toml_file::with_one(key, &kept.value)) else {
        return;
    };
    let (alarms, changed) = (&mut tuning.alarms, file.alarms);
    match kept.key.as_str() {
        "vehicle.row_interval_s" => {
            tuning.row_interval = file.row_interval.unwrap_or(tuning.row_interval);
        }
        "alarms.cell_spread_v" => alarms.cell_spread = changed.cell_spread,
        "alarms.hot_c" => alarms.hot = changed.hot,
        "alarms.cold_c" => alarms.cold = changed.cold,
        "alarms.low_charge_percent" => alarms.low_charge = changed.low_charge,
        _ => {}
    }
}

fn toml_of(value: &Json) -> Option<toml::Value> {
    match value {
        Json::Bool(flag) => Some((*flag).into()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Some(whole.into()),
            None => number.as_f64().map(toml::Value::from),
        },
        Json::String(text) => Some(text.as_str().into()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn read(path: &Path) -> Result<KeptFile, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(KeptFile::default()),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    toml::from_str(&text).map_err(|error| format!("{}: {}", path.display(), error.message()))
}

/// Puts the whole text in the place of the file: a power cut leaves the old or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("toml.new");
    let mut file = File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
