//! Tests of the driver of conversations.

mod client;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postern_core::conversation::{Conversation, Echo, Prompt, Tone};
use postern_core::words::{Language, Phrase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use super::super::socket_conversation::SocketConversation;
use super::*;
use client::{Client, DEADLINES, Decides, driven, driven_after, seconds};

const ANSWER: &[u8] = b"{\"answer\":\"123456\"}\n";
const TOLD: Verdict = Verdict::Ignore("as it was told to");
const GAVE_UP: Verdict = Verdict::Reject(Reason::Cancelled);

fn password() -> Prompt<'static> {
    Prompt::new(&Phrase::Password {}, Language::English)
}

fn code() -> Prompt<'static> {
    Prompt::new(&Phrase::Code { label: "app" }, Language::English)
}

/// A line with `word` in it.
fn line(word: &str) -> Prompt<'_> {
    Prompt::new(&Phrase::DeviceRevoked { name: word }, Language::English)
}

/// Asks until there is no answer.
fn asks(mut conversation: SocketConversation<'static>) -> Decides {
    Box::pin(async move {
        while conversation.ask(Echo::On, &code()).await.is_ok() {}
        GAVE_UP
    })
}

/// Works, without a word.
fn works(_: SocketConversation<'static>) -> Decides {
    Box::pin(std::future::pending())
}

async fn keeps_silent(client: Client) -> Client {
    client
}

fn is_wrong(finished: &Finished) -> bool {
    matches!(finished.reply, Reply::Error(ProtocolError::Malformed(_)))
        && finished.outcome.verdict == GAVE_UP
        && finished.outcome.detail == Some("the front door spoke out of turn")
        && finished.is_interrupted
}

#[tokio::test(start_paused = true)]
async fn questions_are_answered_in_their_turn() {
    let flow = |mut conversation: SocketConversation<'static>| -> Decides {
        Box::pin(async move {
            let first = conversation.ask(Echo::Off, &password()).await.unwrap();
            conversation.tell(Tone::Info, &line("well")).await.unwrap();
            let second = conversation.ask(Echo::On, &code()).await.unwrap();
            assert_eq!((first.expose(), second.expose()), ("secret", "123456"));
            TOLD
        })
    };
    let (finished, _) = driven(flow, async |mut client: Client| {
        assert!(client.hears().await.contains("Password"));
        client.says(b"{\"answer\":\"secret\"}\n").await;
        assert!(client.hears().await.contains("well"));
        assert!(client.hears().await.contains("Code"));
        client.says(ANSWER).await;
        client
    })
    .await;
    assert_eq!((finished.outcome.verdict, finished.reply), (TOLD, Reply::Verdict));
    assert!(!finished.is_interrupted);
}

#[tokio::test(start_paused = true)]
async fn an_answer_before_the_question_is_none() {
    let (early, took) = driven_after(ANSWER, DEADLINES, asks, async |mut client: Client| {
        let mut heard = String::new();
        client.stream.read_to_string(&mut heard).await.unwrap_err();
        assert_eq!(heard, "", "no question was put");
        client
    })
    .await;
    assert!(is_wrong(&early) && took == 0, "{early:?}");
    let (while_it_works, took) = driven(works, async |mut client: Client| {
        sleep(seconds(3)).await;
        client.says(ANSWER).await;
        client
    })
    .await;
    assert!(is_wrong(&while_it_works) && took == 3, "{while_it_works:?}");
}

#[tokio::test(start_paused = true)]
async fn a_question_has_one_answer_and_nothing_else_is_one() {
    let long = format!("{{\"answer\":\"{}\"}}\n", "1".repeat(17 * 1024));
    let begin = "{\"begin\":{\"version\":1,\"flow\":\"login\",\"service\":\"imap\",\"user\":\"alice\"}}\n";
    for said in [
        [ANSWER, ANSWER].concat().as_slice(),
        [ANSWER, b"{"].concat().as_slice(),
        long.as_bytes(),
        begin.as_bytes(),
        b"{\"answer\":7}\n",
        b"{\"answer\":\"1\",\"cancel\":{}}\n",
        b"123456\n",
        b"\n",
    ] {
        let (finished, _) = driven(asks, async |mut client: Client| {
            client.hears().await;
            client.says(said).await;
            client
        })
        .await;
        assert!(is_wrong(&finished), "{said:?}: {finished:?}");
        assert!(finished.outcome.trail.account.is_some(), "the flow came to its end");
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_who_gives_up_is_asked_nothing_more() {
    let flow = |mut conversation: SocketConversation<'static>| -> Decides {
        Box::pin(async move {
            for _ in 0..3 {
                assert_eq!(conversation.ask(Echo::On, &code()).await.err(), Some(Gone::Cancelled));
                assert_eq!(conversation.tell(Tone::Error, &line("no")).await, Err(Gone::Cancelled));
            }
            GAVE_UP
        })
    };
    let (finished, took) = driven(flow, async |mut client: Client| {
        client.hears().await;
        client.says(b"{\"cancel\":{}}\n").await;
        client
    })
    .await;
    assert_eq!((finished.outcome.verdict, finished.reply), (GAVE_UP, Reply::Verdict));
    assert!(finished.is_interrupted && took == 0);
}

#[tokio::test(start_paused = true)]
async fn after_a_hang_up_at_a_question_the_flow_settles_what_it_counted() {
    let flow = |mut conversation: SocketConversation<'static>| -> Decides {
        Box::pin(async move {
            assert_eq!(conversation.ask(Echo::On, &code()).await.err(), Some(Gone::Closed));
            sleep(seconds(2)).await;
            GAVE_UP
        })
    };
    let (finished, took) = driven(flow, async |mut client: Client| {
        client.hears().await;
        client.stream.shutdown().await.unwrap();
        client
    })
    .await;
    assert_eq!((finished.reply, took), (Reply::None, 2));
    assert_eq!(finished.outcome.detail, Some("the front door hung up"));
    assert!(finished.outcome.trail.account.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_while_the_flow_works_ends_it_at_once() {
    struct Ends(Arc<AtomicBool>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let ended = Arc::new(AtomicBool::new(false));
    let ends = Ends(Arc::clone(&ended));
    let flow = |_| -> Decides {
        Box::pin(async move {
            sleep(seconds(10)).await;
            drop(ends);
            TOLD
        })
    };
    let (finished, took) = driven(flow, async |mut client: Client| {
        sleep(seconds(4)).await;
        client.stream.shutdown().await.unwrap();
        client
    })
    .await;
    assert_eq!((finished.reply, took), (Reply::None, 4));
    assert_eq!(finished.outcome.verdict, GAVE_UP);
    assert!(ended.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_person_has_a_while_for_each_answer_and_a_while_for_all() {
    let (held_once, took) = driven(asks, keeps_silent).await;
    assert_eq!((held_once.reply, took), (Reply::Verdict, 120));
    assert_eq!(held_once.outcome.verdict, GAVE_UP);
    assert_eq!(held_once.outcome.detail, Some("no answer in time"));
    let (_, took) = driven(asks, async |mut client: Client| {
        client.hears().await;
        sleep(seconds(100)).await;
        client.says(ANSWER).await;
        client
    })
    .await;
    assert_eq!(took, 150);
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_says_nothing_for_long_is_deferred() {
    let (silent, took) = driven(works, keeps_silent).await;
    assert!(matches!(silent.outcome.verdict, Verdict::Defer(_)), "{silent:?}");
    assert_eq!((silent.reply, took), (Reply::Verdict, 15));
    let flow = |mut conversation: SocketConversation<'static>| -> Decides {
        Box::pin(async move {
            sleep(seconds(10)).await;
            conversation.tell(Tone::Info, &line("soon")).await.unwrap();
            sleep(seconds(10)).await;
            conversation.wait(seconds(60)).await.unwrap();
            sleep(seconds(60)).await;
            TOLD
        })
    };
    let (spoken, took) = driven(flow, keeps_silent).await;
    assert_eq!((spoken.outcome.verdict, took), (TOLD, 80));
    let flow = |mut conversation: SocketConversation<'static>| -> Decides {
        Box::pin(async move {
            while conversation.wait(seconds(100_000)).await.is_ok() {
                sleep(seconds(50)).await;
            }
            TOLD
        })
    };
    let (endless, took) = driven(flow, keeps_silent).await;
    assert!(matches!(endless.outcome.verdict, Verdict::Defer(_)) && took == 150, "{endless:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_goes_on_without_its_person_is_cut_off() {
    let flow = |mut conversation: SocketConversation<'static>| -> Decides {
        Box::pin(async move {
            drop(conversation.ask(Echo::On, &code()).await);
            std::future::pending().await
        })
    };
    let (finished, took) = driven(flow, keeps_silent).await;
    assert_eq!((finished.outcome.verdict, took), (GAVE_UP, 135));
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_flows_that_wait_for_a_user_and_no_others() {
    let (asked, took) = driven(asks, async |client: Client| {
        sleep(seconds(5)).await;
        client.stop.send_replace(true);
        client
    })
    .await;
    assert!(matches!(asked.outcome.verdict, Verdict::Defer(_)), "another try may be let in: {asked:?}");
    assert_eq!((asked.reply, took), (Reply::Verdict, 5));
    let flow = |_| -> Decides {
        Box::pin(async {
            sleep(seconds(9)).await;
            TOLD
        })
    };
    let (working, took) = driven(flow, async |client: Client| {
        client.stop.send_replace(true);
        client
    })
    .await;
    assert_eq!((working.outcome.verdict, took), (TOLD, 9));
}

#[tokio::test(start_paused = true)]
async fn a_change_under_way_is_completed_after_a_hang_up() {
    let deadlines = Deadlines { outlives_client: true, ..DEADLINES };
    let changes = |seconds_of_work| {
        move |mut conversation: SocketConversation<'static>| -> Decides {
            Box::pin(async move {
                drop(conversation.ask(Echo::On, &code()).await.unwrap());
                sleep(seconds(seconds_of_work)).await;
                assert_eq!(conversation.tell(Tone::Info, &line("changed")).await, Err(Gone::Closed));
                TOLD
            })
        }
    };
    let hangs_up = async |mut client: Client| {
        client.hears().await;
        client.says(ANSWER).await;
        sleep(seconds(1)).await;
        client.stream.shutdown().await.unwrap();
        client
    };
    let (seen, took) = driven_after(b"", deadlines, changes(9), hangs_up).await;
    assert_eq!((seen.outcome.verdict, seen.reply, took), (TOLD, Reply::None, 9));
    assert_eq!(seen.outcome.detail, Some("the front door hung up"));
    let (endless, took) = driven_after(b"", deadlines, changes(100), hangs_up).await;
    assert_eq!((endless.outcome.verdict, took), (GAVE_UP, 16), "as long as any work");
}

/// Waits for what happens elsewhere, gives up what it began once nobody waits any more, and says how.
fn watches(given_up: Arc<AtomicBool>) -> impl FnOnce(SocketConversation<'static>) -> Decides {
    move |mut conversation: SocketConversation<'static>| {
        Box::pin(async move {
            conversation.wait(seconds(60)).await.unwrap();
            let gone = conversation.gone().await;
            assert_eq!(gone, Gone::Closed);
            sleep(seconds(1)).await;
            given_up.store(true, Ordering::Relaxed);
            GAVE_UP
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_waits_elsewhere_hears_that_its_client_is_gone_and_ends_by_itself() {
    let given_up = Arc::new(AtomicBool::new(false));
    let (finished, took) = driven(watches(Arc::clone(&given_up)), async |mut client: Client| {
        assert!(client.hears().await.contains("wait"));
        sleep(seconds(20)).await;
        client.stream.shutdown().await.unwrap();
        client
    })
    .await;
    assert!(given_up.load(Ordering::Relaxed), "what it began is not left behind");
    assert_eq!((finished.outcome.verdict, finished.reply, took), (GAVE_UP, Reply::None, 21));
    assert!(finished.is_interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_waits_elsewhere_ends_where_the_daemon_stops() {
    let given_up = Arc::new(AtomicBool::new(false));
    let (finished, took) = driven(watches(Arc::clone(&given_up)), async |mut client: Client| {
        assert!(client.hears().await.contains("wait"));
        sleep(seconds(5)).await;
        client.stop.send(true).unwrap();
        client
    })
    .await;
    assert!(given_up.load(Ordering::Relaxed));
    assert_eq!((finished.reply, took), (Reply::Verdict, 6));
    assert_eq!(
        finished.outcome.verdict,
        Verdict::Defer("posternd stops".to_owned()),
        "another one may serve"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_watched_any_longer_is_cut_off_as_ever() {
    let flow = |mut conversation: SocketConversation<'static>| -> Decides {
        Box::pin(async move {
            conversation.wait(seconds(60)).await.unwrap();
            tokio::select! {
                _ = conversation.gone() => {}
                () = sleep(seconds(2)) => {}
            }
            std::future::pending().await
        })
    };
    let (finished, took) = driven(flow, async |mut client: Client| {
        assert!(client.hears().await.contains("wait"));
        sleep(seconds(5)).await;
        client.stream.shutdown().await.unwrap();
        client
    })
    .await;
    assert_eq!((finished.reply, took), (Reply::None, 5));
}
