//! A DBC becomes decoder tables; a CAN frame becomes signals with their validity.
//!
//! The layout of a car's bus is data (`interfaces/dbc/*.dbc`), never code: [`Decoder::from_dbc`]
//! reads it once, [`Decoder::decode`] then extracts every signal of a frame without allocating.
//! A signal that its sender marks as not available gives no value, never a zero; what marks it is
//! said by attributes of the DBC, which [`dbc`] describes. [`VssMapping`] says which signal is
//! which quantity of the COVESA Vehicle Signal Specification and which source wins.
//!
//! This crate knows no clock and no file: whoever has the text and the time passes them in. What
//! a value leads to (charging or not, a row, a warning) is the `roles` crate's work.
//!
//! ```
//! use v2x_can::{Decoder, History, RENAULT_TWIZY_DBC};
//! use v2x_units::{CanFrame, CanId, Instant};
//!
//! let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC)?;
//! let mut history = History::new(&decoder);
//! let id = CanId::standard(0x155)?;
//! let frame = CanFrame::new(id, &[0x07, 0x98, 0x51, 0x54, 0x6C, 0x78, 0x00, 0x70]).unwrap();
//! let mut current = None;
//! decoder.decode(&mut history, Instant::BOOT, &frame, |signal, value| {
//!     if decoder.info(signal).qualified == "BMS_Power.BatteryCurrent" {
//!         current = Some(value);
//!     }
//! });
//! assert_eq!(current, Some(32.25));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod dbc;
mod decoder;
mod encoder;
mod history;
mod layout;
mod message;
mod signal;
mod validity;
pub mod vss;

pub use dbc::{DbcError, DbcFault};
pub use decoder::{Decoder, Outcome};
pub use encoder::{EncodeError, MessageInfo};
pub use history::{BUS_ASLEEP, History};
pub use signal::{Confidence, SignalId, SignalInfo};
pub use vss::{MappingError, Quantity, QuantityId, Source, VssMapping};

/// The Renault Twizy's bus: 29 messages, 115 signals.
pub const RENAULT_TWIZY_DBC: &str = include_str!("../../../interfaces/dbc/renault_twizy.dbc");

/// Which signal of the Renault Twizy is which VSS quantity.
pub const RENAULT_TWIZY_VSS: &str = include_str!("../../../interfaces/vss/renault_twizy.toml");
