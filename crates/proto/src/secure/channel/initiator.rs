//! The car's end of a channel: handshake, credentials, then requests with one answer each.
//!
//! Not what is asked (`v2g/evcc`) and not the station's end (`responder.rs`).
//!
//! | stage | waits for | accepts | leaves to |
//! |---|---|---|---|
//! | closed | [`Initiator::connect`] | nothing | handshake 2 |
//! | handshake 2 | a station's answer to the call | handshake 2 of this channel | credential |
//! | credential | the station's credential, sends handshake 3 until then | record 0 | verdict, closed |
//! | verdict | the station's word on ours, sends our credential until then | record 1 | proven, closed |
//! | proven | the answer to a request, sends the request until then | record n | proven |

use heapless::Vec;
use rand_core::CryptoRng;
use v2x_units::{Instant, MacAddress, UtcTime};

use super::counters::{AirCounters, count};
use super::credential::{Credential, Role};
use super::datagram::{self, ChannelId, Datagram, DatagramError, Parts, Sealed};
use super::identity::Identity;
use super::noise::{Handshake, MESSAGE_2, Secret};
use super::record::{Body, CREDENTIAL, Record, VERDICT};
use super::trust::{CredentialError, Trust};
use super::tunnel::{OpenError, Tunnel};
use crate::deadlines::{Backoff, CALL_RETRY_MAX, PASS_OVER, RETRY_MAX};
use crate::limits::PASSED_OVER_MAX;

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
    ExpectHandshake2 {
        channel: ChannelId,
        handshake: Handshake,
    },
    ExpectCredential {
        tunnel: Tunnel,
        station_key: [u8; 32],
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
    station: MacAddress,
    outstanding: Option<Outstanding>,
    /// The X25519 key of the slot that is spoken with: slots of one station share an address.
    station_key: [u8; 32],
    passed_over: Vec<([u8; 32], Instant), PASSED_OVER_MAX>,
    counters: AirCounters,
}

impl Initiator {
    pub(crate) fn new() -> Self {
        Self {
            stage: Stage::Closed,
            station: MacAddress::BROADCAST,
            outstanding: None,
            station_key: [0; 32],
            passed_over: Vec::new(),
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

    /// Whether a station has answered the call.
    pub(crate) const fn is_answered(&self) -> bool {
        !matches!(self.stage, Stage::Closed | Stage::ExpectHandshake2 { .. })
    }

    /// Forgets keys and everything that was to be sent.
    pub(crate) fn close(&mut self) {
        self.stage = Stage::Closed;
        self.outstanding = None;
    }

    /// Calls for a station, in place of whatever was before.
    pub(crate) fn connect(&mut self, now: Instant, own: &Identity, rng: &mut dyn CryptoRng) {
        let channel = ChannelId::new(rng.next_u32());
        let mut handshake = Handshake::initiate(own.handshake_key(), Secret::draw(rng));
        let call = handshake
            .write()
            .expect("the first message meets no key of another");
        self.stage = Stage::ExpectHandshake2 { channel, handshake };
        self.station = MacAddress::BROADCAST;
        let call = Message::Handshake(datagram::handshake::<32>(channel, &call));
        self.send(now, call, Backoff::up_to(CALL_RETRY_MAX));
    }

    /// Does not speak with this slot for a while, and ends the channel.
    pub(crate) fn pass_over(&mut self, now: Instant) {
        self.passed_over.retain(|(_, until)| *until > now);
        if self.passed_over.is_full() {
            self.passed_over.remove(0);
        }
        self.passed_over
            .push((self.station_key, now + PASS_OVER))
            .expect("room was just made");
        self.close();
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
        self.outstanding
            .as_ref()
            .map(|outstanding| outstanding.since)
    }

    /// When something is to be sent.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.outstanding
            .as_ref()
            .map(|outstanding| outstanding.next_try)
    }

    /// What is to be sent now. A channel whose key is spent closes instead.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<(MacAddress, Datagram)> {
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
        let Stage::ExpectHandshake2 { channel, handshake } = &self.stage else {
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
        let is_passed_over = |(key, until): &(_, _)| *key == keys.peer && *until > now;
        if self.passed_over.iter().any(is_passed_over) {
            return count(&mut self.counters.unknown_channel);
        }
        (self.station, self.station_key) = (from, keys.peer);
        self.stage = Stage::ExpectCredential {
            tunnel: Tunnel::new(channel, keys.from_car, keys.from_station),
            station_key: keys.peer,
        };
        let reply = Message::Handshake(datagram::handshake(channel, &reply));
        self.send(now, reply, Backoff::up_to(RETRY_MAX));
    }

    fn transport(
        &mut self,
        now: Instant,
        from: MacAddress,
        sealed: &Sealed<'_>,
        judge: &Judge<'_>,
    ) -> Option<FromStation> {
        let (Stage::ExpectCredential { tunnel, .. }
        | Stage::ExpectVerdict { tunnel, .. }
        | Stage::Proven { tunnel }) = &mut self.stage
        else {
            count(&mut self.counters.unknown_channel);
            return None;
        };
        if from != self.station || tunnel.channel() != sealed.channel {
            count(&mut self.counters.unknown_channel);
            return None;
        }
        match tunnel.open(sealed) {
            Ok(record) => self.record(now, record, judge),
            Err(error) => {
                count(match error {
                    OpenError::Replayed => &mut self.counters.replayed,
                    OpenError::Forged => &mut self.counters.forged,
                    OpenError::Record(_) => &mut self.counters.malformed,
                });
                None
            }
        }
    }

    fn record(&mut self, now: Instant, record: Record, judge: &Judge<'_>) -> Option<FromStation> {
        match core::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::ExpectCredential {
                tunnel,
                station_key,
            } if record.kind == CREDENTIAL && record.number == 0 => {
                let (trust, utc) = (judge.trust, judge.utc);
                match trust.prove(&record.body, &station_key, Role::Station, utc) {
                    Ok(station) => {
                        self.stage = Stage::ExpectVerdict { tunnel, station };
                        let own = judge.identity.credential().emit();
                        let body = Body::from_slice(&own)
                            .expect("the longest credential is shorter than a body");
                        self.request(now, 1, CREDENTIAL, body);
                        None
                    }
                    Err(reason) => {
                        count(&mut self.counters.credentials_refused);
                        self.pass_over(now);
                        Some(FromStation::NotBelieved(reason))
                    }
                }
            }
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
