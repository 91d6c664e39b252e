//! The car's end of a channel: handshake, credentials, then requests with one answer each.
//!
//! Not what is asked (`v2g/evcc`) and not the station's end (`responder.rs`).
//!
//! | stage | waits for | accepts | leaves to |
//! |---|---|---|---|
//! | closed | [`Initiator::connect`] | nothing | called |
//! | called | a station's answer to the call, and the credential of one that has answered; sends handshake 3 to those, and the call | handshake 2 of this channel, record 0 | verdict, closed |
//! | verdict | the station's word on ours, sends our credential until then | record 1 | proven, closed |
//! | proven | the answer to a request, sends the request until then | record n | proven |

use rand_core::CryptoRng;
use v2x_units::{Instant, MacAddress, UtcTime};

use super::candidates::Candidates;
use super::counters::{AirCounters, count};
use super::credential::{Credential, Role};
use super::datagram::{self, ChannelId, Datagram, DatagramError, Parts, Sealed};
use super::identity::Identity;
use super::noise::{Handshake, MESSAGE_2, Secret};
use super::passed_over::PassedOver;
use super::record::{Body, CREDENTIAL, Record, VERDICT};
use super::trust::{CredentialError, Trust};
use super::tunnel::Tunnel;
use crate::deadlines::{Backoff, CALL_RETRY_MAX, RETRY_MAX};

/// Something that a station said and that counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FromStation {
    /// Both ends have proven their credentials.
    Proven(Credential),
    /// The station's credential does not count.
    NotBelieved(CredentialError),
    /// The station does not believe ours; its reason as a code.
    Refused(u8),
    /// The answer to the request.
    Response { kind: u8, body: Body },
}

/// What the other end is judged by.
pub(crate) struct Judge<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) trust: &'a Trust,
    pub(crate) utc: Option<UtcTime>,
}

enum Stage {
    Closed,
    /// Who has answered is among the candidates.
    Called {
        channel: ChannelId,
        handshake: Handshake,
    },
    ExpectVerdict {
        tunnel: Tunnel,
        station: Credential,
    },
    Proven {
        tunnel: Tunnel,
    },
}

/// What is sent again and again until something answers it.
struct Outstanding {
    what: Message,
    next_try: Instant,
    since: Instant,
    backoff: Backoff,
}

enum Message {
    Handshake(Datagram),
    Record(Record),
}

/// The car's end.
pub(crate) struct Initiator {
    stage: Stage,
    candidates: Candidates,
    station: MacAddress,
    outstanding: Option<Outstanding>,
    /// The X25519 key of the slot that is spoken with: slots of one station share an address.
    station_key: [u8; 32],
    passed_over: PassedOver,
    counters: AirCounters,
}

impl Initiator {
    pub(crate) fn new() -> Self {
        Self {
            stage: Stage::Closed,
            candidates: Candidates::default(),
            station: MacAddress::BROADCAST,
            outstanding: None,
            station_key: [0; 32],
            passed_over: PassedOver::default(),
            counters: AirCounters::default(),
        }
    }

    pub(crate) const fn counters(&self) -> AirCounters {
        self.counters
    }

    /// Whether a station is proven and a request may be made.
    pub(crate) const fn is_proven(&self) -> bool {
        matches!(self.stage, Stage::Proven { .. })
    }

    /// Whether nothing goes on: never begun, ended, refused, or the key is spent.
    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// Whether a station has shown a credential that counts, and the channel is open.
    pub(crate) const fn has_station(&self) -> bool {
        matches!(
            self.stage,
            Stage::ExpectVerdict { .. } | Stage::Proven { .. }
        )
    }

    /// Whether anybody has answered the call, be it a station or not.
    pub(crate) fn is_answered(&self) -> bool {
        match self.stage {
            Stage::Closed => false,
            Stage::Called { .. } => !self.candidates.is_empty(),
            Stage::ExpectVerdict { .. } | Stage::Proven { .. } => true,
        }
    }

    /// Forgets keys and everything that was to be sent.
    pub(crate) fn close(&mut self) {
        self.stage = Stage::Closed;
        self.candidates.clear();
        self.outstanding = None;
    }

    /// Calls for a station, in place of whatever was before.
    pub(crate) fn connect(&mut self, now: Instant, own: &Identity, rng: &mut dyn CryptoRng) {
        let channel = ChannelId::new(rng.next_u32());
        let mut handshake = Handshake::initiate(own.handshake_key(), Secret::draw(rng));
        let call = handshake
            .write()
            .expect("the first message meets no key of another");
        self.stage = Stage::Called { channel, handshake };
        self.candidates.clear();
        self.station = MacAddress::BROADCAST;
        let call = Message::Handshake(datagram::handshake::<32>(channel, &call));
        self.send(now, call, Backoff::up_to(CALL_RETRY_MAX));
    }

    /// Does not speak with this slot for a while, and ends the channel.
    pub(crate) fn pass_over(&mut self, now: Instant) {
        self.passed_over.add(self.station_key, now);
        self.close();
    }

    /// As [`Self::pass_over`], for a slot that the car is not plugged into: longer each time.
    pub(crate) fn pass_over_other_plug(&mut self, now: Instant) {
        self.passed_over.add_other_plug(self.station_key, now);
        self.close();
    }

    /// The car may be plugged in otherwise than before: slots that it was not plugged into are
    /// called again.
    pub(crate) fn forgive_other_plugs(&mut self) {
        self.passed_over.forgive_other_plugs();
    }

    /// Asks the proven station; the answer comes as [`FromStation::Response`].
    pub(crate) fn request(&mut self, now: Instant, number: u16, kind: u8, body: Body) {
        let record = Message::Record(Record { number, kind, body });
        self.send(now, record, Backoff::up_to(RETRY_MAX));
    }

    /// Replaces what is asked, for the tries that are still to come.
    pub(crate) fn freshen(&mut self, fresh: Body) {
        if let Some(Message::Record(record)) = self.outstanding.as_mut().map(|it| &mut it.what) {
            record.body = fresh;
        }
    }

    fn send(&mut self, now: Instant, what: Message, backoff: Backoff) {
        self.outstanding = Some(Outstanding {
            what,
            next_try: now,
            since: now,
            backoff,
        });
    }

    /// Since when an answer is missing.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        let outstanding = self.outstanding.as_ref();
        (self.candidates.since()).or(outstanding.map(|outstanding| outstanding.since))
    }

    /// When something is to be sent.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let outstanding = self.outstanding.as_ref();
        let next_try = outstanding.map(|outstanding| outstanding.next_try);
        next_try.into_iter().chain(self.candidates.deadline()).min()
    }

    /// What is to be sent now. A channel whose key is spent closes instead.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<(MacAddress, Datagram)> {
        if let Some(next) = self.candidates.poll(now) {
            return Some(next);
        }
        let outstanding = self.outstanding.as_mut().filter(|o| o.next_try <= now)?;
        outstanding.next_try = now + outstanding.backoff.step();
        let datagram = match (&outstanding.what, &mut self.stage) {
            (Message::Handshake(datagram), _) => Some(datagram.clone()),
            (
                Message::Record(record),
                Stage::ExpectVerdict { tunnel, .. } | Stage::Proven { tunnel },
            ) => tunnel.seal(record).ok(),
            (Message::Record(_), _) => None,
        };
        if datagram.is_none() {
            self.close();
        }
        Some((self.station, datagram?))
    }

    /// Takes what the radio heard; `None` when it changes nothing, which is counted.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        from: MacAddress,
        bytes: &[u8],
        judge: &Judge<'_>,
    ) -> Option<FromStation> {
        match datagram::parse(bytes) {
            Ok(Parts::Handshake2(channel, message)) => {
                self.handshake_2(now, from, channel, message);
            }
            Ok(Parts::Transport(sealed)) => return self.transport(now, from, &sealed, judge),
            Ok(_) => count(&mut self.counters.out_of_turn),
            Err(DatagramError::Length { .. }) => count(&mut self.counters.malformed),
            Err(_) => count(&mut self.counters.foreign),
        }
        None
    }

    fn handshake_2(
        &mut self,
        now: Instant,
        from: MacAddress,
        id: ChannelId,
        message: &[u8; MESSAGE_2],
    ) {
        let Stage::Called { channel, handshake } = &self.stage else {
            return count(&mut self.counters.out_of_turn);
        };
        let channel = *channel;
        if channel != id || from.is_group() {
            return count(&mut self.counters.unknown_channel);
        }
        let answered = handshake.read(message).and_then(|mut handshake| {
            let reply = handshake.write::<64>()?;
            Ok((handshake.keys(), reply))
        });
        let Ok((keys, reply)) = answered else {
            return count(&mut self.counters.forged);
        };
        if self.passed_over.has(&keys.peer, now) {
            return count(&mut self.counters.unknown_channel);
        }
        if self.candidates.knows(from, &keys.peer) {
            return count(&mut self.counters.out_of_turn);
        }
        let tunnel = Tunnel::new(channel, keys.from_car, keys.from_station);
        let reply = datagram::handshake(channel, &reply);
        self.candidates.add(now, from, keys.peer, tunnel, reply);
        // Whoever missed the call, or whose answer was lost, hears it again until one is proven.
        if let Some(call) = &mut self.outstanding {
            call.next_try = now + CALL_RETRY_MAX;
        }
    }

    fn transport(
        &mut self,
        now: Instant,
        from: MacAddress,
        sealed: &Sealed<'_>,
        judge: &Judge<'_>,
    ) -> Option<FromStation> {
        let tunnel = match &mut self.stage {
            Stage::ExpectVerdict { tunnel, .. } | Stage::Proven { tunnel } => tunnel,
            Stage::Called { .. } => return self.credential(now, from, sealed, judge),
            Stage::Closed => {
                count(&mut self.counters.unknown_channel);
                return None;
            }
        };
        if from != self.station || tunnel.channel() != sealed.channel {
            count(&mut self.counters.unknown_channel);
            return None;
        }
        match tunnel.open(sealed) {
            Ok(record) => self.record(now, record),
            Err(error) => {
                self.counters.count_unopened(&error);
                None
            }
        }
    }

    /// Takes the credential of somebody who has answered the call: the first that counts wins.
    fn credential(
        &mut self,
        now: Instant,
        from: MacAddress,
        sealed: &Sealed<'_>,
        judge: &Judge<'_>,
    ) -> Option<FromStation> {
        let (at, record) = match self.candidates.open(from, sealed) {
            Some(Ok(opened)) => opened,
            Some(Err(error)) => {
                self.counters.count_unopened(&error);
                return None;
            }
            None => {
                count(&mut self.counters.unknown_channel);
                return None;
            }
        };
        if record.kind != CREDENTIAL || record.number != 0 {
            count(&mut self.counters.out_of_turn);
            return None;
        }
        let candidate = self.candidates.take(at);
        let (trust, utc) = (judge.trust, judge.utc);
        match trust.prove(&record.body, &candidate.key, Role::Station, utc) {
            Ok(station) => {
                (self.station, self.station_key) = (candidate.station, candidate.key);
                let tunnel = candidate.tunnel;
                self.stage = Stage::ExpectVerdict { tunnel, station };
                self.candidates.clear();
                let own = judge.identity.credential().emit();
                let body =
                    Body::from_slice(&own).expect("the longest credential is shorter than a body");
                self.request(now, 1, CREDENTIAL, body);
                None
            }
            Err(reason) => {
                count(&mut self.counters.credentials_refused);
                self.passed_over.add(candidate.key, now);
                if self.candidates.is_empty() {
                    self.close();
                }
                Some(FromStation::NotBelieved(reason))
            }
        }
    }

    fn record(&mut self, now: Instant, record: Record) -> Option<FromStation> {
        match core::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::ExpectVerdict { tunnel, station }
                if record.kind == VERDICT && record.number == 1 =>
            {
                match record.body.first() {
                    Some(0) => {
                        self.stage = Stage::Proven { tunnel };
                        self.outstanding = None;
                        Some(FromStation::Proven(station))
                    }
                    code => {
                        let code = code.copied().unwrap_or(u8::MAX);
                        self.pass_over(now);
                        Some(FromStation::Refused(code))
                    }
                }
            }
            Stage::Proven { tunnel } if self.awaits(record.number) => {
                self.stage = Stage::Proven { tunnel };
                self.outstanding = None;
                let Record { kind, body, .. } = record;
                Some(FromStation::Response { kind, body })
            }
            stage => {
                self.stage = stage;
                count(&mut self.counters.out_of_turn);
                None
            }
        }
    }

    fn awaits(&self, number: u16) -> bool {
        matches!(
            self.outstanding,
            Some(Outstanding { what: Message::Record(Record { number: asked, .. }), .. })
                if asked == number
        )
    }
}
