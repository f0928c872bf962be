import { createI18n, type LocaleMessageValue, type VueMessageType } from 'vue-i18n'
import type { Language } from '@/language'

const zone = 'Asia/Shanghai'
const day = { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: zone } as const
const minute = { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const long = { year: 'numeric', month: 'long', day: 'numeric', timeZone: zone } as const
const english = { day: { ...day, day: 'numeric', month: 'short' }, minute: { ...minute, day: 'numeric', month: 'short' }, long } as const

// Chinese tables write 2026-11-24 09:05, which is what Swedish does in Intl; en alone is American.
const datetimeFormats = { 'zh-CN': { day, minute, long }, 'sv-SE': { day, minute, long }, 'en-GB': english }

const numbers = {
  count: { maximumFractionDigits: 0 },
  short: { notation: 'compact', maximumFractionDigits: 1 },
  decimal: { maximumFractionDigits: 1 },
  percent: { style: 'percent', maximumFractionDigits: 1 },
} as const
const numberFormats = { 'zh-CN': numbers, en: numbers }

// zh-CN.json and en.json hold what the shell and several rooms say, ROOM.zh-CN.json what the pages of one folder say.
type Messages = Record<string, LocaleMessageValue<VueMessageType>>
const texts = import.meta.glob<Messages>('./locales/*.json', { import: 'default' })
const there = new Set<string>()
let i18n: Awaited<ReturnType<typeof makeI18n>> | undefined

export async function makeI18n(language: Language) {
  const messages: Record<string, Messages> = { [language]: await texts[`./locales/${language}.json`]!() }
  there.clear()
  const made = createI18n({ legacy: false, locale: language, fallbackLocale: language, messages, datetimeFormats, numberFormats })
  i18n = made
  return made
}

/** Fetches the texts of a room in the page's language; a room that is there already costs nothing. */
export async function loadTexts(room: string) {
  const to = i18n?.global
  if (!to || there.has(room)) return
  const language = to.locale.value
  to.mergeLocaleMessage(language, await texts[`./locales/${room}.${language}.json`]!())
  there.add(room)
}

/** A page that is drawn when its texts and those of the rooms are there. */
export function withTexts<T>(page: () => Promise<T>, ...rooms: string[]): () => Promise<T> {
  return async () => {
    const [found] = await Promise.all([page(), ...rooms.map(loadTexts)])
    return found
  }
}
