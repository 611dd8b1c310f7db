/** Rows as the API writes them: the names are the tables' own. A null is "not observed". */

/** Numbers of rows and flows; a string where a double would lose digits. */
export type Id = number | string;

export type Completeness = "complete" | "request_only" | "response_only" | "gap";

export interface Header {
  name: string;
  value: string;
}

/** The workload that owned an address at the time of the packet. */
export interface Sides {
  client: string | null;
  client_container_id: string | null;
  client_container: string | null;
  client_image: string | null;
  client_project: string | null;
  client_service: string | null;
  server: string | null;
  server_container_id: string | null;
  server_container: string | null;
  server_image: string | null;
  server_project: string | null;
  server_service: string | null;
}

export interface RequestRow extends Sides {
  id: Id;
  time: string;
  sensor: string;
  interface: string | null;
  protocol: string;
  version: string | null;
  flow_id: Id;
  community_id: string;
  client_ip: string;
  client_port: number;
  server_ip: string;
  server_port: number;
  method: string | null;
  host: string | null;
  target: string | null;
  status: number | null;
  error: string | null;
  ttfb_ns: number | null;
  duration_ns: number | null;
  request_bytes: number | null;
  response_bytes: number | null;
  request_content_type: string | null;
  content_type: string | null;
  request_body_truncated: boolean;
  response_body_truncated: boolean;
  trace_id: string | null;
  decrypted: string | null;
  completeness: Completeness;
  gap_bytes: number;
  oddities: string[];
  detail: unknown;
}

/** A body as the API sends it: text where it is text, base64 otherwise. */
export interface Body {
  text?: string | null;
  base64?: string | null;
  truncated: boolean;
}

/** One request with what lists leave out. */
export interface RequestDetail extends RequestRow {
  request_headers: Header[] | null;
  response_headers: Header[] | null;
  request_body: Body | null;
  response_body: Body | null;
}

export interface FlowRow extends Sides {
  id: Id;
  flow_id: Id;
  time: string;
  last_time: string;
  sensor: string;
  interface: string | null;
  transport: string;
  protocol: string | null;
  client_ip: string;
  client_port: number;
  server_ip: string;
  server_port: number;
  community_id: string;
  client_packets: number;
  client_bytes: number;
  server_packets: number;
  server_bytes: number;
  client_payload_bytes: number;
  server_payload_bytes: number;
  handshake_ns: number | null;
  retransmissions: number;
  out_of_order: number;
  zero_windows: number;
  resets: number;
  gap_bytes: number;
  duplicates: number;
  server_name: string | null;
  requests: number;
  state: string;
  end_reason: string | null;
}

export interface PacketRow {
  id: Id;
  time: string;
  sensor: string;
  interface: string | null;
  link_type: string;
  length: number;
  captured_length: number;
  source_ip: string | null;
  source_port: number | null;
  destination_ip: string | null;
  destination_port: number | null;
  transport: string | null;
  protocol: string;
  info: string;
  flow_id: Id | null;
  community_id: string | null;
  error: string | null;
}

export interface Field {
  name: string;
  value: string;
  offset: number;
  length: number;
}

export interface Layer {
  name: string;
  offset: number;
  length: number;
  fields: Field[];
}

export interface PacketDetail extends PacketRow {
  hex: string;
  layers: Layer[];
}

/** Where the traffic comes from; "demo" is generated and must be labelled everywhere. */
export type Source = "live" | "demo" | "file";
