//! Devices, people, settings, requests and commands.

use serde_json::{Map, Value as Json, json};
use v2x_roles::hub::DeviceKind;
use v2x_store::hub::{
    Credential, DECIDED_MAX, HubRetention, HubStore, NoRoom, PENDING_MAX, PendingState, PersonRole,
    PersonRow, Scope, Taken,
};

use super::alarms::alarm;
use super::{Bench, arrival, at, object};

#[test]
fn credential_opens_its_own_device_only() {
    let mut bench = Bench::new();
    let basic = Credential::Basic([1; 32], [2; 32]);
    let added = bench
        .store
        .add_device("Yard", DeviceKind::Station, Some(&basic), at(0));
    let yard = added.unwrap().unwrap();
    let found = |credential| bench.store.device_of(&credential).unwrap();
    assert_eq!(found(Credential::Token([7; 32])), Some(bench.car));
    assert_eq!(found(Credential::Token([8; 32])), None);
    assert_eq!(found(Credential::Certificate([7; 32])), None);
    assert_eq!(found(basic), Some(yard));
    assert_eq!(found(Credential::Basic([1; 32], [3; 32])), None);
    assert_eq!(found(Credential::Token([1; 32])), None);
    let replaced = Credential::Token([9; 32]);
    let (store, car) = (&mut bench.store, bench.car);
    store.replace_credential(car, &replaced, at(1)).unwrap();
    assert_eq!(store.device_of(&Credential::Token([7; 32])).unwrap(), None);
    assert_eq!(store.device_of(&replaced).unwrap(), Some(car));
    let taken = store.add_device("Yard", DeviceKind::Unknown, None, at(0));
    assert!(taken.unwrap().unwrap_err().to_string().contains("Yard"));
}

#[test]
fn devices_behind_two_gateways_may_have_one_name_and_are_two() {
    let mut bench = Bench::new();
    let mut add = |name: &str| {
        let added = bench
            .store
            .add_device(name, DeviceKind::Station, None, at(0));
        added.unwrap().unwrap()
    };
    let (north, south) = (add("North"), add("South"));
    let mut slot = |gateway, name: &str| {
        let found = bench.store.behind_gateway(gateway, name, 2, at(0));
        found.unwrap()
    };
    let first = slot(north, "Slot 1");
    assert!(first.is_some() && first == slot(north, "Slot 1"));
    assert_ne!(first, slot(south, "Slot 1"));
    assert!(
        slot(north, "Car \"7\"").is_some(),
        "not the car of this name"
    );
    assert_eq!(slot(north, "Slot 3"), None, "two were allowed");
}

#[test]
fn settings_that_have_no_room_leave_all_others_as_they_were() {
    let mut bench = Bench::new();
    let (store, car) = (&mut bench.store, bench.car);
    let many = |from: usize, to: usize| -> Map<String, Json> {
        (from..to)
            .map(|it| (format!("key {it}"), json!(it)))
            .collect()
    };
    let set = store.set_shared(car, &many(0, 999), at(0)).unwrap();
    assert_eq!(set, Ok(()));
    let mut change = many(998, 1002);
    change.insert("key 0".to_owned(), json!("other"));
    let refused = store.set_shared(car, &change, at(1)).unwrap();
    assert_eq!(refused, Err(NoRoom(2)));
    let before = store.attributes(car, Scope::Shared).unwrap();
    assert_eq!((before.len(), &before["key 0"]), (999, &json!(0)));
    // What goes makes room, wherever it stands.
    change.extend([
        ("key 1".to_owned(), Json::Null),
        ("key 2".to_owned(), Json::Null),
    ]);
    assert_eq!(store.set_shared(car, &change, at(2)).unwrap(), Ok(()));
    let after = store.attributes(car, Scope::Shared).unwrap();
    assert_eq!((after.len(), &after["key 0"]), (1000, &json!("other")));
    // What a device says of itself has room as far as it goes.
    let passed_over = store.describe(car, &many(0, 1003), at(3)).unwrap();
    assert_eq!(passed_over.len(), 3);
    assert_eq!(store.attributes(car, Scope::Client).unwrap().len(), 1000);
}

#[test]
fn request_that_was_decided_takes_no_room_from_those_that_wait() {
    let mut bench = Bench::new();
    let store = &mut bench.store;
    let ask = |store: &mut HubStore, number: usize| {
        let name = format!("car {number}");
        store.ask_to_join(&name, "127.0.0.1", None, at(0)).unwrap()
    };
    for number in 0..PENDING_MAX {
        assert!(ask(store, number).is_some());
    }
    assert_eq!(ask(store, PENDING_MAX), None, "the queue is full");
    let first = ask(store, 0).unwrap();
    assert!(store.decide(first.id, true, at(0)).unwrap());
    assert!(
        !store.decide(first.id, false, at(0)).unwrap(),
        "it was decided"
    );
    assert!(ask(store, PENDING_MAX).is_some());
    assert_eq!(ask(store, 0).unwrap().state, PendingState::Approved);
    // Decisions have a bound, and when full the oldest goes.
    for number in 1..=DECIDED_MAX {
        let asked = ask(store, number).unwrap();
        assert!(store.decide(asked.id, false, at(0)).unwrap());
    }
    assert_eq!(store.pending().unwrap().len(), DECIDED_MAX);
    assert_eq!(ask(store, 0).unwrap().state, PendingState::Waiting);
}

#[test]
fn approval_is_for_the_address_that_asked_and_holds_for_an_hour() {
    let mut bench = Bench::new();
    let store = &mut bench.store;
    let ask = |store: &mut HubStore, origin: &str, seconds: i64| {
        let asked = store.ask_to_join("car", origin, None, at(seconds));
        asked.unwrap().unwrap()
    };
    let first = ask(store, "10.0.0.1", 0);
    assert!(store.decide(first.id, true, at(10)).unwrap());
    assert_eq!(ask(store, "10.0.0.1", 3600).state, PendingState::Approved);
    // Somebody else of this name has to be approved anew, and so has whoever comes too late.
    let other = ask(store, "10.0.0.2", 20);
    assert_eq!(
        (other.state, other.origin.as_str(), other.asked),
        (PendingState::Waiting, "10.0.0.2", at(20))
    );
    assert!(!store.decide(first.id, true, at(21)).unwrap(), "it is gone");
    assert!(store.decide(other.id, true, at(30)).unwrap());
    let late = ask(store, "10.0.0.2", 3631);
    assert_eq!(late.state, PendingState::Waiting);
    assert_eq!(store.pending().unwrap().len(), 1);
}

#[test]
fn token_that_another_device_has_lets_nobody_in_and_is_said() {
    let mut bench = Bench::new();
    let store = &mut bench.store;
    let mut admit = |name: &str, token: [u8; 32]| {
        let asked = store.ask_to_join(name, "10.0.0.1", Some(&token), at(0));
        let asked = asked.unwrap().unwrap();
        let credential = Credential::Token(token);
        store.admit(&asked, &credential, at(1)).unwrap()
    };
    assert!(admit("first", [3; 32]).is_ok());
    let taken = admit("second", [3; 32]).unwrap_err();
    assert_eq!(taken, Taken::Login);
    assert!(taken.to_string().contains("taken"), "{taken}");
    assert!(admit("third", [4; 32]).is_ok());
    assert_eq!(store.device_named("second").unwrap(), None);
}

#[test]
fn answer_to_a_command_has_a_time_and_a_missing_one_has_none() {
    let mut bench = Bench::new();
    let (store, car) = (&mut bench.store, bench.car);
    let command = ("honk", &json!({}));
    let answered = store.note_command(car, "ana", command, at(0)).unwrap();
    store.note_command(car, "ana", command, at(1)).unwrap();
    store.note_answer(answered, &Json::Null, at(2)).unwrap();
    assert_eq!(store.command_counts().unwrap(), (2, 1));
}

#[test]
fn device_that_is_removed_takes_what_it_said_with_it() {
    let mut bench = Bench::new();
    bench.say(0, &json!({ "soc": 50.0 }));
    let (store, car) = (&mut bench.store, bench.car);
    store.watch_alarm(car, &alarm(true), at(0)).unwrap();
    let about = object(&json!({ "software": "v2x", "gone": null }));
    store.describe(car, &about, at(0)).unwrap();
    assert_eq!(store.attributes(car, Scope::Client).unwrap().len(), 1);
    assert!(store.remove_device(car).unwrap());
    assert!(!store.remove_device(car).unwrap());
    let late = arrival(car, 1, &json!({ "soc": 49.0 }));
    assert_eq!(store.record(&[late]).unwrap().of_nobody, 1);
    while store.prune(&HubRetention::default(), at(0)).unwrap() {}
    let counts = store.counts().unwrap();
    assert_eq!((counts.devices, counts.messages, counts.alarms), (0, 0, 0));
    assert_eq!(store.latest(at(0)).unwrap().len(), 0);
}

#[test]
fn last_admin_cannot_go() {
    let mut bench = Bench::new();
    let person = |name: &str, role| PersonRow {
        name: name.to_owned(),
        role,
        password: "$argon2id$".to_owned(),
    };
    let store = &mut bench.store;
    let mut put = |person: &PersonRow| store.put_person(person, at(0)).unwrap();
    put(&person("ana", PersonRole::Admin)).unwrap();
    put(&person("bob", PersonRole::Viewer)).unwrap();
    assert!(put(&person("ana", PersonRole::Operator)).is_err());
    assert!(store.remove_person("ana").unwrap().is_err());
    let bob = person("bob", PersonRole::Admin);
    store.put_person(&bob, at(0)).unwrap().unwrap();
    assert_eq!(store.remove_person("ana").unwrap(), Ok(true));
    assert_eq!(store.remove_person("ana").unwrap(), Ok(false));
    assert_eq!(store.people().unwrap(), [bob]);
}
