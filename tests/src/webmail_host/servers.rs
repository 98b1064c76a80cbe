//! The servers that a web mail connects to.

use std::path::PathBuf;

use crate::guard::free_port;
use crate::{Dovecot, DovecotConfig, Site, host};

use super::Submission;

/// Dovecot with ManageSieve and LMTP, and Postfix before it.
#[derive(Debug)]
pub struct MailServers {
    /// Takes mail from people. It asks Dovecot who may send, and so ends first.
    pub submission: Submission,
    /// Where mail is.
    pub dovecot: Dovecot,
    /// The port of ManageSieve on 127.0.0.1.
    pub sieve: u16,
}

impl MailServers {
    /// Starts them before the posternd of this site.
    #[must_use]
    pub fn start(site: &Site) -> Self {
        for (path, package) in [
            ("/usr/lib/dovecot/managesieve", "dovecot-managesieved"),
            ("/usr/lib/dovecot/modules/lib90_sieve_plugin.so", "dovecot-sieve"),
            ("/usr/lib/dovecot/lmtp", "dovecot-lmtpd"),
        ] {
            drop(host::system_program(path, package));
        }
        let sieve = free_port();
        let dovecot = Dovecot::start(&DovecotConfig {
            more: MORE.replace("@SIEVE@", &sieve.to_string()),
            ..site.dovecot_config()
        });
        let submission = Submission::start(site.dir(), site.output(), &dovecot);
        Self { submission, dovecot, sieve }
    }
}

impl Dovecot {
    /// The socket of LMTP, where it is configured.
    #[must_use]
    pub fn lmtp_socket(&self) -> PathBuf {
        self.auth_socket().with_file_name("lmtp")
    }
}

const MORE: &str = r"protocols = imap pop3 sieve lmtp
login_trusted_networks = 127.0.0.1
service managesieve-login {
  inet_listener sieve {
    address = 127.0.0.1
    port = @SIEVE@
  }
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
}
protocol lmtp {
  auth_username_format = %Ln
  mail_plugins = sieve
  postmaster_address = postmaster@example.org
}
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
}
namespace inbox {
  inbox = yes
  mailbox Drafts {
    auto = subscribe
    special_use = \Drafts
  }
  mailbox Sent {
    auto = subscribe
    special_use = \Sent
  }
  mailbox Trash {
    auto = subscribe
    special_use = \Trash
  }
}
";
