//! The rights of posternd's account in OpenLDAP for one configuration, and the indexes that it needs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use nix::unistd::User;
use postern_core::account::UID_NUMBER;
use postern_core::config::{Condition, Config, DirectoryKind, Ldap, LdapLogin};
use postern_core::exchange::PREFERRED_LANGUAGE;
use postern_ipc::SERVER_USER;

use super::definitions::{self, heading};
use crate::failure::Failure;

/// The names in the rules.
#[derive(Debug)]
pub(crate) struct Rights {
    who: String,
    base: String,
    read: Vec<String>,
    indexed: Vec<String>,
}

impl Rights {
    /// The names of this configuration.
    ///
    /// # Errors
    /// Accounts are not in LDAP, or a name cannot be written in a rule.
    pub(crate) fn of(config: &Config) -> Result<Self, Failure> {
        let DirectoryKind::Ldap(ldap) = &config.directory else {
            return Err(Failure::config(
                "directory.kind is not \"ldap\": there is no entry to give rights to",
            ));
        };
        let who = match &ldap.login {
            LdapLogin::Simple { dn, .. } => dn.clone(),
            LdapLogin::SaslExternal => peer()?,
        };
        if who.chars().chain(ldap.base.chars()).any(char::is_control) {
            return Err(Failure::config("directory.bind_dn or directory.base holds a control character"));
        }
        let searched: Vec<&str> = searched(ldap);
        let conditions = ldap.disabled.iter().flat_map(Condition::attributes);
        let more = [&*ldap.expires.name, &ldap.password_changed_attribute];
        let asks_ppolicy = conditions.clone().chain(more).any(|name| name.starts_with("pwd"));
        let read = distinct(
            ["entry", "objectClass", PREFERRED_LANGUAGE, UID_NUMBER]
                .into_iter()
                .chain(searched.iter().copied())
                .chain(conditions)
                .chain(more)
                .chain(config.userdb.attributes())
                .chain(asks_ppolicy.then_some("pwdReset"))
                // slapd refuses a rule with an unknown name, and this one is 389 Directory Server's.
                .filter(|name| !name.eq_ignore_ascii_case("nsAccountLock")),
        );
        let indexed = distinct(searched.into_iter().chain(["objectClass", "posternFactorKey", UID_NUMBER]));
        Ok(Self { who, base: ldap.base.clone(), read, indexed })
    }

    /// The names of the manual's example.
    ///
    /// # Errors
    /// None, as tests ensure.
    pub(crate) fn example() -> Result<Self, Failure> {
        Self::of(&Config::parse(Path::new("example"), EXAMPLE)?)
    }

    /// The rules, limits and indexes for slapd.conf.
    pub(super) fn conf(&self) -> String {
        let base = &self.base;
        let mut text = format!(
            "{}# Include it in slapd.conf, in the database that holds {base}\n# and before its other access lines.\n{LEFT}",
            heading("acl")
        );
        for rule in self.rules() {
            add(&mut text, format_args!("\n{}access to {}\n", rule.reason(), rule.definition("\n    ")));
        }
        add(&mut text, format_args!("\n{WHY_LIMIT}limits {}\n\n{WHY_INDEX}", self.limit()));
        for name in &self.indexed {
            add(&mut text, format_args!("index {name} eq\n"));
        }
        text
    }

    /// The rules and limits for cn=config.
    pub(super) fn ldif(&self) -> String {
        let mut text = format!(
            "{}# Load it once, {DATABASE} being the database that holds\n# {}:\n\
             #   ldapmodify -Y EXTERNAL -H ldapi:/// -f acl.ldif\n\
             # Its rules come before the others that are there.\n{LEFT}",
            heading("acl-ldif"),
            self.base
        );
        // They come first: ldapmodify stops at a rule that is refused, and the last one may be.
        add(&mut text, format_args!("\n{WHY_LIMIT}{}", change("olcLimits", &self.limit())));
        for (number, rule) in self.rules().iter().enumerate() {
            let definition = rule.definition("\n  ");
            let change = change("olcAccess", &format!("{{{number}}}to {definition}"));
            add(&mut text, format_args!("\n{}{change}", rule.reason()));
        }
        text
    }

    /// The indexes for cn=config.
    pub(super) fn index_ldif(&self) -> String {
        let mut text = format!(
            "{}# Load it once, {DATABASE} being the database that holds\n# {};\n\
             # -c goes on where one of them is there already:\n\
             #   ldapmodify -c -Y EXTERNAL -H ldapi:/// -f index.ldif\n\n{WHY_INDEX}",
            heading("index-ldif"),
            self.base
        );
        let changes = self.indexed.iter().map(|name| change("olcDbIndex", &format!("{name} eq")));
        text.push_str(&changes.collect::<Vec<_>>().join("\n"));
        text
    }

    /// The rules in their order. The last one is present only if the overlay ppolicy is used.
    fn rules(&self) -> Vec<Rule<'_>> {
        let below = format!("dn.subtree=\"{}\"", quoted(&self.base));
        let postern: Vec<&str> = definitions::names().collect();
        let (ppolicy, read): (Vec<&str>, Vec<&str>) =
            self.read.iter().map(String::as_str).partition(|name| name.starts_with("pwd"));
        let rule = |why, what, level, others| Rule { why, what, who: &self.who, level, others };
        let mut rules = vec![
            rule(
                "posternd reads and writes Postern's attributes. They are hidden from everyone else, from the person too.\n\
                 Where replicas read by an account of their own, it needs them too: name it before the last line, with read.",
                format!("attrs={}", postern.join(",")),
                "write",
                "none",
            ),
            rule(
                "posternd may add and remove this one value of objectClass.",
                format!("{below} attrs=objectClass val.exact=\"{}\"", definitions::CLASS),
                "write",
                "break",
            ),
            rule(
                "posternd lets slapd check main passwords, by a bind. It reads none.",
                format!("{below} attrs=userPassword"),
                "auth",
                "break",
            ),
            rule(
                "posternd reads what it finds an account by, what may forbid a login, and what it tells the mail server.",
                format!("{below} attrs={}", read.join(",")),
                "read",
                "break",
            ),
        ];
        if !ppolicy.is_empty() {
            rules.push(rule(
                "The same for what the overlay ppolicy keeps. Leave it out where that is not loaded: slapd would not know the\n\
                 names, and refuse the rule.",
                format!("{below} attrs={}", ppolicy.join(",")),
                "read",
                "break",
            ));
        }
        rules
    }

    fn limit(&self) -> String {
        format!("dn.exact=\"{}\" size.prtotal=unlimited", quoted(&self.who))
    }
}

/// An access rule (slapd.access(5)).
struct Rule<'a> {
    why: &'static str,
    what: String,
    who: &'a str,
    level: &'static str,
    others: &'static str,
}

impl Rule<'_> {
    fn reason(&self) -> String {
        self.why.lines().map(|line| format!("# {line}\n")).collect()
    }

    fn definition(&self, fold: &str) -> String {
        let (who, level, others) = (quoted(self.who), self.level, self.others);
        format!("{}{fold}by dn.exact=\"{who}\" {level}{fold}by * {others}", self.what)
    }
}

/// The attributes by which accounts are found and listed.
fn searched(ldap: &Ldap) -> Vec<&str> {
    let named = [&*ldap.id_attribute, &ldap.username_attribute, &ldap.mail_attribute];
    ldap.filter.attributes().chain(ldap.login_filter.attributes()).chain(named).collect()
}

/// Each name once, without options and regardless of case (RFC 4512, section 2.5).
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let bare = names.filter_map(|name| name.split(';').next());
    let distinct: BTreeMap<String, &str> = bare.map(|name| (name.to_ascii_lowercase(), name)).collect();
    distinct.into_values().map(ToOwned::to_owned).collect()
}

/// The identity of posternd at slapd over `ldapi://` (SASL EXTERNAL).
fn peer() -> Result<String, Failure> {
    let user = User::from_name(SERVER_USER).ok().flatten().ok_or_else(|| {
        Failure::config(format!(
            "there is no user {SERVER_USER} on this host, whose uid the rules for sasl_external name"
        ))
    })?;
    Ok(format!("gidNumber={}+uidNumber={},cn=peercred,cn=external,cn=auth", user.gid, user.uid))
}

/// A name inside the double quotes of slapd's configuration.
fn quoted(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}

/// An LDIF record (RFC 2849) that adds one value to the database's configuration.
fn change(attribute: &str, value: &str) -> String {
    format!("dn: {DATABASE}\nchangetype: modify\nadd: {attribute}\n{attribute}: {value}\n")
}

fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a string never fails.
    text.write_fmt(more).ok();
}

const DATABASE: &str = "olcDatabase={1}mdb,cn=config";
const LEFT: &str =
    "# These rules leave everything else to those that follow, and grant rights to posternd alone.\n";
const WHY_LIMIT: &str = "# posternd lists large directories page by page.\n";
const WHY_INDEX: &str = "# What posternd searches for.\n";
const EXAMPLE: &str = r#"
[directory]
kind = "ldap"
uris = ["ldaps://ldap.example.org"]
bind_dn = "cn=postern,ou=services,dc=example,dc=org"
bind_password_file = "/etc/postern/ldap.secret"
base = "ou=people,dc=example,dc=org"
[ledger]
kind = "embedded"
"#;
