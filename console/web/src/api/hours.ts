/** Calendars and departments, as `console/api/shapes/calendars.py` and `departments.py` have them. */
import type { OpeningView } from "./lines"

/** In minutes of the wall clock; past midnight `closes` goes on counting. */
export interface IntervalView {
  opens: number
  closes: number
}

export interface DateExceptionView {
  on: string
  intervals: IntervalView[]
  name: string
}

export interface HolidaySetView {
  country: string
  subdivision: string | null
  categories: string[]
}

export interface CalendarDraft {
  name: string
  timezone: string
  week: IntervalView[][]
  exceptions: DateExceptionView[]
  holidays: HolidaySetView | null
}

export interface FeedView {
  host: string
  free_too: boolean
  tried_at: string | null
  fetched_at: string | null
  error: string | null
  days: number
}

export interface NewFeed {
  url: string | null
  free_too: boolean
}

export interface CalendarLook extends CalendarDraft {
  calendar_id: string | null
}

export interface CalendarView extends CalendarDraft {
  id: string
  opening: OpeningView
  feed: FeedView | null
  line_ids: string[]
  operator_ids: string[]
}

export interface SpanView {
  opens_at: string
  closes_at: string
}

export interface DayView {
  on: string
  spans: SpanView[]
  by: "week" | "exception" | "holiday" | "feed"
  name: string
}

export interface CalendarPreview {
  opening: OpeningView
  days: DayView[]
  unlike: DayView[]
}

export interface HolidayCountry {
  country: string
  subdivisions: string[]
}

export interface DepartmentDraft {
  name: string
  operator_ids: string[]
}

export interface DepartmentView extends DepartmentDraft {
  id: string
  line_ids: string[]
}
