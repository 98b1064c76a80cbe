//! As much of man(7) as the man pages use.

use crate::document::{Block, Span};

/// A line of text without its fonts and escapes; a macro's arguments one after the other.
pub(crate) fn plain(line: &str) -> String {
    let text: String = pieces(line).into_iter().map(|(_, text)| text).collect();
    text.trim_end().to_owned()
}

/// What is bold or italic: names, and values to be chosen. What an alternating macro joins is also there as a whole.
pub(crate) fn emphasised(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with(".TH") || line.starts_with(".SH") {
            continue;
        }
        let found = pieces(line).into_iter().filter(|(font, _)| *font != Font::Roman);
        spans.extend(found.map(|(_, text)| Span { line: number + 1, text: text.trim().to_owned() }));
    }
    spans.retain(|span| !span.text.is_empty());
    spans
}

/// What stands between .EX and .EE, or .nf and .fi.
pub(crate) fn examples(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (line, &mut open) {
            (".EX" | ".nf", None) => {
                open = Some(Block { line: number + 2, language: String::new(), text: String::new() });
            }
            (".EE" | ".fi", Some(_)) => blocks.extend(open.take()),
            (_, Some(block)) => {
                block.text.push_str(&plain(line));
                block.text.push('\n');
            }
            (_, None) => {}
        }
    }
    blocks
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Font {
    Roman,
    Bold,
    Italic,
}

/// A line in parts of one font.
pub(crate) fn pieces(line: &str) -> Vec<(Font, String)> {
    let Some(request) = line.strip_prefix('.') else { return inline(line, Font::Roman) };
    let (name, rest) = request.split_once(' ').unwrap_or((request, ""));
    let fonts = match name {
        "B" | "SB" | "SH" | "SS" => [Font::Bold; 2],
        "I" => [Font::Italic; 2],
        "BR" => [Font::Bold, Font::Roman],
        "RB" => [Font::Roman, Font::Bold],
        "IR" => [Font::Italic, Font::Roman],
        "RI" => [Font::Roman, Font::Italic],
        "BI" => [Font::Bold, Font::Italic],
        "IB" => [Font::Italic, Font::Bold],
        _ => return Vec::new(),
    };
    let arguments = arguments(rest);
    if fonts[0] == fonts[1] {
        return inline(&arguments.join(" "), fonts[0]);
    }
    let each = arguments.iter().zip(fonts.into_iter().cycle());
    each.flat_map(|(argument, font)| inline(argument, font)).collect()
}

/// Splits at `\f`, and resolves the other escapes.
fn inline(text: &str, outer: Font) -> Vec<(Font, String)> {
    let mut pieces = Vec::new();
    let (mut font, mut piece) = (outer, String::new());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        piece.push_str(before);
        let (plain, length) = match escape.as_bytes() {
            [b'f', b'B', ..] => (Err(Font::Bold), 2),
            [b'f', b'I', ..] => (Err(Font::Italic), 2),
            [b'f', _, ..] => (Err(outer), 2),
            [b'(', b'd', b'q', ..] => (Ok("\""), 3),
            [b'(', b'a', b'q', ..] => (Ok("'"), 3),
            [b'(', ..] => (Ok(""), 3),
            [b'e', ..] => (Ok("\\"), 1),
            [b'-', ..] => (Ok("-"), 1),
            [b' ' | b'~', ..] => (Ok(" "), 1),
            [b'&' | b'|' | b'^' | b':' | b'%', ..] => (Ok(""), 1),
            _ => (Ok("\\"), 0),
        };
        match plain {
            Ok(plain) => piece.push_str(plain),
            Err(next) => {
                pieces.push((font, std::mem::take(&mut piece)));
                font = next;
            }
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    piece.push_str(rest);
    pieces.push((font, piece));
    pieces.retain(|(_, text)| !text.is_empty());
    pieces
}

/// A macro's arguments: words, or quoted.
fn arguments(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (argument, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        arguments.push(argument.to_owned());
        rest = behind.trim_start();
    }
    arguments
}

#[test]
fn fonts_and_escapes_are_read() {
    assert_eq!(plain(".BR postern.toml (5),"), "postern.toml(5),");
    assert_eq!(plain(r#"\fBkind\fR = "a\-b" \(dqc\(dq \exHH"#), r#"kind = "a-b" "c" \xHH"#);
    let page =
        ".TP\n\\fB\\-\\-config\\fR \\fIFILE\\fR\n.BR \"postern key reseal\" ,\n.B postern check\nplain\n";
    let spans: Vec<_> = emphasised(page).into_iter().map(|span| (span.line, span.text)).collect();
    let expected = [(2, "--config"), (2, "FILE"), (3, "postern key reseal"), (4, "postern check")];
    assert_eq!(spans, expected.map(|(line, text)| (line, text.to_owned())));
}

#[test]
fn examples_of_a_page_are_its_blocks() {
    let blocks = examples("text\n.PP\n.nf\npostern check \\-\\-quiet\n.fi\nmore\n");
    assert_eq!(blocks.len(), 1);
    assert_eq!((blocks[0].line, blocks[0].text.as_str()), (4, "postern check --quiet\n"));
}
