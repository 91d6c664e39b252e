//! Who a board is, what runs on it and why it runs.

use v2x_proto::link::message::{BoardKind, BootReason, FirmwareVersion};
use v2x_units::{BootId, MacAddress};

/// Who a board is, for as long as it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// What kind of board.
    pub kind: BoardKind,
    /// Which one: the factory MAC address of its chip.
    pub board: MacAddress,
    /// This boot, drawn at random.
    pub boot: BootId,
    /// What runs on it.
    pub firmware: FirmwareVersion,
    /// Why it started.
    pub boot_reason: BootReason,
}

impl Identity {
    /// A collector without an address, for examples.
    #[must_use]
    pub const fn of_nobody() -> Self {
        Self {
            kind: BoardKind::Collector,
            board: MacAddress::new([0; 6]),
            boot: BootId::new(1),
            firmware: FirmwareVersion {
                major: 0,
                minor: 1,
                patch: 0,
            },
            boot_reason: BootReason::PowerOn,
        }
    }

    /// The same board after its next start.
    #[must_use]
    pub const fn of_boot(self, boot: BootId, boot_reason: BootReason) -> Self {
        Self {
            boot,
            boot_reason,
            ..self
        }
    }
}
