import { createI18n } from 'vue-i18n'
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

const texts = {
  'zh-CN': () => import('@/locales/zh-CN.json'),
  en: () => import('@/locales/en.json'),
}

export async function makeI18n(language: Language) {
  const messages = { [language]: (await texts[language]()).default }
  return createI18n({ legacy: false, locale: language, fallbackLocale: language, messages, datetimeFormats, numberFormats })
}
