//! A charging slot on its board: sessions, the relay, restarts, a computer that comes and goes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::slot::World;
use v2x_boards::slot_controller::{journal, step_bytes};
use v2x_charging::SlotState;
use v2x_proto::link::message::{BootReason, CommandResult, Order};

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
fn journal_keeps_every_step_until_the_computer_has_it_on_its_disk() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.pass(300, 9.0);
    world.pass(16 * 60, 0.0);
    assert_eq!(world.computer.journal, [], "nobody is there to hear it");
    world.say_time(None);
    world.pass(10, 0.0);
    let said = world.computer.journal.clone();
    assert!(said.len() >= 4, "said again while nobody answers: {said:?}");
    assert!(said.iter().all(|entry| *entry == said[0]), "{said:?}");
    // The board starts anew in the middle: what was not acknowledged comes again.
    let first = world.hand_over(1);
    let mut world = world.restart(0x2222, BootReason::Watchdog);
    world.pass(1, 0.0);
    world.say_time(None);
    let rest = world.hand_over(usize::MAX);
    let steps: Vec<_> = [first, rest].concat();
    let records: Vec<_> = (steps.iter())
        .filter(|entry| entry.kind == journal::STEP)
        .map(|entry| step_bytes::read(&entry.content).unwrap())
        .collect();
    assert_eq!(records.len(), steps.len());
    let mut numbers: Vec<_> = steps
        .iter()
        .map(|entry| (entry.boot, entry.number))
        .collect();
    numbers.dedup();
    assert_eq!(numbers.len(), steps.len(), "each once: {numbers:?}");
    assert!(records.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    assert_eq!(records.first().unwrap().seq, 0);
    assert!(records.last().unwrap().ended.is_some());
    world.pass(60, 0.0);
    assert_eq!(world.hand_over(usize::MAX), [], "nothing is left");
}

#[test]
fn full_journal_gives_up_its_oldest_entry_and_says_so() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    for _ in 0..30 {
        world.pass(30, 9.0);
        world.pass(16 * 60, 0.0);
    }
    assert!(world.log_has("journal: full"), "{:?}", world.computer.log);
    world.say_time(None);
    let entries = world.hand_over(usize::MAX);
    let last = step_bytes::read(&entries.last().unwrap().content).unwrap();
    assert!(last.ended.is_some(), "the newest is there");
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

#[test]
fn step_that_finds_no_room_in_the_journal_does_not_count_and_is_tried_again() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.journal_refuses = true;
    world.pass(60, 9.0);
    assert!(world.log_has("entry not kept"), "{:?}", world.computer.log);
    assert!(
        !world.log_has("started"),
        "a step that the computer would never hear of: {:?}",
        world.computer.log
    );
    world.journal_refuses = false;
    world.pass(5, 9.0);
    world.say_time(None);
    assert!(world.log_has("started"), "{:?}", world.computer.log);
    let entries = world.hand_over(usize::MAX);
    let steps: Vec<_> = (entries.iter())
        .filter(|entry| entry.kind == journal::STEP)
        .map(|entry| step_bytes::read(&entry.content).unwrap().seq)
        .collect();
    assert_eq!(steps.first(), Some(&0), "its first step is in the journal");
    assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{steps:?}");
}

#[test]
fn step_that_the_journal_refuses_at_the_start_too_is_tried_again_and_comes_first() {
    let mut world = World::new(&[]);
    world.pass(5, 0.0);
    world.journal_refuses = true;
    world.pass(60, 9.0);
    // Its first step is in the flash now, and not in the journal.
    let mut world = world.restart(9, BootReason::Watchdog);
    world.pass(10, 9.0);
    assert!(world.log_has("entry not kept"), "{:?}", world.computer.log);
    world.journal_refuses = false;
    world.pass(10, 9.0);
    world.pass(16 * 60, 0.0);
    world.say_time(None);
    let entries = world.hand_over(usize::MAX);
    let steps: Vec<_> = (entries.iter())
        .filter(|entry| entry.kind == journal::STEP)
        .map(|entry| step_bytes::read(&entry.content).unwrap().seq)
        .collect();
    assert_eq!(steps.first(), Some(&0), "{steps:?}");
    assert!(steps.len() > 1, "{steps:?}");
    assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{steps:?}");
}
