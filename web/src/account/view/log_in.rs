use maud::{Markup, html};

use crate::account::section::Goal;
use crate::account::words::fill;

use super::frame::{Look, Page};

/// The form for name and main password. `problem` is why it is shown again, `remark` what happened before; the name that was
/// typed stays.
pub(in crate::account) fn log_in(
    look: Look<'_>,
    name: &str,
    problem: Option<&str>,
    remark: Option<&str>,
) -> Markup {
    let words = look.words;
    let what_for =
        if look.goal == Goal::Application { words.log_in_application_text } else { words.log_in_text };
    let invalid = problem.map(|_| "true");
    let body = html! {
        section class="card" {
            @if let Some(remark) = remark { p class="remark" role="status" { (remark) } }
            @if problem.is_none() { p { (what_for) } }
            form method="post" action=(look.goal.follows("/log-in")) {
                (look.token_field())
                @if let Some(problem) = problem { p class="wrong" id="problem" role="alert" { (problem) } }
                label for="user" { (words.user) }
                input id="user" name="user" value=(name) autocomplete="username" autocapitalize="none" spellcheck="false"
                    required maxlength="255" autofocus[name.is_empty()] aria-invalid=[invalid]
                    aria-describedby=[problem.map(|_| "problem")];
                label for="password" { (words.main_password) }
                input id="password" name="password" type="password" autocomplete="current-password" required
                    maxlength="512" autofocus[!name.is_empty()] aria-invalid=[invalid]
                    aria-describedby=[problem.map(|_| "problem")];
                button class="main" { (words.log_in) }
            }
            p class="soft" { (words.forgotten) }
        }
    };
    let page = Page::of(look.goal, words.log_in_title, body);
    match problem {
        None => page.render(look),
        Some(_) => page.titled(fill(words.problem, &[("title", words.log_in_title)])).render(look),
    }
}
