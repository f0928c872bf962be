import { ask } from '@/api/http'

export interface CalendarDay {
  day: string
  /** A make-up day; false: a holiday. */
  works: boolean
  name: string
}
export interface CalendarYear {
  year: number
  known: boolean
  source: string | null
  workdays: number
  days: CalendarDay[]
}
export type Why = 'weekday' | 'weekend' | 'holiday' | 'make_up'
export interface Workdays {
  from: string
  days: number
  day: string
  known: boolean
  steps: { day: string; why: Why }[]
}

export const getYear = (year: number, signal?: AbortSignal) => ask<CalendarYear>('GET', `/calendar/${year}`, { signal })
export const putYear = (year: CalendarYear) =>
  ask<CalendarYear>('PUT', `/calendar/${year.year}`, { body: { source: year.source, days: year.days } })
export const addWorkdays = (from: string, days: number, signal?: AbortSignal) =>
  ask<Workdays>('GET', '/workdays', { query: { from, days }, signal })
