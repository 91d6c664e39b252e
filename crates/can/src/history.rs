//! What the rules about first frames remember of one stream of frames.
//!
//! After the bus slept, some senders repeat a value from before or start with a zero. The rules
//! that withhold those need to know when the bus woke and what came since; nothing else of the
//! past is kept here (the latest value of each signal is the `roles` crate's).

use std::time::Duration;

use v2x_units::Instant;

use crate::decoder::Decoder;

/// A silence of all ids at least this long means that the bus slept.
///
/// An awake bus is never silent for more than some 10 ms (0x155 comes every 10 ms). The logger of
/// the recordings stood still for up to 1.05 s while the bus ran; twice that and a little more
/// cannot be mistaken for such a pause (`recordings/README.md`, section 5, defect 8).
pub const BUS_ASLEEP: Duration = Duration::from_micros(BUS_ASLEEP_MICROS);

/// [`BUS_ASLEEP`] as it is compared for every frame, where a division would cost a nanosecond.
const BUS_ASLEEP_MICROS: u64 = 2_200_000;

/// How a signal misbehaves in the first frames after the bus woke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstFrame {
    /// The first frame after an observed sleep repeats a value from before it.
    Stale,
    /// Raw 0 means "not known yet" until another number came since the start or the last sleep.
    Zero,
}

/// The memory of one stream of frames: make one per bus and hand it to every
/// [`Decoder::decode`] of that bus.
#[derive(Debug, Clone)]
pub struct History {
    heard: Option<Instant>,
    /// How often the bus was seen to wake; 0 until the first observed sleep.
    wakes: u64,
    /// Per rule, the number of the wake since which its signal has been trustworthy.
    settled: Vec<Option<u64>>,
}

impl History {
    /// The memory of a stream of which nothing has been heard.
    ///
    /// Whether the first frame heard is the first after a sleep is not known then, so a value
    /// that only such a frame makes stale is given.
    #[must_use]
    pub fn new(decoder: &Decoder) -> Self {
        let at_start = |rule| match rule {
            FirstFrame::Stale => Some(0),
            FirstFrame::Zero => None,
        };
        Self {
            heard: None,
            wakes: 0,
            settled: decoder.first_frame_rules().map(at_start).collect(),
        }
    }

    /// Notes that a frame came, of whatever id.
    #[inline]
    pub(crate) fn hear(&mut self, at: Instant) {
        if let Some(before) = self.heard
            && at.as_micros().saturating_sub(before.as_micros()) >= BUS_ASLEEP_MICROS
        {
            self.wakes = self.wakes.wrapping_add(1);
        }
        self.heard = Some(at);
    }

    /// Whether a rule withholds the raw number that just came, and remembers that it came.
    pub(crate) fn withholds(&mut self, index: usize, rule: FirstFrame, raw: u64) -> bool {
        let Some(settled) = self.settled.get_mut(index) else {
            // The history of another decoder knows nothing of this rule: nothing is certain.
            return true;
        };
        let trusted = *settled == Some(self.wakes);
        if rule == FirstFrame::Stale || raw != 0 {
            *settled = Some(self.wakes);
        }
        match rule {
            FirstFrame::Stale => !trusted,
            FirstFrame::Zero => !trusted && raw == 0,
        }
    }
}
