//! A walk through a flow as one person, in one language.

use std::sync::Arc;
use std::time::Duration;

use postern_core::words::Language;
use postern_tests::courier_host::CourierHost;
use postern_tests::login_host::{CodeApp, LoginUser, Shared, Stores};
use postern_tests::mailbox::Mail;
use postern_tests::qr::{self, Theme};
use postern_tests::terminal::{self, Terminal};
use postern_tests::terminal_user::TerminalUser;
use postern_tests::transcript::{Transcript, rows};
use postern_tests::{Authenticator, Handset, Key, Ssh, canary, guard, host, wording};

/// One person on the way through a flow, and the transcript of it.
pub(crate) struct Walk {
    pub(crate) host: Arc<CourierHost>,
    pub(crate) user: LoginUser,
    language: Language,
    transcript: Transcript,
}

/// A terminal in a walk.
pub(crate) struct Screen {
    pub(crate) person: TerminalUser,
    command: String,
    // How much of its text was on the screen when the last answer was typed.
    answered: usize,
}

impl Walk {
    /// Somebody without a factor sets out.
    pub(crate) fn new(language: Language, name: &str, title: &str) -> Self {
        static SHARED: Shared<CourierHost> = Shared::new();
        let host = SHARED.host(Stores::Embedded, |name| {
            CourierHost::new(&format!("transcripts_{name}"), Stores::Embedded, LIMITS)
        });
        let user = host.user_with("anna", &[("preferredLanguage", language.as_str())]);
        let mut transcript = Transcript::new(language, name, title);
        transcript.replace(&host.web.url(), "https://2fa.example.org");
        transcript.replace(&user.number(), "+442079460123");
        transcript.replace(&format!("…{}", &user.number()[9..]), "…0123");
        transcript.replace(&user.unix.name, "anna");
        transcript.replace("127.0.0.1", "mail.example.org");
        transcript.replace("127.0.0.9", "203.0.113.9");
        transcript.replace("-- in as anna --", "[anna is in]");
        transcript.replace("-- in as root --", "[root is in]");
        Self { host, user, language, transcript }
    }

    /// What is random stands in the transcript as `stand_in`.
    pub(crate) fn replace(&mut self, value: &str, stand_in: &str) {
        self.transcript.replace(value, stand_in);
    }

    /// Waits, as what is made within one second has no order.
    pub(crate) fn a_second_passes(&self) {
        guard::pause(Duration::from_millis(1_100));
    }

    /// A part of the walk begins.
    pub(crate) fn heading(&mut self, text: &str) {
        self.transcript.heading(text);
    }

    /// At a login by ssh from 203.0.113.9.
    pub(crate) fn ssh(&self, service: &str) -> Screen {
        let person = self.host.ssh(service, &self.user).from("127.0.0.9").start();
        Screen::of(person, "ssh mail.example.org")
    }

    /// At a login by ssh from 203.0.113.9 with a key, and then what Postern asks for.
    pub(crate) fn ssh_with(&self, service: &str, key: &Key) -> Screen {
        let sshd = self.host.sshd(service, "publickey,keyboard-interactive");
        let person = Ssh::to(&sshd).unix_user(&self.user.unix).key(key).from("127.0.0.9").batch().start();
        Screen::of(person, "ssh mail.example.org")
    }

    /// At a terminal of the host, after a command was typed.
    pub(crate) fn at(&self, person: TerminalUser, command: &str) -> Screen {
        Screen::of(person, command)
    }

    /// Types the main password at the question `asked`, which a program of the host puts.
    pub(crate) fn types_password_at(&self, screen: &mut Screen, asked: &str) {
        screen.person.expect(asked);
        screen.was_answered();
        screen.person.answer_hidden(&self.user.password);
    }

    /// At a login by ssh, behind the password.
    pub(crate) fn knows_the_password(&self, service: &str) -> Screen {
        let mut screen = self.ssh(service);
        self.types_password(&mut screen);
        screen
    }

    /// Types the main password at a login.
    pub(crate) fn types_password(&self, screen: &mut Screen) {
        // In English for everyone: without the password the login must not reveal whether there is an account.
        self.types_password_at(screen, "Password: ");
    }

    /// At `postern my ARGUMENTS`, behind the password.
    pub(crate) fn my(&self, arguments: &[&str]) -> Screen {
        let mut command = terminal::command_of(&self.user.unix, &host::program("postern"));
        command.arg("my").args(arguments).arg("--client-config").arg(self.host.site.client_config());
        let language = match self.language {
            Language::English => "en_GB.UTF-8",
            Language::SimplifiedChinese => "zh_CN.UTF-8",
        };
        command.env("LANG", language);
        let terminal = Terminal::start(command, self.user.unix.ids());
        Screen::of(
            TerminalUser::at(terminal, "transcripts", "my"),
            &format!("postern my {}", arguments.join(" ")),
        )
    }

    /// The same, and the main password is typed.
    pub(crate) fn proves(&self, arguments: &[&str]) -> Screen {
        let mut screen = self.my(arguments);
        self.types_for_change(&mut screen);
        screen
    }

    /// Types the main password before a change.
    pub(crate) fn types_for_change(&self, screen: &mut Screen) {
        self.reads(screen, "password-for-change");
        screen.was_answered();
        screen.person.answer_hidden(&self.user.password);
    }

    /// Reads up to the end of this phrase.
    pub(crate) fn reads(&self, screen: &mut Screen, phrase: &str) {
        for piece in wording::pieces(self.language, phrase) {
            screen.person.expect(&piece);
        }
    }

    /// Reads up to the question for an approval on the phone. Its number, which is returned, stands as 42.
    pub(crate) fn reads_number(&mut self, screen: &mut Screen) -> String {
        self.reads(screen, "approve-on-phone");
        let text = screen.person.text();
        let line = text.lines().last().unwrap_or_default();
        let mut digits = line.split(|c: char| !c.is_ascii_digit()).filter(|part| part.len() == 2);
        let number = digits.next_back().unwrap_or_else(|| panic!("no number in {line}"));
        for after in [" on", " 并批准"] {
            self.replace(&format!(" {number}{after}"), &format!(" 42{after}"));
        }
        number.to_owned()
    }

    /// Waits for this question, which has to be on one screen with all that came before it, and answers it.
    pub(crate) fn answers(&self, screen: &mut Screen, phrase: &str, answer: &str) {
        self.reads(screen, phrase);
        screen.fits();
        screen.person.answer_visible(answer);
    }

    /// A code of the app.
    pub(crate) fn code(&mut self) -> String {
        self.user.app.code()
    }

    /// Scans the QR code of an authenticator app and types its first code.
    pub(crate) fn scans_for_app(&mut self, screen: &mut Screen) {
        self.reads(screen, "first-code");
        let codes = qr::read(&screen.person.text(), Theme::Dark);
        let uri = codes.last().expect("a QR code");
        let app = Authenticator::from_uri(uri).expect("a URI");
        let key = app.base32();
        screen.person.was_shown(&key);
        let groups: Vec<String> =
            key.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect();
        self.replace(&groups.join(" "), "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP");
        self.user.app = CodeApp::of(app);
        screen.fits();
        let code = self.code();
        screen.person.answer_visible(&code);
    }

    /// Scans the QR code that binds a phone, up to the question whether the phone shows the same digits.
    pub(crate) fn scans_for_phone(&mut self, screen: &mut Screen) -> Handset {
        self.reads(screen, "phone-scanned");
        screen.fits();
        let codes = qr::read(&screen.person.text(), Theme::Dark);
        let address = codes.last().expect("a QR code").clone();
        let phone = Handset::scans(&address);
        phone.register();
        screen.person.was_shown(&phone.pairing_secret());
        let (_, fragment) = address.split_once('#').expect("a fragment");
        self.replace(fragment, "b.2Jx8…");
        assert!(phone.bind(&self.host.web, "Fairphone").is_accept());
        screen.person.answer_visible("");
        phone
    }

    /// Waits until the person is in, or the program ends; then the screen goes into the transcript.
    pub(crate) fn ends(&mut self, mut screen: Screen) {
        drop(screen.person.ends());
        for password in screen.person.was_shown_app_passwords() {
            self.replace(&password, "GdGn eAF6 iFvU g6rB");
            self.replace(&password[..4], "GdGn");
        }
        for code in canary::shown_to_people(&screen.person.text()) {
            screen.person.was_shown(&code);
            self.replace(&code, "8f3k-2m9x-q7t4-w6zr-5hnc");
        }
        self.transcript.screen(&format!("$ {}\n{}", screen.command, screen.person.text()));
    }

    /// A mail goes into the transcript.
    pub(crate) fn mail(&mut self, mail: &Mail) {
        self.transcript.text(&format!(
            "From: {}\nTo: {}\nSubject: {}\n\n{}",
            mail.from, mail.to, mail.subject, mail.text
        ));
    }

    /// What a terminal showed, in the place of all that it shows.
    pub(crate) fn shown(&mut self, text: &str) {
        self.transcript.screen(text);
    }

    /// Words that are neither of a terminal nor a mail.
    pub(crate) fn text(&mut self, text: &str) {
        self.transcript.text(text);
    }

    /// Compares, or writes.
    pub(crate) fn finish(self) {
        self.transcript.finish();
    }
}

impl Screen {
    fn of(person: TerminalUser, command: &str) -> Self {
        Self { person: person.wants_recovery_codes(), command: command.to_owned(), answered: 0 }
    }

    /// What came since the last answer has to be on the screen at once.
    fn fits(&mut self) {
        let text = self.person.text();
        // The first of them is the end of the line of the answer.
        let (_, since) = text.get(self.answered..).and_then(|rest| rest.split_once('\n')).unwrap_or_default();
        let rows = rows(since);
        assert!(rows <= ROWS, "{rows} rows since the last answer:\n{text}");
        self.answered = text.len();
    }

    /// A hidden answer follows.
    fn was_answered(&mut self) {
        self.answered = self.person.text().len();
    }
}

const ROWS: usize = 24;
/// As shipped, but for the time between two codes.
const LIMITS: &str = "resend_after = \"0s\"\nsent_codes_per_source = 10000";
