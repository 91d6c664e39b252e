//! What a topic is for: the long names and the short ones of ThingsBoard 3.3 and later.

/// How the topics of a conversation are spelt; answers come as the question was spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spelling {
    /// As `v1/devices/me/attributes`.
    Long,
    /// As `v2/a`.
    Short,
    /// As `v2/a/j`, which says JSON.
    ShortJson,
}

/// Every topic that a device publishes to, in the long spelling, with the number 1 where there is
/// one.
pub const TOPICS: [&str; 12] = [
    "v1/devices/me/telemetry",
    "v1/devices/me/attributes",
    "v1/devices/me/attributes/request/1",
    "v1/devices/me/rpc/response/1",
    "v1/devices/me/rpc/request/1",
    "v1/gateway/connect",
    "v1/gateway/disconnect",
    "v1/gateway/telemetry",
    "v1/gateway/attributes",
    "v1/gateway/attributes/request",
    "v1/gateway/rpc",
    "/provision/request",
];

/// What a device publishes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Rows.
    Telemetry,
    /// What describes it.
    Attributes,
    /// A question for attributes.
    AttributesRequest(u64, Spelling),
    /// An answer to a command.
    Answer(u64),
    /// A command to the server.
    Call(u64, Spelling),
    /// A device behind it is there.
    GatewayConnect,
    /// A device behind it is gone.
    GatewayDisconnect,
    /// Rows of devices behind it.
    GatewayTelemetry,
    /// What describes devices behind it.
    GatewayAttributes,
    /// A question for attributes of a device behind it.
    GatewayAttributesRequest,
    /// An answer of a device behind it.
    GatewayAnswer,
    /// It asks to be let in.
    Provision,
}

impl Published {
    /// What a topic is for; `None` when it is for nothing that the hub knows.
    #[must_use]
    pub fn parse(topic: &str) -> Option<Self> {
        let numbered = |beginnings: &[(&str, Spelling)]| {
            beginnings.iter().find_map(|(beginning, spelling)| {
                let id = topic.strip_prefix(beginning)?.parse().ok()?;
                Some((id, *spelling))
            })
        };
        Some(match topic {
            "v1/devices/me/telemetry" | "v2/t" | "v2/t/j" => Self::Telemetry,
            "v1/devices/me/attributes" | "v2/a" | "v2/a/j" => Self::Attributes,
            "v1/gateway/connect" => Self::GatewayConnect,
            "v1/gateway/disconnect" => Self::GatewayDisconnect,
            "v1/gateway/telemetry" => Self::GatewayTelemetry,
            "v1/gateway/attributes" => Self::GatewayAttributes,
            "v1/gateway/attributes/request" => Self::GatewayAttributesRequest,
            "v1/gateway/rpc" => Self::GatewayAnswer,
            "/provision/request" => Self::Provision,
            _ => {
                use Spelling::{Long, Short, ShortJson};
                let asks = [
                    ("v1/devices/me/attributes/request/", Long),
                    ("v2/a/req/j/", ShortJson),
                    ("v2/a/req/", Short),
                ];
                let answers = [
                    ("v1/devices/me/rpc/response/", Long),
                    ("v2/r/res/j/", ShortJson),
                    ("v2/r/res/", Short),
                ];
                let calls = [
                    ("v1/devices/me/rpc/request/", Long),
                    ("v2/r/req/j/", ShortJson),
                    ("v2/r/req/", Short),
                ];
                if let Some((id, spelling)) = numbered(&asks) {
                    Self::AttributesRequest(id, spelling)
                } else if let Some((id, _)) = numbered(&answers) {
                    Self::Answer(id)
                } else {
                    let (id, spelling) = numbered(&calls)?;
                    Self::Call(id, spelling)
                }
            }
        })
    }
}

/// What a device may be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    /// Shared attributes that changed.
    SharedUpdates,
    /// Answers to its questions for attributes.
    AttributeAnswers,
    /// Commands.
    Commands,
    /// Answers to its own commands.
    ServerAnswers,
    /// Shared attributes of devices behind it.
    GatewayUpdates,
    /// Answers to its questions for those.
    GatewayAnswers,
    /// Commands to devices behind it.
    GatewayCommands,
    /// Whether it is let in.
    Provision,
}

/// A subscription that the hub grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// To what.
    pub told: Told,
    /// In which spelling it is told.
    pub spelling: Spelling,
}

impl Subscription {
    /// The subscription of a topic filter; `None` when no such filter is granted. A filter that
    /// would reach beyond the device of the connection does not exist.
    #[must_use]
    pub fn parse(filter: &str) -> Option<Self> {
        use Spelling::{Long, Short, ShortJson};
        let (told, spelling) = match filter {
            "v1/devices/me/attributes" => (Told::SharedUpdates, Long),
            "v2/a" => (Told::SharedUpdates, Short),
            "v2/a/j" => (Told::SharedUpdates, ShortJson),
            "v1/devices/me/attributes/response/+" => (Told::AttributeAnswers, Long),
            "v2/a/res/+" => (Told::AttributeAnswers, Short),
            "v2/a/res/j/+" => (Told::AttributeAnswers, ShortJson),
            "v1/devices/me/rpc/request/+" => (Told::Commands, Long),
            "v2/r/req/+" => (Told::Commands, Short),
            "v2/r/req/j/+" => (Told::Commands, ShortJson),
            "v1/devices/me/rpc/response/+" => (Told::ServerAnswers, Long),
            "v2/r/res/+" => (Told::ServerAnswers, Short),
            "v2/r/res/j/+" => (Told::ServerAnswers, ShortJson),
            "v1/gateway/attributes" => (Told::GatewayUpdates, Long),
            "v1/gateway/attributes/response" => (Told::GatewayAnswers, Long),
            "v1/gateway/rpc" => (Told::GatewayCommands, Long),
            "/provision/response" => (Told::Provision, Long),
            _ => return None,
        };
        Some(Self { told, spelling })
    }
}
