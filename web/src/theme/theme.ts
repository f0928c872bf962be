// Light or dark: the system's, until somebody chooses; the choice is a cookie, so that the server writes it.
import { ref } from 'vue'
import { readCookie, writeCookie } from '@/language'

export type Theme = 'light' | 'dark'

const system = matchMedia('(prefers-color-scheme: dark)')
const root = document.documentElement

function isTheme(text: string | undefined): text is Theme {
  return text === 'light' || text === 'dark'
}

function chosen(): Theme | null {
  const written = root.dataset.theme
  if (isTheme(written)) return written
  const kept = readCookie('theme')
  return isTheme(kept) ? kept : null
}

const theme = ref<Theme>(system.matches ? 'dark' : 'light')

export function startTheme() {
  const choice = chosen()
  if (choice) {
    theme.value = choice
    root.dataset.theme = choice
  }
  system.addEventListener('change', (event) => {
    if (!isTheme(root.dataset.theme)) theme.value = event.matches ? 'dark' : 'light'
  })
}

export function useTheme() {
  function flip() {
    theme.value = theme.value === 'dark' ? 'light' : 'dark'
    root.dataset.theme = theme.value
    writeCookie('theme', theme.value)
    dispatchEvent(new CustomEvent('ym-theme'))
  }
  return { theme, flip }
}
