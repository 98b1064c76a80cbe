//! The page and its files, compiled into the program.

/// A file of the page, open to every visitor.
#[derive(Debug)]
pub struct Asset {
    pub(crate) content_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

/// The page. [`TOKEN_PLACE`] marks where the token goes.
pub(crate) const PAGE: &str = include_str!("../page/index.html");
/// See [`PAGE`].
pub(crate) const TOKEN_PLACE: &str = "{{token}}";

/// The icon of both sites.
pub(crate) const ICON: &[u8] = include_bytes!("../page/icon.svg");
/// The style sheet of the account's pages.
pub(crate) const ACCOUNT_STYLE: &[u8] = include_bytes!("../page/account/account.css");
/// Their script. They work without it, but for copying, printing, saving, and following a phone.
pub(crate) const ACCOUNT_SCRIPT: &[u8] = include_bytes!("../page/account/account.js");

/// The file at `path`, other than the page.
pub(crate) fn at(path: &str) -> Option<&'static Asset> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, asset)| asset)
}

const fn asset(content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { content_type, bytes }
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const FILES: &[(&str, Asset)] = &[
    ("/api.js", asset(SCRIPT, include_bytes!("../page/api.js"))),
    ("/app.js", asset(SCRIPT, include_bytes!("../page/app.js"))),
    ("/bindings.js", asset(SCRIPT, include_bytes!("../page/bindings.js"))),
    ("/cards.js", asset(SCRIPT, include_bytes!("../page/cards.js"))),
    ("/dom.js", asset(SCRIPT, include_bytes!("../page/dom.js"))),
    ("/keys.js", asset(SCRIPT, include_bytes!("../page/keys.js"))),
    ("/link.js", asset(SCRIPT, include_bytes!("../page/link.js"))),
    ("/push.js", asset(SCRIPT, include_bytes!("../page/push.js"))),
    ("/views.js", asset(SCRIPT, include_bytes!("../page/views.js"))),
    ("/waiting.js", asset(SCRIPT, include_bytes!("../page/waiting.js"))),
    ("/words.js", asset(SCRIPT, include_bytes!("../page/words.js"))),
    ("/sw.js", asset(SCRIPT, include_bytes!("../page/sw.js"))),
    ("/style.css", asset("text/css; charset=utf-8", include_bytes!("../page/style.css"))),
    (
        "/manifest.webmanifest",
        asset("application/manifest+json", include_bytes!("../page/manifest.webmanifest")),
    ),
    ("/icon.svg", asset("image/svg+xml", ICON)),
    ("/icon-180.png", asset("image/png", include_bytes!("../page/icon-180.png"))),
    ("/icon-512.png", asset("image/png", include_bytes!("../page/icon-512.png"))),
];

#[cfg(test)]
mod tests;
