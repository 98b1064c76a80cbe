use maud::{Markup, html};

use super::frame::{Look, Page};

/// A page that only says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::account) enum Notice {
    /// posternd cannot be reached, or something that it needs is out of order.
    Down,
    /// No such address.
    NotFound,
    /// A form that is not from this page, or from an old one.
    Forged,
    /// Too many conversations wait for this client.
    Busy,
}

/// A page with a notice, and what to do next.
pub(in crate::account) fn notice(look: Look<'_>, notice: Notice) -> Markup {
    let words = look.words;
    let (title, text, next) = match notice {
        Notice::Down => (words.down_title, words.down_text, words.try_again),
        Notice::NotFound => (words.not_found_title, words.not_found_text, words.to_start),
        Notice::Forged => (words.forged_title, words.forged_text, words.to_start),
        Notice::Busy => (words.not_done_title, words.busy, words.to_start),
    };
    let way_on = if notice == Notice::Down { look.section.path() } else { "/" };
    let body = html! {
        section class="card" {
            p { (text) }
            p { a class="button" href=(way_on) { (next) } }
        }
    };
    Page::new(title, body).render(look)
}

/// posternd is working, or waits for a phone. The page loads itself again.
pub(in crate::account) fn waiting(look: Look<'_>, id: &str) -> Markup {
    let words = look.words;
    let body = html! {
        section class="card" {
            p { (words.wait_text) }
            p { a class="button" href=(look.section.follows_step(id)) { (words.check_again) } }
        }
    };
    Page { refreshes: true, ..Page::new(words.wait_title, body) }.render(look)
}
