//! `~/.google_authenticator` of pam_google_authenticator, as the file FILEFORMAT of google-authenticator-libpam describes it: the
//! seed in base32, options that begin with a quote, scratch codes of eight digits.

use postern_core::factor::{Algorithm, TotpShape};

use crate::entry::{Content, Entry};
use crate::source_file::SourceFile;

/// Reads one file: a seed and, if it has any, its scratch codes. One that cannot be read concerns its user alone.
#[must_use]
pub fn read(file: &SourceFile) -> Vec<Entry> {
    let contents =
        file.usable_text().and_then(contents).unwrap_or_else(|why| vec![Content::UnusableSeed(why)]);
    let entry = |content| Entry {
        place: file.path().display().to_string(),
        user: file.user().to_owned(),
        issuer: String::new(),
        name: String::new(),
        content,
    };
    contents.into_iter().map(entry).collect()
}

fn contents(text: &str) -> Result<Vec<Content>, String> {
    let mut lines = text.lines().zip(1..);
    let (seed, _) = lines.next().ok_or("the file is empty")?;
    let mut said = Options::default();
    let mut scratch_codes = 0_u32;
    for (text, line) in lines {
        if let Some(option) = text.strip_prefix("\" ") {
            said.take(option).map_err(|what| format!("line {line}: {what}"))?;
        } else if text.len() == SCRATCH_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            scratch_codes += 1;
        } else if !text.trim().is_empty() {
            return Err(format!("line {line} is neither an option nor a scratch code"));
        }
    }
    let mut contents = vec![said.content(seed)];
    if scratch_codes > 0 {
        let codes = match scratch_codes {
            1 => "scratch code of eight digits is",
            _ => "scratch codes of eight digits are",
        };
        let why = format!(
            "{scratch_codes} {codes} too easy to guess for Postern; make new ones: postern recovery create"
        );
        contents.push(Content::Other { kind: "scratch codes", why });
    }
    Ok(contents)
}

/// The options that decide about codes. Others are of pam_google_authenticator alone.
#[derive(Default)]
struct Options {
    is_totp: bool,
    is_hotp: bool,
    is_disabled: bool,
    step: Option<u64>,
}

impl Options {
    fn take(&mut self, option: &str) -> Result<(), &'static str> {
        let (name, rest) = option.split_once(' ').unwrap_or((option, ""));
        match name.trim() {
            "TOTP_AUTH" => self.is_totp = true,
            "HOTP_COUNTER" => self.is_hotp = true,
            "OTP_DISABLED" => self.is_disabled = true,
            "STEP_SIZE" => self.step = Some(rest.trim().parse().map_err(|_| "STEP_SIZE is not a number")?),
            _ => {}
        }
        Ok(())
    }

    /// HOTP_COUNTER goes before TOTP_AUTH, and without either no code is accepted.
    fn content(&self, seed: &str) -> Content {
        let left = |why: &str| Content::Other { kind: "totp", why: why.to_owned() };
        if self.is_disabled {
            return left("codes are switched off for this user (OTP_DISABLED)");
        }
        if self.is_hotp {
            return Content::counted();
        }
        if !self.is_totp {
            return left(
                "the file has neither TOTP_AUTH nor HOTP_COUNTER, so no code of it was ever accepted",
            );
        }
        let shape = TotpShape::new(Algorithm::Sha1, 6, self.step.unwrap_or(30));
        Content::of_base32(seed, shape.map_err(|error| error.to_string()))
    }
}

const SCRATCH_DIGITS: usize = 8;
