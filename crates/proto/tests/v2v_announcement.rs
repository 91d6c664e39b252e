//! A charging station announces itself: cars know where it is and what is free, and believe nobody
//! but the station.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod v2v_world;

use core::time::Duration;

use v2v_world::{BEGINNING, BEGINNING_2004, Car, Operator, hours, place};
use v2x_proto::announcement::{
    Announcer, AnnouncerInput, AnnouncerOutput, Quiet, SlotNow, StationNow,
};
use v2x_proto::v2v::{Heard, V2vEvent, V2vInput, V2vSettings};
use v2x_proto::wire::Wire as _;
use v2x_proto::wire::btp::BtpPort;
use v2x_proto::wire::evcsn::ChargeModes;
use v2x_proto::wire::packet::{Content, Packet};
use v2x_units::{Instant, MacAddress};

const RADIO: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x51]);

fn slot(number: u8, is_free: bool) -> SlotNow {
    SlotNow {
        number,
        is_free,
        modes: ChargeModes::STANDARD_MODE_2,
        plug: "Type_F_schuko_3Kwh".to_owned(),
    }
}

fn yard(slots: Vec<SlotNow>) -> StationNow {
    StationNow {
        position: place(40.0, 0.0),
        provider: "The yard behind the old market".to_owned(),
        accessibility: "known cars".to_owned(),
        pricing: "1.50 MAD/kWh".to_owned(),
        slots,
    }
}

struct Street {
    station: Announcer,
    car: Car,
    now: Instant,
    frames: Vec<Vec<u8>>,
}

impl Street {
    fn new(slots: Vec<SlotNow>) -> Self {
        let mut operator = Operator::new(9);
        let ticket = operator.station_ticket(hours(BEGINNING_2004 - 3600, 24));
        let mut station = Announcer::new(ticket, Instant::BOOT).unwrap();
        let now = Instant::BOOT;
        station.handle(now, AnnouncerInput::Clock(Some(BEGINNING)));
        station.handle(now, AnnouncerInput::Address(Some(RADIO)));
        station.handle(now, AnnouncerInput::Station(Some(yard(slots))));
        let car = Car::new(&mut operator, 1, V2vSettings::default()).at(0.0, 0.0, 0.0, 0.0);
        Self {
            station,
            car,
            now,
            frames: Vec::new(),
        }
    }

    /// Lets time pass; the car hears everything.
    fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while self.now < end {
            self.now = self.now + Duration::from_millis(20);
            self.car.drive(self.now);
            while let AnnouncerOutput::Send(frame) = self.station.poll(self.now) {
                self.hear(&frame);
                self.frames.push(frame);
            }
            self.car.turn(self.now);
        }
    }

    fn hear(&mut self, payload: &[u8]) {
        let heard = Heard {
            from: RADIO,
            rssi_dbm: Some(-60),
            payload,
        };
        self.car.handle(self.now, V2vInput::Heard(heard));
    }

    fn refused(&self, reason: &str) -> u64 {
        self.car.v2v.counters().refused_for(reason)
    }
}

#[test]
fn car_knows_where_the_station_is_what_it_costs_and_which_slot_is_free() {
    let mut street = Street::new(vec![slot(1, true), slot(2, false)]);
    street.run(5);
    let stations = street.car.v2v.map().charging_stations();
    let [station] = stations else {
        panic!("{stations:?}")
    };
    assert_eq!(station.station, street.station.station());
    assert!(station.distance(place(0.0, 0.0)).get() > 39.0);
    assert!(station.distance(place(0.0, 0.0)).get() < 41.0);
    assert_eq!(station.pricing, "1.50 MAD/kWh");
    assert_eq!(station.accessibility, "known cars");
    assert_eq!((station.free(), station.spots.len()), (1, 2));
    assert_eq!(station.spots[0].name, "1");
    assert_eq!(station.spots[0].plug, "Type_F_schuko_3Kwh");
    assert_eq!(station.spots[1].is_free, Some(false));
    let news = |it: &&V2vEvent| matches!(it, V2vEvent::ChargingStation(_));
    assert_eq!(
        street.car.events.iter().filter(news).count(),
        1,
        "told once"
    );

    let taken = yard(vec![slot(1, false), slot(2, false)]);
    street
        .station
        .handle(street.now, AnnouncerInput::Station(Some(taken)));
    street.run(3);
    assert_eq!(street.car.v2v.map().charging_stations()[0].free(), 0);
    assert_eq!(street.car.events.iter().filter(news).count(), 2);

    // Nothing to offer any more: it falls silent, and is forgotten.
    street
        .station
        .handle(street.now, AnnouncerInput::Station(None));
    street.run(13);
    assert_eq!(street.station.quiet(), Some(Quiet::NothingToOffer));
    assert!(street.car.v2v.map().charging_stations().is_empty());
    let lost = V2vEvent::ChargingStationLost(street.station.station());
    assert!(street.car.events.contains(&lost));
}

#[test]
fn announcement_fits_a_frame_with_any_number_of_slots_and_every_slot_is_told() {
    for count in 1..=16_u8 {
        let slots = (1..=count).map(|number| slot(number, number % 2 == 0));
        let mut street = Street::new(slots.collect());
        street.run(9);
        let longest = street.frames.iter().map(Vec::len).max().unwrap();
        assert!(longest <= 250, "{count} slots: {longest}");
        let station = &street.car.v2v.map().charging_stations()[0];
        assert_eq!(station.spots.len(), usize::from(count));
        assert_eq!(station.free(), usize::from(count / 2));
        println!("{count} slots: {longest} bytes");
        if count <= 4 {
            assert_eq!(station.spots[0].plug, "Type_F_schuko_3Kwh");
        }
    }
}

#[test]
fn size_of_the_announcement_is_what_the_page_tells() {
    let page = include_str!("../../../docs/protocol/sizes.md");
    let mut street = Street::new(vec![slot(1, true), slot(2, false)]);
    street.run(2);
    let names = [
        "ticket of a station",
        "EVCSN, signed, two slots of one plug",
    ];
    let rows = street.frames.iter().zip(names);
    let rows: Vec<_> = rows
        .map(|(frame, name)| format!("| {name} | {} |", frame.len()))
        .collect();
    println!("{}", rows.join("\n"));
    for row in rows {
        assert!(page.contains(&row), "the page lacks: {row}");
    }
}

#[test]
fn nothing_of_a_stranger_is_believed_and_each_reason_is_counted() {
    let mut street = Street::new(vec![slot(1, true)]);
    street.run(3);
    let belief = format!("{:?}", street.car.v2v.map().charging_stations());
    let announcement = street.frames.last().unwrap().clone();

    street.hear(&announcement);
    assert_eq!(street.refused("replay"), 1);
    let mut altered = announcement.clone();
    *altered.last_mut().unwrap() ^= 1;
    let Content::Signed(signed) = Packet::parse(&announcement).unwrap().content else {
        panic!("an announcement is signed");
    };
    // The same content without a signature.
    let pdu = signed.to_be_signed.pdu().unwrap();
    assert_eq!(pdu.btp.port, BtpPort::EVCSN);
    let plain = Packet::single_hop(Content::Plain(pdu)).encode();
    street.hear(&plain);
    assert_eq!(street.refused("not_signed"), 1);
    for cut in 0..announcement.len() {
        street.hear(&announcement[..cut]);
    }
    // Another operator's station, with its own ticket.
    let mut other = Street::new(vec![slot(7, true)]);
    let mut operator = Operator::new(77);
    let ticket = operator.station_ticket(hours(BEGINNING_2004 - 3600, 24));
    other.station = Announcer::new(ticket, Instant::BOOT).unwrap();
    let inputs = [
        AnnouncerInput::Clock(Some(BEGINNING)),
        AnnouncerInput::Address(Some(RADIO)),
        AnnouncerInput::Station(Some(yard(vec![slot(7, true)]))),
    ];
    for input in inputs {
        other.station.handle(Instant::BOOT, input);
    }
    other.run(3);
    for frame in &other.frames {
        street.hear(frame);
    }
    assert!(street.refused("unknown_issuer") > 0 && street.refused("unknown_signer") > 0);
    let now = format!("{:?}", street.car.v2v.map().charging_stations());
    assert_eq!(now, belief);

    // A signature that is not the station's, of a message that was not heard before.
    let mut fresh = Street::new(vec![slot(1, true)]);
    fresh.run(1);
    let mut forged = fresh.frames[1].clone();
    *forged.last_mut().unwrap() ^= 1;
    let mut victim = Street::new(vec![slot(1, true)]);
    victim.now = fresh.now;
    victim.hear(&fresh.frames[0]);
    victim.hear(&forged);
    assert_eq!(victim.refused("signature"), 1);
    assert!(victim.car.v2v.map().charging_stations().is_empty());
    victim.hear(&fresh.frames[1]);
    assert_eq!(victim.car.v2v.map().charging_stations().len(), 1);
}

#[test]
fn car_may_not_announce_a_station_and_a_station_is_no_car() {
    let mut operator = Operator::new(5);
    let validity = hours(BEGINNING_2004 - 3600, 24);
    assert!(Announcer::new(operator.ticket(validity, true), Instant::BOOT).is_err());
    let ticket = operator.station_ticket(validity);
    let permissions = ticket.certificate().to_be_signed.permissions.as_deref();
    assert_eq!(permissions.unwrap().len(), 1, "EVCSN and nothing else");
}

#[test]
fn station_is_silent_without_time_address_or_a_ticket_that_holds() {
    let mut street = Street::new(vec![slot(1, true)]);
    let hour = Duration::from_secs(3600);
    for (input, quiet) in [
        (AnnouncerInput::Clock(None), Quiet::ClockUnknown),
        (AnnouncerInput::Address(None), Quiet::AddressUnknown),
        (
            AnnouncerInput::Clock(Some(BEGINNING + hour * 30)),
            Quiet::TicketEnded,
        ),
    ] {
        street.station.handle(street.now, input);
        street.run(3);
        assert_eq!(street.station.quiet(), Some(quiet));
        assert!(street.frames.is_empty());
        let utc = BEGINNING + street.now.since(Instant::BOOT);
        for back in [
            AnnouncerInput::Clock(Some(utc)),
            AnnouncerInput::Address(Some(RADIO)),
        ] {
            street.station.handle(street.now, back);
        }
    }
    street.run(3);
    assert_eq!(street.station.quiet(), None);
    assert!(street.station.sent() > 0 && !street.frames.is_empty());
}
