// The language of the page: the server writes it into <html lang>; changing it is a cookie and a reload.
export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

const year_s = 365 * 24 * 3600

function isLanguage(text: string | null): text is Language {
  return text === 'zh-CN' || text === 'en'
}

export function writeCookie(name: string, value: string) {
  document.cookie = `${name}=${value}; path=/; max-age=${year_s}; samesite=lax`
}

export function readCookie(name: string): string {
  const found = document.cookie.split('; ').find((part) => part.startsWith(`${name}=`))
  return found ? found.slice(name.length + 1) : ''
}

/** The page's language. A language in the address holds for the pages after it too. */
export function pageLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang')
  if (isLanguage(asked)) {
    writeCookie('lang', asked)
    document.documentElement.lang = asked
    return asked
  }
  const written = document.documentElement.lang
  return isLanguage(written) ? written : 'zh-CN'
}

export function changeLanguage(language: Language) {
  writeCookie('lang', language)
  const here = new URL(location.href)
  here.searchParams.delete('lang')
  if (here.href === location.href) location.reload()
  else location.replace(here.href)
}
