//! When, where and for which application something was signed.
//!
//! Standard: IEEE 1609.2 `HeaderInfo` within TS 103 097 v1.3.1.

use alloc::boxed::Box;
use alloc::vec::Vec;

use v2x_units::Meters;

use crate::wire::WireError;
use crate::wire::bounded::List;
use crate::wire::certificate::{Certificate, HashedId3, Psid};
use crate::wire::coer::{read_list, read_wrapped, write_list, write_octets};
use crate::wire::its_time::GenerationTime;
use crate::wire::number::{Coded, Number, whole, within};
use crate::wire::reader::{Reader, spoken};
use crate::wire::reference_position::{Latitude, Longitude};

/// The height of a place in steps of 0.1 m above -409.6 m.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Elevation(u16);

impl Elevation {
    /// The step that stands for height 0.
    const ZERO: u16 = 4096;

    /// The step nearest to a height.
    ///
    /// # Errors
    /// The height is below -409.6 m, above 6143.9 m or not a number.
    pub fn nearest(height: Meters) -> Result<Self, WireError> {
        let steps = whole("elevation", libm::round(height.get() * 10.0))?;
        let field = within("elevation", steps + i64::from(Self::ZERO), 0, 65_535)?;
        u16::try_from(field)
            .map(Self)
            .map_err(|_| WireError::NotANumber { field: "elevation" })
    }

    /// The height.
    #[must_use]
    pub fn get(self) -> Meters {
        Meters::new((f64::from(self.0) - f64::from(Self::ZERO)) / 10.0)
    }

    /// The step as the field carries it.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }
}

/// Where something was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GenerationLocation {
    /// Degrees north.
    pub latitude: Option<Latitude>,
    /// Degrees east.
    pub longitude: Option<Longitude>,
    /// The height.
    pub elevation: Elevation,
}

/// When, where and for which application something was signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeaderInfo {
    /// For which application.
    pub psid: Psid,
    /// When.
    pub generation_time: GenerationTime,
    /// Where; in a DENM always, in a CAM never.
    pub generation_location: Option<GenerationLocation>,
    /// Certificates that the sender asks for.
    pub certificate_requests: Option<List<HashedId3, 0, 16>>,
    /// A certificate that somebody asked for.
    pub requested_certificate: Option<Box<Certificate>>,
}

/// The presence bits of the optional members, and of extensions.
const EXTENSIONS: u8 = 0x80;
const GENERATION_TIME: u8 = 0x40;
const GENERATION_LOCATION: u8 = 0x10;
/// All that are spoken; the generation time must be there.
const SPOKEN: u8 = EXTENSIONS | GENERATION_TIME | GENERATION_LOCATION;
/// The two additions as a bitmap of two bits: its length in bytes, the bits that are not used.
const ADDITIONS_LENGTH: u8 = 2;
const ADDITIONS_UNUSED: u8 = 6;
const CERTIFICATE_REQUESTS: u8 = 0x80;
const REQUESTED_CERTIFICATE: u8 = 0x40;

impl HeaderInfo {
    /// For an application and a moment, with nothing else.
    #[must_use]
    pub const fn new(psid: Psid, generation_time: GenerationTime) -> Self {
        Self {
            psid,
            generation_time,
            generation_location: None,
            certificate_requests: None,
            requested_certificate: None,
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let at = reader.at();
        let preamble = reader.u8("headerInfo preamble")?;
        spoken(
            (preamble & !SPOKEN == 0 && preamble & GENERATION_TIME != 0).then_some(()),
            "headerInfo preamble",
            at,
            preamble,
            "a generation time 0x40, a location 0x10 and extensions 0x80",
        )?;
        let psid = Psid::read(reader)?;
        let generation_time = GenerationTime::from_micros(reader.u64("generationTime")?);
        let generation_location = (preamble & GENERATION_LOCATION != 0)
            .then(|| GenerationLocation::read(reader))
            .transpose()?;
        let additions = if preamble & EXTENSIONS == 0 {
            0
        } else {
            read_additions(reader)?
        };
        let certificate_requests = (additions & CERTIFICATE_REQUESTS != 0).then(|| {
            read_wrapped(reader, "inlineP2pcdRequest", |inner| {
                read_list(inner, "inlineP2pcdRequest", |entry| {
                    entry.array("HashedId3").map(HashedId3)
                })
            })
        });
        let requested_certificate = (additions & REQUESTED_CERTIFICATE != 0)
            .then(|| read_wrapped(reader, "requestedCertificate", Certificate::read));
        Ok(Self {
            psid,
            generation_time,
            generation_location,
            certificate_requests: certificate_requests.transpose()?,
            requested_certificate: requested_certificate.transpose()?.map(Box::new),
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let bit = |present: bool, member| if present { member } else { 0 };
        let additions = bit(self.certificate_requests.is_some(), CERTIFICATE_REQUESTS)
            | bit(self.requested_certificate.is_some(), REQUESTED_CERTIFICATE);
        out.push(
            GENERATION_TIME
                | bit(self.generation_location.is_some(), GENERATION_LOCATION)
                | bit(additions != 0, EXTENSIONS),
        );
        self.psid.write(out);
        out.extend(self.generation_time.as_micros().to_be_bytes());
        if let Some(location) = self.generation_location {
            location.write(out);
        }
        if additions != 0 {
            out.extend([ADDITIONS_LENGTH, ADDITIONS_UNUSED, additions]);
        }
        if let Some(requests) = &self.certificate_requests {
            let mut inner = Vec::new();
            write_list(&mut inner, requests, |request, out| out.extend(request.0));
            write_octets(out, &inner);
        }
        if let Some(certificate) = &self.requested_certificate {
            let mut inner = Vec::new();
            certificate.write(&mut inner);
            write_octets(out, &inner);
        }
    }
}

fn read_additions(reader: &mut Reader<'_>) -> Result<u8, WireError> {
    let at = reader.at();
    let [length, unused, additions] = reader.array("headerInfo extensions")?;
    let spoken_here = (length, unused) == (ADDITIONS_LENGTH, ADDITIONS_UNUSED)
        && additions != 0
        && additions & !(CERTIFICATE_REQUESTS | REQUESTED_CERTIFICATE) == 0;
    spoken(
        spoken_here.then_some(additions),
        "headerInfo extensions",
        at,
        u32::from_be_bytes([0, length, unused, additions]),
        "a request 0x020680, a certificate 0x020640 or both 0x0206c0",
    )
}

impl GenerationLocation {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            latitude: Latitude::known(reader.i32("generation latitude")?.into())?,
            longitude: Longitude::known(reader.i32("generation longitude")?.into())?,
            elevation: Elevation(reader.u16("generation elevation")?),
        })
    }

    fn write(self, out: &mut Vec<u8>) {
        // The codes for "unavailable" lie just above the ranges, which both fit into four bytes.
        let coordinate = |code: i64| i32::try_from(code).unwrap_or(i32::MAX).to_be_bytes();
        out.extend(coordinate(self.latitude.coded()));
        out.extend(coordinate(self.longitude.coded()));
        out.extend(self.elevation.0.to_be_bytes());
    }
}
