//! What cars share: the way with whoever drives ahead, the socket with its slot.

use core::time::Duration;

use super::Hardware;
use crate::car::Socket;
use crate::driver::Leader;

/// What the station allows a car, A.
const SLOT_CURRENT: f64 = 13.0;
/// Of a Twizy, m.
const LENGTH: f64 = 2.34;

/// A car on its way: which way, and how many metres from its beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnWay {
    way: usize,
    at: f64,
    car: usize,
}

impl OnWay {
    pub(super) const fn of(car: usize) -> Self {
        let (way, at) = (usize::MAX, 0.0);
        Self { way, at, car }
    }
}

impl Hardware {
    /// For each car the one ahead on the same way, if there is one.
    pub(super) fn leaders(&mut self) -> Vec<Option<Leader>> {
        let mut leaders = vec![None; self.cars.len()];
        // Of a moment ago, and so nearly in order.
        let order = &mut self.order;
        for entry in order.iter_mut() {
            let here = &self.cars[entry.car];
            (entry.way, entry.at) = match here.plan.on_way(&here.car) {
                Some((way, at)) => (way, at),
                None => (usize::MAX, 0.0),
            };
        }
        order.sort_by(|a, b| {
            let way = a.way.cmp(&b.way);
            way.then(a.at.total_cmp(&b.at)).then(a.car.cmp(&b.car))
        });
        for cars in order.chunk_by(|a, b| a.way == b.way) {
            if cars.first().is_none_or(|first| first.way == usize::MAX) {
                continue;
            }
            let mut ahead: Option<OnWay> = None;
            for (place, own) in cars.iter().enumerate().rev() {
                // Whoever is just as far is beside, not ahead.
                if let Some(next) = cars.get(place + 1).filter(|next| next.at > own.at) {
                    ahead = Some(*next);
                }
                leaders[own.car] = ahead.map(|other| Leader {
                    gap: other.at - own.at - LENGTH,
                    speed: self.cars[other.car].car.twizy.speed(),
                });
            }
        }
        leaders
    }

    /// Mains to the sockets, and through the meters what the cars draw.
    pub(super) fn pass_power(&mut self, time: Duration) {
        let mut plugged = vec![None; self.slots.len()];
        for (index, here) in self.cars.iter_mut().enumerate() {
            match here.plan.plugged_into() {
                Some(slot) => plugged[slot] = plugged[slot].or(Some(index)),
                None => here.car.set_socket(None),
            }
        }
        for (slot, car) in self.slots.iter_mut().zip(plugged) {
            let live = slot.is_live();
            let mut power = 0.0;
            if let Some(here) = car.and_then(|car| self.cars.get_mut(car)) {
                let voltage = slot.meter.voltage;
                let socket = live.then_some(Socket {
                    voltage,
                    current_limit: SLOT_CURRENT,
                });
                here.car.set_socket(socket);
                power = if live {
                    here.car.twizy.mains_power()
                } else {
                    0.0
                };
            }
            slot.meter.pass(power, time);
        }
    }
}
