//! The world's seed, and a stream of chance for each who needs one.
//!
//! A stream is drawn from the seed and a name alone. So it does not matter in which order, or on
//! which thread, its owner draws: what one draws changes nothing for another.

use core::convert::Infallible;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _, TryCryptoRng, TryRng};

/// What a whole world is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of this name, always from its beginning.
    #[must_use]
    pub fn stream(self, name: &str) -> Chance {
        let mut rng = ChaCha8Rng::seed_from_u64(self.0);
        rng.set_stream(crc32fast::hash(name.as_bytes()).into());
        Chance(rng)
    }
}

/// A stream of chance.
#[derive(Debug, Clone)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// A number from 0 to below 1.
    pub fn fraction(&mut self) -> f64 {
        const STEPS: f64 = 9_007_199_254_740_992.0;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds")]
        let drawn = (self.0.next_u64() >> 11) as f64;
        drawn / STEPS
    }

    /// A number from `least` to below `most`.
    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.fraction()
    }

    /// Whether something of this probability, 0 to 1, happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// A whole number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.0.next_u64() % end).unwrap_or(0)
    }

    /// One of them; `None` when there is none.
    pub fn one_of<'a, T>(&mut self, these: &'a [T]) -> Option<&'a T> {
        these.get(self.below(these.len()))
    }

    /// A number around 0 with standard deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.fraction()).ln()).sqrt();
        radius * (core::f64::consts::TAU * self.fraction()).cos()
    }

    /// How long until something that happens `per_second` times a second, in seconds.
    pub fn wait(&mut self, per_second: f64) -> f64 {
        -(1.0 - self.fraction()).ln() / per_second
    }
}

impl TryRng for Chance {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

/// The keys of a simulated unit open nothing outside its world.
impl TryCryptoRng for Chance {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_one_seed_differ_and_each_repeats_itself() {
        let draw = |seed, name| {
            let mut stream = Seed(seed).stream(name);
            (0..8).map(|_| stream.fraction()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, "air"), draw(1, "air"));
        assert_ne!(draw(1, "air"), draw(1, "faults"));
        assert_ne!(draw(1, "air"), draw(2, "air"));
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_deviation_one() {
        let mut stream = Seed(5).stream("normal");
        let drawn: Vec<_> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let square = drawn.iter().map(|it| it * it).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((square - 1.0).abs() < 0.05, "{square}");
    }
}
