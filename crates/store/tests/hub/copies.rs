//! A copy holds one moment, and what is none is refused.

use std::path::Path;

use serde_json::json;
use v2x_store::hub::{HubStore, check_backup};

use super::{Bench, arrival};

#[test]
fn copy_that_is_made_while_somebody_writes_holds_one_moment_of_it() {
    let mut bench = Bench::new();
    let car = bench.car;
    let copy = bench.folder.path().join("copy.db");
    let path = bench.store.path().to_owned();
    bench.say(-1, &json!({ "soc": 50.0 }));
    let reader = std::thread::spawn({
        let copy = copy.clone();
        move || HubStore::open_to_read(&path).unwrap().back_up(&copy)
    });
    let mut second = 0;
    while !reader.is_finished() || second < 50 {
        let rows: Vec<_> = (0..20)
            .map(|row| arrival(car, second * 20 + row, &json!({ "soc": 50.0 })))
            .collect();
        bench.store.record(&rows).unwrap();
        second += 1;
    }
    let told = reader.join().unwrap().unwrap();
    assert_eq!(check_backup(&copy).unwrap(), told);
    assert_eq!(told.messages % 20, 1, "a commit is in it or not");
    let restored = HubStore::open(&copy).unwrap();
    assert_eq!(restored.counts().unwrap(), told);
    let over = bench.store.back_up(&copy).unwrap_err().to_string();
    assert!(over.contains("does not exist yet"), "{over}");
}

#[test]
fn file_that_is_no_copy_of_a_hub_is_refused_in_words() {
    let bench = Bench::new();
    let refused = |path: &Path| check_backup(path).unwrap_err().to_string();
    let text = bench.folder.path().join("notes.txt");
    std::fs::write(&text, "no database\n".repeat(100)).unwrap();
    assert!(refused(&text).contains("is not a database"));
    let other = bench.folder.path().join("v2x.db");
    drop(v2x_store::Store::open(&other).unwrap());
    assert!(refused(&other).contains("belongs to another program"));
    let missing = bench.folder.path().join("missing.db");
    assert!(refused(&missing).contains("cannot be opened"));
    assert!(!missing.exists(), "looking makes no file");
}
