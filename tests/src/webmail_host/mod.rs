//! A host with a real web mail: Roundcube in PHP-FPM behind nginx and TLS, Dovecot with IMAP, ManageSieve and LMTP, and a Postfix
//! that takes mail from people and delivers it to Dovecot; all before the posternd of an [`AccountHost`].

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::Dovecot;
use crate::account_host::AccountHost;
use crate::guard::free_port;
use crate::http::Place;
use crate::login_host::{Shared, Stores};

mod apache;
mod client;
mod front;
mod nginx;
mod roundcube;
mod screen;
mod servers;
mod submission;

pub use client::WebmailClient;
pub use front::Front;
pub use roundcube::{Roundcube, Settings};
pub use screen::Screen;
pub use servers::MailServers;
pub use submission::Submission;

/// An [`AccountHost`] whose people have mail.
#[derive(Debug)]
pub struct WebmailHost {
    /// What the web mail connects to.
    pub servers: MailServers,
    host: AccountHost,
    name: String,
}

impl Deref for WebmailHost {
    type Target = AccountHost;

    fn deref(&self) -> &AccountHost {
        &self.host
    }
}

impl DerefMut for WebmailHost {
    fn deref_mut(&mut self) -> &mut AccountHost {
        &mut self.host
    }
}

impl WebmailHost {
    /// The host that tests share that change only their own people.
    #[must_use]
    pub fn shared(stores: Stores) -> Arc<Self> {
        static SHARED: Shared<WebmailHost> = Shared::new();
        SHARED.host(stores, |name| Self::new(name, stores))
    }

    /// A host without a web mail, as there are several kinds of these: see [`roundcube`](Self::roundcube).
    #[must_use]
    pub fn new(name: &str, stores: Stores) -> Self {
        let host = AccountHost::new(name, stores);
        let servers = MailServers::start(&host.site);
        Self { servers, host, name: name.to_owned() }
    }

    /// The Roundcube that posternd knows, with the plugin, of which there is one. `name` names the directory of its logs.
    #[must_use]
    pub fn known_roundcube(&self, name: &str) -> Roundcube {
        let Place::Unix(listener) = self.web.applications() else { panic!("no socket for applications") };
        let settings = Settings::with_plugin(&self.url("/"), &format!("unix://{}", listener.display()));
        self.roundcube_at(self.webmail, name, &settings)
    }

    /// A Roundcube with these settings. `name` names the directory of its logs.
    #[must_use]
    pub fn roundcube(&self, name: &str, settings: &Settings) -> Roundcube {
        self.roundcube_at(free_port(), name, settings)
    }

    fn roundcube_at(&self, port: u16, name: &str, settings: &Settings) -> Roundcube {
        Roundcube::start(&format!("{}-{name}", self.name), &self.servers, self.certs(), port, settings)
    }

    /// Its Dovecot.
    #[must_use]
    pub fn dovecot(&self) -> &Dovecot {
        &self.servers.dovecot
    }
}
