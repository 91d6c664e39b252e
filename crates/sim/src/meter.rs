//! A PZEM-004T on its line: mains, power factor, a counter in whole watt hours, and the faults
//! that such meters are known for.
//!
//! Registers: "PZEM-004T V3.0 User Manual"; checksum: Modbus over serial line, section 6.2.2. Both
//! are written here from the manual, not with the product's own words.

use core::time::Duration;

use serde::Deserialize;
use v2x_units::Instant;

/// What a meter does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterFault {
    /// No answer: no mains on the measuring side, or a loose wire.
    Silent,
    /// A byte of the answer is spoilt on the line.
    Damaged,
    /// The answer is cut.
    Cut,
    /// Zeros where values should be.
    Zeros,
    /// The same values again and again.
    Stuck,
    /// A counter far beyond what was measured, once in a while.
    Jumping,
}

/// How long the meter thinks before it answers.
const THINKS: Duration = Duration::from_millis(40);
/// Length of a question.
const QUESTION: usize = 8;

/// A meter and the mains that it is wired to.
#[derive(Debug, Clone)]
pub struct Meter {
    /// V.
    pub voltage: f64,
    /// Hz.
    pub frequency: f64,
    /// Of the load.
    pub power_factor: f64,
    /// What it does wrong now.
    pub fault: Option<MeterFault>,
    /// W that pass.
    power: f64,
    /// Wh that have passed since it was made; it tells whole ones.
    energy: f64,
    /// Wh by which its counter lies below what has passed, since somebody reset it.
    reset_at: f64,
    answer_at: Option<Instant>,
    last: Vec<u8>,
    asked: u32,
}

impl Meter {
    /// A meter whose counter stands at so many watt hours.
    #[must_use]
    pub const fn new(counter: f64) -> Self {
        Self {
            voltage: 228.0,
            frequency: 50.0,
            power_factor: 0.98,
            fault: None,
            power: 0.0,
            energy: counter,
            reset_at: 0.0,
            answer_at: None,
            last: Vec::new(),
            asked: 0,
        }
    }

    /// So many watts pass for a while.
    pub fn pass(&mut self, power: f64, time: Duration) {
        self.power = power;
        self.energy += power * time.as_secs_f64() / 3600.0;
    }

    /// Wh that have really passed, with all its decimals.
    #[must_use]
    pub const fn energy(&self) -> f64 {
        self.energy
    }

    /// Somebody presses its button: the counter begins again at zero.
    pub const fn reset(&mut self) {
        self.reset_at = self.energy;
    }

    /// Takes what the board sent.
    pub fn hear(&mut self, now: Instant, question: &[u8]) {
        if question.len() == QUESTION && self.fault != Some(MeterFault::Silent) {
            self.answer_at = Some(now + THINKS);
        }
    }

    /// Its answer, when it has thought.
    pub fn speak(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.answer_at.take_if(|at| now >= *at)?;
        self.asked = self.asked.wrapping_add(1);
        let mut answer = if self.fault == Some(MeterFault::Stuck) && !self.last.is_empty() {
            self.last.clone()
        } else {
            self.registers()
        };
        self.last.clone_from(&answer);
        match self.fault {
            Some(MeterFault::Damaged) => answer[9] ^= 0x20,
            Some(MeterFault::Cut) => answer.truncate(11),
            _ => {}
        }
        Some(answer)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what a meter shows is small and positive"
    )]
    fn registers(&self) -> Vec<u8> {
        let zeros = self.fault == Some(MeterFault::Zeros);
        let shown = |value: f64| {
            if zeros {
                0
            } else {
                value.max(0.0).round() as u32
            }
        };
        // Below this the meter shows nothing (manual).
        let power = if self.power < 0.4 { 0.0 } else { self.power };
        let current = power / (self.voltage * self.power_factor);
        let jumps = self.fault == Some(MeterFault::Jumping) && self.asked.is_multiple_of(5);
        let beyond = if jumps { 50_000.0 } else { 0.0 };
        let energy = (self.energy - self.reset_at).floor() + beyond;
        let mut frame = vec![0x01, 0x04, 20];
        let mut word = |value: u32| frame.extend(&value.to_be_bytes()[2..]);
        word(shown(self.voltage * 10.0));
        for value in [shown(current * 1000.0), shown(power * 10.0), shown(energy)] {
            // The low word stands first.
            word(value & 0xFFFF);
            word(value >> 16);
        }
        word(shown(self.frequency * 10.0));
        word(shown(if power > 0.0 {
            self.power_factor * 100.0
        } else {
            0.0
        }));
        word(0);
        let mut crc = 0xFFFF_u16;
        for byte in &frame {
            crc ^= u16::from(*byte);
            for _ in 0..8 {
                let carry = crc & 1;
                crc = (crc >> 1) ^ (0xA001 * carry);
            }
        }
        frame.extend(crc.to_le_bytes());
        frame
    }
}
