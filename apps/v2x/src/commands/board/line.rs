//! Finding a board on a serial port, and asking it something.
//!
//! What makes sense at which speed is the probe's matter (`v2x_proto::link::baud_probe`). An order
//! is repeated under its id until it is answered; the board does it once.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use v2x_proto::link::baud_probe::USUAL_RATES;
use v2x_proto::link::message::{Command, CommandResult, Order};
use v2x_proto::link::{
    BaudProbe, Detector, Dialect, Event, LinkDecoder, LinkEncoder, Message, ProbeStep, Verdict,
};
use v2x_units::{BootId, Instant};

use super::heard::{Heard, Hello};
use crate::cli;
use crate::clock::Clock;
use crate::failure::{Blame, Context as _, Failure};
use crate::serial::{Arrival, Port, PortError, holders};

/// The speed of a port until the search sets one.
const FIRST_BAUD: u32 = 921_600;
/// How long one wait for bytes takes at most.
const GLANCE: Duration = Duration::from_millis(50);
/// How long an order waits for its answer before it is repeated; a board's flash takes 50 ms.
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);
/// How often an order is sent before the board counts as deaf.
const TRIES: u32 = 4;
/// A driver that takes no byte of an order for so long is broken.
const WRITE_WITHIN: Duration = Duration::from_secs(1);
/// A kernel hands out 4,095 bytes at once.
const CHUNK_BYTES: usize = 8192;
/// What a board may say while an answer is waited for; older things go.
const HEARD_MAX: usize = 256;

/// What speaks on a port.
pub(super) enum Found {
    /// A board with the framed link.
    Board(Box<BoardLine>),
    /// Something else, or nothing; at the speed that made most sense.
    Other(Verdict, Option<u32>),
}

/// A port with a board of ours on it.
pub(super) struct BoardLine {
    port: Port,
    path: PathBuf,
    /// Its speed; `None` on a pseudo-terminal, which has none.
    pub(super) baud: Option<u32>,
    clock: Clock,
    /// How long it is waited for after a restart.
    patience: Duration,
    decoder: LinkDecoder,
    encoder: LinkEncoder,
    ids: u16,
    heard: VecDeque<(Instant, Heard)>,
    /// The newest boot that was heard, and the time on it.
    pub(super) boot: Option<(BootId, Instant)>,
}

/// What became of an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) result: CommandResult,
    pub(super) detail: String,
}

/// Finds out what speaks on a port.
pub(super) fn find(
    path: &Path,
    baud: Option<u32>,
    clock: Clock,
    at_most: Duration,
) -> Result<Found, PortError> {
    let mut port = Port::open(path, baud.unwrap_or(FIRST_BAUD))?;
    let has_speed = !port.is_pseudo_terminal();
    let (verdict, heard_at) = if has_speed && baud.is_none() {
        search(&mut port, clock, at_most)?
    } else {
        (listen(&mut port, clock, at_most)?, baud)
    };
    let baud = heard_at.filter(|_| has_speed);
    if verdict != Verdict::Speaks(Dialect::Framed) {
        return Ok(Found::Other(verdict, baud));
    }
    let boot = getrandom::u32().unwrap_or(1);
    Ok(Found::Board(Box::new(BoardLine {
        port,
        path: path.to_owned(),
        baud,
        clock,
        patience: at_most,
        decoder: LinkDecoder::new(),
        encoder: LinkEncoder::new(BootId::new(boot)),
        ids: 0,
        heard: VecDeque::new(),
        boot: None,
    })))
}

/// A board on a port that the person named, or why there is none.
pub(super) fn board(at: &cli::BoardPort, clock: Clock) -> Result<BoardLine, Failure> {
    let found = find(&at.port, at.baud, clock, at.patience());
    match found.map_err(|error| unusable(&at.port, &error))? {
        Found::Board(line) => Ok(*line),
        Found::Other(verdict, baud) => Err(no_board(&at.port, verdict, baud)),
    }
}

/// That nothing of ours speaks on a port.
pub(super) fn no_board(path: &Path, verdict: Verdict, baud: Option<u32>) -> Failure {
    let at = baud.map_or_else(String::new, |baud| format!(" at {baud} baud"));
    let what = format!(
        "{}: no board with the framed link is heard{at}: {verdict}",
        path.display()
    );
    let hint = match verdict {
        Verdict::Silence => "check power and cable; a chip without our firmware: v2x board flash",
        Verdict::Speaks(_) => {
            "it speaks the prototype's language; a board of ours is brought back with \
             `v2x board set PORT mode=link`"
        }
        _ => "name the board's data port; v2x board list shows what speaks where",
    };
    Failure::new(Blame::Runtime, what).hint(hint)
}

/// Why a port cannot be used, with who has it.
pub(super) fn unusable(path: &Path, error: &PortError) -> Failure {
    let failure = Failure::new(Blame::Runtime, error);
    if !matches!(error, PortError::InUse(_)) {
        return failure.hint(error.hint());
    }
    match holders(path).first() {
        Some(holder) if holder.name == "v2x" => Failure::new(
            Blame::Runtime,
            format_args!("{error}: the v2x daemon, process {}, has it", holder.id),
        )
        .hint("stop it meanwhile: sudo systemctl stop v2x-vehicle, or v2x-station"),
        Some(holder) => failure.hint(format_args!(
            "close `{}` (process {}), which has it open",
            holder.name, holder.id
        )),
        None => failure.hint(format_args!(
            "see who has it: sudo fuser -v {}",
            path.display()
        )),
    }
}

/// Listens at the port's present speed until something is understood.
fn listen(port: &mut Port, clock: Clock, at_most: Duration) -> Result<Verdict, PortError> {
    let until = clock.elapsed() + at_most;
    let mut detector = Detector::new();
    while clock.elapsed() < until {
        if let verdict @ Verdict::Speaks(_) = detector.verdict() {
            return Ok(verdict);
        }
        detector.feed(&read(port)?);
    }
    Ok(detector.verdict())
}

/// Tries the usual speeds.
fn search(
    port: &mut Port,
    clock: Clock,
    at_most: Duration,
) -> Result<(Verdict, Option<u32>), PortError> {
    let now = || Instant::BOOT + clock.elapsed();
    let until = now() + at_most;
    let mut probe = BaudProbe::new(USUAL_RATES);
    loop {
        match probe.poll(now()) {
            ProbeStep::Try { baud } => port.set_baud(baud)?,
            ProbeStep::Found { baud, dialect } => {
                return Ok((Verdict::Speaks(dialect), Some(baud)));
            }
            ProbeStep::Nothing { verdict, baud } => return Ok((verdict, baud)),
            ProbeStep::Wait { .. } if now() >= until => return Ok((Verdict::TooFew, None)),
            ProbeStep::Wait { .. } => {
                let bytes = read(port)?;
                probe.feed(now(), &bytes);
            }
        }
    }
}

fn read(port: &mut Port) -> Result<Vec<u8>, PortError> {
    if port.wait(GLANCE)? == Arrival::Silence {
        return Ok(Vec::new());
    }
    let mut buffer = vec![0; CHUNK_BYTES];
    let count = port.read(&mut buffer)?;
    buffer.truncate(count);
    if count == 0 {
        // A pseudo-terminal whose other end closed: what it says again and again is nothing.
        crate::clock::sleep(GLANCE);
    }
    Ok(buffer)
}

impl BoardLine {
    /// Sends an order and waits for its answer.
    pub(super) fn ask(&mut self, order: Order<'_>) -> Result<Answer, Failure> {
        self.ids += 1;
        let id = self.ids;
        for _ in 0..TRIES {
            self.send(id, order)?;
            let until = self.clock.elapsed() + ANSWER_WITHIN;
            while self.clock.elapsed() < until {
                if let Some(answer) = self.pump(Some(id)).map_err(|error| self.broken(&error))? {
                    return Ok(answer);
                }
            }
        }
        let what = format_args!("{}: the board does not answer", self.path.display());
        Err(Failure::new(Blame::Runtime, what)
            .hint("it speaks but does not hear: check the wire from the computer to the board"))
    }

    /// Sends an order once; nobody waits for an answer.
    fn send(&mut self, id: u16, order: Order<'_>) -> Result<(), Failure> {
        let now = self.clock.now().instant;
        let wire = self.encoder.send(now, Command { id, order });
        let wire = wire.blame(Blame::Usage, "the order")?;
        self.port
            .write_all(wire, WRITE_WITHIN)
            .blame(Blame::Runtime, "the order")
    }

    /// Who the board is and how it does.
    pub(super) fn introduce(&mut self) -> Result<(Hello, Vec<(Instant, Heard)>), Failure> {
        self.ask(Order::SayHello)?;
        let until = self.clock.elapsed() + ANSWER_WITHIN * TRIES;
        loop {
            let is_status = |(_, it): &(Instant, Heard)| matches!(it, Heard::Status(_));
            let hello = self.heard.iter().find_map(|(_, it)| match it {
                Heard::Hello(hello) => Some(hello.clone()),
                _ => None,
            });
            if let Some(hello) = hello
                && self.heard.iter().any(is_status)
            {
                return Ok((hello, self.heard.drain(..).collect()));
            }
            if self.clock.elapsed() >= until {
                let what =
                    format_args!("{}: the board does not say who it is", self.path.display());
                return Err(Failure::new(Blame::Runtime, what).hint("flash its firmware anew"));
            }
            self.pump(None).map_err(|error| self.broken(&error))?;
        }
    }

    /// Waits a moment for what the board says; gives the answer to an order if it came.
    pub(super) fn pump(&mut self, awaited: Option<u16>) -> Result<Option<Answer>, PortError> {
        let hung_up = || PortError::HungUp(self.path.clone());
        if self.port.wait(GLANCE)? == Arrival::HungUp {
            return Err(hung_up());
        }
        let bytes = read(&mut self.port)?;
        let mut rest = bytes.as_slice();
        let mut answer = None;
        while let Some(event) = self.decoder.next(&mut rest) {
            let Event::Frame(frame) = event else { continue };
            self.boot = Some((frame.boot, frame.at));
            match &frame.message {
                Message::Acknowledgement(said) if Some(said.id) == awaited => {
                    answer = Some(Answer {
                        result: said.result,
                        detail: said.detail.to_owned(),
                    });
                }
                message => {
                    if let Some(heard) = Heard::of(message) {
                        if self.heard.len() == HEARD_MAX {
                            self.heard.pop_front();
                        }
                        self.heard.push_back((frame.at, heard));
                    }
                }
            }
        }
        Ok(answer)
    }

    /// What the board has said since this was last asked.
    pub(super) fn take_heard(&mut self) -> Vec<(Instant, Heard)> {
        self.heard.drain(..).collect()
    }

    /// Restarts the board and waits until it is back.
    pub(super) fn restart(&mut self) -> Result<(), Failure> {
        let before = self.boot.map(|(boot, _)| boot);
        self.ask(Order::Restart)?;
        let until = self.clock.elapsed() + self.patience;
        while self.clock.elapsed() < until {
            if self.boot.map(|(boot, _)| boot) != before {
                return Ok(());
            }
            // USB goes away with the chip for a moment.
            if self.pump(None).is_err()
                && let Ok(port) = Port::open(&self.path, self.baud.unwrap_or(FIRST_BAUD))
            {
                self.port = port;
            }
        }
        let what = format_args!("{}: the board does not come back", self.path.display());
        Err(Failure::new(Blame::Runtime, what)
            .hint("its settings are kept; in text mode it does not speak the link any more"))
    }

    fn broken(&self, error: &PortError) -> Failure {
        unusable(&self.path, error)
    }
}

impl Answer {
    /// The detail, or a refusal in plain words; `what` was asked.
    pub(super) fn done(self, what: &str) -> Result<String, Failure> {
        let blame = match self.result {
            CommandResult::Done => return Ok(self.detail),
            CommandResult::BadParameter => Blame::Usage,
            _ => Blame::Runtime,
        };
        let said = super::heard::clean(&self.detail);
        let why = match (self.result, said.as_str()) {
            (CommandResult::UnknownOrder, _) => "its firmware does not know this order",
            (_, "") => "it does not say why",
            (_, said) => said,
        };
        Err(Failure::new(
            blame,
            format_args!("the board refuses {what}: {why}"),
        ))
    }
}

/// Tells a board that speaks the prototype's text to speak the link again: it hears orders and
/// cannot answer. Sent at the text's speed, more than once for a line may damage it.
pub(super) fn bring_back(path: &Path, clock: Clock) -> Result<(), Failure> {
    const TEXT_BAUD: u32 = 115_200;
    let mut port = Port::open(path, TEXT_BAUD).map_err(|error| unusable(path, &error))?;
    let boot = getrandom::u32().unwrap_or(1);
    let mut encoder = LinkEncoder::new(BootId::new(boot));
    let key_value = Order::WriteSetting {
        key: "mode",
        value: "link",
    };
    let orders = [(1, key_value), (1, key_value), (2, Order::Restart)];
    for (id, order) in orders {
        let wire = encoder.send(clock.now().instant, Command { id, order });
        let wire = wire.blame(Blame::Runtime, "the order")?;
        let sent = port.write_all(wire, WRITE_WITHIN);
        sent.map_err(|error| unusable(path, &error))?;
        crate::clock::sleep(Duration::from_millis(200));
    }
    Ok(())
}
