//! What the four ESP32 programs share: pins, drivers and interrupts around `v2x_boards`.
//!
//! Not here: what a board decides (`crates/boards`), ESP-NOW (`firmware/air`), and which pin is
//! which (`wiring/*.toml`, read by `build.rs`). One feature names the chip: `esp32`, `esp32c3`,
//! `esp32c6` or `esp32s3`.
//!
//! Each program is one loop that never sleeps: it feeds its board with what interrupts and drivers
//! have gathered, does what the board wants, and fills the line to the computer.
//!
//! | file | what it holds |
//! |---|---|
//! | [`can`] | the CAN controller that the wiring names, and the queue of stamped frames |
//! | [`clock`] | microseconds since boot |
//! | [`flash`] | the partition that the board keeps its settings and sessions in |
//! | [`host`] | the line to the computer: a UART or the chip's USB port |
//! | [`panic`] | the last words, in memory that survives a reset |
//! | [`pins`] | LED, contacts, the receiver's pulse, and the interrupt of all pins |
//! | [`serial`] | the second UART, with a GNSS receiver or a meter on it |
//! | [`start`] | what every program does first: identity, settings, watchdog |
//! | [`wiring`] | which pin is which |

#![no_std]

pub mod can;
pub mod clock;
pub mod flash;
pub mod host;
pub mod panic;
pub mod pins;
pub mod serial;
pub mod start;
pub mod wiring;

pub use clock::now;
pub use start::{Board, start};
