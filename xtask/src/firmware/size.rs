//! What a program takes of a chip's flash and RAM, held against what was promised.
//!
//! Flash is the length of the image; without espflash the sum of the sections that lie there. RAM
//! is every section outside the windows of the flash, except the stack, which gets what is left.

use std::path::Path;

use object::{Object as _, ObjectSection as _, SectionFlags, SectionKind, elf};

use crate::Outcome;

/// Where C3 and C6 map their flash: technical reference manuals, "System and Memory".
const FLASH_WINDOWS: [std::ops::Range<u64>; 2] =
    [0x3C00_0000..0x3D00_0000, 0x4200_0000..0x4300_0000];

/// One program on one chip.
pub(super) struct Size {
    chip: &'static str,
    board: String,
    flash: u64,
    ram: u64,
}

/// The most that a board may take, in bytes: flash, RAM.
fn limits(board: &str) -> (Option<u64>, Option<u64>) {
    match board {
        "radio" => (Some(1_000_000), Some(160_000)),
        "collector" | "collector-mcp2515" => (Some(256_000), None),
        _ => (None, None),
    }
}

impl Size {
    /// Measures a program; `image` is the length of its image, where one was made.
    ///
    /// # Errors
    /// When the file is no program.
    pub(super) fn of(
        chip: &'static str,
        board: &str,
        program: &Path,
        image: Option<u64>,
    ) -> Result<Self, String> {
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", program.display());
        let bytes = std::fs::read(program).map_err(|error| told(&error))?;
        let file = object::File::parse(&*bytes).map_err(|error| told(&error))?;
        let (mut in_flash, mut ram) = (0, 0);
        for section in file.sections() {
            let name = section.name().unwrap_or_default();
            let SectionFlags::Elf { sh_flags } = section.flags() else {
                continue;
            };
            let takes_memory = sh_flags & u64::from(elf::SHF_ALLOC) != 0;
            // A dummy keeps the place of another section in a second window on the same memory.
            if !takes_memory || name == ".stack" || name.ends_with("_dummy") {
                continue;
            }
            let is_flash = FLASH_WINDOWS
                .iter()
                .any(|window| window.contains(&section.address()));
            if !is_flash {
                ram += section.size();
            }
            if section.kind() != SectionKind::UninitializedData {
                in_flash += section.size();
            }
        }
        Ok(Self {
            chip,
            board: board.to_owned(),
            flash: image.unwrap_or(in_flash),
            ram,
        })
    }
}

/// Prints the sizes; an error names what is larger than was promised.
pub(super) fn table(sizes: &[Size]) -> Outcome {
    println!("\nchip      board               flash      at most        RAM      at most");
    let mut broken = Vec::new();
    for size in sizes {
        let (flash, ram) = limits(&size.board);
        println!(
            "{:<9} {:<17} {:>9} {:>11}  {:>9}  {:>11}",
            size.chip,
            size.board,
            size.flash,
            limit(flash),
            size.ram,
            limit(ram),
        );
        for (what, found, most) in [("flash", size.flash, flash), ("RAM", size.ram, ram)] {
            if most.is_some_and(|most| found > most) {
                broken.push(format!(
                    "{} on {}: {found} bytes of {what}",
                    size.board, size.chip
                ));
            }
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(format!("more than was promised: {}", broken.join("; ")))
}

fn limit(most: Option<u64>) -> String {
    most.map_or_else(|| "-".to_owned(), |most| most.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radio_that_is_larger_than_promised_is_named() {
        let size = |ram| Size {
            chip: "esp32c3",
            board: "radio".to_owned(),
            flash: 500_000,
            ram,
        };
        assert!(table(&[size(160_000)]).is_ok());
        let reason = table(&[size(160_001)]).unwrap_err();
        assert!(
            reason.ends_with("radio on esp32c3: 160001 bytes of RAM"),
            "{reason}"
        );
    }
}
