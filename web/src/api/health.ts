import { ask } from '@/api/http'
import type { Job } from '@/api/jobs'

export interface Check {
  name: string
  ok: boolean
  code: string | null
  why: string | null
}
export interface Alarm {
  code: string
  night: boolean
  since: string
}
export interface Health {
  ok: boolean
  started_at: string
  failing_since: string | null
  checks: Check[]
  alarms: Alarm[]
  disk: { size: number; free: number; low: number }
  store: { size: number; written_at: string | null }
  engine: { ready: boolean; starts: number; why: string | null }
  jobs: { waiting: number; oldest_at: string | null }
  backup: { at: string | null; proven_at: string | null; proven_seconds: number; promised_hours: number }
}

export const getHealth = (signal?: AbortSignal) => ask<Health>('GET', '/health', { signal })
export const makeBackup = () => ask<Job>('POST', '/backups', { body: {} })
