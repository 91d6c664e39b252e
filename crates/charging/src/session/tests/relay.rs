//! Boards that do not do what they were told, and slots without a relay.

use super::*;

#[test]
fn board_that_does_not_answer_faults_the_slot_until_it_does() {
    let mut bench = Bench::in_state("Charging");
    let silent = Input::Relay(RelayReport::Failed(RelayFailure::Unanswered));
    bench.input(Input::Stop).unwrap();
    bench.input(silent).unwrap();
    let fault = SlotState::Faulted(Fault::Relay(RelayFailure::Unanswered));
    assert_eq!(bench.slot.state(), Some(fault));
    let late = Input::Relay(RelayReport::Obeyed { closed: true });
    bench.input(late).unwrap();
    assert_eq!(
        bench.slot.state(),
        Some(fault),
        "an order that was overtaken"
    );
    let answer = Input::Relay(RelayReport::Obeyed { closed: false });
    bench.input(answer).unwrap();
    assert_eq!(bench.state(), "Finishing");
    assert_eq!(
        bench.ended(),
        [EndReason::Remote],
        "the books were closed by the stop"
    );
}

#[test]
fn contact_elsewhere_ends_the_session_and_stays_a_fault_until_somebody_has_looked() {
    let mut bench = Bench::in_state("Charging");
    let elsewhere = Input::Relay(RelayReport::Failed(RelayFailure::Contradicted));
    bench.input(elsewhere).unwrap();
    assert_eq!(bench.ended(), [EndReason::RelayFailed]);
    assert!(bench.outputs.contains(&Output::OpenRelay));
    bench.input(Input::ClearFault).unwrap();
    assert_eq!(bench.state(), "Faulted", "cleared while it lasts");
    bench
        .input(Input::Relay(RelayReport::Obeyed { closed: false }))
        .unwrap();
    assert_eq!(bench.state(), "Faulted", "nobody has looked at it");
    bench.input(Input::ClearFault).unwrap();
    bench.draw(Amps::ZERO, 14);
    assert_ne!(bench.state(), "Faulted");
}

#[test]
fn slot_without_a_relay_says_that_a_stop_ends_the_books_only() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.draw(LOAD, 60);
    assert_eq!(bench.input(Input::Pause), Err(Refused::NoRelay));
    assert_eq!(bench.input(Input::Stop), Ok(Effect::BooksOnly));
    bench.draw(LOAD, 600);
    assert_eq!(bench.state(), "Finishing");
    assert_eq!(bench.ended(), [EndReason::Remote]);
    assert!(bench.slot.unattributed().plausible >= Energy::from_watt_hours(300));
    bench.draw(Amps::ZERO, 14);
    assert_eq!((bench.state().as_str(), bench.started()), ("Available", 1));
}
