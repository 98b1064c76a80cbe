//! Reads QR codes off terminal text as a phone would: the text becomes a picture, zbarimg decodes that.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use unicode_width::UnicodeWidthChar;

use crate::{Ran, host};

/// How the terminal looks where a program says nothing about colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Light text on dark.
    Dark,
    /// Dark text on light.
    Light,
}

/// What the QR codes in terminal text say, on a terminal of this theme. A code that is light on dark is none: not every
/// phone reads those. Escape sequences are understood as far as they are about colours.
#[must_use]
pub fn read(text: &str, theme: Theme) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("terminal.pgm");
    fs::write(&file, picture(text, theme)).expect("a picture");
    of_picture(&file)
}

/// What the QR codes of a picture file say, such as a screenshot.
#[must_use]
pub fn of_picture(file: &Path) -> Vec<String> {
    let mut zbarimg = Command::new(host::system_program("/usr/bin/zbarimg", "zbar-tools"));
    zbarimg.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(file).current_dir("/");
    let ran = Ran::of(&mut zbarimg, b"", Duration::from_secs(20));
    // 4: no code in there.
    assert!(matches!(ran.code, 0 | 4), "zbarimg {}: {}", ran.code, ran.stderr);
    ran.stdout.lines().map(str::to_owned).collect()
}

/// The last `rows` of a terminal of so many columns that showed `text`, where a longer line goes on in the next row.
#[must_use]
pub fn last_rows(text: &str, rows: usize, columns: usize) -> Vec<String> {
    let mut all = Vec::new();
    for line in text.split('\n') {
        let (mut row, mut width) = (String::new(), 0);
        for c in line.trim_end_matches('\r').chars() {
            let wide = c.width().unwrap_or(0);
            if width + wide > columns {
                all.push(std::mem::take(&mut row));
                width = 0;
            }
            row.push(c);
            width += wide;
        }
        all.push(row);
    }
    all.split_off(all.len().saturating_sub(rows))
}

/// The text as a picture (PGM, grey): each character is one pixel wide and two high, and enlarged.
#[must_use]
pub fn picture(text: &str, theme: Theme) -> Vec<u8> {
    let rows = cells(text, theme);
    let around = Colours::of(theme).back;
    let width = rows.iter().map(Vec::len).max().unwrap_or_default() + 2 * BORDER;
    let height = 2 * rows.len() + 2 * BORDER;
    let mut pixels = vec![around; width * height];
    for (row, cells) in rows.iter().enumerate() {
        for (column, halves) in cells.iter().enumerate() {
            for (half, &grey) in halves.iter().enumerate() {
                pixels[(BORDER + 2 * row + half) * width + BORDER + column] = grey;
            }
        }
    }
    let mut file = format!("P5\n{} {}\n255\n", width * SCALE, height * SCALE).into_bytes();
    for row in pixels.chunks(width) {
        let wide: Vec<u8> = row.iter().flat_map(|&grey| [grey; SCALE]).collect();
        for _ in 0..SCALE {
            file.extend(&wide);
        }
    }
    file
}

// Shades of grey from 0, black.
#[derive(Clone, Copy)]
struct Colours {
    front: u8,
    back: u8,
    is_inverse: bool,
}

impl Colours {
    fn of(theme: Theme) -> Self {
        match theme {
            Theme::Dark => Self { front: LIGHT, back: DARK, is_inverse: false },
            Theme::Light => Self { front: DARK, back: LIGHT, is_inverse: false },
        }
    }

    // SGR, the part of ECMA-48 that sets colours.
    fn set(&mut self, codes: &str, theme: Theme) {
        let mut codes = codes.split([';', ':']).map(|code| code.parse::<u8>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::of(theme),
                7 => self.is_inverse = true,
                27 => self.is_inverse = false,
                30..=37 => self.front = basic(code - 30),
                90..=97 => self.front = basic(code - 90 + 8),
                39 => self.front = Self::of(theme).front,
                40..=47 => self.back = basic(code - 40),
                100..=107 => self.back = basic(code - 100 + 8),
                49 => self.back = Self::of(theme).back,
                38 => self.front = extended(&mut codes).unwrap_or(self.front),
                48 => self.back = extended(&mut codes).unwrap_or(self.back),
                _ => {}
            }
        }
    }
}

fn cells(text: &str, theme: Theme) -> Vec<Vec<[u8; 2]>> {
    let mut rows = Vec::new();
    let mut colours = Colours::of(theme);
    for line in text.split('\n') {
        let mut row = Vec::new();
        let mut chars = line.trim_end_matches('\r').chars();
        while let Some(c) = chars.next() {
            if c == '\u{1b}' {
                if let Some(codes) =
                    sequence(&mut chars).strip_prefix('[').and_then(|rest| rest.strip_suffix('m'))
                {
                    colours.set(codes, theme);
                }
                continue;
            }
            let (mut front, mut back) = (colours.front, colours.back);
            if colours.is_inverse {
                std::mem::swap(&mut front, &mut back);
            }
            row.push(match c {
                '█' => [front, front],
                '▀' => [front, back],
                '▄' => [back, front],
                // Letters are thin.
                _ => [back, back],
            });
        }
        rows.push(row);
    }
    rows
}

// The rest of an escape sequence, up to the letter that ends it.
fn sequence(chars: &mut impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for c in chars {
        text.push(c);
        if c.is_ascii_alphabetic() {
            break;
        }
    }
    text
}

fn extended(codes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    match codes.next()? {
        5 => Some(indexed(codes.next()?)),
        2 => {
            let (red, green, blue) = (codes.next()?, codes.next()?, codes.next()?);
            Some(grey(red, green, blue))
        }
        _ => None,
    }
}

fn indexed(colour: u8) -> u8 {
    match colour {
        0..=15 => basic(colour),
        16..=231 => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let cube = colour - 16;
            grey(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        232..=255 => 8 + 10 * (colour - 232),
    }
}

// As xterm has them: "white" is a light grey, and what is dim or bright depends on no theme.
fn basic(colour: u8) -> u8 {
    let level = if colour < 8 { 205 } else { 255 };
    let part = |bit: u8| if colour & bit == 0 { 0 } else { level };
    match colour {
        7 => 229,
        8 => 127,
        0..=6 | 9..=u8::MAX => grey(part(1), part(2), part(4)),
    }
}

// Luma as in BT.601.
fn grey(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    u8::try_from(sum / 1000).unwrap_or(u8::MAX)
}

const DARK: u8 = 20;
const LIGHT: u8 = 235;
const SCALE: usize = 6;
const BORDER: usize = 2;
