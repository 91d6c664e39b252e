//! What came in and was not taken, counted by reason.

use super::tunnel::OpenError;

/// Datagrams that changed nothing, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AirCounters {
    /// Other protocols: first byte none of ours, or no byte at all.
    pub foreign: u32,
    /// Our first byte with a length it never has.
    pub malformed: u32,
    /// Of no channel that is open with this sender.
    pub unknown_channel: u32,
    /// Not made with the channel's key, or changed.
    pub forged: u32,
    /// Here before, or too old for the window.
    pub replayed: u32,
    /// A step that was not due: an answer nobody waits for, a request already left behind.
    pub out_of_turn: u32,
    /// From an end whose credential is not proven, and more than its credential.
    pub unproven: u32,
    /// Credentials that did not count.
    pub credentials_refused: u32,
    /// Handshakes not begun because nothing is to be had here: no plug, no receipt.
    pub closed: u32,
    /// Handshakes not begun because too many did.
    pub over_pace: u32,
    /// Handshakes and peers that made room for newer ones.
    pub crowded_out: u32,
    /// Datagrams dropped because the radio did not take them.
    pub unsent: u32,
}

impl AirCounters {
    /// Counts a datagram that the channel's key did not open.
    pub(super) fn count_unopened(&mut self, error: &OpenError) {
        count(match error {
            OpenError::Replayed => &mut self.replayed,
            OpenError::Forged => &mut self.forged,
            OpenError::Record(_) => &mut self.malformed,
        });
    }

    /// Everything together.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.foreign
            .wrapping_add(self.malformed)
            .wrapping_add(self.unknown_channel)
            .wrapping_add(self.forged)
            .wrapping_add(self.replayed)
            .wrapping_add(self.out_of_turn)
            .wrapping_add(self.unproven)
            .wrapping_add(self.credentials_refused)
            .wrapping_add(self.closed)
            .wrapping_add(self.over_pace)
            .wrapping_add(self.crowded_out)
            .wrapping_add(self.unsent)
    }
}

/// Adds one, and stays at the end of the range.
pub(super) const fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}
