//! How the invented car is switched on and off: which unit talks when, and in which mode.
//!
//! The order of the steps is that of published bus traces of a Twizy's start and stop; the times
//! are rounded. What the steps look like on the bus is `frames`.

use super::car::Car;

/// When the person turns the key, takes the direction D, and turns the key back.
const READY_MILLIS: u32 = 4_000;
const DIRECTION_MILLIS: u32 = 5_000;
const KEY_OFF_MILLIS: u32 = 58_000;

/// A unit on the car's bus. It talks from its first to its last millisecond.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// The battery's management.
    Bms,
    /// The charger, which wakes the bus up.
    Charger,
    /// The motor's controller: first its own cycle, later its status messages.
    Controller,
    ControllerStatus,
    Display,
}

impl Unit {
    /// Its first and last millisecond on the bus.
    pub(super) const fn talks(self) -> (u32, u32) {
        match self {
            Self::Charger => (0, u32::MAX),
            Self::Display => (50, u32::MAX),
            Self::Bms => (100, u32::MAX),
            Self::Controller => (1_500, KEY_OFF_MILLIS),
            Self::ControllerStatus => (1_660, KEY_OFF_MILLIS),
        }
    }
}

/// One moment of the drive.
pub(super) struct Moment<'a> {
    pub(super) millis: u32,
    pub(super) car: &'a Car,
}

impl Moment<'_> {
    /// Whether the battery's management still sends its place-holders.
    pub(super) const fn bms_starts(&self) -> bool {
        self.millis < 300
    }

    /// Whether the battery's values count (phase 0x54 of `BMS_Power`).
    pub(super) const fn bms_is_valid(&self) -> bool {
        self.millis >= 600 && self.millis < KEY_OFF_MILLIS + 1_200
    }

    /// The handshake with the charger: 9, then 10 for 0.3 s, then 9.
    pub(super) const fn pilot_handshake(&self) -> u8 {
        if self.millis >= 370 && self.millis < 600 {
            0xA
        } else {
            0x9
        }
    }

    /// The mode byte of `BMS_State`: starting, ready, driving.
    pub(super) const fn bms_mode(&self) -> u8 {
        match self.millis {
            ..300 => 0x1D,
            900..58_600 => 0x2A,
            _ => 0x24,
        }
    }

    /// Bytes 1 and 3 of `CHG_Status`, from waking up to drive mode and back to sleep.
    pub(super) const fn charger_status(&self) -> (u8, u8) {
        match self.millis {
            ..200 => (0xF0, 0xA2),
            200..650 => (0xF0, 0xA1),
            650..750 => (0xF0, 0xC1),
            750..950 => (0xF4, 0xC1),
            950..1_150 => (0xF5, 0x41),
            1_150..KEY_OFF_MILLIS => (0x95, 0x41),
            KEY_OFF_MILLIS..58_300 => (0x85, 0x41),
            58_300..58_500 => (0xE5, 0xD1),
            58_500..59_000 => (0xE4, 0xD1),
            _ => (0xE0, 0xD1),
        }
    }

    /// Whether the charger commands the battery's management to be on.
    pub(super) const fn bms_is_commanded_on(&self) -> bool {
        self.millis < KEY_OFF_MILLIS + 1_400
    }

    /// Whether the controller is energised ("GO").
    pub(super) const fn is_ready_to_drive(&self) -> bool {
        self.millis >= READY_MILLIS && self.millis < KEY_OFF_MILLIS
    }

    /// Whether the direction is D; N before and after.
    pub(super) const fn is_in_drive(&self) -> bool {
        self.millis >= DIRECTION_MILLIS && self.millis < 57_000
    }
}
