//! The policy for one login, with the settings of the site, the service and the account combined.

use std::time::Duration;

use super::{AccountPolicy, LoginService, MailService, MainPasswordOnMail, Policy, SecondFactor};

/// The policy for one login to a mail service. The account's setting takes precedence over the service's, and the service's over
/// the site's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectiveMail {
    /// Whether the main password opens this service.
    pub main_password_on_mail: MainPasswordOnMail,
    /// Whether the main password followed by the digits of a code opens it.
    pub combined: bool,
    /// Whether a refusal by policy is only logged.
    pub observe: bool,
}

impl EffectiveMail {
    /// Combines the three. The narrowest setting wins.
    #[must_use]
    pub fn of(site: &Policy, observe: Option<bool>, service: &MailService, account: AccountPolicy) -> Self {
        Self {
            main_password_on_mail: account
                .main_password_on_mail
                .or(service.main_password_on_mail)
                .unwrap_or(site.main_password_on_mail),
            combined: service.combined,
            observe: observe.unwrap_or(site.observe),
        }
    }
}

/// The policy for one login to a login service, with the same precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectiveLogin {
    /// What is asked for after the first factor.
    pub second_factor: SecondFactor,
    /// How long a trusted device needs no second factor, counted from when it was trusted at any service; zero switches it off.
    pub trust_device: Duration,
    /// Whether a refusal by policy is only logged.
    pub observe: bool,
}

impl EffectiveLogin {
    /// Combines the three. The narrowest setting wins.
    #[must_use]
    pub fn of(site: &Policy, observe: Option<bool>, service: &LoginService, account: AccountPolicy) -> Self {
        Self {
            second_factor: account.second_factor.or(service.second_factor).unwrap_or(site.second_factor),
            trust_device: service.trust_device.unwrap_or(site.trust_device),
            observe: observe.unwrap_or(site.observe),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_word_wins() {
        let site =
            Policy { main_password_on_mail: MainPasswordOnMail::Always, observe: true, ..Policy::default() };
        let (mut mail, mut login) = (MailService::default(), LoginService::default());
        let mut account = AccountPolicy::default();
        let effective = |mail: &MailService, login: &LoginService, observe, account| {
            let mail = EffectiveMail::of(&site, observe, mail, account);
            let login = EffectiveLogin::of(&site, observe, login, account);
            assert_eq!(mail.observe, login.observe);
            (mail.main_password_on_mail, login.second_factor, mail.observe)
        };
        use {MainPasswordOnMail as Mail, SecondFactor as Second};
        assert_eq!(effective(&mail, &login, None, account), (Mail::Always, Second::IfEnrolled, true));
        mail.main_password_on_mail = Some(Mail::UntilEnrolled);
        login.second_factor = Some(Second::Required);
        assert_eq!(
            effective(&mail, &login, Some(false), account),
            (Mail::UntilEnrolled, Second::Required, false)
        );
        account.main_password_on_mail = Some(Mail::Never);
        account.second_factor = Some(Second::Exempt);
        assert_eq!(effective(&mail, &login, Some(false), account), (Mail::Never, Second::Exempt, false));
    }
}
