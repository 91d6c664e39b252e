//! The slot meter: reads a PZEM-004T and hands its values up, and nothing else.
//!
//! Not here: sessions, relays, money. The prototype's text line is a setting.

use v2x_proto::link::message::BoardKind;
use v2x_proto::link::{Event, LinkDecoder, Message};
use v2x_units::Instant;

use crate::chassis::{Chassis, Identity, NAME, PanicNote, Pattern, Setting, Settings};
use crate::collector::answer;
use crate::memory::Memory;
use crate::meter_line::{MeterLine, MeterStep};
use crate::slot_controller::prototype_text::{self, PrototypeText};

/// The meter's Modbus address.
pub const ADDRESS: Setting = Setting {
    number: 10,
    key: "meter.address",
    default: "248",
    secret: false,
    check: |value| match value.parse() {
        Ok(address) if v2x_proto::pzem::is_address(address) => Ok(()),
        _ => Err("1 to 247, or 248 for the only meter on the line"),
    },
};

/// The settings of a slot meter.
pub const SETTINGS: &[Setting] = &[
    NAME,
    prototype_text::MODE,
    ADDRESS,
    prototype_text::FORM,
    prototype_text::SLOT,
    prototype_text::THRESHOLD,
    prototype_text::LATITUDE,
    prototype_text::LONGITUDE,
];

/// What can happen to a slot meter.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The computer has sent bytes.
    HostBytes(&'a [u8]),
    /// The meter has sent bytes.
    MeterBytes(&'a [u8]),
}

/// What a slot meter wants done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Output {
    /// Throw away what the meter sent, and send it these bytes.
    MeterWrite([u8; v2x_proto::pzem::QUESTION_BYTES]),
    /// Start anew.
    Restart,
    /// Nothing more now; poll again at this time, or after the next input.
    WakeAt(Instant),
}

/// The slot meter board.
#[derive(Debug)]
pub struct SlotMeter {
    decoder: LinkDecoder,
    chassis: Chassis,
    meter: MeterLine,
    text: Option<PrototypeText>,
}

impl SlotMeter {
    /// A slot meter that has just started.
    #[must_use]
    pub fn new(
        identity: Identity,
        settings: Settings,
        panic: Option<PanicNote>,
        now: Instant,
    ) -> Self {
        let meter = MeterLine::new(
            settings
                .number(ADDRESS.key)
                .unwrap_or(v2x_proto::pzem::GENERAL_ADDRESS),
            now,
        );
        let text = PrototypeText::of(&settings, now);
        let mut chassis = Chassis::new(identity, settings, panic, now);
        if text.is_some() {
            chassis.speak_text();
        }
        debug_assert!(
            identity.kind == BoardKind::SlotMeter,
            "the firmware names its board"
        );
        Self {
            decoder: LinkDecoder::new(),
            chassis,
            meter,
            text,
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

    /// What happened on the meter's line.
    #[must_use]
    pub const fn meter(&self) -> &MeterLine {
        &self.meter
    }

    /// Takes what has happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, memory: &mut dyn Memory) {
        match input {
            Input::MeterBytes(bytes) => self.meter.bytes(now, bytes),
            Input::HostBytes(mut bytes) => {
                while let Some(event) = self.decoder.next(&mut bytes) {
                    let Event::Frame(frame) = event else { continue };
                    self.chassis.heard(now, frame.boot);
                    if let Message::Command(command) = frame.message {
                        answer(&mut self.chassis, now, &command, memory);
                    }
                }
            }
        }
    }

    /// Says what is to be done at `now`; call again until it is [`Output::WakeAt`].
    pub fn poll(&mut self, now: Instant) -> Output {
        self.chassis.poll(now, None);
        let wake = loop {
            match self.meter.poll(now) {
                MeterStep::Ask(bytes) => return Output::MeterWrite(bytes),
                MeterStep::WakeAt(at) => break at,
                MeterStep::Reading(at, reading) => {
                    let pattern = match reading.values {
                        Ok(_) => Pattern::Well,
                        Err(_) => Pattern::Misconnected,
                    };
                    self.chassis.led_mut().show(pattern);
                    match &mut self.text {
                        Some(text) => text.reading(&reading),
                        None => self.chassis.send(at, reading),
                    }
                }
            }
        };
        if let Some(text) = &mut self.text {
            text.poll(now, &mut self.chassis);
        }
        if self.chassis.restart_is_due() {
            return Output::Restart;
        }
        let text = self.text.as_ref().map(PrototypeText::deadline);
        Output::WakeAt(wake.min(text.unwrap_or(self.chassis.deadline())))
    }
}
