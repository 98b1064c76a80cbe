//! The questions that a browser answers by a passkey.

use maud::{Markup, html};

use super::answer_form::Asked;

/// What is done with a passkey.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    Create,
    Use,
}

impl Asked<'_> {
    /// A button that asks the browser, which answers with the form. Without a script there is no way to ask it.
    pub(super) fn passkey(&self, ceremony: Ceremony) -> Markup {
        let words = self.words();
        let has_problem = self.has_problem();
        let (name, text, button) = match ceremony {
            Ceremony::Create => ("create", words.passkey_create_text, words.passkey_create),
            Ceremony::Use => ("get", words.passkey_use_text, words.passkey_use),
        };
        html! {
            p { (text) }
            noscript { p class="wrong" { (words.passkey_needs_script) } }
            (self.problem())
            form method="post" action=(self.action()) class="only-script" hidden
                data-passkey=(name) data-options=(self.question.prompt.argument("options"))
                data-cancelled=(words.passkey_cancelled) data-known=(words.passkey_known) data-unlocked=(words.passkey_no_lock) data-impossible=(words.passkey_impossible) {
                (self.hidden())
                input type="hidden" name="answer";
                p class="wrong" role="alert" hidden {}
                @if ceremony == Ceremony::Use { (self.trust_box("passkey")) }
                button type="button" class="main" aria-describedby=[has_problem.then_some("problem")] { (button) }
            }
        }
    }
}
