//! Which pin is which: constants that `build.rs` makes of a file in `wiring/`, and has checked.

use esp_hal::gpio::AnyPin;

include!(concat!(env!("OUT_DIR"), "/wiring.rs"));

/// The port to the computer.
#[derive(Debug, Clone, Copy)]
#[expect(dead_code, reason = "the wiring file uses one of these")]
pub(crate) enum HostPort {
    /// UART 0 at these pins.
    Uart0 { tx: u8, rx: u8 },
    /// The USB port that the chip brings.
    Usb,
}

/// The CAN controller.
#[derive(Debug, Clone, Copy)]
#[expect(dead_code, reason = "the wiring file uses one of these")]
pub(crate) enum CanPort {
    /// The chip's own, with a transceiver at these pins.
    Twai { rx: u8, tx: u8 },
    /// An MCP2515.
    Mcp2515(SpiPins),
}

/// An MCP2515 on SPI.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpiPins {
    pub(crate) crystal_mhz: u8,
    pub(crate) sck: u8,
    pub(crate) miso: u8,
    pub(crate) mosi: u8,
    pub(crate) cs: u8,
    pub(crate) int: u8,
}

/// A serial line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) rx: u8,
    pub(crate) tx: u8,
}

/// A pin that means yes at one of its levels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pin {
    pub(crate) number: u8,
    pub(crate) active_high: bool,
}

/// The pin of this number.
pub(crate) fn pin(number: u8) -> AnyPin<'static> {
    // SAFETY: `build.rs` has checked that a board uses each of its pins once, and a program opens
    // each of its ports once.
    unsafe { AnyPin::steal(number) }
}
