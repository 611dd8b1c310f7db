// Generated from the server's OpenAPI document by `npm run gen`. Do not edit.

export interface paths {
    "/api/captures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Captures
         * @description The uploaded captures, how far each is read, and what more can be uploaded.
         */
        get: operations["captures_captures"];
        put?: never;
        /**
         * Upload
         * @description Upload a capture file: the body is the file. It is read afterwards; GET tells how far it is.
         *
         *     Its rows are asked for with `source=` and its id, apart from live traffic. They are kept until
         *     it is deleted. Secrets are blanked out as in live traffic.
         */
        post: operations["captures_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/captures/{capture_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Capture
         * @description One uploaded capture.
         */
        get: operations["captures_capture"];
        put?: never;
        post?: never;
        /**
         * Delete
         * @description Delete an uploaded capture and its rows, also while it is being read.
         */
        delete: operations["captures_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
    "/api/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare
         * @description A span beside another: what is new, gone, failing more, slower.
         */
        get: operations["history_compare"];
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
         *
         *     Those that ran at its end, or had traffic in it. A filter narrows the figures; containers
         *     without a request that it lets through stay, with none. A capture file does not tell of
         *     containers, so of an uploaded one there are none.
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
    "/api/containers/{container}/processes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Processes
         * @description The container's processes that have sockets now.
         */
        get: operations["containers_processes"];
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
         * @description The last requests that the container served or made, newest first.
         *
         *     From memory; with a filter or a window from the history, of the last hour where only a filter
         *     is given.
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
    "/api/containers/{container}/traffic": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Traffic
         * @description What a container is asked for over the window, whom it talks to, its processes, addresses.
         */
        get: operations["containers_traffic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/coverage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Coverage
         * @description How much was seen over time, and what was lost at each stage: of everything captured.
         */
        get: operations["history_coverage"];
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
    "/api/filter/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check
         * @description Whether a display filter can be used. Answers 200 either way: a wrong one is named.
         *
         *     `error.detail.position` is the character at which it is wrong, counted from 0.
         */
        get: operations["filter_check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/filter/values": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Values
         * @description Values that a column has in the newest rows, the most frequent first, with their counts.
         *
         *     Values that begin with `part` come before those that only contain it. Only the newest 100,000
         *     rows are looked at, of packets 20,000; `rows` and `since` say how far that goes back.
         */
        get: operations["filter_values"];
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
    "/api/flows/{flow_id}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream
         * @description A flow's bytes in the order in which the receivers could read them, with gaps as gaps.
         *
         *     Put together from the packets that the sensor still holds, the newest 10,000 of the flow. They
         *     are as they were on the wire: nothing is redacted or decrypted.
         */
        get: operations["history_stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/flows/{flow_id}/stream/{side}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream File
         * @description What one side of a flow sent, as a file; its name says so where something is missing.
         */
        get: operations["history_stream_file"];
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
    "/api/names": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Names
         * @description Names of hosts that are no containers: which address, from when until when, who said so.
         *
         *     They come from DNS answers, DHCP and mDNS that were seen, from aliases of container networks
         *     and from the hosts file. Nobody is asked. They are kept in memory only.
         */
        get: operations["state_names"];
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
         * @description Packets of the ring as a pcapng file: all, those named, or those of a flow or a filter.
         *
         *     Of a flow or a filter the newest 10,000, looked for in 200,000.
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
         * @description Network interfaces of the sensor's host and containers to enter; which are being captured.
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
         *
         *     Those of a flow or under a filter are looked for in 200,000 packets at most; `next` goes on from
         *     there, `newest` is the `after` of what comes later.
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
    "/api/processes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Processes
         * @description Processes that have sockets now, with the ports they listen on and their connections.
         *
         *     `state` says how far that can be seen: all of it takes rights.
         */
        get: operations["processes_processes"];
        put?: never;
        post?: never;
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
    "/api/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Settings
         * @description What is set, and where it came from.
         */
        get: operations["settings_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change
         * @description Change settings while NautScan runs: all of them or, where one does not fit, none.
         *
         *     What has `change` = `now` takes effect at once and holds over restarts.
         */
        patch: operations["settings_change"];
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
         * @description Counts, errors, bytes and exact latency percentiles over time.
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
    "/api/top": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Top
         * @description The busiest containers, endpoints, outside hosts and so on, each with its course.
         */
        get: operations["history_top"];
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
         * BoundSocket
         * @description Where a process listens, or which UDP port it has.
         */
        BoundSocket: {
            /**
             * Ip
             * @description 0.0.0.0 and :: mean every address
             */
            ip: string;
            /** Port */
            port: number;
            /**
             * Transport
             * @enum {string}
             */
            transport: "tcp" | "udp";
        };
        /**
         * BusyGroup
         * @description A group with its numbers over the span and its course.
         */
        BusyGroup: {
            /**
             * Bytes
             * Format: int64
             * @description Content of requests and responses; flows: on the wire
             */
            bytes: number;
            /** Error Rate */
            error_rate: number | null;
            /**
             * Errors
             * @description Status 500 and above, or failed below it; flows: reset
             */
            errors: number;
            /**
             * Errors Series
             * @description Errors of each bucket
             */
            errors_series: number[];
            /**
             * Filter
             * @description Finds exactly its rows, within the filter asked; null where it is too long
             */
            filter: string | null;
            /**
             * Keys
             * @description The values that its rows share
             */
            keys: (string | null)[];
            /**
             * Label
             * @description How a person would call it
             */
            label: string;
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
            /**
             * Project
             * @description Compose project, for containers
             */
            project: string | null;
            /**
             * Rate
             * @description Requests (or flows) a second over the span
             */
            rate: number;
            /** Requests */
            requests: number;
            /**
             * Series
             * @description Requests of each bucket
             */
            series: number[];
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
         * @description What to capture: interfaces of this host, interfaces inside containers, or the detected ones.
         *
         *     One of `interface` and `interfaces`; neither means the detected ones. With `container` or
         *     `containers` the interfaces are those inside, all of them if none are named. Among
         *     `interfaces`, `default` stands for the detected ones, `lo@web` for `lo` inside the container
         *     `web` and `all@web` for all of those inside it.
         * @example {
         *       "filter": "tcp port 80",
         *       "interface": "eth0"
         *     }
         */
        CaptureStart: {
            /** Buffer Bytes */
            buffer_bytes?: number | null;
            /**
             * Container
             * @description Capture inside this container: name, Compose service, beginning of id
             */
            container?: string | null;
            /** Containers */
            containers?: string[] | null;
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
            /** @description null while nothing is captured */
            conntrack: components["schemas"]["Conntrack"] | null;
            /** @description Why it does not run, if it should */
            error: components["schemas"]["ErrorFacts"] | null;
            /** Filter */
            filter: string | null;
            /** @description Whether it may capture inside containers */
            inside: components["schemas"]["Entering"] | null;
            /** Interfaces */
            interfaces: components["schemas"]["CapturedInterface"][];
            /** Promiscuous */
            promiscuous: boolean | null;
            /**
             * Requested
             * @description Names that were asked for; null for those that NautScan found
             */
            requested: string[] | null;
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
         * ComparedGroup
         * @description A group on both sides.
         */
        ComparedGroup: {
            base: components["schemas"]["ComparedSide"] | null;
            /**
             * Filter
             * @description Finds exactly its rows, within the filter asked; null where it is too long
             */
            filter: string | null;
            /**
             * Keys
             * @description The values that its rows share
             */
            keys: (string | null)[];
            /**
             * Label
             * @description How a person would call it
             */
            label: string;
            now: components["schemas"]["ComparedSide"] | null;
            /**
             * Project
             * @description Compose project, for containers
             */
            project: string | null;
            /** Verdicts */
            verdicts: ("new" | "gone" | "failing" | "recovering" | "slower" | "faster" | "same" | "few")[];
        };
        /**
         * ComparedSide
         * @description Numbers of one side.
         */
        ComparedSide: {
            /**
             * Bytes
             * Format: int64
             * @description Content of requests and responses; flows: on the wire
             */
            bytes: number;
            /** Error Rate */
            error_rate: number | null;
            /**
             * Errors
             * @description Status 500 and above, or failed below it; flows: reset
             */
            errors: number;
            /** P50 Ns */
            p50_ns: number | null;
            /** P95 Ns */
            p95_ns: number | null;
            /** P99 Ns */
            p99_ns: number | null;
            /** Rate */
            rate: number;
            /** Requests */
            requests: number;
            /**
             * Timed
             * @description Of these, those with a known duration
             */
            timed: number;
        };
        /**
         * Comparison
         * @description A span beside another, what matters most first.
         */
        Comparison: {
            /**
             * Base From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            base_from: string;
            /**
             * Base To
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            base_to: string;
            /** By */
            by: string;
            /**
             * Count
             * @description Groups compared, those not listed included
             */
            count: number;
            /**
             * Counts
             * @description How many groups have each verdict
             */
            counts: {
                [key: string]: number;
            };
            /**
             * From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            from: string;
            /**
             * Gaps
             * @description Times without observation in either span
             */
            gaps: components["schemas"]["Gap"][];
            /** Groups */
            groups: components["schemas"]["ComparedGroup"][];
            /**
             * Rules
             * @description What each verdict means
             */
            rules: string[];
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
            /**
             * Truncated
             * @description Groups beyond the cap, least busy ones, not compared
             */
            truncated: number;
        };
        /**
         * Conntrack
         * @description What the kernel's connection tracking told when the capture began.
         */
        Conntrack: {
            /**
             * Connections
             * @description Connections it translated then: seen on both sides, they are one flow each
             */
            connections: number | null;
            /**
             * Left Out
             * @description Further ones, beyond what is kept: seen on both sides, they are two flows
             */
            left_out: number | null;
            /**
             * Reason
             * @description Why that is not known, and what to do
             */
            reason: string | null;
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
            /**
             * From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            from: string;
            /** Seconds */
            seconds: number;
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
        };
        /**
         * ContainerList
         * @description Containers with rate, errors and latency over the window.
         */
        ContainerList: {
            /** Containers */
            containers: components["schemas"]["Container"][];
            /**
             * From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            from: string;
            /** Gaps */
            gaps: components["schemas"]["Gap"][];
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
            /**
             * To
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            to: string;
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
         * ContainerToEnter
         * @description A container that runs, and whether it can be captured inside.
         */
        ContainerToEnter: {
            /** Capturable */
            capturable: boolean;
            /** Id */
            id: string;
            /**
             * Interface
             * @description To be named among `interfaces` to capture on all of those inside it
             * @example all@web
             */
            interface: string;
            /** Name */
            name: string;
            /**
             * Project
             * @description Its Compose project
             */
            project: string | null;
            /**
             * Reason
             * @description Why it has no inside that could be captured
             */
            reason: string | null;
            /**
             * Selected
             * @description It is captured inside, or will be once it runs
             */
            selected: boolean;
            /**
             * Service
             * @description Its Compose service
             */
            service: string | null;
            /**
             * Shares
             * @description The container whose network it uses, if not its own
             */
            shares: string | null;
        };
        /**
         * ContainerTrafficAnswer
         * @description What a container does: its 50 busiest endpoints, peers and processes, its last 50 addresses.
         *
         *     All of the window; processes and addresses whatever the filter.
         */
        ContainerTrafficAnswer: {
            /** Addresses */
            addresses: components["schemas"]["HeldAddress"][];
            /** Endpoints */
            endpoints: components["schemas"]["Endpoint"][];
            /**
             * From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            from: string;
            /** Id */
            id: string;
            /** Peers */
            peers: components["schemas"]["Peer"][];
            /** Processes */
            processes: components["schemas"]["SeenProcess"][];
            /** Seconds */
            seconds: number;
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
         * CounterTotal
         * @description How much a counter grew over the span.
         */
        CounterTotal: {
            /** Name */
            name: string;
            /** Stage */
            stage: string;
            /**
             * Value
             * Format: int64
             */
            value: number;
        };
        /**
         * Coverage
         * @description Whether what is shown of a span is all there was.
         */
        Coverage: {
            /** Bucket */
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
            /**
             * Interfaces
             * @description The busiest first
             */
            interfaces: components["schemas"]["InterfaceCourse"][];
            /**
             * Opaque Share
             * @description Opaque bytes of all captured bytes; null where nothing was counted
             */
            opaque_share: number | null;
            /** Points */
            points: components["schemas"]["CoveragePoint"][];
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
            /** Totals */
            totals: components["schemas"]["CounterTotal"][];
        };
        /**
         * CoveragePoint
         * @description How much the sensors' counters grew in a bucket; null where nothing was counted.
         */
        CoveragePoint: {
            /**
             * Bytes
             * @description On the wire, of everything captured
             */
            bytes: number | null;
            /** Gap Bytes */
            gap_bytes: number | null;
            /** Interface Drops */
            interface_drops: number | null;
            /** Kernel Drops */
            kernel_drops: number | null;
            /**
             * Opaque Bytes
             * @description TCP payload of no known protocol
             */
            opaque_bytes: number | null;
            /** Packets */
            packets: number | null;
            /** Rows Dropped */
            rows_dropped: number | null;
            /**
             * Time
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
        };
        /**
         * Deleted
         * @description It is gone, and its rows with it.
         */
        Deleted: {
            /**
             * Ok
             * @constant
             */
            ok: true;
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
         * Endpoint
         * @description What a container is asked for: a method, and a target without its query.
         */
        Endpoint: {
            /**
             * Errors
             * @description Status 500 and above, or failed below the protocol
             */
            errors: number;
            /** Method */
            method: string | null;
            /** P50 Ns */
            p50_ns: number | null;
            /** P95 Ns */
            p95_ns: number | null;
            /** P99 Ns */
            p99_ns: number | null;
            /** Path */
            path: string | null;
            /** Requests */
            requests: number;
        };
        /**
         * Entering
         * @description Whether the sensor may capture inside containers.
         */
        Entering: {
            /** Possible */
            possible: boolean;
            /**
             * Reason
             * @description Why not
             */
            reason: string | null;
            /**
             * Remedy
             * @description What to do about it
             */
            remedy: string | null;
        } & {
            [key: string]: unknown;
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
         * FilterCheck
         * @description Whether a filter can be used.
         */
        FilterCheck: {
            /** @description What is wrong; `detail.position` says where */
            error: components["schemas"]["ErrorFacts"] | null;
            /** Ok */
            ok: boolean;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * FilterValue
         * @description A value of a column, and in how many of the rows it was seen.
         */
        FilterValue: {
            /** Count */
            count: number;
            /** Value */
            value: boolean | number | string;
        };
        /**
         * FilterValues
         * @description Values of a column in the newest rows, the most frequent first.
         */
        FilterValues: {
            /** Column */
            column: string;
            /** @description Why the filter that narrows them is wrong */
            error: components["schemas"]["ErrorFacts"] | null;
            /**
             * Rows
             * @description Rows looked at, before the filter
             */
            rows: number;
            /**
             * Since
             * @description Time of the oldest of them; null without any
             */
            since: string | null;
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /** Table */
            table: string;
            /** Values */
            values: components["schemas"]["FilterValue"][];
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
             * @description Best name of the client: Compose service, else container name, else the name of this machine, else client_host; null when none of them is known
             */
            client: string | null;
            /**
             * Client As
             * @description Autonomous system of the client's address, e.g. AS64500 Example; null without a file that knows it
             */
            client_as: string | null;
            /**
             * Client Bytes
             * Format: int64
             * @description Bytes from the client on the wire, link header included
             */
            client_bytes: number;
            /**
             * Client Command
             * @description Its command as `ps -o comm` shows it, never its arguments; null likewise
             */
            client_command: string | null;
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
             * Client Country
             * @description Country of the client's address, ISO 3166-1; null without a GeoIP file that knows it
             */
            client_country: string | null;
            /**
             * Client Host
             * @description Name that the client's address had at that time, as the wire or a file said; null when none was seen
             */
            client_host: string | null;
            /**
             * Client Host Source
             * @description Who said client_host: dns, llmnr, docker (an alias on its network), hosts (the hosts file), mdns, dhcp, dhcpv6
             */
            client_host_source: string | null;
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
             * Client Mac
             * @description Hardware address on the client's side in the first packet's frame; null without one
             */
            client_mac: string | null;
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
             * Client Pid
             * @description Process that held the client's socket; null where the reason says why
             */
            client_pid: number | null;
            /**
             * Client Port
             * @description Port of the side that opened it
             */
            client_port: number;
            /**
             * Client Process Reason
             * @description Why there is no process: remote, not_seen, no_rights, other_namespace, no_holder, ambiguous, translated, no_socket, off, offline, unavailable; null where there is one
             */
            client_process_reason: string | null;
            /**
             * Client Process Source
             * @description What that rests on: socket, connect, close (this very connection), listener, bound (the socket at its address and port); null without a process
             */
            client_process_source: string | null;
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
             * Client User
             * @description Its user as its own system calls it; of a socket whose process is not known, the socket's owner; null if neither is known
             */
            client_user: string | null;
            /**
             * Client Vendor
             * @description Organisation that client_mac is registered to with the IEEE; null if it was chosen by software, or is not in the register
             */
            client_vendor: string | null;
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
             * @description Stream bytes that were lost; null if not TCP
             */
            gap_bytes: number | null;
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
             * Nat Client Ip
             * @description Address under which the server saw the client; null where no translation was seen
             */
            nat_client_ip: string | null;
            /**
             * Nat Client Port
             * @description Its port; null likewise
             */
            nat_client_port: number | null;
            /**
             * Nat Server Ip
             * @description Address under which the client reached the server; null where no translation was seen
             */
            nat_server_ip: string | null;
            /**
             * Nat Server Port
             * @description Its port; null likewise
             */
            nat_server_port: number | null;
            /**
             * Out Of Order
             * @description Segments that later ones overtook; null if not TCP
             */
            out_of_order: number | null;
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
             * @description RST segments; null if not TCP
             */
            resets: number | null;
            /**
             * Retransmissions
             * @description Segments sent again; null if not TCP
             */
            retransmissions: number | null;
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
             * @description Best name of the server: Compose service, else container name, else the name of this machine, else server_host; null when none of them is known
             */
            server: string | null;
            /**
             * Server As
             * @description Autonomous system of the server's address, e.g. AS64500 Example; null without a file that knows it
             */
            server_as: string | null;
            /**
             * Server Bytes
             * Format: int64
             * @description Bytes from the server on the wire, link header included
             */
            server_bytes: number;
            /**
             * Server Command
             * @description Its command as `ps -o comm` shows it, never its arguments; null likewise
             */
            server_command: string | null;
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
             * Server Country
             * @description Country of the server's address, ISO 3166-1; null without a GeoIP file that knows it
             */
            server_country: string | null;
            /**
             * Server Host
             * @description Name that the server's address had at that time, as the wire or a file said; null when none was seen
             */
            server_host: string | null;
            /**
             * Server Host Source
             * @description Who said server_host: dns, llmnr, docker (an alias on its network), hosts (the hosts file), mdns, dhcp, dhcpv6
             */
            server_host_source: string | null;
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
             * Server Mac
             * @description The same on the server's side
             */
            server_mac: string | null;
            /**
             * Server Mss
             * @description Largest segment that the server asked for, bytes; null if its SYN did not say
             */
            server_mss: number | null;
            /**
             * Server Name
             * @description Name the client asked for (TLS SNI); null if none
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
             * Server Pid
             * @description Process that held the server's socket; null where the reason says why
             */
            server_pid: number | null;
            /**
             * Server Port
             * @description Port of the other side
             */
            server_port: number;
            /**
             * Server Process Reason
             * @description Why there is no process: remote, not_seen, no_rights, other_namespace, no_holder, ambiguous, translated, no_socket, off, offline, unavailable; null where there is one
             */
            server_process_reason: string | null;
            /**
             * Server Process Source
             * @description What that rests on: socket, connect, close (this very connection), listener, bound (the socket at its address and port); null without a process
             */
            server_process_source: string | null;
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
             * Server User
             * @description Its user as its own system calls it; of a socket whose process is not known, the socket's owner; null if neither is known
             */
            server_user: string | null;
            /**
             * Server Vendor
             * @description Organisation that server_mac is registered to with the IEEE; null if it was chosen by software, or is not in the register
             */
            server_vendor: string | null;
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
             * Summary
             * @description What its protocol says of itself in a few facts; null if nothing
             */
            summary: {
                [key: string]: unknown;
            } | null;
            /**
             * Time
             * Format: date-time
             * @description First packet
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
            /**
             * Tls Alert
             * @description Alert that was sent in clear (handshake_failure, …): the first fatal one, else the first; null if none was
             */
            tls_alert: string | null;
            /**
             * Tls Alert From
             * @description Who sent it: client or server
             */
            tls_alert_from: string | null;
            /**
             * Tls Alpn
             * @description Application protocol it chose; null if none, and since TLS 1.3, where it is encrypted
             */
            tls_alpn: string | null;
            /**
             * Tls Alpn Offered
             * @description Application protocols the client offered, joined by commas; null if none
             */
            tls_alpn_offered: string | null;
            /**
             * Tls Certificate Issuer
             * @description Its issuer; null likewise
             */
            tls_certificate_issuer: string | null;
            /**
             * Tls Certificate Not After
             * @description Valid until; null likewise, and after the year 2262
             */
            tls_certificate_not_after: string | null;
            /**
             * Tls Certificate Not Before
             * @description Valid from; null likewise
             */
            tls_certificate_not_before: string | null;
            /**
             * Tls Certificate Subject
             * @description Subject of the server's certificate (RFC 4514); null if none was shown, and since TLS 1.3, where it is encrypted
             */
            tls_certificate_subject: string | null;
            /**
             * Tls Cipher
             * @description Cipher suite it chose, IANA's name
             */
            tls_cipher: string | null;
            /**
             * Tls Ja3
             * @description JA3 of the client's hello (MD5)
             */
            tls_ja3: string | null;
            /**
             * Tls Ja4
             * @description JA4 of the client's hello
             */
            tls_ja4: string | null;
            /**
             * Tls Resumed
             * @description Whether an earlier session or a shared key was taken up; null if not seen
             */
            tls_resumed: boolean | null;
            /**
             * Tls Version
             * @description TLS version the server chose (TLSv1.3, TLSv1.2, …); null, as all of these, if no handshake was seen
             */
            tls_version: string | null;
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
             * @description Times a side had no room to receive; null if not TCP
             */
            zero_windows: number | null;
        };
        /**
         * FlowStream
         * @description Both directions of a flow, in order.
         */
        FlowStream: {
            client: components["schemas"]["StreamSide"];
            /**
             * Cut
             * @description `max_bytes` was reached: more comes after
             */
            cut: boolean;
            /**
             * Earlier
             * @description Packets from before these may be in memory
             */
            earlier: boolean;
            /**
             * Flow Id
             * Format: int64
             */
            flow_id: number;
            /**
             * Packets
             * @description Packets that this was put together from
             */
            packets: number;
            /** Parts */
            parts: components["schemas"]["StreamPart"][];
            /**
             * Roles Assumed
             * @description Neither the flow nor a SYN tells who is the client: the sender of the first packet stands as it
             */
            roles_assumed: boolean;
            server: components["schemas"]["StreamSide"];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            /**
             * Transport
             * @enum {string}
             */
            transport: "tcp" | "udp";
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
         * GeoFileHealth
         * @description A file that tells country or autonomous system.
         */
        GeoFileHealth: {
            /**
             * Built
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            built: string;
            /**
             * Kind
             * @description What it calls itself, e.g. GeoLite2-Country
             */
            kind: string;
            /** Path */
            path: string;
            /**
             * Reason
             * @description Why a newer version of it could not be read
             */
            reason: string | null;
        };
        /**
         * GroupSeries
         * @description A group over time.
         */
        GroupSeries: {
            /**
             * Filter
             * @description Finds exactly its rows, within the filter asked; null where it is too long
             */
            filter: string | null;
            /**
             * Keys
             * @description The values that its rows share
             */
            keys: (string | null)[];
            /**
             * Label
             * @description How a person would call it
             */
            label: string;
            /** Points */
            points: components["schemas"]["TimePoint"][];
            /**
             * Project
             * @description Compose project, for containers
             */
            project: string | null;
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
            names: components["schemas"]["NamesHealth"];
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
         * HeldAddress
         * @description An address that a container has or had.
         */
        HeldAddress: {
            /** Ip */
            ip: string;
            /** Network */
            network: string | null;
            /**
             * Since
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            since: string;
            /**
             * Until
             * @description null: it has it still
             */
            until: string | null;
        };
        /**
         * HostName
         * @description A name that an address had for a time.
         */
        HostName: {
            /** As */
            as: string | null;
            /**
             * Asked By
             * @description Who asked for it last; null if nobody did
             */
            asked_by: string | null;
            /** Country */
            country: string | null;
            /** Ip */
            ip: string;
            /**
             * Last
             * @description Last seen; null for configured names
             */
            last: string | null;
            /**
             * Mac
             * @description Hardware address, where DHCP or mDNS told it
             */
            mac: string | null;
            /** Name */
            name: string;
            /**
             * Since
             * @description First seen; null: configured before NautScan started
             */
            since: string | null;
            /**
             * Source
             * @description dns, llmnr, mdns, dhcp, dhcpv6, docker or hosts
             */
            source: string;
            /**
             * Until
             * @description When it ceases to hold; null: when it is changed
             */
            until: string | null;
            /**
             * Vendor
             * @description Organisation that the hardware address is registered to
             */
            vendor: string | null;
            /**
             * Vendor Reason
             * @description Why a hardware address has no vendor
             */
            vendor_reason: string | null;
        };
        /**
         * HostNameList
         * @description Names of hosts, those seen last first.
         */
        HostNameList: {
            /**
             * Left Out
             * @description How many more there are beyond the limit
             */
            left_out: number;
            /** Names */
            names: components["schemas"]["HostName"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * HostsFileHealth
         * @description The hosts file of this machine.
         */
        HostsFileHealth: {
            /**
             * Entries
             * @description Addresses that it names
             */
            entries: number;
            /**
             * Left Out
             * @description Addresses beyond the cap
             */
            left_out: number;
            /** Path */
            path: string;
            /**
             * Reason
             * @description Why it could not be read, or not as a whole
             */
            reason: string | null;
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
            /**
             * Connected
             * @description It has a link; null where that is not known
             */
            connected: boolean | null;
            /** Default Route */
            default_route: boolean | null;
            /** Description */
            description: string | null;
            /**
             * Friendly Name
             * @description What Windows calls it; it can be captured by this name as well
             */
            friendly_name: string | null;
            /** Index */
            index: number | null;
            /**
             * Kind
             * @description bridge, veth, ethernet, wireless, loopback, any, …
             */
            kind: string | null;
            /**
             * Link Type
             * @description As libpcap names it; null until it is opened
             */
            link_type: string | null;
            /** Loopback */
            loopback: boolean | null;
            /** Mac */
            mac: string | null;
            /**
             * Master
             * @description Bridge or bond that it belongs to
             */
            master: string | null;
            /** Mtu */
            mtu: number | null;
            /** Name */
            name: string;
            /**
             * Network
             * @description Docker network whose packets it carries
             */
            network: string | null;
            /**
             * Owner
             * @description Container or Docker network that it belongs to
             */
            owner: string | null;
            /** Owner Kind */
            owner_kind: ("container" | "network") | null;
            /**
             * Peer Index
             * @description Of a veth: index of its other end
             */
            peer_index: number | null;
            /**
             * Reason
             * @description Why it cannot be captured
             */
            reason: string | null;
            /** Running */
            running: boolean | null;
            /**
             * Selected
             * @description It is being captured
             */
            selected: boolean;
            /** Up */
            up: boolean | null;
            /** Wireless */
            wireless: boolean | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * InterfaceCourse
         * @description Packets of an interface over time.
         */
        InterfaceCourse: {
            /** Name */
            name: string;
            /**
             * Packets
             * Format: int64
             */
            packets: number;
            /** Series */
            series: (number | null)[];
        };
        /**
         * InterfaceList
         * @description Interfaces that the sensor sees, and containers whose inside it could capture.
         */
        InterfaceList: {
            /** Containers */
            containers: components["schemas"]["ContainerToEnter"][];
            /** @description Of this sensor */
            inside: components["schemas"]["Entering"] | null;
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
         *
         *     A row whose `id` came before takes its place: a request that lasts is told while it does.
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
         * @description What one node asked of another, by one protocol.
         */
        MapEdge: {
            /**
             * Bytes
             * Format: int64
             * @description Bytes on the wire of these flows, from their beginning
             */
            bytes: number;
            /** Client */
            client: string;
            /**
             * Content Bytes
             * Format: int64
             * @description Content of these requests and responses
             */
            content_bytes: number;
            /**
             * Error Rate
             * @description null without requests
             */
            error_rate: number | null;
            /** Errors */
            errors: number;
            /**
             * Filter
             * @description Finds exactly its rows there
             */
            filter: string;
            /**
             * Flows
             * @description Flows active in the span; 0 where a filter is given
             */
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
            /**
             * Rate
             * @description Requests a second over the span
             */
            rate: number;
            /** Requests */
            requests: number;
            /** Server */
            server: string;
            /**
             * Table
             * @description Where its rows are
             * @enum {string}
             */
            table: "requests" | "flows";
        };
        /**
         * MapNode
         * @description A service (its replicas together), a container, a host, or an address of nobody known.
         */
        MapNode: {
            /**
             * Addresses
             * @description At most 16 of its addresses in the span
             */
            addresses: string[];
            /**
             * Container Ids
             * @description At most 64 of its containers in the span
             */
            container_ids: string[];
            /** Id */
            id: string;
            /** Image */
            image: string | null;
            /**
             * Kind
             * @enum {string}
             */
            kind: "service" | "container" | "host" | "address";
            /** Name */
            name: string;
            /** Project */
            project: string | null;
            /**
             * Scope
             * @description Where an address that is no container's lies; null for containers
             */
            scope: ("internet" | "local") | null;
            /** Service */
            service: string | null;
        };
        /**
         * NamesHealth
         * @description What is known about names of hosts, all of it in memory.
         */
        NamesHealth: {
            /**
             * Addresses
             * @description Addresses with names from the wire
             */
            addresses: number;
            /**
             * Asked
             * @description Pairs of a client and an address that it asked the name of
             */
            asked: number;
            /**
             * Configured
             * @description Addresses with names from files or container networks
             */
            configured: number;
            /**
             * Expired
             * Format: int64
             * @description Addresses and pairs forgotten since they were not seen
             */
            expired: number;
            /**
             * Forgotten
             * Format: int64
             * @description Addresses and pairs forgotten to keep within memory
             */
            forgotten: number;
            /** Geoip */
            geoip: components["schemas"]["GeoFileHealth"][];
            /** @description null: not used */
            hosts_file: components["schemas"]["HostsFileHealth"] | null;
            /**
             * Learning
             * @description false: switched off
             */
            learning: boolean;
            /**
             * Not Looked Up
             * Format: int64
             * @description Addresses without country or vendor since too many were new at once
             */
            not_looked_up: number;
            /**
             * Sightings
             * Format: int64
             * @description Names seen on the wire since the server started
             */
            sightings: number;
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
             * Looked At
             * @description Packets among which these were looked for
             */
            looked_at: number;
            /**
             * Newest
             * @description The newest id in the ring; null where it is empty
             */
            newest: number | null;
            /**
             * Next
             * @description Value of `before` for older ones; null at the end
             */
            next: string | null;
            /** Packets */
            packets: components["schemas"]["PacketRow"][];
            /**
             * Ring
             * @description Which ring this is: it begins anew with each capture, and so do its ids
             */
            ring: number | null;
            /**
             * Since
             * @description Time of the oldest of them; null without any
             */
            since: string | null;
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
         * Peer
         * @description Who asked a container (`in`), or whom it asked (`out`).
         */
        Peer: {
            /** Container Id */
            container_id: string | null;
            /**
             * Direction
             * @enum {string}
             */
            direction: "in" | "out";
            /**
             * Errors
             * @description Status 500 and above, or failed below the protocol
             */
            errors: number;
            /** Ip */
            ip: string;
            /** Name */
            name: string | null;
            /** P50 Ns */
            p50_ns: number | null;
            /** P95 Ns */
            p95_ns: number | null;
            /** P99 Ns */
            p99_ns: number | null;
            /** Requests */
            requests: number;
        };
        /**
         * Process
         * @description A process that has sockets now.
         */
        Process: {
            /**
             * Command
             * @description As `ps -o comm` shows it. Arguments are never read
             */
            command: string;
            /**
             * Connections
             * @description Connections that are open
             */
            connections: number;
            /**
             * Container
             * @description Its name; null if the engine does not know it
             */
            container: string | null;
            /**
             * Container Id
             * @description Container that it runs in; null for none
             */
            container_id: string | null;
            /** Listens */
            listens: components["schemas"]["BoundSocket"][];
            /** Pid */
            pid: number;
            /**
             * Started
             * Format: date-time
             * @description With the pid it tells the process from one that had it
             * @example 2026-01-31T12:00:00.123456789Z
             */
            started: string;
            /**
             * Talks
             * @description The first 200 of them
             */
            talks: components["schemas"]["TalkingSocket"][];
            /**
             * User
             * @description As the process's own system calls it; null if not known
             */
            user: string | null;
        };
        /**
         * ProcessList
         * @description Who listens and who talks, those with most connections first.
         */
        ProcessList: {
            /**
             * More
             * @description Processes beyond the 1000 of an answer
             */
            more: number;
            /**
             * Nameless
             * @description Sockets without a process, by reason
             */
            nameless: {
                [key: string]: number;
            };
            /** Processes */
            processes: components["schemas"]["Process"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
            state: components["schemas"]["ProcessState"];
        };
        /**
         * ProcessState
         * @description How far processes can be named here.
         */
        ProcessState: {
            /**
             * Detail
             * @description The same in words, or what fails
             */
            detail: string | null;
            /**
             * Dropped
             * @description Sockets forgotten for want of room
             */
            dropped: number;
            /**
             * Lost
             * @description Connections that were told of, and not named
             */
            lost: number;
            /**
             * Reason
             * @description off, offline or unavailable; null where somebody looks
             */
            reason: string | null;
            /**
             * Scope
             * @description Whose processes can be looked into: everybody's, this user's, or this container's; null while nobody looks
             */
            scope: ("all" | "own" | "container") | null;
            /**
             * Traced
             * @description TCP connections are told by the kernel as they are made
             */
            traced: boolean;
            /** Untraced Because */
            untraced_because: string | null;
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
             * @description Best name of the client: Compose service, else container name, else the name of this machine, else client_host; null when none of them is known
             */
            client: string | null;
            /**
             * Client As
             * @description Autonomous system of the client's address, e.g. AS64500 Example; null without a file that knows it
             */
            client_as: string | null;
            /**
             * Client Command
             * @description Its command as `ps -o comm` shows it, never its arguments; null likewise
             */
            client_command: string | null;
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
             * Client Country
             * @description Country of the client's address, ISO 3166-1; null without a GeoIP file that knows it
             */
            client_country: string | null;
            /**
             * Client Host
             * @description Name that the client's address had at that time, as the wire or a file said; null when none was seen
             */
            client_host: string | null;
            /**
             * Client Host Source
             * @description Who said client_host: dns, llmnr, docker (an alias on its network), hosts (the hosts file), mdns, dhcp, dhcpv6
             */
            client_host_source: string | null;
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
             * Client Pid
             * @description Process that held the client's socket; null where the reason says why
             */
            client_pid: number | null;
            /**
             * Client Port
             * @description Port of the side that asked
             */
            client_port: number;
            /**
             * Client Process Reason
             * @description Why there is no process: remote, not_seen, no_rights, other_namespace, no_holder, ambiguous, translated, no_socket, off, offline, unavailable; null where there is one
             */
            client_process_reason: string | null;
            /**
             * Client Process Source
             * @description What that rests on: socket, connect, close (this very connection), listener, bound (the socket at its address and port); null without a process
             */
            client_process_source: string | null;
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
             * Client User
             * @description Its user as its own system calls it; of a socket whose process is not known, the socket's owner; null if neither is known
             */
            client_user: string | null;
            /**
             * Community Id
             * @description Community ID v1 of the flow
             */
            community_id: string;
            /**
             * Completeness
             * @description complete, request_only, response_only, gap, or open
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
             * Exchange Id
             * @description Number within its flow of an exchange told more than once: the last row of it holds; null for one told once
             */
            exchange_id: number | null;
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
             * @description Best name of the server: Compose service, else container name, else the name of this machine, else server_host; null when none of them is known
             */
            server: string | null;
            /**
             * Server As
             * @description Autonomous system of the server's address, e.g. AS64500 Example; null without a file that knows it
             */
            server_as: string | null;
            /**
             * Server Command
             * @description Its command as `ps -o comm` shows it, never its arguments; null likewise
             */
            server_command: string | null;
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
             * Server Country
             * @description Country of the server's address, ISO 3166-1; null without a GeoIP file that knows it
             */
            server_country: string | null;
            /**
             * Server Host
             * @description Name that the server's address had at that time, as the wire or a file said; null when none was seen
             */
            server_host: string | null;
            /**
             * Server Host Source
             * @description Who said server_host: dns, llmnr, docker (an alias on its network), hosts (the hosts file), mdns, dhcp, dhcpv6
             */
            server_host_source: string | null;
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
             * Server Pid
             * @description Process that held the server's socket; null where the reason says why
             */
            server_pid: number | null;
            /**
             * Server Port
             * @description Port of the side that answered
             */
            server_port: number;
            /**
             * Server Process Reason
             * @description Why there is no process: remote, not_seen, no_rights, other_namespace, no_holder, ambiguous, translated, no_socket, off, offline, unavailable; null where there is one
             */
            server_process_reason: string | null;
            /**
             * Server Process Source
             * @description What that rests on: socket, connect, close (this very connection), listener, bound (the socket at its address and port); null without a process
             */
            server_process_source: string | null;
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
             * Server User
             * @description Its user as its own system calls it; of a socket whose process is not known, the socket's owner; null if neither is known
             */
            server_user: string | null;
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
             * Updated
             * @description When the server was last told of an exchange that is told more than once, by its own clock; null for one told once
             */
            updated: string | null;
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
             * @description Best name of the client: Compose service, else container name, else the name of this machine, else client_host; null when none of them is known
             */
            client: string | null;
            /**
             * Client As
             * @description Autonomous system of the client's address, e.g. AS64500 Example; null without a file that knows it
             */
            client_as: string | null;
            /**
             * Client Command
             * @description Its command as `ps -o comm` shows it, never its arguments; null likewise
             */
            client_command: string | null;
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
             * Client Country
             * @description Country of the client's address, ISO 3166-1; null without a GeoIP file that knows it
             */
            client_country: string | null;
            /**
             * Client Host
             * @description Name that the client's address had at that time, as the wire or a file said; null when none was seen
             */
            client_host: string | null;
            /**
             * Client Host Source
             * @description Who said client_host: dns, llmnr, docker (an alias on its network), hosts (the hosts file), mdns, dhcp, dhcpv6
             */
            client_host_source: string | null;
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
             * Client Pid
             * @description Process that held the client's socket; null where the reason says why
             */
            client_pid: number | null;
            /**
             * Client Port
             * @description Port of the side that asked
             */
            client_port: number;
            /**
             * Client Process Reason
             * @description Why there is no process: remote, not_seen, no_rights, other_namespace, no_holder, ambiguous, translated, no_socket, off, offline, unavailable; null where there is one
             */
            client_process_reason: string | null;
            /**
             * Client Process Source
             * @description What that rests on: socket, connect, close (this very connection), listener, bound (the socket at its address and port); null without a process
             */
            client_process_source: string | null;
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
             * Client User
             * @description Its user as its own system calls it; of a socket whose process is not known, the socket's owner; null if neither is known
             */
            client_user: string | null;
            /**
             * Community Id
             * @description Community ID v1 of the flow
             */
            community_id: string;
            /**
             * Completeness
             * @description complete, request_only, response_only, gap, or open
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
             * Exchange Id
             * @description Number within its flow of an exchange told more than once: the last row of it holds; null for one told once
             */
            exchange_id: number | null;
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
             * @description Best name of the server: Compose service, else container name, else the name of this machine, else server_host; null when none of them is known
             */
            server: string | null;
            /**
             * Server As
             * @description Autonomous system of the server's address, e.g. AS64500 Example; null without a file that knows it
             */
            server_as: string | null;
            /**
             * Server Command
             * @description Its command as `ps -o comm` shows it, never its arguments; null likewise
             */
            server_command: string | null;
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
             * Server Country
             * @description Country of the server's address, ISO 3166-1; null without a GeoIP file that knows it
             */
            server_country: string | null;
            /**
             * Server Host
             * @description Name that the server's address had at that time, as the wire or a file said; null when none was seen
             */
            server_host: string | null;
            /**
             * Server Host Source
             * @description Who said server_host: dns, llmnr, docker (an alias on its network), hosts (the hosts file), mdns, dhcp, dhcpv6
             */
            server_host_source: string | null;
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
             * Server Pid
             * @description Process that held the server's socket; null where the reason says why
             */
            server_pid: number | null;
            /**
             * Server Port
             * @description Port of the side that answered
             */
            server_port: number;
            /**
             * Server Process Reason
             * @description Why there is no process: remote, not_seen, no_rights, other_namespace, no_holder, ambiguous, translated, no_socket, off, offline, unavailable; null where there is one
             */
            server_process_reason: string | null;
            /**
             * Server Process Source
             * @description What that rests on: socket, connect, close (this very connection), listener, bound (the socket at its address and port); null without a process
             */
            server_process_source: string | null;
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
             * Server User
             * @description Its user as its own system calls it; of a socket whose process is not known, the socket's owner; null if neither is known
             */
            server_user: string | null;
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
             * Updated
             * @description When the server was last told of an exchange that is told more than once, by its own clock; null for one told once
             */
            updated: string | null;
            /**
             * Version
             * @description Version as spoken, e.g. 1.1; null if not stated
             */
            version: string | null;
        };
        /**
         * SeenProcess
         * @description A process that held a container's end of connections in a window.
         */
        SeenProcess: {
            /**
             * Command
             * @description As `ps -o comm` shows it
             */
            command: string;
            /**
             * Connections
             * @description Connections that lasted into the window
             */
            connections: number;
            /**
             * First Time
             * Format: date-time
             * @description First packet of the first of them
             * @example 2026-01-31T12:00:00.123456789Z
             */
            first_time: string;
            /**
             * Last Time
             * Format: date-time
             * @description Last packet of the last of them, so far
             * @example 2026-01-31T12:00:00.123456789Z
             */
            last_time: string;
            /** Pid */
            pid: number;
            /** User */
            user: string | null;
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
         * SettingFacts
         * @description One setting. Values are text, as its variable takes them.
         */
        SettingFacts: {
            /**
             * Change
             * @description now: PATCH takes effect at once and is kept. pinned: it could, but was given at the start. capture: POST /api/packets/start, for the capture under way. restart: by its variable
             * @enum {string}
             */
            change: "now" | "pinned" | "capture" | "restart";
            /**
             * Default
             * @description What holds where nothing is given, in words
             */
            default: string;
            /** Doc */
            doc: string;
            /**
             * Env
             * @description Its environment variable
             */
            env: string;
            /** Group */
            group: string;
            /**
             * Is Set
             * @description Whether there is a value; of secrets no more is told
             */
            is_set: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "text" | "number" | "size" | "duration" | "switch" | "list" | "lines";
            /** Least */
            least: number | null;
            /** Most */
            most: number | null;
            /** Name */
            name: string;
            /**
             * Origin
             * @enum {string}
             */
            origin: "default" | "environment" | "flag" | "saved";
            /**
             * Value
             * @description null where there is none, and always for secrets
             */
            value: string | null;
        };
        /**
         * SettingList
         * @description Every setting.
         */
        SettingList: {
            /**
             * Saved In
             * @description File that keeps what was changed while running
             */
            saved_in: string;
            /** Settings */
            settings: components["schemas"]["SettingFacts"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * SettingsChanged
         * @description Every setting after a change.
         */
        SettingsChanged: {
            /** Changed */
            changed: string[];
            /**
             * Saved In
             * @description File that keeps what was changed while running
             */
            saved_in: string;
            /** Settings */
            settings: components["schemas"]["SettingFacts"][];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
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
         * StreamPart
         * @description Bytes that one side sent without a turn of the other, or a gap in them.
         */
        StreamPart: {
            /**
             * Data
             * @description The bytes, base64
             */
            data: string;
            /**
             * Gap Bytes
             * @description Length of the gap; 0: there are bytes
             */
            gap_bytes: number;
            /**
             * Offset
             * @description Place among the bytes of this side
             */
            offset: number;
            /**
             * Packet
             * Format: int64
             * @description The packet that carried the first of them; of a gap, the one that showed it
             */
            packet: number;
            /**
             * Packets
             * @description How many carried them; none for a gap
             */
            packets: number;
            /**
             * Side
             * @enum {string}
             */
            side: "client" | "server";
            /**
             * Time
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            time: string;
        };
        /**
         * StreamSide
         * @description What one side of a flow sent, as far as its packets are in memory.
         */
        StreamSide: {
            /** Bytes */
            bytes: number;
            /**
             * End Seen
             * @description TCP: its FIN is there, so that nothing comes after
             */
            end_seen: boolean;
            /**
             * Gap Bytes
             * @description Bytes that were sent and are not there
             */
            gap_bytes: number;
            /**
             * Ip
             * @description Its address; null if no packet of it is there
             */
            ip: string | null;
            /** Port */
            port: number | null;
            /**
             * Repeated Bytes
             * @description Bytes that came more than once, counted once
             */
            repeated_bytes: number;
            /**
             * Start Seen
             * @description TCP: its SYN is there, so that nothing came before
             */
            start_seen: boolean;
        };
        /**
         * TalkingSocket
         * @description A connection of a process that is open.
         */
        TalkingSocket: {
            /** Ip */
            ip: string;
            /** Peer Ip */
            peer_ip: string;
            /** Peer Port */
            peer_port: number;
            /** Port */
            port: number;
            /**
             * Source
             * @description How it is known: socket, connect or close
             */
            source: string;
            /**
             * Transport
             * @enum {string}
             */
            transport: "tcp" | "udp";
        };
        /**
         * TimePoint
         * @description One bucket. For flows: those that began in it.
         */
        TimePoint: {
            /**
             * Bytes
             * Format: int64
             * @description Content of requests and responses; flows: on the wire
             */
            bytes: number;
            /**
             * Errors
             * @description Status 500 and above, or failed below it; flows: reset
             */
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
            /** By */
            by: string | null;
            /**
             * From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            from: string;
            /** Gaps */
            gaps: components["schemas"]["Gap"][];
            /**
             * Groups
             * @description With `by`: the busiest, each over time
             */
            groups: components["schemas"]["GroupSeries"][];
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
            /** @description Of the whole span */
            total: components["schemas"]["Totals"];
        };
        /**
         * TopList
         * @description The busiest of a kind.
         */
        TopList: {
            /**
             * Bucket
             * @description Seconds of a bucket of the series
             */
            bucket: number;
            /** By */
            by: string;
            /**
             * Count
             * @description How many there are, those not listed included
             */
            count: number;
            /**
             * From
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            from: string;
            /** Groups */
            groups: components["schemas"]["BusyGroup"][];
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
         * Totals
         * @description Numbers of some rows. For flows: `requests` counts flows, latency is the TCP handshake's.
         *
         *     Percentiles are exact, and latencies that were observed; null where none has a known duration.
         */
        Totals: {
            /**
             * Bytes
             * Format: int64
             * @description Content of requests and responses; flows: on the wire
             */
            bytes: number;
            /**
             * Errors
             * @description Status 500 and above, or failed below it; flows: reset
             */
            errors: number;
            /** P50 Ns */
            p50_ns: number | null;
            /** P95 Ns */
            p95_ns: number | null;
            /** P99 Ns */
            p99_ns: number | null;
            /** Requests */
            requests: number;
        };
        /**
         * UploadedCapture
         * @description One uploaded capture. Counts and times are null until it is read.
         */
        UploadedCapture: {
            /**
             * Bytes
             * Format: int64
             * @description Size of the file
             */
            bytes: number;
            /**
             * Bytes Read
             * Format: int64
             * @description Of the file; it is read twice, first for names, and each time counts half
             */
            bytes_read: number;
            /**
             * Damaged
             * @description The file is cut or damaged: the rest is not there
             */
            damaged: boolean | null;
            error: components["schemas"]["ErrorFacts"] | null;
            /**
             * First Time
             * @description Time of the first packet
             */
            first_time: string | null;
            /** Flows */
            flows: number | null;
            /**
             * Id
             * @description For `source=` of other routes
             */
            id: string;
            /**
             * Last Time
             * @description Time of the last packet
             */
            last_time: string | null;
            /**
             * Missing
             * @description What of it is not in its rows, in words
             */
            missing: string[];
            /**
             * Name
             * @description The file's name, as it was uploaded
             */
            name: string;
            /** Packets */
            packets: number | null;
            /** Requests */
            requests: number | null;
            /**
             * State
             * @description waiting: another one is being read. failed: `error` says why
             * @enum {string}
             */
            state: "waiting" | "reading" | "ready" | "failed";
            /**
             * Stored Bytes
             * Format: int64
             * @description What its rows take on the disk
             */
            stored_bytes: number;
            /**
             * Uploaded
             * Format: date-time
             * @description UTC, RFC 3339 with nanoseconds
             * @example 2026-01-31T12:00:00.123456789Z
             */
            uploaded: string;
            /**
             * Warnings
             * @description What is amiss with the file, in words
             */
            warnings: string[];
        };
        /**
         * UploadedCaptureAnswer
         * @description One uploaded capture.
         */
        UploadedCaptureAnswer: {
            capture: components["schemas"]["UploadedCapture"];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * UploadedCaptureList
         * @description Uploaded captures, the newest first.
         */
        UploadedCaptureList: {
            /** Captures */
            captures: components["schemas"]["UploadedCapture"][];
            limits: components["schemas"]["UploadLimits"];
            /**
             * Source
             * @description Where the traffic comes from
             * @enum {string}
             */
            source: "live" | "demo" | "file";
        };
        /**
         * UploadLimits
         * @description What can be uploaded, and how much of it is taken.
         */
        UploadLimits: {
            /**
             * Max Bytes
             * Format: int64
             * @description Of one file
             */
            max_bytes: number;
            /** Max Captures */
            max_captures: number;
            /**
             * Max Total Bytes
             * Format: int64
             * @description Of all files and their rows
             */
            max_total_bytes: number;
            /**
             * Possible
             * @description Whether this server takes uploads at all
             */
            possible: boolean;
            /**
             * Total Bytes
             * Format: int64
             * @description What files and rows take now
             */
            total_bytes: number;
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
    captures_captures: {
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
                    "application/json": components["schemas"]["UploadedCaptureList"];
                };
            };
        };
    };
    captures_upload: {
        parameters: {
            query?: {
                /** @description What the file is called */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description pcap or pcapng, plain or compressed with gzip or zstd */
        requestBody: {
            content: {
                "application/octet-stream": string;
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
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadedCaptureAnswer"];
                };
            };
        };
    };
    captures_capture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of an uploaded capture */
                capture_id: string;
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
                    "application/json": components["schemas"]["UploadedCaptureAnswer"];
                };
            };
        };
    };
    captures_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of an uploaded capture */
                capture_id: string;
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
                    "application/json": components["schemas"]["Deleted"];
                };
            };
        };
    };
    history_columns: {
        parameters: {
            query?: {
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
                /** @description Table that the filter is about */
                table?: "requests" | "flows" | "packets";
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
    history_compare: {
        parameters: {
            query?: {
                /** @description Start of the other span; as long, just before if absent */
                base_from?: string | null;
                /** @description Its end, exclusive */
                base_to?: string | null;
                /** @description What to group by. container: what it served; endpoint: server, method and path with its ids replaced; outside: servers that are neither container nor this host and whose address is public. Flows have no endpoint, method and status */
                by?: "server" | "client" | "container" | "endpoint" | "outside" | "host" | "interface" | "protocol" | "method" | "status";
                /** @description Boolean SQL expression over the table's columns, and bare words as free text, e.g. `status >= 500 and server = 'orders'` */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Groups at most */
                limit?: number;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
                    "application/json": components["schemas"]["Comparison"];
                };
            };
        };
    };
    containers_containers: {
        parameters: {
            query?: {
                /** @description Display filter over the columns of `requests`: narrows what counts */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Length of a window that ends now, in place of `from` and `to` */
                seconds?: number | null;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
                    "application/json": components["schemas"]["ContainerList"];
                };
            };
        };
    };
    containers_container: {
        parameters: {
            query?: {
                /** @description Display filter over the columns of `requests`: narrows what counts */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Length of a window that ends now, in place of `from` and `to` */
                seconds?: number | null;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
                /** @description End, exclusive; written like `from` */
                to?: string | null;
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
    containers_processes: {
        parameters: {
            query?: never;
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
                    "application/json": components["schemas"]["ProcessList"];
                };
            };
        };
    };
    containers_requests: {
        parameters: {
            query?: {
                /** @description Display filter over the columns of `requests`: narrows what counts */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Rows of a page */
                limit?: number;
                /** @description Length of a window that ends now, in place of `from` and `to` */
                seconds?: number | null;
                /** @description End, exclusive; written like `from` */
                to?: string | null;
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
    containers_traffic: {
        parameters: {
            query?: {
                /** @description Display filter over the columns of `requests`: narrows what counts */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Length of a window that ends now, in place of `from` and `to` */
                seconds?: number | null;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
                /** @description End, exclusive; written like `from` */
                to?: string | null;
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
                    "application/json": components["schemas"]["ContainerTrafficAnswer"];
                };
            };
        };
    };
    history_coverage: {
        parameters: {
            query?: {
                /** @description Length of a bucket, e.g. 10s; fitting if absent */
                bucket?: string | null;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
                    "application/json": components["schemas"]["Coverage"];
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
    filter_check: {
        parameters: {
            query?: {
                /** @description Boolean SQL expression over the table's columns, and bare words as free text, e.g. `status >= 500 and server = 'orders'` */
                filter?: string;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
                /** @description Table that the filter is about */
                table?: "requests" | "flows" | "packets";
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
                    "application/json": components["schemas"]["FilterCheck"];
                };
            };
        };
    };
    filter_values: {
        parameters: {
            query?: {
                /** @description Column of the table */
                column?: string;
                /** @description Boolean SQL expression over the table's columns, and bare words as free text, e.g. `status >= 500 and server = 'orders'` */
                filter?: string;
                /** @description Values at most */
                limit?: number;
                /** @description Only values that contain this, in any case */
                part?: string;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
                /** @description Table that the filter is about */
                table?: "requests" | "flows" | "packets";
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
                    "application/json": components["schemas"]["FilterValues"];
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
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
    history_stream: {
        parameters: {
            query?: {
                /** @description Bytes of both directions at most */
                max_bytes?: number;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
            };
            header?: never;
            path: {
                /** @description `flow_id` of the flow */
                flow_id: number;
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
                    "application/json": components["schemas"]["FlowStream"];
                };
            };
        };
    };
    history_stream_file: {
        parameters: {
            query?: {
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
            };
            header?: never;
            path: {
                /** @description `flow_id` of the flow */
                flow_id: number;
                side: "client" | "server";
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
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
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
                /** @description Over requests; with one, edges of flows alone are left out */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
    state_names: {
        parameters: {
            query?: {
                /** @description Only names of this address */
                ip?: string | null;
                /** @description Rows of a page */
                limit?: number;
                /** @description Only names that contain this */
                name?: string | null;
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
                    "application/json": components["schemas"]["HostNameList"];
                };
            };
        };
    };
    packets_packet: {
        parameters: {
            query?: {
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
            };
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
                /** @description Display filter over the columns of `packets`; not a capture filter (BPF) */
                filter?: string;
                /** @description Only packets of this flow */
                flow_id?: number | null;
                /** @description Ids of packets, comma separated; all without it */
                ids?: string | null;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
                /** @description Only packets newer than this id */
                after?: number | null;
                /** @description Only packets older than this id */
                before?: number | null;
                /** @description Display filter over the columns of `packets`; not a capture filter (BPF) */
                filter?: string;
                /** @description Only packets of this flow */
                flow_id?: number | null;
                /** @description Rows of a page */
                limit?: number;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
    processes_processes: {
        parameters: {
            query?: {
                /** @description Only of this container, by id or name */
                container?: string | null;
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
                    "application/json": components["schemas"]["ProcessList"];
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
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
            query?: {
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
            };
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
    settings_settings: {
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
                    "application/json": components["schemas"]["SettingList"];
                };
            };
        };
    };
    settings_change: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    [key: string]: string | null;
                };
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
                    "application/json": components["schemas"]["SettingsChanged"];
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
                /** @description Also the busiest of these, each over time */
                by?: ("server" | "client" | "container" | "endpoint" | "outside" | "host" | "interface" | "protocol" | "method" | "status") | null;
                /** @description Boolean SQL expression over the table's columns, and bare words as free text, e.g. `status >= 500 and server = 'orders'` */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
                /** @description Table that the filter is about */
                table?: "requests" | "flows";
                /** @description End, exclusive; written like `from` */
                to?: string | null;
                /** @description Groups at most, with `by` */
                top?: number;
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
    history_top: {
        parameters: {
            query: {
                /** @description What to group by. container: what it served; endpoint: server, method and path with its ids replaced; outside: servers that are neither container nor this host and whose address is public. Flows have no endpoint, method and status */
                by: "server" | "client" | "container" | "endpoint" | "outside" | "host" | "interface" | "protocol" | "method" | "status";
                /** @description Boolean SQL expression over the table's columns, and bare words as free text, e.g. `status >= 500 and server = 'orders'` */
                filter?: string;
                /** @description Start: RFC 3339, epoch seconds, or relative to now such as `-15m` */
                from?: string | null;
                /** @description Groups at most */
                limit?: number;
                /** @description What counts */
                order?: "requests" | "errors" | "p95_ns" | "bytes";
                /** @description live: the traffic that this server follows. Else the id of an uploaded capture (GET /api/captures), in which times relative to now count from its end */
                source?: string;
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
                    "application/json": components["schemas"]["TopList"];
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
