//! A charging slot on its board: sessions, the relay, restarts, a computer that comes and goes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::meter::Meter;
use bench::{Computer, at, identity, memory, settings};
use v2x_boards::chassis::{Identity, Settings};
use v2x_boards::memory::FlashMemory;
use v2x_boards::slot_controller::{self, Input, Output, SlotController, step_bytes};
use v2x_charging::SlotState;
use v2x_proto::link::message::{BoardKind, BootReason, CommandResult, Order};
use v2x_units::{BootId, Instant};

/// A slot with its meter, its relay and its computer.
struct World {
    board: SlotController,
    memory: bench::TestMemory,
    computer: Computer,
    meter: Meter,
    meter_answers: bool,
    relay: bool,
    /// What the relay's contacts do, whatever the coil says.
    stuck: Option<bool>,
    now: u64,
}

impl World {
    fn new(values: &[(&str, &str)]) -> Self {
        let mut memory = memory();
        settings(slot_controller::SETTINGS, values, &mut memory);
        Self::start(memory, identity(BoardKind::SlotController), Meter::new())
    }

    fn start(mut memory: bench::TestMemory, identity: Identity, meter: Meter) -> Self {
        let settings = Settings::load(slot_controller::SETTINGS, &mut memory);
        let drawn = u64::from(identity.boot.get()) * 77;
        let board =
            SlotController::new(identity, settings, None, drawn, Instant::BOOT, &mut memory);
        Self {
            board,
            memory,
            computer: Computer::new(),
            meter,
            meter_answers: true,
            relay: false,
            stuck: None,
            now: 0,
        }
    }

    /// The board starts anew with what is in its flash.
    fn restart(self, boot: u32, reason: BootReason) -> Self {
        let identity = self
            .board
            .chassis()
            .identity()
            .of_boot(BootId::new(boot), reason);
        let flash = self.memory.into_flash();
        Self::start(FlashMemory::new(flash), identity, self.meter)
    }

    /// Lets seconds pass; current flows when the contacts are closed and the car wants it.
    fn pass(&mut self, seconds: u64, wants_amps: f64) {
        for _ in 0..seconds * 10 {
            self.now += 100;
            let closed = self.stuck.unwrap_or(self.relay);
            let has_relay = self.board.chassis().settings().text("relay") != "none";
            self.meter.amps = if closed || !has_relay {
                wants_amps
            } else {
                0.0
            };
            self.meter.run(0.1);
            self.board
                .handle(at(self.now), Input::Feedback(closed), &mut self.memory);
            loop {
                match self.board.poll(at(self.now), &mut self.memory) {
                    Output::MeterWrite(_) if self.meter_answers => {
                        let answer = self.meter.answer();
                        let input = Input::MeterBytes(&answer);
                        self.board.handle(at(self.now), input, &mut self.memory);
                    }
                    Output::MeterWrite(_) => {}
                    Output::Relay(closed) => self.relay = closed,
                    Output::Restart => panic!("nobody asked for it"),
                    Output::WakeAt(_) => break,
                }
            }
            self.computer.drain(self.board.chassis_mut());
        }
    }

    fn order(&mut self, order: Order<'_>) -> CommandResult {
        let bytes = self.computer.order(order);
        self.board
            .handle(at(self.now), Input::HostBytes(&bytes), &mut self.memory);
        self.computer.drain(self.board.chassis_mut());
        self.computer.answers.last().unwrap().1
    }

    fn log_has(&self, part: &str) -> bool {
        self.computer.log.iter().any(|line| line.contains(part))
    }
}

#[test]
fn charge_without_a_relay_is_a_session_with_its_energy() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.pass(1800, 9.0);
    let (_, energy) = world.board.slot().session().unwrap();
    let expected = 226.1 * 9.0 / 2.0 / 1000.0;
    let measured = energy.plausible.kilowatt_hours();
    assert!(
        (measured - expected).abs() < 0.01,
        "{measured} of {expected} kWh"
    );
    world.pass(16 * 60, 0.0);
    assert!(world.board.slot().session().is_none());
    assert!(
        world.log_has("started") && world.log_has("ended"),
        "{:?}",
        world.computer.log
    );
}

#[test]
fn relay_closes_when_the_computer_releases_and_opens_when_it_says_so() {
    let mut world = World::new(&[("relay", "feedback"), ("policy", "operator")]);
    world.pass(5, 9.0);
    assert!(!world.relay, "open after every start");
    assert_eq!(
        world.order(Order::Relay { closed: true }),
        CommandResult::Done
    );
    world.pass(60, 9.0);
    assert!(world.relay);
    assert_eq!(world.board.slot().state(), Some(SlotState::Charging));
    assert_eq!(
        world.order(Order::Relay { closed: false }),
        CommandResult::Done
    );
    world.pass(2, 9.0);
    assert!(!world.relay);
    world.pass(20, 9.0);
    assert_eq!(
        world.order(Order::Relay { closed: true }),
        CommandResult::Done
    );
    world.pass(20, 9.0);
    assert!(world.relay, "and closes again");
}

#[test]
fn order_to_open_opens_a_slot_that_anybody_may_use_also_without_a_session() {
    let mut world = World::new(&[("relay", "plain")]);
    world.pass(5, 0.0);
    assert!(world.relay, "free vend");
    assert_eq!(
        world.order(Order::Relay { closed: false }),
        CommandResult::Done
    );
    world.pass(2, 0.0);
    assert!(!world.relay);
    world.pass(3600, 9.0);
    assert!(!world.relay, "and stays open");
}

#[test]
fn slot_without_a_relay_refuses_to_move_it() {
    let mut world = World::new(&[]);
    world.pass(1, 0.0);
    assert_eq!(
        world.order(Order::Relay { closed: true }),
        CommandResult::Refused
    );
    assert_eq!(
        world.order(Order::RadioChannel(3)),
        CommandResult::UnknownOrder
    );
}

#[test]
fn relay_opens_when_the_meter_falls_silent_before_a_session_and_none_is_started() {
    let mut world = World::new(&[("relay", "plain")]);
    world.pass(5, 0.0);
    assert!(world.relay);
    world.meter_answers = false;
    world.pass(15, 0.0);
    assert!(!world.relay, "nothing flows that nobody measures");
}

#[test]
fn welded_relay_is_seen_by_its_feedback_and_takes_the_slot_out_of_service() {
    let mut world = World::new(&[("relay", "feedback"), ("policy", "operator")]);
    world.pass(5, 0.0);
    world.order(Order::Relay { closed: true });
    world.pass(10, 9.0);
    world.stuck = Some(true);
    world.order(Order::Relay { closed: false });
    world.pass(5, 9.0);
    assert!(
        world.log_has("it does not open"),
        "{:?}",
        world.computer.log
    );
    assert_eq!(
        world.order(Order::Relay { closed: true }),
        CommandResult::Refused
    );
}

#[test]
fn relay_that_does_not_close_is_told_and_asked_no_more() {
    let mut world = World::new(&[("relay", "feedback")]);
    world.stuck = Some(false);
    world.pass(5, 9.0);
    assert!(
        world.log_has("it does not close"),
        "{:?}",
        world.computer.log
    );
    assert!(!world.relay, "the coil is not driven for nothing");
}

#[test]
fn session_goes_on_after_a_watchdog_reset_with_all_its_energy() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.pass(600, 9.0);
    let before = world.board.slot().session().unwrap();
    let mut world = world.restart(2, BootReason::Watchdog);
    world.pass(600, 9.0);
    let after = world.board.slot().session().unwrap();
    assert_eq!(before.0, after.0, "the same transaction");
    let (kept, total) = (before.1.plausible, after.1.plausible + after.1.doubtful);
    let expected = 226.1 * 9.0 / 3.0 / 1000.0;
    assert!(
        total > kept && (total.kilowatt_hours() - expected).abs() < 0.02,
        "{total}"
    );
    assert!(world.log_has("resumed"));
}

#[test]
fn session_is_closed_after_a_power_loss_of_unknown_length() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.pass(600, 9.0);
    let mut world = world.restart(2, BootReason::PowerOn);
    world.pass(5, 0.0);
    assert!(world.board.slot().session().is_none());
    assert!(world.log_has("ended"), "{:?}", world.computer.log);
}

#[test]
fn computer_that_was_away_is_told_the_steps_it_has_missed() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.pass(300, 9.0);
    world.pass(16 * 60, 0.0);
    world.computer = Computer::new();
    assert_eq!(world.order(Order::SayHello), CommandResult::Done);
    let kept: Vec<_> = world
        .computer
        .log
        .iter()
        .filter(|l| l.starts_with("kept:"))
        .collect();
    assert!(kept.len() >= 3, "{kept:?}");
    assert!(kept.last().unwrap().contains("ended"), "{kept:?}");
    world.computer.log.clear();
    world.order(Order::SayHello);
    assert!(!world.log_has("kept:"), "each is told once");
}

#[test]
fn flash_that_refuses_a_step_holds_the_session_up_and_is_tried_again() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.memory.flash_mut().cut_power_after(0);
    world.pass(60, 9.0);
    assert!(world.log_has("not kept"), "{:?}", world.computer.log);
    assert!(
        !world.log_has("started"),
        "no step counts before it is safe"
    );
    world.memory.flash_mut().restore_power();
    world.pass(10, 9.0);
    assert!(world.log_has("started"));
}

#[test]
fn power_cut_at_every_flash_write_of_a_charge_leaves_a_session_that_can_go_on() {
    let charge = |cut: Option<u32>| {
        let mut world = World::new(&[]);
        let begin = world.memory.flash_mut().operations();
        if let Some(cut) = cut {
            world.memory.flash_mut().cut_power_after(cut);
        }
        world.pass(3, 0.0);
        world.pass(130, 9.0);
        (world.memory.flash_mut().operations() - begin, world)
    };
    let (operations, _) = charge(None);
    assert!(operations > 100, "{operations}");
    for cut in (0..operations).step_by(3) {
        let (_, mut world) = charge(Some(cut));
        world.memory.flash_mut().restore_power();
        let mut world = world.restart(9, BootReason::Watchdog);
        world.pass(60, 9.0);
        let session = world.board.slot().session();
        assert!(session.is_some(), "cut at {cut}: {:?}", world.computer.log);
        assert_eq!(
            world.board.slot().state(),
            Some(SlotState::Charging),
            "cut at {cut}"
        );
    }
}

#[test]
fn step_comes_back_from_its_bytes_and_cut_or_foreign_ones_do_not() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.pass(120, 9.0);
    use v2x_boards::memory::Memory as _;
    let mut room = [0; v2x_boards::memory::VALUE_MAX];
    let bytes = world.memory.fetch(0, &mut room).unwrap().unwrap().to_vec();
    let step = step_bytes::read(&bytes).unwrap();
    assert_eq!(step.state, SlotState::Charging);
    assert_eq!(step_bytes::write(&step).to_vec(), bytes);
    for length in 0..bytes.len() {
        assert!(step_bytes::read(&bytes[..length]).is_none());
    }
    let mut other = bytes;
    other[0] = 2;
    assert!(step_bytes::read(&other).is_none());
}
