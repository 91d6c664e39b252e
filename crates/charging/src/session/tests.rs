//! The table of transitions in [`super`], cell by cell, and single stories of a slot.
//!
//! | file | stories of |
//! |---|---|
//! | `relay.rs` | boards that do not do what they were told, and slots without a relay |
//! | `restart.rs` | reboots and power cuts |
//! | `silence.rs` | meters and ports that are gone, and slots that are taken out of use |

extern crate std;

mod relay;
mod restart;
mod silence;

use std::string::{String, ToString};
use std::vec::Vec;

use v2x_units::{Amps, BootId, Hertz, Volts, WattHours};

use super::*;
use crate::Energy;

/// The mains voltage of the bench.
const MAINS: Volts = Volts::new(230.0);
/// What a charging Twizy draws.
const LOAD: Amps = Amps::new(9.5);

/// A slot with a meter and a disk that works at once.
struct Bench {
    slot: Slot,
    now: Instant,
    counter: WattHours,
    outputs: Vec<Output>,
}

impl Bench {
    fn new(config: SlotConfig) -> Self {
        let ids = TransactionIds::new(BootId::new(1), 7);
        let slot = Slot::new(config, MeterLimits::pzem_004t_100a(), ids, Instant::BOOT);
        let mut bench = Self {
            slot,
            now: Instant::BOOT,
            counter: WattHours::new(12_345.0),
            outputs: Vec::new(),
        };
        bench.draw(Amps::ZERO, 12);
        bench
    }

    /// The slot of the table: a relay, a plug detector, released by the operator.
    fn of_the_table() -> Self {
        let mut bench = Self::new(SlotConfig {
            has_relay: true,
            policy: Policy::OperatorRelease,
            ..SlotConfig::ev()
        });
        bench.input(Input::Plugged(false)).unwrap();
        bench
    }

    /// Lets a current flow for some seconds, with a sample every two seconds.
    fn draw(&mut self, current: Amps, seconds: u64) {
        for _ in 0..seconds / 2 {
            self.wait(2);
            self.counter += (MAINS * current).over(Duration::from_secs(2));
            let sample = MeterSample {
                at: self.now,
                voltage: Some(MAINS),
                current: Some(current),
                power: Some(MAINS * current),
                energy: Some(WattHours::new(self.counter.get().floor())),
                frequency: Some(Hertz::new(50.0)),
                power_factor: Some(1.0),
            };
            self.input(Input::Sample(sample)).unwrap();
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.drain();
    }

    fn input(&mut self, input: Input) -> Result<Effect, Refused> {
        let effect = self.slot.handle(self.now, input);
        self.drain();
        effect
    }

    fn drain(&mut self) {
        loop {
            match self.slot.poll(self.now) {
                Output::WakeAt(_) => return,
                Output::Persist(record) => {
                    self.outputs.push(Output::Persist(record));
                    self.slot.persisted(record.transaction, record.seq);
                }
                output => self.outputs.push(output),
            }
        }
    }

    fn state(&self) -> String {
        self.slot.state().unwrap().to_string()
    }

    fn ended(&self) -> Vec<EndReason> {
        let reason = |output: &Output| match output {
            Output::Ended(record) => record.ended,
            _ => None,
        };
        self.outputs.iter().filter_map(reason).collect()
    }

    fn started(&self) -> usize {
        let is_start = |output: &&Output| matches!(output, Output::Started(_));
        self.outputs.iter().filter(is_start).count()
    }

    /// Brings the slot of the table into a state.
    fn in_state(name: &str) -> Self {
        let mut bench = Self::of_the_table();
        let mut apply = |inputs: &[&str]| {
            for input in inputs {
                bench.apply(input).unwrap();
            }
        };
        match name {
            "Available" => {}
            "Preparing" => apply(&["plug", "release"]),
            "Charging" => apply(&["plug", "release", "load"]),
            "SuspendedEV" => apply(&["plug", "release", "load", "no load"]),
            "SuspendedEVSE" => apply(&["plug", "release", "load", "pause"]),
            "Finishing" => apply(&["plug", "release", "load", "stop"]),
            "Unavailable" => apply(&["silence"]),
            "Faulted" => apply(&["load"]),
            other => panic!("{other} is no state"),
        }
        assert_eq!(bench.state(), name);
        bench
    }

    /// Does what the head of a row says.
    fn apply(&mut self, name: &str) -> Result<Effect, Refused> {
        let input = match name {
            "load" => {
                self.draw(LOAD, 12);
                return Ok(Effect::Full);
            }
            "no load" | "idle time-out" => {
                let idle = if name == "no load" { 14 } else { 15 * 60 };
                self.draw(Amps::ZERO, idle);
                return Ok(Effect::Full);
            }
            "silence" => {
                self.wait(10);
                return Ok(Effect::Full);
            }
            "plug" => Input::Plugged(true),
            "unplug" => Input::Plugged(false),
            "release" => Input::Authorise(Authorisation::Operator),
            "withdraw" => Input::Deauthorise,
            "stop" => Input::Stop,
            "pause" => Input::Pause,
            "resume" => Input::Resume,
            "relay fails" => Input::Relay(RelayReport::Failed(RelayFailure::Contradicted)),
            "clear fault" => Input::ClearFault,
            other => panic!("{other} is no input"),
        };
        self.input(input)
    }
}

/// The cells of a row of a Markdown table.
fn cells(row: &str) -> Vec<&str> {
    let row = row.trim_start_matches("//! |").trim_end_matches('|');
    row.split('|').map(str::trim).collect()
}

/// The tables of transitions: from, input, to.
fn transitions() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut states = Vec::new();
    let mut transitions = Vec::new();
    for line in include_str!("mod.rs").lines() {
        if line.starts_with("//! | input \\ from") {
            states = cells(line);
        } else if !line.starts_with("//! |") {
            states.clear();
        } else if !states.is_empty() && !line.starts_with("//! |---") {
            let row = cells(line);
            assert_eq!(row.len(), states.len(), "{line}");
            let columns = states.iter().zip(&row).skip(1);
            transitions.extend(columns.map(|(&from, &to)| (from, row[0], to)));
        }
    }
    transitions
}

#[test]
fn every_state_and_input_does_what_the_table_says() {
    let transitions = transitions();
    assert_eq!(transitions.len(), 8 * 13);
    for (from, input, to) in transitions {
        let mut bench = Bench::in_state(from);
        let outcome = bench.apply(input);
        // A vehicle that has left, or a load that has gone, shows within the next samples.
        if to == "Available" {
            bench.draw(Amps::ZERO, 14);
        }
        let seen = match outcome {
            Ok(_) if bench.state() == from => String::new(),
            Ok(_) => bench.state(),
            Err(_) => "-".to_string(),
        };
        assert_eq!(seen, to, "{from} on {input}");
    }
}

#[test]
fn two_seconds_of_load_are_no_session() {
    let mut bench = Bench::new(SlotConfig::small_device());
    bench.draw(LOAD, 2);
    assert_eq!(bench.state(), "Preparing");
    bench.draw(Amps::ZERO, 14);
    assert_eq!((bench.state().as_str(), bench.started()), ("Available", 0));
    assert!(bench.slot.unattributed().plausible > Energy::ZERO);
}

#[test]
fn session_counts_the_energy_from_before_it_was_certain() {
    let mut bench = Bench::new(SlotConfig::ev());
    let before = bench.counter.get().floor();
    bench.draw(LOAD, 600);
    let (_, ledger) = bench.slot.session().unwrap();
    let rise = WattHours::new(bench.counter.get().floor() - before);
    assert_eq!(Some(ledger.plausible), Energy::measured(rise));
}

#[test]
fn step_is_announced_only_after_its_record_is_on_disk() {
    let mut bench = Bench::new(SlotConfig::ev());
    let mut waiting = None;
    for _ in 0..10 {
        bench.now = bench.now + Duration::from_secs(2);
        bench.counter += WattHours::new(1.0);
        let sample = MeterSample {
            at: bench.now,
            voltage: Some(MAINS),
            current: Some(LOAD),
            power: Some(MAINS * LOAD),
            energy: Some(bench.counter),
            frequency: None,
            power_factor: None,
        };
        bench.slot.handle(bench.now, Input::Sample(sample)).unwrap();
        loop {
            match bench.slot.poll(bench.now) {
                Output::WakeAt(_) => break,
                Output::Persist(record) => waiting = Some(record),
                output => assert_eq!(output, Output::State(SlotState::Preparing)),
            }
        }
    }
    let record = waiting.expect("a session has started");
    bench.slot.persisted(record.transaction, record.seq + 1);
    assert_eq!(bench.slot.poll(bench.now), Output::WakeAt(None));
    bench.slot.persisted(record.transaction, record.seq);
    assert_eq!(bench.slot.poll(bench.now), Output::Started(record));
    assert_eq!(
        bench.slot.poll(bench.now),
        Output::State(SlotState::Charging)
    );
}

#[test]
fn stop_opens_the_relay_before_anything_is_on_disk() {
    let mut bench = Bench::in_state("Charging");
    bench.slot.handle(bench.now, Input::Stop).unwrap();
    assert_eq!(bench.slot.poll(bench.now), Output::OpenRelay);
    assert!(matches!(bench.slot.poll(bench.now), Output::Persist(_)));
}

#[test]
fn slot_that_can_only_watch_starts_a_session_nobody_released() {
    let mut bench = Bench::new(SlotConfig {
        policy: Policy::KnownCars,
        ..SlotConfig::ev()
    });
    bench.draw(LOAD, 60);
    let is_start = |output: &&Output| matches!(output, Output::Started(_));
    let Some(Output::Started(record)) = bench.outputs.iter().find(is_start) else {
        panic!("no session has started");
    };
    assert_eq!(record.authorisation, Authorisation::None);
}

#[test]
fn slot_with_a_relay_stays_open_until_it_is_released_and_closes_after_the_connect_time_out() {
    let mut bench = Bench::of_the_table();
    let closed = |bench: &Bench| bench.outputs.contains(&Output::CloseRelay);
    assert!(bench.outputs.contains(&Output::OpenRelay) && !closed(&bench));
    bench
        .input(Input::Authorise(Authorisation::Car([1; 8])))
        .unwrap();
    assert!(
        !closed(&bench),
        "this slot is released by the operator only"
    );
    bench
        .input(Input::Authorise(Authorisation::Operator))
        .unwrap();
    assert!(closed(&bench));
    bench.outputs.clear();
    bench.draw(Amps::ZERO, 60);
    assert!(bench.outputs.contains(&Output::OpenRelay));
    assert_eq!(bench.state(), "Available");
}

#[test]
fn stopped_slot_of_free_vend_stays_stopped_until_the_operator_resumes_it() {
    let mut bench = Bench::new(SlotConfig {
        has_relay: true,
        ..SlotConfig::ev()
    });
    bench.draw(LOAD, 60);
    bench.input(Input::Stop).unwrap();
    bench.draw(Amps::ZERO, 3600);
    assert_eq!(bench.state(), "Finishing");
    bench.input(Input::Resume).unwrap();
    bench.draw(Amps::ZERO, 2);
    assert_eq!(bench.state(), "Available");
    bench.draw(LOAD, 60);
    assert_eq!((bench.state().as_str(), bench.started()), ("Charging", 2));
}

#[test]
fn session_that_began_before_the_clock_was_known_is_dated_back() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.draw(LOAD, 60);
    let noon = UtcTime::from_millis(1_756_382_400_000);
    bench.input(Input::Clock(Some(noon))).unwrap();
    bench.input(Input::Stop).unwrap();
    let Some(Output::Ended(record)) = bench
        .outputs
        .iter()
        .rfind(|output| matches!(output, Output::Ended(_)))
    else {
        panic!("no session has ended");
    };
    assert_eq!(record.utc, Some(noon));
    assert_eq!(record.started, Some(noon - record.elapsed));
}

#[test]
fn plugged_vehicle_that_tops_up_after_the_time_out_starts_another_session() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.input(Input::Plugged(true)).unwrap();
    bench.draw(LOAD, 60);
    bench.draw(Amps::ZERO, 16 * 60);
    assert_eq!(bench.state(), "Finishing");
    bench.draw(LOAD, 60);
    assert_eq!((bench.state().as_str(), bench.started()), ("Charging", 2));
}

#[test]
fn no_second_record_is_written_while_one_waits_for_the_disk() {
    let mut bench = Bench::new(SlotConfig {
        // Nothing but the checkpoint is due.
        silence: Duration::from_secs(3600),
        ..SlotConfig::ev()
    });
    bench.draw(LOAD, 20);
    bench.now = bench.now + Duration::from_secs(120);
    assert!(matches!(bench.slot.poll(bench.now), Output::Persist(_)));
    bench.now = bench.now + Duration::from_secs(120);
    bench.slot.handle(bench.now, Input::Stop).unwrap();
    assert_eq!(bench.slot.poll(bench.now), Output::WakeAt(None));
}

#[test]
fn socket_of_free_vend_that_sees_its_plug_is_dead_until_one_is_in() {
    let mut bench = Bench::new(SlotConfig {
        has_relay: true,
        ..SlotConfig::ev()
    });
    bench.input(Input::Plugged(false)).unwrap();
    bench.draw(Amps::ZERO, 5);
    bench.outputs.clear();
    bench.draw(Amps::ZERO, 60);
    assert!(!bench.outputs.contains(&Output::CloseRelay));
    bench.input(Input::Plugged(true)).unwrap();
    bench.draw(LOAD, 60);
    assert!(bench.outputs.contains(&Output::CloseRelay));
    assert_eq!(bench.state(), "Charging");
    bench.outputs.clear();
    bench.input(Input::Plugged(false)).unwrap();
    bench.draw(Amps::ZERO, 5);
    assert!(bench.outputs.contains(&Output::OpenRelay));
}
