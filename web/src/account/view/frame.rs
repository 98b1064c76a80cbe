use maud::{DOCTYPE, Markup, html};

use crate::account::branding::Branding;
use crate::account::section::{Goal, Section};
use crate::account::words::{Words, fill};

/// What all pages of one answer have in common.
#[derive(Debug, Clone, Copy)]
pub(in crate::account) struct Look<'a> {
    pub(in crate::account) words: &'static Words,
    pub(in crate::account) branding: &'a Branding,
    /// Goes into every form.
    pub(in crate::account) token: &'a str,
    /// Who is logged in.
    pub(in crate::account) user: Option<&'a str>,
    /// Where the person is, or wants to go after the login.
    pub(in crate::account) goal: Goal,
}

/// A page around its content.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) heading: String,
    pub(super) section: Option<Section>,
    /// Loads itself again.
    pub(super) refreshes: bool,
    /// The address at another host that follows by itself.
    pub(super) goes_on_to: Option<String>,
    pub(super) body: Markup,
}

impl Page {
    pub(super) fn new(title: impl Into<String>, body: Markup) -> Self {
        let title = title.into();
        Self { heading: title.clone(), title, section: None, refreshes: false, goes_on_to: None, body }
    }

    pub(super) fn of(goal: Goal, title: impl Into<String>, body: Markup) -> Self {
        Self { section: goal.section(), ..Self::new(title, body) }
    }

    /// The same with another title than its heading.
    pub(super) fn titled(self, title: String) -> Self {
        Self { title, ..self }
    }

    /// Where a person is after the language was changed.
    fn way_back(&self, look: Look<'_>) -> &'static str {
        match (self.section, look.goal) {
            (Some(section), _) => section.path(),
            (None, Goal::Application) => Goal::Application.path(),
            (None, Goal::Section(_)) => "/",
        }
    }

    pub(super) fn render(self, look: Look<'_>) -> Markup {
        let Look { words, branding, user, .. } = look;
        html! {
            (DOCTYPE)
            html lang=(words.tag) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="format-detection" content="telephone=no";
                    @if self.refreshes { meta http-equiv="refresh" content="3"; }
                    @if let Some(address) = &self.goes_on_to { meta http-equiv="refresh" content=(format!("0; url={address}")); }
                    title { (self.title) " – " (branding.name) }
                    link rel="icon" href="/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/account.css";
                    link rel="stylesheet" href="/branding.css";
                    script src="/account.js" defer {}
                }
                body {
                    a class="skip" href="#main" { (words.skip) }
                    header {
                        p class="brand" { img src="/logo" alt="" height="32"; " " span { (branding.name) } }
                        @if let Some(user) = user { (who(look, user)) }
                    }
                    @if user.is_some() { (menu(words, self.section)) }
                    main id="main" { h1 { (self.heading) } (self.body) }
                    footer {
                        form method="post" action="/language" {
                            (look.token_field())
                            input type="hidden" name="to" value=(words.other_tag);
                            input type="hidden" name="back" value=(self.way_back(look));
                            button class="quiet" lang=(words.other_tag) { (words.other_name) }
                        }
                        @if let Some(url) = &branding.help_url { a href=(url) rel="noreferrer" { (words.help) } }
                        @if let Some(footer) = &branding.footer { p { (footer) } }
                    }
                }
            }
        }
    }
}

impl Look<'_> {
    /// The hidden field that every form has.
    pub(super) fn token_field(&self) -> Markup {
        html! { input type="hidden" name="token" value=(self.token); }
    }
}

fn who(look: Look<'_>, user: &str) -> Markup {
    html! {
        form class="who" method="post" action="/log-out" {
            (look.token_field())
            span { (fill(look.words.logged_in_as, &[("user", user)])) }
            button class="quiet" { (look.words.log_out) }
        }
    }
}

fn menu(words: &Words, current: Option<Section>) -> Markup {
    html! {
        nav aria-label=(words.sections) {
            @for section in Section::ALL {
                a href=(section.path()) aria-current=[(current == Some(section)).then_some("page")] {
                    (section.name(words))
                }
            }
        }
    }
}
