use std::path::{Path, PathBuf};

use crate::Who;

use super::PEOPLE;

/// Everyone in a tree, and their passwords; a consumer has its provider's.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) named: Vec<LdapPerson>,
    pub(super) crowd: u32,
    pub(super) crowd_password: String,
    pub(super) service_password: String,
    pub(super) replicator_password: String,
}

/// A user in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdapPerson {
    /// The attribute `uid`.
    pub name: String,
    /// The entry's name.
    pub dn: String,
    /// The main password.
    pub password: String,
    /// The attribute `mail`: the name at `example.org`.
    pub mail: String,
    /// The attributes `uidNumber` and `gidNumber`.
    pub uid: u32,
    /// The attribute `homeDirectory`; the folder is not created.
    pub home: PathBuf,
}

impl LdapPerson {
    /// To bind as this user.
    #[must_use]
    pub fn who(&self) -> Who<'_> {
        Who::Dn(&self.dn, &self.password)
    }
}

impl Tree {
    /// One of the crowd, from 0.
    pub(super) fn nth(&self, number: u32) -> LdapPerson {
        let name = format!("user{number:06}");
        let password = format!("{}{number}", self.crowd_password);
        LdapPerson::new(&name, password, FIRST_OF_CROWD + number)
    }
}

impl LdapPerson {
    pub(super) fn new(name: &str, password: String, uid: u32) -> Self {
        Self {
            name: name.to_owned(),
            dn: format!("uid={name},{PEOPLE}"),
            password,
            mail: format!("{name}@example.org"),
            uid,
            home: Path::new("/srv/mail").join(name),
        }
    }
}

const FIRST_OF_CROWD: u32 = 100_000;
