//! Machines that share this host's files and have networks of their own (network_namespaces(7)), joined by a switch that can be
//! cut in two.
//!
//! The host's own network has no part in it: that of the test reaches none of the machines, and posternd is asked over its Unix
//! socket. So neither rights over the host's network are needed nor addresses that are free there.

use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::{Ran, host};

/// Where a program runs, and the address at which it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The address.
    pub address: Ipv4Addr,
    plug: Option<Plug>,
}

/// How a machine is joined to its network.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Plug {
    namespace: PathBuf,
    /// The switch's end of the cable.
    port: String,
}

/// Machines in a network of theirs. Declare it before what runs on them, which then ends before it.
#[derive(Debug)]
pub struct Network {
    name: String,
    count: Mutex<u8>,
}

impl Machine {
    /// This host, by loopback.
    #[must_use]
    pub fn here() -> Self {
        Self { address: Ipv4Addr::LOCALHOST, plug: None }
    }

    /// Does `work` in the machine's network. What is started by it stays there.
    ///
    /// # Panics
    /// If `work` does.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let Some(Plug { namespace, .. }) = &self.plug else { return work() };
        let inside = || {
            let file = File::open(namespace).unwrap_or_else(|error| panic!("{namespace:?}: {error}"));
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                .unwrap_or_else(|error| panic!("cannot enter {namespace:?}: {error}"));
            work()
        };
        // A thread has a network of its own, and leaves it to the programs and threads that it starts.
        thread::scope(|scope| scope.spawn(inside).join()).unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Network {
    /// Without machines; `name` is no other network's of this program.
    #[must_use]
    pub fn new(name: &str) -> Self {
        host::require_test_host();
        let network = Self { name: name.to_owned(), count: Mutex::new(0) };
        add(&network.switch());
        network.set(
            "link add whole type bridge\nlink add apart type bridge\nlink set whole up\nlink set apart up\n",
        );
        network
    }

    /// One more machine.
    #[must_use]
    pub fn machine(&self) -> Machine {
        let mut count = self.count.lock().expect("a count");
        *count += 1;
        let (number, namespace) = (*count, format!("{}-{count}", self.name));
        let (port, address) = (format!("port{number}"), Ipv4Addr::new(10, 77, 0, number));
        add(&namespace);
        self.set(&format!(
            "link add {port} type veth peer name eth0 netns {namespace}\nlink set {port} master whole up\n"
        ));
        ip(
            &["-n", &namespace, "-batch", "-"],
            &format!("link set lo up\naddress add {address}/24 dev eth0\nlink set eth0 up\n"),
        );
        Machine { address, plug: Some(Plug { namespace: PathBuf::from(NAMESPACES).join(namespace), port }) }
    }

    /// Cuts these machines off from all others. Nothing is told of it: what is sent gets lost. Each of the two parts goes on as a
    /// network of its own.
    pub fn part(&self, machines: &[&Machine]) {
        self.plug(machines, "apart");
    }

    /// Joins these machines to all others again.
    pub fn join(&self, machines: &[&Machine]) {
        self.plug(machines, "whole");
    }

    // All at once, as far as one can see.
    fn plug(&self, machines: &[&Machine], switch: &str) {
        let line = |machine: &&Machine| {
            let Plug { port, .. } = machine.plug.as_ref().expect("a machine of this network");
            format!("link set {port} master {switch}\n")
        };
        self.set(&machines.iter().map(line).collect::<String>());
    }

    fn set(&self, lines: &str) {
        ip(&["-n", &self.switch(), "-batch", "-"], lines);
    }

    fn switch(&self) -> String {
        format!("{}-switch", self.name)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let count = *self.count.lock().expect("a count");
        for namespace in (1..=count).map(|number| format!("{}-{number}", self.name)).chain([self.switch()]) {
            // Without a word if it fails, as a test may be failing just now.
            drop(ran(&["netns", "delete", &namespace], ""));
        }
    }
}

/// Makes a network namespace and gives it a name for `ip`. `ip netns add` does the same, but goes back to the network that it came
/// from, which is not allowed in a user namespace.
fn add(namespace: &str) {
    let file = Path::new(NAMESPACES).join(namespace);
    fs::create_dir_all(NAMESPACES).expect("a folder in /run");
    drop(File::create(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    let mut command = Command::new(host::system_program("/usr/bin/unshare", "util-linux"));
    command.arg(format!("--net={}", file.display())).arg("/bin/true").current_dir("/");
    drop(Ran::of(&mut command, b"", LIMIT).succeeded());
}

/// Runs `ip`, with `lines` for its `-batch -`.
fn ip(args: &[&str], lines: &str) {
    drop(ran(args, lines).succeeded());
}

fn ran(args: &[&str], lines: &str) -> Ran {
    let mut command = Command::new(host::system_program("/usr/bin/ip", "iproute2"));
    Ran::of(command.args(args).current_dir("/"), lines.as_bytes(), LIMIT)
}

/// Where `ip` looks for namespaces.
const NAMESPACES: &str = "/run/netns";
const LIMIT: Duration = Duration::from_secs(20);
