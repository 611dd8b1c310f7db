//! How fast the HTTP/1 parser is on one core: `cargo run --release --example http1_speed [NAME [ROUNDS]]`.
//!
//! Each case is one conversation, repeated on one keep-alive connection; the figure is the
//! median of several runs.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use nautscan_core::event::Exchange;
use nautscan_core::proto::{Context, PROTOCOLS, Place, Settings, Side, Sink};

/// Counts exchanges, and looks at each so that none is optimised away.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn exchange(&mut self, exchange: &Exchange) {
        self.0 += u64::from(black_box(exchange).status.is_some());
    }
    fn parse_error(&mut self) {}
}

const SMALL_REQUEST: &[u8] = b"GET /api/items/42 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: wrk/4.2\r\nAccept: */*\r\n\r\n";
const SMALL_RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 23:19:09 GMT\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"ok\": true}\n";
const BROWSER_REQUEST: &[u8] = b"GET /assets/app.js?v=12 HTTP/1.1\r\nHost: shop.example\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nReferer: http://shop.example/\r\nCache-Control: no-cache\r\n\r\n";
const BROWSER_RESPONSE: &[u8] = b"HTTP/1.1 304 Not Modified\r\nServer: nginx/1.27.0\r\nDate: Sat, 21 Nov 2026 23:19:09 GMT\r\nETag: \"65f0a1b2-1234\"\r\nCache-Control: max-age=3600\r\nVary: Accept-Encoding\r\nX-Request-Id: 0af7651916cd43dd\r\n\r\n";

struct Case {
    name: &'static str,
    settings: Settings,
    request: Vec<u8>,
    /// As it arrives, segment by segment.
    response: Vec<Vec<u8>>,
}

fn run(case: &Case, rounds: u64) -> f64 {
    let mut sink = Count::default();
    let mut parser = (PROTOCOLS[0].open)(&case.settings);
    let (mut asked, mut said) = (0, 0);
    let start = Stopwatch::start();
    for round in 0..rounds {
        let place = Place { offset: asked, received: said };
        let time = round as i64;
        let mut cx = Context { time, place, settings: &case.settings, sink: &mut sink };
        black_box(parser.data(Side::Client, black_box(&case.request), &mut cx));
        asked += case.request.len() as u64;
        for segment in &case.response {
            cx.place = Place { offset: said, received: asked };
            black_box(parser.data(Side::Server, black_box(segment), &mut cx));
            said += segment.len() as u64;
        }
    }
    assert_eq!(sink.0, rounds, "{}", case.name);
    start.elapsed() / rounds as f64
}

/// Measures the time that this thread had a processor, where the system tells (Linux), so that
/// other work on the machine counts little.
struct Stopwatch {
    wall: Instant,
    cpu: Option<Duration>,
}

impl Stopwatch {
    fn start() -> Self {
        Self { wall: Instant::now(), cpu: Self::cpu() }
    }

    fn cpu() -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    }

    /// Nanoseconds.
    fn elapsed(&self) -> f64 {
        let cpu = self.cpu.and_then(|start| Some(Self::cpu()? - start));
        cpu.unwrap_or_else(|| self.wall.elapsed()).as_nanos() as f64
    }
}

fn segments(bytes: &[u8], size: usize) -> Vec<Vec<u8>> {
    bytes.chunks(size).map(<[u8]>::to_vec).collect()
}

fn main() {
    let keep = |body_limit, headers| Settings { body_limit, headers, ..Settings::default() };
    let small = |name, settings| Case {
        name,
        settings,
        request: SMALL_REQUEST.to_vec(),
        response: vec![SMALL_RESPONSE.to_vec()],
    };
    let megabyte = 1 << 20;
    let sized = [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {megabyte}\r\n\r\n").into_bytes(),
        vec![b'x'; megabyte],
    ]
    .concat();
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..megabyte / 8192 {
        chunked.extend_from_slice(b"2000\r\n");
        chunked.extend_from_slice(&[b'x'; 8192]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let large = |name, body_limit, response: &[u8]| Case {
        name,
        settings: keep(body_limit, true),
        request: SMALL_REQUEST.to_vec(),
        response: segments(response, 1460),
    };
    let cases = [
        small("small, headers and bodies kept", keep(16384, true)),
        small("small, headers kept", keep(0, true)),
        small("small, nothing kept", keep(0, false)),
        Case {
            name: "browser, headers kept",
            settings: keep(0, true),
            request: BROWSER_REQUEST.to_vec(),
            response: vec![BROWSER_RESPONSE.to_vec()],
        },
        large("1 MiB by length, not kept", 0, &sized),
        large("1 MiB by length, 16 KiB kept", 16384, &sized),
        large("1 MiB chunked, not kept", 0, &chunked),
    ];
    let wanted = std::env::args().nth(1).unwrap_or_default();
    for case in cases.iter().filter(|case| case.name.contains(&wanted)) {
        let bytes = case.request.len() + case.response.iter().map(Vec::len).sum::<usize>();
        let asked = std::env::args().nth(2).and_then(|n| n.parse().ok());
        let rounds = if let Some(rounds) = asked {
            rounds
        } else if bytes > 100_000 {
            2_000
        } else {
            1_000_000
        };
        let mut times: Vec<f64> = (0..5).map(|_| run(case, rounds)).collect();
        times.sort_by(f64::total_cmp);
        let ns = times[2];
        println!("{:32} {ns:10.1} ns/exchange {:8.2} GB/s", case.name, bytes as f64 / ns);
    }
}
