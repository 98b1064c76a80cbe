//! How the admin lets the account's pages look.

use std::path::{Path, PathBuf};

use hyper::Uri;
use hyper::body::Bytes;
use postern_guarded_file::read_trusted;
use serde::Deserialize;

/// Name, logo, colours, and where people find help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branding {
    pub(super) name: String,
    /// An SVG picture.
    pub(super) logo: Option<Bytes>,
    pub(super) help_url: Option<String>,
    pub(super) footer: Option<String>,
    /// A style sheet that sets the colours.
    pub(super) style: String,
}

/// `[branding]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBranding {
    name: Option<String>,
    logo: Option<PathBuf>,
    color: Option<String>,
    dark_color: Option<String>,
    help_url: Option<String>,
    footer: Option<String>,
}

impl Branding {
    /// Checks `[branding]`, and reads the logo.
    pub(crate) fn read(raw: RawBranding) -> Result<Self, String> {
        let line = |key: &str, text: Option<String>, most: usize| match text {
            Some(text)
                if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) =>
            {
                Err(format!("branding.{key}: one line of 1 to {most} characters"))
            }
            text => Ok(text),
        };
        let mut style = String::new();
        if let Some(color) = raw.color {
            style.push_str(&format!(":root{{--main:{}}}\n", readable("color", &color, WHITE)?));
        }
        if let Some(color) = raw.dark_color {
            let color = readable("dark_color", &color, BLACK)?;
            style.push_str(&format!("@media (prefers-color-scheme:dark){{:root{{--main:{color}}}}}\n"));
        }
        if let Some(url) = &raw.help_url {
            let is_web =
                url.parse::<Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("https" | "http")));
            if !is_web {
                return Err("branding.help_url: an address such as https://example.org/help".to_owned());
            }
        }
        Ok(Self {
            name: line("name", raw.name, 64)?.unwrap_or_else(|| "Postern".to_owned()),
            logo: raw.logo.as_deref().map(read_logo).transpose()?,
            help_url: raw.help_url,
            footer: line("footer", raw.footer, 400)?,
            style,
        })
    }
}

fn read_logo(path: &Path) -> Result<Bytes, String> {
    let problem = |what: &str| format!("branding.logo: {}: {what}", path.display());
    if path.extension().is_none_or(|extension| extension != "svg") {
        return Err(problem("an SVG picture, in a file that ends with .svg"));
    }
    let text = read_trusted(path).map_err(|error| problem(&error.to_string()))?;
    Ok(Bytes::copy_from_slice(text.as_bytes()))
}

/// A colour of six hexadecimal digits that can be read on `ground` (WCAG 2.2, 1.4.3: a ratio of 4.5).
fn readable(key: &str, color: &str, ground: f64) -> Result<String, String> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
    let value = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(value) = value.filter(|_| color.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())) else {
        return Err(format!("branding.{key}: a colour such as \"#1f4e79\""));
    };
    let own = luminance(value);
    let (lighter, darker) = if own > ground { (own, ground) } else { (ground, own) };
    if (lighter + 0.05) / (darker + 0.05) < CONTRAST {
        let mend = if ground > 0.5 { "darker" } else { "lighter" };
        return Err(format!("branding.{key}: \"{color}\" is hard to read; take a {mend} colour"));
    }
    Ok(format!("#{value:06x}"))
}

/// The relative luminance (WCAG 2.2).
fn luminance(color: u32) -> f64 {
    let channel = |shift: u32| {
        let value = f64::from(color >> shift & 0xff) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

/// The ground of the light pages.
const WHITE: f64 = 1.0;
/// That of the dark pages, #1e232a.
const BLACK: f64 = 0.017;
const CONTRAST: f64 = 4.5;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Branding, String> {
        Branding::read(toml::from_str(text).unwrap())
    }

    #[test]
    fn a_colour_has_to_be_readable_on_its_ground() {
        assert_eq!(read("color = \"#1F4E79\"").unwrap().style, ":root{--main:#1f4e79}\n");
        assert!(read("color = \"#ffdd00\"").unwrap_err().contains("darker"));
        assert!(read("dark_color = \"#ffdd00\"").unwrap().style.contains("dark"));
        assert!(read("dark_color = \"#222222\"").unwrap_err().contains("lighter"));
        for wrong in ["red", "#fff", "#12345g", "#1f4e79;}", "#+12345"] {
            assert!(read(&format!("color = \"{wrong}\"")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_one_line_and_help_an_address() {
        assert_eq!(read("").unwrap().name, "Postern");
        assert!(read("name = \"\"").is_err() && read("footer = \"a\\nb\"").is_err());
        assert!(read("help_url = \"javascript:alert(1)\"").is_err());
        assert!(read("logo = \"/etc/passwd\"").unwrap_err().contains(".svg"));
    }
}
