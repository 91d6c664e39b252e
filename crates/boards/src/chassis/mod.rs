//! What every board has: its end of the link, settings, answers to commands, LED, panic record.
//!
//! Not here: what a board is for (its own module) and the bytes of the link (`v2x_proto::link`).
//!
//! | file | what it holds |
//! |---|---|
//! | [`answers`] | commands that were answered, so that none is done twice |
//! | [`identity`] | who a board is and why it runs |
//! | [`led`] | what the LED says |
//! | [`line_queue`] | bytes that wait for the UART |
//! | [`panic_record`] | the last words of a boot, for the next one |
//! | [`settings`] | a board's configuration, kept in flash |
//! | [`watchdog`] | whether every task of the board still lives |

pub mod answers;
pub mod identity;
pub mod led;
pub mod line_queue;
pub mod panic_record;
pub mod settings;
pub mod watchdog;

use core::fmt::{self, Write as _};

use v2x_proto::link::message::{
    Acknowledgement, BoardStatus, CanStatus, Command, CommandResult, Hello, LogLevel, LogLine,
    Order, QueueStatus,
};
use v2x_proto::link::{LinkEncoder, Message, VERSION};
use v2x_units::{BootId, Instant};

use answers::Answers;
pub use answers::{Answer, Text};
pub use identity::Identity;
pub use led::{Led, Pattern};
pub use line_queue::LineQueue;
pub use panic_record::PanicNote;
pub use settings::{Setting, Settings};

use crate::limits::{
    BATCH_WIRE_MAX, HELLO_EVERY, LINE_BYTES, LINE_FRAMES, LINK_BAUD, PANIC_TOLD, STATUS_EVERY,
    TEXT_BAUD,
};
use crate::memory::Memory;

/// The name that every board's owner can give it.
pub const NAME: Setting = Setting {
    number: 1,
    key: "name",
    default: "",
    secret: false,
    check: settings::any_text,
};

/// What every board has.
#[derive(Debug)]
pub struct Chassis {
    identity: Identity,
    settings: Settings,
    encoder: LinkEncoder,
    line: LineQueue<LINE_BYTES, LINE_FRAMES>,
    answers: Answers,
    led: Led,
    panic: Option<PanicNote>,
    panic_told: u8,
    hello_at: Instant,
    status_at: Instant,
    restart: bool,
    speaks_link: bool,
    heard_at: Option<Instant>,
    radio_queue: QueueStatus,
    heap_left: u32,
}

impl Chassis {
    /// A board that has just started, with what an earlier boot left behind.
    #[must_use]
    pub fn new(
        identity: Identity,
        settings: Settings,
        panic: Option<PanicNote>,
        now: Instant,
    ) -> Self {
        Self {
            identity,
            settings,
            encoder: LinkEncoder::new(identity.boot),
            line: LineQueue::new(),
            answers: Answers::default(),
            led: Led::default(),
            panic,
            panic_told: 0,
            hello_at: now,
            status_at: now,
            restart: false,
            speaks_link: true,
            heard_at: None,
            radio_queue: QueueStatus::default(),
            heap_left: 0,
        }
    }

    /// Leaves the line to text: no frame of the link goes out any more.
    pub(crate) const fn speak_text(&mut self) {
        self.speaks_link = false;
    }

    /// The speed of the line to the computer, in baud.
    #[must_use]
    pub const fn line_baud(&self) -> u32 {
        if self.speaks_link {
            LINK_BAUD
        } else {
            TEXT_BAUD
        }
    }

    /// Who the board is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// How it is configured.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Bytes that the UART can take now; say with [`Self::written`] how many it took.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        self.line.pending()
    }

    /// The UART has taken so many bytes of [`Self::pending`].
    pub fn written(&mut self, count: usize) {
        self.line.written(count);
    }

    /// Whether the LED is on now.
    #[must_use]
    pub fn led_is_on(&self, now: Instant) -> bool {
        self.led.is_on(now)
    }

    /// What the firmware measured of its heap; the fewest free bytes since boot.
    pub const fn set_heap_left(&mut self, bytes: u32) {
        self.heap_left = bytes;
    }

    /// When the computer was last heard; boards go on alone without it.
    #[must_use]
    pub const fn computer_heard_at(&self) -> Option<Instant> {
        self.heard_at
    }

    pub(crate) const fn led_mut(&mut self) -> &mut Led {
        &mut self.led
    }

    pub(crate) const fn set_radio_queue(&mut self, status: QueueStatus) {
        self.radio_queue = status;
    }

    pub(crate) const fn next_can_number(&self) -> u32 {
        self.encoder.next_can_number()
    }

    /// Whether a batch of CAN frames that is closed now finds room.
    pub(crate) fn has_room_for_batch(&self) -> bool {
        self.line.room() >= BATCH_WIRE_MAX
    }

    /// Whether the line has room for so many bytes.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.line.room() >= bytes
    }

    /// Passes a CAN frame on; ask [`Self::has_room_for_batch`] first.
    pub(crate) fn push_can(&mut self, at: Instant, frame: &v2x_units::CanFrame) {
        if let Some(wire) = self.encoder.push_can(at, frame) {
            self.line.push(wire);
        }
    }

    /// Leaves out the numbers of frames that were dropped.
    pub(crate) fn skip_can(&mut self, dropped: u32) {
        if let Some(wire) = self.encoder.skip_can(dropped) {
            self.line.push(wire);
        }
    }

    /// Closes a batch whose time is over; waits while the line has no room for it.
    pub(crate) fn poll_batch(&mut self, now: Instant) {
        if self.has_room_for_batch()
            && let Some(wire) = self.encoder.poll(now)
        {
            self.line.push(wire);
        }
    }

    pub(crate) fn batch_deadline(&self) -> Option<Instant> {
        self.encoder.deadline()
    }

    /// Sends a message. One that finds no room on the line is lost and counted at both ends.
    pub(crate) fn send<'a>(&mut self, at: Instant, message: impl Into<Message<'a>>) {
        if !self.speaks_link {
            return;
        }
        // What a board says of itself always fits its field: limits.rs bounds every text.
        if let Ok(wire) = self.encoder.send(at, message) {
            self.line.push(wire);
        }
    }

    /// Puts bytes that are no frames on the line, whole or not at all.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) -> bool {
        self.line.push(bytes)
    }

    /// Says something to whoever reads the log.
    pub(crate) fn log(&mut self, now: Instant, level: LogLevel, text: fmt::Arguments<'_>) {
        let text = Text::cut(text);
        self.send(
            now,
            LogLine {
                level,
                text: text.as_str(),
            },
        );
    }

    /// Notes that the computer spoke, and with which boot: a new one begins to count anew.
    pub(crate) fn heard(&mut self, now: Instant, boot: BootId) {
        self.heard_at = Some(now);
        self.answers.hear(boot);
    }

    /// Answers a command that every board knows, or one that was answered before. `None`: the
    /// board has to answer it with [`Self::answer`].
    pub(crate) fn command(
        &mut self,
        now: Instant,
        command: &Command<'_>,
        memory: &mut dyn Memory,
    ) -> Option<CommandResult> {
        if let Some(answer) = self.answers.given(command.id) {
            let answer = answer.clone();
            self.tell_answer(now, command.id, &answer);
            return Some(answer.result);
        }
        let answer = match command.order {
            Order::SayHello => {
                self.hello_at = now;
                self.status_at = now;
                self.panic_told = 0;
                Answer::done()
            }
            Order::Restart => {
                self.restart = true;
                Answer::done()
            }
            Order::Identify => {
                self.led.identify(now);
                Answer::done()
            }
            Order::ReadSetting { key } => self.settings.answer_read(key),
            Order::WriteSetting { key, value } => self.settings.answer_write(key, value, memory),
            Order::Relay { .. }
            | Order::RadioChannel(_)
            | Order::RadioAddress(_)
            | Order::Slot(_)
            | Order::Keys { .. } => return None,
            Order::Unknown { .. } => Answer::of(CommandResult::UnknownOrder, ""),
        };
        let result = answer.result;
        self.answer(now, command.id, answer);
        Some(result)
    }

    /// Answers a command, now and whenever it is repeated.
    pub(crate) fn answer(&mut self, now: Instant, id: u16, answer: Answer) {
        self.tell_answer(now, id, &answer);
        self.answers.keep(id, answer);
    }

    fn tell_answer(&mut self, now: Instant, id: u16, answer: &Answer) {
        self.send(
            now,
            Acknowledgement {
                id,
                result: answer.result,
                detail: answer.detail.as_str(),
            },
        );
    }

    /// Whether a restart was asked for and its answer is on its way.
    pub(crate) fn restart_is_due(&self) -> bool {
        self.restart && self.line.pending().is_empty()
    }

    /// Says hello, and how the board is, when it is time to; waits while there is no room.
    pub(crate) fn poll(&mut self, now: Instant, can: Option<CanStatus>) {
        if !self.speaks_link || !self.has_room_for_batch() {
            return;
        }
        if now >= self.hello_at {
            self.hello_at = now + HELLO_EVERY;
            let name = Text::cut(format_args!("{}", self.settings.text(NAME.key)));
            let hello = Hello {
                kind: self.identity.kind,
                board: self.identity.board,
                firmware: self.identity.firmware,
                oldest_version: VERSION,
                newest_version: VERSION,
                name: name.as_str(),
            };
            self.send(now, hello);
            self.tell_panic(now);
        }
        if now >= self.status_at {
            self.status_at = now + STATUS_EVERY;
            let status = BoardStatus {
                boot_reason: self.identity.boot_reason,
                firmware: self.identity.firmware,
                heap_left: self.heap_left,
                link_queue: self.line.status(),
                radio_queue: self.radio_queue,
                can,
            };
            self.send(now, status);
        }
    }

    /// When [`Self::poll`] has something to say.
    pub(crate) fn deadline(&self) -> Instant {
        self.hello_at.min(self.status_at)
    }

    fn tell_panic(&mut self, now: Instant) {
        let Some(note) = &self.panic else { return };
        if self.panic_told >= PANIC_TOLD {
            return;
        }
        self.panic_told += 1;
        let note = note.clone();
        self.send(now, note.record());
    }
}

impl Text {
    /// What fits of a text.
    pub(crate) fn cut(text: fmt::Arguments<'_>) -> Self {
        let mut cut = Self::default();
        // Writing cuts and never fails.
        let _cut = cut.write_fmt(text);
        cut
    }
}
