use std::path::Path;

use postern_core::account::Account;
use postern_core::app_password::Label;
use postern_core::changes::{ChangeError, ChangeRefusal, NewFactor, after_factor, bind_factor};
use postern_core::directory::DirectoryError;
use postern_core::factor::{FactorId, FirstCode, FirstCodeProblem, NewTotp, default_app_label};
use postern_core::flows::Bound;
use postern_core::qr::Modules;
use postern_core::system_fault::SystemFault;
use postern_core::words::Phrase;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::args::Enrol;
use crate::commands::factor;
use crate::failure::Failure;
use crate::output::Output;
use crate::secret_file::SecretFile;
use crate::site::Site;
use crate::terminal::Terminal;
use crate::{png, prompt, screen};

use super::shape::WantedShape;

/// Binds an app to one account.
pub(super) async fn run(
    config: &Path,
    wanted: &Enrol,
    shape: WantedShape,
    name: &str,
    output: Output,
) -> Result<(), Failure> {
    if wanted.uri && output.is_json() {
        return Err(Failure::usage("--uri prints the URI alone, and --json has it, too; give one of them"));
    }
    let known = if wanted.seed_stdin { Some(shape.app(&prompt::first_line("seed")?)?) } else { None };
    let terminal = if wanted.unproved { None } else { Some(terminal()?) };
    // Opened before root is given up: the files belong to the calling user, and go where that user may write.
    let mut files = Files {
        svg: wanted.svg.as_deref().map(SecretFile::create).transpose()?,
        png: wanted.png.as_deref().map(SecretFile::create).transpose()?,
        may_count: false,
    };
    let bind = async {
        let site = Site::open(config)?;
        let account = site.account(name).await?;
        let job = Job { site: &site, account: &account, wanted, output, terminal };
        let bound = job.bind(known, shape, &mut files).await?;
        Ok((site, account, bound))
    };
    match bind.await {
        Ok((site, account, bound)) => {
            let concluded = bound.conclude(&account, wanted, &mut files, output);
            let (label, kind) = (bound.new.label.as_str(), bound.new.kind.name());
            let what = Phrase::ChangedFactorBound { label, kind };
            let next = after_factor(bound.is_first, &site.config.mail_settings);
            site.tell_owner_with(&account, &what, next.as_ref()).await;
            concluded
        }
        Err(failure) => Err(files.give_up(failure)),
    }
}

fn terminal() -> Result<Terminal, Failure> {
    Terminal::open().ok_or_else(|| {
        Failure::usage(
            "there is no terminal to ask for a code of the app on; give --unproved to bind it without one",
        )
    })
}

/// The files that show the QR code in addition to the screen, or in its place.
struct Files {
    svg: Option<SecretFile>,
    png: Option<SecretFile>,
    /// Whether the key that they show may be bound, though that is unknown.
    may_count: bool,
}

impl Files {
    fn all(&mut self) -> impl Iterator<Item = &mut SecretFile> {
        [&mut self.svg, &mut self.png].into_iter().flatten()
    }

    /// Clears them: the key that they show was not bound.
    fn give_up(&mut self, failure: Failure) -> Failure {
        if self.may_count {
            return failure.and("whether it is bound all the same says: postern factor list");
        }
        self.all().fold(failure, |failure, file| {
            file.clear();
            failure.and(format!("{} is left empty", file.path().display()))
        })
    }
}

struct Job<'a> {
    site: &'a Site,
    account: &'a Account,
    wanted: &'a Enrol,
    output: Output,
    /// The terminal on which a code of the new app is asked for, if one is.
    terminal: Option<Terminal>,
}

impl Job<'_> {
    async fn bind(
        mut self,
        known: Option<NewTotp>,
        shape: WantedShape,
        files: &mut Files,
    ) -> Result<BoundApp, Failure> {
        let (authority, account) = (self.site.authority(), self.account);
        let keyring = self.site.keyring()?;
        let replaces = match &self.wanted.replace {
            Some(typed) => Some(factor::find_factor(account, typed)?.id),
            None => None,
        };
        let limit = authority.limits.factors_per_account;
        if replaces.is_none() && account.data.factors.len() >= limit as usize {
            return Err(ChangeRefusal::TooManyFactors(limit).into());
        }
        let label = match &self.wanted.label {
            Some(label) => {
                let label = Label::new(label).map_err(Failure::data)?;
                factor::warn_of_label(account, &label, replaces);
                label
            }
            None => default_app_label(account, self.site.config.language),
        };
        let is_known = known.is_some();
        let totp = match known {
            Some(totp) => totp,
            None => NewTotp::draw(authority.random, shape.of_new_seed()?)?,
        };
        let id = FactorId::draw(authority.random)?;
        let uri = totp.uri(&self.site.config.issuer, &account.name)?;
        write_files(files, &uri)?;
        self.show(&totp, &uri, is_known)?;
        let is_proved = self.terminal.is_some();
        if let Some(terminal) = &mut self.terminal {
            prove(FirstCode::new(&authority, &account.id, id, &totp, !is_known), terminal).await?;
        }
        let new = totp.to_factor(id, label, &keyring, authority.random)?;
        let bound = bind_factor(&authority, &keyring, &account.id, &new, replaces, None).await;
        files.may_count =
            matches!(bound, Err(ChangeError::Fault(SystemFault::Directory(DirectoryError::Down(_)))));
        Ok(BoundApp { account: account.name.clone(), new, totp, uri, replaces, is_first: bound?, is_proved })
    }

    /// Shows the key to the admin or the person.
    fn show(&mut self, totp: &NewTotp, uri: &str, is_known: bool) -> Result<(), Failure> {
        if self.wanted.uri {
            return self.output.line(uri);
        }
        // An existing seed needs no display.
        if self.wanted.svg.is_some() || self.wanted.png.is_some() || is_known {
            return Ok(());
        }
        let short = totp.short_uri(&self.site.config.issuer, &self.account.name)?;
        let above = "Scan this with an authenticator app:";
        let below = Zeroizing::new([
            format!("Or type this key into it: {}", *totp.base32_grouped()),
            format!("({})", totp.shape),
        ]);
        let mut lines = Zeroizing::new(vec![above.to_owned(), FIRST_CODE.to_owned()]);
        lines.extend(below.iter().cloned());
        let code = screen::of_process().qr(&[uri, &short], &lines);
        let code = code.as_deref().map_or(QR_TOO_LARGE, String::as_str);
        let text = Zeroizing::new(format!("{above}\n{code}{}\n", below.join("\n")));
        match (&mut self.terminal, self.output.is_json()) {
            (Some(terminal), true) => terminal.show(&text),
            (None, true) => Ok(()),
            (_, false) => self.output.line(&text),
        }
    }
}

/// The app that was bound.
struct BoundApp {
    account: String,
    new: NewFactor,
    totp: NewTotp,
    uri: Zeroizing<String>,
    replaces: Option<FactorId>,
    is_first: bool,
    is_proved: bool,
}

impl BoundApp {
    fn conclude(
        &self,
        account: &Account,
        wanted: &Enrol,
        files: &mut Files,
        output: Output,
    ) -> Result<(), Failure> {
        let (text, about) = (self.text(files), output.about(account));
        // With --uri, standard output holds nothing but the URI.
        if wanted.uri {
            return output.aside(&format!("{text}{}", about.line()));
        }
        about.print(&text, self.new.kind.name(), self.value())
    }

    fn text(&self, files: &mut Files) -> String {
        let mut text: String =
            files.all().map(|file| format!("the QR code is in {}\n", file.path().display())).collect();
        let (label, kind) = (self.new.label.clone(), self.new.kind.factor_type());
        let bound = Bound { id: self.new.id, label, kind, is_first: self.is_first };
        text.push_str(&factor::bound_text(&bound, &self.account, self.replaces, self.is_proved));
        text
    }

    fn value(&self) -> Value {
        let totp = &self.totp;
        json!({
            "account": self.account,
            "id": self.new.id,
            "label": self.new.label.as_str(),
            "algorithm": totp.shape.algorithm.name(),
            "digits": totp.shape.digits(),
            "period": totp.shape.period.seconds(),
            "uri": *self.uri,
            "secret": *totp.base32(),
            "proved": self.is_proved,
            "first": self.is_first,
            "replaces": self.replaces,
        })
    }
}

fn write_files(files: &mut Files, uri: &str) -> Result<(), Failure> {
    if files.all().next().is_none() {
        return Ok(());
    }
    let modules = Modules::of(uri).ok_or_else(|| Failure::data("the key's URI is too long for a QR code"))?;
    if let Some(file) = &mut files.svg {
        file.write(modules.svg().as_bytes())?;
    }
    if let Some(file) = &mut files.png {
        file.write(&png::encode(&modules)?)?;
    }
    Ok(())
}

/// Asks for a code of the new app until one is correct.
async fn prove(mut first: FirstCode<'_>, terminal: &mut Terminal) -> Result<(), Failure> {
    while first.may_try() {
        let answer = terminal.ask(FIRST_CODE)?;
        let answer = answer.ok_or_else(|| Failure::data("no code was given; nothing was bound"))?;
        match first.check(&answer).await? {
            None => return Ok(()),
            Some(FirstCodeProblem::Unreadable) => {
                terminal.show("That cannot be read as a code of 6 or 8 digits.")?;
            }
            Some(FirstCodeProblem::Wrong) => {
                terminal.show("That is not the code of this key. Is the phone's clock right?")?;
            }
            Some(FirstCodeProblem::Replayed) => terminal.show("That code was used before.")?,
            Some(FirstCodeProblem::TooEarly { seconds }) => terminal.show(&format!(
                "Codes are not taken just now. Wait {seconds} seconds, then type the code that is shown."
            ))?,
        }
    }
    if first.was_too_early() {
        return Err(Failure::temporary("codes are not taken just now; nothing was bound"));
    }
    Err(Failure::data("no right code was given; nothing was bound"))
}

const FIRST_CODE: &str = "Code that the app shows: ";
const QR_TOO_LARGE: &str =
    "(There is no QR code, as it would not fit on this terminal; --svg and --png write it to a file.)\n";
