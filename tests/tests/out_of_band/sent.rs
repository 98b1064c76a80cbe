//! Codes by e-mail and SMS, read where they arrive.

use postern_tests::courier_host::{CourierHost, another, number, place, types_password, wrong};
use postern_tests::login_host::without_ssh_prefix;

use crate::on_both;

on_both!(
    a_code_by_mail_opens_once,
    a_code_by_sms_opens_once,
    a_way_is_chosen_by_its_number_among_all_of_them,
    a_user_who_prefers_chinese_gets_it_everywhere,
);

fn a_code_by_mail_opens_once(host: &CourierHost) {
    let anna = host.user("anna");
    host.bind_email(&anna, &[]);
    let told = host.mail(&anna.address(), "A change to your account");
    assert!(
        told.text.contains("The second factor \"E-mail\" (codes by e-mail) was set up."),
        "{}",
        told.text
    );

    let mut person = host.ssh("sshd", &anna).from("127.0.0.9").start();
    types_password(&mut person, &anna);
    person.expect("Code sent to ");
    person.expect(": ");
    let mail = host.mail(&anna.backup(), "Your code for ssh login on ");
    let code = mail.code();
    assert!(mail.defects.is_empty(), "{mail:?}");
    assert!(mail.text.contains("127.0.0.9") && mail.text.contains(&anna.unix.name), "{}", mail.text);
    person.answer_visible(wrong(&code));
    person.expect("That code is wrong, or was used before.");
    person.expect("Code sent to ");
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
    assert!(!without_ssh_prefix(&person).contains(&anna.backup()), "the address is not shown whole");
    drop(host.logged(&anna, &["verdict=accept flow=login service=sshd", "credential=factor"]));

    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("Code sent to ");
    person.answer_visible(&code);
    person.expect("That code is wrong, or was used before.");
    person.expect("Code sent to ");
    let next = host.mail(&anna.backup(), "Your code for ssh login on ").code();
    person.answer_visible(&next);
    assert_eq!(person.is_in(), anna.unix.name);
}

fn a_code_by_sms_opens_once(host: &CourierHost) {
    let anna = host.user("anna");
    host.bind_sms(&anna, &[]);
    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("Code sent to ");
    let sms = host.gateway.next_to(&anna.number());
    let code = sms.code();
    let text = format!("{code} is your code for ssh login on ");
    assert!(
        sms.text.starts_with(&text) && sms.text.contains(", good for 1 min. ") && sms.to == anna.number(),
        "{sms:?}"
    );
    person.answer_visible(wrong(&code));
    person.expect("That code is wrong, or was used before.");
    person.expect("Code sent to ");
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = host.knows_the_password("sshd", &anna);
    for _ in 0..3 {
        person.expect("Code sent to ");
        person.expect(": ");
        person.answer_visible(&code);
    }
    drop(person.is_refused());
    drop(host.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]));
}

fn a_way_is_chosen_by_its_number_among_all_of_them(host: &CourierHost) {
    let anna = host.user("anna");
    host.bind_email(&anna, &[]);
    let by_mail = || host.mail(&anna.backup(), "code").code();
    host.bind_sms(&anna, &[&by_mail]);
    let phone = host.bind_phone(&anna, &[&by_mail]);
    let app = host.bind_app(&anna);
    let before = host.sent(&anna, "none");

    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("Your second factors:");
    person.expect("Code sent to ");
    person.expect("or a number from the list: ");
    // The one that was used last comes first.
    assert_eq!(place(&person, "E-mail"), "1");
    drop(by_mail());

    person.answer_visible(&place(&person, "SMS"));
    person.expect("Code sent to ");
    person.expect("or a number from the list: ");
    let sms = host.gateway.next_to(&anna.number());

    person.answer_visible(&place(&person, "Fairphone"));
    let shown = number(&mut person);
    assert_eq!(phone.decide(&host.web, "approve", another(&shown)), "wrong_number");

    person.answer_visible(&place(&person, "app"));
    person.expect("Code from app, or a number from the list: ");
    assert!(phone.pending(&host.web).all("challenge").is_empty(), "nobody waits for the phone any more");
    person.answer_visible("9");
    person.expect("That is not in the list.");
    person.expect("Code from app, or a number from the list: ");
    // A right code of any of them is taken at once.
    person.answer_visible(&sms.code());
    assert_eq!(person.is_in(), anna.unix.name);
    let after = host.sent(&anna, "none");
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));

    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("Code sent to ");
    person.expect("or a number from the list: ");
    person.answer_visible(&app.code(0));
    assert_eq!(person.is_in(), anna.unix.name);
}

fn a_user_who_prefers_chinese_gets_it_everywhere(host: &CourierHost) {
    let anna = host.user_with("anna", &[("preferredLanguage", "zh-CN")]);
    host.bind_email(&anna, &[]);
    let by_mail = || host.mail(&anna.backup(), "验证码").code();
    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("验证码已发送至 ");
    person.expect("请输入发送至 ");
    let mail = host.mail(&anna.backup(), " 上的 ssh 登录");
    assert!(mail.defects.is_empty(), "{mail:?}");
    person.answer_visible(&mail.code());
    assert_eq!(person.is_in(), anna.unix.name);

    host.bind_sms(&anna, &[&by_mail]);
    let phone = host.bind_phone(&anna, &[&by_mail]);
    let topic = phone.ring_by_ntfy(&host.web);
    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("或列表中的序号：");
    person.answer_visible(&place(&person, "手机短信"));
    person.expect("或列表中的序号：");
    let sms = host.gateway.next_to(&anna.number());
    // The first was for the binding.
    let sms =
        if sms.text.contains(" 上的 ssh 登录）") { sms } else { host.gateway.next_to(&anna.number()) };
    assert!(sms.text.starts_with(&format!("验证码{}（", sms.code())), "{sms:?}");
    person.answer_visible(&place(&person, "Fairphone"));
    person.expect("请在手机上输入数字 ");
    let shown = person.expect(" 并批准，批准后");
    let rung = host.ntfy.next_to(&topic);
    assert!(rung.title.contains("ssh 登录") && !rung.title.is_ascii(), "{rung:?}");
    assert_eq!(phone.decide(&host.web, "approve", &shown), "approved");
    person.expect("：");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
}
