//! The audit log: one line for each verdict, of `key=value` pairs in a fixed order. Absent pairs are left out, the name is last.
//!
//! A value of letters, digits and `._:@/+-` is written as it is. Any other value is quoted, with `"`, `\` and all bytes other than
//! printable ASCII escaped as `\xHH`. A value is truncated after 512 bytes. So every login is one short line, whatever was typed,
//! and holds no secret.

use std::fmt::{self, Write};
use std::net::IpAddr;

use crate::account::AccountId;
use crate::exchange::outcome::Outcome;
use crate::ledger::Credential;
use crate::limits::Source;
use crate::verdict::Verdict;

/// The log entry of one conversation.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The flow's name in the protocol: `login`, `lookup`, `account`, or one of self-service.
    pub flow: &'a str,
    /// The service, as the front door named it.
    pub service: &'a str,
    /// The name that was typed.
    pub user: &'a str,
    /// The client's address, if it is known.
    pub address: Option<IpAddr>,
    /// The address that the connection itself came from, if the front door knows it: of a proxy or a web mail, if it is not the client's.
    pub peer_address: Option<IpAddr>,
    /// The client's host name, if the front door knows no address.
    pub host: Option<&'a str>,
    /// The device that the front door has proof of, in the form shown to users.
    pub device: Option<&'a str>,
    /// The terminal, as in PAM_TTY.
    pub tty: Option<&'a str>,
    /// The front door's session id, if it has one.
    pub session: Option<&'a str>,
    /// The uid of the front door.
    pub peer: u32,
    /// How it ended.
    pub outcome: &'a Outcome,
}

impl fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line { out: f, started: false };
        let trail = &self.outcome.trail;
        line.pair("verdict", self.outcome.verdict.name())?;
        match &self.outcome.verdict {
            Verdict::Accept(_) => {}
            Verdict::Reject(reason) => line.pair("reason", reason.as_str())?,
            Verdict::Defer(why) => line.pair("reason", why)?,
            Verdict::Ignore(why) => line.pair("reason", why)?,
        }
        line.pair("flow", self.flow)?;
        line.pair("service", self.service)?;
        match self.address {
            Some(address) => line.pair("rhost", address.to_canonical())?,
            None => line.maybe("rhost", self.host)?,
        }
        line.maybe(
            "via",
            self.peer_address.filter(|via| Some(*via) != self.address).map(|via| via.to_canonical()),
        )?;
        line.maybe("account", trail.account.as_ref())?;
        line.maybe("credential", trail.credential.map(Credential::name))?;
        match trail.credential {
            Some(Credential::AppPassword(id)) => line.pair("app_password", id)?,
            Some(Credential::Factor(id)) => line.pair("factor", id)?,
            Some(
                Credential::MainPassword
                | Credential::LoginPassword
                | Credential::RecoveryCode
                | Credential::TrustedDevice
                | Credential::Session,
            )
            | None => {}
        }
        line.maybe("observed", trail.observed)?;
        line.maybe("detail", self.outcome.detail)?;
        line.maybe("ledger", trail.is_ledger_down.then_some("down"))?;
        line.maybe("courier", trail.is_courier_down.then_some("down"))?;
        line.maybe("sms_budget", trail.sms_budget.map(crate::exchange::trail::SmsBudget::as_str))?;
        line.maybe("device", self.device)?;
        line.pair("peer", self.peer)?;
        line.maybe("tty", self.tty)?;
        match trail.session {
            Some(id) => line.pair("session", id)?,
            None => line.maybe("session", self.session)?,
        }
        line.pair("user", self.user)
    }
}

/// The log entry about lines that were left out because there were too many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The number of lines.
    pub lines: u64,
    /// The subject of the lines.
    pub about: About,
}

/// The subject of lines that the log leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Requests of the untrusted peer with this uid.
    Peer(u32),
    /// Requests of several untrusted peers.
    Peers,
    /// Requests of phones at this source.
    Phone(Source),
    /// Requests of phones at several sources.
    Phones,
    /// Changes of this account.
    Account(AccountId),
    /// Changes of several accounts.
    Accounts,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line { out: f, started: false };
        line.pair("left_out", self.lines)?;
        match &self.about {
            About::Peer(uid) => line.pair("peer", uid),
            About::Phone(source) => line.pair("rhost", source),
            About::Account(account) => line.pair("account", account),
            About::Peers | About::Phones | About::Accounts => Ok(()),
        }
    }
}

struct Line<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    started: bool,
}

impl Line<'_, '_> {
    fn maybe(&mut self, key: &str, value: Option<impl fmt::Display>) -> fmt::Result {
        value.map_or(Ok(()), |value| self.pair(key, value))
    }

    fn pair(&mut self, key: &str, value: impl fmt::Display) -> fmt::Result {
        if self.started {
            self.out.write_char(' ')?;
        }
        self.started = true;
        let value = value.to_string();
        write!(self.out, "{key}=")?;
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._:@/+-".contains(&b);
        if !value.is_empty() && value.bytes().all(is_plain) {
            return value.chars().take(MAX_VALUE).try_for_each(|c| self.out.write_char(c));
        }
        self.out.write_char('"')?;
        for byte in value.bytes().take(MAX_VALUE) {
            if (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\' {
                self.out.write_char(char::from(byte))?;
            } else {
                write!(self.out, "\\x{byte:02x}")?;
            }
        }
        self.out.write_char('"')
    }
}

const MAX_VALUE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::trail::Trail;
    use crate::factor::FactorId;
    use crate::verdict::Reason;

    fn plain<'a>(service: &'a str, user: &'a str, outcome: &'a Outcome) -> Entry<'a> {
        let (address, host, device, tty, session) = (None, None, None, None, None);
        let peer_address = None;
        Entry {
            flow: "login",
            service,
            user,
            address,
            peer_address,
            host,
            device,
            tty,
            session,
            peer: 0,
            outcome,
        }
    }

    fn line(user: &str, verdict: Verdict, trail: Trail) -> String {
        let outcome = Outcome { verdict, detail: None, trail };
        Entry { address: "192.0.2.1".parse().ok(), ..plain("imap", user, &outcome) }.to_string()
    }

    #[test]
    fn the_pairs_stand_in_their_order_with_the_name_last() {
        let trail = Trail {
            account: Some(AccountId::new("id-1".to_owned())),
            credential: Some(Credential::AppPassword("GdGn".parse().unwrap())),
            ..Trail::default()
        };
        let detail = Some("the app password is revoked");
        let outcome = Outcome { verdict: Verdict::Reject(Reason::Revoked), detail, trail };
        let address = "192.0.2.1".parse().ok();
        assert_eq!(
            Entry { address, ..plain("imap", "alice", &outcome) }.to_string(),
            "verdict=reject reason=revoked flow=login service=imap rhost=192.0.2.1 account=id-1 \
             credential=app_password app_password=GdGn detail=\"the app password is revoked\" peer=0 user=alice"
        );
    }

    #[test]
    fn a_login_at_a_prompt_names_its_device_and_its_terminal() {
        let outcome = Outcome::of_verdict(Verdict::Reject(Reason::Cancelled));
        let entry = Entry {
            device: Some("ssh key SHA256:uJ0/+x"),
            tty: Some("ssh"),
            session: Some("7"),
            ..plain("sshd", "alice", &outcome)
        };
        assert_eq!(
            entry.to_string(),
            "verdict=reject reason=cancelled flow=login service=sshd device=\"ssh key SHA256:uJ0/+x\" peer=0 \
             tty=ssh session=7 user=alice"
        );
    }

    #[test]
    fn a_host_is_its_address_or_else_its_name() {
        let outcome = Outcome::of_verdict(Verdict::Reject(Reason::BadCredential));
        let line = |address: Option<&str>, host| {
            let address = address.map(|address| address.parse().unwrap());
            Entry { address, host, ..plain("sshd", "alice", &outcome) }.to_string()
        };
        assert!(line(Some("::ffff:192.0.2.1"), None).contains(" rhost=192.0.2.1 "));
        assert!(line(None, Some("host.example.org")).contains(" rhost=host.example.org "));
        let forged = line(None, Some("x rhost=192.0.2.9 user=root"));
        assert!(forged.contains(" rhost=\"x rhost=192.0.2.9 user=root\" "), "{forged}");
        assert!(line(None, Some("192.0.2.9\u{7f}%")).contains(" rhost=\"192.0.2.9\\x7f%\" "));
    }

    #[test]
    fn lines_left_out_are_counted_by_peer() {
        let line = |lines, about| LeftOut { lines, about }.to_string();
        assert_eq!(line(190, About::Peer(1001)), "left_out=190 peer=1001");
        assert_eq!(line(3, About::Phone(Source::of_user(7))), "left_out=3 rhost=uid:7");
        assert_eq!(line(5, About::Account(AccountId::new("id-1".to_owned()))), "left_out=5 account=id-1");
        assert_eq!(line(7, About::Peers), "left_out=7");
    }

    #[test]
    fn the_documentation_names_every_key_credential_and_reason() {
        let document = include_str!("../../../docs/audit-log.md");
        let credentials = [
            Credential::MainPassword,
            Credential::AppPassword("GdGn".parse().unwrap()),
            Credential::LoginPassword,
            Credential::Factor(FactorId::new([7; 16])),
            Credential::RecoveryCode,
            Credential::TrustedDevice,
            Credential::Session,
        ];
        let lines = credentials.map(|credential| {
            let trail = Trail {
                account: Some(AccountId::new("id".to_owned())),
                credential: Some(credential),
                observed: Some(Reason::Scope),
                is_ledger_down: true,
                sms_budget: Some(crate::exchange::trail::SmsBudget::Near),
                ..Trail::default()
            };
            let detail = Some("detail");
            let outcome = Outcome { verdict: Verdict::Reject(Reason::Locked), detail, trail };
            let address = "192.0.2.1".parse().ok();
            let (device, tty, session) = (Some("d"), Some("t"), Some("s"));
            let peer_address = "192.0.2.2".parse().ok();
            Entry { address, peer_address, device, tty, session, ..plain("sshd", "alice", &outcome) }
                .to_string()
        });
        let left_out = LeftOut { lines: 1, about: About::Peers }.to_string();
        for pair in lines.iter().chain([&left_out]).flat_map(|line| line.split(' ')) {
            let (key, value) = pair.split_once('=').unwrap();
            assert!(document.contains(&format!("| `{key}` |")), "{key}");
            assert!(key != "credential" || document.contains(&format!("`{value}`")), "{value}");
        }
        for reason in Reason::ALL {
            let row = document.lines().find(|line| line.starts_with("| `reason` |")).unwrap();
            assert!(row.split(['`', ' ']).any(|word| word == reason.as_str()), "{reason}");
        }
        for name in ["accept", "reject", "defer", "ignore"] {
            let row = document.lines().find(|line| line.starts_with("| `verdict` |")).unwrap();
            assert!(row.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn no_name_can_forge_a_line_or_a_pair() {
        let forged = "x\" verdict=accept\nverdict=accept user=\\root\u{2028}é";
        let shown = line(forged, Verdict::Reject(Reason::UnknownAccount), Trail::default());
        assert!(shown.ends_with(
            "user=\"x\\x22 verdict=accept\\x0averdict=accept user=\\x5croot\\xe2\\x80\\xa8\\xc3\\xa9\""
        ));
        assert!(!shown.contains('\n'));
        assert!(
            line("", Verdict::Defer("the directory".to_owned()), Trail::default()).ends_with("user=\"\"")
        );
    }

    #[test]
    fn no_name_makes_a_line_long() {
        for name in ["n", "\u{e9}"] {
            let shown = line(&name.repeat(10_000), Verdict::Reject(Reason::NotPermitted), Trail::default());
            assert!(shown.len() < 4 * MAX_VALUE + 200, "{} bytes", shown.len());
        }
    }
}
