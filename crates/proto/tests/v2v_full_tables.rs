//! Every table of V2V when it is full: what makes room, what is refused, and that it is counted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod v2v_world;

use core::time::Duration;

use v2v_world::{BEGINNING, Car, Operator, World};
use v2x_proto::limits::{
    EVENTS_KNOWN_MAX, EVENTS_PER_SIGNER_MAX, EVENTS_WAITING_MAX, NEIGHBOURS_MAX, PSEUDONYMS_MAX,
};
use v2x_proto::secure::{CertificateHash, SigningKey};
use v2x_proto::v2v::{Heard, MessageKind, Pseudonym, V2v, V2vInput, V2vSettings};
use v2x_proto::wire::Wire;
use v2x_proto::wire::btp::BtpPort;
use v2x_proto::wire::cam::Cam;
use v2x_proto::wire::denm::Denm;
use v2x_proto::wire::geonet::GnPdu;
use v2x_proto::wire::its_time::GenerationTime;
use v2x_proto::wire::packet::{Content, Packet};
use v2x_proto::wire::secured::ToBeSigned;
use v2x_proto::wire::station::{SequenceNumber, StationId};
use v2x_proto::wire::{List, WireError};
use v2x_units::{Instant, MacAddress};

/// A message of a car, as any number of others would sign it.
struct Press {
    pdu: GnPdu,
    signed: ToBeSigned,
    operator: Operator,
    number: u32,
}

impl Press {
    fn of(mut operator: Operator, kind: MessageKind) -> Self {
        let mut car = Car::new(&mut operator, 50, V2vSettings::default()).at(30.0, 0.0, 0.0, 0.0);
        car.condition.fault = Some(v2x_proto::v2v::Fault::Engine);
        let mut world = World::of(vec![car]);
        world.run(2.0);
        let sent = world.cars[0]
            .sent
            .iter()
            .rev()
            .find(|it| it.kind == kind)
            .unwrap();
        let Content::Signed(signed) = Packet::parse(&sent.payload).unwrap().content else {
            panic!("it is signed");
        };
        Self {
            pdu: signed.to_be_signed.pdu().unwrap(),
            signed: signed.to_be_signed,
            operator,
            number: 1000,
        }
    }

    /// A ticket and key for another station.
    fn another(&mut self) -> (Pseudonym, SigningKey) {
        let ticket = self.operator.pseudonyms(1).remove(0);
        self.number += 1;
        let numbers = 0..self.number;
        let key = numbers
            .map(|number| v2v_world::key(30, number))
            .find(|key| key.public_key() == ticket.certificate().to_be_signed.verification_key)
            .unwrap();
        (ticket, key)
    }

    /// The message with another content, signed at a time.
    fn print(&self, message: &[u8], key: &SigningKey, ticket: &Pseudonym, micros: u64) -> Vec<u8> {
        let message = List::new("message", message.to_vec()).unwrap();
        let pdu = GnPdu {
            message,
            ..self.pdu.clone()
        };
        let mut header = self.signed.header.clone();
        header.generation_time = GenerationTime::from_micros(micros);
        let to_be_signed: Result<_, WireError> = ToBeSigned::new(&pdu, header);
        let hash = CertificateHash::of(ticket.certificate());
        Packet::single_hop(Content::Signed(key.sign(to_be_signed.unwrap(), hash))).encode()
    }

    fn generation(&self) -> u64 {
        self.signed.header.generation_time.as_micros()
    }
}

/// A car at the origin that knows no certificates yet, two seconds after the beginning.
fn listener(press: &Press) -> (V2v, v2v_world::Seeded, Instant) {
    let mut verifier = press.operator.verifier();
    verifier.freshness.past = Duration::from_secs(60);
    let mut v2v = V2v::new(V2vSettings::default(), verifier);
    let mut rng = v2v_world::Seeded(1);
    let now = Instant::BOOT + Duration::from_secs(2);
    let utc = BEGINNING + Duration::from_secs(2);
    v2v.handle(now, V2vInput::Clock(Some(utc)), &mut rng);
    (v2v, rng, now)
}

fn certificate_frame(ticket: &Pseudonym, like: &GnPdu) -> Vec<u8> {
    use v2x_proto::wire::btp::BtpB;
    use v2x_proto::wire::certificate_message::CertificateMessage;
    let certificates = List::new("certificates", vec![ticket.certificate().clone()]).unwrap();
    let message = CertificateMessage { certificates }.encode();
    Packet::single_hop(Content::Plain(GnPdu {
        btp: BtpB::to(BtpPort::CERTIFICATES),
        message: List::new("message", message).unwrap(),
        ..like.clone()
    }))
    .encode()
}

fn hear(v2v: &mut V2v, rng: &mut v2v_world::Seeded, now: Instant, payload: &[u8]) {
    let heard = Heard {
        from: MacAddress::new([2, 0, 0, 0, 0, 1]),
        rssi_dbm: None,
        payload,
    };
    v2v.handle(now, V2vInput::Heard(heard), rng);
}

#[test]
fn neighbours_when_full_lose_the_least_believed_and_count_it() {
    let mut press = Press::of(Operator::new(30), MessageKind::Cam);
    let cam = Cam::parse(&press.pdu.message).unwrap();
    let (mut v2v, mut rng, mut now) = listener(&press);
    for number in 0..=NEIGHBOURS_MAX {
        // Each 30 ms, so that the pace of certificates holds nobody back.
        now = now + Duration::from_millis(30);
        let (ticket, key) = press.another();
        let frame = certificate_frame(&ticket, &press.pdu);
        hear(&mut v2v, &mut rng, now, &frame);
        let cam = Cam {
            station: StationId::new(i64::try_from(number).unwrap()).unwrap(),
            ..cam.clone()
        };
        let frame = press.print(&cam.encode(), &key, &ticket, press.generation());
        hear(&mut v2v, &mut rng, now, &frame);
    }
    let refused: Vec<_> = v2v.counters().refused().collect();
    assert_eq!(v2v.map().neighbours().len(), NEIGHBOURS_MAX, "{refused:?}");
    assert_eq!(v2v.map().displaced(), 1);
    assert!(
        v2v.map().neighbour(StationId::MIN).is_none(),
        "the first was silent longest"
    );
    // Nobody took the events: each car appeared and its CAM was received, and one was displaced.
    let told = 2 * (NEIGHBOURS_MAX + 1) + 1;
    let dropped = u64::try_from(told - EVENTS_WAITING_MAX).unwrap();
    assert_eq!(
        v2v.dropped().0,
        dropped + 1,
        "the silence at the beginning too"
    );
}

#[test]
fn events_when_full_lose_the_one_that_ends_first_and_one_station_cannot_fill_them() {
    let mut press = Press::of(Operator::new(30), MessageKind::Denm);
    let denm = Denm::parse(&press.pdu.message).unwrap();
    let (mut v2v, mut rng, now) = listener(&press);
    let signers = EVENTS_KNOWN_MAX / EVENTS_PER_SIGNER_MAX + 1;
    let mut micros = press.generation();
    for signer in 0..signers {
        let (ticket, key) = press.another();
        let frame = certificate_frame(&ticket, &press.pdu);
        hear(&mut v2v, &mut rng, now, &frame);
        let station = StationId::new(i64::try_from(signer).unwrap()).unwrap();
        for sequence in 0..=EVENTS_PER_SIGNER_MAX {
            let mut denm = Denm {
                station,
                ..denm.clone()
            };
            denm.management.action.originator = station;
            let sequence = i64::try_from(sequence).unwrap();
            denm.management.action.sequence = SequenceNumber::new(sequence).unwrap();
            micros += 1;
            let frame = press.print(&denm.encode(), &key, &ticket, micros);
            hear(&mut v2v, &mut rng, now, &frame);
        }
    }
    let signers = u64::try_from(signers).unwrap();
    assert_eq!(v2v.counters().refused_for("too_many_events"), signers);
    assert_eq!(v2v.map().events().iter().count(), EVENTS_KNOWN_MAX);
    let displaced = u64::try_from(EVENTS_PER_SIGNER_MAX).unwrap();
    assert_eq!(v2v.map().events().displaced(), displaced);
}

#[test]
fn event_of_another_station_cannot_be_changed_cancelled_or_claimed() {
    let mut press = Press::of(Operator::new(30), MessageKind::Denm);
    let denm = Denm::parse(&press.pdu.message).unwrap();
    let (mut v2v, mut rng, now) = listener(&press);
    let (honest, honest_key) = press.another();
    let (liar, liar_key) = press.another();
    for ticket in [&honest, &liar] {
        let frame = certificate_frame(ticket, &press.pdu);
        hear(&mut v2v, &mut rng, now, &frame);
    }
    let at = press.generation();
    let frame = press.print(&denm.encode(), &honest_key, &honest, at);
    hear(&mut v2v, &mut rng, now, &frame);
    assert_eq!(v2v.map().events().iter().count(), 1);
    let mut cancelled = denm.clone();
    let later = denm.management.reference_time.as_millis() + 1;
    cancelled.management.reference_time =
        v2x_proto::wire::its_time::ItsTime::from_millis(later).unwrap();
    cancelled.management.termination = Some(v2x_proto::wire::denm::Termination::Cancellation);
    cancelled.situation = None;
    let frame = press.print(&cancelled.encode(), &liar_key, &liar, at + 1);
    hear(&mut v2v, &mut rng, now, &frame);
    let mut foreign = denm.clone();
    foreign.station = StationId::new(77).unwrap();
    let frame = press.print(&foreign.encode(), &liar_key, &liar, at + 2);
    hear(&mut v2v, &mut rng, now, &frame);
    assert_eq!(v2v.counters().refused_for("not_originator"), 2);
    assert_eq!(v2v.map().events().iter().count(), 1);
    let frame = press.print(&cancelled.encode(), &honest_key, &honest, at + 3);
    hear(&mut v2v, &mut rng, now, &frame);
    assert_eq!(v2v.map().events().iter().count(), 0, "its own reporter may");
    let frame = press.print(&denm.encode(), &honest_key, &honest, at + 4);
    hear(&mut v2v, &mut rng, now, &frame);
    assert_eq!(
        v2v.map().events().iter().count(),
        0,
        "a late repetition does not bring it back"
    );
}

#[test]
fn pseudonyms_when_full_are_refused_and_counted() {
    let mut operator = Operator::new(31);
    let mut v2v = V2v::new(V2vSettings::default(), operator.verifier());
    let mut rng = v2v_world::Seeded(1);
    let more = operator.pseudonyms(PSEUDONYMS_MAX + 2);
    let twice = more[..1].to_vec();
    let now = Instant::BOOT;
    v2v.handle(now, V2vInput::Clock(Some(BEGINNING)), &mut rng);
    v2v.handle(now, V2vInput::Pseudonyms(more), &mut rng);
    v2v.handle(now, V2vInput::Pseudonyms(twice), &mut rng);
    assert_eq!(v2v.pseudonyms_holding(now), PSEUDONYMS_MAX);
    assert_eq!(v2v.pseudonyms_refused(), 2, "a known one is not refused");
}

#[test]
fn event_is_over_when_two_others_deny_it_and_not_when_one_denies_it_twice() {
    let mut press = Press::of(Operator::new(30), MessageKind::Denm);
    let denm = Denm::parse(&press.pdu.message).unwrap();
    let (mut v2v, mut rng, now) = listener(&press);
    let signers: Vec<_> = (0..3).map(|_| press.another()).collect();
    for (ticket, _) in &signers {
        let frame = certificate_frame(ticket, &press.pdu);
        hear(&mut v2v, &mut rng, now, &frame);
    }
    let at = press.generation();
    let (reporter, key) = &signers[0];
    let frame = press.print(&denm.encode(), key, reporter, at);
    hear(&mut v2v, &mut rng, now, &frame);
    let mut denial = denm.clone();
    denial.management.termination = Some(v2x_proto::wire::denm::Termination::Negation);
    denial.situation = None;
    for (after, denier, left) in [(1, 1, 1), (2, 1, 1), (3, 2, 0)] {
        denial.station = StationId::new(denier).unwrap();
        let (ticket, key) = &signers[usize::try_from(denier).unwrap()];
        let frame = press.print(&denial.encode(), key, ticket, at + after);
        hear(&mut v2v, &mut rng, now, &frame);
        assert_eq!(v2v.map().events().iter().count(), left, "denial {after}");
    }
}
