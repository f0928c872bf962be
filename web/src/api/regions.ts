import { ask, type Page } from '@/api/http'

export interface Region {
  code: string
  name: string
  level: number
  parent: string | null
  children: number
}

export const countRegions = async (signal?: AbortSignal) => {
  const page = await ask<Page<Region>>('GET', '/regions', { query: { limit: 1 }, signal })
  return page.total
}
