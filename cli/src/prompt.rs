use std::io::{IsTerminal, Read};

use postern_core::secret::Password;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::terminal::Terminal;

/// Reads a new main password of at least `least` characters from the first line of standard input, or asks for it
/// twice.
pub(crate) fn new_password(from_stdin: bool, least: u32) -> Result<Password, Failure> {
    if from_stdin {
        return password(first_line("password")?, least);
    }
    let terminal = if std::io::stdin().is_terminal() { Terminal::open() } else { None };
    let Some(mut terminal) = terminal else {
        return Err(Failure::usage("there is no terminal to ask for the password on; give --password-stdin"));
    };
    let mut ask = |prompt| {
        terminal
            .ask_hidden(prompt)?
            .ok_or_else(|| Failure::data("no password was given; nothing was changed"))
    };
    let first = long_enough(ask("New main password: ")?, least)?;
    if *first != *ask("The same again: ")? {
        return Err(Failure::data("the two passwords differ; nothing was changed"));
    }
    password(first, least)
}

fn password(text: Zeroizing<String>, least: u32) -> Result<Password, Failure> {
    let mut text = long_enough(text, least)?;
    Password::new(std::mem::take(&mut text)).map_err(|error| Failure::data(format!("the password {error}")))
}

/// Refuses a main password that a few guesses would find.
fn long_enough(text: Zeroizing<String>, least: u32) -> Result<Zeroizing<String>, Failure> {
    // An empty one is reported by the password's type.
    if text.is_empty() || text.chars().count() >= least as usize {
        return Ok(text);
    }
    Err(Failure::data(format!(
        "the password has fewer than {least} characters; nothing was changed ([limits] main_password_min)"
    )))
}

/// A secret from the first line of standard input.
pub(crate) fn first_line(what: &str) -> Result<Zeroizing<String>, Failure> {
    // One byte over the limit is enough to refuse a long one. The buffer is allocated at once, so no copy is left
    // behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_LINE + 1));
    let mut stdin = std::io::stdin().lock().take(LONGEST_LINE as u64 + 1);
    stdin.read_to_end(&mut bytes).map_err(|error| Failure::io(format!("standard input: {error}")))?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.len() > LONGEST_LINE {
        return Err(Failure::data(format!("the {what} is longer than {LONGEST_LINE} bytes")));
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| Failure::data(format!("the {what} is not UTF-8")))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// The length of a whole otpauth URI. Callers may accept less.
const LONGEST_LINE: usize = 4096;
