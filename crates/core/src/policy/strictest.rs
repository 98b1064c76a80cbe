//! The policy for changes of an account, which outlive the login at which they are made.

use std::collections::BTreeMap;

use super::{AccountPolicy, EffectiveLogin, ForcedEnrolment, Policy, SecondFactor, Service, ServiceKind};

/// The strictest rule of all login services. A factor counts at each of them, wherever it was bound, so a lax service must not be
/// a way around the rule of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictestRule {
    /// Whether any login service requires a second factor of the account. The last one can then not be removed.
    pub is_required: bool,
    /// What a user without a factor needs to bind the first one.
    pub forced_enrolment: ForcedEnrolment,
}

impl StrictestRule {
    /// Combines all configured `services`, for this account.
    ///
    /// [`ForcedEnrolment::Ticket`] applies if any service says so. [`ForcedEnrolment::Never`] applies only if a service that says
    /// so requires a factor: otherwise it has no effect at that service.
    #[must_use]
    pub fn of(site: &Policy, services: &BTreeMap<String, Service>, account: AccountPolicy) -> Self {
        let mut strictest = Self { is_required: false, forced_enrolment: ForcedEnrolment::Login };
        for service in services.values() {
            let login = match &service.kind {
                ServiceKind::Mail(_) => continue,
                ServiceKind::Login(login) => login,
            };
            let policy = EffectiveLogin::of(site, service.observe, login, account);
            let is_required = policy.second_factor == SecondFactor::Required;
            let forced = match login.forced_enrolment.unwrap_or(site.forced_enrolment) {
                ForcedEnrolment::Never if !is_required => ForcedEnrolment::Login,
                forced @ (ForcedEnrolment::Login | ForcedEnrolment::Ticket | ForcedEnrolment::Never) => {
                    forced
                }
            };
            strictest.is_required |= is_required;
            strictest.forced_enrolment = strictest.forced_enrolment.max(forced);
        }
        strictest
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LoginService, Title};
    use super::*;

    fn login(second_factor: SecondFactor, forced_enrolment: ForcedEnrolment) -> LoginService {
        LoginService {
            second_factor: Some(second_factor),
            forced_enrolment: Some(forced_enrolment),
            ..LoginService::default()
        }
    }

    fn strictest(services: &[LoginService], account: AccountPolicy) -> (bool, ForcedEnrolment) {
        let named = services.iter().zip(["sshd", "su", "sudo"]).map(|(login, name)| {
            let service = Service {
                name: name.to_owned(),
                kind: ServiceKind::Login(*login),
                observe: None,
                title: Title::default(),
            };
            (name.to_owned(), service)
        });
        let rule = StrictestRule::of(&Policy::default(), &named.collect(), account);
        (rule.is_required, rule.forced_enrolment)
    }

    #[test]
    fn the_strictest_service_decides_for_all() {
        use {ForcedEnrolment as Forced, SecondFactor as Second};
        let account = AccountPolicy::default();
        assert_eq!(strictest(&[], account), (false, Forced::Login));
        let lax = login(Second::Required, Forced::Login);
        assert_eq!(strictest(&[lax], account), (true, Forced::Login));
        for second in [Second::Off, Second::IfEnrolled, Second::Required, Second::Exempt] {
            let ticket = login(second, Forced::Ticket);
            assert_eq!(strictest(&[lax, ticket], account).1, Forced::Ticket, "{second:?}");
            assert_eq!(strictest(&[ticket, lax], account).1, Forced::Ticket, "{second:?}");
        }
        let (never, never_asked) =
            (login(Second::Required, Forced::Never), login(Second::IfEnrolled, Forced::Never));
        assert_eq!(strictest(&[lax, never, login(Second::Off, Forced::Ticket)], account).1, Forced::Never);
        assert_eq!(strictest(&[lax, never_asked], account), (true, Forced::Login));
        assert_eq!(strictest(&[never_asked], account), (false, Forced::Login));
    }

    #[test]
    fn an_accounts_own_word_is_looked_at_for_each_service() {
        let never = login(SecondFactor::IfEnrolled, ForcedEnrolment::Never);
        let with = |word| AccountPolicy { second_factor: Some(word), ..AccountPolicy::default() };
        assert_eq!(strictest(&[never], with(SecondFactor::Required)), (true, ForcedEnrolment::Never));
        let required = login(SecondFactor::Required, ForcedEnrolment::Never);
        assert_eq!(strictest(&[required], with(SecondFactor::Exempt)), (false, ForcedEnrolment::Login));
    }
}
