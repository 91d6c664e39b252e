//! GeoNetworking: where a packet comes from and how far it goes, around the message itself.
//!
//! Not the secured form around this: `secured.rs`; both together are a packet: `packet.rs`.
//! Standard: ETSI EN 302 636-4-1 v1.3.1, big-endian.
//!
//! | part | treated how |
//! |---|---|
//! | common header, single-hop broadcast, geographically scoped broadcast | read and written |
//! | reserved bits | written as 0, ignored on reception |
//! | other packet types, BTP-A, IPv6 | refused by name |

mod position_vector;

use alloc::vec::Vec;

pub use self::position_vector::{GnAddress, GnSpeed, LongPositionVector};
use super::bounded::List;
use super::btp::BtpB;
use super::number::Number;
use super::reader::{Reader, spoken};
use super::reference_position::{Latitude, Longitude};
use super::{Wire, WireError};

/// The Ethernet type of GeoNetworking, for captures.
pub const ETHER_TYPE: u16 = 0x8947;
/// The bytes of a message inside a packet, bounded by what the longest frame carries.
pub type MessageBytes = List<u8, 0, 1470>;

/// The next header "BTP-B", in the upper half of the first byte.
const NEXT_HEADER_BTP_B: u8 = 0x20;
/// The mobile flag in the byte of flags.
const FLAG_MOBILE: u8 = 0x80;
/// The header types that are spoken, with their subtypes.
const SINGLE_HOP_BROADCAST: u8 = 0x50;
const GEO_BROADCAST_CIRCLE: u8 = 0x40;
const GEO_BROADCAST_RECTANGLE: u8 = 0x41;
const GEO_BROADCAST_ELLIPSE: u8 = 0x42;

/// How urgent a packet is, in the lower six bits: 0 is the most urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrafficClass(u8);

impl TrafficClass {
    /// For environmental notifications.
    pub const DENM: Self = Self(1);
    /// For cooperative awareness.
    pub const CAM: Self = Self(2);
    /// For everything that can wait.
    pub const BACKGROUND: Self = Self(3);

    /// Takes the byte with its two flags: store-carry-forward 0x80, channel offload 0x40.
    #[must_use]
    pub const fn new(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte with its two flags.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// What a single-hop broadcast says about the load of the channel (DCC-MCO).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ChannelLoad(u32);

impl ChannelLoad {
    /// Busy ratios of the channel as heard here and as the neighbours report it: 255 is all busy.
    #[must_use]
    pub const fn new(local: u8, neighbours: u8) -> Self {
        Self(u32::from_be_bytes([local, neighbours, 0, 0]))
    }

    /// The busy ratio as the sender hears it: 255 is all busy.
    #[must_use]
    pub const fn local(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// The busy ratio as the sender's neighbours report it: 255 is all busy.
    #[must_use]
    pub const fn neighbours(self) -> u8 {
        self.0.to_be_bytes()[1]
    }
}

/// The shape of the area that a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AreaShape {
    /// A circle of radius `distance_a`.
    Circle,
    /// A rectangle with half sides `distance_a` and `distance_b`.
    Rectangle,
    /// An ellipse with half axes `distance_a` and `distance_b`.
    Ellipse,
}

/// The area that a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Area {
    /// Its shape.
    pub shape: AreaShape,
    /// Degrees north of its middle.
    pub latitude: Latitude,
    /// Degrees east of its middle.
    pub longitude: Longitude,
    /// The longer distance from the middle, or the radius, in metres.
    pub distance_a: u16,
    /// The shorter distance from the middle, in metres; 0 for a circle.
    pub distance_b: u16,
    /// The direction of the longer side, in degrees from north.
    pub angle: u16,
}

/// How a packet travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// To everybody who hears the sender.
    SingleHop {
        /// Where the sender is.
        source: LongPositionVector,
        /// How busy the channel is.
        load: ChannelLoad,
    },
    /// To everybody in an area, from one to the next.
    GeoBroadcast {
        /// Counts the sender's packets of this kind; with its address, it tells duplicates.
        sequence: u16,
        /// Where the sender is.
        source: LongPositionVector,
        /// The area.
        area: Area,
    },
}

impl Transport {
    /// Where the sender is.
    #[must_use]
    pub const fn source(&self) -> &LongPositionVector {
        match self {
            Self::SingleHop { source, .. } | Self::GeoBroadcast { source, .. } => source,
        }
    }
}

/// From the common header to the end of the message: what a signature covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GnPdu {
    /// How urgent it is.
    pub traffic_class: TrafficClass,
    /// Whether the sender can move.
    pub mobile: bool,
    /// How many hops it may take in all.
    pub max_hops: u8,
    /// How it travels.
    pub transport: Transport,
    /// Which service it is for.
    pub btp: BtpB,
    /// The message.
    pub message: MessageBytes,
}

impl Wire for GnPdu {
    const NAME: &'static str = "GeoNetworking PDU";

    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let next = reader.u8("common next header")?;
        spoken(
            (next & 0xF0 == NEXT_HEADER_BTP_B).then_some(()),
            "common next header",
            0,
            next >> 4,
            "BTP-B 2",
        )?;
        let header_type = reader.u8("header type")?;
        let traffic_class = TrafficClass(reader.u8("traffic class")?);
        let flags = reader.u8("flags")?;
        let length_at = reader.at();
        let payload_length = reader.u16("payload length")?;
        let max_hops = reader.u8("maximum hop limit")?;
        reader.u8("common reserved")?;
        let transport = Transport::read(header_type, &mut reader)?;
        let payload_at = reader.at();
        let btp = BtpB::read(&mut reader)?;
        let message = reader.remaining();
        let announced = usize::from(payload_length);
        if announced != BtpB::LEN + message.len() {
            return Err(WireError::PayloadLength {
                at: length_at,
                announced,
                payload_at,
                have: BtpB::LEN + message.len(),
            });
        }
        Ok(Self {
            traffic_class,
            mobile: flags & FLAG_MOBILE != 0,
            max_hops,
            transport,
            btp,
            message: List::new("message", message.to_vec())?,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let payload = BtpB::LEN + self.message.len();
        let payload_length = u16::try_from(payload).expect("a message has at most 1470 bytes");
        let mut out = Vec::with_capacity(COMMON_HEADER + GEO_BROADCAST_HEADER + payload);
        out.push(NEXT_HEADER_BTP_B);
        out.push(self.transport.header_type());
        out.push(self.traffic_class.0);
        out.push(if self.mobile { FLAG_MOBILE } else { 0 });
        out.extend(payload_length.to_be_bytes());
        out.push(self.max_hops);
        out.push(0);
        self.transport.write(&mut out);
        self.btp.write(&mut out);
        out.extend_from_slice(&self.message);
        out
    }
}

/// Bytes of the common header.
const COMMON_HEADER: usize = 8;
/// Bytes of the longer of the two extended headers.
const GEO_BROADCAST_HEADER: usize = 44;

impl Transport {
    const fn header_type(&self) -> u8 {
        match self {
            Self::SingleHop { .. } => SINGLE_HOP_BROADCAST,
            Self::GeoBroadcast { area, .. } => match area.shape {
                AreaShape::Circle => GEO_BROADCAST_CIRCLE,
                AreaShape::Rectangle => GEO_BROADCAST_RECTANGLE,
                AreaShape::Ellipse => GEO_BROADCAST_ELLIPSE,
            },
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::SingleHop { source, load } => {
                source.write(out);
                out.extend(load.0.to_be_bytes());
            }
            Self::GeoBroadcast {
                sequence,
                source,
                area,
            } => {
                out.extend(sequence.to_be_bytes());
                out.extend([0; 2]);
                source.write(out);
                out.extend(area.latitude.raw().to_be_bytes());
                out.extend(area.longitude.raw().to_be_bytes());
                out.extend(area.distance_a.to_be_bytes());
                out.extend(area.distance_b.to_be_bytes());
                out.extend(area.angle.to_be_bytes());
                out.extend([0; 2]);
            }
        }
    }

    fn read(header_type: u8, reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let shape = match header_type {
            SINGLE_HOP_BROADCAST => {
                return Ok(Self::SingleHop {
                    source: LongPositionVector::read(reader)?,
                    load: ChannelLoad(reader.u32("DCC-MCO")?),
                });
            }
            GEO_BROADCAST_CIRCLE => AreaShape::Circle,
            GEO_BROADCAST_RECTANGLE => AreaShape::Rectangle,
            GEO_BROADCAST_ELLIPSE => AreaShape::Ellipse,
            _ => {
                return Err(WireError::Unsupported {
                    field: "header type",
                    at: 1,
                    seen: header_type.into(),
                    supported: "single-hop broadcast 0x50 and geo-broadcast 0x40 to 0x42",
                });
            }
        };
        let sequence = reader.u16("sequence number")?;
        reader.u16("GBC reserved")?;
        let source = LongPositionVector::read(reader)?;
        let area = Area {
            shape,
            latitude: Latitude::from_number(reader.i32("area latitude")?.into())?,
            longitude: Longitude::from_number(reader.i32("area longitude")?.into())?,
            distance_a: reader.u16("area distance a")?,
            distance_b: reader.u16("area distance b")?,
            angle: reader.u16("area angle")?,
        };
        reader.u16("GBC reserved")?;
        Ok(Self::GeoBroadcast {
            sequence,
            source,
            area,
        })
    }
}
