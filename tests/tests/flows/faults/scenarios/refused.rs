use postern_core::account::AccountData;
use postern_core::app_password::Scope;
use postern_core::changes;

use super::{Attempt, Scenario, Secret, enrolled, required, ticket, trusting, with_tickets};
use crate::faults::End;
use crate::harness::{MAIN_PASSWORD, SshKey};

/// Refused users.
pub(in crate::faults) const REFUSED: &[Scenario] = &[
    scenario!("wrong-app-password", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        let password = site.app_password(&person, Scope::All).await;
        let wrong = format!("{} aaaa bbbb cccc", &password[..4]);
        Attempt::new(site.visit("imap", &name).secret(&wrong), &[])
    }),
    scenario!("revoked-app-password", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        let password = site.app_password(&person, Scope::All).await;
        drop(changes::revoke_app_passwords(&site.authority(), &person.id, None).await.unwrap());
        Attempt::new(site.visit("imap", &name).secret(&password), &[])
    }),
    scenario!("main-password-of-enrolled-at-mail", Nothing, Reject, |_| {}, |site, name| {
        drop(enrolled(site, &name).await);
        Attempt::new(site.visit("imap", &name).secret(MAIN_PASSWORD), &[])
    }),
    scenario!("wrong-mail-password", Nothing, Reject, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("imap", &name).secret("wrong"), &[])
    }),
    scenario!("wrong-login-password", Nothing, Reject, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("sshd", &name), &["wrong"])
    }),
    scenario!("no-code", Nothing, Reject, |_| {}, |site, name| {
        drop(enrolled(site, &name).await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("wrong-codes", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let wrong = app.wrong_code(1);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &wrong, &wrong, &wrong])
    }),
    scenario!("spent-code", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let code = app.code();
        assert!(site.visit("sshd", &name).says(&[MAIN_PASSWORD, &code]).await.is_accept());
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &code, &code, &code])
    }),
    scenario!(
        "hundredth-wrong-code",
        Nothing,
        Reject,
        |setup| setup.limits.codes.in_a_row = 1,
        |site, name| {
            let (_, app) = enrolled(site, &name).await;
            Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.wrong_code(1)])
        }
    ),
    scenario!("code-of-a-locked-factor", Nothing, Reject, |_| {}, |site, name| {
        let (person, app) = enrolled(site, &name).await;
        let now = site.now_plus(0);
        site.edit(&person, |data| data.factors[0].locked = Some(now)).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("code-past-the-limit", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let wrong = app.wrong_code(1);
        for _ in 0..2 {
            drop(site.visit("sshd", &name).says(&[MAIN_PASSWORD, &wrong, &wrong, &wrong]).await);
        }
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("wrong-recovery-code", Nothing, Reject, |_| {}, |site, name| {
        let (person, _) = enrolled(site, &name).await;
        let codes = site.recovery_codes(&person, 1).await;
        let wrong = format!("{}-bbbb-cccc-dddd-eeee", &codes[0][..4]);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &wrong, &wrong, &wrong])
    }),
    scenario!("spent-recovery-code", Nothing, Reject, |_| {}, |site, name| {
        let (person, _) = enrolled(site, &name).await;
        let codes = site.recovery_codes(&person, 2).await;
        assert!(site.visit("sshd", &name).says(&[MAIN_PASSWORD, &codes[0]]).await.is_accept());
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &codes[0], &codes[0], &codes[0]])
    }),
    scenario!("revoked-device", Nothing, Reject, |_| {}, |site, name| {
        let (person, _) = trusting(site, &name).await;
        let records = site.ledger.devices(&person.id, site.now_plus(0)).await.unwrap();
        let keyring = &site.engine.keyring;
        drop(changes::revoke_devices(&site.authority(), keyring, &person.id, |_| true).await.unwrap());
        site.ledger.put_device(&person.id, &records[0], site.now_plus(0)).await.unwrap();
        Attempt::new(site.visit("sshd", &name).key(SshKey(1)), &[MAIN_PASSWORD])
    }),
    scenario!("another-key", Nothing, Reject, |_| {}, |site, name| {
        drop(trusting(site, &name).await);
        Attempt::new(site.visit("sshkey", &name).key(SshKey(2)), &[])
    }),
    scenario!("no-enrolment", Nothing, Reject, required, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("enrolment-without-password", Nothing, Reject, required, |site, name| {
        drop(site.person(&name).await);
        Attempt::enrolling(site.visit("sshkey", &name).key(SshKey(1)), &["wrong"])
    }),
    scenario!("wrong-ticket", Nothing, Reject, with_tickets, |site, name| {
        let person = site.person(&name).await;
        drop(ticket(site, &person).await);
        Attempt::enrolling(site.visit("sshd", &name), &[MAIN_PASSWORD, "aaaa-bbbb-cccc-dddd-eeee"])
    }),
    scenario!("combined-with-wrong-code", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let secret = format!("{MAIN_PASSWORD}{}", app.wrong_code(1));
        Attempt::new(site.visit("webmail", &name).secret(&secret), &[])
    }),
    scenario!("combined-with-spent-code", Nothing, Reject, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let secret = format!("{MAIN_PASSWORD}{}", app.code());
        assert!(site.visit("webmail", &name).secret(&secret).says(&[]).await.is_accept());
        Attempt::new(site.visit("webmail", &name).secret(&secret), &[])
    }),
    scenario!("disabled", Nothing, Reject, |_| {}, |site, name| {
        let (person, app) = enrolled(site, &name).await;
        site.edit(&person, |data| data.policy.disabled = true).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("another-uid", Nothing, Reject, |_| {}, |site, name| {
        let (person, app) = enrolled(site, &name).await;
        site.set_host_user(&name, Some(person.uid + 100_000));
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("stranger-at-sshd", Nothing, Reject, |_| {}, |site, name| {
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("account-without-proof", Nothing, Reject, |_| {}, |site, name| {
        drop(enrolled(site, &name).await);
        Attempt::Account { service: "sshd", name, proof: None }
    }),
    // Changes that have not reached a replica.
    scenario!("enrolled-since", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        site.lag(&person).await;
        drop(site.bind(&person, "phone").await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("enrolled-since-at-the-stack", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        site.lag(&person).await;
        drop(site.bind(&person, "phone").await);
        Attempt::new(site.visit("sshkey", &name).key(SshKey(1)), &[])
    }),
    scenario!("disabled-since", Nothing, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        site.lag(&person).await;
        site.edit(&person, |data| data.policy.disabled = true).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("revoked-since", Nothing, Reject, |_| {}, |site, name| {
        let (person, _) = trusting(site, &name).await;
        site.lag(&person).await;
        site.edit(&person, AccountData::forget_trust).await;
        Attempt::new(site.visit("sshd", &name).key(SshKey(1)), &[MAIN_PASSWORD])
    }),
    scenario!("enrolled-since-at-mail", OldMailPassword, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        site.lag(&person).await;
        drop(site.bind(&person, "phone").await);
        Attempt::new(site.visit("imap", &name).secret(MAIN_PASSWORD), &[])
    }),
    scenario!("app-password-revoked-since", OldAppPassword, Reject, |_| {}, |site, name| {
        let person = site.person(&name).await;
        let password = site.app_password(&person, Scope::All).await;
        site.lag(&person).await;
        drop(changes::revoke_app_passwords(&site.authority(), &person.id, None).await.unwrap());
        Attempt::new(site.visit("imap", &name).secret(&password), &[])
    }),
    scenario!("password-past-the-limit", LimitedPassword, Reject, |_| {}, |site, name| {
        drop(site.person(&name).await);
        for number in 0..10 {
            drop(site.visit("sshd", &name).says(&[&format!("wrong {number}")]).await);
        }
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("factor-removed-since", Nothing, Reject, |_| {}, |site, name| {
        let (person, app) = enrolled(site, &name).await;
        drop(site.bind(&person, "token").await);
        site.lag(&person).await;
        drop(
            changes::unbind_factor(
                &site.authority(),
                &site.engine.keyring,
                &person.id,
                app.id.unwrap(),
                false,
            )
            .await
            .unwrap(),
        );
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
];
