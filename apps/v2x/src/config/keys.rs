//! Every key of the TOML configuration: its type, default and meaning, each written here once.
//!
//! From this list come the structures that a file is read into, `v2x config explain`, the page
//! `docs/configuration.md` and the names of the environment variables. What values are allowed
//! together, and what becomes of them, is decided in [`super::toml_file`] and [`super`].

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};
use v2x_proto::v2g::Money;
use v2x_roles::vehicle::radio::amount;
use v2x_uplink::{BrokerUrl, TopicPrefix};

use super::mqtt::{FormWord, ReportingWord};
use super::radio::AirWord;

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Path,
    Text,
    Number,
    Flag,
    /// One of the airs without a board.
    Air,
    /// An IPv4 address and a port.
    Address,
    /// An IPv4 address.
    Interface,
    /// An amount of money and its currency.
    Amount,
    /// What is published.
    Form,
    /// Levels of a topic.
    Topic,
    /// How much of each row is published.
    Reporting,
}

impl Kind {
    /// The word of the documentation.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Text => "text",
            Self::Number => "number",
            Self::Flag => "true or false",
            Self::Air => "`none` or `udp`",
            Self::Address => "address:port",
            Self::Interface => "address",
            Self::Amount => "amount and currency",
            Self::Form => "`thingsboard` or `vss`",
            Self::Topic => "topic",
            Self::Reporting => "`every_row` or `by_change`",
        }
    }
}

/// One key and what is to be known of it.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) table: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The value that holds without one, as TOML; empty where there is none.
    pub(crate) default: &'static str,
    /// The option of `v2x vehicle` that wins over it; empty where there is none.
    pub(crate) option: &'static str,
    /// Lines of its meaning, each with a blank before it.
    pub(crate) meaning: &'static [&'static str],
}

impl Key {
    /// The name with its table, as `vehicle.out`.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }

    /// The environment variable that wins over a file, as `V2X_VEHICLE_OUT`.
    pub(crate) fn variable(&self) -> String {
        format!("V2X_{}_{}", self.table, self.name).to_uppercase()
    }
}

/// Makes the structures of all tables and the list of their keys from one declaration.
macro_rules! tables {
    ($(
        $table:ident: $structure:ident {
            $(
                $(#[doc = $meaning:literal])+
                $name:ident: $type:ty, $kind:ident,
                    default $default:literal, option $option:literal;
            )+
        }
    )+) => {
        /// A whole file; every table and key may be left out.
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Document {
            $(
                #[serde(default)]
                pub(super) $table: $structure,
            )+
        }

        impl Document {
            /// These values, and those of another where there is none here.
            pub(super) fn or(self, other: Self) -> Self {
                Self { $( $table: self.$table.or(other.$table), )+ }
            }
        }

        $(
            /// One table of the file.
            #[derive(Debug, Default, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub(super) struct $structure {
                $(
                    $(#[doc = $meaning])+
                    pub(super) $name: Option<$type>,
                )+
            }

            impl $structure {
                fn or(self, other: Self) -> Self {
                    Self { $( $name: self.$name.or(other.$name), )+ }
                }
            }
        )+

        /// All keys, in the order of the documentation.
        pub(crate) const KEYS: &[Key] = &[
            $($(
                Key {
                    table: stringify!($table),
                    name: stringify!($name),
                    kind: Kind::$kind,
                    default: $default,
                    option: $option,
                    meaning: &[$($meaning),+],
                },
            )+)+
        ];
    };
}

tables! {
    vehicle: VehicleTable {
        /// Where the collector is: a serial port, best by its stable name in `/dev/serial/by-id/`,
        /// or a CAN interface: `can0`, `socketcan:NAME`.
        collector: PathBuf, Path, default "", option "--collector";
        /// Speed of the collector's port, in baud; without one the usual ones are tried.
        baud: u32, Number, default "", option "--baud";
        /// Folder for everything that is written; made if missing.
        out: PathBuf, Path, default "", option "--out";
        /// Seconds between two merged rows, 0.1 to 600.
        row_interval_s: f64, Number, default "1.0", option "";
        /// DBC of the car's bus; without one the Renault Twizy's, which is built in.
        dbc: PathBuf, Path, default "", option "--dbc";
        /// Mapping of the DBC's signals to VSS paths; without one the Renault Twizy's, built in.
        vss: PathBuf, Path, default "", option "--vss";
    }
    time: TimeTable {
        /// Seconds, 0 to 86400, for which rows wait for a trusted time: GNSS, or a clock that the
        /// system calls synchronised. Afterwards rows are dated by the clock as it is, and marked
        /// `time_source: system`.
        wait_s: f64, Number, default "300.0", option "";
    }
    recording: RecordingTable {
        /// A raw log ends at this size, 1 to 4096 megabytes.
        rotate_mb: u64, Number, default "64", option "";
        /// A raw log ends after so many minutes, 1 to 1440.
        rotate_min: u64, Number, default "30", option "";
        /// Whether closed raw logs are compressed with zstd; `zstdcat` reads them.
        compress: bool, Flag, default "true", option "";
        /// Megabytes that all raw logs together may take; the oldest are removed beyond it.
        budget_mb: u64, Number, default "8192", option "";
        /// Megabytes that the tables of all days (`merged_can_data_*`, `ESP_now_data_*`) together
        /// may take; the oldest are removed beyond it. They repeat the store and the raw logs.
        tables_mb: u64, Number, default "2048", option "";
        /// Megabytes of the disk that stay free for the store: below it tables of earlier days and
        /// then the oldest raw logs are removed, and tables that repeat other files are no longer
        /// written.
        reserve_mb: u64, Number, default "200", option "";
        /// Megabytes at which `can_data.csv` is put aside as `can_data.1.csv`, in the place of the
        /// one before; 0: it is not written.
        can_data_mb: u64, Number, default "100", option "";
    }
    store: StoreTable {
        /// Days for which rows, fixes, events and samples stay in the store, 1 to 36500; 0: for
        /// ever. Trips, charges, charging sessions and bills always stay.
        keep_days: u64, Number, default "365", option "";
        /// Megabytes that the store may take; the oldest of the same go beyond it. 0: as much as
        /// the disk has.
        budget_mb: u64, Number, default "2048", option "";
    }
    radio: RadioTable {
        /// Serial port of the radio board, best by its stable name in `/dev/serial/by-id/`.
        port: PathBuf, Path, default "", option "";
        /// An air without a board, for tests and the laboratory: `udp` speaks over UDP multicast
        /// with other daemons; everything heard is marked as simulated.
        air: AirWord, Air, default "none", option "";
        /// Multicast group and port of that air.
        udp_group: SocketAddrV4, Address, default "239.255.71.71:47471", option "";
        /// Address of the network interface on which the group is spoken; on the loopback interface
        /// no datagram leaves this computer.
        udp_interface: Ipv4Addr, Interface, default "127.0.0.1", option "";
        /// Folder that `v2x keys enroll` made for this car; without one the car only listens.
        keys: PathBuf, Path, default "", option "";
        /// Believe credentials while the time is not known, and look again as soon as it is.
        accept_without_clock: bool, Flag, default "false", option "";
        /// Believe nobody while the revocation list is missing or stale.
        fresh_revocations: bool, Flag, default "false", option "";
        /// Speak with the prototype's cars and stations too, in their open and forgeable messages.
        /// What they say is marked as legacy everywhere, moves nothing, and proves nothing.
        legacy: bool, Flag, default "false", option "";
    }
    v2g: V2gTable {
        /// What the battery holds when it is full, in kWh, 0.1 to 100; told to the station.
        battery_kwh: f64, Number, default "6.1", option "";
        /// The most current that the car takes, in amperes, 0.1 to 100; told to the station.
        max_current_a: f64, Number, default "", option "";
        /// The most that a charge may cost, as `20.00 MAD`: it ends at that.
        cost_limit: Amount, Amount, default "", option "";
        /// How full the battery shall be, in percent, 1 to 100: the charge ends at that. What `v2x
        /// charge set` says wins over it.
        desired_soc: f64, Number, default "", option "";
        /// Whether a station gets battery data after unplugging, within 105 m. The owner was asked
        /// at enrolment; this can only take the permission back.
        battery_data: bool, Flag, default "true", option "";
        /// Call for a station also while the car is parked and feels no mains. A slot that stays
        /// without voltage until it knows the car needs that; but a parked car that is not plugged
        /// in may then be taken for one that is.
        call_when_parked: bool, Flag, default "false", option "";
    }
    alarms: AlarmsTable {
        /// Volts between the highest and the lowest cell that are worth an alert, 0.01 to 5.
        cell_spread_v: f64, Number, default "0.1", option "";
        /// Degrees Celsius of the hottest cell that are, 0 to 100.
        hot_c: f64, Number, default "50.0", option "";
        /// Degrees Celsius of the coldest cell that are, -40 to 40.
        cold_c: f64, Number, default "0.0", option "";
        /// Percent of charge that are, 0 to 100.
        low_charge_percent: f64, Number, default "15.0", option "";
    }
    remote: RemoteTable {
        /// Whether ThingsBoard may change settings by shared attributes: those that
        /// `docs/guide/remote.md` lists, and no others.
        settings: bool, Flag, default "true", option "";
        /// Whether commands of ThingsBoard are carried out; none of them can write to the car.
        commands: bool, Flag, default "true", option "";
        /// Tell the broker the end of the VIN as it is. Otherwise it gets a keyed hash of it, with
        /// a key that never leaves this computer.
        vin_in_clear: bool, Flag, default "false", option "";
    }
    monitor: MonitorTable {
        /// Where `/metrics` (Prometheus) and `/health` (JSON) are answered, or `off`. An address
        /// other than a loopback one lets everyone on the network read them. A station answers on
        /// port 9465 where nothing is said.
        listen: Listen, Text, default "127.0.0.1:9464", option "";
    }
    dashboard: DashboardTable {
        /// Where the dashboard is served, as `127.0.0.1:8080`, or `off`. Everybody needs an account
        /// of `v2x user`. Beyond a loopback address set `tls_cert` and `tls_key` too: passwords
        /// would go in the clear.
        listen: Listen, Text, default "off", option "";
        /// What the pages call this vehicle; a station has `station.name`.
        name: String, Text, default "", option "";
        /// File of the accounts, which `v2x user` writes; only its owner may read it. Without one
        /// `users.toml` in the folder of the data.
        users: PathBuf, Path, default "", option "";
        /// PEM file of the certificate for HTTPS, with those between it and the authority; with
        /// `tls_key`.
        tls_cert: PathBuf, Path, default "", option "";
        /// PEM file of that certificate's private key.
        tls_key: PathBuf, Path, default "", option "";
        /// Where browsers get map tiles, as `https://tiles.example/{z}/{x}/{y}.png`: whoever serves
        /// them then learns which places are looked at. Without it the map has no tiles, and no
        /// page asks anything of anybody but this computer.
        tiles_url: String, Text, default "", option "";
        /// Whom the map names for its tiles, as their licence asks for.
        tiles_attribution: String, Text, default "", option "";
    }
    mqtt: MqttTable {
        /// MQTT broker, as `mqtt://host:1883` or `mqtts://host:8883`; without one nothing is
        /// uploaded.
        url: Url, Text, default "", option "--mqtt";
        /// File that holds the device's access token on one line. The token itself can stand in
        /// the environment variable `V2X_MQTT_TOKEN`, never in this file.
        token_file: PathBuf, Path, default "", option "--token-file";
        /// User name, where the broker asks for one; with `password_file`.
        user: String, Text, default "", option "";
        /// File that holds the user's password on one line; only its owner and group may read it.
        password_file: PathBuf, Path, default "", option "";
        /// PEM file of the authority that vouches for the broker; without one those of the system.
        ca_file: PathBuf, Path, default "", option "";
        /// PEM file of the certificate by which this computer logs in, with those between it and
        /// the authority; with `client_key`, and only over `mqtts://`.
        client_cert: PathBuf, Path, default "", option "";
        /// PEM file of that certificate's private key; only its owner and group may read it.
        client_key: PathBuf, Path, default "", option "";
        /// How many messages the server allows, as in ThingsBoard's tenant profile: `20:1,600:60`
        /// is 20 in a second and 600 in a minute. `usual`: 10 in a second and 300 in a minute; few
        /// servers allow less. `none`: as many as it takes, until it shows a limit.
        messages_limit: String, Text, default "usual", option "";
        /// How many data points (keys of rows) the server allows, in the same form, or `none`.
        points_limit: String, Text, default "none", option "";
        /// What is published: `thingsboard`, or plain MQTT for any other broker: `vss`, each
        /// quantity on the topic of its VSS path, as `docs/protocol/mqtt.md` says. With `vss` the
        /// `usual` of `messages_limit` is `none`.
        form: FormWord, Form, default "thingsboard", option "";
        /// What every topic of the form `vss` begins with; each car and station at a broker needs
        /// its own. A station's is `v2x/station` where nothing is said.
        topic_prefix: Prefix, Topic, default "v2x/vehicle", option "";
        /// How much of a row is published. `every_row`: all of it. `by_change`: what changed, and
        /// what was not heard of for long, by the `report` of each quantity in the mapping file;
        /// a key that is left out has not changed. States go at once. The store and the raw log
        /// keep everything. A vehicle's alone.
        reporting: ReportingWord, Reporting, default "every_row", option "";
        /// With `by_change`: other rules for some keys, as `soc:0.5:10:300,gear:any:0:300`: by how
        /// much it changes unreported (`any`: a state, whose every change goes at once), and the
        /// shortest and the longest time between two reports in seconds.
        report_rules: String, Text, default "", option "";
        /// With `by_change`: megabytes that publishing may cost in a month of UTC, headers and
        /// acknowledgements included; 0 for as many as it takes. Who is ahead of an even pace has
        /// the times between two reports stretched, gradually; states, trips, charges, events and
        /// alerts go as ever. What was spent is kept over a restart, all but the last ten minutes.
        budget_mb_per_month: f64, Number, default "0", option "";
    }
}

/// An address to listen at, if it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) struct Listen(pub(in crate::config) Option<SocketAddr>);

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "off" {
            return Ok(Self(None));
        }
        let address = text.parse().map(|address| Self(Some(address)));
        address.map_err(|_| {
            let seen: String = text.chars().take(60).collect();
            de::Error::custom(format_args!(
                "listen is {seen:?}; it must be an address with a port, as 127.0.0.1:9464, or off"
            ))
        })
    }
}

/// The address of a broker, checked while it is read so that an error has its line.
#[derive(Debug, Clone)]
pub(super) struct Url(pub(super) BrokerUrl);

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let url = text.parse().map(Self);
        url.map_err(|error| de::Error::custom(format_args!("mqtt.url: {error}")))
    }
}

/// The beginning of topics, checked while it is read so that an error has its line.
#[derive(Debug, Clone)]
pub(super) struct Prefix(pub(super) TopicPrefix);

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let prefix = text.parse().map(Self);
        prefix.map_err(|error| de::Error::custom(format_args!("mqtt.topic_prefix: {error}")))
    }
}

/// An amount of money as `20.00 MAD`, checked while it is read so that an error has its line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amount(pub(super) Money);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        amount(&text).map(Self).ok_or_else(|| {
            let seen: String = text.chars().take(40).collect();
            de::Error::custom(format_args!(
                "`{seen}` is no amount; it must be digits and a currency, as \"20.00 MAD\""
            ))
        })
    }
}
