//! The radio of a vehicle's computer in virtual time: the product's V2V and V2G, fed as the daemon
//! feeds them, between the car's state and the line of its radio board.
//!
//! Not here: any decision ([`v2x_roles::vehicle::radio`]).

use std::collections::BTreeMap;

use core::time::Duration;

use v2x_proto::secure::{Identity, Trust, VerifiedMessage, Verifier};
use v2x_proto::v2g::SessionId;
use v2x_proto::v2g::message::SignedReceipt;
use v2x_proto::v2v::{Heard, Pseudonym, V2vCounters, V2vSettings, is_geonetworking};
use v2x_proto::wire::certificate::HashedId8;
use v2x_proto::wire::its_time::GenerationTime;
use v2x_roles::vehicle::VehicleState;
use v2x_roles::vehicle::radio::{
    CarNow, Charging, ToldByV2g, ToldByV2v, Traffic, V2gSettings, WantedByV2g, WantedByV2v, Wishes,
};
use v2x_units::{BootId, Instant, Stamp, UtcTime};

use super::radio_line::RadioLine;
use crate::chance::Chance;

/// How often the radio is told how the car is, and how often it is told the time.
const TELL_CAR: Duration = Duration::from_millis(100);
const TELL_CLOCK: Duration = Duration::from_secs(1);
/// For how long the checker remembers accepted messages: far longer than any is fresh.
const REMEMBER: Duration = Duration::from_secs(30);

/// What a car's radio has to say to the world.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ToldByRadio {
    V2v(ToldByV2v),
    V2g(ToldByV2g),
    /// A CAM was believed: whose, and when it was signed.
    Cam(HashedId8, GenerationTime),
    /// A message was believed a second time.
    Twice(HashedId8, &'static str),
}

/// Who the car is on the radio.
#[derive(Clone)]
pub(super) struct Papers {
    pub(super) identity: Identity,
    pub(super) trust: Trust,
    pub(super) verifier: Verifier,
    pub(super) pseudonyms: Vec<Pseudonym>,
    pub(super) v2v: V2vSettings,
}

/// The radio of one car.
pub(super) struct CarRadio {
    papers: Papers,
    settings: V2gSettings,
    line: RadioLine,
    charging: Charging,
    traffic: Traffic,
    chance: Chance,
    car_due: Instant,
    clock_due: Instant,
    /// Messages that were believed since the computer's start, with their times.
    accepted: BTreeMap<(GenerationTime, [u8; 8]), Instant>,
    /// Whether something was told to V2V and V2G since they were asked what they want.
    is_told: bool,
    /// The session that is open, as the disk has it.
    open: Option<SessionId>,
    /// Receipts with both signatures, as the disk has them.
    pub(super) receipts: Vec<SignedReceipt>,
    /// What was counted before the last restart of the computer.
    before: (u64, u64),
    pub(super) believed: u64,
    pub(super) battery_in_clear: u64,
    pub(super) told: Vec<(Instant, ToldByRadio)>,
}

impl CarRadio {
    pub(super) fn new(papers: Papers, settings: V2gSettings, chance: Chance) -> Self {
        use rand_core::Rng as _;
        let mut chance = chance;
        let boot = BootId::new(chance.next_u32());
        let (charging, traffic) = begin(&papers, &settings, Instant::BOOT, &mut chance);
        Self {
            papers,
            settings,
            line: RadioLine::new(boot),
            charging,
            traffic,
            chance,
            car_due: Instant::BOOT,
            clock_due: Instant::BOOT,
            accepted: BTreeMap::new(),
            is_told: true,
            open: None,
            receipts: Vec::new(),
            before: (0, 0),
            believed: 0,
            battery_in_clear: 0,
            told: Vec::new(),
        }
    }

    /// The computer starts anew: what is in memory is lost, what is on disk is not.
    pub(super) fn restart(&mut self, now: Instant) {
        use rand_core::Rng as _;
        self.before = self.sent();
        self.line = RadioLine::new(BootId::new(self.chance.next_u32()));
        let (charging, traffic) = begin(&self.papers, &self.settings, now, &mut self.chance);
        (self.charging, self.traffic) = (charging, traffic);
        if let Some(session) = self.open {
            self.charging.remember(session);
        }
        self.is_told = true;
        // A message that was fresh before the start may be believed once more after it.
        self.accepted.clear();
    }

    /// CAMs and DENMs that were sent.
    pub(super) fn sent(&self) -> (u64, u64) {
        let counters = self.counters();
        let (cams, denms) = self.before;
        (cams + counters.sent_cams, denms + counters.sent_denms)
    }

    pub(super) const fn counters(&self) -> &V2vCounters {
        self.traffic.v2v().counters()
    }

    /// Takes what the radio board said.
    pub(super) fn hear(&mut self, now: Instant, bytes: &[u8]) {
        self.is_told = true;
        for heard in self.line.hear(now, bytes) {
            let on_air = Heard {
                from: heard.from,
                rssi_dbm: Some(heard.rssi_dbm),
                payload: &heard.payload,
            };
            self.traffic.heard(now, on_air, &mut self.chance);
            if !is_geonetworking(&heard.payload) {
                self.charging
                    .heard(now, heard.from, &heard.payload, &mut self.chance);
            }
        }
    }

    /// Tells V2V and V2G what is due, and does what they want; gives what goes to the board.
    pub(super) fn turn(
        &mut self,
        at: Stamp,
        state: &VehicleState,
        utc: Option<UtcTime>,
    ) -> Vec<u8> {
        let now = at.instant;
        if now >= self.clock_due {
            self.clock_due = now + TELL_CLOCK;
            self.is_told = true;
            self.charging.clock(now, utc, &mut self.chance);
            self.traffic.clock(now, utc, &mut self.chance);
        }
        if now >= self.car_due {
            self.car_due = now + TELL_CAR;
            self.is_told = true;
            let car = CarNow::of(state, at);
            self.charging.car(&car, &mut self.chance);
            let in_conversation = self.charging.is_in_conversation();
            self.traffic.car(&car, in_conversation, &mut self.chance);
        }
        let is_due = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        let is_due = is_due(self.charging.wake_at()) || is_due(self.traffic.wake_at());
        if std::mem::take(&mut self.is_told) || is_due {
            self.act(at);
        }
        self.line.take()
    }

    fn act(&mut self, at: Stamp) {
        let now = at.instant;
        let Self {
            charging,
            traffic,
            line,
            chance,
            told,
            open,
            receipts,
            accepted,
            believed,
            battery_in_clear,
            ..
        } = self;
        charging.poll(at, chance, |wanted| match wanted {
            WantedByV2g::Send(to, payload) => line.send(now, to, &payload),
            WantedByV2g::Keep(what) => {
                match &what {
                    ToldByV2g::Session(session) => *open = session.as_ref().map(|(id, _)| *id),
                    ToldByV2g::Receipt(signed, _) => receipts.push((**signed).clone()),
                    _ => {}
                }
                told.push((now, ToldByRadio::V2g(what)));
            }
            WantedByV2g::Record(_) | WantedByV2g::Answer(_) => {}
        });
        traffic.poll(at, chance, |wanted| match wanted {
            WantedByV2v::SetAddress(address) => line.set_address(now, address),
            WantedByV2v::Send(to, payload) => line.send(now, to, &payload),
            WantedByV2v::Keep(what) => told.push((now, ToldByRadio::V2v(what))),
            WantedByV2v::Record(_) | WantedByV2v::Warning(..) => {}
            WantedByV2v::Received(received) => {
                *believed += 1;
                let is_clear = matches!(received.message, VerifiedMessage::VehicleData(_));
                *battery_in_clear += u64::from(is_clear);
                let (signer, generation) = (received.signer, received.generation);
                if accepted.insert((generation, signer.0), now).is_some() {
                    let kind = kind(&received.message);
                    told.push((now, ToldByRadio::Twice(signer, kind)));
                }
                if matches!(received.message, VerifiedMessage::Cam(_)) {
                    told.push((now, ToldByRadio::Cam(signer, generation)));
                }
            }
        });
        while let Some(entry) = accepted.first_entry()
            && now.since(*entry.get()) > REMEMBER
        {
            entry.remove();
        }
    }
}

const fn kind(message: &VerifiedMessage) -> &'static str {
    match message {
        VerifiedMessage::Cam(_) => "CAM",
        VerifiedMessage::Denm(_) => "DENM",
        VerifiedMessage::VehicleData(_) => "message of vehicle data",
        VerifiedMessage::Evcsn(_) => "announcement",
    }
}

/// V2V and V2G as they are after a start of the computer.
fn begin(
    papers: &Papers,
    settings: &V2gSettings,
    now: Instant,
    chance: &mut Chance,
) -> (Charging, Traffic) {
    let (identity, trust) = (papers.identity.clone(), papers.trust.clone());
    let charging = Charging::new(identity, trust, settings, Wishes::default(), false);
    let pseudonyms = papers.pseudonyms.clone();
    let traffic = Traffic::new(papers.v2v, papers.verifier.clone(), pseudonyms, now, chance);
    (charging, traffic)
}
