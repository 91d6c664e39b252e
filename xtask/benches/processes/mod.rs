//! Processes that are measured: the binary as users run it, what it uses, and its end.
//!
//! Which process, and what is promised about it, is each benchmark's own matter.

#![allow(dead_code, reason = "each benchmark uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Before measuring: connections are made and files opened.
const WARM_UP: Duration = Duration::from_secs(3);
/// Ticks of `/proc/<pid>/stat` per second, the same on every Linux that people run.
pub(crate) const TICKS: f64 = 100.0;

/// A process that ends with the benchmark.
pub(crate) struct Started(pub(crate) Child);

impl Drop for Started {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
        self.0.wait().map(drop).unwrap_or_default();
    }
}

/// What a process used.
pub(crate) struct Used {
    pub(crate) percent_of_a_core: f64,
    pub(crate) resident_mb: f64,
}

/// Builds the binary as users run it.
pub(crate) fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", "v2x"])
        .current_dir(&root)
        .status()
        .expect("cargo runs");
    assert!(built.success(), "v2x does not build");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    target.join("release/v2x")
}

/// Starts a process that reads nothing.
pub(crate) fn start(command: &mut Command) -> Started {
    let child = command.stdin(Stdio::null()).spawn();
    Started(child.expect("the process starts"))
}

/// What a process uses in this time, after a warm-up.
pub(crate) fn measure(process: &Started, time: Duration) -> Used {
    wait(WARM_UP);
    let before = ticks(process);
    wait(time);
    let used = ticks(process) - before;
    Used {
        percent_of_a_core: used / TICKS / time.as_secs_f64() * 100.0,
        resident_mb: resident_kb(process) / 1024.0,
    }
}

/// The processor time of `cat` in ours; less than one tick counts as one.
pub(crate) fn against_cat(ours: &Used, cat: &Used, time: Duration) -> f64 {
    cat.percent_of_a_core
        .max(100.0 / TICKS / time.as_secs_f64())
        / ours.percent_of_a_core
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is a stretch of time"
)]
pub(crate) fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// Processor time so far, user and system (fields 14 and 15 of `/proc/<pid>/stat`).
pub(crate) fn ticks(child: &Started) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/stat", child.0.id())).expect("it runs");
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    let ticks = |field: &str| field.parse::<f64>().expect("the kernel writes numbers");
    fields.map(ticks).sum()
}

/// The most memory that it had at once, in kB.
pub(crate) fn resident_kb(child: &Started) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/status", child.0.id())).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let line = line.expect("it has not ended");
    let number = line.trim().trim_end_matches(" kB");
    number.parse().expect("the kernel writes a number of kB")
}
