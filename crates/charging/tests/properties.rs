//! What must hold for a slot whatever happens to meter, power, disk, clock and plug.
//!
//! Each case is a story of up to sixteen events on one of six kinds of slot. Restarts strike
//! between any two events, and also in the middle of a step: before its record is on disk, after
//! it, and before it is announced.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use v2x_charging::session::SlotConfig;
use v2x_charging::{
    Authorisation, Energy, Input, Interruption, MeterLimits, MeterSample, Output, Policy,
    RelayFailure, RelayReport, Restart, SessionRecord, Slot, TransactionId, TransactionIds,
};
use v2x_units::{Amps, BootId, Instant, UtcTime, Volts, WattHours, Watts};

const PERIOD: Duration = Duration::from_secs(2);
const MAINS: Volts = Volts::new(230.0);

/// What the disk does with the next record.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Disk {
    /// Keeps it at once.
    Works,
    /// The power fails before it is kept.
    FailsBefore,
    /// The power fails when it is kept and not yet confirmed.
    FailsAfter,
    /// The power fails when it is confirmed and not yet announced.
    FailsConfirmed,
    /// Keeps it, but says so only after the next event.
    IsSlow,
}

#[derive(Debug, Clone)]
enum Event {
    Draw {
        amperes: f64,
        periods: u8,
    },
    Blip,
    Silence {
        seconds: u16,
    },
    CounterFalls,
    CounterJumps {
        watt_hours: u32,
        returns: bool,
    },
    NotANumber,
    Repeated,
    Zeros,
    WallClock {
        utc: i64,
    },
    Restart {
        seconds: u32,
        known: bool,
        cause: Restart,
    },
    Disk(Disk),
    Wish(Input),
}

fn event() -> impl Strategy<Value = Event> {
    let amperes = prop_oneof![Just(0.0), Just(9.5), Just(0.3), Just(0.6), 0.0..12.0];
    let disk = prop_oneof![
        Just(Disk::FailsBefore),
        Just(Disk::FailsAfter),
        Just(Disk::FailsConfirmed),
        Just(Disk::IsSlow),
    ];
    let cause = prop_oneof![Just(Restart::Reboot), Just(Restart::PowerLoss)];
    let wish = prop_oneof![
        Just(Input::Plugged(true)),
        Just(Input::Plugged(false)),
        Just(Input::Authorise(Authorisation::Operator)),
        Just(Input::Authorise(Authorisation::Car([7; 8]))),
        Just(Input::Deauthorise),
        Just(Input::Stop),
        Just(Input::Pause),
        Just(Input::Resume),
        Just(Input::InService(false)),
        Just(Input::InService(true)),
        Just(Input::ClearFault),
        Just(Input::SourceLost),
        any::<bool>().prop_map(|closed| Input::Relay(RelayReport::Obeyed { closed })),
        prop::sample::select(RelayFailure::ALL.to_vec())
            .prop_map(|failure| Input::Relay(RelayReport::Failed(failure))),
    ];
    prop_oneof![
        8 => (amperes, 1..20_u8).prop_map(|(amperes, periods)| Event::Draw { amperes, periods }),
        2 => Just(Event::Blip),
        1 => (1..2400_u16).prop_map(|seconds| Event::Silence { seconds }),
        1 => Just(Event::CounterFalls),
        1 => (1..5_000_000_u32, any::<bool>())
            .prop_map(|(watt_hours, returns)| Event::CounterJumps { watt_hours, returns }),
        1 => Just(Event::NotANumber),
        1 => Just(Event::Repeated),
        1 => Just(Event::Zeros),
        1 => any::<i64>().prop_map(|utc| Event::WallClock { utc }),
        2 => (0..2000_u32, any::<bool>(), cause)
            .prop_map(|(seconds, known, cause)| Event::Restart { seconds, known, cause }),
        2 => disk.prop_map(Event::Disk),
        4 => wish.prop_map(Event::Wish),
    ]
}

fn config() -> impl Strategy<Value = SlotConfig> {
    let kind = prop_oneof![Just(SlotConfig::ev()), Just(SlotConfig::small_device())];
    let policy = prop_oneof![
        Just(Policy::FreeVend),
        Just(Policy::KnownCars),
        Just(Policy::OperatorRelease)
    ];
    (kind, policy, any::<bool>()).prop_map(|(kind, policy, has_relay)| SlotConfig {
        policy,
        has_relay,
        ..kind
    })
}

/// A slot with its meter, load, relay and disk.
struct World {
    config: SlotConfig,
    slot: Slot,
    now: Instant,
    boot: u32,
    relay_closed: bool,
    load: Amps,
    /// What the counter shows, before it is cut to whole watt hours.
    counter: f64,
    /// What really flowed since the start.
    delivered: f64,
    /// What power alone explains, by the largest power at either end of every gap.
    explained: f64,
    last_power: f64,
    explained_at: Instant,
    judges: u32,
    honest_counter: bool,
    next_write: Disk,
    unconfirmed: Option<SessionRecord>,
    disk: Vec<SessionRecord>,
    announced: Vec<Output>,
}

fn limits() -> MeterLimits {
    MeterLimits::pzem_004t_100a().on_slot_of(Watts::new(3000.0))
}

impl World {
    fn new(config: SlotConfig) -> Self {
        let now = Instant::from_micros(3_000_000);
        let ids = TransactionIds::new(BootId::new(0), 99);
        Self {
            slot: Slot::new(config.clone(), limits(), ids, now),
            config,
            now,
            boot: 0,
            relay_closed: false,
            load: Amps::ZERO,
            counter: 5000.0,
            delivered: 0.0,
            explained: 0.0,
            last_power: 0.0,
            explained_at: now,
            judges: 1,
            honest_counter: true,
            next_write: Disk::Works,
            unconfirmed: None,
            disk: Vec::new(),
            announced: Vec::new(),
        }
    }

    fn current(&self) -> Amps {
        if self.config.has_relay && !self.relay_closed {
            Amps::ZERO
        } else {
            self.load
        }
    }

    fn pass(&mut self, time: Duration) {
        let energy = (MAINS * self.current()).over(time).get();
        self.counter += energy;
        self.delivered += energy;
        self.now = self.now + time;
    }

    fn reading(&self) -> MeterSample {
        let current = self.current();
        MeterSample {
            at: self.now,
            voltage: Some(MAINS),
            current: Some(current),
            power: Some(MAINS * current),
            energy: Some(WattHours::new(self.counter.floor())),
            frequency: None,
            power_factor: None,
        }
    }

    fn sample(&mut self) {
        self.pass(PERIOD);
        self.measure();
    }

    /// Reads the meter now, and notes what the power explains.
    fn measure(&mut self) {
        let power = (MAINS * self.current()).get();
        let gap = self.now.since(self.explained_at);
        self.explained += Watts::new(power.max(self.last_power)).over(gap).get() * 1.1;
        (self.last_power, self.explained_at) = (power, self.now);
        let reading = self.reading();
        self.input(Input::Sample(reading));
    }

    fn draw(&mut self, amperes: f64, periods: u8) {
        self.load = Amps::new(amperes);
        for _ in 0..periods {
            self.sample();
        }
    }

    fn input(&mut self, input: Input) {
        let outcome = self.slot.handle(self.now, input);
        let is_wish = matches!(input, Input::Stop | Input::Pause | Input::ClearFault);
        assert!(is_wish || outcome.is_ok());
        self.drain();
    }

    fn drain(&mut self) {
        for _ in 0..24 {
            match self.slot.poll(self.now) {
                Output::WakeAt(at) => {
                    assert!(at.is_none_or(|at| at > self.now), "wakes in the past");
                    return;
                }
                Output::Persist(record) => {
                    if self.write(record) {
                        return;
                    }
                }
                Output::OpenRelay => self.relay_closed = false,
                Output::CloseRelay => self.relay_closed = true,
                output => self.announced.push(output),
            }
        }
        panic!("a slot that never comes to rest");
    }

    /// Writes a record; true when the power failed over it.
    fn write(&mut self, record: SessionRecord) -> bool {
        let disk = std::mem::replace(&mut self.next_write, Disk::Works);
        if disk != Disk::FailsBefore {
            self.disk.push(record);
        }
        match disk {
            Disk::Works | Disk::FailsConfirmed => {
                self.slot.persisted(record.transaction, record.seq);
            }
            Disk::IsSlow => self.unconfirmed = Some(record),
            Disk::FailsBefore | Disk::FailsAfter => {}
        }
        let failed = !matches!(disk, Disk::Works | Disk::IsSlow);
        if failed {
            self.restart(7, true, Restart::PowerLoss);
        }
        failed
    }

    fn restart(&mut self, seconds: u32, known: bool, cause: Restart) {
        let length = Duration::from_secs(seconds.into());
        self.relay_closed &= cause == Restart::Reboot;
        self.pass(length);
        self.explained += Watts::new(self.last_power.max((MAINS * self.current()).get()))
            .over(self.now.since(self.explained_at) + Duration::from_secs(60))
            .get()
            * 1.1;
        self.boot += 1;
        self.judges += 1;
        self.unconfirmed = None;
        self.now = Instant::from_micros(u64::from(self.boot) * 1_000_000);
        self.explained_at = self.now;
        let ids = TransactionIds::new(BootId::new(self.boot), 99);
        let interruption = Interruption {
            cause,
            length: known.then_some(length),
        };
        let config = self.config.clone();
        self.slot = match self.disk.last() {
            Some(record) => Slot::resume(config, limits(), ids, self.now, record, interruption),
            None => Slot::new(config, limits(), ids, self.now),
        };
        self.drain();
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Draw { amperes, periods } => self.draw(amperes, periods),
            Event::Blip => self.blip(),
            Event::Silence { seconds } => {
                self.pass(Duration::from_secs(seconds.into()));
                self.drain();
            }
            Event::CounterFalls => {
                self.honest_counter = false;
                self.counter = 0.0;
            }
            Event::CounterJumps {
                watt_hours,
                returns,
            } => {
                self.honest_counter = false;
                self.counter += f64::from(watt_hours);
                self.sample();
                if returns {
                    self.counter -= f64::from(watt_hours);
                }
            }
            Event::NotANumber => self.odd(|reading| reading.power = Some(Watts::new(f64::NAN))),
            Event::Zeros => self.odd(|reading| {
                reading.voltage = Some(Volts::ZERO);
                reading.energy = Some(WattHours::ZERO);
            }),
            Event::Repeated => {
                self.measure();
                let reading = self.reading();
                self.input(Input::Sample(reading));
            }
            Event::WallClock { utc } => {
                self.input(Input::Clock(Some(UtcTime::from_micros(utc))));
            }
            Event::Restart {
                seconds,
                known,
                cause,
            } => self.restart(seconds, known, cause),
            Event::Disk(disk) => self.next_write = disk,
            Event::Wish(input) => self.input(input),
        }
        if let Some(record) = self.unconfirmed.take() {
            self.slot.persisted(record.transaction, record.seq);
            self.drain();
        }
    }

    fn odd(&mut self, spoil: impl Fn(&mut MeterSample)) {
        self.pass(PERIOD);
        let mut reading = self.reading();
        spoil(&mut reading);
        self.input(Input::Sample(reading));
    }

    /// Two seconds of load between two rests: never a session.
    fn blip(&mut self) {
        self.draw(0.0, 7);
        let starts = |world: &Self| world.disk.iter().filter(|record| record.seq == 0).count();
        let before = starts(self);
        self.draw(9.5, 1);
        self.draw(0.0, 7);
        assert_eq!(starts(self), before, "a blip became a session");
    }

    /// Ends what is open, with a disk that works.
    fn finish(&mut self) {
        self.next_write = Disk::Works;
        self.draw(0.0, 7);
        self.input(Input::Stop);
        self.draw(0.0, 7);
        assert_eq!(self.slot.session(), None);
    }

    fn check(&self) {
        let mut sessions: BTreeMap<TransactionId, Vec<&SessionRecord>> = BTreeMap::new();
        for record in &self.disk {
            sessions.entry(record.transaction).or_default().push(record);
        }
        let mut billed = Energy::ZERO;
        for records in sessions.values() {
            for (index, record) in records.iter().enumerate() {
                assert_eq!(
                    usize::try_from(record.seq),
                    Ok(index),
                    "every step in its order"
                );
                let is_last = index + 1 == records.len();
                assert_eq!(
                    record.ended.is_some(),
                    is_last,
                    "exactly one end, and it is last"
                );
            }
            let rises = |pair: &[&SessionRecord]| {
                pair[0].energy.plausible <= pair[1].energy.plausible
                    && pair[0].elapsed <= pair[1].elapsed
            };
            assert!(records.windows(2).all(rises), "energy and time never fall");
            billed += records
                .last()
                .expect("a session has records")
                .energy
                .plausible;
            self.check_announcements(records);
        }
        let billed = billed.kilowatt_hours() * 1000.0;
        let slack = 3.0 * f64::from(self.judges) + 0.01;
        assert!(
            billed <= self.explained + slack,
            "{billed} > {}",
            self.explained
        );
        if self.honest_counter {
            assert!(
                billed <= self.delivered + 1.0,
                "{billed} > {}",
                self.delivered
            );
        }
    }

    fn check_announcements(&self, records: &[&SessionRecord]) {
        let (first, last) = (records[0], *records.last().expect("has records"));
        let of_it = |output: &&Output| match output {
            Output::Started(record) | Output::Resumed(record) | Output::Ended(record) => {
                record.transaction == first.transaction
            }
            _ => false,
        };
        let all: Vec<_> = self.announced.iter().filter(of_it).collect();
        let starts = all
            .iter()
            .filter(|o| matches!(o, Output::Started(_)))
            .count();
        assert!(starts <= 1, "started twice");
        let ends: Vec<_> = all
            .iter()
            .filter(|o| matches!(o, Output::Ended(_)))
            .collect();
        assert!(!ends.is_empty(), "an end was never announced");
        assert!(
            ends.iter().all(|&&end| *end == Output::Ended(*last)),
            "two different ends"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_session_ends_once_and_bills_no_more_than_the_meter_explains(
        config in config(),
        story in proptest::collection::vec(event(), 1..16),
    ) {
        let mut world = World::new(config);
        world.draw(0.0, 1);
        for event in &story {
            world.happen(event);
        }
        world.finish();
        world.check();
    }
}
