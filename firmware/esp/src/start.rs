//! What every program does first: who the board is, why it runs, what it keeps, and the watchdog.

use esp_hal::efuse;
use esp_hal::peripherals::{FLASH, TIMG1};
use esp_hal::rng::Rng;
use esp_hal::time::Duration;
use esp_hal::timer::timg::{MwdtStage, TimerGroup, Wdt};
use v2x_boards::chassis::watchdog::Watchdog;
use v2x_boards::chassis::{Identity, PanicNote, Setting, Settings};
use v2x_boards::memory::FlashMemory;
use v2x_proto::link::message::{BoardKind, BootReason, FirmwareVersion};
use v2x_units::{BootId, Instant, MacAddress};

use crate::clock::now;
use crate::flash::ChipFlash;
use crate::host::Host;
use crate::panic;
use crate::pins::Led;

/// A loop that hangs for so long is ended by the hardware. Nothing that a board does takes a
/// second, an erasure of its flash included.
const HANGS_AFTER: core::time::Duration = core::time::Duration::from_secs(5);
/// What the hardware waits once it is not fed any more.
const BITES_AFTER: Duration = Duration::from_secs(3);
/// When the note of a panic has been told to whoever listens.
const PANIC_TOLD_AFTER: core::time::Duration = core::time::Duration::from_secs(60);

/// What a program works with.
pub struct Board<const TASKS: usize> {
    /// Who the board is.
    pub identity: Identity,
    /// How it is configured.
    pub settings: Settings,
    /// What an earlier boot left behind.
    pub panic: Option<PanicNote>,
    /// What survives a restart.
    pub memory: FlashMemory<ChipFlash>,
    /// Its LED.
    pub led: Led,
    /// The board's tasks, and the hardware that ends a board whose tasks hang.
    pub watch: Watch<TASKS>,
}

/// The tasks of a board, and the hardware's watchdog behind them.
pub struct Watch<const TASKS: usize> {
    tasks: Watchdog<TASKS>,
    hardware: Wdt<TIMG1<'static>>,
    forgets: bool,
}

impl<const TASKS: usize> Watch<TASKS> {
    /// A task of the board is alive.
    pub fn check_in(&mut self, task: usize, now: Instant) {
        self.tasks.check_in(task, now);
    }

    /// Feeds the hardware if all tasks are alive, and forgets the last panic once it was told.
    pub fn feed(&mut self, now: Instant) {
        if self.tasks.may_feed(now) {
            self.hardware.feed();
        }
        if self.forgets && now.since(Instant::BOOT) > PANIC_TOLD_AFTER {
            self.forgets = false;
            panic::forget();
        }
    }
}

/// Starts a board with so many tasks that its watchdog is to watch.
#[must_use]
pub fn start<const TASKS: usize>(
    kind: BoardKind,
    table: &'static [Setting],
    flash: FLASH<'static>,
    timers: TIMG1<'static>,
) -> Board<TASKS> {
    let mut hardware = TimerGroup::new(timers).wdt;
    hardware.set_timeout(MwdtStage::Stage0, BITES_AFTER);
    hardware.enable();
    let boot = BootId::new(Rng::new().random());
    let panic = panic::left_behind();
    panic::note_boot(boot);
    let identity = Identity {
        kind,
        board: address(),
        boot,
        firmware: version(),
        boot_reason: boot_reason(panic.is_some()),
    };
    let mut memory = FlashMemory::new(ChipFlash::open(flash));
    let settings = Settings::load(table, &mut memory);
    Board {
        identity,
        settings,
        memory,
        led: Led::open(),
        watch: Watch {
            tasks: Watchdog::new([HANGS_AFTER; TASKS], now()),
            hardware,
            forgets: panic.is_some(),
        },
        panic,
    }
}

/// Starts the board anew because it was asked to; the answer goes out before.
pub fn restart(host: &mut Host) -> ! {
    host.finish();
    // Else the next boot would take the note of an older panic for the reason of this restart.
    panic::forget();
    esp_hal::system::software_reset()
}

/// Numbers that differ from boot to boot, and may be guessed: no key comes from them.
#[must_use]
pub fn numbers() -> [u8; 32] {
    let mut numbers = [0; 32];
    Rng::new().read(&mut numbers);
    numbers
}

/// The factory address of the chip.
fn address() -> MacAddress {
    let mut octets = [0; 6];
    for (octet, byte) in octets.iter_mut().zip(efuse::base_mac_address().as_bytes()) {
        *octet = *byte;
    }
    MacAddress::new(octets)
}

/// The version of this program.
fn version() -> FirmwareVersion {
    FirmwareVersion {
        major: number(env!("CARGO_PKG_VERSION_MAJOR")),
        minor: number(env!("CARGO_PKG_VERSION_MINOR")),
        patch: number(env!("CARGO_PKG_VERSION_PATCH")),
    }
}

fn number<T: core::str::FromStr + Default>(text: &str) -> T {
    text.parse().unwrap_or_default()
}

/// Why the chip started. The numbers mean the same on all four: each chip's technical reference
/// manual, "Reset and Clock".
fn boot_reason(panicked: bool) -> BootReason {
    let Some(reason) = esp_hal::system::reset_reason() else {
        return BootReason::Unknown;
    };
    match reason as u32 {
        0x01 => BootReason::PowerOn,
        0x03 | 0x0C if panicked => BootReason::Panic,
        0x03 | 0x0C => BootReason::Software,
        0x05 => BootReason::DeepSleep,
        0x07 | 0x08 | 0x09 | 0x0B | 0x0D | 0x10 | 0x11 | 0x12 => BootReason::Watchdog,
        0x0F => BootReason::Brownout,
        0x15 | 0x16 | 0x18 => BootReason::ResetPin,
        _ => BootReason::Unknown,
    }
}
