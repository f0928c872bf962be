// One question of a page and where its answer is. The newest question wins, the old one is aborted.
import { onUnmounted, reactive, watch, type WatchSource } from 'vue'
import { asProblem, Problem } from '@/api/http'
import { useSession } from '@/session'

interface Acts {
  /** Asks again; what is shown stays until the answer comes. */
  again: () => Promise<void>
  /** Gives the question up. */
  stop: () => void
}
export type Load<T> = Acts &
  ({ state: 'waiting' } | { state: 'failed'; problem: Problem } | { state: 'ready'; value: T })

export function useLoad<T extends object>(
  question: (signal: AbortSignal) => Promise<T>,
  watched?: WatchSource | WatchSource[],
): Load<T> {
  const session = useSession()
  const load = reactive({ state: 'waiting', again: run, stop }) as Acts & {
    state: string
    value?: T
    problem?: Problem
  }
  let last = new AbortController()

  async function run() {
    last.abort()
    const mine = (last = new AbortController())
    if (load.state === 'failed') load.state = 'waiting'
    try {
      const value = await question(mine.signal)
      if (!mine.signal.aborted) Object.assign(load, { state: 'ready', value })
    } catch (cause) {
      if (!mine.signal.aborted) Object.assign(load, { state: 'failed', problem: asProblem(cause) })
    }
  }

  function stop() {
    last.abort()
    Object.assign(load, { state: 'failed', problem: new Problem({ status: 0, code: 'portal.stopped' }) })
  }

  void run()
  if (watched) watch(watched, () => void run())
  watch(
    () => session.turn,
    () => void run(),
  )
  onUnmounted(() => last.abort())
  return load as Load<T>
}
