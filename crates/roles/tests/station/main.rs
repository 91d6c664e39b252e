//! The slots of a station together: routing, silence, lost lines, the disk, restarts, prices.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod relays;

use std::sync::Arc;
use std::time::Duration;

use v2x_charging::{
    Interruption, MeterLimits, MeterSample, Outage, Restart, SessionRecord, SlotConfig, SlotState,
    TransactionIds,
};
use v2x_proto::legacy::evcs_line::{StationLine, parse};
use v2x_roles::station::{
    Do, Keep, Order, PortId, Resumption, SessionView, Sessions, SlotNumber, SlotSetup, Station,
    StationSetup, Tariffs, Tell, samples, settle,
};
use v2x_tariff::parse_tariffs;
use v2x_units::{Amps, BootId, Instant, UtcTime, Volts, WattHours};

const NOON: UtcTime = UtcTime::from_millis(1_756_382_400_000);
const MAINS: Volts = Volts::new(230.0);

fn slot(number: u8) -> SlotNumber {
    SlotNumber::new(number).unwrap()
}

fn setup(slots: u8) -> StationSetup {
    let slot_setup = |number: u8| SlotSetup {
        number: slot(number),
        name: format!("Yard {number}"),
        port: PortId(usize::from(number) - 1),
        sessions: Sessions::Computer,
        energy_limit: None,
        config: SlotConfig::ev(),
        limits: MeterLimits::pzem_004t_100a(),
        tariff: "day".to_owned(),
        plug: "Type_F_schuko_3Kwh".to_owned(),
    };
    StationSetup {
        name: "Yard".to_owned(),
        position: None,
        time_zone: "UTC".to_owned(),
        fast_charge: false,
        slots: (1..=slots).map(slot_setup).collect(),
    }
}

fn tariffs() -> Tariffs {
    let text = "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"MAD\"\nper_kwh = 1.50\n\
                [[tariff]]\nid = \"guest\"\nversion = \"1\"\ncurrency = \"MAD\"\nper_kwh = 3\n";
    Tariffs::new(parse_tariffs("tariffs.toml", text).unwrap())
}

/// A sample that shows the mains and no more.
fn idle(at: Instant) -> MeterSample {
    MeterSample {
        at,
        voltage: Some(MAINS),
        current: Some(Amps::ZERO),
        power: None,
        energy: None,
        frequency: None,
        power_factor: None,
    }
}

/// A station with its disk and the meter of slot 1, in passed-in time.
struct Yard {
    station: Station,
    now: Instant,
    counter: WattHours,
    on_disk: Vec<Keep>,
    told: Vec<Tell>,
    disk_refuses: bool,
}

impl Yard {
    fn new(slots: u8) -> Self {
        let now = Instant::from_micros(1_000_000);
        let mut random = 0;
        let draw = || {
            random += 1;
            random
        };
        let station = Station::new(&setup(slots), tariffs(), BootId::new(7), draw, now);
        let mut yard = Self {
            station: station.unwrap(),
            now,
            counter: WattHours::new(5000.0),
            on_disk: Vec::new(),
            told: Vec::new(),
            disk_refuses: false,
        };
        yard.station.clock(now, Some(NOON));
        yard.step();
        yard
    }

    fn step(&mut self) {
        loop {
            match self.station.poll(self.now) {
                Do::Keep(keep) => {
                    if !self.disk_refuses {
                        self.station.persisted(keep.slot, &keep.record);
                    }
                    self.on_disk.push(*keep);
                }
                Do::Tell(_, tell) => self.told.push(tell),
                Do::Relay { .. } => panic!("these slots have no relay"),
                Do::WakeAt(_) => return,
            }
        }
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now + Duration::from_secs(1);
            self.step();
        }
    }

    /// Lets slot 1 be measured once a second at a current.
    fn measure(&mut self, seconds: u64, amperes: f64) {
        for _ in 0..seconds {
            self.pass(1);
            let current = Amps::new(amperes);
            self.counter += (MAINS * current).over(Duration::from_secs(1));
            let sample = MeterSample {
                current: Some(current),
                power: Some(MAINS * current),
                energy: Some(WattHours::new(self.counter.get().floor())),
                ..idle(self.now)
            };
            let taken = (self.station).sample(self.now, PortId(0), None, &sample, None);
            assert_eq!(taken, Ok(slot(1)));
            self.step();
        }
    }

    fn state(&self, number: u8) -> SlotState {
        let mut views = self.station.views(self.now);
        let view = views.find(|view| view.setup.number == slot(number));
        view.unwrap().state.unwrap()
    }

    fn session(&self) -> SessionView {
        let view = self.station.views(self.now).next().unwrap();
        view.session.unwrap()
    }

    fn records(&self) -> Vec<SessionRecord> {
        self.on_disk.iter().map(|keep| keep.record).collect()
    }
}

#[test]
fn every_line_variant_of_every_firmware_reaches_the_slot_that_it_means() {
    const TAIL: &str = "33.986107 -6.724805 226.1 9.41 2127.3 12.345 50 0.99";
    for (head, port, meant) in [
        // S1 has no number: the line it comes on says the slot.
        ("EVSE1 ", 0, 1),
        ("EVSE0 ", 1, 2),
        ("EELAB_EVSE_slot_11 ", 0, 1),
        ("EELAB_EVCS2_slot_1 1 ", 0, 1),
        ("EELAB_EVSE_slot_2 0 ", 1, 2),
        // A number in the line wins over the line it comes on.
        ("EELAB_EVSE_slot_2 0 ", 0, 2),
        ("EELAB_EVCS2_slot_1 1 ", 1, 1),
    ] {
        let text = format!("{head}{TAIL}");
        let Ok(StationLine::Meter(line)) = parse(text.as_bytes()) else {
            panic!("{text}");
        };
        let mut yard = Yard::new(2);
        let sample = samples::of_line(yard.now, &line);
        let named = samples::slot_of_line(&line);
        let said = Some(line.vehicle_connected);
        let (now, port) = (yard.now, PortId(port));
        let taken = yard.station.sample(now, port, named, &sample, said);
        assert_eq!(taken, Ok(slot(meant)), "{text}");
        for view in yard.station.views(now) {
            let is_meant = view.setup.number == slot(meant);
            assert_eq!(view.measured.is_some(), is_meant, "{text}");
            assert_eq!(view.vehicle_connected, said.filter(|_| is_meant), "{text}");
        }
    }
}

#[test]
fn reading_of_a_slot_that_is_not_there_is_refused_with_its_number() {
    let mut yard = Yard::new(1);
    let (now, sample) = (yard.now, idle(yard.now));
    let refused = (yard.station).sample(now, PortId(0), Some(slot(2)), &sample, None);
    assert!(refused.unwrap_err().to_string().contains("slot 2"));
    let refused = (yard.station).sample(now, PortId(5), None, &sample, None);
    assert!(refused.unwrap_err().to_string().contains("without a slot"));
}

#[test]
fn silent_slot_is_unavailable_after_ten_seconds_of_passed_in_time() {
    let mut yard = Yard::new(2);
    yard.measure(20, 0.0);
    assert_eq!(yard.state(1), SlotState::Available);
    assert_eq!(yard.state(2), SlotState::Unavailable(Outage::NotHeardYet));
    yard.pass(9);
    assert_eq!(yard.state(1), SlotState::Available);
    yard.pass(1);
    assert_eq!(yard.state(1), SlotState::Unavailable(Outage::Silent));
    let view = yard.station.views(yard.now).next().unwrap();
    assert_eq!(view.measured, None, "an old value is no value");
}

#[test]
fn lost_line_takes_only_the_slots_that_were_heard_on_it() {
    let mut yard = Yard::new(2);
    yard.measure(20, 0.0);
    yard.station.port_lost(yard.now, PortId(1));
    yard.step();
    assert_eq!(yard.state(1), SlotState::Available);
    assert_eq!(yard.state(2), SlotState::Unavailable(Outage::SourceLost));
    yard.station.port_lost(yard.now, PortId(0));
    yard.step();
    assert_eq!(yard.state(1), SlotState::Unavailable(Outage::SourceLost));
    yard.measure(20, 0.0);
    assert_eq!(yard.state(1), SlotState::Available);
}

#[test]
fn session_is_told_only_after_its_record_is_on_disk() {
    let started = |yard: &Yard| {
        let mut told = yard.told.iter();
        told.any(|tell| matches!(tell, Tell::Started(_)))
    };
    let mut yard = Yard::new(1);
    yard.measure(5, 0.0);
    yard.disk_refuses = true;
    yard.measure(30, 10.0);
    assert_eq!(yard.on_disk.len(), 1, "one step waits, no other is taken");
    assert!(!started(&yard));
    assert!(yard.station.take_values().is_empty(), "nor are its samples");
    let keep = yard.on_disk[0].clone();
    assert!(keep.opens && keep.values.len() >= 3, "with what led to it");
    yard.disk_refuses = false;
    yard.station.persisted(keep.slot, &keep.record);
    yard.measure(1, 10.0);
    assert!(started(&yard));
    assert!(!yard.station.take_values().is_empty());
}

#[test]
fn cost_so_far_becomes_the_bill_and_a_new_tariff_waits_for_the_next_session() {
    let mut yard = Yard::new(1);
    yard.measure(5, 0.0);
    yard.measure(1800, 10.0);
    assert!(yard.station.choose_tariff(slot(1), "guest"));
    assert!(!yard.station.choose_tariff(slot(1), "nobody's"));
    yard.measure(1800, 10.0);
    let so_far = yard.session().cost.unwrap();
    let stopped = yard.station.order(yard.now, slot(1), Order::Stop);
    stopped.unwrap().unwrap();
    yard.step();
    let last = yard.on_disk.last().unwrap();
    assert!(last.record.ended.is_some());
    assert_eq!(last.tariff.id, "day");
    let bill = settle(&last.tariff, &yard.records()).unwrap();
    assert_eq!(bill.total, so_far);
    // An hour at 2.3 kW and 1.50 a kilowatt hour.
    assert_eq!(bill.total.to_string(), "3.45 MAD");
}

#[test]
fn other_tariffs_wait_for_the_next_session_and_must_have_every_slots_own() {
    let mut yard = Yard::new(1);
    yard.measure(5, 0.0);
    yard.measure(1800, 10.0);
    let offer = |id: &str| {
        let head = format!("[[tariff]]\nid = \"{id}\"\nversion = \"2\"\n");
        let text = format!("{head}currency = \"MAD\"\nper_kwh = 9\n");
        Tariffs::new(parse_tariffs("tariffs.toml", &text).unwrap())
    };
    assert!(
        !yard.station.offer_tariffs(offer("guest")),
        "the slot has `day`"
    );
    assert!(yard.station.offer_tariffs(offer("day")));
    assert_eq!(yard.station.tariffs().ids().collect::<Vec<_>>(), ["day"]);
    yard.measure(1800, 10.0);
    yard.station
        .order(yard.now, slot(1), Order::Stop)
        .unwrap()
        .unwrap();
    yard.step();
    let last = yard.on_disk.last().unwrap();
    assert_eq!(
        (last.tariff.id.as_str(), last.tariff.version.as_str()),
        ("day", "1")
    );
    let next = yard.station.views(yard.now).next().unwrap();
    assert_eq!(next.tariff.version, "2");
}

#[test]
fn restart_goes_on_with_the_same_transaction_and_its_cost() {
    let mut yard = Yard::new(1);
    yard.measure(5, 0.0);
    yard.measure(600, 10.0);
    let before = yard.session();

    let mut again = Yard::new(1);
    again.counter = yard.counter;
    let ids = TransactionIds::new(BootId::new(8), 99);
    let from = Resumption {
        records: yard.records(),
        tariff: Arc::clone(&yard.on_disk[0].tariff),
        interruption: Interruption {
            cause: Restart::Reboot,
            length: Some(Duration::from_secs(60)),
        },
    };
    again.station.resume(slot(1), ids, again.now, from);
    again.step();
    again.measure(5, 10.0);
    let after = again.session();
    assert_eq!(after.transaction, before.transaction);
    assert!(after.energy.plausible >= before.energy.plausible);
    assert!(after.cost.unwrap().amount() >= before.cost.unwrap().amount());
    let resumed = |tell: &Tell| matches!(tell, Tell::Resumed(_));
    assert!(again.told.iter().any(resumed));
    assert!(again.on_disk.iter().all(|keep| !keep.opens));
}

#[test]
fn controller_that_says_nothing_is_no_free_slot_and_what_only_it_knows_is_unknown() {
    let mut setup = setup(1);
    setup.slots[0].sessions = Sessions::Controller;
    let silence = setup.slots[0].config.silence;
    let start = Instant::from_micros(1_000_000);
    let mut station = Station::new(&setup, tariffs(), BootId::new(7), || 1, start).unwrap();
    let state = |station: &Station, at| station.views(at).next().unwrap().state;
    assert_eq!(state(&station, start), None);
    station.report(start, slot(1), SlotState::Available, None);
    let later = start + (silence - Duration::from_millis(1));
    assert_eq!(state(&station, later), Some(SlotState::Available));
    let silent = Some(SlotState::Unavailable(Outage::Silent));
    assert_eq!(state(&station, start + silence), silent);
    station.report(start + silence, slot(1), SlotState::Available, None);
    let view = station.views(start + silence).next().unwrap();
    assert_eq!(view.state, Some(SlotState::Available));
    assert!(view.unattributed.is_none() && view.relay.is_none());
}
