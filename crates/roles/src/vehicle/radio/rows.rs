//! What the radio brought as rows of `ESP_now_data_*.csv`.

use v2x_proto::secure::VerifiedMessage;
use v2x_proto::v2g::message::ChargeParameterDiscoveryRes;
use v2x_proto::v2g::{MeterReading, Money, SessionId};
use v2x_proto::v2v::{ChargingStationInSight, Neighbour, Received};
use v2x_proto::wire::cam::AccelerationControl;
use v2x_proto::wire::motion::DriveDirection;
use v2x_proto::wire::vehicle_data::{
    AvailableEnergy, ChargeLevel, Charging, PackCurrent, PackVoltage,
};
use v2x_recording::{Gear, RadioCar, RadioContent, RadioRow, RadioStation};
use v2x_units::{KilometersPerHour, MacAddress, MetersPerSecond, StateOfCharge, UtcTime};

/// Metres per second in kilometres per hour.
const KMH: f64 = 3.6;

/// A car's word on itself, as it stands in the table of neighbours. A DENM is no such word.
#[must_use]
pub fn of_neighbour(at: UtcTime, heard: &Received, from: &Neighbour) -> Option<RadioRow> {
    let claim = &from.claim;
    let mut car = RadioCar {
        speed: claim.speed.map(kmh),
        gear: claim.direction.map(|direction| match direction {
            DriveDirection::Forward => Gear::Drive,
            DriveDirection::Backward => Gear::Reverse,
        }),
        brake: claim
            .control
            .map(|control| control.contains(AccelerationControl::BRAKE_PEDAL)),
        position: Some(claim.position),
        ..RadioCar::default()
    };
    match &heard.message {
        VerifiedMessage::Denm(_) | VerifiedMessage::Evcsn(_) => return None,
        VerifiedMessage::Cam(_) => {}
        VerifiedMessage::VehicleData(data) => {
            let percent =
                |level: ChargeLevel| StateOfCharge::from_percent(f64::from(level.raw()) / 100.0);
            car.soc = data.state_of_charge.and_then(percent);
            car.voltage = data.voltage.map(PackVoltage::get);
            car.current = data.current.map(PackCurrent::get);
            car.energy = data.available_energy.map(AvailableEnergy::get);
            car.desired_soc = data.desired_state_of_charge.and_then(percent);
            car.is_charging = data.charging.map(|charging| charging == Charging::Yes);
        }
    }
    Some(RadioRow {
        at,
        sender: heard.from,
        what: RadioContent::Car(car),
        is_verified: true,
        is_legacy: false,
    })
}

/// What a charging station announces of itself.
#[must_use]
pub fn of_announcement(at: UtcTime, station: &ChargingStationInSight) -> RadioRow {
    // Our stations say the price as `1.50 MAD/kWh`; the column is a number.
    let price = station.pricing.split(' ').next().unwrap_or_default();
    let is_number = price.parse::<f64>().is_ok_and(f64::is_finite);
    RadioRow {
        at,
        sender: station.address,
        what: RadioContent::Station(RadioStation {
            voltage: None,
            current: None,
            energy: None,
            position: Some(station.position),
            cost: None,
            cost_per_kwh: is_number.then(|| price.to_owned()),
            max_power: None,
            session: None,
            is_available: Some(station.free() > 0),
        }),
        is_verified: true,
        is_legacy: false,
    }
}

fn kmh(speed: MetersPerSecond) -> KilometersPerHour {
    KilometersPerHour::new(speed.get() * KMH)
}

/// What a station says of the charge.
#[must_use]
pub fn of_station(
    at: UtcTime,
    sender: MacAddress,
    session: Option<SessionId>,
    offer: Option<&ChargeParameterDiscoveryRes>,
    reading: &MeterReading,
) -> RadioRow {
    let amount = |money: Money| {
        let text = money.to_string();
        text.split(' ').next().unwrap_or_default().to_owned()
    };
    RadioRow {
        at,
        sender,
        what: RadioContent::Station(RadioStation {
            voltage: reading.voltage,
            current: reading.current,
            energy: reading.energy,
            position: offer.and_then(|offer| offer.position),
            cost: reading.cost.map(amount),
            cost_per_kwh: offer.and_then(|offer| offer.price_per_kwh).map(amount),
            max_power: offer.and_then(|offer| offer.max_power),
            session: session.map(hex),
            // While this car charges no other can.
            is_available: Some(false),
        }),
        is_verified: true,
        is_legacy: false,
    }
}

/// The number of a session as its table and its answers show it: small hexadecimal digits.
pub(super) fn hex(session: SessionId) -> String {
    let bytes = session.bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
