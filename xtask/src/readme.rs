//! `cargo xtask readme`: runs the README's commands and compares what they print.
//!
//! A block that begins with "```console run" holds commands (`$ …`), each followed by its output.
//! `…` stands for any text in a line, and on a line of its own for any number of lines. Blocks
//! without `run` are shown and not run: they need a car.

use std::process::Stdio;

use crate::Outcome;
use crate::process::{at_root, workspace_root};

/// A command of the README and what it prints.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    /// The line of the command, counted from 1.
    line: usize,
    command: String,
    expected: Vec<String>,
}

/// Runs each example at the root of the workspace.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let readme = std::fs::read_to_string(workspace_root().join("README.md"))
        .map_err(|error| format!("README.md: {error}"))?;
    let examples = examples(&readme);
    if examples.is_empty() {
        return Err("README.md has no \"```console run\" block; mark one".to_owned());
    }
    for example in &examples {
        println!("README.md:{}: $ {}", example.line, example.command);
        check(example)?;
    }
    println!("README.md: {} commands print what it says", examples.len());
    Ok(())
}

fn check(example: &Example) -> Outcome {
    let place = format!("README.md:{}: `{}`", example.line, example.command);
    let together = format!("exec 2>&1; {}", example.command);
    let output = at_root("bash", &["-c", &together])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{place} could not be started: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("{place} ended with {}:\n{printed}", output.status));
    }
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    if matches_lines(&example.expected, &printed) {
        return Ok(());
    }
    let (expected, printed) = (example.expected.join("\n"), printed.join("\n"));
    Err(format!(
        "{place} prints\n{printed}\nand README.md says\n{expected}\nmend the one that is wrong"
    ))
}

/// The commands in the marked blocks.
fn examples(readme: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (line, text) in (1_usize..).zip(readme.lines()) {
        if text.starts_with("```") {
            inside = text == "```console run";
        } else if inside && let Some(command) = text.strip_prefix("$ ") {
            let command = command.to_owned();
            examples.push(Example {
                line,
                command,
                expected: Vec::new(),
            });
        } else if inside && let Some(example) = examples.last_mut() {
            example.expected.push(text.trim_end().to_owned());
        }
    }
    examples
}

/// Whether the printed lines are the expected ones, `…` standing for any number of them.
fn matches_lines(expected: &[String], printed: &[&str]) -> bool {
    let Some((first, rest)) = expected.split_first() else {
        return printed.is_empty();
    };
    if first == "…" {
        return (0..=printed.len()).any(|skipped| matches_lines(rest, &printed[skipped..]));
    }
    printed
        .split_first()
        .is_some_and(|(line, others)| matches_line(first, line) && matches_lines(rest, others))
}

/// Whether the line is the expected one, `…` standing for any text in it.
fn matches_line(expected: &str, line: &str) -> bool {
    match expected.split_once('…') {
        None => expected == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|after| {
            after
                .char_indices()
                .map(|(at, _)| at)
                .chain([after.len()])
                .any(|at| matches_line(rest, &after[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expected: &[&str], printed: &[&str]) -> bool {
        let expected: Vec<_> = expected.iter().map(|line| (*line).to_owned()).collect();
        matches_lines(&expected, printed)
    }

    #[test]
    fn only_marked_blocks_are_run() {
        let readme = "# T\n```console\n$ no\n```\n```console run\n$ yes\nout\n```\n$ no\n";
        let expected = vec!["out".to_owned()];
        let only = Example {
            line: 6,
            command: "yes".to_owned(),
            expected,
        };
        assert_eq!(examples(readme), [only]);
    }

    #[test]
    fn ellipsis_stands_for_any_text_and_any_lines() {
        assert!(matches(
            &["took … s", "…", "end"],
            &["took 1.5 s", "a", "b", "end"]
        ));
        assert!(matches(&["…", "end"], &["end"]));
        assert!(!matches(&["took … s", "end"], &["took 1.5 min", "end"]));
        assert!(!matches(&["…", "end"], &["end", "more"]));
    }

    #[test]
    fn missing_or_additional_output_is_a_difference() {
        assert!(!matches(&["one"], &[]));
        assert!(!matches(&[], &["one"]));
        assert!(matches(&[], &[]));
    }

    #[test]
    fn command_that_fails_or_prints_something_else_is_reported() {
        let example = |command: &str, expected: &str| Example {
            line: 1,
            command: command.to_owned(),
            expected: vec![expected.to_owned()],
        };
        assert!(check(&example("echo one", "one")).is_ok());
        assert!(
            check(&example("echo one", "two"))
                .unwrap_err()
                .contains("README.md says\ntwo")
        );
        assert!(check(&example("echo one; false", "one")).is_err());
    }
}
