//! Invocations of Postern's programs in the documents.

use crate::document::{Document, Kind};

/// One of Postern's programs, with its arguments, as a document writes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) line: usize,
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    /// Whether it stands there to be run, so that it has to be complete.
    pub(crate) is_run: bool,
}

pub(crate) const PROGRAMS: [&str; 4] = ["postern", "posternd", "postern-web", "postern-checkpassword"];

pub(crate) fn of(document: &Document) -> Vec<Invocation> {
    let mut found = Vec::new();
    for block in document.blocks() {
        let is_run = block.language == "sh";
        if !["", "sh", "console", "conf"].contains(&block.language.as_str()) {
            continue;
        }
        for (line, text) in logical_lines(&block.text) {
            found.extend(in_shell(block.line + line, &text, is_run));
        }
    }
    for span in document.spans() {
        let of_span = in_shell(span.line, &span.text, false).into_iter();
        // "posternd is not reachable" is a message.
        found.extend(of_span.filter(|found| {
            found.program == "postern"
                || found.arguments.first().is_none_or(|word| !word.starts_with(char::is_alphabetic))
        }));
    }
    if document.kind == Kind::Example {
        for (line, text) in document.lines() {
            found.extend(by_path(line, &text));
        }
    }
    found
}

/// Lines with those that a backslash continues, and without here-documents.
pub(crate) fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let (mut end, mut continues): (Option<String>, bool) = (None, false);
    for (number, line) in text.lines().enumerate() {
        if let Some(mark) = &end {
            if line.trim_start_matches('\t') == mark {
                end = None;
            }
            continue;
        }
        let (part, goes_on) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        match lines.last_mut() {
            Some((_, last)) if continues => last.push_str(part),
            _ => lines.push((number, part.to_owned())),
        }
        continues = goes_on;
        end = here_document(line);
    }
    lines
}

/// The word that ends the here-document that a line begins.
pub(crate) fn here_document(line: &str) -> Option<String> {
    let (_, behind) = line.split_once("<<")?;
    let word = behind.trim_start_matches('-').trim_start();
    let word = word.trim_start_matches(['\'', '"', '\\']);
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    (end > 0).then(|| word[..end].to_owned())
}

/// The commands of a line of a shell whose program is one of Postern's.
fn in_shell(line: usize, text: &str, is_run: bool) -> Vec<Invocation> {
    let commands = commands(text);
    let ours = commands.into_iter().filter_map(|words| {
        let mut words = words.into_iter().skip_while(|word| is_before_program(word));
        let program = program(&words.next()?)?;
        Some(Invocation { line, program, arguments: words.collect(), is_run })
    });
    ours.collect()
}

/// What may stand before a program in a command: a prompt, an assignment, sudo and its like.
fn is_before_program(word: &str) -> bool {
    let is_assignment = word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    let wrappers =
        ["$", "sudo", "!", "if", "while", "until", "then", "do", "time", "exec", "env", "watch", "--"];
    is_assignment || wrappers.contains(&word)
}

/// The program's name, if it is one of Postern's, by its path or without.
fn program(word: &str) -> Option<String> {
    let name = match word.rsplit_once('/') {
        Some((folder, name)) if folder.starts_with('/') => name,
        Some(_) => return None,
        None => word,
    };
    PROGRAMS.contains(&name).then(|| name.to_owned())
}

/// A program that a configuration file starts: its path, with what follows.
fn by_path(line: usize, text: &str) -> Vec<Invocation> {
    let text = text.trim_start().trim_start_matches('#');
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || "=\"'`".contains(c)).collect();
    let at = words.iter().position(|word| word.starts_with('/') && program(word).is_some());
    let found = at.and_then(|at| Some((program(words[at])?, &words[at + 1..])));
    let options = |rest: &[&str]| {
        rest.iter().take_while(|word| word.starts_with('-')).map(|word| (*word).to_owned()).collect()
    };
    found
        .map(|(program, rest)| Invocation { line, program, arguments: options(rest), is_run: false })
        .into_iter()
        .collect()
}

/// The words of each command of a line, without quotes. A word in quotes is one word.
pub(crate) fn commands(text: &str) -> Vec<Vec<String>> {
    let mut shell = Shell::default();
    // What is around a substitution that has begun.
    let mut outer: Vec<Shell> = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, shell.quote) {
            (mark, Some(open)) if mark == open => shell.quote = None,
            ('$', Some('"') | None) if characters.next_if_eq(&'(').is_some() => {
                outer.push(std::mem::take(&mut shell));
            }
            (other, Some(_)) => shell.word.push(other),
            (')', None) if !outer.is_empty() => {
                shell.end_command();
                let inner = std::mem::replace(&mut shell, outer.pop().expect("an outer command"));
                // Its value is not known; a dollar stands for it.
                shell.word.push('$');
                shell.finished.extend(inner.finished);
            }
            (mark @ ('"' | '\''), None) => shell.quote = Some(mark),
            ('#', None) if shell.word.is_empty() => break,
            (' ' | '\t', None) => {
                let is_between = !shell.word.is_empty();
                shell.end_word();
                // A bar between words is a pipe; inside a word it separates alternatives.
                if is_between && characters.next_if_eq(&'|').is_some() {
                    shell.end_command();
                }
            }
            (';' | '&' | '(' | ')' | '`', None) => shell.end_command(),
            ('>' | '<', None) if !is_placeholder(&shell.word, character, &mut characters) => {
                // The number of a descriptor is no word, and what follows is a file.
                if shell.word.bytes().all(|b| b.is_ascii_digit()) {
                    shell.word.clear();
                }
                shell.end_command();
            }
            (other, None) => shell.word.push(other),
        }
    }
    outer.push(shell);
    let finished = outer.into_iter().flat_map(|mut shell| {
        shell.end_command();
        shell.finished
    });
    finished.collect()
}

/// What was read of a line.
#[derive(Default)]
struct Shell {
    finished: Vec<Vec<String>>,
    words: Vec<String>,
    word: String,
    quote: Option<char>,
}

impl Shell {
    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.words.is_empty() {
            self.finished.push(std::mem::take(&mut self.words));
        }
    }
}

/// Whether `<` begins a placeholder such as `<name>`, or `>` ends one.
fn is_placeholder(word: &str, mark: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    match mark {
        '>' => word.starts_with('<'),
        _ => {
            word.is_empty()
                && rest.peek().is_some_and(char::is_ascii_alphabetic)
                && rest.clone().take_while(|c| *c != ' ').any(|c| c == '>')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String, bool)> {
        let document = Document::new("docs/a.md", text);
        let one = |found: Invocation| {
            (found.line, format!("{} {}", found.program, found.arguments.join("·")), found.is_run)
        };
        of(&document).into_iter().map(one).collect()
    }

    #[test]
    fn invocations_are_found_wherever_a_command_begins() {
        let text = "`sudo postern init` and `postern-local`, `postern.toml`, `posternd is down`\n\n```sh\n# postern is nothing here\nA=b postern check --quiet # says\n\
                    echo postern && /usr/bin/postern account create alice --home '/srv a' \\\n  --uid 1 | tee x\n\
                    cat > f <<'EOF'\npostern wrong\nEOF\nP=$(postern status 2>/dev/null)\n```\n\n```text\npostern says\n```\n";
        assert_eq!(
            found(text),
            [
                (5, "postern check·--quiet".to_owned(), true),
                (6, "postern account·create·alice·--home·/srv a·--uid·1".to_owned(), true),
                (11, "postern status".to_owned(), true),
                (1, "postern init".to_owned(), false),
            ]
        );
    }

    #[test]
    fn alternatives_and_placeholders_stay_words() {
        assert_eq!(
            commands("postern device list|revoke <name> | x"),
            [vec!["postern", "device", "list|revoke", "<name>"], vec!["x"]]
        );
        let nested = commands("echo \"a $(postern status) b\" c");
        assert_eq!(nested, [vec!["postern", "status"], vec!["echo", "a $ b", "c"]]);
    }

    #[test]
    fn programs_that_an_example_starts_are_found() {
        let text =
            "ExecStart=/usr/sbin/posternd --confg x\n  args = /usr/lib/postern/postern-checkpassword\n";
        let found = of(&Document::new("packaging/systemd/x.service", text));
        let options: Vec<_> = found.iter().map(|found| found.arguments.join(" ")).collect();
        assert_eq!(options, ["--confg", ""]);
    }
}
