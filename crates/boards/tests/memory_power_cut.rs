//! The power goes at every single write of the flash: what was kept before is there, or what was
//! being kept, and nothing else.

use v2x_boards::memory::{FlashMemory, Memory, RamFlash, VALUE_MAX};

/// What a board keeps in the course of the test, step by step; enough to fill and erase pages.
fn keep(memory: &mut FlashMemory<RamFlash>, step: u8) -> bool {
    let session = [step; 126];
    let setting = [step; 20];
    let kept = memory.store(0, &session).is_ok();
    kept && memory.push(&session).is_ok()
        && (!step.is_multiple_of(3) || memory.store(2, &setting).is_ok())
        && (!step.is_multiple_of(4) || memory.drop_oldest().is_ok())
}

fn fetch(memory: &mut FlashMemory<RamFlash>, place: u8) -> Option<Vec<u8>> {
    let mut room = [0; VALUE_MAX];
    let value = memory
        .fetch(place, &mut room)
        .expect("the flash is readable after a power cut");
    value.map(<[u8]>::to_vec)
}

#[test]
fn power_cut_at_every_flash_write_keeps_a_valid_state() {
    // How many writes and erasures there are at all.
    let mut whole = FlashMemory::new(RamFlash::<8192>::default());
    let steps = 40_u8;
    for step in 1..=steps {
        assert!(keep(&mut whole, step));
    }
    let operations = whole.flash_mut().operations();
    assert!(operations > 2000, "{operations}");

    for cut in 0..operations {
        let mut flash = RamFlash::<8192>::default();
        flash.cut_power_after(cut);
        let mut memory = FlashMemory::new(flash);
        let failed = (1..=steps).find(|step| !keep(&mut memory, *step));
        let failed = failed.unwrap_or_else(|| panic!("no power cut at {cut}"));
        let mut flash = memory.into_flash();
        flash.restore_power();
        let mut memory = FlashMemory::new(flash);

        // The session of the step that failed, or of the one before it; never a mixture.
        let session = fetch(&mut memory, 0);
        let (before, new) = ([failed - 1; 126], [failed; 126]);
        match session {
            None => assert_eq!(failed, 1, "cut at {cut}"),
            Some(bytes) => assert!(bytes == before || bytes == new, "cut at {cut}: {bytes:?}"),
        }
        let setting = fetch(&mut memory, 2);
        let last = (failed - 1) / 3 * 3;
        match setting {
            None => assert!(last == 0, "cut at {cut}"),
            Some(bytes) => {
                let right = bytes == [last; 20] || bytes == [failed; 20];
                assert!(right, "cut at {cut}: {bytes:?}");
            }
        }
        // The queue has whole steps in their order, and goes on.
        let mut room = [0; VALUE_MAX];
        let mut newest = 0;
        while let Some(bytes) = memory.oldest(&mut room).expect("the queue is readable") {
            assert_eq!(bytes.len(), 126, "cut at {cut}");
            assert!(bytes.iter().all(|byte| *byte == bytes[0]), "cut at {cut}");
            assert!(
                bytes[0] > newest,
                "cut at {cut}: {} after {newest}",
                bytes[0]
            );
            newest = bytes[0];
            memory.drop_oldest().expect("the queue can be emptied");
        }
        assert!(
            newest == failed || newest == failed - 1,
            "cut at {cut}: newest {newest}"
        );
        assert!(
            keep(&mut memory, 200),
            "cut at {cut}: the memory can be written again"
        );
        assert_eq!(fetch(&mut memory, 0), Some(vec![200; 126]));
    }
    println!("{operations} power cuts, one at each write and erasure: every state valid");
}

#[test]
fn wear_is_spread_over_the_pages() {
    let mut memory = FlashMemory::new(RamFlash::<8192>::default());
    for step in 0..2000_u32 {
        let value = [u8::try_from(step % 251).unwrap(); 126];
        memory.store(0, &value).unwrap();
    }
    // 2,000 records of 126 bytes with their heads fill 4 kB of values some 68 times.
    let operations = memory.flash_mut().operations();
    let erasures = memory.flash_mut().erasures();
    println!("{operations} operations, erasures by page: {erasures:?}");
    let used = &erasures[..erasures.len() / 2];
    let (most, fewest) = (used.iter().max().unwrap(), used.iter().min().unwrap());
    assert!(*fewest > 0 && most - fewest <= 2, "{erasures:?}");
}
