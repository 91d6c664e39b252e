//! V2G on the slot controller itself: a real car's end (`v2x_proto::v2g::evcc`) over an air in
//! memory, a computer that is away, restarts and power cuts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use std::time::Duration;

use bench::at;
use bench::slot::World;
use chacha20::ChaCha20Rng;
use rand_core::SeedableRng as _;
use v2x_boards::memory::RamFlash;
use v2x_boards::slot_controller::{Input, journal, keys, step_bytes};
use v2x_charging::SessionRecord;
use v2x_proto::link::message::{BootReason, CommandResult, Order, PriceSchedule, PriceStep};
use v2x_proto::secure::{
    Authority, ClockUnknown, Identity, Name, PrivateKeys, Role, Serial, Subject, Trust, UtcSecond,
    Validity,
};
use v2x_proto::v2g::message::{ChargeParameterDiscoveryRes, Response, SignedReceipt};
use v2x_proto::v2g::{
    BatteryReport, Evcc, EvccEvent, EvccInput, EvccSettings, Output, PlugSenses, Sense, TariffName,
};
use v2x_units::{MacAddress, UtcTime};

/// 2026-01-01 00:00:00 UTC.
const BEGINNING: u32 = 1_767_225_600;
const CAR: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x11]);
const SLOT: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x22]);
const AMPS: f64 = 9.0;

/// Everything around a slot with keys.
struct Yard {
    world: World,
    car: Evcc,
    events: Vec<EvccEvent>,
    rng: ChaCha20Rng,
    plugged: bool,
    /// When its mains came, as the car feels them.
    live: Option<u64>,
    /// Since the story began, in milliseconds; boards start anew in it.
    time: u64,
}

struct Operator {
    authority: Authority,
    rng: ChaCha20Rng,
    serial: u64,
}

impl Operator {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let authority = Authority::draw(&mut rng);
        Self {
            authority,
            rng,
            serial: 1,
        }
    }

    fn unit(&mut self, role: Role, name: &str) -> ([u8; 64], Identity) {
        self.serial += 1;
        let subject = Subject {
            role,
            name: Name::new(name).unwrap(),
            battery_data_after_unplugging: role == Role::Vehicle,
            serial: Serial(self.serial),
            validity: Validity {
                not_before: UtcSecond(BEGINNING - 86_400),
                not_after: UtcSecond(BEGINNING + 86_400),
            },
        };
        let keys = PrivateKeys::draw(&mut self.rng);
        let exposed = keys.expose();
        let credential = self.authority.issue(subject, keys.public());
        (exposed, Identity::new(keys, credential).unwrap())
    }

    fn trust(&self) -> Trust {
        let keys = [self.authority.public()];
        Trust::new(&keys, ClockUnknown::AcceptForNow, false).unwrap()
    }
}

fn utc(time: u64) -> UtcTime {
    UtcSecond(BEGINNING).utc() + Duration::from_millis(time)
}

/// The story: a slot that has just got its keys and prices, a car that is not plugged in.
fn yard(flash: RamFlash<8192>) -> Yard {
    let mut operator = Operator::new();
    let settings = [("relay", "feedback"), ("plug", "on"), ("policy", "known")];
    let mut world = World::with_flash(&settings, flash);
    let (private, station) = operator.unit(Role::Station, "MA*HEL*E0001*1");
    let authority = operator.authority.public().to_sec1_point(true);
    let credential = station.credential().emit();
    let parts = [
        (keys::PRIVATE, &private[..]),
        (keys::CREDENTIAL, &credential),
        (keys::AUTHORITY, authority.as_bytes()),
    ];
    for (part, bytes) in parts {
        let answer = world.order(Order::Keys { part, bytes });
        assert_eq!(answer, CommandResult::Done, "part {part}");
    }
    let mut world = world.restart(0x1111, BootReason::Software);
    send_prices(&mut world);
    let (_, identity) = operator.unit(Role::Vehicle, "CAR-7");
    let settings = EvccSettings {
        battery_data_after_unplugging: false,
        ..EvccSettings::default()
    };
    let mut car = Evcc::new(identity, operator.trust(), settings);
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    car.handle(at(0), EvccInput::Clock(Some(utc(0))), &mut rng);
    Yard {
        world,
        car,
        events: Vec::new(),
        rng,
        plugged: false,
        live: None,
        time: 0,
    }
}

/// 1.50 MAD a kilowatt hour, and 2 MAD a session.
fn send_prices(world: &mut World) {
    let offer = ChargeParameterDiscoveryRes {
        tariff: TariffName::try_from("day-2026").unwrap(),
        ..ChargeParameterDiscoveryRes::default()
    };
    let offer = Response::from(offer).emit().unwrap();
    let step = PriceStep {
        from: BEGINNING,
        per_kwh: 1_500_000,
        per_minute: 0,
    };
    let schedule = PriceSchedule {
        offer: &offer,
        currency: *b"MAD",
        decimals: 2,
        complete: true,
        session_fee: 2_000_000,
        idle_per_minute: 0,
        idle_grace: 0,
        steps: &step.bytes(),
    };
    let now = at(world.now);
    (world.computer).say_to_slot(schedule, now, &mut world.board, &mut world.memory);
}

impl Yard {
    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds * 10 {
            self.turn();
        }
    }

    /// A tenth of a second of both ends and the air between them.
    fn turn(&mut self) {
        self.time += 100;
        let wants = if self.plugged { AMPS } else { 0.0 };
        let (now, plug) = (at(self.world.now), Input::Plug(self.plugged));
        self.world.board.handle(now, plug, &mut self.world.memory);
        self.world.turn(wants);
        for (_, payload) in std::mem::take(&mut self.world.air) {
            let heard = EvccInput::Heard(SLOT, &payload);
            self.car.handle(at(self.time), heard, &mut self.rng);
        }
        let is_live = self.plugged && self.world.relay;
        self.live = is_live.then(|| self.live.unwrap_or(self.time));
        let mains = self
            .live
            .map_or(Sense::Off, |live| Sense::On(Some(at(live))));
        let charging = Sense::NotKnown;
        let feels = EvccInput::Feels(PlugSenses { mains, charging });
        self.car.handle(at(self.time), feels, &mut self.rng);
        loop {
            match self.car.poll(at(self.time), &mut self.rng) {
                Output::Send { datagram, .. } => {
                    let now = at(self.world.now);
                    let heard = Input::Air(CAR, &datagram);
                    self.world.board.handle(now, heard, &mut self.world.memory);
                }
                Output::Event(event) => self.events.push(event),
                Output::WakeAt(_) => break,
            }
        }
    }

    fn plug(&mut self, plugged: bool) {
        self.plugged = plugged;
        let now = at(self.time);
        let battery = EvccInput::Battery(BatteryReport::default());
        self.car.handle(now, battery, &mut self.rng);
        self.car
            .handle(now, EvccInput::Plugged(plugged), &mut self.rng);
    }

    fn restart(self, boot: u32, reason: BootReason) -> Self {
        Self {
            world: self.world.restart(boot, reason),
            ..self
        }
    }

    fn receipts(&self) -> Vec<&SignedReceipt> {
        let receipt = |event: &'_ EvccEvent| matches!(event, EvccEvent::Receipt(..));
        let receipts = self.events.iter().filter(|event| receipt(event));
        receipts
            .map(|event| match event {
                EvccEvent::Receipt(signed, _) => signed,
                _ => unreachable!("only receipts are left"),
            })
            .collect()
    }

    /// Passes until something holds; a story that does not come to it fails.
    fn pass_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..600 {
            if holds(self) {
                return;
            }
            self.pass(1);
        }
        panic!("{what}: {:?}\n{:?}", self.events, self.world.computer.log);
    }
}

fn steps(entries: &[bench::Entry]) -> Vec<SessionRecord> {
    let steps = entries.iter().filter(|entry| entry.kind == journal::STEP);
    steps
        .map(|entry| step_bytes::read(&entry.content).unwrap())
        .collect()
}

#[test]
fn car_charges_from_plug_to_countersigned_receipt_while_the_computer_is_away() {
    let mut yard = yard(RamFlash::default());
    yard.pass(5);
    assert!(!yard.world.relay, "nobody has proven anything");
    yard.plug(true);
    yard.pass_until("a closed relay", |yard| yard.world.relay);
    yard.pass(3600);
    yard.plug(false);
    yard.pass_until("the receipt", |yard| !yard.receipts().is_empty());
    assert!(!yard.world.relay);
    let receipt = yard.receipts()[0].receipt.clone();
    let energy = receipt.energy.unwrap().get();
    let expected = 226.1 * AMPS;
    assert!(
        (energy - expected).abs() < 25.0,
        "{energy} of {expected} Wh"
    );
    let cost = receipt.cost.unwrap();
    let right = 2.0 + energy / 1000.0 * 1.5;
    let seen = cost.units() as f64 / 100.0;
    assert!((seen - right).abs() < 0.011, "{cost}: {right}");
    assert_eq!(receipt.tariff.as_str(), "day-2026");
    yard.pass(5);

    // The computer comes back and takes everything, each entry once.
    yard.world.pass(2, 0.0);
    let (world, now) = (&mut yard.world, utc(yard.time));
    world.say_time(Some(now));
    let entries = world.hand_over(usize::MAX);
    let has = |kind| entries.iter().any(|entry| entry.kind == kind);
    for kind in [
        journal::CAR_PROVEN,
        journal::RECEIPT,
        journal::COUNTERSIGNED,
    ] {
        assert!(has(kind), "kind {kind} in {entries:?}");
    }
    let steps = steps(&entries);
    let last = steps.last().unwrap();
    assert!(last.ended.is_some());
    let booked = last.energy.plausible.kilowatt_hours() * 1000.0;
    assert!((booked - energy).abs() < 1.0, "{booked} and {energy} Wh");
    println!(
        "{} steps, {} entries, {energy} Wh, {cost} while the computer was away",
        steps.len(),
        entries.len()
    );
}

#[test]
fn restart_in_the_middle_opens_the_relay_until_the_car_is_back_and_counts_nothing_twice() {
    let mut yard = yard(RamFlash::default());
    yard.pass(5);
    yard.plug(true);
    yard.pass_until("a closed relay", |yard| yard.world.relay);
    yard.pass(1200);
    let before = yard.world.meter.watt_hours;
    let mut yard = yard.restart(0x2222, BootReason::Watchdog);
    yard.pass(1);
    assert!(!yard.world.relay, "the car has to come back first");
    yard.pass_until("the relay closed again", |yard| yard.world.relay);
    let gap = yard.world.meter.watt_hours - before;
    assert!(gap < 1.0, "{gap} Wh flowed without a car");
    yard.pass(1200);
    yard.plug(false);
    yard.pass_until("the receipt", |yard| !yard.receipts().is_empty());
    let energy = yard.receipts()[0].receipt.energy.unwrap().get();
    let metered = yard.world.meter.watt_hours - 12_345.0;
    assert!((energy - metered).abs() < 15.0, "{energy} of {metered} Wh");
    assert_eq!(yard.receipts().len(), 1);
}

/// The story with the power gone in the middle of one flash write, and back at once.
fn story(cut: Option<u32>) -> (Yard, u32) {
    let mut yard = yard(RamFlash::default());
    let begun = yard.world.memory.flash_mut().operations();
    if let Some(cut) = cut {
        yard.world.memory.flash_mut().cut_power_after(cut);
    }
    let mut has_restarted = false;
    for turn in 0..3_100_u32 {
        match turn {
            50 => yard.plug(true),
            2_450 => yard.plug(false),
            _ => {}
        }
        yard.turn();
        if !yard.world.memory.flash_mut().has_power() {
            assert!(!has_restarted, "the power goes once");
            has_restarted = true;
            yard = yard.restart(0x2222, BootReason::PowerOn);
        }
    }
    let used = yard.world.memory.flash_mut().operations() - begun;
    (yard, used)
}

#[test]
fn power_cut_at_flash_writes_of_a_v2g_session_books_no_kilowatt_hour_twice_and_loses_none() {
    // Prime, so that it meets words of every kind of record in each of its places.
    const ONE_IN: usize = 5;
    /// What flows between two records, which a power cut gives away.
    const CHECKPOINT_WH: f64 = 40.0;
    let (whole, operations) = story(None);
    assert_eq!(whole.receipts().len(), 1, "{:?}", whole.events);
    assert!(operations > 400, "{operations}");
    let (mut cuts, mut with_receipt) = (0, 0);
    for cut in (0..operations).step_by(ONE_IN) {
        let (mut yard, _) = story(Some(cut));
        let metered = yard.world.meter.watt_hours - 12_345.0;
        yard.world.say_time(None);
        let entries = yard.world.hand_over(usize::MAX);
        let mut sessions: Vec<SessionRecord> = Vec::new();
        for step in steps(&entries) {
            sessions.retain(|known| known.transaction != step.transaction);
            sessions.push(step);
        }
        let booked: f64 = (sessions.iter())
            .map(|last| last.energy.plausible.kilowatt_hours() * 1000.0)
            .sum();
        assert!(
            booked <= metered + 1.0,
            "cut {cut}: {booked} of {metered} Wh"
        );
        assert!(
            booked >= metered - CHECKPOINT_WH,
            "cut {cut}: {booked} of {metered} Wh: {sessions:?}\n{:?}",
            yard.world.computer.log
        );
        for signed in yard.receipts() {
            let said = signed.receipt.energy.unwrap().get();
            assert!(
                said <= booked + 1.0,
                "cut {cut}: receipt of {said} Wh, {booked} booked"
            );
            with_receipt += 1;
        }
        cuts += 1;
    }
    assert!(
        with_receipt > cuts / 2,
        "{with_receipt} receipts in {cuts} stories"
    );
    println!("{cuts} power cuts in {operations} flash operations, {with_receipt} receipts");
}

/// A list in pieces, as the link carries them: part and bytes.
fn pieces(list: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let pieces: Vec<_> = list.chunks(v2x_boards::limits::REVOCATION_PIECE).collect();
    let count = u8::try_from(pieces.len()).unwrap();
    (keys::FIRST_PIECE..)
        .zip(pieces)
        .map(|(part, piece)| (part, [&[count], piece].concat()))
        .collect()
}

/// Whether the board, started anew, gives power to the car.
fn gives_power(mut yard: Yard) -> bool {
    yard.pass(5);
    yard.plug(true);
    yard.pass(60);
    yard.world.relay
}

/// A revocation list of the yard's operator. The slot is its number 2 and its car number 3.
fn revoked(number: u32, serials: impl IntoIterator<Item = u64>) -> Vec<(u8, Vec<u8>)> {
    let serials: Vec<_> = serials.into_iter().map(Serial).collect();
    let from = UtcSecond(BEGINNING - 86_400);
    let until = UtcSecond(BEGINNING + 864_000);
    let list = Operator::new()
        .authority
        .revoke(number, from, until, &serials);
    pieces(&list.unwrap().emit())
}

/// Gives a list to the board; what it says of the last piece.
fn give(yard: &mut Yard, list: &[(u8, Vec<u8>)]) -> CommandResult {
    let answers = list.iter().map(|(part, bytes)| {
        let part = *part;
        yard.world.order(Order::Keys { part, bytes })
    });
    answers.last().unwrap()
}

#[test]
fn list_that_lost_a_piece_on_its_way_takes_nobodys_place() {
    let mut across = 0;
    // The signature ends the list: of some lengths it stands across two pieces.
    for serials in 60..103 {
        let (old, new) = (revoked(1, 3..serials), revoked(3, 3..serials));
        for lost in (0..new.len() - 1).filter(|&lost| old[lost] != new[lost]) {
            let mut yard = yard(RamFlash::default());
            assert_eq!(give(&mut yard, &old), CommandResult::Done);
            let second = revoked(2, 3..serials);
            assert_eq!(give(&mut yard, &second), CommandResult::Done);
            let mut parts = new.clone();
            parts.remove(lost);
            let said = give(&mut yard, &parts);
            assert_eq!(
                said,
                CommandResult::Failed,
                "{serials} serials, part {lost}"
            );
            if lost > 0 && across == 0 {
                across += 1;
                let yard = yard.restart(0x3333, BootReason::PowerOn);
                assert!(!gives_power(yard), "the revoked car has power");
            }
        }
    }
    assert!(across > 0, "no signature stood across two pieces");
}

#[test]
fn board_without_the_operators_key_refuses_a_list_in_plain_words_and_keeps_nothing_of_it() {
    let mut yard = yard(RamFlash::default());
    let forget = Order::Keys {
        part: keys::FORGET,
        bytes: &[],
    };
    yard.world.order(forget);
    let before = yard.world.memory.flash_mut().operations();
    for (part, bytes) in &revoked(1, 3..103) {
        let part = *part;
        let answer = yard.world.order(Order::Keys { part, bytes });
        assert_eq!(answer, CommandResult::Failed);
    }
    let (_, _, said) = yard.world.computer.answers.last().unwrap();
    assert_eq!(said, "no authority's key yet: give the board its keys");
    assert_eq!(yard.world.memory.flash_mut().operations(), before);
}

#[test]
fn power_cut_in_a_revocation_list_leaves_the_one_before_and_an_older_one_is_refused() {
    let (first, second) = (revoked(1, 3..103), revoked(2, 3..83));
    let mut whole = yard(RamFlash::default());
    assert_eq!(give(&mut whole, &first), CommandResult::Done);
    let before = whole.world.memory.flash_mut().operations();
    assert_eq!(give(&mut whole, &second), CommandResult::Done);
    let operations = whole.world.memory.flash_mut().operations() - before;
    let older = give(&mut whole, &first);
    assert_eq!(older, CommandResult::BadParameter);
    assert!(!gives_power(whole.restart(0x3333, BootReason::PowerOn)));

    let mut cuts = 0;
    for cut in (0..operations).step_by(37) {
        let mut yard = yard(RamFlash::default());
        assert_eq!(give(&mut yard, &first), CommandResult::Done);
        yard.world.memory.flash_mut().cut_power_after(cut);
        for (part, bytes) in &second {
            let part = *part;
            yard.world.order(Order::Keys { part, bytes });
        }
        let yard = yard.restart(0x3333, BootReason::PowerOn);
        assert!(!gives_power(yard), "cut {cut}: the revoked car has power");
        cuts += 1;
    }
    println!("{cuts} power cuts in {operations} flash operations, a list is there after each");
}
