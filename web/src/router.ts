import { createRouter, createWebHistory } from 'vue-router'

declare module 'vue-router' {
  interface RouteMeta {
    /** Drawn with the workbench's side bar when somebody is signed in. */
    workbench?: boolean
    /** The entry of the top bar that this page belongs to. */
    entry?: 'home' | 'catalogue' | 'overview'
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: () => import('@/pages/home/HomePage.vue'), meta: { workbench: true, entry: 'home' } },
    { path: '/datasets', component: () => import('@/pages/catalog/CataloguePage.vue'), meta: { entry: 'catalogue' } },
    { path: '/overview', component: () => import('@/pages/overview/OverviewPage.vue'), meta: { entry: 'overview' } },
    { path: '/datasets/import', component: () => import('@/pages/entry/ImportPage.vue'), meta: { workbench: true } },
    {
      path: '/datasets/:id/edit',
      component: () => import('@/pages/entry/EditEntryPage.vue'),
      props: true,
      meta: { workbench: true },
    },
    { path: '/admin/systems', component: () => import('@/pages/admin/SystemsPage.vue'), meta: { workbench: true } },
    { path: '/shared-fields', component: () => import('@/pages/admin/SharedFieldsPage.vue'), meta: { workbench: true } },
    { path: '/datasets/new', component: () => import('@/pages/dataset/NewDatasetPage.vue'), meta: { workbench: true } },
    {
      path: '/datasets/:id',
      component: () => import('@/pages/dataset/DatasetPage.vue'),
      props: true,
      meta: { entry: 'catalogue' },
    },
    {
      path: '/datasets/:id/loads/new',
      component: () => import('@/pages/load/NewLoadPage.vue'),
      props: true,
      meta: { workbench: true },
    },
    { path: '/loads/:id', component: () => import('@/pages/load/LoadPage.vue'), props: true, meta: { workbench: true } },
    { path: '/quarantine', component: () => import('@/pages/quarantine/QuarantinePage.vue'), meta: { workbench: true } },
    { path: '/jobs', component: () => import('@/pages/jobs/JobsPage.vue'), meta: { workbench: true } },
    { path: '/admin/health', component: () => import('@/pages/admin/HealthPage.vue'), meta: { workbench: true } },
    { path: '/sign-in', component: () => import('@/pages/account/SignInPage.vue') },
    { path: '/:rest(.*)*', component: () => import('@/pages/NotFoundPage.vue') },
  ],
  scrollBehavior(to, from, saved) {
    if (saved) return saved
    return to.path === from.path ? false : { top: 0 }
  },
})
