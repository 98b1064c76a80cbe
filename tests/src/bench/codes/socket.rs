use std::io::{Result, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Flow, Prompter, Secret, Style, Tone, Verdict};

use super::stock::Ready;
use super::{CodesBench, Plan};
use crate::bench::numbers::{cpu_time, quantile, sorted};
use crate::{flood, guard, otp};

/// Logins at the socket: a connection, a question, a code, a yes.
pub(super) fn run(plan: &Plan, bench: &mut CodesBench, out: &mut dyn Write) -> Result<()> {
    let heading = ["logins/s", "p50 ms", "p99 ms", "posternd's ms", "logins"];
    writeln!(out, "{:<36}{}", "straight at the socket", heading.map(|word| format!("{word:>14}")).concat())?;
    for in_flight in IN_FLIGHT {
        let mut rounds = Vec::new();
        for _ in 0..plan.rounds {
            rounds.push(round(bench, in_flight, plan.round));
        }
        let rates = sorted(rounds.iter().map(|round| round.times.len() as f64 / round.took.as_secs_f64()));
        let times = sorted(rounds.iter().flat_map(|round| round.times.iter().copied()));
        let cpu: f64 = rounds.iter().map(|round| round.cpu.as_secs_f64() * 1e3).sum();
        let rate = quantile(&rates, 0.5);
        writeln!(
            out,
            "  {:<34}{rate:>14.0}{:>14.2}{:>14.2}{:>14.2}{:>14}{}",
            format!("{in_flight} in flight"),
            quantile(&times, 0.5),
            quantile(&times, 0.99),
            cpu / times.len() as f64,
            times.len(),
            match (in_flight, rate >= AIM) {
                (1, _) => String::new(),
                (_, true) => format!("   aim {AIM:.0}: met"),
                (_, false) => format!("   aim {AIM:.0}: missed"),
            }
        )?;
    }
    writeln!(out)
}

struct Round {
    /// In milliseconds.
    times: Vec<f64>,
    took: Duration,
    cpu: Duration,
}

fn round(bench: &mut CodesBench, in_flight: usize, time: Duration) -> Round {
    // A code that runs out meanwhile would be refused, and so would be a stock that is used up.
    let mut ready = bench.many.ready();
    while 30 - otp::now() % 30 < time.as_secs() + 3 || ready.len() < LEAST {
        guard::pause(Duration::from_millis(200));
        ready = bench.many.ready();
    }
    let (used, times) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let socket = bench.site.socket();
    let (started, cpu) = (Instant::now(), cpu_time(bench.posternd.pid()));
    flood::each(ready.into_iter().take_while(|_| started.elapsed() < time), in_flight, |one: Ready| {
        let began = Instant::now();
        let begin = Begin {
            device: Some(KEY.to_owned()),
            interactive: true,
            ..Begin::new(Flow::Login, "sshd", &*one.name)
        };
        let client = Client::connect(&socket, began + LIMIT).expect("posternd listens");
        let ended = client.converse(begin, &mut Typist(&one.code));
        assert!(matches!(ended, Ok(Verdict::Accept(_))), "{}: {ended:?}", one.name);
        times.lock().expect("a list").push(began.elapsed().as_secs_f64() * 1e3);
        used.lock().expect("a list").push(one);
    });
    let (took, cpu) = (started.elapsed(), cpu_time(bench.posternd.pid()) - cpu);
    bench.many.use_up(&used.into_inner().expect("a list"));
    Round { times: times.into_inner().expect("a list"), took, cpu }
}

struct Typist<'a>(&'a str);

impl Prompter for Typist<'_> {
    fn ask(&mut self, style: Style, text: &str) -> Option<Secret> {
        assert!(style == Style::Visible && text.starts_with("Code from "), "{text}");
        Some(Secret::new(self.0.to_owned()))
    }

    fn tell(&mut self, tone: Tone, text: &str) {
        assert!(tone == Tone::Info, "{text}");
    }
}

const IN_FLIGHT: [usize; 2] = [1, 20];
/// Codes a second, on two cores.
const AIM: f64 = 2_000.0;
/// Fewer would be no round.
const LEAST: usize = 1_000;
const LIMIT: Duration = Duration::from_secs(20);
/// 32 spaces, as an ssh key.
const KEY: &str = "ssh-key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg";
