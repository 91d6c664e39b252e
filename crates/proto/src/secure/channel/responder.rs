//! The station's end of its channels: handshakes, credentials, then one answer to each request.
//!
//! Not what is answered (`v2g/secc`) and not the car's end (`initiator.rs`). The station never
//! speaks first and never repeats by itself: whoever misses an answer asks again, and a request
//! that comes again gets the answer it got, without being carried out again.
//!
//! | a peer that | may send | and gets |
//! |---|---|---|
//! | is unknown | handshake 1 | handshake 2 |
//! | has a pending handshake | handshake 3 | the station's credential |
//! | has finished its handshake | its credential | a verdict |
//! | is proven | requests | answers |

use heapless::{Deque, Vec};
use rand_core::CryptoRng;
use v2x_units::{Instant, MacAddress};

use super::counters::{AirCounters, count};
use super::credential::{Credential, Role};
use super::datagram::{self, ChannelId, Datagram, DatagramError, Parts, Sealed};
use super::initiator::Judge;
use super::noise::{Handshake, MESSAGE_1, MESSAGE_3, Secret};
use super::peer::{Peer, Proof};
use super::record::{Body, CREDENTIAL, Record, VERDICT};
use super::trust::CredentialError;
use super::tunnel::Tunnel;
use crate::deadlines::{HANDSHAKE_PACE, PROOF_GIVE_UP};
use crate::limits::{HANDSHAKE_BURST, PEERS_MAX, PENDING_MAX, SENDING_MAX};
use crate::pace::Pace;

/// Something that a car said and that counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FromCar {
    /// It has proven its credential.
    Proven(Credential),
    /// Its credential does not count.
    Refused(CredentialError),
    /// It asks; [`Responder::respond`] answers.
    Request { kind: u8, body: Body },
}

struct Pending {
    from: MacAddress,
    channel: ChannelId,
    message_1: [u8; MESSAGE_1],
    message_2: Datagram,
    handshake: Handshake,
    since: Instant,
}

/// The station's end of all its channels.
pub(crate) struct Responder<T> {
    pending: Vec<Pending, PENDING_MAX>,
    peers: Vec<Peer<T>, PEERS_MAX>,
    sending: Deque<(MacAddress, Datagram), SENDING_MAX>,
    pace: Pace,
    counters: AirCounters,
}

impl<T: Default> Responder<T> {
    pub(crate) fn new() -> Self {
        Self {
            pending: Vec::new(),
            peers: Vec::new(),
            sending: Deque::new(),
            pace: Pace::new(HANDSHAKE_BURST, HANDSHAKE_PACE),
            counters: AirCounters::default(),
        }
    }

    pub(crate) const fn counters(&self) -> AirCounters {
        self.counters
    }

    pub(crate) fn peer(&mut self, channel: ChannelId) -> Option<&mut Peer<T>> {
        self.peers
            .iter_mut()
            .find(|p| p.tunnel.channel() == channel)
    }

    pub(crate) fn peers(&mut self) -> impl Iterator<Item = &mut Peer<T>> {
        self.peers.iter_mut()
    }

    /// Ends channels by what is proven of their car.
    pub(crate) fn keep_only(&mut self, mut keep: impl FnMut(&Credential) -> bool) {
        self.peers
            .retain(|peer| peer.credential().is_none_or(&mut keep));
    }

    pub(crate) fn poll(&mut self) -> Option<(MacAddress, Datagram)> {
        self.sending.pop_front()
    }

    /// Forgets whoever has been silent for too long.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.pending.retain(|p| now.since(p.since) < PROOF_GIVE_UP);
        self.peers
            .retain(|peer| peer.holds_slot || now.since(peer.heard) < peer.longest_silence());
    }

    /// Answers the request that this channel sent last.
    pub(crate) fn respond(&mut self, channel: ChannelId, kind: u8, body: Body) {
        if let Some(peer) = self.peer(channel) {
            peer.answered.kind = kind;
            peer.answered.body = body;
            self.send_answer(channel);
        }
    }

    /// Sends the last answer of a channel, sealed anew; one whose key is spent ends.
    fn send_answer(&mut self, channel: ChannelId) {
        let Some(peer) = self.peer(channel) else {
            return;
        };
        let (mac, sealed) = (peer.mac, peer.tunnel.seal(&peer.answered));
        match sealed {
            Ok(datagram) => self.send(mac, datagram),
            Err(_) => self.peers.retain(|p| p.tunnel.channel() != channel),
        }
    }

    fn send(&mut self, to: MacAddress, datagram: Datagram) {
        if self.sending.is_full() {
            self.sending.pop_front();
            count(&mut self.counters.unsent);
        }
        self.sending
            .push_back((to, datagram))
            .unwrap_or_else(|_| unreachable!("room was just made"));
    }

    /// Takes what the radio heard; `None` when it changes nothing for the role.
    ///
    /// `open` says whether new cars are welcome.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        from: MacAddress,
        bytes: &[u8],
        judge: &Judge<'_>,
        open: bool,
        rng: &mut dyn CryptoRng,
    ) -> Option<(ChannelId, FromCar)> {
        self.expire(now);
        match datagram::parse(bytes) {
            Ok(Parts::Handshake1(channel, message)) if open => {
                self.handshake_1(now, from, channel, message, judge, rng);
            }
            Ok(Parts::Handshake1(..)) => count(&mut self.counters.closed),
            Ok(Parts::Handshake3(channel, message)) => {
                self.handshake_3(now, from, channel, message, judge);
            }
            Ok(Parts::Transport(sealed)) => return self.transport(now, from, &sealed, judge),
            Ok(Parts::Handshake2(..)) => count(&mut self.counters.out_of_turn),
            Err(DatagramError::Length { .. }) => count(&mut self.counters.malformed),
            Err(_) => count(&mut self.counters.foreign),
        }
        None
    }

    fn handshake_1(
        &mut self,
        now: Instant,
        from: MacAddress,
        channel: ChannelId,
        message: &[u8; MESSAGE_1],
        judge: &Judge<'_>,
        rng: &mut dyn CryptoRng,
    ) {
        if from.is_group() || self.peer(channel).is_some() {
            return count(&mut self.counters.out_of_turn);
        }
        if let Some(known) = self.pending.iter().find(|p| p.channel == channel) {
            if known.from == from && known.message_1 == *message {
                let again = known.message_2.clone();
                return self.send(from, again);
            }
            return count(&mut self.counters.out_of_turn);
        }
        if !self.pace.take(now) {
            return count(&mut self.counters.over_pace);
        }
        let own = judge.identity.handshake_key();
        let begun = Handshake::respond(own, Secret::draw(rng))
            .read(message)
            .and_then(|mut handshake| Ok((handshake.write::<96>()?, handshake)));
        let Ok((reply, handshake)) = begun else {
            return count(&mut self.counters.forged);
        };
        if self.pending.is_full() {
            let drawn = rng.next_u32() as usize % self.pending.len();
            self.pending.swap_remove(drawn);
            count(&mut self.counters.crowded_out);
        }
        let pending = Pending {
            from,
            channel,
            message_1: *message,
            message_2: datagram::handshake(channel, &reply),
            handshake,
            since: now,
        };
        self.send(from, pending.message_2.clone());
        self.pending
            .push(pending)
            .unwrap_or_else(|_| unreachable!("room was just made"));
    }

    fn handshake_3(
        &mut self,
        now: Instant,
        from: MacAddress,
        channel: ChannelId,
        message: &[u8; MESSAGE_3],
        judge: &Judge<'_>,
    ) {
        if let Some(peer) = self.peer(channel) {
            let again = peer.message_3 == *message && peer.mac == from;
            // As long as the car has not sent its own credential it may miss ours.
            if again && matches!(peer.proof, Proof::Awaited { .. }) {
                return self.send_answer(channel);
            }
            return count(&mut self.counters.out_of_turn);
        }
        let is_it = |p: &Pending| p.channel == channel && p.from == from;
        let Some(at) = self.pending.iter().position(is_it) else {
            return count(&mut self.counters.unknown_channel);
        };
        let Ok(finished) = self.pending[at].handshake.read(message) else {
            return count(&mut self.counters.forged);
        };
        self.pending.swap_remove(at);
        self.make_room_for_peer();
        let keys = finished.keys();
        let own = judge.identity.credential().emit();
        let peer = Peer {
            mac: from,
            tunnel: Tunnel::new(channel, keys.from_station, keys.from_car),
            message_3: *message,
            proof: Proof::Awaited { car_key: keys.peer },
            answered: Record {
                number: 0,
                kind: CREDENTIAL,
                body: Body::from_slice(&own)
                    .expect("the longest credential is shorter than a body"),
            },
            heard: now,
            holds_slot: false,
            state: T::default(),
        };
        self.peers
            .push(peer)
            .unwrap_or_else(|_| unreachable!("room was just made"));
        self.send_answer(channel);
    }

    /// Drops the peer that is least missed: unproven before proven, then the longest silent.
    fn make_room_for_peer(&mut self) {
        if !self.peers.is_full() {
            return;
        }
        let least = self
            .peers
            .iter()
            .enumerate()
            .filter(|(_, peer)| !peer.holds_slot)
            .min_by_key(|(_, peer)| (peer.credential().is_some(), peer.heard))
            .map_or(0, |(at, _)| at);
        self.peers.swap_remove(least);
        count(&mut self.counters.crowded_out);
    }

    fn transport(
        &mut self,
        now: Instant,
        from: MacAddress,
        sealed: &Sealed<'_>,
        judge: &Judge<'_>,
    ) -> Option<(ChannelId, FromCar)> {
        let channel = sealed.channel;
        let is_it = |p: &&mut Peer<T>| p.tunnel.channel() == channel && p.mac == from;
        let Some(peer) = self.peers.iter_mut().find(is_it) else {
            count(&mut self.counters.unknown_channel);
            return None;
        };
        match peer.tunnel.open(sealed) {
            Ok(record) => {
                peer.heard = now;
                self.record(channel, record, judge)
                    .map(|what| (channel, what))
            }
            Err(error) => {
                self.counters.count_unopened(&error);
                None
            }
        }
    }

    fn record(&mut self, channel: ChannelId, record: Record, judge: &Judge<'_>) -> Option<FromCar> {
        let peer = self
            .peers
            .iter_mut()
            .find(|p| p.tunnel.channel() == channel)?;
        if record.number == peer.answered.number && record.number > 0 {
            self.send_answer(channel);
            return None;
        }
        // A car may give a request up and make another, so numbers may be left out.
        let ahead = record.number.wrapping_sub(peer.answered.number);
        if ahead == 0 || ahead > u16::MAX / 2 {
            count(&mut self.counters.out_of_turn);
            return None;
        }
        match peer.proof {
            Proof::Given(_) => {
                peer.answered.number = record.number;
                let Record { kind, body, .. } = record;
                Some(FromCar::Request { kind, body })
            }
            Proof::Awaited { car_key } if record.kind == CREDENTIAL => {
                peer.answered.number = record.number;
                let (trust, utc) = (judge.trust, judge.utc);
                let verdict = trust.prove(&record.body, &car_key, Role::Vehicle, utc);
                Some(self.give_verdict(channel, verdict))
            }
            _ => {
                count(&mut self.counters.unproven);
                None
            }
        }
    }

    fn give_verdict(
        &mut self,
        channel: ChannelId,
        verdict: Result<Credential, CredentialError>,
    ) -> FromCar {
        let code = verdict.as_ref().map_or_else(CredentialError::code, |_| 0);
        let (proof, heard) = match verdict {
            Ok(car) => {
                // One channel for each car: the newest handshake is the one it still knows of.
                let name = &car.subject.name;
                self.keep_only(|other| other.subject.name != *name);
                (Proof::Given(car.clone()), FromCar::Proven(car))
            }
            Err(reason) => {
                count(&mut self.counters.credentials_refused);
                (Proof::Refused, FromCar::Refused(reason))
            }
        };
        if let Some(peer) = self.peer(channel) {
            peer.proof = proof;
        }
        let body = Body::from_slice(&[code]).expect("one byte fits");
        self.respond(channel, VERDICT, body);
        heard
    }
}
