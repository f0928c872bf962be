// The document's title: the page's own, then the platform's name.
import { watchEffect } from 'vue'
import { useI18n } from 'vue-i18n'
import { useSession } from '@/session'
import { useWords } from '@/words'

export function usePageTitle(title: () => string) {
  const { t } = useI18n()
  const session = useSession()
  const { said } = useWords()
  watchEffect(() => {
    const place = said(session.place).text
    const site = place ? `${t('brand.mark')} · ${place}` : t('brand.mark')
    const own = title()
    document.title = own ? `${own} · ${site}` : site
  })
}
