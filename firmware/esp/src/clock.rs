//! Microseconds since boot: the one clock of a board.

use v2x_units::Instant;

/// Now. Can be read in interrupts.
#[must_use]
pub fn now() -> Instant {
    Instant::from_micros(
        esp_hal::time::Instant::now()
            .duration_since_epoch()
            .as_micros(),
    )
}
