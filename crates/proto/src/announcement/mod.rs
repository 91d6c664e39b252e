//! A charging station announces itself: a signed EVCSN every two seconds, its ticket before it.
//!
//! Not the session ([`crate::v2g`]), which proves the station anew: an announcement tells a car
//! where to look and what is free. Standard: ETSI TS 101 556-1 v1.1.1 (content), TS 103 097 v1.3.1
//! (signature). The standard's text on repetition was not at hand; two seconds are ours
//! (docs/protocol/its.md).
//!
//! | file | what it holds |
//! |---|---|
//! | `content.rs` | what is said, as much of it as a frame has room for |

mod content;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use v2x_units::{Instant, MacAddress, MetersPerSecond, UtcTime};

pub use content::{SlotNow, StationNow};

use crate::deadlines::ANNOUNCEMENT_PERIOD;
use crate::v2v::Pseudonym;
use crate::v2v::frame::AROUND_SIGNED;
use crate::wire::btp::{BtpB, BtpPort};
use crate::wire::certificate::Psid;
use crate::wire::certificate_message::CertificateMessage;
use crate::wire::evcsn::Evcsn;
use crate::wire::geonet::{
    ChannelLoad, GnAddress, GnPdu, GnSpeed, LongPositionVector, TrafficClass, Transport,
};
use crate::wire::its_time::{GenerationTime, ItsTime};
use crate::wire::packet::{Content, EspNow, Lifetime, Packet};
use crate::wire::reference_position::{HeadingValue, Latitude, Longitude};
use crate::wire::secured::{HeaderInfo, ToBeSigned};
use crate::wire::station::{StationId, StationType};
use crate::wire::{List, Wire, WireError};
use content::Shape;

/// What can happen to the station.
#[derive(Debug, Clone, PartialEq)]
pub enum AnnouncerInput {
    /// What the wall clock says; `None` when it is known to be wrong. Without it nothing is said.
    Clock(Option<UtcTime>),
    /// Its radio's address; `None` while it is not known. Without it nothing is said.
    Address(Option<MacAddress>),
    /// What there is to say; `None` while no slot can be used.
    Station(Option<StationNow>),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnouncerOutput {
    /// Broadcast these bytes, at most 250.
    Send(Vec<u8>),
    /// Nothing more now.
    WakeAt(Instant),
}

/// Why nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// The time is not known.
    ClockUnknown,
    /// The ticket does not hold now.
    TicketEnded,
    /// The radio has not said its address.
    AddressUnknown,
    /// No slot can be used.
    NothingToOffer,
    /// What is to be said does not fit into a frame, however short.
    TooLong,
}

/// A station that announces itself.
#[derive(Debug)]
pub struct Announcer {
    ticket: Pseudonym,
    station: StationId,
    clock: Option<(Instant, UtcTime)>,
    address: Option<MacAddress>,
    now: Option<StationNow>,
    /// The slot that the next announcement begins with, where not all fit into one.
    first: usize,
    /// When the last announcement was true, and when it was signed.
    last: Option<(ItsTime, GenerationTime)>,
    due: Instant,
    sending: VecDeque<Vec<u8>>,
    sent: u64,
    quiet: Option<Quiet>,
}

impl Announcer {
    /// Announces under a ticket; its number follows from that, and stays across restarts.
    ///
    /// # Errors
    /// The ticket does not permit it.
    pub fn new(ticket: Pseudonym, now: Instant) -> Result<Self, crate::secure::Refusal> {
        if !ticket.permits(Psid::EVCSN) {
            return Err(crate::secure::Refusal::NotPermitted(Psid::EVCSN));
        }
        let [.., a, b, c, d] = ticket.name().0;
        let number = u32::from_be_bytes([a, b, c, d]);
        Ok(Self {
            station: StationId::new(number.into()).unwrap_or(StationId::MIN),
            ticket,
            clock: None,
            address: None,
            now: None,
            first: 0,
            last: None,
            due: now,
            sending: VecDeque::new(),
            sent: 0,
            quiet: None,
        })
    }

    /// The number under which it announces itself.
    #[must_use]
    pub const fn station(&self) -> StationId {
        self.station
    }

    /// How many announcements it has made.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Why it said nothing when it was last due.
    #[must_use]
    pub const fn quiet(&self) -> Option<Quiet> {
        self.quiet
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Instant, input: AnnouncerInput) {
        match input {
            AnnouncerInput::Clock(utc) => self.clock = utc.map(|utc| (now, utc)),
            AnnouncerInput::Address(address) => self.address = address,
            AnnouncerInput::Station(station) => self.now = station,
        }
    }

    /// Says what is to be done now.
    pub fn poll(&mut self, now: Instant) -> AnnouncerOutput {
        if now >= self.due {
            self.due = now + ANNOUNCEMENT_PERIOD;
            self.quiet = self.announce(now).err();
        }
        match self.sending.pop_front() {
            Some(frame) => AnnouncerOutput::Send(frame),
            None => AnnouncerOutput::WakeAt(self.due),
        }
    }

    fn announce(&mut self, now: Instant) -> Result<(), Quiet> {
        let (at, utc) = self.clock.ok_or(Quiet::ClockUnknown)?;
        let utc = utc + now.since(at);
        let its = ItsTime::from_utc(utc).map_err(|_| Quiet::ClockUnknown)?;
        let generation = GenerationTime::from_utc(utc).ok_or(Quiet::ClockUnknown)?;
        if !self.ticket.holds(generation) {
            return Err(Quiet::TicketEnded);
        }
        let address = self.address.ok_or(Quiet::AddressUnknown)?;
        let station = self.now.take().ok_or(Quiet::NothingToOffer)?;
        // No two messages of a certificate have the same time, also when the clock is set back a
        // little: the second would pass for a replay.
        let (mut millis, mut micros) = (its.as_millis(), generation.as_micros());
        if let Some((last_its, last_signed)) = self.last {
            millis = millis.max(last_its.as_millis() + 1);
            micros = micros.max(last_signed.as_micros() + 1);
        }
        let its = ItsTime::from_millis(millis).map_err(|_| Quiet::ClockUnknown)?;
        let moment = Moment {
            its,
            generation: GenerationTime::from_micros(micros),
            address,
        };
        let made = self.frames(&moment, &station);
        self.now = Some(station);
        let (frames, next) = made.map_err(|_| Quiet::TooLong)?;
        self.first = next;
        self.last = Some((moment.its, moment.generation));
        self.sending.extend(frames);
        self.sent += 1;
        Ok(())
    }

    /// Ticket and announcement as frames, and the slot to begin with the next time.
    fn frames(
        &self,
        moment: &Moment,
        station: &StationNow,
    ) -> Result<([Vec<u8>; 2], usize), WireError> {
        let source = self.source(moment, station)?;
        let mut result = Err(WireError::TooLong {
            what: Evcsn::NAME,
            size: 0,
            limit: EspNow::V1.capacity(),
        });
        for shape in Shape::all(station.slots.len(), self.first) {
            let evcsn = content::evcsn(self.station, moment.its, station, &shape)?;
            let packet = pdu(source, BtpPort::EVCSN, TrafficClass::BACKGROUND, &evcsn)?;
            let header = HeaderInfo::new(Psid::EVCSN, moment.generation);
            let to_be_signed = ToBeSigned::new(&packet, header)?;
            if to_be_signed.encoded_len() + AROUND_SIGNED > EspNow::V1.capacity() {
                continue;
            }
            let signed = self.ticket.key().sign(to_be_signed, self.ticket.hash());
            result = frame(Content::Signed(signed)).map(|frame| (frame, shape.next()));
            break;
        }
        let (announcement, next) = result?;
        let message = CertificateMessage {
            certificates: List::new(
                "certificates",
                Vec::from([self.ticket.certificate().clone()]),
            )?,
        };
        let ticket = pdu(source, BtpPort::CERTIFICATES, TrafficClass::CAM, &message)?;
        Ok(([frame(Content::Plain(ticket))?, announcement], next))
    }

    fn source(
        &self,
        moment: &Moment,
        station: &StationNow,
    ) -> Result<LongPositionVector, WireError> {
        Ok(LongPositionVector {
            address: GnAddress::new(StationType::ROAD_SIDE_UNIT, moment.address)?,
            timestamp: moment.its.geonetworking_timestamp(),
            latitude: Latitude::nearest(station.position.latitude())?,
            longitude: Longitude::nearest(station.position.longitude())?,
            accurate: true,
            speed: GnSpeed::nearest(MetersPerSecond::ZERO)?,
            heading: HeadingValue::MIN,
        })
    }
}

/// One moment of speaking.
#[derive(Debug, Clone, Copy)]
struct Moment {
    its: ItsTime,
    generation: GenerationTime,
    address: MacAddress,
}

fn pdu(
    source: LongPositionVector,
    port: BtpPort,
    traffic_class: TrafficClass,
    message: &impl Wire,
) -> Result<GnPdu, WireError> {
    Ok(GnPdu {
        traffic_class,
        mobile: false,
        max_hops: 1,
        transport: Transport::SingleHop {
            source,
            load: ChannelLoad::new(0, 0),
        },
        btp: BtpB::to(port),
        message: List::new("message", message.encode())?,
    })
}

fn frame(content: Content) -> Result<Vec<u8>, WireError> {
    let packet = Packet {
        lifetime: Lifetime::covering(ANNOUNCEMENT_PERIOD),
        ..Packet::single_hop(content)
    };
    packet.to_frame(EspNow::V1)
}
