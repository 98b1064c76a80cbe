use hyper::StatusCode;
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
    /// A request, or its answer, took too long.
    Late,
    /// A form with more than a form has.
    TooLarge,
    /// Too many requests of this client at one time.
    TooMany,
    /// The address of a form, which answers nothing else.
    OfForm,
}

impl Notice {
    /// What a status means that this server answers by itself, before a page is asked. `None`: it is none of those.
    pub(in crate::account) fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::REQUEST_TIMEOUT => Some(Self::Late),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::TooLarge),
            StatusCode::TOO_MANY_REQUESTS => Some(Self::TooMany),
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::OfForm),
            _ => None,
        }
    }
}

/// A page with a notice, and what to do next.
pub(in crate::account) fn notice(look: Look<'_>, notice: Notice) -> Markup {
    let words = look.words;
    let (title, text, next) = match notice {
        Notice::Down => (words.down_title, words.down_text, words.try_again),
        Notice::NotFound => (words.not_found_title, words.not_found_text, words.to_start),
        Notice::Forged => (words.forged_title, words.forged_text, words.to_start),
        Notice::Busy => (words.not_done_title, words.busy, words.to_start),
        Notice::Late => (words.not_done_title, words.late_text, words.back),
        Notice::TooLarge => (words.not_done_title, words.too_large_text, words.back),
        Notice::TooMany => (words.not_done_title, words.too_many_text, words.try_again),
        Notice::OfForm => (words.of_form_title, words.of_form_text, words.go_on),
    };
    let way_on = match notice {
        Notice::Down | Notice::Late | Notice::TooLarge | Notice::TooMany | Notice::OfForm => look.goal.path(),
        Notice::NotFound | Notice::Forged | Notice::Busy => "/",
    };
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
            p { a class="button" href=(look.goal.follows_step(id)) { (words.check_again) } }
        }
    };
    Page { refreshes: true, ..Page::new(words.wait_title, body) }.render(look)
}

/// The way on to an application, which a browser takes by itself.
pub(in crate::account) fn on_to_application(look: Look<'_>, address: &str) -> Markup {
    let words = look.words;
    let body = html! {
        section class="card" {
            p role="status" { (words.to_application_text) }
            p { a class="button main" href=(address) { (words.go_on) } }
        }
    };
    Page { goes_on_to: Some(address.to_owned()), ..Page::new(words.to_application_title, body) }.render(look)
}

/// An application that is none of this site's.
pub(in crate::account) fn refused_application(look: Look<'_>, told: &[&str]) -> Markup {
    let words = look.words;
    let body = html! {
        section class="card" {
            @for line in told { p class="wrong" { (line) } }
            p { a class="button" href="/" { (words.to_start) } }
        }
    };
    Page::new(words.not_found_title, body).render(look)
}
