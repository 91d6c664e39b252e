//! ESP32 and ESP32-S3 (Xtensa): types and features are checked, and nothing else.
//!
//! Their compiler is a fork that no registry has; people get it with `espup`. Debian's compiler
//! for browsers (`rustc-web`, `cargo-web`, `rust-web-src`) knows the targets' names but cannot
//! generate their code, so it is given a target that borrows another architecture's description
//! and a code generator that does nothing. This proves that names, types and features fit, also
//! in code for these chips alone. It proves no assembly, no code generation, no size, no linking.

use std::path::Path;
use std::process::Command;

use super::folder;
use crate::Outcome;
use crate::process;

const CHIPS: [&str; 2] = ["esp32", "esp32s3"];

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const SOURCES: &str = "/usr/lib/rustlib/src/rust/library/core";

/// The oldest compiler that works, by its minor number.
const OLDEST: u32 = 95;

/// A target with the sizes of an Xtensa chip; its architecture is one that the compiler has.
const TARGET: &str = r#"{
  "abi": "abiv2",
  "arch": "csky",
  "cpu": "generic",
  "data-layout": "e-m:e-p:32:32-i8:8:32-i16:16:32-i64:64-n32",
  "emit-debug-gdb-scripts": false,
  "linker": "false",
  "linker-flavor": "gnu-cc",
  "llvm-target": "csky",
  "max-atomic-width": 32,
  "panic-strategy": "abort",
  "relocation-model": "static",
  "target-pointer-width": 32,
  "vendor": "espressif"
}
"#;

const FLAGS: &str = "-Zcodegen-backend=dummy --cfg=target_arch=\"xtensa\" \
                     -Aexplicit_builtin_cfgs_in_flags";

/// Checks the types of all programs for these chips, or says why not.
pub(super) fn check() -> Outcome {
    if let Some(reason) = missing() {
        println!("skipped: type check for {}: {reason}", CHIPS.join(" and "));
        return Ok(());
    }
    let output = folder().join("target/xtensa");
    std::fs::create_dir_all(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    for chip in CHIPS {
        // The name of the file is the name of the target, which crates ask for.
        let target = output.join(format!("xtensa-{chip}-none-elf.json"));
        std::fs::write(&target, TARGET)
            .map_err(|error| format!("{}: {error}", target.display()))?;
        process::run(
            Command::new(CARGO)
                .current_dir(folder())
                .args([
                    "check",
                    "--release",
                    "--locked",
                    "--package",
                    "v2x-esp",
                    "--features",
                    chip,
                ])
                .args(["-Zbuild-std=core,alloc", "-Zjson-target-spec", "--target"])
                .arg(&target)
                .env("CARGO_TARGET_DIR", &output)
                .env("RUSTC", RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTFLAGS", FLAGS)
                // The toolchain that runs this chore would else speak for this one.
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("V2X_WIRING"),
        )?;
        println!("{chip}: types and features fit; neither code nor linking is checked");
    }
    Ok(())
}

/// What this computer lacks.
fn missing() -> Option<&'static str> {
    let packages = "no Debian packages rustc-web, cargo-web and rust-web-src";
    if ![RUSTC, CARGO, SOURCES]
        .iter()
        .all(|place| Path::new(place).exists())
    {
        return Some(packages);
    }
    let version = process::capture(Command::new(RUSTC).arg("--version")).ok();
    let minor = version.as_deref().and_then(minor_version);
    if minor.is_none_or(|minor| minor < OLDEST) {
        return Some("Debian's compiler is older than 1.95");
    }
    None
}

/// The minor number of `rustc 1.96.0 (...)`.
fn minor_version(said: &str) -> Option<u32> {
    said.split('.').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_version_is_read_from_what_the_compiler_says() {
        assert_eq!(
            minor_version("rustc 1.96.0 (ac68faa20 2026-05-25)"),
            Some(96)
        );
        assert_eq!(minor_version("rustc 1.63.0"), Some(63));
        assert_eq!(minor_version("not found"), None);
    }
}
