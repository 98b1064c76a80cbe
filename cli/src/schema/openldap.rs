//! Access rules, limits and indexes of OpenLDAP, for slapd.conf and for cn=config.

use std::fmt::Write;

use super::definitions::{self, heading};
use super::rights::Rights;

/// The rules, limits and indexes for slapd.conf.
pub(super) fn conf(rights: &Rights) -> String {
    let base = &rights.base;
    let mut text = format!(
        "{}# Include it in slapd.conf, in the database that holds {base}\n# and before its other access lines.\n{LEFT}",
        heading("acl")
    );
    for rule in rules(rights) {
        add(&mut text, format_args!("{}", rule.conf()));
    }
    add(&mut text, format_args!("\n{WHY_LIMIT}limits {}\n\n{WHY_INDEX}", limit(rights)));
    for name in &rights.indexed {
        add(&mut text, format_args!("index {name} eq\n"));
    }
    text
}

/// The rules and limits for cn=config.
pub(super) fn ldif(rights: &Rights) -> String {
    let mut text = format!(
        "{}# Load it once, {DATABASE} being the database that holds\n# {}:\n\
         #   ldapmodify -Y EXTERNAL -H ldapi:/// -f acl.ldif\n\
         # Its rules come before the others that are there.\n{LEFT}",
        heading("acl-ldif"),
        rights.base
    );
    add(&mut text, format_args!("\n{WHY_LIMIT}{}", change("olcLimits", &limit(rights))));
    for (number, rule) in rules(rights).iter().enumerate() {
        text.push_str(&rule.ldif(number));
    }
    text
}

/// The rule about the overlay ppolicy, for slapd.conf.
pub(super) fn ppolicy_conf(rights: &Rights) -> String {
    let text =
        format!("{}# Include it in slapd.conf, beside acl.conf.\n{ONLY_PPOLICY}", heading("acl-ppolicy"));
    text + &ppolicy_rule(rights).map_or_else(|| NO_PPOLICY.to_owned(), |rule| rule.conf())
}

/// The rule about the overlay ppolicy, for cn=config.
pub(super) fn ppolicy_ldif(rights: &Rights) -> String {
    let text = format!(
        "{}# Load it once, as acl.ldif:\n#   ldapmodify -Y EXTERNAL -H ldapi:/// -f acl-ppolicy.ldif\n{ONLY_PPOLICY}",
        heading("acl-ppolicy-ldif")
    );
    text + &ppolicy_rule(rights).map_or_else(|| NO_PPOLICY.to_owned(), |rule| rule.ldif(0))
}

/// The indexes for cn=config.
pub(super) fn index_ldif(rights: &Rights) -> String {
    let mut text = format!(
        "{}# Load it once, {DATABASE} being the database that holds\n# {};\n\
         # -c goes on where one of them is there already:\n\
         #   ldapmodify -c -Y EXTERNAL -H ldapi:/// -f index.ldif\n\n{WHY_INDEX}",
        heading("index-ldif"),
        rights.base
    );
    let changes = rights.indexed.iter().map(|name| change("olcDbIndex", &format!("{name} eq")));
    text.push_str(&changes.collect::<Vec<_>>().join("\n"));
    text
}

/// The rules in their order.
fn rules(rights: &Rights) -> Vec<Rule<'_>> {
    let below = below(rights);
    let postern: Vec<&str> = definitions::names().collect();
    // slapd refuses a rule with an unknown name, and this one is 389 Directory Server's.
    let read: Vec<&str> = rights
        .read
        .iter()
        .map(String::as_str)
        .filter(|name| !name.eq_ignore_ascii_case("nsAccountLock"))
        .collect();
    let rule = |why, what, level, others| Rule { why, what, who: &rights.who, level, others };
    vec![
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
    ]
}

/// `None` if the configuration asks for nothing that the overlay keeps.
fn ppolicy_rule(rights: &Rights) -> Option<Rule<'_>> {
    (!rights.policy.is_empty()).then(|| Rule {
        why: "posternd reads whether an admin has locked an account, and when a main password was changed.",
        what: format!("{} attrs={}", below(rights), rights.policy.join(",")),
        who: &rights.who,
        level: "read",
        others: "break",
    })
}

fn below(rights: &Rights) -> String {
    format!("dn.subtree=\"{}\"", quoted(&rights.base))
}

fn limit(rights: &Rights) -> String {
    format!("dn.exact=\"{}\" size.prtotal=unlimited", quoted(&rights.who))
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
    fn conf(&self) -> String {
        format!("\n{}access to {}\n", self.reason(), self.definition("\n    "))
    }

    fn ldif(&self, number: usize) -> String {
        let value = format!("{{{number}}}to {}", self.definition("\n  "));
        format!("\n{}{}", self.reason(), change("olcAccess", &value))
    }

    fn reason(&self) -> String {
        self.why.lines().map(|line| format!("# {line}\n")).collect()
    }

    fn definition(&self, fold: &str) -> String {
        let (who, level, others) = (quoted(self.who), self.level, self.others);
        format!("{}{fold}by dn.exact=\"{who}\" {level}{fold}by * {others}", self.what)
    }
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
const ONLY_PPOLICY: &str = "# Only where the overlay ppolicy is loaded: another slapd does not know the names, and refuses the rule.\n";
const NO_PPOLICY: &str = "# The configuration asks for none of its attributes.\n";
const WHY_LIMIT: &str = "# posternd lists large directories page by page.\n";
const WHY_INDEX: &str = "# What posternd searches for.\n";
