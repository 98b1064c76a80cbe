//! Out-of-band second factors.

mod abuse;
mod limits;
mod pairing;
mod phone;
mod resend;
mod sent;
mod taken;

use postern_core::flows::SelfServiceFlow;

use crate::harness::{Ended, Handset, MAIN_PASSWORD, Site, Someone};

pub(crate) const BACKUP: &str = "alice@backup.example.net";
pub(crate) const NUMBER: &str = "+442079460123";

impl Site {
    /// With every courier.
    pub(crate) async fn with_post() -> Self {
        let site = Self::new().await;
        site.post.open();
        site
    }

    /// Binds an address or a number as its owner would.
    pub(crate) async fn bind_sent(&self, who: &Someone, kind: &str, to: &str) -> Ended {
        let sent = self.post.codes().len();
        let mut talk =
            self.own(who, SelfServiceFlow::Enrol).argument("kind", kind).argument("to", to).begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        talk.say(&self.post.codes()[sent]);
        let ended = talk.ended().await;
        assert!(ended.is_accept(), "{ended:?}");
        // The next code may be sent at once.
        self.clock.advance(61);
        ended
    }

    /// Binds a phone as its owner would.
    pub(crate) async fn bind_phone(&self, who: &Someone) -> Handset {
        let mut talk = self.own(who, SelfServiceFlow::Enrol).argument("kind", "phone").begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        let handset = self.handset(&talk.heard().uri());
        assert!(handset.bind("Fairphone").await.is_accept());
        talk.say("");
        let question = talk.asked().await;
        assert!(question.contains(&handset.compared()), "{question}");
        talk.say("y");
        let ended = talk.ended().await;
        assert!(ended.is_accept(), "{ended:?}");
        handset
    }

    /// A phone that gets push notifications.
    pub(crate) async fn bind_ringing_phone(&self, who: &Someone) -> Handset {
        let handset = self.bind_phone(who).await;
        assert!(handset.ring("ntfy", "").await.is_accept());
        handset
    }
}

/// The two digits in a question.
pub(crate) fn number_in(question: &str) -> String {
    let words = question.split(|c: char| !c.is_ascii_digit());
    words
        .into_iter()
        .find(|word| word.len() == 2)
        .unwrap_or_else(|| panic!("no number: {question}"))
        .to_owned()
}
