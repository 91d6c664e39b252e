//! A bench for boards: a UART that takes its time, a computer that listens, GNSS sentences.
//!
//! Shared by the tests of this crate. The computer's end is `v2x_proto::link`, which its own tests
//! hold against another implementation.

#![allow(dead_code, reason = "each test program uses its part of the bench")]

pub(crate) mod meter;
pub(crate) mod slot;

use std::collections::VecDeque;
use std::time::Duration;

use v2x_boards::chassis::{Chassis, Identity, Setting, Settings};
use v2x_boards::memory::{FlashMemory, RamFlash};
use v2x_proto::link::message::{
    Acknowledgement, BoardKind, BoardStatus, Command, CommandResult, Order,
};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message, Notice};
use v2x_units::{BootId, CanFrame, CanId, Instant};

/// The memory of a board under test.
pub(crate) type TestMemory = FlashMemory<RamFlash>;

pub(crate) fn memory() -> TestMemory {
    FlashMemory::new(RamFlash::<8192>::default())
}

/// Milliseconds since boot.
pub(crate) const fn at(milli: u64) -> Instant {
    Instant::from_micros(milli * 1000)
}

pub(crate) fn identity(kind: BoardKind) -> Identity {
    Identity {
        kind,
        boot: BootId::new(0x1234_ABCD),
        ..Identity::of_nobody()
    }
}

/// Settings with some values set.
pub(crate) fn settings(
    table: &'static [Setting],
    values: &[(&str, &str)],
    memory: &mut TestMemory,
) -> Settings {
    use v2x_boards::memory::Memory as _;
    for (key, value) in values {
        let setting = table.iter().find(|setting| setting.key == *key).unwrap();
        (setting.check)(value).unwrap();
        memory.store(setting.number, value.as_bytes()).unwrap();
    }
    Settings::load(table, memory)
}

/// A UART that carries so many bytes a second, and can be stalled.
#[derive(Debug)]
pub(crate) struct Uart {
    bytes_per_second: f64,
    credit: f64,
    at: Instant,
    pub(crate) stalled: bool,
}

impl Uart {
    pub(crate) const fn new(baud: u32) -> Self {
        Self {
            bytes_per_second: baud as f64 / 10.0,
            credit: 0.0,
            at: Instant::BOOT,
            stalled: false,
        }
    }

    /// What the board's bytes that passed since the last call are.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and positive"
    )]
    pub(crate) fn carry(&mut self, now: Instant, chassis: &mut Chassis) -> Vec<u8> {
        let passed = now.since(self.at).as_secs_f64() * self.bytes_per_second;
        self.at = now;
        if self.stalled {
            return Vec::new();
        }
        // What was not used in time is lost, but for the two buffers of a UART.
        self.credit = (self.credit + passed).min(passed.max(256.0));
        let mut carried = Vec::new();
        while self.credit >= 1.0 && !chassis.pending().is_empty() {
            let count = chassis.pending().len().min(self.credit as usize);
            carried.extend_from_slice(&chassis.pending()[..count]);
            chassis.written(count);
            self.credit -= count as f64;
        }
        carried
    }
}

/// The computer at the other end of the link.
pub(crate) struct Computer {
    decoder: LinkDecoder,
    encoder: LinkEncoder,
    ids: u16,
    pub(crate) frames: VecDeque<(Instant, CanFrame)>,
    pub(crate) statuses: Vec<BoardStatus>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) answers: Vec<(u16, CommandResult, String)>,
    pub(crate) log: Vec<String>,
    pub(crate) hellos: usize,
    pub(crate) panics: Vec<String>,
    pub(crate) can_frames: u64,
    pub(crate) lost_can: u64,
    pub(crate) keep_frames: bool,
    pub(crate) other: Vec<(Instant, String)>,
    pub(crate) journal: Vec<Entry>,
}

/// An entry of a slot's journal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) boot: u32,
    pub(crate) number: u32,
    pub(crate) kind: u8,
    pub(crate) content: Vec<u8>,
}

impl Computer {
    pub(crate) fn new() -> Self {
        Self {
            decoder: LinkDecoder::new(),
            encoder: LinkEncoder::new(BootId::new(77)),
            ids: 0,
            frames: VecDeque::new(),
            statuses: Vec::new(),
            notices: Vec::new(),
            answers: Vec::new(),
            log: Vec::new(),
            hellos: 0,
            panics: Vec::new(),
            can_frames: 0,
            lost_can: 0,
            keep_frames: true,
            other: Vec::new(),
            journal: Vec::new(),
        }
    }

    /// Reads what the UART carried.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while let Some(event) = self.decoder.next(&mut bytes) {
            let frame = match event {
                Event::Notice(notice) => {
                    if let Notice::CanLost { frames } = notice {
                        self.lost_can += u64::from(frames);
                    }
                    self.notices.push(notice);
                    continue;
                }
                Event::Frame(frame) => frame,
            };
            match frame.message {
                Message::CanBatch(batch) => {
                    self.can_frames += u64::from(batch.count());
                    if self.keep_frames {
                        self.frames.extend(batch.frames(frame.at));
                    }
                }
                Message::BoardStatus(status) => self.statuses.push(status),
                Message::Acknowledgement(Acknowledgement { id, result, detail }) => {
                    self.answers.push((id, result, detail.to_owned()));
                }
                Message::LogLine(line) => self.log.push(line.text.to_owned()),
                Message::Hello(_) => self.hellos += 1,
                Message::PanicRecord(record) => self.panics.push(record.text.to_owned()),
                Message::JournalEntry(entry) => self.journal.push(Entry {
                    boot: entry.boot.get(),
                    number: entry.number,
                    kind: entry.kind,
                    content: entry.content.to_vec(),
                }),
                other => self.other.push((frame.at, format!("{other:?}"))),
            }
        }
    }

    /// Everything that the board has to say now, without a UART between.
    pub(crate) fn drain(&mut self, chassis: &mut Chassis) {
        while !chassis.pending().is_empty() {
            let bytes = chassis.pending().to_vec();
            chassis.written(bytes.len());
            self.read(&bytes);
        }
    }

    /// The bytes of an order under a new id.
    pub(crate) fn order(&mut self, order: Order<'_>) -> Vec<u8> {
        self.ids += 1;
        self.repeat(self.ids, order)
    }

    /// The bytes of an order under a given id.
    pub(crate) fn repeat(&mut self, id: u16, order: Order<'_>) -> Vec<u8> {
        self.say(Command { id, order })
    }

    /// The bytes of any message.
    pub(crate) fn say<'a>(&mut self, message: impl Into<Message<'a>>) -> Vec<u8> {
        self.encoder.send(Instant::BOOT, message).unwrap().to_vec()
    }

    /// Says something to a slot controller.
    pub(crate) fn say_to_slot<'a>(
        &mut self,
        message: impl Into<Message<'a>>,
        now: Instant,
        board: &mut v2x_boards::slot_controller::SlotController,
        memory: &mut TestMemory,
    ) {
        let wire = self.encoder.send(now, message).unwrap().to_vec();
        let input = v2x_boards::slot_controller::Input::HostBytes(&wire);
        board.handle(now, input, memory);
    }

    pub(crate) fn count_lost_frames(&self) -> u64 {
        self.decoder.counters().lost
    }
}

/// A frame whose data count up, so that a lost or doubled one is seen.
pub(crate) fn numbered(number: u64) -> CanFrame {
    let id = CanId::standard(u32::try_from(number % 0x7FF).unwrap()).unwrap();
    CanFrame::new(id, &number.to_be_bytes()).unwrap()
}

/// A sentence with its checksum, byte by byte from the standard.
pub(crate) fn sentence(body: &str) -> String {
    let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
    format!("${body}*{sum:02X}\r\n")
}

/// RMC, GGA and GSA of one second at the place of the reference page's examples.
pub(crate) fn fix(time: &str) -> String {
    [
        format!("GPRMC,{time},A,3359.16690,N,00643.49184,W,0.000,,280825,,,A"),
        format!("GPGGA,{time},3359.16690,N,00643.49184,W,1,08,1.13,143.2,M,46.7,M,,"),
        "GPGSA,A,3,02,05,07,09,13,16,20,30,,,,,2.10,1.13,1.77".to_owned(),
    ]
    .iter()
    .map(|body| sentence(body))
    .collect()
}

/// A duration in microseconds as a step of a simulated clock.
pub(crate) fn micros(count: u64) -> Duration {
    Duration::from_micros(count)
}
