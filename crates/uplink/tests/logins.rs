//! Every way to log in, at a real mosquitto that asks for it; and what is said when it fails.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod running;

use running::{BOUND, Running, settings, store_with};
use v2x_outbox::Storage as _;
use v2x_testbench::{Access, Authority, Mosquitto, wait_until};
use v2x_uplink::{Down, Identity, Login, SessionEvent, Settings, Token, Trust};

/// Connects, empties an outbox of three rows and disconnects.
fn delivers(settings: Settings) {
    let folder = tempfile::tempdir().unwrap();
    let store = store_with(&folder.path().join("v2x.db"), 3);
    let running = Running::start(store, settings);
    wait_until(BOUND, "the empty outbox", || running.pending() == 0);
    let (store, events) = running.stop();
    assert_eq!(store.usage().entries, 0);
    assert!(events.contains(&SessionEvent::Connected));
}

/// Tries to connect; what it said when it failed.
fn refused(settings: Settings) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = store_with(&folder.path().join("v2x.db"), 3);
    let running = Running::start(store, settings);
    let is_down = |event: &SessionEvent| matches!(event, SessionEvent::Down { .. });
    wait_until(BOUND, "a refusal", || running.happened(is_down) > 0);
    let (store, events) = running.stop();
    assert_eq!(store.usage().entries, 3, "nothing is lost");
    let why = events.iter().find_map(|event| match event {
        SessionEvent::Down { why, .. } => Some(why.to_string()),
        _ => None,
    });
    why.unwrap()
}

fn identity(authority: &Authority) -> Identity {
    let (certificate, key) = authority.issue(&["vehicle"]);
    Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap()
}

fn trusting(broker: &Mosquitto, authority: &Authority) -> Settings {
    Settings {
        login: Login::None,
        trust: Trust::Own(authority.certificate().into()),
        ..settings(&broker.encrypted_url())
    }
}

#[test]
fn client_certificate_opens_a_broker_that_requires_one() {
    let authority = Authority::new();
    let Some(broker) = Mosquitto::start(&Access::Certified(authority.clone())) else {
        return;
    };
    delivers(Settings {
        identity: Some(identity(&authority)),
        ..trusting(&broker, &authority)
    });
    let said = refused(trusting(&broker, &authority));
    assert!(said.contains("client certificate"), "{said}");
    let stranger = Settings {
        identity: Some(identity(&Authority::new())),
        ..trusting(&broker, &authority)
    };
    let said = refused(stranger);
    assert!(said.contains("our client certificate"), "{said}");
}

#[test]
fn own_authority_is_trusted_and_no_other_broker_is() {
    let authority = Authority::new();
    let Some(broker) = Mosquitto::start(&Access::Encrypted(authority.clone())) else {
        return;
    };
    delivers(trusting(&broker, &authority));
    let said = refused(trusting(&broker, &Authority::new()));
    assert!(said.contains("its certificate is not accepted"), "{said}");
    let by_system = Settings {
        trust: Trust::System,
        ..trusting(&broker, &authority)
    };
    // A computer without any trusted certificates says so before it connects.
    if v2x_uplink::session::check_trust(&Trust::System).is_ok() {
        let said = refused(by_system);
        assert!(said.contains("check the CA file"), "{said}");
    }
}

#[test]
fn certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    let Some(broker) = Mosquitto::start(&Access::Encrypted(authority.clone())) else {
        return;
    };
    let url = format!("mqtts://127.0.0.2:{}", broker.port());
    let mut elsewhere = trusting(&broker, &authority);
    elsewhere.broker = url.parse().unwrap();
    let said = refused(elsewhere);
    // Where all of 127/8 is this computer the broker is not bound to that address.
    assert!(
        said.contains("not accepted") || said.contains("refused"),
        "{said}"
    );
}

#[test]
fn user_and_password_open_a_broker_and_a_wrong_password_does_not() {
    let access = Access::User("twizy".to_owned(), "two words".to_owned());
    let Some(broker) = Mosquitto::start(&access) else {
        return;
    };
    let with = |password: &str| Settings {
        login: Login::Basic {
            user: "twizy".to_owned(),
            password: Token::password(password).unwrap(),
        },
        ..settings(&broker.url())
    };
    delivers(with("two words\n"));
    let said = refused(with("wrong"));
    let wrong = Down::Refused {
        code: 5,
        reason: "the token or password is wrong; copy the access token of the device again",
    };
    assert_eq!(said, wrong.to_string());
}
