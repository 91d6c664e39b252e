//! The second UART: a GNSS receiver on a collector, a meter on a slot board.
//!
//! Its FIFO of 128 bytes is emptied in every turn of the loop: at 38,400 baud it bridges 33 ms.

use esp_hal::Blocking;
use esp_hal::peripherals::UART1;
use esp_hal::uart::{Config, Uart};

use crate::wiring::{self, Line, pin};

/// The speed of a PZEM-004T, and of most receivers at first.
const FIRST_BAUD: u32 = 9600;

/// The line.
pub struct Serial {
    uart: Option<Uart<'static, Blocking>>,
}

impl Serial {
    /// The line to the GNSS receiver.
    #[must_use]
    pub fn gnss(uart: UART1<'static>) -> Self {
        Self::open(uart, wiring::GNSS)
    }

    /// The line to the meter.
    #[must_use]
    pub fn meter(uart: UART1<'static>) -> Self {
        Self::open(uart, wiring::METER)
    }

    fn open(uart: UART1<'static>, line: Line) -> Self {
        let uart = Uart::new(uart, config(FIRST_BAUD)).ok();
        let uart = uart.map(|uart| uart.with_rx(pin(line.rx)).with_tx(pin(line.tx)));
        Self { uart }
    }

    /// Speaks at another speed from now on. What was received at the old one is thrown away.
    pub fn set_baud(&mut self, baud: u32) {
        if let Some(uart) = &mut self.uart {
            // Every speed that a board asks for is one that the chip can do.
            let _done = uart.apply_config(&config(baud));
        }
    }

    /// What has arrived, as much as there is room for. Bytes that were damaged, or lost because
    /// nobody took them, are missing: the sentence or answer that they belong to is then counted
    /// as damaged by the board.
    pub fn read<'a>(&mut self, room: &'a mut [u8]) -> &'a [u8] {
        let Some(uart) = &mut self.uart else {
            return &[];
        };
        let count = uart.read_buffered(room).unwrap_or(0);
        room.get(..count).unwrap_or_default()
    }

    /// Throws away what has arrived.
    pub fn discard(&mut self) {
        let mut room = [0; 64];
        while !self.read(&mut room).is_empty() {}
    }

    /// Sends bytes; waits until the last of them has room in the FIFO.
    pub fn write(&mut self, mut bytes: &[u8]) {
        let Some(uart) = &mut self.uart else { return };
        while !bytes.is_empty() {
            let Ok(count) = uart.write(bytes) else { return };
            bytes = bytes.get(count..).unwrap_or_default();
        }
    }
}

fn config(baud: u32) -> Config {
    Config::default().with_baudrate(baud)
}
