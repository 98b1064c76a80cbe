//! Which server it is, so that advice names the command that prints what this one takes.

use std::collections::HashMap;

/// An LDAP server by the form of its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// OpenLDAP, configured in cn=config.
    OpenLdap,
    /// OpenLDAP, configured by slapd.conf.
    SlapdConf,
    /// 389 Directory Server, as in FreeIPA.
    Ds389,
    /// Another one, or one that does not say.
    Other,
}

impl Product {
    /// Told by the root entry (RFC 4512, section 5.1). Only a slapd that has cn=config names it there.
    pub(super) fn of(root: &HashMap<String, Vec<String>>) -> Self {
        let has = |wanted: &str, is_meant: fn(&str) -> bool| {
            let named = root.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            named.flat_map(|(_, values)| values).any(|value| is_meant(value))
        };
        if has("vendorName", |name| name.contains("389")) {
            Self::Ds389
        } else if has("configContext", |_| true) {
            Self::OpenLdap
        } else if has("objectClass", |class| class.eq_ignore_ascii_case("OpenLDAProotDSE")) {
            Self::SlapdConf
        } else {
            Self::Other
        }
    }

    /// How to get the schema.
    #[must_use]
    pub fn schema(self) -> &'static str {
        match self {
            Self::OpenLdap => "postern schema print openldap-ldif",
            Self::SlapdConf => "postern schema print openldap",
            Self::Ds389 => "postern schema print 389ds",
            Self::Other => {
                "/usr/share/postern/ldap-schema, in the forms of OpenLDAP and 389 Directory Server"
            }
        }
    }

    /// How to get the access rules.
    #[must_use]
    pub fn access(self) -> &'static str {
        match self {
            Self::OpenLdap => "postern schema print acl-ldif",
            Self::SlapdConf => "postern schema print acl",
            Self::Ds389 => "postern schema print 389ds-aci",
            Self::Other => {
                "postern schema print acl, whose rights have to be given by this server's own means"
            }
        }
    }

    /// How to get the access rules about what the password policy keeps.
    #[must_use]
    pub(super) fn policy_access(self) -> &'static str {
        match self {
            Self::OpenLdap => "postern schema print acl-ppolicy-ldif",
            Self::SlapdConf => "postern schema print acl-ppolicy",
            Self::Ds389 | Self::Other => self.access(),
        }
    }

    /// How to get the indexes.
    #[must_use]
    pub fn indexes(self) -> &'static str {
        match self {
            Self::OpenLdap => "postern schema print index-ldif",
            Self::SlapdConf => "postern schema print acl",
            Self::Ds389 => "postern schema print 389ds-index",
            Self::Other => {
                "postern schema print acl, whose indexes have to be made by this server's own means"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(root: &[(&str, &str)]) -> Product {
        let attribute = |&(name, value): &(&str, &str)| (name.to_owned(), vec![value.to_owned()]);
        Product::of(&root.iter().map(attribute).collect())
    }

    #[test]
    fn a_server_is_told_by_its_root_entry() {
        let openldap = ("objectClass", "OpenLDAProotDSE");
        assert_eq!(product(&[openldap, ("configContext", "cn=config")]), Product::OpenLdap);
        assert_eq!(product(&[openldap]), Product::SlapdConf);
        assert_eq!(product(&[("objectclass", "top"), ("vendorname", "389 Project")]), Product::Ds389);
        assert_eq!(product(&[("vendorName", "Samba Team (https://www.samba.org)")]), Product::Other);
        assert_eq!(product(&[]), Product::Other);
    }
}
