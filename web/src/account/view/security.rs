use maud::{Markup, html};

use crate::account::purpose::Change;
use crate::account::section::{Goal, Section};
use crate::account::step::{Record, Step};
use crate::account::words::fill;

use super::frame::{Look, Page};
use super::items::{risky, time};
use super::kinds::{about, kind_name, needs, without_script};

/// The second factors and recovery codes, as the flow `factors` lists them. `remark` is what happened before.
pub(in crate::account) fn security(
    look: Look<'_>,
    step: &Step,
    lacks_app_password: bool,
    remark: Option<&str>,
) -> Markup {
    let words = look.words;
    let factors: Vec<&Record> = step.records("factor").collect();
    let policy = step.records("second_factor_rule").next();
    let kinds = policy.map_or_else(Vec::new, |policy| policy.texts("kinds"));
    let is_last = factors.len() == 1 && policy.is_some_and(|policy| policy.is("is_required"));
    let left = step.records("recovery").next().and_then(|record| record.number("codes_left")).unwrap_or(0);
    let body = html! {
        @if let Some(remark) = remark { p class="remark" role="status" { (remark) } }
        section class="card" aria-labelledby="factors" {
            h2 id="factors" { (words.factors_title) }
            p { (if factors.is_empty() { words.factors_none } else { words.factors_text }) }
            @if !factors.is_empty() {
                ul class="items" {
                    @for factor in &factors { (listed(look, factor, is_last)) }
                }
            }
            @if !factors.is_empty() { h3 { (words.set_up_another) } }
            (without_script(words, &kinds))
            ul class="kinds" {
                @for kind in &kinds {
                    li data-needs=[needs(kind)] hidden[needs(kind).is_some()] {
                        div { p class="name" { (kind_name(words, kind)) } p class="soft" { (about(words, kind)) } }
                        form method="post" action=(Change::AddFactor.path()) {
                            (look.token_field())
                            input type="hidden" name="kind" value=(kind);
                            button class=[factors.is_empty().then_some("main")] {
                                (words.set_up) span class="for" { " " (kind_name(words, kind)) }
                            }
                        }
                    }
                }
            }
        }
        section class="card" aria-labelledby="recovery" {
            h2 id="recovery" { (words.recovery_section) }
            @if factors.is_empty() {
                p { (words.recovery_needs_factor) }
            } @else {
                p {
                    @if left == 0 { (words.recovery_none) }
                    @else { (fill(words.recovery_left, &[("count", &left.to_string())])) }
                }
                form method="post" action=(Change::RecoveryCodes.path()) {
                    (look.token_field())
                    button { (if left == 0 { words.recovery_offer_yes } else { words.recovery_new }) }
                }
            }
        }
        @if lacks_app_password {
            p class="advice" { (words.mail_advice) " " a href=(Section::AppPasswords.path()) { (words.mail_advice_link) } }
        }
    };
    Page::of(Goal::Section(Section::Security), words.security_title, body).render(look)
}

fn listed(look: Look<'_>, factor: &Record, is_last: bool) -> Markup {
    let words = look.words;
    let (id, kind, to) = (factor.text("id"), factor.text("kind"), factor.text("to"));
    html! {
        li {
            p class="name" { (factor.text("label")) }
            dl {
                @if factor.text("label") != kind_name(words, kind) { dt { (words.kind_of) } dd { (kind_name(words, kind)) } }
                @if !to.is_empty() { dt { (words.goes_to) } dd { (to) } }
                @match factor.text("backup") {
                    "" => {}
                    "done" => { dt { (words.copies) } dd { (words.copies_synced) } }
                    "possible" => { dt { (words.copies) } dd { (words.copies_possible) } }
                    _ => { dt { (words.copies) } dd { (words.copies_none) } }
                }
                dt { (words.since) } dd { (time(factor.text("created"))) }
            }
            @if !factor.text("locked").is_empty() { p class="wrong" { (words.locked) } }
            @if is_last { p class="soft" { (words.last_stays) } }
            div class="row" {
                form method="post" action=(Change::ReplaceFactor.path()) {
                    (look.token_field())
                    input type="hidden" name="id" value=(id);
                    input type="hidden" name="kind" value=(kind);
                    button { (words.replace) span class="for" { " " (factor.text("label")) } }
                }
                @if !is_last {
                    (risky(look, Change::RemoveFactor, id, words.remove, factor.text("label")))
                }
            }
        }
    }
}
