//! Every time of the radio's conversations in one place, each with its reason.
//!
//! Not sizes and counts (`limits.rs`). ISO 15118-2 has 2 s and 60 s for messages over a wire; a
//! radio that loses more than half of what it sends needs more tries in less time.

use core::time::Duration;

/// The wait before a datagram without answer is sent again the first time: some ten times what
/// it takes to the station and back.
pub const RETRY_FIRST: Duration = Duration::from_millis(100);

/// The longest wait between two tries of a request; each wait is twice the one before.
pub const RETRY_MAX: Duration = Duration::from_millis(500);

/// The longest wait between two calls for a station. A car that charges where no station answers
/// calls all night: 37 bytes, a millisecond on the air.
pub const CALL_RETRY_MAX: Duration = Duration::from_secs(2);

/// How long a request is tried before the link counts as lost and a new handshake begins.
/// With 60 % loss each way one try in six succeeds; 21 tries all fail in 3 of 100 cases.
pub const REQUEST_GIVE_UP: Duration = Duration::from_secs(10);

/// How long a station keeps a handshake, or a car without proven credential.
pub const PROOF_GIVE_UP: Duration = Duration::from_secs(15);

/// One handshake may begin per this time once the burst is spent. A begun one costs three
/// multiplications on Curve25519, so a flood takes a bounded share of a small board.
pub const HANDSHAKE_PACE: Duration = Duration::from_millis(200);

/// The period of ChargingStatus.
pub const CHARGING_STATUS_PERIOD: Duration = Duration::from_secs(5);

/// The period of battery data after unplugging.
pub const BATTERY_DATA_PERIOD: Duration = Duration::from_secs(5);

/// A station that is silent for so long is out of reach (`docs/protocol/v2g.md`, after unplugging).
pub const OUT_OF_REACH: Duration = Duration::from_secs(15);

/// A car whose session is open and that is silent for so long counts as lost on the radio: the
/// sequence timeout of ISO 15118-2. The session stays open.
pub const SEQUENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// How long power flows to a car that is lost on the radio before the station stops.
pub const RADIO_GAP_MAX: Duration = Duration::from_secs(30 * 60);

/// How long an ended session waits for the car to fetch its receipt, and the car for a station
/// to fetch it from.
pub const RECEIPT_PICKUP: Duration = Duration::from_secs(10 * 60);

/// How long a car passes over a station that refused it.
pub const PASS_OVER: Duration = Duration::from_secs(30);

/// A fix older than this says nothing about where the car is now.
pub const FIX_AGE_MAX: Duration = Duration::from_secs(3);

/// How much two fixes without a time of their own must lie apart to count as two.
pub const FIX_SPACING: Duration = Duration::from_millis(500);

/// How long a peer that does nothing is kept.
pub const PEER_IDLE_MAX: Duration = Duration::from_secs(10 * 60);

/// The period in which a prototype's car and station speak to each other.
pub const LEGACY_PERIOD: Duration = Duration::from_secs(5);

/// The period in which a prototype's cars say where they are.
pub const LEGACY_ITEM_PERIOD: Duration = Duration::from_secs(2);

/// A prototype that is silent for so long is gone: three of its periods. One of its own builds
/// waited as long, the others for ever.
pub const LEGACY_SILENCE: Duration = Duration::from_secs(15);

/// One message of a prototype is looked at per this time once the burst is spent: a car, the cars
/// around it and a station together say less than ten a second.
pub const LEGACY_PACE: Duration = Duration::from_millis(50);

/// The wait that doubles from try to try.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Begins with [`RETRY_FIRST`].
    pub(crate) const fn up_to(longest: Duration) -> Self {
        Self {
            next: RETRY_FIRST,
            longest,
        }
    }

    /// The wait before the next try.
    pub(crate) fn step(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        wait
    }
}
