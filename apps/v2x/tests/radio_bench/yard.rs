//! A station with one slot for known cars, and cars that are parked there.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::SeqCst;

use v2x_testbench::wait_until;

use super::super::bench::car::{Car, Daemon};
use super::super::station_bench::{SOON, Site, Station};
use super::car_bus::CarBus;
use super::slot_board::{Slot, SlotBoard};
use super::{Air, Operator, details};

pub(crate) const EVSE: &str = "MA*HEL*E0001*1";

/// Starts the station; `slot` are further settings of its slot.
pub(crate) fn start_station(
    site: &Site,
    air: &Air,
    keys: &Path,
    slot: &str,
    broker: Option<&str>,
) -> Station {
    let text = format!(
        "[station]\nname = \"Yard\"\nlatitude = 12.5\nlongitude = -3.25\ncost_per_kwh = 1.50\n\
         row_interval_s = 0.5\n{}[[slot]]\nnumber = 1\nport = \"{}\"\nsource = \"framed\"\n\
         relay = true\npolicy = \"known cars\"\nstart_s = 1.0\nkeys = \"{}\"\n{slot}",
        air.table(),
        site.path("slot1").display(),
        keys.display()
    );
    let config = site.write("station.toml", &text).display().to_string();
    site.station(&["--config", &config], broker)
}

/// A car that is parked at the station and calls for it.
pub(crate) fn start_car(car: &Car, site: &Site, air: &Air, keys: &Path) -> (CarBus, Daemon) {
    let port = site.path(keys.file_name().unwrap().to_str().unwrap());
    let bus = CarBus::plug(&port, 12.5, -3.25);
    car.plug_in(&port);
    car.set_clock("0 ntp");
    air.give_to(car, keys);
    car.set("V2X_V2G_CALL_WHEN_PARKED", "true");
    (bus, car.start())
}

/// A station and a car of one operator, with the plug in.
pub(crate) struct Yard {
    // What runs ends before the folders go that it writes to.
    pub(crate) station: Station,
    pub(crate) daemon: Daemon,
    pub(crate) board: SlotBoard,
    pub(crate) bus: CarBus,
    pub(crate) car: Car,
    pub(crate) air: Air,
    pub(crate) site: Site,
    pub(crate) operator: Operator,
    pub(crate) keys: PathBuf,
    slot: &'static str,
}

impl Yard {
    /// `slot` are further settings of the slot, `set_car` are the car's.
    pub(crate) fn start(slot: &'static str, set_car: impl Fn(&Car)) -> Self {
        let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
        let board = SlotBoard::plug(&site.path("slot1"));
        let keys = operator.slot(EVSE);
        let station = start_station(&site, &air, &keys, slot, None);
        board.slot.plugged.store(true, SeqCst);
        let car = Car::new(None);
        set_car(&car);
        let (bus, daemon) = start_car(&car, &site, &air, &operator.car("CAR-7"));
        bus.feel(&board.slot);
        Self {
            air,
            site,
            operator,
            keys,
            board,
            station,
            car,
            bus,
            daemon,
            slot,
        }
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.board.slot
    }

    /// Where the car's daemon writes.
    pub(crate) fn car_out(&self) -> PathBuf {
        self.car.written().folder().to_owned()
    }

    /// Waits until power flows through the relay.
    pub(crate) fn await_power(&self) {
        let before = self.slot().load.watt_hours();
        wait_until(SOON, "power through the relay", || {
            self.slot().relay.load(SeqCst) && self.slot().load.watt_hours() > before
        });
    }

    /// Waits until power flows and the station is certain to whom: only then there is a receipt.
    pub(crate) fn await_charge(&self) {
        self.await_power();
        wait_until(SOON, "certainty whose plug it is", || {
            let told = details(&self.site.out(), "v2g");
            told.iter().any(|it| it.contains("PlugConfirmed"))
        });
    }

    pub(crate) fn await_open_relay(&self, what: &str) {
        wait_until(SOON, what, || !self.slot().relay.load(SeqCst));
    }

    /// Kills the station and starts it anew.
    pub(crate) fn restart_station(mut self) -> Self {
        self.station.kill();
        self.station = start_station(&self.site, &self.air, &self.keys, self.slot, None);
        self
    }

    /// Kills the car's daemon and starts it anew.
    pub(crate) fn restart_car(&mut self) {
        self.daemon.kill();
        self.daemon = self.car.start();
    }

    /// Ends both.
    pub(crate) fn stop(self) {
        assert!(self.daemon.stop().success());
        self.station.stop();
    }
}
