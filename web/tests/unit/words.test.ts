import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { loadTexts, makeI18n } from '@/i18n'
import type { Language } from '@/language'
import { say, sayField, sizeParts, useWords } from '@/words'

type Words = ReturnType<typeof useWords>

async function words(language: Language): Promise<Words> {
  const i18n = await makeI18n(language)
  await loadTexts('jobs')
  let found: Words | undefined
  mount(defineComponent({ setup: () => { found = useWords(); return () => h('p') } }), { global: { plugins: [i18n] } })
  return found!
}

describe.each([
  ['zh-CN', { minute: '2026-11-24 09:05', day: '2026-11-24', long: '2026\u5e7411\u670824\u65e5', short: '1000\u4e07' }],
  ['en', { minute: '24 Nov 2026, 09:05', day: '24 Nov 2026', long: '24 November 2026', short: '10M' }],
] as const)('%s', (language, expected) => {
  it('writes times in Beijing time as PORTAL.md says', async () => {
    const { when } = await words(language)
    const at = '2026-11-24T01:05:00Z'
    expect(when(at)).toBe(expected.minute)
    expect(when(at, 'day')).toBe(expected.day)
    expect(when(at, 'long')).toBe(expected.long)
    expect(when(null)).toBe('')
    expect(when('yesterday')).toBe('')
  })

  it('writes counts whole and short', async () => {
    const { count, short } = await words(language)
    expect(count(10_000_000)).toBe('10,000,000')
    expect(short(10_000_000)).toBe(expected.short)
    expect(short(9117)).toBe(language === 'en' ? '9.1K' : '9117')
  })

  it('rounds no share to all or nothing', async () => {
    const { percent } = await words(language)
    expect(percent(0.9999)).toBe('>99.9%')
    expect(percent(0.0001)).toBe('<0.1%')
    expect(percent(1)).toBe('100%')
    expect(percent(0)).toBe('0%')
    expect(percent(0.0085)).toBe('0.9%')
  })

  it('has words for the problems that the page itself meets', async () => {
    const { problemTitle, problemHint } = await words(language)
    for (const code of ['portal.offline', 'portal.answer', 'portal.fault', 'portal.stopped', 'portal.sign_in']) {
      expect(problemTitle({ status: 0, code }), code).not.toBe('')
    }
    expect(problemHint({ status: 0, code: 'portal.offline' })).not.toBe('')
    expect(problemTitle({ status: 400, code: 'x.y', title: 'said by the server' })).toBe('said by the server')
  })

  it('shows no code where it has no word for it', async () => {
    const { named } = await words(language)
    expect(named('job.kind', 'load.run')).not.toBe('')
    expect(named('job.kind', 'brand.new', 'otherwise')).toBe('otherwise')
    expect(named('reason', null, 'otherwise')).toBe('otherwise')
  })
})

it('a text of the data falls back to the other language and says so', () => {
  expect(say({ zh: '\u6c34', en: 'Water' }, 'en')).toEqual({ text: 'Water', lang: undefined })
  expect(say({ zh: '\u6c34' }, 'en')).toEqual({ text: '\u6c34', lang: 'zh-CN' })
  expect(say({ en: 'Water' }, 'zh-CN')).toEqual({ text: 'Water', lang: 'en' })
  expect(say(null, 'en', 'space.name')).toEqual({ text: 'space.name', lang: undefined })
  expect(sayField({ name: 'pm25', title: 'PM2.5' }, 'en')).toEqual({ text: 'PM2.5', lang: undefined })
  expect(sayField({ name: 'city', title: '\u57ce\u5e02' }, 'en').lang).toBe('zh-CN')
  expect(sayField({ name: 'city' }, 'en').text).toBe('city')
})

it('a size is in units of 1024', () => {
  expect(sizeParts(0)).toEqual([0, 'B'])
  expect(sizeParts(1023)).toEqual([1023, 'B'])
  expect(sizeParts(64 * 1024)).toEqual([64, 'KiB'])
  expect(sizeParts(3 * 1024 ** 3)).toEqual([3, 'GiB'])
})
