//! Messages in the forms of ThingsBoard's reference, and those that say nothing.

use serde_json::json;

use super::*;

const NOW: UtcTime = UtcTime::from_millis(1_795_515_300_000);

fn read(topic: &str, payload: &str) -> Result<Said, Malformed> {
    said(topic, payload.as_bytes(), NOW)
}

fn one(payload: &str) -> Row {
    let Ok(Said::Rows(mut rows)) = read("v1/devices/me/telemetry", payload) else {
        panic!("{payload}");
    };
    assert_eq!(rows.len(), 1, "{payload}");
    rows.remove(0)
}

#[test]
fn three_forms_of_telemetry_are_rows_and_the_flat_one_is_dated_now() {
    let flat = one(r#"{"soc":64.42,"gear":"Drive"}"#);
    assert_eq!(flat.ts, NOW);
    assert_eq!(flat.values["gear"], "Drive");
    let dated = one(r#"{"ts":1756370845373,"values":{"soc":64.42}}"#);
    assert_eq!(dated.ts.as_millis(), 1_756_370_845_373);
    assert_eq!(dated.values.len(), 1);
    let Ok(Said::Rows(rows)) = read("v2/t", r#"[{"ts":5,"values":{"a":1}},{"b":2}]"#) else {
        panic!("an array");
    };
    assert_eq!((rows[0].ts.as_millis(), rows[1].ts), (5, NOW));
    assert_eq!(rows[1].values["b"], 2);
}

#[test]
fn ts_without_values_is_an_ordinary_key() {
    // The prototype's stations send `timestamp` and no `ts`; others send `ts` alone.
    let row = one(r#"{"ts":1756370845,"voltage":230.1}"#);
    assert_eq!(row.ts, NOW);
    assert_eq!(row.values["ts"], 1_756_370_845);
}

#[test]
fn values_have_the_types_that_thingsboard_gives_them() {
    let row = one(
        r#"{"a":"00","b":"10","c":"1756370845.5","d":"2A","e":null,"f":12.0,"g":12,"h":true,
            "i":{"x":[1]},"j":"0.12345678901234567","k":"-","l":"inf","m":"-1.5e3"}"#,
    );
    let expected = json!({
        "a": 0, "b": 10, "c": 1_756_370_845.5, "d": "2A", "f": 12.0, "g": 12, "h": true,
        "i": { "x": [1] }, "j": "0.12345678901234567", "k": "-", "l": "inf", "m": -1500.0
    });
    assert_eq!(Json::Object(row.values), expected);
}

#[test]
fn message_that_says_nothing_is_malformed_with_its_reason() {
    for (topic, payload, word) in [
        ("v1/devices/me/telemetry", "", "no JSON"),
        ("v1/devices/me/telemetry", "5", "a number"),
        ("v1/devices/me/telemetry", "[5]", "a number"),
        ("v1/devices/me/telemetry", "{\"a\":", "no JSON"),
        (
            "v1/devices/me/telemetry",
            "{\"ts\":\"x\",\"values\":{}}",
            "`ts`",
        ),
        (
            "v1/devices/me/telemetry",
            "{\"ts\":1e30,\"values\":{}}",
            "`ts`",
        ),
        (
            "v1/devices/me/telemetry",
            "{\"ts\":5,\"values\":5}",
            "`values`",
        ),
        ("v1/devices/me/telemetry", "{\"\":5}", "0 bytes"),
        ("v1/devices/me/attributes", "[]", "not an object"),
        ("v1/gateway/telemetry", "{\"A\":{\"a\":1}}", "not an array"),
        ("v1/gateway/telemetry", "{\"\":[]}", "no name"),
        ("v1/gateway/attributes", "{\"A\":5}", "not an object"),
        ("v1/gateway/connect", "{}", "`device`"),
        ("v1/gateway/rpc", "{\"device\":\"A\"}", "`id`"),
        ("v1/devices/me/rpc/request/1", "{}", "no method"),
        (
            "v1/devices/me/attributes/request/1",
            "{\"sharedKeys\":5}",
            "`sharedKeys`",
        ),
        ("/provision/request", "{}", "`provisionDeviceKey`"),
    ] {
        let error = read(topic, payload).unwrap_err().to_string();
        assert!(error.contains(word), "{topic} {payload}: {error}");
    }
}

#[test]
fn topic_that_the_hub_does_not_know_says_nothing_and_is_no_fault() {
    for topic in [
        "",
        "v1/devices/other/telemetry",
        "v1/devices/me/telemetry/",
        "v2/t/p",
        "#",
        "v1/devices/me/rpc/response/x",
        "v1/devices/me/claim",
        "v2/fw/request/1/chunk/0",
    ] {
        assert_eq!(read(topic, "garbage"), Ok(Said::Unknown), "{topic}");
    }
}

#[test]
fn no_filter_reaches_beyond_the_device_of_the_connection() {
    for filter in [
        "#",
        "+",
        "v1/#",
        "v1/devices/+/attributes",
        "v1/devices/me/#",
        "v1/devices/me/telemetry",
        "$SYS/#",
        "$share/a/v1/devices/me/attributes",
        "v1/devices/me/rpc/request/1",
    ] {
        assert_eq!(Subscription::parse(filter), None, "{filter}");
    }
    let commands = Subscription::parse("v1/devices/me/rpc/request/+").unwrap();
    assert_eq!(commands.told, Told::Commands);
}

#[test]
fn question_for_attributes_is_answered_with_what_is_there() {
    // The forms of ThingsBoard's reference, "Request attribute values from the server".
    let asked = read(
        "v1/devices/me/attributes/request/1",
        r#"{"clientKeys":"attribute1,attribute2","sharedKeys":"shared1,shared2"}"#,
    );
    let Ok(Said::Asks(asked)) = asked else {
        panic!("a question");
    };
    let client = values(br#"{"attribute1":"v","other":1}"#).unwrap();
    let shared = values(br#"{"shared1":true}"#).unwrap();
    let (topic, answer) = attributes_answer(&asked, &client, &shared);
    assert_eq!(topic, "v1/devices/me/attributes/response/1");
    assert_eq!(
        answer,
        r#"{"client":{"attribute1":"v"},"shared":{"shared1":true}}"#
    );
    let Ok(Said::Asks(short)) = read("v2/a/req/j/7", r#"{"sharedKeys":"none"}"#) else {
        panic!("a question");
    };
    let nothing = ("v2/a/res/j/7".to_owned(), "{}".to_owned());
    assert_eq!(attributes_answer(&short, &client, &shared), nothing);
    let Ok(Said::Asks(all)) = read("v2/a/req/7", "{}") else {
        panic!("a question");
    };
    let (_, answer) = attributes_answer(&all, &client, &shared);
    assert!(answer.contains("other") && answer.contains("shared1"));
}

#[test]
fn gateway_asks_answers_and_hears_for_the_devices_behind_it() {
    // The forms of ThingsBoard's reference, "MQTT Gateway API".
    let asked = r#"{"id":3,"device":"Slot 1","client":false,"key":"limit"}"#;
    let Ok(Said::AsksBehind(device, asked)) = read("v1/gateway/attributes/request", asked) else {
        panic!("a question");
    };
    let shared = values(br#"{"limit":16}"#).unwrap();
    let (topic, answer) = gateway_attributes_answer(&device, &asked, &Map::new(), &shared);
    assert_eq!(topic, "v1/gateway/attributes/response");
    assert_eq!(answer, r#"{"device":"Slot 1","id":3,"value":16}"#);
    let answered = read(
        "v1/gateway/rpc",
        r#"{"device":"Slot 1","id":7,"data":{"ok":true}}"#,
    );
    let expected = Said::AnswersBehind {
        device: "Slot 1".to_owned(),
        id: 7,
        data: json!({ "ok": true }),
    };
    assert_eq!(answered, Ok(expected));
    let rows = r#"{"Slot 1":[{"ts":5,"values":{"voltage":230.0}}],"Slot 2":[]}"#;
    let Ok(Said::RowsBehind(rows)) = read("v1/gateway/telemetry", rows) else {
        panic!("rows");
    };
    assert_eq!((rows[0].0.as_str(), rows[0].1.len()), ("Slot 1", 1));
}

#[test]
fn what_the_hub_says_is_what_our_own_devices_read() {
    use crate::thingsboard::rpc;
    use crate::thingsboard::shared::SharedWord;
    use v2x_units::Instant;

    let told = Command {
        id: 17,
        method: "stop".to_owned(),
        params: json!({ "slot": 1 }),
    };
    let (topic, payload) = command(&told, Spelling::Long);
    let heard = rpc::Command::parse(&topic, payload.as_bytes(), Instant::BOOT).unwrap();
    assert_eq!(heard.call.as_ref().unwrap().method, "stop");
    let (topic, payload) = heard.asked.answer(&json!({ "ok": true }));
    let answer = Said::Answers {
        id: 17,
        data: json!({ "ok": true }),
    };
    assert_eq!(read(&topic, &payload), Ok(answer));
    let (topic, payload) = gateway_command("Slot \"1\"", &told);
    let heard = rpc::Command::parse(&topic, payload.as_bytes(), Instant::BOOT).unwrap();
    assert_eq!(heard.asked.device.as_deref(), Some("Slot \"1\""));
    let changed = json!({ "a.b": 5, "gone": null });
    let (topic, payload) = shared_update(changed.as_object().unwrap(), Spelling::Long);
    let SharedWord::Changed { set, deleted } =
        SharedWord::parse(&topic, payload.as_bytes()).unwrap()
    else {
        panic!("a change");
    };
    assert_eq!(
        (set["a.b"].clone(), deleted.contains("gone")),
        (json!(5), true)
    );
}

#[test]
fn request_to_be_let_in_names_itself_and_is_answered() {
    let asked = r#"{"deviceName":"Car 7","provisionDeviceKey":"k","provisionDeviceSecret":"s"}"#;
    let Ok(Said::Provision(asked)) = read("/provision/request", asked) else {
        panic!("a request");
    };
    assert_eq!(asked.device.as_deref(), Some("Car 7"));
    let (topic, answer) = ProvisionAnswer::Token("t".to_owned()).message();
    assert_eq!(topic, "/provision/response");
    assert!(answer.contains(r#""status":"SUCCESS""#) && answer.contains(r#""t""#));
    let certificate = r#"{"provisionDeviceKey":"k","provisionDeviceSecret":"s",
                          "credentialsType":"X509_CERTIFICATE","hash":"x"}"#;
    assert!(read("/provision/request", certificate).is_err());
}
