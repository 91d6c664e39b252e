//! What each of the small boards decides, sans-IO: collector, radio, slot controller, slot meter.
//!
//! Not the chips: pins, drivers and interrupts are in `firmware/`, which has one program per board
//! around this crate. The same code runs on the host in tests and as RISC-V code in an emulator.
//!
//! Every board takes what happened with [`handle`](collector::Collector::handle) and says what is
//! to be done with [`poll`](collector::Collector::poll), both with the time as an argument. Its
//! bytes for the computer wait in its [`Chassis`]:
//!
//! ```
//! use v2x_boards::chassis::{Identity, Settings};
//! use v2x_boards::collector::{self, CanQueue, Collector, Input, Output};
//! use v2x_boards::memory::{FlashMemory, RamFlash};
//! use v2x_units::Instant;
//!
//! let mut memory = FlashMemory::new(RamFlash::<8192>::default());
//! let settings = Settings::load(collector::SETTINGS, &mut memory);
//! let mut board = Collector::new(Identity::of_nobody(), settings, None, Instant::BOOT);
//! let mut frames: CanQueue<64> = CanQueue::new();
//!
//! let now = Instant::from_micros(250);
//! board.handle(now, Input::HostBytes(&[]), &mut memory);
//! while let output = board.poll(now, &mut frames)
//!     && !matches!(output, Output::WakeAt(_))
//! {
//!     // Do it: set a baud rate, restart, ...
//! }
//! let bytes = board.chassis().pending().len();
//! board.chassis_mut().written(bytes); // once the UART has taken them
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`chassis`] | what every board has: link, settings, answers to commands, LED, watchdog, panic record |
//! | [`memory`] | what survives a restart, in flash with its wear spread |
//! | [`collector`] | CAN frames and GNSS fixes up to the computer |
//! | [`radio`] | the ESP-NOW modem |
//! | [`meter_line`] | asking a PZEM-004T, twice a second |
//! | [`slot_controller`] | meter, relay and session of a charging slot |
//! | [`slot_meter`] | the meter of a small slot, nothing else |
//! | [`stage`] | a scripted world around a board, where there is no hardware |
//! | [`limits`] | every bound with its reason |

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod chassis;
pub mod collector;
pub mod limits;
pub mod memory;
pub mod meter_line;
pub mod radio;
pub mod slot_controller;
pub mod slot_meter;
pub mod stage;

pub use chassis::Chassis;
