//! `v2x doctor`: reads the settings of vehicle, station or hub, has everything looked at, and
//! prints it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli;
use crate::clock::Clock;
use crate::config::hub::HubConfig;
use crate::config::station::StationConfig;
use crate::config::{Role, VehicleConfig, role_of_file};
use crate::doctor::{self, Finding, Manner, Severity};
use crate::failure::{Blame, Context as _, Failure};

/// Where the settings stand when none are named.
const USUAL_FILES: [&str; 3] = [
    "/etc/v2x/vehicle.toml",
    "/etc/v2x/station.toml",
    "/etc/v2x/hub.toml",
];

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Doctor) -> Result<(), Failure> {
    let manner = Manner {
        clock: Clock::start(),
        listen: Duration::from_secs(u64::from(arguments.listen)),
    };
    let mut findings = Vec::new();
    for file in files(arguments)? {
        findings.extend(examine(&file, arguments, manner)?);
    }
    let text = if arguments.json {
        json(&findings)
    } else {
        lines(&findings)
    };
    let written = io::stdout().write_all(text.as_bytes());
    written.blame(Blame::Runtime, "standard output")?;
    let problems = findings.iter();
    let problems = problems.filter(|finding| finding.severity == Severity::Problem);
    match problems.count() {
        0 => Ok(()),
        1 => Err(Failure::new(Blame::Runtime, "1 problem was found")),
        count => Err(Failure::new(
            Blame::Runtime,
            format_args!("{count} problems were found"),
        )),
    }
}

/// The files of settings: the named one, or those of the services.
fn files(arguments: &cli::Doctor) -> Result<Vec<PathBuf>, Failure> {
    if let Some(file) = &arguments.config {
        return Ok(vec![file.clone()]);
    }
    let usual = USUAL_FILES.map(PathBuf::from).into_iter();
    let there: Vec<_> = usual.filter(|file| file.exists()).collect();
    if there.is_empty() {
        let failure = Failure::new(Blame::Usage, "no settings are named");
        let none = USUAL_FILES.join(", ");
        return Err(failure.hint(format_args!("give --config FILE; there is none of {none}")));
    }
    Ok(there)
}

/// Looks at one role. Settings that cannot be read are a finding, and the end.
fn examine(file: &Path, arguments: &cli::Doctor, manner: Manner) -> Result<Vec<Finding>, Failure> {
    let draft = match role_of_file(file)? {
        Role::Vehicle => {
            let options = cli::Vehicle {
                config: Some(file.to_owned()),
                ..cli::Vehicle::default()
            };
            VehicleConfig::draft(&options).map(|(config, notes, login)| {
                let found = doctor::vehicle(&config, login.as_ref(), manner);
                (found, notes)
            })
        }
        Role::Station => {
            let options = cli::Station {
                config: Some(file.to_owned()),
                slots: arguments.slots.clone(),
                out: None,
                mqtt: None,
                token_file: None,
            };
            StationConfig::draft(&options).map(|(config, notes, login)| {
                let found = doctor::station(&config, login.as_ref(), manner);
                (found, notes)
            })
        }
        Role::Hub => {
            let options = cli::Hub {
                config: Some(file.to_owned()),
                ..cli::Hub::default()
            };
            let gathered = HubConfig::gather(&options);
            gathered.map(|(config, notes)| (doctor::hub(&config, manner), notes))
        }
    };
    let shown = file.display();
    Ok(match draft {
        Ok((found, notes)) => {
            let fine = Finding::fine("settings", format!("{shown} is right"));
            let notes = notes.into_iter().map(|note| {
                Finding::warning(
                    "settings",
                    note,
                    format!("change it in {shown}, or let it be"),
                )
            });
            std::iter::once(fine).chain(notes).chain(found).collect()
        }
        Err(failure) => {
            let todo = failure.hint_text().unwrap_or("see `v2x config explain`");
            vec![Finding::problem("settings", failure.what(), todo)]
        }
    })
}

fn lines(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let word = match finding.severity {
            Severity::Fine => "fine",
            Severity::Warning => "WARNING",
            Severity::Problem => "PROBLEM",
        };
        text.push_str(&format!("{word:8}{}: {}\n", finding.part, finding.what));
        if let Some(todo) = &finding.todo {
            text.push_str(&format!("        do: {todo}\n"));
        }
    }
    text
}

fn json(findings: &[Finding]) -> String {
    let worst = findings.iter().map(|finding| finding.severity).max();
    let document = serde_json::json!({
        "worst": worst.unwrap_or(Severity::Fine),
        "findings": findings,
    });
    format!("{document:#}\n")
}
