//! A station's computer in virtual time: the product's link, slots and relays, between the slots'
//! boards and a disk.
//!
//! Not here: any decision, and no V2G: an operator releases a slot when a plug is in. The operator
//! is the world's, as the driver is.

use v2x_charging::{MeterLimits, MeterSample, Policy, SessionRecord, SlotConfig};
use v2x_proto::link::message::{Command, Message, Order as BoardOrder, Plug};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Notice};
use v2x_roles::station::{
    Do, Order, PortId, RelayControl, RelayDo, Sessions, SlotNumber, SlotSetup, Station,
    StationSetup, Tariffs, Tell, samples,
};
use v2x_tariff::parse_tariffs;
use v2x_units::{BootId, Instant, UtcTime, WattHours};

use super::Defect;
use crate::chance::Chance;

/// One slot's line.
#[derive(Debug)]
struct Line {
    link: LinkDecoder,
    encoder: LinkEncoder,
    relay: RelayControl,
    is_plugged: bool,
    to_board: Vec<u8>,
}

/// The computer of a station.
#[derive(Debug)]
pub(super) struct StationComputer {
    station: Station,
    lines: Vec<Line>,
    utc_at_boot: UtcTime,
    defect: Option<Defect>,
    /// Every step that is on disk, in order.
    pub(super) kept: Vec<SessionRecord>,
    pub(super) told: Vec<(Instant, usize, Tell)>,
}

impl StationComputer {
    pub(super) fn new(
        slots: usize,
        utc_at_boot: UtcTime,
        defect: Option<Defect>,
        chance: &mut Chance,
    ) -> Self {
        use rand_core::Rng as _;
        let numbers = (1..=u8::MAX).filter_map(SlotNumber::new).take(slots);
        let setups = numbers.enumerate().map(|(index, number)| SlotSetup {
            number,
            name: format!("slot {number}"),
            port: PortId(index),
            sessions: Sessions::Computer,
            energy_limit: None,
            config: SlotConfig {
                has_relay: true,
                policy: Policy::OperatorRelease,
                ..SlotConfig::ev()
            },
            limits: MeterLimits::pzem_004t_100a(),
            tariff: "day".to_owned(),
            plug: "Type_F_schuko_3Kwh".to_owned(),
        });
        let setup = StationSetup {
            name: "yard".to_owned(),
            position: None,
            time_zone: "UTC".to_owned(),
            fast_charge: false,
            slots: setups.collect(),
        };
        let tariff =
            "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"MAD\"\nper_kwh = 1.5\n";
        let tariffs = parse_tariffs("tariffs.toml", tariff).expect("this tariff is one");
        let boot = BootId::new(chance.next_u32());
        let draw = || chance.next_u64();
        let mut station = Station::new(&setup, Tariffs::new(tariffs), boot, draw, Instant::BOOT)
            .expect("the tariff of every slot is among the tariffs");
        station.clock(Instant::BOOT, Some(utc_at_boot));
        let line = || Line {
            link: LinkDecoder::new(),
            encoder: LinkEncoder::new(boot),
            relay: RelayControl::default(),
            is_plugged: false,
            to_board: Vec::new(),
        };
        let mut lines: Vec<_> = (0..slots).map(|_| line()).collect();
        for line in &mut lines {
            line.relay.line_opened(Instant::BOOT);
        }
        Self {
            station,
            lines,
            utc_at_boot,
            defect,
            kept: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Takes what a slot's board said.
    pub(super) fn hear(&mut self, now: Instant, slot: usize, mut bytes: &[u8]) {
        let Self {
            station,
            lines,
            defect,
            ..
        } = self;
        let Some(line) = lines.get_mut(slot) else {
            return;
        };
        let port = PortId(slot);
        while let Some(event) = line.link.next(&mut bytes) {
            let frame = match event {
                Event::Frame(frame) => frame,
                Event::Notice(Notice::Rebooted { .. }) => {
                    line.relay.board_restarted(now);
                    continue;
                }
                Event::Notice(_) => continue,
            };
            match frame.message {
                Message::MeterReading(reading) => {
                    if let Ok(values) = &reading.values {
                        let sample = measured(samples::of_values(now, values), *defect);
                        // Each line belongs to a slot.
                        let _slot = station.sample(now, port, None, &sample, None);
                    }
                }
                Message::SlotState(state) => {
                    let plugged = state.plug == Plug::In;
                    station.plug(now, port, plugged);
                    if plugged && !line.is_plugged {
                        release(station, now, slot);
                    }
                    line.is_plugged = plugged;
                    line.relay.slot_state(now, &state);
                }
                Message::Acknowledgement(answer) => {
                    line.relay.acknowledged(now, answer.id, answer.result);
                }
                _ => {}
            }
        }
    }

    /// Does what is due; gives what goes to each board.
    pub(super) fn turn(&mut self, now: Instant) -> Vec<(usize, Vec<u8>)> {
        self.station
            .clock(now, Some(self.utc_at_boot + now.since(Instant::BOOT)));
        loop {
            match self.station.poll(now) {
                Do::Keep(keep) => {
                    self.kept.push(keep.record);
                    if self.defect == Some(Defect::KeepsTwice) {
                        self.kept.push(keep.record);
                    }
                    self.station.persisted(keep.slot, &keep.record);
                }
                Do::Relay { slot, closed } => {
                    let index = usize::from(slot.get()) - 1;
                    if let Some(line) = self.lines.get_mut(index) {
                        line.relay.want(now, closed);
                    }
                }
                Do::Tell(slot, tell) => {
                    let index = usize::from(slot.get()) - 1;
                    self.told.push((now, index, tell));
                }
                Do::WakeAt(_) => break,
            }
        }
        let mut out = Vec::new();
        for (slot, line) in self.lines.iter_mut().enumerate() {
            while let Some(next) = line.relay.poll(now) {
                match next {
                    RelayDo::Report(report) => self.station.relay(now, PortId(slot), report),
                    RelayDo::Send { id, closed } => {
                        let order = BoardOrder::Relay { closed };
                        if let Ok(wire) = line.encoder.send(now, Command { id, order }) {
                            line.to_board.extend_from_slice(wire);
                        }
                    }
                }
            }
            if !line.to_board.is_empty() {
                out.push((slot, std::mem::take(&mut line.to_board)));
            }
        }
        out
    }
}

/// The operator releases a slot; one that refuses says so in its state.
fn release(station: &mut Station, now: Instant, slot: usize) {
    if let Some(number) = u8::try_from(slot + 1).ok().and_then(SlotNumber::new) {
        let _answer = station.order(now, number, Order::Release);
    }
}

/// A sample as it was measured, or as a planted defect bends it.
fn measured(sample: MeterSample, defect: Option<Defect>) -> MeterSample {
    if defect != Some(Defect::Overcharges) {
        return sample;
    }
    MeterSample {
        energy: sample
            .energy
            .map(|energy| WattHours::new(energy.get() * 1.1)),
        ..sample
    }
}
