//! What a conversation ended with.

use maud::{Markup, html};

use crate::account::browser_name::in_words;
use crate::account::purpose::{Change, Purpose};
use crate::account::section::Goal;
use crate::account::step::{End, Line, Step};
use crate::account::words::{Words, fill};

use super::app_passwords::new_app_passwords;
use super::frame::{Look, Page};

/// Whether the end of a conversation that was accepted says something that the next page does not.
pub(in crate::account) fn is_worth_showing(purpose: Purpose, step: &Step) -> bool {
    match purpose {
        Purpose::LogIn => step.lines.iter().any(|line| {
            line.is_error
                || matches!(line.prompt.id.as_str(), "recovery-codes-left" | "mail-needs-app-passwords")
        }),
        Purpose::Change(
            Change::CreateAppPassword | Change::RegenerateAppPassword | Change::RecoveryCodes,
        ) => true,
        Purpose::Change(
            Change::RemoveFactor
            | Change::AddFactor
            | Change::ReplaceFactor
            | Change::RevokeAppPassword
            | Change::RevokeAppPasswords
            | Change::RevokeDevice
            | Change::RevokeDevices
            | Change::EndSession,
        ) => !step.lines.is_empty(),
        // The next page says it.
        Purpose::Change(Change::EndSessions) => false,
    }
}

/// The page of the end of a conversation, with the way on.
pub(in crate::account) fn result(look: Look<'_>, purpose: Purpose, step: &Step, end: &End) -> Markup {
    let words = look.words;
    let goal = purpose.goal(look.goal);
    let is_done = matches!(end, End::Accepted);
    let is_out_of_order = matches!(end, End::Unavailable);
    let has_codes = step.records("recovery_code").next().is_some();
    let title = match purpose {
        _ if !is_done => words.not_done_title,
        Purpose::Change(Change::CreateAppPassword | Change::RegenerateAppPassword) => words.created_title,
        Purpose::Change(_) if has_codes => words.recovery_title,
        Purpose::LogIn => words.logged_in_title,
        Purpose::Change(_) => words.done_title,
    };
    let next = match purpose {
        _ if !is_done => words.back,
        Purpose::LogIn if goal == Goal::default() => words.to_security,
        Purpose::LogIn => words.go_on,
        Purpose::Change(_) if has_codes => words.recovery_noted,
        Purpose::Change(_) => words.go_on,
    };
    let body = html! {
        section class="card" {
            div role="status" {
                @for one in step.lines.iter().filter(|line| !is_drawn(line)) { (line(words, one)) }
                @if !is_done {
                    @if !is_out_of_order && step.lines.iter().all(|line| !line.is_error) { p class="wrong" { (refused(words, purpose)) } }
                    @if matches!(purpose, Purpose::Change(_)) && step.records.is_empty() && !is_out_of_order {
                        p { (words.nothing_changed) }
                    }
                }
            }
            @if is_out_of_order { p class="wrong" { (words.down_text) } }
            @if is_done || is_out_of_order {
                (new_app_passwords(look, step))
                @if has_codes { (recovery_codes(look, step)) }
            }
            p { a class="button main" href=(goal.path()) { (next) } }
        }
    };
    Page::of(goal, title, body).render(look)
}

/// Recovery codes to keep, with what prints and saves them.
pub(super) fn recovery_codes(look: Look<'_>, step: &Step) -> Markup {
    let words = look.words;
    let codes: Vec<&str> = step.records("recovery_code").map(|record| record.text("code")).collect();
    let name = fill(words.recovery_file, &[("user", look.user.unwrap_or_default())]);
    html! {
        p { (words.recovery_text) }
        @if look.user.is_some() { p class="name" { (name.trim()) } }
        ol class="codes" id="codes" data-name=(name.trim()) {
            @for code in codes { li { code { (code) } } }
        }
        p class="only-script" hidden {
            button type="button" class="quiet" data-print { (words.print) }
            " "
            button type="button" class="quiet" data-download="codes" { (words.download) }
        }
    }
}

fn refused(words: &'static Words, purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::LogIn => words.begin_again,
        Purpose::Change(_) => words.change_begin_again,
    }
}

/// Whether a line is shown as a list or in other words.
fn is_drawn(line: &Line) -> bool {
    matches!(
        line.prompt.id.as_str(),
        "new-recovery-codes"
            | "new-recovery-code"
            | "new-app-password"
            | "app-password"
            | "app-password-use"
            | "app-password-label-twice"
            | "mail-user"
            | "mail-setting"
            | "factors-bound"
            | "factor-listed"
            | "factor-listed-locked"
            | "app-password-listed"
            | "device-listed"
            | "session-listed"
            | "session-listed-here"
            | "qr"
            | "scan-this"
            | "secret-as-text"
            | "secret-shape"
            | "open-this"
    )
}

/// One line of posternd. Those that speak of a terminal are said in other words.
pub(super) fn line(words: &'static Words, line: &Line) -> Markup {
    let prompt = &line.prompt;
    let own = match prompt.id.as_str() {
        "phone-wrong-number" => Some(words.phone_wrong_number.to_owned()),
        "phone-unanswered" => Some(words.phone_unanswered.to_owned()),
        "request-denied" => Some(words.denied_elsewhere.to_owned()),
        "too-many-factors" => Some(words.too_many_factors.to_owned()),
        "too-many-app-passwords" => Some(words.too_many_app_passwords.to_owned()),
        "last-factor-stays" => Some(words.last_stays.to_owned()),
        "recovery-needs-factor" => Some(words.recovery_needs_factor.to_owned()),
        "no-recovery-codes" => Some(words.recovery_none.to_owned()),
        "recovery-codes-left" if prompt.number("count") == 0 => Some(words.recovery_last.to_owned()),
        "code-sent" => Some(fill(words.code_on_its_way, &[("to", prompt.argument("to"))])),
        "mail-needs-app-passwords" => {
            return html! {
                p class="advice" { (words.mail_advice) " " a href="/app-passwords" { (words.mail_advice_link) } }
            };
        }
        _ => None,
    };
    let text = own.as_deref().unwrap_or_else(|| prompt.text());
    let name = prompt.argument("name");
    let text = if name.is_empty() { text.to_owned() } else { text.replace(name, &in_words(name, words)) };
    html! { @if !text.is_empty() { p class=[line.is_error.then_some("wrong")] { (text) } } }
}
