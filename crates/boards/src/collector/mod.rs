//! The collector: CAN frames and GNSS fixes up to the computer, and nothing down to the bus.
//!
//! Not here: the CAN controller (listen-only by hardware) and the interrupt that stamps frames;
//! both fill a queue that this board empties. The prototype's text is a setting.
//!
//! | file | what it holds |
//! |---|---|
//! | [`can_queue`] | frames between the interrupt and the link |
//! | [`bus_watch`] | whether the bus is silent, off, absent or of another bit rate |
//! | [`bit_rate_probe`] | finds the bit rate of a bus by listening |
//! | [`gnss`] | the receiver: its baud rate, its set-up, its fixes |
//! | [`mcp2515`] | the words of a CAN controller on SPI |
//! | [`prototype_text`] | the lines of the prototype's collector |
//!
//! **Nothing is lost at a full bus.** 500 kbit/s carry at most 4,505 frames of eight bytes a
//! second, 60,200 bytes of link (docs/protocol/link.md); 921,600 baud carry 92,160. The queue of
//! 512 frames bridges 113 ms in which the main loop does not run or the UART takes nothing.

pub mod bit_rate_probe;
pub mod bus_watch;
pub mod can_queue;
pub mod gnss;
pub mod mcp2515;
pub mod prototype_text;

use v2x_proto::link::message::{BusState, CanStatus, Command, CommandResult, LogLevel};
use v2x_proto::link::{Event, LinkDecoder, Message};
use v2x_units::Instant;

pub use bit_rate_probe::BitRateProbe;
pub use bus_watch::{BusWatch, ControllerReport};
pub use can_queue::{Arrival, Arrivals, CanQueue};
use gnss::{GnssOutput, Receiver};
use prototype_text::PrototypeText;

use crate::chassis::settings::{one_of, whole};
use crate::chassis::{Answer, Chassis, Identity, NAME, PanicNote, Pattern, Setting, Settings};
use crate::memory::Memory;

/// What the collector says on its line: `link` or `text`.
pub const MODE: &str = "mode";
/// The bit rate of the bus in bit/s, or `auto` to find it by listening.
pub const BIT_RATE: &str = "can.bitrate";
/// How often the receiver is to report, 1 or 5 times a second.
pub const GNSS_RATE: &str = "gnss.rate";

/// The settings of a collector.
pub const SETTINGS: &[Setting] = &[
    NAME,
    Setting {
        number: 2,
        key: MODE,
        default: "link",
        secret: false,
        check: |value| one_of(value, &["link", "text"], "link or text"),
    },
    Setting {
        number: 3,
        key: BIT_RATE,
        default: "500000",
        secret: false,
        check: |value| {
            let rates = &["auto", "1000000", "500000", "250000", "125000"];
            one_of(value, rates, "auto, 1000000, 500000, 250000 or 125000")
        },
    },
    Setting {
        number: 4,
        key: GNSS_RATE,
        default: "5",
        secret: false,
        check: |value| whole(value, 1, 5, "1 to 5 reports a second"),
    },
];

/// The bit rate before anybody has set one: that of a Twizy.
const USUAL_BIT_RATE: u32 = 500_000;

/// What can happen to a collector. Frames come through [`Arrivals`].
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The computer has sent bytes.
    HostBytes(&'a [u8]),
    /// The GNSS receiver has sent bytes.
    GnssBytes(&'a [u8]),
    /// The receiver's pulse marked the beginning of a second at this time.
    PulsePerSecond(Instant),
    /// What the CAN controller says of itself, ten times a second or more.
    Controller(ControllerReport),
}

/// What a collector wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Listen to the receiver at this baud rate.
    GnssBaud(u32),
    /// Send these bytes to the receiver.
    GnssWrite(&'static [u8]),
    /// Listen to the bus at this bit rate.
    BitRate(u32),
    /// Start anew: the answer to the order has gone out.
    Restart,
    /// Nothing more now; poll again at this time, or after the next input.
    WakeAt(Instant),
}

/// The collector board.
#[derive(Debug)]
pub struct Collector {
    decoder: LinkDecoder,
    chassis: Chassis,
    watch: BusWatch,
    probe: Option<BitRateProbe>,
    bit_rate: Option<u32>,
    gnss: Receiver,
    text: Option<PrototypeText>,
    told: Option<BusState>,
}

impl Collector {
    /// A collector that has just started.
    #[must_use]
    pub fn new(
        identity: Identity,
        settings: Settings,
        panic: Option<PanicNote>,
        now: Instant,
    ) -> Self {
        let is_text = settings.text(MODE) == "text";
        let bit_rate = settings.number(BIT_RATE);
        let gnss = Receiver::new(settings.number(GNSS_RATE).unwrap_or(1), now);
        let mut chassis = Chassis::new(identity, settings, panic, now);
        if is_text {
            chassis.speak_text();
        }
        Self {
            decoder: LinkDecoder::new(),
            chassis,
            watch: BusWatch::new(now),
            probe: bit_rate.is_none().then(|| BitRateProbe::new(now)),
            bit_rate: Some(bit_rate.unwrap_or(USUAL_BIT_RATE)),
            gnss,
            text: is_text.then(|| PrototypeText::new(now)),
            told: None,
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

    /// What is known of the bus.
    #[must_use]
    pub const fn bus(&self) -> &BusWatch {
        &self.watch
    }

    /// What is known of the GNSS receiver.
    #[must_use]
    pub const fn gnss(&self) -> &Receiver {
        &self.gnss
    }

    /// Takes what has happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>, memory: &mut dyn Memory) {
        match input {
            Input::HostBytes(bytes) => self.hear_computer(now, bytes, memory),
            Input::GnssBytes(bytes) => {
                let Self {
                    gnss,
                    chassis,
                    text,
                    ..
                } = self;
                gnss.bytes(now, bytes, |at, report| match text {
                    Some(text) => text.fix(at, report),
                    None => chassis.send(at, *report),
                });
            }
            Input::PulsePerSecond(at) => self.gnss.pulse(at),
            Input::Controller(report) => self.watch.report(now, report),
        }
    }

    fn hear_computer(&mut self, now: Instant, mut bytes: &[u8], memory: &mut dyn Memory) {
        while let Some(event) = self.decoder.next(&mut bytes) {
            let Event::Frame(frame) = event else { continue };
            self.chassis.heard(now, frame.boot);
            if let Message::Command(command) = frame.message {
                answer(&mut self.chassis, now, &command, memory);
            }
        }
    }

    /// Says what is to be done at `now`; call again until it is [`Output::WakeAt`].
    pub fn poll(&mut self, now: Instant, frames: &mut impl Arrivals) -> Output {
        match &mut self.text {
            Some(text) => {
                text.poll(now, &mut self.chassis, frames, &mut self.watch);
            }
            None => self.take_frames(now, frames),
        }
        self.chassis.poll_batch(now);
        if let Some(probe) = &mut self.probe {
            if let Some(rate) = probe.poll(now, self.watch.frames()) {
                self.bit_rate = Some(rate);
            }
            if let Some(found) = probe.found() {
                self.probe = None;
                let text = format_args!("the bus has {found} bit/s");
                self.chassis.log(now, LogLevel::Info, text);
            }
        }
        self.tell_bus(now);
        let can = self.can_status(now, frames);
        self.chassis.poll(now, Some(can));
        self.show(now);
        if let Some(rate) = self.bit_rate.take() {
            return Output::BitRate(rate);
        }
        match self.gnss.poll(now) {
            Some(GnssOutput::Baud(baud)) => return Output::GnssBaud(baud),
            Some(GnssOutput::Write(bytes)) => return Output::GnssWrite(bytes),
            None => {}
        }
        if self.chassis.restart_is_due() {
            return Output::Restart;
        }
        Output::WakeAt(self.deadline(now))
    }

    /// Passes frames on while the line has room for the batch that they may close.
    fn take_frames(&mut self, now: Instant, frames: &mut impl Arrivals) {
        while self.chassis.has_room_for_batch() {
            let Some(arrival) = frames.take() else {
                let dropped = frames.take_trailing_drops();
                if dropped > 0 {
                    self.chassis.skip_can(dropped);
                }
                break;
            };
            if arrival.dropped_before > 0 {
                self.chassis.skip_can(arrival.dropped_before);
            }
            self.watch.frame(now);
            self.chassis.push_can(arrival.at, &arrival.frame);
        }
    }

    /// Says it once when the bus is in another state.
    fn tell_bus(&mut self, now: Instant) {
        let state = self.watch.state(now);
        if self.told == Some(state) {
            return;
        }
        self.told = Some(state);
        let (level, text) = match state {
            BusState::Active => (LogLevel::Info, "CAN: frames arrive"),
            BusState::Silent => (LogLevel::Warn, "CAN: no bus, or nobody speaks on it"),
            BusState::ErrorPassive => (LogLevel::Warn, "CAN: many errors; look at the wiring"),
            BusState::BusOff => (LogLevel::Error, "CAN: bus off; CAN-H and CAN-L shorted?"),
            BusState::Absent => (LogLevel::Error, "CAN: the controller does not answer"),
            BusState::WrongBitRate => (LogLevel::Error, "CAN: only errors: another bit rate"),
        };
        self.chassis.log(now, level, format_args!("{text}"));
    }

    fn can_status(&self, now: Instant, frames: &impl Arrivals) -> CanStatus {
        let queue = frames.status();
        let report = self.watch.last_report();
        CanStatus {
            bus: self.watch.state(now),
            transmit_errors: report.transmit_errors,
            receive_errors: report.receive_errors,
            bus_errors: report.bus_errors,
            receive_overflows: report.overflows,
            dropped: queue.dropped,
            next_number: self.chassis.next_can_number(),
            queue,
        }
    }

    fn show(&mut self, now: Instant) {
        let stalled = !self.chassis.has_room_for_batch();
        let pattern = match self.watch.state(now) {
            BusState::BusOff | BusState::Absent => Pattern::Fault,
            BusState::WrongBitRate | BusState::ErrorPassive => Pattern::Misconnected,
            _ if stalled => Pattern::LineStalled,
            BusState::Silent => Pattern::Idle,
            BusState::Active => Pattern::Well,
        };
        self.chassis.led_mut().show(pattern);
    }

    fn deadline(&self, now: Instant) -> Instant {
        let mut at = self.gnss.deadline().min(self.watch.deadline(now));
        match &self.text {
            Some(text) => at = at.min(text.deadline()),
            None => at = at.min(self.chassis.deadline()),
        }
        if let Some(batch) = self.chassis.batch_deadline() {
            at = at.min(batch);
        }
        if let Some(probe) = &self.probe {
            at = at.min(probe.deadline());
        }
        at
    }
}

/// Answers a command to a board that has neither relay nor radio.
pub(crate) fn answer(
    chassis: &mut Chassis,
    now: Instant,
    command: &Command<'_>,
    memory: &mut dyn Memory,
) {
    if chassis.command(now, command, memory).is_none() {
        chassis.answer(now, command.id, Answer::of(CommandResult::UnknownOrder, ""));
    }
}
