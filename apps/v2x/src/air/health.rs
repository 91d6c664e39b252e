//! The air's counters, and what the monitor tells of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use v2x_proto::legacy_mode::LegacyCounters;
use v2x_units::MacAddress;

use crate::monitor::{Metrics, Note, Part};

/// Counters since the daemon started.
#[derive(Debug, Default)]
pub(crate) struct AirHealth {
    /// Whether there is an air at all.
    pub(crate) is_wanted: AtomicBool,
    /// The address that payloads go out from; 0 while it is not known.
    pub(crate) address: AtomicU64,
    /// Whether the radio cannot take another address than its own.
    address_stays: AtomicBool,
    /// The firmware of the radio board, as it says itself.
    pub(crate) firmware: Note,
    /// Whether the medium is there.
    pub(crate) is_open: AtomicBool,
    /// Payloads heard and passed on.
    pub(crate) heard: AtomicU64,
    /// Payloads heard and dropped because nobody read them in time.
    pub(crate) dropped: AtomicU64,
    /// Payloads given to the medium.
    pub(crate) sent: AtomicU64,
    /// Payloads that found no room, or no medium.
    pub(crate) unsent: AtomicU64,
    /// Payloads longer than any radio carries.
    pub(crate) too_long: AtomicU64,
    /// Payloads that the board could not send, or whose receiver did not confirm them.
    pub(crate) unconfirmed: AtomicU64,
    /// Frames or datagrams that are none of ours, or damaged.
    pub(crate) foreign: AtomicU64,
    /// Frames lost between board and computer.
    pub(crate) lost: AtomicU64,
    /// Words of the car that the radio's thread did not take, because it was behind.
    pub(crate) behind: AtomicU64,
    /// Charging stations that announce themselves within reach.
    pub(crate) charging_stations: AtomicU64,
    /// Announcements that this station has made.
    pub(crate) announced: AtomicU64,
    /// Legacy mode.
    pub(crate) legacy: LegacyHealth,
}

/// Counters of legacy mode since the daemon started.
#[derive(Debug, Default)]
pub(crate) struct LegacyHealth {
    /// Whether prototypes are spoken with.
    is_on: AtomicBool,
    /// Payloads taken for a prototype's.
    heard: AtomicU64,
    /// Payloads that might have been a prototype's and were refused.
    refused: AtomicU64,
    /// Messages to prototypes that were due but could not be said.
    unsaid: AtomicU64,
    /// Words of prototypes that became no row.
    unrecorded: AtomicU64,
}

impl AirHealth {
    /// Adds one to a counter.
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads a counter.
    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    /// Says whether the medium is there.
    pub(super) fn say_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Relaxed);
    }

    /// Notes the address that payloads go out from.
    pub(super) fn say_address(&self, address: MacAddress) {
        let number = number_of(address);
        self.address.store(number, Ordering::Relaxed);
    }

    /// Notes whether the radio keeps its own address, by which it can be followed.
    pub(super) fn say_address_stays(&self, stays: bool) {
        self.address_stays.store(stays, Ordering::Relaxed);
    }

    /// Whether the radio takes no other address than its own, as far as it was tried.
    pub(crate) fn address_stays(&self) -> bool {
        self.address_stays.load(Ordering::Relaxed)
    }

    /// The address that payloads go out from, if it is known.
    pub(crate) fn address(&self) -> Option<MacAddress> {
        address_of(self.address.load(Ordering::Relaxed))
    }

    /// How the air is; `None` where there is none.
    pub(crate) fn part(&self) -> Option<Part> {
        let is_open = self.is_open.load(Ordering::Relaxed);
        let part = if is_open && self.address_stays() {
            Part::degraded(
                "air",
                "payloads can be sent and heard, but the radio board keeps its address: \
                 the car can be followed by it",
            )
        } else if is_open {
            Part::ok("air", "payloads can be sent and heard")
        } else {
            Part::failed(
                "air",
                "the radio board is not there: nothing is sent or heard",
            )
        };
        self.is_wanted.load(Ordering::Relaxed).then_some(part)
    }

    /// Every counter, by name and without `..`: one that is new and not exported does not compile.
    pub(crate) fn metrics(&self, to: &mut Metrics) {
        let Self {
            is_wanted,
            address: _,  // It changes so that nobody can follow it.
            firmware: _, // Words: an attribute of the vehicle.
            address_stays,
            is_open,
            heard,
            dropped,
            sent,
            unsent,
            too_long,
            unconfirmed,
            foreign,
            lost,
            behind,
            charging_stations,
            announced,
            legacy,
        } = self;
        if !is_wanted.load(Ordering::Relaxed) {
            return;
        }
        states(to, is_open, address_stays, charging_stations);
        legacy.metrics(to);
        for (name, help, counter) in [
            ("heard", "Payloads heard and passed on.", heard),
            (
                "dropped",
                "Payloads heard that nobody read in time.",
                dropped,
            ),
            ("sent", "Payloads given to the medium.", sent),
            (
                "unsent",
                "Payloads that found no room, or no medium.",
                unsent,
            ),
            (
                "too_long",
                "Payloads longer than any radio carries.",
                too_long,
            ),
            (
                "unconfirmed",
                "Payloads that the board did not bring through.",
                unconfirmed,
            ),
            (
                "foreign",
                "Frames or datagrams that are damaged or none of ours.",
                foreign,
            ),
            (
                "lost",
                "Frames lost between radio board and computer.",
                lost,
            ),
            (
                "announced",
                "Announcements that this station has made.",
                announced,
            ),
            (
                "behind",
                "Words of the car that the radio was too late for.",
                behind,
            ),
        ] {
            to.counter(&format!("v2x_air_{name}_total"), help, counter);
        }
    }
}

/// An address as a number; none is 0.
pub(super) const fn number_of(address: MacAddress) -> u64 {
    let [a, b, c, d, e, f] = address.octets();
    u64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

/// The address that a number stands for.
pub(super) fn address_of(number: u64) -> Option<MacAddress> {
    let [_, _, octets @ ..] = number.to_be_bytes();
    (number != 0).then_some(MacAddress::new(octets))
}

/// What is so now, beside what has happened.
fn states(
    to: &mut Metrics,
    is_open: &AtomicBool,
    address_stays: &AtomicBool,
    charging_stations: &AtomicU64,
) {
    to.flag(
        "v2x_air_open",
        "Whether the medium of the air is there.",
        is_open.load(Ordering::Relaxed),
    );
    to.flag(
        "v2x_air_address_stays",
        "Whether the radio cannot change its address with the pseudonym.",
        address_stays.load(Ordering::Relaxed),
    );
    to.whole(
        "v2x_air_charging_stations",
        "Charging stations that announce themselves within reach.",
        AirHealth::get(charging_stations),
    );
}

impl LegacyHealth {
    /// Says that prototypes are spoken with.
    pub(crate) fn switched_on(&self) {
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Takes the counters as they are now.
    pub(crate) fn note(&self, heard: u64, unrecorded: u64, counters: &LegacyCounters) {
        let refused = [
            counters.other_length,
            counters.implausible,
            counters.other_sender,
            counters.over_pace,
        ];
        let refused = refused.into_iter().map(u64::from).sum();
        self.heard.store(heard, Ordering::Relaxed);
        self.unrecorded.store(unrecorded, Ordering::Relaxed);
        self.refused.store(refused, Ordering::Relaxed);
        let unsaid = u64::from(counters.unsaid);
        self.unsaid.store(unsaid, Ordering::Relaxed);
    }

    /// Legacy mode where it is on, so that nobody overlooks it.
    pub(crate) fn part(&self) -> Option<Part> {
        let heard = AirHealth::get(&self.heard);
        let reason = format!(
            "on: prototypes are spoken with in the open; {heard} messages, none of them proven"
        );
        let is_on = self.is_on.load(Ordering::Relaxed);
        is_on.then(|| Part::ok("legacy mode", reason))
    }

    fn metrics(&self, to: &mut Metrics) {
        let Self {
            is_on,
            heard,
            refused,
            unsaid,
            unrecorded,
        } = self;
        let is_on = is_on.load(Ordering::Relaxed);
        to.flag(
            "v2x_legacy_mode",
            "Whether prototypes are spoken with.",
            is_on,
        );
        for (name, help, counter) in [
            ("heard", "Payloads taken for a prototype's.", heard),
            (
                "refused",
                "Payloads that might have been a prototype's and were refused.",
                refused,
            ),
            (
                "unsaid",
                "Messages to prototypes that were due but could not be said.",
                unsaid,
            ),
            (
                "unrecorded",
                "Words of prototypes that became no row.",
                unrecorded,
            ),
        ] {
            to.counter(&format!("v2x_legacy_{name}_total"), help, counter);
        }
    }
}
