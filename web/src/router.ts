import { createRouter, createWebHistory } from 'vue-router'
import { withTexts } from '@/i18n'

declare module 'vue-router' {
  interface RouteMeta {
    /** Drawn with the workbench's side bar when somebody is signed in. */
    workbench?: boolean
    /** The entry of the top bar that this page belongs to. */
    /** A page of the administration that everyone may read. */
    open?: boolean
    entry?: 'home' | 'catalogue' | 'overview'
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    {
      path: '/',
      component: withTexts(() => import('@/pages/home/HomePage.vue'), 'home', 'catalog', 'entry', 'jobs'),
      meta: { workbench: true, entry: 'home' },
    },
    {
      path: '/datasets',
      component: withTexts(() => import('@/pages/catalog/CataloguePage.vue'), 'catalog'),
      meta: { entry: 'catalogue' },
    },
    {
      path: '/overview',
      component: withTexts(() => import('@/pages/overview/OverviewPage.vue'), 'overview'),
      meta: { entry: 'overview' },
    },
    {
      path: '/datasets/import',
      component: withTexts(() => import('@/pages/entry/ImportPage.vue'), 'entry'),
      meta: { workbench: true },
    },
    {
      path: '/datasets/:id/edit',
      component: withTexts(() => import('@/pages/entry/EditEntryPage.vue'), 'entry'),
      props: true,
      meta: { workbench: true },
    },
    {
      path: '/datasets/new',
      component: withTexts(() => import('@/pages/dataset/NewDatasetPage.vue'), 'dataset'),
      meta: { workbench: true },
    },
    {
      path: '/datasets/:id',
      component: withTexts(() => import('@/pages/dataset/DatasetPage.vue'), 'dataset', 'entry', 'load'),
      props: true,
      meta: { entry: 'catalogue' },
    },
    {
      path: '/datasets/:id/loads/new',
      component: withTexts(() => import('@/pages/load/NewLoadPage.vue'), 'load'),
      props: true,
      meta: { workbench: true },
    },
    {
      path: '/loads/:id',
      component: withTexts(() => import('@/pages/load/LoadPage.vue'), 'load', 'jobs'),
      props: true,
      meta: { workbench: true },
    },
    {
      path: '/quarantine',
      component: withTexts(() => import('@/pages/quarantine/QuarantinePage.vue'), 'quarantine'),
      meta: { workbench: true },
    },
    {
      path: '/jobs',
      component: withTexts(() => import('@/pages/jobs/JobsPage.vue'), 'jobs'),
      meta: { workbench: true },
    },
    {
      path: '/admin',
      component: withTexts(() => import('@/pages/admin/AdminLayout.vue'), 'admin'),
      children: [
        { path: '', redirect: '/admin/agencies' },
        { path: 'agencies', component: withTexts(() => import('@/pages/admin/AgenciesPage.vue'), 'admin') },
        { path: 'accounts', component: withTexts(() => import('@/pages/admin/AccountsPage.vue'), 'admin') },
        { path: 'systems', component: withTexts(() => import('@/pages/admin/SystemsPage.vue'), 'admin') },
        { path: '/shared-fields', component: withTexts(() => import('@/pages/admin/SharedFieldsPage.vue'), 'admin'), meta: { open: true } },
        { path: 'calendar', component: withTexts(() => import('@/pages/admin/CalendarPage.vue'), 'admin') },
        { path: 'health', component: withTexts(() => import('@/pages/admin/HealthPage.vue'), 'admin') },
        { path: '/audit', component: withTexts(() => import('@/pages/audit/AuditPage.vue'), 'audit') },
      ],
    },
    { path: '/account', component: withTexts(() => import('@/pages/account/AccountPage.vue'), 'account'), meta: { workbench: true } },
    { path: '/invitation', component: withTexts(() => import('@/pages/account/InvitationPage.vue'), 'account') },
    { path: '/sign-in', component: withTexts(() => import('@/pages/account/SignInPage.vue'), 'account') },
    { path: '/:rest(.*)*', component: () => import('@/pages/NotFoundPage.vue') },
  ],
  scrollBehavior(to, from, saved) {
    if (saved) return saved
    return to.path === from.path ? false : { top: 0 }
  },
})
