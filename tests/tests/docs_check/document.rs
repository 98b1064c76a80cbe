//! The texts that are checked, and the parts of them that name something.

use crate::{files_below, read, roff, workspace};

/// A guide, a man page or an example.
#[derive(Debug)]
pub(crate) struct Document {
    /// The path in the workspace.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Markdown,
    ManPage,
    Example,
}

/// A few words in the text that are set as code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Lines that are set as code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The line of its first line.
    pub(crate) line: usize,
    /// `sh`, `toml` and so on; empty if the text does not say.
    pub(crate) language: String,
    pub(crate) text: String,
}

/// Everything that is checked.
pub(crate) fn all() -> Vec<Document> {
    let top = [
        "roundcube/postern/config.inc.php.dist",
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "roundcube/README.md",
    ];
    let mut names: Vec<String> = top.into_iter().map(str::to_owned).collect();
    for folder in ["docs", "packaging", "ldap-schema"] {
        let is_document = |name: &String| !NO_DOCUMENTS.iter().any(|folder| name.starts_with(folder));
        names.extend(files_below(folder).into_iter().filter(is_document));
    }
    names.into_iter().filter_map(|name| Document::open(&name)).collect()
}

/// What people see at work, what packages are made of, and what is generated.
const NO_DOCUMENTS: &[&str] = &[
    "docs/transcripts/",
    "packaging/apparmor/",
    "packaging/completions/",
    "packaging/debian/",
    "packaging/rpm/",
    "packaging/selinux/",
];

/// The guides: what people read in order to do something.
pub(crate) fn guides() -> impl Iterator<Item = Document> {
    all().into_iter().filter(|document| {
        document.kind == Kind::Markdown
            && (document.name.starts_with("docs/") || document.name == "README.md")
    })
}

pub(crate) fn named(name: &str) -> Document {
    Document::open(name).unwrap_or_else(|| panic!("{name} is no text"))
}

impl Document {
    /// `None` if the file is no text, such as a compiled policy.
    fn open(name: &str) -> Option<Self> {
        let bytes = std::fs::read(workspace().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Some(Self::new(name, &String::from_utf8(bytes).ok()?))
    }

    pub(crate) fn new(name: &str, text: &str) -> Self {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let kind = match extension {
            "md" => Kind::Markdown,
            "1" | "5" | "7" | "8" => Kind::ManPage,
            _ => Kind::Example,
        };
        let text = if name == "CHANGELOG.md" { newest_section(text) } else { text.to_owned() };
        Self { name: name.to_owned(), kind, text }
    }

    pub(crate) fn blocks(&self) -> Vec<Block> {
        match self.kind {
            Kind::Markdown => fenced(&self.text),
            Kind::ManPage => roff::examples(&self.text),
            Kind::Example => Vec::new(),
        }
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        match self.kind {
            Kind::Markdown => ticked(&without_blocks(&self.text)),
            Kind::ManPage => roff::emphasised(&self.text),
            Kind::Example => ticked(&self.text),
        }
    }

    /// The text as a reader sees it, line by line.
    pub(crate) fn lines(&self) -> Vec<(usize, String)> {
        let lines = self.text.lines().enumerate();
        let seen = lines.map(|(number, line)| match self.kind {
            Kind::ManPage => (number + 1, roff::plain(line)),
            Kind::Markdown | Kind::Example => (number + 1, line.to_owned()),
        });
        seen.collect()
    }

    /// Where something is, for a finding.
    pub(crate) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.name)
    }
}

/// Earlier versions had other commands and keys.
fn newest_section(text: &str) -> String {
    let mut headings = 0;
    let newest = text.lines().take_while(|line| {
        headings += usize::from(line.starts_with("## "));
        headings < 2
    });
    newest.map(|line| format!("{line}\n")).collect()
}

/// The blocks between fences.
fn fenced(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Block)> = None;
    for (number, line) in text.lines().enumerate() {
        let fence = line.trim_start();
        match &mut open {
            Some((mark, _)) if fence.trim_end() == *mark => {
                blocks.extend(open.take().map(|(_, block)| block))
            }
            Some((_, block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {
                let mark = ["````", "```"].into_iter().find(|mark| fence.starts_with(mark));
                open = mark.map(|mark| {
                    let language = fence.trim_start_matches('`').trim().to_owned();
                    (mark, Block { line: number + 2, language, text: String::new() })
                });
            }
        }
    }
    blocks
}

/// The text with empty lines in the place of its blocks.
fn without_blocks(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for block in fenced(text) {
        // The fences, too.
        let (first, count) = (block.line - 2, block.text.lines().count() + 2);
        lines[first..first + count].fill("");
    }
    lines.join("\n")
}

/// What stands between backticks, possibly across the end of a line.
fn ticked(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut line = 1;
    for paragraph in text.split("\n\n") {
        let mut number = line;
        for (index, part) in paragraph.split('`').enumerate() {
            if index % 2 == 1 && !part.is_empty() && !part.starts_with("\n") {
                let words: Vec<&str> = part.split_whitespace().filter(|word| *word != "#").collect();
                spans.push(Span { line: number, text: words.join(" ") });
            }
            number += part.matches('\n').count();
        }
        line += paragraph.matches('\n').count() + 2;
    }
    spans
}

#[test]
fn blocks_and_spans_are_found_with_their_lines() {
    let text =
        "# A `b`\n\n```sh\npostern init\n`x`\n```\n`c\nd` and `e`\n\n    ```toml\n    a = 1\n    ```\n";
    let document = Document::new("docs/a.md", text);
    let blocks: Vec<_> =
        document.blocks().into_iter().map(|block| (block.line, block.language, block.text)).collect();
    assert_eq!(
        blocks,
        [
            (4, "sh".to_owned(), "postern init\n`x`\n".to_owned()),
            (11, "toml".to_owned(), "    a = 1\n".to_owned())
        ]
    );
    let spans: Vec<_> = document.spans().into_iter().map(|span| (span.line, span.text)).collect();
    let expected = [(1, "b"), (7, "c d"), (8, "e")];
    assert_eq!(spans, expected.map(|(line, text)| (line, text.to_owned())));
}

#[test]
fn only_the_newest_section_of_the_changelog_counts() {
    let text = "# Changelog\n\n## 0.2\n\n`postern new`\n\n## 0.1\n\n`postern old`\n";
    let spans = Document::new("CHANGELOG.md", text).spans();
    assert_eq!(spans.iter().map(|span| span.text.as_str()).collect::<Vec<_>>(), ["postern new"]);
}

#[test]
fn every_guide_and_man_page_is_among_the_documents() {
    let found = all();
    for name in
        ["README.md", "docs/redis.md", "docs/man/posternd.8", "packaging/pam/sshd", "roundcube/README.md"]
    {
        assert!(found.iter().any(|document| document.name == name), "{name}");
    }
    let lines = |name: &str| read(&workspace().join(name)).lines().count();
    assert_eq!(named("docs/redis.md").lines().len(), lines("docs/redis.md"));
}
