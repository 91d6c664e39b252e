//! `v2x config`: whether a configuration is right, what holds, and what each key means.
//!
//! For vehicle, station and hub alike. The page `docs/configuration.md` is what
//! `v2x config explain` prints without a key.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use super::vehicle::with_tables;
use crate::cli;
use crate::config::hub::keys::{self as hub_keys, HUB_KEYS};
use crate::config::hub::{self as hub_config, HubConfig};
use crate::config::keys::{KEYS, Key};
use crate::config::remote::kept_values;
use crate::config::station::StationConfig;
use crate::config::station::keys::{self as station_keys, STATION_KEYS};
use crate::config::{self, Role, VehicleConfig, role_of_file};
use crate::failure::{Blame, Context as _, Failure, read_text};

/// What the page says before its tables.
const INTRODUCTION: &str = "\
# Configuration

Written by `v2x config explain > docs/configuration.md`; a test compares the two.
`v2x config check FILE` says whether a file is right, `v2x config show FILE` what holds and where
it comes from, `v2x config explain KEY` what one key means.

Every key may be left out. The command line wins over the environment, the environment over the
file, the file over the default. The variable of a key is `V2X_`, its table and its name in
capitals: `V2X_RECORDING_ROTATE_MB=16`.
";

/// The page's word before the vehicle's tables.
const VEHICLE: &str = "
## The vehicle's file
";

/// And before the station's own.
const STATION: &str = "
## The station's file

Besides its own tables it has these of the vehicle, with the same meaning: SHARED. A slot's variable
has the slot's number in it: `V2X_SLOT_1_PORT=/dev/ttyUSB0`. A file is the station's when it has
`[station]` or `[[slot]]`. [An example](guide/your-station.md#settings).
";

/// And before the hub's own.
const HUB: &str = "
## The hub's file

Besides its own tables it has these of the vehicle, with the same meaning: `[monitor]`, port 9466;
`[dashboard]`, served at 127.0.0.1:8080 where nothing is said, with the accounts of `v2x hub user`;
`[mqtt]`, the way to an outside broker, where there is one, without what is published there. A file
is the hub's when it has `[hub]` or `[endpoint]`. [The guide](guide/hub.md).
";

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Config) -> Result<(), Failure> {
    let text = match &arguments.what {
        cli::ConfigTask::Check { file } => check(file)?,
        cli::ConfigTask::Show { file } => show(file.as_deref())?,
        cli::ConfigTask::Explain { key: None } => page(),
        cli::ConfigTask::Explain { key: Some(path) } => explain(path)?,
    };
    let written = io::stdout().write_all(text.as_bytes());
    written.blame(Blame::Runtime, "standard output")
}

/// Reads a file as the daemon does for which it is, with the token's file and the car's tables.
fn check(file: &Path) -> Result<String, Failure> {
    let config = Some(file.to_owned());
    let (notes, role) = match role_of_file(file)? {
        Role::Vehicle => {
            let arguments = cli::Vehicle {
                config,
                ..cli::Vehicle::default()
            };
            let (mut config, notes) = VehicleConfig::gather(&arguments)?;
            with_tables(&mut config)?;
            (notes, "vehicle")
        }
        Role::Station => {
            let arguments = cli::Station {
                config,
                ..cli::Station::default()
            };
            (StationConfig::gather(&arguments)?.1, "station")
        }
        Role::Hub => {
            let arguments = cli::Hub {
                config,
                ..cli::Hub::default()
            };
            (HubConfig::gather(&arguments)?.1, "hub")
        }
    };
    let mut text: String = notes.iter().map(|note| format!("{note}\n")).collect();
    push(
        &mut text,
        format_args!("right: `v2x {role} --config` can start with it\n"),
    );
    Ok(text)
}

/// Every setting with its value and where that comes from.
fn show(file: Option<&Path>) -> Result<String, Failure> {
    let mut table = toml::Table::new();
    let mut role = Role::Vehicle;
    if let Some(path) = file {
        if !config::is_toml(path) {
            let what = format_args!("{} is no TOML", path.display());
            let failure = Failure::new(Blame::Usage, what);
            return Err(failure.hint("`v2x config check` reads the prototype's files as well"));
        }
        role = role_of_file(path)?;
        match role {
            Role::Vehicle => config::read_file(path).map(drop)?,
            Role::Station => config::station::read_file(path).map(drop)?,
            Role::Hub => hub_config::read_file(path).map(drop)?,
        }
        let mut text = read_text(Blame::Configuration, "configuration", path)?;
        if role == Role::Station {
            // Slots that only the environment names are shown too.
            text = config::station::with_environment(&text, "environment")?;
        }
        table = text.parse().blame(Blame::Configuration, path.display())?;
    }
    let mut shown = String::new();
    if role == Role::Vehicle {
        let by_server = set_by_server(&table);
        for key in KEYS {
            let by_file = table.get(key.table).and_then(|table| table.get(key.name));
            let names = (key.path(), key.variable());
            match by_server.get(&names.0) {
                Some(value) if std::env::var_os(&names.1).is_none() => {
                    push(
                        &mut shown,
                        format_args!("{} = {value}  (server)\n", names.0),
                    );
                }
                _ => show_key(&mut shown, &names, key.default, by_file),
            }
        }
        return Ok(shown);
    }
    if role == Role::Hub {
        for key in hub_keys::all() {
            let by_file = table.get(key.table).and_then(|table| table.get(key.name));
            show_key(
                &mut shown,
                &(key.path(), key.variable()),
                hub_keys::default(key),
                by_file,
            );
        }
        return Ok(shown);
    }
    for key in station_keys::all().filter(|key| key.table != "slot") {
        let by_file = table.get(key.table).and_then(|table| table.get(key.name));
        let names = (key.path(), key.variable());
        show_key(&mut shown, &names, station_keys::default(key), by_file);
    }
    let slots = table.get("slot").and_then(toml::Value::as_array);
    for slot in slots.into_iter().flatten() {
        let number = slot.get("number").and_then(toml::Value::as_integer);
        let number = number.and_then(|number| u8::try_from(number).ok());
        for key in STATION_KEYS.iter().filter(|key| key.table == "slot") {
            let path = format!("slot {}.{}", number.unwrap_or_default(), key.name);
            let names = (path, station_keys::variable(key, number));
            show_key(&mut shown, &names, key.default, slot.get(key.name));
        }
    }
    Ok(shown)
}

/// What the server has set and may set, by the folder and the permission of this table.
fn set_by_server(table: &toml::Table) -> BTreeMap<String, String> {
    let value = |name: &str, key: &str| {
        let variable = format!("V2X_{name}_{key}").to_uppercase();
        let by_file = || Some(table.get(name)?.get(key)?.clone());
        match std::env::var(variable) {
            Ok(value) => Some(value),
            Err(_) => by_file().map(|value| match value {
                toml::Value::String(text) => text,
                other => other.to_string(),
            }),
        }
    };
    let is_allowed = value("remote", "settings").is_none_or(|flag| flag == "true");
    let folder = value("vehicle", "out").filter(|_| is_allowed);
    folder.map_or_else(BTreeMap::new, |folder| kept_values(Path::new(&folder)))
}

/// One line: the key by its path, its value, and who says so; a variable of the environment wins.
fn show_key(
    shown: &mut String,
    (path, variable): &(String, String),
    default: &str,
    by_file: Option<&toml::Value>,
) {
    let (value, origin) = match (std::env::var(variable), by_file) {
        (Ok(value), _) => (value, variable.as_str()),
        (Err(_), Some(value)) => (value.to_string(), "file"),
        (Err(_), None) if default.is_empty() => ("none".to_owned(), "default"),
        (Err(_), None) => (default.to_owned(), "default"),
    };
    push(shown, format_args!("{path} = {value}  ({origin})\n"));
}

/// All keys of all roles, each once.
fn known() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().chain(STATION_KEYS).chain(HUB_KEYS)
}

/// What one key means.
fn explain(path: &str) -> Result<String, Failure> {
    let key = known().find(|key| key.path() == path).ok_or_else(|| {
        let known: Vec<_> = known().map(Key::path).collect();
        Failure::new(Blame::Usage, format_args!("no key `{path}`"))
            .hint(format_args!("there are {}", known.join(", ")))
    })?;
    let mut text = format!("{path}: {}\n\n{}\n\n", key.kind.word(), meaning(key, "\n"));
    let default = if key.default.is_empty() {
        "none"
    } else {
        key.default
    };
    push(&mut text, format_args!("default      {default}\n"));
    push(
        &mut text,
        format_args!("environment  {}\n", station_keys::variable(key, None)),
    );
    if !key.option.is_empty() {
        push(&mut text, format_args!("option       {}\n", key.option));
    }
    Ok(text)
}

/// The page of all keys.
fn page() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str(VEHICLE);
    push_keys(&mut text, KEYS);
    let shared: Vec<_> = station_keys::SHARED
        .iter()
        .map(|table| format!("`[{table}]`"))
        .collect();
    text.push_str(&STATION.replace("SHARED", &shared.join(", ")));
    push_keys(&mut text, STATION_KEYS);
    text.push_str(HUB);
    push_keys(&mut text, HUB_KEYS);
    text
}

fn push_keys(text: &mut String, keys: &[Key]) {
    let mut table = "";
    for key in keys {
        if key.table != table {
            table = key.table;
            let header = match table {
                "slot" => "[[slot]]".to_owned(),
                _ => format!("[{table}]"),
            };
            push(text, format_args!("\n### `{header}`\n\n"));
            text.push_str("| key | type | default | option | meaning |\n|---|---|---|---|---|\n");
        }
        let code = |value: &str| {
            if value.is_empty() {
                String::new()
            } else {
                format!("`{value}`")
            }
        };
        push(
            text,
            format_args!(
                "| `{}` | {} | {} | {} | {} |\n",
                key.name,
                key.kind.word(),
                code(key.default),
                code(key.option),
                meaning(key, " ")
            ),
        );
    }
}

fn meaning(key: &Key, separator: &str) -> String {
    let lines: Vec<_> = key.meaning.iter().map(|line| line.trim()).collect();
    lines.join(separator)
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes every text");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_of_all_keys_is_what_the_keys_say_today() {
        let committed = include_str!("../../../../docs/configuration.md");
        assert!(
            committed == page(),
            "run `v2x config explain > docs/configuration.md`"
        );
    }

    #[test]
    fn key_is_explained_with_default_and_variable() {
        let text = explain("recording.rotate_mb").unwrap();
        assert!(text.contains("default      64\n"), "{text}");
        assert!(
            text.contains("environment  V2X_RECORDING_ROTATE_MB\n"),
            "{text}"
        );
        assert!(explain("recording.rotate").is_err());
    }

    #[test]
    fn setting_of_the_server_is_shown_as_such_unless_it_is_forbidden() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().display();
        let kept = "[[setting]]\nkey = \"alarms.hot_c\"\nvalue = 40.0\nby = \"attribute\"\n";
        std::fs::write(folder.path().join("remote_settings.toml"), kept).unwrap();
        let file = folder.path().join("vehicle.toml");
        let text = format!("[vehicle]\nout = \"{out}\"\n[alarms]\nhot_c = 45.0\n");
        std::fs::write(&file, &text).unwrap();
        let shown = show(Some(&file)).unwrap();
        assert!(shown.contains("alarms.hot_c = 40.0  (server)\n"), "{shown}");
        assert!(
            shown.contains("alarms.cold_c = 0.0  (default)\n"),
            "{shown}"
        );
        std::fs::write(&file, format!("{text}[remote]\nsettings = false\n")).unwrap();
        let shown = show(Some(&file)).unwrap();
        assert!(shown.contains("alarms.hot_c = 45.0  (file)\n"), "{shown}");
    }

    #[test]
    fn settings_of_a_station_are_shown_with_its_slots_and_its_own_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("station.toml");
        let text = "[[slot]]\nnumber = 3\nport = \"/dev/a\"\n";
        std::fs::write(&file, text).unwrap();
        let shown = show(Some(&file)).unwrap();
        for line in [
            "slot 3.port = \"/dev/a\"  (file)\n",
            "station.name = ChargingStation  (default)\n",
            "monitor.listen = 127.0.0.1:9465  (default)\n",
        ] {
            assert!(shown.contains(line), "{line}{shown}");
        }
        let said = check(&file).unwrap_err();
        assert_eq!(said.what(), "no folder for the data is named");
    }

    #[test]
    fn every_key_is_named_once() {
        let mut names: Vec<_> = known().map(Key::path).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), known().count());
    }
}
