//! The invented car as a physical model: where it is, how fast, and what its battery gives.
//!
//! It uses only sums, products and rounding, which give the same bits on every machine. What of
//! this stands on the bus is `frames`; when the key turns is `sequence`.

/// The model's step.
const STEP_S: f64 = 0.01;

/// The drive: until that second, the speed moves in a straight line to that many km/h.
const DRIVE: &[(f64, f64)] = &[
    (6.0, 0.0),
    (16.0, 45.0),
    (30.0, 45.0),
    (37.0, 25.0),
    (45.0, 50.0),
    (48.0, 50.0),
    (56.0, 0.0),
    (60.0, 0.0),
];

/// Car and one person.
const MASS_KG: f64 = 550.0;
const ROLLING_N: f64 = 65.0;
/// Half the density of air times drag coefficient times frontal area.
const DRAG_N_PER_MPS2: f64 = 0.384;
/// What arrives at the wheels of what the battery gives, and the other way round.
const DRIVE_EFFICIENCY: f64 = 0.85;
const RECUPERATION_EFFICIENCY: f64 = 0.7;
/// The strongest recuperation seen in such a car; the brakes do the rest.
const RECUPERATION_MAX_W: f64 = 2_300.0;
/// Light, display and controllers.
const AUXILIARY_W: f64 = 55.0;
const CAPACITY_AS: f64 = 106.0 * 3600.0;
const RESISTANCE_OHM: f64 = 0.015;
/// Wheel radius divided by the gear ratio: newton at the road to newton metre at the motor.
const MOTOR_NM_PER_N: f64 = 0.28 / 9.23;
/// Vehicle speed per 10 rpm of the motor, in a Twizy 80.
const KMH_PER_10_RPM: f64 = 0.111;

/// The state of the car at one moment.
pub(super) struct Car {
    pub(super) speed_kmh: f64,
    /// Driven since the start of the recording.
    pub(super) driven_m: f64,
    pub(super) soc_percent: f64,
    /// Positive charges the battery.
    pub(super) current_a: f64,
    pub(super) pack_v: f64,
    /// Positive drives, negative recuperates.
    pub(super) motor_nm: f64,
    pub(super) accelerator_percent: f64,
    pub(super) brakes: bool,
    pub(super) motor_degc: f64,
}

impl Car {
    /// Standing, switched off, four fifths full.
    pub(super) fn parked() -> Self {
        let soc_percent = 82.0;
        Self {
            speed_kmh: 0.0,
            driven_m: 0.0,
            soc_percent,
            current_a: 0.0,
            pack_v: rest_voltage(soc_percent),
            motor_nm: 0.0,
            accelerator_percent: 0.0,
            brakes: false,
            motor_degc: 31.0,
        }
    }

    /// Moves to that moment, one step after the last.
    pub(super) fn advance(&mut self, millis: u32) {
        let before = self.speed_kmh / 3.6;
        self.speed_kmh = planned_speed(f64::from(millis) / 1000.0);
        let speed = self.speed_kmh / 3.6;
        let acceleration = (speed - before) / STEP_S;
        self.driven_m += speed * STEP_S;

        let moves = speed > 0.0;
        let rolling_n = if moves { ROLLING_N } else { 0.0 };
        let force_n = MASS_KG * acceleration + rolling_n + DRAG_N_PER_MPS2 * speed * speed;
        let wheel_w = force_n * speed;
        let battery_w = AUXILIARY_W
            + if wheel_w >= 0.0 {
                wheel_w / DRIVE_EFFICIENCY
            } else {
                (wheel_w * RECUPERATION_EFFICIENCY).max(-RECUPERATION_MAX_W)
            };
        self.current_a = -battery_w / self.pack_v;
        self.pack_v = rest_voltage(self.soc_percent) + RESISTANCE_OHM * self.current_a;
        self.soc_percent += self.current_a * STEP_S / CAPACITY_AS * 100.0;
        self.motor_nm = (force_n * MOTOR_NM_PER_N).max(-20.0);
        self.accelerator_percent = (wheel_w / 130.0).clamp(0.0, 100.0);
        self.brakes = acceleration < -0.5;
        self.motor_degc += self.motor_nm.abs() * STEP_S * 0.012;
    }

    /// The motor's speed in the steps of the bus, 10 rpm.
    pub(super) fn motor_10_rpm(&self) -> f64 {
        (self.speed_kmh / KMH_PER_10_RPM).floor()
    }
}

/// The pack's voltage without current, a straight line through recorded cars at rest.
fn rest_voltage(soc_percent: f64) -> f64 {
    55.44 + (soc_percent - 64.42) * 0.0557
}

fn planned_speed(second: f64) -> f64 {
    let mut from = (0.0, 0.0);
    for &to in DRIVE {
        if second < to.0 {
            return from.1 + (to.1 - from.1) * (second - from.0) / (to.0 - from.0);
        }
        from = to;
    }
    from.1
}
