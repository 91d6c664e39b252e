//! A scenario: who is where, what they set out to do, and what goes wrong, as TOML.

use serde::Deserialize;
use thiserror::Error;
use v2x_roles::station::MAX_SLOTS;

use crate::air::AirSettings;
use crate::driver::DriverKind;
use crate::gnss::GnssSettings;
use crate::meter::MeterFault;

/// The scenarios of this repository, by name.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("demo", include_str!("../../../scenarios/demo.toml")),
    (
        "hard_braking_and_charge",
        include_str!("../../../scenarios/hard_braking_and_charge.toml"),
    ),
    (
        "meter_fails_while_charging",
        include_str!("../../../scenarios/meter_fails_while_charging.toml"),
    ),
    (
        "broker_away_and_restarts",
        include_str!("../../../scenarios/broker_away_and_restarts.toml"),
    ),
    (
        "known_cars_charge",
        include_str!("../../../scenarios/known_cars_charge.toml"),
    ),
    (
        "pseudonyms_change",
        include_str!("../../../scenarios/pseudonyms_change.toml"),
    ),
    (
        "replay_is_refused",
        include_str!("../../../scenarios/replay_is_refused.toml"),
    ),
    (
        "two_stations_and_a_queue",
        include_str!("../../../scenarios/two_stations_and_a_queue.toml"),
    ),
];

/// A scenario that cannot be played.
#[derive(Debug, Error)]
#[error("{file}: {fault}")]
pub struct ScenarioError {
    /// The scenario's file.
    pub file: String,
    /// What is wrong, and what would be right.
    pub fault: String,
}

/// A scenario.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub about: String,
    /// The cars.
    #[serde(default, rename = "car")]
    pub cars: Vec<CarPlan>,
    /// The charging stations; without any there is one where the town has its own.
    #[serde(default, rename = "station")]
    pub stations: Vec<StationPlan>,
    /// The stations' slots.
    #[serde(default, rename = "slot")]
    pub slots: Vec<SlotPlan>,
    /// What happens at a moment.
    #[serde(default, rename = "event")]
    pub events: Vec<Event>,
    /// What the air is like.
    #[serde(default)]
    pub air: AirSettings,
    /// What receivers are like.
    #[serde(default)]
    pub gnss: GnssSettings,
}

/// A car and what its driver sets out to do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarPlan {
    /// Its name.
    pub name: String,
    /// Who drives.
    pub driver: DriverKind,
    /// State of charge at the beginning, %.
    pub percent: f64,
    /// The nodes that its way goes through.
    pub route: Vec<String>,
    /// Metres from the beginning of that way at which it stands.
    #[serde(default)]
    pub starts_at_m: f64,
    /// When it sets off, s.
    #[serde(default)]
    pub sets_off_s: f64,
    /// Where it charges at the end of its way.
    pub charge: Option<ChargePlan>,
    /// Whether it calls for a station wherever it is parked; in virtual time only.
    #[serde(default)]
    pub calls_when_parked: bool,
    /// What comes after that.
    #[serde(default, rename = "leg")]
    pub legs: Vec<Leg>,
}

/// A further way of a car.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// The nodes that it goes through.
    pub route: Vec<String>,
    /// How long it waits before, s.
    #[serde(default)]
    pub waits_s: f64,
    /// Where it charges at its end.
    pub charge: Option<ChargePlan>,
}

/// A charge at the end of a way.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargePlan {
    /// The slot, from 1.
    pub slot: usize,
    /// How long between arriving and plugging in, s.
    pub after_s: f64,
    /// How long it stays plugged in, s.
    pub for_s: f64,
}

/// A charging station.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StationPlan {
    /// The node of the town where it stands.
    pub at: String,
}

/// A slot of a station.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotPlan {
    /// What its meter's counter stands at, Wh.
    pub counter_wh: f64,
    /// Which station it belongs to, from 1.
    #[serde(default = "first")]
    pub station: usize,
    /// Who may charge; in virtual time only, a daemon has its own settings.
    #[serde(default)]
    pub lets: Lets,
}

const fn first() -> usize {
    1
}

/// Who may charge at a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lets {
    /// Whoever plugs in.
    #[default]
    Everybody,
    /// Cars that prove their credential over the radio.
    KnownCars,
}

/// What happens at a moment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Event {
    /// When, s.
    pub at_s: f64,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what", deny_unknown_fields)]
pub enum Happening {
    /// A car brakes as hard as it can.
    BrakeHard {
        /// Which car.
        car: String,
        /// For how long, s.
        for_s: f64,
    },
    /// A car's receiver loses the sky.
    LoseSky {
        /// Which car.
        car: String,
        /// For how long, s.
        for_s: f64,
    },
    /// A meter does something wrong.
    MeterFault {
        /// Which slot, from 1.
        slot: usize,
        /// What.
        fault: MeterFault,
        /// For how long, s.
        for_s: f64,
    },
    /// Somebody hears what cars say and says it again.
    Replay {
        /// For how long, s.
        for_s: f64,
    },
    /// A board starts anew.
    Reboot {
        /// Its port, as `alpha.collector` or `slot1`.
        board: String,
    },
    /// Somebody presses the button that sets a meter's counter to zero.
    MeterReset {
        /// Which slot, from 1.
        slot: usize,
    },
    /// The line between a board and its computer does something wrong.
    LineFault {
        /// Its port, as `alpha.collector` or `slot1`.
        board: String,
        /// What.
        fault: LineFault,
        /// For how long, s.
        for_s: f64,
    },
    /// The broker is not there; in virtual time only.
    BrokerAway {
        /// For how long, s.
        for_s: f64,
    },
    /// The disk of a car's computer does not answer; in virtual time only.
    DiskFault {
        /// Which car.
        car: String,
        /// How many calls fail.
        calls: u32,
    },
    /// The computer of a car starts anew; in virtual time only.
    RestartComputer {
        /// Which car.
        car: String,
    },
}

/// What a serial line does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineFault {
    /// The cable is out.
    Unplugged,
    /// Now and then a byte is spoilt.
    Noisy,
}

impl Scenario {
    /// Reads a scenario; `file_name` is only named in errors.
    ///
    /// # Errors
    /// Says what is wrong with it, and where.
    pub fn from_toml(file_name: &str, text: &str) -> Result<Self, ScenarioError> {
        let bad = |fault: String| ScenarioError {
            file: file_name.to_owned(),
            fault,
        };
        let scenario: Self = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        scenario
            .check()
            .and_then(|()| scenario.check_times())
            .map_err(bad)?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), String> {
        for (index, car) in self.cars.iter().enumerate() {
            if self
                .cars
                .iter()
                .take(index)
                .any(|other| other.name == car.name)
            {
                return Err(format!("two cars are called {:?}", car.name));
            }
            if !car
                .name
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || it == '-')
            {
                return Err(format!(
                    "car {:?}: a name is letters, digits and -",
                    car.name
                ));
            }
            if !(1.0..=100.0).contains(&car.percent) {
                return Err(format!(
                    "car {}: percent is {}, not 1 to 100",
                    car.name, car.percent
                ));
            }
            let later = car.legs.iter().filter_map(|leg| leg.charge);
            for charge in car.charge.into_iter().chain(later) {
                self.check_slot(charge.slot)?;
            }
        }
        for event in &self.events {
            match &event.what {
                Happening::BrakeHard { car, .. }
                | Happening::LoseSky { car, .. }
                | Happening::DiskFault { car, .. }
                | Happening::RestartComputer { car } => self.check_car(car)?,
                Happening::MeterFault { slot, .. } | Happening::MeterReset { slot } => {
                    self.check_slot(*slot)?;
                }
                Happening::Reboot { board } | Happening::LineFault { board, .. } => {
                    self.check_board(board)?;
                }
                Happening::BrokerAway { .. } | Happening::Replay { .. } => {}
            }
        }
        let stations = self.stations.len().max(1);
        for station in 1..=stations {
            let own = self.slots.iter().filter(|slot| slot.station == station);
            let count = own.count();
            if count > usize::from(MAX_SLOTS) {
                return Err(format!(
                    "station {station} has {count} slots; a station has {MAX_SLOTS} at most"
                ));
            }
        }
        for slot in &self.slots {
            if !(1..=stations).contains(&slot.station) {
                let seen = slot.station;
                return Err(format!(
                    "a slot of station {seen}; there are 1 to {stations}"
                ));
            }
        }
        Ok(())
    }

    /// Times become durations, which are neither negative nor without end.
    fn check_times(&self) -> Result<(), String> {
        let mut times = vec![
            ("cold_start_s", self.gnss.cold_start_s),
            ("outage_s", self.gnss.outage_s),
        ];
        for car in &self.cars {
            times.push(("sets_off_s", car.sets_off_s));
            times.extend(car.legs.iter().map(|leg| ("waits_s", leg.waits_s)));
            let later = car.legs.iter().filter_map(|leg| leg.charge);
            for charge in car.charge.into_iter().chain(later) {
                times.extend([("after_s", charge.after_s), ("for_s", charge.for_s)]);
            }
        }
        for event in &self.events {
            times.push(("at_s", event.at_s));
            match event.what {
                Happening::BrakeHard { for_s, .. }
                | Happening::LoseSky { for_s, .. }
                | Happening::MeterFault { for_s, .. }
                | Happening::LineFault { for_s, .. }
                | Happening::Replay { for_s }
                | Happening::BrokerAway { for_s } => times.push(("for_s", for_s)),
                Happening::Reboot { .. }
                | Happening::MeterReset { .. }
                | Happening::DiskFault { .. }
                | Happening::RestartComputer { .. } => {}
            }
        }
        let wrong = times.iter().find(|(_, it)| !(0.0..=1e9).contains(it));
        wrong.map_or(Ok(()), |(name, it)| {
            Err(format!("{name} is {it}, not 0 to 1000000000 seconds"))
        })
    }

    fn check_board(&self, name: &str) -> Result<(), String> {
        let of_car = |car: &CarPlan| ["collector", "radio"].map(|it| format!("{}.{it}", car.name));
        let mut known: Vec<_> = self.cars.iter().flat_map(of_car).collect();
        known.extend((1..=self.slots.len()).map(|slot| format!("slot{slot}")));
        if !self.slots.is_empty() {
            known.extend((0..self.stations.len().max(1)).map(station_radio));
        }
        if known.iter().any(|it| it == name) {
            return Ok(());
        }
        Err(format!(
            "an event of board {name:?}; there are {}",
            known.join(", ")
        ))
    }

    fn check_car(&self, name: &str) -> Result<(), String> {
        if self.cars.iter().any(|car| car.name == name) {
            return Ok(());
        }
        let known: Vec<_> = self.cars.iter().map(|car| car.name.as_str()).collect();
        Err(format!(
            "an event of car {name:?}; there are {}",
            known.join(", ")
        ))
    }

    fn check_slot(&self, slot: usize) -> Result<(), String> {
        if (1..=self.slots.len()).contains(&slot) {
            return Ok(());
        }
        Err(format!(
            "slot {slot}; there are slots 1 to {}",
            self.slots.len()
        ))
    }
}

/// The name of a station's radio board: the first one's has no number.
pub(crate) fn station_radio(index: usize) -> String {
    match index {
        0 => "station.radio".to_owned(),
        index => format!("station{}.radio", index + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_of_this_repository_is_read() {
        for (name, text) in BUILT_IN {
            let read = Scenario::from_toml(name, text);
            assert!(read.is_ok(), "{name}: {read:?}");
        }
    }

    #[test]
    fn scenario_with_a_misspelt_word_or_a_strange_car_says_which() {
        let (name, text) = BUILT_IN[1];
        let error = |text: &str| Scenario::from_toml(name, text).unwrap_err().to_string();
        assert!(error(&text.replace("for_s = 4.0", "fors = 4.0")).contains("fors"));
        let strange = text.replace("car = \"alpha\"", "car = \"omega\"");
        assert!(error(&strange).contains("omega"));
        assert!(error(&text.replace("slot = 1", "slot = 2")).contains("slot 2"));
    }

    #[test]
    fn time_that_is_none_and_a_board_that_is_not_there_are_refused() {
        let (name, text) = BUILT_IN[1];
        for time in ["-1.0", "inf", "nan"] {
            let event =
                format!("{text}\n[[event]]\nat_s = {time}\nwhat = \"broker_away\"\nfor_s = 1.0\n");
            let error = Scenario::from_toml(name, &event).unwrap_err().to_string();
            assert!(error.contains("at_s is "), "{error}");
        }
        let event =
            format!("{text}\n[[event]]\nat_s = 1.0\nwhat = \"reboot\"\nboard = \"slot9\"\n");
        let error = Scenario::from_toml(name, &event).unwrap_err().to_string();
        assert!(
            error.contains("slot9") && error.contains("slot1"),
            "{error}"
        );
    }
}
