use maud::{Markup, html};

use crate::account::purpose::Change;
use crate::account::step::{Record, Step};

use super::frame::{Look, Page, Section};
use super::items::{risky, risky_for_all, time};

/// Sessions and trusted devices, as the flows `session_list` and `device_list` list them.
pub(in crate::account) fn devices(look: Look<'_>, sessions: &Step, devices: &Step) -> Markup {
    let words = look.words;
    let trusted: Vec<&Record> = devices.records("device").collect();
    let body = html! {
        section class="card" aria-labelledby="sessions" {
            h2 id="sessions" { (words.sessions_title) }
            ul class="items" {
                @for session in sessions.records("open_session") { (open_session(look, session)) }
            }
            (risky_for_all(look, Change::EndSessions, words.end_sessions, words.end_sessions_why))
        }
        section class="card" aria-labelledby="trusted" {
            h2 id="trusted" { (words.trusted_title) }
            p { (if trusted.is_empty() { words.trusted_none } else { words.trusted_text }) }
            @if !trusted.is_empty() {
                ul class="items" {
                    @for device in &trusted {
                        li {
                            p class="name" { (device.text("name")) }
                            dl {
                                dt { (words.since_when) } dd { (time(device.text("created"))) }
                                dt { (words.until) } dd { (time(device.text("expires"))) }
                            }
                            (risky(look, Change::RevokeDevice, device.text("id"), words.revoke_device, device.text("name")))
                        }
                    }
                }
                (risky_for_all(look, Change::RevokeDevices, words.revoke_devices, ""))
            }
        }
    };
    Page::of(Section::Devices, words.devices_title, body).render(look)
}

fn open_session(look: Look<'_>, session: &Record) -> Markup {
    let words = look.words;
    let (client, address, is_current) =
        (session.text("client"), session.text("address"), session.is("is_current"));
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
