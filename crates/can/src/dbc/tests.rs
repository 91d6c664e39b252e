//! What a DBC is refused for, with its line, and that no text makes reading it panic.

use proptest::prelude::*;

use crate::{Decoder, RENAULT_TWIZY_DBC};

const HEAD: &str = "VERSION \"\"\n\nNS_ :\n\nBS_:\n\nBU_: X\n\n";

/// The line, counted from the first one after the head, and the words of the refusal.
fn refusal(body: &str) -> (usize, String) {
    let error = Decoder::from_dbc("car.dbc", &format!("{HEAD}{body}")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("car.dbc:{}: ", error.line))
    );
    (
        error.line.saturating_sub(HEAD.lines().count()),
        error.fault.to_string(),
    )
}

fn message(signals: &str) -> String {
    format!("BO_ 5 A: 8 X\n{signals}\n")
}

fn with_attribute(attribute: &str) -> String {
    let signals = " SG_ S : 7|8@0+ (1,0) [0|1] \"\" X\n SG_ T : 15|4@0- (1,0) [0|1] \"\" X";
    format!(
        "{}\nBA_DEF_ BO_ \"GenMsgCycleTime\" INT 0 65535;\nBA_DEF_ SG_ \"InvalidRaw\" STRING ;\n\
         {attribute}\n",
        message(signals)
    )
}

#[test]
fn syntax_error_is_refused_at_its_line() {
    let (line, reason) = refusal("BO_ 5 A: 8 X\n SG_ S 7|8@0+ (1,0) [0|1] \"\" X\n");
    assert_eq!(line, 2);
    assert!(reason.starts_with("not a DBC: expected"), "{reason}");
    let (line, _) = refusal("BO_ 5 A: 8 X\n SG_ S : 7|8@0+ (1,0) [0|1] \"\" X\nBO_ oops\n");
    assert_eq!(line, 3);
}

#[test]
fn number_that_the_grammar_allows_and_nobody_can_hold_is_refused_at_its_line() {
    let huge = "99999999999999999999999";
    let body = format!("BO_ 4 B: 8 X\nBO_ 5 A: 8 X\n SG_ S : {huge}|8@0+ (1,0) [0|1] \"\" X\n");
    let (line, reason) = refusal(&body);
    assert_eq!(
        (line, reason),
        (3, format!("not a DBC: Invalid Uint value: '{huge}'"))
    );
}

#[test]
fn overlapping_signals_are_refused_at_the_later_one() {
    let signals = " SG_ S : 7|8@0+ (1,0) [0|1] \"\" X\n SG_ T : 3|2@0+ (1,0) [0|1] \"\" X";
    assert_eq!(
        refusal(&message(signals)),
        (3, "signal A.T overlaps signal S".to_owned())
    );
}

#[test]
fn signal_beyond_the_bytes_of_its_message_is_refused() {
    let (line, reason) = refusal("BO_ 5 A: 2 X\n SG_ S : 15|9@0+ (1,0) [0|1] \"\" X\n");
    let expected = "signal A.S (15|9) does not fit into the 2 bytes of its message";
    assert_eq!((line, reason.as_str()), (2, expected));
    let (line, reason) = refusal("BO_ 5 A: 9 X\n");
    let expected = "message A has 9 bytes; a classic CAN frame has at most 8";
    assert_eq!((line, reason.as_str()), (1, expected));
}

#[test]
fn identifiers_and_names_that_stand_twice_are_refused_at_the_second() {
    let twice = "BO_ 5 A: 8 X\n\nBO_ 5 B: 8 X\n";
    assert_eq!(
        refusal(twice),
        (3, "message B has the id 0x005 of message A".to_owned())
    );
    let twice = "BO_ 5 A: 8 X\n\nBO_ 6 A: 8 X\n";
    assert_eq!(refusal(twice), (3, "the name A stands twice".to_owned()));
    let signals = " SG_ S : 7|8@0+ (1,0) [0|1] \"\" X\n SG_ S : 15|8@0+ (1,0) [0|1] \"\" X";
    assert_eq!(
        refusal(&message(signals)),
        (3, "the name A.S stands twice".to_owned())
    );
}

#[test]
fn identifier_that_no_frame_has_is_refused_as_it_stands_in_the_file() {
    for id in ["2048", "65621", "3758096384"] {
        let (line, reason) = refusal(&format!("BO_ 5 A: 8 X\n\nBO_ {id} B: 8 X\n"));
        assert_eq!(line, 3);
        assert!(
            reason.starts_with(&format!("message B has the id {id}; ")),
            "{reason}"
        );
    }
}

#[test]
fn message_in_the_middle_of_a_line_is_refused_instead_of_being_lost() {
    let (line, reason) = refusal("BO_ 5 A: 8 X\n\nBO_ 6 B: 8 X BO_ 7 C: 8 X\nBO_ 8 D: 8 X\n");
    assert_eq!(line, 4);
    assert!(
        reason.contains("message C must begin on a line of its own"),
        "{reason}"
    );
    let (_, reason) = refusal("BO_5 A: 8 X\n");
    assert!(
        reason.contains("message A must begin on a line of its own"),
        "{reason}"
    );
}

#[test]
fn attribute_values_that_mean_nothing_are_refused_at_the_attribute() {
    for (attribute, value) in [
        ("InvalidRaw", "\"abc\""),
        ("InvalidRaw", "\"256\""),
        ("InvalidRaw", "\"-1\""),
        ("InvalidRaw", "\"9..3\""),
        ("InvalidRaw", "\"0..255\""),
        ("InvalidWhile", "\"Phase!=84\""),
        ("InvalidWhile", "\"S\""),
        ("InvalidWhile", "\"T=8\""),
        ("InvalidWhile", "\"byte8=1\""),
        ("InvalidFirstFrame", "\"sometimes\""),
        ("Confidence", "\"quite\""),
        ("PersonalData", "2"),
    ] {
        let body = with_attribute(&format!("BA_ \"{attribute}\" SG_ 5 S {value};"));
        let (line, reason) = refusal(&body);
        assert_eq!(line, 7, "{attribute} {value}");
        let seen = value.trim_matches('"');
        let start = format!("attribute {attribute} of A.S is \"{seen}\"; it must be ");
        assert!(reason.starts_with(&start), "{reason}");
    }
    let (line, reason) = refusal(&with_attribute("BA_ \"GenMsgCycleTime\" BO_ 5 -3;"));
    let expected = "attribute GenMsgCycleTime of A is \"-3\"; it must be whole milliseconds, 0 for \
                    events";
    assert_eq!((line, reason.as_str()), (7, expected));
}

#[test]
fn attribute_and_value_table_of_unknown_objects_are_refused() {
    let (line, reason) = refusal(&with_attribute("BA_ \"InvalidRaw\" SG_ 5 Z \"0\";"));
    let expected = "attribute InvalidRaw is given for message 5 Z, which this file does not have";
    assert_eq!((line, reason.as_str()), (7, expected));
    let (line, reason) = refusal(&with_attribute("\nVAL_ 6 S 0 \"Off\" ;"));
    let expected = "a value table is given for message 6 S, which this file does not have";
    assert_eq!((line, reason.as_str()), (8, expected));
}

#[test]
fn forms_that_the_decoder_does_not_extract_are_refused_by_name() {
    let plain = " SG_ S : 0|32@1- (1,0) [0|1] \"\" X";
    let float = format!("{}SIG_VALTYPE_ 5 S : 1;\n", message(plain));
    assert_eq!(
        refusal(&float),
        (2, "signal A.S: IEEE floats are not supported".to_owned())
    );
    let nested = message(" SG_ S m0M : 0|8@1+ (1,0) [0|1] \"\" X");
    let expected = "signal A.S: switches that are multiplexed are not supported";
    assert_eq!(refusal(&nested), (2, expected.to_owned()));
    let orphan = message(" SG_ S m0 : 0|8@1+ (1,0) [0|1] \"\" X");
    let expected = "signal A.S: multiplexed signals without a switch are not supported";
    assert_eq!(refusal(&orphan), (2, expected.to_owned()));
    let frozen = message(" SG_ S : 0|8@1+ (0,5) [0|1] \"\" X");
    assert!(refusal(&frozen).1.contains("the factor 0"));
}

#[test]
fn more_conditions_than_bits_are_refused() {
    let switch = " SG_ M M : 0|8@1+ (1,0) [0|1] \"\" X\n";
    let signals: String = (0..65)
        .map(|value| format!(" SG_ S{value} m{value} : 8|8@1+ (1,0) [0|1] \"\" X\n"))
        .collect();
    let (line, reason) = refusal(&message(&format!("{switch}{signals}")));
    assert_eq!(
        (line, reason.as_str()),
        (67, "more than 64 conditions in a message")
    );
}

#[test]
fn comments_of_line_and_signals_of_no_message_are_passed_over() {
    let body = "// a comment\nBO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX\n \
                SG_ Lost : 0|8@1+ (1,0) [0|0] \"\" X\n\nBO_ 5 A: 8 X // here too\n";
    let decoder = Decoder::from_dbc("car.dbc", &format!("{HEAD}{body}")).unwrap();
    assert!(decoder.signals().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_reading_panic(text in "(BO_|SG_|BA_|VAL_|CM_|[ -~\n\"]){0,60}") {
        if let Err(error) = Decoder::from_dbc("any.dbc", &text) {
            prop_assert!((1..=text.lines().count() + 1).contains(&error.line), "{}", error);
        }
    }

    #[test]
    fn no_damage_to_a_real_file_makes_reading_panic(
        cut in 0..RENAULT_TWIZY_DBC.len(), length in 0usize..40, put in "[ -~\n]{0,8}",
    ) {
        let mut text = RENAULT_TWIZY_DBC.to_owned();
        let end = (cut + length).min(text.len());
        prop_assume!(text.is_char_boundary(cut) && text.is_char_boundary(end));
        text.replace_range(cut..end, &put);
        if let Err(error) = Decoder::from_dbc("any.dbc", &text) {
            prop_assert!((1..=text.lines().count() + 1).contains(&error.line), "{}", error);
        }
    }
}
