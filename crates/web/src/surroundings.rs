//! What only the program has: clocks and randomness.

use v2x_units::Instant;

/// The clocks and the random numbers of the computer.
pub trait Surroundings: Send + Sync + 'static {
    /// Now, on a clock that never goes backwards: for expiry and limits.
    fn now(&self) -> Instant;
    /// Now, in ms since 1970, as well as the computer knows it: for people.
    fn utc_ms(&self) -> i64;
    /// Fills with random bytes that nobody can guess; whether that was possible.
    fn fill(&self, bytes: &mut [u8]) -> bool;
}
