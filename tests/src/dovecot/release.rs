//! The releases of Dovecot, which know other settings and are found in other places.

use std::process::Command;

use crate::host;

/// A release of Dovecot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The one that is installed: that of Debian 12.
    V2_3,
    /// The one that `scripts/fetch-dovecot-2.4` unpacked: that of Debian 13. It knows no checkpassword.
    V2_4,
}

impl Release {
    /// Dovecot's master process, without arguments.
    pub(super) fn program(self) -> Command {
        match self {
            Self::V2_3 => {
                for part in ["imap", "pop3", "checkpassword-reply"] {
                    drop(host::system_program(&format!("/usr/lib/dovecot/{part}"), PACKAGES));
                }
                Command::new(host::system_program("/usr/sbin/dovecot", PACKAGES))
            }
            Self::V2_4 => in_tree("/usr/sbin/dovecot"),
        }
    }

    /// Everything but the databases, with names such as `@DIR@` for what differs.
    pub(super) fn settings(self) -> String {
        let own = match self {
            Self::V2_3 => SETTINGS_2_3,
            Self::V2_4 => SETTINGS_2_4,
        };
        format!("{own}{SETTINGS_OF_BOTH}")
    }

    /// The version that it says it has.
    #[must_use]
    pub fn version(self) -> String {
        let mut command = self.program();
        let ran = command.arg("--version").output().expect("dovecot --version");
        String::from_utf8_lossy(&ran.stdout).trim().to_owned()
    }
}

/// `program` with Debian 13's libraries, and with the files of this host at their own places.
fn in_tree(program: &str) -> Command {
    let tools = host::output_root().with_file_name("tools");
    let tree = tools.join("dovecot-2.4");
    assert!(tree.is_dir(), "{} is missing: run scripts/fetch-dovecot-2.4", tree.display());
    // What is mounted over the tree goes with the namespace. The folder of the tests' output and tools may be anywhere.
    let script = "set -e; root=$1 shared=$2 program=$3; shift 3; mkdir -p \"$root\"; mount -t tmpfs none \"$root\"; \
                  mkdir \"$root/root\" \"$root/over\" \"$root/work\"; \
                  mount -t overlay -o \"lowerdir=$shared/tools/dovecot-2.4,upperdir=$root/over,workdir=$root/work\" none \"$root/root\"; \
                  root=$root/root; mkdir -p \"$root$shared\"; mount --bind \"$shared\" \"$root$shared\"; \
                  for folder in dev etc proc run tmp; do mount --rbind \"/$folder\" \"$root/$folder\"; done; \
                  exec chroot \"$root\" \"$program\" \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "bash", "-c", script, "dovecot-2.4"]);
    command.arg(host::test_dir().join("dovecot-2.4")).arg(tools.parent().expect("a folder")).arg(program);
    command
}

const PACKAGES: &str = "dovecot-imapd dovecot-pop3d";

const SETTINGS_2_3: &str = r"protocols = imap pop3
disable_plaintext_auth = no
auth_cache_size = 0
mail_location = maildir:~/Maildir
service pop3-login {
  inet_listener pop3 {
    port = @POP3@
  }
  inet_listener pop3s {
    port = 0
  }
}
";
/// It begins with the version that it is for.
const SETTINGS_2_4: &str = r"dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols = imap
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = ~/Maildir
";
const SETTINGS_OF_BOTH: &str = r"base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @LOG@
listen = 127.0.0.1
ssl = no
auth_mechanisms = plain login
auth_failure_delay = @DELAY@
auth_verbose = yes
first_valid_uid = 1000
mail_max_userip_connections = 100
@DATABASES@
service auth {
  unix_listener auth-client {
    mode = 0666
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
service imap-login {
  inet_listener imap {
    port = @IMAP@
  }
  inet_listener imaps {
    port = 0
  }
}
";
