// What a page keeps in its address.
import type { LocationQuery, LocationQueryRaw } from 'vue-router'

/** The query with these changes; what became empty is left out. */
export function changed(query: LocationQuery, changes: LocationQueryRaw): LocationQueryRaw {
  return Object.fromEntries(Object.entries({ ...query, ...changes }).filter(([, value]) => value))
}

/** A parameter's text; empty where it is absent or given twice. */
export function queryText(query: LocationQuery, name: string): string {
  const value = query[name]
  return typeof value === 'string' ? value : ''
}
