//! How fast the server wants it: two kinds of token buckets, for messages and for data points.
//!
//! ThingsBoard counts both over several windows (`20:1,600:60` is 20 in a second and 600 in a
//! minute) and closes the connection without a PUBACK above them; the numbers are the server's
//! secret. So the pace starts slow, grows while nothing is closed, and is halved at each close.
//! Sans-IO: time is passed in.

use std::time::Duration;

use v2x_units::Instant;

/// The pace at the start, as a share of the limits.
const FIRST_SHARE: f64 = 0.25;

/// The slowest pace: low enough to pass any server, high enough to come back within minutes.
const LEAST_SHARE: f64 = 1.0 / 64.0;

/// How long nothing must be closed before the pace grows.
const GROWTH_PERIOD: Duration = Duration::from_secs(10);

/// How much the pace grows per period once a close has shown that there is a limit.
const GROWTH: f64 = 1.0 / 16.0;

/// How much of a window may be spent at once. Spending it and refilling the rest of the window
/// stay together below the window's capacity, wherever the server's windows begin.
const BURST_SHARE: f64 = 0.1;

/// So much in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many messages or data points.
    pub capacity: u32,
    /// In how long.
    pub per: Duration,
}

/// What the server is believed to allow; no window is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// Windows of messages.
    pub messages: Vec<Window>,
    /// Windows of data points.
    pub points: Vec<Window>,
}

/// Says when the next message may go and how much it may hold.
#[derive(Debug)]
pub struct Pacer {
    messages: Vec<Bucket>,
    points: Vec<Bucket>,
    share: f64,
    /// Whether a close has shown that there is a limit.
    limited: bool,
    grown_at: Instant,
}

#[derive(Debug)]
struct Bucket {
    window: Window,
    /// May be below zero: one message is never split, however small the bucket.
    tokens: f64,
    filled_at: Instant,
}

impl Bucket {
    fn new(window: Window, now: Instant) -> Self {
        let mut bucket = Self {
            window,
            tokens: 0.0,
            filled_at: now,
        };
        bucket.tokens = bucket.burst(FIRST_SHARE);
        bucket
    }

    /// What may be spent at once; at least one token, or nothing would ever go.
    fn burst(&self, share: f64) -> f64 {
        (f64::from(self.window.capacity) * BURST_SHARE * share).max(1.0)
    }

    /// Tokens per second.
    fn rate(&self, share: f64) -> f64 {
        let capacity = f64::from(self.window.capacity.max(1)) * (1.0 - BURST_SHARE);
        capacity * share / self.window.per.as_secs_f64().max(0.001)
    }

    fn fill(&mut self, now: Instant, share: f64) {
        let seconds = now.since(self.filled_at).as_secs_f64();
        let filled = self.tokens + seconds * self.rate(share);
        self.tokens = filled.min(self.burst(share));
        self.filled_at = now;
    }

    /// How long until one token is there.
    fn wait(&self, share: f64) -> Duration {
        let missing = (1.0 - self.tokens).max(0.0);
        Duration::from_secs_f64(missing / self.rate(share))
    }
}

impl Pacer {
    /// A slow start under these limits.
    #[must_use]
    pub fn new(limits: &Limits, now: Instant) -> Self {
        let buckets = |windows: &[Window]| -> Vec<_> {
            windows
                .iter()
                .map(|&window| Bucket::new(window, now))
                .collect()
        };
        Self {
            messages: buckets(&limits.messages),
            points: buckets(&limits.points),
            share: FIRST_SHARE,
            limited: false,
            grown_at: now,
        }
    }

    /// How long until a message may go; zero when it may go now.
    pub fn wait(&mut self, now: Instant) -> Duration {
        let share = self.share;
        self.buckets()
            .map(|bucket| {
                bucket.fill(now, share);
                bucket.wait(share)
            })
            .max()
            .unwrap_or_default()
    }

    /// How many data points a message may hold now; a single row may always go once
    /// [`Pacer::wait`] is zero.
    pub fn points(&mut self, now: Instant) -> u32 {
        let share = self.share;
        let allowed = self.points.iter_mut().map(|bucket| {
            bucket.fill(now, share);
            bucket.tokens.max(0.0)
        });
        let least = allowed.fold(f64::from(u32::MAX), f64::min);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and u32::MAX by the two lines above; the fraction is to be cut"
        )]
        let whole = least as u32;
        whole
    }

    /// A message with so many data points went out.
    pub fn sent(&mut self, now: Instant, points: u32) {
        let share = self.share;
        for bucket in &mut self.messages {
            bucket.fill(now, share);
            bucket.tokens -= 1.0;
        }
        for bucket in &mut self.points {
            bucket.fill(now, share);
            bucket.tokens -= f64::from(points);
        }
    }

    /// The server has taken a message: time without a close lets the pace grow, doubling until
    /// the first close, in small steps after it.
    pub fn acknowledged(&mut self, now: Instant) {
        if now.since(self.grown_at) < GROWTH_PERIOD {
            return;
        }
        self.grown_at = now;
        let grown = if self.limited {
            self.share + GROWTH
        } else {
            self.share * 2.0
        };
        self.share = grown.min(1.0);
    }

    /// The server closed the connection without an acknowledgement: half the pace, from empty
    /// buckets.
    pub fn closed(&mut self, now: Instant) {
        self.limited = true;
        self.grown_at = now;
        self.share = (self.share / 2.0).max(LEAST_SHARE);
        for bucket in self.buckets() {
            bucket.tokens = bucket.tokens.min(0.0);
            bucket.filled_at = now;
        }
    }

    fn buckets(&mut self) -> impl Iterator<Item = &mut Bucket> {
        self.messages.iter_mut().chain(&mut self.points)
    }
}

#[cfg(test)]
mod tests;
