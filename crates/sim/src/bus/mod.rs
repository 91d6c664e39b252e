//! The car's bus: every message at its cycle time, through the sequences of a real car.
//!
//! Bytes, signals and sequences are data ([`RENAULT_TWIZY`] and the DBC). Frames get in each
//! other's way as on a real bus: one after the other, the lowest identifier first. Not here: the
//! values, which the car gives ([`Live`]); messages on events (errors, service tools, foreign
//! battery managements), which no car of the traces sends.
//!
//! | file | what it holds |
//! |---|---|
//! | `file` | the description of a car's bus as TOML |
//! | [`live`] | the car's quantities by name |

mod file;
pub mod live;

use std::sync::Arc;

use core::time::Duration;

use v2x_can::{Decoder, SignalId};
use v2x_units::{CanFrame, CanId, Instant};

pub use file::{BusError, Power, Sequence};
pub use live::Live;

/// The bytes and sequences of a Renault Twizy.
pub const RENAULT_TWIZY: &str = include_str!("../../cars/renault_twizy.toml");

/// What a car's bus is; shared by all cars of a kind.
#[derive(Debug)]
pub struct BusLayout {
    decoder: Decoder,
    messages: Vec<Message>,
    sequences: Vec<(Sequence, Vec<Step>)>,
}

#[derive(Debug)]
struct Message {
    id: CanId,
    dlc: usize,
    cycle: Duration,
    fill: [u8; 8],
    live: Vec<(SignalId, Live)>,
}

impl Message {
    fn tells_motion(&self) -> bool {
        let of_motion = [
            Live::Speed,
            Live::MotorSpeed,
            Live::Footbrake,
            Live::Accelerator,
            Live::Gear,
        ];
        self.live.iter().any(|(_, live)| of_motion.contains(live))
    }
}

/// Bytes that stand still; `None` where the live ones show through.
type Pattern = [Option<u8>; 8];

#[derive(Debug, Default)]
struct Step {
    at: Duration,
    power: Option<Power>,
    say: Vec<usize>,
    hush: Vec<usize>,
    set: Vec<(usize, Pattern)>,
}

/// What the bus is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusMode {
    /// Nobody speaks.
    Asleep,
    /// In this sequence.
    Running(Sequence),
    /// This sequence is over, and what it leads to lasts.
    After(Sequence),
}

/// One car's bus.
#[derive(Debug, Clone)]
pub struct Bus {
    layout: Arc<BusLayout>,
    /// When each message is due; `None` while its sender is silent.
    due: Vec<Option<Instant>>,
    patterns: Vec<Pattern>,
    running: Option<(usize, Instant, usize)>,
    mode: BusMode,
    power: Power,
    free_at: Instant,
    /// A value that did not fit its signal: a fault of the model, not of the car.
    misfits: u64,
    /// No message comes more often than this ...
    at_most_every: Duration,
    /// ... and none that tells how the car moves more often than this.
    motion_at_most_every: Duration,
}

impl BusLayout {
    /// Reads the description of a car's bus; `file_name` is only named in errors.
    ///
    /// # Errors
    /// Says what is wrong with the description, and where.
    pub fn from_toml(file_name: &str, text: &str, decoder: Decoder) -> Result<Self, BusError> {
        file::read(file_name, text, decoder)
    }

    /// The Twizy's.
    ///
    /// # Panics
    /// When the data of this repository contradict each other, which a test refutes.
    #[must_use]
    pub fn renault_twizy() -> Arc<Self> {
        let decoder = Decoder::from_dbc("renault_twizy.dbc", v2x_can::RENAULT_TWIZY_DBC);
        let decoder = decoder.expect("a test reads the DBC of this repository");
        let layout = Self::from_toml("renault_twizy.toml", RENAULT_TWIZY, decoder);
        Arc::new(layout.expect("a test reads the description of this repository"))
    }

    /// The tables of its DBC.
    #[must_use]
    pub const fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Which of the car's quantities a signal tells.
    #[must_use]
    pub fn says(&self, signal: SignalId) -> Option<Live> {
        let mut all = self.messages.iter().flat_map(|message| &message.live);
        all.find(|(known, _)| *known == signal)
            .map(|(_, live)| *live)
    }

    fn steps(&self, sequence: Sequence) -> Option<usize> {
        self.sequences
            .iter()
            .position(|(name, _)| *name == sequence)
    }
}

impl Bus {
    /// A bus on which nobody speaks.
    #[must_use]
    pub fn asleep(layout: Arc<BusLayout>) -> Self {
        let count = layout.messages.len();
        Self {
            layout,
            due: vec![None; count],
            patterns: vec![[None; 8]; count],
            running: None,
            mode: BusMode::Asleep,
            power: Power::Off,
            free_at: Instant::BOOT,
            misfits: 0,
            at_most_every: Duration::ZERO,
            motion_at_most_every: Duration::ZERO,
        }
    }

    /// What the bus is.
    #[must_use]
    pub fn layout(&self) -> &BusLayout {
        &self.layout
    }

    /// What the bus is in.
    #[must_use]
    pub const fn mode(&self) -> BusMode {
        self.mode
    }

    /// What may flow at this point of the sequence.
    #[must_use]
    pub const fn power(&self) -> Power {
        self.power
    }

    /// How many values did not fit their signal and were left out.
    #[must_use]
    pub const fn misfits(&self) -> u64 {
        self.misfits
    }

    /// Leaves out frames, so that no message comes more often than this; those that tell how the
    /// car moves (speed, pedals, gear) have a bound of their own.
    pub const fn thin_out(&mut self, at_most_every: Duration, motion: Duration) {
        self.at_most_every = at_most_every;
        self.motion_at_most_every = motion;
    }

    /// Begins a sequence; what it does not touch stays as it is.
    pub fn begin(&mut self, now: Instant, sequence: Sequence) {
        if let Some(index) = self.layout.steps(sequence) {
            self.running = Some((index, now, 0));
            self.mode = BusMode::Running(sequence);
            self.free_at = self.free_at.max(now);
        }
    }

    /// Lets everything happen that is due until `now`; gives each frame with its time.
    pub fn run(
        &mut self,
        now: Instant,
        value: &dyn Fn(Live) -> f64,
        mut sink: impl FnMut(Instant, CanFrame),
    ) {
        loop {
            let step = self.next_step();
            let frame = self.next_frame();
            match (step, frame) {
                (Some(at), frame) if at <= now && frame.is_none_or(|(due, _)| at <= due) => {
                    self.take_step(at);
                }
                (_, Some((due, index))) if due <= now => {
                    let begins = due.max(self.free_at);
                    let frame = self.frame(index, value);
                    self.free_at = begins + on_the_wire(&frame);
                    let message = &self.layout.messages[index];
                    let bound = if message.tells_motion() {
                        self.motion_at_most_every
                    } else {
                        self.at_most_every
                    };
                    self.due[index] = Some(due + message.cycle.max(bound));
                    sink(begins, frame);
                }
                _ => return,
            }
        }
    }

    fn next_step(&self) -> Option<Instant> {
        let (index, began, next) = self.running?;
        let step = self.layout.sequences.get(index)?.1.get(next)?;
        Some(began + step.at)
    }

    /// The frame that wins the bus next, and when it was due.
    fn next_frame(&self) -> Option<(Instant, usize)> {
        let waiting = || {
            let all = self.due.iter().enumerate();
            all.filter_map(|(index, due)| due.map(|due| (due, index)))
        };
        let first = waiting().min()?;
        let begins = first.0.max(self.free_at);
        // All that are due when the bus becomes free begin together; the lowest identifier wins.
        let id = |index: usize| self.layout.messages[index].id.raw();
        waiting()
            .filter(|(due, _)| *due <= begins)
            .min_by_key(|(_, index)| id(*index))
    }

    fn take_step(&mut self, at: Instant) {
        let Some((sequence, began, next)) = self.running else {
            return;
        };
        let layout = Arc::clone(&self.layout);
        let (name, steps) = &layout.sequences[sequence];
        let step = &steps[next];
        self.power = step.power.unwrap_or(self.power);
        for (index, pattern) in &step.set {
            self.patterns[*index] = *pattern;
        }
        // A message that is in both begins anew at this moment.
        for index in &step.hush {
            self.due[*index] = None;
        }
        for index in &step.say {
            self.due[*index].get_or_insert(at);
        }
        let is_last = next + 1 == steps.len();
        self.running = (!is_last).then_some((sequence, began, next + 1));
        if is_last {
            let silent = self.due.iter().all(Option::is_none);
            self.mode = if silent {
                BusMode::Asleep
            } else {
                BusMode::After(*name)
            };
        }
    }

    fn frame(&mut self, index: usize, value: &dyn Fn(Live) -> f64) -> CanFrame {
        let message = &self.layout.messages[index];
        let mut bytes = message.fill;
        for (signal, live) in &message.live {
            if self
                .layout
                .decoder
                .encode(*signal, value(*live), &mut bytes)
                .is_err()
            {
                self.misfits += 1;
            }
        }
        for (byte, fixed) in bytes.iter_mut().zip(self.patterns[index]) {
            *byte = fixed.unwrap_or(*byte);
        }
        let data = bytes.get(..message.dlc).unwrap_or_default();
        CanFrame::new(message.id, data).expect("the DBC's messages have at most eight bytes")
    }
}

/// How long a frame takes at 500 kbit/s: 47 bits and its data, and the stuff bits of the recorded
/// mix (6.3 of 116, baseline).
fn on_the_wire(frame: &CanFrame) -> Duration {
    const NANOS_PER_BIT: u64 = 2_000;
    let bits = 47 + 8 * u64::from(frame.dlc());
    Duration::from_nanos(bits * NANOS_PER_BIT * 106 / 100)
}
