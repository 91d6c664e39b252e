//! The emulated machine: its UART (16550), its clock (CLINT) and its switch.
//!
//! Addresses: QEMU, `hw/riscv/virt.c`.

const UART: usize = 0x1000_0000;
/// FIFO control register; bit 0: what arrives waits in a FIFO of 16 bytes.
const UART_FIFO: usize = UART + 2;
const FIFO_ON: u8 = 1;
/// Line status register; bit 0: a byte is there, bit 5: the next one can be written.
const UART_STATUS: usize = UART + 5;
const BYTE_IS_THERE: u8 = 1;
const HAS_ROOM: u8 = 1 << 5;
/// Counts at 10 MHz.
const CLOCK: usize = 0x0200_BFF8;
/// The time at which the only core's timer is due.
const ALARM: usize = 0x0200_4000;
/// How long one rest takes at most: a millisecond, in which the FIFO takes what arrives.
const REST_TICKS: u64 = 10_000;
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

fn write_word(at: usize, word: u32) {
    // SAFETY: the callers name registers that this machine has.
    unsafe { core::ptr::with_exposed_provenance_mut::<u32>(at).write_volatile(word) }
}

/// Lets what arrives wait in the UART's FIFO.
pub(crate) fn start_fifo() {
    // SAFETY: the FIFO control register of the UART.
    unsafe { core::ptr::with_exposed_provenance_mut::<u8>(UART_FIFO).write_volatile(FIFO_ON) }
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
    ticks() / 10
}

fn ticks() -> u64 {
    loop {
        let (high, low) = (read_word(CLOCK + 4), read_word(CLOCK));
        if high == read_word(CLOCK + 4) {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// Leaves the computer's processor to others for a moment: other emulators run beside this one.
pub(crate) fn rest() {
    let [a, b, c, d, e, f, g, h] = (ticks() + REST_TICKS).to_le_bytes();
    // Never due while only half of it is written.
    write_word(ALARM + 4, u32::MAX);
    write_word(ALARM, u32::from_le_bytes([a, b, c, d]));
    write_word(ALARM + 4, u32::from_le_bytes([e, f, g, h]));
    // SAFETY: interrupts as a whole stay off, so the timer ends the wait and interrupts nothing.
    unsafe { riscv::register::mie::set_mtimer() };
    riscv::asm::wfi();
}

/// Ends the machine.
pub(crate) fn end() -> ! {
    write_word(SWITCH, OFF);
    loop {
        core::hint::spin_loop();
    }
}
