use std::collections::BTreeMap;

/// What a module answers, as far as stacks tell answers apart here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Outcome {
    Success,
    NewAuthtokReqd,
    Ignore,
    UserUnknown,
    AuthErr,
    PermDenied,
    Maxtries,
    AuthinfoUnavail,
}

impl Outcome {
    const NAMED: [(&'static str, Self); 8] = [
        ("success", Self::Success),
        ("new_authtok_reqd", Self::NewAuthtokReqd),
        ("ignore", Self::Ignore),
        ("user_unknown", Self::UserUnknown),
        ("auth_err", Self::AuthErr),
        ("perm_denied", Self::PermDenied),
        ("maxtries", Self::Maxtries),
        ("authinfo_unavail", Self::AuthinfoUnavail),
    ];
}

/// What follows from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Ignore,
    Ok,
    Done,
    Bad,
    Die,
    Reset,
    Jump(usize),
}

/// The second field of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Control {
    /// As it is written.
    pub(super) text: String,
    actions: BTreeMap<Outcome, Action>,
    /// For every answer that is not named.
    default: Action,
}

impl Control {
    /// `None` for what PAM would take for an error.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let written = match lower.as_str() {
            "required" => "success=ok new_authtok_reqd=ok ignore=ignore default=bad",
            "requisite" => "success=ok new_authtok_reqd=ok ignore=ignore default=die",
            "sufficient" => "success=done new_authtok_reqd=done default=ignore",
            "optional" => "success=ok new_authtok_reqd=ok default=ignore",
            bracketed => bracketed.strip_prefix('[')?.strip_suffix(']')?,
        };
        // An answer without an action fails.
        let mut control = Self { text: text.to_owned(), actions: BTreeMap::new(), default: Action::Bad };
        for pair in written.split_whitespace() {
            let (value, action) = pair.split_once('=')?;
            let action = match action {
                "ignore" => Action::Ignore,
                "ok" => Action::Ok,
                "done" => Action::Done,
                "bad" => Action::Bad,
                "die" => Action::Die,
                "reset" => Action::Reset,
                number => Action::Jump(number.parse().ok()?),
            };
            if value == "default" {
                control.default = action;
            } else if let Some((_, outcome)) = Outcome::NAMED.iter().find(|(name, _)| *name == value) {
                control.actions.insert(*outcome, action);
            }
        }
        Some(control)
    }

    pub(super) fn action(&self, outcome: Outcome) -> Action {
        let action = self.actions.get(&outcome).copied().unwrap_or(self.default);
        if action == Action::Jump(0) { Action::Ignore } else { action }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_brackets_say_what_follows() {
        let action = |text: &str, outcome| Control::parse(text).unwrap().action(outcome);
        assert_eq!(action("required", Outcome::AuthErr), Action::Bad);
        assert_eq!(action("Requisite", Outcome::AuthErr), Action::Die);
        assert_eq!(action("sufficient", Outcome::Success), Action::Done);
        assert_eq!(action("sufficient", Outcome::AuthErr), Action::Ignore);
        assert_eq!(action("optional", Outcome::Success), Action::Ok);
        let text = "[success=2 user_unknown=ignore service_err=die default=bad]";
        assert_eq!(action(text, Outcome::Success), Action::Jump(2));
        assert_eq!(action(text, Outcome::UserUnknown), Action::Ignore);
        assert_eq!(action(text, Outcome::Maxtries), Action::Bad);
        for text in ["", "needed", "[success]", "[success=maybe]", "[success=ok"] {
            assert_eq!(Control::parse(text), None, "{text}");
        }
    }
}
