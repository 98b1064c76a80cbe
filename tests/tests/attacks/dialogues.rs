//! Logins with a conversation: whose turn it is, deadlines, and limits on concurrent ones.

use std::time::Duration;

use postern_core::clock::{Clock, SystemClock};
use postern_core::keyring::Keyring;
use postern_tests::stopwatch::{Stopwatch, median};
use postern_tests::{Account, Site, guard, host, unix_users};
use serde_json::{Value, json};

use crate::Target;
use crate::conversation::{Asked, RawConversation, at_sshd, bind_a_factor, world_with_person};
use crate::raw::{Said, line, login, say, say_as};

fn with_person(name: &str) -> (Target, Account) {
    world_with_person(Site::new(name))
}

/// Begins a login at sshd and waits for the first question.
#[track_caller]
fn at_the_prompt(target: &Target, user: &str) -> RawConversation {
    let mut talk = RawConversation::begin(&target.site.socket(), &at_sshd(user, &json!({})));
    let Asked { style, before, .. } = talk.asked();
    assert_eq!((style.as_str(), before.len()), ("hidden", 0));
    talk
}

fn wait_for_no_dialogue(target: &Target) {
    guard::wait_for("the dialogues to be gone", Duration::from_secs(10), || {
        let status = target.posternd.status();
        (status.dialogues == 0 && status.connections == 1).then_some(())
    });
}

#[test]
fn a_login_with_a_dialogue_is_accepted_and_its_proof_is_good_for_that_login_alone() {
    let (target, ann) = with_person("a dialogue");
    let mut talk = at_the_prompt(&target, &ann.name);
    assert_eq!(target.posternd.status().dialogues, 1);
    talk.answer(&ann.password);
    let end: Value = serde_json::from_str(&talk.hear()).unwrap();
    let proof = end.pointer("/verdict/accept/proof").and_then(Value::as_str).expect("a proof").to_owned();
    let account = |service: &str, user: &str, proof: &str| {
        let begin =
            json!({ "version": 1, "flow": "account", "service": service, "user": user, "secret": proof });
        say(&target.site.socket(), &line(&json!({ "begin": begin })))
    };
    assert_eq!(account("sshd", &ann.name, &proof), Said::Accept(ann.name.clone()));
    assert_eq!(account("sshd", &ann.name, "1800000000.00"), Said::Ignore, "no factor is needed");
    assert_eq!(account("sudo", &ann.name, &proof), Said::Ignore);
    assert_eq!(account("sshd", "alice", &proof), Said::reject("not_permitted"), "this host has no alice");
    assert_eq!(target.posternd.status().verdicts["ignore"], 2);
    let logged = target.posternd.logged(&["flow=account", "verdict=accept"]);
    assert!(logged.contains(&format!("user={}", ann.name)), "{logged}");
}

#[test]
fn a_question_has_one_answer_in_its_turn_and_nothing_else_is_one() {
    let (target, ann) = with_person("out of turn");
    let right = line(&json!({ "answer": ann.password }));
    let begin = line(&json!({ "begin": at_sshd(&ann.name, &json!({})) }));
    assert_eq!(
        say(&target.site.socket(), &[&begin[..], &right].concat()),
        Said::Malformed,
        "before it was asked"
    );
    for (what, said) in [
        ("two answers", [&right[..], &right].concat()),
        ("an answer and the beginning of another", [&right[..], b"{"].concat()),
        ("an answer of 17 KiB", line(&json!({ "answer": "x".repeat(17 * 1024) }))),
        ("another beginning", begin),
        ("a verdict of its own", b"{\"verdict\":{\"accept\":{\"user\":\"root\",\"userdb\":{}}}}\n".to_vec()),
        ("no text", b"{\"answer\":null}\n".to_vec()),
        ("an answer and a cancel", b"{\"answer\":\"x\",\"cancel\":{}}\n".to_vec()),
        ("not JSON", ann.password.clone().into_bytes().into_iter().chain(*b"\n").collect()),
    ] {
        let mut talk = at_the_prompt(&target, &ann.name);
        talk.say(&said);
        assert_eq!(talk.verdict(), Said::Malformed, "{what}");
    }
    let lines = cancelled(&target, "spoke out of turn");
    assert_eq!(lines.len(), 8, "{lines:?}");
    assert_eq!(target.posternd.status().verdicts["accept"], 0);
    wait_for_no_dialogue(&target);
    let mut talk = at_the_prompt(&target, &ann.name);
    talk.answer(&ann.password);
    assert_eq!(talk.verdict(), Said::Accept(ann.name.clone()));
}

/// The log lines about conversations that were broken off with `what`.
fn cancelled(target: &Target, what: &str) -> Vec<String> {
    let log = target.posternd.log();
    let lines =
        log.lines().filter(|line| line.contains("verdict=reject reason=cancelled") && line.contains(what));
    lines.map(ToOwned::to_owned).collect()
}

#[test]
fn a_user_who_gives_up_or_hangs_up_is_logged_and_frees_the_place() {
    let (target, ann) = with_person("gives up");
    let mut talk = at_the_prompt(&target, &ann.name);
    talk.cancel();
    let end: Value = serde_json::from_str(&talk.hear()).unwrap();
    assert_eq!(end, json!({ "verdict": { "reject": { "reason": "cancelled", "text": "" } } }));
    assert!(target.posternd.logged(&["reason=cancelled", "service=sshd"]).contains(&ann.name));

    let mut held: Vec<RawConversation> = (0..20).map(|_| at_the_prompt(&target, &ann.name)).collect();
    assert_eq!(target.posternd.status().dialogues, 20);
    held.iter_mut().for_each(RawConversation::hang_up);
    wait_for_no_dialogue(&target);
    assert_eq!(cancelled(&target, "hung up").len(), 20);

    // In the middle of the check of a password.
    for _ in 0..10 {
        let mut talk = at_the_prompt(&target, &ann.name);
        talk.answer("wrong, and nobody waits to hear it");
        drop(talk);
    }
    wait_for_no_dialogue(&target);
    target.assert_alice_gets_in();
}

#[test]
fn a_front_door_without_a_person_is_asked_nothing() {
    let (target, ann) = with_person("nobody there");
    let alone = |secret: Value| {
        let begin = at_sshd(&ann.name, &json!({ "interactive": false, "secret": secret }));
        say(&target.site.socket(), &line(&json!({ "begin": begin })))
    };
    assert_eq!(alone(json!(null)), Said::reject("cancelled"));
    assert_eq!(alone(json!(ann.password)), Said::Accept(ann.name.clone()));
    assert_eq!(alone(json!("wrong")), Said::reject("bad_credential"));
    assert_eq!(alone(json!("")), Said::reject("bad_credential"));
}

#[test]
fn a_mail_service_asks_one_hidden_question_at_most_and_waits_not_long() {
    let target = Target::new("mail asks");
    let begin = |secret: Value| {
        json!({ "version": 1, "flow": "login", "service": "imap", "user": "alice", "secret": secret,
                "interactive": true })
    };
    let socket = target.site.socket();
    let mut talk = RawConversation::begin(&socket, &begin(json!(target.thunderbird.password)));
    assert_eq!(talk.verdict(), Said::Accept("alice".to_owned()), "nothing is asked where there is a secret");
    for (answer, verdict) in [
        (target.thunderbird.password.as_str(), Said::Accept("alice".to_owned())),
        ("wrong", Said::reject("bad_credential")),
        ("", Said::reject("bad_credential")),
    ] {
        let mut talk = RawConversation::begin(&socket, &begin(json!(null)));
        assert_eq!(talk.asked().style, "hidden");
        assert_eq!(target.posternd.status().dialogues, 0, "it takes a place of a mail login");
        talk.answer(answer);
        assert_eq!(talk.verdict(), verdict, "{answer}");
    }
    let started = Stopwatch::start();
    let mut talk = RawConversation::begin(&socket, &begin(json!(null)));
    drop(talk.asked());
    assert_eq!(talk.verdict(), Said::reject("cancelled"));
    let took = started.elapsed();
    took.assert_at_least(Duration::from_secs(13));
    // A user at a terminal has two minutes.
    took.assert_within(Duration::from_secs(30));
    assert_eq!(cancelled(&target, "no answer in time").len(), 1);
}

#[test]
#[ignore = "takes two and a half minutes"]
fn a_login_service_waits_120_s_for_an_answer_and_150_s_in_all() {
    let (target, ann) = with_person("waits long");
    drop(bind_a_factor(&target, &ann));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let started = Stopwatch::start();
            let mut talk = at_the_prompt(&target, &ann.name);
            assert_eq!(hear_for(&mut talk, 145), Said::reject("cancelled"));
            let took = started.elapsed();
            took.assert_at_least(Duration::from_secs(120));
            took.assert_within(Duration::from_secs(135));
        });
        scope.spawn(|| {
            let started = Stopwatch::start();
            let mut talk = at_the_prompt(&target, &ann.name);
            guard::pause(Duration::from_secs(100));
            talk.answer(&ann.password);
            drop(talk.asked());
            assert_eq!(hear_for(&mut talk, 90), Said::reject("cancelled"));
            let took = started.elapsed();
            took.assert_at_least(Duration::from_secs(150));
            took.assert_within(Duration::from_secs(180));
        });
    });
}

/// Waits longer than usual.
fn hear_for(talk: &mut RawConversation, seconds: u64) -> Said {
    talk.patience(Duration::from_secs(seconds));
    talk.verdict()
}

#[test]
fn wrong_codes_stay_counted_after_any_behaviour_of_the_front_door() {
    let (target, ann) = with_person("counted");
    let app = bind_a_factor(&target, &ann);
    for round in 0..5 {
        let mut talk = at_the_prompt(&target, &ann.name);
        talk.answer(&ann.password);
        assert_eq!(talk.asked().style, "visible");
        talk.answer(&app.wrong_code());
        assert_eq!(talk.asked().before.len(), 1, "it is wrong");
        match round % 3 {
            0 => talk.hang_up(),
            1 => talk.cancel(),
            _ => talk.say(b"nonsense\n"),
        }
    }
    wait_for_no_dialogue(&target);
    let mut talk = at_the_prompt(&target, &ann.name);
    talk.answer(&ann.password);
    assert_eq!(talk.verdict(), Said::reject("limited"), "no code is asked for");
    for line in cancelled(&target, "service=sshd") {
        assert!(line.contains("account="), "the flow came to its end: {line}");
    }
}

#[test]
fn three_hundred_dialogues_take_nothing_from_mail_logins() {
    let settings = "connections = 64";
    let target = Target::of(Site::builder("300 dialogues").setting("[limits]", settings).build());
    let mut held = Vec::new();
    let mut deferred = 0;
    for number in 0..300 {
        let more = json!({ "rhost": format!("198.51.{}.{}", 100 + number / 250, number % 250) });
        let mut talk =
            RawConversation::begin(&target.site.socket(), &at_sshd(&format!("nobody{number}"), &more));
        let heard: Value = serde_json::from_str(&talk.hear()).unwrap();
        if heard.get("ask").is_some() {
            held.push(talk);
        } else {
            assert!(heard.pointer("/verdict/defer").is_some(), "{heard}");
            deferred += 1;
        }
    }
    assert_eq!((held.len(), deferred), (256, 44), "limits.dialogues");
    let status = target.posternd.status();
    assert_eq!((status.dialogues, status.connections), (256, 257));
    let mut times = Vec::new();
    for _ in 0..40 {
        let before = Stopwatch::start();
        assert_eq!(target.checkpassword("alice", &target.thunderbird.password), 0);
        times.push(before.elapsed());
    }
    median(&times).assert_within(Duration::from_millis(500));
    let noted = target.posternd.log().lines().filter(|line| line.contains("limits] dialogues")).count();
    assert!((1..=10).contains(&noted), "{noted} lines");
    drop(held);
    wait_for_no_dialogue(&target);
    drop(at_the_prompt(&target, "somebody"));
    target.assert_alice_gets_in();
}

#[test]
fn a_local_user_at_su_takes_no_other_users_place() {
    let (target, ann) = with_person("su, 300 times");
    let at_su = |ruid: u32| {
        let more = json!({ "rhost": null, "tty": "pts/1", "ruid": ruid });
        RawConversation::begin(&target.site.socket(), &at_sshd(&ann.name, &more))
    };
    let mut held: Vec<RawConversation> = (0..300).map(|_| at_su(1000)).collect();
    let mut deferred = 0;
    held.retain_mut(|talk| {
        let is_asked = talk.asked_or_ended().is_ok();
        deferred += u32::from(!is_asked);
        is_asked
    });
    assert_eq!((held.len(), deferred), (4, 296), "limits.connections_per_user");
    let asked = |crowd: &mut [RawConversation]| {
        crowd.iter_mut().filter_map(|talk| talk.asked_or_ended().ok()).count()
    };
    let mut strangers: Vec<RawConversation> = (2_200_000..2_200_099).map(at_su).collect();
    assert_eq!(asked(&mut strangers), 0, "uids that the host does not know share what one user has");
    let names: Vec<String> = (0..99).map(|number| format!("su{number}")).collect();
    unix_users::add_names(names.iter().map(String::as_str).zip(2_300_000..));
    let mut crowd: Vec<RawConversation> =
        (2_300_000..2_300_099).flat_map(|uid| [uid; 4]).map(at_su).collect();
    assert_eq!(asked(&mut crowd), 128 - 4, "half of limits.dialogues");
    drop(at_the_prompt(&target, &ann.name));
    drop((held, crowd));
    wait_for_no_dialogue(&target);
    assert_eq!(at_su(1000).asked().style, "hidden");
}

#[test]
fn a_stop_defers_users_at_a_prompt_at_once() {
    let (mut target, ann) = with_person("a stop");
    let mut talk = at_the_prompt(&target, &ann.name);
    let started = Stopwatch::start();
    assert!(target.posternd.stop().success());
    // The 5 s that work under way is given are not waited for.
    started.assert_within(Duration::from_secs(4));
    assert_eq!(talk.verdict(), Said::Defer);
    assert!(target.posternd.log().contains("verdict=defer reason=\"posternd stops\""));
}

#[test]
fn a_device_is_believed_of_root_alone() {
    let site = Site::builder("devices")
        .postern_toml(|text| text.replace("trusted = {", "trusted = { vmail = [\"sshd\"],"));
    let (target, ann) = world_with_person(site.build());
    let key = "ssh-key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDBV4mEYeLCVwQ3MFEMs5z8n3ghlKxHHJIvQfLhfG4iA";
    let more = json!({ "device": key, "tty": "ssh", "secret": ann.password, "session": "by root" });
    let begin = |more: &Value| line(&json!({ "begin": at_sshd(&ann.name, more) }));
    assert_eq!(say(&target.site.socket(), &begin(&more)), Said::Accept(ann.name.clone()));
    let logged = target.posternd.logged(&["session=\"by root\""]);
    assert!(logged.contains("device=\"ssh key SHA256:") && logged.contains("tty=ssh"), "{logged}");
    let mut by_vmail = more;
    by_vmail["session"] = json!("by vmail");
    let said = say_as("vmail", &target.site.socket(), &[begin(&by_vmail)]);
    assert_eq!(
        said,
        [Said::Accept(ann.name.clone())],
        "a service of class login, for whom it is trusted with"
    );
    let logged = target.posternd.logged(&["session=\"by vmail\""]);
    assert!(!logged.contains("device="), "{logged}");
    let elsewhere = json!({ "service": "sudo", "secret": ann.password });
    assert_eq!(say_as("vmail", &target.site.socket(), &[begin(&elsewhere)]), [Said::reject("not_permitted")]);
    for nonsense in ["", "ssh-key", "ssh-key x y", "ssh-key ssh-ed25519 AAAA extra", "\u{1b}[2J"] {
        let more = json!({ "device": nonsense, "secret": ann.password });
        assert_eq!(say(&target.site.socket(), &begin(&more)), Said::Accept(ann.name.clone()), "{nonsense:?}");
    }
}

#[test]
fn arguments_are_for_self_service_alone() {
    let target = Target::new("arguments");
    for flow in ["login", "lookup", "account", "status"] {
        let more = json!({ "flow": flow, "arguments": { "label": "x" } });
        assert_eq!(say(&target.site.socket(), &login("alice", "x", &more)), Said::Malformed, "{flow}");
    }
    let none = json!({ "arguments": {} });
    assert_eq!(
        say(&target.site.socket(), &login("alice", &target.thunderbird.password, &none)),
        Said::Accept("alice".to_owned())
    );
}

#[test]
fn a_new_keyring_is_noticed_at_the_next_conversation_and_a_broken_one_is_not_taken() {
    let (target, ann) = with_person("keyring");
    let path = target.site.keyring();
    let before = std::fs::read_to_string(&path).unwrap();
    let put = |text: &str| {
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        host::own(&new, (0.into(), host::ids("postern").1), 0o640);
        std::fs::rename(&new, &path).unwrap();
    };
    let gets_in = || {
        let mut talk = at_the_prompt(&target, &ann.name);
        talk.answer(&ann.password);
        assert_eq!(talk.verdict(), Said::Accept(ann.name.clone()));
    };
    gets_in();
    put(&Keyring::rotate(&before, &[7; 32], SystemClock.now()).unwrap());
    gets_in();
    drop(target.posternd.logged(&["the keyring was read again", "number 2"]));
    put("nonsense");
    gets_in();
    gets_in();
    let complaints = |what: &str| {
        let log = target.posternd.log();
        log.lines().filter(|line| line.contains("the keyring stays as it was") && line.contains(what)).count()
    };
    assert_eq!(complaints(""), 1, "it is told of once");
    std::fs::remove_file(&path).unwrap();
    gets_in();
    assert_eq!((complaints("does not exist"), complaints("")), (1, 2));
    put(&before);
    gets_in();
    drop(target.posternd.logged(&["the keyring was read again", "number 1"]));
}
