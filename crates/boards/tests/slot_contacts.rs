//! Contacts that chatter: a spike or a wiggled plug ends no charge, a broken wire is said.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::at;
use bench::slot::World;
use v2x_boards::slot_controller::Input;

const AMPS: f64 = 9.0;

/// Tenths of a second with a plug that its input says is in, or out.
fn pass(world: &mut World, tenths: u32, plug: bool, amps: f64) {
    for _ in 0..tenths {
        let (now, sample) = (at(world.now), Input::Plug(plug));
        world.board.handle(now, sample, &mut world.memory);
        world.turn(amps);
    }
}

/// A slot with all its contacts, in the middle of a charge.
fn charging() -> World {
    let mut world = World::new(&[("relay", "feedback"), ("plug", "on")]);
    pass(&mut world, 50, false, 0.0);
    pass(&mut world, 600, true, AMPS);
    assert!(world.relay && world.board.slot().session().is_some());
    world
}

#[test]
fn plug_that_is_wiggled_ends_no_charge_and_one_that_is_out_does() {
    let mut world = charging();
    let (session, _) = world.board.slot().session().unwrap();
    for _ in 0..20 {
        // What flows is away too for that long.
        pass(&mut world, 2, false, 0.0);
        pass(&mut world, 10, true, AMPS);
    }
    let (same, _) = world.board.slot().session().unwrap();
    assert_eq!(session, same, "{:?}", world.computer.log);
    pass(&mut world, 30, false, 0.0);
    assert!(world.board.slot().session().is_none());
}

#[test]
fn spike_on_the_relays_feedback_is_no_fault() {
    let mut world = charging();
    world.stuck = Some(false);
    pass(&mut world, 2, true, AMPS);
    world.stuck = None;
    pass(&mut world, 50, true, AMPS);
    assert!(world.relay, "{:?}", world.computer.log);
    assert!(!world.log_has("does not close"));
    // A wire that stays broken is one.
    world.stuck = Some(false);
    pass(&mut world, 10, true, AMPS);
    assert!(world.log_has("does not close"), "{:?}", world.computer.log);
}

#[test]
fn plug_input_that_says_out_while_current_flows_is_a_broken_wire_and_is_said_once() {
    let mut world = charging();
    pass(&mut world, 600, false, AMPS);
    assert!(world.relay && world.board.slot().session().is_some());
    let told = |world: &World| {
        let lines = world.computer.log.iter();
        lines
            .filter(|line| line.contains("look at its wire"))
            .count()
    };
    assert_eq!(told(&world), 1, "{:?}", world.computer.log);
    pass(&mut world, 30, false, 0.0);
    assert!(
        world.board.slot().session().is_none(),
        "no current, no plug"
    );
}
