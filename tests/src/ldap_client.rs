//! The programs of ldap-utils: an LDAP client that is not ours.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Ran, host};

/// An LDAP server, as `ldapsearch` and its relatives see it.
#[derive(Debug, Clone)]
pub struct LdapClient {
    /// Where it is.
    pub uri: String,
    /// What its certificate is checked against.
    pub ca_file: Option<PathBuf>,
    /// Whether to ask for TLS inside the connection.
    pub starttls: bool,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// Anonymous.
    Anonymous,
    /// A DN with its password.
    Dn(&'a str, &'a str),
    /// Root of this host, over `ldapi://` by SASL EXTERNAL. The guards' servers let it do anything.
    Root,
    /// Another Unix user of this host, likewise.
    User(&'a str),
}

/// What a program of ldap-utils came back with.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its exit code: the LDAP result code (RFC 4511, appendix A), or 255 where there was no server.
    pub code: i32,
    /// The entries that it printed.
    pub entries: Vec<Entry>,
    /// What it complained about.
    pub stderr: String,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub dn: String,
    /// Each value with its attribute, in the order that the server gave them.
    pub values: Vec<(String, Vec<u8>)>,
}

impl LdapClient {
    /// A client for `uri`, without certificates.
    #[must_use]
    pub fn new(uri: &str) -> Self {
        Self { uri: uri.to_owned(), ca_file: None, starttls: false }
    }

    /// `ldapsearch` below `base`.
    #[must_use]
    pub fn search(&self, who: Who<'_>, base: &str, filter: &str, attributes: &[&str]) -> Answer {
        let args = [&["-LLL", "-o", "ldif-wrap=no", "-b", base, filter], attributes].concat();
        self.run("ldapsearch", who, &args, b"")
    }

    /// `ldapsearch` of the one entry `dn`.
    #[must_use]
    pub fn read(&self, who: Who<'_>, dn: &str, attributes: &[&str]) -> Answer {
        let args = ["-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", dn, "(objectClass=*)"];
        self.run("ldapsearch", who, &[&args, attributes].concat(), b"")
    }

    /// `ldapcompare`: exits with 6 for true and 5 for false.
    #[must_use]
    pub fn compare(&self, who: Who<'_>, dn: &str, attribute: &str, value: &str) -> Answer {
        self.run("ldapcompare", who, &[dn, &format!("{attribute}:{value}")], b"")
    }

    /// `ldapmodify` with change records.
    #[must_use]
    pub fn modify(&self, who: Who<'_>, ldif: &str) -> Answer {
        self.run("ldapmodify", who, &[], ldif.as_bytes())
    }

    /// `ldapmodify` of one entry: `changes` are the lines after `changetype: modify`.
    #[must_use]
    pub fn change(&self, who: Who<'_>, dn: &str, changes: &str) -> Answer {
        self.modify(who, &format!("dn: {dn}\nchangetype: modify\n{changes}\n"))
    }

    /// `ldapadd` with entries.
    #[must_use]
    pub fn add(&self, who: Who<'_>, ldif: &str) -> Answer {
        self.run("ldapadd", who, &[], ldif.as_bytes())
    }

    /// `ldapwhoami`: its exit code says whether the bind succeeded.
    #[must_use]
    pub fn whoami(&self, who: Who<'_>) -> Answer {
        self.run("ldapwhoami", who, &[], b"")
    }

    /// Any program of ldap-utils. A password goes there in a file, never as an argument.
    #[must_use]
    pub fn run(&self, program: &str, who: Who<'_>, args: &[&str], input: &[u8]) -> Answer {
        let mut command = Command::new(host::system_program(&format!("/usr/bin/{program}"), "ldap-utils"));
        command.env_clear().env("LDAPTLS_REQCERT", "demand").current_dir("/").args(["-H", &self.uri]);
        if let Some(file) = &self.ca_file {
            command.env("LDAPTLS_CACERT", file);
        }
        if self.starttls {
            command.arg("-ZZ");
        }
        let mut secret = None;
        match who {
            Who::Anonymous => drop(command.arg("-x")),
            Who::Root => drop(command.args(["-Q", "-Y", "EXTERNAL"])),
            Who::User(name) => {
                let (uid, gid) = host::ids(name);
                command.args(["-Q", "-Y", "EXTERNAL"]).uid(uid.as_raw()).gid(gid.as_raw());
            }
            Who::Dn(dn, password) => {
                let file = secret.insert(password_file(password));
                command.args(["-x", "-D", dn, "-y"]).arg(file.path());
            }
        }
        let ran = Ran::of(command.args(args), input, LIMIT);
        let entries = if program == "ldapsearch" { Entry::parse(&ran.stdout) } else { Vec::new() };
        Answer { code: ran.code, entries, stderr: ran.stderr }
    }
}

impl Answer {
    /// Itself, where the server said success.
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }

    /// The one entry that was found.
    #[must_use]
    pub fn entry(self) -> Entry {
        let mut answer = self.succeeded();
        assert_eq!(answer.entries.len(), 1, "not one entry: {:?}", answer.entries);
        answer.entries.remove(0)
    }
}

impl Entry {
    /// Reads LDIF (RFC 2849) without folded lines, as `-o ldif-wrap=no` makes it.
    #[must_use]
    pub fn parse(ldif: &str) -> Vec<Self> {
        let mut entries = Vec::new();
        for record in ldif.split("\n\n") {
            let mut values = record.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
                let (name, value) = line.split_once(':')?;
                let bytes = match value.strip_prefix(':') {
                    Some(encoded) => STANDARD.decode(encoded.trim()).expect("base64 in LDIF"),
                    None => value.trim_start().as_bytes().to_vec(),
                };
                Some((name.to_owned(), bytes))
            });
            // A search reference is a record without a name.
            if let Some((_, dn)) = values.next().filter(|(name, _)| name == "dn") {
                let dn = String::from_utf8_lossy(&dn).into_owned();
                entries.push(Self { dn, values: values.collect() });
            }
        }
        entries
    }

    /// The values of an attribute, as text.
    #[must_use]
    pub fn texts(&self, attribute: &str) -> Vec<String> {
        let values = self.values.iter().filter(|(name, _)| name.eq_ignore_ascii_case(attribute));
        values.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// The only value of an attribute, as text.
    #[must_use]
    pub fn text(&self, attribute: &str) -> String {
        let mut texts = self.texts(attribute);
        assert_eq!(texts.len(), 1, "{}: not one {attribute}: {texts:?}", self.dn);
        texts.remove(0)
    }

    /// Whether it has a value of an attribute.
    #[must_use]
    pub fn has(&self, attribute: &str) -> bool {
        !self.texts(attribute).is_empty()
    }
}

// Readable for root alone; ldap-utils take the whole file for the password.
fn password_file(password: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new_in(secrets()).expect("a temporary file");
    std::fs::write(file.path(), password).expect("a temporary file");
    file
}

fn secrets() -> PathBuf {
    let dir = host::test_dir().join("ldap-secrets");
    host::make_dir(Path::new(&dir), (0.into(), 0.into()), 0o700);
    dir
}

const LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_from_ldif() {
        let ldif =
            "dn: uid=a,dc=x\nuid: a\nMail: a@x\nmail:: w6k=\n\n# refldap://y\n\ndn:: dWlkPWI=\nseeAlso:\n\n";
        let entries = Entry::parse(ldif);
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].texts("mail"), ["a@x", "é"]);
        assert_eq!((&*entries[1].dn, entries[1].text("seealso").as_str()), ("uid=b", ""));
        assert!(!entries[1].has("mail"));
    }
}
