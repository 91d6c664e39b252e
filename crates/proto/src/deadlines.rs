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

/// How long an end says nothing more of a refusal that it has just told, of the same kind: whoever
/// is refused can come again as often as the pace of handshakes lets him.
pub const TOLD_AGAIN: Duration = Duration::from_secs(60);

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

/// The longest time that a car passes over a slot that it was not plugged into, each time twice as
/// long as before: a relay that closes on an empty socket four times an hour wears out in decades,
/// and a driver who plugs in later waits no longer than this.
pub const PASS_OVER_MAX: Duration = Duration::from_secs(15 * 60);

/// Whoever answers a call after somebody else is tried so much later: a station that is there has
/// shown its credential by then.
pub const NEXT_ANSWER_AFTER: Duration = Duration::from_millis(300);

/// The mains that a car feels may come so much before the slot's own relay or plug is seen to let
/// them through: what a board sees takes a debounce and a line to arrive.
pub const MAINS_FELT_BEFORE: Duration = Duration::from_secs(2);

/// ... and so much after it: the mains wake the car's bus, and its word takes a radio to arrive.
pub const MAINS_FELT_AFTER: Duration = Duration::from_secs(3);

/// A charger's work and the current at the slot's meter may begin so far apart: the meter is read
/// once a second, and current rises slowly.
pub const CHARGE_FELT_WITHIN: Duration = Duration::from_secs(5);

/// A slot that feeds somebody for so long feeds another car than one that feels nothing.
pub const NOTHING_FELT: Duration = Duration::from_secs(10);

/// A slot that feeds for so long and from which nothing flows has no car whose bus sleeps: mains
/// wake it. Shorter than the minute after which a release that nobody uses ends.
pub const NOBODY_DRAWS: Duration = Duration::from_secs(50);

/// Relays of different slots of a station close so far apart, so that cars can tell them apart:
/// more than [`MAINS_FELT_BEFORE`] and [`MAINS_FELT_AFTER`] together.
pub const LIVE_SPACING: Duration = Duration::from_secs(8);

/// The longest time that a slot without a station computer waits before it closes its relay for a
/// car; drawn anew each time, so that two slots seldom close together.
pub const LIVE_WAIT_MAX: Duration = Duration::from_secs(10);

/// A fix older than this says nothing about where the car is now.
pub const FIX_AGE_MAX: Duration = Duration::from_secs(3);

/// How much two fixes without a time of their own must lie apart to count as two.
pub const FIX_SPACING: Duration = Duration::from_millis(500);

/// How long a peer that does nothing is kept.
pub const PEER_IDLE_MAX: Duration = Duration::from_secs(10 * 60);

/// The shortest time between two CAMs: T_GenCamMin of ETSI EN 302 637-2.
pub const CAM_INTERVAL_MIN: Duration = Duration::from_millis(100);

/// The longest time between two CAMs: T_GenCamMax of ETSI EN 302 637-2.
pub const CAM_INTERVAL_MAX: Duration = Duration::from_millis(1000);

/// How often is looked whether a CAM is due: T_CheckCamGen, at most [`CAM_INTERVAL_MIN`]. Half of
/// it, so that a step of 4 m is noticed within 50 ms.
pub const CAM_CHECK: Duration = Duration::from_millis(50);

/// What is told of the car itself is looked at at once, but not more often than this: the looking
/// costs more than the telling.
pub const CAM_CHECK_MIN: Duration = Duration::from_millis(10);

/// The least time between two CAMs with the low-frequency container (ETSI EN 302 637-2).
pub const LOW_FREQUENCY_PERIOD: Duration = Duration::from_millis(500);

/// The window in which the air time of the channel is counted (ETSI TS 102 687, adaptive).
pub const CHANNEL_WINDOW: Duration = Duration::from_millis(200);

/// A neighbour's report of the channel older than this says nothing: one CAM at the lowest rate.
pub const CHANNEL_REPORT_AGE_MAX: Duration = Duration::from_millis(1100);

/// A position of the own car older than this is none: a fix each second, and half of one late.
pub const OWN_POSITION_AGE_MAX: Duration = Duration::from_millis(1500);

/// A speed of the own car older than this is none.
pub const OWN_MOTION_AGE_MAX: Duration = Duration::from_millis(1000);

/// The shortest span over which a change of speed is taken for an acceleration: shorter ones
/// show the steps of the wheel sensor.
pub const ACCELERATION_SPAN_MIN: Duration = Duration::from_millis(200);

/// Our certificate goes out once in this time (ETSI TS 103 097, there inside a CAM).
pub const CERTIFICATE_PERIOD: Duration = Duration::from_secs(1);

/// The least time between two certificate messages: whoever claims to be unknown to us, or not
/// to know us, does not get more of the channel.
pub const CERTIFICATE_SPACING: Duration = Duration::from_millis(300);

/// One certificate of a stranger may be checked per this time once the burst is spent. Each costs
/// a verification, and whoever floods us needs no key to make one up.
pub const CERTIFICATE_PACE: Duration = Duration::from_millis(20);

/// How long an unknown signer is asked for its certificate.
pub const CERTIFICATE_WANTED: Duration = Duration::from_secs(3);

/// A neighbour that is silent for so long is out of sight: five CAMs at the lowest rate. With
/// 60 % loss that happens in 8 of 100 cases.
pub const NEIGHBOUR_AGE_MAX: Duration = Duration::from_secs(5);

/// How often a charging station announces itself: a car that passes at 50 km/h is within reach
/// for 14 s.
pub const ANNOUNCEMENT_PERIOD: Duration = Duration::from_secs(2);

/// A charging station that is silent for so long is out of sight: five announcements.
pub const CHARGING_STATION_AGE_MAX: Duration = Duration::from_secs(10);

/// A neighbour's claim older than this warns of nothing.
pub const WARNING_CLAIM_AGE_MAX: Duration = Duration::from_millis(1500);

/// How often warnings are looked at.
pub const WARNING_CHECK: Duration = Duration::from_millis(100);

/// How long a danger must be seen before it warns: two CAMs at 10 Hz.
pub const WARNING_AFTER: Duration = Duration::from_millis(200);

/// How long a warning stays after its danger was last seen.
pub const WARNING_HOLD: Duration = Duration::from_millis(1500);

/// How long a car stands before that is an event, where a fault or its hazard lights say so.
pub const STATIONARY_AFTER: Duration = Duration::from_secs(5);

/// How long a car crawls on an almost empty battery before that is an event.
pub const LIMP_AFTER: Duration = Duration::from_secs(10);

/// How long the deceleration of an emergency braking must last.
pub const EMERGENCY_BRAKE_AFTER: Duration = Duration::from_millis(200);

/// How long what began an event must be over before the event ends.
pub const OWN_EVENT_HOLD: Duration = Duration::from_secs(2);

/// As [`OWN_EVENT_HOLD`], for an emergency braking.
pub const EMERGENCY_BRAKE_HOLD: Duration = Duration::from_millis(500);

/// The time between two DENMs of an emergency braking; each tells the new place.
pub const EMERGENCY_BRAKE_PERIOD: Duration = Duration::from_millis(100);

/// The time between two DENMs of every other event.
pub const EVENT_PERIOD: Duration = Duration::from_secs(1);

/// For how long an emergency braking is valid after its last DENM.
pub const EMERGENCY_BRAKE_VALIDITY: Duration = Duration::from_secs(2);

/// For how long every other event is valid after its last DENM, which the next one prolongs: a
/// car that goes off the air is forgotten soon.
pub const EVENT_VALIDITY: Duration = Duration::from_secs(60);

/// The time between two DENMs that end an event.
pub const EVENT_END_PERIOD: Duration = Duration::from_millis(200);

/// A pseudonym serves between this ...
pub const PSEUDONYM_TIME_MIN: Duration = Duration::from_secs(120);

/// ... and this time at least, drawn.
pub const PSEUDONYM_TIME_MAX: Duration = Duration::from_secs(360);

/// A car that sets out after it stood for so long takes another pseudonym.
pub const PSEUDONYM_STAND: Duration = Duration::from_secs(600);

/// The period of vehicle data, where the owner has agreed.
pub const VEHICLE_DATA_PERIOD: Duration = Duration::from_secs(5);

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
