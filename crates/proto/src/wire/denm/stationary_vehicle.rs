//! The vehicle that stands: since when, why, with what aboard.
//!
//! Standard: ETSI EN 302 637-3 v1.3.1, `StationaryVehicleContainer`.

use alloc::string::ToString;

use crate::wire::WireError;
use crate::wire::asn1::denm as asn1;
use crate::wire::bounded::{AsciiText, PhoneNumber, Text};
use crate::wire::number::{Number, codes, flags, number, optional};
use crate::wire::station::CauseCode;

codes! {
    /// Since when it stands.
    StationarySince = "stationarySince" {
        /// Less than one minute.
        LessThan1Minute = 0,
        /// Less than two minutes.
        LessThan2Minutes = 1,
        /// Less than fifteen minutes.
        LessThan15Minutes = 2,
        /// Fifteen minutes or more.
        AtLeast15Minutes = 3,
    }
}

codes! {
    /// The class of dangerous goods.
    DangerousGoodsClass = "dangerousGoodsType" {
        /// Explosives, division 1.
        Explosives1 = 0,
        /// Explosives, division 2.
        Explosives2 = 1,
        /// Explosives, division 3.
        Explosives3 = 2,
        /// Explosives, division 4.
        Explosives4 = 3,
        /// Explosives, division 5.
        Explosives5 = 4,
        /// Explosives, division 6.
        Explosives6 = 5,
        /// Flammable gases.
        FlammableGases = 6,
        /// Gases that do not burn.
        NonFlammableGases = 7,
        /// Toxic gases.
        ToxicGases = 8,
        /// Flammable liquids.
        FlammableLiquids = 9,
        /// Flammable solids.
        FlammableSolids = 10,
        /// Substances that ignite by themselves.
        SpontaneouslyCombustible = 11,
        /// Substances that give off flammable gases in water.
        FlammableGasInWater = 12,
        /// Oxidizing substances.
        Oxidizing = 13,
        /// Organic peroxides.
        OrganicPeroxides = 14,
        /// Toxic substances.
        Toxic = 15,
        /// Infectious substances.
        Infectious = 16,
        /// Radioactive material.
        Radioactive = 17,
        /// Corrosive substances.
        Corrosive = 18,
        /// Others.
        Miscellaneous = 19,
    }
}

number! {
    /// The UN number of dangerous goods.
    UnNumber: u16 = "unNumber", 0..=9999
}

/// The dangerous goods aboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DangerousGoods {
    /// Their class.
    pub class: DangerousGoodsClass,
    /// Their UN number.
    pub un_number: UnNumber,
    /// Whether they are carried hot.
    pub elevated_temperature: bool,
    /// Whether tunnels are forbidden to them.
    pub tunnels_restricted: bool,
    /// Whether they are packed in limited quantities.
    pub limited_quantity: bool,
    /// What to do in an emergency.
    pub emergency_action_code: Option<AsciiText<1, 24>>,
    /// Whom to call.
    pub phone_number: Option<PhoneNumber>,
    /// Whose they are.
    pub company_name: Option<Text<1, 24>>,
}

number! {
    /// How many people are aboard: 126 stands for 125 or more, 127 for unknown.
    NumberOfOccupants: u8 = "numberOfOccupants", 0..=127
}

/// The parts of a vehicle's identification number that tell its maker and kind, not itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VehicleIdentification {
    /// The maker.
    pub wmi: Option<AsciiText<1, 3>>,
    /// The kind.
    pub vds: Option<AsciiText<6, 6>>,
}

flags! {
    /// What a vehicle stores its energy in.
    EnergyStorage: u8 = "energyStorageType" {
        /// Hydrogen.
        HYDROGEN = 0b100_0000,
        /// A traction battery.
        ELECTRIC = 0b010_0000,
        /// Liquid propane gas.
        LIQUID_PROPANE_GAS = 0b001_0000,
        /// Compressed natural gas.
        COMPRESSED_NATURAL_GAS = 0b000_1000,
        /// Diesel.
        DIESEL = 0b000_0100,
        /// Gasoline.
        GASOLINE = 0b000_0010,
        /// Ammonia.
        AMMONIA = 0b000_0001,
    }
}

/// The vehicle that stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StationaryVehicle {
    /// Since when.
    pub since: Option<StationarySince>,
    /// Why.
    pub cause: Option<CauseCode>,
    /// With which dangerous goods.
    pub dangerous_goods: Option<DangerousGoods>,
    /// With how many people.
    pub occupants: Option<NumberOfOccupants>,
    /// Of which kind it is.
    pub identification: Option<VehicleIdentification>,
    /// What it stores its energy in.
    pub energy_storage: Option<EnergyStorage>,
}

impl StationaryVehicle {
    pub(super) fn to_asn1(&self) -> asn1::StationaryVehicleContainer {
        asn1::StationaryVehicleContainer {
            stationary_since: self.since.map(Number::number),
            stationary_cause: self.cause.map(CauseCode::to_asn1),
            carrying_dangerous_goods: self.dangerous_goods.as_ref().map(DangerousGoods::to_asn1),
            number_of_occupants: self.occupants.map(Number::number),
            vehicle_identification: self
                .identification
                .as_ref()
                .map(VehicleIdentification::to_asn1),
            energy_storage_type: self.energy_storage.map(Number::number),
        }
    }

    pub(super) fn from_asn1(
        container: asn1::StationaryVehicleContainer,
    ) -> Result<Self, WireError> {
        Ok(Self {
            since: optional(container.stationary_since)?,
            cause: container
                .stationary_cause
                .as_ref()
                .map(CauseCode::from_asn1)
                .transpose()?,
            dangerous_goods: container
                .carrying_dangerous_goods
                .map(DangerousGoods::from_asn1)
                .transpose()?,
            occupants: optional(container.number_of_occupants)?,
            identification: container
                .vehicle_identification
                .as_ref()
                .map(VehicleIdentification::from_asn1)
                .transpose()?,
            energy_storage: optional(container.energy_storage_type)?,
        })
    }
}

impl DangerousGoods {
    fn to_asn1(&self) -> asn1::DangerousGoodsExtended {
        asn1::DangerousGoodsExtended {
            dangerous_goods_type: self.class.number(),
            un_number: self.un_number.number(),
            elevated_temperature: self.elevated_temperature,
            tunnels_restricted: self.tunnels_restricted,
            limited_quantity: self.limited_quantity,
            emergency_action_code: self.emergency_action_code.as_ref().map(AsciiText::to_ia5),
            phone_number: self.phone_number.as_ref().map(PhoneNumber::to_asn1),
            company_name: self.company_name.as_deref().map(ToString::to_string),
        }
    }

    fn from_asn1(goods: asn1::DangerousGoodsExtended) -> Result<Self, WireError> {
        let company_name = goods
            .company_name
            .map(|text| Text::new("companyName", text));
        let emergency_action_code = goods
            .emergency_action_code
            .map(|code| AsciiText::from_ia5("emergencyActionCode", &code));
        Ok(Self {
            class: DangerousGoodsClass::from_number(goods.dangerous_goods_type)?,
            un_number: UnNumber::from_number(goods.un_number)?,
            elevated_temperature: goods.elevated_temperature,
            tunnels_restricted: goods.tunnels_restricted,
            limited_quantity: goods.limited_quantity,
            emergency_action_code: emergency_action_code.transpose()?,
            phone_number: goods
                .phone_number
                .as_ref()
                .map(PhoneNumber::from_asn1)
                .transpose()?,
            company_name: company_name.transpose()?,
        })
    }
}

impl VehicleIdentification {
    fn to_asn1(&self) -> asn1::VehicleIdentification {
        asn1::VehicleIdentification {
            wmi_number: self.wmi.as_ref().map(AsciiText::to_ia5),
            vds: self.vds.as_ref().map(AsciiText::to_ia5),
        }
    }

    fn from_asn1(id: &asn1::VehicleIdentification) -> Result<Self, WireError> {
        let wmi = id.wmi_number.as_ref();
        let vds = id.vds.as_ref();
        Ok(Self {
            wmi: wmi
                .map(|wmi| AsciiText::from_ia5("wMInumber", wmi))
                .transpose()?,
            vds: vds.map(|vds| AsciiText::from_ia5("vDS", vds)).transpose()?,
        })
    }
}
