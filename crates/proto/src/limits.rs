//! Every bound of the radio's conversations in one place, each with its reason.
//!
//! Not the framed serial link, which has its own (`link/limits.rs`), and not times
//! (`deadlines.rs`).

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

/// Datagrams that wait for the radio. When full, the oldest is dropped and counted; whoever waits
/// for it asks again.
pub const SENDING_MAX: usize = 4;

/// Events that wait for the role. When full, the oldest is dropped and counted.
pub const EVENTS_MAX: usize = 16;

/// Stations that a car passes over for a while after they refused it. When full, the oldest entry
/// makes room.
pub const PASSED_OVER_MAX: usize = 4;

/// Messages of prototypes that are looked at at once before `deadlines::LEGACY_PACE` holds.
pub const LEGACY_BURST: u32 = 20;

/// Stations of the prototype that a car keeps in mind. When full, the one longest silent makes
/// room; there are two slots at the largest site.
pub const LEGACY_STATIONS_MAX: usize = 4;

/// Prototype cars that a station keeps in mind. When full, the one longest silent makes room.
pub const LEGACY_CARS_MAX: usize = 8;
