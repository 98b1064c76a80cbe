//! A bind with a user's own password, and what the server's answer says of it.

use std::time::Instant;

use ldap3::Ldap as Connection;
use postern_core::directory::PasswordRefusal;
use postern_core::dn::Dn;
use postern_core::secret::Password;

use super::connect::{who_am_i, within};
use super::trouble::Trouble;

/// The result of a bind with a user's own password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Right,
    /// Right, but the server permits its owner nothing but changing it.
    RightButDue,
    Wrong,
    /// The server accepts no password for this entry.
    Refused(PasswordRefusal),
}

/// Binds as the entry `dn`, and asks the server whom it bound.
///
/// The type excludes an empty password, which would succeed as an unauthenticated bind (RFC 4513, section 5.1.2).
pub(super) async fn try_bind(
    connection: &mut Connection,
    dn: &str,
    password: &Password,
    deadline: Instant,
) -> Result<Bound, Trouble> {
    let answer = within(deadline, connection.simple_bind(dn, password.expose())).await?;
    let result = answer.map_err(|error| Trouble::of(&error))?;
    match result.rc {
        0 => {}
        INVALID_CREDENTIALS => return Ok(Bound::Wrong),
        code => match refusal(code) {
            Some(refusal) => return Ok(Bound::Refused(refusal)),
            None => return Err(Trouble::of_code(code, "cannot bind as the person")),
        },
    }
    // 389 Directory Server tells it only there, and does nothing else for that person then, nor says who they are.
    if result.ctrls.iter().any(|control| control.1.ctype == PASSWORD_EXPIRED) {
        return Ok(Bound::RightButDue);
    }
    let bound = who_am_i(connection, deadline).await?;
    let is_person = bound.strip_prefix("dn:").is_some_and(|bound| is_same_entry(bound, dn));
    if is_person {
        Ok(Bound::Right)
    } else {
        Err(Trouble::Wrong("the server answered the bind as another entry".to_owned()))
    }
}

/// What says something of the person who binds, and nothing of the server: 389 Directory Server answers 19 for a password
/// that too many wrong ones have locked, FreeIPA 53.
fn refusal(code: u32) -> Option<PasswordRefusal> {
    match code {
        CONSTRAINT_VIOLATION => Some(PasswordRefusal::Locked),
        INAPPROPRIATE_AUTHENTICATION => Some(PasswordRefusal::NoPassword),
        INSUFFICIENT_ACCESS_RIGHTS => Some(PasswordRefusal::NotPermitted),
        UNWILLING_TO_PERFORM => Some(PasswordRefusal::Unwilling),
        _ => None,
    }
}

/// Whether two DNs, which a server may write in several ways, name one entry; the root's is no person's.
fn is_same_entry(a: &str, b: &str) -> bool {
    // The same text names the same entry, also where nothing here can read it.
    if a == b && !a.trim().is_empty() {
        return true;
    }
    let (Ok(a), Ok(b)) = (a.parse::<Dn>(), b.parse::<Dn>()) else { return false };
    !a.is_root() && a == b
}

const CONSTRAINT_VIOLATION: u32 = 19;
const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
const INVALID_CREDENTIALS: u32 = 49;
const INSUFFICIENT_ACCESS_RIGHTS: u32 = 50;
const UNWILLING_TO_PERFORM: u32 = 53;
/// The password has expired, or has to be changed (draft-vchu-ldap-pwd-policy-00).
const PASSWORD_EXPIRED: &str = "2.16.840.1.113730.3.4.4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_entry_written_differently_is_the_same() {
        let same = is_same_entry;
        assert!(same("uid=alice,ou=People,dc=example,dc=org", "UID=alice, ou=people, dc=example, dc=org"));
        assert!(same("uid=o'neil\\2C pat,dc=example", "uid=o'neil\\, pat,dc=example"));
        assert!(!same("uid=alice,ou=people,dc=example,dc=org", "uid=bob,ou=people,dc=example,dc=org"));
        assert!(!same("uid=a\\,uid=b,dc=example", "uid=a,uid=b,dc=example"));
        assert!(!same("", "") && !same(" ", " ") && !same("alice", "bob"));
        assert!(same("x y=alice,dc=example", "x y=alice,dc=example"), "the same bytes");
        assert!(same("cn=J\\FCrgen,dc=example", "cn=J\\fcrgen, dc=example"));
    }

    #[test]
    fn a_refused_bind_is_not_taken_for_an_outage() {
        for code in [19, 48, 50, 53] {
            let detail = refusal(code).unwrap().detail();
            assert!(detail.contains(&format!("({code})")), "{detail}");
        }
        for code in [1, 2, 3, 7, 8, 10, 11, 13, 32, 34, 49, 51, 52, 54, 80] {
            assert_eq!(refusal(code), None, "{code}");
        }
    }
}
