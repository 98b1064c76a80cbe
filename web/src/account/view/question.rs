//! A question of posternd as a form: the usual ones by their ids, and any other one by its text.

use maud::{Markup, html};
use postern_ipc::Choice;

use crate::account::parked::{Parked, Shown};
use crate::account::purpose::Purpose;
use crate::account::step::{Line, Question, Record};
use crate::account::words::fill;

use super::answer_form::{Asked, Input};
use super::frame::{Look, Page};
use super::kinds::{about, kind_name, needs, without_script};
use super::passkey::Ceremony;
use super::qr::qr;
use super::result::{line, recovery_codes};

/// The page of a question. `is_stale` says that the form that was sent belongs to an earlier one.
pub(in crate::account) fn question(
    look: Look<'_>,
    parked: &Parked,
    shown: &Shown,
    question: &Question,
    is_stale: bool,
) -> Markup {
    let asked = Asked { look, parked, shown, question };
    let title = asked.title();
    let body = html! {
        section class="card" {
            @if is_stale { p class="remark" role="status" { (look.words.stale) } }
            (asked.lines())
            (asked.form())
            @if asked.can_be_cancelled() {
                form method="post" action=(look.goal.follows(&format!("/step/{}/cancel", parked.id))) {
                    (look.token_field())
                    button class="quiet" { (look.words.cancel) }
                }
            }
        }
    };
    Page::of(parked.purpose.goal(look.goal), title, body).render(look)
}

impl Asked<'_> {
    fn title(&self) -> &'static str {
        let words = self.words();
        match self.id() {
            "first-code" => words.app_title,
            "sent-code-to-bind" => words.bind_title,
            "which-address" => words.address_title,
            "which-number" | "which-number-at" => words.number_title,
            "phone-scanned" => words.phone_title,
            "phone-shows" => words.compare_title,
            "create-passkey" => words.passkey_title,
            "which-kind" if self.parked.purpose == Purpose::LogIn => words.protect_title,
            "which-kind" => words.kinds_title,
            "offer-recovery-codes" => words.recovery_offer_title,
            "recovery-codes-noted" => words.recovery_title,
            "approve-on-phone"
            | "approve-on-phone-or-number"
            | "approve-by-scan"
            | "approve-by-scan-or-number" => words.approve_title,
            "ticket" => words.protect_title,
            _ => words.prove_title,
        }
    }

    /// The change is made, and something is left to be answered.
    fn is_after_change(&self) -> bool {
        matches!(self.id(), "offer-recovery-codes" | "recovery-codes-noted")
    }

    /// Not once the change is made.
    fn can_be_cancelled(&self) -> bool {
        !self.is_after_change() && self.id() != "phone-shows"
    }

    fn lines(&self) -> Markup {
        html! {
            @for one in self.shown.step.lines.iter().filter(|one| !one.is_error && !self.is_drawn(one)) {
                @if self.is_after_change() {
                    div class="remark" { (line(self.words(), one)) }
                } @else {
                    (line(self.words(), one))
                }
            }
        }
    }

    /// Whether a line is part of the form, or is said in other words there.
    fn is_drawn(&self, line: &Line) -> bool {
        matches!(
            line.prompt.id.as_str(),
            "qr" | "scan-this"
                | "secret-as-text"
                | "secret-shape"
                | "open-this"
                | "scan-to-approve"
                | "kinds-to-choose-from"
                | "kind-to-choose"
                | "factors-to-choose-from"
                | "factor-to-choose"
                | "new-recovery-codes"
                | "new-recovery-code"
                | "enrolment-needed"
                | "code-sent"
        ) || (self.is_after_change() && line.prompt.id == "mail-needs-app-passwords")
    }

    fn form(&self) -> Markup {
        let words = self.words();
        let prompt = &self.question.prompt;
        match self.id() {
            "password" | "password-for-change" => self.field(words.main_password, "", Input::Password),
            "code" | "code-or-number" => {
                let label = fill(words.code_from, &[("label", prompt.argument("label"))]);
                let can_ask = ["phone-unanswered", "phone-wrong-number"]
                    .iter()
                    .any(|id| self.shown.step.line(id).is_some());
                let field = html! {
                    @if can_ask {
                        (self.problem())
                        (self.button("", words.ask_again, "main"))
                        details {
                            summary { (words.no_network) }
                            (self.input_form("offline", &label, words.phone_code_hint, Input::Digits, true))
                        }
                    } @else {
                        (self.field(&label, words.code_hint, Input::Digits))
                    }
                };
                self.proof(&field)
            }
            "sent-code-to-bind" => {
                let label = fill(words.code_to, &[("to", prompt.argument("to"))]);
                html! {
                    p { (words.bind_text) }
                    (self.field(&label, words.code_sent_hint, Input::Digits))
                    (self.button("", words.send_again, "quiet"))
                }
            }
            "sent-code" | "sent-code-or-number" => {
                let label = fill(words.code_to, &[("to", prompt.argument("to"))]);
                let field = html! {
                    (self.field(&label, words.code_sent_hint, Input::Digits))
                    (self.button("", words.send_again, "quiet"))
                };
                self.proof(&field)
            }
            "resend" => html! { (self.problem()) (self.button("", words.send, "main")) },
            "recovery-code-or-resend" => html! {
                (self.problem())
                (self.button("", words.send, "main"))
                (self.recovery())
            },
            "recovery-code" => html! {
                (self.field(words.recovery_code, words.recovery_hint, Input::Letters))
                (self.choices(&self.question.choices))
            },
            "ticket" => self.field(words.ticket, "", Input::Letters),
            "approve-on-phone"
            | "approve-on-phone-or-number"
            | "approve-by-scan"
            | "approve-by-scan-or-number" => self.approval(),
            "create-passkey" => self.passkey(Ceremony::Create),
            "use-passkey" => self.proof(&self.passkey(Ceremony::Use)),
            "first-code" => self.authenticator(),
            "which-address" => self.field(words.address, words.address_hint, Input::Address),
            "which-number" | "which-number-at" => self.field(words.number, words.number_hint, Input::Number),
            "phone-scanned" => self.pairing(),
            "phone-shows" => html! {
                p { (words.compare_text) }
                p class="digits" { (prompt.argument("code")) }
                (self.button("y", words.compare_yes, "main"))
                (self.button("n", words.compare_no, "danger"))
            },
            "which-kind" => html! {
                @if self.parked.purpose == Purpose::LogIn { p { (words.protect_text) } }
                (self.problem())
                (without_script(words, &self.question.choices.iter().map(|choice| &*choice.kind).collect::<Vec<_>>()))
                ul class="kinds" {
                    @for choice in &self.question.choices {
                        li data-needs=[needs(&choice.kind)] hidden[needs(&choice.kind).is_some()] {
                            div {
                                p class="name" { (kind_name(words, &choice.kind)) }
                                p class="soft" { (about(words, &choice.kind)) }
                            }
                            form method="post" action=(self.action()) {
                                (self.hidden())
                                button class="main" name="answer" value=(choice.id) {
                                    (words.set_up) span class="for" { " " (kind_name(words, &choice.kind)) }
                                }
                            }
                        }
                    }
                }
            },
            "offer-recovery-codes" => html! {
                p { (words.recovery_offer_text) }
                (self.button("y", words.recovery_offer_yes, "main"))
                (self.button("n", words.recovery_offer_no, ""))
            },
            "recovery-codes-noted" => html! {
                (recovery_codes(self.look, &self.shown.step))
                (self.button("", words.recovery_noted, "main"))
            },
            _ => html! {
                (self.field(prompt.label(), "", if self.question.is_hidden { Input::Password } else { Input::Letters }))
                (self.choices(&self.question.choices))
            },
        }
    }

    /// The number for the phone, and what else is possible meanwhile.
    fn approval(&self) -> Markup {
        let words = self.words();
        let wait = format!("/step/{}/approval", self.parked.id);
        html! {
            (self.problem())
            @if let Some(code) = self.shown.line("qr") {
                p { (words.approve_scan_text) }
                (qr(code.argument("text"), words.approve_scan_text))
            } @else {
                p { (words.approve_text) }
            }
            p class="digits" { (self.question.prompt.argument("number")) }
            p class="soft" id="waiting" role="status" hidden { (words.waiting) }
            form method="post" action=(self.action()) data-follow=(wait) {
                (self.hidden())
                (self.trust_box("approve"))
                button class="main" name="answer" value="" { (words.approved) }
            }
            @if self.shown.line("qr").is_none() { (self.button("s", words.show_qr, "quiet")) }
            details {
                summary { (words.no_network) }
                (self.input_form("offline", words.phone_code, words.phone_code_hint, Input::Digits, true))
            }
            (self.choices(&self.question.choices))
            (self.recovery())
        }
    }

    /// The key of an authenticator, and the field for its first code.
    fn authenticator(&self) -> Markup {
        let words = self.words();
        html! {
            @if let Some(code) = self.shown.line("qr") {
                p { (words.app_scan) }
                (qr(code.argument("text"), words.app_scan))
            }
            @if let Some(key) = self.shown.line("secret-as-text") {
                p { (words.app_key) }
                p class="secret" { code { (key.argument("secret")) } }
            }
            @if let Some(shape) = self.shown.line("secret-shape") { p class="soft" { (shape.text()) } }
            (self.field(words.app_code, "", Input::Digits))
        }
    }

    fn pairing(&self) -> Markup {
        let words = self.words();
        let address = self.shown.line("open-this").map(|prompt| prompt.argument("address"));
        html! {
            @if let Some(address) = address {
                p { (words.phone_scan) }
                (qr(address, words.phone_scan))
                p { (words.phone_link) " " a href=(address) rel="noreferrer" target="_blank" { (words.open_page) } }
            }
            (self.button("", words.phone_scanned, "main"))
        }
    }

    /// A proof: a field, a recovery code in its place, or another way.
    fn proof(&self, field: &Markup) -> Markup {
        let others = &self.question.choices;
        html! {
            p { (match self.parked.purpose {
                Purpose::LogIn => self.words().prove_log_in,
                Purpose::Change(_) => self.words().prove_change,
            }) }
            (field)
            (self.choices(others))
            (self.recovery())
        }
    }

    /// What posternd says beside a question for a second factor, to who has proved the first one.
    fn second_step(&self) -> Option<&Record> {
        self.shown.step.records("second_step").last()
    }

    fn recovery(&self) -> Markup {
        let words = self.words();
        let has_codes = self.second_step().is_none_or(|step| step.is("has_recovery_codes"));
        html! {
            @if has_codes {
                details {
                    summary { (words.use_recovery) }
                    (self.input_form("recovery", words.recovery_code, words.recovery_hint, Input::Letters, false))
                }
            }
        }
    }

    /// The other ways: not the one that the question is about.
    fn choices(&self, choices: &[Choice]) -> Markup {
        let current = self.second_step().map_or("", |step| step.text("choice"));
        let others: Vec<&Choice> = choices.iter().filter(|choice| choice.id != current).collect();
        html! {
            @if choices.len() > 1 {
                details {
                    summary { (self.words().other_way) }
                    ul class="ways" {
                        @for choice in others {
                            li { (self.button(&choice.id, &choice.label, "")) }
                        }
                    }
                }
            }
        }
    }

    fn field(&self, label: &str, hint: &str, input: Input) -> Markup {
        let is_proof = matches!(self.id(), "code" | "code-or-number" | "sent-code" | "sent-code-or-number");
        html! { (self.problem()) (self.input_form("answer", label, hint, input, is_proof)) }
    }
}
