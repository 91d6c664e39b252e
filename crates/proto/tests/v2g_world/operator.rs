//! An operator, and the credentials that it gives out.

use v2x_proto::secure::{
    Authority, ClockUnknown, Identity, Name, PrivateKeys, RevocationList, Role, Serial, Subject,
    Trust, UtcSecond, Validity,
};

use super::{BEGINNING, Seeded};

/// An operator: whom everybody trusts, and who gives out credentials.
pub struct Operator {
    pub authority: Authority,
    next_serial: u64,
    rng: Seeded,
}

impl Operator {
    pub fn new(seed: u64) -> Self {
        let mut rng = Seeded(seed);
        Self {
            authority: Authority::draw(&mut rng),
            next_serial: 1,
            rng,
        }
    }

    pub fn subject(&mut self, role: Role, name: &str) -> Subject {
        self.next_serial += 1;
        Subject {
            role,
            name: Name::new(name).unwrap(),
            battery_data_after_unplugging: role == Role::Vehicle,
            serial: Serial(self.next_serial),
            validity: Validity {
                not_before: UtcSecond(BEGINNING - 86_400),
                not_after: UtcSecond(BEGINNING + 86_400),
            },
        }
    }

    pub fn enroll(&mut self, subject: Subject) -> Identity {
        let keys = PrivateKeys::draw(&mut self.rng);
        let credential = self.authority.issue(subject, keys.public());
        Identity::new(keys, credential).unwrap()
    }

    pub fn car(&mut self, name: &str) -> Identity {
        let subject = self.subject(Role::Vehicle, name);
        self.enroll(subject)
    }

    pub fn station(&mut self, name: &str) -> Identity {
        let subject = self.subject(Role::Station, name);
        self.enroll(subject)
    }

    pub fn trust(&self) -> Trust {
        Trust::new(&[self.authority.public()], ClockUnknown::Refuse, false).unwrap()
    }

    pub fn trust_without_clock(&self) -> Trust {
        Trust::new(
            &[self.authority.public()],
            ClockUnknown::AcceptForNow,
            false,
        )
        .unwrap()
    }

    pub fn revoke(&self, number: u32, serials: &[Serial]) -> RevocationList {
        let (issued, next) = (UtcSecond(BEGINNING), UtcSecond(BEGINNING + 86_400));
        self.authority
            .revoke(number, issued, next, serials)
            .unwrap()
    }
}
