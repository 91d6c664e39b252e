//! Reboots and power cuts: what goes on, what ends, and what is said again.

use super::*;

impl Bench {
    /// Restarts after some time in which the load went on.
    fn restart(&mut self, cause: Restart, seconds: u64, known: bool) {
        let is_record = |output: &Output| match output {
            Output::Persist(record) => Some(*record),
            _ => None,
        };
        let record = self.outputs.iter().rev().find_map(is_record).unwrap();
        let length = self.now.since(record.at) + Duration::from_secs(seconds);
        self.counter += (MAINS * LOAD).over(Duration::from_secs(seconds));
        let interruption = Interruption {
            cause,
            length: known.then_some(length),
        };
        self.now = Instant::from_micros(5_000_000);
        self.outputs.clear();
        let ids = TransactionIds::new(BootId::new(2), 8);
        let limits = MeterLimits::pzem_004t_100a();
        let config = self.slot.config.clone();
        self.slot = Slot::resume(config, limits, ids, self.now, &record, interruption);
        self.drain();
    }
}

#[test]
fn restart_goes_on_with_the_same_transaction_and_counts_what_flowed_meanwhile() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.draw(LOAD, 630);
    let (transaction, before) = bench.slot.session().unwrap();
    bench.restart(Restart::Reboot, 300, true);
    assert!(matches!(bench.outputs[0], Output::Resumed(_)));
    bench.draw(LOAD, 60);
    let (same, after) = bench.slot.session().unwrap();
    assert_eq!((same, bench.state().as_str()), (transaction, "Charging"));
    // 300 s without a sample and 60 s with them, at 2185 W, are 218.5 Wh.
    let gained = after.plausible.saturating_sub(before.plausible);
    assert!(gained >= Energy::from_watt_hours(218), "{gained}");
    assert!(gained <= Energy::from_watt_hours(219), "{gained}");
}

#[test]
fn session_closes_with_its_cause_after_a_long_or_unknown_power_cut() {
    for (cause, seconds, known, wanted) in [
        (Restart::PowerLoss, 3600, true, EndReason::PowerLoss),
        (Restart::PowerLoss, 5, false, EndReason::PowerLoss),
        (Restart::Reboot, 3600, true, EndReason::Reboot),
    ] {
        let mut bench = Bench::new(SlotConfig::ev());
        bench.draw(LOAD, 630);
        bench.restart(cause, seconds, known);
        assert_eq!(bench.ended(), [wanted]);
        bench.draw(LOAD, 60);
        assert_eq!((bench.started(), bench.ended().len()), (1, 1));
    }
}

#[test]
fn end_that_a_power_cut_may_have_swallowed_is_announced_again() {
    let mut bench = Bench::new(SlotConfig::ev());
    bench.draw(LOAD, 60);
    bench.input(Input::Stop).unwrap();
    let end = *bench
        .outputs
        .iter()
        .rfind(|o| matches!(o, Output::Ended(_)))
        .unwrap();
    bench.restart(Restart::PowerLoss, 5, true);
    assert_eq!(bench.outputs[0], end);
}

/// The slot after a power cut without an open session.
fn after_the_cut(before: &Bench) -> Bench {
    let mut after = Bench::new(before.slot.config.clone());
    let ids = TransactionIds::new(BootId::new(2), 8);
    let limits = MeterLimits::pzem_004t_100a();
    after.slot = Slot::new(before.slot.config.clone(), limits, ids, after.now);
    after.slot.stand(before.slot.standing());
    after.outputs.clear();
    after.drain();
    after
}

fn free_vend() -> SlotConfig {
    SlotConfig {
        has_relay: true,
        policy: Policy::FreeVend,
        ..SlotConfig::ev()
    }
}

#[test]
fn slot_out_of_service_stays_so_over_a_power_cut_until_it_is_put_back() {
    let mut bench = Bench::new(free_vend());
    bench.input(Input::InService(false)).unwrap();
    let mut bench = after_the_cut(&bench);
    bench.draw(Amps::ZERO, 60);
    assert!(!bench.outputs.contains(&Output::CloseRelay));
    assert_eq!(bench.state(), "Unavailable");
    bench.input(Input::InService(true)).unwrap();
    assert!(bench.outputs.contains(&Output::CloseRelay));
}

#[test]
fn stopped_car_does_not_charge_on_after_a_power_cut() {
    let mut bench = Bench::new(free_vend());
    bench.draw(LOAD, 60);
    bench.input(Input::Stop).unwrap();
    bench.draw(Amps::ZERO, 20);
    let mut bench = after_the_cut(&bench);
    bench.draw(Amps::ZERO, 60);
    assert!(!bench.outputs.contains(&Output::CloseRelay));
    assert_eq!(bench.state(), "Finishing");
    bench.input(Input::Resume).unwrap();
    bench.draw(LOAD, 60);
    assert_eq!((bench.started(), bench.state().as_str()), (1, "Charging"));
}

#[test]
fn stuck_relay_waits_for_somebody_over_a_power_cut_too() {
    let mut bench = Bench::in_state("Faulted");
    let broken = bench.slot.standing();
    assert_eq!(broken.fault, Some(Fault::RelayStuck));
    bench = after_the_cut(&bench);
    bench.draw(Amps::ZERO, 60);
    assert_eq!(bench.state(), "Faulted");
    bench.input(Input::ClearFault).unwrap();
    assert_eq!(bench.state(), "Available");
    assert_eq!(bench.slot.standing(), Standing::default());
}

#[test]
fn stop_that_the_power_cut_left_half_done_ends_the_session() {
    let mut bench = Bench::new(free_vend());
    bench.draw(LOAD, 630);
    let stopped = Standing {
        held: true,
        ..Standing::default()
    };
    bench.restart(Restart::Reboot, 5, true);
    bench.slot.stand(stopped);
    bench.drain();
    assert_eq!(bench.ended(), [EndReason::Remote]);
}
