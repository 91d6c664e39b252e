//! The chip's own CAN controller (TWAI), listening only, each frame stamped in its interrupt.
//!
//! The stamp is that of the interrupt after the frame's end: late by the latency of the interrupt,
//! a few microseconds, and by up to 50 ms while the board writes to its flash, which a collector
//! does only when a setting is changed. A frame that finds another one still in the FIFO of 64
//! bytes gets the stamp of the interrupt that took both.

use core::cell::RefCell;

use critical_section::Mutex;
use esp_hal::peripherals::TWAI0;
use esp_hal::twai::{BaudRate, EspTwaiError, EspTwaiFrame, Id, Twai, TwaiConfiguration, TwaiMode};
use esp_hal::{Blocking, handler};
use v2x_boards::collector::ControllerReport;
use v2x_units::{CanFrame, CanId};

use super::QUEUE;
use crate::clock::now;
use crate::wiring::pin;

/// More than its FIFO holds; an interrupt always ends.
const AT_ONCE: usize = 32;

/// The controller with what its interrupt has counted.
struct Bus {
    twai: Option<Twai<'static, Blocking>>,
    bus_errors: u32,
    overflows: u32,
}

static BUS: Mutex<RefCell<Bus>> = Mutex::new(RefCell::new(Bus {
    twai: None,
    bus_errors: 0,
    overflows: 0,
}));

/// Listens at this bit rate, from scratch.
pub(super) fn listen(bit_rate: u32, rx: u8, tx: u8) {
    let baud = match bit_rate {
        1_000_000 => BaudRate::B1000K,
        250_000 => BaudRate::B250K,
        125_000 => BaudRate::B125K,
        _ => BaudRate::B500K,
    };
    critical_section::with(|section| {
        let mut bus = BUS.borrow_ref_mut(section);
        // The old one is given up before the new one takes its place.
        bus.twai = None;
        // SAFETY: the one that had it is gone.
        let twai0 = unsafe { TWAI0::steal() };
        let mode = TwaiMode::ListenOnly;
        let mut configuration = TwaiConfiguration::new(twai0, pin(rx), pin(tx), baud, mode);
        configuration.set_interrupt_handler(on_twai);
        bus.twai = Some(configuration.start());
        TWAI0::regs().int_ena().modify(|_, enable| {
            enable.rx_int_ena().set_bit();
            enable.bus_err_int_ena().set_bit();
            enable.overrun_int_ena().set_bit()
        });
    });
}

/// What it says of itself.
pub(super) fn report() -> ControllerReport {
    critical_section::with(|section| {
        let bus = BUS.borrow_ref(section);
        let twai = bus.twai.as_ref();
        ControllerReport {
            absent: twai.is_none(),
            bus_off: twai.is_some_and(Twai::is_bus_off),
            transmit_errors: twai.map_or(0, Twai::transmit_error_count),
            // A listener's counter stands still, at 128 on chips that would else answer errors.
            receive_errors: 0,
            bus_errors: bus.bus_errors,
            overflows: bus.overflows,
        }
    })
}

#[handler]
fn on_twai() {
    let at = now();
    critical_section::with(|section| {
        let mut bus = BUS.borrow_ref_mut(section);
        // Reading it takes the requests back.
        let raised = TWAI0::regs().int_raw().read();
        if raised.bus_err_int_st().bit_is_set() {
            bus.bus_errors = bus.bus_errors.wrapping_add(1);
            // Until it was read there is no next one.
            let _code = TWAI0::regs().err_code_cap().read();
        }
        for _ in 0..AT_ONCE {
            let Some(twai) = bus.twai.as_mut() else {
                return;
            };
            match twai.receive() {
                Ok(frame) => {
                    if let Some(frame) = translate(&frame) {
                        QUEUE.borrow_ref_mut(section).push(at, frame);
                    }
                }
                Err(nb::Error::Other(EspTwaiError::EmbeddedHAL(_))) => {
                    // A place in the FIFO for a frame that did not fit.
                    bus.overflows = bus.overflows.wrapping_add(1);
                    TWAI0::regs()
                        .cmd()
                        .write(|order| order.release_buf().set_bit());
                    clear_overrun();
                }
                Err(_) => break,
            }
        }
    });
}

fn clear_overrun() {
    #[cfg(feature = "esp32c6")]
    TWAI0::regs()
        .cmd()
        .write(|order| order.clear_data_overrun().set_bit());
    #[cfg(not(feature = "esp32c6"))]
    TWAI0::regs()
        .cmd()
        .write(|order| order.clr_overrun().set_bit());
}

fn translate(frame: &EspTwaiFrame) -> Option<CanFrame> {
    let id = match frame.identifier() {
        Id::Standard(id) => CanId::standard(u32::from(id.as_raw())),
        Id::Extended(id) => CanId::extended(id.as_raw()),
    };
    let id = id.ok()?;
    if frame.is_remote_request() {
        // ISO 11898-1: lengths of 9 to 15 mean 8.
        let length = u8::try_from(frame.data_length_code()).unwrap_or(8);
        CanFrame::remote(id, length.min(8))
    } else {
        CanFrame::new(id, frame.data())
    }
}
