use std::fs;
use std::path::Path;

use super::sshd::Sshd;

/// A user of /etc/passwd with a shell, who may need access even if the directory is down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocalUser {
    pub(super) name: String,
    pub(super) uid: u32,
    /// Whether the user is in a group that sudo commonly trusts.
    pub(super) is_admin: bool,
    /// Whether the user has keys that sshd accepts.
    pub(super) has_keys: bool,
}

impl LocalUser {
    /// Whether the user is likely to log in by ssh: root, an admin, or a user with keys.
    pub(super) fn may_need_ssh(&self) -> bool {
        self.uid == 0 || self.is_admin || self.has_keys
    }

    /// The users of the host whose files are under `root`.
    pub(super) fn all(root: &Path, sshd: Sshd<'_>) -> Vec<Self> {
        let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let mut all = read(&text("etc/passwd"), &text("etc/group"));
        for (user, home) in &mut all {
            let patterns: Vec<&str> = sshd.key_files().collect();
            user.has_keys = patterns.into_iter().any(|pattern| has_keys(root, pattern, user, home));
        }
        all.into_iter().map(|(user, _)| user).collect()
    }
}

/// The users with their home directories.
fn read(passwd: &str, group: &str) -> Vec<(LocalUser, String)> {
    let groups: Vec<(&str, &str)> = group
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, gid, members] = fields.as_slice() else { return None };
            ADMIN_GROUPS.contains(name).then_some((*gid, *members))
        })
        .collect();
    let user = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, _, home, shell] = fields.as_slice() else { return None };
        let is_admin = groups.iter().any(|(admins, members)| {
            admins == gid || members.split(',').any(|member| member.trim() == *name)
        });
        let has_shell = !shell.ends_with("/nologin") && !shell.ends_with("/false") && *shell != "/bin/sync";
        let user = LocalUser { name: (*name).to_owned(), uid: uid.parse().ok()?, is_admin, has_keys: false };
        has_shell.then(|| (user, (*home).to_owned()))
    };
    passwd.lines().filter_map(user).collect()
}

/// Whether the file has a line that may be a key.
fn has_keys(root: &Path, pattern: &str, user: &LocalUser, home: &str) -> bool {
    let path = pattern.replace("%u", &user.name).replace("%h", home).replace("%%", "%");
    let path = if path.starts_with('/') { path } else { format!("{home}/{path}") };
    let text = fs::read_to_string(root.join(path.trim_start_matches('/'))).unwrap_or_default();
    text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Groups whose members may become root, on Debian, Red Hat and Ubuntu.
const ADMIN_GROUPS: [&str; 3] = ["sudo", "wheel", "admin"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_with_a_shell_are_read_and_admins_are_told_by_their_groups() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\nbob:x:1000:1000:Bob:/home/bob:/bin/bash\nann:x:1001:27::/home/ann:/bin/sh\nbackup:x:34:34::/var/backups:/bin/sh\nbroken\n";
        let group = "sudo:x:27:bob\nwheel:x:10:\nusers:x:100:backup\n";
        let all = read(passwd, group);
        let told: Vec<_> =
            all.iter().map(|(user, _)| (user.name.as_str(), user.uid, user.is_admin)).collect();
        assert_eq!(
            told,
            [("root", 0, false), ("bob", 1000, true), ("ann", 1001, true), ("backup", 34, false)]
        );
    }

    #[test]
    fn keys_are_looked_for_where_sshd_does() {
        let root = tempfile::tempdir().unwrap();
        let user = LocalUser { name: "bob".to_owned(), uid: 1000, is_admin: false, has_keys: false };
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let has = |pattern| has_keys(root.path(), pattern, &user, "/home/bob");
        assert!(!has(".ssh/authorized_keys"));
        write("home/bob/.ssh/authorized_keys", "# none yet\n\n");
        assert!(!has(".ssh/authorized_keys"));
        write("home/bob/.ssh/authorized_keys", "ssh-ed25519 AAAA bob\n");
        assert!(has(".ssh/authorized_keys") && has("%h/.ssh/authorized_keys"));
        write("etc/ssh/keys/bob", "ssh-ed25519 AAAA bob\n");
        assert!(has("/etc/ssh/keys/%u") && !has("/etc/ssh/none/%u"));
    }
}
