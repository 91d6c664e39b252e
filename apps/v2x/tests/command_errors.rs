//! Every mistake that a person can make on the command line: what is said, and the exit code.
//!
//! The codes are those of the table at the end of `v2x --help`. A message names what was seen and
//! says what would be right; a secret never stands in one, wherever it was put by mistake.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bench;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use bench::car::Car;
use bench::program::{run, run_to_failure, v2x};
use bench::recordings;
use bench::refusal::{
    CONFIGURATION, Desk, FAILED_WHILE_RUNNING, INPUT, SECRET, USAGE, judge, refuse,
};
use bench::replay::Replay;

fn sample() -> String {
    let drive: PathBuf = recordings::invented().remove(0);
    drive.to_str().unwrap().to_owned()
}

#[test]
fn help_states_the_exit_codes_that_scripts_read() {
    let help = run(&["--help"]).out;
    for line in [
        "0  done",
        "1  ",
        "2  the command line",
        "3  the config",
        "4  an input",
    ] {
        assert!(help.contains(&format!("\n  {line}")), "no `{line}`: {help}");
    }
}

#[test]
fn recording_that_cannot_be_read_is_named_with_a_hint() {
    let desk = Desk::new();
    let folder = desk.path("");
    let (missing, empty) = (desk.path("drive.log"), desk.file("empty.log", ""));
    let text = desk.file("letter.txt", "Dear driver,\nhow are you?\n");
    let merged = desk.file("merged.csv", "timestamp,soc,gear,power_request\n");
    for tool in ["decode", "replay"] {
        let hint = "hint: check the path";
        refuse(&[tool, &missing], INPUT, &["drive.log: No such file", hint]);
        refuse(
            &[tool, &folder],
            INPUT,
            &["Is a directory", "hint: that is a folder"],
        );
        let known = "known are candump logs";
        refuse(
            &[tool, &empty],
            INPUT,
            &["empty.log: the file is empty", known],
        );
        refuse(
            &[tool, &text],
            INPUT,
            &["letter.txt", "begins with \"Dear driver", known],
        );
        refuse(
            &[tool, &merged],
            INPUT,
            &["merged.csv", "a table of merged rows; wanted"],
        );
        refuse(&[tool], USAGE, &["<FILE>...", "--help"]);
    }
}

#[test]
fn places_in_a_table_without_a_header_are_not_repeated() {
    let desk = Desk::new();
    let table = desk.file("fixes.csv", "1754477493.7,12.345,67.89\n");
    refuse(&["decode", &table], INPUT, &["3 values", "no header"]);
    let ran = run_to_failure(v2x().args(["decode", &table]));
    assert!(!ran.err.contains("12.345"), "{}", ran.err);
}

#[test]
fn unknown_form_or_signal_is_refused_with_those_that_exist() {
    let drive = sample();
    let decode = |option: &str, value: &str, words: &[&str]| {
        refuse(&["decode", &drive, option, value], USAGE, words);
    };
    decode(
        "--format",
        "xml",
        &["'xml'", "table, csv, jsonl, json-summary"],
    );
    decode(
        "--signals",
        "Foo.Bar",
        &["no signal `Foo.Bar`", "hint: run `v2x decode FILE`"],
    );
    decode(
        "--signals",
        "OfCharge",
        &["`OfCharge`", "hint: near it: BMS_Power.StateOfCharge"],
    );
    for name in ["VinSerial", "BMS_Power.StateOfCharge,VinSerial"] {
        let words = [
            "`VinSerial` identifies the car",
            "hint: add --show-identifiers",
        ];
        decode("--signals", name, &words);
    }
}

#[test]
fn dbc_with_an_error_is_refused_with_its_line() {
    let desk = Desk::new();
    let too_wide = "VERSION \"\"\nBO_ 341 X: 8 Y\n SG_ A : 99|16@0+ (1,0) [0|1] \"\" Z\n";
    let dbc = desk.file("bus.dbc", too_wide);
    let words = ["bus.dbc:3:", "X.A (99|16)", "hint: check the file"];
    refuse(&["decode", &sample(), "--dbc", &dbc], INPUT, &words);
    let garbage = desk.file("garbage.dbc", "VERSION \"\"\n\nBO_ what is this\n");
    refuse(
        &["decode", &sample(), "--dbc", &garbage],
        INPUT,
        &["garbage.dbc:3:"],
    );
    let missing = desk.path("none.dbc");
    let words = ["DBC", "none.dbc", "hint: check the path"];
    refuse(&["decode", &sample(), "--dbc", &missing], INPUT, &words);
}

#[test]
fn pace_that_is_no_pace_is_refused_with_the_range() {
    let drive = sample();
    let range = "it must be from 0.001 to 1000000";
    for option in ["--speed", "--rate", "--for"] {
        for value in ["0", "-1", "NaN", "inf", "1e-300", "1e300"] {
            let said = format!("error: {option} is ");
            refuse(&["replay", &drive, option, value], USAGE, &[&said, range]);
        }
        refuse(
            &["replay", &drive, option, "fast"],
            USAGE,
            &["'fast'", option],
        );
    }
    refuse(
        &["replay", &drive, "--speed", "2", "--rate", "9"],
        USAGE,
        &["cannot be used with"],
    );
}

#[test]
fn vehicle_without_its_port_or_folder_says_what_to_give() {
    let desk = Desk::new();
    let out = desk.path("out");
    refuse(
        &["vehicle"],
        USAGE,
        &["no collector port", "hint: give --collector PORT"],
    );
    let words = ["no folder", "hint: give --out DIR"];
    refuse(&["vehicle", "--collector", "/dev/null"], USAGE, &words);
    let file = desk.file("notes.txt", "no port\n");
    let cases: [(&str, &[&str]); 3] = [
        (
            &file,
            &["notes.txt is not a serial port", "hint: give a device"],
        ),
        ("/dev/null", &["/dev/null is not a serial port", "hint: "]),
        (&desk.path(""), &["is not a serial port", "hint: "]),
    ];
    for (port, words) in cases {
        let arguments = ["vehicle", "--collector", port, "--out", &out];
        refuse(&arguments, FAILED_WHILE_RUNNING, words);
    }
    assert!(
        !Path::new(&out).exists(),
        "nothing is made for a daemon that cannot run"
    );
}

#[test]
fn broker_address_that_is_none_is_refused_without_its_login() {
    let vehicle = |url: &str, words: &[&str]| {
        let arguments = ["vehicle", "--collector", "x", "--out", "x", "--mqtt", url];
        refuse(&arguments, USAGE, words);
    };
    vehicle(
        "broker.example:1883",
        &["--mqtt", "must begin with mqtt://"],
    );
    vehicle(
        "http://broker.example",
        &["--mqtt", "must begin with mqtt://"],
    );
    vehicle("mqtt://broker.example:0", &["`0` is no port", "1 to 65535"]);
    vehicle("mqtt://broker.example/topic", &["leave out `/topic`"]);
    vehicle("mqtt://me:s3cret@broker.example", &["login", "token file"]);
}

#[test]
fn token_that_is_none_is_refused_without_repeating_it() {
    let desk = Desk::new();
    let missing = desk.path("token");
    let empty = desk.file("empty", "");
    let blank = desk.file("blank", &format!("{SECRET} {SECRET}\n"));
    let cases: [(&str, &[&str]); 3] = [
        (
            &missing,
            &["token file", "No such file", "hint: check the path"],
        ),
        (&empty, &["token file", "is empty", "hint: the file holds"]),
        (
            &blank,
            &[
                "a blank or control character at place 7",
                "hint: the file holds",
            ],
        ),
    ];
    let vehicle = ["vehicle", "--collector", "x", "--out", "x"];
    for (file, words) in cases {
        let arguments = [&vehicle[..], &["--mqtt", "mqtt://h", "--token-file", file]].concat();
        refuse(&arguments, CONFIGURATION, words);
    }
    let mut command = v2x();
    command.args(vehicle).args(["--mqtt", "mqtt://h"]);
    command.env("V2X_MQTT_TOKEN", format!("{SECRET} {SECRET}"));
    judge(
        &run_to_failure(&mut command),
        CONFIGURATION,
        &["V2X_MQTT_TOKEN", "place 7"],
    );
    let arguments = [&vehicle[..], &["--token-file", &blank]].concat();
    refuse(
        &arguments,
        USAGE,
        &["a token is given but no broker", "hint: add --mqtt"],
    );
}

#[test]
fn configuration_with_an_error_is_refused_with_its_line() {
    let desk = Desk::new();
    let config = |name: &str, text: &str, words: &[&str]| {
        let file = desk.file(name, text);
        refuse(
            &["vehicle", "--config", &file],
            CONFIGURATION,
            &[words, &[name]].concat(),
        );
    };
    let keys = "expected one of `collector`, `baud`, `out`";
    config(
        "a.toml",
        "[vehicle]\nspeed = 3\n",
        &["line 2: unknown field `speed`", keys],
    );
    config(
        "b.toml",
        "[vehicle]\nbaud = \"fast\"\n",
        &["line 2: ", "\"fast\"", "u32"],
    );
    config(
        "c.toml",
        "\n[mqtt]\nurl = \"broker\"\n",
        &["line 3: mqtt.url", "mqtt://"],
    );
    config(
        "d.toml",
        "[mqtt]\nurl = \"mqtt://me:s3cret@h\"\n",
        &["line 2", "token file"],
    );
    config(
        "e.toml",
        "[mqtt]\ntoken = \"s3cret\"\n",
        &["line 2", "`token`", "`token_file`"],
    );
    config(
        "f.toml",
        "[mqtt]\ntoken_file = s3cret\n",
        &["line 2", "quoted"],
    );
    config(
        "a.txt",
        "broker_ip=h\nnonsense\n",
        &["line 2: ", "key=value", "hint: "],
    );
    config(
        "b.txt",
        "broker_ip=h\nport=1\n",
        &["line 2: unknown key `port`", "broker_port"],
    );
    config(
        "c.txt",
        "broker_port=70000\n",
        &["line 1", "`70000`", "1 to 65535"],
    );
    config(
        "d.txt",
        "device_token=s3cret s3cret\n",
        &["line 1: device_token", "place 7"],
    );
    config("e.txt", "device_token s3cret\n", &["line 1: ", "key=value"]);
    let missing = desk.path("none.toml");
    let words = ["none.toml: No such file", "hint: check the path"];
    refuse(&["vehicle", "--config", &missing], CONFIGURATION, &words);
}

#[test]
fn check_of_a_configuration_finds_what_the_daemon_would_refuse() {
    let desk = Desk::new();
    let rule = |key: &str| {
        format!(
            "[vehicle]\ncollector = \"/dev/null\"\nout = \"drive\"\n[mqtt]\nurl = \"mqtt://127.0.0.1\"\n\
             reporting = \"by_change\"\nreport_rules = \"{key}:1:5:60\"\n"
        )
    };
    let wrong = desk.file("rules.toml", &rule("soot"));
    refuse(
        &["config", "check", &wrong],
        CONFIGURATION,
        &["mqtt.report_rules", "soot"],
    );
    let right = desk.file("right.toml", &rule("soc"));
    assert!(run(&["config", "check", &right]).out.contains("right:"));
    let table = desk.file("vss.toml", "vss = \"6.0\"\n");
    let car = format!("[vehicle]\ncollector = \"/dev/null\"\nout = \"drive\"\nvss = \"{table}\"\n");
    let wrong = desk.file("table.toml", &car);
    refuse(&["config", "check", &wrong], CONFIGURATION, &["mapping"]);
}

#[test]
fn folder_or_store_that_cannot_be_used_is_named_with_the_way_out() {
    let desk = Desk::new();
    let replay = Replay::start(&recordings::invented(), &[]);
    let port = desk.path("collector");
    symlink(replay.port(), &port).unwrap();
    let vehicle = |out: &str, words: &[&str]| {
        let arguments = ["vehicle", "--collector", &port, "--out", out];
        let mut command = v2x();
        command.args(arguments).env("RUST_LOG", "off");
        judge(&run_to_failure(&mut command), FAILED_WHILE_RUNNING, words);
    };
    let below_a_file = format!("{}/out", desk.file("file", ""));
    vehicle(&below_a_file, &["file/out: Not a directory", "hint: "]);
    fs::create_dir(desk.path("foreign")).unwrap();
    desk.file("foreign/v2x.db", &"This is no database. ".repeat(500));
    vehicle(
        &desk.path("foreign"),
        &["v2x.db is not a database", "hint: give another folder"],
    );
    let newer = store_of_a_newer_program();
    let out = newer.written().folder().to_str().unwrap().to_owned();
    vehicle(
        &out,
        &[
            "v2x.db has schema version 99",
            "run the newer program",
            "hint: ",
        ],
    );
}

/// A car whose store says that a later version of the program wrote it.
fn store_of_a_newer_program() -> Car {
    let replay = Replay::start(&recordings::invented(), &[]);
    let car = Car::new(None);
    car.plug_in(replay.port());
    let daemon = car.start();
    assert!(daemon.stop().success());
    // The user version: bytes 60 to 63 of the header, big-endian (sqlite.org/fileformat2.html).
    let path = car.written().folder().join("v2x.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    car
}
