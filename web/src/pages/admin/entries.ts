// What the administration has, and who may use it: a page adds its row here and its route in router.ts.
import { Calendar, Connection, Document, FirstAidKit, Monitor, OfficeBuilding, User } from '@element-plus/icons-vue'
import type { Component } from 'vue'
import type { Role } from '@/api/session'

export interface AdminEntry {
  to: string
  /** A key below `admin.nav`. */
  title: string
  icon: Component
  roles: Role[]
  /** Also of the workbench, so that it alone makes nobody an administrator. */
  common?: boolean
}
const staff: Role[] = [
  'administrator', 'security', 'auditor', 'agency_administrator', 'agency_auditor', 'steward', 'official', 'analyst',
]
export const adminEntries: AdminEntry[] = [
  {
    to: '/admin/agencies', title: 'agencies', icon: OfficeBuilding,
    roles: ['administrator', 'security', 'auditor', 'agency_administrator'],
  },
  {
    to: '/admin/accounts', title: 'accounts', icon: User,
    roles: ['administrator', 'security', 'auditor', 'agency_administrator'],
  },
  { to: '/admin/systems', title: 'systems', icon: Monitor, roles: staff, common: true },
  { to: '/shared-fields', title: 'shared', icon: Connection, roles: staff, common: true },
  { to: '/admin/calendar', title: 'calendar', icon: Calendar, roles: ['administrator'] },
  { to: '/admin/health', title: 'health', icon: FirstAidKit, roles: ['administrator', 'auditor'] },
  { to: '/audit', title: 'audit', icon: Document, roles: ['auditor', 'agency_auditor'] },
]
