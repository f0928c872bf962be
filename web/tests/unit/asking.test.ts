import { afterEach, describe, expect, it, vi } from 'vitest'
import { address, ask, asProblem, onSignInNeeded, Problem, problemOf, setCsrf } from '@/api/http'
import { markPlace } from '@/pages/dataset/filter'
import { fieldName, sampleText, sampleWhere } from '@/pages/dataset/samples'
import { delimiterCode, delimiterWord } from '@/pages/load/reading'
import type { Dataset } from '@/api/datasets'

afterEach(() => {
  vi.unstubAllGlobals()
  setCsrf(null)
})

function answering(status: number, body: string) {
  const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.resolve(new Response(body || null, { status })))
  vi.stubGlobal('fetch', fetch)
  return fetch
}

describe('a request', () => {
  it('leaves empty parameters out and encodes the others', () => {
    expect(address('/datasets', { q: '', limit: 20, where: "a = 'b&c'" })).toBe('/api/v1/datasets?limit=20&where=a+%3D+%27b%26c%27')
  })

  it('carries the CSRF token with changes only', async () => {
    const fetch = answering(200, '{}')
    setCsrf('secret')
    await ask('GET', '/datasets')
    await ask('POST', '/datasets', { body: {} })
    const headers = fetch.mock.calls.map((call) => (call[1] as { headers: Record<string, string> }).headers)
    expect(headers[0]).not.toHaveProperty('X-CSRF-Token')
    expect(headers[1]).toHaveProperty('X-CSRF-Token', 'secret')
  })

  it('becomes a problem that keeps what the server said', async () => {
    answering(409, JSON.stringify({ code: 'lake.open_load', title: 'T', hint: 'H', subject: 's', line: 3 }))
    const problem = await ask('POST', '/x').catch((cause: unknown) => cause)
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ status: 409, code: 'lake.open_load', title: 'T', hint: 'H', subject: 's', line: 3 })
  })

  it('asks for sign-in when a change is refused, not when a page is read', async () => {
    const needed = vi.fn()
    onSignInNeeded(needed)
    answering(401, '{"code":"org.sign_in_needed"}')
    await ask('GET', '/jobs').catch(() => undefined)
    expect(needed).not.toHaveBeenCalled()
    await ask('POST', '/datasets', { body: {} }).catch(() => undefined)
    expect(needed).toHaveBeenCalledTimes(1)
    await ask('POST', '/session', { body: {} }).catch(() => undefined)
    expect(needed).toHaveBeenCalledTimes(1)
  })

  it('has a problem of its own where no answer can be read', async () => {
    expect(problemOf(502, '<html>').code).toBe('portal.offline')
    expect(problemOf(500, '<html>').code).toBe('portal.answer')
    answering(200, 'not json')
    await expect(ask('GET', '/x')).rejects.toMatchObject({ code: 'portal.answer' })
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('down')))
    await expect(ask('GET', '/x')).rejects.toMatchObject({ code: 'portal.offline' })
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    expect(asProblem(new Error('bug')).code).toBe('portal.fault')
  })

  it('takes an answer without a body', async () => {
    answering(204, '')
    await expect(ask('DELETE', '/session')).resolves.toBeUndefined()
  })
})

describe('a fault in a filter is shown at its place', () => {
  it('as the server counts it, in characters from 1', () => {
    expect(markPlace('pm25 > abc or x', { subject: '8: abc' })).toEqual({ before: 'pm25 > ', marked: 'abc', after: ' or x' })
    expect(markPlace("\u{21413} = 'a' and )", { subject: '13: )' })).toEqual({ before: "\u{21413} = 'a' and ", marked: ')', after: '' })
    expect(markPlace('a = "b: c"', { subject: '5: "b: c"' })).toEqual({ before: 'a = ', marked: '"b: c"', after: '' })
    expect(markPlace('a =', { subject: '4' })).toEqual({ before: 'a =', marked: '\u2038', after: '' })
  })

  it('else as a whole', () => {
    expect(markPlace('pm99 > 1', { subject: 'other' })).toEqual({ before: '', marked: 'pm99 > 1', after: '' })
    expect(markPlace('pm99 > 1', { subject: '99: x' })).toEqual({ before: '', marked: 'pm99 > 1', after: '' })
  })
})

describe('a sample', () => {
  const dataset = { openness: 'open', schema: { primaryKey: ['code'] } } as unknown as Dataset
  const fields = [{ name: 'pm25', type: 'number' }, { name: 'code', type: 'string' }]

  it('filters by the key with a value that the dataset has', () => {
    expect(sampleWhere(dataset, fields, { pm25: 3, code: "O'Neil" })).toBe("code = 'O''Neil'")
    expect(sampleWhere(dataset, fields, { pm25: 3, code: null })).toBe('pm25 >= 3')
    expect(sampleWhere(dataset, fields, undefined)).toBe('')
    expect(fieldName('a b"c')).toBe('"a b""c"')
  })

  it('can be pasted into a shell whatever the value is', () => {
    const text = sampleText('curl', 'https://h', '/datasets/a.b/rows', "code = 'O''Neil'", true)
    expect(text).toContain(`'where=code = '\\''O'\\'''\\''Neil'\\'''`)
    expect(text).toContain('Authorization: Bearer')
  })
})

describe('the choices of reading', () => {
  it('keeps the words of separators apart from their characters', () => {
    for (const word of ['comma', 'semicolon', 'vertical', 'tab', 'blank']) expect(delimiterWord(delimiterCode(word))).toBe(word)
    expect(delimiterWord('\t')).toBe('tab')
  })
})
