use postern_tests::otp;
use serde_json::Value;

use crate::World;

fn shown(world: &World) -> (u64, String) {
    // The moment and the digits of one look.
    let look = world.browser.js(
        "return [Math.floor(Date.now() / 1000), document.querySelector('.digits.code').textContent.replace(' ', '')]",
    );
    (look[0].as_u64().unwrap(), look[1].as_str().unwrap().to_owned())
}

fn agrees(world: &World) {
    world.browser.wait_until("the code of an authenticator app", || {
        let (moment, code) = shown(world);
        (code == world.phone_posternd.app().code_at(moment)).then_some(())
    });
}

#[test]
fn the_code_without_network_is_that_of_any_authenticator_app() {
    let world = World::new("code");
    world.bind();
    agrees(&world);
    // A step of time later as well, and whatever the moment.
    for moment in [59_u64, 1_111_111_109, 2_000_000_000, 20_000_000_000] {
        let code = world.browser.js_async(&format!(
            "const list = await Bindings.list(); return Keys.totp(list[0].code, {moment})"
        ));
        assert_eq!(code, Value::from(world.phone_posternd.app().code_at(moment)), "{moment}");
    }
}

#[test]
fn the_code_is_there_when_the_server_is_not() {
    let mut world = World::new("offline");
    world.bind();
    world.browser.js_async("await navigator.serviceWorker.ready");
    world.web.stop();
    world.browser.reload();
    world.browser.wait_for_text("The server does not answer.");
    agrees(&world);
    world.browser.screenshot("offline");
    // After a restart of the phone too.
    world.browser.restart();
    world.browser.open(&world.web.url());
    world.browser.wait_for_text("alice · example.org");
    agrees(&world);
    world.web.start_again();
    let id = world.phone_posternd.challenge(1, 100);
    world.browser.wait_for_text("A login waits for your answer.");
    // The kept page's token is of no use any more where the cookie is gone with the browser.
    world.open_challenge(&id);
    world.browser.click("Deny");
    world.browser.wait_for_text("This login is refused.");
}

#[test]
fn the_code_follows_the_servers_clock() {
    let world = World::new("code_clock");
    world.phone_posternd.state().ahead = 7_200;
    world.bind();
    world.browser.wait_until("the code of the server's moment", || {
        let (_, code) = shown(&world);
        let now = otp::now() + 7_200;
        (code == world.phone_posternd.app().code_at(now)
            || code == world.phone_posternd.app().code_at(now - 2))
        .then_some(())
    });
}

#[test]
fn without_network_the_page_says_so_and_comes_back_by_itself() {
    let world = World::new("network");
    world.bind();
    world.browser.offline(true);
    world.browser.wait_for_text("No network. This phone's codes work without.");
    agrees(&world);
    world.browser.offline(false);
    world.browser.wait_without_text("No network.");
}
