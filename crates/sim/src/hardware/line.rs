//! A board's own clock, and the UART between board and computer.

use core::time::Duration;

use v2x_boards::Chassis;
use v2x_units::Instant;

/// A board's clock: it begins at its boot and is a little wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct BoardClock {
    boot: Instant,
    /// Parts in a million that it is too fast.
    drift_ppm: f64,
}

impl BoardClock {
    pub(super) const fn new(boot: Instant, drift_ppm: f64) -> Self {
        Self { boot, drift_ppm }
    }

    /// What it says at a moment of the world.
    pub(super) fn says(&self, at: Instant) -> Instant {
        let since = at.since(self.boot);
        Instant::BOOT + since.mul_f64(1.0 + self.drift_ppm / 1e6)
    }

    /// The same oscillator after a restart.
    pub(super) const fn restarted(self, boot: Instant) -> Self {
        Self { boot, ..self }
    }
}

/// A UART that carries so many bytes a second.
#[derive(Debug, Clone)]
pub(super) struct Uart {
    bytes_per_second: f64,
    credit: f64,
    at: Instant,
}

/// What the transmitter's own buffer takes at once.
const FIFO: f64 = 128.0;

impl Uart {
    pub(super) const fn new(baud: u32, now: Instant) -> Self {
        Self {
            bytes_per_second: baud as f64 / 10.0,
            credit: 0.0,
            at: now,
        }
    }

    /// What it has carried of the board's bytes until now.
    pub(super) fn carry(&mut self, now: Instant, chassis: &mut Chassis) -> Vec<u8> {
        let passed = now.since(self.at).as_secs_f64() * self.bytes_per_second;
        self.at = now;
        self.credit = (self.credit + passed).min(passed.max(FIFO));
        let mut carried = Vec::new();
        while self.credit >= 1.0 && !chassis.pending().is_empty() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "small and positive"
            )]
            let room = self.credit as usize;
            let count = chassis.pending().len().min(room);
            carried.extend_from_slice(&chassis.pending()[..count]);
            chassis.written(count);
            #[expect(clippy::cast_precision_loss, reason = "a few hundred bytes")]
            let used = count as f64;
            self.credit -= used;
        }
        carried
    }
}

/// How long a board is away when it starts anew.
pub(super) const BOOT_TAKES: Duration = Duration::from_millis(400);
