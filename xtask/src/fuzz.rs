//! `cargo xtask fuzz [TARGET…] [--seconds N]`: runs the fuzz targets on the stable compiler.
//!
//! Targets are the `[[bin]]` entries of `fuzz/Cargo.toml`: a new one is a file and an entry there,
//! with hand-written seeds in `fuzz/corpus/<target>/`. Each runs over its seeds and then goes on
//! searching. What it finds on the way stays in `fuzz/target`; an input that fails is kept in
//! `fuzz/artifacts/<target>/`. The compiler flags are those of cargo-fuzz with `--sanitizer none`,
//! which stable Rust takes; `no_std` crates without `unsafe` leave a sanitizer nothing to find.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::Outcome;
use crate::process::{self, at_root, cargo, workspace_root};

/// How long a target searches when nothing is said: long enough to notice a parser that breaks at
/// once, short enough for every CI run.
const DEFAULT_SECONDS: u32 = 5;

/// Makes the compiler count every edge and report every comparison to libFuzzer, and keeps the
/// checks of a debug build.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "--cfg=fuzzing",
];

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    targets: Vec<String>,
    /// How long each target searches beyond its seeds; 0 for the seeds alone.
    seconds: u32,
}

/// Builds the targets and runs them one after the other, up to the first that fails.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let room = workspace_root().join("fuzz");
    let manifest = fs::read_to_string(room.join("Cargo.toml"))
        .map_err(|error| format!("fuzz/Cargo.toml: {error}"))?;
    let plan = plan(arguments, &targets(&manifest)?)?;
    let programs = build(&room, &plan.targets)?;
    for target in &plan.targets {
        let seeds = count_seeds(&room, target)?;
        let output = search(&room, &programs.join(target), target, plan.seconds)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(failure(target, &said));
        }
        let runs = last_number(&said, "stat::number_of_executed_units:").unwrap_or(0);
        let edges = last_number(&said, " cov: ").unwrap_or(0);
        println!("{target:<20} {seeds:>4} seeds, {runs:>9} runs, {edges:>5} edges: nothing found");
    }
    Ok(())
}

/// The names of the targets in the manifest of the fuzz workspace.
fn targets(manifest: &str) -> Result<Vec<String>, String> {
    let manifest: toml::Table = manifest
        .parse()
        .map_err(|error| format!("fuzz/Cargo.toml: {error}"))?;
    let bins = manifest.get("bin").and_then(toml::Value::as_array);
    let names = bins.into_iter().flatten();
    Ok(names
        .filter_map(|bin| Some(bin.get("name")?.as_str()?.to_owned()))
        .collect())
}

/// Reads the arguments; no target named means all of them.
fn plan(arguments: &[String], known: &[String]) -> Result<Plan, String> {
    let mut plan = Plan {
        targets: Vec::new(),
        seconds: DEFAULT_SECONDS,
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--seconds" {
            let value = arguments.next().map_or("", String::as_str);
            plan.seconds = value.parse().map_err(|_| {
                format!("--seconds is `{value}`; it must be a whole number of seconds")
            })?;
        } else if known.contains(argument) {
            plan.targets.push(argument.clone());
        } else {
            let known = known.join(", ");
            return Err(format!("`{argument}` is no fuzz target; there are {known}"));
        }
    }
    if plan.targets.is_empty() {
        plan.targets = known.to_vec();
    }
    Ok(plan)
}

/// Builds the targets and gives the folder they are in.
///
/// The platform is named so that the flags do not reach build scripts, which run without libFuzzer.
fn build(room: &Path, targets: &[String]) -> Result<PathBuf, String> {
    let version = process::capture(&mut at_root("rustc", &["-vV"]))?;
    let platform = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or("`rustc -vV` names no host")?;
    let mut command = cargo(&["build", "--quiet", "--release", "--target", platform]);
    command
        .arg("--manifest-path")
        .arg(room.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(room.join("target"))
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    for target in targets {
        command.args(["--bin", target]);
    }
    process::run(&mut command)?;
    Ok(room.join("target").join(platform).join("release"))
}

/// How many seeds a target has; one without any would spend its time on the first word.
fn count_seeds(room: &Path, target: &str) -> Result<usize, String> {
    let folder = room.join("corpus").join(target);
    match fs::read_dir(&folder).map(Iterator::count) {
        Ok(seeds) if seeds > 0 => Ok(seeds),
        _ => Err(format!(
            "{} holds no seeds; put a few hand-written inputs there",
            folder.display()
        )),
    }
}

/// Runs one target over its seeds and then for the given time.
fn search(room: &Path, program: &Path, target: &str, seconds: u32) -> Result<Output, String> {
    // libFuzzer writes what it finds into the first folder and only reads the others.
    let found = room.join("target").join("found").join(target);
    let artifacts = room.join("artifacts").join(target);
    if found.exists() {
        fs::remove_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
    }
    for folder in [&found, &artifacts] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let bound = match seconds {
        0 => "-runs=0".to_owned(),
        _ => format!("-max_total_time={seconds}"),
    };
    Command::new(program)
        .arg(&found)
        .arg(room.join("corpus").join(target))
        .args([bound.as_str(), "-print_final_stats=1", "-timeout=10"])
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .current_dir(room)
        .output()
        .map_err(|error| format!("fuzz target {target} could not be started: {error}"))
}

/// What a target said when it failed: its panic and the place of the input.
fn failure(target: &str, said: &str) -> String {
    let telling: Vec<&str> = said
        .lines()
        .skip_while(|line| !line.contains("panicked at") && !line.contains("ERROR: libFuzzer"))
        .filter(|line| !line.trim_start().starts_with('#') && !line.starts_with("stat::"))
        .collect();
    format!(
        "fuzz target {target} failed; keep its input as a test and as a seed:\n{}",
        telling.join("\n")
    )
}

/// The number after the last place where `label` stands.
fn last_number(text: &str, label: &str) -> Option<u64> {
    let (_, after) = text.rsplit_once(label)?;
    after.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn targets_are_the_bin_entries_of_the_manifest() {
        let manifest =
            "[package]\nname = \"fuzz\"\n[[bin]]\nname = \"one\"\n[[bin]]\nname = \"two\"";
        assert_eq!(targets(manifest), Ok(words("one two")));
    }

    #[test]
    fn plan_without_names_runs_every_target() {
        let known = words("one two");
        let all = plan(&[], &known).unwrap();
        assert_eq!((all.targets, all.seconds), (known.clone(), DEFAULT_SECONDS));
        let some = plan(&words("two --seconds 60"), &known).unwrap();
        assert_eq!((some.targets, some.seconds), (words("two"), 60));
    }

    #[test]
    fn plan_refuses_unknown_names_and_times() {
        let known = words("one two");
        let reason = plan(&words("three"), &known).unwrap_err();
        assert_eq!(reason, "`three` is no fuzz target; there are one, two");
        assert!(plan(&words("--seconds soon"), &known).is_err());
        assert!(plan(&words("--seconds"), &known).is_err());
    }

    #[test]
    fn numbers_come_from_the_last_line_that_libfuzzer_prints() {
        let said = "#2 INITED cov: 5 ft: 6\n#9 DONE   cov: 27 ft: 40\nstat::new_units_added: 3\n";
        assert_eq!(last_number(said, " cov: "), Some(27));
        assert_eq!(last_number(said, "stat::new_units_added:"), Some(3));
        assert_eq!(last_number(said, "rss:"), None);
    }
}
