//! The LDAP schema and its access rights: one table, written in the form of each server.

mod definitions;
mod ds389;
mod openldap;
mod rights;

use crate::args::SchemaForm;
use crate::failure::Failure;

pub(crate) use rights::Rights;

/// The text of one form. A form that names the site's own entries and attributes takes them from `rights`.
///
/// # Errors
/// The names cannot be written in that form.
pub(crate) fn text(form: SchemaForm, rights: &Rights) -> Result<String, Failure> {
    Ok(match form {
        SchemaForm::Openldap => definitions::openldap(),
        SchemaForm::OpenldapLdif => definitions::openldap_ldif(),
        SchemaForm::Ds389 => definitions::ds389(),
        SchemaForm::Acl => openldap::conf(rights),
        SchemaForm::AclLdif => openldap::ldif(rights),
        SchemaForm::AclPpolicy => openldap::ppolicy_conf(rights),
        SchemaForm::AclPpolicyLdif => openldap::ppolicy_ldif(rights),
        SchemaForm::IndexLdif => openldap::index_ldif(rights),
        SchemaForm::Ds389Aci => ds389::aci(rights)?,
        SchemaForm::Ds389Index => ds389::index(rights),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_files_of_ldap_schema_are_those_that_are_printed() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ldap-schema");
        let rights = Rights::example().unwrap();
        for (form, file) in [
            (SchemaForm::Openldap, "postern.schema"),
            (SchemaForm::OpenldapLdif, "postern.ldif"),
            (SchemaForm::Ds389, "99postern.ldif"),
            (SchemaForm::Acl, "acl.conf"),
            (SchemaForm::AclLdif, "acl.ldif"),
            (SchemaForm::AclPpolicy, "acl-ppolicy.conf"),
            (SchemaForm::AclPpolicyLdif, "acl-ppolicy.ldif"),
            (SchemaForm::IndexLdif, "index.ldif"),
            (SchemaForm::Ds389Aci, "389ds-aci.ldif"),
            (SchemaForm::Ds389Index, "389ds-index.ldif"),
        ] {
            let (path, made) = (dir.join(file), text(form, &rights).unwrap());
            if std::env::var_os("POSTERN_WRITE_SCHEMA").is_some() {
                std::fs::write(&path, &made).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(kept, made, "{file} is out of date; run: make schema");
        }
    }
}
