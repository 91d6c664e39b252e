//! The physics of a Renault Twizy 80: motion, battery, heat and charger, with books of its energy.
//!
//! Not here: what the car says on its bus ([`crate::bus`]) and who drives. Where each figure comes
//! from stands beside it in [`spec`]; nothing but time and pedals makes the car move.
//!
//! | file | what it holds |
//! |---|---|
//! | [`spec`] | the figures |
//! | [`battery`] | open-circuit voltage, resistance, charge, cells |
//! | [`ledger`] | where every joule went |
//! | [`charger`] | mains to battery, with its taper |

pub mod battery;
pub mod charger;
pub mod ledger;
pub mod spec;

pub use battery::Battery;
pub use charger::Mains;
pub use ledger::Ledger;
pub use spec::Spec;

/// What the driver's feet do.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pedals {
    /// 0 to 1.
    pub accelerator: f64,
    /// 0 to 1; 1 is all that the tyres hold.
    pub brake: f64,
}

/// What the car is in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doing {
    /// Key off, charger off: nothing flows but what the computer of the car's maker hides.
    Sleeps,
    /// Awake, the contactor closed, the inverter off.
    Awake,
    /// Driving or ready to.
    Drives {
        /// The driver's feet.
        pedals: Pedals,
        /// Metres up per metre forward.
        grade: f64,
    },
    /// At the mains with the charger on.
    Charges(Mains),
}

/// A Twizy.
#[derive(Debug, Clone)]
pub struct Twizy {
    spec: Spec,
    /// The traction battery.
    pub battery: Battery,
    ledger: Ledger,
    speed: f64,
    acceleration: f64,
    travelled: f64,
    pedals: Pedals,
    /// At the wheels, in newtons; negative when braking by the motor.
    traction: f64,
    /// °C.
    motor_temperature: f64,
    charger_temperature: f64,
    outside: f64,
    /// Into the battery, in amperes.
    current: f64,
    mains_power: f64,
}

impl Twizy {
    /// A parked car.
    #[must_use]
    pub fn new(spec: Spec, battery: Battery, outside: f64) -> Self {
        Self {
            spec,
            battery,
            ledger: Ledger::default(),
            speed: 0.0,
            acceleration: 0.0,
            travelled: 0.0,
            pedals: Pedals::default(),
            traction: 0.0,
            motor_temperature: outside,
            charger_temperature: outside,
            outside,
            current: 0.0,
            mains_power: 0.0,
        }
    }

    /// Where every joule went since the beginning.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Metres per second.
    #[must_use]
    pub const fn speed(&self) -> f64 {
        self.speed
    }

    /// Metres per second squared.
    #[must_use]
    pub const fn acceleration(&self) -> f64 {
        self.acceleration
    }

    /// Metres since the beginning.
    #[must_use]
    pub const fn travelled(&self) -> f64 {
        self.travelled
    }

    /// What the driver's feet do.
    #[must_use]
    pub const fn pedals(&self) -> Pedals {
        self.pedals
    }

    /// Force of the motor at the wheels, in newtons; negative when it brakes.
    #[must_use]
    pub const fn traction(&self) -> f64 {
        self.traction
    }

    /// Amperes into the battery; negative when it gives.
    #[must_use]
    pub const fn current(&self) -> f64 {
        self.current
    }

    /// Volts at the battery's poles.
    #[must_use]
    pub fn voltage(&self) -> f64 {
        self.battery.voltage(self.current)
    }

    /// Watts from the mains.
    #[must_use]
    pub const fn mains_power(&self) -> f64 {
        self.mains_power
    }

    /// °C.
    #[must_use]
    pub const fn motor_temperature(&self) -> f64 {
        self.motor_temperature
    }

    /// °C.
    #[must_use]
    pub const fn charger_temperature(&self) -> f64 {
        self.charger_temperature
    }

    /// The pedals that give an acceleration (m/s²) at this speed on this grade.
    #[must_use]
    pub fn pedals_for(&self, acceleration: f64, grade: f64) -> Pedals {
        let spec = &self.spec;
        let resistance = spec.rolling() + spec.drag(self.speed);
        let force = spec.inertia() * acceleration + resistance + spec.weight() * grade;
        if force >= 0.0 {
            return Pedals {
                accelerator: (force / spec.most_force(self.speed)).min(1.0),
                brake: 0.0,
            };
        }
        // The motor brakes by itself when the accelerator is up; the pedal does the rest.
        let rest = -force - self.regeneration();
        Pedals {
            accelerator: 0.0,
            brake: (rest / spec.most_braking()).clamp(0.0, 1.0),
        }
    }

    /// What the motor takes from the wheels when the accelerator is up, in newtons.
    fn regeneration(&self) -> f64 {
        let spec = &self.spec;
        let by_power = self.battery.accepts() / self.speed.max(0.5);
        // Below walking pace the inverter lets go.
        let fades = ((self.speed - 0.8) / 1.5).clamp(0.0, 1.0);
        spec.regeneration_force.min(by_power) * fades
    }

    /// Lets the car roll at a speed that somebody else knows, m/s: nothing flows and nothing warms.
    pub fn roll(&mut self, speed: f64, dt: f64) {
        let speed = speed.max(0.0);
        if dt > 0.0 {
            self.acceleration = (speed - self.speed) / dt;
        }
        self.speed = speed;
        self.travelled += speed * dt;
    }

    /// Lets `dt` seconds pass.
    pub fn step(&mut self, dt: f64, doing: Doing) {
        self.mains_power = 0.0;
        let drawn = match doing {
            Doing::Sleeps => 0.0,
            Doing::Awake => self.spec.auxiliary,
            Doing::Drives { pedals, grade } => {
                self.pedals = pedals;
                self.drive(dt, pedals, grade) + self.spec.auxiliary
            }
            Doing::Charges(mains) => {
                let flow = charger::flow(&self.spec, &self.battery, mains);
                self.mains_power = flow.mains;
                self.ledger.mains += flow.mains * dt;
                let loss = flow.mains - flow.battery - flow.auxiliary;
                self.ledger.charger_loss += loss * dt;
                self.ledger.auxiliary += flow.auxiliary * dt;
                self.warm_charger(dt, loss);
                -flow.battery
            }
        };
        if !matches!(doing, Doing::Drives { .. }) {
            (self.speed, self.acceleration, self.traction) = (0.0, 0.0, 0.0);
            self.pedals = Pedals::default();
        }
        if !matches!(doing, Doing::Charges(_)) {
            self.warm_charger(dt, 0.0);
            if !matches!(doing, Doing::Sleeps) {
                self.ledger.auxiliary += self.spec.auxiliary * dt;
            }
        }
        if !matches!(doing, Doing::Drives { .. }) {
            self.warm_motor(dt, 0.0);
        }
        let flow = self.battery.draw(drawn, dt);
        self.current = flow.current;
        self.ledger.chemical += flow.chemical;
        self.ledger.resistance += flow.heat;
    }

    /// Moves the car; gives what the inverter takes from the battery, in watts.
    fn drive(&mut self, dt: f64, pedals: Pedals, grade: f64) -> f64 {
        let spec = &self.spec;
        let before = self.speed;
        let wanted = if pedals.accelerator > 0.0 {
            pedals.accelerator * spec.most_force(before)
        } else {
            -self.regeneration()
        };
        let (rolling, drag) = if before > 0.0 {
            (spec.rolling(), spec.drag(before))
        } else {
            (spec.rolling().min(wanted.max(0.0)), 0.0)
        };
        let uphill = spec.weight() * grade;
        let brake = pedals.brake * spec.most_braking();
        let mut after = before + (wanted - rolling - drag - uphill - brake) / spec.inertia() * dt;
        let mut friction = brake;
        if after <= 0.0 {
            after = 0.0;
            // The brakes hold exactly; what they take is what nothing else explains.
            friction = wanted - rolling - drag - uphill + spec.inertia() * before / dt;
        }
        let mean = f64::midpoint(before, after);
        let way = mean * dt;
        let books = &mut self.ledger;
        books.kinetic += spec.inertia() * (after * after - before * before) / 2.0;
        books.potential += uphill * way;
        books.rolling += rolling * way;
        books.drag += drag * way;
        books.brakes += friction * way;
        let loss = spec.drive_loss(wanted, mean);
        books.drive_loss += loss * dt;
        let taken = wanted * mean + loss;
        self.acceleration = (after - before) / dt;
        (self.speed, self.traction) = (after, wanted);
        self.travelled += way;
        self.warm_motor(dt, loss);
        taken
    }

    fn warm_motor(&mut self, dt: f64, loss: f64) {
        let spec = &self.spec;
        let away = spec.motor_cooling * (self.motor_temperature - self.outside);
        self.motor_temperature += (loss - away) * dt / spec.motor_heat_capacity;
    }

    fn warm_charger(&mut self, dt: f64, loss: f64) {
        let spec = &self.spec;
        let away = spec.charger_cooling * (self.charger_temperature - self.outside);
        self.charger_temperature += (loss - away) * dt / spec.charger_heat_capacity;
    }
}
