use postern_tests::Browser;

use crate::World;
use crate::phone_posternd::{ACCOUNT, FACTOR};

#[test]
fn a_phone_is_bound_by_a_proof_and_a_code_that_both_sides_know() {
    let world = World::new("bind");
    world.browser.open(&world.web.url());
    world.browser.wait_for_text("postern my phone enrol");
    world.bind();
    world.browser.wait_for_text("This phone is bound to alice.");
    assert_eq!(world.phone_posternd.state().bound.as_ref().unwrap().name, "Pixel");
    assert!(world.browser.text().contains("alice · example.org"));
    assert_eq!(world.browser.console(), Vec::<String>::new());
}

#[test]
fn the_secret_of_the_code_never_leaves_the_page() {
    let world = World::new("secret");
    let address = world.phone_posternd.qr_code(&world.web.url());
    let secret = address.rsplit('.').next().unwrap();
    world.bind();
    let said: Vec<String> =
        world.phone_posternd.conversations().iter().map(|said| format!("{said:?}")).collect();
    assert!(said.iter().any(|said| said.contains("proof")));
    assert!(!said.iter().any(|said| said.contains(secret)));
    assert!(!world.web.log().contains(secret));
    assert_eq!(world.browser.url(), world.web.url(), "it is gone from the address");
    let kept = world.browser.js_async(
        "const list = await Bindings.list(); return list.map((one) => [Object.keys(one), one.key.extractable, one.code.extractable])",
    );
    assert_eq!((&kept[0][1], &kept[0][2]), (&false.into(), &false.into()), "{kept}");
    let texts = world.browser.js_async(
        "return JSON.stringify(await Bindings.list()) + JSON.stringify(Object.entries(localStorage))",
    );
    assert!(!texts.as_str().unwrap().contains(secret), "{texts}");
}

#[test]
fn a_phone_stays_bound_when_it_is_restarted() {
    let mut world = World::new("restart");
    world.bind();
    world.browser.restart();
    world.browser.open(&world.web.url());
    world.browser.wait_for_text("No login waits for an answer.");
    world.browser.wait_for_text("alice · example.org");
}

#[test]
fn a_reload_goes_on_waiting_for_the_terminal() {
    let world = World::new("reload");
    world.browser.open(&world.phone_posternd.qr_code(&world.web.url()));
    world.browser.click("Bind this phone");
    let shown = world.browser.text_of("#compare");
    world.browser.reload();
    world.browser.wait_for_text("Compare this code");
    assert_eq!(world.browser.text_of("#compare"), shown);
    world.phone_posternd.confirm();
    world.browser.wait_for_text("This phone is bound to alice.");
    assert_eq!(
        world.phone_posternd.state().bound.as_ref().unwrap().name,
        "Pixel 8",
        "what the browser says of the phone"
    );
}

#[test]
fn a_code_that_is_spent_or_cut_short_is_said_to_be() {
    let world = World::new("spent");
    let whole = world.phone_posternd.qr_code(&world.web.url());
    world.browser.open(&whole.replace(FACTOR, &"f".repeat(32)));
    world.browser.click("Bind this phone");
    world.browser.wait_for_text("This QR code is not good any more.");
    assert!(world.browser.js_async("return (await Bindings.list()).length") == 0, "nothing is kept of it");
    world.browser.open(&whole[..whole.rfind('.').unwrap()]);
    world.browser.wait_for_text("This address is not complete.");
    // One character less in the secret is another secret.
    world.browser.open(&whole[..whole.len() - 4]);
    world.browser.click("Bind this phone");
    world.browser.wait_for_text("This QR code is not good any more.");
}

#[test]
fn the_address_above_the_code_can_be_pasted() {
    let world = World::new("paste");
    world.browser.open(&world.web.url());
    world.browser.type_into("#address", "https://example.org/");
    world.browser.click("Go on");
    world.browser.wait_for_text("This is not the address above the QR code.");
    world.browser.type_into("#address", &world.phone_posternd.qr_code(&world.web.url()));
    world.browser.click("Go on");
    world.browser.type_into("#name", "");
    world.browser.click("button[type=submit]");
    world.browser.wait_for_text("A name has 1 to 64 characters.");
    world.browser.type_into("#name", "工作 <b>手机</b> 📱");
    world.browser.click("button[type=submit]");
    assert_eq!(world.browser.text_of("#compare"), world.phone_posternd.compare_code());
    world.phone_posternd.confirm();
    world.browser.wait_for_text("This phone: 工作 <b>手机</b> 📱");
}

#[test]
fn a_person_who_gave_up_at_the_phone_starts_over() {
    let world = World::new("cancel");
    world.browser.open(&world.phone_posternd.qr_code(&world.web.url()));
    world.browser.click("Bind this phone");
    world.browser.wait_for_text("Compare this code");
    world.browser.click("Cancel");
    world.browser.wait_for_text("This phone is not bound to an account yet.");
}

#[test]
fn a_browser_that_forgot_its_key_says_to_bind_again() {
    let world = World::new("lost");
    let id = world.phone_posternd.challenge(1, 100);
    world.browser.open(&world.phone_posternd.challenge_address(&world.web.url(), &id));
    world.browser.wait_for_text("Bind this phone again");
    world.bind();
    world.browser.js_async(
        "await Bindings.remove({id: Bindings.id('ACCOUNT', 'FACTOR')})"
            .replace("ACCOUNT", ACCOUNT)
            .replace("FACTOR", FACTOR)
            .as_str(),
    );
    world.browser.open(&world.phone_posternd.challenge_address(&world.web.url(), &id));
    world.browser.wait_for_text("Bind this phone again");
    assert!(world.phone_posternd.state().answers.is_empty());
}

#[test]
fn a_phone_that_was_removed_says_so_and_forgets_its_keys_when_told() {
    let world = World::new("removed");
    world.bind();
    world.phone_posternd.state().bound = None;
    world.browser.wait_for_text("This phone is not bound to this account any more.");
    let id = world.phone_posternd.challenge(1, 100);
    world.browser.open(&world.phone_posternd.challenge_address(&world.web.url(), &id));
    world.browser.wait_for_text("Bind this phone again");
    world.browser.click("To this phone's accounts");
    world.browser.click("Settings of this phone");
    world.browser.click("Forget this phone here");
    world.browser.wait_for_text(&format!("postern my phone remove {FACTOR}"));
    world.browser.click("Delete the keys");
    world.browser.wait_for_text("The keys are deleted.");
    world.browser.wait_for_text("This phone is not bound to an account yet.");
    assert!(world.browser.js_async("return (await Bindings.list()).length") == 0);
}

#[test]
fn browsers_that_forget_say_what_to_do_before_they_are_bound() {
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                  Version/17.5 Mobile/15E148 Safari/604.1";
    let world = World::of("iphone", Browser::builder("iphone").user_agent(iphone));
    world.browser.open(&world.phone_posternd.qr_code(&world.web.url()));
    world.browser.wait_for_text("add it to the home screen first");
    let wechat = format!("{iphone} MicroMessenger/8.0.49");
    let world = World::of("wechat", Browser::builder("wechat").user_agent(&wechat).language("zh-CN"));
    world.browser.open(&world.phone_posternd.qr_code(&world.web.url()));
    world.browser.wait_for_text("微信的存储是独立的");
}
