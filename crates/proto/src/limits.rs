//! Every bound of the radio's conversations in one place, each with its reason.
//!
//! Not the framed serial link, which has its own (`link/limits.rs`), and not times
//! (`deadlines.rs`).

use v2x_units::{Degrees, Meters, MetersPerSecond, MetersPerSecondSquared};

/// The most bytes of one datagram on the air: the body of ESP-NOW v1, which every board receives.
pub const DATAGRAM_MAX: usize = 250;

/// The most bytes of the plaintext in a transport datagram.
///
/// What is left of [`DATAGRAM_MAX`] after header (13) and authentication tag (16), made even so
/// that the datagram's length is odd, which no message of the prototype has.
pub const PLAINTEXT_MAX: usize = 220;

/// The most bytes of a message's body: plaintext without number, type and end mark.
pub const BODY_MAX: usize = PLAINTEXT_MAX - 4;

/// The most bytes of a name: an EVSEID has up to 37 characters (ISO 15118-2, evseIDType).
pub const NAME_MAX: usize = 37;

/// The most bytes of a tariff's name; leaves the receipt with two longest names in one datagram.
pub const TARIFF_NAME_MAX: usize = 16;

/// How many authorities a unit trusts at once: the present one and the next, during a change.
pub const AUTHORITIES_MAX: usize = 2;

/// The most serials in a revocation list. Revoked credentials leave it when they expire, so this
/// bounds units lost within one lifetime of a credential; it takes 2 kB on a board. A longer list
/// is refused where it is made.
pub const REVOKED_MAX: usize = 256;

/// How far behind the newest a datagram may arrive and still be taken: one bit each in a word.
///
/// At one message each second this is a minute of reordering; radio reorders by milliseconds.
pub const REPLAY_WINDOW: u64 = 64;

/// How many datagrams one key seals before a new handshake replaces it.
///
/// ChaCha20-Poly1305 would bear 2^64. At one message each second this is 18 hours, so a car that
/// stays plugged in gets fresh keys about once a day.
pub const DATAGRAMS_PER_KEY: u64 = 1 << 16;

/// Handshakes that a station has begun and not finished. When full, one drawn by lot makes room:
/// a flood cannot shut an honest car out for good, because it cannot aim.
pub const PENDING_MAX: usize = 4;

/// Cars that a station speaks with at once: the one that charges, one that has just left and
/// sends its battery data, and two on the way in. When full, the one longest silent that does not
/// hold the slot makes room, those without a proven credential first.
pub const PEERS_MAX: usize = 4;

/// Handshakes that may begin at once before the pace of `deadlines::HANDSHAKE_PACE` holds.
pub const HANDSHAKE_BURST: u32 = 8;

/// Kinds of refusals that are told in one minute; more are only counted. There are ten reasons
/// not to believe a credential; of refused requests there are more, by kind and reason.
pub const TOLD_SELDOM_MAX: usize = 16;

/// Datagrams that wait for the radio. When full, the oldest is dropped and counted; whoever waits
/// for it asks again.
pub const SENDING_MAX: usize = 4;

/// Events that wait for the role. When full, the oldest is dropped and counted.
pub const EVENTS_MAX: usize = 16;

/// Those who have answered a car's call and have not shown a credential yet. When full, the oldest
/// makes room: whoever wants to keep a station out must answer after it, four times, before its
/// credential comes.
pub const CANDIDATES_MAX: usize = 4;

/// Stations that a car passes over for a while after they refused it. When full, the one whose
/// time is over first makes room.
pub const PASSED_OVER_MAX: usize = 16;

/// V2V events that wait for the role: two seconds of 50 cars at 10 Hz would be 1,000, but whoever
/// polls after each input leaves a handful. When full, the oldest is dropped and counted.
pub const EVENTS_WAITING_MAX: usize = 256;

/// V2V payloads that wait for the radio: one of each kind, and the ends of all events. When full,
/// the oldest is dropped and counted.
pub const V2V_SENDING_MAX: usize = 16;

/// CAMs in a row that time alone triggers before the rate falls back: N_GenCam.
pub const CAMS_AT_RATE: u8 = 3;

/// A change of heading that makes a CAM due when it is exceeded (ETSI EN 302 637-2).
pub const CAM_HEADING_STEP: Degrees = Degrees::new(4.0);

/// As [`CAM_HEADING_STEP`], of the position.
pub const CAM_POSITION_STEP: Meters = Meters::new(4.0);

/// As [`CAM_HEADING_STEP`], of the speed.
pub const CAM_SPEED_STEP: MetersPerSecond = MetersPerSecond::new(0.5);

/// Points of the own path that are kept: what the standard's list holds.
pub const PATH_POINTS: usize = 40;

/// How far two points of the path lie apart on a straight.
pub const PATH_POINT_DISTANCE: Meters = Meters::new(20.0);

/// A turn by more than this puts a point earlier ...
pub const PATH_POINT_TURN: Degrees = Degrees::new(10.0);

/// ... but not within this distance of the last one.
pub const PATH_POINT_TURN_DISTANCE: Meters = Meters::new(5.0);

/// A way from which no point lies farther off than this is told as straight ...
pub const PATH_STRAIGHT_OFF: Meters = Meters::new(3.0);

/// ... unless it is longer than this: a step of a path holds 1.4 km.
pub const PATH_STRAIGHT_MAX: Meters = Meters::new(1000.0);

/// Pseudonyms that a car holds: as many as one enrolment gives (200), and some. What does not fit
/// is refused and counted.
pub const PSEUDONYMS_MAX: usize = 256;

/// A pseudonym serves for a way between this ...
pub const PSEUDONYM_WAY_MIN_M: f64 = 800.0;

/// ... and this many metres at least, drawn.
pub const PSEUDONYM_WAY_MAX_M: f64 = 1500.0;

/// Stations in sight: twice the 50 cars of a full crossing, and those that changed their
/// pseudonym meanwhile. When full, the least believed makes room, among equals the one that was
/// silent longest.
pub const NEIGHBOURS_MAX: usize = 128;

/// Charging stations in sight; more than any street has. When full, the one that was silent longest
/// makes room.
pub const CHARGING_STATIONS_MAX: usize = 32;

/// Slots that are known of one charging station: as many as one has.
pub const CHARGING_SPOTS_MAX: usize = 16;

/// Unknown signers that are asked for their certificates. When full, the oldest makes room.
pub const WANTED_MAX: usize = 32;

/// Requests in one CAM; three bytes each, so that they fit beside a path.
pub const REQUESTS_MAX: usize = 3;

/// Certificates of strangers that may be checked at once before the pace of
/// `deadlines::CERTIFICATE_PACE` holds: 50 cars that come into sight together.
pub const CERTIFICATE_BURST: u32 = 64;

/// Events of others that are known. When full, the one that ends first makes room.
pub const EVENTS_KNOWN_MAX: usize = 64;

/// Events of one signer: more than the four kinds that a car of ours reports. What is more is
/// refused, so that one station cannot fill the table.
pub const EVENTS_PER_SIGNER_MAX: usize = 8;

/// Warnings at once: more than a person can take in. When full, the one seen longest ago makes
/// room.
pub const WARNINGS_MAX: usize = 16;

/// DENMs that end an event: a broadcast may be lost, five all with 60 % loss in 8 of 100 cases.
pub const EVENT_ENDS: u8 = 5;

/// The deceleration that begins an emergency braking, at least.
pub const EMERGENCY_DECELERATION: MetersPerSecondSquared = MetersPerSecondSquared::new(4.0);

/// The deceleration below which an emergency braking is over.
pub const EMERGENCY_DECELERATION_END: MetersPerSecondSquared = MetersPerSecondSquared::new(2.0);

/// The speed at which a braking can be an emergency, at least: 20 km/h.
pub const EMERGENCY_SPEED_MIN: MetersPerSecond = MetersPerSecond::new(5.5);

/// Below this speed a car stands.
pub const STANDING_SPEED: MetersPerSecond = MetersPerSecond::new(0.3);

/// Above this speed a car that stood has set out.
pub const SET_OUT_SPEED: MetersPerSecond = MetersPerSecond::new(1.5);

/// A car slower than this on an almost empty battery hinders others: 30 km/h.
pub const LIMP_SPEED: MetersPerSecond = MetersPerSecond::new(8.3);

/// Above this speed it does so no more: 40 km/h.
pub const LIMP_SPEED_END: MetersPerSecond = MetersPerSecond::new(11.0);

/// An almost empty battery, in percent.
pub const LIMP_CHARGE: f64 = 5.0;

/// A battery that is so no more, in percent.
pub const LIMP_CHARGE_END: f64 = 8.0;

/// Claims from farther away are refused: ESP-NOW reaches 500 m at most, in its long-range mode.
pub const RADIO_RANGE_MAX: Meters = Meters::new(1000.0);

/// Events farther away are refused.
pub const EVENT_RANGE_MAX: Meters = Meters::new(5000.0);

/// No road vehicle is faster: 252 km/h.
pub const SPEED_PLAUSIBLE_MAX: MetersPerSecond = MetersPerSecond::new(70.0);

/// No road vehicle changes its speed faster, outside of a crash.
pub const ACCELERATION_PLAUSIBLE_MAX: MetersPerSecondSquared = MetersPerSecondSquared::new(12.0);

/// CAMs of one station that may come at once: 10 Hz, with the jitter of two.
pub const CAM_BURST: f64 = 3.0;

/// CAMs of one station per second in the long run: 10 Hz and a clock that is off by a tenth.
pub const CAM_RATE: f64 = 11.0;

/// Below this part of the channel's time vehicle data may be sent.
pub const VEHICLE_DATA_BUSY_MAX: f64 = 0.3;

/// Intervals between CAMs of one neighbour that its delivery ratio is reckoned from.
pub const INTERVALS_KEPT: usize = 16;

/// Bins of distance in which signal strength is kept.
pub const RSSI_BINS: usize = 7;

/// Ends of events that are told at once: each kind of ours, and as many denials.
pub const ENDINGS_MAX: usize = 8;

/// Messages of prototypes that are looked at at once before `deadlines::LEGACY_PACE` holds.
pub const LEGACY_BURST: u32 = 20;

/// Stations of the prototype that a car keeps in mind. When full, the one longest silent makes
/// room; there are two slots at the largest site.
pub const LEGACY_STATIONS_MAX: usize = 4;

/// Prototype cars that a station keeps in mind. When full, the one longest silent makes room.
pub const LEGACY_CARS_MAX: usize = 8;
