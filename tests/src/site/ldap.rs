//! A site whose accounts are in LDAP.

use std::fs;

use nix::unistd::{Gid, Uid};

use crate::ds389::{Ds389, MANAGER};
use crate::{LdapPerson, Slapd, host};

use super::{Site, SiteBuilder};

/// What a site needs to know of its LDAP servers.
#[derive(Debug)]
pub(super) struct LdapFiles {
    directory: String,
    authorities: String,
    password: String,
}

impl SiteBuilder {
    /// Its accounts are the users of this LDAP server, over TLS.
    #[must_use]
    pub fn ldap(self, slapd: &Slapd) -> Self {
        self.ldap_servers(&[slapd], slapd)
    }

    /// Its accounts are those of a 389 Directory Server, asked in the clear on this host.
    #[must_use]
    pub fn ds389(mut self, server: &Ds389) -> Self {
        self.ldap = Some(LdapFiles {
            directory: format!(
                "[directory]\nkind = \"ldap\"\nuris = [\"ldap://127.0.0.1:{}\"]\nbind_dn = \"{MANAGER}\"\n\
                 bind_password_file = \"@LDAP_SECRET@\"\nbase = \"ou=people,dc=example,dc=org\"\n\
                 id_attribute = \"nsUniqueId\"\n",
                server.port()
            ),
            authorities: String::new(),
            password: server.manager_password().to_owned(),
        });
        self
    }

    /// Its accounts are the users of these LDAP servers, read from `readers` in that order and changed at `writer`.
    #[must_use]
    pub fn ldap_servers(mut self, readers: &[&Slapd], writer: &Slapd) -> Self {
        let uris: Vec<String> = readers.iter().map(|slapd| slapd.ldaps_uri()).collect();
        let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
        let authority = |slapd: &&Slapd| fs::read_to_string(slapd.ca_file()).expect("an authority");
        let directory = writer
            .directory_toml(&uris)
            .replace(&writer.ca_file().display().to_string(), "@LDAP_CA@")
            .replace(&writer.service_password_file().display().to_string(), "@LDAP_SECRET@");
        self.ldap = Some(LdapFiles {
            directory: format!("{directory}write_uri = \"{}\"\n", writer.ldaps_uri()),
            authorities: readers.iter().chain([&writer]).map(authority).collect(),
            password: writer.service_password().to_owned(),
        });
        self
    }
}

impl Site {
    /// Creates the home directory of an LDAP user, for mail.
    pub fn make_home(&self, person: &LdapPerson) {
        let owner = (Uid::from_raw(person.uid), Gid::from_raw(person.uid));
        host::make_dir(&person.home, owner, 0o700);
    }
}

impl LdapFiles {
    /// Writes the files that go with `[directory]`, and puts that in the place of the embedded one in `text`.
    pub(super) fn install(&self, site: &Site, text: &str) -> String {
        let (ca, secret) = (site.dir().join("etc/ldap-ca.pem"), site.dir().join("etc/ldap.secret"));
        for (path, text) in [(&ca, &self.authorities), (&secret, &self.password)] {
            fs::write(path, text).expect("a file of the site's LDAP");
            host::own(path, (Uid::from_raw(0), host::ids("postern").1), 0o640);
        }
        let directory = self
            .directory
            .replace("@LDAP_CA@", &ca.display().to_string())
            .replace("@LDAP_SECRET@", &secret.display().to_string());
        text.replace(EMBEDDED, &directory)
    }
}

const EMBEDDED: &str = "[directory]\nkind = \"embedded\"\n";
