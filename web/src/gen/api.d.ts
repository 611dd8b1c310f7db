// Generated from the server's OpenAPI document by `npm run gen`. Do not edit.

export interface paths {
    "/api/columns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Columns
         * @description What a filter over the table may use.
         */
        get: operations["history_columns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/containers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Containers
         * @description Containers with rate, errors and latency percentiles over the window.
         */
        get: operations["containers_containers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/containers/{container}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Container
         * @description One container.
         */
        get: operations["containers_container"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/containers/{container}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Requests
         * @description The last requests that the container served or made, newest first, from memory.
         */
        get: operations["containers_requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Doctor
         * @description What capturing, naming and storing need here, what is missing, and what to do.
         *
         *     Answers 200 whatever is found. Checks that concern capturing are made in the sensor, the others
         *     in the server. However many ask, it looks once in five seconds at most.
         */
        get: operations["state_doctor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/flows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Flows
         * @description Flows by the time of their first packet, each once, as last seen.
         */
        get: operations["history_flows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Health
         * @description Loss at every stage, and the state of sensor, Docker and store.
         *
         *     Answers 200 whatever the state: `status` and `reasons` say what is wrong.
         */
        get: operations["state_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Workload Map
         * @description Who talked to whom: workloads as nodes, requests and flows as edges.
         */
        get: operations["history_workload_map"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packets/{packet_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Packet
         * @description One packet of the ring with its bytes and decoded layers.
         */
        get: operations["packets_packet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packets/check-filter": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check Filter
         * @description Whether a BPF capture filter compiles; the compiler's words if it does not.
         */
        post: operations["packets_check_filter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packets/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export
         * @description Packets of the ring as a pcapng file.
         */
        get: operations["packets_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packets/interfaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Interfaces
         * @description Network interfaces of the sensor's host, and which of them are being captured.
         */
        get: operations["packets_interfaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packets/recent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Recent
         * @description Packets of the ring, newest first.
         */
        get: operations["packets_recent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packets/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start
         * @description Start capturing, or change what is captured. Rows already stored stay.
         */
        post: operations["packets_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packets/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Status
         * @description How capture goes.
         */
        get: operations["packets_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packets/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop
         * @description Stop capturing. Nothing that was stored is touched.
         */
        post: operations["packets_stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Requests
         * @description Requests by time. Headers and bodies are in the detail of each.
         */
        get: operations["history_requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/requests/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Request
         * @description One request with headers and bodies.
         */
        get: operations["history_request"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/source": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Source
         * @description Where the traffic comes from.
         */
        get: operations["state_source"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/timeseries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Timeseries
         * @description Counts, errors, bytes and latency percentiles over time.
         */
        get: operations["history_timeseries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description Counters of every stage for Prometheus.
         */
        get: operations["state_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Body
         * @description Content as far as it was kept: `text` if it is valid UTF-8, else `base64`.
         */
        Body: {
            /** Base64 */
            base64: string | null;
            /**
             * Bytes
             * @description Bytes kept
             */
            bytes: number;
            /** Text */
            text: string | null;
            /**
             * Truncated
             * @description The message had bytes that are not here
             */
            truncated: boolean;
        };
        /**
         * CapturedInterface
         * @description How capture goes on one interface.
         */
        CapturedInterface: {
            /** Error */
            error: components["schemas"]["ErrorFacts"] | string | null;
            /** Interface Drops */
            interface_drops: number | null;
            /** Kernel Drops */
            kernel_drops: number | null;
            /** Link Type */
            link_type: string | null;
            /**
             * Name
             * @description null for a stream that names no interface
             */
            name: string | null;
            /** Received */
            received: number | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * CaptureStart
         * @description What to capture. One of `interface` and `interfaces`; neither means the detected ones.
         * @example {
         *       "filter": "tcp port 80",
         *       "interface": "eth0"
         *     }
         */
        CaptureStart: {
            /** Buffer Bytes */
            buffer_bytes?: number | null;
            /**
             * Filter
             * @description BPF capture filter
             */
            filter?: string | null;
            /** Interface */
            interface?: string | null;
            /** Interfaces */
            interfaces?: string[] | null;
            /**
             * Promiscuous
             * @default true
             */
            promiscuous: boolean;
            /** Snaplen */
            snaplen?: number | null;
        };
        /**
         * CaptureStatus
         * @description How capture goes.
         */
        CaptureStatus: {
            /** Buffer Bytes */
            buffer_bytes: number | null;
            /** @description Why it does not run, if it should */
            error: components["schemas"]["ErrorFacts"] | null;
            /** Filter */
            filter: string | null;
            /** Interfaces */
            interfaces: components["schemas"]["CapturedInterface"][];
            /** Promiscuous */
            promiscuous: boolean | null;
            /** Running */
            running: boolean;
            /** Snaplen */
            snaplen: number | null;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        } & {
            [key: string]: unknown;
        };
        /**
         * CheckedFilter
         * @description The filter compiles.
         */
        CheckedFilter: {
            /**
             * Ok
             * @constant
             */
            ok: true;
        };
        /**
         * CheckFilter
         * @description A BPF capture filter to try.
         */
        CheckFilter: {
            /** Filter */
            filter: string;
            /** Link Type */
            link_type?: string | null;
        };
        /**
         * ColumnFacts
         * @description One column, for completion and help.
         */
        ColumnFacts: {
            /** Doc */
            doc: string;
            /**
             * Examples
             * @description Conditions that can be written with it
             */
            examples: string[];
            /** Name */
            name: string;
            /** Nullable */
            nullable: boolean;
            /** Type */
            type: string;
        };
        /**
         * ColumnList
         * @description What a filter over the table may use.
         */
        ColumnList: {
            /** Columns */
            columns: components["schemas"]["ColumnFacts"][];
            /** Functions */
            functions: string[];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /** Table */
            table: string;
        };
        /**
         * Container
         * @description A container and its traffic over the window.
         */
        Container: {
            /**
             * Bytes
             * Format: int64
             * @description Content of these requests and responses
             */
            bytes: number;
            /**
             * Error Rate
             * @description errors / requests; null without requests
             */
            error_rate: number | null;
            /**
             * Errors
             * @description Of these, status 500 and above, or failed below it
             */
            errors: number;
            /** Id */
            id: string;
            /** Image */
            image: string | null;
            /** Labels */
            labels: {
                [key: string]: string;
            };
            /**
             * Last Time
             * @description Last request in the window on either side
             */
            last_time: string | null;
            /** Name */
            name: string;
            /** Networks */
            networks: components["schemas"]["ContainerNetwork"][];
            /** P50 Ns */
            p50_ns: number | null;
            /** P95 Ns */
            p95_ns: number | null;
            /** P99 Ns */
            p99_ns: number | null;
            /** Ports */
            ports: string[];
            /** Project */
            project: string | null;
            /**
             * Rate
             * @description Requests served a second over the window
             */
            rate: number;
            /**
             * Requests
             * @description Requests it served in the window
             */
            requests: number;
            /**
             * Requests Out
             * @description Requests it made as a client
             */
            requests_out: number;
            /** Service */
            service: string | null;
            /**
             * State
             * @description As Docker says; null if Docker no longer knows it
             */
            state: string | null;
        };
        /**
         * ContainerAnswer
         * @description One container.
         */
        ContainerAnswer: {
            container: components["schemas"]["Container"];
            /** Seconds */
            seconds: number;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * ContainerList
         * @description Containers with rate, errors and latency over the window.
         */
        ContainerList: {
            /** Containers */
            containers: components["schemas"]["Container"][];
            /**
             * Seconds
             * @description Length of the window
             */
            seconds: number;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * ContainerNetwork
         * @description An address of a container.
         */
        ContainerNetwork: {
            /** Ip */
            ip: string;
            /** Name */
            name: string | null;
        };
        /**
         * Counter
         * @description One counter of one stage.
         */
        Counter: {
            /** Interface */
            interface: string | null;
            /** Name */
            name: string;
            /**
             * Recent
             * Format: int64
             * @description In the last 10 seconds
             */
            recent: number;
            /** Sensor */
            sensor: string;
            /** Stage */
            stage: string;
            /**
             * Value
             * Format: int64
             * @description Since the sensor started
             */
            value: number;
        };
        /**
         * DockerHealth
         * @description The connection to the Docker Engine.
         */
        DockerHealth: {
            /** Containers */
            containers: number;
            /** Host */
            host: string | null;
            /** Reason */
            reason: string | null;
            /** Since */
            since: string | null;
            /**
             * State
             * @description connected, absent, unreachable or off
             */
            state: string;
        };
        /**
         * DoctorCheck
         * @description One thing that the doctor looked at.
         */
        DoctorCheck: {
            /**
             * Facts
             * @description The same for programs; the keys are each check's own
             */
            facts: {
                [key: string]: unknown;
            };
            /**
             * Found
             * @description What was seen
             */
            found: string;
            /**
             * Id
             * @description Stable, `family.name`
             */
            id: string;
            /**
             * Remedy
             * @description What to do here; lines indented by four spaces are to paste. Empty: nothing
             */
            remedy: string;
            /**
             * State
             * @description unknown: it could not be found out, and `found` says why
             * @enum {string}
             */
            state: "ok" | "warning" | "failed" | "unknown";
            /** Title */
            title: string;
            /**
             * Where
             * @description Which process looked: sensor or server
             */
            where: string;
            /**
             * Why
             * @description Why it matters
             */
            why: string;
        };
        /**
         * DoctorCounts
         * @description How many checks came out how.
         */
        DoctorCounts: {
            /** Failed */
            failed: number;
            /** Ok */
            ok: number;
            /** Unknown */
            unknown: number;
            /** Warning */
            warning: number;
        };
        /**
         * DoctorReport
         * @description What is needed, what is missing, and what to do. `nautscan doctor --json` prints the same.
         */
        DoctorReport: {
            /** Checks */
            checks: components["schemas"]["DoctorCheck"][];
            counts: components["schemas"]["DoctorCounts"];
            /**
             * Platform
             * @description The server's system: linux, darwin or win32
             */
            platform: string;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /**
             * State
             * @description The worst of the checks
             * @enum {string}
             */
            state: "ok" | "warning" | "failed";
            /**
             * Time
             * Format: date-time
             * @description When it looked
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
            /** Version */
            version: string;
        };
        /**
         * Drop
         * @description Loss at one stage.
         */
        Drop: {
            /** Interface */
            interface: string | null;
            /** Meaning */
            meaning: string;
            /** Name */
            name: string;
            /**
             * Recent
             * Format: int64
             * @description In the last 10 seconds
             */
            recent: number;
            /** Stage */
            stage: string;
            /**
             * Value
             * Format: int64
             * @description Since the process started
             */
            value: number;
        };
        /**
         * ErrorAnswer
         * @description Every error has this shape.
         */
        ErrorAnswer: {
            error: components["schemas"]["ErrorFacts"];
        };
        /**
         * ErrorFacts
         * @description What failed, why, what to do.
         */
        ErrorFacts: {
            /** Code */
            code: string;
            /** Detail */
            detail: {
                [key: string]: unknown;
            };
            /** Message */
            message: string;
            /** Remedy */
            remedy: string;
        };
        /**
         * FlowList
         * @description Flows, each once, as last seen.
         */
        FlowList: {
            /** Flows */
            flows: components["schemas"]["FlowRow"][];
            /**
             * Next
             * @description Cursor of the next page; null at the end
             */
            next: string | null;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * FlowRow
         * @description One flow, as last seen.
         */
        FlowRow: {
            /**
             * Client
             * @description Best name of the client: Compose service, else container name, else host name; null when no workload is known to own the address
             */
            client: string | null;
            /**
             * Client Bytes
             * Format: int64
             * @description Bytes from the client on the wire, link header included
             */
            client_bytes: number;
            /**
             * Client Container
             * @description Name of the client's container; null when no workload is known to own the address
             */
            client_container: string | null;
            /**
             * Client Container Id
             * @description Container that owned the client's address at that time; null when no workload is known to own the address
             */
            client_container_id: string | null;
            /**
             * Client Image
             * @description Image of the client's container; null when no workload is known to own the address
             */
            client_image: string | null;
            /**
             * Client Ip
             * @description Address of the side that opened it
             */
            client_ip: string;
            /**
             * Client Mss
             * @description Largest segment that the client asked for, bytes; null if its SYN did not say
             */
            client_mss: number | null;
            /**
             * Client Packets
             * Format: int64
             * @description Packets from the client
             */
            client_packets: number;
            /**
             * Client Payload Bytes
             * Format: int64
             * @description Transport payload from the client
             */
            client_payload_bytes: number;
            /**
             * Client Port
             * @description Port of the side that opened it
             */
            client_port: number;
            /**
             * Client Project
             * @description Compose project of the client; null when no workload is known to own the address
             */
            client_project: string | null;
            /**
             * Client Rtt Ns
             * @description Least round trip between the point of capture and the client, ns; null if none was seen
             */
            client_rtt_ns: number | null;
            /**
             * Client Service
             * @description Compose service of the client; null when no workload is known to own the address
             */
            client_service: string | null;
            /**
             * Client Window Scale
             * @description Shift of the client's windows; null if its SYN did not say
             */
            client_window_scale: number | null;
            /**
             * Community Id
             * @description Community ID v1
             */
            community_id: string;
            /**
             * Duplicate Acks
             * @description Acknowledgements that repeated the one before; null for other transports than TCP
             */
            duplicate_acks: number | null;
            /**
             * Duplicates
             * Format: int64
             * @description Packets seen twice and counted once
             */
            duplicates: number;
            /**
             * End Reason
             * @description finished, reset, timeout, evicted, capture_end; null while open
             */
            end_reason: string | null;
            /**
             * Flow Id
             * Format: int64
             * @description Number of the flow; rows of one flow are cumulative, the last one holds
             */
            flow_id: number;
            /**
             * Gap Bytes
             * Format: int64
             * @description Stream bytes that were lost
             */
            gap_bytes: number;
            /**
             * Handshake Ns
             * @description TCP handshake, ns; null if it was not seen whole
             */
            handshake_ns: number | null;
            /**
             * Id
             * Format: int64
             * @description The store's own number of the row
             */
            id: number;
            /**
             * Interface
             * @description Interface of the first packet
             */
            interface: string | null;
            /**
             * Keep Alives
             * @description Segments that asked whether the other side is still there; null if not TCP
             */
            keep_alives: number | null;
            /**
             * Last Time
             * Format: date-time
             * @description Last packet so far
             * @example 2026-01-31T12:00:00.123456789Z
             */
            last_time: string;
            /**
             * Out Of Order
             * Format: int64
             * @description Segments that later ones overtook
             */
            out_of_order: number;
            /**
             * Protocol
             * @description Application protocol found in the bytes; null if none
             */
            protocol: string | null;
            /**
             * Requests
             * Format: int64
             * @description Requests found in it
             */
            requests: number;
            /**
             * Resets
             * Format: int64
             * @description RST segments
             */
            resets: number;
            /**
             * Retransmissions
             * Format: int64
             * @description Segments sent again
             */
            retransmissions: number;
            /**
             * Sack Blocks
             * @description Segments that acknowledged bytes behind a hole; null if not TCP
             */
            sack_blocks: number | null;
            /**
             * Sensor
             * @description Name of the sensor that saw it
             */
            sensor: string;
            /**
             * Server
             * @description Best name of the server: Compose service, else container name, else host name; null when no workload is known to own the address
             */
            server: string | null;
            /**
             * Server Bytes
             * Format: int64
             * @description Bytes from the server on the wire, link header included
             */
            server_bytes: number;
            /**
             * Server Container
             * @description Name of the server's container; null when no workload is known to own the address
             */
            server_container: string | null;
            /**
             * Server Container Id
             * @description Container that owned the server's address at that time; null when no workload is known to own the address
             */
            server_container_id: string | null;
            /**
             * Server Image
             * @description Image of the server's container; null when no workload is known to own the address
             */
            server_image: string | null;
            /**
             * Server Ip
             * @description Address of the other side
             */
            server_ip: string;
            /**
             * Server Mss
             * @description Largest segment that the server asked for, bytes; null if its SYN did not say
             */
            server_mss: number | null;
            /**
             * Server Name
             * @description Name the client asked for (SNI, Host); null if none
             */
            server_name: string | null;
            /**
             * Server Packets
             * Format: int64
             * @description Packets from the server
             */
            server_packets: number;
            /**
             * Server Payload Bytes
             * Format: int64
             * @description Transport payload from the server
             */
            server_payload_bytes: number;
            /**
             * Server Port
             * @description Port of the other side
             */
            server_port: number;
            /**
             * Server Project
             * @description Compose project of the server; null when no workload is known to own the address
             */
            server_project: string | null;
            /**
             * Server Rtt Ns
             * @description Least round trip between the point of capture and the server, ns; null if none was seen
             */
            server_rtt_ns: number | null;
            /**
             * Server Service
             * @description Compose service of the server; null when no workload is known to own the address
             */
            server_service: string | null;
            /**
             * Server Window Scale
             * @description Shift of the server's windows; null if its SYN did not say
             */
            server_window_scale: number | null;
            /**
             * State
             * @description syn_sent, established, closing, closed, reset or active
             */
            state: string;
            /**
             * Time
             * Format: date-time
             * @description First packet
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
            /**
             * Transport
             * @description tcp, udp, sctp, icmp, icmpv6, or ip-<number>
             */
            transport: string;
            /**
             * Tunnel
             * @description Encapsulations, outermost first, joined by /; null if none
             */
            tunnel: string | null;
            /**
             * Tunnel Client Ip
             * @description Outermost address on the client's side
             */
            tunnel_client_ip: string | null;
            /**
             * Tunnel Id
             * @description Innermost VNI, key, session, TEID or label; null if none
             */
            tunnel_id: number | null;
            /**
             * Tunnel Server Ip
             * @description Outermost address on the server's side
             */
            tunnel_server_ip: string | null;
            /**
             * Vlan
             * @description Innermost VLAN of the first packet; null without a tag
             */
            vlan: number | null;
            /**
             * Zero Windows
             * Format: int64
             * @description Times a side had no room to receive
             */
            zero_windows: number;
        };
        /**
         * Gap
         * @description A time without observation: nothing in it does not mean that nothing happened.
         */
        Gap: {
            /** Reason */
            reason: string;
            /**
             * Since
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            since: string;
            /**
             * Until
             * @description null: still open
             */
            until: string | null;
        };
        /**
         * Header
         * @description One header field.
         */
        Header: {
            /** Name */
            name: string;
            /** Value */
            value: string;
        };
        /**
         * Health
         * @description Whether what is shown is all there was.
         */
        Health: {
            /** @description null while the sensor cannot be asked */
            capture: components["schemas"]["CaptureStatus"] | null;
            docker: components["schemas"]["DockerHealth"];
            /**
             * Drops
             * @description Every loss counter that is not zero
             */
            drops: components["schemas"]["Drop"][];
            live: components["schemas"]["LiveHealth"];
            /** Reasons */
            reasons: components["schemas"]["Reason"][];
            sensor: components["schemas"]["SensorHealth"];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /** Stages */
            stages: components["schemas"]["Counter"][];
            /**
             * Started
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            started: string;
            /**
             * Status
             * @enum {string}
             */
            status: "ok" | "degraded" | "no_capture";
            store: components["schemas"]["StoreHealth"];
            /**
             * Time
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
            /** Version */
            version: string;
        };
        /**
         * Interface
         * @description A network interface of the sensor's host.
         */
        Interface: {
            /** Addresses */
            addresses: string[];
            /** Capturable */
            capturable: boolean | null;
            /** Description */
            description: string | null;
            /**
             * Kind
             * @description bridge, veth, ethernet, wireless, loopback, any, …
             */
            kind: string | null;
            /** Link Type */
            link_type: string | null;
            /** Mac */
            mac: string | null;
            /** Name */
            name: string;
            /**
             * Owner
             * @description Container or Docker network that it belongs to
             */
            owner: string | null;
            /**
             * Reason
             * @description Why it cannot be captured
             */
            reason: string | null;
            /**
             * Selected
             * @description It is being captured
             */
            selected: boolean;
            /** Up */
            up: boolean | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * InterfaceList
         * @description Interfaces that the sensor sees.
         */
        InterfaceList: {
            /** Interfaces */
            interfaces: components["schemas"]["Interface"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * Layer
         * @description One protocol layer of a packet.
         */
        Layer: {
            /**
             * Error
             * @description Why decoding stopped here
             */
            error: string | null;
            /** Fields */
            fields: components["schemas"]["LayerField"][];
            /** Length */
            length: number;
            /** Name */
            name: string;
            /** Offset */
            offset: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * LayerField
         * @description One field of a layer: where it is in the packet and what it says.
         */
        LayerField: {
            /** Length */
            length: number | null;
            /** Name */
            name: string;
            /** Offset */
            offset: number | null;
            /** Value */
            value: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * LiveError
         * @description A filter that is not one, or the end of the stream.
         */
        LiveError: {
            error: components["schemas"]["ErrorFacts"];
            /**
             * Type
             * @constant
             */
            type: "error";
        };
        /**
         * LiveFlows
         * @description Rows as they come; `skipped` rows before these did not reach this viewer.
         */
        LiveFlows: {
            /** Rows */
            rows: components["schemas"]["FlowRow"][];
            /** Skipped */
            skipped: number;
            /**
             * Table
             * @constant
             */
            table: "flows";
            /**
             * Type
             * @constant
             */
            type: "rows";
        };
        /**
         * LiveHealth
         * @description Live viewers.
         */
        LiveHealth: {
            /**
             * Rows Sent
             * Format: int64
             */
            rows_sent: number;
            /**
             * Rows Skipped
             * Format: int64
             */
            rows_skipped: number;
            /** Subscribers */
            subscribers: number;
        };
        /**
         * LiveHealthMessage
         * @description Once a second.
         */
        LiveHealthMessage: {
            health: components["schemas"]["Health"];
            /**
             * Type
             * @constant
             */
            type: "health";
        };
        /**
         * LiveHello
         * @description First message of the WebSocket, and the answer to a new `subscribe`.
         */
        LiveHello: {
            /** Filter */
            filter: string;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /** Table */
            table: string;
            /**
             * Type
             * @constant
             */
            type: "hello";
            /** Version */
            version: string;
        };
        /**
         * LiveRequests
         * @description Rows as they come; `skipped` rows before these did not reach this viewer.
         */
        LiveRequests: {
            /** Rows */
            rows: components["schemas"]["RequestRow"][];
            /** Skipped */
            skipped: number;
            /**
             * Table
             * @constant
             */
            table: "requests";
            /**
             * Type
             * @constant
             */
            type: "rows";
        };
        /**
         * LiveSubscribe
         * @description What the viewer may send: another table or filter on the same connection.
         */
        LiveSubscribe: {
            /**
             * Filter
             * @default
             */
            filter: string;
            /**
             * Table
             * @default requests
             * @enum {string}
             */
            table: "requests" | "flows";
            /**
             * Type
             * @constant
             */
            type: "subscribe";
        };
        /**
         * MapEdge
         * @description What one node asked of another.
         */
        MapEdge: {
            /**
             * Bytes
             * Format: int64
             * @description Bytes on the wire of the flows active in the span, from their beginning
             */
            bytes: number;
            /** Client */
            client: string;
            /** Error Rate */
            error_rate: number | null;
            /** Errors */
            errors: number;
            /** Flows */
            flows: number;
            /**
             * Last Time
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            last_time: string;
            /** P50 Ns */
            p50_ns: number | null;
            /** P95 Ns */
            p95_ns: number | null;
            /** P99 Ns */
            p99_ns: number | null;
            /** Protocol */
            protocol: string;
            /** Rate */
            rate: number;
            /** Requests */
            requests: number;
            /** Server */
            server: string;
        };
        /**
         * MapNode
         * @description A workload, or an address that no workload is known to own.
         */
        MapNode: {
            /**
             * Addresses
             * @description At most 16 of its addresses in the window
             */
            addresses: string[];
            /** Container Id */
            container_id: string | null;
            /** Id */
            id: string;
            /** Image */
            image: string | null;
            /**
             * Kind
             * @enum {string}
             */
            kind: "container" | "host" | "address";
            /** Name */
            name: string;
            /** Project */
            project: string | null;
            /** Service */
            service: string | null;
        };
        /**
         * PacketDetail
         * @description One packet with its bytes and layers.
         */
        PacketDetail: {
            /** Captured Length */
            captured_length: number;
            /**
             * Hex
             * @description The captured bytes, two hexadecimal digits each
             */
            hex: string;
            /**
             * Id
             * Format: int64
             */
            id: number;
            /** Interface */
            interface: string | null;
            /** Layers */
            layers: components["schemas"]["Layer"][];
            /** Length */
            length: number;
            /** Link Type */
            link_type: string;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /**
             * Time
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * PacketList
         * @description Packets of the sensor's ring, newest first.
         */
        PacketList: {
            /**
             * Next
             * @description Value of `before` for older ones; null at the end
             */
            next: string | null;
            /** Packets */
            packets: components["schemas"]["PacketRow"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * PacketRow
         * @description One packet of the ring.
         */
        PacketRow: {
            /**
             * Captured Length
             * Format: int64
             * @description Bytes kept
             */
            captured_length: number;
            /**
             * Community Id
             * @description Community ID v1; null if it has none
             */
            community_id: string | null;
            /**
             * Destination Ip
             * @description Destination address; null if not IP
             */
            destination_ip: string | null;
            /**
             * Destination Port
             * @description Destination port; null if there is none
             */
            destination_port: number | null;
            /**
             * Error
             * @description Why decoding stopped; null if it did not
             */
            error: string | null;
            /**
             * Flow Id
             * @description Its flow; null if it belongs to none
             */
            flow_id: number | null;
            /**
             * Id
             * Format: int64
             * @description Number of the packet in the sensor's ring
             */
            id: number;
            /**
             * Info
             * @description One line on what it is
             */
            info: string;
            /**
             * Interface
             * @description Interface; null in files without one
             */
            interface: string | null;
            /**
             * Length
             * Format: int64
             * @description Bytes on the wire
             */
            length: number;
            /**
             * Link Type
             * @description Link layer, as libpcap names it
             */
            link_type: string;
            /**
             * Protocol
             * @description Highest layer known
             */
            protocol: string;
            /**
             * Sensor
             * @description Name of the sensor that saw it
             */
            sensor: string;
            /**
             * Source Ip
             * @description Source address; null if not IP
             */
            source_ip: string | null;
            /**
             * Source Port
             * @description Source port; null if there is none
             */
            source_port: number | null;
            /**
             * Time
             * Format: date-time
             * @description When it was captured
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
            /**
             * Transport
             * @description tcp, udp, icmp, …; null if not IP
             */
            transport: string | null;
            /**
             * Tunnel
             * @description Encapsulations, outermost first, joined by /; null if none
             */
            tunnel: string | null;
            /**
             * Vlan
             * @description Innermost VLAN; null without a tag
             */
            vlan: number | null;
        };
        /**
         * Reason
         * @description Something that is not as it should be, and what to do.
         */
        Reason: {
            /** Code */
            code: string;
            /** Message */
            message: string;
            /** Remedy */
            remedy: string;
        };
        /**
         * RequestDetail
         * @description One request with headers and bodies.
         */
        RequestDetail: {
            /**
             * Client
             * @description Best name of the client: Compose service, else container name, else host name; null when no workload is known to own the address
             */
            client: string | null;
            /**
             * Client Container
             * @description Name of the client's container; null when no workload is known to own the address
             */
            client_container: string | null;
            /**
             * Client Container Id
             * @description Container that owned the client's address at that time; null when no workload is known to own the address
             */
            client_container_id: string | null;
            /**
             * Client Image
             * @description Image of the client's container; null when no workload is known to own the address
             */
            client_image: string | null;
            /**
             * Client Ip
             * @description Address of the side that asked
             */
            client_ip: string;
            /**
             * Client Port
             * @description Port of the side that asked
             */
            client_port: number;
            /**
             * Client Project
             * @description Compose project of the client; null when no workload is known to own the address
             */
            client_project: string | null;
            /**
             * Client Service
             * @description Compose service of the client; null when no workload is known to own the address
             */
            client_service: string | null;
            /**
             * Community Id
             * @description Community ID v1 of the flow
             */
            community_id: string;
            /**
             * Completeness
             * @description complete, request_only, response_only or gap
             */
            completeness: string;
            /**
             * Content Type
             * @description Media type of the response; null if not stated
             */
            content_type: string | null;
            /**
             * Decrypted
             * @description How it was decrypted; null if it was in the clear
             */
            decrypted: string | null;
            /**
             * Detail
             * @description What only this protocol has; null if nothing
             */
            detail: {
                [key: string]: unknown;
            } | null;
            /**
             * Duration Ns
             * @description First byte of the request to last byte of the response, ns
             */
            duration_ns: number | null;
            /**
             * Error
             * @description Failure below the protocol's status; null if none
             */
            error: string | null;
            /**
             * Flow Id
             * Format: int64
             * @description The flow that carried it
             */
            flow_id: number;
            /**
             * Gap Bytes
             * Format: int64
             * @description Bytes of it that were lost
             */
            gap_bytes: number;
            /**
             * Host
             * @description Authority asked; null if not stated or not seen
             */
            host: string | null;
            /**
             * Id
             * Format: int64
             * @description The store's own number of the row
             */
            id: number;
            /**
             * Interface
             * @description Interface of the flow's first packet; null in files without one
             */
            interface: string | null;
            /**
             * Method
             * @description What was asked for: GET, POST; null if the request was not seen
             */
            method: string | null;
            /**
             * Oddities
             * @description Departures from the protocol, each once
             */
            oddities: string[];
            /**
             * Protocol
             * @description Application protocol, e.g. http
             */
            protocol: string;
            /** @description Decoded content up to the cap; null if not kept */
            request_body: components["schemas"]["Body"] | null;
            /**
             * Request Body Truncated
             * @description request_body lacks bytes that the message had
             */
            request_body_truncated: boolean;
            /**
             * Request Bytes
             * @description Request content after de-chunking, before decompression
             */
            request_bytes: number | null;
            /**
             * Request Content Type
             * @description Media type of the request; null if not stated
             */
            request_content_type: string | null;
            /**
             * Request Headers
             * @description Header fields in order, redacted
             */
            request_headers: components["schemas"]["Header"][] | null;
            /** @description Decoded content up to the cap; null if not kept */
            response_body: components["schemas"]["Body"] | null;
            /**
             * Response Body Truncated
             * @description response_body lacks bytes that the message had
             */
            response_body_truncated: boolean;
            /**
             * Response Bytes
             * @description Response content after de-chunking, before decompression
             */
            response_bytes: number | null;
            /**
             * Response Headers
             * @description Header fields in order, redacted
             */
            response_headers: components["schemas"]["Header"][] | null;
            /**
             * Sensor
             * @description Name of the sensor that saw it
             */
            sensor: string;
            /**
             * Server
             * @description Best name of the server: Compose service, else container name, else host name; null when no workload is known to own the address
             */
            server: string | null;
            /**
             * Server Container
             * @description Name of the server's container; null when no workload is known to own the address
             */
            server_container: string | null;
            /**
             * Server Container Id
             * @description Container that owned the server's address at that time; null when no workload is known to own the address
             */
            server_container_id: string | null;
            /**
             * Server Image
             * @description Image of the server's container; null when no workload is known to own the address
             */
            server_image: string | null;
            /**
             * Server Ip
             * @description Address of the side that answered
             */
            server_ip: string;
            /**
             * Server Port
             * @description Port of the side that answered
             */
            server_port: number;
            /**
             * Server Project
             * @description Compose project of the server; null when no workload is known to own the address
             */
            server_project: string | null;
            /**
             * Server Service
             * @description Compose service of the server; null when no workload is known to own the address
             */
            server_service: string | null;
            /**
             * Status
             * @description Outcome as the protocol numbers it; null if no response was seen
             */
            status: number | null;
            /**
             * Target
             * @description Request target; null if the request was not seen
             */
            target: string | null;
            /**
             * Time
             * Format: date-time
             * @description First byte of the request, or of the response where no request was seen
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
            /**
             * Trace Id
             * @description W3C trace id; null if none was sent
             */
            trace_id: string | null;
            /**
             * Transport
             * @description What carried it: tcp or udp
             */
            transport: string;
            /**
             * Ttfb Ns
             * @description First byte of the request to first byte of the response, ns
             */
            ttfb_ns: number | null;
            /**
             * Version
             * @description Version as spoken, e.g. 1.1; null if not stated
             */
            version: string | null;
        };
        /**
         * RequestList
         * @description Requests, newest first unless asked otherwise.
         */
        RequestList: {
            /**
             * Next
             * @description Cursor of the next page; null at the end
             */
            next: string | null;
            /** Requests */
            requests: components["schemas"]["RequestRow"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * RequestRow
         * @description One request with its response.
         */
        RequestRow: {
            /**
             * Client
             * @description Best name of the client: Compose service, else container name, else host name; null when no workload is known to own the address
             */
            client: string | null;
            /**
             * Client Container
             * @description Name of the client's container; null when no workload is known to own the address
             */
            client_container: string | null;
            /**
             * Client Container Id
             * @description Container that owned the client's address at that time; null when no workload is known to own the address
             */
            client_container_id: string | null;
            /**
             * Client Image
             * @description Image of the client's container; null when no workload is known to own the address
             */
            client_image: string | null;
            /**
             * Client Ip
             * @description Address of the side that asked
             */
            client_ip: string;
            /**
             * Client Port
             * @description Port of the side that asked
             */
            client_port: number;
            /**
             * Client Project
             * @description Compose project of the client; null when no workload is known to own the address
             */
            client_project: string | null;
            /**
             * Client Service
             * @description Compose service of the client; null when no workload is known to own the address
             */
            client_service: string | null;
            /**
             * Community Id
             * @description Community ID v1 of the flow
             */
            community_id: string;
            /**
             * Completeness
             * @description complete, request_only, response_only or gap
             */
            completeness: string;
            /**
             * Content Type
             * @description Media type of the response; null if not stated
             */
            content_type: string | null;
            /**
             * Decrypted
             * @description How it was decrypted; null if it was in the clear
             */
            decrypted: string | null;
            /**
             * Detail
             * @description What only this protocol has; null if nothing
             */
            detail: {
                [key: string]: unknown;
            } | null;
            /**
             * Duration Ns
             * @description First byte of the request to last byte of the response, ns
             */
            duration_ns: number | null;
            /**
             * Error
             * @description Failure below the protocol's status; null if none
             */
            error: string | null;
            /**
             * Flow Id
             * Format: int64
             * @description The flow that carried it
             */
            flow_id: number;
            /**
             * Gap Bytes
             * Format: int64
             * @description Bytes of it that were lost
             */
            gap_bytes: number;
            /**
             * Host
             * @description Authority asked; null if not stated or not seen
             */
            host: string | null;
            /**
             * Id
             * Format: int64
             * @description The store's own number of the row
             */
            id: number;
            /**
             * Interface
             * @description Interface of the flow's first packet; null in files without one
             */
            interface: string | null;
            /**
             * Method
             * @description What was asked for: GET, POST; null if the request was not seen
             */
            method: string | null;
            /**
             * Oddities
             * @description Departures from the protocol, each once
             */
            oddities: string[];
            /**
             * Protocol
             * @description Application protocol, e.g. http
             */
            protocol: string;
            /**
             * Request Body Truncated
             * @description request_body lacks bytes that the message had
             */
            request_body_truncated: boolean;
            /**
             * Request Bytes
             * @description Request content after de-chunking, before decompression
             */
            request_bytes: number | null;
            /**
             * Request Content Type
             * @description Media type of the request; null if not stated
             */
            request_content_type: string | null;
            /**
             * Response Body Truncated
             * @description response_body lacks bytes that the message had
             */
            response_body_truncated: boolean;
            /**
             * Response Bytes
             * @description Response content after de-chunking, before decompression
             */
            response_bytes: number | null;
            /**
             * Sensor
             * @description Name of the sensor that saw it
             */
            sensor: string;
            /**
             * Server
             * @description Best name of the server: Compose service, else container name, else host name; null when no workload is known to own the address
             */
            server: string | null;
            /**
             * Server Container
             * @description Name of the server's container; null when no workload is known to own the address
             */
            server_container: string | null;
            /**
             * Server Container Id
             * @description Container that owned the server's address at that time; null when no workload is known to own the address
             */
            server_container_id: string | null;
            /**
             * Server Image
             * @description Image of the server's container; null when no workload is known to own the address
             */
            server_image: string | null;
            /**
             * Server Ip
             * @description Address of the side that answered
             */
            server_ip: string;
            /**
             * Server Port
             * @description Port of the side that answered
             */
            server_port: number;
            /**
             * Server Project
             * @description Compose project of the server; null when no workload is known to own the address
             */
            server_project: string | null;
            /**
             * Server Service
             * @description Compose service of the server; null when no workload is known to own the address
             */
            server_service: string | null;
            /**
             * Status
             * @description Outcome as the protocol numbers it; null if no response was seen
             */
            status: number | null;
            /**
             * Target
             * @description Request target; null if the request was not seen
             */
            target: string | null;
            /**
             * Time
             * Format: date-time
             * @description First byte of the request, or of the response where no request was seen
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
            /**
             * Trace Id
             * @description W3C trace id; null if none was sent
             */
            trace_id: string | null;
            /**
             * Transport
             * @description What carried it: tcp or udp
             */
            transport: string;
            /**
             * Ttfb Ns
             * @description First byte of the request to first byte of the response, ns
             */
            ttfb_ns: number | null;
            /**
             * Version
             * @description Version as spoken, e.g. 1.1; null if not stated
             */
            version: string | null;
        };
        /**
         * SensorHealth
         * @description The connection to the sensor process.
         */
        SensorHealth: {
            /** Connected */
            connected: boolean;
            /** Gaps */
            gaps: components["schemas"]["Gap"][];
            /** Reason */
            reason: string | null;
            /** Since */
            since: string | null;
        };
        /**
         * SourceFacts
         * @description What this server shows.
         */
        SourceFacts: {
            /**
             * Label
             * @description A sentence for the screen
             */
            label: string;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /**
             * Started
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            started: string;
            /** Version */
            version: string;
        };
        /**
         * StoreHealth
         * @description The database and its writer.
         */
        StoreHealth: {
            /**
             * Bytes
             * Format: int64
             * @description Size of the database files
             */
            bytes: number;
            /**
             * Free Bytes
             * @description Free space of the disk
             */
            free_bytes: number | null;
            /** Last Commit */
            last_commit: string | null;
            /** Path */
            path: string;
            /** Queue Batches */
            queue_batches: number;
            /** Queue Bytes */
            queue_bytes: number;
            /** Reason */
            reason: string | null;
            /**
             * Retention Bytes
             * Format: int64
             */
            retention_bytes: number;
            /** Retention Seconds */
            retention_seconds: number;
            /**
             * Rows Expired
             * Format: int64
             * @description Deleted by retention since the server started
             */
            rows_expired: number;
            /**
             * Rows Lost
             * Format: int64
             * @description Not stored since the server started: disk full, too slow
             */
            rows_lost: number;
            /**
             * Rows Written
             * Format: int64
             * @description Since the server started
             */
            rows_written: number;
            /** Schema Version */
            schema_version: number;
            /**
             * State
             * @enum {string}
             */
            state: "ok" | "full" | "failing" | "closed";
        };
        /**
         * TimePoint
         * @description One bucket. For flows: `requests` counts flows that began in it.
         */
        TimePoint: {
            /**
             * Bytes
             * Format: int64
             */
            bytes: number;
            /** Errors */
            errors: number;
            /** P50 Ns */
            p50_ns: number | null;
            /** P95 Ns */
            p95_ns: number | null;
            /** P99 Ns */
            p99_ns: number | null;
            /** Requests */
            requests: number;
            /**
             * Time
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
        };
        /**
         * TimeSeries
         * @description Buckets from `from` to `to`, none left out.
         */
        TimeSeries: {
            /**
             * Bucket
             * @description Seconds of a bucket
             */
            bucket: number;
            /**
             * From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            from: string;
            /** Gaps */
            gaps: components["schemas"]["Gap"][];
            /** Points */
            points: components["schemas"]["TimePoint"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /** Table */
            table: string;
            /**
             * To
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            to: string;
        };
        /**
         * WorkloadMap
         * @description Who talked to whom.
         */
        WorkloadMap: {
            /** Edges */
            edges: components["schemas"]["MapEdge"][];
            /**
             * From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            from: string;
            /** Gaps */
            gaps: components["schemas"]["Gap"][];
            /** Nodes */
            nodes: components["schemas"]["MapNode"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /**
             * To
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            to: string;
            /**
             * Truncated
             * @description Edges beyond the cap, least busy ones, left out
             */
            truncated: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    history_columns: {
        parameters: {
            query?: {
                /** @description Table that the filter is about */
                table?: "requests" | "flows";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ColumnList"];
                };
            };
        };
    };
    containers_containers: {
        parameters: {
            query?: {
                /** @description Length of the window that ends now, in seconds */
                seconds?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContainerList"];
                };
            };
        };
    };
    containers_container: {
        parameters: {
            query?: {
                /** @description Length of the window that ends now, in seconds */
                seconds?: number;
            };
            header?: never;
            path: {
                /** @description Id, its first 12 digits, or name */
                container: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContainerAnswer"];
                };
            };
        };
    };
    containers_requests: {
        parameters: {
            query?: {
                /** @description Rows of a page */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Id, its first 12 digits, or name */
                container: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestList"];
                };
            };
        };
    };
    state_doctor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoctorReport"];
                };
            };
        };
    };
    history_flows: {
        parameters: {
            query?: {
                /** @description `next` of the page before this one */
                cursor?: string | null;
                /** @description Boolean SQL expression over the table's columns, and bare words as free text, e.g. `status >= 500 and server = 'orders'` */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Rows of a page */
                limit?: number;
                /** @description desc: newest first */
                order?: "desc" | "asc";
                /** @description End, exclusive; written like `from` */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FlowList"];
                };
            };
        };
    };
    state_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    history_workload_map: {
        parameters: {
            query?: {
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description End, exclusive; written like `from` */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkloadMap"];
                };
            };
        };
    };
    packets_packet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                packet_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PacketDetail"];
                };
            };
        };
    };
    packets_check_filter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckFilter"];
            };
        };
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckedFilter"];
                };
            };
        };
    };
    packets_export: {
        parameters: {
            query?: {
                /** @description Ids of packets, comma separated; all without it */
                ids?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description pcapng */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-pcapng": unknown;
                };
            };
        };
    };
    packets_interfaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InterfaceList"];
                };
            };
        };
    };
    packets_recent: {
        parameters: {
            query?: {
                /** @description Only packets older than this id */
                before?: number | null;
                /** @description Rows of a page */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PacketList"];
                };
            };
        };
    };
    packets_start: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CaptureStart"];
            };
        };
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptureStatus"];
                };
            };
        };
    };
    packets_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptureStatus"];
                };
            };
        };
    };
    packets_stop: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptureStatus"];
                };
            };
        };
    };
    history_requests: {
        parameters: {
            query?: {
                /** @description `next` of the page before this one */
                cursor?: string | null;
                /** @description Boolean SQL expression over the table's columns, and bare words as free text, e.g. `status >= 500 and server = 'orders'` */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Rows of a page */
                limit?: number;
                /** @description desc: newest first */
                order?: "desc" | "asc";
                /** @description End, exclusive; written like `from` */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestList"];
                };
            };
        };
    };
    history_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestDetail"];
                };
            };
        };
    };
    state_source: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceFacts"];
                };
            };
        };
    };
    history_timeseries: {
        parameters: {
            query?: {
                /** @description Length of a bucket, e.g. 10s; fitting if absent */
                bucket?: string | null;
                /** @description Boolean SQL expression over the table's columns, and bare words as free text, e.g. `status >= 500 and server = 'orders'` */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Table that the filter is about */
                table?: "requests" | "flows";
                /** @description End, exclusive; written like `from` */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimeSeries"];
                };
            };
        };
    };
    state_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was wrong with the request */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What failed here */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Prometheus text format */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
        };
    };
}
