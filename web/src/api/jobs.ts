import { ask, asProblem, Problem, type Page, type ProblemFacts } from '@/api/http'

export interface Job {
  id: string
  kind: string
  state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped'
  stage: string | null
  done: number | null
  total: number | null
  unit: string | null
  subject: string | null
  created_at: string
  started_at: string | null
  ended_at: string | null
  problem: ProblemFacts | null
  /** The load that it works on: what it makes is opened there. */
  load?: string | null
  mine?: boolean
  may?: { stop: boolean; again: boolean }
}
export interface Schedule {
  name: string
  kind: string
  rule: string
  paused: boolean
  catch_up: boolean
  next_at: string | null
  last_at: string | null
  last_job: string | null
  etag: string
}

const one = (id: string) => `/jobs/${encodeURIComponent(id)}`
const poll_ms = 1000

export const listJobs = (limit: number, signal?: AbortSignal, mine = false) =>
  ask<Page<Job>>('GET', '/jobs', { query: { limit, mine: mine ? 'true' : undefined }, signal })
export const countJobs = async (state: Job['state'], signal?: AbortSignal) =>
  (await ask<Page<Job>>('GET', '/jobs', { query: { limit: 1, state }, signal })).total
export const stopJob = (id: string) => ask<Job>('POST', `${one(id)}/stop`)
export const againJob = (id: string) => ask<Job>('POST', `${one(id)}/again`)
export const listSchedules = (signal?: AbortSignal) => ask<Page<Schedule>>('GET', '/schedules', { signal })
export const changeSchedule = (schedule: Schedule, change: { rule?: string; paused?: 0 | 1 }) =>
  ask<Schedule>('PATCH', `/schedules/${encodeURIComponent(schedule.name)}`, {
    body: change, headers: { 'If-Match': schedule.etag },
  })
export const runSchedule = (name: string) => ask<Job>('POST', `/schedules/${encodeURIComponent(name)}/run`)
export const getJob = (id: string, signal?: AbortSignal) => ask<Job>('GET', one(id), { signal })

export const isOver = (job: Job) => job.state === 'done' || job.state === 'failed' || job.state === 'stopped'

export interface JobNews {
  job: (job: Job) => void
  end: (job: Job) => void
  failed: (problem: Problem) => void
}

/**
 * Tells the news of a job until it is over: by server-sent events, and by asking once a second where the stream
 * fails. Returns what stops it.
 */
export function followJob(id: string, news: JobNews): () => void {
  const quit = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const stream = new EventSource(`/api/v1${one(id)}/events`)

  function stop() {
    quit.abort()
    clearTimeout(timer)
    stream.close()
  }
  function heard(job: Job) {
    news.job(job)
    if (!isOver(job)) return
    stop()
    news.end(job)
  }
  async function poll() {
    try {
      heard(await getJob(id, quit.signal))
    } catch (cause) {
      if (quit.signal.aborted) return
      const problem = asProblem(cause)
      if (problem.code !== 'portal.offline') {
        stop()
        news.failed(problem)
        return
      }
    }
    if (!quit.signal.aborted) timer = setTimeout(() => void poll(), poll_ms)
  }

  stream.addEventListener('progress', (event) => heard(JSON.parse(event.data as string) as Job))
  stream.addEventListener('end', (event) => heard(JSON.parse(event.data as string) as Job))
  stream.addEventListener('error', () => {
    stream.close()
    if (!quit.signal.aborted) void poll()
  })
  return stop
}
