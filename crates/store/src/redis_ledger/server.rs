use postern_core::ledger::LedgerError;

/// The fields of INFO that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    /// The version of Redis that it is compatible with.
    version: String,
    /// The product and its version.
    product: String,
    policy: String,
    keeps_log: bool,
    is_master: bool,
    is_loading: bool,
    is_cluster: bool,
    has_port: bool,
    place: Place,
}

/// The role that a server must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The server that accepts writes.
    Master,
    /// A member of a Cluster, master or replica.
    Member,
}

/// How a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Over a Unix socket that other users may not connect to.
    Private,
    /// Over a Unix socket of this mode.
    OpenSocket(u32),
    /// Over TCP; exposed if it is in the clear and leaves this host.
    Network { is_exposed: bool },
}

impl Place {
    pub(super) fn refusal_of_an_open_server(self) -> String {
        let everybody = match self {
            Self::OpenSocket(mode) => {
                format!("everybody who may connect, and its socket has mode {mode:04o}")
            }
            Self::Private | Self::Network { .. } => "everybody who can reach it".to_owned(),
        };
        format!(
            "answers {everybody}, without a password; give it users with passwords and switch off its user default"
        )
    }
}

impl Server {
    /// Reads the answer to INFO.
    pub(super) fn read(info: &str, place: Place) -> Self {
        let field = |name: &str| {
            info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map_or("", str::trim)
        };
        let product = match field("valkey_version") {
            "" => format!("Redis {}", field("redis_version")),
            version => format!("Valkey {version}"),
        };
        Self {
            version: field("redis_version").to_owned(),
            product,
            policy: field("maxmemory_policy").to_owned(),
            keeps_log: field("aof_enabled") == "1",
            is_master: field("role") == "master",
            is_loading: field("loading") == "1",
            is_cluster: field("redis_mode") == "cluster",
            has_port: field("tcp_port") != "0",
            place,
        }
    }

    /// Refuses a server that is not set up as a ledger has to be.
    pub(super) fn verify(&self, role: Role, is_open: bool) -> Result<(), LedgerError> {
        let broken = |what: String| Err(LedgerError::Broken(what));
        let down = |what: &str| Err(LedgerError::Down(what.to_owned()));
        let major = self.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < OLDEST) {
            return broken(format!("is Redis \"{}\"; {OLDEST} is the oldest that will do", self.version));
        }
        if self.policy != "noeviction" {
            return broken(format!(
                "forgets what it holds when memory runs short (maxmemory-policy \"{}\"); set maxmemory-policy noeviction",
                self.policy
            ));
        }
        if is_open && self.has_port {
            return broken(
                "answers on TCP too, to everybody on this host and without a password; set port 0, or give it users with passwords"
                    .to_owned(),
            );
        }
        match (role, self.is_cluster) {
            (Role::Master, true) => {
                return broken(
                    "is a part of a Cluster; url has to be redis+cluster://host:port,host:port".to_owned(),
                );
            }
            (Role::Member, false) => {
                return broken("is no part of a Cluster; url has to be redis://host:port".to_owned());
            }
            (Role::Master, false) if !self.is_master => return down("is a replica, which takes no writes"),
            (Role::Master, false) | (Role::Member, true) => {}
        }
        if self.is_loading { down("is loading its data") } else { Ok(()) }
    }

    /// For people.
    pub(super) fn product(&self) -> &str {
        &self.product
    }

    /// What its administrator should change, although it works.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let no_log = (!self.keeps_log).then(|| {
            "keeps no log (AOF), so a restart forgets wrong passwords and last uses; set appendonly yes"
                .to_owned()
        });
        let in_clear = (self.place == Place::Network { is_exposed: true }).then(|| {
            "is spoken to over the network in the clear, its password too; use a rediss URL".to_owned()
        });
        no_log.into_iter().chain(in_clear)
    }
}

const OLDEST: u32 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valkey_is_called_what_it_is() {
        assert_eq!(Server::read(INFO, NEAR).product(), "Redis 7.0.15");
        let valkey = INFO.replace(
            "redis_version:7.0.15",
            "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1",
        );
        let server = Server::read(&valkey, NEAR);
        assert_eq!(server.product(), "Valkey 8.1.1");
        assert!(server.verify(Role::Master, false).is_ok());
    }

    const INFO: &str = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\ntcp_port:6379\r\n\r\n# Memory\r\n\
         maxmemory_policy:noeviction\r\n# Persistence\r\nloading:0\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\n";
    const NEAR: Place = Place::Network { is_exposed: false };

    fn verify(from: &str, to: &str, role: Role, is_open: bool) -> Result<(), LedgerError> {
        assert!(INFO.contains(from), "{from}");
        Server::read(&INFO.replace(from, to), NEAR).verify(role, is_open)
    }

    #[test]
    fn a_server_that_is_set_up_for_it_is_taken() {
        assert_eq!(verify("", "", Role::Master, false), Ok(()));
        assert_eq!(verify("standalone", "cluster", Role::Member, false), Ok(()));
        assert_eq!(verify("tcp_port:6379", "tcp_port:0", Role::Master, true), Ok(()));
        assert_eq!(verify("7.0.15", "10.1", Role::Master, false), Ok(()));
    }

    #[test]
    fn an_error_that_an_admin_has_to_fix_is_broken() {
        for (from, to, role, is_open) in [
            ("7.0.15", "6.2.7", Role::Master, false),
            ("redis_version:7.0.15", "", Role::Master, false),
            ("noeviction", "allkeys-lru", Role::Master, false),
            ("maxmemory_policy:noeviction", "", Role::Master, false),
            ("standalone", "cluster", Role::Master, false),
            ("", "", Role::Member, false),
            ("", "", Role::Master, true),
        ] {
            let verified = verify(from, to, role, is_open);
            assert!(matches!(verified, Err(LedgerError::Broken(_))), "{to}: {verified:?}");
        }
    }

    #[test]
    fn one_that_will_do_later_is_down() {
        for (from, to) in [("role:master", "role:slave"), ("loading:0", "loading:1")] {
            assert!(matches!(verify(from, to, Role::Master, false), Err(LedgerError::Down(_))), "{to}");
        }
    }

    #[test]
    fn a_working_but_risky_setting_is_a_warning() {
        let warnings = |info: &str, place| Server::read(info, place).warnings().count();
        assert_eq!(warnings(INFO, NEAR), 0);
        assert_eq!(warnings(&INFO.replace("aof_enabled:1", "aof_enabled:0"), NEAR), 1);
        assert_eq!(warnings(INFO, Place::Network { is_exposed: true }), 1);
    }
}
