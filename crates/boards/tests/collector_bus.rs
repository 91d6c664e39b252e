//! A full bus through the collector: nothing is lost at full speed, and what a stalled UART costs
//! is counted to the frame.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::{Computer, Uart, at, identity, memory, micros, numbered, settings};
use v2x_boards::collector::{
    self, Arrivals as _, CanQueue, Collector, ControllerReport, Input, Output,
};
use v2x_proto::link::message::{BoardKind, BusState, CommandResult, Order};
use v2x_units::Instant;

/// 222 microseconds a frame are 4,504.5 frames a second: 500 kbit/s, eight bytes, no stuffing.
const FULL_BUS: u64 = 222;

fn board(values: &[(&str, &str)]) -> (Collector, bench::TestMemory) {
    let mut memory = memory();
    let settings = settings(collector::SETTINGS, values, &mut memory);
    let board = Collector::new(
        identity(BoardKind::Collector),
        settings,
        None,
        Instant::BOOT,
    );
    (board, memory)
}

/// Polls the board until it waits.
fn run(board: &mut Collector, now: Instant, frames: &mut CanQueue<512>) -> Vec<Output> {
    let mut outputs = Vec::new();
    loop {
        match board.poll(now, frames) {
            Output::WakeAt(_) => return outputs,
            output => outputs.push(output),
        }
    }
}

#[test]
fn full_bus_with_bursts_for_ten_minutes_loses_no_frame() {
    let (mut board, _memory) = board(&[]);
    let mut frames = CanQueue::<512>::new();
    let (mut uart, mut computer) = (Uart::new(921_600), Computer::new());
    computer.keep_frames = false;
    let (mut sent, mut next_frame, mut now) = (0, FULL_BUS, Instant::BOOT);
    let end = at(600_000);
    while now < end {
        // The main loop runs every millisecond; every second it does not for 50 ms, and then the
        // frames of that time lie in the queue at once: a burst.
        let step = if now.as_micros() % 1_000_000 < 1000 {
            50_000
        } else {
            1000
        };
        now = now + micros(step);
        while next_frame <= now.as_micros() {
            frames.push(Instant::from_micros(next_frame), numbered(sent));
            sent += 1;
            next_frame += FULL_BUS;
        }
        run(&mut board, now, &mut frames);
        computer.read(&uart.carry(now, board.chassis_mut()));
    }
    for _ in 0..100 {
        now = now + micros(1000);
        run(&mut board, now, &mut frames);
        computer.read(&uart.carry(now, board.chassis_mut()));
    }
    assert_eq!(sent, 2_702_702);
    assert_eq!(computer.can_frames, sent);
    assert_eq!((computer.lost_can, computer.count_lost_frames()), (0, 0));
    let queue = frames.status();
    assert_eq!(queue.dropped, 0);
    println!(
        "frames {sent}, queue at most {} of {}",
        queue.high_water, queue.capacity
    );
    assert!(
        computer.statuses.len() > 590,
        "statuses go on beside the frames"
    );
}

#[test]
fn batch_leaves_within_five_milliseconds_of_its_first_frame() {
    let (mut board, _memory) = board(&[]);
    let mut frames = CanQueue::<512>::new();
    let mut computer = Computer::new();
    for milli in [0, 50] {
        frames.push(at(milli), numbered(0));
        run(&mut board, at(milli + 5), &mut frames);
        computer.drain(board.chassis_mut());
    }
    computer.frames.clear();
    frames.push(at(100), numbered(1));
    run(&mut board, at(100), &mut frames);
    assert!(board.chassis().pending().is_empty(), "it waits for more");
    let Output::WakeAt(wake) = board.poll(at(100), &mut frames) else {
        panic!("nothing else is to be done");
    };
    assert!(wake <= at(105), "{wake:?}");
    run(&mut board, at(105), &mut frames);
    computer.drain(board.chassis_mut());
    assert_eq!(computer.frames, [(at(100), numbered(1))]);
}

#[test]
fn stalled_uart_costs_exactly_the_frames_that_are_counted() {
    for stall_millis in [20, 100, 130, 200, 1500] {
        let (mut board, _memory) = board(&[]);
        let mut frames = CanQueue::<512>::new();
        let (mut uart, mut computer) = (Uart::new(921_600), Computer::new());
        let (mut sent, mut next_frame, mut now) = (0, FULL_BUS, Instant::BOOT);
        while now < at(6000) {
            now = now + micros(1000);
            while next_frame <= now.as_micros() && now < at(5000) {
                frames.push(Instant::from_micros(next_frame), numbered(sent));
                sent += 1;
                next_frame += FULL_BUS;
            }
            uart.stalled = now > at(2000) && now <= at(2000 + stall_millis);
            run(&mut board, now, &mut frames);
            computer.read(&uart.carry(now, board.chassis_mut()));
        }
        let lost = sent - computer.can_frames;
        let dropped = u64::from(frames.status().dropped);
        println!("stall of {stall_millis} ms: {lost} of {sent} frames lost, {dropped} counted");
        assert_eq!(lost, dropped, "counted by the board");
        assert_eq!(lost, computer.lost_can, "counted by the computer");
        // What arrived is what was sent, in order, with its time.
        let mut before = None;
        for (captured, frame) in &computer.frames {
            let number = u64::from_be_bytes(frame.data().try_into().unwrap());
            assert_eq!(captured.as_micros(), (number + 1) * FULL_BUS);
            assert!(before < Some(number));
            before = Some(number);
        }
        let status = computer.statuses.last().unwrap().can.unwrap();
        assert_eq!(u64::from(status.dropped), dropped);
        let long = stall_millis > 160;
        assert_eq!(lost > 0, long, "queue and line bridge 113 ms and 44 ms");
    }
}

#[test]
fn bus_off_no_bus_no_controller_and_wrong_bit_rate_are_reported_apart() {
    let (mut board, mut memory) = board(&[]);
    let mut frames = CanQueue::<512>::new();
    let mut computer = Computer::new();
    let none = ControllerReport::default();
    let cases = [
        (none, BusState::Silent),
        (
            ControllerReport {
                bus_errors: 50,
                ..none
            },
            BusState::WrongBitRate,
        ),
        (
            ControllerReport {
                bus_off: true,
                ..none
            },
            BusState::BusOff,
        ),
        (
            ControllerReport {
                absent: true,
                ..none
            },
            BusState::Absent,
        ),
    ];
    let mut now = at(10);
    for (report, state) in cases {
        board.handle(now, Input::Controller(report), &mut memory);
        now = now + micros(1_100_000);
        run(&mut board, now, &mut frames);
        computer.drain(board.chassis_mut());
        let seen = computer.statuses.last().unwrap().can.unwrap().bus;
        assert_eq!(seen, state);
    }
    assert_eq!(computer.log.len(), 4, "{:?}", computer.log);
}

#[test]
fn bit_rate_is_probed_when_it_is_set_to_auto() {
    let (mut board, _memory) = board(&[("can.bitrate", "auto")]);
    let mut frames = CanQueue::<512>::new();
    let mut computer = Computer::new();
    let mut rates = Vec::new();
    for tenth in 0..60 {
        let now = at(tenth * 100);
        if rates.last() == Some(&250_000) {
            frames.push(now, numbered(tenth));
        }
        for output in run(&mut board, now, &mut frames) {
            if let Output::BitRate(rate) = output {
                rates.push(rate);
            }
        }
        computer.drain(board.chassis_mut());
    }
    assert_eq!(rates, [500_000, 250_000]);
    assert!(
        computer
            .log
            .iter()
            .any(|line| line.contains("250000 bit/s")),
        "{:?}",
        computer.log
    );
}

#[test]
fn settings_are_kept_across_restarts_and_wrong_ones_refused() {
    let (mut board, mut memory) = board(&[]);
    let mut frames = CanQueue::<512>::new();
    let mut computer = Computer::new();
    let write = |key, value| Order::WriteSetting { key, value };
    for order in [
        write("name", "the green \"one\""),
        write("can.bitrate", "250000"),
        write("can.bitrate", "33"),
        write("nonsense", "1"),
        Order::ReadSetting { key: "name" },
        Order::Relay { closed: true },
        Order::Unknown {
            number: 99,
            parameters: &[1],
        },
    ] {
        let bytes = computer.order(order);
        board.handle(at(1), Input::HostBytes(&bytes), &mut memory);
    }
    run(&mut board, at(1), &mut frames);
    computer.drain(board.chassis_mut());
    use CommandResult::{BadParameter, Done, UnknownOrder};
    let results: Vec<_> = computer
        .answers
        .iter()
        .map(|(_, result, _)| *result)
        .collect();
    let expected = [
        Done,
        Done,
        BadParameter,
        BadParameter,
        Done,
        UnknownOrder,
        UnknownOrder,
    ];
    assert_eq!(results, expected);
    assert_eq!(
        computer.answers[2].2,
        "auto, 1000000, 500000, 250000 or 125000"
    );
    assert_eq!(computer.answers[4].2, "the green \"one\"");

    let settings = v2x_boards::chassis::Settings::load(collector::SETTINGS, &mut memory);
    assert_eq!(settings.text("name"), "the green \"one\"");
    let mut next = Collector::new(
        identity(BoardKind::Collector),
        settings,
        None,
        Instant::BOOT,
    );
    assert!(run(&mut next, at(0), &mut frames).contains(&Output::BitRate(250_000)));
}

#[test]
fn restart_is_done_once_and_only_after_its_answer_has_left() {
    let (mut board, mut memory) = board(&[]);
    let mut frames = CanQueue::<512>::new();
    let mut computer = Computer::new();
    let order = computer.order(Order::Restart);
    board.handle(at(1), Input::HostBytes(&order), &mut memory);
    assert!(!run_once(&mut board, &mut frames).contains(&Output::Restart));
    computer.drain(board.chassis_mut());
    assert_eq!(computer.answers.len(), 1);
    assert_eq!(board.poll(at(2), &mut frames), Output::Restart);
    // The same order again is answered again.
    board.handle(
        at(3),
        Input::HostBytes(&computer.repeat(1, Order::SayHello)),
        &mut memory,
    );
    computer.drain(board.chassis_mut());
    assert_eq!(computer.answers.len(), 2);
    assert_eq!(computer.answers[0], computer.answers[1]);
}

fn run_once(board: &mut Collector, frames: &mut CanQueue<512>) -> Vec<Output> {
    let mut outputs = Vec::new();
    for _ in 0..8 {
        outputs.push(board.poll(at(1), frames));
    }
    outputs
}
