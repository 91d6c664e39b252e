//! The last words of a board, in RTC memory that a reset leaves alone, and the reset after them.
//!
//! Not here: what the words look like (`v2x_boards::chassis::panic_record`). The reset makes every
//! pin an input, so that a relay's pull-down opens it.

use core::panic::PanicInfo;
use core::ptr::{addr_of, addr_of_mut};
use core::sync::atomic::{AtomicU32, Ordering};

use esp_hal::ram;
use v2x_boards::chassis::PanicNote;
use v2x_boards::limits::PANIC_BYTES;
use v2x_units::BootId;

use crate::clock::now;

#[ram(unstable(rtc_fast, persistent))]
static mut WORDS: [u8; PANIC_BYTES] = [0; PANIC_BYTES];

/// The boot that would have panicked.
static BOOT: AtomicU32 = AtomicU32::new(0);

/// What an earlier boot left behind. It stays until [`forget`], so that a reset within the first
/// minute loses nothing.
pub(crate) fn left_behind() -> Option<PanicNote> {
    // SAFETY: called at the start, when nobody else runs; any bytes are valid there.
    let words = unsafe { addr_of!(WORDS).read() };
    PanicNote::read(&words)
}

/// From now on a panic is noted as one of this boot.
pub(crate) fn note_boot(boot: BootId) {
    BOOT.store(boot.get(), Ordering::Relaxed);
}

/// Whoever listens has been told.
pub(crate) fn forget() {
    // SAFETY: only the main loop and the panic handler, which ends it, touch the words.
    unsafe { addr_of_mut!(WORDS).write([0; PANIC_BYTES]) }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut words = [0; PANIC_BYTES];
    let boot = BootId::new(BOOT.load(Ordering::Relaxed));
    PanicNote::write(&mut words, boot, now(), format_args!("{info}"));
    // SAFETY: nothing else runs any more.
    unsafe { addr_of_mut!(WORDS).write(words) }
    esp_hal::system::software_reset()
}
