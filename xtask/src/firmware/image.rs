//! A program as images for the flash, made by espflash: the program alone, as it lies in its slot,
//! and all of the flash with boot loader, partition table and program, for a chip that is empty.

use std::path::Path;
use std::process::Stdio;

use super::{Chip, folder};
use crate::process::{self, at_root, workspace_root};

/// Makes both images and gives the size of the program's own; `None` where there is no espflash.
///
/// # Errors
/// When espflash refuses the program, or its image cannot be read.
pub(super) fn make(chip: &Chip, program: &Path, board: &str) -> Result<Option<u64>, String> {
    let version = at_root("espflash", &["--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !version.is_ok_and(|status| status.success()) {
        println!("skipped: image of {board} for {}: no espflash", chip.name);
        return Ok(None);
    }
    let images = workspace_root().join("target/firmware").join(chip.name);
    std::fs::create_dir_all(&images).map_err(|error| format!("{}: {error}", images.display()))?;
    let alone = images.join(format!("{board}.app.bin"));
    let whole = images.join(format!("{board}.bin"));
    let partitions = folder().join("esp/partitions.csv");
    let head = ["save-image", "--skip-update-check", "--chip", chip.name];
    process::capture(at_root("espflash", &head).arg(program).arg(&alone))?;
    process::capture(
        at_root("espflash", &head)
            .args(["--merge", "--skip-padding", "--flash-size", "4mb"])
            .arg("--partition-table")
            .arg(partitions)
            .args(["--target-app-partition", "ota_0"])
            .arg(program)
            .arg(&whole),
    )?;
    let size = std::fs::metadata(&alone).map_err(|error| format!("{board}: {error}"))?;
    Ok(Some(size.len()))
}
