//! A deed in words.

use crate::deed::{Deed, DeedText};
use crate::engine::Engine;
use crate::session::WEB_SERVICE;
use crate::words::{Language, Phrase};

impl Engine {
    /// The deed in words.
    #[must_use]
    pub fn describe(&self, deed: &Deed<'_>, language: Language) -> DeedText {
        let what = match deed.change {
            Some(change) => language.say(&change.phrase()),
            None => {
                let title = self.title(deed.service, language);
                match deed.host {
                    "" => title,
                    host => language.say(&Phrase::DeedLogin { title: &title, host }),
                }
            }
        };
        DeedText { what, place: deed.place(language), advice: deed.advice() }
    }

    /// What people call a login at the service.
    pub(crate) fn title(&self, service: &str, language: Language) -> String {
        let own = self.services.get(service).and_then(|service| service.title.in_language(language));
        own.map_or_else(|| language.say(&shipped_title(service)), ToOwned::to_owned)
    }
}

fn shipped_title(service: &str) -> Phrase<'_> {
    match service {
        "sshd" => Phrase::TitleSshd {},
        "sudo" | "sudo-i" => Phrase::TitleSudo {},
        "su" | "su-l" => Phrase::TitleSu {},
        "login" => Phrase::TitleLogin {},
        WEB_SERVICE => Phrase::TitleWeb {},
        "imap" => Phrase::TitleImap {},
        "pop3" => Phrase::TitlePop3 {},
        "smtp" | "submission" => Phrase::TitleSmtp {},
        "sieve" | "managesieve" => Phrase::TitleSieve {},
        other => Phrase::TitleOther { service: other },
    }
}
