use maud::{Markup, html};
use postern_ipc::Secret;

use crate::account::form::Form;
use crate::account::path::PROFILE_PATH;
use crate::account::purpose::{Change, SCOPES};
use crate::account::section::{Goal, Section};
use crate::account::step::{Record, Step};
use crate::account::words::{Words, fill};
use crate::client_setup::{MailServers, NewMailAccount, thunderbird_qr};

use super::frame::{Look, Page};
use super::items::{risky, risky_for_all, time};
use super::qr::qr;

/// The form for a new app password, as it was sent, and what was wrong with it.
#[derive(Debug, Clone, Copy)]
pub(in crate::account) struct AppPasswordForm<'a> {
    /// `None`: it was not sent yet.
    pub(in crate::account) sent: Option<&'a Form>,
    /// The id of posternd's phrase, and its text.
    pub(in crate::account) problem: Option<(&'a str, &'a str)>,
}

impl AppPasswordForm<'_> {
    fn field(&self, name: &str) -> &str {
        self.sent.map_or("", |form| form.field(name))
    }

    /// What a mail program needs is ticked to begin with.
    fn is_ticked(&self, scope: &str) -> bool {
        self.sent.map_or(matches!(scope, "imap" | "smtp"), |form| form.is_ticked(scope))
    }

    fn problem_of(&self, field: &str) -> Option<&str> {
        let (id, text) = self.problem?;
        let belongs_to = match id {
            "bad-scope" => "scope",
            "bad-expiry" | "expiry-in-the-past" => "expires",
            "bad-networks" => "networks",
            _ => "label",
        };
        (belongs_to == field).then_some(text)
    }
}

/// The app passwords, as the flow `app_password_list` lists them, and the form for a new one.
pub(in crate::account) fn app_passwords(look: Look<'_>, step: &Step, form: AppPasswordForm<'_>) -> Markup {
    let words = look.words;
    let all: Vec<&Record> = step.records("app_password").collect();
    let list = html! {
        section class="card" aria-labelledby="list" {
            h2 id="list" { (words.your_app_passwords) }
            @if all.is_empty() {
                p { (words.app_passwords_none) }
            } @else {
                ul class="items" { @for one in &all { (listed(look, one)) } }
                (risky_for_all(look, Change::RevokeAppPasswords, words.revoke_all, ""))
            }
        }
    };
    let body = html! {
        p { (words.app_passwords_text) }
        // Who came for the list finds it first, and what is wrong with the form is not below it.
        @if !all.is_empty() && form.problem.is_none() { (list) }
        section class="card" aria-labelledby="new" {
            h2 id="new" { (words.new_app_password) }
            (new_form(look, form))
        }
        @if all.is_empty() || form.problem.is_some() { (list) }
    };
    let page = Page::of(Goal::Section(Section::AppPasswords), words.app_passwords, body);
    match form.problem {
        None => page.render(look),
        Some(_) => page.titled(fill(words.problem, &[("title", words.app_passwords)])).render(look),
    }
}

fn new_form(look: Look<'_>, form: AppPasswordForm<'_>) -> Markup {
    let words = look.words;
    let has_more = !form.field("expires").is_empty() || !form.field("networks").is_empty();
    html! {
        form method="post" action=(Change::CreateAppPassword.path()) {
            (look.token_field())
            (text_field(form, "label", "text", words.label, words.label_hint, true))
            datalist id="programs" { @for program in PROGRAMS { option value=(program) {} } }
            fieldset aria-describedby=[form.problem_of("scope").map(|_| "scope-problem")] {
                legend { (words.scope) }
                (problem(form, "scope"))
                @for scope in SCOPES {
                    p class="tick" {
                        input type="checkbox" id=(scope) name=(scope) value="on" checked[form.is_ticked(scope)];
                        label for=(scope) { (scope_name(words, scope)) }
                    }
                }
            }
            details open[has_more] {
                summary { (words.more_options) }
                (text_field(form, "expires", "date", words.expires, words.expires_hint, false))
                (text_field(form, "networks", "text", words.networks, words.networks_hint, false))
            }
            button class="main" { (words.create) }
        }
    }
}

fn text_field(
    form: AppPasswordForm<'_>,
    name: &str,
    kind: &str,
    label: &str,
    hint: &str,
    is_required: bool,
) -> Markup {
    let has_problem = form.problem_of(name).is_some();
    let described = if has_problem { format!("{name}-hint {name}-problem") } else { format!("{name}-hint") };
    html! {
        label for=(name) { (label) }
        p class="hint" id=(format!("{name}-hint")) { (hint) }
        (problem(form, name))
        input id=(name) name=(name) type=(kind) value=(form.field(name)) required[is_required] autocomplete="off"
            list=[(name == "label").then_some("programs")]
            maxlength=(if name == "label" { "64" } else { "400" }) aria-describedby=(described)
            aria-invalid=[has_problem.then_some("true")] autofocus[has_problem];
    }
}

fn problem(form: AppPasswordForm<'_>, name: &str) -> Markup {
    html! {
        @if let Some(problem) = form.problem_of(name) {
            p class="wrong" id=(format!("{name}-problem")) role="alert" { (problem) }
        }
    }
}

fn listed(look: Look<'_>, one: &Record) -> Markup {
    let words = look.words;
    let (id, label) = (one.text("id"), one.text("label"));
    let (service, address) = (one.text("last_used_service"), one.text("last_used_address"));
    html! {
        li {
            p class="name" { (label) " " code { (id) "…" } }
            dl {
                dt { (words.opens) } dd { (opened(words, one)) }
                dt { (words.last_used) }
                dd {
                    @if one.text("last_used").is_empty() {
                        (words.never)
                    } @else {
                        (time(one.text("last_used")))
                        @if !service.is_empty() { ", " (service) }
                        @if !address.is_empty() { ", " (fill(words.from, &[("address", address)])) }
                    }
                }
                dt { (words.created) } dd { (time(one.text("created"))) }
                @if !one.text("expires").is_empty() { dt { (words.expires) } dd { (time(one.text("expires"))) } }
                @if !one.texts("networks").is_empty() { dt { (words.only_from) } dd { (one.texts("networks").join(", ")) } }
            }
            div class="row" {
                details class="risky" {
                    summary { (words.regenerate) span class="for" { " " (label) } }
                    form method="post" action=(Change::RegenerateAppPassword.path()) {
                        (look.token_field())
                        input type="hidden" name="id" value=(id);
                        p { (words.regenerate_why) }
                        button { (words.regenerate) span class="for" { " " (label) } }
                    }
                }
                (risky(look, Change::RevokeAppPassword, id, words.revoke, label))
            }
        }
    }
}

/// App passwords that were just created, the one time that they are shown, and how to use them.
pub(super) fn new_app_passwords(look: Look<'_>, step: &Step) -> Markup {
    let words = look.words;
    let settings: Vec<&Record> = step.records("mail_setting").collect();
    let created = step.records("app_password").filter(|record| !record.text("password").is_empty());
    let user = step.line("mail-user").map_or("", |prompt| prompt.argument("user"));
    html! {
        @for one in created {
            p class="name" { (one.text("label")) }
            p { (words.created_text) }
            p class="secret" {
                code id="password" { (one.text("password")) }
                (copy(words, "password"))
            }
            dl { dt { (words.opens) } dd { (opened(words, one)) } }
            @if step.line("app-password-label-twice").is_some() { p class="advice" { (words.created_twice) } }
            h2 { (words.settings_title) }
            table {
                thead { tr { th scope="col" { (words.setting) } th scope="col" { (words.value) } th { span class="for" { (words.copy) } } } }
                tbody {
                    tr { th scope="row" { (words.user_setting) } td { code id="mail-user" { (user) } } td { (copy(words, "mail-user")) } }
                    @for (number, setting) in (1..).zip(&settings) { (server(words, setting, number)) }
                }
            }
            noscript { p class="soft" { (words.no_script_copy) } }
            (set_up(look, step, one))
        }
    }
}

/// What sets a device up by itself. The password is in the page as it is.
fn set_up(look: Look<'_>, step: &Step, one: &Record) -> Markup {
    let words = look.words;
    let Ok(servers) = MailServers::of_records(step.records("mail_setting").map(Record::fields)) else {
        return html! {};
    };
    let account = step.records("mail_account").last();
    let user = account.map_or("", |account| account.text("user"));
    let address = account.map_or("", |account| account.text("address"));
    let password = Secret::new(one.text("password").replace(' ', ""));
    let new = NewMailAccount::without_name(user, address, one.text("label"), &password, &servers);
    let code = thunderbird_qr(&new);
    let has_profile = servers.incoming().is_some() && servers.outgoing().is_some();
    html! {
        @if code.is_some() || has_profile { h2 { (words.set_up_device) } }
        @if let Some(code) = code {
            details {
                summary { (words.thunderbird) }
                p { (words.thunderbird_text) }
                (qr(code.expose(), words.thunderbird))
            }
        }
        @if has_profile {
            details {
                summary { (words.apple) }
                p { (words.apple_text) }
                form method="post" action=(PROFILE_PATH) data-repeats {
                    (look.token_field())
                    input type="hidden" name="address" value=(address);
                    input type="hidden" name="label" value=(one.text("label"));
                    input type="hidden" name="password" value=(password.expose());
                    input type="hidden" name="services" value=(one.texts("scope").join(","));
                    button { (words.apple_download) }
                }
            }
        }
    }
}

fn server(words: &Words, setting: &Record, number: u32) -> Markup {
    let protocol = setting.text("protocol");
    let name = fill(words.server_setting, &[("protocol", protocol)]);
    let port = setting.number("port").unwrap_or_default();
    let tls = match setting.text("tls") {
        "implicit" => "SSL/TLS",
        "starttls" => "STARTTLS",
        other => other,
    };
    let id = format!("server-{number}");
    html! {
        tr { th scope="row" { (name) } td { code id=(id) { (setting.text("host")) } } td { (copy(words, &id)) } }
        tr class="more" { th scope="row" { (fill(words.port_setting, &[("protocol", protocol)])) } td { (port) ", " (tls) } td {} }
    }
}

/// A button that appears where scripts run.
fn copy(words: &Words, of: &str) -> Markup {
    html! {
        button type="button" class="quiet only-script" data-copy=(of) data-copied=(words.copied) hidden { (words.copy) }
    }
}

fn opened(words: &'static Words, one: &Record) -> String {
    let scope = one.texts("scope");
    if scope == ["all"] {
        return words.scope_all.to_owned();
    }
    scope.iter().map(|word| scope_name(words, word)).collect::<Vec<_>>().join(", ")
}

fn scope_name(words: &'static Words, scope: &str) -> &'static str {
    match scope {
        "imap" => words.scope_imap,
        "pop3" => words.scope_pop3,
        "smtp" => words.scope_smtp,
        "sieve" => words.scope_sieve,
        _ => words.scope_dav,
    }
}

/// Names that the field suggests.
const PROGRAMS: [&str; 8] =
    ["Thunderbird", "Outlook", "Apple Mail", "Gmail", "Foxmail", "K-9 Mail", "FairEmail", "Evolution"];
