//! How fast the server wants it: two kinds of token buckets, for messages and for data points.
//!
//! ThingsBoard counts both over several windows (`20:1,600:60` is 20 in a second and 600 in a
//! minute) and closes the connection without a PUBACK above them; the numbers are the server's
//! secret. So the pace starts slow, grows while nothing is closed, and is halved at each close.
//! Above half of the pace at which it was last closed it grows more slowly, and near that pace
//! hardly. A pacer without limits gets some at the first close. Live data goes first: a backlog
//! leaves in every bucket what a live message will need. Sans-IO: time is passed in.

use std::time::Duration;

use v2x_units::Instant;

/// The pace at the start, as a share of the limits.
const FIRST_SHARE: f64 = 0.25;

/// The slowest pace: low enough to pass any server, high enough to come back within minutes.
const LEAST_SHARE: f64 = 1.0 / 64.0;

/// How long nothing must be closed before the pace grows.
const GROWTH_PERIOD: Duration = Duration::from_secs(10);

/// How much the pace grows per period after a close, as a share of the pace that was closed.
const GROWTH: f64 = 1.0 / 16.0;

/// The same near the pace that was closed.
const CAREFUL_GROWTH: f64 = 1.0 / 64.0;

/// So far beyond it, it was no limit of the server's that closed.
const BEYOND: f64 = 5.0 / 4.0;

/// How near that is.
const NEAR: f64 = 7.0 / 8.0;

/// How much of a window may be spent at once. Spending it and refilling the rest of the window
/// stay together below the window's capacity, wherever the server's windows begin.
const BURST_SHARE: f64 = 0.1;

/// How long a live message may have to wait for what a backlog has spent.
const LIVE_WAIT_S: f64 = 0.25;

/// What a server is believed to allow when it has shown that there is a limit, and nobody said
/// which: few servers allow less.
const USUAL: [Window; 2] = [
    Window {
        capacity: 10,
        per: Duration::from_secs(1),
    },
    Window {
        capacity: 300,
        per: Duration::from_secs(60),
    },
];

/// Where the pace was, at the most, when such a server closed, as a share of those.
const UNSTATED_FIRST: f64 = 4.0;

/// How far the pace may grow beyond limits that nobody stated.
const UNSTATED_MOST: f64 = 64.0;

/// So much in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many messages or data points.
    pub capacity: u32,
    /// In how long.
    pub per: Duration,
}

/// Why a text is no list of windows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no limit; it must be capacity:seconds as in 600:60, several joined by commas, with a \
     capacity of 1 to 1000000000 and 1 to 86400 seconds"
)]
pub struct WindowError(String);

impl Window {
    /// Reads windows in the form of ThingsBoard's tenant profile: `20:1,600:60`. An empty text is
    /// none.
    ///
    /// # Errors
    /// Says which part is no window.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, WindowError> {
        let parts = text.split(',').map(str::trim);
        let parts = parts.filter(|_| !text.trim().is_empty());
        parts
            .map(|part| {
                let (capacity, seconds) = part.split_once(':')?;
                let capacity = number(capacity, 1_000_000_000)?;
                let per = Duration::from_secs(number(seconds, 86_400)?.into());
                Some(Self { capacity, per })
            })
            .zip(text.split(','))
            .map(|(window, part)| {
                window.ok_or_else(|| WindowError(part.trim().chars().take(40).collect()))
            })
            .collect()
    }
}

/// A number from 1 to `most` in digits only.
fn number(text: &str, most: u32) -> Option<u32> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_digits)?;
    (1..=most).contains(&number).then_some(number)
}

/// What the server is believed to allow; no window is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// Windows of messages.
    pub messages: Vec<Window>,
    /// Windows of data points.
    pub points: Vec<Window>,
}

impl Limits {
    /// What few servers allow less of: 10 messages in a second and 300 in a minute.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            messages: USUAL.to_vec(),
            points: Vec::new(),
        }
    }
}

/// What a message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freight {
    /// Something that cannot wait.
    Live,
    /// What live data leaves room for.
    Backlog,
}

/// Says when the next message may go and how much it may hold.
#[derive(Debug)]
pub struct Pacer {
    messages: Vec<Bucket>,
    points: Vec<Bucket>,
    share: f64,
    most: f64,
    /// The share at the last close, which has shown that there is a limit.
    closed_at: Option<f64>,
    /// The most data points of a message of several rows: a message above the server's whole
    /// window is never taken.
    largest: f64,
    /// The data points of the last message, and of one row of it.
    last: (u32, u32),
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

    /// What has to stay for the next live message, which begins with one token.
    fn reserve(&self, share: f64) -> f64 {
        (1.0 - LIVE_WAIT_S * self.rate(share)).max(0.0)
    }

    /// How long until a message of this size may go.
    fn wait(&self, share: f64, freight: Freight, size: u32) -> Duration {
        let needed = match freight {
            Freight::Live => 1.0,
            Freight::Backlog => f64::from(size.max(1)) + self.reserve(share),
        };
        let missing = (needed.min(self.burst(share)) - self.tokens).max(0.0);
        Duration::from_secs_f64(missing / self.rate(share))
    }
}

impl Pacer {
    /// A slow start under these limits.
    #[must_use]
    pub fn new(limits: &Limits, now: Instant) -> Self {
        let is_stated = !(limits.messages.is_empty() && limits.points.is_empty());
        Self {
            messages: buckets(&limits.messages, now),
            points: buckets(&limits.points, now),
            share: FIRST_SHARE,
            most: if is_stated { 1.0 } else { UNSTATED_MOST },
            closed_at: None,
            largest: f64::INFINITY,
            last: (1, 1),
            grown_at: now,
        }
    }

    /// How long until a message may go; zero when it may go now.
    pub fn wait(&mut self, now: Instant, freight: Freight) -> Duration {
        let (share, row) = (self.share, self.last.1);
        let wait = |buckets: &mut [Bucket], size| {
            let waits = buckets.iter_mut().map(|bucket| {
                bucket.fill(now, share);
                bucket.wait(share, freight, size)
            });
            waits.max().unwrap_or_default()
        };
        wait(&mut self.messages, 1).max(wait(&mut self.points, row))
    }

    /// How many data points a message may hold now; a single row may always go once
    /// [`Pacer::wait`] is zero.
    pub fn points(&mut self, now: Instant) -> u32 {
        let share = self.share;
        let allowed = self.points.iter_mut().map(|bucket| {
            bucket.fill(now, share);
            (bucket.tokens - bucket.reserve(share)).max(0.0)
        });
        let least = allowed.fold(f64::from(u32::MAX).min(self.largest), f64::min);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and u32::MAX by the two lines above; the fraction is to be cut"
        )]
        let whole = least as u32;
        whole
    }

    /// A message with so many data points in so many rows went out.
    pub fn sent(&mut self, now: Instant, points: u32, rows: usize) {
        let share = self.share;
        for bucket in &mut self.messages {
            bucket.fill(now, share);
            bucket.tokens -= 1.0;
        }
        for bucket in &mut self.points {
            bucket.fill(now, share);
            bucket.tokens -= f64::from(points);
        }
        let rows = u32::try_from(rows).unwrap_or(u32::MAX).max(1);
        self.last = (points, points / rows);
    }

    /// The server has taken a message: time without a close lets the pace grow, doubling until
    /// the first close, in small steps after it.
    pub fn acknowledged(&mut self, now: Instant) {
        if now.since(self.grown_at) < GROWTH_PERIOD {
            return;
        }
        self.grown_at = now;
        let grown = match self.closed_at {
            None => self.share * 2.0,
            Some(closed) if self.share < closed * NEAR => self.share + closed * GROWTH,
            Some(closed) if self.share > closed * BEYOND => {
                self.closed_at = None;
                self.share * 2.0
            }
            Some(closed) => self.share + closed * CAREFUL_GROWTH,
        };
        self.share = grown.min(self.most);
        self.largest *= 2.0;
    }

    /// The server closed the connection without an acknowledgement: half the pace, from empty
    /// buckets, with smaller messages.
    pub fn closed(&mut self, now: Instant) {
        if self.messages.is_empty() && self.points.is_empty() {
            self.messages = buckets(&USUAL, now);
            self.share = UNSTATED_FIRST;
        }
        self.closed_at = Some(self.share);
        self.grown_at = now;
        self.share = (self.share / 2.0).max(LEAST_SHARE);
        self.largest = (self.largest.min(f64::from(self.last.0)) / 2.0).max(1.0);
        for bucket in self.messages.iter_mut().chain(&mut self.points) {
            bucket.tokens = bucket.tokens.min(0.0);
            bucket.filled_at = now;
        }
    }
}

fn buckets(windows: &[Window], now: Instant) -> Vec<Bucket> {
    let windows = windows.iter();
    windows.map(|&window| Bucket::new(window, now)).collect()
}

#[cfg(test)]
mod tests;
