//! For which chip a flash image is, and whether it is whole.
//!
//! ESP-IDF, "Application Image Format" (`esp_image_header_t`): magic 0xE9, chip id at offset 12;
//! "Partition Tables": magic AA 50 at 0x8000. The boot loader lies at 0x1000 on the first ESP32 and
//! at 0 on the later chips.

use crate::cli::Chip;

const MAGIC: u8 = 0xE9;
const CHIP_ID: usize = 12;
/// Where the boot loader can lie.
const BOOT_LOADERS: [usize; 2] = [0, 0x1000];
const PARTITIONS: usize = 0x8000;
const PARTITION_MAGIC: [u8; 2] = [0xAA, 0x50];
const ERASED: u8 = 0xFF;

/// What is wrong with an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ImageError {
    /// No boot loader where one has to be.
    #[error("it is no flash image: there is no boot loader in it")]
    NoBootLoader,
    /// An application alone.
    #[error("it is an application without boot loader and partition table")]
    NoPartitions,
    /// A chip that has no program of ours.
    #[error("it is for a chip of number {0}, which has no program of ours")]
    OtherChip(u16),
}

/// The chip that an image is for.
pub(super) fn chip(image: &[u8]) -> Result<Chip, ImageError> {
    let is_boot_loader = |at: &usize| {
        image.get(*at) == Some(&MAGIC) && image.iter().take(*at).all(|byte| *byte == ERASED)
    };
    let at = BOOT_LOADERS.into_iter().find(is_boot_loader);
    let at = at.ok_or(ImageError::NoBootLoader)?;
    let number = image.get(at + CHIP_ID..at + CHIP_ID + 2);
    let number = number.and_then(|bytes| bytes.try_into().ok());
    let number = u16::from_le_bytes(number.ok_or(ImageError::NoBootLoader)?);
    let chip = match number {
        0 => Chip::Esp32,
        5 => Chip::Esp32c3,
        9 => Chip::Esp32s3,
        13 => Chip::Esp32c6,
        other => return Err(ImageError::OtherChip(other)),
    };
    let partitions = image.get(PARTITIONS..PARTITIONS + PARTITION_MAGIC.len());
    if partitions != Some(&PARTITION_MAGIC) {
        return Err(ImageError::NoPartitions);
    }
    Ok(chip)
}

/// What tools call a chip.
pub(super) const fn name(chip: Chip) -> &'static str {
    match chip {
        Chip::Esp32 => "esp32",
        Chip::Esp32c3 => "esp32c3",
        Chip::Esp32c6 => "esp32c6",
        Chip::Esp32s3 => "esp32s3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A boot loader's header for a chip at a place, and a partition table.
    fn image(at: usize, chip: u16) -> Vec<u8> {
        let mut image = vec![ERASED; PARTITIONS + 32];
        image[at] = MAGIC;
        image[at + CHIP_ID..at + CHIP_ID + 2].copy_from_slice(&chip.to_le_bytes());
        image[PARTITIONS..PARTITIONS + 2].copy_from_slice(&PARTITION_MAGIC);
        image
    }

    #[test]
    fn chip_of_a_whole_image_is_known_wherever_its_boot_loader_lies() {
        assert_eq!(chip(&image(0x1000, 0)), Ok(Chip::Esp32));
        assert_eq!(chip(&image(0, 5)), Ok(Chip::Esp32c3));
        assert_eq!(chip(&image(0, 9)), Ok(Chip::Esp32s3));
        assert_eq!(chip(&image(0, 13)), Ok(Chip::Esp32c6));
    }

    #[test]
    fn image_that_would_not_start_is_refused_with_its_reason() {
        assert_eq!(chip(&image(0, 2)), Err(ImageError::OtherChip(2)));
        assert_eq!(chip(&image(0, 5)[..0x8000]), Err(ImageError::NoPartitions));
        assert_eq!(chip(&[MAGIC; 5]), Err(ImageError::NoBootLoader));
        assert_eq!(chip(b"\x7fELF"), Err(ImageError::NoBootLoader));
        assert_eq!(chip(&[]), Err(ImageError::NoBootLoader));
    }
}
