//! Loopback addresses of several network namespaces.

use super::*;

/// The packet, from and to the loopback address.
fn on_loopback(mut ip: Vec<u8>) -> Vec<u8> {
    for address in [12..16, 16..20] {
        ip[address].copy_from_slice(&[127, 0, 0, 1]);
    }
    ip
}

fn flows(interfaces: [&str; 3], ip: &[u8]) -> (Tables, Vec<Option<String>>) {
    let mut bench = Bench::new(all_tables());
    for name in interfaces {
        let interface = bench.engine.add_interface(Some(name));
        bench.time += MS;
        bench.engine.packet(&raw(bench.time, interface, ip));
    }
    let tables = bench.finish();
    let seen_at = text(&tables.flows, "interface");
    (tables, seen_at)
}

#[test]
fn one_loopback_address_is_another_machine_in_each_namespace() {
    let ip = on_loopback(udp((1, 5000), (1, 53), 9, b"q"));
    let (tables, seen_at) = flows(["lo", "lo@web", "lo@db"], &ip);
    let mut seen_at: Vec<String> = seen_at.into_iter().flatten().collect();
    seen_at.sort();
    assert_eq!(seen_at, ["lo", "lo@db", "lo@web"]);
    assert_eq!(tables.totals.duplicates, 0, "no further sightings of one packet");
    assert_eq!(text(&tables.flows, "client_ip"), some(&["127.0.0.1"; 3]));
}

#[test]
fn the_two_ends_of_a_containers_link_show_one_packet() {
    let ip = udp((1, 5000), (2, 53), 9, b"q");
    let (tables, seen_at) = flows(["docker0", "eth0@web", "veth1"], &ip);
    assert_eq!(seen_at, some(&["docker0"]));
    assert_eq!(tables.totals.duplicates, 2);
    assert_eq!(int(&tables.flows, "client_packets"), [Some(1)]);
}
