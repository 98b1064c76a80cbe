use std::io::Result;

use crate::qr::{self, Theme};
use crate::terminal_user::TerminalUser;
use crate::{Browser, Ssh, Web};

use super::ssh::LoginHost;
use super::{ALICE, Demo};

impl Demo<'_> {
    /// A login that a phone approves: a real browser at the size of a phone stands in for it.
    pub(super) fn phone(&mut self, host: &LoginHost, web: &Web) -> Result<()> {
        self.story.heading("A phone that approves")?;
        let page = format!("\n[web]\nurl = \"{}\"\n", web.url());
        self.site.edit_config(|text| format!("{text}{page}"));
        self.posternd.reload();
        self.story
            .say("postern-web serves the page for phones, as a user of its own and without a secret.")?;
        let mut browser = Browser::phone("demo");
        self.bind_phone(host, &mut browser)?;
        self.approve(host, &mut browser)
    }

    fn bind_phone(&mut self, host: &LoginHost, browser: &mut Browser) -> Result<()> {
        let mut alice = self.site.my_at_terminal(&host.alice, &["enrol", "--kind", "phone"]);
        alice.expect("Main password");
        alice.answer_hidden(&self.main_password);
        alice.expect("Code from");
        alice.answer_visible(&host.app.next_code());
        alice.expect("six digits");
        let uris = qr::read(&alice.text(), Theme::Dark);
        let uri = uris.first().cloned().unwrap_or_default();
        self.story.say("Alice runs: postern my enrol --kind phone")?;
        self.story.check(
            "a scanner reads the QR code off the terminal",
            uris.len() == 1,
            "the page's address",
        )?;
        browser.open(&uri);
        browser.wait_for_text("Name of this phone");
        browser.click("Set up this phone");
        browser.wait_for_text("Compare these six digits");
        alice.type_line("");
        alice.expect("Does the phone show");
        let asked = alice.text();
        let asked = asked.rsplit("Does the phone show ").next().unwrap_or_default();
        let code: String = asked.chars().take("123 456".len()).collect();
        let is_same = code.len() == "123 456".len() && browser.text().contains(&code);
        self.story.check("terminal and phone show the same six digits", is_same, &code)?;
        alice.answer_visible("y");
        let (status, _) = alice.ends();
        browser.wait_for_text("This phone is set up");
        self.story.check("the phone is set up", status == 0, "it signs with a key that never leaves it")
    }

    fn approve(&mut self, host: &LoginHost, browser: &mut Browser) -> Result<()> {
        let mut alice: TerminalUser = Ssh::to(&host.sshd).user(ALICE).batch().start();
        alice.expect("Password:");
        alice.answer_hidden(&self.main_password);
        alice.expect("or a number from the list");
        alice.answer_visible("2");
        let asked = alice.expect(" on your phone and approve there");
        let number = asked[asked.len() - 2..].to_owned();
        alice.expect("or type a code");
        browser.wait_for_text("A login is waiting for your answer");
        browser.click("Open");
        browser.wait_for_text("ssh login");
        let text = browser.text();
        let is_shown = text.contains(ALICE) && !shows(&text, &number);
        self.story.check("the phone shows who wants in, and not the number", is_shown, &number)?;
        browser.type_into("#number", &number);
        browser.click("Approve");
        browser.wait_for_text("Approved");
        alice.type_line("");
        let is_in = alice.gets_in();
        self.story.check("ssh lets Alice in once the phone has approved", is_in, "a shell")
    }
}

/// Whether a text has a number of its own, and not as a part of 127.0.0.1 or as the seconds that are left.
fn shows(text: &str, number: &str) -> bool {
    let is_number = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()) == number;
    text.lines().any(|line| line != format!("{number} s") && line.split_whitespace().any(is_number))
}

#[cfg(test)]
mod tests {
    use super::shows;

    #[test]
    fn a_number_is_seen_among_words_and_not_in_an_address_or_a_time() {
        let page = "Is this you?\nFrom\n127.0.0.1\nTime left\n27 s\n";
        assert!(!shows(page, "27"));
        for line in ["27", "the number is 27.", "Number (27) shown"] {
            assert!(shows(&format!("{page}{line}\n"), "27"), "{line}");
        }
    }
}
