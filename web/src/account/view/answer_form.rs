//! The forms that answer a question.

use maud::{Markup, html};

use crate::account::parked::{Parked, Shown};
use crate::account::purpose::Purpose;
use crate::account::step::Question;
use crate::account::words::{Words, fill};

use super::frame::Look;
use super::result::line;

/// A question, and the page that it is on.
pub(super) struct Asked<'a> {
    pub(super) look: Look<'a>,
    pub(super) parked: &'a Parked,
    pub(super) shown: &'a Shown,
    pub(super) question: &'a Question,
}

/// What a field takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// Digits from an app, a mail or a telephone.
    Digits,
    /// A recovery code or a ticket.
    Letters,
    Password,
    Address,
    Number,
}

impl Asked<'_> {
    pub(super) fn words(&self) -> &'static Words {
        self.look.words
    }

    pub(super) fn id(&self) -> &str {
        &self.question.prompt.id
    }

    pub(super) fn input_form(
        &self,
        id: &str,
        label: &str,
        hint: &str,
        input: Input,
        offers_trust: bool,
    ) -> Markup {
        let has_problem = id == "answer" && self.has_problem();
        let hint_id = format!("{id}-hint");
        let described: Vec<&str> =
            [(!hint.is_empty()).then_some(&*hint_id), has_problem.then_some("problem")]
                .into_iter()
                .flatten()
                .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let (kind, mode, complete) = match input {
            Input::Digits => ("text", Some("numeric"), "one-time-code"),
            Input::Letters => ("text", None, "off"),
            Input::Password => ("password", None, "current-password"),
            Input::Address => ("email", None, "email"),
            Input::Number => ("tel", None, "tel"),
        };
        let is_first = id == "answer";
        html! {
            form method="post" action=(self.action()) {
                (self.hidden())
                label for=(id) { (label) }
                @if !hint.is_empty() { p class="hint" id=(hint_id) { (hint) } }
                input id=(id) name="answer" type=(kind) inputmode=[mode] autocomplete=(complete) required maxlength="512"
                    autocapitalize="none" spellcheck="false" autofocus[is_first] aria-describedby=[described]
                    aria-invalid=[has_problem.then_some("true")];
                @if offers_trust { (self.trust_box(id)) }
                button class=[is_first.then_some("main")] { (if matches!(input, Input::Address | Input::Number) { self.words().send } else { self.words().go_on }) }
            }
        }
    }

    /// Off until the person ticks it.
    pub(super) fn trust_box(&self, id: &str) -> Markup {
        let days = match self.parked.purpose {
            Purpose::LogIn => self.parked.trust_days(),
            Purpose::Change(_) => None,
        };
        let words = self.words();
        let id = format!("{id}-trust");
        html! {
            @if let Some(days) = days {
                p class="tick" {
                    input type="checkbox" id=(id) name="trust" value="on";
                    label for=(id) { (fill(words.trust, &[("days", &days.to_string())])) " " span class="soft" { (words.trust_why) } }
                }
            }
        }
    }

    pub(super) fn button(&self, answer: &str, text: &str, class: &str) -> Markup {
        html! {
            form method="post" action=(self.action()) {
                (self.hidden())
                button class=(class) name="answer" value=(answer) { (text) }
            }
        }
    }

    pub(super) fn hidden(&self) -> Markup {
        html! {
            (self.look.token_field())
            input type="hidden" name="turn" value=(self.shown.turn);
        }
    }

    pub(super) fn action(&self) -> String {
        self.look.goal.follows_step(&self.parked.id)
    }

    pub(super) fn has_problem(&self) -> bool {
        self.shown.step.lines.iter().any(|line| line.is_error)
    }

    /// What was wrong with the last answer, beside the field.
    pub(super) fn problem(&self) -> Markup {
        html! {
            @if self.has_problem() {
                div class="wrong" id="problem" role="alert" {
                    @for one in self.shown.step.lines.iter().filter(|line| line.is_error) { (line(self.words(), one)) }
                }
            }
        }
    }
}
