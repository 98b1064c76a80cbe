use std::collections::BTreeMap;

/// What a module returns. Return codes that no stack here tells apart are left out; see `_pam_types.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReturnCode {
    /// `PAM_SUCCESS`
    Success,
    /// `PAM_NEW_AUTHTOK_REQD`: success, and the password has to be changed.
    NewAuthtokReqd,
    /// `PAM_IGNORE`
    Ignore,
    /// `PAM_USER_UNKNOWN`
    UserUnknown,
    /// `PAM_AUTH_ERR`
    AuthErr,
    /// `PAM_PERM_DENIED`
    PermDenied,
    /// `PAM_MAXTRIES`
    Maxtries,
    /// `PAM_AUTHINFO_UNAVAIL`
    AuthinfoUnavail,
}

impl ReturnCode {
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

/// What libpam does with a return code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The code does not count.
    Ignore,
    /// The code counts unless the stack has failed.
    Ok,
    /// As [`Ok`](Self::Ok), and a stack that has not failed ends here.
    Done,
    /// The stack fails, and goes on.
    Bad,
    /// The stack fails, and ends here.
    Die,
    /// The stack forgets what it has decided so far.
    Reset,
    /// The stack skips this many modules.
    Jump(usize),
}

/// The second field of a line: which action follows which return code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    text: String,
    actions: BTreeMap<ReturnCode, Action>,
    /// For every return code that is not named.
    default: Action,
}

impl Control {
    /// Reads one of the four keywords or a bracketed list. `None` for a text that libpam rejects.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let written = match lower.as_str() {
            "required" => "success=ok new_authtok_reqd=ok ignore=ignore default=bad",
            "requisite" => "success=ok new_authtok_reqd=ok ignore=ignore default=die",
            "sufficient" => "success=done new_authtok_reqd=done default=ignore",
            "optional" => "success=ok new_authtok_reqd=ok default=ignore",
            bracketed => bracketed.strip_prefix('[')?.strip_suffix(']')?,
        };
        // A return code without an action fails.
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
            } else if let Some((_, code)) = ReturnCode::NAMED.iter().find(|(name, _)| *name == value) {
                control.actions.insert(*code, action);
            }
        }
        Some(control)
    }

    /// The field as it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The action for a return code. A jump over no module is [`Action::Ignore`].
    #[must_use]
    pub fn action(&self, code: ReturnCode) -> Action {
        let action = self.actions.get(&code).copied().unwrap_or(self.default);
        if action == Action::Jump(0) { Action::Ignore } else { action }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_brackets_say_what_follows() {
        let action = |text: &str, code| Control::parse(text).unwrap().action(code);
        assert_eq!(action("required", ReturnCode::AuthErr), Action::Bad);
        assert_eq!(action("Requisite", ReturnCode::AuthErr), Action::Die);
        assert_eq!(action("sufficient", ReturnCode::Success), Action::Done);
        assert_eq!(action("sufficient", ReturnCode::AuthErr), Action::Ignore);
        assert_eq!(action("optional", ReturnCode::Success), Action::Ok);
        let text = "[success=2 user_unknown=ignore service_err=die default=bad]";
        assert_eq!(action(text, ReturnCode::Success), Action::Jump(2));
        assert_eq!(action(text, ReturnCode::UserUnknown), Action::Ignore);
        assert_eq!(action(text, ReturnCode::Maxtries), Action::Bad);
        for text in ["", "needed", "[success]", "[success=maybe]", "[success=ok"] {
            assert_eq!(Control::parse(text), None, "{text}");
        }
    }
}
