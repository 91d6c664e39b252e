//! Credentials that do not count: expired, not yet valid, revoked, of the wrong role.
//!
//! A time that nobody knows at the start is `v2g_clock.rs`.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod v2g_world;

use core::time::Duration;

use v2g_world::{BEGINNING, CAR, Operator, STATION, World, count};
use v2x_proto::secure::{
    Authority, ClockUnknown, Credential, CredentialError, RevocationError, RevocationList, Role,
    Serial, Trust, UtcSecond,
};
use v2x_proto::v2g::evcc::EvccState;
use v2x_proto::v2g::secc::PowerOffReason;
use v2x_proto::v2g::{EvccEvent, EvccInput, SeccEvent, SeccInput};

/// Proves a car's credential at a second of the stories' first day.
fn prove(
    trust: &Trust,
    credential: &Credential,
    second: Option<u32>,
) -> Result<Credential, CredentialError> {
    let utc = second.map(|second| UtcSecond(second).utc());
    trust.prove(
        &credential.emit(),
        &credential.handshake_key,
        Role::Vehicle,
        utc,
    )
}

#[test]
fn credential_holds_in_its_first_and_last_second_and_not_beside_them() {
    let mut operator = Operator::new(1);
    let car = operator.car("twizy-1");
    let (trust, credential) = (operator.trust(), car.credential());
    let (first, last) = (BEGINNING - 86_400, BEGINNING + 86_400);
    assert!(prove(&trust, credential, Some(first)).is_ok());
    assert!(prove(&trust, credential, Some(last)).is_ok());
    let early = prove(&trust, credential, Some(first - 1));
    assert_eq!(early, Err(CredentialError::NotYetValid(UtcSecond(first))));
    let late = prove(&trust, credential, Some(last + 1));
    assert_eq!(late, Err(CredentialError::Expired(UtcSecond(last))));
    assert_eq!(
        late.unwrap_err().to_string(),
        "it ended at 2026-01-02T00:00:00.000Z"
    );
}

#[test]
fn each_flaw_of_a_credential_is_named() {
    let mut operator = Operator::new(2);
    let car = operator.car("twizy-1");
    let (trust, credential) = (operator.trust(), car.credential());
    let utc = Some(UtcSecond(BEGINNING).utc());
    let bytes = credential.emit();
    let key = &credential.handshake_key;
    let wrong_role = trust.prove(&bytes, key, Role::Station, utc);
    let (seen, wanted) = (Role::Vehicle, Role::Station);
    assert_eq!(wrong_role, Err(CredentialError::WrongRole { seen, wanted }));
    let other_key = trust.prove(&bytes, &[9; 32], Role::Vehicle, utc);
    assert_eq!(other_key, Err(CredentialError::OtherKey));
    let stranger = Authority::draw(&mut v2g_world::Seeded(77));
    let far = Trust::new(&[stranger.public()], ClockUnknown::Refuse, false).unwrap();
    let unknown = far.prove(&bytes, key, Role::Vehicle, utc);
    assert_eq!(
        unknown,
        Err(CredentialError::UnknownAuthority(credential.authority))
    );
    let fresh = Trust::new(&[operator.authority.public()], ClockUnknown::Refuse, true).unwrap();
    assert_eq!(
        fresh.prove(&bytes, key, Role::Vehicle, utc),
        Err(CredentialError::RevocationsStale)
    );
    assert_eq!(
        prove(&trust, credential, None),
        Err(CredentialError::ClockUnknown)
    );
    assert!(prove(&operator.trust_without_clock(), credential, None).is_ok());
}

#[test]
fn every_flipped_bit_of_a_credential_spoils_it() {
    let mut operator = Operator::new(3);
    let car = operator.car("twizy-1");
    let (trust, credential) = (operator.trust(), car.credential());
    let utc = Some(UtcSecond(BEGINNING).utc());
    let bytes = credential.emit();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let seen = trust.prove(&changed, &credential.handshake_key, Role::Vehicle, utc);
        assert!(seen.is_err(), "bit {bit}");
    }
}

/// A form of a point that says the same key in other bytes was found by fuzzing.
#[test]
fn key_of_a_credential_has_one_form_only() {
    const FORM_OF_POINT: usize = 59;
    let mut operator = Operator::new(3);
    let bytes = operator.car("twizy-1").credential().emit();
    for form in 0..=u8::MAX {
        let mut changed = bytes.clone();
        changed[FORM_OF_POINT] = form;
        match Credential::parse(&changed) {
            Ok(credential) => assert_eq!(credential.emit(), changed),
            Err(error) => assert!(error.to_string().contains("P-256"), "{error}"),
        }
    }
}

#[test]
fn two_authorities_may_be_trusted_while_one_follows_the_other() {
    let (mut old, mut new) = (Operator::new(4), Operator::new(5));
    let keys = [old.authority.public(), new.authority.public()];
    let trust = Trust::new(&keys, ClockUnknown::Refuse, false).unwrap();
    for operator in [&mut old, &mut new] {
        let car = operator.car("twizy-1");
        assert!(prove(&trust, car.credential(), Some(BEGINNING)).is_ok());
    }
    let third = Operator::new(6).authority.public();
    assert!(Trust::new(&[keys[0], keys[1], third], ClockUnknown::Refuse, false).is_err());
}

#[test]
fn revocation_list_is_signed_newer_and_bounded() {
    let operator = Operator::new(7);
    let mut trust = operator.trust();
    let list = operator.revoke(2, &[Serial(9), Serial(3), Serial(9)]);
    assert_eq!(list.serials(), [Serial(3), Serial(9)]);
    assert_eq!(RevocationList::parse(&list.emit()), Ok(list.clone()));
    trust.take_revocations(list.clone()).unwrap();
    let older = operator.revoke(1, &[]);
    let (seen, held) = (1, 2);
    assert_eq!(
        trust.take_revocations(older),
        Err(RevocationError::NotNewer { seen, held })
    );
    let mut forged = list.emit();
    forged[9] ^= 0x40;
    let forged = RevocationList::parse(&forged).unwrap();
    assert_eq!(
        trust.take_revocations(forged),
        Err(RevocationError::BadSignature)
    );
    let serials: Vec<_> = (0..=256).map(Serial).collect();
    let (from, to) = (UtcSecond(0), UtcSecond(1));
    assert!(operator.authority.revoke(3, from, to, &serials).is_err());
    assert!(
        operator
            .authority
            .revoke(3, from, to, &serials[1..])
            .is_ok()
    );
}

#[test]
fn expired_car_gets_no_session() {
    let mut world = World::empty(8);
    world.add_station(STATION, "MA*HEL*E0001*1");
    let mut subject = world.operator.subject(Role::Vehicle, "twizy-1");
    subject.validity.not_after = UtcSecond(BEGINNING - 1);
    let identity = world.operator.enroll(subject);
    world.add_car_as(CAR, identity);
    world.plug(0, 0);
    world.run(Duration::from_secs(60));
    let expired = CredentialError::Expired(UtcSecond(BEGINNING - 1));
    assert!(
        world.stations[0]
            .events
            .contains(&SeccEvent::CarRefused(expired))
    );
    assert!(
        count(&world.cars[0].events, |e| matches!(
            e,
            EvccEvent::NotBelieved(7)
        )) >= 1
    );
    assert!(world.stations[0].secc.session().is_none());
}

#[test]
fn revocation_during_a_charge_ends_power_and_lets_the_car_in_no_more() {
    let mut world = World::new(9);
    world.plug(0, 0);
    world.run_until_charging(0);
    let serial = world.cars[0].identity.credential().subject.serial;
    let list = world.operator.revoke(1, &[serial]);
    world.tell_station(0, SeccInput::Revocations(&list));
    assert!(!world.stations[0].secc.power_is_on());
    let revoked = CredentialError::Revoked(serial);
    let off = |e: &SeccEvent| match e {
        SeccEvent::PowerOff(_, PowerOffReason::Credential(why)) => *why == revoked,
        _ => false,
    };
    assert_eq!(count(&world.stations[0].events, off), 1);
    world.run(Duration::from_secs(120));
    assert!(
        world.stations[0]
            .events
            .contains(&SeccEvent::CarRefused(revoked))
    );
    assert!(
        count(&world.cars[0].events, |e| matches!(
            e,
            EvccEvent::NotBelieved(8)
        )) >= 1
    );
}

#[test]
fn revoked_station_is_left_by_the_car() {
    let mut world = World::new(10);
    world.plug(0, 0);
    world.run_until_charging(0);
    let serial = world.stations[0].identity.credential().subject.serial;
    let list = world.operator.revoke(1, &[serial]);
    world.tell_car(0, EvccInput::Revocations(&list));
    assert_eq!(world.cars[0].evcc.state(), EvccState::ExpectStation);
    world.run(Duration::from_secs(120));
    assert_eq!(world.cars[0].evcc.state(), EvccState::ExpectStation);
    let refused =
        |e: &EvccEvent| *e == EvccEvent::StationNotBelieved(CredentialError::Revoked(serial));
    assert!(count(&world.cars[0].events, refused) >= 2);
}

#[test]
fn nothing_that_is_printed_shows_a_private_key() {
    let mut operator = Operator::new(14);
    let keys = v2x_proto::secure::PrivateKeys::draw(&mut v2g_world::Seeded(1));
    let secret = keys.expose();
    let subject = operator.subject(Role::Vehicle, "twizy-1");
    let credential = operator.authority.issue(subject, keys.public());
    let identity = v2x_proto::secure::Identity::new(keys.clone(), credential).unwrap();
    let printed = format!("{keys:?} {identity:?} {:?}", operator.authority);
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{secret:?}");
    for window in 0..60 {
        assert!(!printed.contains(&hex[window..window + 8]));
    }
    assert!(!printed.contains(&list[1..20]));
    assert_eq!(
        printed,
        format!(
            "PrivateKeys(not shown) Identity(vehicle twizy-1) Authority({})",
            identity.credential().authority
        )
    );
}
