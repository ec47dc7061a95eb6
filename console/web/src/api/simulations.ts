/** Simulations, as `console/api/shapes/simulations.py` has them. */
import { call } from "./call"
import type { LineChange } from "./lines"

export interface RecordedDays {
  first: string
  last: string
  beside: string[]
}

export interface DrawnDays {
  first: string
  days: number
  an_hour: number
  handling_s: number
  flow: "even" | "usual"
  patience_s: number | null
  returning: number
  seed: number
}

export interface NewSimulation {
  line_id: string
  change: LineChange
  more_operators: number
  recorded?: RecordedDays
  drawn?: DrawnDays
}

export interface Waits {
  p50_s: number
  p90_s: number
  p99_s: number
  most_s: number
}

export interface Outcome {
  came: number
  given: number
  waiting: number
  left: number
  lost: number
  closed: number
  passed: number
  reopened: number
  overflowed: number
  missed: number
  declined: number
  waits: Waits | null
  in_time: number | null
  loads: { least: number; mean: number; most: number; gini: number } | null
  by_hour: (Waits | null)[]
  people: { name: string; given: number; load: number | null }[]
  as_then: number | null
}

export interface Compared {
  before: Outcome
  after: Outcome
}

export interface SimulationHead {
  id: string
  line_id: string
  asked_by: string | null
  asked_at: string
  state: "waiting" | "running" | "done" | "failed" | "cancelled"
  percent: number
  ended_at: string | null
  failure: "nothing_recorded" | "too_many" | "closed" | "too_long" | "interrupted" | "broken" | null
  change: LineChange
  more_operators: number
  recorded: RecordedDays | null
  drawn: DrawnDays | null
}

export interface SimulationView extends SimulationHead {
  result: Compared | null
}

export const simulations = {
  list: () => call<SimulationHead[]>("GET", "/simulations"),
  read: (id: string) => call<SimulationView>("GET", `/simulations/${id}`),
  ask: (what: NewSimulation) => call<SimulationView>("POST", "/simulations", what),
  cancel: (id: string) => call<SimulationView>("POST", `/simulations/${id}/cancel`),
  recorded: (line_id: string) => call<{ first: string | null; last: string | null }>("GET", `/lines/${line_id}/recorded`),
}
