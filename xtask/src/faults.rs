//! `cargo xtask faults [--runs N] [--seed S] [--parallel P]`: the vehicle computer under faults.
//!
//! The program that does it is `xtask/faults`, built and started here. It runs in a mount
//! namespace of its own where the system gives one, so that its small disks go away with it,
//! however it ends; where there is none, no disk is filled, and it says so.

use std::process::{Command, Stdio};

use crate::Outcome;
use crate::process::{self, at_root, cargo};

/// How a mount namespace is made: by root, or by a user who becomes root of one.
const NAMESPACES: &[&[&str]] = &[&["--mount"], &["--mount", "--user", "--map-root-user"]];

/// Builds the daemon and its tormentor, and runs them.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    process::run(&mut cargo(&["build", "--quiet", "--package", "v2x"]))?;
    process::run(&mut cargo(&["build", "--quiet", "--package", "v2x-faults"]))?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let program = format!("{target}/debug/v2x-faults");
    let mut command = match NAMESPACES.iter().find(|options| can_unshare(options)) {
        Some(options) => {
            let mut unshare = at_root("unshare", options);
            unshare.arg(&program);
            unshare
        }
        None => at_root(&program, &[]),
    };
    command.args(["--program", &format!("{target}/debug/v2x")]);
    command.args(["--keep", &format!("{target}/faults")]);
    process::run(command.args(arguments))
}

/// Whether a mount namespace can be had this way.
fn can_unshare(options: &[&str]) -> bool {
    Command::new("unshare")
        .args(options)
        .arg("true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
