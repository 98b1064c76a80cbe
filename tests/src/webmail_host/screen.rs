//! What a person does in Roundcube, in a real browser.

use serde_json::Value;

use crate::Browser;

use super::Roundcube;

/// A browser at a Roundcube.
#[derive(Debug, Clone, Copy)]
pub struct Screen<'s> {
    browser: &'s Browser,
    roundcube: &'s Roundcube,
}

impl<'s> Screen<'s> {
    /// This browser at this Roundcube.
    #[must_use]
    pub fn new(browser: &'s Browser, roundcube: &'s Roundcube) -> Self {
        Self { browser, roundcube }
    }

    /// Opens a page.
    pub fn open(&self, path: &str) {
        self.browser.open(&self.roundcube.url(path));
    }

    /// Waits until it shows the inbox.
    #[track_caller]
    pub fn wait_for_inbox(&self) {
        self.browser.wait_until("the inbox", || self.is_inbox().then_some(()));
    }

    /// Whether it shows the inbox, with its list of messages there.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        let is_inbox = "return !!(window.rcmail && rcmail.env.task == 'mail' && rcmail.env.mailbox == 'INBOX' \
                        && rcmail.gui_objects.messagelist && !rcmail.busy)";
        self.browser.js(is_inbox) == Value::Bool(true)
    }

    /// Waits until the inbox lists a message with this subject.
    #[track_caller]
    pub fn wait_for_message(&self, subject: &str) {
        self.browser.wait_until(&format!("a message {subject}"), || {
            if self.browser.text().contains(subject) {
                return Some(());
            }
            self.browser.js("if (window.rcmail && rcmail.command) rcmail.command('checkmail')");
            crate::guard::pause(std::time::Duration::from_millis(300));
            None
        });
    }

    /// Begins a new mail.
    #[track_caller]
    pub fn compose(&self, to: &str, subject: &str, text: &str) {
        self.open_compose();
        self.browser.type_into("#compose_to .recipient-input input", &format!("{to},"));
        self.browser.type_into("#compose-subject", subject);
        self.browser.type_into("#composebody", text);
    }

    /// Opens the page for a new mail.
    #[track_caller]
    pub fn open_compose(&self) {
        // Roundcube forgets the new mail where a request of the page before, which asks for unread messages by itself, writes the
        // PHP session at the same time.
        for _ in 0..MOST_LOST {
            self.open("/?_task=mail&_action=compose");
            if self.is_composing() {
                break;
            }
        }
    }

    /// Waits until a mail can be written; false if Roundcube has lost it.
    #[track_caller]
    fn is_composing(&self) -> bool {
        let is_ready = "return document.readyState == 'complete' && window.rcmail && rcmail.env.action == 'compose' \
                        && !!document.querySelector('#composebody') \
                        && !!document.querySelector('#compose_to .recipient-input input')";
        self.browser.wait_until("a new mail", || {
            if self.browser.js(is_ready) == Value::Bool(true) {
                return Some(true);
            }
            self.browser.text().contains("Requested compose session not found").then_some(false)
        })
    }

    /// The text of the mail that is being written.
    #[must_use]
    pub fn text_being_written(&self) -> String {
        let text = self
            .browser
            .js("const text = document.querySelector('#composebody'); return text ? text.value : ''");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until Roundcube waits for nothing.
    #[track_caller]
    pub fn wait_until_idle(&self) {
        self.browser.wait_until("Roundcube to be idle", || {
            (self.browser.js("return !rcmail.busy") == Value::Bool(true)).then_some(())
        });
    }

    /// Attaches a file of text, by dropping it.
    #[track_caller]
    pub fn attach(&self, name: &str, text: &str) {
        let (name, text) = (Value::from(name), Value::from(text));
        self.browser.js(&format!(
            "const data = new DataTransfer();
             data.items.add(new File([{text}], {name}, {{type: 'text/plain'}}));
             rcmail.file_dropped({{target: {{}}, dataTransfer: data, preventDefault: () => 0, \
                                  stopPropagation: () => 0, type: 'drop'}});"
        ));
        let is_there = format!(
            "return Object.values(rcmail.env.attachments).some(file => file.name == {name} && file.complete)"
        );
        self.browser
            .wait_until("an attachment", || (self.browser.js(&is_there) == Value::Bool(true)).then_some(()));
    }

    /// Sends the mail.
    #[track_caller]
    pub fn send(&self) {
        self.browser.js("rcmail.command('send', '', null)");
    }

    /// Makes a filter that keeps mail with this word in its subject in a folder.
    #[track_caller]
    pub fn add_filter(&self, name: &str, word: &str, folder: &str) {
        // The frame that Roundcube shows it in, by itself.
        self.open("/?_task=settings&_action=plugin.managesieve-action&_framed=1");
        let is_ready = "return !!(window.rcmail && document.querySelector('#_name') \
                        && document.querySelector('[name^=\"_action_target\"]'))";
        self.browser
            .wait_until("a filter", || (self.browser.js(is_ready) == Value::Bool(true)).then_some(()));
        let (name, word, folder) = (Value::from(name), Value::from(word), Value::from(folder));
        self.browser.js(&format!(
            "const set = (css, value) => {{ const field = document.querySelector(css); field.value = value; \
                 field.dispatchEvent(new Event('change')); }};
             set('#_name', {name});
             document.querySelector('[name=_join][value=allof]') && \
                 (document.querySelector('[name=_join][value=allof]').checked = true);
             set('[name^=\"_header\"]', 'subject');
             set('[name^=\"_rule_target\"]:not(textarea)', {word});
             set('[name^=\"_action_type\"]', 'fileinto');
             set('[name^=\"_action_mailbox\"]', {folder});
             rcmail.command('plugin.managesieve-save');"
        ));
    }

    /// Logs out by the button.
    #[track_caller]
    pub fn log_out(&self) {
        self.switch_task("logout");
    }

    /// Presses a button of the menu until the page goes.
    #[track_caller]
    pub fn switch_task(&self, task: &str) {
        // The address says little: Roundcube changes it within a page, too.
        self.browser.js("window.is_left = false");
        let press =
            format!("if (window.rcmail) rcmail.command('switch-task', '{task}'); return window.is_left");
        self.browser.wait_until(&format!("{task} to be opened"), || {
            // While Roundcube waits for something else it ignores buttons.
            let here = self.browser.js(&press);
            crate::guard::pause(std::time::Duration::from_millis(300));
            (here == Value::Null || self.browser.js("return window.is_left") == Value::Null).then_some(())
        });
    }

    /// Waits until Roundcube's script knows this about its page.
    #[track_caller]
    pub fn wait_for_env(&self, name: &str, value: &str) {
        let script = format!("return window.rcmail ? rcmail.env.{name} : null");
        self.browser.wait_until(&format!("{name} to be {value}"), || {
            (self.browser.js(&script) == value).then_some(())
        });
    }
}

const MOST_LOST: usize = 3;
