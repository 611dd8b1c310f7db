//! HTTP/1.1 as clients and servers speak it. Each exchange has an id of its own, in the target of
//! the request and in a field and the body of the response.

use super::network::{CLIENT, Connection, Random, SERVER};

/// Sizes of bodies: none, small, about a segment, several segments, many.
const SIZES: [usize; 12] = [0, 1, 13, 200, 700, 1300, 1500, 2900, 6_000, 12_000, 30_000, 80_000];

/// A request and its answer, piece by piece: each is sent when the one before it was received.
pub(crate) struct Exchange {
    pub(crate) turns: Vec<(usize, Vec<u8>)>,
}

impl Exchange {
    fn new(request: Vec<u8>, response: Vec<u8>) -> Self {
        Self { turns: vec![(CLIENT, request), (SERVER, response)] }
    }

    /// All that one side says.
    pub(crate) fn said(&self, side: usize) -> Vec<u8> {
        self.turns.iter().filter(|turn| turn.0 == side).flat_map(|turn| turn.1.clone()).collect()
    }
}

/// Content of about `size` bytes that names `id` again and again. `nasty`: it holds what would
/// begin a message if it were not content.
fn content(id: &str, size: usize, nasty: bool, random: &mut Random) -> Vec<u8> {
    let trap = [
        "\r\n\r\nHTTP/1.1 200 OK\r\nX-Id: trap\r\nContent-Length: 3\r\n\r\nno\n",
        "\r\nGET /trap HTTP/1.1\r\nHost: trap\r\n\r\n",
        "\nHTTP/1.1 404 Not Found\r\n\r\n",
    ];
    let mut body = Vec::new();
    while body.len() < size {
        body.extend_from_slice(format!("<{id}:{}>", body.len()).as_bytes());
        if nasty && random.chance(2.0) {
            body.extend_from_slice(random.pick(&trap).as_bytes());
        }
    }
    body.truncate(size);
    body
}

fn chunked(body: &[u8], trailer: &str, random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(random.within(1, 9000).min(rest.len()));
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
        rest = tail;
    }
    out.extend_from_slice(format!("0\r\n{trailer}\r\n").as_bytes());
    out
}

fn with_body(head: String, body: &[u8], is_chunked: bool, random: &mut Random) -> Vec<u8> {
    let mut out = head.into_bytes();
    if is_chunked {
        let trailer = random.pick(&["", "", "X-Sum: 1\r\n"]);
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        out.extend(chunked(body, trailer, random));
    } else {
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        out.extend_from_slice(body);
    }
    out
}

/// An exchange of any kind that leaves the connection open.
pub(crate) fn exchange(id: &str, nasty: bool, random: &mut Random) -> Exchange {
    let field = format!("Host: shop.example\r\nUser-Agent: test/{}\r\n", random.within(1, 999_999));
    let line = |status: &str| format!("HTTP/1.1 {status}\r\nX-Id: {id}\r\n");
    let size = random.pick(&SIZES[..10]);
    let body = content(id, size, nasty, random);
    let ok = |random: &mut Random| {
        let size = random.pick(&SIZES);
        let status = random.pick(&["200 OK", "201 Created", "404 Not Found", "500 Oh"]);
        let body = content(id, size, nasty, random);
        let is_chunked = random.chance(40.0);
        with_body(line(status), &body, is_chunked, random)
    };
    let ask = |method: &str| format!("{method} /{id} HTTP/1.1\r\n{field}\r\n").into_bytes();
    match random.within(0, 12) {
        0 => Exchange::new(ask("GET"), (line("304 Not Modified") + "\r\n").into_bytes()),
        1 => Exchange::new(ask("DELETE"), (line("204 No Content") + "\r\n").into_bytes()),
        2 => {
            let head = line("200 OK") + &format!("Content-Length: {}\r\n\r\n", size + 1);
            Exchange::new(ask("HEAD"), head.into_bytes())
        }
        3..=5 => {
            let is_chunked = random.chance(30.0);
            let head = format!("POST /{id} HTTP/1.1\r\n{field}");
            Exchange::new(with_body(head, &body, is_chunked, random), ok(random))
        }
        6 if size > 0 => {
            let head = format!(
                "PUT /{id} HTTP/1.1\r\n{field}Expect: 100-continue\r\nContent-Length: {size}\r\n\r\n"
            );
            Exchange {
                turns: vec![
                    (CLIENT, head.into_bytes()),
                    (SERVER, b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
                    (CLIENT, body),
                    (SERVER, ok(random)),
                ],
            }
        }
        _ => Exchange::new(ask("GET"), ok(random)),
    }
}

/// Each request after the answer to the last.
pub(crate) fn alternating(connection: &mut Connection, exchanges: &[Exchange]) {
    for (side, bytes) in exchanges.iter().flat_map(|exchange| &exchange.turns) {
        connection.answer(*side, bytes);
        connection.time += connection.random.within(1, 3_000_000) as i64;
    }
}

/// Several requests at once, the next of them when all are answered.
pub(crate) fn in_bursts(connection: &mut Connection, exchanges: &[Exchange]) {
    let mut rest = exchanges;
    while !rest.is_empty() {
        let (burst, tail) = rest.split_at(connection.random.within(1, 9).min(rest.len()));
        let at_once = connection.random.chance(70.0);
        connection.hear(CLIENT);
        let requests: Vec<Vec<u8>> = burst.iter().map(|exchange| exchange.said(CLIENT)).collect();
        if at_once {
            connection.send(CLIENT, &requests.concat());
        } else {
            requests.iter().for_each(|request| connection.send(CLIENT, request));
        }
        for exchange in burst {
            connection.answer(SERVER, &exchange.said(SERVER));
        }
        rest = tail;
    }
}

/// A new request with each answer, so that some are always on their way.
pub(crate) fn overlapping(connection: &mut Connection, exchanges: &[Exchange]) {
    let depth = connection.random.within(2, 8).min(exchanges.len());
    for exchange in &exchanges[..depth] {
        connection.send(CLIENT, &exchange.said(CLIENT));
    }
    let mut heard = 0;
    for (n, exchange) in exchanges.iter().enumerate() {
        // As a rule the answers are there before more questions are.
        if n >= heard || connection.random.chance(20.0) {
            connection.hear(SERVER);
            heard = n + depth;
        }
        connection.send(SERVER, &exchange.said(SERVER));
        if let Some(next) = exchanges.get(n + depth) {
            connection.hear(CLIENT);
            connection.send(CLIENT, &next.said(CLIENT));
        }
    }
}
