//! Live capture on veth pairs. Needs root on Linux; skipped with the reason otherwise.
#![cfg(target_os = "linux")]

use std::net::UdpSocket;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nautscan_capture::{
    CaptureError, LiveOptions, LiveSource, MAX_FILTER_BYTES, PacketSource, Pulled, check_filter,
};
use nautscan_core::packet::LinkType;

/// Long enough for a loaded machine; reached only by a test that fails.
const DEADLINE: Duration = Duration::from_secs(30);

fn ip(arguments: &str) -> Output {
    let output = Command::new("ip").args(arguments.split(' ')).output();
    output.expect("the ip command runs")
}

fn must_ip(arguments: &str) {
    let output = ip(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {arguments}: {message}");
}

/// An interface without IPv6 of its own: the kernel sends router solicitations and multicast
/// reports on others, and those that come before the filter is set count as received.
fn quieten(link: &str) {
    ip(&format!("{link} addrgenmode none"));
}

/// A veth pair: `near` here, its peer in a namespace of its own. Deleted when dropped.
struct Pair {
    near: String,
    far: String,
    namespace: String,
    far_ip: String,
}

impl Pair {
    /// `None`, with the reason printed, where namespaces cannot be made.
    fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let id = std::process::id();
        let namespace = format!("nautscan-{id}-{number}");
        let near = format!("nc{:x}n{number}", id & 0xf_ffff);
        let far = format!("nc{:x}f{number}", id & 0xf_ffff);
        let made = ip(&format!("netns add {namespace}"));
        if !made.status.success() {
            let reason = String::from_utf8_lossy(&made.stderr).into_owned();
            eprintln!("skipped: cannot make a network namespace: {reason}");
            return None;
        }
        // 198.18.0.0/15 is reserved for tests of devices; each pair takes a /30 of it.
        let block = ((id & 0x7ff) * 16 + number % 16) * 4;
        let address = |host: u32| {
            let [_, b, c, d] = (0xc612_0000 | (block + host)).to_be_bytes();
            format!("198.{b}.{c}.{d}")
        };
        let pair = Self { near, far, namespace, far_ip: address(2) };
        let Self { near, far, namespace, far_ip } = &pair;
        must_ip(&format!("link add {near} type veth peer name {far} netns {namespace}"));
        quieten(&format!("link set {near}"));
        quieten(&format!("-n {namespace} link set {far}"));
        must_ip(&format!("addr add {}/30 dev {near}", address(1)));
        must_ip(&format!("-n {namespace} addr add {far_ip}/30 dev {far}"));
        must_ip(&format!("-n {namespace} link set {far} up"));
        must_ip(&format!("link set {near} up"));
        Some(pair)
    }

    fn far_mac(&self) -> String {
        let output = ip(&format!("-n {} -o link show {}", self.namespace, self.far));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mac = text.split_whitespace().skip_while(|word| *word != "link/ether").nth(1);
        mac.expect("a veth has an address").to_owned()
    }

    /// Sends UDP datagrams that carry their number to a port of the far side.
    fn send(&self, port: u16, count: u32) {
        let socket = UdpSocket::bind("0.0.0.0:0").expect("socket");
        for number in 0..count {
            // Refusals by the far side come back as errors of later sends.
            drop(socket.send_to(&number.to_be_bytes(), (&*self.far_ip, port)));
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        ip(&format!("link del {}", self.near));
        ip(&format!("netns del {}", self.namespace));
    }
}

fn filtered(filter: &str) -> LiveOptions {
    LiveOptions { filter: Some(filter.into()), ..LiveOptions::default() }
}

/// Pulls until `count` packets came: (interface, link type, bytes) of each.
fn collect(source: &mut LiveSource, count: usize) -> Vec<(u16, LinkType, Vec<u8>)> {
    let mut packets = Vec::new();
    let start = Instant::now();
    while packets.len() < count {
        assert!(start.elapsed() < DEADLINE, "{} of {count} packets came", packets.len());
        let outcome = source.pull(1000, &mut |packet| {
            assert!(packet.time > 1_500_000_000_000_000_000, "a time of this century");
            assert!(packet.wire_len as usize >= packet.data.len());
            packets.push((packet.interface.0, packet.link_type, packet.data.to_vec()));
        });
        assert_ne!(outcome.expect("pull"), Pulled::End);
    }
    packets
}

/// Destination port of an Ethernet frame with IPv4 and UDP.
fn port(frame: &[u8]) -> u16 {
    u16::from_be_bytes([frame[36], frame[37]])
}

#[test]
fn a_filter_lets_only_its_packets_through() {
    let Some(pair) = Pair::new() else { return };
    let mut source = LiveSource::open(&[&pair.near], filtered("udp dst port 4001")).expect("open");
    pair.send(4000, 20);
    pair.send(4001, 50);
    let packets = collect(&mut source, 50);
    let numbers: Vec<u32> = packets
        .iter()
        .map(|(interface, link_type, frame)| {
            assert_eq!((*interface, *link_type, port(frame)), (0, LinkType::ETHERNET, 4001));
            u32::from_be_bytes([frame[42], frame[43], frame[44], frame[45]])
        })
        .collect();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
    assert_eq!(source.interfaces()[0].filter.as_deref(), Some("udp dst port 4001"));
    source.set_filter("udp dst port 4000").expect("filter");
    let refused = source.set_filter("udp dst prt 4000").expect_err("bad filter");
    assert_eq!(refused.code(), "bad_filter");
    pair.send(4001, 5);
    pair.send(4000, 5);
    assert!(collect(&mut source, 5).iter().all(|(_, _, frame)| port(frame) == 4000));
}

#[test]
fn two_interfaces_are_captured_and_told_apart() {
    let (Some(first), Some(second)) = (Pair::new(), Pair::new()) else {
        return;
    };
    let names = [&first.near, &second.near];
    let mut source = LiveSource::open(&names, filtered("udp dst port 4002")).expect("open");
    first.send(4002, 1000);
    second.send(4002, 1000);
    let packets = collect(&mut source, 2000);
    let of = |index| packets.iter().filter(|packet| packet.0 == index).count();
    assert_eq!((of(0), of(1)), (1000, 1000));
    let stats = source.stats();
    assert!(stats.iter().all(|entry| entry.received >= Some(1000)), "{stats:?}");
    assert!(stats.iter().all(|entry| entry.kernel_drops == Some(0)), "{stats:?}");
}

#[test]
fn interfaces_come_and_go_while_others_go_on() {
    let (Some(first), Some(second)) = (Pair::new(), Pair::new()) else {
        return;
    };
    let mut source = LiveSource::open(&[&first.near], filtered("udp dst port 4003")).expect("open");
    assert_eq!(source.add(&second.near).expect("add"), 1);
    second.send(4003, 10);
    assert!(collect(&mut source, 10).iter().all(|packet| packet.0 == 1));

    assert!(source.remove(&second.near));
    assert!(!source.remove(&second.near));
    second.send(4003, 10);
    first.send(4003, 10);
    assert!(collect(&mut source, 10).iter().all(|packet| packet.0 == 0));
    assert_eq!(source.capturing().collect::<Vec<_>>(), [&first.near]);
    let stats = source.stats();
    assert_eq!((stats[1].received, &stats[1].error), (Some(10), &None));

    assert_eq!(source.add(&second.near).expect("add again"), 1);
    second.send(4003, 10);
    assert!(collect(&mut source, 10).iter().all(|packet| packet.0 == 1));
    assert_eq!(source.stats()[1].received, Some(20));
}

#[test]
fn an_interface_that_vanishes_is_reported_and_the_others_go_on() {
    let (Some(first), Some(second)) = (Pair::new(), Pair::new()) else {
        return;
    };
    let names = [&first.near, &second.near];
    let mut source = LiveSource::open(&names, filtered("udp dst port 4004")).expect("open");
    second.send(4004, 3);
    collect(&mut source, 3);
    must_ip(&format!("link del {}", second.near));
    let start = Instant::now();
    while source.stats()[1].error.is_none() {
        assert!(start.elapsed() < DEADLINE, "the loss was not noticed");
        source.pull(1000, &mut |_| {}).expect("the other goes on");
    }
    assert_eq!(source.capturing().collect::<Vec<_>>(), [&first.near]);
    assert_eq!(source.stats()[1].received, Some(3));
    first.send(4004, 10);
    assert!(collect(&mut source, 10).iter().all(|packet| packet.0 == 0));
}

#[test]
fn an_interface_that_is_down_is_refused_and_one_that_goes_down_comes_back() {
    let Some(pair) = Pair::new() else { return };
    must_ip(&format!("link set {} down", pair.near));
    let refused = LiveSource::open(&[&pair.near], LiveOptions::default()).err().expect("down");
    assert_eq!(refused.code(), "interface_down", "{refused}");
    assert!(refused.remedy().contains(&pair.near));
    must_ip(&format!("link set {} up", pair.near));
    let mut source = LiveSource::open(&[&pair.near], filtered("udp dst port 4009")).expect("open");
    pair.send(4009, 3);
    collect(&mut source, 3);
    must_ip(&format!("link set {} down", pair.near));
    for _ in 0..3 {
        assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::Idle);
    }
    assert_eq!(source.stats()[0].error, None);
    must_ip(&format!("link set {} up", pair.near));
    pair.send(4009, 3);
    collect(&mut source, 3);
}

/// A bridge, deleted when dropped.
struct Bridge(String);

impl Drop for Bridge {
    fn drop(&mut self) {
        ip(&format!("link del {}", self.0));
    }
}

/// The reason why bridges are chosen by default, and not their ports.
#[test]
fn a_promiscuous_bridge_shows_each_forwarded_packet_once() {
    let (Some(first), Some(second)) = (Pair::new(), Pair::new()) else { return };
    let bridge = Bridge(format!("{}b", first.near));
    must_ip(&format!("link add {} type bridge", bridge.0));
    quieten(&format!("link set {}", bridge.0));
    must_ip(&format!("link set {} up", bridge.0));
    for pair in [&first, &second] {
        must_ip(&format!("link set {} master {}", pair.near, bridge.0));
    }
    // The far ends are two containers of one network: a route to each other, and known addresses,
    // so that the first packet need not wait for ARP.
    for (from, to) in [(&first, &second), (&second, &first)] {
        must_ip(&format!("-n {} route add {}/32 dev {}", from.namespace, to.far_ip, from.far));
        let mac = to.far_mac();
        let neighbour = format!("neigh replace {} lladdr {mac} dev {}", to.far_ip, from.far);
        must_ip(&format!("-n {} {neighbour}", from.namespace));
    }
    let options = filtered("udp dst port 4010");
    let mut source = LiveSource::open(&[&bridge.0], options).expect("open");
    let script = format!(
        "for n in $(seq 20); do echo $n > /dev/udp/{}/4010; done; echo > /dev/udp/{}/4011",
        second.far_ip, second.far_ip
    );
    let sent = Command::new("ip")
        .args(["netns", "exec", &first.namespace, "bash", "-c", &script])
        .output()
        .expect("ip runs");
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    assert_eq!(collect(&mut source, 20).len(), 20);
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::Idle);
    assert_eq!(source.stats()[0].received, Some(20));
}

#[test]
fn what_the_kernel_drops_is_counted() {
    let Some(pair) = Pair::new() else { return };
    let options = LiveOptions { buffer_bytes: 1, ..filtered("udp dst port 4005") };
    let mut source = LiveSource::open(&[&pair.near], options).expect("open");
    pair.send(4005, 50_000);
    let mut captured = 0;
    while let Pulled::Packets(count) = source.pull(1000, &mut |_| {}).expect("pull") {
        captured += count as u64;
    }
    let stats = source.stats().remove(0);
    let (received, drops) = (stats.received.expect("known"), stats.kernel_drops.expect("known"));
    assert!(drops > 0, "{stats:?}");
    assert_eq!(received, 50_000, "{stats:?}");
    assert_eq!(captured + drops, received);
}

#[test]
fn the_any_device_is_cooked_capture_version_2() {
    let Some(pair) = Pair::new() else { return };
    let filter = format!("udp dst port 4006 and dst host {}", pair.far_ip);
    let mut source = LiveSource::open(&["any"], filtered(&filter)).expect("open");
    pair.send(4006, 5);
    assert!(collect(&mut source, 5).iter().all(|packet| packet.1 == LinkType::LINUX_SLL2));
    assert_eq!(source.interfaces()[0].link_type, LinkType::LINUX_SLL2);
}

#[test]
fn a_stop_from_another_thread_ends_a_waiting_pull() {
    let Some(pair) = Pair::new() else { return };
    let mut source = LiveSource::open(&[&pair.near], filtered("udp dst port 4007")).expect("open");
    source.set_patience(Duration::from_secs(3600));
    let stopper = source.stopper();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        stopper.stop();
    });
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::End);
    assert_eq!(source.pull(10, &mut |_| {}).expect("pull"), Pulled::End);
    thread.join().expect("thread");
}

#[test]
fn a_panic_of_the_consumer_passes_through_the_library() {
    let Some(pair) = Pair::new() else { return };
    let mut source = LiveSource::open(&[&pair.near], filtered("udp dst port 4008")).expect("open");
    pair.send(4008, 10);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let start = Instant::now();
        while start.elapsed() < DEADLINE {
            source.pull(10, &mut |_| panic!("by the consumer")).expect("pull");
        }
    }));
    let panic = caught.expect_err("the panic arrives");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"by the consumer"));
    pair.send(4008, 3);
    collect(&mut source, 3);
}

#[test]
fn refusals_have_their_own_codes() {
    let Some(pair) = Pair::new() else { return };
    let code = |name: &str, options: LiveOptions| {
        let error = LiveSource::open(&[name], options).err().expect("refused");
        assert!(!error.remedy().is_empty());
        (error.code(), error.to_string())
    };
    let (unknown, message) = code("nosuch0", LiveOptions::default());
    assert_eq!(unknown, "unknown_interface", "{message}");
    assert!(message.contains("nosuch0"));
    let (bad, message) = code(&pair.near, filtered("tcp prt 80"));
    assert_eq!(bad, "bad_filter", "{message}");
    assert!(message.contains("tcp prt 80"), "{message}");
    assert_eq!(code("with\0nul", LiveOptions::default()).0, "capture_failed");
}

#[test]
fn filters_are_checked_without_rights() {
    for good in ["", "tcp port 80", "host 10.0.0.1 and not port 22", "vlan and ip6"] {
        check_filter(good, LinkType::ETHERNET, 65_535).expect(good);
    }
    let error = check_filter("tcp port", LinkType::ETHERNET, 65_535).expect_err("incomplete");
    assert!(
        matches!(&error, CaptureError::BadFilter { message, .. } if message.contains("syntax"))
    );
    assert_eq!(check_filter("a\0b", LinkType::ETHERNET, 0).expect_err("NUL").code(), "bad_filter");
    check_filter("ether host 1:2:3:4:5:6", LinkType::RAW, 0).expect_err("no link layer");
}

/// Reaches `MAX_FILTER_BYTES` and, on the way, `MAX_OPTIMISED_FILTER`: the error says so.
#[test]
fn a_filter_is_compiled_up_to_the_cap() {
    let unoptimised = "tcp or ".repeat(200) + "udp";
    check_filter(&unoptimised, LinkType::ETHERNET, 0).expect("longer than is optimised");
    let long = "tcp or ".repeat(MAX_FILTER_BYTES / 7) + "udp";
    assert_eq!(check_filter(&long, LinkType::ETHERNET, 0).expect_err("long").code(), "bad_filter");
}

/// Run by the test below in a process without the capability.
#[test]
#[ignore = "part of without_rights_the_error_says_so"]
fn open_without_rights() {
    let error = LiveSource::open(&["lo"], LiveOptions::default()).err().expect("refused");
    assert_eq!(error.code(), "no_permission", "{error}");
    assert!(error.remedy().contains("sudo"));
}

#[test]
fn without_rights_the_error_says_so() {
    let me = std::env::current_exe().expect("path");
    let output = Command::new("setpriv")
        .args(["--bounding-set", "-net_raw", "--inh-caps", "-net_raw"])
        .arg(me)
        .args(["--ignored", "--exact", "open_without_rights"])
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return eprintln!("skipped: setpriv does not run: {error}"),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    if text.is_empty() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return eprintln!("skipped: setpriv cannot drop the capability: {reason}");
    }
    assert!(text.contains("1 passed"), "{text}");
}
