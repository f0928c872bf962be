// The language files hold the texts of the server's problems too. The server sends them with each answer, so that
// the pages carry only those of their own: `problem.portal`.
import type { Plugin } from 'vite'

interface Texts {
  [key: string]: string | Texts
}

export function pageTexts(): Plugin {
  return {
    name: 'yunmeng-texts',
    enforce: 'pre',
    transform(code, id) {
      if (!/[\\/]locales[\\/][\w-]+\.json$/.test(id)) return null
      const texts = JSON.parse(code) as Texts & { problem?: Texts }
      if (texts.problem) texts.problem = { portal: texts.problem.portal! }
      return { code: JSON.stringify(texts), map: null }
    },
  }
}
