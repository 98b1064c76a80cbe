/// A line of a PAM service file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// `@include FILE`, which Debian adds: every line of that file.
    IncludeAll(String),
    /// A module, or with the controls `include` and `substack` the lines of a file for the same management group.
    Module {
        /// The first field in lower case, without the `-` of a module that may be missing.
        group: String,
        /// The second field as it is written.
        control: String,
        /// The third field: the module's path, or the name of the included file.
        file: String,
        /// The fields that follow.
        arguments: Vec<String>,
    },
}

impl Line {
    /// The file that this line includes.
    #[must_use]
    pub fn included_file(&self) -> Option<&str> {
        match self {
            Self::IncludeAll(file) => Some(file),
            Self::Module { control, file, .. } => is_include(control).then_some(file),
        }
    }
}

/// The lines of a file that say something, each with its number. A line that backslashes continue has the number of its
/// beginning.
pub fn parse_file(text: &str) -> impl Iterator<Item = (usize, Line)> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    let mut is_continued = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default();
        let (line, continues) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
        match joined.last_mut().filter(|_| is_continued) {
            Some((_, begun)) => begun.push_str(&format!(" {line}")),
            None => joined.push((number, line.to_owned())),
        }
        is_continued = continues;
    }
    joined.into_iter().filter_map(|(number, line)| Some((number, parse_line(&line)?)))
}

fn parse_line(line: &str) -> Option<Line> {
    let mut words = words(line).into_iter();
    let group = words.next()?.to_ascii_lowercase();
    if group == "@include" {
        return Some(Line::IncludeAll(base_name(&words.next()?)));
    }
    let group = group.strip_prefix('-').unwrap_or(&group).to_owned();
    let (control, file) = (words.next()?, words.next()?);
    let file = if is_include(&control) { base_name(&file) } else { file };
    Some(Line::Module { group, control, file, arguments: words.collect() })
}

fn is_include(control: &str) -> bool {
    ["include", "substack"].iter().any(|word| control.eq_ignore_ascii_case(word))
}

/// Files are identified by name alone, without their folder.
fn base_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Splits at white space. A bracketed list is one word.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_bracketed) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '[' if word.is_empty() => {
                is_bracketed = true;
                word.push(c);
            }
            ']' if is_bracketed => {
                is_bracketed = false;
                word.push(c);
            }
            c if c.is_whitespace() && !is_bracketed => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
