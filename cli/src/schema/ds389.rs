//! Access control instructions and indexes of 389 Directory Server, which is also FreeIPA's.

use crate::failure::Failure;

use super::definitions::{self, heading};
use super::rights::Rights;

/// The access control instructions, and the limits of posternd's account.
///
/// # Errors
/// The names of the configuration cannot be written in an instruction.
pub(super) fn aci(rights: &Rights) -> Result<String, Failure> {
    let who = subject(rights)?;
    let postern = definitions::names().collect::<Vec<_>>().join(" || ");
    let class = definitions::CLASS;
    let read = rights.read.iter().chain(&rights.policy).map(String::as_str);
    let read = read.filter(|name| !UNKNOWN.contains(name)).collect::<Vec<_>>().join(" || ");
    let value = format!("objectClass:(objectClass={class})");
    let rules = [
        format!(
            "(targetattr = \"{postern}\")(version 3.0; acl \"Postern: posternd reads and writes its attributes\"; \
             allow (read, search, compare, write) userdn = \"{who}\";)"
        ),
        format!(
            "(targetattr = \"{postern}\")(version 3.0; acl \"Postern: they are hidden from everyone else\"; \
             deny (all) userdn != \"{who}\";)"
        ),
        format!(
            "(targetattr = \"objectClass\")(targattrfilters = \"add={value}, del={value}\")\
             (version 3.0; acl \"Postern: posternd adds and removes its object class\"; allow (write) userdn = \"{who}\";)"
        ),
        format!(
            "(targetattr = \"{read}\")(version 3.0; acl \"Postern: posternd finds accounts\"; \
             allow (read, search, compare) userdn = \"{who}\";)"
        ),
    ];
    let changes: Vec<String> = rules.iter().map(|rule| format!("add: aci\naci: {rule}\n")).collect();
    Ok(format!(
        "{}# Load it once:\n#   ldapmodify -x -H ldaps://ldap.example.org -D 'cn=Directory Manager' -W -f 389ds-aci.ldif\n\
         # It gives rights to posternd alone, and takes those to Postern's attributes from everyone else.\n\n\
         dn: {}\nchangetype: modify\n{}\n\
         # posternd lists large directories page by page.\n\
         dn: {}\nchangetype: modify\nreplace: nsPagedSizeLimit\nnsPagedSizeLimit: -1\n-\n\
         replace: nsPagedLookThroughLimit\nnsPagedLookThroughLimit: -1\n",
        heading("389ds-aci"),
        rights.base,
        changes.join("-\n"),
        rights.who
    ))
}

/// The indexes, and the task that fills them.
pub(super) fn index(rights: &Rights) -> String {
    let plugin = "cn=ldbm database,cn=plugins,cn=config";
    let mut text = format!(
        "{}# Load it once, {BACKEND} being the backend that holds\n# {};\n\
         # -c goes on where one of them is there already:\n\
         #   ldapmodify -c -x -H ldaps://ldap.example.org -D 'cn=Directory Manager' -W -f 389ds-index.ldif\n\n\
         # What posternd searches for.\n",
        heading("389ds-index"),
        rights.base
    );
    for name in &rights.indexed {
        text.push_str(&format!(
            "dn: cn={name},cn=index,cn={BACKEND},{plugin}\nchangetype: add\nobjectClass: nsIndex\ncn: {name}\n\
             nsSystemIndex: false\nnsIndexType: eq\n\n"
        ));
    }
    let filled: String = rights.indexed.iter().map(|name| format!("nsIndexAttribute: {name}\n")).collect();
    text.push_str(&format!(
        "# Fills them with what is there. Meanwhile the server refuses changes, with result code 53.\n\
         dn: cn=postern,cn=index,cn=tasks,cn=config\nchangetype: add\nobjectClass: extensibleObject\ncn: postern\n\
         nsInstance: {BACKEND}\n{filled}"
    ));
    text
}

/// posternd's account, as an instruction names it.
fn subject(rights: &Rights) -> Result<String, Failure> {
    if rights.is_external {
        return Err(Failure::config(
            "directory.sasl_external names no entry that this server gives rights to; set bind_dn and bind_password_file",
        ));
    }
    if rights.who.contains(['"', '|', '*', '?', '$', '%']) {
        return Err(Failure::config(
            "directory.bind_dn has one of the characters \"|*?$%, which mean something else in an instruction",
        ));
    }
    Ok(format!("ldap:///{}", rights.who))
}

/// Names that this server does not know, and refuses in an instruction: slapd's own, and those of its overlay ppolicy.
const UNKNOWN: [&str; 3] = ["entry", "pwdAccountLockedTime", "pwdChangedTime"];
const BACKEND: &str = "userRoot";
