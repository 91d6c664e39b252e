//! The CAN controller that the wiring names, and the frames that its interrupt has stamped.
//!
//! Not here: what the bus is like (`v2x_boards::collector::bus_watch`). Both controllers only
//! listen, by their own hardware.
//!
//! | file | what it holds |
//! |---|---|
//! | [`spi`] | an MCP2515, served in the interrupt of its INT line |
//! | [`twai`] | the chip's own controller |

pub mod spi;
pub mod twai;

use core::cell::RefCell;

use critical_section::Mutex;
use v2x_boards::collector::{Arrival, Arrivals, CanQueue, ControllerReport};
use v2x_proto::link::message::QueueStatus;

use crate::wiring::{self, CanPort};

/// Frames between interrupt and loop: 113 ms of a full bus.
const FRAMES: usize = 512;

static QUEUE: Mutex<RefCell<CanQueue<FRAMES>>> = Mutex::new(RefCell::new(CanQueue::new()));

/// The controller. Frames come out of it as [`Arrivals`].
#[derive(Debug)]
pub struct Bus(());

impl Bus {
    /// Sets the controller up; it hears nothing before [`Self::listen`].
    #[must_use]
    pub fn open() -> Self {
        match wiring::CAN {
            CanPort::Twai { .. } => {}
            CanPort::Mcp2515(pins) => spi::open(pins),
        }
        Self(())
    }

    /// Listens at this bit rate, in bit/s.
    pub fn listen(&mut self, bit_rate: u32) {
        match wiring::CAN {
            CanPort::Twai { rx, tx } => twai::listen(bit_rate, rx, tx),
            CanPort::Mcp2515(_) => spi::listen(bit_rate),
        }
    }

    /// What the controller says of itself.
    pub fn report(&mut self) -> ControllerReport {
        match wiring::CAN {
            CanPort::Twai { .. } => twai::report(),
            CanPort::Mcp2515(_) => spi::report(),
        }
    }
}

impl Arrivals for Bus {
    fn take(&mut self) -> Option<Arrival> {
        critical_section::with(|section| QUEUE.borrow_ref_mut(section).take())
    }

    fn take_trailing_drops(&mut self) -> u32 {
        critical_section::with(|section| QUEUE.borrow_ref_mut(section).take_trailing_drops())
    }

    fn status(&self) -> QueueStatus {
        critical_section::with(|section| QUEUE.borrow_ref(section).status())
    }
}
