import '@/theme/tokens.css'
import '@/theme/element.css'
import '@/theme/base.css'
import { createApp } from 'vue'
import App from '@/App.vue'
import { makeI18n } from '@/i18n'
import { pageLanguage } from '@/language'
import { router } from '@/router'
import { loadSession } from '@/session'
import { startTheme } from '@/theme/theme'

startTheme()
const language = pageLanguage()
void loadSession()
const i18n = await makeI18n(language)
createApp(App).use(i18n).use(router).mount('#app')
