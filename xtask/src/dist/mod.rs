//! `cargo xtask dist`: archives for those who do not build, one per processor, into `target/dist`.
//!
//! An archive holds the program, its installer, units, udev rules, documents and the licences of
//! everything in it. Programs are linked against an old glibc by cargo-zigbuild
//! (`script/requirements-dist.txt`); why not against musl is in docs/decisions/0013. What is built
//! for another processor is tried under qemu.

mod glibc;
mod licences;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::process::{at_root, capture, cargo, run as run_to_end, workspace_root};

/// The oldest glibc that programs of ours run with: Debian 10, and so Raspberry Pi OS from
/// Bullseye on (2.31), JetPack 5 (2.31) and 6 (2.35).
const OLDEST_GLIBC: &str = "2.28";

/// A processor that archives are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Machine {
    /// As Debian calls it.
    name: &'static str,
    /// As Rust calls it.
    triple: &'static str,
    /// What runs its programs elsewhere.
    emulator: &'static str,
    /// Where Debian keeps its libraries on other machines.
    libraries: &'static str,
}

const MACHINES: [Machine; 2] = [
    Machine {
        name: "amd64",
        triple: "x86_64-unknown-linux-gnu",
        emulator: "qemu-x86_64-static",
        libraries: "/usr/x86_64-linux-gnu",
    },
    Machine {
        name: "arm64",
        triple: "aarch64-unknown-linux-gnu",
        emulator: "qemu-aarch64-static",
        libraries: "/usr/aarch64-linux-gnu",
    },
];

/// What stands in an archive besides the program.
const CONTENTS: [&str; 6] = [
    "README.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "deploy",
    "docs",
];

/// Makes the archives that are asked for, or all; `--from PROGRAM` packs one that is built already.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if let [option, program] = arguments
        && option == "--from"
    {
        let here = MACHINES.iter().find(|machine| machine.is_this());
        let machine = here.ok_or("archives are made for amd64 and arm64, and this is neither")?;
        return pack(machine, Path::new(program));
    }
    let mut wanted = Vec::new();
    for name in arguments {
        let known = MACHINES.iter().find(|machine| machine.name == name);
        wanted.push(known.ok_or_else(|| {
            format!("`{name}` is no machine; give amd64, arm64 or --from PROGRAM")
        })?);
    }
    if wanted.is_empty() {
        wanted.extend(&MACHINES);
    }
    for machine in wanted {
        match build(machine)? {
            Some(program) => pack(machine, &program)?,
            None => println!(
                "skipped: no {} toolchain; pip install -r script/requirements-dist.txt, and \
                 rustup target add {}",
                machine.name, machine.triple
            ),
        }
    }
    Ok(())
}

impl Machine {
    fn is_this(&self) -> bool {
        self.triple.starts_with(std::env::consts::ARCH)
    }
}

/// Builds the program; `None` where nothing here can.
fn build(machine: &Machine) -> Result<Option<PathBuf>, String> {
    let targets = at_root("rustup", &["target", "list", "--installed"]);
    let has_target = capture(&mut { targets })
        .is_ok_and(|list| list.lines().any(|target| target == machine.triple));
    if !machine.is_this() && !has_target {
        return Ok(None);
    }
    let with_zig = ["zigbuild", "--help"];
    let has_zig = cargo(&with_zig)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let target = format!("{}.{OLDEST_GLIBC}", machine.triple);
    let common = ["--release", "--locked", "--package", "v2x", "--target"];
    let mut command = if has_zig {
        cargo(&[&["zigbuild"][..], &common, &[&target]].concat())
    } else if machine.is_this() {
        println!("note: without cargo-zigbuild the program wants the glibc of this computer");
        cargo(&[&["build"][..], &common, &[machine.triple]].concat())
    } else {
        return Ok(None);
    };
    run_to_end(&mut command)?;
    let folder = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let program = Path::new(&folder).join(machine.triple).join("release/v2x");
    Ok(Some(program))
}

/// Puts the archive together, tries what is in it, and says what it needs.
fn pack(machine: &Machine, program: &Path) -> Outcome {
    let root = workspace_root();
    let name = format!("v2x-{}-{}-linux", env!("CARGO_PKG_VERSION"), machine.name);
    let dist = root.join("target/dist");
    let stage = dist.join(&name);
    let failed = |what: &Path| {
        let what = what.display().to_string();
        move |error: std::io::Error| format!("{what}: {error}")
    };
    fs::remove_dir_all(&stage)
        .or_else(absent_is_fine)
        .map_err(failed(&stage))?;
    fs::create_dir_all(&stage).map_err(failed(&stage))?;
    for content in CONTENTS {
        run_to_end(at_root("cp", &["-R", content]).arg(&stage))?;
    }
    fs::rename(stage.join("deploy/install.sh"), stage.join("install.sh"))
        .map_err(failed(&stage))?;
    fs::write(
        stage.join("LICENCES-OF-LIBRARIES"),
        licences::text(machine.triple)?,
    )
    .map_err(failed(&stage))?;
    let program = root.join(program);
    fs::copy(&program, stage.join("v2x")).map_err(failed(&program))?;
    let bytes = fs::read(&program).map_err(failed(&program))?;
    let needed = glibc::needed(&bytes).map_or_else(
        || "no glibc".to_owned(),
        |version| format!("glibc {version} or newer"),
    );
    try_out(machine, &stage.join("v2x"))?;
    let archive = format!("{name}.tar.gz");
    // The same content gives the same bytes: names in order, no owner, the commit's time.
    let time = capture(&mut at_root("git", &["log", "-1", "--format=@%ct"]))?;
    let mut tar = Command::new("tar");
    tar.current_dir(&dist)
        .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"]);
    tar.arg(format!("--mtime={}", time.trim()));
    tar.args(["--use-compress-program=gzip -n", "-cf", &archive, &name]);
    run_to_end(&mut tar)?;
    let mut sum = Command::new("sha256sum");
    let sum = capture(sum.current_dir(&dist).arg(&archive))?;
    fs::write(dist.join(format!("{archive}.sha256")), &sum).map_err(failed(&dist))?;
    let size = fs::metadata(dist.join(&archive))
        .map_err(failed(&dist))?
        .len();
    println!("target/dist/{archive}: {size} bytes; the program needs {needed}");
    Ok(())
}

fn absent_is_fine(error: std::io::Error) -> std::io::Result<()> {
    match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    }
}

/// Runs the program: its version, and the invented drive through its decoder.
fn try_out(machine: &Machine, program: &Path) -> Outcome {
    let shown = program.display().to_string();
    let start = |arguments: &[&str]| {
        if machine.is_this() {
            return at_root(&shown, arguments);
        }
        let mut command = at_root(machine.emulator, &["-L", machine.libraries, &shown]);
        command.args(arguments);
        command
    };
    let version = match capture(&mut start(&["--version"])) {
        Err(reason) if reason.contains("could not be started") && !machine.is_this() => {
            println!("skipped: not tried, no {}", machine.emulator);
            return Ok(());
        }
        outcome => outcome?,
    };
    let sample = "interfaces/samples/drive.log";
    let decoded = capture(&mut start(&["decode", sample, "--format", "json-summary"]))?;
    let (version, length) = (version.trim(), decoded.len());
    println!(
        "{}: {version} runs, and decodes {sample} to {length} bytes",
        machine.name
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_that_no_archive_is_made_for_is_refused_with_those_that_there_are() {
        let said = run(&["riscv".to_owned()]).unwrap_err();
        assert!(said.contains("give amd64, arm64"), "{said}");
    }

    #[test]
    fn everything_that_an_archive_holds_is_in_the_repository() {
        for content in CONTENTS {
            assert!(workspace_root().join(content).exists(), "{content}");
        }
    }
}
