//! The slot's contacts: which of their samples are believed.
//!
//! Not here: how often they are read (`firmware/`, every 100 ms) and what follows from a plug or a
//! relay's feedback. A spike of a contactor or a plug that is wiggled is a sample or two; it must
//! end no charge and take no slot out of service.

use core::time::Duration;

use v2x_charging::Input as SlotInput;
use v2x_proto::link::message::LogLevel;
use v2x_units::Instant;

use super::SlotController;

/// So many samples in a row that say the same are believed.
const SAME: u8 = 3;
/// How long it takes a contact that has moved to be believed, at a sample every 100 ms.
pub(super) const BELIEVED_WITHIN: Duration = Duration::from_millis(300);
/// A meter's reading is at most so old: current that is still told then flows.
const METER_KNOWS_WITHIN: Duration = Duration::from_secs(3);

/// One contact.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Contact {
    believed: Option<bool>,
    says: Option<bool>,
    times: u8,
}

impl Contact {
    /// A contact that was never read.
    pub(super) const fn new() -> Self {
        Self {
            believed: None,
            says: None,
            times: 0,
        }
    }

    /// Takes a sample.
    pub(super) fn see(&mut self, active: bool) {
        let is_same = self.says == Some(active);
        self.says = Some(active);
        self.times = if is_same {
            self.times.saturating_add(1)
        } else {
            1
        };
        if self.times >= SAME {
            self.believed = Some(active);
        }
    }

    /// What is believed of it; `None` until enough samples have come.
    pub(super) const fn is(&self) -> Option<bool> {
        self.believed
    }
}

/// The plug input.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PlugInput {
    contact: Contact,
    is_in: Option<bool>,
    /// Since when the contact says "out" and the meter says that current flows.
    doubted: Option<Instant>,
    is_told: bool,
}

impl PlugInput {
    /// Whether a plug is in; `None` until the input has been read often enough.
    pub(super) const fn is_in(&self) -> Option<bool> {
        self.is_in
    }
}

impl SlotController {
    /// Takes a sample of the plug input. A plug that is out while its slot's current flows is a
    /// broken wire: the charge goes on, and it is said.
    pub(super) fn see_plug(&mut self, now: Instant, sample: bool) {
        let flows = self.measured.is_some_and(|(at, values)| {
            let draws = self.config.current.draws(values.current);
            now.since(at) < METER_KNOWS_WITHIN && draws == Some(true)
        });
        let Some(plug) = &mut self.plug else { return };
        plug.contact.see(sample);
        let Some(says) = plug.contact.is() else {
            return;
        };
        if plug.is_in == Some(true) && !says && flows {
            let since = *plug.doubted.get_or_insert(now);
            if now.since(since) >= METER_KNOWS_WITHIN && !plug.is_told {
                plug.is_told = true;
                let text = "plug: its input says out while current flows; look at its wire";
                (self.chassis).log(now, LogLevel::Warn, format_args!("{text}"));
            }
            return;
        }
        plug.doubted = None;
        if plug.is_in != Some(says) {
            plug.is_in = Some(says);
            plug.is_told = false;
            self.tell_slot(now, SlotInput::Plugged(says));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_is_believed_when_it_says_the_same_three_times_in_a_row() {
        let mut contact = Contact::new();
        let mut see = |samples: &[bool]| {
            samples.iter().for_each(|sample| contact.see(*sample));
            contact.is()
        };
        assert_eq!(see(&[true, true]), None);
        assert_eq!(see(&[true]), Some(true));
        assert_eq!(see(&[false, false, true, false, false]), Some(true));
        assert_eq!(see(&[false]), Some(false));
    }
}
