use postern_core::app_password::Scope;

use super::out_of_band::{OutOfBandAnswer, impatient};
use super::{Attempt, Scenario, Secret, enrolled, required, ticket, trusting, with_tickets};
use crate::faults::End;
use crate::harness::{MAIN_PASSWORD, SshKey};

/// Users who are accepted, or left to the rest of the stack.
pub(in crate::faults) const LET_IN: &[Scenario] = &[
    scenario!("app-password", AppPassword, Accept, |_| {}, |site, name| {
        let person = site.person(&name).await;
        let password = site.app_password(&person, Scope::All).await;
        Attempt::new(site.visit("imap", &name).secret(&password), &[])
    }),
    scenario!("mail-password", MailPassword, Accept, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("imap", &name).secret(MAIN_PASSWORD), &[])
    }),
    scenario!("login-password", LoginPassword, Accept, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("code" once true, Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &app.code()])
    }),
    scenario!("code-at-second-try" once true, Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        drop(site.bind(&site.known(&name).await, "token").await);
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, "2", &app.wrong_code(1), &app.code()])
    }),
    scenario!("key-and-code" once true, Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("sshkey", &name).key(SshKey(1)), &[&app.code(), "n"])
    }),
    scenario!("hearsay-and-code" once true, Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("sshkey", &name).secret("of another kind"), &[&app.code()])
    }),
    scenario!("code-and-trust", Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("sshd", &name).key(SshKey(1)), &[MAIN_PASSWORD, &app.code(), "y"])
    }),
    scenario!("recovery-code" once true, RecoveryCode, Accept, |_| {}, |site, name| {
        let (person, _) = enrolled(site, &name).await;
        let codes = site.recovery_codes(&person, 1).await;
        Attempt::new(site.visit("sshd", &name), &[MAIN_PASSWORD, &codes[0]])
    }),
    scenario!("recovery-code-with-key" once true, RecoveryCode, Accept, |_| {}, |site, name| {
        let (person, _) = enrolled(site, &name).await;
        let codes = site.recovery_codes(&person, 1).await;
        Attempt::new(site.visit("sshkey", &name).key(SshKey(1)), &[&codes[0], "n"])
    }),
    scenario!("trusted-device", TrustedDevice, Accept, |_| {}, |site, name| {
        drop(trusting(site, &name).await);
        Attempt::new(site.visit("sshd", &name).key(SshKey(1)), &[MAIN_PASSWORD])
    }),
    scenario!("browser", Code, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.sign_in(&name, MAIN_PASSWORD), &[&app.code(), "y"])
    }),
    scenario!("trusted-browser" once true, TrustedDevice, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let trusting = site.sign_in(&name, MAIN_PASSWORD).says(&[&app.code(), "y"]).await;
        let token = trusting.records("trusted_browser")[0]["token"].as_str().unwrap().to_owned();
        Attempt::new(site.sign_in(&name, MAIN_PASSWORD).trusted(&token), &[])
    }),
    scenario!("forced-enrolment" once true, FirstCode, Accept, required, |site, name| {
        drop(site.person(&name).await);
        Attempt::enrolling(site.visit("sshd", &name), &[MAIN_PASSWORD])
    }),
    scenario!("enrolment-by-ticket" once true, FirstCode, Accept, with_tickets, |site, name| {
        let person = site.person(&name).await;
        let ticket = ticket(site, &person).await;
        Attempt::enrolling(site.visit("sshkey", &name).key(SshKey(1)), &[MAIN_PASSWORD, &ticket])
    }),
    scenario!("sent-code" once true, Code, Accept, |_| {}, |site, name| {
        let by = OutOfBandAnswer::with_mail(site, &name).await;
        Attempt::OutOfBandAnswer { visit: site.visit("sshd", &name), by }
    }),
    scenario!("approval", Code, Accept, impatient, |site, name| {
        let by = OutOfBandAnswer::with_phone(site, &name).await;
        Attempt::OutOfBandAnswer { visit: site.visit("sshd", &name), by }
    }),
    scenario!("combined" once true, Combined, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        Attempt::new(site.visit("webmail", &name).secret(&format!("{MAIN_PASSWORD}{}", app.code())), &[])
    }),
    scenario!("account-with-proof", Proof, Accept, |_| {}, |site, name| {
        let (_, app) = enrolled(site, &name).await;
        let login = site.visit("sshd", &name).says(&[MAIN_PASSWORD, &app.code()]).await;
        let proof = login.proof().map(|proof| proof.expose().to_owned());
        assert!(proof.is_some());
        Attempt::Account { service: "sshd", name, proof }
    }),
    scenario!("account-without-factor", Nothing, Ignore, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::Account { service: "sshd", name, proof: None }
    }),
    scenario!("stack-without-factor", Nothing, Ignore, |_| {}, |site, name| {
        drop(site.person(&name).await);
        Attempt::new(site.visit("sshkey", &name).secret(MAIN_PASSWORD), &[])
    }),
    scenario!("stranger-at-sudo", Nothing, Ignore, |_| {}, |site, name| {
        site.set_host_user(&name, Some(700));
        Attempt::new(site.visit("sudo", &name), &[])
    }),
];
