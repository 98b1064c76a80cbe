use maud::{Markup, html};

use crate::account::browser_name::in_words;
use crate::account::purpose::Change;
use crate::account::section::{Goal, Section};
use crate::account::step::{Prompt, Record, Step};
use crate::account::words::fill;

use super::frame::{Look, Page};
use super::items::{risky, risky_for_all, time};

/// What the page is made from, as the flows of these names list it.
#[derive(Debug)]
pub(in crate::account) struct DeviceLists {
    /// `session_list`
    pub(in crate::account) sessions: Step,
    /// `device_list`
    pub(in crate::account) trusted: Step,
    /// `factors`, phones among them
    pub(in crate::account) factors: Step,
    /// `history`
    pub(in crate::account) history: Step,
}

/// Sessions, trusted devices, phones and recent logins.
pub(in crate::account) fn devices(look: Look<'_>, lists: &DeviceLists) -> Markup {
    let words = look.words;
    let trusted: Vec<&Record> = lists.trusted.records("device").collect();
    let phones: Vec<&Record> =
        lists.factors.records("factor").filter(|factor| factor.text("kind") == "phone").collect();
    let body = html! {
        section class="card" aria-labelledby="sessions" {
            h2 id="sessions" { (words.sessions_title) }
            ul class="items" {
                @for session in lists.sessions.records("open_session") { (open_session(look, session)) }
            }
            (risky_for_all(look, Change::EndSessions, words.end_sessions, words.end_sessions_why))
        }
        section class="card" aria-labelledby="trusted" {
            h2 id="trusted" { (words.trusted_title) }
            p { (if trusted.is_empty() { words.trusted_none } else { words.trusted_text }) }
            @if !trusted.is_empty() {
                ul class="items" {
                    @for device in &trusted {
                        @let name = in_words(device.text("name"), words);
                        li {
                            p class="name" { (name) }
                            dl {
                                dt { (words.since_when) } dd { (time(device.text("created"))) }
                                dt { (words.until) } dd { (time(device.text("expires"))) }
                            }
                            (risky(look, Change::RevokeDevice, device.text("id"), words.revoke_device, &name))
                        }
                    }
                }
                (risky_for_all(look, Change::RevokeDevices, words.revoke_devices, ""))
            }
        }
        @if !phones.is_empty() {
            section class="card" aria-labelledby="phones" {
                h2 id="phones" { (words.phones_title) }
                p { (words.phones_text) }
                ul class="items" {
                    @for phone in phones {
                        li {
                            p class="name" { (phone.text("label")) }
                            dl { dt { (words.since) } dd { (time(phone.text("created"))) } }
                        }
                    }
                }
                p { a class="button" href=(Section::Security.path()) { (words.phones_manage) } }
            }
        }
        (recent_logins(look, &lists.history, !trusted.is_empty()))
    };
    Page::of(Goal::Section(Section::Devices), words.devices_title, body).render(look)
}

/// What happened at the account lately, and what to do about what was somebody else.
fn recent_logins(look: Look<'_>, history: &Step, has_trusted: bool) -> Markup {
    let words = look.words;
    // Each record comes with a line that has the same in words.
    let lines =
        history.lines.iter().map(|line| &line.prompt).filter(|prompt| prompt.id == "login-event-listed");
    let events: Vec<(&Record, &Prompt)> = history.records("event").zip(lines).collect();
    html! {
        section class="card" aria-labelledby="recent" {
            h2 id="recent" { (words.recent_title) }
            @if events.is_empty() {
                p { (words.recent_none) }
            } @else {
                ul class="items" { @for (event, said) in &events { (login_event(look, event, said)) } }
            }
            details {
                summary { (words.not_me) }
                p { (words.not_me_text) }
                ol class="steps" {
                    li { (words.not_me_password) }
                    @if has_trusted { li { (words.not_me_devices) " " (risky_for_all(look, Change::RevokeDevices, words.revoke_devices, "")) } }
                    li { a href=(Section::Security.path()) { (words.not_me_codes) } }
                    li { a href=(Section::AppPasswords.path()) { (words.not_me_app_passwords) } }
                    li { (words.not_me_sessions) " " (risky_for_all(look, Change::EndSessions, words.end_sessions, words.end_sessions_why)) }
                }
            }
        }
    }
}

fn login_event(look: Look<'_>, event: &Record, said: &Prompt) -> Markup {
    let words = look.words;
    let is_refused = event.text("verdict") != "accept";
    let count = event.number("count").unwrap_or(1);
    html! {
        li {
            p class="name event" { (said.argument("title")) ": " span class=[is_refused.then_some("wrong")] { (said.argument("result")) } }
            dl {
                dt { (words.time) } dd {
                    (time(event.text("time")))
                    @if count > 1 {
                        " " (fill(words.times_since, &[("count", &count.to_string())])) " " (time(event.text("first")))
                    }
                }
                dt { (words.address_of) } dd { (said.argument("address")) }
                @if !said.argument("credential").is_empty() { dt { (words.with) } dd { (said.argument("credential")) } }
            }
        }
    }
}

fn open_session(look: Look<'_>, session: &Record) -> Markup {
    let words = look.words;
    let client = &*in_words(session.text("client"), words);
    let (address, is_current) = (session.text("address"), session.is("is_current"));
    html! {
        li {
            p class="name" {
                (if client.is_empty() { address } else { client })
                @if is_current { " " strong class="here" { (words.this_browser) } }
            }
            dl {
                @if !client.is_empty() && !address.is_empty() { dt { (words.address_of) } dd { (address) } }
                dt { (words.logged_in_at) } dd { (time(session.text("created"))) }
                dt { (words.used_at) } dd { (time(session.text("seen"))) }
            }
            @if !is_current {
                (risky(look, Change::EndSession, session.text("id"), words.end_session, client))
            }
        }
    }
}
