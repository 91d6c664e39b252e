//! The figures of a Twizy 80, in SI units, each with where it comes from.

/// Standard gravity, m/s².
const GRAVITY: f64 = 9.806_65;
/// Of air at 15 °C at the sea, kg/m³.
const AIR: f64 = 1.225;

/// What a Twizy is.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// With battery and one driver of 75 kg: the maker's 474 kg kerb weight and he.
    pub mass: f64,
    /// What wheels and motor add to the mass when speeding up; 4 %, usual for small electric cars.
    pub rotating: f64,
    /// Drag coefficient times frontal area, m²: a narrow car (about 1.1 m²) with open sides.
    pub drag_area: f64,
    /// Rolling resistance of its narrow tyres.
    pub rolling: f64,
    /// The most force at the wheels: 57 Nm through 9.23:1 on 0.28 m (maker's data).
    pub force: f64,
    /// The most power at the wheels: the maker's 13 kW are the motor's; with the losses below, this
    /// draws the 260 A of the recordings.
    pub power: f64,
    /// The speed at which the inverter takes the force away: 80 km/h (maker's data).
    pub top_speed: f64,
    /// What tyres hold, m/s².
    pub braking: f64,
    /// Of the motor with the accelerator up.
    pub regeneration_force: f64,
    /// Loss per force squared: copper, W/N².
    pub copper: f64,
    /// Loss per speed squared: iron and air, W/(m/s)².
    pub iron: f64,
    /// Part of the power that gears take.
    pub gears: f64,
    /// The inverter by itself, W.
    pub inverter: f64,
    /// The 12 V system from the traction battery, W: 0.75 A at 57 V in the recordings at rest.
    pub auxiliary: f64,
    /// J/K and W/K: 31 to 62 °C after drives in the recordings.
    pub motor_heat_capacity: f64,
    /// W/K.
    pub motor_cooling: f64,
    /// J/K.
    pub charger_heat_capacity: f64,
    /// W/K.
    pub charger_cooling: f64,
    /// What the charger takes from the mains at most, W (maker's data: 2.3 kW).
    pub charger_power: f64,
    /// What it gives at most, A: 32.25 in the recordings.
    pub charger_current: f64,
    /// The voltage it does not go beyond, V: 26.5 A at 96 % and 9 A at 99 % in the recordings.
    pub charger_voltage: f64,
    /// DC to AC: 82 to 92 % in the recordings.
    pub charger_efficiency: f64,
    /// It is full when less than this flows, A.
    pub charger_end_current: f64,
}

impl Spec {
    /// A Twizy 80.
    pub const TWIZY_80: Self = Self {
        mass: 549.0,
        rotating: 0.04,
        drag_area: 0.70,
        rolling: 0.013,
        force: 1_880.0,
        power: 10_800.0,
        top_speed: 22.2,
        braking: 7.0,
        regeneration_force: 420.0,
        copper: 0.8e-3,
        iron: 1.5,
        gears: 0.04,
        inverter: 30.0,
        auxiliary: 43.0,
        motor_heat_capacity: 14_000.0,
        motor_cooling: 9.0,
        charger_heat_capacity: 6_000.0,
        charger_cooling: 8.0,
        charger_power: 2_300.0,
        charger_current: 32.25,
        charger_voltage: 58.0,
        charger_efficiency: 0.87,
        charger_end_current: 2.5,
    };

    pub(super) fn inertia(&self) -> f64 {
        self.mass * (1.0 + self.rotating)
    }

    pub(super) fn weight(&self) -> f64 {
        self.mass * GRAVITY
    }

    pub(super) fn rolling(&self) -> f64 {
        self.rolling * self.weight()
    }

    pub(super) fn drag(&self, speed: f64) -> f64 {
        0.5 * AIR * self.drag_area * speed * speed
    }

    pub(super) fn most_force(&self, speed: f64) -> f64 {
        let fades = ((self.top_speed - speed) / 1.0).clamp(0.05, 1.0);
        self.force.min(self.power / speed.max(0.1)) * fades
    }

    pub(super) fn most_braking(&self) -> f64 {
        self.braking * self.mass
    }

    /// What motor, inverter and gears turn into heat, W.
    pub(super) fn drive_loss(&self, force: f64, speed: f64) -> f64 {
        self.inverter
            + self.copper * force * force
            + self.iron * speed * speed
            + self.gears * (force * speed).abs()
    }
}
