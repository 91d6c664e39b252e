//! The collector's lines: golden text of the reference page, its older forms, and damage.
//!
//! The lines are those of the reference on the prototype's wire formats, section (a), and the three
//! broken ones that stand in its recordings.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use v2x_proto::legacy::collector_line::{
    BANNER, CollectorLine, CollectorStatus, LineError, StatusFix, emit_can, emit_gnss, emit_status,
    parse, records,
};
use v2x_units::{
    CanFrame, CanId, CivilTime, Degrees, GnssFix, KilometersPerHour, Meters, Position, UtcTime,
};

const SIM: &str = "SIM 155 8 05 96 C4 54 26 48 00 6F";
const BYTES: [u8; 8] = [0x05, 0x96, 0xC4, 0x54, 0x26, 0x48, 0x00, 0x6F];
const GPS: &str = "GPS 33.986115 -6.724864 143.2 0.0 8 1.13 2025-8-28 15:56:22 1";

fn frame(id: u32, data: &[u8]) -> CollectorLine {
    CollectorLine::Can(CanFrame::new(CanId::standard(id).unwrap(), data).unwrap())
}

fn fix(line: &str) -> GnssFix {
    match parse(line.as_bytes()) {
        Ok(CollectorLine::Gnss(fix)) => fix,
        other => panic!("{line}: {other:?}"),
    }
}

fn utc(year: i32, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> UtcTime {
    let civil = CivilTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
        micros: 0,
    };
    civil.to_utc().unwrap()
}

/// The record and field that a damaged line is refused for.
fn refusal(line: &str) -> (&'static str, &'static str, usize, Vec<u8>) {
    match parse(line.as_bytes()) {
        Err(LineError::Damaged {
            record,
            field,
            at,
            seen,
            ..
        }) => (record, field, at, seen.bytes().to_vec()),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn can_line_in_every_form_gives_the_same_frame() {
    let forms = [
        SIM,
        "REAL 155 8 05 96 C4 54 26 48 00 6F",
        "155 8 05 96 C4 54 26 48 00 6F",
        "sim 155 8 05 96 c4 54 26 48 00 6f",
        "SIM 155 8 05 96 C4 54 26 48 00 6F ",
        "\tSIM  155\t8   05 96 C4 54 26 48 00 6F",
    ];
    for form in forms {
        assert_eq!(parse(form.as_bytes()), Ok(frame(0x155, &BYTES)), "{form:?}");
    }
}

#[test]
fn short_frame_is_read_with_and_without_its_padding() {
    let expected = Ok(frame(0x599, &[1, 2, 3]));
    assert_eq!(parse(b"SIM 599 3 01 02 03 00 00 00 00 00"), expected);
    assert_eq!(parse(b"SIM 599 3 01 02 03 "), expected);
    assert_eq!(parse(b"599 3 01 02 03"), expected);
    assert_eq!(parse(b"SIM 599 0"), Ok(frame(0x599, &[])));
}

#[test]
fn flag_bits_of_eight_digit_ids_say_extended_and_remote() {
    let extended = CanFrame::new(CanId::extended(0x18DA_F110).unwrap(), &[2, 0x3E]).unwrap();
    assert_eq!(
        parse(b"SIM 98DAF110 2 02 3E 00 00 00 00 00 00"),
        Ok(CollectorLine::Can(extended))
    );
    let remote = CanFrame::remote(CanId::standard(0x155).unwrap(), 8).unwrap();
    assert_eq!(
        parse(b"SIM 40000155 8 00 00 00 00 00 00 00 00"),
        Ok(CollectorLine::Can(remote))
    );
}

#[test]
fn emitted_can_lines_are_those_of_the_prototype() {
    let remote_extended = CanFrame::remote(CanId::extended(0x18DA_F110).unwrap(), 3).unwrap();
    let short = CanFrame::new(CanId::standard(0x19).unwrap(), &[0xAB]).unwrap();
    let long = CanFrame::new(CanId::standard(0x155).unwrap(), &BYTES).unwrap();
    for (frame, line) in [
        (long, SIM),
        (short, "SIM 019 1 AB 00 00 00 00 00 00 00"),
        (remote_extended, "SIM D8DAF110 3 00 00 00 00 00 00 00 00"),
    ] {
        let mut text = String::new();
        emit_can(&frame, &mut text).unwrap();
        assert_eq!(text, line);
        assert_eq!(parse(line.as_bytes()), Ok(CollectorLine::Can(frame)));
    }
}

#[test]
fn blank_lost_between_id_and_dlc_is_refused_as_in_the_recording() {
    let seen = refusal("SIM 1558 07 97 CC 54 93 38 00 72");
    assert_eq!(seen, ("SIM line", "id", 4, b"1558".to_vec()));
    // The recordings show this one as id 015: the prototype padded what a lost digit had left.
    let seen = refusal("SIM 15 8 07 97 CC 54 93 38 00 72");
    assert_eq!(seen, ("SIM line", "id", 4, b"15".to_vec()));
}

#[test]
fn ids_that_the_collector_cannot_print_are_refused() {
    for id in [
        "800", "FFF", "1558", "00155", "18DAF110", "00000155", "A0000155", "40000800",
    ] {
        let line = format!("SIM {id} 8 05 96 C4 54 26 48 00 6F");
        assert_eq!(refusal(&line).1, "id", "{line}");
    }
}

#[test]
fn bytes_that_do_not_fit_the_dlc_are_refused() {
    for (line, field) in [
        ("SIM 155 8 05 96 C4 54 26 48 00", "data bytes"),
        ("SIM 155 3 05 96 C4 00 00 00", "data bytes"),
        ("SIM 155 8 05 96 C4 54 26 48 00 6F 00", "data bytes"),
        ("SIM 155 8 05 96 C4 54 26 48 00 6", "data bytes"),
        ("SIM 155 8 05 96 C454 26 48 00 6F", "data bytes"),
        ("SIM 155 8 05 96 C4-54 26 48 00 6F", "data bytes"),
        ("SIM 155 8 05 96 C4 54 26 48 00 6G", "data bytes"),
        ("SIM 155 9 05 96 C4 54 26 48 00 6F", "DLC"),
        ("SIM 155 08 05 96 C4 54 26 48 00 6F", "DLC"),
        ("SIM 155 3 05 96 C4 54 26 48 00 6F", "DLC"),
        ("SIM 155", "DLC"),
        ("SIM", "id"),
    ] {
        assert_eq!(refusal(line).1, field, "{line}");
    }
}

#[test]
fn can_line_that_lost_one_character_never_gives_another_frame() {
    for line in [
        SIM,
        "SIM 599 3 01 02 03 00 00 00 00 00",
        "SIM 98DAF110 2 02 3E 00 00 00 00 00 00",
        "SIM 40000155 8 00 00 00 00 00 00 00 00",
    ] {
        let whole = parse(line.as_bytes()).unwrap();
        for lost in 0..line.len() {
            let mut bytes = line.as_bytes().to_vec();
            bytes.remove(lost);
            for record in records(&bytes).flatten() {
                assert_eq!(record, whole, "{line} without byte {lost}");
            }
        }
    }
}

#[test]
fn gps_line_of_the_reference_gives_its_fix() {
    let expected = GnssFix {
        position: Position::new(Degrees::new(33.986115), Degrees::new(-6.724864)).unwrap(),
        altitude: Some(Meters::new(143.2)),
        speed: Some(KilometersPerHour::new(0.0)),
        satellites: Some(8),
        hdop: Some(1.13),
        utc: Some(utc(2025, 8, 28, 14, 56, 22)),
        valid: true,
    };
    assert_eq!(fix(GPS), expected);
    let mut text = String::new();
    emit_gnss(&expected, &mut text).unwrap();
    assert_eq!(text, GPS);
}

#[test]
fn printed_hour_is_one_ahead_of_utc_and_24_keeps_the_date() {
    let at = |time: &str| fix(&GPS.replace("2025-8-28 15:56:22", time)).utc;
    assert_eq!(at("2025-8-28 15:6:5"), Some(utc(2025, 8, 28, 14, 6, 5)));
    assert_eq!(
        at("2025-12-31 24:59:59"),
        Some(utc(2025, 12, 31, 23, 59, 59))
    );
    assert_eq!(at("2025-1-1 1:0:0"), Some(utc(2025, 1, 1, 0, 0, 0)));
    assert_eq!(at("INVALID"), None);
}

#[test]
fn null_island_and_the_invalid_flag_are_passed_on() {
    let seen = fix("GPS 0.000000 0.000000 0.0 0.0 0 99.99 INVALID 0");
    assert!(seen.position.is_null_island());
    assert!(!seen.valid);
    assert_eq!(seen.satellites, Some(0));
}

#[test]
fn gps_numbers_out_of_range_are_refused_by_field() {
    for (from, to, field, seen) in [
        ("33.986115", "93.986115", "latitude", "93.986115"),
        ("-6.724864", "-186.724864", "longitude", "-186.724864"),
        ("33.986115", "33.98615", "latitude", "33.98615"),
        ("143.2", "1432", "altitude", "1432"),
        ("0.0 8", "-1.0 8", "speed", "-1.0"),
        (" 8 ", " 256 ", "satellites", "256"),
        ("1.13", "1.1", "HDOP", "1.1"),
        ("2025-8", "2025-13", "month", "13"),
        ("8-28", "2-29", "date", "2025-2-29"),
        ("2025-8-28", "2025-828", "date", "2025-828"),
        ("15:56", "0:56", "hour", "0"),
        ("15:56", "25:56", "hour", "25"),
        (":56:", ":60:", "minute", "60"),
        (":22", ":60", "second", "60"),
        (":22 1", ":22 15", "valid flag", "15"),
        (":22 1", ":22", "valid flag", ""),
        (":22 1", ":22 1 1", "end", "1"),
    ] {
        let line = GPS.replacen(from, to, 1);
        let (_, refused, at, text) = refusal(&line);
        assert_eq!(
            (refused, text.as_slice()),
            (field, seen.as_bytes()),
            "{line}"
        );
        assert!(line[at..].starts_with(seen), "{line}: byte {at}");
    }
}

#[test]
fn fix_without_its_satellites_cannot_be_emitted() {
    let unknown = GnssFix {
        satellites: None,
        ..fix(GPS)
    };
    let mut text = String::new();
    assert!(emit_gnss(&unknown, &mut text).is_err());
    assert_eq!(text, "", "a refused fix writes nothing");
}

#[test]
fn status_line_is_read_with_and_without_its_fix() {
    let short = "STATUS CAN:NO GPS:NO Sats:0 HDOP:100.0";
    let long = "STATUS CAN:OK GPS:OK Sats:8 HDOP:1.1 Pos:33.986115,-6.724864 Speed:12.5km/h";
    let expected = [
        CollectorStatus {
            can_alive: false,
            gnss_fixed: false,
            satellites: 0,
            hdop: 100.0,
            fix: None,
        },
        CollectorStatus {
            can_alive: true,
            gnss_fixed: true,
            satellites: 8,
            hdop: 1.1,
            fix: Some(StatusFix {
                position: fix(GPS).position,
                speed: KilometersPerHour::new(12.5),
            }),
        },
    ];
    for (line, status) in [short, long].into_iter().zip(expected) {
        assert_eq!(parse(line.as_bytes()), Ok(CollectorLine::Status(status)));
        let mut text = String::new();
        emit_status(&status, &mut text).unwrap();
        assert_eq!(text, line);
    }
}

#[test]
fn damaged_status_lines_are_refused_by_field() {
    for (line, field) in [
        ("STATUS CAN:YES GPS:OK Sats:8 HDOP:1.1", "CAN"),
        ("STATUS CAN:OK GPS:OK Sats: HDOP:1.1", "satellites"),
        ("STATUS CAN:OK GPS:OK Sats:8 HDOP:1.", "HDOP"),
        ("STATUS CAN:OK GPS:OK Sats:8 HDOP:1.1 Pos:33.98", "position"),
        (
            "STATUS CAN:OK GPS:OK Sats:8 HDOP:1.1 Pos:33.9,-6.7 Speed:1.0km",
            "speed",
        ),
        (
            "STATUS CAN:OK GPS:OK Sats:8 HDOP:1.1 Pos:93.9,-6.7 Speed:1.0km/h",
            "latitude",
        ),
        ("STATUS", "CAN"),
    ] {
        assert_eq!(refusal(line).1, field, "{line}");
    }
}

#[test]
fn banner_lines_are_recognised_though_they_hold_record_words() {
    for line in BANNER {
        assert_eq!(parse(line.as_bytes()), Ok(CollectorLine::Banner), "{line}");
    }
}

#[test]
fn boot_messages_and_other_text_are_no_records() {
    for line in [
        "ets Jul 29 2019 12:21:46",
        "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        "configsip: 0, SPIWP:0xee",
        "clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00",
        "mode:DIO, clock div:1",
        "load:0x3fff0030,len:1184",
        "entry 0x400805f0",
        "GPS module not found",
        "\0\0",
        "",
    ] {
        let seen = parse(line.as_bytes());
        assert!(
            matches!(seen, Err(LineError::NotARecord { .. })),
            "{line}: {seen:?}"
        );
    }
}

#[test]
fn rest_of_a_record_without_its_beginning_is_damage() {
    for line in [
        "C4 54 26 48 00 6F",
        "IM 155 8 05 96 C4 54 26 48 00 6F",
        "SIM155 8 05 96 C4 54 26 48 00 6F",
        "24864 143.2 0.0 8 1.13 2025-8-28 15:56:22 1",
    ] {
        assert_eq!(refusal(line).1, "beginning", "{line}");
    }
}

#[test]
fn whole_record_behind_noise_is_read_and_the_noise_counted() {
    for noise in [
        &b"\0\xFF\xFE"[..],
        b"ets Jul 29 2019 12:21:46",
        b"entry 0x400805f0 ",
    ] {
        let line = [noise, SIM.as_bytes()].concat();
        assert_eq!(parse(&line), Ok(frame(0x155, &BYTES)));
        let seen: Vec<_> = records(&line).collect();
        assert!(matches!(seen[0], Err(LineError::NotARecord { .. })));
        assert_eq!(seen[1..], [Ok(frame(0x155, &BYTES))]);
    }
}

#[test]
fn joined_records_give_what_is_whole_and_count_what_is_not() {
    let other = frame(0x19F, &[0xFF, 0xFF, 0x7D, 0x0F, 0x38, 0xFF, 0x40, 0xFE]);
    let second = "SIM 19F 8 FF FF 7D 0F 38 FF 40 FE";
    for joint in ["", " ", "  "] {
        let seen: Vec<_> = records(format!("{SIM}{joint}{second}").as_bytes()).collect();
        assert_eq!(seen, [Ok(frame(0x155, &BYTES)), Ok(other)]);
    }
    let seen: Vec<_> = records(format!("SIM 155 8 05 96 C{second}{GPS}").as_bytes()).collect();
    assert!(matches!(
        seen[0],
        Err(LineError::Damaged {
            field: "data bytes",
            ..
        })
    ));
    assert_eq!(seen[1..], [Ok(other), Ok(CollectorLine::Gnss(fix(GPS)))]);

    let joined = parse(format!("{SIM} {second}").as_bytes());
    assert_eq!(joined, Err(LineError::Joined { at: 34 }));
}
