import { ask, type Page, type Text } from '@/api/http'

export interface Agency {
  id: string
  name: string
  title: Text
  credit_code: string | null
  region: string | null
  datasets: number
}

export const listAgencies = (limit: number, signal?: AbortSignal) =>
  ask<Page<Agency>>('GET', '/agencies', { query: { limit }, signal })
