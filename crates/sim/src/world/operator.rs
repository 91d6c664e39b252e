//! The operator of a simulated town: keys of cars, slots and stations, drawn from the seed.
//!
//! Its signatures of V2V are real ones for few cars, and marked fakes for many
//! ([`Signatures`]). V2G is always real: a session has a handful of signatures.

use std::collections::BTreeMap;

use core::time::Duration;

use rand_core::Rng as _;
use v2x_proto::secure::{
    Authority, CertificateHash, ClockUnknown, Identity, Name, PrivateKeys, Role, Serial,
    SigningKey, Subject, Trust, UtcSecond, Validity, Verifier, profile,
};
use v2x_proto::v2v::Pseudonym;
use v2x_proto::wire::certificate::{
    Certificate, DurationUnit, HashedId8, PublicKey, ToBeSignedCertificate, ValidityPeriod,
};
use v2x_proto::wire::its_time::GenerationTime;
use v2x_units::UtcTime;

use crate::chance::Chance;

/// How V2V is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signatures {
    /// ECDSA on P-256, as the product signs.
    #[default]
    Real,
    /// A marked fake, which no product takes: for many cars.
    MarkedFake,
}

/// Pseudonyms of a car: enough to change every few minutes for a while.
const PSEUDONYMS: usize = 8;
/// Certificates begin before the world does.
const BEHIND: Duration = Duration::from_secs(3600);

/// The operator.
pub(super) struct Operator {
    signatures: Signatures,
    validity: ValidityPeriod,
    lasts: Validity,
    authority: Authority,
    root: Certificate,
    ticket_authority: Certificate,
    ticket_key: SigningKey,
    keys_drawn: u64,
    serials: u64,
    chance: Chance,
    /// Whose each pseudonym is: the world's secret.
    owners: BTreeMap<[u8; 8], usize>,
}

impl Operator {
    /// An operator whose certificates hold from the beginning of the world on.
    pub(super) fn new(signatures: Signatures, beginning: UtcTime, mut chance: Chance) -> Self {
        let start = GenerationTime::from_utc(beginning - BEHIND);
        let start = start.and_then(|time| u32::try_from(time.whole_seconds()).ok());
        let validity = ValidityPeriod {
            start: start.expect("the world begins between 2004 and 2140"),
            amount: 10,
            unit: DurationUnit::Years,
        };
        let since = UtcSecond::of(beginning - BEHIND).expect("the world begins after 1970");
        let lasts = Validity {
            not_before: since,
            not_after: UtcSecond(u32::MAX - 1),
        };
        let authority = Authority::draw(&mut chance);
        let mut keys = Keys {
            signatures,
            drawn: 0,
        };
        let (root_key, ticket_key) = (keys.draw(&mut chance), keys.draw(&mut chance));
        let short = "the name is short";
        let root = profile::root("town", validity, root_key.public_key()).expect(short);
        let root = root_key.issue_root(root);
        let says = profile::authority("town", validity, ticket_key.public_key()).expect(short);
        Self {
            signatures,
            validity,
            lasts,
            authority,
            ticket_authority: root_key.issue(says, CertificateHash::of(&root)),
            root,
            ticket_key,
            keys_drawn: keys.drawn,
            serials: 0,
            chance,
            owners: BTreeMap::new(),
        }
    }

    /// Who a unit is, and whom it trusts.
    ///
    /// # Panics
    /// When the name is none: those of scenarios are checked.
    pub(super) fn enrol(&mut self, role: Role, name: &str) -> (Identity, Trust) {
        self.serials += 1;
        let keys = PrivateKeys::draw(&mut self.chance);
        let subject = Subject {
            role,
            name: Name::new(name).expect("names of scenarios are letters, digits and -"),
            battery_data_after_unplugging: role == Role::Vehicle,
            serial: Serial(self.serials),
            validity: self.lasts,
        };
        let credential = self.authority.issue(subject, keys.public());
        let trust = Trust::new(&[self.authority.public()], ClockUnknown::Refuse, false);
        let identity = Identity::new(keys, credential);
        (
            identity.expect("the credential is for these keys"),
            trust.expect("one authority is not too many"),
        )
    }

    /// The pseudonyms of a car.
    pub(super) fn pseudonyms(&mut self, car: usize) -> Vec<Pseudonym> {
        let issue = |validity, key| profile::ticket(validity, None, key, false);
        let drawn: Vec<_> = (0..PSEUDONYMS).map(|_| self.ticket(issue)).collect();
        for pseudonym in &drawn {
            self.owners.insert(pseudonym.name().0, car);
        }
        drawn
    }

    /// The ticket under which a station announces itself.
    pub(super) fn station_ticket(&mut self) -> Pseudonym {
        self.ticket(profile::station_ticket)
    }

    /// Whose a pseudonym is.
    pub(super) fn owner(&self, name: HashedId8) -> Option<usize> {
        self.owners.get(&name.0).copied()
    }

    /// What every car believes.
    pub(super) fn verifier(&self) -> Verifier {
        let mut verifier = match self.signatures {
            Signatures::Real => Verifier::default(),
            Signatures::MarkedFake => Verifier::for_simulation(),
        };
        let store = &mut verifier.certificates;
        let trusted = store
            .add_root(self.root.clone())
            .and_then(|_| store.add_authority(self.ticket_authority.clone()));
        trusted.expect("they are made for each other");
        verifier
    }

    fn ticket<E: core::fmt::Debug>(
        &mut self,
        says: impl Fn(ValidityPeriod, PublicKey) -> Result<ToBeSignedCertificate, E>,
    ) -> Pseudonym {
        let mut keys = Keys {
            signatures: self.signatures,
            drawn: self.keys_drawn,
        };
        let key = keys.draw(&mut self.chance);
        self.keys_drawn = keys.drawn;
        let says = says(self.validity, key.public_key()).expect("it is within its bounds");
        let issuer = CertificateHash::of(&self.ticket_authority);
        let ticket = self.ticket_key.issue(says, issuer);
        Pseudonym::new(ticket, key).expect("the key is the ticket's")
    }
}

/// Draws keys of a kind.
struct Keys {
    signatures: Signatures,
    drawn: u64,
}

impl Keys {
    fn draw(&mut self, chance: &mut Chance) -> SigningKey {
        self.drawn += 1;
        if self.signatures == Signatures::MarkedFake {
            return SigningKey::fake(self.drawn);
        }
        loop {
            let mut bytes = [0; 32];
            chance.fill_bytes(&mut bytes);
            // Nearly every number of 32 bytes is a key.
            if let Ok(key) = SigningKey::from_bytes(&bytes) {
                return key;
            }
        }
    }
}
