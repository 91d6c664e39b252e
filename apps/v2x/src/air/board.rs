//! The radio board on a serial port, by the framed link (docs/protocol/link.md).
//!
//! A board that is not there, or goes, is waited for; what is to be sent meanwhile is counted as
//! unsent, because a payload of the air is worth nothing later.

use std::path::PathBuf;
use std::time::Duration;

use tracing::{debug, info, warn};
use v2x_proto::link::message::{
    Acknowledgement, Command, CommandResult, Order as BoardOrder, RadioRate, RadioResult, RadioSend,
};
use v2x_proto::link::{Event, LinkDecoder, LinkEncoder, Message, Notice};
use v2x_units::{BootId, Instant, MacAddress};

use super::{AirHealth, Order, Outgoing, Packet, Thread};
use crate::clock;
use crate::serial::{Port, PortError};

/// The framed link's speed.
const BAUD: u32 = 921_600;
/// How soon a request to stop is noticed.
const GLANCE: Duration = Duration::from_millis(100);
/// How long to wait before a lost port is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);
/// A driver that takes no byte of a payload for so long is broken.
const WRITE_WITHIN: Duration = Duration::from_secs(1);
/// A kernel hands out 4,095 bytes at once.
const CHUNK_BYTES: usize = 8192;

/// How long a board has for the answer to an order before it is asked again, and how often.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
const ASKED_MAX: u8 = 5;

/// A board that did not take an address is asked again in so long: a pseudonym serves about as
/// long, and its Wi-Fi starts anew for each.
const TRY_AGAIN: Duration = Duration::from_secs(300);
/// After a start it says who it is first.
const INTRODUCES_ITSELF: Duration = Duration::from_secs(2);

/// A radio board.
pub(super) struct RadioBoard {
    path: PathBuf,
    encoder: LinkEncoder,
    tickets: u16,
    commands: u16,
    /// The address that it is to speak under, if that is not its own.
    address: Option<MacAddress>,
    asked: Option<Asked>,
    /// When a board that keeps its address is asked whether it still does.
    try_at: Option<Instant>,
}

/// An order for an address that is not answered yet.
#[derive(Debug, Clone, Copy)]
struct Asked {
    id: u16,
    address: MacAddress,
    at: Instant,
    times: u8,
}

impl RadioBoard {
    pub(super) fn new(path: PathBuf, boot: BootId) -> Self {
        Self {
            path,
            encoder: LinkEncoder::new(boot),
            tickets: 0,
            commands: 0,
            address: None,
            asked: None,
            try_at: None,
        }
    }

    /// Serves the board until the daemon stops.
    pub(super) fn run(mut self, thread: &Thread) {
        let mut is_missed = false;
        while !thread.shutdown.is_requested() {
            let used = Port::open(&self.path, BAUD).and_then(|mut port| {
                info!(port = %self.path.display(), "radio board open");
                is_missed = false;
                thread.health.say_open(true);
                self.serve(&mut port, thread)
            });
            thread.health.say_open(false);
            if let Err(error) = used {
                if is_missed {
                    debug!(%error, "radio board not back yet");
                } else {
                    warn!(%error, hint = error.hint(), "radio board lost");
                    is_missed = true;
                }
                self.wait_to_reopen(thread);
            }
        }
    }

    /// What waited for the board that is gone is not sent any more.
    fn wait_to_reopen(&mut self, thread: &Thread) {
        let until = thread.clock.elapsed() + REOPEN_AFTER;
        while !thread.shutdown.is_requested() && thread.clock.elapsed() < until {
            for order in thread.orders.try_iter() {
                match order {
                    Order::Send(_) => AirHealth::count(&thread.health.unsent),
                    Order::TakeAddress => {}
                }
            }
            self.address = thread.address.take().or(self.address);
            clock::sleep(GLANCE);
        }
    }

    fn serve(&mut self, port: &mut Port, thread: &Thread) -> Result<(), PortError> {
        let mut decoder = LinkDecoder::new();
        let mut buffer = vec![0; CHUNK_BYTES];
        self.begin(port, thread)?;
        while !thread.shutdown.is_requested() {
            let waited = thread.waker.wait(&*port, GLANCE);
            let is_ready = waited.map_err(|_| PortError::HungUp(self.path.clone()))?;
            for order in thread.orders.try_iter() {
                match order {
                    Order::Send(outgoing) => self.send(port, thread, &outgoing)?,
                    Order::TakeAddress => self.take_address(port, thread)?,
                }
            }
            self.take_address(port, thread)?;
            self.try_address(port, thread)?;
            self.ask_again(port, thread)?;
            if !is_ready {
                continue;
            }
            let count = port.read(&mut buffer)?;
            if count == 0 {
                return Err(PortError::HungUp(self.path.clone()));
            }
            let mut bytes = buffer.get(..count).unwrap_or_default();
            let mut has_restarted = false;
            while let Some(event) = decoder.next(&mut bytes) {
                has_restarted |= matches!(event, Event::Notice(Notice::Rebooted { .. }));
                self.take(&event, thread);
            }
            if has_restarted {
                // It speaks under its own address again.
                self.begin(port, thread)?;
            }
        }
        Ok(())
    }

    fn send(
        &mut self,
        port: &mut Port,
        thread: &Thread,
        outgoing: &Outgoing,
    ) -> Result<(), PortError> {
        self.tickets = self.tickets.wrapping_add(1);
        let message = RadioSend {
            ticket: self.tickets,
            to: outgoing.to,
            rate: RadioRate::Preset,
            payload: &outgoing.payload,
        };
        match self.encoder.send(thread.clock.now().instant, message) {
            Ok(wire) => {
                port.write_all(wire, WRITE_WITHIN)?;
                AirHealth::count(&thread.health.sent);
            }
            Err(error) => {
                warn!(%error, "payload not sent");
                AirHealth::count(&thread.health.too_long);
            }
        }
        Ok(())
    }

    /// A board has started, or is another one: it gets the address that is wanted, and one that
    /// took none is asked again.
    fn begin(&mut self, port: &mut Port, thread: &Thread) -> Result<(), PortError> {
        if thread.health.address_stays() {
            self.try_at = Some(thread.clock.now().instant + INTRODUCES_ITSELF);
        }
        self.order_address(port, thread)
    }

    /// Takes the address that is wanted, if another one is.
    fn take_address(&mut self, port: &mut Port, thread: &Thread) -> Result<(), PortError> {
        match thread.address.take() {
            Some(address) => {
                self.address = Some(address);
                self.order_address(port, thread)
            }
            None => Ok(()),
        }
    }

    /// Orders the address that packets name already from a board that keeps its own: once it
    /// takes that, it takes others too.
    fn try_address(&mut self, port: &mut Port, thread: &Thread) -> Result<(), PortError> {
        let now = thread.clock.now().instant;
        if self.asked.is_some() || self.try_at.is_none_or(|at| now < at) {
            return Ok(());
        }
        self.try_at = None;
        self.address = thread.health.address();
        self.order_address(port, thread)
    }

    /// Orders the address that is wanted, if one is.
    fn order_address(&mut self, port: &mut Port, thread: &Thread) -> Result<(), PortError> {
        let Some(address) = self.address else {
            return Ok(());
        };
        self.commands = self.commands.wrapping_add(1);
        self.asked = Some(Asked {
            id: self.commands,
            address,
            at: thread.clock.now().instant,
            times: 0,
        });
        self.ask(port, thread)
    }

    /// Asks again, under the same id, when the board has had its time; a line can lose bytes.
    fn ask_again(&mut self, port: &mut Port, thread: &Thread) -> Result<(), PortError> {
        let now = thread.clock.now().instant;
        let Some(asked) = self.asked.filter(|it| now.since(it.at) >= ANSWER_WITHIN) else {
            return Ok(());
        };
        if asked.times < ASKED_MAX {
            return self.ask(port, thread);
        }
        warn!("the radio board does not answer the order for its address");
        self.keeps_address(thread, Some(TRY_AGAIN));
        Ok(())
    }

    fn ask(&mut self, port: &mut Port, thread: &Thread) -> Result<(), PortError> {
        let now = thread.clock.now().instant;
        let Some(asked) = &mut self.asked else {
            return Ok(());
        };
        (asked.at, asked.times) = (now, asked.times + 1);
        let order = BoardOrder::RadioAddress(asked.address);
        let command = Command {
            id: asked.id,
            order,
        };
        match self.encoder.send(now, command) {
            Ok(wire) => port.write_all(wire, WRITE_WITHIN),
            Err(error) => {
                warn!(%error, "the radio's address is not ordered");
                self.keeps_address(thread, Some(TRY_AGAIN));
                Ok(())
            }
        }
    }

    /// The board goes on under its own address: packets have to name that, until it is asked
    /// again, if that makes sense, and takes one.
    fn keeps_address(&mut self, thread: &Thread, again: Option<Duration>) {
        (self.asked, self.address) = (None, None);
        self.try_at = again.map(|wait| thread.clock.now().instant + wait);
        thread.health.say_address_stays(true);
    }

    fn answered(&mut self, answer: &Acknowledgement<'_>, thread: &Thread) {
        let Some(asked) = self.asked.filter(|asked| asked.id == answer.id) else {
            return;
        };
        match answer.result {
            CommandResult::Done => {
                (self.asked, self.try_at) = (None, None);
                thread.health.say_address(asked.address);
                thread.health.say_address_stays(false);
            }
            // Another order has overtaken this one.
            CommandResult::Refused => self.asked = None,
            result => {
                let why = answer.detail;
                warn!(?result, why, "the radio board keeps its own address");
                // A firmware that does not know the order learns it by no waiting.
                let can_learn = result != CommandResult::UnknownOrder;
                self.keeps_address(thread, can_learn.then_some(TRY_AGAIN));
            }
        }
    }

    fn take(&mut self, event: &Event<'_>, thread: &Thread) {
        if let Event::Frame(frame) = event {
            match &frame.message {
                Message::Hello(hello) if self.address.is_none() => {
                    thread.health.say_address(hello.board);
                }
                Message::Acknowledgement(answer) => self.answered(answer, thread),
                _ => {}
            }
        }
        take(event, thread);
    }
}

fn take(event: &Event<'_>, thread: &Thread) {
    let health = &thread.health;
    match event {
        Event::Frame(frame) => match &frame.message {
            Message::RadioReceived(received) => thread.hear(Packet {
                at: thread.clock.now().instant,
                from: received.from,
                to: received.to,
                rssi_dbm: Some(received.rssi_dbm),
                is_simulated: false,
                payload: received.payload.to_vec(),
            }),
            Message::RadioSent(sent) if sent.result != RadioResult::Sent => {
                AirHealth::count(&health.unconfirmed);
            }
            Message::Hello(hello) => health.firmware.set(format!("v{}", hello.firmware)),
            Message::LogLine(line) => debug!(text = line.text, "radio board"),
            Message::PanicRecord(record) => warn!(text = record.text, "the radio board panicked"),
            _ => {}
        },
        Event::Notice(Notice::Lost { frames }) => {
            health
                .lost
                .fetch_add(u64::from(*frames), std::sync::atomic::Ordering::Relaxed);
        }
        Event::Notice(Notice::Corrupt(_) | Notice::Malformed(_)) => {
            AirHealth::count(&health.foreign);
        }
        Event::Notice(Notice::Rebooted { .. }) => info!("the radio board has started anew"),
        Event::Notice(_) => {}
    }
}
