use std::io::Result;

use crate::qr::{self, Theme};
use crate::terminal_user::TerminalUser;
use crate::{Authenticator, Protocol, Ssh, Sshd, UnixUser, pam, unix_users};

use super::{ALICE, Demo, UID};

/// A host that people log in to, and Alice with her app.
pub(super) struct LoginHost {
    pub(super) sshd: Sshd,
    pub(super) app: Authenticator,
    pub(super) alice: UnixUser,
}

impl Demo<'_> {
    /// A second factor, from the QR code at the first ssh login to mail programs that need app passwords by themselves.
    pub(super) fn second_factor(&mut self) -> Result<LoginHost> {
        self.story.heading("A second factor: ssh asks for a code")?;
        self.command(&["account", "policy", ALICE, "--main-password-on-mail", "default"])?;
        let main = self.main_password.clone();
        self.is_let_in(Protocol::Imap, "the main password, as long as no second factor is bound,", &main)?;
        self.story.say(
            "sshd asks pam_postern.so; the site wants a second factor at ssh, and Alice has none yet.",
        )?;
        let alice = unix_users::add(ALICE, UID);
        let module = format!("{{module}} service=sshd config={}", self.site.client_config().display());
        let stack = pam::auth(&format!("auth required {module}"));
        let stack =
            stack.replace("account required", &format!("account sufficient {module}\naccount required"));
        let sshd = Sshd::with("demo-sshd", &stack);
        let app = self.first_login(&sshd)?;
        self.mail_follows()?;
        self.later_logins(&sshd, &app)?;
        Ok(LoginHost { sshd, app, alice })
    }

    /// Bound at the very login, from the QR code on the terminal.
    fn first_login(&mut self, sshd: &Sshd) -> Result<Authenticator> {
        let mut alice = self.at_the_code_prompt(sshd, "app shows:");
        let shown = alice.text();
        for line in shown.lines().skip_while(|line| !line.contains('█')).take_while(|line| line.contains('█'))
        {
            self.story.say(&format!("  | {}", line.trim_end()))?;
        }
        let uris = qr::read(&shown, Theme::Dark);
        let uri = uris.first().cloned().unwrap_or_default();
        self.story.check(
            "a scanner reads the QR code off the terminal",
            uris.len() == 1,
            "an otpauth URI",
        )?;
        let app = Authenticator::from_uri(&uri).unwrap_or_else(|_| Authenticator::random());
        alice.was_shown(&app.base32());
        alice.answer_visible(&app.next_code());
        let is_in = alice.gets_in();
        self.story.check(
            "ssh with the main password and the app's first code lets Alice in",
            is_in,
            &app.label.name,
        )?;
        Ok(app)
    }

    /// From the first factor on.
    fn mail_follows(&mut self) -> Result<()> {
        let main = self.main_password.clone();
        self.is_refused(Protocol::Imap, "the main password, from then on,", &main)?;
        self.is_refused(Protocol::Pop3, "the main password, from then on,", &main)?;
        let phone = self.shown_by(&["app-password", "create", ALICE, "--label", "Phone"])?;
        self.is_let_in(Protocol::Imap, "an app password", &phone)?;
        Ok(())
    }

    fn later_logins(&mut self, sshd: &Sshd, app: &Authenticator) -> Result<()> {
        let code = app.next_code();
        let mut alice = self.at_the_code_prompt(sshd, "Code from");
        alice.answer_visible(&code);
        let is_in = alice.gets_in();
        self.story.check("ssh with the main password and a new code lets Alice in", is_in, "a shell")?;
        for (what, code) in [("the same code again", code), ("a wrong code", app.wrong_code())] {
            let mut alice = self.at_the_code_prompt(sshd, "Code from");
            for _ in 0..2 {
                alice.answer_visible(&code);
                alice.expect("Code from");
            }
            alice.answer_visible(&code);
            let refused = !alice.gets_in();
            self.story.check(&format!("ssh with {what} is refused"), refused, "Permission denied")?;
        }
        Ok(())
    }

    /// Alice, after her main password.
    fn at_the_code_prompt(&self, sshd: &Sshd, prompt: &str) -> TerminalUser {
        let mut alice = Ssh::to(sshd).user(ALICE).batch().start();
        alice.expect("Password:");
        alice.answer_hidden(&self.main_password);
        alice.expect(prompt);
        alice
    }
}
