//! The `[mqtt]` table over real files with their permissions.

use super::*;

/// Settings of a `[mqtt]` table over files in a folder of its own.
fn gathered(table: &str, files: &[(&str, &str, u32)]) -> Result<MqttConfig, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, mode) in files {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
    }
    let table = table.replace("DIR", folder.path().to_str().unwrap());
    let file = MqttFile::from(toml::from_str::<MqttTable>(&table).unwrap());
    let nothing = MqttArguments {
        url: None,
        token_file: None,
    };
    let gathered = gather(nothing, &file, &mut Vec::new());
    gathered
        .map(|config| config.unwrap())
        .map_err(|failure| format!("{failure:?}"))
}

const URL: &str = "url = \"mqtts://h\"\n";

#[test]
fn user_needs_a_password_file_that_others_cannot_read() {
    let table = format!("{URL}user = \"me\"\npassword_file = \"DIR/p\"\n");
    let config = gathered(&table, &[("p", "s3 cret\n", 0o640)]).unwrap();
    assert!(matches!(config.login, Login::Basic { .. }));
    assert!(!format!("{config:?}").contains("s3 cret"));
    let said = gathered(&table, &[("p", "s3 cret\n", 0o644)]).unwrap_err();
    assert!(said.contains("everybody can read it"), "{said}");
    assert!(
        said.contains("chmod 600") && !said.contains("s3 cret"),
        "{said}"
    );
    let alone = format!("{URL}user = \"me\"\n");
    let said = gathered(&alone, &[]).unwrap_err();
    assert!(said.contains("without mqtt.password_file"), "{said}");
}

#[test]
fn token_and_user_together_are_refused() {
    let table = format!("{URL}user = \"me\"\npassword_file = \"DIR/p\"\ntoken_file = \"DIR/t\"\n");
    let said = gathered(&table, &[("p", "a", 0o600), ("t", "b", 0o600)]).unwrap_err();
    assert!(said.contains("both given"), "{said}");
}

#[test]
fn certificate_needs_its_key_encryption_and_pem() {
    let authority = v2x_testbench::Authority::new();
    let (certificate, key) = authority.issue(&["car"]);
    let (_, other_key) = authority.issue(&["car"]);
    let with = |url: &str, key: &str, mode: u32| {
        let table = format!("url = \"{url}\"\nclient_cert = \"DIR/c\"\nclient_key = \"DIR/k\"\n");
        gathered(&table, &[("c", &certificate, 0o644), ("k", key, mode)])
    };
    assert!(with("mqtts://h", &key, 0o600).unwrap().identity.is_some());
    for (url, key, mode, right) in [
        ("mqtts://h", &*key, 0o644, "chmod 600"),
        ("mqtt://h", &key, 0o600, "mqtts://"),
        ("mqtts://h", "hello", 0o600, "BEGIN PRIVATE KEY"),
        ("mqtts://h", &other_key, 0o600, "do not fit together"),
    ] {
        let said = with(url, key, mode).unwrap_err();
        assert!(said.contains(right), "{said}");
    }
    let alone = format!("{URL}client_cert = \"DIR/c\"\n");
    let said = gathered(&alone, &[("c", &certificate, 0o644)]).unwrap_err();
    assert!(said.contains("only one is given"), "{said}");
}

#[test]
fn ca_file_that_is_none_is_refused_by_its_name() {
    let table = format!("{URL}ca_file = \"DIR/ca.pem\"\n");
    let said = gathered(&table, &[("ca.pem", "hello", 0o644)]).unwrap_err();
    assert!(
        said.contains("ca.pem") && said.contains("it must be PEM"),
        "{said}"
    );
    let config = gathered("url = \"mqtts://h\"\n", &[]).unwrap();
    assert_eq!(config.trust, Trust::System);
}

#[test]
fn limits_are_the_usual_ones_unless_they_are_named() {
    let limits = |text: &str| gathered(&format!("{URL}{text}"), &[]).map(|config| config.limits);
    assert_eq!(limits("").unwrap(), Limits::usual());
    assert_eq!(
        limits("messages_limit = \"none\"").unwrap(),
        Limits::default()
    );
    let named = limits("messages_limit = \"20:1\"\npoints_limit = \"600:60\"").unwrap();
    assert_eq!((named.messages.len(), named.points[0].capacity), (1, 600));
    let said = limits("points_limit = \"many\"").unwrap_err();
    assert!(said.contains("mqtt.points_limit"), "{said}");
}

#[test]
fn form_of_plain_mqtt_has_its_prefix_and_no_limits_of_thingsboard() {
    let table = "url = \"mqtt://h\"\nform = \"vss\"\ntopic_prefix = \"fleet/7\"\n";
    let config = gathered(table, &[]).unwrap();
    let Form::Vss(topics) = &config.form else {
        panic!("{:?}", config.form);
    };
    assert_eq!(topics.prefix.to_string(), "fleet/7");
    assert_eq!(config.limits.messages, []);
    let said = format!("{table}messages_limit = \"5:1\"\n");
    assert_eq!(gathered(&said, &[]).unwrap().limits.messages.len(), 1);
    let config = gathered("url = \"mqtt://h\"\n", &[]).unwrap();
    assert_eq!(config.form, Form::ThingsBoard);
    assert_eq!(config.limits.messages, Limits::usual().messages);
}

#[test]
fn station_has_topics_of_its_own_unless_it_names_others() {
    let topics = |table: &str| {
        let mut file = MqttFile::from(toml::from_str::<MqttTable>(table).unwrap());
        file.of_station();
        match form(&file).unwrap() {
            Form::Vss(topics) => (topics.prefix.to_string(), topics.whose),
            Form::ThingsBoard => panic!("{table}"),
        }
    };
    let own = ("v2x/station".to_owned(), Whose::Station);
    assert_eq!(topics("form = \"vss\"\n"), own);
    let named = ("yard/7".to_owned(), Whose::Station);
    assert_eq!(topics("form = \"vss\"\ntopic_prefix = \"yard/7\"\n"), named);
}
