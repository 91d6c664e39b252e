//! The slot controller: meter, relay and session of one charging slot, with or without a computer.
//!
//! Not here: whether a sample is plausible and when a session starts and ends (`v2x_charging`, the
//! same code that the station computer runs), and money, which is the computer's.
//!
//! | file | what it holds |
//! |---|---|
//! | `contacts` | which samples of plug and feedback are believed |
//! | [`journal`] | what happened, until the computer has it on its disk |
//! | [`keys`] | the keys of the slot, in flash |
//! | `keeping` | a step into the flash |
//! | `orders` | what the computer can ask of a slot |
//! | [`prices`] | what energy and time cost, and the session so far |
//! | [`relay`] | the relay with its feedback |
//! | [`settings`] | what a slot is, as its owner set it |
//! | `saved` | the V2G session as bytes in flash |
//! | `shown` | relay, LED and link are told how the slot is |
//! | `station_end` | V2G with the car, where the slot has keys |
//! | [`step_bytes`] | a session step as bytes in flash |
//! | `talk` | what V2G wants of the slot |
//! | [`prototype_text`] | the text line of the prototype |
//!
//! **Every step of a session is in flash before it counts.** A restart goes on with the open
//! session; steps wait in the journal until the computer has them on its disk.
//!
//! **A slot with keys speaks V2G itself**, over its own radio, and needs no computer for it: what
//! energy costs was sent before and is in flash.
//!
//! **The relay is moved by the slot alone.** The computer's order to close releases the slot, its
//! order to open interrupts it; neither closes a relay that is stuck or whose meter is silent. When
//! the computer goes away the slot goes on as it was.

mod contacts;
pub mod journal;
mod keeping;
pub mod keys;
mod orders;
pub mod prices;
pub mod prototype_text;
pub mod relay;
mod saved;
pub mod settings;
mod shown;
mod station_end;
pub mod step_bytes;
mod talk;

use alloc::boxed::Box;
use core::time::Duration;

use v2x_charging::{
    Input as SlotInput, Interruption, MeterSample, Output as SlotOutput, Policy, Restart,
    SessionRecord, Slot, SlotConfig, TransactionIds,
};
use v2x_proto::link::message::{BootReason, LogLevel, MeterReading, MeterValues, SlotState};
use v2x_proto::link::{Event, LinkDecoder, Message};
use v2x_proto::secure::Datagram;
use v2x_units::{Hertz, Instant, MacAddress, UtcTime};

pub use relay::{Relay, RelayFault};
pub use settings::SETTINGS;

use crate::chassis::{Chassis, Identity, PanicNote, Settings};
use crate::memory::{Memory, SESSION, VALUE_MAX};
use crate::meter_line::{MeterLine, MeterStep};
use contacts::PlugInput;
use journal::Journal;
use keys::Missing;
use orders::Orders;
use prototype_text::PrototypeText;
use station_end::StationEnd;
use talk::Talk;

/// How often the slot's inputs and outputs are told when nothing changes.
const STATE_EVERY: Duration = Duration::from_secs(1);
/// How long the board waits before it tries a flash again that refused a step.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The oldest that a record can be after a reset: a minute's checkpoint, watchdog, start.
const RESET_WITHIN: Duration = Duration::from_secs(75);

/// What can happen to a slot controller.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The computer has sent bytes.
    HostBytes(&'a [u8]),
    /// The meter has sent bytes.
    MeterBytes(&'a [u8]),
    /// A sample of the plug input: a plug is in, or out. Three in a row that say the same count.
    Plug(bool),
    /// A sample of the relay's feedback: closed, or open. Three in a row that say the same count.
    Feedback(bool),
    /// The slot's own radio has heard these bytes from this sender.
    Air(MacAddress, &'a [u8]),
}

/// What a slot controller wants done.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "without a heap a value lives where it is used"
)]
pub enum Output {
    /// Throw away what the meter sent, and send it these bytes.
    MeterWrite([u8; v2x_proto::pzem::QUESTION_BYTES]),
    /// Close the relay, or open it.
    Relay(bool),
    /// Send these bytes over the slot's own radio. Nobody waits for them to arrive.
    Air(MacAddress, Datagram),
    /// Start anew.
    Restart,
    /// Nothing more now; poll again at this time, or after the next input.
    WakeAt(Instant),
}

/// The slot controller board.
#[derive(Debug)]
pub struct SlotController {
    decoder: LinkDecoder,
    chassis: Chassis,
    meter: MeterLine,
    slot: Slot,
    config: SlotConfig,
    relay: Relay,
    /// When it closes, while it waits for that.
    close_at: Option<Instant>,
    /// The plug input, where there is one.
    plug: Option<PlugInput>,
    text: Option<PrototypeText>,
    told: Option<SlotState>,
    tell_at: Instant,
    /// A step that the flash has refused, and when to try again.
    refused: Option<(Instant, SessionRecord)>,
    /// A step from before the start that the journal has refused, and when to try again.
    missed: Option<(Instant, SessionRecord)>,
    kept: Option<SessionRecord>,
    journal: Journal,
    /// When a step of the open session went into the journal last.
    copied_at: Instant,
    /// V2G, where the slot has keys.
    station_end: Option<Box<StationEnd>>,
    /// The newest measurement.
    measured: Option<(Instant, MeterValues)>,
    /// What the computer's clock said, and when.
    clock: Option<(Instant, UtcTime)>,
    relay_fault: Option<RelayFault>,
}

impl SlotController {
    /// A slot controller that has just started, and goes on with the session in its flash.
    /// `seed` is drawn at random for each boot; keys of the conversation with cars come from it.
    #[must_use]
    pub fn new(
        identity: Identity,
        settings: Settings,
        panic: Option<PanicNote>,
        seed: [u8; 32],
        now: Instant,
        memory: &mut dyn Memory,
    ) -> Self {
        let (config, limits) = (settings::slot(&settings), settings::limits(&settings));
        let [a, b, c, d, e, f, g, h, ..] = seed;
        let ids = TransactionIds::new(identity.boot, u64::from_le_bytes([a, b, c, d, e, f, g, h]));
        let relay = settings::relay(&settings, now);
        let mut room = [0; VALUE_MAX];
        let kept = memory.fetch(SESSION, &mut room).ok().flatten();
        let kept = kept.and_then(step_bytes::read);
        let slot = match &kept {
            Some(record) => {
                let cause = interruption(identity.boot_reason);
                Slot::resume(config.clone(), limits, ids, now, record, cause)
            }
            None => Slot::new(config.clone(), limits, ids, now),
        };
        let meter = MeterLine::new(settings::address(&settings), now);
        let text = PrototypeText::of(&settings, now);
        let plug = settings::has_plug_input(&settings).then(PlugInput::default);
        let (clock_unknown, fresh) = settings::trust(&settings);
        let loaded = keys::load(memory, clock_unknown, fresh);
        let mut chassis = Chassis::new(identity, settings, panic, now);
        if text.is_some() {
            chassis.speak_text();
        }
        let station_end = match loaded {
            Ok(loaded) => Some(StationEnd::open(loaded, seed, kept.as_ref(), now, memory)),
            Err(Missing::All) => None,
            Err(Missing::Whole) => {
                let text = "keys: parts are missing or do not belong together; give them anew";
                chassis.log(now, LogLevel::Error, format_args!("{text}"));
                None
            }
        };
        let mut journal = Journal::new(identity.boot);
        let mut missed = None;
        if let Some(record) = &kept {
            if let Err(error) = journal.catch_up(record, memory) {
                missed = Some((now + RETRY_AFTER, *record));
                let text = format_args!("journal: entry not kept: {error}");
                chassis.log(now, LogLevel::Error, text);
            }
            if journal.given_up() > 0 {
                let text = format_args!("journal: full, the oldest entry was given up");
                chassis.log(now, LogLevel::Error, text);
            }
        }
        Self {
            decoder: LinkDecoder::new(),
            chassis,
            meter,
            slot,
            config,
            relay,
            close_at: None,
            plug,
            text,
            told: None,
            tell_at: now,
            refused: None,
            missed,
            kept,
            journal,
            copied_at: now,
            station_end: station_end.map(Box::new),
            measured: None,
            clock: None,
            relay_fault: None,
        }
    }

    /// Its end of the line.
    #[must_use]
    pub const fn chassis(&self) -> &Chassis {
        &self.chassis
    }

    /// Its end of the line.
    pub const fn chassis_mut(&mut self) -> &mut Chassis {
        &mut self.chassis
    }

    /// The slot's own machine.
    #[must_use]
    pub const fn slot(&self) -> &Slot {
        &self.slot
    }

    /// What happened on the meter's line.
    #[must_use]
    pub const fn meter(&self) -> &MeterLine {
        &self.meter
    }

    /// Takes what has happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, memory: &mut dyn Memory) {
        let mut hear_clock = None;
        match input {
            Input::MeterBytes(bytes) => self.meter.bytes(now, bytes),
            Input::Plug(sample) => self.see_plug(now, sample),
            Input::Feedback(closed) => self.relay.see(closed),
            Input::Air(from, bytes) => {
                if let Some(end) = &mut self.station_end {
                    end.hear(now, from, bytes);
                }
            }
            Input::HostBytes(mut bytes) => {
                while let Some(event) = self.decoder.next(&mut bytes) {
                    let Event::Frame(frame) = event else { continue };
                    self.chassis.heard(now, frame.boot);
                    match frame.message {
                        Message::Command(command) => {
                            let mut orders = Orders {
                                now,
                                chassis: &mut self.chassis,
                                slot: &mut self.slot,
                                is_free: self.config.policy == Policy::FreeVend,
                                relay: &self.relay,
                                fault: &mut self.relay_fault,
                            };
                            let list = orders.command(&command, memory);
                            if let (Some(list), Some(end)) = (list, &mut self.station_end) {
                                end.revoke(now, &list);
                            }
                        }
                        Message::JournalKept(kept) => {
                            (self.journal).kept(now, kept, &mut self.chassis, memory);
                        }
                        Message::WallClock(said) => hear_clock = Some(said.utc),
                        Message::PriceSchedule(schedule) => {
                            let end = self.station_end.as_mut();
                            let kept = end.map_or(Ok(()), |end| end.price(&schedule, memory));
                            if let Err(error) = kept {
                                let text = format_args!("prices not kept: {error}");
                                self.chassis.log(now, LogLevel::Warn, text);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        if let Some(utc) = hear_clock {
            self.clock = utc.map(|utc| (now, utc));
            self.tell_slot(now, SlotInput::Clock(utc));
            if let Some(end) = &mut self.station_end {
                end.clock(now, utc);
            }
        }
    }

    fn utc(&self, now: Instant) -> Option<UtcTime> {
        self.clock.map(|(told, utc)| utc + now.since(told))
    }

    /// Says what is to be done at `now`; call again until it is [`Output::WakeAt`].
    pub fn poll(&mut self, now: Instant, memory: &mut dyn Memory) -> Output {
        let mut wake = match self.poll_meter(now) {
            Ok(question) => return question,
            Err(at) => at,
        };
        loop {
            match self.poll_slot(now, memory) {
                Ok(output) => return output,
                Err(at) => wake = wake.min(at.unwrap_or(wake)),
            }
            match self.poll_station_end(now, memory) {
                Talk::Output(output) => return output,
                Talk::More => {}
                Talk::WakeAt(at) => {
                    wake = wake.min(at.unwrap_or(wake));
                    break;
                }
            }
        }
        self.watch_relay(now);
        self.show();
        self.chassis.poll(now, None);
        self.tell_state(now);
        let journal = self.journal.poll(now, &mut self.chassis, memory);
        wake = wake.min(journal.unwrap_or(wake));
        if let Some(text) = &mut self.text {
            text.poll(now, &mut self.chassis);
            wake = wake.min(text.deadline());
        } else {
            wake = wake.min(self.chassis.deadline()).min(self.tell_at);
        }
        if self.chassis.restart_is_due() {
            return Output::Restart;
        }
        Output::WakeAt(wake)
    }

    /// What the meter's line is to do, or when to look again.
    fn poll_meter(&mut self, now: Instant) -> Result<Output, Instant> {
        loop {
            match self.meter.poll(now) {
                MeterStep::Ask(bytes) => return Ok(Output::MeterWrite(bytes)),
                MeterStep::WakeAt(at) => return Err(at),
                MeterStep::Reading(at, reading) => self.measured(now, at, reading),
            }
        }
    }

    fn measured(&mut self, now: Instant, at: Instant, reading: MeterReading) {
        if let Ok(values) = &reading.values {
            self.measured = Some((at, *values));
            self.tell_slot(now, SlotInput::Sample(sample(at, values)));
        }
        match &mut self.text {
            Some(text) => text.reading(&reading),
            None => self.chassis.send(at, reading),
        }
    }

    /// What the slot wants done, or when it wants to look again.
    fn poll_slot(
        &mut self,
        now: Instant,
        memory: &mut dyn Memory,
    ) -> Result<Output, Option<Instant>> {
        self.try_missed(now, memory);
        if let Some((at, record)) = self.refused.filter(|(at, _)| now >= *at) {
            self.refused = None;
            self.keep(now.max(at), record, memory);
        }
        loop {
            match self.slot.poll(now) {
                SlotOutput::Persist(record) => self.keep(now, record, memory),
                SlotOutput::OpenRelay => {
                    self.close_at = None;
                    if self.relay.ask(false, now) {
                        return Ok(Output::Relay(false));
                    }
                }
                SlotOutput::CloseRelay => {
                    let end = self.station_end.as_mut();
                    let wait = end.map_or(Duration::ZERO, |end| end.draw_wait());
                    self.close_at = Some(now + wait);
                }
                SlotOutput::State(state) => {
                    self.chassis
                        .log(now, LogLevel::Info, format_args!("slot: {state}"));
                }
                SlotOutput::Started(record) => self.say(now, "started", &record),
                SlotOutput::Resumed(record) => self.say(now, "resumed", &record),
                SlotOutput::Ended(record) => {
                    let utc = self.utc(now);
                    if let Some(end) = &mut self.station_end {
                        end.ended(&record, utc);
                    }
                    self.say(now, "ended", &record);
                }
                SlotOutput::WakeAt(at) => {
                    if self.close_at.take_if(|at| now >= *at).is_some()
                        && self.relay_fault.is_none()
                        && self.relay.ask(true, now)
                    {
                        return Ok(Output::Relay(true));
                    }
                    let retries = [self.refused, self.missed].into_iter().flatten();
                    let retries = retries.map(|(at, _)| at).chain(self.close_at);
                    return Err(at.into_iter().chain(retries).min());
                }
            }
        }
    }

    fn tell_slot(&mut self, now: Instant, input: SlotInput) {
        if let Err(refused) = self.slot.handle(now, input) {
            self.chassis
                .log(now, LogLevel::Warn, format_args!("{refused}"));
        }
    }
}

/// What is known of the time before a start: a chip has no clock that goes on without power. With
/// power, its newest record is at most a checkpoint and a watchdog old; a session's time may come
/// out longer by so much, its energy does not.
const fn interruption(reason: BootReason) -> Interruption {
    match reason {
        BootReason::PowerOn | BootReason::Brownout | BootReason::Unknown => Interruption {
            cause: Restart::PowerLoss,
            length: None,
        },
        BootReason::ResetPin
        | BootReason::Software
        | BootReason::Panic
        | BootReason::Watchdog
        | BootReason::DeepSleep => Interruption {
            cause: Restart::Reboot,
            length: Some(RESET_WITHIN),
        },
    }
}

/// A reading as a sample for the judge.
fn sample(at: Instant, values: &MeterValues) -> MeterSample {
    MeterSample {
        at,
        voltage: Some(values.voltage),
        current: Some(values.current),
        power: Some(values.power),
        energy: Some(values.energy),
        frequency: Some(Hertz::new(values.frequency_hz)),
        power_factor: Some(values.power_factor),
    }
}
