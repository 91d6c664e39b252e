//! The emulated machine: its UART (16550), its clock (CLINT) and its switch.
//!
//! Addresses: QEMU, `hw/riscv/virt.c`.

const UART: usize = 0x1000_0000;
/// Line status register; bit 0: a byte is there, bit 5: the next one can be written.
const UART_STATUS: usize = UART + 5;
const BYTE_IS_THERE: u8 = 1;
const HAS_ROOM: u8 = 1 << 5;
/// Counts at 10 MHz.
const CLOCK: usize = 0x0200_BFF8;
const SWITCH: usize = 0x0010_0000;
/// What the switch takes for "off, and all is well".
const OFF: u32 = 0x5555;

/// A word of the memory.
pub(crate) fn read_word(at: usize) -> u32 {
    // SAFETY: the callers name addresses that this machine has.
    unsafe { core::ptr::with_exposed_provenance::<u32>(at).read_volatile() }
}

fn read_byte(at: usize) -> u8 {
    // SAFETY: only registers of the UART are read with this.
    unsafe { core::ptr::with_exposed_provenance::<u8>(at).read_volatile() }
}

/// A byte that has arrived.
pub(crate) fn read() -> Option<u8> {
    (read_byte(UART_STATUS) & BYTE_IS_THERE != 0).then(|| read_byte(UART))
}

/// Writes a byte if there is room for it now.
pub(crate) fn try_write(byte: u8) -> bool {
    let has_room = read_byte(UART_STATUS) & HAS_ROOM != 0;
    if has_room {
        // SAFETY: the transmit register of the UART.
        unsafe { core::ptr::with_exposed_provenance_mut::<u8>(UART).write_volatile(byte) }
    }
    has_room
}

/// Writes a byte, and waits for room.
pub(crate) fn write(byte: u8) {
    while !try_write(byte) {}
}

/// Microseconds since the machine began.
pub(crate) fn micros() -> u64 {
    loop {
        let (high, low) = (read_word(CLOCK + 4), read_word(CLOCK));
        if high == read_word(CLOCK + 4) {
            return (u64::from(high) << 32 | u64::from(low)) / 10;
        }
    }
}

/// Ends the machine.
pub(crate) fn end() -> ! {
    // SAFETY: the machine's switch.
    unsafe { core::ptr::with_exposed_provenance_mut::<u32>(SWITCH).write_volatile(OFF) }
    loop {
        core::hint::spin_loop();
    }
}
