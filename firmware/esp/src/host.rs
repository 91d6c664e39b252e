//! The line to the computer: UART 0, or the USB port that the chip brings.
//!
//! Not here: what is said (`v2x_boards::Chassis`). What the UART receives is taken out of its FIFO
//! of 128 bytes by an interrupt, for at 921,600 baud that is full after 1.4 ms; the ring of 4,096
//! bytes behind it bridges 44 ms. A computer that sends more than the board takes damages a frame,
//! which its link says again. USB waits by itself.

use core::cell::RefCell;

use critical_section::Mutex;
use esp_hal::peripherals::UART0;
use esp_hal::uart::{Config, RxConfig, Uart, UartInterrupt};
use esp_hal::{Blocking, handler};
use heapless::Deque;
use v2x_boards::Chassis;

use crate::wiring::{self, HostPort, pin};

#[cfg(not(feature = "esp32"))]
use esp_hal::delay::Delay;
#[cfg(not(feature = "esp32"))]
use esp_hal::usb::usb_serial_jtag::UsbSerialJtag;

/// How long a computer is waited for that may not be there.
#[cfg(not(feature = "esp32"))]
const USB_TAKES_MS: u32 = 20;
/// What the interrupt has taken out of the FIFO.
const RING: usize = 4096;
/// The FIFO is emptied when it holds so many bytes, or after a pause.
const FIFO_FULL: u16 = 64;

static PORT: Mutex<RefCell<Option<Uart<'static, Blocking>>>> = Mutex::new(RefCell::new(None));
static HEARD: Mutex<RefCell<Deque<u8, RING>>> = Mutex::new(RefCell::new(Deque::new()));

/// The line to the computer.
pub struct Host(Port);

enum Port {
    Uart,
    #[cfg(not(feature = "esp32"))]
    Usb(UsbSerialJtag<'static, Blocking>),
}

impl Host {
    /// Opens the port that the wiring names, a UART at this speed.
    #[must_use]
    pub fn open(baud: u32) -> Self {
        match wiring::HOST {
            HostPort::Uart0 { tx, rx } => {
                open_uart(baud, tx, rx);
                Self(Port::Uart)
            }
            HostPort::Usb => Self(open_usb()),
        }
    }

    /// What the computer has sent, as much as there is room for.
    pub fn read<'a>(&mut self, room: &'a mut [u8]) -> &'a [u8] {
        let count = match &mut self.0 {
            Port::Uart => critical_section::with(|section| {
                let mut heard = HEARD.borrow_ref_mut(section);
                let mut count = 0;
                while let Some(place) = room.get_mut(count)
                    && let Some(byte) = heard.pop_front()
                {
                    *place = byte;
                    count += 1;
                }
                count
            }),
            #[cfg(not(feature = "esp32"))]
            Port::Usb(usb) => {
                let mut count = 0;
                while let Some(place) = room.get_mut(count)
                    && let Ok(byte) = usb.read_byte()
                {
                    *place = byte;
                    count += 1;
                }
                count
            }
        };
        room.get(..count).unwrap_or_default()
    }

    /// Gives the port what waits for it, as much as it takes without waiting.
    pub fn write(&mut self, chassis: &mut Chassis) {
        let written = match &mut self.0 {
            Port::Uart => critical_section::with(|section| {
                let mut port = PORT.borrow_ref_mut(section);
                let bytes = chassis.pending();
                match port.as_mut() {
                    Some(uart) if !bytes.is_empty() && uart.write_ready() => {
                        uart.write(bytes).unwrap_or(0)
                    }
                    _ => 0,
                }
            }),
            #[cfg(not(feature = "esp32"))]
            Port::Usb(usb) => {
                let mut count = 0;
                for byte in chassis.pending() {
                    if usb.write_byte_nb(*byte).is_err() {
                        break;
                    }
                    count += 1;
                }
                if count > 0 {
                    // It may say that the packet before is still on its way; the next turn or a
                    // full packet sends this one.
                    let _sent = usb.flush_tx_nb();
                }
                count
            }
        };
        chassis.written(written);
    }

    /// Waits until what the port has taken is on its way: before a restart, which empties the FIFO.
    pub fn finish(&mut self) {
        match &mut self.0 {
            Port::Uart => critical_section::with(|section| {
                if let Some(uart) = PORT.borrow_ref_mut(section).as_mut() {
                    // A UART sends whether anybody listens or not, so this ends.
                    let _done = uart.flush();
                }
            }),
            #[cfg(not(feature = "esp32"))]
            Port::Usb(usb) => {
                let _sent = usb.flush_tx_nb();
                // A computer asks every millisecond; one that is not there asks never.
                Delay::new().delay_millis(USB_TAKES_MS);
            }
        }
    }
}

fn open_uart(baud: u32, tx: u8, rx: u8) {
    let receive = RxConfig::default().with_fifo_full_threshold(FIFO_FULL);
    let config = Config::default().with_baudrate(baud).with_rx(receive);
    // SAFETY: a program opens its host line once, and nothing else uses this UART.
    let uart0 = unsafe { UART0::steal() };
    let Ok(uart) = Uart::new(uart0, config) else {
        return;
    };
    let mut uart = uart.with_tx(pin(tx)).with_rx(pin(rx));
    uart.set_interrupt_handler(on_uart);
    critical_section::with(|section| {
        uart.listen(UartInterrupt::RxFifoFull | UartInterrupt::RxTimeout);
        PORT.borrow_ref_mut(section).replace(uart);
    });
}

#[cfg(not(feature = "esp32"))]
fn open_usb() -> Port {
    // SAFETY: a program opens its host line once, and nothing else uses the USB port.
    let device = unsafe { esp_hal::peripherals::USB_DEVICE::steal() };
    Port::Usb(UsbSerialJtag::new(device))
}

/// This chip has none; `build.rs` refuses a wiring that says otherwise.
#[cfg(feature = "esp32")]
const fn open_usb() -> Port {
    Port::Uart
}

#[handler]
fn on_uart() {
    critical_section::with(|section| {
        let mut port = PORT.borrow_ref_mut(section);
        let Some(uart) = port.as_mut() else { return };
        let mut heard = HEARD.borrow_ref_mut(section);
        let mut room = [0; 128];
        let count = uart.read_buffered(&mut room).unwrap_or(0);
        for byte in room.iter().take(count) {
            if heard.push_back(*byte).is_err() {
                break;
            }
        }
        uart.clear_interrupts(UartInterrupt::RxFifoFull | UartInterrupt::RxTimeout);
    });
}
