//! A user's phone: a real Chromium at phone size, driven over WebDriver (W3C) through chromedriver.
//!
//! Where Debian's headless shell is installed it is that: the same engine without the windows, menus and services around it, which
//! starts in a third of the time. A test that needs those asks for [`full`](BrowserBuilder::full).
//!
//! What a person does is a method: [`open`](Browser::open), [`click`](Browser::click), [`type_into`](Browser::type_into),
//! [`press`](Browser::press), [`wait_for_text`](Browser::wait_for_text). Each waits a while for what it needs, and panics with
//! what the page says where that does not come.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::guard;
use crate::host;
use crate::stopwatch::Stopwatch;

mod axe;
mod driver;
mod push;

use driver::Driver;

/// A browser with a profile of its own, which ends with it.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
    setup: Setup,
    shots: u32,
}

#[derive(Debug)]
struct Setup {
    language: String,
    dark: bool,
    is_desktop: bool,
    profile: tempfile::TempDir,
    output: PathBuf,
    user_agent: Option<String>,
    is_full: bool,
}

/// Makes a [`Browser`] that differs from the usual one.
#[derive(Debug)]
pub struct BrowserBuilder {
    name: String,
    language: String,
    dark: bool,
    is_desktop: bool,
    user_agent: Option<String>,
    is_full: bool,
}

impl Browser {
    /// A phone in English. `name` names the directory under `target/test-output` that screenshots go to.
    #[must_use]
    pub fn phone(name: &str) -> Self {
        Self::builder(name).start()
    }

    /// A phone with something else.
    #[must_use]
    pub fn builder(name: &str) -> BrowserBuilder {
        BrowserBuilder {
            name: name.to_owned(),
            language: "en-US".to_owned(),
            dark: false,
            is_desktop: false,
            user_agent: None,
            is_full: false,
        }
    }

    /// Goes to an address. One that differs in its fragment only is loaded anew as well, as from a scanned code.
    pub fn open(&self, url: &str) {
        let page = |url: &str| url.split('#').next().unwrap_or_default().trim_end_matches('/').to_owned();
        if page(&self.url()) == page(url) {
            self.driver.post("url", &json!({"url": "about:blank"}));
        }
        self.driver.post("url", &json!({"url": url}));
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.driver.post("refresh", &json!({}));
    }

    /// Ends the browser and starts it again with the same profile, as after a restart of the phone.
    pub fn restart(&mut self) {
        self.driver.quit();
        self.driver = self.setup.start();
    }

    /// The address that it shows.
    #[must_use]
    pub fn url(&self) -> String {
        self.driver.get("url").as_str().expect("an address").to_owned()
    }

    /// Presses a button, a link or a summary by its words, or the element that a CSS selector finds, once it is there.
    #[track_caller]
    pub fn click(&self, what: &str) {
        // The page may go between the two, and the next one has an element of the same words.
        self.wait_until(&format!("an element {what} to press"), || {
            let found = self.element(what, FIND_BY_WORDS);
            self.driver.post_unless_stale(&format!("element/{found}/click"), &json!({}))
        });
    }

    /// Puts text into a field in the place of what is there.
    #[track_caller]
    pub fn type_into(&self, css: &str, text: &str) {
        let found = self.element(css, FIND_BY_CSS);
        self.driver.post(&format!("element/{found}/clear"), &json!({}));
        self.driver.post(&format!("element/{found}/value"), &json!({"text": text}));
    }

    /// Presses a key wherever the focus is: `Tab`, `Shift+Tab`, `Enter`, `Space`, or a character.
    pub fn press(&self, key: &str) {
        let code = |key: &str| match key {
            "Tab" => "\u{e004}".to_owned(),
            "Enter" => "\u{e006}".to_owned(),
            "Shift" => "\u{e008}".to_owned(),
            "Space" => " ".to_owned(),
            other => other.to_owned(),
        };
        let keys: Vec<String> = key.split('+').map(code).collect();
        let down = keys.iter().map(|key| json!({"type": "keyDown", "value": key}));
        let up = keys.iter().rev().map(|key| json!({"type": "keyUp", "value": key}));
        let actions: Vec<Value> = down.chain(up).collect();
        self.driver.post("actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]}));
    }

    /// Types one character wherever the focus is.
    pub fn press_character(&self, character: char) {
        let key = character.to_string();
        let actions = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.driver.post("actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]}));
    }

    /// The visible text of the page.
    #[must_use]
    pub fn text(&self) -> String {
        self.js("return document.body ? document.body.innerText : ''").as_str().unwrap_or_default().to_owned()
    }

    /// The visible text of the first element that a CSS selector finds.
    #[must_use]
    #[track_caller]
    pub fn text_of(&self, css: &str) -> String {
        let found = self.element(css, FIND_BY_CSS);
        self.driver.get(&format!("element/{found}/text")).as_str().expect("text").to_owned()
    }

    /// Waits until the page says something.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        self.wait_until(&format!("“{text}”"), || self.text().contains(text).then_some(()));
    }

    /// Waits until the page no longer says something.
    #[track_caller]
    pub fn wait_without_text(&self, text: &str) {
        self.wait_until(&format!("“{text}” to go"), || (!self.text().contains(text)).then_some(()));
    }

    /// Runs the body of a function in the page; `arguments` are not passed, so put them into the text.
    #[track_caller]
    pub fn js(&self, script: &str) -> Value {
        self.driver.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// The same for a script that may `await`; what it returns is waited for.
    #[track_caller]
    pub fn js_async(&self, script: &str) -> Value {
        let wrapped = format!(
            "const done = arguments[arguments.length - 1];
             (async function () {{ {script} }})().then(done, function (error) {{ done('failed: ' + error); }});"
        );
        self.driver.post("execute/async", &json!({"script": wrapped, "args": []}))
    }

    /// Saves the whole page as a picture: `NAME.png` in the test's output, numbered in the order of the pictures.
    pub fn screenshot(&mut self, name: &str) -> PathBuf {
        self.shots += 1;
        let whole = json!({"format": "png", "captureBeyondViewport": true, "optimizeForSpeed": true});
        let shot = self.cdp("Page.captureScreenshot", &whole);
        let path = self.setup.output.join(format!("{:02}-{name}.png", self.shots));
        driver::write_png(&path, shot["data"].as_str().expect("a picture"));
        path
    }

    /// Cuts the page off from every network, or lets it back. The page's service worker is its own process: to see it without
    /// network, stop the server.
    pub fn offline(&self, is_offline: bool) {
        let rate = if is_offline { 0 } else { -1 };
        let conditions = json!({"offline": is_offline, "latency": 0, "download_throughput": rate,
            "upload_throughput": rate});
        self.driver.post("chromium/network_conditions", &json!({"network_conditions": conditions}));
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        self.driver.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// What the console has said since the last call: errors and violations of the page's policy. A status that is no success
    /// is none of these.
    #[must_use]
    pub fn console(&self) -> Vec<String> {
        let entries = self.driver.post("se/log", &json!({"type": "browser"}));
        let entries = entries.as_array().cloned().unwrap_or_default();
        let messages = entries.iter().filter_map(|entry| Some(entry["message"].as_str()?.to_owned()));
        messages.filter(|message| !message.contains("the server responded with a status of")).collect()
    }

    /// Hands a push message to the service worker of a page, as the browser's notification service would after it was
    /// decrypted. `origin` is the page's address.
    #[track_caller]
    pub fn deliver_push(&self, origin: &str, message: &str) {
        push::deliver(&self.driver, origin.trim_end_matches('/'), message);
    }

    /// What axe-core finds wrong with the page, a text for each rule: WCAG 2.2 A and AA, and what axe calls best practice.
    #[must_use]
    #[track_caller]
    pub fn violations(&self) -> Vec<String> {
        axe::violations(self)
    }

    /// Panics unless axe-core finds the page usable for everyone; see [`violations`](Self::violations).
    #[track_caller]
    pub fn axe(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "axe at {}:\n{}", self.url(), violations.join("\n"));
    }

    /// Waits until `found` gives something, else panics with what the page says.
    #[track_caller]
    pub fn wait_until<T>(&self, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
        let waited = Stopwatch::start();
        loop {
            if let Some(found) = found() {
                return found;
            }
            assert!(
                !waited.is_over(LIMIT),
                "waited {} in vain for {what}; the page says:\n{}",
                waited.elapsed(),
                self.text()
            );
            guard::pause(Duration::from_millis(50));
        }
    }

    /// An element that is there, visible and ready.
    #[track_caller]
    fn element(&self, what: &str, find: &str) -> String {
        self.wait_until(&format!("an element {what}"), || {
            let found = self.driver.post("execute/sync", &json!({"script": find, "args": [what]}));
            found[driver::ELEMENT].as_str().map(str::to_owned)
        })
    }
}

impl BrowserBuilder {
    /// Another language than `en-US`, such as `zh-CN`.
    #[must_use]
    pub fn language(mut self, tag: &str) -> Self {
        tag.clone_into(&mut self.language);
        self
    }

    /// With light letters on dark ground.
    #[must_use]
    pub fn dark(mut self) -> Self {
        self.dark = true;
        self
    }

    /// A window of a desktop, and not a phone.
    #[must_use]
    pub fn desktop(mut self) -> Self {
        self.is_desktop = true;
        self
    }

    /// What it says that it is.
    #[must_use]
    pub fn user_agent(mut self, name: &str) -> Self {
        self.user_agent = Some(name.to_owned());
        self
    }

    /// The whole program, which shows notifications too.
    #[must_use]
    pub fn full(mut self) -> Self {
        self.is_full = true;
        self
    }

    /// Starts it.
    #[must_use]
    pub fn start(self) -> Browser {
        let profile = tempfile::Builder::new().prefix("browser.").tempdir_in(IN_MEMORY).expect("a directory");
        let output = host::output_dir(&self.name);
        let Self { language, dark, is_desktop, user_agent, is_full, .. } = self;
        let setup = Setup { language, dark, is_desktop, profile, output, user_agent, is_full };
        Browser { driver: setup.start(), setup, shots: 0 }
    }
}

impl Setup {
    fn start(&self) -> Driver {
        let mut arguments = vec![
            "--headless=new".to_owned(),
            // Both need what a test host inside a container does not have.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-extensions".to_owned(),
            // Pages of the browser's own that it loads ahead: half of what a start costs.
            "--disable-features=PreloadTopChromeWebUI,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,\
             SpareRendererForSitePerProcess"
                .to_owned(),
            format!("--lang={}", self.language),
            format!("--accept-lang={}", self.language),
            format!("--user-data-dir={}", self.profile.path().join("profile").display()),
        ];
        if self.dark {
            arguments.push("--force-dark-mode".to_owned());
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let user_agent = self.user_agent.as_deref().unwrap_or(USER_AGENT);
        if self.is_desktop {
            arguments.push("--window-size=1200,900".to_owned());
        }
        let mut options = json!({
            "binary": chromium(self.is_full),
            "args": arguments,
            "prefs": {"intl.accept_languages": self.language},
        });
        if !self.is_desktop {
            let screen =
                json!({"width": 390, "height": 844, "pixelRatio": 2.0, "touch": true, "mobile": true});
            options["mobileEmulation"] = json!({"deviceMetrics": screen, "userAgent": user_agent});
        }
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "WARNING"},
            // Servers of tests vouch for themselves.
            "acceptInsecureCerts": true,
            "timeouts": {"script": 60_000, "pageLoad": 60_000},
        }}});
        Driver::start(&chromedriver(), self.profile.path(), &self.output, &capabilities)
    }
}

fn chromium(is_full: bool) -> PathBuf {
    let shell = Path::new("/usr/lib/chromium/chromium-headless-shell");
    if !is_full && shell.exists() && std::env::var_os("POSTERN_CHROMIUM").is_none() {
        return Path::new(env!("CARGO_MANIFEST_DIR")).join("headless-shell");
    }
    found(
        "POSTERN_CHROMIUM",
        &["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"],
    )
}

fn chromedriver() -> PathBuf {
    found("POSTERN_CHROMEDRIVER", &["/usr/bin/chromedriver", "/usr/local/bin/chromedriver"])
}

fn found(variable: &str, usual: &[&str]) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return PathBuf::from(path);
    }
    // On Ubuntu some of these only start a snap, which finds nothing of a private test host.
    let is_program = |path: &&&str| std::fs::metadata(path).is_ok_and(|meta| meta.len() > 0);
    usual.iter().find(is_program).map_or_else(
        || panic!("none of {usual:?} is here: run scripts/install-packages, or name one in {variable}"),
        PathBuf::from,
    )
}

const FIND_BY_CSS: &str = "
const found = document.querySelector(arguments[0]);
return found && found.getClientRects().length > 0 && !found.disabled ? found : null;";
const FIND_BY_WORDS: &str = "
const what = arguments[0];
const isThere = (e) => e.getClientRects().length > 0 && !e.disabled;
const words = Array.from(document.querySelectorAll('button, a, summary, label')).filter(isThere)
    .find((e) => e.textContent.trim() === what);
if (words) { return words; }
try {
    return Array.from(document.querySelectorAll(what)).find(isThere) || null;
} catch (error) {
    return null;
}";
const USER_AGENT: &str = "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A) AppleWebKit/537.36 (KHTML, like Gecko) \
                          Chrome/126.0.0.0 Mobile Safari/537.36";
/// A test host has one of its own. On a disk, the databases of each profile would keep everything else waiting.
const IN_MEMORY: &str = "/dev/shm";
const LIMIT: Duration = Duration::from_secs(20);
