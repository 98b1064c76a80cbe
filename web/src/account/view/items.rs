use maud::{Markup, html};

use crate::account::purpose::Change;

use super::frame::Look;

/// A button for something that cannot be taken back, behind a question that needs no script. `name` tells people who do not see the
/// page what it is about.
pub(super) fn risky(look: Look<'_>, change: Change, id: &str, text: &str, name: &str) -> Markup {
    html! {
        details class="risky" {
            summary { (text) span class="for" { " " (name) } }
            form method="post" action=(change.path()) {
                (look.token_field())
                input type="hidden" name="id" value=(id);
                p { (look.words.are_you_sure) }
                button class="danger" { (text) span class="for" { " " (name) } }
            }
        }
    }
}

/// The same for all of a list.
pub(super) fn risky_for_all(look: Look<'_>, change: Change, text: &str, why: &str) -> Markup {
    html! {
        details class="risky" {
            summary { (text) }
            form method="post" action=(change.path()) {
                (look.token_field())
                p { (look.words.are_you_sure) @if !why.is_empty() { " " (why) } }
                button class="danger" { (text) }
            }
        }
    }
}

/// A time (RFC 3339, in UTC). With a script it is shown in the zone of the person.
pub(super) fn time(utc: &str) -> Markup {
    let shown: String = utc.chars().take(MINUTES).map(|sign| if sign == 'T' { ' ' } else { sign }).collect();
    html! { @if !utc.is_empty() { time datetime=(utc) { (shown) " UTC" } } }
}

/// The characters of a date and a time of day without its seconds.
const MINUTES: usize = 16;
