//! Caps of the application protocols.

/// Bytes of one TLS handshake message that is read: what OpenSSL accepts of a chain of certificates
/// (100 KiB), rounded up.
pub const TLS_MESSAGE: usize = 128 * 1024;

/// Bytes kept of each text of a TLS handshake: host names have 253, distinguished names some hundreds.
pub const TLS_TEXT: usize = 1024;

/// Bytes that one side of a TLS connection sends encrypted before the other, which was not seen to
/// do so, is no longer waited for: a server's flight with a long chain.
pub const TLS_ONE_SIDED: u64 = 64 * 1024;

/// Bytes held of what one side of a QUIC connection sends in CRYPTO frames before its hello is whole:
/// more than servers do (4 to 16 KiB), and large hellos have some 2 KiB.
pub const QUIC_CRYPTO: usize = 32 * 1024;

/// Pieces of it behind holes. Browsers cut a hello into a dozen, in any order.
pub const QUIC_PIECES: usize = 64;

/// Bytes of QUIC packets of one flow that are held because they came before those that open them: a
/// server's first flight.
pub const QUIC_HELD: usize = 12 * 1024;

/// Such packets.
pub const QUIC_PACKETS: usize = 8;

/// Nanoseconds for which they are held: packets that overtake each other do so by less.
pub const QUIC_PATIENCE: i64 = 2_000_000_000;

/// Attempts of one flow to begin a QUIC connection: the first, after a negotiation of versions, after
/// a Retry, and one more.
pub const QUIC_CONNECTIONS: usize = 4;

/// Versions in which one QUIC connection may speak: it changes at most once.
pub const QUIC_VERSIONS_TRIED: usize = 2;

/// Times that keys of QUIC are derived in vain for one flow: packets in the wrong order ask for some.
pub const QUIC_DERIVATIONS: u8 = 32;

/// Versions shown that a QUIC server offered; servers offer a few.
pub const QUIC_VERSIONS: usize = 16;

/// Bytes shown of the reason for which a QUIC connection was ended.
pub const QUIC_REASON: usize = 256;

/// Bytes of one HTTP/1 message head (start line and fields, or a trailer section). Servers
/// refuse from 8 KiB (Apache, nginx) to 32 KiB (others) on; what is longer is an attack.
pub const HTTP_HEAD: usize = 64 * 1024;

/// Bytes that the HTTP/1 probe looks at before it refuses an unknown method: room for the
/// longest ordinary request line (8,000 octets are recommended by RFC 9112 section 3).
pub const HTTP_PROBE: usize = 8 * 1024;

/// Requests that may wait for their responses on one HTTP/1 connection. Browsers do not
/// pipeline; load generators do by 16 to 64.
pub const HTTP_PIPELINE: usize = 128;

/// Bytes that one side may send before its first HTTP/1 message is found: a body of which the
/// beginning was not captured, or not HTTP at all.
pub const HTTP_SCAN: u64 = 4 * 1024 * 1024;

/// Informational responses (1xx) noted on one exchange.
pub const HTTP_INFORMATIONAL: usize = 8;

/// Bytes of one line of RESP: what Redis itself accepts of a line (`PROTO_INLINE_MAX_SIZE`).
pub const REDIS_LINE: usize = 64 * 1024;

/// Aggregates of RESP within each other; answers of modules and of `COMMAND DOCS` have 8 or so.
pub const REDIS_DEPTH: usize = 32;

/// Texts kept of one value of RESP: enough for a command's name and keys, and for what a person
/// reads of an answer.
pub const REDIS_ITEMS: usize = 16;

/// Bytes kept of each text of one value of RESP, and of a command's own text.
pub const REDIS_ITEM: usize = 1024;

/// Redis commands that may wait for their answers on one connection. Clients pipeline by tens to
/// hundreds; bulk loading sends more at once.
pub const REDIS_PIPELINE: usize = 1024;

/// Bytes in which a Redis command is looked for after a loss: its beginning up to its name.
pub const REDIS_PROBE: usize = 64;

/// Stacked content codings that are undone; more than two are not seen outside attacks.
pub const HTTP_CODINGS: usize = 4;

/// Finished exchanges kept by a thread for reuse, whatever the number of connections.
pub const HTTP_SPARE: usize = 64;

/// Heap bytes that one exchange kept for reuse may hold; a larger one is freed.
pub const HTTP_SPARE_BYTES: usize = 64 * 1024;

/// Largest Zstandard window accepted: what RFC 9659 allows for the content coding.
pub const ZSTD_WINDOW: u64 = 8 * 1024 * 1024;

/// DNS questions that may wait for their answers in one flow. A stub resolver has a few; a
/// forwarder that uses one port for all has hundreds.
pub const DNS_WAITING: usize = 512;

/// Records of a DNS message shown in the detail of its row. Answers of more are zone transfers
/// and attacks.
pub const DNS_RECORDS: usize = 24;

/// Characters shown of one DNS record's data: room for a host name, or a key's beginning.
pub const DNS_DATA: usize = 256;

/// Questions of one DNS message shown: mDNS asks several at once.
pub const DNS_QUESTIONS: usize = 8;

/// Aliases (CNAME) followed from a question to its addresses; resolvers give up at 8 to 16.
pub const DNS_ALIASES: usize = 16;

/// Addresses taken from one DNS message for `names`. Round robin sets have dozens.
pub const DNS_ADDRESSES: usize = 64;

/// Bytes of a DNS connection given up after a loss while a message is looked for: a zone
/// transfer's worth.
pub const DNS_LOST: u64 = 4 << 20;

/// Bytes of one line of Memcached: a `get` of a hundred keys is half of it.
pub const MEMCACHED_LINE: usize = 64 * 1024;

/// Bytes of a line that the Memcached probe looks at: the longest key and its command.
pub const MEMCACHED_PROBE: usize = 512;

/// Bytes kept of a Memcached command's line: room for its longest key.
pub const MEMCACHED_TEXT: usize = 512;

/// Bytes of a binary Memcached message at most: the largest item that a server can be set to (1 GiB).
pub const MEMCACHED_VALUE: u32 = 1 << 30;

/// Numbers of Memcached requests in datagrams that may wait for their answers in one flow: clients ask a
/// server for little at once.
pub const MEMCACHED_NUMBERS: usize = 256;

/// Bytes of Memcached datagrams of one flow that came before others of their answers: a quarter of the
/// largest item.
pub const MEMCACHED_EARLY: usize = 256 * 1024;

/// Memcached commands that may wait for answers on one connection: clients pipeline by hundreds.
pub const MEMCACHED_PIPELINE: usize = 1024;

/// Bytes of one PostgreSQL message at most: what a server refuses to hold (1 GiB).
pub const POSTGRES_MESSAGE: u32 = 1 << 30;

/// Bytes of the message that begins a PostgreSQL connection: what servers accept
/// (`MAX_STARTUP_PACKET_LENGTH`).
pub const POSTGRES_START: u32 = 10_000;

/// Bytes read of one PostgreSQL message: a statement that a person would read.
pub const POSTGRES_KEPT: usize = 4096;

/// Bytes shown of a name, tag or error field.
pub const POSTGRES_FIELD: usize = 256;

/// Prepared statements, and as many portals, known on one PostgreSQL connection: drivers keep some
/// hundreds.
pub const POSTGRES_STATEMENTS: usize = 1024;

/// PostgreSQL messages that may wait for their answers on one connection: what drivers send before
/// they read, in batches of a thousand with three messages each.
pub const POSTGRES_PIPELINE: usize = 8192;

/// Bytes kept of one MQTT packet beside its payload: topic and properties as people make them.
pub const MQTT_KEPT: usize = 8 * 1024;

/// Bytes shown of one text of MQTT; a longer topic is not remembered under an alias.
pub const MQTT_TEXT: usize = 1024;

/// MQTT packets of one side that may wait for their acknowledgements: brokers allow 20 to 1,000.
pub const MQTT_WAITING: usize = 1024;

/// Bytes that the MQTT packets of one side may hold while they wait.
pub const MQTT_HELD: usize = 1 << 20;

/// Topic aliases remembered of one side of an MQTT connection; brokers allow 10 to 100.
pub const MQTT_ALIASES: usize = 256;

/// Bytes looked at for a whole MQTT packet where following began in the middle.
pub const MQTT_PROBE: usize = 4 * 1024;

/// Requests that may wait in the invented protocol that new ones begin with.
pub const SAMPLE_WAITING: usize = 256;

/// Bytes of one line of NATS: twice what servers accept (`max_control_line`, 4 KiB), since what a
/// server says of itself and a client's signed log-in are longer.
pub const NATS_LINE: usize = 8 * 1024;

/// Bytes of one NATS message at most: what a server can be set to accept (64 MiB).
pub const NATS_PAYLOAD: usize = 64 << 20;

/// Bytes kept of one NATS message beside its payload: its line and headers.
pub const NATS_KEPT: usize = 16 * 1024;

/// Bytes shown of one text of NATS.
pub const NATS_TEXT: usize = 1024;

/// Bytes of a line that the NATS probe looks at: the longest subjects.
pub const NATS_PROBE: usize = 512;

/// NATS requests that may wait for their replies on one connection, operations for their
/// confirmations, and reply subjects for who is to answer: clients have tens to hundreds in flight.
pub const NATS_WAITING: usize = 1024;

/// Bytes that the NATS requests of one connection may hold while they wait.
pub const NATS_HELD: usize = 1 << 20;

/// Nanoseconds for which a NATS request waits for its reply: clients give up after seconds, and not
/// every message with a reply subject is a request.
pub const NATS_PATIENCE: i64 = 60_000_000_000;

/// Bytes of one AMQP frame at most: brokers negotiate 128 KiB; some are set to more.
pub const AMQP_FRAME: u32 = 16 << 20;

/// Bytes kept of one AMQP frame beside its payload: the arguments of a method, headers.
pub const AMQP_KEPT: usize = 16 * 1024;

/// Bytes shown of one text of AMQP.
pub const AMQP_TEXT: usize = 1024;

/// Bytes of a frame with a method that the AMQP probe waits for: what servers say of themselves.
pub const AMQP_PROBE: usize = 2048;

/// AMQP methods that may wait for their answers on one channel, messages for their confirmations, and
/// deliveries for their acknowledgements: publishers and consumers are given hundreds in flight.
pub const AMQP_WAITING: usize = 1024;

/// AMQP channels of one connection that are followed; clients open a few, pools some dozens.
pub const AMQP_CHANNELS: usize = 256;

/// Bytes that may wait on all channels of one AMQP connection.
pub const AMQP_HELD: usize = 2 << 20;

/// Nanoseconds for which an AMQP delivery waits for its acknowledgement before it is told without:
/// consumers may take as long as they like.
pub const AMQP_PATIENCE: i64 = 60_000_000_000;

/// Bytes of one HTTP/2 header block, its continuations included: what servers accept of a whole list
/// of fields is 8 KiB (nginx) to 1 MiB (Go); most accept 64 KiB or less.
pub const H2_BLOCK: usize = 64 * 1024;

/// Bytes of the fields of one HTTP/2 header block that are kept: a block of some octets may refer to
/// large fields again and again.
pub const H2_FIELDS: usize = 64 * 1024;

/// Bytes of an HPACK table, as RFC 7541 counts them: what the largest clients allow (default: 4 KiB).
pub const H2_TABLE: usize = 64 * 1024;

/// Streams of one HTTP/2 connection that are open at once. Servers allow 100 to 250 as a rule.
pub const H2_STREAMS: usize = 1024;

/// Identifiers remembered of HTTP/2 streams that are over, so that what comes late opens none.
pub const H2_CLOSED: usize = 1024;

/// Bytes of an HTTP/2 frame other than DATA that are held: a header block; all others are short.
pub const H2_FRAME: usize = H2_BLOCK;

/// Bytes in which a run of HTTP/2 frames is looked for: a few of the usual size (16 KiB).
pub const H2_SEEK: usize = 64 * 1024;

/// Bytes that one side may send before frames are found again; as for HTTP/1.
pub const H2_SOUGHT: u64 = 4 * 1024 * 1024;

/// Bytes that a client sends on an HTTP/2 stream before the WebSocket that it asked for is granted: clients
/// wait, so that what comes earlier is what a capture has out of order.
pub const H2_EARLY: usize = 16 * 1024;

/// Octets of header blocks that are read for each byte in which frames are looked for, beside
/// [`H2_SEEK`]: of frames that follow each other one, more only where each head stands in the payload
/// of another.
pub const H2_LOOKED: u64 = 16;

/// Bytes of the text in which the messages of one side of a gRPC call are shown: what a person reads
/// at once.
pub const PROTOBUF_SHOWN: usize = 2048;

/// Messages of Protocol Buffers within each other that are shown where their types are not known.
pub const PROTOBUF_DEPTH: usize = 8;

/// Bytes of that text where messages are shown by a schema: names make them longer, and a person who
/// gives a schema wants to read them whole.
pub const PROTOBUF_NAMED: usize = 16 * 1024;

/// Bytes of a message that is decoded, without its compression; of a larger one the beginning is
/// shown without names.
pub const PROTOBUF_MESSAGE: usize = 64 * 1024;

/// Values in a message that is decoded: one of two bytes can take some hundreds decoded.
pub const PROTOBUF_VALUES: usize = 16 * 1024;

/// Messages within each other that are decoded, those in an `Any` among them; other decoders stop at
/// 100.
pub const PROTOBUF_NESTED: usize = 64;

/// Bytes of all descriptors that a user supplies: those of all of Google's public interfaces
/// have some 20 MB.
pub const SCHEMA_BYTES: usize = 64 << 20;

/// Types of messages in them.
pub const SCHEMA_TYPES: usize = 100_000;

/// Bytes kept of the trailers of gRPC-Web, as much as a server sends in a head.
pub const GRPC_WEB_TRAILERS: usize = 8192;

/// Bytes read of one MySQL packet: a statement that a person would read.
pub const MYSQL_KEPT: usize = 4096;

/// Bytes shown of a name or an error's message.
pub const MYSQL_FIELD: usize = 256;

/// Prepared statements known on one MySQL connection: drivers keep some hundreds.
pub const MYSQL_STATEMENTS: usize = 1024;

/// MySQL commands that may wait for their answers on one connection: connectors that pipeline send
/// batches of hundreds.
pub const MYSQL_PIPELINE: usize = 1024;

/// Bytes of one MySQL envelope packed by zstd, which is unpacked as a whole: servers fill one with
/// some 16 KiB, and with more where one row is larger.
pub const MYSQL_ZSTD: usize = 1 << 20;

/// Bytes of one MongoDB message at most: what servers accept (`maxMessageSizeBytes`), and a header.
pub const MONGODB_MESSAGE: u32 = 48_000_000 + 16 * 1024;

/// Bytes read of one MongoDB message, packed or not: some hundred documents of ordinary size.
pub const MONGODB_KEPT: usize = 256 * 1024;

/// Characters shown of a collection's name, an error's message or another text.
pub const MONGODB_FIELD: usize = 256;

/// MongoDB messages that may wait for their answers on one connection: drivers send one at a time.
pub const MONGODB_PIPELINE: usize = 1024;

/// Answers of one MongoDB connection that others follow unasked: a monitor has one.
pub const MONGODB_STREAMS: usize = 16;

/// Bytes that a stream may inflate to for each of its bytes, beyond [`INFLATED_FREE`]: texts pack to a
/// twentieth; DEFLATE's most is 1,032.
pub const INFLATED_RATIO: u64 = 64;

/// Bytes that a stream may inflate to whatever its size: the first messages repeat themselves most.
pub const INFLATED_FREE: u64 = 1 << 20;

/// Messages of each side of a WebSocket that are shown: the latest, what a person reads at once.
pub const WEBSOCKET_MESSAGES: usize = 16;

/// Bytes shown of one message of a WebSocket: a short JSON text, or the beginning of one.
pub const WEBSOCKET_PREVIEW: usize = 256;

/// Bytes kept of what a WebSocket's handshake agrees upon: names of subprotocols and extensions.
pub const WEBSOCKET_TEXT: usize = 256;

/// Nanoseconds between two rows of an exchange that is told while it lasts: what a person sees grow.
pub const GROWTH_EVERY: i64 = 1_000_000_000;

/// Bytes kept of one line of an event stream: the field's name and what is shown of its value.
pub const EVENT_LINE: usize = 1024;

/// Bytes shown of an event's data, name or identifier.
pub const EVENT_TEXT: usize = 256;

/// Names of the events of one stream that are counted apart: applications have a few.
pub const EVENT_NAMES: usize = 16;

/// Events of one stream that are shown: the latest, what a person reads at once.
pub const EVENTS_SHOWN: usize = 16;

/// Bytes in which the head of a gzip stream of events ends: it has 10 and a file's name at most.
pub const EVENT_GZIP_HEAD: usize = 1024;

/// Bits of the largest brotli window of an event stream (4 MiB): the default of encoders. RFC 7932 allows 24.
pub const EVENT_BROTLI_WINDOW: u32 = 22;

/// Bytes of events that are read of one zstd frame, all of which its decoder holds; some ten thousand events.
pub const EVENT_ZSTD: usize = 4 << 20;

/// Bytes of one text in a flow's summary: a line that a person would read.
pub const FACT_TEXT: usize = 1024;

/// Bytes of the line with the version of SSH (RFC 4253 section 4.2).
pub const SSH_VERSION: usize = 255;

/// Bytes that an SSH server may say before its version: a legal notice.
pub const SSH_BANNER: usize = 8 * 1024;

/// Length of one SSH packet at most: what OpenSSH accepts (256 KiB).
pub const SSH_PACKET: u32 = 256 * 1024;

/// Bytes kept of one SSH packet: what every implementation must accept (RFC 4253 section 6.1); offers
/// have a tenth of it.
pub const SSH_KEPT: usize = 35_000;

/// Bytes of one list of algorithms of SSH: OpenSSH's longest has some 500.
pub const SSH_NAMES: usize = 8 * 1024;

/// Bytes that one side of an SSH connection sends encrypted before the other, which was not seen to do
/// so, is no longer waited for.
pub const SSH_ONE_SIDED: u64 = 64 * 1024;

/// NTP requests of one flow that wait for answers: clients send one at a time, or a burst of eight.
pub const NTP_WAITING: usize = 64;

/// Names of DHCP messages counted in one flow: there are some 20, and a flow has two.
pub const DHCP_KINDS: usize = 16;

/// Echo requests of one flow that wait for their answers: a flood has some in flight, not hundreds.
pub const ICMP_WAITING: usize = 256;

/// Types and codes of ICMP counted in one flow, which has two as a rule.
pub const ICMP_KINDS: usize = 16;

/// Different packets that the errors of one flow of ICMP are about: what a person would read.
pub const ICMP_QUOTED: usize = 8;

/// Bytes of one line of SMTP: replies and commands have 512 (RFC 5321 section 4.5.3.1), extensions add
/// some.
pub const SMTP_LINE: usize = 1024;

/// Bytes in which SMTP is looked for: a greeting and the line after it.
pub const SMTP_PROBE: usize = 512;

/// Extensions of one SMTP server that are told: servers have about ten.
pub const SMTP_EXTENSIONS: usize = 32;

/// SMTP commands that may wait for their replies on one connection: clients send those of one mail at
/// once, with up to a hundred recipients.
pub const SMTP_WAITING: usize = 256;

/// Bytes of one line of FTP: the longest paths are not read.
pub const FTP_LINE: usize = 1024;

/// Bytes in which FTP is looked for: a greeting of some lines and what follows it.
pub const FTP_PROBE: usize = 1024;

/// Different commands of one FTP connection that are counted by name: there are some 40.
pub const FTP_VERBS: usize = 32;

/// Different data connections of one FTP connection that are named: what a person would read.
pub const FTP_PLACES: usize = 16;

/// Connections of data that were announced and are remembered: each of a thousand clients of a server
/// with four of its latest.
pub const ANNOUNCED: usize = 4096;

/// FTP commands that may wait for their replies on one connection: clients send one at a time.
pub const FTP_WAITING: usize = 256;

/// Bytes of one Kafka message at most: brokers accept 100 MiB and answer with 50 MiB by default.
pub const KAFKA_MESSAGE: u32 = 1 << 28;

/// Bytes of a Kafka client's name: clients that are set up by hand have some dozens.
pub const KAFKA_CLIENT: usize = 512;

/// Bytes kept of one text of Kafka: the longest topic has 249.
pub const KAFKA_TEXT: usize = 256;

/// Topics and errors of one Kafka message that are listed.
pub const KAFKA_LISTED: usize = 8;

/// Topics of which the ids are remembered on one Kafka connection: a large cluster has some thousand, a
/// client a few.
pub const KAFKA_TOPIC_IDS: usize = 1024;

/// Kafka requests that may wait for answers on one connection: clients allow 5 in flight, some hundreds.
pub const KAFKA_WAITING: usize = 1024;

/// Bytes that the Kafka requests of one connection may hold while they wait.
pub const KAFKA_HELD: usize = 1 << 20;

/// FastCGI requests open at once on one connection: web servers send one, few applications take more.
pub const FASTCGI_REQUESTS: usize = 64;

/// Bytes that the FastCGI requests of one connection may hold while they are open, if there is more than
/// one: sixty-four with parameters, headers and the beginnings of their contents.
pub const FASTCGI_HELD: usize = 4 << 20;

/// Bytes read of the parameters of one FastCGI request: header fields (as [`HTTP_HEAD`]) are most of
/// them.
pub const FASTCGI_PARAMETERS: usize = 64 * 1024;

/// Bytes read of the header of a FastCGI answer: web servers take 4 to 64 KiB.
pub const FASTCGI_HEADER: usize = 64 * 1024;

/// Bytes kept of what a FastCGI application writes to its log about one request: some messages of PHP's,
/// which have 1 KiB at most (`log_limit`).
pub const FASTCGI_ERRORS: usize = 2048;

/// Bytes shown of a FastCGI parameter, and of what is kept of the log: a path.
pub const FASTCGI_TEXT: usize = 2048;

/// Bytes kept of a FastCGI record that is no piece of a stream: a question for the three values that there
/// are has some fifty.
pub const FASTCGI_RECORD: usize = 1024;

/// Questions for values that wait for their answers on one FastCGI connection: a web server asks once.
pub const FASTCGI_QUESTIONS: usize = 16;
