use postern_tests::Browser;

use crate::OnPhone;
use crate::phone_posternd::ACCOUNT;

#[test]
fn a_phone_is_bound_by_a_proof_and_a_code_that_both_sides_know() {
    let phone = OnPhone::new("bind");
    phone.browser.open(&phone.web.url());
    phone.browser.wait_for_text("postern my phone enrol");
    phone.bind();
    phone.browser.wait_for_text("This phone is set up for alice.");
    assert_eq!(phone.phone_posternd.state().bound.as_ref().unwrap().name, "Pixel");
    assert!(phone.browser.text().contains("alice · example.org"));
    assert_eq!(phone.browser.console(), Vec::<String>::new());
}

#[test]
fn the_secret_of_the_code_never_leaves_the_page() {
    let phone = OnPhone::new("secret");
    let address = phone.phone_posternd.qr_code(&phone.web.url());
    let secret = address.rsplit('.').next().unwrap();
    phone.bind();
    let said: Vec<String> =
        phone.phone_posternd.conversations().iter().map(|said| format!("{said:?}")).collect();
    assert!(said.iter().any(|said| said.contains("proof")));
    assert!(!said.iter().any(|said| said.contains(secret)));
    assert!(!phone.web.log().contains(secret));
    assert_eq!(phone.browser.url(), phone.web.url(), "it is gone from the address");
    let kept = phone.browser.js_async(
        "const list = await Bindings.list(); return list.map((one) => [Object.keys(one), one.key.extractable, one.code.extractable])",
    );
    assert_eq!((&kept[0][1], &kept[0][2]), (&false.into(), &false.into()), "{kept}");
    let texts = phone.browser.js_async(
        "return JSON.stringify(await Bindings.list()) + JSON.stringify(Object.entries(localStorage))",
    );
    assert!(!texts.as_str().unwrap().contains(secret), "{texts}");
}

#[test]
fn a_phone_stays_bound_when_it_is_restarted() {
    let mut phone = OnPhone::new("restart");
    phone.bind();
    phone.browser.restart();
    phone.browser.open(&phone.web.url());
    phone.browser.wait_for_text("No login is waiting for your answer.");
    phone.browser.wait_for_text("alice · example.org");
}

#[test]
fn a_reload_goes_on_waiting_for_the_terminal() {
    let phone = OnPhone::new("reload");
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.click("Set up this phone");
    let shown = phone.browser.text_of("#compare");
    phone.browser.reload();
    phone.browser.wait_for_text("Compare these six digits");
    assert_eq!(phone.browser.text_of("#compare"), shown);
    phone.phone_posternd.confirm();
    phone.browser.wait_for_text("This phone is set up for alice.");
    assert_eq!(
        phone.phone_posternd.state().bound.as_ref().unwrap().name,
        "Pixel 8",
        "what the browser says of the phone"
    );
}

#[test]
fn a_code_that_is_spent_or_cut_short_is_said_to_be() {
    let phone = OnPhone::new("spent");
    let whole = phone.phone_posternd.qr_code(&phone.web.url());
    let (account, _) = whole.rsplit_once('.').unwrap();
    phone.browser.open(&format!("{account}.{}", "A".repeat(32)));
    phone.browser.click("Set up this phone");
    phone.browser.wait_for_text("This QR code is no longer valid.");
    assert!(phone.browser.js_async("return (await Bindings.list()).length") == 0, "nothing is kept of it");
    phone.browser.open(&whole[..whole.rfind('.').unwrap()]);
    phone.browser.wait_for_text("This address is not complete.");
    for cut in [1, 4, 33] {
        phone.browser.open(&whole[..whole.len() - cut]);
        phone.browser.wait_for_text("This address is not complete.");
    }
}

#[test]
fn an_address_of_any_form_binds() {
    for (name, is_earlier) in [("long", false), ("earlier", true)] {
        let phone = OnPhone::new(name);
        phone.phone_posternd.state().is_earlier = is_earlier;
        let page = phone.web.url();
        let address = if is_earlier {
            phone.phone_posternd.earlier_qr_code(&page)
        } else {
            phone.phone_posternd.long_qr_code(&page)
        };
        phone.browser.open(&address);
        phone.browser.click("Set up this phone");
        assert_eq!(phone.browser.text_of("#compare"), phone.phone_posternd.compare_code());
        phone.phone_posternd.confirm();
        phone.browser.wait_for_text("This phone is set up for alice.");
    }
}

#[test]
fn the_address_above_the_code_can_be_pasted() {
    let phone = OnPhone::new("paste");
    phone.browser.open(&phone.web.url());
    phone.browser.type_into("#address", "https://example.org/");
    phone.browser.click("Go on");
    phone.browser.wait_for_text("This is not the address above the QR code.");
    phone.browser.type_into("#address", &phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.click("Go on");
    phone.browser.type_into("#name", "");
    phone.browser.click("button[type=submit]");
    phone.browser.wait_for_text("A name has 1 to 64 characters.");
    phone.browser.type_into("#name", "工作 <b>手机</b> 📱");
    phone.browser.click("button[type=submit]");
    assert_eq!(phone.browser.text_of("#compare"), phone.phone_posternd.compare_code());
    phone.phone_posternd.confirm();
    phone.browser.wait_for_text("This phone: 工作 <b>手机</b> 📱");
}

#[test]
fn a_person_who_gave_up_at_the_phone_starts_over() {
    let phone = OnPhone::new("cancel");
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.click("Set up this phone");
    phone.browser.wait_for_text("Compare these six digits");
    phone.browser.click("Cancel");
    phone.browser.wait_for_text("This phone is not set up for an account yet.");
}

#[test]
fn a_terminal_that_ends_ends_the_binding_and_the_next_one_begins_at_once() {
    let phone = OnPhone::new("ended");
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.click("Set up this phone");
    phone.browser.wait_for_text("This phone is being set up for the account alice.");
    // The person says no at the terminal, or closes it.
    phone.phone_posternd.state().offered = None;
    phone.browser.wait_for_text("It was not confirmed at the terminal, so this phone is not set up.");
    phone.browser.click("Back");
    phone.browser.wait_for_text("This phone is not set up for an account yet.");
    phone.phone_posternd.renew();
    phone.bind();
    phone.browser.wait_for_text("This phone is set up for alice.");
    assert!(!phone.browser.text().contains("Compare these six digits"), "{}", phone.browser.text());
}

#[test]
fn a_second_try_takes_the_place_of_the_first() {
    let phone = OnPhone::new("twice");
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.click("Set up this phone");
    phone.browser.wait_for_text("Compare these six digits");
    phone.phone_posternd.renew();
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.click("Set up this phone");
    assert_eq!(phone.browser.text_of("#compare"), phone.phone_posternd.compare_code());
    phone.browser.click("Cancel");
    phone.browser.wait_for_text("This phone is not set up for an account yet.");
}

#[test]
fn a_code_that_is_scanned_twice_keeps_its_key() {
    let phone = OnPhone::new("rescan");
    let address = phone.phone_posternd.qr_code(&phone.web.url());
    phone.browser.open(&address);
    phone.browser.click("Set up this phone");
    let shown = phone.browser.text_of("#compare");
    phone.browser.open(&address);
    phone.browser.reload();
    phone.browser.wait_for_text("Compare these six digits");
    assert_eq!(phone.browser.text_of("#compare"), shown);
    phone.phone_posternd.confirm();
    phone.browser.wait_for_text("This phone is set up for alice.");
}

#[test]
fn a_login_that_waits_is_shown_while_a_phone_is_being_bound() {
    let phone = OnPhone::new("meanwhile");
    phone.bind();
    // Another account's code: this page waits for another terminal.
    phone.browser.open(&format!("{}#b.another.{}", phone.web.url(), "A".repeat(32)));
    phone.browser.wait_for_text("Name of this phone");
    drop(phone.phone_posternd.challenge(1, 100));
    phone.browser.wait_for_text("Waiting for your answer");
    phone.browser.type_into("#name", "My own");
    phone.browser.click("Open");
    phone.browser.wait_for_text("Is this you?");
    phone.browser.click("Back");
    phone.browser.wait_for_text("Name of this phone");
    phone.browser.click("Cancel");
    phone.browser.wait_for_text("alice · example.org");
}

#[test]
fn a_browser_that_forgot_its_key_says_to_bind_again() {
    let phone = OnPhone::new("lost");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.browser.open(&phone.phone_posternd.challenge_address(&phone.web.url(), &id));
    phone.browser.wait_for_text("Set up this phone again");
    phone.bind();
    phone.browser.js_async(
        "await Bindings.remove({id: Bindings.id('ACCOUNT', 'FACTOR')})"
            .replace("ACCOUNT", ACCOUNT)
            .replace("FACTOR", &phone.phone_posternd.factor())
            .as_str(),
    );
    phone.browser.open(&phone.phone_posternd.challenge_address(&phone.web.url(), &id));
    phone.browser.wait_for_text("Set up this phone again");
    assert!(phone.phone_posternd.state().answers.is_empty());
}

#[test]
fn a_phone_that_was_removed_says_so_and_forgets_its_keys_when_told() {
    let phone = OnPhone::new("removed");
    phone.bind();
    phone.phone_posternd.state().bound = None;
    phone.browser.wait_for_text("This phone is no longer set up for this account.");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.browser.open(&phone.phone_posternd.challenge_address(&phone.web.url(), &id));
    phone.browser.wait_for_text("Set up this phone again");
    phone.browser.click("Show the accounts on this phone");
    phone.browser.click("Settings of this phone");
    phone.browser.click("Forget this phone here");
    phone.browser.wait_for_text(&format!("postern my phone remove {}", phone.phone_posternd.factor()));
    phone.browser.click("Delete the keys");
    phone.browser.wait_for_text("The keys have been deleted.");
    phone.browser.wait_for_text("This phone is not set up for an account yet.");
    assert!(phone.browser.js_async("return (await Bindings.list()).length") == 0);
}

#[test]
fn browsers_that_forget_say_what_to_do_before_they_are_bound() {
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                  Version/17.5 Mobile/15E148 Safari/604.1";
    let phone = OnPhone::of("iphone", Browser::builder("iphone").user_agent(iphone));
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.wait_for_text("add it to the home screen first");
    let wechat = format!("{iphone} MicroMessenger/8.0.49");
    let phone = OnPhone::of("wechat", Browser::builder("wechat").user_agent(&wechat).language("zh-CN"));
    phone.browser.open(&phone.phone_posternd.qr_code(&phone.web.url()));
    phone.browser.wait_for_text("微信的存储是独立的");
}
