//! Local users by the host's own files. Name services are not asked: in an outage they may be the directory itself.

use std::fs;

use crate::arguments::LocalUsers;

/// Whether the module's arguments say that the directory does not have this user.
pub(crate) fn is_local(user: &str, wanted: &LocalUsers) -> bool {
    if wanted.group.is_none() && wanted.uid_min.is_none() {
        return false;
    }
    let read = |path| fs::read(path).unwrap_or_default();
    is_local_in(&read(PASSWD), &read(GROUP), user, wanted)
}

/// Whether the file `passwd` (passwd(5)) has the user with a uid below `uid_min`, or in the group of the file `group`
/// (group(5)).
fn is_local_in(passwd: &[u8], group: &[u8], user: &str, wanted: &LocalUsers) -> bool {
    let Some((uid, gid)) = ids(passwd, user) else { return false };
    wanted.uid_min.is_some_and(|min| uid < min)
        || wanted.group.as_ref().is_some_and(|name| is_member(group, name, user, gid))
}

/// The uid and gid of a user. The first line of the name counts, as for getpwnam(3).
fn ids(passwd: &[u8], user: &str) -> Option<(u32, u32)> {
    let fields = line_of(passwd, user)?;
    Some((number(fields.get(2)?)?, number(fields.get(3)?)?))
}

fn is_member(group: &[u8], name: &str, user: &str, gid: u32) -> bool {
    let Some(fields) = line_of(group, name) else { return false };
    let is_primary = fields.get(2).and_then(|field| number(field)) == Some(gid);
    let members = fields.get(3).copied().unwrap_or_default();
    is_primary || members.split(|byte| *byte == b',').any(|member| member == user.as_bytes())
}

/// The fields of the first line with this name. Names with `+` or `-` are NIS entries that stand for others.
fn line_of<'a>(text: &'a [u8], name: &str) -> Option<Vec<&'a [u8]>> {
    if name.is_empty() || name.starts_with(['+', '-']) {
        return None;
    }
    let fields = |line: &'a [u8]| line.split(|byte| *byte == b':').collect::<Vec<_>>();
    text.split(|byte| *byte == b'\n')
        .map(fields)
        .find(|fields| fields.len() > 1 && fields.first() == Some(&name.as_bytes()))
}

fn number(field: &[u8]) -> Option<u32> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/bin/false\nadmin:x:1000:1000:,,,:/home/admin:/bin/sh\n\
        guest:x:1001:900::/:/bin/sh\nadmin:x:5:5::/:/bin/sh\nodd:x:-1:0::/:/bin/sh\nshort:x:7\n+nis:x:8:8::/:/bin/sh\n";
    const GROUP: &[u8] = b"root:x:0:\nwheel:x:900:admin,alice,\nempty:x:901:\nadminx:x:902:guest\nbroken\n";

    fn is(user: &str, group: Option<&str>, uid_min: Option<u32>) -> bool {
        let wanted = LocalUsers { group: group.map(ToOwned::to_owned), uid_min };
        is_local_in(PASSWD, GROUP, user, &wanted)
    }

    #[test]
    fn a_local_user_is_in_the_hosts_own_files_and_named_by_the_admin() {
        assert!(is("admin", Some("wheel"), None), "a member");
        assert!(is("guest", Some("wheel"), None), "by the primary group");
        assert!(is("root", None, Some(1000)) && is("daemon", None, Some(1000)));
        assert!(is("admin", Some("wheel"), Some(1000)));
    }

    #[test]
    fn other_users_are_not_local_users() {
        assert!(
            !is("admin", None, Some(1000)),
            "neither below nor in a group; the second line does not count"
        );
        assert!(!is("alice", Some("wheel"), Some(1000)), "a member whom /etc/passwd does not have");
        assert!(!is("root", Some("wheel"), None) && !is("admin", Some("empty"), None));
        assert!(!is("admin", Some("nobody-has-it"), Some(0)));
        for name in ["", "ADMIN", "admin ", "roo", "root:x", "odd", "short", "+nis", "nis", "broken"] {
            assert!(!is(name, Some("wheel"), Some(1000)), "{name}");
        }
        assert!(!is("admin", None, None));
    }
}
