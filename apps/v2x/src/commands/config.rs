//! `v2x config`: whether a configuration is right, what holds, and what each key means.
//!
//! The page `docs/configuration.md` is what `v2x config explain` prints without a key.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use crate::cli;
use crate::config::keys::{KEYS, Key};
use crate::config::{self, VehicleConfig};
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

/// Reads a file as `v2x vehicle` does, the token's file included.
fn check(file: &Path) -> Result<String, Failure> {
    let arguments = cli::Vehicle {
        config: Some(file.to_owned()),
        ..cli::Vehicle::default()
    };
    let (_, notes) = VehicleConfig::gather(&arguments)?;
    let mut text: String = notes.iter().map(|note| format!("{note}\n")).collect();
    text.push_str("right: `v2x vehicle --config` can start with it\n");
    Ok(text)
}

/// Every setting with its value and where that comes from.
fn show(file: Option<&Path>) -> Result<String, Failure> {
    let mut table = toml::Table::new();
    if let Some(path) = file {
        config::read_file(path)?;
        if !config::is_toml(path) {
            let what = format_args!("{} is no TOML", path.display());
            let failure = Failure::new(Blame::Usage, what);
            return Err(failure.hint("`v2x config check` reads mqtt_config.txt as well"));
        }
        let text = read_text(Blame::Configuration, "configuration", path)?;
        table = text.parse().blame(Blame::Configuration, path.display())?;
    }
    let mut shown = String::new();
    for key in KEYS {
        let by_file = table.get(key.table).and_then(|table| table.get(key.name));
        let (value, origin) = match (std::env::var(key.variable()), by_file) {
            (Ok(value), _) => (value, key.variable()),
            (Err(_), Some(value)) => (value.to_string(), "file".to_owned()),
            (Err(_), None) if key.default.is_empty() => ("none".to_owned(), "default".to_owned()),
            (Err(_), None) => (key.default.to_owned(), "default".to_owned()),
        };
        push(
            &mut shown,
            format_args!("{} = {value}  ({origin})\n", key.path()),
        );
    }
    Ok(shown)
}

/// What one key means.
fn explain(path: &str) -> Result<String, Failure> {
    let key = KEYS.iter().find(|key| key.path() == path).ok_or_else(|| {
        let known: Vec<_> = KEYS.iter().map(Key::path).collect();
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
    push(&mut text, format_args!("environment  {}\n", key.variable()));
    if !key.option.is_empty() {
        push(&mut text, format_args!("option       {}\n", key.option));
    }
    Ok(text)
}

/// The page of all keys.
fn page() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut table = "";
    for key in KEYS {
        if key.table != table {
            table = key.table;
            push(&mut text, format_args!("\n## `[{table}]`\n\n"));
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
            &mut text,
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
    text
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
    fn every_key_is_named_once() {
        let mut names: Vec<_> = KEYS.iter().map(Key::path).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), KEYS.len());
    }
}
