/** Short names for the server's shapes. A null is "not observed", never a default. */

import type { components } from "../gen/api";

type Shapes = components["schemas"];

export type RequestRow = Shapes["RequestRow"];
export type RequestDetail = Shapes["RequestDetail"];
export type FlowRow = Shapes["FlowRow"];
export type PacketRow = Shapes["PacketRow"];
export type PacketDetail = Shapes["PacketDetail"];
export type Layer = Shapes["Layer"];
export type FlowStream = Shapes["FlowStream"];
export type LayerField = Shapes["LayerField"];
export type Body = Shapes["Body"];
export type Header = Shapes["Header"];
export type Container = Shapes["Container"];
export type ContainerList = Shapes["ContainerList"];
export type ProcessList = Shapes["ProcessList"];
export type ContainerTraffic = Shapes["ContainerTrafficAnswer"];
export type Endpoint = Shapes["Endpoint"];
export type Peer = Shapes["Peer"];
export type Interface = Shapes["Interface"];
export type InterfaceList = Shapes["InterfaceList"];
export type CaptureStart = Shapes["CaptureStart"];
export type CaptureStatus = Shapes["CaptureStatus"];
export type Health = Shapes["Health"];
export type Counter = Shapes["Counter"];
export type DoctorReport = Shapes["DoctorReport"];
export type DoctorCheck = Shapes["DoctorCheck"];
export type Gap = Shapes["Gap"];
export type TimeSeries = Shapes["TimeSeries"];
export type TimePoint = Shapes["TimePoint"];
export type Totals = Shapes["Totals"];
export type TopList = Shapes["TopList"];
export type BusyGroup = Shapes["BusyGroup"];
export type WorkloadMap = Shapes["WorkloadMap"];
export type MapNode = Shapes["MapNode"];
export type MapEdge = Shapes["MapEdge"];
export type Coverage = Shapes["Coverage"];
export type Comparison = Shapes["Comparison"];
export type ComparedGroup = Shapes["ComparedGroup"];
export type Verdict = ComparedGroup["verdicts"][number];
export type SettingFacts = Shapes["SettingFacts"];
export type SettingList = Shapes["SettingList"];
export type SettingsChanged = Shapes["SettingsChanged"];
export type ColumnFacts = Shapes["ColumnFacts"];
export type FilterCheck = Shapes["FilterCheck"];
export type FilterValues = Shapes["FilterValues"];
export type ErrorFacts = Shapes["ErrorFacts"];
export type SourceFacts = Shapes["SourceFacts"];
export type UploadedCapture = Shapes["UploadedCapture"];
export type UploadedCaptureAnswer = Shapes["UploadedCaptureAnswer"];
export type UploadedCaptureList = Shapes["UploadedCaptureList"];
export type UploadLimits = Shapes["UploadLimits"];
export type Source = SourceFacts["source"];

export type LiveMessage =
  | Shapes["LiveHello"]
  | Shapes["LiveRequests"]
  | Shapes["LiveFlows"]
  | Shapes["LiveHealthMessage"]
  | Shapes["LiveError"];
export type LiveSubscribe = Shapes["LiveSubscribe"];
