// One way to the server: JSON in and out, problem+json as `Problem`, the CSRF header with every change.

export interface ProblemFacts {
  status: number
  code: string
  title?: string
  subject?: string
  line?: number
  hint?: string
}

/** What went wrong, for a person: the server's words, or a code of ours (`portal.…`) that the page translates. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly subject: string
  readonly line: number | undefined
  readonly hint: string

  constructor(facts: ProblemFacts) {
    super(facts.code)
    this.name = 'Problem'
    this.status = facts.status
    this.code = facts.code
    this.title = facts.title ?? ''
    this.subject = facts.subject ?? ''
    this.line = facts.line
    this.hint = facts.hint ?? ''
  }
}

export type QueryValue = string | number | undefined
export interface Question {
  query?: Record<string, QueryValue>
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

const base = '/api/v1'
let csrf: string | null = null
let needSignIn: () => void = () => undefined

/** The token that changes carry; the session gives it. */
export function setCsrf(token: string | null) {
  csrf = token
}

/** What to do when a change is refused because nobody is signed in. */
export function onSignInNeeded(act: () => void) {
  needSignIn = act
}

export function address(path: string, query: Record<string, QueryValue> = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return base + path + (text ? `?${text}` : '')
}

/** The headers that each request carries: the page's language, and the CSRF token with a change. */
export function commonHeaders(method: string): Record<string, string> {
  const headers: Record<string, string> = { 'Accept-Language': document.documentElement.lang }
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf
  return headers
}

function isFacts(value: unknown): value is ProblemFacts {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string'
}

/** A problem from an answer that is not a success, whatever its body is. */
export function problemOf(status: number, body: string): Problem {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    value = null
  }
  if (isFacts(value)) return new Problem({ ...value, status })
  return new Problem({ status, code: status >= 502 && status <= 504 ? 'portal.offline' : 'portal.answer' })
}

/** Called with each refused answer, by whatever way it came. */
export function refused(method: string, problem: Problem): Problem {
  if (problem.status === 401 && method !== 'GET') needSignIn()
  return problem
}

export async function ask<T>(method: string, path: string, question: Question = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', ...commonHeaders(method), ...question.headers }
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (question.signal) init.signal = question.signal
  if (question.body !== undefined) {
    headers['Content-Type'] = 'application/json'
    init.body = JSON.stringify(question.body)
  }
  let answer: Response
  let text: string
  try {
    answer = await fetch(address(path, question.query), init)
    text = await answer.text()
  } catch (cause) {
    if (question.signal?.aborted) throw cause
    throw new Problem({ status: 0, code: 'portal.offline' })
  }
  if (!answer.ok) throw refused(path === '/session' ? 'GET' : method, problemOf(answer.status, text))
  if (text === '') return undefined as T
  try {
    return JSON.parse(text) as T
  } catch {
    throw new Problem({ status: answer.status, code: 'portal.answer' })
  }
}

/** Anything thrown, as a problem that a page can show. */
export function asProblem(cause: unknown): Problem {
  if (cause instanceof Problem) return cause
  console.error(cause)
  return new Problem({ status: 0, code: 'portal.fault' })
}

export interface Page<T> {
  items: T[]
  next: string | null
  total: number
}

/** A text for people in both languages; one of them may be absent. */
export interface Text {
  zh?: string
  en?: string
}
