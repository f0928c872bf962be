// How numbers, times and the data's own texts are written on a page. All of it by language; see PORTAL.md, section 2.
import { useI18n } from 'vue-i18n'
import type { ProblemFacts, Text } from '@/api/http'

export interface Said {
  text: string
  /** The language of the text where it is not the page's. */
  lang: string | undefined
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** The text in the page's language, else in the other one with its `lang`. */
export function say(text: Text | null | undefined, language: string, otherwise = ''): Said {
  const own = language === 'en' ? text?.en : text?.zh
  if (own) return { text: own, lang: undefined }
  const other = language === 'en' ? text?.zh : text?.en
  if (other) return { text: other, lang: language === 'en' ? 'zh-CN' : 'en' }
  return { text: otherwise, lang: undefined }
}

/** A field's title may be one text or one in both languages. */
export function sayField(field: { name: string; title?: string | Text | null }, language: string): Said {
  if (typeof field.title === 'string') {
    const foreign = language === 'en' && /\p{Script=Han}/u.test(field.title)
    return { text: field.title || field.name, lang: foreign ? 'zh-CN' : undefined }
  }
  return say(field.title, language, field.name)
}

/** Bytes in units of 1024, as an operator counts them: the number and its unit. */
export function sizeParts(bytes: number): [number, string] {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return [value, units[unit]!]
}

export function useWords() {
  const { t, te, n, d, locale } = useI18n()
  const english = () => locale.value === 'en'

  function when(at: string | null | undefined, key: 'day' | 'minute' | 'long' = 'minute'): string {
    const ms = at ? Date.parse(at) : Number.NaN
    if (Number.isNaN(ms)) return ''
    return d(ms, { key, locale: english() ? 'en-GB' : key === 'long' ? 'zh-CN' : 'sv-SE' })
  }
  function size(bytes: number): string {
    const [value, unit] = sizeParts(bytes)
    return `${n(value, unit === 'B' ? 'count' : 'decimal')} ${unit}`
  }
  /** How long something took, in seconds below two minutes, in minutes above. */
  function lasting(from: string, to: string): string {
    const seconds = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)
    if (seconds < 120) return t('word.seconds', { n: n(seconds, seconds < 10 ? 'decimal' : 'count') })
    return t('word.minutes', { n: n(Math.round(seconds / 60), 'count') })
  }
  /** The word for a code of a known list, else `otherwise`, since a page shows no code of ours. */
  function named(group: string, code: string | null | undefined, otherwise = ''): string {
    return code && te(`${group}.${code}`) ? t(`${group}.${code}`) : otherwise
  }
  /** A share; one that is not all or nothing is never rounded to it. */
  function percent(value: number): string {
    if (value > 0 && value < 0.001) return `<${n(0.001, 'percent')}`
    if (value > 0.999 && value < 1) return `>${n(0.999, 'percent')}`
    return n(value, 'percent')
  }
  function problemTitle(problem: ProblemFacts): string {
    const facts = { subject: problem.subject ?? '', line: problem.line ?? '' }
    if (problem.title) return problem.title
    const key = `problem.${problem.code}.title`
    return te(key) ? t(key, facts) : t('problem.portal.fault.title')
  }
  function problemHint(problem: ProblemFacts): string {
    if (problem.hint) return problem.hint
    const key = `problem.${problem.code}.hint`
    return te(key) ? t(key) : ''
  }
  return {
    when, size, lasting, named, problemTitle, problemHint,
    count: (value: number) => n(value, 'count'),
    short: (value: number) => n(value, 'short'),
    percent,
    said: (text: Text | null | undefined, otherwise = '') => say(text, locale.value, otherwise),
    field: (field: { name: string; title?: string | Text | null }) => sayField(field, locale.value),
  }
}
