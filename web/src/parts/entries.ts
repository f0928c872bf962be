// Where one can go: only what this release has, and only what this account may use.
import {
  Collection, Connection, DataLine, Finished, FirstAidKit, Monitor, Odometer, Plus, Setting, Warning,
} from '@element-plus/icons-vue'
import { computed, type Component } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'
import { adminEntries } from '@/pages/admin/entries'
import { agenciesOf, holds, useSession } from '@/session'

export interface Entry {
  to: string
  title: string
  here: boolean
  icon?: Component
}

export function useEntries() {
  const { t } = useI18n()
  const route = useRoute()
  const session = useSession()

  const top = computed<Entry[]>(() => [
    { to: '/', title: t('nav.home'), here: route.meta.entry === 'home' },
    { to: '/datasets', title: t('nav.catalogue'), here: route.meta.entry === 'catalogue' },
    { to: '/overview', title: t('nav.overview'), here: route.meta.entry === 'overview' },
  ])

  const workbench = computed<Entry[]>(() => {
    const account = session.account
    if (!account) return []
    const agencies = agenciesOf().map((one) => one.name)
    const own = agencies.length ? `/datasets?agency=${encodeURIComponent(agencies.join(','))}` : '/datasets'
    const staff = account.roles.some((one) => one.role !== 'citizen')
    const steward = holds('steward', 'administrator')
    const entries: Entry[] = [
      { to: '/', title: t('nav.workbench'), here: route.path === '/', icon: Odometer },
      { to: own, title: t('nav.datasets'), here: false, icon: Collection },
    ]
    if (steward) {
      const to = '/datasets/new'
      entries.push({ to, title: t('nav.new_dataset'), here: route.path === to, icon: Plus })
    }
    if (staff) {
      entries.push({ to: '/quarantine', title: t('nav.quarantine'), here: route.path === '/quarantine', icon: Warning })
    }
    const here = route.path === '/jobs' || route.path.includes('/loads/')
    entries.push({ to: '/jobs', title: t('nav.jobs'), here, icon: DataLine })
    if (holds('administrator', 'auditor')) {
      const to = '/admin/health'
      entries.push({ to, title: t('nav.health'), here: route.path === to, icon: FirstAidKit })
    }
    if (steward) {
      const query = '/datasets?state=submitted'
      entries.push({ to: query, title: t('nav.reviews'), here: route.fullPath === query, icon: Finished })
    }
    entries.push({ to: '/shared-fields', title: t('shared.title'), here: route.path === '/shared-fields', icon: Connection })
    if (staff) {
      entries.push({ to: '/admin/systems', title: t('system.title'), here: route.path === '/admin/systems', icon: Monitor })
    }
    const admin = adminEntries.find((entry) => !entry.common && holds(...entry.roles))
    if (admin) entries.push({ to: admin.to, title: t('nav.admin'), here: false, icon: Setting })
    return entries
  })

  return { top, workbench }
}
