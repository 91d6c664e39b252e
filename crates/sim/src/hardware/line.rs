//! A board's own clock, the UART between board and computer, and what goes wrong on the cable.

use std::collections::BTreeMap;

use core::time::Duration;

use v2x_boards::Chassis;
use v2x_units::Instant;

use super::PortId;
use crate::chance::Chance;
use crate::scenario::LineFault;

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

/// Of so many bytes on a noisy line one is spoilt.
const SPOILT_OF: f64 = 400.0;

/// The cables that do something wrong.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    faults: BTreeMap<PortId, (LineFault, Instant)>,
    chance: Chance,
}

impl Lines {
    pub(super) const fn new(chance: Chance) -> Self {
        Self {
            faults: BTreeMap::new(),
            chance,
        }
    }

    pub(super) fn fail(&mut self, port: PortId, fault: LineFault, until: Instant) {
        self.faults.insert(port, (fault, until));
    }

    /// What a line does wrong now.
    pub(super) fn fault(&self, now: Instant, port: PortId) -> Option<LineFault> {
        let (fault, until) = self.faults.get(&port)?;
        (now < *until).then_some(*fault)
    }

    /// What comes out of a line at its other end.
    pub(super) fn carry(&mut self, now: Instant, port: PortId, mut bytes: Vec<u8>) -> Vec<u8> {
        match self.fault(now, port) {
            None => {}
            Some(LineFault::Unplugged) => bytes.clear(),
            Some(LineFault::Noisy) => {
                for byte in &mut bytes {
                    if self.chance.happens(1.0 / SPOILT_OF) {
                        *byte ^= 1 << self.chance.below(8);
                    }
                }
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seed;

    #[test]
    fn cable_that_is_out_carries_nothing_and_a_noisy_one_spoils_a_few_bytes() {
        let mut lines = Lines::new(Seed(1).stream("lines"));
        let (now, until) = (Instant::BOOT, Instant::from_micros(1_000_000));
        let (one, other) = (PortId::Slot(0), PortId::Slot(1));
        let sent = vec![0x55; 100_000];
        lines.fail(one, LineFault::Unplugged, until);
        assert!(lines.carry(now, one, sent.clone()).is_empty());
        assert_eq!(lines.carry(now, other, sent.clone()), sent);
        assert_eq!(
            lines.carry(until, one, sent.clone()),
            sent,
            "it is in again"
        );
        lines.fail(one, LineFault::Noisy, until);
        let came = lines.carry(now, one, sent.clone());
        let spoilt = came.iter().zip(&sent).filter(|(a, b)| a != b).count();
        assert!((150..400).contains(&spoilt), "{spoilt}");
    }
}
