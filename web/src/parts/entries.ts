// Where one can go: only what this release has, and only what this account may use.
import {
  Collection, Connection, DataLine, Finished, FirstAidKit, Monitor, Odometer, Plus, Setting, Warning,
} from '@element-plus/icons-vue'
import { computed, type Component } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'
import { adminEntries } from '@/pages/admin/entries'
import { holds, useSession } from '@/session'

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
    const own = account.agency ? `/datasets?agency=${encodeURIComponent(account.agency.name)}` : '/datasets'
    const entries: Entry[] = [
      { to: '/', title: t('nav.workbench'), here: route.path === '/', icon: Odometer },
      { to: own, title: t('nav.datasets'), here: false, icon: Collection },
    ]
    if (account.role === 'steward' || account.role === 'administrator') {
      const to = '/datasets/new'
      entries.push({ to, title: t('nav.new_dataset'), here: route.path === to, icon: Plus })
    }
    if (account.role !== 'citizen') {
      entries.push({ to: '/quarantine', title: t('nav.quarantine'), here: route.path === '/quarantine', icon: Warning })
    }
    const here = route.path === '/jobs' || route.path.includes('/loads/')
    entries.push({ to: '/jobs', title: t('nav.jobs'), here, icon: DataLine })
    if (account.role === 'administrator' || account.role === 'auditor') {
      const to = '/admin/health'
      entries.push({ to, title: t('nav.health'), here: route.path === to, icon: FirstAidKit })
    }
    if (account.role === 'steward' || account.role === 'administrator') {
      const query = '/datasets?state=submitted'
      entries.push({ to: query, title: t('nav.reviews'), here: route.fullPath === query, icon: Finished })
    }
    entries.push({ to: '/shared-fields', title: t('shared.title'), here: route.path === '/shared-fields', icon: Connection })
    if (account.role !== 'citizen') {
      entries.push({ to: '/admin/systems', title: t('system.title'), here: route.path === '/admin/systems', icon: Monitor })
    }
    const admin = adminEntries.find((entry) => holds(...entry.roles))
    if (admin) entries.push({ to: admin.to, title: t('nav.admin'), here: false, icon: Setting })
    return entries
  })

  return { top, workbench }
}
