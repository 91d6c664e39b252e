//! The slot controller: meter, relay and session of one charging slot, with or without a computer.
//!
//! Not here: whether a sample is plausible and when a session starts and ends (`v2x_charging`, the
//! same code that the station computer runs), and money, which is the computer's.
//!
//! | file | what it holds |
//! |---|---|
//! | `orders` | what the computer can ask of a slot |
//! | [`relay`] | the relay with its feedback |
//! | [`settings`] | what a slot is, as its owner set it |
//! | [`step_bytes`] | a session step as bytes in flash |
//! | [`prototype_text`] | the text line of the prototype |
//!
//! **Every step of a session is in flash before it counts.** A restart goes on with the open
//! session; steps that the computer may not have seen wait in flash too, until it speaks.
//!
//! **The relay is moved by the slot alone.** The computer's order to close releases the slot, its
//! order to open interrupts it; neither closes a relay that is stuck or whose meter is silent. When
//! the computer goes away the slot goes on as it was.

mod orders;
pub mod prototype_text;
pub mod relay;
pub mod settings;
pub mod step_bytes;

use core::time::Duration;

use v2x_charging::{
    Input as SlotInput, Interruption, MeterSample, Output as SlotOutput, Policy, Restart,
    SessionRecord, Slot, TransactionIds,
};
use v2x_proto::link::message::{BootReason, LogLevel, MeterReading, MeterValues, Plug, SlotState};
use v2x_proto::link::{Event, LinkDecoder, Message};
use v2x_units::{BootId, Hertz, Instant};

pub use relay::{Relay, RelayFault};
pub use settings::SETTINGS;

use crate::chassis::{Chassis, Identity, PanicNote, Pattern, Settings};
use crate::memory::{Memory, SESSION, VALUE_MAX};
use crate::meter_line::{MeterLine, MeterStep};
use orders::{Orders, hand_over_steps};
use prototype_text::PrototypeText;

/// How often the slot's inputs and outputs are told when nothing changes.
const STATE_EVERY: Duration = Duration::from_secs(1);
/// How long the board waits before it tries a flash again that refused a step.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What can happen to a slot controller.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The computer has sent bytes.
    HostBytes(&'a [u8]),
    /// The meter has sent bytes.
    MeterBytes(&'a [u8]),
    /// The plug input says that a plug is in, or out.
    Plug(bool),
    /// The feedback of the relay says closed, or open.
    Feedback(bool),
}

/// What a slot controller wants done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Output {
    /// Throw away what the meter sent, and send it these bytes.
    MeterWrite([u8; v2x_proto::pzem::QUESTION_BYTES]),
    /// Close the relay, or open it.
    Relay(bool),
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
    is_free: bool,
    relay: Relay,
    plug: Option<bool>,
    text: Option<PrototypeText>,
    told: Option<SlotState>,
    tell_at: Instant,
    /// A step that the flash has refused, and when to try again.
    refused: Option<(Instant, SessionRecord)>,
    kept: Option<SessionRecord>,
    computer: Option<BootId>,
    relay_fault: Option<RelayFault>,
}

impl SlotController {
    /// A slot controller that has just started, and goes on with the session in its flash.
    /// `drawn` is a random number, new for each boot.
    #[must_use]
    pub fn new(
        identity: Identity,
        settings: Settings,
        panic: Option<PanicNote>,
        drawn: u64,
        now: Instant,
        memory: &mut dyn Memory,
    ) -> Self {
        let (config, limits) = (settings::slot(&settings), settings::limits(&settings));
        let ids = TransactionIds::new(identity.boot, drawn);
        let relay = settings::relay(&settings, now);
        let is_free = config.policy == Policy::FreeVend;
        let mut room = [0; VALUE_MAX];
        let kept = memory.fetch(SESSION, &mut room).ok().flatten();
        let kept = kept.and_then(step_bytes::read);
        let slot = match &kept {
            Some(record) => {
                let cause = interruption(identity.boot_reason);
                Slot::resume(config, limits, ids, now, record, cause)
            }
            None => Slot::new(config, limits, ids, now),
        };
        let meter = MeterLine::new(settings::address(&settings), now);
        let text = PrototypeText::of(&settings, now);
        let plug = settings::has_plug_input(&settings).then_some(false);
        let mut chassis = Chassis::new(identity, settings, panic, now);
        if text.is_some() {
            chassis.speak_text();
        }
        Self {
            decoder: LinkDecoder::new(),
            chassis,
            meter,
            slot,
            is_free,
            relay,
            plug,
            text,
            told: None,
            tell_at: now,
            refused: None,
            kept,
            computer: None,
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
        match input {
            Input::MeterBytes(bytes) => self.meter.bytes(now, bytes),
            Input::Plug(plugged) => {
                if self.plug.is_some() {
                    self.plug = Some(plugged);
                    self.tell_slot(now, SlotInput::Plugged(plugged));
                }
            }
            Input::Feedback(closed) => self.relay.see(closed),
            Input::HostBytes(mut bytes) => {
                while let Some(event) = self.decoder.next(&mut bytes) {
                    let Event::Frame(frame) = event else { continue };
                    self.chassis.heard(now, frame.boot);
                    let is_new = self.computer.replace(frame.boot) != Some(frame.boot);
                    let mut orders = Orders {
                        now,
                        chassis: &mut self.chassis,
                        slot: &mut self.slot,
                        is_free: self.is_free,
                        relay: &self.relay,
                        fault: &mut self.relay_fault,
                    };
                    let hand_over = match frame.message {
                        Message::Command(command) => orders.command(&command, memory),
                        _ => false,
                    };
                    if is_new || hand_over {
                        hand_over_steps(now, &mut self.chassis, memory);
                    }
                }
            }
        }
    }

    /// Says what is to be done at `now`; call again until it is [`Output::WakeAt`].
    pub fn poll(&mut self, now: Instant, memory: &mut dyn Memory) -> Output {
        let mut wake = match self.poll_meter(now) {
            Ok(question) => return question,
            Err(at) => at,
        };
        match self.poll_slot(now, memory) {
            Ok(output) => return output,
            Err(at) => wake = wake.min(at.unwrap_or(wake)),
        }
        self.watch_relay(now);
        self.show();
        self.chassis.poll(now, None);
        self.tell_state(now);
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
        if let Some((at, record)) = self.refused.filter(|(at, _)| now >= *at) {
            self.refused = None;
            self.keep(now.max(at), record, memory);
        }
        loop {
            match self.slot.poll(now) {
                SlotOutput::Persist(record) => self.keep(now, record, memory),
                SlotOutput::OpenRelay => {
                    if self.relay.ask(false, now) {
                        return Ok(Output::Relay(false));
                    }
                }
                SlotOutput::CloseRelay => {
                    if self.relay_fault.is_none() && self.relay.ask(true, now) {
                        return Ok(Output::Relay(true));
                    }
                }
                SlotOutput::State(state) => {
                    self.chassis
                        .log(now, LogLevel::Info, format_args!("slot: {state}"));
                }
                SlotOutput::Started(record) => self.say(now, "started", &record),
                SlotOutput::Resumed(record) => self.say(now, "resumed", &record),
                SlotOutput::Ended(record) => self.say(now, "ended", &record),
                SlotOutput::WakeAt(at) => {
                    let retry = self.refused.map(|(at, _)| at);
                    return Err(at.into_iter().chain(retry).min());
                }
            }
        }
    }

    fn say(&mut self, now: Instant, what: &str, record: &SessionRecord) {
        let (id, energy) = (record.transaction, record.energy.plausible);
        self.chassis.log(
            now,
            LogLevel::Info,
            format_args!("session {id} {what}: {energy}"),
        );
    }

    /// Keeps a step in flash; one that begins, ends or changes something also for the computer.
    fn keep(&mut self, now: Instant, record: SessionRecord, memory: &mut dyn Memory) {
        let bytes = step_bytes::write(&record);
        if let Err(error) = memory.store(SESSION, &bytes) {
            self.chassis.log(
                now,
                LogLevel::Error,
                format_args!("session not kept: {error}"),
            );
            self.refused = Some((now + RETRY_AFTER, record));
            return;
        }
        let before = self.kept.replace(record);
        let is_checkpoint = before.is_some_and(|before| {
            before.transaction == record.transaction
                && before.state == record.state
                && before.ended == record.ended
        });
        if !is_checkpoint && let Err(error) = memory.push(&bytes) {
            // The step itself is safe; only its copy for the computer is not.
            self.chassis.log(
                now,
                LogLevel::Warn,
                format_args!("step not queued: {error}"),
            );
        }
        self.slot.persisted(record.transaction, record.seq);
    }

    fn tell_slot(&mut self, now: Instant, input: SlotInput) {
        if let Err(refused) = self.slot.handle(now, input) {
            self.chassis
                .log(now, LogLevel::Warn, format_args!("{refused}"));
        }
    }

    /// A relay that does not do as it is told takes the slot out of service. One that does not
    /// close is tried again only when the computer orders it, not every half second.
    fn watch_relay(&mut self, now: Instant) {
        let fault = self.relay.fault(now);
        let waits = fault.is_none() && self.relay_fault == Some(RelayFault::DoesNotClose);
        if fault == self.relay_fault || waits {
            return;
        }
        self.relay_fault = fault;
        self.tell_slot(now, SlotInput::InService(fault.is_none()));
        let (level, text) = match fault {
            None => (LogLevel::Info, "relay: it does as it is told again"),
            Some(RelayFault::Welded) => (LogLevel::Error, "relay: it does not open"),
            Some(RelayFault::DoesNotClose) => (LogLevel::Error, "relay: it does not close"),
        };
        self.chassis.log(now, level, format_args!("{text}"));
    }

    fn show(&mut self) {
        use v2x_charging::SlotState::{Charging, Faulted, Unavailable};
        let pattern = match self.slot.state() {
            Some(Faulted(_)) => Pattern::Fault,
            _ if self.relay_fault.is_some() || self.refused.is_some() => Pattern::Fault,
            Some(Unavailable(_)) | None => Pattern::Misconnected,
            Some(Charging) => Pattern::Well,
            Some(_) => Pattern::Idle,
        };
        self.chassis.led_mut().show(pattern);
    }

    fn tell_state(&mut self, now: Instant) {
        let state = SlotState {
            plug: match self.plug {
                None => Plug::Unknown,
                Some(false) => Plug::Out,
                Some(true) => Plug::In,
            },
            relay_asked: self.relay.asked(),
            relay_seen: self.relay.seen(),
        };
        if self.told != Some(state) || now >= self.tell_at {
            self.told = Some(state);
            self.tell_at = now + STATE_EVERY;
            self.chassis.send(now, state);
        }
    }
}

/// What is known of the time before a start: a chip has no clock that goes on without power.
const fn interruption(reason: BootReason) -> Interruption {
    let cause = match reason {
        BootReason::PowerOn | BootReason::Brownout | BootReason::Unknown => Restart::PowerLoss,
        BootReason::ResetPin
        | BootReason::Software
        | BootReason::Panic
        | BootReason::Watchdog
        | BootReason::DeepSleep => Restart::Reboot,
    };
    Interruption {
        cause,
        length: None,
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
