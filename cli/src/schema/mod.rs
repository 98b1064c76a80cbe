//! The LDAP schema and its access rights: one table, written in the form of each server.

mod definitions;
mod rights;

use crate::args::SchemaForm;

pub(crate) use rights::Rights;

/// The text of one form. A form that names the site's own entries and attributes takes them from `rights`.
pub(crate) fn text(form: SchemaForm, rights: &Rights) -> String {
    match form {
        SchemaForm::Openldap => definitions::openldap(),
        SchemaForm::OpenldapLdif => definitions::openldap_ldif(),
        SchemaForm::Ds389 => definitions::ds389(),
        SchemaForm::Acl => rights.conf(),
        SchemaForm::AclLdif => rights.ldif(),
        SchemaForm::IndexLdif => rights.index_ldif(),
    }
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
            (SchemaForm::IndexLdif, "index.ldif"),
        ] {
            let (path, made) = (dir.join(file), text(form, &rights));
            if std::env::var_os("POSTERN_WRITE_SCHEMA").is_some() {
                std::fs::write(&path, &made).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(kept, made, "{file} is out of date; run: make schema");
        }
    }
}
